"""A full or failing disk: a clear error, nothing half done, and work goes on when it is well again."""

import json
import logging
from pathlib import Path

import pytest

from lock_bridge.engine.effects import Record, SaveUser
from lock_bridge.engine.model import Fact, Instant, User
from lock_bridge.store import LockData, Store, StoreError, StoreFull
from lock_bridge.wire.words import EventType
from tests.store.disk import built_shim, run_watched
from tests.store.plain import LONG, refused

WRITE, SYNC, TRUNCATE, CREATE = 1, 2, 4, 8
TRIES = 1_000 if LONG else 60

ANNA = User("anna", "Anna", number=1)
TROUBLE = str(Path(__file__).with_name("trouble.py"))
LARGE = Record(Fact(EventType.UNLOCKED, reason="x" * 200_000))


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_shim(tmp_path_factory.mktemp("shim"))


async def test_a_full_disk_refuses_a_commit_whole_and_takes_the_next_when_there_is_space(
    store: Store, at: Instant, caplog: pytest.LogCaptureFixture
) -> None:
    await store.commit("front_door", [Record(refused(1))], at)
    await limit_pages(store, 1)
    for _ in range(3):
        with pytest.raises(StoreFull, match="Free some space"):
            await store.commit("front_door", [SaveUser(ANNA), LARGE], at)
    assert not store.healthy
    assert store.last_error == "The disk is full (writing). Free some space."
    assert [record.levelno for record in caplog.records] == [logging.ERROR], "it is said once"
    assert await store.load("front_door") == LockData()
    assert store.head == 1
    await limit_pages(store, 1_000_000)
    events = await store.commit("front_door", [SaveUser(ANNA), LARGE], at)
    assert [event.seq for event in events] == [2]
    assert store.healthy
    assert store.last_error is None
    assert (await store.load("front_door")).users == (ANNA,)


async def test_a_small_thing_still_fits_where_a_large_one_does_not(store: Store, at: Instant) -> None:
    await limit_pages(store, 1)
    with pytest.raises(StoreFull):
        await store.commit(None, [LARGE], at)
    await store.commit("front_door", [Record(refused(1))], at)
    assert store.healthy


async def limit_pages(store: Store, pages: int) -> None:
    await store._thread.put(lambda: store._database._connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())


@pytest.mark.timeout(1200 if LONG else 120)
@pytest.mark.parametrize(
    ("calls", "error"),
    [
        (WRITE, "ENOSPC"),
        (WRITE, "EIO"),
        (WRITE | TRUNCATE | CREATE, "EROFS"),
        (SYNC, "EIO"),
        (WRITE | SYNC | TRUNCATE | CREATE, "EDQUOT"),
    ],
    ids=["full", "write fails", "read-only", "sync fails", "over quota"],
)
def test_a_disk_that_fails_now_and_then_is_never_believed_to_have_done_it(
    shim: Path, tmp_path: Path, calls: int, error: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    seen = json.loads(run_watched(shim, folder, TROUBLE, str(folder), str(calls), error, str(TRIES)))
    assert seen["failed calls"] > TRIES / 3
    assert seen["refused"] > TRIES / 4
    assert seen["done"] + seen["refused"] == TRIES
    assert (seen["said full"] > 0) is (error == "ENOSPC")


async def test_a_disk_that_does_not_answer_is_noticed(store: Store, at: Instant) -> None:
    import threading

    gate = threading.Event()
    hanging = store._thread.put(lambda: gate.wait(10))
    with pytest.raises(StoreError, match="does not answer"):
        await store.ping(timeout_s=0.05)
    gate.set()
    await hanging
    await store.ping()
