"""The store's one file and its one connection. Not for several threads: `Store` gives it a thread of its own."""

import logging
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lock_bridge.engine.effects import (
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
from lock_bridge.engine.model import Fact, Instant, User
from lock_bridge.wire.model import Event
from lock_bridge.wire.words import EventType, Priority

from . import journal, rows
from .connection import check, check_pages, connect
from .errors import RESTORE_HINT, StoreConflict, StoreDamaged, StoreError
from .files import FileLock, keep_private, make_folder, new_file, put_in_place, sidecar
from .schema import MIGRATIONS, check_header, migrate, version_of
from .transactions import transaction, translating

_LOG = logging.getLogger(__name__)

TRIM_EVERY: Final = 256
"""Events between two looks at the journal's budgets."""
TRIM_AFTER_MS: Final = 6 * 3_600_000
"""The longest time between two, for a quiet door's events grow old too."""


class Database:
    """What is on disk. Every method either did it, durably, or raises `StoreError` and has changed nothing."""

    def __init__(
        self,
        path: Path,
        *,
        boot_id: str,
        create: bool = True,
        retention: Mapping[Priority, journal.Budget] = journal.RETENTION,
    ) -> None:
        self.path = path
        self.epoch = ""
        self.head = 0
        self.oldest = 1
        self._boot_id = boot_id
        self._retention = retention
        self._untrimmed = TRIM_EVERY  # the first commit looks at once: many short runs must not go by without
        self._trimmed_at: Instant | None = None
        self._last_commit: Instant | None = None
        self._looked_at: rows.Tables | None = None
        """What was read at the opening; locks are loaded right after it, and need not be read once more."""
        make_folder(path.parent)
        self._lock = FileLock(path)
        try:
            with translating("opening it"):
                self._connection = self._open(create)
        except BaseException:
            self._lock.release()
            raise

    def load(self, lock_id: str) -> rows.LockData:
        """All that is kept of a lock."""
        with translating("reading a lock"):
            tables = self._looked_at or rows.read_lock(self._connection, lock_id)
            return rows.lock_of(tables, lock_id)

    def commit(
        self,
        lock_id: str | None,
        items: Sequence[Durable],
        at: Instant,
        touched: Mapping[str, tuple[int, str | None]] | None = None,
    ) -> tuple[Event, ...]:
        """Changes and what the journal says of them in one transaction. The events, in the order of their records."""
        if not all(isinstance(item, Record) for item in items):
            self._looked_at = None
        with translating("writing"), transaction(self._connection):
            events: list[Event] = []
            for item in items:
                if isinstance(item, Record):
                    events.append(self._append(len(events), lock_id, item.fact, at))
                elif lock_id is None:
                    raise ValueError(f"{type(item).__name__} without a lock")
                else:
                    _apply(self._connection, lock_id, item)
            self._touch(touched)
        self._committed(events, at)
        return tuple(events)

    def events_after(self, seq: int, until: int, limit: int) -> tuple[Event, ...]:
        """Events after `seq` up to `until`, oldest first."""
        with translating("reading the journal"):
            return journal.events_after(self._connection, seq, until, limit)

    def query(
        self,
        after: int | None,
        before: int,
        limit: int,
        lock_id: str | None,
        user_id: str | None,
        types: Sequence[EventType],
    ) -> tuple[Event, ...]:
        """A page of the journal; see `journal.query`."""
        with translating("reading the journal"):
            return journal.query(
                self._connection, after=after, before=before, limit=limit, lock_id=lock_id, user_id=user_id, types=types
            )

    def users(self) -> tuple[tuple[User, tuple[str, ...]], ...]:
        """The bridge's users, each with the locks that she is on."""
        with translating("reading users"):
            locks: dict[str, list[str]] = {}
            for lock_id, user_id, _ in rows.read(self._connection, "membership", "ORDER BY lock_id, user_id"):
                locks.setdefault(user_id, []).append(lock_id)
            return tuple((user, tuple(locks.get(user.id, ()))) for user in rows.load_users(self._connection))

    def clients(self) -> tuple[rows.ClientRow, ...]:
        """The paired clients, oldest first."""
        with translating("reading clients"):
            return tuple(rows.load_clients(self._connection))

    def add_client(self, row: rows.ClientRow, facts: Sequence[Fact], at: Instant) -> tuple[Event, ...]:
        """Keep a client, and what the journal says of it."""
        with translating("adding a client"), transaction(self._connection):
            if any(rows.load_clients(self._connection, row.id)):
                raise StoreConflict(f"There is a client {row.id} already.")
            rows.save_client(self._connection, row)
            events = [self._append(number, None, fact, at) for number, fact in enumerate(facts)]
        self._committed(events, at)
        return tuple(events)

    def remove_client(self, client_id: str, facts: Sequence[Fact], at: Instant) -> tuple[Event, ...]:
        """Forget a client, and say so in the journal; of one that is not there, nothing is said."""
        with translating("removing a client"), transaction(self._connection):
            if not self._connection.execute("DELETE FROM client WHERE id = ?", (client_id,)).rowcount:
                return ()
            events = [self._append(number, None, fact, at) for number, fact in enumerate(facts)]
        self._committed(events, at)
        return tuple(events)

    def value(self, key: str) -> bytes | None:
        """A small value of another room's."""
        with translating("reading a value"):
            return next((value for _, value in rows.read(self._connection, "value", "WHERE key = ?", (key,))), None)

    def put_value(self, key: str, value: bytes) -> None:
        """Keep a small value."""
        with translating("writing a value"), transaction(self._connection):
            rows.write(self._connection, "value", key, value)

    def meta(self, key: str) -> str | None:
        """A value of the store's own."""
        with translating("reading"):
            return rows.get_meta(self._connection, key)

    def put_meta(self, key: str, value: str) -> None:
        """Keep a value of the store's own."""
        with translating("writing"), transaction(self._connection):
            rows.write(self._connection, "meta", key, value)

    def holds_macs(self) -> bool:
        """Whether a credential is there that is worth nothing without the device key."""
        with translating("reading credentials"):
            return (
                self._connection.execute("SELECT 1 FROM credential WHERE mac IS NOT NULL LIMIT 1").fetchone()
                is not None
            )

    def renew_epoch(self) -> str:
        """Say that numbers of the journal may have been given before: clients begin anew."""
        epoch = new_epoch()
        self.put_meta("epoch", epoch)
        self.epoch = epoch
        return epoch

    def touch(self, touched: Mapping[str, tuple[int, str | None]]) -> None:
        """Note when clients were last there."""
        with translating("writing"), transaction(self._connection):
            self._touch(touched)

    def tidy(self) -> None:
        """Trim the journal when it is time, and keep no more in memory than is wanted.

        Trouble is logged, not raised: it must not stand in a door's way.
        """
        self._looked_at = None
        at = self._last_commit
        if at is None or not self._trim_due(at):
            return
        try:
            with translating("trimming the journal"), transaction(self._connection):
                highest, more = journal.trim(self._connection, self._retention, at)
                oldest = max(self.oldest, highest + 1)
                if oldest != self.oldest:
                    rows.write(self._connection, "meta", "oldest", str(oldest))
        except StoreError as error:
            _LOG.warning("The journal was not trimmed: %s", error)
            more = False
        else:
            self.oldest = oldest
        self._untrimmed = TRIM_EVERY if more else 0
        self._trimmed_at = at

    def probe(self) -> None:
        """Write something, to see whether that works again."""
        self.put_meta("epoch", self.epoch)

    def check(self) -> None:
        """Look at everything. Takes about a second for each 100,000 events."""
        with translating("checking it"):
            check(self._connection, everything=True)

    def copy_to(self, path: Path) -> None:
        """A compact copy of it all, into a new file. Not yet synced, not yet looked at."""
        new_file(path)
        with translating("copying it"):
            self._connection.execute("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        """Fold the log into the file and let go of both."""
        try:
            with translating("closing it"):
                self._connection.close()
        finally:
            self._lock.release()

    def _open(self, create: bool) -> sqlite3.Connection:
        self._find(create)
        check_header(self.path)
        keep_private(self.path)
        connection = connect(self.path)
        try:
            version = version_of(connection)
            if version < len(MIGRATIONS):
                self._bring_up(connection, version)
            self._looked_at = check(connection, everything=False)
            self.epoch, self.oldest = _own_meta(connection)
            _, self.head = journal.ends(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _find(self, create: bool) -> None:
        if self.path.exists():
            return
        left_over = [sidecar(self.path, suffix) for suffix in ("-wal", "-journal")]
        if not create or any(path.exists() for path in left_over):
            raise StoreDamaged(f"{self.path} is missing. {RESTORE_HINT}")
        made = sidecar(self.path, ".new")
        new_file(made)
        # Without a name until it is whole: a file that is there and empty is always a damaged one.
        connection = sqlite3.connect(made, isolation_level=None)
        try:
            migrate(connection, 0)
            with transaction(connection):
                rows.write(connection, "meta", "epoch", new_epoch())
                rows.write(connection, "meta", "oldest", "1")
        finally:
            connection.close()
        put_in_place(made, self.path)

    def _bring_up(self, connection: sqlite3.Connection, version: int) -> None:
        check_pages(connection, thoroughly=False)
        kept, made = sidecar(self.path, f".v{version}"), sidecar(self.path, f".v{version}.new")
        new_file(made)
        connection.execute("VACUUM INTO ?", (str(made),))
        put_in_place(made, kept)
        _LOG.info("Bringing the store from version %d to %d; the old one is kept in %s", version, len(MIGRATIONS), kept)
        migrate(connection, version)

    def _append(self, number: int, lock_id: str | None, fact: Fact, at: Instant) -> Event:
        return journal.append(self._connection, self.head + 1 + number, self._boot_id, lock_id, fact, at)

    def _committed(self, events: Sequence[Event], at: Instant) -> None:
        self.head += len(events)
        self._untrimmed += len(events)
        self._last_commit = at

    def _touch(self, touched: Mapping[str, tuple[int, str | None]] | None) -> None:
        for client_id, (ms, address) in (touched or {}).items():
            for row in rows.load_clients(self._connection, client_id):
                rows.save_client(
                    self._connection,
                    rows.ClientRow(row.id, row.name, row.scopes, row.token_hash, row.created_ms, ms, address),
                )

    def _trim_due(self, at: Instant) -> bool:
        last = self._trimmed_at
        return self._untrimmed >= TRIM_EVERY or last is None or at.mono_ms - last.mono_ms >= TRIM_AFTER_MS


def new_epoch() -> str:
    """64 random bits."""
    return secrets.token_hex(8)


def _own_meta(connection: sqlite3.Connection) -> tuple[str, int]:
    epoch, oldest = rows.get_meta(connection, "epoch"), rows.get_meta(connection, "oldest")
    if epoch is None or oldest is None or not oldest.isdecimal():
        raise StoreDamaged(f"The store is damaged: it does not say where its journal begins. {RESTORE_HINT}")
    return epoch, int(oldest)


def _apply(connection: sqlite3.Connection, lock_id: str, item: Durable) -> None:
    match item:
        case SaveUser(user):
            rows.save_user(connection, lock_id, user)
        case DropUser(user_id):
            rows.drop_user(connection, lock_id, user_id)
        case SaveCredential(credential):
            rows.save_credential(connection, lock_id, credential)
        case DropCredential(kind, number):
            rows.drop_credential(connection, lock_id, kind, number)
        case SaveSettings(settings):
            rows.save_settings(connection, lock_id, settings)
        case SaveLockout(record):
            rows.save_lockout(connection, lock_id, record)
        case SaveModes(modes):
            rows.save_modes(connection, lock_id, modes)
        case CountUse(user, credential):
            if user is not None:
                rows.count_user(connection, user)
            if credential is not None:
                rows.count_credential(connection, lock_id, credential)
        case EraseLock():
            rows.erase_lock(connection, lock_id)
        case _:
            raise TypeError(f"{type(item).__name__} is nothing to keep")
