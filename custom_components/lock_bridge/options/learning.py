"""One enrolment that was begun here, followed by its id to its end, whatever becomes of the dialog (APP-2)."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import callback

from custom_components.lock_bridge.client import ClientError
from custom_components.lock_bridge.hub import LockBridgeConfigEntry
from custom_components.lock_bridge.wire.errors import LockBridgeError
from custom_components.lock_bridge.wire.model import Enrolment, LockSnapshot
from custom_components.lock_bridge.wire.words import CredentialType, EnrolmentStatus

AWAY_S: Final = 60.0
"""How long a broken link is waited for. As long as the door waits for a touch: after that nothing goes on there."""

DONE: Final = "done"
LOST: Final = "enrol_lost"
"""The bridge knows nothing of it any more, and the person doesn't have what was to be learnt."""
AWAY: Final = "enrol_away"
"""The bridge did not come back in time."""
FAILED: Final = "enrol_failed"

ENDS: Final[Mapping[EnrolmentStatus, str]] = {
    EnrolmentStatus.DONE: DONE,
    EnrolmentStatus.DUPLICATE: "enrol_duplicate",
    EnrolmentStatus.TIMEOUT: "enrol_timeout",
    EnrolmentStatus.CANCELLED: "enrol_cancelled",
    EnrolmentStatus.FAILED: FAILED,
}
REASONS: Final = ("covered", "moved", "too_far", "mismatch", "fault", "storage", "no_slot_left")
"""Why one has failed, where there is more to say than that it has: `enrol_failed_<reason>`."""

WANTED: Final = ("touch", "touch_again", "lift", "hold_card", "straight", "up", "down", "left", "right", "palm")
"""What the lock can ask for."""
RETRIES: Final = ("messy", "short", "too_far")
"""Why a touch did not count, where there is more to say than what to do next: `retry_<reason>`."""
FIRST: Final[Mapping[CredentialType, str]] = {
    CredentialType.FINGERPRINT: "touch",
    CredentialType.RFID: "hold_card",
    CredentialType.FACE: "straight",
    CredentialType.PALM_VEIN: "palm",
}
"""What each kind begins with."""
FOLLOW: Final = "follow"
"""Something that only a newer bridge asks for."""
WAIT: Final = "wait"
"""Nothing more is asked for: the reader makes something of what it has got."""
OUT_OF_SIGHT: Final = "away"
"""The link is broken for now."""


class Learning:
    """What the dialog shows of an enrolment, and how it ends. Only what is told of its own id counts."""

    def __init__(self, entry: LockBridgeConfigEntry, lock: LockSnapshot, user_id: str, kind: CredentialType) -> None:
        self.lock_id = lock.id
        self.lock_name = lock.name
        self.user_id = user_id
        self.kind = kind
        self.number = 0
        self.steps = 1
        self.done = 0
        self.end: str | None = None
        """How it has ended: `DONE`, or what went wrong."""
        self._entry = entry
        self._hub = hub = entry.runtime_data
        self._id: str | None = None
        self._now: Enrolment | None = None
        self._early: dict[str, Enrolment] = {}
        self._away = False
        self._changed = asyncio.Event()
        # From before it begins: its first step may be told before the answer to the command is.
        self._stops = [hub.on_lock(lock.id, self._lock_changed), hub.on_link.add(self._link_changed)]

    @property
    def runs(self) -> bool:
        """Whether it may be going on at the door."""
        return self._id is not None and self.end in (None, AWAY, LOST)

    @property
    def asks(self) -> str:
        """What is to be done at the door now, or why nothing is known of it."""
        if self._away:
            return OUT_OF_SIGHT
        if self._now is None:
            return FIRST[self.kind]
        if self._now.status == EnrolmentStatus.STEP_RETRY and self._now.reason in RETRIES:
            return f"retry_{self._now.reason}"
        if (wanted := self._now.wanted) is None:
            return WAIT
        return wanted if wanted in WANTED else FOLLOW

    @callback
    def begun(self, answer: Mapping[str, Any]) -> None:
        """The bridge has begun it, and says which one it is."""
        self._id, self.number, self.steps = answer["enrolment"], answer["number"], answer["steps"]
        if (told := self._early.pop(answer["enrolment"], None)) is not None:
            self._take(told)
        self._early.clear()

    async def changed(self) -> None:
        """Return when there is other than before to show, at the latest when a bridge that is away is given up."""
        # The door itself ends what nobody comes for, and a dead link is noticed: without one there is a limit here.
        try:
            async with asyncio.timeout(AWAY_S if self._away else None):
                await self._changed.wait()
        except TimeoutError:
            self._over(AWAY)
        self._changed.clear()

    @callback
    def stop(self) -> None:
        """Look no longer."""
        for stop in self._stops:
            stop()
        self._stops.clear()

    async def cancel(self) -> None:
        """End it on the bridge, and no other one; if there is no link now, as soon as there is."""
        changed = asyncio.Event()
        stop = self._entry.async_on_state_change(changed.set)
        try:
            with suppress(TimeoutError, LockBridgeError):  # it has ended by itself, or will
                async with asyncio.timeout(AWAY_S):
                    while not await self._cancelled(changed):
                        pass
        finally:
            stop()

    async def _cancelled(self, changed: asyncio.Event) -> bool:
        """Try once. False: there was no link, and now it is another matter."""
        changed.clear()
        if self._entry.state is not ConfigEntryState.LOADED:
            await changed.wait()
            return False
        hub = self._entry.runtime_data
        stop = hub.on_link.add(changed.set)
        try:
            await hub.connection.command("credentials.cancel", lock=self.lock_id, enrolment=self._id)
        except ClientError:
            await changed.wait()
            return False
        finally:
            stop()
        return True

    @callback
    def _lock_changed(self, fields: frozenset[str]) -> None:
        if "enrolment" in fields:
            self._look(self._hub.data.locks[self.lock_id].enrolment)

    @callback
    def _link_changed(self) -> None:
        self._away = not self._hub.available
        self._changed.set()
        if not self._away and self._id is not None:
            lock = self._hub.data.locks.get(self.lock_id)
            told = lock.enrolment if lock is not None else None
            if told is None or told.id != self._id:
                self._vanished()
            else:
                self._take(told)

    @callback
    def _look(self, told: Enrolment | None) -> None:
        if self._id is None:
            if told is not None:
                self._early[told.id] = told
        elif told is not None and told.id == self._id:
            self._take(told)
        elif self._now is not None:
            self._vanished()

    @callback
    def _take(self, told: Enrolment) -> None:
        self._now, self.done, self.steps = told, told.done, told.steps
        if told.status in ENDS:
            end = ENDS[told.status]
            self._over(f"enrol_failed_{told.reason}" if end == FAILED and told.reason in REASONS else end)
        self._changed.set()

    @callback
    def _vanished(self) -> None:
        """Its end was missed. Its number was free when it began: if the person has it now, it is that."""
        her = self._hub.data.people.get(self.lock_id, {}).get(self.user_id)
        has = her.credentials.get(self.kind, ()) if her is not None else ()
        self._over(DONE if self.number in has else LOST)

    @callback
    def _over(self, end: str) -> None:
        self.end = end
        self.stop()
        self._changed.set()
