"""How one client is told the journal: from where it left off, in order, nothing twice, and gaps said out loud."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from lock_bridge.engine.model import Instant
from lock_bridge.store import Store, StoreError
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import MAX_BATCH, WINDOW, Events, FromBridge, Gap
from lock_bridge.wire.model import Event

from .background import Background

_LOGGER = logging.getLogger(__name__)


FRESH_MS: Final = 60_000
"""An event that is told later than this, as after an hour in which the disk took nothing, is old news."""


def is_fresh(event: Event, now: Instant) -> bool:
    """Whether an event of this start of the bridge can still be acted on as one that is happening."""
    return now.mono_ms - event.boot_ms <= FRESH_MS


class Follower:
    """A cursor in the journal. What happens is sent as it comes while the cursor is at the head; all else is read."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], Instant],
        background: Background,
        send: Callable[[FromBridge], None],
        fail: Callable[[LockBridgeError], None],
    ) -> None:
        self._store = store
        self._now = now
        self._background = background
        self._send = send
        self._fail = fail
        self._cursor = 0
        self._live_after = 0
        self._unacked: deque[tuple[int, int]] = deque()  # first and last of runs without a hole
        self._under_way = 0
        self._reading = True  # until `begin`

    def begin(self, after: int, head: int) -> None:
        """Tell what is later than `after`; what is later than `head`, and fresh, is live."""
        self._cursor = after
        self._live_after = head
        self._reading = False
        self._read_on()

    def offer(self, events: Sequence[Event], frame: Callable[[], None]) -> None:
        """Events were just committed; `frame()` sends them in one live frame, if nothing else is to be sent before."""
        if self._reading:
            return
        if events[0].seq == self._cursor + 1 and self._under_way + len(events) <= WINDOW:
            self._took(events)
            frame()
        else:
            self._read_on()

    def ack(self, seq: int) -> None:
        """The client has taken all up to `seq`. Raises `bad_request` for what it was never sent."""
        if seq > self._cursor:
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "Ack.seq"})
        while self._unacked and (part := self._unacked[0])[0] <= seq:
            first, last = part
            taken = min(last, seq)
            self._under_way -= taken - first + 1
            if taken == last:
                self._unacked.popleft()
            else:
                self._unacked[0] = (taken + 1, last)
        if not self._reading:
            self._read_on()

    def _read_on(self) -> None:
        if self._cursor < self._store.head and self._under_way < WINDOW:
            self._reading = True
            self._background.start(self._read())

    async def _read(self) -> None:
        try:
            while (room := WINDOW - self._under_way) > 0 and self._cursor < (head := self._store.head):
                events = await self._store.events_after(self._cursor, min(MAX_BATCH, room))
                for part in _parts(events, self._is_live):
                    self._skip_to(part[0].seq - 1)
                    self._took(part)
                    self._send(Events(live=self._is_live(part[0]), events=tuple(part)))
                if not events:
                    self._skip_to(head)
        except StoreError as err:
            _LOGGER.error("A client cannot be told the journal: %s", err)  # noqa: TRY400 - says it all
            self._fail(LockBridgeError(ErrorCode.STORAGE))
        finally:
            self._reading = False

    def _is_live(self, event: Event) -> bool:
        return event.seq > self._live_after and is_fresh(event, self._now())

    def _skip_to(self, seq: int) -> None:
        if seq > self._cursor:
            self._send(Gap(epoch=self._store.epoch, first=self._cursor + 1, last=seq))
            self._cursor = seq

    def _took(self, events: Sequence[Event]) -> None:
        self._cursor = events[-1].seq
        self._under_way += len(events)
        self._unacked.append((events[0].seq, self._cursor))


def _parts(events: Sequence[Event], is_live: Callable[[Event], bool]) -> Iterator[list[Event]]:
    """Runs of events without a hole between them, and all of them live or none."""
    part: list[Event] = []
    for event in events:
        if part and (event.seq != part[-1].seq + 1 or is_live(event) != is_live(part[-1])):
            yield part
            part = []
        part.append(event)
    if part:
        yield part
