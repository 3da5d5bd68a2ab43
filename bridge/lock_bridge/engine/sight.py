"""Looking for faces: who comes near, and the infrared light (VER-5)."""

from lock_bridge.wire.words import CredentialType

from . import menu
from .effects import Look
from .inputs import NearSeen, Timer
from .menu_state import Stage
from .state import LockState
from .turn import Turn


def near_seen(turn: Turn, given: NearSeen) -> None:
    """VER-5: a face is looked for when somebody comes near; not in passage, which a look in passing would end."""
    came = given.near and not turn.state.near
    turn.set(near=given.near)
    if came and turn.state.settings.face_recognition == "automatic" and not turn.state.modes.passage:
        _look(turn)


def look_due(turn: Turn) -> None:
    """Nobody has shown a face. A menu that waits for a verification looks on until it waits no more."""
    if not _awaited(turn.state):
        look_over(turn)


def look_over(turn: Turn) -> None:
    """A face has been seen, or none is wanted any more."""
    if turn.state.looking:
        turn.set(looking=False)
        turn.stop(Timer.LOOK)
        turn.emit(Look(CredentialType.FACE, on=False))


def reader_lost(turn: Turn) -> None:
    """A reader that no longer answers sees nobody; that somebody is near it says again."""
    turn.set(near=False)
    look_over(turn)


def follow(turn: Turn, before: LockState) -> None:
    """Looking begins with a touch that wakes the keypad (manual), or where the menu wants to know who is there."""
    state = turn.state
    if CredentialType.FACE not in turn.profile.credentials:
        return
    awaited, was_awaited = _awaited(state), _awaited(before)
    if state.looking and (not _may_look(turn) or (was_awaited and not awaited)):
        look_over(turn)
    touched = state.awake and not before.awake and state.settings.face_recognition == "manual"
    if touched or (awaited and not was_awaited):
        _look(turn)


def _look(turn: Turn) -> None:
    if not _may_look(turn):
        return
    turn.start(Timer.LOOK, turn.profile.look_ms)
    if not turn.state.looking:
        turn.set(looking=True)
        turn.emit(Look(CredentialType.FACE, on=True))


def _may_look(turn: Turn) -> bool:
    """Whether a face would be looked at: not where nothing is enrolled, in a lockout, an enrolment or a menu."""
    state = turn.state
    return (
        CredentialType.FACE in turn.profile.credentials
        and bool(state.directory.credentials)
        and not state.locked_out
        and not (state.enrolment is not None and state.enrolment.active)
        and not menu.hides_readers(turn)
    )


def _awaited(state: LockState) -> bool:
    return state.menu is not None and state.menu.stage is Stage.VERIFY
