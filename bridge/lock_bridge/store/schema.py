"""The tables, and how an older file becomes a newer one."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .errors import RESTORE_HINT, StoreDamaged, StoreVersionError
from .rows import reseal
from .transactions import transaction

APPLICATION_ID: Final = 0x4C42_7273
"""Stands in the file's header and says whose file it is ("LBrs")."""

_HEADER_SIZE: Final = 100

type Migration = Sequence[str | Callable[[sqlite3.Connection], None]]
"""SQL, or a function for what SQL cannot say; `rows.reseal` where columns of a table change."""

# `checksum` is over all columns before it (see `rows.checksum`): SQLite would not notice a bit that flips in a value.
# Foreign keys are looked at when a transaction commits, so the order of changes in it does not matter.
_FIRST: Final[Migration] = (
    """CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE value (
        key TEXT PRIMARY KEY,
        value BLOB NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE user (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        enabled INTEGER NOT NULL,
        valid_from_ms INTEGER,
        valid_until_ms INTEGER,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE membership (
        lock_id TEXT NOT NULL,
        user_id TEXT NOT NULL REFERENCES user (id) DEFERRABLE INITIALLY DEFERRED,
        number INTEGER,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (lock_id, user_id),
        UNIQUE (lock_id, number)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX membership_user ON membership (user_id)",
    """CREATE TABLE credential (
        lock_id TEXT NOT NULL,
        type TEXT NOT NULL,
        number INTEGER NOT NULL,
        user_id TEXT NOT NULL,
        mac BLOB,
        slot INTEGER,
        duress INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (lock_id, type, number),
        UNIQUE (lock_id, type, mac),
        UNIQUE (lock_id, type, slot),
        FOREIGN KEY (lock_id, user_id) REFERENCES membership (lock_id, user_id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX credential_user ON credential (lock_id, user_id)",
    """CREATE TABLE setting (
        lock_id TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (lock_id, name)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE lockout (
        lock_id TEXT PRIMARY KEY,
        record TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE client (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        scopes TEXT NOT NULL,
        token_hash BLOB NOT NULL UNIQUE,
        created_ms INTEGER NOT NULL,
        last_used_ms INTEGER,
        last_address TEXT,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE event (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        type TEXT NOT NULL,
        priority TEXT NOT NULL,
        wall_ms INTEGER NOT NULL,
        time_trusted INTEGER NOT NULL,
        boot_id TEXT NOT NULL,
        boot_ms INTEGER NOT NULL,
        lock_id TEXT,
        source TEXT,
        user_id TEXT,
        user_name TEXT,
        credential_type TEXT,
        credential_number INTEGER,
        client_id TEXT,
        client_name TEXT,
        reason TEXT,
        data TEXT,
        checksum INTEGER NOT NULL
    ) STRICT""",
    # An index holds `seq` as its last column by itself, so each of these gives a page in the journal's order.
    "CREATE INDEX event_priority ON event (priority)",
    "CREATE INDEX event_type ON event (type)",
    "CREATE INDEX event_user ON event (user_id) WHERE user_id IS NOT NULL",
    "CREATE INDEX event_lock ON event (lock_id) WHERE lock_id IS NOT NULL",
)


def _reseal_people(connection: sqlite3.Connection) -> None:
    user = ("id", "name", "role", "enabled", "valid_from_ms", "valid_until_ms")
    reseal(connection, "user", user, (*user, "schedule", "uses_left", "made_at_lock"))
    credential = ("lock_id", "type", "number", "user_id", "mac", "slot", "duress")
    limits = ("temporary", "label", "valid_from_ms", "valid_until_ms", "uses_left", "counter")
    reseal(connection, "credential", credential, (*credential, *limits))


_SECOND: Final[Migration] = (
    "ALTER TABLE user ADD COLUMN schedule TEXT",
    "ALTER TABLE user ADD COLUMN uses_left INTEGER",
    "ALTER TABLE user ADD COLUMN made_at_lock INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE credential ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE credential ADD COLUMN label TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE credential ADD COLUMN valid_from_ms INTEGER",
    "ALTER TABLE credential ADD COLUMN valid_until_ms INTEGER",
    "ALTER TABLE credential ADD COLUMN uses_left INTEGER",
    "ALTER TABLE credential ADD COLUMN counter INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE mode (
        lock_id TEXT PRIMARY KEY,
        record TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    _reseal_people,
)
"""What limits users and credentials (USR-7, VER-13, VER-14), and the modes (BLT-7, BLT-8)."""

MIGRATIONS: Final[Sequence[Migration]] = (_FIRST, _SECOND)
"""Entry n turns version n into n + 1. One that was released is never changed."""

STATE_TABLES: Final = ("meta", "value", "user", "membership", "credential", "setting", "lockout", "mode", "client")
"""Everything but the journal: small, and checked in full at each start."""


def check_header(path: Path) -> None:
    """Look at a file's first bytes without touching it: SQLite would take an empty one for a new store."""
    with path.open("rb") as file:
        header = file.read(_HEADER_SIZE)
    if not header.startswith(b"SQLite format 3\0") or header[68:72] != APPLICATION_ID.to_bytes(4):
        raise StoreDamaged(f"{path} is no store of Lock Bridge, or its header is damaged. {RESTORE_HINT}")


def version_of(connection: sqlite3.Connection) -> int:
    """The file's version. Raises for that of a newer Lock Bridge."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < 1:
        raise StoreDamaged(f"The store is damaged: its header says no version. {RESTORE_HINT}")
    if version > len(MIGRATIONS):
        raise StoreVersionError(
            f"The store has version {version}; this Lock Bridge knows versions up to {len(MIGRATIONS)}. "
            "Update Lock Bridge, or restore a backup that was made with this version."
        )
    return int(version)


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file of `version` (0: an empty one) up to date, each step in one transaction."""
    # A step may rebuild a table that others refer to; it is judged as a whole, by the check before its end.
    connection.execute("PRAGMA foreign_keys = OFF")
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        with transaction(connection):
            for statement in statements:
                if callable(statement):
                    statement(connection)
                else:
                    connection.execute(statement)
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise StoreDamaged(f"The store does not fit version {number}. {RESTORE_HINT}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
    connection.execute("PRAGMA foreign_keys = ON")
