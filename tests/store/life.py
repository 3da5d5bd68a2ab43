"""A lock at work on a real store: people come and go at its keypad and in the app. Run by tests, to be cut off.

life.py FOLDER SCENARIO [synchronous=VALUE]
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lock_bridge.engine.effects import DURABLE, Durable, Effect, EraseLock
from lock_bridge.engine.inputs import (
    AddTemporaryPasscode,
    AddUser,
    ClearCredentials,
    DeleteCredential,
    DeleteUser,
    EnrolFailed,
    Key,
    ResetLock,
    SetPasscode,
    StartEnrolment,
)
from lock_bridge.engine.model import Fact, Instant
from lock_bridge.store import ClientRow, Store, connection
from lock_bridge.store.database import Database
from lock_bridge.wire.words import CredentialType, EventType, OperatingMode, Scope
from tests.engine.lock import Disk, Lock
from tests.store import older
from tests.store.plain import BOOT_ID
from tests.store.workload import Acks

LOCK_ID = "front_door"
PROFILE = "dl50fvs"
ANNA, BEN, CARA, DORA, EMIL = "482913", "730514", "2604193", "91827364", "5550981"
ALL_CODES = (ANNA, BEN, CARA, DORA, EMIL)
CARD = b"\x04\xa1\xb2\xc3"
CLIENT = ClientRow("c1", "Home Assistant", frozenset({Scope.STATE}), b"t" * 32, 1)

FACE, FINGER, PIN, RFID = (
    CredentialType.FACE,
    CredentialType.FINGERPRINT,
    CredentialType.PIN,
    CredentialType.RFID,
)

type Commit = Callable[[KeptLock, Sequence[Durable]], None]


class KeptLock(Lock):
    """A lock whose disk is written as the runner writes it: what lasts, before the next effect that does not."""

    def __init__(self, commit: Commit, disk: Disk | None = None) -> None:
        self._commit = commit
        self._unwritten: list[Durable] = []
        self.opening: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        """Codes that opened before what is being done now, and those that do afterwards."""
        super().__init__(PROFILE, disk=disk)

    def leaves(self, *codes: str) -> None:
        """What is done next leaves these codes to open the door."""
        self.opening = (self.opening[1], frozenset(codes))

    def give(self, given: Any) -> None:
        super().give(given)
        self._write()

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, DURABLE):
            self._unwritten.append(effect)
        else:
            self._write()
        super()._carry_out(effect)

    def _write(self) -> None:
        if self._unwritten:
            items, self._unwritten = self._unwritten, []
            self._commit(self, items)


@dataclass(frozen=True)
class Moment:
    """What there has to be after a commit."""

    disk: Disk = field(default_factory=Disk)
    reader: frozenset[int] = frozenset()
    opening: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    client: bool = True


def enrolling(lock: KeptLock) -> None:
    """At the keypad and from the app: a code, fingers, a card, a visitor's code, a face; some of it given up."""
    lock.leaves(ANNA)
    lock.press("ok", "ok", "1")
    lock.listen_out()
    lock.press("ok", *ANNA, "ok", *ANNA, "ok")
    lock.listen_out()
    # In the menu that is open now: a new user with a finger, and another one who goes away after three touches.
    lock.press("2", "2")
    lock.learn()
    lock.press("1")
    lock.learn(touches=3)
    lock.press("back")
    lock.advance(1_000)
    lock.press("back", "back", "back")
    lock.leaves(ANNA, BEN)
    lock.ok(AddUser, user_id="ben", name="Ben")
    lock.ok(SetPasscode, user_id="ben", passcode=BEN)
    lock.add_finger("ben")
    lock.add_card("ben", CARD)
    lock.leaves(ANNA, BEN, CARA)
    lock.ok(AddUser, user_id="cara", name="Cara")
    lock.ok(AddTemporaryPasscode, user_id="cara", passcode=CARA, label="the plumber", uses=3)
    lock.ok(StartEnrolment, user_id="cara", type=FACE)
    lock.learn()
    # The reader gives up, and nothing stays.
    lock.ok(StartEnrolment, user_id="cara", type=FINGER)
    lock.learn(touches=2)
    lock.give(EnrolFailed(FINGER, "timeout"))
    lock.leaves(ANNA, DORA, CARA)
    lock.ok(SetPasscode, user_id="ben", passcode=DORA)
    lock.open_with(CARA)


def deleting(lock: KeptLock) -> None:
    """At the keypad and in the app: a credential, all of a kind, users with all that they had."""
    lock.leaves(ANNA, DORA)
    lock.ok(ClearCredentials, user_id="cara", type=PIN)
    lock.ok(DeleteCredential, type=FINGER, number=2)
    lock.add_finger("ben")
    lock.leaves(ANNA, DORA, EMIL)
    lock.ok(AddUser, user_id="emil", name="Emil")
    lock.ok(SetPasscode, user_id="emil", passcode=EMIL)
    lock.ok(ClearCredentials, type=FINGER)
    lock.add_finger("emil")
    lock.leaves(ANNA, EMIL)
    lock.ok(DeleteUser, user_id="ben")
    lock.leaves(ANNA)
    emil = lock.state.directory.users["emil"].number
    lock.press(Key.SET, *ANNA, "ok")
    lock.listen_out()
    lock.press("3", *str(emil), "ok")
    lock.listen_out()
    lock.press("back")


def resetting(lock: KeptLock) -> None:
    """Wrong tries, a lockout, a mode; a reset from the app, a new owner; a reset at the lock."""
    lock.leaves(ANNA)
    lock.wrong(7)
    lock.advance(200_000)
    lock.set(remote_unlock=True)
    lock.set_mode(OperatingMode.PASSAGE, 3600)
    lock.leaves()
    lock.ok(ResetLock)
    lock.advance(5_000)
    lock.leaves(BEN)
    lock.add("Ben", BEN, admin=True)
    lock.add_finger("ben")
    lock.leaves()
    lock.power_cut()
    lock.hold(Key.SET, 5_500)
    lock.listen_out()
    lock.press("ok")
    lock.leaves(CARA)
    lock.add("Cara", CARA, admin=True)


PHASES: dict[str, tuple[Callable[[KeptLock], None], ...]] = {
    "enrolling": (enrolling,),
    "deleting": (enrolling, deleting),
    "resetting": (enrolling, resetting),
}


def history(scenario: str) -> list[Moment]:
    """All moments of a scenario, the first one before its first commit; the same in every process."""
    moments = [Moment()]

    def commit(lock: KeptLock, items: Sequence[Durable]) -> None:
        client = moments[-1].client and not any(isinstance(item, EraseLock) for item in items)
        moments.append(Moment(deepcopy(lock.disk), frozenset(lock.reader), lock.opening, client))

    lock = KeptLock(commit)
    for phase in PHASES[scenario]:
        phase(lock)
    return moments


def living(folder: Path, acks: Acks, phases: Sequence[Callable[[KeptLock], None]]) -> None:
    database = Database(folder / "store.db", boot_id=BOOT_ID)
    database.add_client(CLIENT, (), Instant(0, 0))
    commits = 0

    def commit(lock: KeptLock, items: Sequence[Durable]) -> None:
        nonlocal commits
        database.commit(LOCK_ID, items, lock.now)
        database.tidy()
        commits += 1
        acks.say(str(commits))

    acks.say("there")
    lock = KeptLock(commit)
    for phase in phases:
        acks.say(phase.__name__)
        phase(lock)
    database.close()


def upgrading(folder: Path, acks: Acks) -> None:
    """A store of the first version, brought up, and used."""
    older.write_first_version(folder / "store.db")
    acks.say("old")
    database = Database(folder / "store.db", boot_id=BOOT_ID)
    acks.say("new")
    database.commit(LOCK_ID, [older.event(older.EVENTS + 1)], older.AT)
    acks.say("used")
    database.close()


async def backing_up(folder: Path, acks: Acks) -> None:
    """A full store that goes on while it is backed up, three times into the same place."""
    store = await Store.open(folder / "store.db", boot_id=BOOT_ID)
    for number in range(1, 61):
        fact = Fact(EventType.UNLOCKED, data={"n": number})
        await store.commit(LOCK_ID, [*_user(number), older.Record(fact)], Instant(number, number))
        acks.say(str(number))
        if number % 20 == 0:
            await store.backup(folder / "backup.db")
            acks.say(f"backup-{number}")
    await store.close()


def _user(number: int) -> list[Durable]:
    from lock_bridge.engine.effects import SaveUser
    from lock_bridge.engine.model import User

    return [SaveUser(User(f"user-{number:02}", f"User {number}" * 20, number=number))]


def main(folder: str, scenario: str, synchronous: str = "") -> None:
    path = Path(folder)
    if synchronous:
        connection.SYNCHRONOUS = synchronous.removeprefix("synchronous=")
    acks = Acks(path)
    if scenario in PHASES:
        living(path, acks, PHASES[scenario])
    elif scenario == "upgrading":
        upgrading(path, acks)
    else:
        asyncio.run(backing_up(path, acks))


if __name__ == "__main__":
    main(*sys.argv[1:])
