"""The first start of a lock that numbers its users: the door's direction, then the first administrator (DLM-1).

Nobody verifies, so it is open only while there is nobody to let in: a stranger outside must never make himself
administrator of a lock that opens to people already.
"""

from dataclasses import replace
from typing import Final

from lock_bridge.wire.words import Role

from . import menu_enrol, menu_steps, people, settings, shows
from .effects import Prompt, Tone
from .inputs import Key
from .menu_state import Menu, Stage
from .turn import Refused, Turn

DIRECTIONS: Final = {Key.D1: "right", Key.D2: "left"}
"""BLT-12."""


def is_initial(turn: Turn) -> bool:
    """Whether a touch outside may make the first administrator: nobody is there, and the door opens to nobody."""
    directory = turn.state.directory
    return turn.profile.menu == "numbered" and not directory.credentials and not directory.administrators()


def powered_on(turn: Turn) -> None:
    """The power is there for the first time: the voice asks before anybody touches the lock."""
    if is_initial(turn) and _direction_missing(turn):
        begin(turn)


def begin(turn: Turn) -> None:
    """Ask what is not known yet: the direction first, then the administrator."""
    if _direction_missing(turn):
        menu_steps.start(turn, Menu(Stage.DIRECTION_ASKED), Prompt.CHOOSE_DIRECTION)
    else:
        menu_steps.start(turn, Menu(Stage.FIRST), Prompt.ADD_FIRST_ADMINISTRATOR)


def direction_asked_key(turn: Turn, key: Key) -> None:
    """`√` goes on, `↩` leaves."""
    turn.tone(Tone.KEY)
    if key is Key.CONFIRM:
        menu_steps.go(turn, Stage.DIRECTION, Prompt.PRESS_DIRECTION)
    else:
        menu_steps.leave(turn)


def direction_key(turn: Turn, key: Key) -> None:
    """BLT-12: `1` right-opening, `2` left-opening, as seen from where the manual says; here and in the menu."""
    first = menu_steps.of(turn).user_id is None
    if key is Key.BACK:
        turn.tone(Tone.KEY)
        if first:
            menu_steps.go(turn, Stage.DIRECTION_ASKED)
        else:
            menu_steps.top(turn)
        return
    settings.put(turn, {"door_direction": DIRECTIONS[key]}, menu_steps.by(turn))
    turn.save_modes(direction_set=True)
    turn.verdict(good=True)
    if first:
        menu_steps.go(turn, Stage.FIRST, Prompt.ADD_FIRST_ADMINISTRATOR)
    else:
        menu_steps.top(turn, Prompt.DONE)


def first_key(turn: Turn, key: Key) -> None:
    """`√` adds the first administrator, `↩` leaves, and the lock stays as it is."""
    turn.tone(Tone.KEY)
    if key is Key.BACK:
        menu_steps.leave(turn)
        return
    user = people.new_user(turn, Role.ADMINISTRATOR)
    if isinstance(user, Refused):
        menu_steps.refuse(turn, user)
        return
    turn.set(menu=replace(menu_steps.of(turn), role=Role.ADMINISTRATOR, new_user=user))
    menu_enrol.begin_passcode(turn)
    shows.user(turn, user)


def _direction_missing(turn: Turn) -> bool:
    return "door_direction" in turn.profile.settings and not turn.state.modes.direction_set
