"""The journal: events in the order of their commits, kept by priority so that no flood pushes out what matters."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from lock_bridge.engine.model import Fact, Instant
from lock_bridge.wire.codec import encode
from lock_bridge.wire.model import Event
from lock_bridge.wire.words import PRIORITY, CredentialType, EventType, OperationSource, Priority

from .rows import COLUMNS, Value, checksum, verified

_DAY_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is kept of one priority: at most `rows`, none older than `age_ms`, but always the newest `floor`.

    The floor is there for a clock that jumps by years: it ages everything, and must not empty the journal.
    """

    rows: int
    age_ms: int
    floor: int = 1_000

    def __post_init__(self) -> None:
        if not 1 <= self.floor <= self.rows:
            raise ValueError("a budget keeps at least one event, and its floor is within it")


RETENTION: Final[Mapping[Priority, Budget]] = MappingProxyType(
    {
        Priority.CRITICAL: Budget(rows=10_000, age_ms=2 * 365 * _DAY_MS),
        Priority.INFO: Budget(rows=10_000, age_ms=90 * _DAY_MS),
        Priority.DEBUG: Budget(rows=10_000, age_ms=7 * _DAY_MS),
    }
)
"""Some 30,000 events or 10 MB in all."""

TRIM_STEP: Final = 300
"""Events that one trim takes out of each priority at most: a backlog goes in steps, never in one long pause."""


def append(
    connection: sqlite3.Connection, seq: int, boot_id: str, lock_id: str | None, fact: Fact, at: Instant
) -> Event:
    """Write a fact down as event `seq`."""
    data: dict[str, Any] = encode(fact.data)
    event = Event(
        seq=seq,
        type=fact.type,
        priority=PRIORITY[fact.type],
        wall_ms=at.wall_ms,
        time_trusted=at.trusted,
        boot_id=boot_id,
        boot_ms=at.mono_ms,
        lock_id=lock_id,
        source=fact.source,
        user_id=fact.user_id,
        user_name=fact.user_name,
        credential_type=fact.credential_type,
        credential_number=fact.credential_number,
        client_id=fact.client_id,
        client_name=fact.client_name,
        reason=fact.reason,
        data=data,
    )
    values: tuple[Value, ...] = (
        seq,
        str(event.type),
        str(event.priority),
        event.wall_ms,
        int(event.time_trusted),
        event.boot_id,
        event.boot_ms,
        event.lock_id,
        _text(event.source),
        event.user_id,
        event.user_name,
        _text(event.credential_type),
        event.credential_number,
        event.client_id,
        event.client_name,
        _text(event.reason),
        _data_json(data) if data else None,
    )
    connection.execute(_INSERT, (*values, checksum(values)))
    return event


def events_after(connection: sqlite3.Connection, seq: int, until: int, limit: int) -> tuple[Event, ...]:
    """At most `limit` events with `seq` < number <= `until`, oldest first."""
    rows = connection.execute(f"{_SELECT} WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", (seq, until, limit))
    return tuple(_event(row) for row in rows)


def query(
    connection: sqlite3.Connection,
    *,
    after: int | None,
    before: int,
    limit: int,
    lock_id: str | None,
    user_id: str | None,
    types: Sequence[EventType],
) -> tuple[Event, ...]:
    """Events between `after` and `before` (both left out): oldest first if `after` is given, newest first otherwise."""
    order = "ORDER BY seq" if after is not None else "ORDER BY seq DESC"
    span: tuple[Value, ...] = (after if after is not None else 0, before)
    if user_id is None and types:
        # Each kind's index is in order by itself: a page of each, and of these the page.
        one, given = _page("event_type", order, ("type", ""), ("lock_id", lock_id))
        pages = " UNION ALL ".join([f"SELECT seq FROM ({one})"] * len(types))
        values = [value for kind in types for value in (*span, str(kind), *given[1:], limit)]
        sql = f"{_SELECT} WHERE seq IN ({pages}) {order} LIMIT ?"
        return tuple(_event(row) for row in connection.execute(sql, (*values, limit)))
    index = "event_user" if user_id is not None else "event_lock" if lock_id is not None else None
    page, given = _page(index, order, ("user_id", user_id), ("lock_id", lock_id), types=types)
    sql = f"{_SELECT} WHERE seq IN ({page}) {order}"
    return tuple(_event(row) for row in connection.execute(sql, (*span, *given, limit)))


def ends(connection: sqlite3.Connection) -> tuple[int, int]:
    """The highest number in the journal and the highest ever given; they differ only in a damaged file."""
    (newest,) = connection.execute("SELECT max(seq) FROM event").fetchone()
    given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
    return newest or 0, given[0] if given else 0


def read_newest(connection: sqlite3.Connection, count: int) -> None:
    """Read the last events through. Raises `StoreDamaged`."""
    for row in connection.execute(f"{_SELECT} ORDER BY seq DESC LIMIT ?", (count,)):
        verified("event", row)


def trim(connection: sqlite3.Connection, retention: Mapping[Priority, Budget], at: Instant) -> tuple[int, bool]:
    """Delete what is over budget, a step's worth. The highest number deleted (0: none), and whether more is left."""
    highest, more = 0, False
    for priority, budget in retention.items():
        last = max(_over_count(connection, priority, budget), _over_age(connection, priority, budget, at))
        if last == 0:
            continue
        gone = connection.execute(
            "SELECT seq FROM event WHERE priority = ? AND seq <= ? ORDER BY seq LIMIT ?", (priority, last, TRIM_STEP)
        ).fetchall()
        connection.executemany("DELETE FROM event WHERE seq = ?", gone)
        highest = max([highest, *(seq for (seq,) in gone)])
        more = more or len(gone) == TRIM_STEP
    return highest, more


_data_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode

_COLUMNS: Final = ", ".join((*COLUMNS["event"], "checksum"))
_SELECT: Final = f"SELECT {_COLUMNS} FROM event"
_INSERT: Final = f"INSERT INTO event ({_COLUMNS}) VALUES ({', '.join('?' * (len(COLUMNS['event']) + 1))})"


def _page(
    index: str | None, order: str, *equal: tuple[str, str | None], types: Sequence[EventType] = ()
) -> tuple[str, list[Value]]:
    """SQL for a page of numbers, and what it is given after the span and before the limit.

    The index is named: it has the rows in the wanted order, so a page costs what it passes over and nothing is sorted.
    """
    conditions = [(name, value) for name, value in equal if value is not None]
    where = "".join(f" AND {name} = ?" for name, _ in conditions)
    if types:
        where += f" AND type IN ({', '.join('?' * len(types))})"
    source = "event NOT INDEXED" if index is None else f"event INDEXED BY {index}"
    sql = f"SELECT seq FROM {source} WHERE seq > ? AND seq < ?{where} {order} LIMIT ?"
    return sql, [*(value for _, value in conditions), *(str(kind) for kind in types)]


def _over_count(connection: sqlite3.Connection, priority: Priority, budget: Budget) -> int:
    row = connection.execute(
        "SELECT seq FROM event WHERE priority = ? ORDER BY seq DESC LIMIT 1 OFFSET ?", (priority, budget.rows)
    ).fetchone()
    return int(row[0]) if row else 0


def _over_age(connection: sqlite3.Connection, priority: Priority, budget: Budget, at: Instant) -> int:
    if not at.trusted:
        return 0
    floor = _over_count(connection, priority, Budget(budget.floor, budget.age_ms, 1))
    last = 0
    for seq, wall_ms, trusted in connection.execute(
        "SELECT seq, wall_ms, time_trusted FROM event WHERE priority = ? AND seq <= ? ORDER BY seq LIMIT ?",
        (priority, floor, TRIM_STEP),
    ):
        # An event whose own time cannot be trusted is as old as the ones around it.
        if trusted and wall_ms >= at.wall_ms - budget.age_ms:
            break
        if trusted:
            last = seq
    return last


def _event(row: tuple[Any, ...]) -> Event:
    values = verified("event", row)
    return Event(
        seq=values[0],
        type=_known(_EVENT_TYPES, values[1]),
        priority=_known(_PRIORITIES, values[2]),
        wall_ms=values[3],
        time_trusted=bool(values[4]),
        boot_id=values[5],
        boot_ms=values[6],
        lock_id=values[7],
        source=_known(_SOURCES, values[8]),
        user_id=values[9],
        user_name=values[10],
        credential_type=_known(_CREDENTIAL_TYPES, values[11]),
        credential_number=values[12],
        client_id=values[13],
        client_name=values[14],
        reason=values[15],
        data=json.loads(values[16]) if values[16] else {},
    )


_EVENT_TYPES: Final[Mapping[Any, Any]] = {str(word): word for word in EventType}
_PRIORITIES: Final[Mapping[Any, Any]] = {str(word): word for word in Priority}
_SOURCES: Final[Mapping[Any, Any]] = {str(word): word for word in OperationSource}
_CREDENTIAL_TYPES: Final[Mapping[Any, Any]] = {str(word): word for word in CredentialType}


def _known(words: Mapping[Any, Any], text: str | None) -> Any:
    # A word that a newer version wrote is told as it stands.
    return words.get(text, text)


def _text(word: str | None) -> str | None:
    return None if word is None else str(word)
