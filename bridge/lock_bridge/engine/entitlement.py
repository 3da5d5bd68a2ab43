"""Who may enter now with what, and how many times still (USR-6, USR-7, VER-13, VER-14)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo
from typing import Final

from lock_bridge.wire.words import CredentialType, Refusal, Role

from . import schedule
from .effects import CountUse
from .model import Credential, Instant, User
from .state import Cause
from .turn import Turn

_MINUTE_MS: Final = 60_000


def refusal(user: User, credential: Credential, now: Instant, zone: tzinfo) -> Refusal | None:
    """The first reason why `credential` does not open for its user now; None: it does.

    Nothing but being disabled keeps out an administrator as such; what was given to a visitor keeps its own limits.
    """
    if not user.enabled:
        return Refusal.USER_DISABLED
    limited = user if user.role is not Role.ADMINISTRATOR else None
    if credential.uses_left == 0 or (limited is not None and limited.uses_left == 0):
        return Refusal.USED_UP
    timed = limited is not None and (_has_times(limited) or bool(limited.schedule))
    if not timed and not _has_times(credential):
        return None
    if not now.trusted:
        return Refusal.CLOCK_UNTRUSTED
    if not _within(credential, now) or (limited is not None and not _within(limited, now)):
        return Refusal.OUTSIDE_VALIDITY
    if limited is not None and not schedule.covers(limited.schedule, zone, now.wall_ms):
        return Refusal.OUTSIDE_SCHEDULE
    return None


def standing(user: User, hers: Iterable[Credential], now: Instant, zone: tzinfo) -> Refusal | None:
    """Why nothing of a user's own opens now (no visitor's is her own); None: something does.

    Of several reasons the one that came last: what it belongs to is the nearest to opening.
    """
    reasons: list[Refusal] = []
    for item in hers:
        if is_own(item):
            reason = refusal(user, item, now, zone)
            if reason is None:
                return None
            reasons.append(reason)
    return max(reasons, key=_ORDER.index, default=Refusal.NO_CREDENTIAL)


def changes_at_ms(user: User, hers: Iterable[Credential], now: Instant) -> int | None:
    """When time alone may change `standing`, by the wall: with the next minute at the latest; None: it cannot.

    A calendar that jumps, or begins to be trusted, is no further away than that either.
    """
    own = [item for item in hers if is_own(item)]
    if not own:
        return None
    times = [time for item in own for time in _times(item)]
    if user.role is not Role.ADMINISTRATOR:
        times += _times(user)
    if not times and (user.role is Role.ADMINISTRATOR or not user.schedule):
        return None
    minute = (now.wall_ms // _MINUTE_MS + 1) * _MINUTE_MS
    return min([minute, *(time for time in times if time > now.wall_ms)])


def is_own(credential: Credential) -> bool:
    """Whether it is a user's own, and not what she has handed to a visitor (VER-13, VER-14)."""
    return not credential.temporary and credential.type is not CredentialType.BLE


def administers(user: User, credential: Credential) -> bool:
    """Whether this is an administrator herself (USR-1), and not her visitor."""
    return user.role is Role.ADMINISTRATOR and is_own(credential)


def spend(turn: Turn, cause: Cause) -> None:
    """An entry by `cause` uses up one of what its user and its credential have left (USR-7)."""
    _count(turn, cause, -1)


def give_back(turn: Turn, cause: Cause) -> None:
    """The opening that was paid for has failed (BLT-6): `spend` is undone."""
    _count(turn, cause, +1)


def _count(turn: Turn, cause: Cause, by: int) -> None:
    """What `cause` was limited by when it was presented is changed, as far as it is still there and limited."""
    directory = turn.state.directory
    user = credential = None
    if cause.user is not None and cause.user.uses_left is not None and cause.user.role is not Role.ADMINISTRATOR:
        found = directory.users.get(cause.user.id)
        if found is not None and found.uses_left is not None:
            user = replace(found, uses_left=max(0, found.uses_left + by))
            directory = directory.with_user(user)
    if cause.credential is not None and cause.credential.uses_left is not None:
        held = directory.credentials.get((cause.credential.type, cause.credential.number))
        # Its number may be somebody else's by now.
        if held is not None and held.uses_left is not None and held.mac == cause.credential.mac:
            credential = replace(held, uses_left=max(0, held.uses_left + by))
            directory = directory.with_credential(credential)
    if user is not None or credential is not None:
        turn.set(directory=directory)
        turn.emit(CountUse(user, credential))


def _times(limited: User | Credential) -> list[int]:
    return [time for time in (limited.valid_from_ms, limited.valid_until_ms) if time is not None]


def _has_times(limited: User | Credential) -> bool:
    return limited.valid_from_ms is not None or limited.valid_until_ms is not None


def _within(limited: User | Credential, now: Instant) -> bool:
    early = limited.valid_from_ms is not None and now.wall_ms < limited.valid_from_ms
    late = limited.valid_until_ms is not None and now.wall_ms >= limited.valid_until_ms
    return not early and not late


_ORDER: Final = (
    Refusal.USER_DISABLED,
    Refusal.USED_UP,
    Refusal.CLOCK_UNTRUSTED,
    Refusal.OUTSIDE_VALIDITY,
    Refusal.OUTSIDE_SCHEDULE,
)
"""That in which `refusal` finds them."""
