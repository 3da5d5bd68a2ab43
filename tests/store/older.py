"""A store as the first Lock Bridge left it, in plain SQL: nothing of it moves with today's code."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from lock_bridge.engine.effects import Record
from lock_bridge.engine.model import Credential, Fact, Instant, LockoutRecord, Settings, User
from lock_bridge.store import LockData, files, journal, rows
from lock_bridge.store.schema import APPLICATION_ID, MIGRATIONS
from lock_bridge.wire.words import CredentialType, EventType, Role
from tests.store.plain import BOOT_ID

LOCK_ID = "front_door"
USERS, EVENTS = 20, 60
AT = Instant(1, 1_780_000_000_000)
LOCKOUT = LockoutRecord(((5, 1),), 2, boot_id="b")


def write_first_version(path: Path) -> None:
    """Make it, and see that it is on the disk."""
    files.new_file(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    for statement in MIGRATIONS[0]:
        if not isinstance(statement, str):
            raise TypeError("the first version was made of SQL alone")
        connection.execute(statement)
    for table, values in _rows():
        places = ", ".join("?" * (len(values) + 1))
        connection.execute(f"INSERT INTO {table} VALUES ({places})", (*values, rows.checksum(values)))  # noqa: S608
    for number in range(1, EVENTS + 1):
        journal.append(connection, number, BOOT_ID, LOCK_ID, event(number).fact, AT)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.execute("COMMIT")
    connection.close()
    files.sync_file(path)
    files.sync_folder(path.parent)


def event(number: int) -> Record:
    """What it has written down."""
    return Record(Fact(EventType.UNLOCKED, user_id=f"user-{number % USERS:02}", data={"n": number}))


def content() -> LockData:
    """The same as today's code sees it."""
    numbers = range(1, USERS + 1)
    users = (User(f"user-{n:02}", f"User {n}", _role(n), n, valid_until_ms=n * 10**11) for n in numbers)
    pins = (Credential(CredentialType.PIN, n, f"user-{n:02}", mac=_mac(n), duress=n == 2) for n in numbers)
    fingers = (Credential(CredentialType.FINGERPRINT, n, f"user-{n:02}", slot=n) for n in numbers)
    return LockData(
        users=tuple(users),
        credentials=(*fingers, *pins),
        settings=Settings(remote_unlock=True),
        lockout=LOCKOUT,
    )


def _rows() -> Iterator[tuple[str, tuple[rows.Value, ...]]]:
    yield "meta", ("epoch", "0123456789abcdef")
    yield "meta", ("oldest", "1")
    for n in range(1, USERS + 1):
        yield "user", (f"user-{n:02}", f"User {n}", str(_role(n)), 1, None, n * 10**11)
        yield "membership", (LOCK_ID, f"user-{n:02}", n)
        yield "credential", (LOCK_ID, "pin", n, f"user-{n:02}", _mac(n), None, int(n == 2))
        yield "credential", (LOCK_ID, "fingerprint", n, f"user-{n:02}", None, n, 0)
    yield "setting", (LOCK_ID, "remote_unlock", "true")
    yield "lockout", (LOCK_ID, '{"failures":[[5,1]],"level":2,"boot_id":"b"}')


def _role(number: int) -> Role:
    return Role.ADMINISTRATOR if number == 1 else Role.USER


def _mac(number: int) -> bytes:
    return bytes([number]) * 32
