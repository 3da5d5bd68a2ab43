"""The power goes while people are enrolled, deleted, or all is reset; while a store is brought up or backed up."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lock_bridge.engine.inputs import EndLockout
from lock_bridge.engine.model import Modes
from lock_bridge.store import LockData, StoreError, verify
from lock_bridge.store.database import Database
from lock_bridge.wire.words import CredentialType, EventType
from tests.engine.lock import Disk, Lock
from tests.store import life, older
from tests.store.disk import built_shim, images, read_trace, run_watched, write_image
from tests.store.life import ALL_CODES, CLIENT, LOCK_ID, PROFILE, Moment
from tests.store.plain import BOOT_ID, LONG

SCRIPT = str(Path(life.__file__))
TIMES = 20 if LONG else 1
pytestmark = pytest.mark.timeout(3600 if LONG else 120)

type Image = dict[str, bytes]
type Check = Callable[[Path, Image, list[str]], None]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def folder() -> Iterator[Path]:
    memory = Path("/dev/shm")
    path = Path(tempfile.mkdtemp(prefix="lock-bridge-", dir=memory if memory.is_dir() else None))
    yield path
    shutil.rmtree(path)


def cut(shim: Path, folder: Path, scenario: str, count: int, check: Check, since: str, *settings: str) -> list[str]:
    """Let a scenario run, cut its power `count` times after `since`. A line for each image that is not as promised."""
    watched, trace, image_folder = folder / "data", folder / "trace", folder / "image"
    watched.mkdir(mode=0o700)
    run_watched(shim, watched, SCRIPT, str(watched), scenario, *settings, trace=trace)
    steps = read_trace(trace)
    wrong = []
    for number, (image, acks) in enumerate(images(steps, count, seed=count, since=since)):
        write_image(image, image_folder)
        try:
            check(image_folder, image, acks)
        except (AssertionError, StoreError, ValueError) as error:
            wrong.append(f"image {number}, {len(acks)} promises: {type(error).__name__} {str(error)[:300]}")
    return wrong


def last_number(acks: list[str]) -> int:
    return max((int(ack) for ack in acks if ack.isdecimal()), default=0)


def check_life(scenario: str) -> Check:
    moments = life.history(scenario)

    def check(folder: Path, _image: Image, acks: list[str]) -> None:
        promised = last_number(acks)
        database = Database(folder / "store.db", boot_id=BOOT_ID, create=False)
        try:
            data = database.load(LOCK_ID)
            told = [event.type for event in database.events_after(0, database.head, 10_000)]
            clients = list(database.clients())
        finally:
            database.close()
        either = range(promised, min(promised + 2, len(moments)))
        fitting = [n for n in either if is_kept(moments[n].disk, data)]
        fitting = [n for n in fitting if told == [fact.type for fact in moments[n].disk.journal]]
        assert fitting, f"commit {promised} was promised; what is on the disk is neither that nor the next one"
        moment = moments[fitting[-1]]
        assert bool(clients) is moment.client
        assert clients in ([CLIENT], [])
        for reader in {moments[n].reader for n in either}:
            look_at_door(data, moment, reader)

    return check


def is_kept(disk: Disk, data: LockData) -> bool:
    """Whether a store holds exactly what the lock had written."""
    return (
        {user.id: user for user in data.users} == disk.users
        and {(item.type, item.number): item for item in data.credentials} == disk.credentials
        and data.settings == disk.settings
        and data.lockout == disk.lockout
        and (data.modes or Modes()) == disk.modes
    )


def look_at_door(data: LockData, moment: Moment, reader: frozenset[int]) -> None:
    """A lock that starts from what is left: who may open it, and what its reader holds."""
    disk = Disk(
        users={user.id: user for user in data.users},
        credentials={(item.type, item.number): item for item in data.credentials},
        settings=data.settings,
        lockout=data.lockout,
        modes=data.modes or Modes(),
    )
    lock = Lock(PROFILE, disk=disk)
    # What the reader holds it has held all along, through the cut.
    lock.reader = set(reader)
    lock.power_cut()
    lock.advance(11_000)
    slots = {item.slot for item in data.credentials if item.type is CredentialType.FINGERPRINT}
    assert lock.reader == reader & slots, "the reader holds a finger that is nobody's"
    before, after = moment.opening
    opening = {code for code in ALL_CODES if opens(lock, code)}
    assert before & after <= opening, "somebody is shut out"
    assert opening <= before | after, "it opens to somebody whom it should not"


def opens(lock: Lock, code: str) -> bool:
    if not lock.state.directory.credentials:
        return False
    lock.ok(EndLockout)
    lock.listen()
    lock.open_with(code)
    opened = EventType.ACCESS_GRANTED in lock.events
    lock.advance(30_000)
    return opened


@pytest.mark.spec("MNU-1", "VER-10")
@pytest.mark.parametrize("scenario", life.PHASES)
def test_people_come_and_go_whole_or_not_at_all(shim: Path, folder: Path, scenario: str) -> None:
    assert cut(shim, folder, scenario, 140 * TIMES, check_life(scenario), scenario) == []


def check_upgrading(folder: Path, image: Image, acks: list[str]) -> None:
    if "new" in acks:
        assert "store.db.v1" in image, "the old file is kept"
    database = Database(folder / "store.db", boot_id=BOOT_ID, create=False)
    try:
        assert database.load(LOCK_ID) == older.content()
        events = database.events_after(0, database.head, 1_000)
        assert [event.data["n"] for event in events[: older.EVENTS]] == list(range(1, older.EVENTS + 1))
        assert ("used" in acks) <= (database.head - older.EVENTS) <= 1
        assert database.epoch == "0123456789abcdef"
    finally:
        database.close()
    kept = folder / "store.db.v1"
    assert verify(kept) == kept.stat().st_size


def test_a_store_of_the_first_version_is_brought_up_whole_or_not_at_all(shim: Path, folder: Path) -> None:
    assert cut(shim, folder, "upgrading", 50 * TIMES, check_upgrading, "old") == []


def check_backing_up(folder: Path, image: Image, acks: list[str]) -> None:
    database = Database(folder / "store.db", boot_id=BOOT_ID, create=False)
    head = database.head
    database.close()
    assert last_number(acks) <= head <= last_number(acks) + 1
    made = [int(ack.removeprefix("backup-")) for ack in acks if ack.startswith("backup-")]
    if "backup.db" not in image:
        assert not made, "the backup was promised"
        return
    verify(folder / "backup.db")
    backup = Database(folder / "backup.db", boot_id=BOOT_ID)
    try:
        assert backup.head in {made[-1] if made else 20, (made[-1] if made else 0) + 20}, "old, or new, never between"
        assert len(backup.load(LOCK_ID).users) == backup.head
    finally:
        backup.close()


def test_a_backup_is_the_one_before_or_the_new_one(shim: Path, folder: Path) -> None:
    assert cut(shim, folder, "backing_up", 50 * TIMES, check_backing_up, "1") == []


def test_the_cuts_would_show_a_lock_that_answers_too_early(shim: Path, folder: Path) -> None:
    wrong = cut(shim, folder, "resetting", 100, check_life("resetting"), "resetting", "synchronous=OFF")
    assert len(wrong) >= 30
