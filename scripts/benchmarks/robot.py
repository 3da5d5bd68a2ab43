"""How long a robot needs at the keypad: a machine that types day and night, knows the rules, and plays them best.

Its clock is the engine's own: every failure goes through `engine.lockout`, and the lock says when it is open again. The
codes that it tries are packed as tightly as entries allow: neighbouring entries share all digits but one of a code, so
that an entry of e digits tries e - n + 1 new codes of n digits, and none twice (a de Bruijn sequence, cut in pieces).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations_with_replacement

from lock_bridge.engine import lockout
from lock_bridge.engine.model import LockoutRecord, Settings
from lock_bridge.engine.profile import Profile

KEY_MS = 250
"""Of one key. A solenoid over each key does no better by much: the keypad has to see it come up again."""
VERDICT_MS = 1_000
"""From the confirm key until the next digit counts."""

_MOST = 12
"""Entries in a round; more never pay, since each weighs at least one failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A robot at a lock of one model, after codes of one length."""

    profile: Profile
    settings: Settings
    digits: int
    scrambled: bool = True
    """Whether digits around a code are allowed (VER-3); otherwise an entry tries one code."""

    def codes(self, entry: int) -> int:
        """How many codes an entry of so many digits tries."""
        return entry - self.digits + 1

    def weight(self, entry: int) -> int:
        """How many failures it counts as."""
        return lockout.weight(entry, self.settings)

    def entries(self) -> tuple[int, ...]:
        """Lengths that are worth typing: the longest of each weight."""
        lengths = range(self.digits, self.profile.entry_max + 1) if self.scrambled else (self.digits,)
        return tuple({self.weight(length): length for length in lengths}.values())


class Way(StrEnum):
    """What a robot does once it has been locked out a few times."""

    PUSH = "push"
    """It goes on, into one lockout after the other."""
    CREEP = "creep"
    """It stays one failure below the lockout, and lets the old ones grow too old to count."""
    REST = "rest"
    """It waits for the level to fall before each further lockout."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a robot goes about it: into lockouts up to `level`, and from there on in a `way`."""

    way: Way
    level: int
    push: tuple[int, ...]
    """The entries of a round that ends in a lockout; the last one may weigh more than is left."""
    creep: tuple[int, ...] = ()
    """The entries of a round that stays below it."""


@dataclass(frozen=True, slots=True)
class _Round:
    """What one round brought: codes tried by the end of each entry, and when that was."""

    codes: tuple[int, ...]
    times: tuple[int, ...]
    took_ms: int
    """Until the next round may begin."""


def median_tries(digits: int, codes: int) -> int:
    """How many different codes are tried until one of `codes` is found, as often sooner as later."""
    space = 10**digits
    low, high = 1, space
    while low < high:
        middle = (low + high) // 2
        missed = sum(_log(space - middle - taken) - math.log(space - taken) for taken in range(codes))
        low, high = (low, middle) if missed <= math.log(0.5) else (middle + 1, high)
    return low


def best(attack: Attack, tries: int) -> tuple[int, Plan]:
    """The milliseconds until so many codes are tried, by the plan that does it soonest."""
    return min(((time_for(attack, plan, tries), plan) for plan in plans(attack)), key=lambda found: found[0])


def plans(attack: Attack) -> Iterator[Plan]:
    """All plans that a robot may think of."""
    below, over = _rounds(attack)
    levels = range(len(attack.profile.lockout_ms) + 1) if attack.settings.progressive_lockout else range(1)
    for push in over:
        yield Plan(Way.PUSH, 0, push)
        for level in levels:
            if level:
                yield Plan(Way.REST, level, push)
            if attack.profile.failure_window_ms is not None:
                yield Plan(Way.CREEP, level, push, max(below, key=lambda entries: _tried(attack, entries)))


def time_for(attack: Attack, plan: Plan, tries: int) -> int:
    """The milliseconds until so many codes are tried."""
    now, tried, record = 0, 0, LockoutRecord()
    before: tuple[_Round, int] | None = None
    while True:
        played, record = _play(attack, plan, record, now)
        steady = (played, min(record.level, len(attack.profile.lockout_ms)))
        if tried + played.codes[-1] >= tries:
            return now + next(
                time for codes, time in zip(played.codes, played.times, strict=True) if tried + codes >= tries
            )
        rounds = 1
        if steady == before:
            # From here on each round is like the last: leave out all but the one in which it happens.
            rounds = max(1, (tries - tried - 1) // played.codes[-1])
            record = _later(record, (rounds - 1) * played.took_ms)
        before = steady
        tried, now = tried + rounds * played.codes[-1], now + rounds * played.took_ms


def _rounds(attack: Attack) -> tuple[Sequence[tuple[int, ...]], Sequence[tuple[int, ...]]]:
    """Rounds that stay below the lockout, and rounds that end in one; of like ones that with most codes."""
    limit = attack.profile.failures
    below: dict[int, tuple[int, ...]] = {}
    over: dict[int, tuple[int, ...]] = {}
    for count in range(1, min(limit, _MOST) + 1):
        for entries in combinations_with_replacement(attack.entries(), count):
            weight = sum(map(attack.weight, entries))
            if weight < limit:
                _keep(attack, below, count, entries)
            elif weight - attack.weight(entries[-1]) < limit:
                # The lengths rise, so that the last entry is the heaviest: it is the one that may weigh too much.
                _keep(attack, over, count, entries)
    return tuple(below.values()), tuple(over.values())


def _keep(attack: Attack, kept: dict[int, tuple[int, ...]], count: int, entries: tuple[int, ...]) -> None:
    if _tried(attack, entries) > _tried(attack, kept.get(count, ())):
        kept[count] = entries


def _tried(attack: Attack, entries: Sequence[int]) -> int:
    return sum(map(attack.codes, entries))


def _play(attack: Attack, plan: Plan, record: LockoutRecord, began: int) -> tuple[_Round, LockoutRecord]:
    creeps = plan.way is Way.CREEP and record.level >= plan.level
    now, tried, codes, times = began, 0, list[int](), list[int]()
    for entry in plan.creep if creeps else plan.push:
        now += (entry + 1) * KEY_MS
        tried += attack.codes(entry)
        codes.append(tried)
        times.append(now - began)
        outcome = lockout.fail(record, now, attack.weight(entry), attack.profile, attack.settings)
        record = outcome.record
        now += VERDICT_MS
    if creeps:
        window = attack.profile.failure_window_ms or 0
        now = max(now, began + window + 1)
    else:
        if record.ends_mono_ms is None:
            raise AssertionError("a round that was to end in a lockout did not")
        now = max(now, record.ends_mono_ms)
        record = lockout.end(record)
        # The sleeping keypad is woken by a touch.
        now += KEY_MS
    if plan.way is Way.REST and record.level > plan.level and record.decay_mono_ms is not None:
        now = record.decay_mono_ms
    return _Round(tuple(codes), tuple(times), now - began), lockout.decay(record, now)


def _later(record: LockoutRecord, ms: int) -> LockoutRecord:
    due = record.decay_mono_ms
    return replace(
        record,
        failures=tuple((at + ms, weight) for at, weight in record.failures),
        decay_mono_ms=None if due is None else due + ms,
    )


def _log(value: int) -> float:
    return math.log(value) if value > 0 else -math.inf
