"""A lock in plain words: who is on it, what opens it, how often somebody failed. The engine is compared with this."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType
from tests.engine.lock import DAY, MINUTE

PIN, FINGER, CARD = CredentialType.PIN, CredentialType.FINGERPRINT, CredentialType.RFID
LONGER = (3, 3, 6, 12, 24, 48, 60)
"""Minutes of the lockouts in a row (VER-11)."""


@dataclass
class Person:
    """Somebody on the lock."""

    admin: bool
    number: int | None
    enabled: bool = True
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True)
class Owned:
    """A credential: whose it is, and the code, card or slot itself."""

    user: str
    secret: Any


type Key = tuple[CredentialType, int]
"""A credential's name: its kind and number."""


@dataclass
class Settings:
    """Those that verification and remote opening depend on."""

    remote_unlock: bool = False
    bluetooth: bool = False
    lockout_enabled: bool = True
    progressive_lockout: bool = True
    refuse_simple_passcodes: bool = False
    countdown_locking: bool = False


@dataclass
class Model:
    """What a lock should do. Times are the lock's own, in milliseconds."""

    numbered: bool
    """`palm6068`: numbered users, five fingers each, no cards, failures count for 300 s. Otherwise `l2s`."""
    people: dict[str, Person] = field(default_factory=dict)
    owned: dict[Key, Owned] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    failures: list[tuple[int, int]] = field(default_factory=list)
    level: int = 0
    lasts_ms: int = 0
    ends: int | None = None
    falls: int | None = None
    """When the level falls by one."""

    # Time

    def tick(self, now: int) -> None:
        """Time has gone by."""
        if self.ends is not None and now >= self.ends:
            self.end_lockout()
        while self.falls is not None and now >= self.falls:
            self.level -= 1
            self.falls = self.falls + DAY if self.level else None

    def reboot(self, now: int) -> None:
        """The power was away, and a clock that counts from the start began anew."""
        self.failures = [(now, weight) for _, weight in self.failures]
        self.ends = None if self.ends is None else now + self.lasts_ms
        self.falls = now + DAY if self.level else None

    def end_lockout(self) -> None:
        """The lockout is over; the level stays."""
        self.failures, self.ends, self.lasts_ms = [], None, 0

    def pardon(self) -> None:
        """Ended from the app."""
        self.end_lockout()
        self.level, self.falls = 0, None

    # At the door

    def in_entry(self, entry: str) -> str | None:
        """Whose passcode an entry holds: "" if nobody's, None if that cannot be told."""
        hits = [item for (kind, _), item in self.owned.items() if kind is PIN and item.secret in entry]
        longest = max((len(item.secret) for item in hits), default=0)
        users = {item.user for item in hits if len(item.secret) == longest}
        if len(users) > 1:
            return None
        return next(iter(users), "")

    def holder(self, kind: CredentialType, secret: Any) -> str:
        """Whose credential this is, or "" for nobody's."""
        return next(
            (item.user for (found, _), item in self.owned.items() if (found, item.secret) == (kind, secret)), ""
        )

    def present(self, user: str | None, digits: int, now: int, wall: int, *, trusted: bool, handle_free: bool) -> str:
        """A verification: `locked_out`, `granted`, or why it is refused. `user` as `in_entry` tells."""
        if self.ends is not None:
            return "locked_out"
        if not self.owned:
            return "no_credential"
        if not user:
            self._fail(now, 1 if digits <= 10 or not self.settings.progressive_lockout else 2 if digits < 16 else 3)
            return "ambiguous_passcode" if user is None else "unknown_credential"
        person = self.people[user]
        if (why := self._not_now(person, wall, trusted=trusted)) is not None:
            return why
        if not handle_free:
            return "handle_not_at_rest"
        self.failures = []
        if person.admin:
            self.level, self.falls = 0, None
        return "granted"

    def _not_now(self, person: Person, wall: int, *, trusted: bool) -> str | None:
        if not person.enabled:
            return "user_disabled"
        if person.from_ms is None and person.until_ms is None:
            return None
        if not trusted:
            return "clock_untrusted"
        begun = person.from_ms is None or person.from_ms <= wall
        over = person.until_ms is not None and person.until_ms <= wall
        return None if begun and not over else "outside_validity"

    def _fail(self, now: int, weight: int) -> None:
        self.failures.append((now, weight))
        if self.numbered:
            self.failures = [(at, heavy) for at, heavy in self.failures if at >= now - 300_000]
        self.failures = self.failures[-5:]
        if self.level:
            self.falls = now + DAY
        if self.settings.lockout_enabled and sum(heavy for _, heavy in self.failures) >= 5:
            minutes = LONGER[min(self.level, 6)] if self.settings.progressive_lockout else 3
            self.failures, self.lasts_ms = [], minutes * MINUTE
            self.ends, self.falls = now + self.lasts_ms, now + DAY
            self.level += 1

    # In the app

    def add(self, user: str, person: Person) -> ErrorCode | None:
        """Put somebody on the lock."""
        if user in self.people:
            return ErrorCode.DUPLICATE
        if self._leaderless({**self.people, user: person}):
            return ErrorCode.LAST_ADMINISTRATOR
        if person.admin and (person.from_ms or person.until_ms):
            return ErrorCode.ADMINISTRATOR_UNLIMITED
        self.people[user] = person
        return None

    def change(self, user: str, **changes: Any) -> ErrorCode | None:
        """Change somebody."""
        if user not in self.people:
            return ErrorCode.UNKNOWN_USER
        person = Person(**{**vars(self.people[user]), **changes})
        if self._leaderless({**self.people, user: person}):
            return ErrorCode.LAST_ADMINISTRATOR
        if person.admin and (person.from_ms or person.until_ms):
            return ErrorCode.ADMINISTRATOR_UNLIMITED
        self.people[user] = person
        return None

    def delete(self, user: str) -> ErrorCode | None:
        """Delete somebody with all that she has."""
        if user not in self.people:
            return ErrorCode.UNKNOWN_USER
        rest = {name: person for name, person in self.people.items() if name != user}
        kept = {key: item for key, item in self.owned.items() if item.user != user}
        if self._leaderless(rest, kept):
            return ErrorCode.LAST_ADMINISTRATOR
        if self.numbered and not rest:
            return ErrorCode.LAST_USER
        self.people, self.owned = rest, kept
        return None

    def set_code(self, user: str, code: str) -> ErrorCode | None:
        """Give somebody a passcode in place of the one that she has."""
        if user not in self.people:
            return ErrorCode.UNKNOWN_USER
        if not 6 <= len(code) <= 10:
            return ErrorCode.PASSCODE_LENGTH
        if (self.numbered or self.settings.refuse_simple_passcodes) and _simple(code):
            return ErrorCode.PASSCODE_SIMPLE
        others = [item.secret for (kind, _), item in self.owned.items() if kind is PIN and item.user != user]
        if code in others:
            return ErrorCode.DUPLICATE
        if any(other in code for other in others):
            return ErrorCode.PASSCODE_CONTAINS
        mine = next((key for key, item in self.owned.items() if key[0] is PIN and item.user == user), None)
        self.owned[mine or (PIN, self.free(PIN))] = Owned(user, code)
        return None

    def enrol(self, user: str, kind: CredentialType) -> ErrorCode | None:
        """Whether somebody may enrol a finger or card."""
        if kind is CARD and self.numbered:
            return ErrorCode.NOT_SUPPORTED
        if user not in self.people:
            return ErrorCode.UNKNOWN_USER
        hers = sum(item.user == user for (found, _), item in self.owned.items() if found is kind)
        return ErrorCode.NO_SLOT_LEFT if self.numbered and hers >= 5 else None

    def give(self, user: str, kind: CredentialType, secret: Any) -> None:
        """She has enrolled it."""
        self.owned[kind, self.free(kind)] = Owned(user, secret)

    def take(self, key: Key) -> ErrorCode | None:
        """Delete a credential."""
        if key not in self.owned:
            return ErrorCode.UNKNOWN_CREDENTIAL
        kept = {other: item for other, item in self.owned.items() if other != key}
        if self._menu(self.people, self.owned) and not self._menu(self.people, kept):
            return ErrorCode.LAST_ADMINISTRATOR
        self.owned = kept
        return None

    def free(self, kind: CredentialType) -> int:
        """The lowest free number of a kind."""
        return next(number for number in range(1, 100) if (kind, number) not in self.owned)

    def free_number(self) -> int | None:
        """The lowest free number of a user."""
        taken = {person.number for person in self.people.values()}
        return next(number for number in range(1, 100) if number not in taken) if self.numbered else None

    def fingers(self) -> Iterator[int]:
        """Slots of the reader that are in use."""
        return (item.secret for (kind, _), item in self.owned.items() if kind is FINGER)

    def _leaderless(self, people: dict[str, Person], owned: dict[Key, Owned] | None = None) -> bool:
        """Whether a lock that has an administrator would be left without one."""
        after = self.owned if owned is None else owned
        if not self.numbered and self._menu(self.people, self.owned) and not self._menu(people, after):
            return True
        had = any(person.admin for person in (*self.people.values(), *people.values()))
        return had and not any(person.admin and person.enabled for person in people.values())

    def _menu(self, people: dict[str, Person], owned: dict[Key, Owned]) -> bool:
        """Whether an administrator has something to open the menu with."""
        return any(
            people[item.user].admin and people[item.user].enabled for item in owned.values() if item.user in people
        )


def _simple(code: str) -> bool:
    upwards, downwards = "0123456789", "9876543210"
    return code in upwards or code in downwards or len(set(code)) == 1
