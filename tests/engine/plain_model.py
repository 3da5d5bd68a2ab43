"""A lock in plain words: who is on it, what opens it, how often somebody failed. The engine is compared with this."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from lock_bridge.engine.model import Window
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType
from tests.engine.lock import DAY, MINUTE

PIN, FINGER, CARD = CredentialType.PIN, CredentialType.FINGERPRINT, CredentialType.RFID
FACE, PALM, BLE = CredentialType.FACE, CredentialType.PALM_VEIN, CredentialType.BLE
LONGER = (3, 3, 6, 12, 24, 48, 60)
"""Minutes of the lockouts in a row (VER-11)."""

MODELS: dict[str, dict[CredentialType, int | None]] = {
    "l2s": {FINGER: None, PIN: None, CARD: None},
    "dl50fvs": {FACE: 1, FINGER: 5, PIN: 1, CARD: None, BLE: None},
    "palm6068": {FACE: 3, PALM: 2, FINGER: 5, PIN: 1, BLE: None},
}
"""What each model takes, and how many of one user."""


class Limited(Protocol):
    """Who or what may have its times."""

    from_ms: int | None
    until_ms: int | None


@dataclass(frozen=True)
class Person:
    """Somebody on the lock."""

    admin: bool
    number: int | None
    enabled: bool = True
    from_ms: int | None = None
    until_ms: int | None = None
    week: tuple[Window, ...] = ()
    uses: int | None = None
    made: bool = False
    """At a keypad that knows no users: she goes with her last credential."""


@dataclass(frozen=True)
class Owned:
    """A credential: whose it is, and the code, card, slot or key itself."""

    user: str
    secret: Any
    duress: bool = False
    temporary: bool = False
    from_ms: int | None = None
    until_ms: int | None = None
    uses: int | None = None


@dataclass(frozen=True)
class Door:
    """What there is at the door just now."""

    now: int
    wall: int
    trusted: bool = True
    privacy: bool = False
    handle_free: bool = True
    opens: bool = True
    """The motor does what it is told."""
    menu: bool = False
    """The lock's menu waits for an administrator."""


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

    name: str
    people: dict[str, Person] = field(default_factory=dict)
    owned: dict[Key, Owned] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    failures: list[tuple[int, int]] = field(default_factory=list)
    level: int = 0
    lasts_ms: int = 0
    ends: int | None = None
    falls: int | None = None
    """When the level falls by one."""
    phones: tuple[str, ...] = ()
    granted: int = 0
    """How often the door has opened to somebody."""

    @property
    def numbered(self) -> bool:
        """Numbered users, a motor, failures that count for 300 s; otherwise `l2s`."""
        return self.name != "l2s"

    @property
    def kinds(self) -> dict[CredentialType, int | None]:
        return MODELS[self.name]

    @property
    def initial(self) -> bool:
        """Whether a touch at the front makes the first administrator (DLM-1)."""
        return self.numbered and not self.owned and not self.administrators()

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

    def reset(self) -> None:
        """RST-1: as it came out of its box."""
        fresh = Model(self.name, settings=Settings(refuse_simple_passcodes=self.numbered), granted=self.granted)
        vars(self).update(vars(fresh))

    # At the door

    def in_entry(self, entry: str) -> Key | str | None:
        """Which passcode an entry holds: "" for none, None if that cannot be told."""
        hits = [
            (len(item.secret), entry.rfind(item.secret), key)
            for key, item in self.owned.items()
            if key[0] is PIN and item.secret in entry
        ]
        if duress := [hit for hit in hits if self.owned[hit[2]].duress]:
            return max(duress)[2]
        longest = [key for length, _, key in hits if length == max(hits)[0]]
        if len({self.owned[key].user for key in longest}) > 1:
            return None
        return min(longest, key=lambda key: (self.owned[key].temporary, key[1]), default="")

    def holder(self, kind: CredentialType, secret: Any) -> Key | str:
        """Which credential this is, or "" for none."""
        return next(
            (key for key, item in self.owned.items() if (key[0], item.secret) == (kind, secret)),
            "",
        )

    def present(self, found: Key | str | None, digits: int, door: Door) -> str:
        """A verification: `locked_out`, `granted`, or why it is refused. `found` as `in_entry` tells."""
        if self.ends is not None:
            return "locked_out"
        if not self.owned:
            return "no_credential"
        if found is None or isinstance(found, str):
            self.fail(door.now, self.weight(digits))
            return "ambiguous_passcode" if found is None else "unknown_credential"
        item = self.owned[found]
        person = self.people[item.user]
        if (why := self._not_now(person, item, door)) is not None:
            return why
        own = person.admin and not item.temporary and found[0] is not BLE
        if door.menu:
            if not own:
                return "not_administrator"
        elif door.privacy and not own:
            return "privacy_on"
        elif not door.handle_free:
            return "handle_not_at_rest"
        self.failures = []
        if own:
            self.level, self.falls = 0, None
        if not door.menu and door.opens:
            self._use(found)
            self.granted += 1
        return "granted"

    def weight(self, digits: int) -> int:
        """How many failures an entry counts as."""
        if digits <= 10 or not self.settings.progressive_lockout:
            return 1
        return 2 if digits < 16 else 3

    def fail(self, now: int, weight: int = 1) -> None:
        """Somebody has failed."""
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

    def _not_now(self, person: Person, item: Owned, door: Door) -> str | None:
        if not person.enabled:
            return "user_disabled"
        who: list[Limited] = [item] if person.admin else [person, item]
        if item.uses == 0 or (not person.admin and person.uses == 0):
            return "used_up"
        week = () if person.admin else person.week
        if not week and all((one.from_ms, one.until_ms) == (None, None) for one in who):
            return None
        if not door.trusted:
            return "clock_untrusted"
        if not all(_within(one, door.wall) for one in who):
            return "outside_validity"
        return None if _in_week(week, door.wall) else "outside_schedule"

    def _use(self, key: Key) -> None:
        item = self.owned[key]
        person = self.people[item.user]
        if item.uses is not None:
            self.owned[key] = replace(item, uses=item.uses - 1)
        if person.uses is not None and not person.admin:
            self.people[item.user] = replace(person, uses=person.uses - 1)

    # In the app, and in the lock's menu

    def add(self, user: str, person: Person) -> ErrorCode | None:
        """Put somebody on the lock."""
        if user in self.people:
            return ErrorCode.DUPLICATE
        if self._leaderless({**self.people, user: person}):
            return ErrorCode.LAST_ADMINISTRATOR
        if _limited_administrator(person):
            return ErrorCode.ADMINISTRATOR_UNLIMITED
        self.people[user] = person
        return None

    def change(self, user: str, **changes: Any) -> ErrorCode | None:
        """Change somebody."""
        if user not in self.people:
            return ErrorCode.UNKNOWN_USER
        person = replace(self.people[user], **changes)
        if _limited_administrator(person):
            return ErrorCode.ADMINISTRATOR_UNLIMITED
        if self._leaderless({**self.people, user: person}):
            return ErrorCode.LAST_ADMINISTRATOR
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

    def clear(self) -> ErrorCode | None:
        """Delete everybody who is no administrator."""
        rest = {name: person for name, person in self.people.items() if person.admin}
        if len(rest) == len(self.people):
            return None
        kept = {key: item for key, item in self.owned.items() if item.user in rest}
        if self._leaderless(rest, kept):
            return ErrorCode.LAST_ADMINISTRATOR
        if self.numbered and not rest:
            return ErrorCode.LAST_USER
        self.people, self.owned = rest, kept
        return None

    def check_code(self, code: str, old: Key | None = None) -> ErrorCode | None:
        """Why this is no new passcode."""
        if not 6 <= len(code) <= 10:
            return ErrorCode.PASSCODE_LENGTH
        if (self.name == "palm6068" or self.settings.refuse_simple_passcodes) and _simple(code):
            return ErrorCode.PASSCODE_SIMPLE
        others = [item.secret for key, item in self.owned.items() if key[0] is PIN and key != old]
        if code in others:
            return ErrorCode.DUPLICATE
        return ErrorCode.PASSCODE_CONTAINS if any(other in code for other in others) else None

    def set_code(self, user: str, code: str, *, duress: bool) -> ErrorCode | None:
        """Give somebody a passcode in place of the one that she has."""
        if user not in self.people:
            return ErrorCode.UNKNOWN_USER
        old = self.own_code(user, duress=duress)
        if (error := self.check_code(code, old)) is not None:
            return error
        self.owned[old or (PIN, self.free(PIN))] = Owned(user, code, duress)
        return None

    def own_code(self, user: str, *, duress: bool = False) -> Key | None:
        """Her passcode, or the one for duress."""
        own = (
            key
            for key, item in sorted(self.owned.items())
            if (key[0], item.user, item.duress, item.temporary) == (PIN, user, duress, False)
        )
        return next(own, None)

    def lend(self, user: str, kind: CredentialType, item: Owned, *, over: bool) -> ErrorCode | None:
        """Give a visitor of somebody a temporary passcode or a Bluetooth key; not one whose time is `over`."""
        if user not in self.people:
            return ErrorCode.UNKNOWN_USER
        if over:
            return ErrorCode.BAD_REQUEST
        if kind not in self.kinds:
            return ErrorCode.NOT_SUPPORTED
        if kind is PIN:
            error = self.check_code(item.secret)
        elif not self.settings.bluetooth:
            error = ErrorCode.BLUETOOTH_OFF
        else:
            error = ErrorCode.DUPLICATE if self.holder(BLE, item.secret) else None
        if error is None:
            self.owned[kind, self.free(kind)] = item
        return error

    def enrol(self, user: str, kind: CredentialType) -> ErrorCode | None:
        """Whether somebody may enrol a finger, card, face or palm."""
        if user not in self.people:
            return ErrorCode.UNKNOWN_USER
        if kind not in self.kinds:
            return ErrorCode.NOT_SUPPORTED
        most = self.kinds[kind]
        hers = sum((key[0], item.user) == (kind, user) for key, item in self.owned.items())
        return ErrorCode.NO_SLOT_LEFT if most is not None and hers >= most else None

    def give(self, user: str, kind: CredentialType, secret: Any, *, duress: bool = False) -> int:
        """She has enrolled it; its number."""
        number = self.free(kind)
        self.owned[kind, number] = Owned(user, secret, duress)
        return number

    def take(self, *keys: Key, at_keypad: bool = False) -> ErrorCode | None:
        """Delete credentials, all of them or none."""
        if any(key not in self.owned for key in keys):
            return ErrorCode.UNKNOWN_CREDENTIAL
        kept = {key: item for key, item in self.owned.items() if key not in keys}
        emptied = at_keypad and not kept
        if self.opens_menu() and not self._opens_menu(self.people, kept) and not emptied:
            return ErrorCode.LAST_ADMINISTRATOR
        self.owned = kept
        self.drop_empty()
        return None

    def drop_empty(self) -> None:
        """USR-8: who was made at the keypad goes with her last credential."""
        owners = {item.user for item in self.owned.values()}
        self.people = {user: person for user, person in self.people.items() if not person.made or user in owners}

    def free(self, kind: CredentialType) -> int:
        """The lowest free number of a kind."""
        return next(number for number in range(1, 100) if (kind, number) not in self.owned)

    def free_number(self) -> int | None:
        """The lowest free number of a user."""
        taken = {person.number for person in self.people.values()}
        return next(number for number in range(1, 100) if number not in taken) if self.numbered else None

    def held(self, kind: CredentialType) -> Iterator[int]:
        """Slots of a reader that are in use."""
        return (item.secret for key, item in self.owned.items() if key[0] is kind)

    def administrators(self) -> set[str]:
        return {user for user, person in self.people.items() if person.admin and person.enabled}

    def opens_menu(self) -> bool:
        """Whether an administrator has something to open the menu with."""
        return self._opens_menu(self.people, self.owned)

    def _leaderless(self, people: dict[str, Person], owned: dict[Key, Owned] | None = None) -> bool:
        """Whether a lock that has an administrator would be left without one."""
        after = self.owned if owned is None else owned
        if not self.numbered and self.opens_menu() and not self._opens_menu(people, after):
            return True
        had = any(person.admin for person in (*self.people.values(), *people.values()))
        return had and not any(person.admin and person.enabled for person in people.values())

    @staticmethod
    def _opens_menu(people: dict[str, Person], owned: dict[Key, Owned]) -> bool:
        return any(
            people[item.user].admin and people[item.user].enabled and key[0] is not BLE and not item.temporary
            for key, item in owned.items()
            if item.user in people
        )


def _limited_administrator(person: Person) -> bool:
    return person.admin and ((person.from_ms, person.until_ms, person.uses) != (None, None, None) or person.week != ())


def _within(limited: Limited, wall: int) -> bool:
    begun = limited.from_ms is None or limited.from_ms <= wall
    over = limited.until_ms is not None and limited.until_ms <= wall
    return begun and not over


def _in_week(week: tuple[Window, ...], wall: int) -> bool:
    if not week:
        return True
    if not 0 <= wall < 253_000_000_000_000:
        return False
    at = datetime.fromtimestamp(wall / 1000, UTC)
    minute = at.hour * 60 + at.minute
    inside = set()
    for window in week:
        length = (window.end - window.start) % 1440 or 1440
        for day in window.days:
            inside |= {(day * 1440 + window.start + step) % (7 * 1440) for step in range(length)}
    return at.weekday() * 1440 + minute in inside


def _simple(code: str) -> bool:
    upwards, downwards = "0123456789", "9876543210"
    return code in upwards or code in downwards or len(set(code)) == 1
