"""What users and credentials may be limited by, as the app gives it: names, times, and numbers of entries."""

from typing import Any, Final

from lock_bridge.wire.errors import ErrorCode

from .turn import Refused

NAME_MAX: Final = 64
"""Of a user's name and a credential's label, in letters."""

WALL_MAX_MS: Final = 253_402_300_800_000
"""The end of the year 9999."""

USES_MAX: Final = 100_000


def wrong_name(value: Any) -> bool:
    """Whether this is no name: one printable line with something in it."""
    return not isinstance(value, str) or not value.strip() or len(value) > NAME_MAX or not value.isprintable()


def wrong_label(value: Any) -> bool:
    """Whether this is no label: a name, or nothing."""
    return value != "" and wrong_name(value)


def wrong_time(value: Any) -> bool:
    """Whether this is neither a time (ms since 1970) nor None."""
    return value is not None and (type(value) is not int or not 0 <= value < WALL_MAX_MS)


def wrong_uses(value: Any) -> bool:
    """Whether this is neither a number of entries nor None."""
    return value is not None and (type(value) is not int or not 1 <= value <= USES_MAX)


def check(valid_from_ms: int | None, valid_until_ms: int | None, uses: int | None) -> Refused | None:
    """Why these cannot be limits; None: they can."""
    if wrong_time(valid_from_ms):
        return Refused(ErrorCode.BAD_REQUEST, {"field": "valid_from_ms"})
    if wrong_time(valid_until_ms) or is_backwards(valid_from_ms, valid_until_ms):
        return Refused(ErrorCode.BAD_REQUEST, {"field": "valid_until_ms"})
    if wrong_uses(uses):
        return Refused(ErrorCode.BAD_REQUEST, {"field": "uses"})
    return None


def is_backwards(valid_from_ms: int | None, valid_until_ms: int | None) -> bool:
    """Whether a period ends before it has begun."""
    return valid_from_ms is not None and valid_until_ms is not None and valid_from_ms >= valid_until_ms
