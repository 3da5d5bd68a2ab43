"""Factory reset, at the lock and from the app (RST-1)."""

from .inputs import ResetLock
from .turn import Turn


def reset_lock(turn: Turn, given: ResetLock) -> None:
    """RST-1."""
    raise NotImplementedError


def late(turn: Turn) -> None:
    """RST-1: nobody has confirmed."""
    raise NotImplementedError
