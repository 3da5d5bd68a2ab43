"""The store: how long an entry takes until no power cut can take it away, and what a million rows weigh."""

import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from house.bridge import Bridge
from house.processes import free_port
from lock_bridge.engine.effects import Durable, Record, SaveCredential, SaveUser
from lock_bridge.engine.model import Credential, Fact, Instant, User
from lock_bridge.engine.passcode import passcode_mac
from lock_bridge.store import Budget, Store, open_store
from lock_bridge.store.database import Database
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Priority

from .table import Row, at_most, percentile

_APPENDS = 500
_USERS = 500
_PER_USER = 10
_EVENTS = 1_000_000
_BATCH = 20_000
_PAGES = 50
_STARTS = 7
_NOW_MS = 1_780_000_000_000
_KEEP_ALL = dict.fromkeys(Priority, Budget(rows=2 * _EVENTS, age_ms=10**14))


async def run() -> list[Row]:
    """Durable appends one after the other; pages and starts with a million rows."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        rows = await _appends(Path(folder) / "appends")
        full = Path(folder) / "full"
        await _fill(full / "data")
        rows += await _pages(full / "data")
        return rows + await _starts(full, Path(folder) / "empty")


async def _appends(folder: Path) -> list[Row]:
    store = await Store.open(folder / "bench.db", boot_id="bench")
    times = []
    for number in range(_APPENDS):
        fact = Record(Fact(EventType.UNLOCKED, user_name="Anna", data={"number": number}))
        before = time.perf_counter()
        await store.commit("front_door", [fact], Instant(number, _NOW_MS + number))
        times.append((time.perf_counter() - before) * 1e3)
    await store.close()
    return [
        Row("store: journal append, durable, median", statistics.median(times), "ms"),
        Row("store: journal append, durable, p95", percentile(times, 95), "ms"),
    ]


async def _fill(data: Path) -> None:
    store, keys = await open_store(data, boot_id="bench")
    path = data / "store.db"
    await store.commit("front_door", list(_people(keys.pin_key)), Instant(0, _NOW_MS))
    await store.close()
    # One transaction for many rows, and no trimming between them: how they came there is not what is measured.
    database = Database(path, boot_id="bench", retention=_KEEP_ALL)
    for first in range(0, _EVENTS, _BATCH):
        at = Instant(first, _NOW_MS + first)
        database.commit("front_door", [Record(_fact(number)) for number in range(first, first + _BATCH)], at)
    database.close()


def _people(key: bytes) -> Iterator[Durable]:
    codes = map("".join, itertools.product("0123456789", repeat=7))
    for user in range(1, _USERS + 1):
        yield SaveUser(User(f"user-{user}", f"User {user}", number=user))
        for number in range((user - 1) * _PER_USER + 1, user * _PER_USER + 1):
            mac = passcode_mac(key, next(codes))
            yield SaveCredential(Credential(CredentialType.PIN, number, f"user-{user}", mac=mac))


def _fact(number: int) -> Fact:
    user = number % _USERS + 1
    return Fact(
        EventType.ACCESS_GRANTED,
        OperationSource.KEYPAD,
        user_id=f"user-{user}",
        user_name=f"User {user}",
        credential_type=CredentialType.PIN,
        credential_number=user,
    )


async def _pages(data: Path) -> list[Row]:
    store = await Store.open(data / "store.db", boot_id="bench", retention=_KEEP_ALL)
    times = []
    for number in range(_PAGES):
        before = time.perf_counter()
        page = await store.query(user_id=f"user-{number + 1}", before=_EVENTS - number * 10_000, limit=100)
        times.append((time.perf_counter() - before) * 1e3)
        if len(page) != 100:
            raise AssertionError("the page is not full")
    await store.close()
    return [at_most("store: 100 rows of a million, by user, p95", percentile(times, 95), "ms", 10)]


async def _starts(full: Path, empty: Path) -> list[Row]:
    bridges = {folder: Bridge(folder, port=free_port(), door_port=free_port()) for folder in (full, empty)}
    times: dict[Path, list[float]] = {full: [], empty: []}
    for _ in range(_STARTS + 1):
        for folder, bridge in bridges.items():
            before = time.perf_counter()
            await bridge.start()
            times[folder].append(time.perf_counter() - before)
            # Not as a service is stopped: a bridge that is would first finish what it does beside serving.
            await bridge.kill()
    # The first start of each made its certificate.
    much, little = (statistics.median(times[folder][1:]) for folder in (full, empty))
    return [
        Row("store: start of the bridge, nothing in it", little, "s"),
        Row(f"store: start with {_USERS} users, {_USERS * _PER_USER:,} credentials, {_EVENTS:,} rows", much, "s"),
        at_most("store: full against empty", much / little, "×", 1.2),
    ]
