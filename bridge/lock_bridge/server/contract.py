"""What this room needs of the rest of the house."""

from collections.abc import Callable, Sequence
from typing import Protocol

from lock_bridge.bridge import Listener
from lock_bridge.clock import Clock
from lock_bridge.dispatch import Dispatcher
from lock_bridge.engine.model import Fact
from lock_bridge.store import Store
from lock_bridge.wire.messages import People
from lock_bridge.wire.model import BridgeInfo, BridgeStatus, Event, LockSnapshot

__all__ = ["BridgeLike", "Listener", "PeopleLike", "ServerSettings"]


class PeopleLike(Protocol):
    """Who is on which lock."""

    def follow(self) -> Callable[[], None]:
        """Tell `Listener.people` from now on what changes; call the answer to end it."""

    def everybody(self) -> tuple[People, ...]:
        """All people as they are now, in messages that can be sent; consistent with `BridgeLike.locks`.

        Who follows already is told first what is new.
        """

    async def prepare(self) -> None:
        """Make ready what `everybody` will say, so that it takes no time."""

    def renew(self) -> None:
        """Tell now what is still to be told."""


class BridgeLike(Protocol):
    """The bridge, as its server sees it."""

    info: BridgeInfo
    store: Store
    clock: Clock
    dispatcher: Dispatcher
    status: BridgeStatus | None
    """Its own state; None until everything has started."""
    on_pairing_asked: Callable[[str], None]
    """Called with the id of a lock at which somebody inside asked for pairing; the server sets it."""
    on_pairing_left: Callable[[str], None]
    """Called with the id of a lock at which somebody left pairing mode; the server sets it."""
    on_clients_gone: Callable[[], None]
    """Called when a factory reset has taken all clients from the store; the server sets it."""

    @property
    def people(self) -> PeopleLike:
        """Who is on which lock."""

    def locks(self) -> tuple[LockSnapshot, ...]:
        """All locks as they are now; consistent with `store.head` when nothing is awaited in between."""

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` from now on; call the answer to end it."""

    async def record(self, *facts: Fact, lock_id: str | None = None) -> None:
        """Write facts into the journal and tell the listeners."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Tell the listeners of events that are committed already."""

    def pairing_changed(self, *, is_open: bool, lock_id: str | None = None, code: str | None = None) -> None:
        """The pairing window opened or closed: the locks show it, and the lock that asked for it shows the code."""


class ServerSettings(Protocol):
    """`[server]` of the configuration."""

    @property
    def host(self) -> str:
        """The address to serve at."""

    @property
    def port(self) -> int:
        """The port; 0 takes any that is free."""

    @property
    def zeroconf(self) -> bool:
        """Whether to be found in the local network."""

    @property
    def interfaces(self) -> Sequence[str]:
        """Addresses of the interfaces to be found at; none means those that `host` stands for."""
