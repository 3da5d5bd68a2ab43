"""The bolt: opening and locking by motor or clutch, countdown locking, and how runs of the motor end (BLT)."""

from dataclasses import replace
from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, DoorState, EventType, OperationSource, Part

from . import alarms, motor, mute, passage, waiting
from .effects import Drive, Prompt, StopBolt, Tone
from .inputs import BoltPosition, Handle, MotorOutcome, MotorStopped, RemoteLock, RemoteUnlock, Timer
from .state import Cause, Motion
from .turn import Turn

_ATTEMPTS: Final = 2
"""BLT-6: the engine tries again once."""


def remote_unlock(turn: Turn, command: RemoteUnlock) -> None:
    """VER-16: only where both settings allow it."""
    cause = Cause(OperationSource.REMOTE, actor=command.actor, command_id=command.command_id)
    if (error := remote_error(turn)) is not None:
        motor.fail(turn, cause, Drive.RETRACT, error)
    else:
        unlock(turn, cause)


def remote_error(turn: Turn) -> ErrorCode | None:
    """Why the lock is not opened from afar now (VER-16, BLT-14); None: it may be."""
    settings = turn.state.settings
    if not settings.remote_unlock:
        return ErrorCode.REMOTE_UNLOCK_OFF
    if turn.profile.bluetooth_blocks_remote and settings.bluetooth:
        return ErrorCode.BLUETOOTH_ON
    return ErrorCode.HANDLE_NOT_AT_REST if handle_in_use(turn) else None


def remote_lock(turn: Turn, command: RemoteLock) -> None:
    """Always allowed, but never against an open door (BLT-5)."""
    lock(turn, Cause(OperationSource.REMOTE, actor=command.actor, command_id=command.command_id))


def lock_button(turn: Turn) -> None:
    """BLT-3: the button on the rear locks, with the door closed."""
    if motor.door_error(turn) is not None:
        turn.tone(Tone.FAILURE)
        turn.say(Prompt.CLOSE_DOOR)
    else:
        lock(turn, Cause(OperationSource.BUTTON))


def emergency(turn: Turn) -> None:
    """BLT-10: the button on the rear opens whatever mode the lock is in, locked out or not."""
    cause = Cause(OperationSource.EMERGENCY_BUTTON)
    unlock(turn, cause)
    alarms.opened_from_inside(turn, cause)
    waiting.offer(turn)


def handle_in_use(turn: Turn) -> bool:
    """BLT-14: a clutch does not couple while the handle is lifted or pressed."""
    return turn.profile.bolt_kind == "clutch" and turn.state.handle is not Handle.REST


def unlock(turn: Turn, cause: Cause) -> None:
    """Draw the bolt, or couple the handle. Where it is open already, a verification is an entry all the same."""
    waiting.drop(turn)
    state = turn.state
    if turn.profile.bolt_kind == "clutch":
        if state.coupled and state.motion is None:
            _time_coupling(turn)
            _opened(turn, (cause,))
        else:
            _drive(turn, Drive.COUPLE, (cause,))
    elif state.position is not BoltPosition.RETRACTED or state.motion is not None:
        _drive(turn, Drive.RETRACT, (cause,))
    elif cause.credential is not None:
        _opened(turn, (cause,))
    else:
        restart_countdown(turn)
        turn.answer(cause)


def lock(turn: Turn, cause: Cause) -> None:
    """Throw the bolt, or uncouple the handle; refused against an open door (BLT-5). It ends passage (BLT-7)."""
    state = turn.state
    thrown = state.position is BoltPosition.THROWN and state.motion is None
    if (error := motor.door_error(turn)) is not None:
        motor.fail(turn, cause, Drive.THROW, error)
        return
    if state.modes.passage:
        passage.end(turn, cause)
    if turn.profile.bolt_kind == "motor":
        if thrown:
            turn.answer(cause)
        else:
            _drive(turn, Drive.THROW, (cause,))
    elif state.coupled is not False or state.motion is not None:
        _drive(turn, Drive.UNCOUPLE, (cause,))
    elif thrown:
        turn.answer(cause)
    else:
        _ask_for_hand(turn, (cause,))


def uncouple(turn: Turn, cause: Cause) -> None:
    """BLT-13: the outside handle is not to open any more; with the door open as well."""
    if turn.state.coupled is not False or turn.state.motion is not None:
        _drive(turn, Drive.UNCOUPLE, (cause,))


def countdown_due(turn: Turn) -> None:
    """BLT-4: lock by itself; with the door open it waits for its closing, and in passage it rests (BLT-7)."""
    state = turn.state
    counts = state.settings.countdown_locking and not state.modes.passage
    if counts and state.bolt is BoltState.UNLOCKED and motor.door_error(turn) is None:
        lock(turn, Cause(OperationSource.AUTO))


def restart_countdown(turn: Turn) -> None:
    """Begin the countdown anew where it applies, end it elsewhere (BLT-4)."""
    state = turn.state
    counts = state.settings.countdown_locking and not state.modes.passage
    if counts and state.bolt is BoltState.UNLOCKED and state.door is not DoorState.OPEN:
        turn.start(Timer.COUNTDOWN, state.settings.countdown_delay_s * 1000)
    else:
        turn.stop(Timer.COUNTDOWN)


def uncouple_due(turn: Turn) -> None:
    """BLT-13: the handle is uncoupled again by itself; not in passage."""
    if turn.state.motion is None and not turn.state.modes.passage:
        uncouple(turn, Cause(OperationSource.AUTO))


def make_safe(turn: Turn) -> None:
    """Bring a clutch to where it belongs when nobody moves it: after a start, a failure, a run that got stuck.

    Where nobody opens it is uncoupled (BLT-13), and in passage coupled (BLT-7).
    """
    state = turn.state
    if turn.profile.bolt_kind == "motor" or state.motion is not None:
        return
    if state.modes.passage:
        if not state.coupled:
            _drive(turn, Drive.COUPLE, ())
    elif state.coupled is not False:
        motor.run(turn, Motion(Drive.UNCOUPLE, 0, (), start=state.position, was=state.bolt))


def motor_stopped(turn: Turn, stopped: MotorStopped) -> None:
    """A run has ended: arrived, tried once more, or given up (BLT-6)."""
    motion = turn.state.motion
    if motion is None or stopped.run != motion.run:
        return
    if motor.arrived(turn, motion, stopped.outcome):
        _finish(turn, motion)
    elif motion.attempt < _ATTEMPTS and stopped.outcome is not MotorOutcome.FAULT and motor.may_run(turn, motion.drive):
        motor.run(turn, replace(motion, attempt=motion.attempt + 1))
    else:
        _give_up(turn, motion, stopped.outcome)


def motor_late(turn: Turn) -> None:
    """The motor's own limit has passed without a word of it. Where the bolt is, its sensors say."""
    motion = turn.state.motion
    if motion is None:
        return
    if motor.arrived(turn, motion, MotorOutcome.FAULT):
        _finish(turn, motion)
    else:
        _give_up(turn, motion, MotorOutcome.FAULT)
    if turn.state.motion is None:
        # Another run ends this one by itself.
        turn.drive(StopBolt())


def draw_back(turn: Turn, why: ErrorCode) -> None:
    """Turn a bolt on its way out around: the door has opened, or somebody inside wants to leave."""
    motion = turn.state.motion
    if motion is not None and motion.drive is Drive.THROW:
        _drive(turn, Drive.RETRACT, (), why)


def sensors_lost(turn: Turn) -> None:
    """Sensors that no longer answer know nothing."""
    turn.set(position=BoltPosition.UNKNOWN)
    if turn.state.motion is None:
        turn.set(bolt=BoltState.UNKNOWN)
    if turn.state.coupled is None:
        make_safe(turn)


def _drive(turn: Turn, drive: Drive, causes: tuple[Cause, ...], why: ErrorCode = ErrorCode.SUPERSEDED) -> None:
    motion, was = turn.state.motion, turn.state.bolt
    if motion is not None and motion.drive is drive:
        turn.set(motion=replace(motion, causes=(*motion.causes, *causes)))
        return
    if motion is not None:
        for cause in motion.causes:
            motor.fail(turn, cause, motion.drive, why)
        was = motion.was
    turn.stop(Timer.COUNTDOWN)
    if drive in motor.OPENING:
        turn.set(bolt=BoltState.UNLOCKING)
    elif drive is Drive.THROW or turn.state.position is BoltPosition.THROWN:
        # A handle that is uncoupled beside a drawn bolt locks nothing.
        turn.set(bolt=BoltState.LOCKING)
    motor.run(turn, Motion(drive, 0, causes, start=turn.state.position, was=was))


def _finish(turn: Turn, motion: Motion) -> None:
    turn.set(motion=None)
    turn.stop(Timer.MOTOR)
    match motion.drive:
        case Drive.COUPLE:
            turn.set(coupled=True, thrown_by=None)
            _time_coupling(turn)
            _opened(turn, motion.causes)
        case Drive.UNCOUPLE:
            turn.set(coupled=False)
            turn.stop(Timer.UNCOUPLE)
            _uncoupled(turn, motion.causes)
        case Drive.RETRACT:
            _opened(turn, motion.causes)
        case _:
            _locked(turn, motion.causes)
    if motion.causes or motion.drive is not Drive.UNCOUPLE:
        # A clutch that only could be made safe is not mended by it.
        alarms.end_fault(turn, Part.MOTOR)
        alarms.end_fault(turn, Part.CLUTCH)


def _opened(turn: Turn, causes: tuple[Cause, ...]) -> None:
    turn.set(bolt=BoltState.UNLOCKED)
    for cause in causes:
        turn.set(changed_by=cause)
        turn.record(EventType.UNLOCKED if cause.credential is None else EventType.ACCESS_GRANTED, cause)
        motor.tell_duress(turn, cause)
        mute.opened(turn, cause)
    for cause in causes:
        turn.answer(cause)
    restart_countdown(turn)


def _locked(turn: Turn, causes: tuple[Cause, ...]) -> None:
    turn.set(bolt=BoltState.LOCKED)
    for cause in causes:
        turn.set(changed_by=cause)
        turn.record(EventType.LOCKED, cause)
    for cause in causes:
        turn.answer(cause)


def _uncoupled(turn: Turn, causes: tuple[Cause, ...]) -> None:
    state = turn.state
    if state.position is BoltPosition.THROWN:
        # Who threw the bolt while the handle was coupled has locked; the clutch only follows.
        by_itself = all(cause.source is OperationSource.AUTO for cause in causes)
        _locked(turn, (Cause(state.thrown_by),) if state.thrown_by is not None and by_itself else causes)
        turn.set(thrown_by=None)
    else:
        if state.bolt is not BoltState.JAMMED:
            turn.set(bolt=motor.read_bolt(turn))
        _ask_for_hand(turn, causes)


def _ask_for_hand(turn: Turn, causes: tuple[Cause, ...]) -> None:
    """BLT-13: no command throws a clutch lock's bolt."""
    for cause in causes:
        if cause.source is not OperationSource.AUTO:
            turn.refuse(cause, ErrorCode.BOLT_BY_HAND)
            turn.say(Prompt.LIFT_HANDLE)


def _give_up(turn: Turn, motion: Motion, outcome: MotorOutcome) -> None:
    turn.set(motion=None)
    turn.stop(Timer.MOTOR)
    if motion.drive not in motor.BOLT_MOVES and outcome is not MotorOutcome.NO_MOTION:
        turn.set(coupled=None)
    position = turn.state.position
    lost = position is BoltPosition.UNKNOWN and motion.start is not BoltPosition.UNKNOWN
    if motion.drive in motor.BOLT_MOVES and Part.BOLT in turn.state.faults:
        error = ErrorCode.PART_FAULT
        turn.set(bolt=BoltState.UNKNOWN)
    elif motion.drive in motor.BOLT_MOVES and (position is BoltPosition.BETWEEN or lost):
        error = ErrorCode.JAMMED
        motor.jam(turn, motion.causes[0] if motion.causes else Cause(OperationSource.AUTO))
    else:
        error = ErrorCode.MOTOR_FAULT
        still_jammed = motion.was is BoltState.JAMMED and position is motion.start
        turn.set(bolt=BoltState.JAMMED if still_jammed else motor.read_bolt(turn))
        motor.start_motor_fault(turn, motion.drive, outcome)
    for place, cause in enumerate(motion.causes):
        if error is ErrorCode.JAMMED and place == 0:
            motor.make_good(turn, cause, motion.drive)
            turn.refuse(cause, error)
        else:
            motor.fail(turn, cause, motion.drive, error)
    if motion.causes:
        turn.tone(Tone.FAILURE)
    if motion.drive in motor.OPENING and turn.state.modes.passage:
        # What cannot be opened is not held open.
        passage.end(turn, Cause(OperationSource.AUTO), aloud=False)
    if motion.drive is Drive.COUPLE:
        make_safe(turn)


def _time_coupling(turn: Turn) -> None:
    """BLT-13: five seconds; in passage without an end."""
    if turn.state.modes.passage:
        turn.stop(Timer.UNCOUPLE)
    else:
        turn.start(Timer.UNCOUPLE, turn.profile.uncouple_ms)
