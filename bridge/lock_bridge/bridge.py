"""The bridge as its rooms see it: locks, store, journal and commands behind one small face."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from .clock import Clock
from .dispatch import Dispatcher
from .engine.effects import Durable, Record
from .engine.inputs import PairingChanged, UserShared, UsesShared
from .engine.model import Fact, Instant, User
from .people_view import PeopleView
from .runner import LockRunner
from .store import LockData, Store
from .wire.errors import ErrorCode, LockBridgeError
from .wire.messages import People
from .wire.model import BridgeInfo, BridgeStatus, Event, LockSnapshot

_LOG = logging.getLogger(__name__)


class Listener(Protocol):
    """Who is told of what happens, on the event loop, in the order in which it happened."""

    def state(self, lock_id: str, changes: Mapping[str, Any], as_of: int) -> None:
        """Fields of a lock's snapshot that are other than before, ready for JSON."""

    def events(self, events: tuple[Event, ...]) -> None:
        """Events just committed, in the order of their `seq`."""

    def people(self, people: People) -> None:
        """People of a lock who are new, gone or other than before; told only while somebody follows them."""

    def status(self, status: BridgeStatus) -> None:
        """The bridge's own state is other than before."""


class Bridge:
    """What locks need of the house, and what the house needs of the locks."""

    def __init__(self, info: BridgeInfo, store: Store, clock: Clock) -> None:
        self.info = info
        self.store = store
        self.clock = clock
        self.dispatcher = Dispatcher()
        self.on_pairing_asked: Callable[[str], None] = _nobody_pairs
        self.on_pairing_left: Callable[[str], None] = _ignored
        """Somebody at a lock left pairing mode; the server sets it."""
        self.on_clients_gone: Callable[[], None] = _nothing
        """After a factory reset nobody is paired any more, on disk already; the server sets it."""
        self.status: BridgeStatus | None = None
        """Its own state, once everything has started."""
        self._runners: dict[str, LockRunner] = {}
        self._pairing_open = False
        self._pairing_of: str | None = None
        self._listeners: list[Listener] = []
        self.people = PeopleView(self.runners, lambda people: self._tell(lambda listener: listener.people(people)))
        """Who is on which lock."""

    def add(self, runner: LockRunner) -> None:
        """Take in a lock."""
        self._runners[runner.id] = runner

    def runner(self, lock_id: str) -> LockRunner:
        """The lock of that id. Raises `unknown_lock`."""
        runner = self._runners.get(lock_id)
        if runner is None:
            raise LockBridgeError(ErrorCode.UNKNOWN_LOCK, {"lock": lock_id[:64]})
        return runner

    def runners(self) -> tuple[LockRunner, ...]:
        """All locks at work."""
        return tuple(self._runners.values())

    def locks(self) -> tuple[LockSnapshot, ...]:
        """All locks as they are now; consistent with `store.head` when nothing is awaited in between."""
        return tuple(runner.snapshot for runner in self._runners.values())

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` from now on; call the answer to end it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def record(self, *facts: Fact, lock_id: str | None = None) -> None:
        """Write facts into the journal and tell the listeners. Raises `StoreError`."""
        await self._commit(lock_id, [Record(fact) for fact in facts], self.clock.now())

    async def publish(self, events: Sequence[Event]) -> None:
        """Tell the listeners of events that are committed already."""
        self._tell_events(tuple(events))

    async def load(self, lock_id: str) -> LockData:
        """What the store keeps of a lock."""
        return await self.store.load(lock_id)

    async def commit(self, lock_id: str, items: Sequence[Durable], at: Instant) -> None:
        """Write what a lock wants kept, and tell the listeners of its events. Raises `StoreError`."""
        await self._commit(lock_id, items, at)

    def state_changed(self, lock_id: str, changes: Mapping[str, Any]) -> None:
        """Tell the listeners of a lock's new fields."""
        self._tell(lambda listener: listener.state(lock_id, changes, self.store.head))

    def people_changed(self, lock_id: str) -> None:
        """Those who follow a lock's people are told, not before whatever is under way has had its turn."""
        self.people.changed(lock_id)

    def status_changed(self, status: BridgeStatus) -> None:
        """Tell the listeners of the bridge's own state."""
        self.status = status
        self._tell(lambda listener: listener.status(status))

    def open_pairing(self, lock_id: str) -> None:
        """Somebody inside asked for pairing at this lock; with no place to show the code it would open for nothing."""
        if self._runners[lock_id].shows_codes:
            self.on_pairing_asked(lock_id)
        else:
            _LOG.warning("Pairing was asked for at %s, which can show no code: use `lock-bridge pair`", lock_id)

    def close_pairing(self, lock_id: str) -> None:
        """A lock left pairing mode (L2S-12), or starts and shows none: the window that it asked for ends.

        One that was opened elsewhere stays open, and a lock that starts hears of it.
        """
        if self._pairing_of == lock_id:
            self.on_pairing_left(lock_id)
        elif self._pairing_open:
            self._runners[lock_id].put(PairingChanged(open=True))

    def revoke_clients(self) -> None:
        """RST-1: the clients' connections end, after whoever asked for it has been answered."""
        self.on_clients_gone()

    def locks_of(self, user_id: str) -> tuple[LockRunner, ...]:
        """The locks that a user is on (USR-10)."""
        return tuple(runner for runner in self._runners.values() if user_id in runner.state.directory.users)

    def user_changed(self, lock_id: str, user: User) -> None:
        """USR-10: what was written down of her on one lock holds on all."""
        for runner in self.locks_of(user.id):
            if runner.id != lock_id:
                runner.put(UserShared(user))

    def user_counted(self, lock_id: str, user: User) -> None:
        """USR-7: an entry at one lock is one less at all of them; of her nothing else is changed by it."""
        for runner in self.locks_of(user.id):
            if runner.id != lock_id:
                runner.put(UsesShared(user.id, user.uses_left))

    def pairing_changed(self, *, is_open: bool, lock_id: str | None = None, code: str | None = None) -> None:
        """The pairing window opened or closed: the locks show it, and the lock that asked for it shows the code."""
        self._pairing_open, self._pairing_of = is_open, lock_id
        for runner in self._runners.values():
            runner.put(PairingChanged(is_open))
            runner.show_code(code if runner.id == lock_id else None)

    async def _commit(self, lock_id: str | None, items: Sequence[Durable], at: Instant) -> None:
        # Events carry the bridge's own time, also where a simulated lock lives faster than the house.
        self._tell_events(await self.store.commit(lock_id, items, at))

    def _tell_events(self, events: tuple[Event, ...]) -> None:
        if events:
            self._tell(lambda listener: listener.events(events))

    def _tell(self, tell: Callable[[Listener], None]) -> None:
        for listener in tuple(self._listeners):
            try:
                tell(listener)
            except Exception:  # noqa: BLE001 - what is written stays written, whoever cannot be told of it
                _LOG.exception("A listener could not be told what happened")


def _nothing() -> None:
    pass


def _ignored(_lock_id: str) -> None:
    pass


def _nobody_pairs(lock_id: str) -> None:
    _LOG.warning("Lock %s asked for pairing, but the bridge has no server to pair with", lock_id)
