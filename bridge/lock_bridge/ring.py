"""The bridge's own light ring and function key (GWY-1, GWY-2): one for all its locks."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol, override

from .bridge import Listener
from .clock import Clock, Handle
from .engine.effects import Prompt, Say
from .hardware.ports import Ring, RingLight
from .server.pairing import PairingWindow
from .store import Store
from .wire.errors import LockBridgeError
from .wire.messages import People
from .wire.model import BridgeStatus, Event, LockSnapshot
from .wire.words import OperationSource, RingState

_LOG = logging.getLogger(__name__)

HOLD_MS: Final = 4_001
"""GWY-2: the key has to be held for more than 4 s."""

LIGHTS: Final[Mapping[RingState, RingLight]] = MappingProxyType(
    {
        RingState.STARTING: RingLight("orange", "solid"),
        RingState.READY: RingLight("white", "fast"),
        RingState.CONNECTED: RingLight("blue", "solid"),
        RingState.RUNNING: RingLight("white", "slow"),
        RingState.FAULT: RingLight("red", "slow"),
    }
)


class BridgeView(Protocol):
    """The bridge, as its ring sees it."""

    store: Store

    def locks(self) -> tuple[LockSnapshot, ...]:
        """All locks as they are now."""

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` from now on; call the answer to end it."""


class ServerView(Protocol):
    """The server, as the ring sees it."""

    @property
    def connected(self) -> bool:
        """Whether any client has a live connection."""

    @property
    def pairing_open(self) -> bool:
        """Whether the pairing window is open."""

    def on_change(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` from now on when either is other than before; call the answer to end it."""

    async def open_pairing(self, source: OperationSource | None = None) -> PairingWindow:
        """Open the window anew. Raises `storage`."""


class Gateway(Listener):
    """Keeps the ring true from the service's first moment to its last, and opens pairing for whoever holds the key.

    A bridge without a ring has its state all the same, for `lock-bridge status`.
    """

    def __init__(self, ring: Ring | None, clock: Clock) -> None:
        self.told = RingState.STARTING
        """What the ring tells now."""
        self.on_change: Callable[[], None] = lambda: None
        """It tells something else."""
        self._ring = ring
        self._clock = clock
        self._bridge: BridgeView | None = None
        self._server: ServerView | None = None
        self._stops: list[Callable[[], None]] = []
        self._held: Handle | None = None
        self._opening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Solid orange, until `serve`."""
        if self._ring is not None:
            await self._ring.start(self._key)
            self._ring.shine(LIGHTS[self.told])

    def serve(self, bridge: BridgeView, server: ServerView) -> None:
        """Everything has started: follow locks, clients and pairing."""
        self._bridge, self._server = bridge, server
        self._stops = [bridge.listen(self), server.on_change(self._refresh)]
        self._refresh()

    async def stop(self) -> None:
        """Dark, and deaf to the key."""
        self._let_go()
        while self._stops:
            self._stops.pop()()
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._ring is not None:
            await self._ring.stop()

    def to_json(self) -> dict[str, str]:
        """The ring for `service.status`."""
        light = LIGHTS[self.told]
        return {"state": self.told, "colour": light.colour, "rhythm": light.rhythm}

    @override
    def state(self, lock_id: str, changes: Mapping[str, Any], as_of: int) -> None:
        """See `Listener`."""
        if "faults" in changes:
            self._refresh()

    @override
    def events(self, events: tuple[Event, ...]) -> None:
        """See `Listener`: what could be written may end a trouble of the store."""
        self._refresh()

    @override
    def people(self, people: People) -> None:
        """See `Listener`."""

    @override
    def status(self, status: BridgeStatus) -> None:
        """See `Listener`."""

    def _refresh(self) -> None:
        told = self._now()
        if told is self.told:
            return
        self.told = told
        if self._ring is not None:
            if told is not RingState.READY:
                self._ring.show_code(None)
            self._ring.shine(LIGHTS[told])
        self.on_change()

    def _now(self) -> RingState:
        if self._bridge is None or self._server is None:
            return RingState.STARTING
        if self._server.pairing_open:  # for whoever has just opened it; then a fault goes before all else
            return RingState.READY
        if not self._bridge.store.healthy or any(lock.faults for lock in self._bridge.locks()):
            return RingState.FAULT
        return RingState.CONNECTED if self._server.connected else RingState.RUNNING

    def _key(self, down: bool) -> None:
        self._let_go()
        if down:
            self._held = self._clock.call_later(HOLD_MS, self._held_long)

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.cancel()
            self._held = None

    def _held_long(self) -> None:
        self._held = None
        if self._server is None or self._server.connected:
            return  # GWY-2: while somebody is connected the key is ignored
        if self._opening is None or self._opening.done():
            self._opening = asyncio.get_running_loop().create_task(self._open(self._server))

    async def _open(self, server: ServerView) -> None:
        try:
            window = await server.open_pairing(OperationSource.BUTTON)
        except LockBridgeError as error:
            _LOG.warning("Pairing was asked for with the function key and could not be opened: %s", error)
            return
        if self._ring is not None and server.pairing_open:
            self._ring.show_code(window.code)
            self._ring.say(Say(Prompt.PAIRING_OPEN, self._language()))

    def _language(self) -> str:
        """That of the first lock which speaks: the bridge has no setting of its own."""
        locks = self._bridge.locks() if self._bridge is not None else ()
        return next((str(lock.settings["language"]) for lock in locks if "language" in lock.settings), "en")
