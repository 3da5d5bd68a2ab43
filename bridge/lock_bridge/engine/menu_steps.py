"""Steps that all menus are made of: open, go on, back to its top, leave, refuse (L2S-3, DLM-1, MNU-1)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, OperationSource, Role

from . import enrolment, shows
from .effects import Prompt, Tone
from .inputs import Key
from .menu_state import Menu, Stage
from .state import Cause
from .turn import Refused, Turn

_WHY: Final[Mapping[ErrorCode, Prompt]] = {
    ErrorCode.PASSCODE_LENGTH: Prompt.PASSCODE_LENGTH,
    ErrorCode.PASSCODE_SIMPLE: Prompt.PASSCODE_SIMPLE,
    ErrorCode.PASSCODE_CONTAINS: Prompt.PASSCODE_CONTAINS,
    ErrorCode.DUPLICATE: Prompt.EXISTS_ALREADY,
    ErrorCode.NO_SLOT_LEFT: Prompt.NO_ROOM,
    ErrorCode.LAST_ADMINISTRATOR: Prompt.LAST_ADMINISTRATOR,
    ErrorCode.UNKNOWN_USER: Prompt.UNKNOWN_NUMBER,
    ErrorCode.UNKNOWN_CREDENTIAL: Prompt.UNKNOWN_NUMBER,
}
"""What the voice says of a refusal (CAP-20); the others are simply not possible."""


def of(turn: Turn) -> Menu:
    """The menu that is open; asked only while one is."""
    return cast("Menu", turn.state.menu)


def kind(turn: Turn) -> CredentialType:
    """What is enrolled, deleted or cleared; asked only while something is."""
    return cast("CredentialType", of(turn).kind)


def change(turn: Turn, **changes: Any) -> None:
    """Change the open menu."""
    turn.set(menu=replace(of(turn), **changes))


def go(turn: Turn, stage: Stage, prompt: Prompt | None = None, **changes: Any) -> None:
    """The menu waits for something else now; what was typed is gone."""
    change(turn, stage=stage, typed="", **changes)
    if prompt is not None:
        turn.say(prompt)


def start(turn: Turn, menu: Menu, prompt: Prompt) -> None:
    """The keypad lights for a menu."""
    shows.end(turn)
    turn.set(menu=menu, awake=True, entry="")
    turn.say(prompt)


def top(turn: Turn, prompt: Prompt | None = None) -> None:
    """Back at the menu's top; nothing of what was under way stays but what its end has kept."""
    menu = of(turn)
    turn.set(menu=Menu(Stage.TOP, menu.opened_by, menu.user_id, role=_role_at_top(turn, menu)))
    if prompt is not None:
        turn.say(prompt)


def leave(turn: Turn, prompt: Prompt | None = None) -> None:
    """The menu ends and the keypad sleeps: what was half entered or enrolled is gone (MNU-1)."""
    if awaits_enrolment(turn):
        enrolment.abort(turn)
    shows.end(turn)
    turn.set(menu=None, awake=False, entry="")
    if prompt is not None:
        turn.say(prompt)


def awaits_enrolment(turn: Turn) -> bool:
    """Whether the menu waits for a finger, card, face or palm."""
    menu = turn.state.menu
    return menu is not None and menu.stage is Stage.ENROLLING


def by(turn: Turn) -> Cause:
    """Who does what the menu does: who opened it, at the keypad."""
    user_id = of(turn).user_id
    return Cause(OperationSource.KEYPAD, None if user_id is None else turn.state.directory.users.get(user_id))


def refuse(turn: Turn, error: ErrorCode | Refused) -> None:
    """The failure beep, and why (CAP-20)."""
    refused = error if isinstance(error, Refused) else Refused(error)
    turn.verdict(good=False)
    turn.say(Prompt.USER_FULL if refused.detail.get("per_user") else _WHY.get(refused.error, Prompt.NOT_POSSIBLE))


def refuse_number(turn: Turn, error: ErrorCode | Refused) -> None:
    """USR-3, USR-4: the digits light one after another with the failure beep; another number may be typed."""
    change(turn, typed="")
    refuse(turn, error)
    shows.failure(turn)


def type_digit(turn: Turn, key: Key, limit: int) -> bool:
    """A digit more, with its tone. One too many fails, and drops all of them."""
    typed = of(turn).typed + key.value
    fits = len(typed) <= limit
    change(turn, typed=typed if fits else "")
    if fits:
        turn.tone(Tone.KEY)
    else:
        turn.verdict(good=False)
    return fits


def _role_at_top(turn: Turn, menu: Menu) -> Role | None:
    """Where the lock knows no users, the whole menu enrols for one role (USR-8)."""
    return menu.role if turn.profile.menu == "codes" else None
