"""How the bridge itself is (ring, clients, disk), told to its clients when it is other than before."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, override

from .bridge import Bridge, Listener
from .clock import Handle
from .store import sidecar
from .wire.messages import People
from .wire.model import BridgeStatus, Event
from .wire.words import RingState

LOOK_MS: Final = 60_000
"""How often the disk is looked at."""

STEP: Final = 16 * 1024 * 1024
"""Free space is told in steps of so many bytes, rounded down: it moves all the time."""


class RingView(Protocol):
    """The ring, as far as it is told."""

    told: RingState
    on_change: Callable[[], None]


class ClientsView(Protocol):
    """The server, as far as its clients are counted."""

    @property
    def clients(self) -> int:
        """Paired ones."""

    @property
    def clients_connected(self) -> int:
        """Those with a live connection."""

    def on_change(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` when a client comes or goes; call the answer to end it."""


class Vitals(Listener):
    """Keeps `Bridge.status` true. What happens in one turn of the event loop is told once."""

    def __init__(self, bridge: Bridge, server: ClientsView, ring: RingView, database: Path) -> None:
        self._bridge = bridge
        self._server = server
        self._ring = ring
        self._database = database
        self._disk = (0, 0)
        self._due: Handle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._soon: asyncio.Handle | None = None
        self._stops: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Look at the disk, and follow all else. When this returns `Bridge.status` is there."""
        await self._look()
        self._stops = [self._bridge.listen(self), self._server.on_change(self._changed)]
        self._ring.on_change = self._changed

    async def stop(self) -> None:
        """Tell nothing any more."""
        self._ring.on_change = lambda: None
        while self._stops:
            self._stops.pop()()
        if self._due is not None:
            self._due.cancel()
        if self._soon is not None:
            self._soon.cancel()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    @override
    def state(self, lock_id: str, changes: Mapping[str, Any], as_of: int) -> None:
        """See `Listener`: a fault may be the store's."""
        if "faults" in changes:
            self._changed()

    @override
    def events(self, events: tuple[Event, ...]) -> None:
        """See `Listener`: the store could be written, and a client may be paired or gone."""
        self._changed()

    @override
    def people(self, people: People) -> None:
        """See `Listener`."""

    @override
    def status(self, status: BridgeStatus) -> None:
        """See `Listener`."""

    async def _look(self) -> None:
        with contextlib.suppress(OSError):  # then it is as it was; whether the disk can be written the store knows
            self._disk = await asyncio.to_thread(_look_at, self._database)
        self._due = self._bridge.clock.call_later(LOOK_MS, self._look_again)
        self._tell()

    def _look_again(self) -> None:
        self._looking = asyncio.get_running_loop().create_task(self._look())

    def _changed(self) -> None:
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._soon = None
        used, free = self._disk
        status = BridgeStatus(
            ring=self._ring.told,
            clients=self._server.clients,
            clients_connected=self._server.clients_connected,
            store_bytes=used,
            disk_free_bytes=free,
            store_healthy=self._bridge.store.healthy,
        )
        if status != self._bridge.status:
            self._bridge.status_changed(status)


def _look_at(database: Path) -> tuple[int, int]:
    """How large the store is, and what is free beside it, in steps."""
    files = (database, sidecar(database, "-wal"))
    used = sum(file.stat().st_size for file in files if file.exists())
    return used, shutil.disk_usage(database.parent).free // STEP * STEP
