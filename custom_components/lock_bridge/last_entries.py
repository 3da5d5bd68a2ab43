"""Who came in last: the newest entry at each lock and of each person, from the journal and from what happens now."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, Protocol

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .client import BridgeData, ClientError, Connection, Cursor
from .client.listeners import Listeners, Stop
from .const import LOGGER
from .moments import moment
from .wire.codec import decode
from .wire.errors import LockBridgeError
from .wire.messages import Gap
from .wire.model import Event
from .wire.words import EventType, Scope

READ: Final = 1000
"""So many entries are read of each lock's journal. Who came before them is not known until she comes again."""

AGAIN_S: Final = 30.0
"""After a read that was refused or cut off."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, and its place among all others."""

    epoch: str
    event: Event
    told: bool
    """It has come since Home Assistant listens, and was not read of the journal."""

    def is_newer(self, epoch: str, seq: int | None) -> bool | None:
        """Whether it is newer than the one with that place; None: places in two journals cannot be compared."""
        if epoch == self.epoch and seq is not None:
            return self.event.seq > seq
        # The journal began anew (a restored backup): what is told has come since, what is read may be from before.
        return True if self.told else None


class _Hub(Protocol):
    """What is needed of the hub."""

    connection: Connection

    @property
    def available(self) -> bool: ...

    @property
    def data(self) -> BridgeData: ...


class LastEntries:
    """The newest `access_granted` of each lock and of each person. Nothing is asked until `async_start`.

    Events that are told afterwards count too, with their own time. Of two events the one that stands later in the
    journal is the newer one, in whichever order they come.
    """

    def __init__(self, hub: _Hub) -> None:
        self._hub = hub
        self._of_lock: dict[str, Entry] = {}
        self._of_person: dict[str, Entry] = {}
        self._on_lock: defaultdict[str, Listeners[[]]] = defaultdict(Listeners)
        self._on_person: defaultdict[str, Listeners[[]]] = defaultdict(Listeners)
        self._unread: set[str] = set()
        self._wanted = asyncio.Event()

    def of_lock(self, lock_id: str) -> Event | None:
        """The last time that somebody entered by this lock; None: not known."""
        return entry.event if (entry := self._of_lock.get(lock_id)) else None

    def of_person(self, user_id: str) -> Event | None:
        """The last time that this person, or a visitor of hers, entered by any lock; None: not known."""
        return entry.event if (entry := self._of_person.get(user_id)) else None

    def entry_at_lock(self, lock_id: str) -> Entry | None:
        """The same as `of_lock`, with its place."""
        return self._of_lock.get(lock_id)

    def entry_of_person(self, user_id: str) -> Entry | None:
        """The same as `of_person`, with its place."""
        return self._of_person.get(user_id)

    @callback
    def on_lock(self, lock_id: str, changed: Callable[[], None]) -> Stop:
        """Call `changed` when a lock's last entry is another one."""
        return self._on_lock[lock_id].add(changed)

    @callback
    def on_person(self, user_id: str, changed: Callable[[], None]) -> Stop:
        """Call `changed` when a person's last entry is another one."""
        return self._on_person[user_id].add(changed)

    @callback
    def async_start(self) -> tuple[Stop, ...]:
        """Follow what the connection tells."""
        connection = self._hub.connection
        self._link_changed()
        return (
            connection.on_event.add(self._told),
            connection.on_gap.add(self._gap),
            connection.on_link.add(self._link_changed),
        )

    async def async_read(self) -> None:
        """Read the journal of each lock once, and again after a gap. Runs until it is cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            for lock_id in sorted(self._unread):
                if not await self._read(lock_id):
                    break
            else:
                continue
            try:
                await asyncio.wait_for(self._wanted.wait(), AGAIN_S)
            except TimeoutError:
                self._wanted.set()

    @callback
    def forget_person(self, user_id: str) -> None:
        """She is no longer there."""
        self._of_person.pop(user_id, None)
        self._on_person.pop(user_id, None)

    @callback
    def _link_changed(self) -> None:
        if not self._hub.available or Scope.EVENTS not in self._hub.data.scopes:
            return
        here = set(self._hub.data.locks)
        self._unread = (self._unread & here) | (here - set(self._of_lock))
        if self._unread:
            self._wanted.set()

    @callback
    def _gap(self, _gap: Gap) -> None:
        # What is behind it may have been an entry, and is perhaps still there for those who ask.
        self._unread = set(self._hub.data.locks)
        self._wanted.set()

    @callback
    def _told(self, event: Event, read: Cursor, replayed: bool) -> None:
        if event.type != EventType.ACCESS_GRANTED or event.lock_id is None:
            return
        if not replayed and not event.time_trusted:
            # The bridge does not know the time, and Home Assistant does: it is now.
            event = replace(event, wall_ms=round(dt_util.utcnow().timestamp() * 1000), time_trusted=True)
        self._take(event, read.epoch, told=True)

    async def _read(self, lock_id: str) -> bool:
        """Whether it could be read."""
        try:
            answer = await self._hub.connection.command(
                "journal.query", lock=lock_id, types=[EventType.ACCESS_GRANTED], limit=READ
            )
            self._take_all(answer)
        except (ClientError, LockBridgeError, LookupError, TypeError) as err:
            LOGGER.debug("The last entries at %s could not be read: %s", lock_id, err)
            return False
        self._unread.discard(lock_id)
        return True

    def _take_all(self, answer: Mapping[str, Any]) -> None:
        """Take the newest of each person; the others are not even looked into."""
        seen: set[str | None] = set()
        for row in sorted(answer["events"], key=itemgetter("seq"), reverse=True):
            if (user_id := row["user_id"]) not in seen:
                seen.add(user_id)
                self._take(decode(Event, row, strict=False), answer["epoch"], told=False)

    def _take(self, event: Event, epoch: str, *, told: bool) -> None:
        entry, lock_id, user_id = Entry(epoch, event, told), event.lock_id, event.user_id
        if lock_id is not None and _is_newer(entry, self._of_lock.get(lock_id)):
            self._of_lock[lock_id] = entry
            if lock_id in self._on_lock:
                self._on_lock[lock_id].tell()
        if user_id is not None and _is_newer(entry, self._of_person.get(user_id)):
            self._of_person[user_id] = entry
            if user_id in self._on_person:
                self._on_person[user_id].tell()


def happened_at(event: Event) -> datetime | None:
    """When an event happened, never in the future; None: the bridge did not know the time."""
    return min(moment(event.wall_ms), dt_util.utcnow()) if event.time_trusted else None


def _is_newer(entry: Entry, held: Entry | None) -> bool:
    return held is None or bool(entry.is_newer(held.epoch, held.event.seq))
