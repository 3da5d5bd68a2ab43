"""A damaged store is refused; nothing that was changed behind our back is ever believed."""

import contextlib
import shutil
import sqlite3
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lock_bridge.engine.effects import Record, SaveCredential, SaveLockout, SaveSettings, SaveUser
from lock_bridge.engine.model import Credential, Fact, Instant, LockoutRecord, Settings, User
from lock_bridge.store import ClientRow, Store, StoreDamaged, StoreError
from lock_bridge.store.connection import CHECK_ALL_BYTES
from lock_bridge.store.database import Database
from lock_bridge.wire.words import CredentialType, EventType, Role, Scope
from tests.store.plain import BOOT_ID, LONG, refused

AT = Instant(1, 1_780_000_000_000)
FLIPS = 20_000 if LONG else 1_000
pytestmark = pytest.mark.timeout(3600 if LONG else 120)


def build(path: Path) -> Path:
    database = Database(path, boot_id=BOOT_ID)
    for number in range(1, 30):
        user = User(f"user-{number}", f"Anna {number}", Role.USER, number, enabled=number % 3 > 0)
        pin = Credential(CredentialType.PIN, number, user.id, mac=bytes([number]) * 32)
        finger = Credential(CredentialType.FINGERPRINT, number, user.id, slot=number, duress=number % 5 == 0)
        database.commit("front_door", [SaveUser(user), SaveCredential(pin), SaveCredential(finger)], AT)
        database.commit("front_door", [Record(refused(number)), Record(Fact(EventType.UNLOCKED, user_id=user.id))], AT)
    database.commit("front_door", [SaveSettings(Settings()), SaveLockout(LockoutRecord(((1, 1), (2, 1)), 3))], AT)
    database.add_client(ClientRow("c1", "HA", frozenset({Scope.LOCK}), b"t" * 32, 5), [], AT)
    database.put_value("pairing", b"\x03")
    database.put_meta("key_check", "0011223344556677")
    database.close()
    return path


def everything(path: Path) -> tuple[object, ...]:
    """All that can be asked of a store. Raises `StoreError` for what cannot be believed."""
    database = Database(path, boot_id=BOOT_ID, create=False)
    try:
        return (
            database.load("front_door"),
            database.load("back_door"),
            database.users(),
            database.clients(),
            database.value("pairing"),
            database.meta("key_check"),
            database.events_after(0, 10**9, 10**6),
            (database.epoch, database.head, database.oldest),
            a_users_events(database),
        )
    finally:
        database.close()


def a_users_events(database: Database) -> object:
    # A start does not compare the journal's indexes with the journal, for that takes long: `check` does.
    found = database.query(None, 10**9, 10**6, None, "user-7", ())
    there = [event for event in database.events_after(0, 10**9, 10**6) if event.user_id == "user-7"]
    if found != tuple(reversed(there)):
        with pytest.raises(StoreDamaged):
            database.check()
    return there


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("whole") / "store.db")


def test_a_flipped_bit_is_noticed_or_does_no_harm(whole: Path, tmp_path: Path) -> None:
    truth, content, random = everything(whole), whole.read_bytes(), Random(20261122)
    path, noticed = tmp_path / "store.db", 0
    for _ in range(FLIPS):
        damaged = bytearray(content)
        damaged[random.randrange(len(content))] ^= 1 << random.randrange(8)
        path.write_bytes(damaged)
        try:
            assert everything(path) == truth
        except StoreError:
            noticed += 1
    assert FLIPS / 10 < noticed < FLIPS, "most of a small file is empty space; the rest is looked at"


def test_every_bit_of_a_users_row_counts(whole: Path, tmp_path: Path) -> None:
    content, path = whole.read_bytes(), tmp_path / "store.db"
    start = content.index(b"user-7Anna 7user") - 10
    for position in range(start * 8, (start + 30) * 8):
        damaged = bytearray(content)
        damaged[position // 8] ^= 1 << position % 8
        path.write_bytes(damaged)
        with pytest.raises(StoreError):
            everything(path)


@given(data=st.data())
@settings(max_examples=2_000 if LONG else 150)
def test_a_store_that_is_cut_short_or_overwritten_is_noticed_or_does_no_harm(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    truth, content = everything(whole), whole.read_bytes()
    path = tmp_path_factory.mktemp("damaged") / "store.db"
    if data.draw(st.booleans()):
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    else:
        start = data.draw(st.integers(0, len(content) - 1))
        rubbish = data.draw(st.binary(min_size=1, max_size=5_000))
        path.write_bytes((content[:start] + rubbish + content[start + len(rubbish) :])[: len(content)])
    with contextlib.suppress(StoreError):
        assert everything(path) == truth
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("size", [0, 1, 99, 100, 4096, -4096])
def test_a_store_that_is_cut_short_is_refused_with_what_to_do(whole: Path, path: Path, size: int) -> None:
    path.parent.mkdir()
    path.write_bytes(whole.read_bytes()[:size])
    with pytest.raises(StoreDamaged, match="lock-bridge restore"):
        Database(path, boot_id=BOOT_ID)
    assert path.stat().st_size == len(whole.read_bytes()[:size]), "it is left as it is"


def test_a_log_without_its_store_is_no_reason_to_begin_anew(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("store.db-wal").write_bytes(b"log")
    with pytest.raises(StoreDamaged, match="missing"):
        Database(path, boot_id=BOOT_ID)
    assert not path.exists()
    assert path.with_name("store.db-wal").read_bytes() == b"log"


def test_a_damaged_log_costs_its_end_but_mixes_nothing(tmp_path: Path) -> None:
    running = Database(tmp_path / "running" / "store.db", boot_id=BOOT_ID)
    states = [running.load("front_door")]
    for number in range(1, 20):
        user = User(f"user-{number}", "Anna", number=number)
        running.commit("front_door", [SaveUser(user), Record(refused(number))], AT)
        states.append(running.load("front_door"))
    content = {name: (running.path.parent / name).read_bytes() for name in ("store.db", "store.db-wal")}
    running.close()
    random, folder = Random(7), tmp_path / "damaged"
    folder.mkdir()
    for _ in range(100):
        log = bytearray(content["store.db-wal"])
        log[random.randrange(len(log))] ^= 1 << random.randrange(8)
        (folder / "store.db").write_bytes(content["store.db"])
        (folder / "store.db-wal").write_bytes(log)
        database = Database(folder / "store.db", boot_id=BOOT_ID)
        assert database.load("front_door") == states[database.head]
        assert [event.data["n"] for event in database.events_after(0, 100, 100)] == list(range(1, database.head + 1))
        database.close()


def test_state_is_looked_at_in_full_even_when_the_journal_is_too_long_for_it(tmp_path: Path) -> None:
    path = build(tmp_path / "store.db")
    database = Database(path, boot_id=BOOT_ID)
    database.commit(None, [Record(Fact(EventType.UNLOCKED, reason="x" * 3_000))] * (CHECK_ALL_BYTES // 3_000), AT)
    database.close()
    assert path.stat().st_size > CHECK_ALL_BYTES
    connection = sqlite3.connect(path)
    connection.execute("UPDATE user SET enabled = 1 WHERE id = 'user-3'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreDamaged, match="a row of user"):
        Database(path, boot_id=BOOT_ID)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE user SET enabled = 0 WHERE id = 'user-3'")
    connection.execute("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreDamaged, match="journal's end"):
        Database(path, boot_id=BOOT_ID)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE credential SET user_id = 'user-1' WHERE number = 2",
        "UPDATE membership SET number = 99 WHERE user_id = 'user-2'",
        "UPDATE lockout SET record = '{}'",
        "UPDATE setting SET value = 'true' WHERE name = 'remote_unlock'",
        "UPDATE client SET scopes = '[\"users\"]'",
        "UPDATE value SET value = x'00'",
        "UPDATE meta SET value = '7' WHERE key = 'oldest'",
        "UPDATE event SET user_id = 'user-1' WHERE seq > 40",
        "DELETE FROM meta",
        "DELETE FROM user WHERE id = 'user-1'",
        "DELETE FROM sqlite_sequence",
        "UPDATE sqlite_sequence SET seq = 5",
        "UPDATE sqlite_sequence SET seq = 5000",
        "DROP TABLE credential",
    ],
)
def test_what_somebody_changed_by_hand_is_not_believed(tmp_path: Path, change: str) -> None:
    path = build(tmp_path / "store.db")
    connection = sqlite3.connect(path)
    connection.execute(change)
    connection.commit()
    connection.close()
    with pytest.raises(StoreDamaged):
        Database(path, boot_id=BOOT_ID)


async def test_damage_met_while_running_is_told_and_not_forgotten(path: Path, at: Instant) -> None:
    store = await Store.open(path, boot_id=BOOT_ID)
    await store.commit(None, [Record(refused(number)) for number in range(3)], at)
    await store.close()
    store = await Store.open(path, boot_id=BOOT_ID)
    await store._thread.put(lambda: store._database._connection.execute("UPDATE event SET reason = 'x' WHERE seq = 2"))
    with pytest.raises(StoreDamaged, match="a row of event"):
        await store.events_after(0, 10)
    assert not store.healthy
    assert "restore" in (store.last_error or "")
    await store.commit(None, [Record(refused(4))], at)
    await store.ping()
    assert not store.healthy, "that writing works does not mend it"
    with pytest.raises(StoreDamaged):
        await store.check()
    await store.close()
