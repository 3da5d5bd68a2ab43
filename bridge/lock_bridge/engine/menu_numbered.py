"""The menu of numbered items, of a lock that numbers its users (DLM-2 to DLM-4, DLM-8 to DLM-10)."""

from collections.abc import Callable, Mapping
from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import Role

from . import enrolment, first_start, menu_enrol, menu_steps, people, phones, shows
from .effects import Hush, Prompt, Tone
from .inputs import Key
from .menu_state import Menu, Stage
from .profile import DIGITS
from .turn import Refused, Turn

_NUMBER_DIGITS: Final = 3
"""USR-2."""

_ROLES: Final[Mapping[str, Role]] = {"new_administrator": Role.ADMINISTRATOR, "new_user": Role.USER}


def set_pressed(turn: Turn) -> None:
    """DLM-2: SET on the rear. Where no administrator is there yet, whoever is inside makes the first one (DLM-1)."""
    if turn.state.menu is not None:
        return
    turn.tone(Tone.KEY)
    if not turn.state.directory.administrators():
        first_start.begin(turn)
    else:
        menu_steps.start(turn, Menu(Stage.VERIFY), Prompt.VERIFY_ADMINISTRATOR)


def key_pressed(turn: Turn, key: Key) -> None:
    """A key that is lit; the dark ones do nothing."""
    if key.value in lit(turn):
        _KEYS[menu_steps.of(turn).stage](turn, key)


def lit(turn: Turn) -> frozenset[str]:
    """The keys that can be pressed now."""
    menu, profile = menu_steps.of(turn), turn.profile
    match menu.stage:
        case Stage.DIRECTION_ASKED | Stage.FIRST | Stage.CONFIRM:
            return _CHOICE
        case Stage.DIRECTION:
            return _DIRECTION
        case Stage.TOP:
            return _items(len(profile.menu_items))
        case Stage.KINDS:
            return _items(len(profile.enrol_items))
        case Stage.ENROLLED:
            return _items(1)
        case Stage.PASSCODE | Stage.PASSCODE_AGAIN:
            return _TYPING | _CONFIRM if len(menu.typed) >= profile.passcode_min else _TYPING
        case Stage.NUMBER if len(menu.typed) == _NUMBER_DIGITS:
            return _CHOICE
        case Stage.NUMBER:
            return _TYPING | _CONFIRM if menu.typed else _TYPING
        case _:
            return _BACK


def spoken(turn: Turn) -> None:
    """DLM-10: all has been read; the menu's keys light again."""
    menu = turn.state.menu
    if menu is not None and menu.stage is Stage.INFORMATION:
        menu_steps.top(turn)


def _top(turn: Turn, key: Key) -> None:
    turn.tone(Tone.KEY)
    if key is Key.BACK:
        menu_steps.leave(turn, Prompt.MENU_CLOSED)
        return
    item = turn.profile.menu_items[int(key.value) - 1]
    menu_steps.change(turn, action=item)
    match item:
        case "new_administrator" | "new_user":
            _begin_user(turn, _ROLES[item])
        case "delete":
            menu_steps.go(turn, Stage.NUMBER, Prompt.ENTER_NUMBER)
        case "door_direction":
            menu_steps.go(turn, Stage.DIRECTION, Prompt.PRESS_DIRECTION)
        case "clear_bluetooth":
            menu_steps.go(turn, Stage.CONFIRM, Prompt.CLEAR_BLUETOOTH)
        case _:
            _read_information(turn)


def _begin_user(turn: Turn, role: Role) -> None:
    user = people.new_user(turn, role)
    if isinstance(user, Refused):
        menu_steps.refuse(turn, user)
        return
    menu_steps.go(turn, Stage.KINDS, Prompt.CHOOSE_CREDENTIAL, role=role, new_user=user)
    shows.user(turn, user)


def _kinds(turn: Turn, key: Key) -> None:
    turn.tone(Tone.KEY)
    if key is Key.BACK:
        menu_steps.top(turn)
    else:
        menu_enrol.begin(turn, turn.profile.enrol_items[int(key.value) - 1])


def _enrolling(turn: Turn, _back: Key) -> None:
    """What follows is the end of the enrolment, wherever it came from."""
    turn.tone(Tone.KEY)
    enrolment.abort(turn)


def _enrolled(turn: Turn, key: Key) -> None:
    """DLM-6: `1` adds the next finger for the same user, `↩` goes back."""
    turn.tone(Tone.KEY)
    if key is Key.BACK:
        menu_enrol.step_back(turn)
    else:
        menu_enrol.begin(turn, menu_steps.kind(turn))


def _number(turn: Turn, key: Key) -> None:
    """DLM-8; with nothing typed `↩` goes back, else it drops what was typed."""
    menu = menu_steps.of(turn)
    if key in DIGITS:
        menu_steps.type_digit(turn, key, _NUMBER_DIGITS)
    elif key is Key.CONFIRM:
        _delete(turn, int(menu.typed))
    else:
        turn.tone(Tone.KEY)
        if menu.typed:
            menu_steps.change(turn, typed="")
        else:
            menu_steps.top(turn)


def _delete(turn: Turn, number: int) -> None:
    users = turn.state.directory.users.values()
    user = next((user for user in users if user.number == number), None)
    if user is None:
        menu_steps.refuse_number(turn, ErrorCode.UNKNOWN_USER)
        return
    refused = people.remove(turn, user, menu_steps.by(turn))
    if refused is not None:
        menu_steps.refuse_number(turn, refused)
        return
    turn.verdict(good=True)
    menu_steps.top(turn, Prompt.DONE)


def _confirm(turn: Turn, key: Key) -> None:
    """DLM-9: `√` clears the Bluetooth pairing, `↩` goes back."""
    if key is Key.BACK:
        turn.tone(Tone.KEY)
        menu_steps.top(turn)
        return
    phones.clear(turn, menu_steps.by(turn))
    turn.verdict(good=True)
    menu_steps.top(turn, Prompt.DONE)


def _read_information(turn: Turn) -> None:
    """DLM-10: always in English. Where the one-time mute lets nothing be heard, there is nothing to wait for."""
    if turn.state.modes.mute_once:
        menu_steps.top(turn)
        return
    identity = turn.setup.identity
    menu_steps.go(turn, Stage.INFORMATION)
    turn.say(
        Prompt.SYSTEM_INFORMATION,
        language="en",
        serial=identity.serial,
        version=identity.version,
        code=identity.verification_code,
    )


def _information(turn: Turn, _back: Key) -> None:
    """`↩` returns earlier, and the voice breaks off."""
    turn.tone(Tone.KEY)
    turn.emit(Hush())
    menu_steps.top(turn)


def _items(count: int) -> frozenset[str]:
    return frozenset(str(item) for item in range(1, count + 1)) | _BACK


_BACK: Final = frozenset({Key.BACK.value})
_CONFIRM: Final = frozenset({Key.CONFIRM.value})
_CHOICE: Final = _BACK | _CONFIRM
_TYPING: Final = frozenset(digit.value for digit in DIGITS) | _BACK
_DIRECTION: Final = frozenset(key.value for key in first_start.DIRECTIONS) | _BACK

_KEYS: Final[Mapping[Stage, Callable[[Turn, Key], None]]] = {
    Stage.DIRECTION_ASKED: first_start.direction_asked_key,
    Stage.DIRECTION: first_start.direction_key,
    Stage.FIRST: first_start.first_key,
    Stage.TOP: _top,
    Stage.KINDS: _kinds,
    Stage.PASSCODE: menu_enrol.passcode_key,
    Stage.PASSCODE_AGAIN: menu_enrol.passcode_key,
    Stage.ENROLLING: _enrolling,
    Stage.ENROLLED: _enrolled,
    Stage.NUMBER: _number,
    Stage.CONFIRM: _confirm,
    Stage.INFORMATION: _information,
}
