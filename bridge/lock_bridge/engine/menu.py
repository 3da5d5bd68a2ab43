"""The menus at the keypad (L2S, DLM, MNU)."""

from .menu_state import Stage
from .state import Cause, LockState
from .turn import Turn


def follow(turn: Turn, before: LockState) -> None:
    """What the menu makes of what has just happened elsewhere: an enrolment's step or end."""


def awaits_verification(turn: Turn) -> bool:
    """Whether the next verification is for the menu, not for the door (L2S-1, DLM-2)."""
    menu = turn.state.menu
    return menu is not None and menu.stage is Stage.VERIFY


def verified(turn: Turn, cause: Cause) -> None:
    """An administrator has been verified: the menu opens to her."""
    raise NotImplementedError
