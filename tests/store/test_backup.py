"""A backup is looked at before it counts, and put back whole or not at all."""

import stat
from pathlib import Path

import pytest

from lock_bridge.engine.effects import Record, SaveUser
from lock_bridge.engine.model import Fact, Instant, User
from lock_bridge.store import (
    Store,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreVersionError,
    next_backup,
    prune_backups,
    restore,
    verify,
)
from lock_bridge.store.database import Database
from lock_bridge.wire.words import EventType
from tests.store.plain import BOOT_ID, refused

ANNA, BEN = User("anna", "Anna", number=1), User("ben", "Ben", number=2)
AT = Instant(1, 1_780_000_000_000)


def made(path: Path, *users: User) -> Path:
    database = Database(path, boot_id=BOOT_ID)
    for user in users:
        database.commit("front_door", [SaveUser(user), Record(Fact(EventType.USER_ADDED, user_id=user.id))], AT)
    database.close()
    return path


def users(path: Path) -> tuple[User, ...]:
    database = Database(path, boot_id=BOOT_ID)
    try:
        return database.load("front_door").users
    finally:
        database.close()


async def test_a_backup_is_the_whole_store_in_one_private_file(store: Store, tmp_path: Path, at: Instant) -> None:
    await store.commit("front_door", [SaveUser(ANNA), Record(refused(1))], at)
    target = tmp_path / "backups" / "one.db"
    size = await store.backup(target)
    await store.commit("front_door", [SaveUser(BEN), Record(refused(2))], at)

    def look() -> tuple[int, int, list[str]]:
        return (
            target.stat().st_size,
            stat.S_IMODE(target.stat().st_mode),
            [file.name for file in target.parent.iterdir()],
        )

    assert look() == (size, 0o600, ["one.db"])
    assert verify(target) == size
    copy = await Store.open(target, boot_id=BOOT_ID)
    assert ((await copy.load("front_door")).users, copy.head, copy.epoch) == ((ANNA,), 1, store.epoch)
    await copy.close()


async def test_commits_go_on_while_a_backup_is_looked_at(
    store: Store, tmp_path: Path, at: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    gate, reached = threading.Event(), threading.Event()

    def slow(path: Path) -> int:
        reached.set()
        assert gate.wait(10)
        return verify(path)

    monkeypatch.setattr("lock_bridge.store.store.verify", slow)
    import asyncio

    task = asyncio.create_task(store.backup(tmp_path / "one.db"))
    assert await asyncio.to_thread(reached.wait, 10)
    await store.commit("front_door", [Record(refused(1))], at)
    gate.set()
    await task


async def test_a_backup_that_is_not_right_gets_no_name(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "backups" / "one.db"
    await store.backup(target)
    before = target.read_bytes()

    def damage(path: Path) -> int:
        path.write_bytes(path.read_bytes()[:-4096])
        return verify(path)

    monkeypatch.setattr("lock_bridge.store.store.verify", damage)
    with pytest.raises(StoreDamaged):
        await store.backup(target)
    assert [file.name for file in target.parent.iterdir()] == ["one.db"]
    assert target.read_bytes() == before
    assert store.healthy, "it is the copy that is damaged"


async def test_a_backup_into_a_place_that_is_none_is_said_in_words(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="not made"):
        await store.backup(tmp_path / "file" / "one.db")


def test_a_restored_store_is_the_backups_with_a_new_epoch_and_says_so(tmp_path: Path) -> None:
    path = made(tmp_path / "data" / "store.db", ANNA)
    before = Database(path, boot_id=BOOT_ID)
    before.copy_to(tmp_path / "backup.db")
    before.commit("front_door", [SaveUser(BEN), Record(refused(1))], AT)
    before.close()
    restore(tmp_path / "backup.db", path)
    after = Database(path, boot_id=BOOT_ID)
    try:
        assert after.load("front_door").users == (ANNA,)
        assert after.epoch != before.epoch
        assert after.head == 2
        [told] = after.events_after(1, 10, 10)
        assert (told.type, told.time_trusted) == (EventType.RESTORED, False)
        assert told.wall_ms > AT.wall_ms
    finally:
        after.close()
    kept = tmp_path / "data" / "store.db.before-restore-1"
    assert users(kept) == (ANNA, BEN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_there_is_kept_however_often_it_is_restored(tmp_path: Path) -> None:
    path = made(tmp_path / "data" / "store.db", ANNA)
    backup = made(tmp_path / "backup" / "backup.db", BEN)
    restore(backup, path)
    restore(backup, path)
    names = sorted(file.name for file in path.parent.iterdir() if not file.name.endswith(".lock"))
    assert names == ["store.db", "store.db.before-restore-1", "store.db.before-restore-2"]
    assert users(path.with_name("store.db.before-restore-1")) == (ANNA,)
    assert users(path.with_name("store.db.before-restore-2")) == (BEN,)


def test_a_store_that_is_gone_or_damaged_can_be_restored(tmp_path: Path) -> None:
    backup = made(tmp_path / "backup" / "backup.db", ANNA)
    path = tmp_path / "data" / "store.db"
    restore(backup, path)
    assert users(path) == (ANNA,)
    path.write_bytes(b"rubbish" * 1000)
    path.with_name("store.db-wal").write_bytes(b"more rubbish")
    restore(backup, path)
    assert users(path) == (ANNA,)
    assert path.with_name("store.db.before-restore-1").read_bytes() == b"rubbish" * 1000
    assert path.with_name("store.db.before-restore-1-wal").read_bytes() == b"more rubbish"


def test_the_log_of_a_store_that_was_killed_is_not_played_into_the_restored_one(tmp_path: Path) -> None:
    running = Database(tmp_path / "running" / "store.db", boot_id=BOOT_ID)
    running.commit("front_door", [SaveUser(BEN), Record(refused(1))], AT)
    path = tmp_path / "data" / "store.db"
    path.parent.mkdir()
    for name in ("store.db", "store.db-wal"):  # as a kill leaves them
        (path.parent / name).write_bytes((running.path.parent / name).read_bytes())
    running.close()
    restore(made(tmp_path / "backup" / "backup.db", ANNA), path)
    assert users(path) == (ANNA,)
    assert users(path.with_name("store.db.before-restore-1")) == (BEN,)


def test_nor_is_the_good_log_of_a_damaged_store(tmp_path: Path) -> None:
    running = Database(tmp_path / "running" / "store.db", boot_id=BOOT_ID)
    running.commit("front_door", [SaveUser(BEN), Record(refused(1))], AT)
    path = tmp_path / "data" / "store.db"
    path.parent.mkdir()
    path.write_bytes(b"rubbish" * 1000)
    log = (running.path.parent / "store.db-wal").read_bytes()
    path.with_name("store.db-wal").write_bytes(log)
    running.close()
    restore(made(tmp_path / "backup" / "backup.db", ANNA), path)
    assert users(path) == (ANNA,)
    kept = path.with_name("store.db.before-restore-1")
    assert kept.read_bytes() == b"rubbish" * 1000
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == log


@pytest.mark.parametrize("size", [0, 10, 4096, -4096, -1])
def test_a_damaged_backup_changes_nothing(tmp_path: Path, size: int) -> None:
    path = made(tmp_path / "data" / "store.db", ANNA)
    backup = made(tmp_path / "backup" / "backup.db", BEN)
    content = backup.read_bytes()
    backup.write_bytes(content[:size])
    before = path.read_bytes()
    with pytest.raises(StoreDamaged):
        restore(backup, path)
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["store.db", "store.db.lock"]


def test_a_backup_of_a_newer_version_or_of_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "data" / "store.db", ANNA)
    with pytest.raises(StoreError, match="There is no backup"):
        restore(tmp_path / "none.db", path)
    with monkeypatch.context() as future:
        future.setattr("lock_bridge.store.schema.MIGRATIONS", (*_migrations(), ()))
        future.setattr("lock_bridge.store.database.MIGRATIONS", (*_migrations(), ()))
        backup = made(tmp_path / "backup" / "backup.db", BEN)
    with pytest.raises(StoreVersionError, match=f"version {len(_migrations()) + 1}"):
        restore(backup, path)
    assert users(path) == (ANNA,)


def _migrations() -> tuple[object, ...]:
    from lock_bridge.store.schema import MIGRATIONS

    return tuple(MIGRATIONS)


async def test_a_running_bridges_store_is_not_restored(
    store: Store, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lock_bridge.store.files._LOCK_WAIT_S", 0.05)
    await store.backup(tmp_path / "one.db")
    with pytest.raises(StoreBusy, match="Stop the bridge"):
        restore(tmp_path / "one.db", path)


def test_backups_are_numbered_so_that_a_wrong_clock_does_no_harm(tmp_path: Path) -> None:
    years_ahead, right, long_ago = 4_000_000_000_000, 1_780_000_000_000, 0
    names = []
    for wall_ms in (years_ahead, right, long_ago, right, right):
        path = next_backup(tmp_path, wall_ms)
        path.write_text("")
        names.append(path.name)
    assert names == [
        "lock-bridge-000001-20961002.db",
        "lock-bridge-000002-20260528.db",
        "lock-bridge-000003-19700101.db",
        "lock-bridge-000004-20260528.db",
        "lock-bridge-000005-20260528.db",
    ]
    (tmp_path / "somebody-elses.db").write_text("")
    assert [path.name for path in prune_backups(tmp_path, keep=2)] == names[:3]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names[3:], "somebody-elses.db"]
    assert prune_backups(tmp_path) == ()
    assert prune_backups(tmp_path / "none") == ()
    with pytest.raises(ValueError, match="at least one"):
        prune_backups(tmp_path, keep=0)
