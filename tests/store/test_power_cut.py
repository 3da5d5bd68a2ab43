"""The power goes at any moment: whatever was promised is there, whole, and nothing is mixed."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lock_bridge.store import Store, StoreError, StoreVersionError, open_store, verify
from lock_bridge.store.schema import MIGRATIONS
from lock_bridge.wire.words import EventType
from tests.store import workload
from tests.store.disk import built_shim, images, read_trace, run_watched, write_image
from tests.store.plain import BOOT_ID, LOCKS, LONG
from tests.store.workload import COMMITS, RETENTION, History, commit_number, instant

SCRIPT = str(Path(workload.__file__))
TIMES = 20 if LONG else 1
pytestmark = pytest.mark.timeout(1800 if LONG else 120)

HISTORY = History().upto(COMMITS + 1)

type Image = dict[str, bytes]
type Check = Callable[[Path, Image, list[str]], Awaitable[None]]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def folder() -> Iterator[Path]:
    # In memory where there is such a place: the images are many, and the real disk has no part in this.
    memory = Path("/dev/shm")
    path = Path(tempfile.mkdtemp(prefix="lock-bridge-", dir=memory if memory.is_dir() else None))
    yield path
    shutil.rmtree(path)


def cut(
    shim: Path, folder: Path, scenario: str, count: int, check: Check, *settings: str, since: str | None = None
) -> list[str]:
    """Let a scenario run, cut its power `count` times, look at each image. A line for each that is not as promised."""
    watched, trace, image_folder = folder / "data", folder / "trace", folder / "image"
    watched.mkdir(mode=0o700)
    run_watched(shim, watched, SCRIPT, str(watched), scenario, *settings, trace=trace)
    steps = read_trace(trace)
    assert any(step.kind == "s" and step.name.startswith("store.db") for step in steps), "the shim sees SQLite's syncs"
    assert any(step.kind == "w" and step.name == "store.db-wal" for step in steps) or "journal=rollback" in settings
    wrong = []

    async def look_at_all() -> None:
        for number, (image, acks) in enumerate(images(steps, count, seed=COMMITS, since=since)):
            write_image(image, image_folder)
            try:
                await check(image_folder, image, acks)
            except (AssertionError, StoreError, ValueError) as error:
                wrong.append(f"image {number}, {len(acks)} promises: {type(error).__name__} {str(error)[:200]}")

    asyncio.run(look_at_all())
    return wrong


async def look(store: Store, least: int, most: int) -> int:
    """The store is as it was after one commit between `least` and `most`; the number of that commit."""
    number = HISTORY.number_of(store.head)
    assert least <= number <= most, f"commit {number} is the last one, {least} was promised, {most} had begun"
    await look_at_state(store, number)
    events = await store.events_after(0, 10_000)
    seqs = [event.seq for event in events]
    assert [seq for seq in seqs if seq >= store.oldest] == list(range(store.oldest, store.head + 1))
    for event in events:
        assert HISTORY.heads[event.data["n"] - 1] < event.seq <= HISTORY.heads[event.data["n"]]
    return number


async def look_at_state(store: Store, number: int) -> None:
    for lock_id in LOCKS:
        assert await store.load(lock_id) == HISTORY.states[number].load(lock_id), "old and new are mixed"
    assert await store.users() == HISTORY.states[number].users()


async def one_more(store: Store, number: int) -> None:
    lock_id, items = commit_number(number + 1, HISTORY.states[number])
    events = await store.commit(lock_id, items, instant(number + 1))
    assert (events[0].seq, events[-1].seq) == (HISTORY.heads[number] + 1, HISTORY.heads[number + 1])
    await look_at_state(store, number + 1)


def last_commit(acks: Sequence[str]) -> int:
    return max((int(ack) for ack in acks if ack.isdecimal()), default=0)


async def check_work(folder: Path, image: Image, acks: list[str]) -> None:
    promised = last_commit(acks)
    if "backup.db" in image or "backup" in acks:
        verify(folder / "backup.db")
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID, retention=RETENTION, create=not promised)
    try:
        number = await look(store, promised, promised + 1)
        await one_more(store, number)
    finally:
        await store.close()


async def check_setting_up(folder: Path, image: Image, acks: list[str]) -> None:
    store, keys = await open_store(folder, boot_id=BOOT_ID)
    try:
        if "made" in acks:
            assert image["device.key"]
        number = await look(store, last_commit(acks), last_commit(acks) + 1)
        await one_more(store, number)
    finally:
        await store.close()
    store, again = await open_store(folder, boot_id=BOOT_ID)
    await store.close()
    assert again == keys


async def check_restoring(folder: Path, image: Image, acks: list[str]) -> None:
    backup = await Store.open(folder / "backup.db", boot_id=BOOT_ID)
    epoch = backup.epoch
    await backup.close()
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID, create=False)
    try:
        if store.epoch == epoch:
            assert "restored" not in acks, "the restored store was promised"
            await look(store, 40, 40)
        else:
            assert store.head == HISTORY.heads[20] + 1
            await look_at_state(store, 20)
            [told] = await store.events_after(HISTORY.heads[20], 10)
            assert told.type is EventType.RESTORED
    finally:
        await store.close()


async def check_migrating(folder: Path, image: Image, acks: list[str]) -> None:
    promised, path = last_commit(acks), folder / "store.db"
    try:
        await (await Store.open(path, boot_id=BOOT_ID, create=not promised)).close()
    except StoreVersionError:
        old = f"store.db.v{len(MIGRATIONS)}"
        assert old in image, "the old file is kept"
        kept = await Store.open(folder / old, boot_id=BOOT_ID)
        await look(kept, 40, 40)
        await kept.close()
    else:
        assert "migrated" not in acks
    remove = workload.install_next_version()
    try:
        store = await Store.open(path, boot_id=BOOT_ID)
        try:
            number = await look(store, promised, promised + 1)
            await one_more(store, number)
        finally:
            await store.close()
    finally:
        remove()


def test_a_store_at_work_loses_nothing_that_it_promised(shim: Path, folder: Path) -> None:
    assert cut(shim, folder, "work", 450 * TIMES, check_work) == []


def test_nor_does_it_with_the_rollback_journal_of_an_older_sqlite(shim: Path, folder: Path) -> None:
    assert cut(shim, folder, "work", 100 * TIMES, check_work, "journal=rollback") == []


def test_a_first_start_leaves_store_and_key_or_neither(shim: Path, folder: Path) -> None:
    assert cut(shim, folder, "setting_up", 100 * TIMES, check_setting_up) == []


def test_a_restore_leaves_the_old_store_or_the_restored_one(shim: Path, folder: Path) -> None:
    assert cut(shim, folder, "restoring", 250 * TIMES, check_restoring, since="begun") == []


def test_a_migration_leaves_the_old_version_or_the_new_one(shim: Path, folder: Path) -> None:
    assert cut(shim, folder, "migrating", 100 * TIMES, check_migrating, since="40") == []


@pytest.mark.parametrize(
    ("scenario", "check", "setting", "least"),
    [
        ("work", check_work, "synchronous=OFF", 50),
        ("work", check_work, "synchronous=NORMAL", 50),
        ("setting_up", check_setting_up, "files=unsynced", 1),
    ],
)
def test_the_cuts_would_show_a_store_that_promises_too_early(
    shim: Path, folder: Path, scenario: str, check: Check, setting: str, least: int
) -> None:
    wrong = cut(shim, folder, scenario, 150, check, setting)
    assert len(wrong) >= least, wrong
