"""Operating modes: passage, leaving-home, privacy, and locking from outside (BLT-2, BLT-7 to BLT-9, BLT-15)."""

from .inputs import PeepholeSeen, PrivacySeen, SetMode
from .state import Cause, LockState
from .turn import Turn


def confirm_outside(turn: Turn) -> bool:
    """BLT-2: the confirm key, with nothing typed, asleep or awake. False: it was not lit for locking."""
    raise NotImplementedError


def leave_key(turn: Turn) -> None:
    """BLT-8: the key, pressed while the keypad is awake (a touch that wakes it is not for here)."""
    raise NotImplementedError


def entered(turn: Turn, cause: Cause) -> None:
    """A right verification outside, just before the bolt is moved for it: it ends passage and leaving-home."""
    raise NotImplementedError


def follow(turn: Turn, before: LockState) -> None:
    """What the modes make of what has just happened elsewhere: a bolt that is locked, a setting that changed."""


def privacy_seen(turn: Turn, given: PrivacySeen) -> None:
    """BLT-9."""
    raise NotImplementedError


def peephole_seen(turn: Turn, given: PeepholeSeen) -> None:
    """BLT-9: state only."""
    raise NotImplementedError


def set_mode(turn: Turn, given: SetMode) -> None:
    """BLT-7, BLT-8."""
    raise NotImplementedError


def passage_over(turn: Turn) -> None:
    """BLT-7: the while is over."""
    raise NotImplementedError


def outside_lock_over(turn: Turn) -> None:
    """BLT-2: the door has not been closed in time."""
    raise NotImplementedError
