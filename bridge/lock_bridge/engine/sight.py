"""Looking for faces: who comes near, and the infrared light (VER-5)."""

from .inputs import NearSeen
from .turn import Turn


def near_seen(turn: Turn, given: NearSeen) -> None:
    """VER-5: a face is looked for when somebody comes near."""
    raise NotImplementedError


def look_over(turn: Turn) -> None:
    """Nobody has shown a face."""
    raise NotImplementedError
