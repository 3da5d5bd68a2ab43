"""An older file becomes a newer one whole, or stays as it was; a newer one is refused."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.engine.effects import Record, SaveCredential, SaveModes, SaveUser
from lock_bridge.engine.model import Credential, Instant, LockoutRecord, Modes, User, Window
from lock_bridge.store import LockData, StoreDamaged, StoreError, StoreVersionError, journal, restore, rows
from lock_bridge.store.database import Database
from lock_bridge.store.files import make_folder
from lock_bridge.store.schema import APPLICATION_ID, MIGRATIONS, Migration, version_of
from lock_bridge.wire.words import CredentialType, Role
from tests.store.plain import BOOT_ID, refused

AT = Instant(1, 1_780_000_000_000)
ANNA = User("anna", "Anna", number=1)
PASSCODE = Credential(CredentialType.PIN, 1, "anna", mac=b"m" * 32)

USER_COLUMNS = rows.COLUMNS["user"]
NOW = len(MIGRATIONS)

# A step as a later version may bring it: a table that others refer to is built anew, with one more column.
WITH_NICKNAME: Migration = (
    """CREATE TABLE new_user (id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, enabled INTEGER NOT NULL,
        valid_from_ms INTEGER, valid_until_ms INTEGER, schedule TEXT, uses_left INTEGER, made_at_lock INTEGER NOT NULL,
        nickname TEXT NOT NULL, checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
    """INSERT INTO new_user SELECT id, name, role, enabled, valid_from_ms, valid_until_ms, schedule, uses_left,
        made_at_lock, 'Nick', checksum FROM user""",
    "DROP TABLE user",
    "ALTER TABLE new_user RENAME TO user",
    lambda connection: rows.reseal(connection, "user", USER_COLUMNS, (*USER_COLUMNS, "nickname")),
)
COLUMNS = rows.COLUMNS | {"user": (*USER_COLUMNS, "nickname")}


def use(monkeypatch: pytest.MonkeyPatch, *steps: Migration) -> None:
    for module in ("schema", "database", "backup"):
        monkeypatch.setattr(f"lock_bridge.store.{module}.MIGRATIONS", (*MIGRATIONS, *steps))


def made(path: Path) -> Path:
    database = Database(path, boot_id=BOOT_ID)
    database.commit("front_door", [SaveUser(ANNA), SaveCredential(PASSCODE), Record(refused(1))], AT)
    database.close()
    return path


def content(path: Path) -> Any:
    database = Database(path, boot_id=BOOT_ID)
    try:
        return database.load("front_door"), database.events_after(0, 10, 10), database.epoch
    finally:
        database.close()


def version_in(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return version_of(connection)
    finally:
        connection.close()


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
        assert version_of(connection) == NOW == 2
    finally:
        connection.close()


def first_version(path: Path, *, checksum: int | None = None) -> Path:
    """A store as the first Lock Bridge left it, with Anna's passcode and finger, and an event."""
    make_folder(path.parent)
    connection = sqlite3.connect(path, isolation_level=None)

    def put(table: str, *values: rows.Value) -> None:
        places = ", ".join("?" * (len(values) + 1))
        sealed = checksum if checksum is not None and table == "user" else rows.checksum(values)
        connection.execute(f"INSERT INTO {table} VALUES ({places})", (*values, sealed))  # noqa: S608 - of this test

    for statement in MIGRATIONS[0]:
        assert isinstance(statement, str)
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    put("meta", "epoch", "0123456789abcdef")
    put("meta", "oldest", "1")
    put("user", "anna", "Anna", "administrator", 1, None, 1_790_000_000_000)
    put("membership", "front_door", "anna", 1)
    put("credential", "front_door", "pin", 1, "anna", b"m" * 32, None, 0)
    put("credential", "front_door", "fingerprint", 1, "anna", None, 0, 1)
    put("lockout", "front_door", '{"failures":[[5,1]],"level":2,"boot_id":"b"}')
    journal.append(connection, 1, BOOT_ID, "front_door", refused(1), AT)
    connection.close()
    path.chmod(0o600)
    return path


def test_a_store_of_the_first_version_keeps_all_that_was_in_it(path: Path) -> None:
    first_version(path)
    data, events, epoch = content(path)
    assert data == LockData(
        users=(User("anna", "Anna", Role.ADMINISTRATOR, 1, valid_until_ms=1_790_000_000_000),),
        credentials=(
            Credential(CredentialType.FINGERPRINT, 1, "anna", slot=0, duress=True),
            PASSCODE,
        ),
        lockout=LockoutRecord(failures=((5, 1),), level=2, boot_id="b"),
    )
    assert len(events) == 1
    assert epoch == "0123456789abcdef"
    assert version_in(path.with_name("store.db.v1")) == 1


def test_what_is_new_can_be_kept_in_a_store_that_was_of_the_first_version(path: Path) -> None:
    database = Database(first_version(path), boot_id=BOOT_ID)
    visitor = Credential(
        CredentialType.PIN, 2, "anna", b"v" * 32, temporary=True, label="Plumber", valid_until_ms=9, uses_left=3
    )
    anna = User("anna", "Anna", number=1, schedule=(Window(frozenset({0, 6}), 480, 60),), uses_left=7)
    database.commit("front_door", [SaveUser(anna), SaveCredential(visitor), SaveModes(Modes(phones=("p",)))], AT)
    database.close()
    database = Database(path, boot_id=BOOT_ID)
    data = database.load("front_door")
    database.close()
    assert data.users == (anna,)
    assert visitor in data.credentials
    assert data.modes == Modes(phones=("p",))


def test_a_row_that_was_damaged_before_is_not_made_good_on_the_way(path: Path) -> None:
    first_version(path, checksum=7)
    with pytest.raises(StoreDamaged):
        Database(path, boot_id=BOOT_ID)
    assert version_in(path) == 1


def test_a_backup_of_the_first_version_is_restored(path: Path, tmp_path: Path) -> None:
    restore(first_version(tmp_path / "backup.db"), path)
    data, _, _ = content(path)
    assert [user.name for user in data.users] == ["Anna"]


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
        assert [row[-1] for row in rows.read(database._connection, "user")] == ["Nick"]
        database.close()
        assert nicknames(path) == [("Nick",)]
        Database(path, boot_id=BOOT_ID).close()
    with pytest.raises(StoreVersionError, match=rf"version {NOW + 1}.*Update Lock Bridge"):
        Database(path, boot_id=BOOT_ID)
    kept = path.with_name(f"store.db.v{NOW}")
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
            assert version_of(connection) == NOW + 1, "the step before it was whole"
        finally:
            connection.close()
    path.unlink()
    path.with_name(f"store.db.v{NOW}").rename(path)
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
        assert version_of(connection) == NOW + 1
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
