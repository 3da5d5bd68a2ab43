"""The menu of short codes, of a lock that knows credentials by kind and number (L2S-1 to L2S-10)."""

from collections.abc import Callable, Mapping
from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Role

from . import credentials, enrolment, menu_enrol, menu_steps, settings, shows
from .effects import Prompt, Tone
from .inputs import Key
from .menu_state import Menu, Stage
from .model import Credential
from .profile import DIGITS
from .state import Cause
from .turn import Refused, Turn

_KINDS: Final[Mapping[str, CredentialType]] = {
    "1": CredentialType.FINGERPRINT,
    "2": CredentialType.PIN,
    "3": CredentialType.RFID,
}
_ADD, _DELETE, _CLEAR, _VOLUME = "1234"
_VOLUMES: Final[Mapping[str, str]] = {"1": "high", "2": "low", "3": "mute"}
_INITIALISE: Final = "initialise"
_NUMBER_DIGITS: Final = 3
"""The longest number that a slot can have, with zeros in front if somebody likes."""


def code_entered(turn: Turn, entry: str) -> bool:
    """L2S-1: the code that opens the menu, typed for itself. In the initial state nobody verifies."""
    if turn.profile.menu != "codes" or entry != turn.profile.menu_code:
        return False
    turn.tone(Tone.KEY)
    if turn.state.directory.credentials:
        menu_steps.start(turn, Menu(Stage.VERIFY, role=Role.USER), Prompt.VERIFY_ADMINISTRATOR)
    else:
        turn.record(EventType.MENU_OPENED, Cause(OperationSource.KEYPAD))
        menu_steps.start(turn, Menu(Stage.TOP, role=Role.ADMINISTRATOR), Prompt.MENU)
    return True


def key_pressed(turn: Turn, key: Key) -> None:
    """A key in the open menu."""
    _KEYS[menu_steps.of(turn).stage](turn, key)


def lit(turn: Turn) -> frozenset[str]:
    """The keys that can be pressed now; while a finger is enrolled, how many touches have counted (L2S-4)."""
    return _BACK if menu_steps.of(turn).stage is Stage.ENROLLING else _ALL


def _top(turn: Turn, key: Key) -> None:
    """L2S-3: short codes, one after another, until `*` leaves."""
    menu = menu_steps.of(turn)
    if key in DIGITS:
        menu_steps.type_digit(turn, key, turn.profile.entry_max)
    elif key is Key.CONFIRM:
        if menu.typed:
            menu_steps.change(turn, typed="", action="")
            _short_code(turn, menu.typed)
    elif menu.typed:
        turn.tone(Tone.KEY)
        menu_steps.change(turn, typed="")
    else:
        turn.tone(Tone.KEY)
        menu_steps.leave(turn, Prompt.MENU_CLOSED)


def _short_code(turn: Turn, code: str) -> None:
    """L2S-2."""
    if code == turn.profile.initialise_code:
        turn.tone(Tone.KEY)
        menu_steps.go(turn, Stage.CONFIRM, Prompt.CONFIRM, action=_INITIALISE)
        return
    action, choice = (code[0], code[1]) if len(code) == 2 else ("", "")
    kind = _KINDS.get(choice)
    if action == _VOLUME and choice in _VOLUMES:
        settings.put(turn, {"volume": _VOLUMES[choice]}, menu_steps.by(turn))
        turn.verdict(good=True)
        turn.say(Prompt.DONE)
    elif action in _WITH_KIND and kind is not None and turn.profile.limits(kind) is not None:
        menu_steps.change(turn, action=action, kind=kind)
        _WITH_KIND[action](turn, kind)
    else:
        turn.verdict(good=False)
        turn.say(Prompt.FAILED)


def _add(turn: Turn, kind: CredentialType) -> None:
    turn.tone(Tone.KEY)
    menu_enrol.begin(turn, kind)


def _delete(turn: Turn, _kind: CredentialType) -> None:
    turn.tone(Tone.KEY)
    menu_steps.go(turn, Stage.NUMBER, Prompt.ENTER_NUMBER)


def _clear(turn: Turn, kind: CredentialType) -> None:
    """L2S-9: the kind that opened this menu stays."""
    opener = menu_steps.of(turn).opened_by
    if opener is not None and opener.type is kind:
        _back_refused(turn, ErrorCode.NOT_SUPPORTED)
    else:
        turn.tone(Tone.KEY)
        menu_steps.go(turn, Stage.CONFIRM, Prompt.CONFIRM)


def _number(turn: Turn, key: Key) -> None:
    """L2S-8: the number of what is to go."""
    menu = menu_steps.of(turn)
    if key in DIGITS:
        menu_steps.type_digit(turn, key, _NUMBER_DIGITS)
    elif key is Key.CONFIRM:
        if menu.typed:
            _number_typed(turn, int(menu.typed))
    elif menu.typed:
        turn.tone(Tone.KEY)
        menu_steps.change(turn, typed="")
    else:
        turn.tone(Tone.KEY)
        menu_steps.top(turn)


def _number_typed(turn: Turn, number: int) -> None:
    opener = menu_steps.of(turn).opened_by
    credential = _credential(turn, number)
    if credential is None:
        _back_refused(turn, ErrorCode.UNKNOWN_CREDENTIAL)
    elif opener is not None and (opener.type, opener.number) == (credential.type, credential.number):
        _back_refused(turn, ErrorCode.NOT_SUPPORTED)
    else:
        turn.tone(Tone.KEY)
        menu_steps.go(turn, Stage.CONFIRM, Prompt.CONFIRM, number=number)
        shows.number(turn, number)


def _confirm(turn: Turn, key: Key) -> None:
    """`#` confirms; at any other key nothing is done."""
    if key is not Key.CONFIRM:
        turn.tone(Tone.KEY)
        menu_steps.top(turn)
    elif (refused := _carry_out(turn)) is not None:
        _back_refused(turn, refused)
    else:
        turn.verdict(good=True)
        menu_steps.top(turn, Prompt.DONE)


def _carry_out(turn: Turn) -> Refused | None:
    menu, by = menu_steps.of(turn), menu_steps.by(turn)
    if menu.action == _INITIALISE:
        credentials.remove_all(turn, by)
        # L2S-10: the lock is in its initial state, and so is its menu.
        turn.set(menu=Menu(Stage.TOP, role=Role.ADMINISTRATOR))
        return None
    if menu.action == _CLEAR:
        return credentials.remove_kind(turn, menu_steps.kind(turn), by)
    credential = _credential(turn, menu.number)
    return Refused(ErrorCode.UNKNOWN_CREDENTIAL) if credential is None else credentials.remove(turn, credential, by)


def _credential(turn: Turn, number: int | None) -> Credential | None:
    """What has that number; the app may have deleted it since it was typed."""
    return turn.state.directory.credentials.get((menu_steps.kind(turn), number or 0))


def _back_refused(turn: Turn, error: ErrorCode | Refused) -> None:
    """USR-4: failure, back in the menu."""
    menu_steps.refuse(turn, error)
    menu_steps.top(turn)


def _enrolling(turn: Turn, key: Key) -> None:
    """What follows is the end of the enrolment, wherever it came from."""
    if key is Key.BACK:
        turn.tone(Tone.KEY)
        enrolment.abort(turn)


_BACK: Final = frozenset({Key.BACK.value})
_ALL: Final = frozenset(key.value for key in DIGITS | {Key.CONFIRM, Key.BACK})

_WITH_KIND: Final[Mapping[str, Callable[[Turn, CredentialType], None]]] = {
    _ADD: _add,
    _DELETE: _delete,
    _CLEAR: _clear,
}

_KEYS: Final[Mapping[Stage, Callable[[Turn, Key], None]]] = {
    Stage.TOP: _top,
    Stage.NUMBER: _number,
    Stage.CONFIRM: _confirm,
    Stage.PASSCODE: menu_enrol.passcode_key,
    Stage.PASSCODE_AGAIN: menu_enrol.passcode_key,
    Stage.ENROLLING: _enrolling,
}
