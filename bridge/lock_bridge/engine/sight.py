"""Looking for faces: who comes near, and the infrared light (VER-5)."""

from .inputs import NearSeen
from .state import LockState
from .turn import Turn


def near_seen(turn: Turn, given: NearSeen) -> None:
    """VER-5: a face is looked for when somebody comes near."""
    raise NotImplementedError


def look_over(turn: Turn) -> None:
    """Nobody has shown a face."""
    raise NotImplementedError


def follow(turn: Turn, before: LockState) -> None:
    """Looking begins and ends with what has just happened: a touch, a menu that waits for a verification."""
