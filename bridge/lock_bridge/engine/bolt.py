"""The bolt: opening and locking by motor or clutch, countdown locking, jams and motor faults (BLT)."""

from dataclasses import replace

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, DoorState, EventType, OperationSource, Part

from .alarms import end_fault, start_fault
from .effects import Drive, DriveBolt, Prompt, StopBolt, Tone
from .inputs import BoltPosition, Handle, MotorOutcome, MotorStopped, RemoteLock, RemoteUnlock, Timer
from .state import Cause, Motion
from .turn import Turn

_ATTEMPTS = 2
"""BLT-6: the engine tries again once."""

_GRACE_MS = 1_000
"""How much later than its limit a run may report its end, before the motor counts as dumb."""

_WAITS = (ErrorCode.DOOR_OPEN, ErrorCode.DOOR_UNKNOWN, ErrorCode.SUPERSEDED)

_OPENING = (Drive.RETRACT, Drive.COUPLE)
_BOLT_MOVES = (Drive.THROW, Drive.RETRACT)


def remote_unlock(turn: Turn, command: RemoteUnlock) -> None:
    """VER-16: only where both settings allow it."""
    cause = Cause(OperationSource.REMOTE, actor=command.actor, command_id=command.command_id)
    settings = turn.state.settings
    if not settings.remote_unlock:
        _fail(turn, cause, Drive.RETRACT, ErrorCode.REMOTE_UNLOCK_OFF)
    elif turn.profile.bluetooth_blocks_remote and settings.bluetooth:
        _fail(turn, cause, Drive.RETRACT, ErrorCode.BLUETOOTH_ON)
    elif handle_in_use(turn):
        _fail(turn, cause, Drive.RETRACT, ErrorCode.HANDLE_NOT_AT_REST)
    else:
        unlock(turn, cause)


def remote_lock(turn: Turn, command: RemoteLock) -> None:
    """Always allowed, but never against an open door (BLT-5)."""
    lock(turn, Cause(OperationSource.REMOTE, actor=command.actor, command_id=command.command_id))


def lock_button(turn: Turn) -> None:
    """BLT-3: the button on the rear locks, with the door closed."""
    if _door_error(turn) is not None:
        turn.tone(Tone.FAILURE)
        turn.say(Prompt.CLOSE_DOOR)
    else:
        lock(turn, Cause(OperationSource.BUTTON))


def emergency(turn: Turn) -> None:
    """BLT-10: the button on the rear opens whatever mode the lock is in, locked out or not."""
    unlock(turn, Cause(OperationSource.EMERGENCY_BUTTON))


def handle_in_use(turn: Turn) -> bool:
    """BLT-14: a clutch does not couple while the handle is lifted or pressed."""
    return turn.profile.bolt_kind == "clutch" and turn.state.handle is not Handle.REST


def unlock(turn: Turn, cause: Cause) -> None:
    """Draw the bolt, or couple the handle. Where it is open already, a verification is an entry all the same."""
    state = turn.state
    if turn.profile.bolt_kind == "clutch":
        if state.coupled and state.motion is None:
            turn.start(Timer.UNCOUPLE, turn.profile.uncouple_ms)
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
    """Throw the bolt, or uncouple the handle; refused against an open door (BLT-5)."""
    state = turn.state
    thrown = state.position is BoltPosition.THROWN and state.motion is None
    if (error := _door_error(turn)) is not None:
        _fail(turn, cause, Drive.THROW, error)
    elif turn.profile.bolt_kind == "motor":
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


def countdown_due(turn: Turn) -> None:
    """BLT-4: lock by itself; with the door open it waits for its closing."""
    state = turn.state
    if state.settings.countdown_locking and state.bolt is BoltState.UNLOCKED and _door_error(turn) is None:
        lock(turn, Cause(OperationSource.AUTO))


def restart_countdown(turn: Turn) -> None:
    """Begin the countdown anew where it applies, end it elsewhere (BLT-4)."""
    state = turn.state
    if state.settings.countdown_locking and state.bolt is BoltState.UNLOCKED and state.door is not DoorState.OPEN:
        turn.start(Timer.COUNTDOWN, state.settings.countdown_delay_s * 1000)
    else:
        turn.stop(Timer.COUNTDOWN)


def uncouple_due(turn: Turn) -> None:
    """BLT-13: the handle is uncoupled again by itself."""
    if turn.state.coupled is not False and turn.state.motion is None:
        _drive(turn, Drive.UNCOUPLE, (Cause(OperationSource.AUTO),))


def make_safe(turn: Turn) -> None:
    """Uncouple a clutch that may be coupled though nobody opens: after a start, or a run that got stuck (BLT-13)."""
    if turn.profile.bolt_kind == "clutch" and turn.state.coupled is not False and turn.state.motion is None:
        _run(turn, Motion(Drive.UNCOUPLE, 0, (), start=turn.state.position, was=turn.state.bolt))


def motor_stopped(turn: Turn, stopped: MotorStopped) -> None:
    """A run has ended: arrived, tried once more, or given up (BLT-6)."""
    motion = turn.state.motion
    if motion is None or stopped.run != motion.run:
        return
    if _arrived(turn, motion, stopped.outcome):
        _finish(turn, motion)
    elif motion.attempt < _ATTEMPTS and stopped.outcome is not MotorOutcome.FAULT and _may_run(turn, motion.drive):
        _run(turn, replace(motion, attempt=motion.attempt + 1))
    else:
        _give_up(turn, motion, stopped.outcome)


def motor_late(turn: Turn) -> None:
    """The motor's own limit has passed without a word of it. Where the bolt is, its sensors say."""
    motion = turn.state.motion
    if motion is None:
        return
    if _arrived(turn, motion, MotorOutcome.FAULT):
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


def jam(turn: Turn, cause: Cause) -> None:
    """BLT-6: the bolt is stuck on its way; it stays jammed until the next success."""
    turn.set(bolt=BoltState.JAMMED)
    turn.record(EventType.LOCK_JAMMED, cause)
    turn.say(Prompt.JAMMED)


def read_bolt(turn: Turn) -> BoltState:
    """The bolt at rest, as its sensors say: locked if it is thrown, and on a clutch lock uncoupled too (BLT-13)."""
    state = turn.state
    coupled = state.coupled if turn.profile.bolt_kind == "clutch" else False
    if state.position is BoltPosition.UNKNOWN or (state.position is BoltPosition.THROWN and coupled is None):
        return BoltState.UNKNOWN
    return BoltState.LOCKED if state.position is BoltPosition.THROWN and not coupled else BoltState.UNLOCKED


def _drive(turn: Turn, drive: Drive, causes: tuple[Cause, ...], why: ErrorCode = ErrorCode.SUPERSEDED) -> None:
    motion, was = turn.state.motion, turn.state.bolt
    if motion is not None and motion.drive is drive:
        turn.set(motion=replace(motion, causes=(*motion.causes, *causes)))
        return
    if motion is not None:
        for cause in motion.causes:
            _fail(turn, cause, motion.drive, why)
        was = motion.was
    turn.stop(Timer.COUNTDOWN)
    if drive in _OPENING:
        turn.set(bolt=BoltState.UNLOCKING)
    elif drive is Drive.THROW or turn.state.position is BoltPosition.THROWN:
        # A handle that is uncoupled beside a drawn bolt locks nothing.
        turn.set(bolt=BoltState.LOCKING)
    _run(turn, Motion(drive, 0, causes, start=turn.state.position, was=was))


def _run(turn: Turn, motion: Motion) -> None:
    run = turn.state.runs + 1
    limit = turn.profile.motor_limit_ms
    turn.set(runs=run, motion=replace(motion, run=run))
    turn.drive(DriveBolt(motion.drive, run, limit, turn.state.settings.door_direction == "left"))
    turn.start(Timer.MOTOR, limit + _GRACE_MS)


def _arrived(turn: Turn, motion: Motion, outcome: MotorOutcome) -> bool:
    match motion.drive:
        case Drive.THROW:
            return turn.state.position is BoltPosition.THROWN
        case Drive.RETRACT:
            return turn.state.position is BoltPosition.RETRACTED
        case _:
            # The clutch has no sensor of its own: its motor's end stop is all there is to read.
            return outcome is MotorOutcome.REACHED


def _finish(turn: Turn, motion: Motion) -> None:
    turn.set(motion=None)
    turn.stop(Timer.MOTOR)
    match motion.drive:
        case Drive.COUPLE:
            turn.set(coupled=True, thrown_by=None)
            turn.start(Timer.UNCOUPLE, turn.profile.uncouple_ms)
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
        end_fault(turn, Part.MOTOR)
        end_fault(turn, Part.CLUTCH)


def _opened(turn: Turn, causes: tuple[Cause, ...]) -> None:
    turn.set(bolt=BoltState.UNLOCKED)
    for cause in causes:
        turn.set(changed_by=cause)
        turn.record(EventType.UNLOCKED if cause.credential is None else EventType.ACCESS_GRANTED, cause)
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
            turn.set(bolt=read_bolt(turn))
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
    if motion.drive not in _BOLT_MOVES and outcome is not MotorOutcome.NO_MOTION:
        turn.set(coupled=None)
    position = turn.state.position
    lost = position is BoltPosition.UNKNOWN and motion.start is not BoltPosition.UNKNOWN
    if motion.drive in _BOLT_MOVES and Part.BOLT in turn.state.faults:
        error = ErrorCode.PART_FAULT
        turn.set(bolt=BoltState.UNKNOWN)
    elif motion.drive in _BOLT_MOVES and (position is BoltPosition.BETWEEN or lost):
        error = ErrorCode.JAMMED
        jam(turn, motion.causes[0] if motion.causes else Cause(OperationSource.AUTO))
    else:
        error = ErrorCode.MOTOR_FAULT
        still_jammed = motion.was is BoltState.JAMMED and position is motion.start
        turn.set(bolt=BoltState.JAMMED if still_jammed else read_bolt(turn))
        _start_motor_fault(turn, motion.drive, outcome)
    for place, cause in enumerate(motion.causes):
        if error is ErrorCode.JAMMED and place == 0:
            turn.refuse(cause, error)
        else:
            _fail(turn, cause, motion.drive, error)
    if motion.causes:
        turn.tone(Tone.FAILURE)
    if motion.drive is Drive.COUPLE:
        make_safe(turn)


def _start_motor_fault(turn: Turn, drive: Drive, outcome: MotorOutcome) -> None:
    if drive is Drive.THROW and outcome is MotorOutcome.REACHED:
        # FLT-1: the motor ran its whole way and the bolt did not come along.
        start_fault(turn, Part.CLUTCH, "no_motion")
    else:
        start_fault(turn, Part.MOTOR, "no_answer" if outcome is MotorOutcome.FAULT else "no_motion")


def _may_run(turn: Turn, drive: Drive) -> bool:
    return drive is not Drive.THROW or _door_error(turn) is None


def _door_error(turn: Turn) -> ErrorCode | None:
    if not turn.profile.door_contact or turn.state.door is DoorState.CLOSED:
        return None
    return ErrorCode.DOOR_OPEN if turn.state.door is DoorState.OPEN else ErrorCode.DOOR_UNKNOWN


def _fail(turn: Turn, cause: Cause, drive: Drive, error: ErrorCode) -> None:
    """Refuse or end an operation. Locking by itself that only has to wait is no failure."""
    if cause.source is not OperationSource.AUTO or error not in _WAITS:
        operation = "unlock" if drive in _OPENING else "lock"
        turn.record(EventType.OPERATION_FAILED, cause, reason=error.value, data={"operation": operation})
    turn.refuse(cause, error)
