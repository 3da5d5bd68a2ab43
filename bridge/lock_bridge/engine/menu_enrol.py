"""Enrolling in a menu: a new passcode typed twice, or a finger, card, face or palm at its reader (L2S-4 to L2S-7, DLM-5
to DLM-7, DLM-14).

Who is new is kept with her first credential, and not at all if nothing comes of it (MNU-1).
"""

from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, Role

from . import credentials, enrolment, menu_steps, people, shows
from .effects import Prompt, Tone
from .inputs import Key
from .menu_state import Stage
from .model import User
from .state import Enrolling
from .turn import Refused, Turn

_MANY_CODES: Final = 10
"""With more passcodes than this on the lock the voice proposes a longer one: each makes a guess likelier to hit."""


def begin(turn: Turn, kind: CredentialType) -> None:
    """Enrol one of `kind` for whom the menu is making or adding to."""
    menu_steps.change(turn, kind=kind)
    if kind is CredentialType.PIN:
        begin_passcode(turn)
    else:
        _begin_at_reader(turn, kind)


def begin_passcode(turn: Turn) -> None:
    """CAP-7: one passcode for each user; the voice asks for it."""
    menu, directory = menu_steps.of(turn), turn.state.directory
    limits = turn.profile.limits(CredentialType.PIN)
    held = directory.of_user(menu.for_user, CredentialType.PIN) if menu.for_user is not None else ()
    own = sum(1 for item in held if not item.duress and not item.temporary)
    if limits is not None and limits.per_user is not None and own >= limits.per_user:
        menu_steps.refuse(turn, Refused(ErrorCode.NO_SLOT_LEFT, {"limit": limits.per_user, "per_user": True}))
        return
    many = directory.count(CredentialType.PIN) > _MANY_CODES
    prompt = Prompt.ENTER_LONG_PASSCODE if many else Prompt.ENTER_PASSCODE
    menu_steps.go(turn, Stage.PASSCODE, prompt, first="")


def passcode_key(turn: Turn, key: Key) -> None:
    """A key while a new passcode is typed, the first time or again."""
    menu = menu_steps.of(turn)
    if key is Key.CONFIRM and menu.typed:
        _passcode_typed(turn, menu.typed)
    elif key is Key.BACK:
        _back(turn)
    elif key is not Key.CONFIRM and not menu_steps.type_digit(turn, key, turn.profile.passcode_max):
        turn.say(Prompt.PASSCODE_LENGTH)


def step_back(turn: Turn) -> None:
    """Where the menu goes on when an enrolment has come to nothing, or is left."""
    menu = menu_steps.of(turn)
    if turn.profile.menu == "codes":
        menu_steps.top(turn)
    elif menu.user_id is None:
        menu_steps.go(turn, Stage.FIRST, first="", new_user=None)
    else:
        menu_steps.go(turn, Stage.KINDS, first="", kind=None, enrolment=None)


def follow(turn: Turn) -> None:
    """Go on when the reader has come to an end. What it came to has been shown and said."""
    menu, running = turn.state.menu, turn.state.enrolment
    if menu is None or menu.stage is not Stage.ENROLLING or running is None or running.active:
        return
    if running.status is EnrolmentStatus.DONE and running.id == menu.enrolment:
        _enrolled(turn, turn.state.directory.users[running.user_id], running.type, running.number)
    else:
        step_back(turn)


def touches(turn: Turn, running: Enrolling) -> int:
    """The digit that lights while a finger is enrolled: the touch that is wanted (DLM-6), or how many there have been
    (L2S-4)."""
    return running.done if turn.profile.menu == "codes" else min(running.done + 1, running.steps)


def _back(turn: Turn) -> None:
    """VER-2: the back key drops what was typed; with nothing typed it goes a step back."""
    menu = menu_steps.of(turn)
    turn.tone(Tone.KEY)
    if menu.typed:
        menu_steps.change(turn, typed="")
    elif menu.stage is Stage.PASSCODE_AGAIN and turn.profile.menu == "numbered":
        begin_passcode(turn)
    else:
        step_back(turn)


def _passcode_typed(turn: Turn, code: str) -> None:
    menu = menu_steps.of(turn)
    if menu.stage is Stage.PASSCODE_AGAIN and code != menu.first:
        turn.verdict(good=False)
        turn.say(Prompt.CODES_DIFFER)
        _begin_anew(turn)
    elif (refused := credentials.check_passcode(turn, code)) is not None:
        menu_steps.refuse(turn, refused)
        _begin_anew(turn)
    elif menu.stage is Stage.PASSCODE:
        turn.tone(Tone.KEY)
        menu_steps.go(turn, Stage.PASSCODE_AGAIN, Prompt.ENTER_AGAIN, first=code)
    else:
        _keep_passcode(turn, code)


def _begin_anew(turn: Turn) -> None:
    """L2S-5: back in the menu; DLM-7: back to the first entry."""
    if turn.profile.menu == "codes":
        step_back(turn)
    else:
        menu_steps.go(turn, Stage.PASSCODE, first="")


def _keep_passcode(turn: Turn, code: str) -> None:
    user = _whose(turn)
    if isinstance(user, Refused):
        menu_steps.refuse(turn, user)
        step_back(turn)
        return
    new = user.id not in turn.state.directory.users
    kept = credentials.add_passcode(turn, user, code, menu_steps.by(turn), new)
    turn.verdict(good=True)
    turn.say(Prompt.ENROLLED)
    _enrolled(turn, user, CredentialType.PIN, kept.number)


def _begin_at_reader(turn: Turn, kind: CredentialType) -> None:
    user = _whose(turn)
    if isinstance(user, Refused):
        menu_steps.refuse(turn, user)
        return
    wish = enrolment.Wish(
        id=turn.fresh_id("enrolment"),
        user=user,
        type=kind,
        by=menu_steps.by(turn),
        new_user=user.id not in turn.state.directory.users,
        at_keypad=True,
    )
    refused = enrolment.begin(turn, wish)
    if refused is not None:
        menu_steps.refuse(turn, refused)
    else:
        menu_steps.go(turn, Stage.ENROLLING, enrolment=wish.id)


def _whose(turn: Turn) -> User | Refused:
    """Whose credential it will be. A new user's number may have been given away in the app meanwhile."""
    menu, directory = menu_steps.of(turn), turn.state.directory
    if menu.for_user is not None:
        return directory.users.get(menu.for_user) or Refused(ErrorCode.UNKNOWN_USER)
    taken = {user.number for user in directory.users.values()}
    if menu.new_user is not None and menu.new_user.number not in taken:
        return menu.new_user
    return people.new_user(turn, menu.role or Role.USER)


def _enrolled(turn: Turn, user: User, kind: CredentialType, number: int) -> None:
    """L2S-3: the menu is open again; DLM-1: after the first administrator too, and later for more of the same user."""
    menu = menu_steps.of(turn)
    if turn.profile.menu == "codes":
        menu_steps.top(turn)
        shows.number(turn, number)
    elif menu.user_id is None:
        credential = turn.state.directory.credentials[kind, number]
        menu_steps.change(turn, user_id=user.id, opened_by=credential)
        menu_steps.top(turn, Prompt.MENU)
    else:
        stage = Stage.ENROLLED if kind is CredentialType.FINGERPRINT else Stage.KINDS
        changed = menu.for_user is None and menu.new_user is not None and menu.new_user.number != user.number
        menu_steps.go(turn, stage, first="", enrolment=None, for_user=user.id, new_user=None)
        if changed:
            shows.user(turn, user)
