"""The menus at the keypad (L2S, DLM, MNU)."""

from .state import LockState
from .turn import Turn


def follow(turn: Turn, before: LockState) -> None:
    """What the menu makes of what has just happened elsewhere: an enrolment's step or end."""
