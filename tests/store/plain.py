"""The store as plain dictionaries: what it has to agree with, and things to do to both."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from lock_bridge.engine.effects import (
    Change,
    CountUse,
    DropCredential,
    DropUser,
    Durable,
    EraseLock,
    Record,
    SaveCredential,
    SaveLockout,
    SaveModes,
    SaveSettings,
    SaveUser,
)
from lock_bridge.engine.model import Credential, Fact, LockoutRecord, Modes, Settings, User, Window
from lock_bridge.store import LockData
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Role

LONG = os.environ.get("LOCK_BRIDGE_LONG") == "1"
LOCKS = ("front_door", "back_door")
BOOT_ID = "0123456789abcdef0123456789abcdef"


@dataclass
class PlainLock:
    numbers: dict[str, int | None] = field(default_factory=dict)
    credentials: dict[tuple[CredentialType, int], Credential] = field(default_factory=dict)
    settings: Settings | None = None
    lockout: LockoutRecord | None = None
    modes: Modes | None = None


@dataclass
class Plain:
    people: dict[str, User] = field(default_factory=dict)
    locks: dict[str, PlainLock] = field(default_factory=lambda: {lock_id: PlainLock() for lock_id in LOCKS})

    def after(self, lock_id: str, items: Sequence[Durable]) -> Plain:
        locks = {
            name: replace(lock, numbers=dict(lock.numbers), credentials=dict(lock.credentials))
            for name, lock in self.locks.items()
        }
        changed = Plain(dict(self.people), locks)
        for item in items:
            if not isinstance(item, Record):
                changed._apply(lock_id, item)
        return changed

    def load(self, lock_id: str) -> LockData:
        lock = self.locks[lock_id]
        users = [replace(self.people[user_id], number=number) for user_id, number in lock.numbers.items()]
        return LockData(
            users=tuple(sorted(users, key=lambda user: (user.number is not None, user.number or 0, user.id))),
            credentials=tuple(sorted(lock.credentials.values(), key=lambda item: (item.type, item.number))),
            settings=lock.settings,
            lockout=lock.lockout,
            modes=lock.modes,
        )

    def users(self) -> tuple[tuple[User, tuple[str, ...]], ...]:
        return tuple(
            (user, tuple(sorted(lock_id for lock_id, lock in self.locks.items() if user.id in lock.numbers)))
            for user in sorted(self.people.values(), key=lambda user: user.id)
        )

    def _apply(self, lock_id: str, change: Change) -> None:
        lock = self.locks[lock_id]
        match change:
            case SaveUser(user):
                self._save(lock, user)
            case DropUser(user_id):
                lock.numbers.pop(user_id, None)
                lock.credentials = {key: item for key, item in lock.credentials.items() if item.user_id != user_id}
                self._forget_strangers()
            case SaveCredential(credential):
                lock.credentials[credential.type, credential.number] = credential
            case DropCredential(kind, number):
                lock.credentials.pop((kind, number), None)
            case SaveSettings(settings):
                lock.settings = settings
            case SaveLockout(record):
                lock.lockout = record
            case SaveModes(modes):
                lock.modes = modes
            case CountUse(user, credential):
                if user is not None and user.id in self.people:
                    self.people[user.id] = replace(self.people[user.id], uses_left=user.uses_left)
                if credential is not None and (key := (credential.type, credential.number)) in lock.credentials:
                    lock.credentials[key] = replace(
                        lock.credentials[key], uses_left=credential.uses_left, counter=credential.counter
                    )
            case EraseLock():
                self.locks[lock_id] = PlainLock()
                self._forget_strangers()

    def _save(self, lock: PlainLock, user: User) -> None:
        self.people[user.id] = replace(user, number=None)
        lock.numbers[user.id] = user.number

    def _forget_strangers(self) -> None:
        known = {user_id for lock in self.locks.values() for user_id in lock.numbers}
        self.people = {user_id: user for user_id, user in self.people.items() if user_id in known}


def some_changes(plain: Plain, random: Random) -> tuple[str, list[Change]]:
    """A lock, and a few changes that it may make."""
    lock_id = random.choice(LOCKS)
    return lock_id, [some_change(plain.locks[lock_id], random)]


def some_change(lock: PlainLock, random: Random) -> Change:
    what = random.randrange(12)
    if what < 4 and lock.numbers:
        return SaveCredential(some_credential(lock, random))
    if what == 4 and lock.credentials:
        return DropCredential(*random.choice(sorted(lock.credentials)))
    if what == 5 and len(lock.numbers) > 3:
        return DropUser(random.choice(sorted(lock.numbers)))
    if what == 6:
        return SaveSettings(Settings(remote_unlock=random.random() < 0.5, countdown_delay_s=random.randint(5, 600)))
    if what in (7, 8):
        failures = tuple((random.randrange(10**9), random.randint(1, 3)) for _ in range(random.randrange(6)))
        return SaveLockout(LockoutRecord(failures, random.randrange(4), boot_id=BOOT_ID))
    if what == 9:
        return SaveModes(some_modes(random))
    if what == 10 and lock.numbers:
        return CountUse(some_user(lock, random), some_credential(lock, random))
    if what == 11 and len(lock.credentials) > 6:
        return EraseLock()
    return SaveUser(some_user(lock, random))


def some_modes(random: Random) -> Modes:
    return Modes(
        passage=random.random() < 0.5,
        passage_ends_mono_ms=random.choice([None, random.randrange(10**9)]),
        passage_ms=random.choice([0, 60_000]),
        boot_id=BOOT_ID,
        bluetooth_code_mac=random.choice([None, random.randbytes(32)]),
        phones=tuple(f"phone {number}" for number in range(random.randrange(4))),
    )


def some_user(lock: PlainLock, random: Random) -> User:
    user_id = f"user-{random.randrange(12)}"
    number = lock.numbers.get(user_id) or lowest_free(set(lock.numbers.values()))
    return User(
        id=user_id,
        name=f"Anna {random.randrange(1000)} Ødegård" * random.randint(1, 8),
        role=random.choice(list(Role)),
        number=number,
        enabled=random.random() < 0.8,
        valid_from_ms=random.choice([None, random.randrange(10**12)]),
        schedule=tuple(Window(frozenset({day, 6}), 60 * day, 1440) for day in range(random.randrange(3))),
        uses_left=random.choice([None, random.randrange(10)]),
        made_at_lock=random.random() < 0.2,
    )


def some_credential(lock: PlainLock, random: Random) -> Credential:
    user_id = random.choice(sorted(lock.numbers))
    duress = random.random() < 0.2
    if random.random() < 0.5:
        mac = random.randbytes(32)
        number, uses = random.randint(1, 40), random.choice([None, random.randrange(10)])
        return Credential(
            CredentialType.PIN, number, user_id, mac, duress=duress, temporary=uses is not None, uses_left=uses
        )
    taken = {item.slot for item in lock.credentials.values()}
    number = random.randint(1, 40)
    there = lock.credentials.get((CredentialType.FINGERPRINT, number))
    slot = there.slot if there else lowest_free(taken)
    return Credential(CredentialType.FINGERPRINT, number, user_id, slot=slot, duress=duress)


def lowest_free(taken: set[int | None]) -> int:
    return next(number for number in range(1, 10_000) if number not in taken)


def refused(number: int) -> Fact:
    """What happens most at a door that somebody tries to open."""
    return Fact(
        EventType.ACCESS_REFUSED,
        OperationSource.KEYPAD,
        credential_type=CredentialType.PIN,
        reason="unknown_credential",
        data={"n": number},
    )
