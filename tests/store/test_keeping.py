"""What the bridge is told to keep is there again after it was stopped."""

import asyncio
import logging
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lock_bridge.engine.effects import (
    CountUse,
    DropCredential,
    DropUser,
    Record,
    SaveCredential,
    SaveLockout,
    SaveSettings,
    SaveUser,
)
from lock_bridge.engine.model import Credential, Fact, Instant, LockoutRecord, Settings, User
from lock_bridge.store import LockData, Store, StoreBusy, StoreConflict, StoreError
from lock_bridge.store import connection as connection_module
from lock_bridge.store.database import Database
from lock_bridge.wire.words import CredentialType, OperationSource, Role
from tests.store.plain import BOOT_ID, LONG, refused

pytestmark = pytest.mark.timeout(600 if LONG else 60)

FRONT = "front_door"
ANNA = User("anna", "Anna Ødegård", Role.ADMINISTRATOR, 1)
BEN = User("ben", "Ben", Role.USER, 2, enabled=False, valid_from_ms=1, valid_until_ms=2)
PASSCODE = Credential(CredentialType.PIN, 1, "anna", mac=bytes(range(32)))
THUMB = Credential(CredentialType.FINGERPRINT, 1, "ben", slot=7, duress=True)


async def reopened(store: Store, path: Path) -> Store:
    await store.close()
    return await Store.open(path, boot_id=BOOT_ID)


async def test_users_credentials_settings_and_lockout_are_there_again(store: Store, path: Path, at: Instant) -> None:
    settings = Settings(remote_unlock=True, countdown_delay_s=7, volume="mute")
    lockout = LockoutRecord(((5, 1), (9, 3)), 2, 100_000, 180_000, 86_400_000, BOOT_ID)
    await store.commit(
        FRONT,
        [
            SaveUser(ANNA),
            SaveUser(BEN),
            SaveCredential(PASSCODE),
            SaveCredential(THUMB),
            SaveSettings(settings),
            SaveLockout(lockout),
        ],
        at,
    )
    again = await reopened(store, path)
    assert await again.load(FRONT) == LockData((ANNA, BEN), (THUMB, PASSCODE), settings, lockout)
    assert await again.load("back_door") == LockData()
    await again.close()


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
MS = st.integers(1 - 2**63, 2**63 - 1)


@given(
    user=st.builds(
        User, id=TEXT, name=TEXT, number=st.none() | MS, valid_from_ms=st.none() | MS, valid_until_ms=st.none() | MS
    ),
    credential=st.builds(
        Credential, number=MS, user_id=TEXT, mac=st.none() | st.binary(max_size=40), slot=st.none() | MS
    ),
    settings=st.builds(Settings, countdown_delay_s=MS, volume=TEXT, language=TEXT, door_direction=TEXT),
    lockout=st.builds(
        LockoutRecord,
        failures=st.lists(st.tuples(MS, MS), max_size=5).map(tuple),
        level=MS,
        ends_mono_ms=st.none() | MS,
        duration_ms=MS,
        decay_mono_ms=st.none() | MS,
        boot_id=TEXT,
    ),
)
@settings(max_examples=2_000 if LONG else 100)
def test_every_field_of_every_value_comes_back_as_it_was(
    user: User,
    credential: Credential,
    settings: Settings,
    lockout: LockoutRecord,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    database = memory(tmp_path_factory)
    credential = replace(credential, user_id=user.id)
    items = [SaveUser(user), SaveCredential(credential), SaveSettings(settings), SaveLockout(lockout)]
    try:
        database.commit(FRONT, items, Instant(1, 2))
        assert database.load(FRONT) == LockData((user,), (credential,), settings, lockout)
        database.commit(FRONT, [DropUser(user.id)], Instant(1, 2))
        assert database.load(FRONT) == LockData((), (), settings, lockout)
        assert database.users() == ()
    finally:
        database.close()


JSON = st.recursive(
    st.none() | st.booleans() | MS | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(
    fact=st.builds(
        Fact,
        source=st.none() | st.sampled_from(OperationSource),
        user_id=st.none() | TEXT,
        user_name=st.none() | TEXT,
        credential_type=st.none() | st.sampled_from(CredentialType),
        credential_number=st.none() | MS,
        client_id=st.none() | TEXT,
        client_name=st.none() | TEXT,
        reason=st.none() | TEXT,
        data=st.dictionaries(TEXT, JSON, max_size=4),
    ),
    lock_id=st.none() | TEXT,
    at=st.builds(Instant, MS, MS, st.booleans()),
)
@settings(max_examples=2_000 if LONG else 100)
def test_an_event_read_later_is_the_one_that_was_told(
    fact: Fact, lock_id: str | None, at: Instant, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = memory(tmp_path_factory)
    try:
        told = database.commit(lock_id, [Record(fact)], at)
        assert database.events_after(0, 1, 10) == told
        assert (told[0].boot_id, told[0].boot_ms, told[0].wall_ms) == (BOOT_ID, at.mono_ms, at.wall_ms)
        assert (told[0].time_trusted, told[0].lock_id, told[0].data) == (at.trusted, lock_id, fact.data)
    finally:
        database.close()


def memory(factory: pytest.TempPathFactory) -> Database:
    return Database(factory.mktemp("store") / "store.db", boot_id=BOOT_ID)


@pytest.mark.spec("USR-10")
async def test_a_user_is_the_same_person_on_two_locks_with_a_number_on_each(store: Store, at: Instant) -> None:
    await store.commit(FRONT, [SaveUser(ANNA)], at)
    await store.commit("back_door", [SaveUser(replace(ANNA, name="Anna Berg", number=4))], at)
    assert (await store.load(FRONT)).users == (replace(ANNA, name="Anna Berg", number=1),)
    assert (await store.load("back_door")).users == (replace(ANNA, name="Anna Berg", number=4),)
    assert await store.users() == ((replace(ANNA, name="Anna Berg", number=None), ("back_door", FRONT)),)
    await store.commit(FRONT, [DropUser("anna")], at)
    assert await store.users() == ((replace(ANNA, name="Anna Berg", number=None), ("back_door",)),)


@pytest.mark.spec("USR-5")
async def test_deleting_a_user_deletes_all_her_credentials_on_that_lock_alone(store: Store, at: Instant) -> None:
    for lock_id in (FRONT, "back_door"):
        await store.commit(
            lock_id, [SaveUser(ANNA), SaveUser(BEN), SaveCredential(PASSCODE), SaveCredential(THUMB)], at
        )
    await store.commit(FRONT, [DropUser("anna")], at)
    assert await store.load(FRONT) == LockData((BEN,), (THUMB,))
    assert (await store.load("back_door")).credentials == (THUMB, PASSCODE)


async def test_a_credential_is_replaced_by_its_number_and_forgotten_by_it(store: Store, at: Instant) -> None:
    await store.commit(FRONT, [SaveUser(ANNA), SaveCredential(PASSCODE)], at)
    other = replace(PASSCODE, mac=b"x" * 32, duress=True)
    await store.commit(FRONT, [SaveCredential(other)], at)
    assert (await store.load(FRONT)).credentials == (other,)
    await store.commit(FRONT, [DropCredential(CredentialType.PIN, 1)], at)
    assert (await store.load(FRONT)).credentials == ()


@pytest.mark.parametrize(
    "wrong",
    [
        SaveUser(replace(BEN, number=1)),
        SaveCredential(replace(PASSCODE, number=2)),
        SaveCredential(replace(THUMB, number=2)),
        SaveCredential(replace(THUMB, number=3, slot=8, user_id="nobody")),
    ],
    ids=["number taken", "passcode taken", "slot taken", "user not on the lock"],
)
async def test_a_change_that_contradicts_what_is_there_leaves_everything_as_it_was(
    store: Store, at: Instant, wrong: SaveUser | SaveCredential
) -> None:
    await store.commit(
        FRONT, [SaveUser(ANNA), SaveUser(BEN), SaveCredential(PASSCODE), SaveCredential(THUMB), Record(refused(1))], at
    )
    before, head = await store.load(FRONT), store.head
    carla = User("carla", "Carla", number=3)
    with pytest.raises(StoreConflict) as caught:
        await store.commit(FRONT, [Record(refused(2)), SaveUser(carla), wrong, Record(refused(3))], at)
    assert "00010203" not in repr(caught.value)
    assert await store.load(FRONT) == before
    assert store.head == head
    assert [event.data["n"] for event in await store.events_after(0, 10)] == [1]
    assert store.healthy, "the disk is not to blame"


async def test_a_user_may_come_after_her_credential_in_the_same_commit(store: Store, at: Instant) -> None:
    await store.commit(FRONT, [SaveCredential(PASSCODE), SaveUser(ANNA)], at)
    assert await store.load(FRONT) == LockData((ANNA,), (PASSCODE,))


async def test_a_change_needs_a_lock_and_an_unknown_thing_is_not_kept(store: Store, at: Instant) -> None:
    with pytest.raises(ValueError, match="SaveUser"):
        await store.commit(None, [Record(refused(1)), SaveUser(ANNA)], at)
    with pytest.raises(TypeError, match="Fact"):
        await store.commit(FRONT, [Record(refused(1)), refused(2)], at)
    assert store.head == 0
    assert await store.commit(FRONT, [], at) == ()


async def test_small_values_are_kept(store: Store, path: Path) -> None:
    assert await store.value("pairing") is None
    await store.put_value("pairing", b"\x00\xff3")
    await store.put_value("pairing", b"4")
    again = await reopened(store, path)
    assert await again.value("pairing") == b"4"
    await again.close()


async def test_commits_given_at_once_are_done_in_their_order(store: Store, at: Instant) -> None:
    told = await asyncio.gather(*(store.commit(FRONT, [Record(refused(n))], at) for n in range(50)))
    assert [events[0].seq for events in told] == list(range(1, 51))
    assert [event.data["n"] for event in await store.events_after(0, 100)] == list(range(50))


async def test_head_moves_in_the_step_in_which_the_commit_returns(store: Store, at: Instant) -> None:
    seen = []

    async def commit(number: int) -> None:
        events = await store.commit(FRONT, [Record(refused(number))], at)
        seen.append((events[-1].seq, store.head))

    await asyncio.gather(*(commit(number) for number in range(20)))
    assert seen == [(number, number) for number in range(1, 21)]


async def test_a_commit_whose_caller_gave_up_is_still_counted(store: Store, at: Instant) -> None:
    task = asyncio.create_task(store.commit(FRONT, [Record(refused(1))], at))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.ping()
    assert store.head == 1
    assert (await store.commit(FRONT, [Record(refused(2))], at))[0].seq == 2


async def test_the_files_are_for_the_owner_alone(store: Store, path: Path, at: Instant) -> None:
    await store.commit(FRONT, [SaveUser(ANNA)], at)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db.lock": 0o600}


def test_a_store_that_was_open_to_others_is_closed_to_them(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Database(path, boot_id=BOOT_ID).close()
    path.chmod(0o644)
    path.parent.chmod(0o777)
    Database(path, boot_id=BOOT_ID).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "open to others" in caplog.text
    assert "Others can write" in caplog.text


async def test_one_process_at_a_time(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lock_bridge.store.files._LOCK_WAIT_S", 0.05)
    with pytest.raises(StoreBusy, match="Stop the bridge"):
        await Store.open(path, boot_id=BOOT_ID)
    await store.ping()


async def test_a_closed_store_says_so(store: Store, at: Instant) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.commit(FRONT, [Record(refused(1))], at)
    with pytest.raises(StoreError, match="closed"):
        await store.ping()


async def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="data folder"):
        await Store.open(tmp_path / "file" / "store.db", boot_id=BOOT_ID)


def test_the_file_is_opened_as_durably_as_sqlite_can(path: Path) -> None:
    database = Database(path, boot_id=BOOT_ID)
    asked = {
        "journal_mode": "wal",
        "synchronous": 2,
        "locking_mode": "exclusive",
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "mmap_size": 0,
        "secure_delete": 1,
        "wal_autocheckpoint": 200,
    }
    try:
        assert {name: pragma(database, name) for name in asked} == asked
    finally:
        database.close()


def test_a_sqlite_with_the_wal_reset_bug_is_not_trusted_with_the_log(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wal = Database(path, boot_id=BOOT_ID)
    wal.commit(FRONT, [SaveUser(ANNA)], Instant(1, 1))
    wal.close()
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
    database = Database(path, boot_id=BOOT_ID)
    try:
        assert (pragma(database, "journal_mode"), pragma(database, "synchronous")) == ("delete", 3)
        assert caplog.records[-1].levelno == logging.ERROR
        assert "Update SQLite" in caplog.text
        database.commit(FRONT, [SaveUser(BEN)], Instant(1, 1))
        assert database.load(FRONT).users == (ANNA, BEN)
    finally:
        database.close()


def pragma(database: Database, name: str) -> object:
    return database._connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_the_version_that_is_trusted_is_the_one_with_the_repair() -> None:
    assert connection_module.SAFE_WAL == (3, 51, 3)


def test_no_secret_is_in_the_words_of_what_is_kept() -> None:
    assert "00010203" not in repr(PASSCODE)
    assert "\\x01" not in repr(SaveCredential(PASSCODE))


@pytest.mark.spec("USR-10", "USR-7")
async def test_an_entry_that_is_counted_late_counts_and_takes_no_other_change_back(store: Store, at: Instant) -> None:
    """Counted at a door while the disk was full; meanwhile the app has disabled her, at another of her locks."""
    cara = User("cara", "Cara", number=3, uses_left=5)
    passcode = replace(PASSCODE, user_id="cara", temporary=True, uses_left=2)
    await store.commit(FRONT, [SaveUser(cara), SaveCredential(passcode)], at)
    await store.commit("back_door", [SaveUser(replace(cara, number=1, name="Carla", enabled=False))], at)
    await store.commit(FRONT, [SaveCredential(replace(passcode, label="Plumber"))], at)
    late = CountUse(replace(cara, uses_left=4), replace(passcode, uses_left=1, counter=7))
    await store.commit(FRONT, [late], at)
    kept = await store.load(FRONT)
    assert kept.users == (replace(cara, name="Carla", enabled=False, uses_left=4),)
    assert kept.credentials == (replace(passcode, label="Plumber", uses_left=1, counter=7),)


@pytest.mark.spec("USR-5")
async def test_an_entry_that_is_counted_of_somebody_who_is_gone_brings_nobody_back(store: Store, at: Instant) -> None:
    await store.commit(FRONT, [CountUse(BEN, THUMB)], at)
    assert await store.load(FRONT) == LockData()
