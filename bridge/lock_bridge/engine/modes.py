"""Operating modes: passage, leaving-home, privacy, and locking from outside (BLT-2, BLT-7 to BLT-9, BLT-15)."""

from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, DoorState, EventType, OperatingMode, OperationSource

from . import alarms, bolt, motor, passage, screen, waiting
from .effects import Drive, Prompt, Tone
from .inputs import Key, PeepholeSeen, PrivacySeen, SetMode, Timer
from .state import Cause, LockState, OutsideLock
from .turn import Turn

_WHILE_S: Final = range(1, 30 * 24 * 60 * 60 + 1)
"""How long passage for a while may last: up to thirty days."""


def set_mode(turn: Turn, command: SetMode) -> None:
    """BLT-7, BLT-8: from the app. Privacy is the knob's alone."""
    cause = Cause(OperationSource.REMOTE, actor=command.actor)
    passing = command.mode is OperatingMode.PASSAGE
    if command.seconds is not None and not (passing and command.seconds in _WHILE_S):
        turn.refuse(command, ErrorCode.BAD_REQUEST, field="seconds")
    elif passing:
        _begin_passage(turn, command)
    elif command.mode is OperatingMode.NORMAL:
        _end_by_app(turn, cause)
        turn.answer(command)
    elif command.mode is OperatingMode.PRIVACY or Key.LEAVE not in turn.profile.keys:
        turn.refuse(command, ErrorCode.NOT_SUPPORTED, mode=command.mode.value)
    elif turn.state.modes.passage:
        turn.refuse(command, ErrorCode.PASSAGE_ON)
    else:
        _leave(turn, cause)
        turn.answer(command)


def leave_key(turn: Turn) -> None:
    """BLT-8: the key, pressed while the keypad is awake (a touch that wakes it is not for here)."""
    if turn.state.modes.passage:
        turn.verdict(good=False)
    else:
        _leave(turn, Cause(OperationSource.KEYPAD))


def confirm_outside(turn: Turn) -> bool:
    """BLT-2: the confirm key, with nothing typed, asleep or awake. False: it was not lit for locking."""
    if turn.state.outside_lock is not OutsideLock.OFFERED:
        return False
    error = motor.door_error(turn)
    if error is None:
        bolt.lock(turn, Cause(OperationSource.KEYPAD))
        turn.verdict(good=True)
    elif error is ErrorCode.DOOR_OPEN:
        waiting.keep(turn)
        turn.tone(Tone.KEY)
    else:
        turn.tone(Tone.FAILURE)
        turn.say(Prompt.CLOSE_DOOR)
    return True


def outside_lock_over(turn: Turn) -> None:
    """BLT-2: the door has not been closed in time."""
    waiting.outside_over(turn)


def entered(turn: Turn, cause: Cause) -> None:
    """A right verification outside, just before the bolt is moved for it: it ends passage and leaving-home."""
    _end(turn, cause)


def privacy_seen(turn: Turn, seen: PrivacySeen) -> None:
    """BLT-9: the outside is blocked, or no longer; passage is over by it (BLT-15)."""
    state = turn.state
    if turn.profile.privacy is None or state.privacy is seen.on:
        return
    by_itself = Cause(OperationSource.AUTO)
    turn.set(privacy=seen.on)
    ended = seen.on and state.modes.passage
    if ended:
        passage.end(turn, by_itself)
        _close_up(turn, by_itself)
    if ended or state.privacy is not None:
        passage.tell(turn, state.mode, None)


def peephole_seen(turn: Turn, seen: PeepholeSeen) -> None:
    """BLT-9: state only."""
    if turn.profile.peephole_button:
        turn.set(inside_handle_on=seen.on)


def passage_over(turn: Turn) -> None:
    """BLT-7: the while is over, and it locks as soon as the door is closed."""
    ends = turn.state.modes.passage_ends_mono_ms
    if ends is None:
        return
    if turn.now.mono_ms < ends:
        turn.start(Timer.PASSAGE, ends - turn.now.mono_ms)
        return
    passage.end(turn, Cause(OperationSource.AUTO))
    _close_up(turn, Cause(OperationSource.AUTO))


def door_moved(turn: Turn) -> None:
    """The door has closed: what waited for it is carried out."""
    if turn.state.door is DoorState.CLOSED and (cause := waiting.wanted(turn)) is not None:
        bolt.lock(turn, cause)


def started(turn: Turn, boot_id: str) -> None:
    """Modes come back from disk. A while that another boot counted is over: nobody knows how long it has been.

    In the same boot it goes on, and lasts no longer than it was to: a simulated door's clock may fall back.
    """
    modes, now = turn.state.modes, turn.now.mono_ms
    ends = modes.passage_ends_mono_ms
    if ends is None:
        return
    if modes.boot_id == boot_id:
        ends = min(ends, now + modes.passage_ms)
        turn.save_modes(passage_ends_mono_ms=ends)
        turn.start(Timer.PASSAGE, max(0, ends - now))
    else:
        passage.end(turn, Cause(OperationSource.AUTO), aloud=False)
        turn.save_modes(lock_when_closed=turn.profile.bolt_kind == "motor")


def follow(turn: Turn, before: LockState) -> None:
    """What the modes make of what has just happened elsewhere: a bolt that is locked, a setting that changed."""
    state = turn.state
    if state.bolt is BoltState.LOCKED and before.bolt is not BoltState.LOCKED:
        _locked(turn, before)
    if (
        turn.state.modes.passage is not before.modes.passage
        or state.settings.door_ajar_s != before.settings.door_ajar_s
    ):
        alarms.watch_door(turn)
    if state.pairing is not before.pairing:
        screen.follow_pairing(turn)


def _begin_passage(turn: Turn, command: SetMode) -> None:
    """BLT-7: it opens, so it is allowed where opening from afar is (VER-16), and privacy goes before it (BLT-15)."""
    state = turn.state
    cause = Cause(OperationSource.REMOTE, actor=command.actor, command_id=command.command_id)
    error = bolt.remote_error(turn) or (ErrorCode.PRIVACY_ON if state.privacy else None)
    if error is not None:
        motor.fail(turn, cause, Drive.RETRACT, error)
        return
    ends, lasts, data = None, 0, {}
    turn.stop(Timer.PASSAGE)
    if command.seconds is not None:
        lasts, data = command.seconds * 1000, {"seconds": command.seconds}
        ends = turn.now.mono_ms + lasts
        turn.start(Timer.PASSAGE, lasts)
    boot_id = state.lockout.boot_id if data else ""
    turn.save_modes(passage=True, passage_ends_mono_ms=ends, passage_ms=lasts, boot_id=boot_id)
    if turn.state.modes != state.modes:
        passage.tell(turn, None, cause, **data)
    bolt.unlock(turn, cause)


def _end_by_app(turn: Turn, cause: Cause) -> None:
    """Back to normal: after passage it locks where the door is closed, else as the countdown would."""
    passing = turn.state.modes.passage
    turn.set(leaving=False, leaving_by=None)
    _end(turn, cause)
    if passing and (turn.profile.bolt_kind == "clutch" or motor.door_error(turn) is None):
        _close_up(turn, cause)


def _end(turn: Turn, cause: Cause) -> None:
    """End passage and leaving-home, with one event for both."""
    state = turn.state
    alarms.silence(turn, EventType.INTRUSION)
    turn.save_modes(leaving_home=False)
    if state.modes.passage:
        passage.end(turn, cause)
    else:
        passage.tell(turn, state.mode, cause)


def _close_up(turn: Turn, cause: Cause) -> None:
    """Passage has ended with nobody going in: the handle opens no more, the bolt is thrown once the door is closed."""
    if turn.profile.bolt_kind == "clutch":
        bolt.uncouple(turn, cause)
        return
    turn.save_modes(lock_when_closed=True)
    if motor.door_error(turn) is None:
        bolt.lock(turn, cause)


def _leave(turn: Turn, cause: Cause) -> None:
    """BLT-8: armed once it is locked, and locked once the door is closed."""
    turn.say(Prompt.LEAVING_HOME)
    if turn.state.bolt is BoltState.LOCKED:
        _arm(turn, cause)
        return
    turn.set(leaving=True, leaving_by=cause)
    if motor.door_error(turn) is None:
        bolt.lock(turn, cause)
    else:
        turn.say(Prompt.CLOSE_DOOR)


def _arm(turn: Turn, cause: Cause) -> None:
    before = turn.state.mode
    turn.save_modes(leaving_home=True)
    passage.tell(turn, before, cause)


def _locked(turn: Turn, before: LockState) -> None:
    """The bolt has just been thrown, by whatever: nothing waits for it any more, and nothing holds the door open."""
    state = turn.state
    turn.set(intruded=False)
    if state.modes.passage:
        # By the mechanical key; or it was found so after a start, and no lock opens by itself.
        by = state.changed_by if state.changed_by is not before.changed_by else None
        passage.end(turn, by or Cause(OperationSource.UNKNOWN), aloud=by is not None)
    leaver = state.leaving_by
    waiting.drop(turn)
    if leaver is not None:
        _arm(turn, leaver)
