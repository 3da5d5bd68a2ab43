"""Alarms of an outage: told once, when it is over, with the time at which they happened."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .client import ClientError, Cursor
from .const import DOMAIN, LOGGER
from .hub import Hub, LockBridgeConfigEntry
from .wire.codec import decode
from .wire.errors import LockBridgeError
from .wire.model import Event
from .wire.words import PRIORITY, EventType, Priority

ALARMS: Final = frozenset(kind for kind, priority in PRIORITY.items() if priority is Priority.CRITICAL)
"""What somebody has to hear of, even late; duress among them."""

_TIMES: Final = "times"

QUIET_S: Final = 1.0
"""Old news that comes after such a pause belongs to another outage."""

AT_MOST_S: Final = 15.0
"""So long the first alarm waits for the last, however much there is to catch up with."""

PAGE: Final = 1000
"""So many events the bridge says again at a time."""


@dataclass(slots=True)
class _Kind:
    """Alarms of one kind at one lock: the newest, and which ones there were."""

    newest: Event
    seqs: list[int] = field(default_factory=list)


class LateAlarms:
    """Alarms that are to be told when everything that was missed is there.

    A night of tries at the keypad is one alarm that says how many, not a thousand. Those of different people under
    duress and of different parts stay apart.
    """

    _entry: LockBridgeConfigEntry

    def __init__(self, hass: HomeAssistant, hub: Hub, done: Callable[[], None]) -> None:
        self._hass = hass
        self._hub = hub
        self._done = done
        self._kinds: dict[tuple[str | None, ...], _Kind] = {}
        self._epoch = ""
        self._missing: frozenset[int] = frozenset()
        self._first_at = self._last_at = 0.0
        self._due: CALLBACK_TYPE | None = None
        self._asking: asyncio.Task[None] | None = None

    @callback
    def async_start(self, entry: LockBridgeConfigEntry, read: Cursor | None, untold: frozenset[int]) -> None:
        """Begin with what was left `untold` at the last stop, in the journal that was `read`."""
        self._entry = entry
        if read is not None:
            self._epoch, self._missing = read.epoch, untold
        entry.async_on_unload(self._stop)

    @callback
    def take(self, event: Event, epoch: str) -> None:
        """Keep an alarm until it is time to tell it."""
        if epoch != self._epoch:
            self._tell()  # the numbers of another journal say nothing here
            self._epoch, self._missing = epoch, frozenset()
        if not self._kinds:
            self._first_at = self._hass.loop.time()
        kind = self._kinds.setdefault(_kind(event), _Kind(event))
        kind.newest = max(kind.newest, event, key=lambda event: event.seq)
        kind.seqs.append(event.seq)
        self.still_coming()

    @callback
    def still_coming(self) -> None:
        """Something else of the outage came: the end is not there yet."""
        self._last_at = self._hass.loop.time()
        if self._kinds and self._due is None:
            self._due = async_call_later(self._hass, QUIET_S, self._look)

    def untold(self, epoch: str) -> frozenset[int]:
        """The numbers of those that wait, in the journal of that epoch."""
        if epoch != self._epoch:
            return frozenset()
        return self._missing | {seq for kind in self._kinds.values() for seq in kind.seqs}

    @callback
    def link_changed(self) -> None:
        """While the bridge is away, entities are unavailable: nobody would hear it."""
        if not self._hub.available:
            return
        self.still_coming()
        if self._missing and (self._asking is None or self._asking.done()):
            # Not at once: the connection does not listen for the answer yet.
            self._asking = self._entry.async_create_background_task(
                self._hass, self._ask(), f"{DOMAIN} alarms that were not told", eager_start=False
            )

    async def _ask(self) -> None:
        """Have the bridge say again what was not told before the last stop."""
        first, last, kinds = min(self._missing), max(self._missing), sorted(ALARMS)
        while self._missing:
            try:
                page = await self._hub.connection.command(
                    "journal.query", after=first - 1, before=last + 1, limit=PAGE, types=kinds
                )
                events = [decode(Event, row, strict=False) for row in page["events"]]
                epoch = page["epoch"]
            except (ClientError, LockBridgeError, LookupError, TypeError) as err:
                LOGGER.debug("Alarms of before cannot be read yet: %s", err)
                return
            if epoch == self._epoch:
                for event in events:
                    if event.seq in self._missing:
                        self._missing -= {event.seq}
                        self.take(event, self._epoch)
            if epoch != self._epoch or len(events) < PAGE:
                self._missing = frozenset()  # no longer in the journal
            else:
                first = events[-1].seq + 1
        if not self._kinds:
            self._done()

    @callback
    def _stop(self) -> None:
        """Tell no more. What was not told is told after the next start, see `untold`."""
        if self._due is not None:
            self._due()
            self._due = None

    @callback
    def _look(self, _now: object) -> None:
        self._due = None
        if not self._hub.available:
            return
        now = self._hass.loop.time()
        if now - self._last_at < QUIET_S and now - self._first_at < AT_MOST_S:
            self._due = async_call_later(self._hass, QUIET_S, self._look)
            return
        self._tell()
        self._done()

    def _tell(self) -> None:
        kinds, self._kinds = self._kinds, {}
        for kind in sorted(kinds.values(), key=lambda kind: kind.newest.seq):
            event = kind.newest
            self._hub.on_alarm.tell(replace(event, data={**event.data, _TIMES: len(kind.seqs)}), True)


def times_of(event: Event) -> int:
    """How many of its kind an alarm stands for: one, unless it is told late."""
    times = event.data.get(_TIMES)
    return times if isinstance(times, int) else 1


def _kind(event: Event) -> tuple[str | None, ...]:
    who = event.user_id if event.type == EventType.DURESS else None
    return event.lock_id, str(event.type), who, str(event.data.get("part", ""))
