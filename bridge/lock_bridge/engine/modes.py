"""Operating modes: passage, leaving-home, privacy, and locking from outside (BLT-2, BLT-7 to BLT-9, BLT-15)."""

from .inputs import PeepholeSeen, PrivacySeen, SetMode
from .turn import Turn


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
