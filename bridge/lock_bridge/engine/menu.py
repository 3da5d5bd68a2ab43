"""The menus at the keypad: who opens them, their keys and lights, and their end (L2S, DLM, MNU)."""

from dataclasses import replace

from lock_bridge.wire.words import CredentialType, EventType

from . import menu_codes, menu_enrol, menu_numbered, menu_steps
from .effects import Prompt
from .inputs import Key
from .menu_state import Menu, Stage
from .state import Cause, LockState
from .turn import Turn


def awaits_verification(turn: Turn) -> bool:
    """Whether who verifies now wants into the menu, not through the door."""
    menu = turn.state.menu
    return menu is not None and menu.stage is Stage.VERIFY


def hides_readers(turn: Turn) -> bool:
    """Whether fingers, cards, faces and palms are no verifications now: somebody is in the menu.

    Before the first administrator is there it is open to anybody, and hides nothing (INI-1).
    """
    menu = turn.state.menu
    return menu is not None and menu.stage is not Stage.VERIFY and not _is_first_start(menu, turn)


def verified(turn: Turn, cause: Cause) -> None:
    """An administrator has verified: the menu opens."""
    user, credential = cause.user, cause.credential
    menu = menu_steps.of(turn)
    turn.record(EventType.MENU_OPENED, cause)
    turn.verdict(good=True)
    opened = replace(menu, opened_by=credential, user_id=None if user is None else user.id)
    menu_steps.start(turn, replace(opened, stage=Stage.TOP, typed=""), Prompt.MENU)


def key_pressed(turn: Turn, key: Key) -> None:
    """A key of the front while a menu is open and nobody has to verify."""
    if turn.profile.menu == "codes":
        menu_codes.key_pressed(turn, key)
    else:
        menu_numbered.key_pressed(turn, key)


def lit(turn: Turn) -> frozenset[str]:
    """The keys that light for the open menu: those that can be pressed, and the touch of a finger (DLM-6, L2S-4)."""
    keys = menu_codes.lit(turn) if turn.profile.menu == "codes" else menu_numbered.lit(turn)
    running = turn.state.enrolment
    if not menu_steps.awaits_enrolment(turn) or running is None or running.type is not CredentialType.FINGERPRINT:
        return keys
    touch = menu_enrol.touches(turn, running)
    return keys | {str(touch)} if touch else keys


def spoken(turn: Turn) -> None:
    """Nothing is being said any more."""
    menu_numbered.spoken(turn)


def follow(turn: Turn, before: LockState) -> None:
    """What the menu makes of what has just happened elsewhere: an enrolment's end, or that nobody may be in it now."""
    menu_enrol.follow(turn)
    menu = turn.state.menu
    if menu is None or turn.state.directory is before.directory or menu.stage is Stage.VERIFY:
        return
    if menu.user_id is not None:
        if menu.user_id not in turn.state.directory.administrators():
            menu_steps.leave(turn, Prompt.MENU_CLOSED)
    elif _adopted(turn, before):
        menu_steps.leave(turn)


def _adopted(turn: Turn, before: LockState) -> bool:
    """Whether the app has taken a lock into use while somebody was in the menu that needs no verification.

    Who is in it then is a stranger, perhaps: he must not become administrator of a lock that opens to others.
    """
    directory = turn.state.directory
    if turn.state.menu is not before.menu:
        # The menu's own doing.
        return False
    others = turn.profile.menu == "numbered" and bool(directory.administrators())
    return others or len(directory.credentials) > len(before.directory.credentials)


def _is_first_start(menu: Menu, turn: Turn) -> bool:
    return turn.profile.menu == "numbered" and menu.user_id is None and menu.stage is not Stage.VERIFY
