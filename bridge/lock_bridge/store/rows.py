"""Rows to values and back. Each row ends with a checksum over its other columns, looked at whenever it is read."""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final

from lock_bridge.engine.model import Credential, LockoutRecord, Modes, Settings, User, Window
from lock_bridge.wire.codec import decode, encode
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.words import CredentialType, Role, Scope

from .errors import RESTORE_HINT, StoreDamaged, StoreVersionError

type Value = str | int | bytes | None

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "meta": ("key", "value"),
    "value": ("key", "value"),
    "user": (
        "id",
        "name",
        "role",
        "enabled",
        "valid_from_ms",
        "valid_until_ms",
        "schedule",
        "uses_left",
        "made_at_lock",
    ),
    "membership": ("lock_id", "user_id", "number"),
    "credential": (
        "lock_id",
        "type",
        "number",
        "user_id",
        "mac",
        "slot",
        "duress",
        "temporary",
        "label",
        "valid_from_ms",
        "valid_until_ms",
        "uses_left",
        "counter",
    ),
    "setting": ("lock_id", "name", "value"),
    "lockout": ("lock_id", "record"),
    "mode": ("lock_id", "record"),
    "client": ("id", "name", "scopes", "token_hash", "created_ms", "last_used_ms", "last_address"),
    "event": (
        "seq",
        "type",
        "priority",
        "wall_ms",
        "time_trusted",
        "boot_id",
        "boot_ms",
        "lock_id",
        "source",
        "user_id",
        "user_name",
        "credential_type",
        "credential_number",
        "client_id",
        "client_name",
        "reason",
        "data",
    ),
}
"""A table's columns in the order in which its checksum takes them."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "meta": ("key",),
    "value": ("key",),
    "user": ("id",),
    "membership": ("lock_id", "user_id"),
    "credential": ("lock_id", "type", "number"),
    "setting": ("lock_id", "name"),
    "lockout": ("lock_id",),
    "mode": ("lock_id",),
    "client": ("id",),
    "event": ("seq",),
}
"""A table's primary key."""


@dataclass(frozen=True, slots=True)
class LockData:
    """All that is kept of one lock. `settings`, `lockout` and `modes` are None before they were first saved."""

    users: tuple[User, ...] = ()
    credentials: tuple[Credential, ...] = ()
    settings: Settings | None = None
    lockout: LockoutRecord | None = None
    modes: Modes | None = None


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A paired client. Of its token only the SHA-256 is kept. Times are wall clock in ms since 1970."""

    id: str
    name: str
    scopes: frozenset[Scope]
    token_hash: bytes = field(repr=False)
    created_ms: int
    last_used_ms: int | None = None
    last_address: str | None = None


def checksum(values: Sequence[Value]) -> int:
    """The same for ever and on every machine."""
    plain = [value.hex() if type(value) is bytes else value for value in values]
    return zlib.crc32(_plain_json(plain).encode())


def write(connection: sqlite3.Connection, table: str, *values: Value) -> None:
    """Insert a row, or replace the one with the same primary key and nothing else."""
    connection.execute(_UPSERT[table], (*values, checksum(values)))


def read(
    connection: sqlite3.Connection, table: str, where: str = "", given: Sequence[Value] = ()
) -> Iterator[tuple[Any, ...]]:
    """Rows without their checksum. Raises `StoreDamaged` at one that is not as it was written."""
    for row in connection.execute(f"{_SELECT[table]} {where}", tuple(given)):
        yield verified(table, row)


def verified(table: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row without its checksum. Raises `StoreDamaged`."""
    values = row[:-1]
    if checksum(values) != row[-1]:
        raise StoreDamaged(f"The store is damaged: a row of {table} is not as it was written. {RESTORE_HINT}")
    return values


def reseal(connection: sqlite3.Connection, table: str, before: Sequence[str], after: Sequence[str]) -> None:
    """For migrations: write every checksum of a table anew, after columns have come behind those of `before`.

    Raises `StoreDamaged` at a row that was not as it had been written: it must not become a good one.
    """
    key = KEYS[table]
    where = " AND ".join(f"{name} = ?" for name in key)
    update = f"UPDATE {table} SET checksum = ? WHERE {where}"
    for row in connection.execute(f"SELECT {', '.join(after)}, checksum FROM {table}").fetchall():
        verified(table, (*row[: len(before)], row[-1]))
        named = dict(zip(after, row, strict=False))
        connection.execute(update, (checksum(row[:-1]), *(named[name] for name in key)))


type Tables = Mapping[str, Sequence[tuple[Any, ...]]]
"""Verified rows by table."""

LOCK_TABLES: Final = ("membership", "credential", "setting", "lockout", "mode")
"""Those whose rows begin with a lock's id."""


def read_lock(connection: sqlite3.Connection, lock_id: str) -> Tables:
    """The rows that are a lock's, and all users."""
    tables = {table: tuple(read(connection, table, "WHERE lock_id = ?", (lock_id,))) for table in LOCK_TABLES}
    return {**tables, "user": tuple(read(connection, "user"))}


def lock_of(tables: Tables, lock_id: str) -> LockData:
    """All that is kept of a lock, in the order of its numbers."""
    own = {table: [row for row in tables[table] if row[0] == lock_id] for table in LOCK_TABLES}
    people = {row[0]: row for row in tables["user"]}
    users = []
    for _, user_id, number in sorted(own["membership"], key=lambda row: (row[2] is not None, row[2] or 0, row[1])):
        if user_id not in people:
            raise StoreDamaged(f"The store is damaged: a user is missing. {RESTORE_HINT}")
        users.append(replace(_user(people[user_id]), number=number))
    credentials = tuple(_credential(row) for row in sorted(own["credential"], key=lambda row: row[1:3]))
    settings = {name: json.loads(value) for _, name, value in own["setting"]}
    lockout = next((record for _, record in own["lockout"]), None)
    modes = next((record for _, record in own["mode"]), None)
    return LockData(
        tuple(users),
        credentials,
        # A setting of a newer version that is not known here stays in the table.
        _decoded(Settings, settings) if settings else None,
        _decoded(LockoutRecord, json.loads(lockout)) if lockout is not None else None,
        _modes(json.loads(modes)) if modes is not None else None,
    )


def load_users(connection: sqlite3.Connection) -> Iterator[User]:
    """The bridge's users, by id; without a number, which only a lock gives."""
    return (_user(row) for row in read(connection, "user", "ORDER BY id"))


def save_user(connection: sqlite3.Connection, lock_id: str, user: User) -> None:
    """Keep a user and her number on a lock. All but the number is the same on every lock (USR-10)."""
    write(
        connection,
        "user",
        user.id,
        user.name,
        str(user.role),
        int(user.enabled),
        user.valid_from_ms,
        user.valid_until_ms,
        _plain_json(encode(user.schedule)) if user.schedule else None,
        user.uses_left,
        int(user.made_at_lock),
    )
    write(connection, "membership", lock_id, user.id, user.number)


def save_credential(connection: sqlite3.Connection, lock_id: str, credential: Credential) -> None:
    """Keep a credential under (lock, type, number)."""
    write(
        connection,
        "credential",
        lock_id,
        str(credential.type),
        credential.number,
        credential.user_id,
        credential.mac,
        credential.slot,
        int(credential.duress),
        int(credential.temporary),
        credential.label,
        credential.valid_from_ms,
        credential.valid_until_ms,
        credential.uses_left,
        credential.counter,
    )


def count_user(connection: sqlite3.Connection, user: User) -> None:
    """Keep how many entries she has left, and nothing else: the rest may have changed since it was counted."""
    for row in read(connection, "user", "WHERE id = ?", (user.id,)):
        write(connection, "user", *_with("user", row, uses_left=user.uses_left))


def count_credential(connection: sqlite3.Connection, lock_id: str, item: Credential) -> None:
    """Keep what an entry has used up of a credential, and nothing else."""
    where, key = "WHERE lock_id = ? AND type = ? AND number = ?", (lock_id, str(item.type), item.number)
    for row in read(connection, "credential", where, key):
        write(connection, "credential", *_with("credential", row, uses_left=item.uses_left, counter=item.counter))


def drop_user(connection: sqlite3.Connection, lock_id: str, user_id: str) -> None:
    """Forget a user on a lock with her credentials there (USR-5), and the person when she is on no other lock."""
    connection.execute("DELETE FROM credential WHERE lock_id = ? AND user_id = ?", (lock_id, user_id))
    connection.execute("DELETE FROM membership WHERE lock_id = ? AND user_id = ?", (lock_id, user_id))
    connection.execute(
        "DELETE FROM user WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM membership WHERE user_id = ?1)", (user_id,)
    )


def drop_credential(connection: sqlite3.Connection, lock_id: str, kind: CredentialType, number: int) -> None:
    """Forget a credential."""
    connection.execute(
        "DELETE FROM credential WHERE lock_id = ? AND type = ? AND number = ?", (lock_id, str(kind), number)
    )


def save_settings(connection: sqlite3.Connection, lock_id: str, settings: Settings) -> None:
    """Keep the settings, a row for each."""
    for name in _SETTING_NAMES:
        write(connection, "setting", lock_id, name, _plain_json(encode(getattr(settings, name))))


def save_lockout(connection: sqlite3.Connection, lock_id: str, record: LockoutRecord) -> None:
    """Keep the lockout's record."""
    write(connection, "lockout", lock_id, _plain_json(encode(record)))


def save_modes(connection: sqlite3.Connection, lock_id: str, modes: Modes) -> None:
    """Keep the modes."""
    plain = {name: getattr(modes, name) for name in _MODE_NAMES}
    mac = modes.bluetooth_code_mac
    write(
        connection,
        "mode",
        lock_id,
        _plain_json({**plain, "bluetooth_code_mac": None if mac is None else mac.hex()}),
    )


def erase_lock(connection: sqlite3.Connection, lock_id: str) -> None:
    """Forget all that is kept of a lock, people who are on no other, and every client of the bridge (RST-1)."""
    for table in ("credential", "membership", "setting", "lockout", "mode"):
        connection.execute(f"DELETE FROM {table} WHERE lock_id = ?", (lock_id,))
    connection.execute("DELETE FROM user WHERE id NOT IN (SELECT user_id FROM membership)")
    connection.execute("DELETE FROM client")


def load_clients(connection: sqlite3.Connection, client_id: str | None = None) -> Iterator[ClientRow]:
    """Paired clients, oldest first."""
    where, given = ("", ()) if client_id is None else ("WHERE id = ? ", (client_id,))
    for row in read(connection, "client", f"{where}ORDER BY created_ms, id", given):
        scopes = frozenset(_word(Scope, word) for word in json.loads(row[2]))
        yield ClientRow(row[0], row[1], scopes, row[3], row[4], row[5], row[6])


def save_client(connection: sqlite3.Connection, row: ClientRow) -> None:
    """Keep a client."""
    scopes = _plain_json(sorted(row.scopes))
    write(
        connection,
        "client",
        row.id,
        row.name,
        scopes,
        row.token_hash,
        row.created_ms,
        row.last_used_ms,
        row.last_address,
    )


def get_meta(connection: sqlite3.Connection, key: str) -> str | None:
    """A value of the store's own."""
    return next((value for _, value in read(connection, "meta", "WHERE key = ?", (key,))), None)


_plain_json = json.JSONEncoder(separators=(",", ":")).encode

_SETTING_NAMES: Final = tuple(item.name for item in fields(Settings))
_MODE_NAMES: Final = tuple(item.name for item in fields(Modes))


def _upsert(table: str) -> str:
    columns = (*COLUMNS[table], "checksum")
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in KEYS[table])
    places = ", ".join("?" * len(columns))
    insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
    return f"{insert} ON CONFLICT ({', '.join(KEYS[table])}) DO UPDATE SET {changed}"


_UPSERT: Final = {table: _upsert(table) for table in COLUMNS if table != "event"}
_SELECT: Final = {table: f"SELECT {', '.join(COLUMNS[table])}, checksum FROM {table}" for table in COLUMNS}


def _with(table: str, row: tuple[Any, ...], **changes: Value) -> Iterator[Value]:
    return (changes.get(name, value) for name, value in zip(COLUMNS[table], row, strict=True))


def _user(row: tuple[Any, ...]) -> User:
    user_id, name, role, enabled, valid_from_ms, valid_until_ms, schedule, uses_left, made_at_lock = row
    return User(
        user_id,
        name,
        _word(Role, role),
        None,
        bool(enabled),
        valid_from_ms,
        valid_until_ms,
        _schedule(schedule),
        uses_left,
        bool(made_at_lock),
    )


def _credential(row: tuple[Any, ...]) -> Credential:
    _, kind, number, user_id, mac, slot, duress, temporary, *rest = row
    return Credential(_word(CredentialType, kind), number, user_id, mac, slot, bool(duress), bool(temporary), *rest)


def _schedule(text: str | None) -> tuple[Window, ...]:
    return tuple(_decoded(Window, window) for window in json.loads(text)) if text is not None else ()


def _modes(data: Mapping[str, Any]) -> Modes:
    # What a newer version has put in is not known here.
    known = {name: value for name, value in data.items() if name in _MODE_NAMES}
    mac = known.get("bluetooth_code_mac")
    known["bluetooth_code_mac"] = None if mac is None else bytes.fromhex(mac)
    known["phones"] = tuple(known.get("phones", ()))
    return Modes(**known)


def _word[W: StrEnum](kind: type[W], text: str) -> W:
    try:
        return kind(text)
    except ValueError:
        raise StoreVersionError(
            f"The store holds a {kind.__name__} that this Lock Bridge does not know. Update Lock Bridge."
        ) from None


def _decoded[T](kind: type[T], data: Any) -> T:
    try:
        return decode(kind, data, strict=False)
    except LockBridgeError:
        raise StoreDamaged(f"The store is damaged: its {kind.__name__} cannot be read. {RESTORE_HINT}") from None
