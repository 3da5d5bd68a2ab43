"""Whatever is done to it, in whatever order, the store agrees with plain dictionaries."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from copy import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lock_bridge.engine.effects import (
    Change,
    CountUse,
    DropCredential,
    DropUser,
    Durable,
    EraseLock,
    Record,
    SaveCredential,
    SaveLockout,
    SaveModes,
    SaveSettings,
    SaveUser,
)
from lock_bridge.engine.model import Credential, Fact, Instant, LockoutRecord, Modes, Settings, User, Window
from lock_bridge.store import Budget, ClientRow, Store, StoreConflict, restore
from lock_bridge.wire.model import Event
from lock_bridge.wire.words import PRIORITY, CredentialType, EventType, Priority, Scope
from tests.store.plain import BOOT_ID, LOCKS, LONG, Plain, PlainLock

# Few values of each kind, so that they meet.
USER_IDS = st.sampled_from(["anna", "ben", "carla"])
NUMBERS = st.integers(1, 3)
USERS = st.builds(
    User,
    id=USER_IDS,
    name=st.text(st.characters(codec="utf-8"), max_size=5),
    number=st.none() | NUMBERS,
    schedule=st.just(()) | st.just((Window(frozenset({0}), 0, 60),)),
    uses_left=st.none() | NUMBERS,
)
PINS = st.builds(
    Credential,
    type=st.just(CredentialType.PIN),
    number=NUMBERS,
    user_id=USER_IDS,
    mac=st.binary(max_size=1),
    temporary=st.booleans(),
    label=st.text(st.characters(codec="utf-8"), max_size=2),
    uses_left=st.none() | NUMBERS,
)
FINGERS = st.builds(
    Credential, type=st.just(CredentialType.FINGERPRINT), number=NUMBERS, user_id=USER_IDS, slot=NUMBERS
)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(SaveUser, USERS),
    st.builds(DropUser, USER_IDS),
    st.builds(SaveCredential, PINS | FINGERS),
    st.builds(DropCredential, st.sampled_from([CredentialType.PIN, CredentialType.FINGERPRINT]), NUMBERS),
    st.builds(SaveSettings, st.builds(Settings, countdown_delay_s=st.integers(0, 9))),
    st.builds(SaveLockout, st.builds(LockoutRecord, level=st.integers(0, 9))),
    st.builds(SaveModes, st.builds(Modes, passage=st.booleans(), bluetooth_code_mac=st.none() | st.binary(max_size=2))),
    st.builds(CountUse, st.none() | USERS, st.none() | PINS),
    st.just(EraseLock()),
)
FACTS = st.builds(
    Fact,
    type=st.sampled_from([EventType.ACCESS_REFUSED, EventType.UNLOCKED, EventType.LOCK_JAMMED]),
    user_id=st.none() | USER_IDS,
)
ROWS = 8
RETENTION = dict.fromkeys(Priority, Budget(rows=ROWS, age_ms=10**12, floor=2))


def contradiction(lock: PlainLock) -> bool:
    """Whether a lock would hold what no store may hold."""
    numbers = [number for number in lock.numbers.values() if number is not None]
    macs = [item.mac for item in lock.credentials.values() if item.mac is not None]
    slots = [item.slot for item in lock.credentials.values() if item.slot is not None]
    owners = {item.user_id for item in lock.credentials.values()}
    return any(len(set(values)) < len(values) for values in (numbers, macs, slots)) or not owners <= set(lock.numbers)


def contradicts(plain: Plain, lock_id: str, items: list[Durable]) -> bool:
    """Whether a commit must be refused: what is taken counts at each step, who is on the lock at the end."""
    now = plain
    for item in items:
        now = now.after(lock_id, [item])
        lock = now.locks[lock_id]
        if contradiction(
            replace(
                lock,
                numbers=lock.numbers
                | {i.user_id: None for i in lock.credentials.values() if i.user_id not in lock.numbers},
            )
        ):
            return True
    return contradiction(now.locks[lock_id])


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lock-bridge-"))
        self.runner = asyncio.Runner()
        self.plain = Plain()
        self.events: list[Event] = []
        self.clients: dict[str, ClientRow] = {}
        self.values: dict[str, bytes] = {}
        self.kept: tuple[Plain, list[Event], dict[str, ClientRow], dict[str, bytes], int] | None = None
        self.epochs: set[str] = set()
        self.at = Instant(0, 1_780_000_000_000)
        self.open()

    def run[T](self, work: Coroutine[None, None, T]) -> T:
        return self.runner.run(work)

    def open(self) -> None:
        self.store = self.run(Store.open(self.folder / "store.db", boot_id=BOOT_ID, retention=RETENTION))

    @rule(lock_id=st.sampled_from(LOCKS), items=st.lists(CHANGES | st.builds(Record, FACTS), min_size=1, max_size=6))
    def commit(self, lock_id: str, items: list[Durable]) -> None:
        self.at = replace(self.at, mono_ms=self.at.mono_ms + 3_600_000, wall_ms=self.at.wall_ms + 3_600_000)
        if contradicts(self.plain, lock_id, items):
            with pytest.raises(StoreConflict):
                self.run(self.store.commit(lock_id, items, self.at))
            return
        told = self.run(self.store.commit(lock_id, items, self.at))
        facts = [item.fact for item in items if isinstance(item, Record)]
        assert [(event.type, event.user_id, event.lock_id) for event in told] == [
            (fact.type, fact.user_id, lock_id) for fact in facts
        ]
        self.events += told
        self.plain = self.plain.after(lock_id, items)
        if EraseLock() in items:
            self.clients.clear()

    @rule(client_id=st.sampled_from(["c1", "c2"]), token_hash=st.binary(min_size=1, max_size=1))
    def pair(self, client_id: str, token_hash: bytes) -> None:
        row = ClientRow(client_id, "Home Assistant", frozenset({Scope.STATE}), token_hash, 5)
        paired = [Fact(EventType.CLIENT_PAIRED, client_id=client_id)]
        taken = {token for client in self.clients.values() for token in (client.id, client.token_hash)}
        if taken & {client_id, token_hash}:
            with pytest.raises(StoreConflict):
                self.run(self.store.add_client(row, paired, self.at))
            return
        self.events += self.run(self.store.add_client(row, paired, self.at))
        self.clients[client_id] = row

    @rule(client_id=st.sampled_from(["c1", "c2"]))
    def revoke(self, client_id: str) -> None:
        revoked = [Fact(EventType.CLIENT_REVOKED, client_id=client_id)]
        told = self.run(self.store.remove_client(client_id, revoked, self.at))
        assert len(told) == (client_id in self.clients)
        self.events += told
        self.clients.pop(client_id, None)

    @rule(client_id=st.sampled_from(["c1", "c2"]), ms=st.integers(0, 99))
    def client_calls(self, client_id: str, ms: int) -> None:
        self.run(self.store.touch_client(client_id, ms, "::1"))
        if client_id in self.clients:
            self.clients[client_id] = replace(self.clients[client_id], last_used_ms=ms, last_address="::1")

    @rule(key=st.sampled_from(["a", "b"]), value=st.binary(max_size=3))
    def put_value(self, key: str, value: bytes) -> None:
        self.run(self.store.put_value(key, value))
        self.values[key] = value

    @rule()
    def reopen(self) -> None:
        epoch, head, oldest = self.store.epoch, self.store.head, self.store.oldest
        self.run(self.store.close())
        self.open()
        assert (self.store.epoch, self.store.head, self.store.oldest) == (epoch, head, oldest)

    @rule()
    def renew_epoch(self) -> None:
        self.epochs.add(self.store.epoch)
        assert self.run(self.store.renew_epoch()) not in self.epochs

    @rule()
    def back_up(self) -> None:
        self.run(self.store.clients())  # when they were last there is in the backup too
        self.run(self.store.backup(self.folder / "backup.db"))
        self.kept = (self.plain, list(self.events), dict(self.clients), dict(self.values), self.store.oldest)

    @precondition(lambda self: self.kept is not None)
    @rule()
    def restore_backup(self) -> None:
        assert self.kept is not None
        self.epochs.add(self.store.epoch)
        self.run(self.store.close())
        restore(self.folder / "backup.db", self.folder / "store.db")
        self.open()
        plain, events, clients, values, oldest = self.kept
        self.plain, self.events, self.clients, self.values = plain, list(events), dict(clients), dict(values)
        assert self.store.oldest == oldest
        assert self.store.epoch not in self.epochs
        [told] = self.run(self.store.events_after(len(self.events), 10))
        assert told.type is EventType.RESTORED
        self.events.append(told)

    @rule(
        lock_id=st.sampled_from([None, *LOCKS]),
        user_id=st.none() | USER_IDS,
        types=st.lists(st.sampled_from([EventType.UNLOCKED, EventType.LOCK_JAMMED]), max_size=2),
        after=st.none() | st.integers(0, 30),
    )
    def look_it_up(self, lock_id: str | None, user_id: str | None, types: list[EventType], after: int | None) -> None:
        there = {event.seq for event in self.run(self.store.events_after(0, 10_000))}
        wanted = [
            event
            for event in self.events
            if event.seq in there
            and event.seq > (after or 0)
            and lock_id in (None, event.lock_id)
            and user_id in (None, event.user_id)
            and (not types or event.type in types)
        ]
        found = self.run(self.store.query(after=after, lock_id=lock_id, user_id=user_id, types=types))
        assert list(found) == (wanted if after is not None else wanted[::-1])[:100]

    @invariant()
    def agrees(self) -> None:
        for lock_id in LOCKS:
            assert self.run(self.store.load(lock_id)) == self.plain.load(lock_id)
        assert self.run(self.store.users()) == self.plain.users()
        assert {row.id: row for row in self.run(self.store.clients())} == self.clients
        assert {key: self.run(self.store.value(key)) for key in self.values} == self.values
        assert self.store.healthy

    @invariant()
    def the_journal_is_whole_from_oldest_on_and_keeps_each_priority_by_itself(self) -> None:
        assert self.store.head == len(self.events)
        kept = self.run(self.store.events_after(0, 10_000))
        assert list(kept) == [self.events[event.seq - 1] for event in kept]
        seqs = {event.seq for event in kept}
        assert set(range(self.store.oldest, self.store.head + 1)) <= seqs
        assert self.store.oldest == 1 or self.store.oldest - 1 not in seqs
        for priority in Priority:
            mine = [event.seq for event in self.events if PRIORITY[event.type] is priority]
            assert set(mine[-ROWS:]) <= seqs

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.run(self.store.check())
            self.run(self.store.close())
            self.runner.close()
            shutil.rmtree(self.folder)


# Trimming is looked at after every few events, so that a short run meets it.
@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lock_bridge.store.database.TRIM_EVERY", 4)


TestStore = pytest.mark.timeout(3600 if LONG else 180)(StoreMachine.TestCase)
TestStore.settings = settings(max_examples=1_000 if LONG else 40, stateful_step_count=40, deadline=None)
