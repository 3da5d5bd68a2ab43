"""The count of failures and the lockout (VER-7 to VER-11), as functions of the record that lies on disk."""

from dataclasses import dataclass, replace

from .model import LockoutRecord, Settings
from .profile import Profile

DECAY_MS = 24 * 60 * 60 * 1000
"""The level falls by one for each day without a failure (VER-11)."""

_PLAIN_DIGITS = 10
_LONG_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Failure:
    """The record after a failure, and whether it began a lockout."""

    record: LockoutRecord
    locked_out: bool


def weight(digits: int, settings: Settings) -> int:
    """How many failures an entry of so many digits counts as: long ones try many codes at once (VER-11)."""
    if not settings.progressive_lockout or digits <= _PLAIN_DIGITS:
        return 1
    return 2 if digits < _LONG_DIGITS else 3


def fail(record: LockoutRecord, mono_ms: int, weighs: int, profile: Profile, settings: Settings) -> Failure:
    """After one more failure. A lockout empties the count and raises the level."""
    window = profile.failure_window_ms
    kept = (entry for entry in record.failures if window is None or mono_ms - entry[0] <= window)
    # Each weighs at least one, so older ones change nothing: with the lockout off the record does not grow.
    failures = (*kept, (mono_ms, weighs))[-profile.failures :]
    record = replace(record, failures=failures, decay_mono_ms=mono_ms + DECAY_MS if record.level else None)
    if not settings.lockout_enabled or sum(entry[1] for entry in failures) < profile.failures:
        return Failure(record, locked_out=False)
    duration = duration_ms(record.level, profile, settings)
    locked = replace(
        record,
        failures=(),
        level=record.level + 1,
        ends_mono_ms=mono_ms + duration,
        duration_ms=duration,
        decay_mono_ms=mono_ms + DECAY_MS,
    )
    return Failure(locked, locked_out=True)


def duration_ms(level: int, profile: Profile, settings: Settings) -> int:
    """How long the lockout lasts that follows `level` others (VER-11)."""
    table = profile.lockout_ms
    return table[min(level, len(table) - 1)] if settings.progressive_lockout else table[0]


def succeed(record: LockoutRecord, *, administrator: bool) -> LockoutRecord:
    """After a success: the count is zero; the level only by an administrator's."""
    if administrator:
        return replace(record, failures=(), level=0, decay_mono_ms=None)
    return replace(record, failures=())


def end(record: LockoutRecord) -> LockoutRecord:
    """After a lockout has run out: open again, the count at zero, the level kept."""
    return replace(record, failures=(), ends_mono_ms=None, duration_ms=0)


def pardon(record: LockoutRecord) -> LockoutRecord:
    """After an end from the app: as if there had never been a failure (VER-9, VER-11)."""
    return LockoutRecord(boot_id=record.boot_id)


def decay(record: LockoutRecord, mono_ms: int) -> LockoutRecord:
    """The level is one lower for each day without a failure, also if several have gone by unheard."""
    due = record.decay_mono_ms
    while due is not None and due <= mono_ms:
        level = max(0, record.level - 1)
        due = due + DECAY_MS if level else None
        record = replace(record, level=level, decay_mono_ms=due)
    return record


def restarted(record: LockoutRecord, boot_id: str, mono_ms: int) -> LockoutRecord:
    """After a start (VER-10).

    In another boot the old times mean nothing: failures count as just made, and what remained starts anew in full. In
    the same one they hold, but for those that lie further ahead than they can: a simulated door's clock may fall back.
    """
    if record.boot_id == boot_id:
        return _within_reach(record, mono_ms)
    return replace(
        record,
        failures=tuple((mono_ms, weighs) for _, weighs in record.failures),
        ends_mono_ms=None if record.ends_mono_ms is None else mono_ms + record.duration_ms,
        decay_mono_ms=mono_ms + DECAY_MS if record.level else None,
        boot_id=boot_id,
    )


def _within_reach(record: LockoutRecord, mono_ms: int) -> LockoutRecord:
    ends, falls = record.ends_mono_ms, record.decay_mono_ms
    return replace(
        record,
        failures=tuple((min(at, mono_ms), weighs) for at, weighs in record.failures),
        ends_mono_ms=None if ends is None else min(ends, mono_ms + record.duration_ms),
        decay_mono_ms=None if falls is None else min(falls, mono_ms + DECAY_MS),
    )
