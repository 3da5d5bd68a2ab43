"""An older file becomes a newer one whole, or stays as it was; a newer one is refused."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from lock_bridge.engine.effects import Record, SaveCredential, SaveUser
from lock_bridge.engine.model import Credential, Instant, User
from lock_bridge.store import StoreDamaged, StoreError, StoreVersionError, restore, rows
from lock_bridge.store.database import Database
from lock_bridge.store.schema import APPLICATION_ID, MIGRATIONS, Migration, version_of
from lock_bridge.wire.words import CredentialType
from tests.store.plain import BOOT_ID, refused

AT = Instant(1, 1_780_000_000_000)
ANNA = User("anna", "Anna", number=1)
PASSCODE = Credential(CredentialType.PIN, 1, "anna", mac=b"m" * 32)

# A step as a later version may bring it: a new column in the middle of a table that others refer to.
WITH_NICKNAME: Migration = (
    """CREATE TABLE new_user (id TEXT PRIMARY KEY, name TEXT NOT NULL, nickname TEXT NOT NULL, role TEXT NOT NULL,
        enabled INTEGER NOT NULL, valid_from_ms INTEGER, valid_until_ms INTEGER, checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
    "INSERT INTO new_user SELECT id, name, 'Nick', role, enabled, valid_from_ms, valid_until_ms, 0 FROM user",
    "DROP TABLE user",
    "ALTER TABLE new_user RENAME TO user",
    lambda connection: rows.reseal(connection, "user"),
)
COLUMNS = rows.COLUMNS | {"user": ("id", "name", "nickname", "role", "enabled", "valid_from_ms", "valid_until_ms")}


def use(monkeypatch: pytest.MonkeyPatch, *steps: Migration) -> None:
    for module in ("schema", "database", "backup"):
        monkeypatch.setattr(f"lock_bridge.store.{module}.MIGRATIONS", (*MIGRATIONS, *steps))


def made(path: Path) -> Path:
    database = Database(path, boot_id=BOOT_ID)
    database.commit("front_door", [SaveUser(ANNA), SaveCredential(PASSCODE), Record(refused(1))], AT)
    database.close()
    return path


def content(path: Path) -> Sequence[object]:
    database = Database(path, boot_id=BOOT_ID)
    try:
        return database.load("front_door"), database.events_after(0, 10, 10), database.epoch
    finally:
        database.close()


def nicknames(path: Path) -> list[tuple[str]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT nickname FROM user").fetchall()
    connection.close()
    return found


def test_a_new_file_says_whose_it_is_and_of_what_version(path: Path) -> None:
    made(path)
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert version_of(connection) == len(MIGRATIONS) == 1
    finally:
        connection.close()


def test_the_first_version_is_never_changed() -> None:
    # Stores of this version are out there: what they hold is fixed here, in numbers that do not move with the code.
    import hashlib

    tables = " ".join(" ".join(str(statement).split()) for statement in MIGRATIONS[0])
    assert (
        hashlib.sha256(tables.encode()).hexdigest()
        == "42eda7c3da0b56f26aa0364b3f7869d224c9aca1866d772fb9257f276e9aadcf"
    )
    assert rows.checksum(("front_door", 1, None, b"\x00\xff", "Ødegård ✓")) == 0xB5F524E1


def test_an_older_store_is_brought_up_and_the_old_file_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(path)
    before = content(path)
    with monkeypatch.context() as future:
        use(future, WITH_NICKNAME)
        future.setitem(rows.COLUMNS, "user", COLUMNS["user"])
        future.setitem(
            rows._SELECT, "user", " ".join(["SELECT", *(f"{name}," for name in COLUMNS["user"]), "checksum FROM user"])
        )
        database = Database(path, boot_id=BOOT_ID)
        with pytest.raises(sqlite3.IntegrityError):
            database._connection.execute("DELETE FROM user")
        assert [row[2] for row in rows.read(database._connection, "user")] == ["Nick"]
        database.close()
        assert nicknames(path) == [("Nick",)]
        Database(path, boot_id=BOOT_ID).close()
    with pytest.raises(StoreVersionError, match=r"version 2.*Update Lock Bridge"):
        Database(path, boot_id=BOOT_ID)
    kept = path.with_name("store.db.v1")
    assert content(kept) == before


def test_a_newer_store_is_refused_and_left_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as future:
        use(future, ("CREATE TABLE more (id INTEGER PRIMARY KEY)",))
        made(path)
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match="restore a backup"):
        Database(path, boot_id=BOOT_ID)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (("CREATE TABLE more (id INTEGER PRIMARY KEY)", "CREATE TABLE more (id INTEGER PRIMARY KEY)"), StoreError),
        (("CREATE TABLE more (id INTEGER PRIMARY KEY)", "DELETE FROM user"), StoreDamaged),
    ],
    ids=["a statement that fails", "a step that leaves memberships without their user"],
)
def test_a_step_that_fails_leaves_the_old_version_at_work(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: Migration, error: type[Exception]
) -> None:
    made(path)
    before = content(path)
    with monkeypatch.context() as future:
        use(future, ("CREATE TABLE other (id INTEGER PRIMARY KEY)",), step)
        with pytest.raises(error):
            Database(path, boot_id=BOOT_ID)
        connection = sqlite3.connect(path)
        try:
            assert version_of(connection) == 2, "the step before it was whole"
        finally:
            connection.close()
    path.unlink()
    path.with_name("store.db.v1").rename(path)
    assert content(path) == before


def test_a_backup_of_an_older_version_is_brought_up_as_it_is_restored(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = made(tmp_path / "backup" / "backup.db")
    use(monkeypatch, ("CREATE TABLE more (id INTEGER PRIMARY KEY)",))
    restore(backup, path)
    data, events, _ = content(path)
    assert data.users == (ANNA,)
    assert len(events) == 2
    connection = sqlite3.connect(path)
    try:
        assert version_of(connection) == 2
        assert connection.execute("SELECT count(*) FROM more").fetchone() == (0,)
    finally:
        connection.close()


@pytest.mark.parametrize("application_id", [0, 1, APPLICATION_ID ^ 1])
def test_a_file_of_somebody_else_is_refused(path: Path, application_id: int) -> None:
    made(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id = {application_id}")
    connection.close()
    with pytest.raises(StoreDamaged, match="no store of Lock Bridge"):
        Database(path, boot_id=BOOT_ID)
