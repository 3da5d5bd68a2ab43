"""The bolt: opening and locking by motor or clutch, countdown locking, jams, and moves that no command made (BLT, VER-15)."""

from dataclasses import replace

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, DoorState, EventType, OperationSource, Part

from .alarms import end_fault, start_fault
from .effects import Drive, DriveBolt, Prompt, StopBolt, Tone
from .inputs import (
    BoltPosition,
    BoltSeen,
    DoorSeen,
    Handle,
    HandleSeen,
    InsideHandleUsed,
    MotorOutcome,
    MotorStopped,
    RemoteLock,
    RemoteUnlock,
    Timer,
)
from .state import Cause, Motion
from .turn import Turn

_ATTEMPTS = 2
"""BLT-6: the engine tries again once."""

_GRACE_MS = 1_000
"""How much later than its limit a run may report its end, before the motor counts as dumb."""

_BY_INSIDE_MS = 3_000
"""A bolt that moves this soon after the inside handle was used was moved by it."""

_OPENING = (Drive.RETRACT, Drive.COUPLE)


def remote_unlock(turn: Turn, command: RemoteUnlock) -> None:
    """VER-16: only where both settings allow it."""
    cause = Cause(OperationSource.REMOTE, actor=command.actor, command_id=command.command_id)
    settings = turn.state.settings
    if not settings.remote_unlock:
        _refuse_open(turn, cause, ErrorCode.REMOTE_UNLOCK_OFF)
    elif turn.profile.bluetooth_blocks_remote and settings.bluetooth:
        _refuse_open(turn, cause, ErrorCode.BLUETOOTH_ON)
    elif handle_in_use(turn):
        _refuse_open(turn, cause, ErrorCode.HANDLE_NOT_AT_REST)
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


def handle_in_use(turn: Turn) -> bool:
    """BLT-14: a clutch does not couple while the handle is lifted or pressed."""
    return turn.profile.bolt_kind == "clutch" and turn.state.handle is not Handle.REST


def unlock(turn: Turn, cause: Cause) -> None:
    """Draw the bolt, or couple the handle."""
    state = turn.state
    if turn.profile.bolt_kind == "clutch":
        if state.coupled and state.motion is None:
            turn.start(Timer.UNCOUPLE, turn.profile.uncouple_ms)
            _opened(turn, (cause,))
        else:
            _drive(turn, Drive.COUPLE, (cause,))
    elif state.position is BoltPosition.RETRACTED and state.motion is None:
        _opened(turn, (cause,))
    else:
        _drive(turn, Drive.RETRACT, (cause,))


def lock(turn: Turn, cause: Cause) -> None:
    """Throw the bolt, or uncouple the handle; refused against an open door (BLT-5)."""
    state = turn.state
    if (error := _door_error(turn)) is not None:
        _refuse_lock(turn, cause, error)
    elif turn.profile.bolt_kind == "clutch":
        if state.coupled or state.motion is not None:
            _drive(turn, Drive.UNCOUPLE, (cause,))
        else:
            _uncoupled(turn, (cause,))
    elif state.position is BoltPosition.THROWN and state.motion is None:
        turn.set(bolt=BoltState.LOCKED)
        turn.answer(cause)
    else:
        _drive(turn, Drive.THROW, (cause,))


def countdown_due(turn: Turn) -> None:
    """BLT-4: lock by itself; with the door open it waits for its closing."""
    state = turn.state
    if state.settings.countdown_locking and state.bolt is BoltState.UNLOCKED and _door_error(turn) is None:
        if turn.profile.bolt_kind == "motor" or state.coupled:
            lock(turn, Cause(OperationSource.AUTO))


def uncouple_due(turn: Turn) -> None:
    """BLT-13: the handle is uncoupled again by itself."""
    if turn.state.coupled and turn.state.motion is None:
        _drive(turn, Drive.UNCOUPLE, (Cause(OperationSource.AUTO),))


def restart_countdown(turn: Turn) -> None:
    """Begin the countdown anew where it applies, end it elsewhere (BLT-4)."""
    state = turn.state
    if state.settings.countdown_locking and state.bolt is BoltState.UNLOCKED and state.door is not DoorState.OPEN:
        turn.start(Timer.COUNTDOWN, state.settings.countdown_delay_s * 1000)
    else:
        turn.stop(Timer.COUNTDOWN)


def motor_stopped(turn: Turn, stopped: MotorStopped) -> None:
    """A run has ended: arrived, tried once more, or given up (BLT-6)."""
    motion = turn.state.motion
    if motion is None or stopped.run != motion.run:
        return
    if _arrived(turn, motion, stopped.outcome):
        _finish(turn, motion)
    elif motion.attempt < _ATTEMPTS and stopped.outcome is not MotorOutcome.FAULT:
        _run(turn, replace(motion, attempt=motion.attempt + 1))
    else:
        _give_up(turn, motion, stopped.outcome)


def motor_late(turn: Turn) -> None:
    """The motor's own limit has passed without a word of it."""
    if (motion := turn.state.motion) is not None:
        turn.emit(StopBolt())
        _give_up(turn, motion, MotorOutcome.FAULT)


def bolt_seen(turn: Turn, seen: BoltSeen) -> None:
    """What the sensors say; without a run under way somebody moved the bolt by hand."""
    before = turn.state.position
    turn.set(position=seen.position)
    if turn.state.motion is not None or seen.position is before:
        return
    if turn.profile.bolt_kind == "clutch":
        _clutch_bolt_moved(turn, before)
    else:
        _bolt_moved(turn, before)


def door_seen(turn: Turn, seen: DoorSeen) -> None:
    """The door opened or closed. A bolt on its way out is drawn back from an open door (BLT-5)."""
    before = turn.state.door
    after = DoorState.UNKNOWN if seen.open is None else DoorState.OPEN if seen.open else DoorState.CLOSED
    if after is before:
        return
    turn.set(door=after)
    motion = turn.state.motion
    if after is DoorState.OPEN and motion is not None and motion.drive is Drive.THROW:
        for cause in motion.causes:
            _refuse_lock(turn, cause, ErrorCode.DOOR_OPEN)
        turn.set(motion=None)
        _drive(turn, Drive.RETRACT, ())
    if DoorState.UNKNOWN not in (before, after):
        turn.record(EventType.DOOR_OPENED if seen.open else EventType.DOOR_CLOSED)
    restart_countdown(turn)


def handle_seen(turn: Turn, seen: HandleSeen) -> None:
    """BLT-13: a handle that was lifted and comes back without a thrown bolt has jammed it."""
    before = turn.state.handle
    turn.set(handle=seen.handle)
    if turn.profile.bolt_kind != "clutch" or before is not Handle.LIFTED or seen.handle is not Handle.REST:
        return
    if turn.state.position is not BoltPosition.THROWN:
        _jam(turn, Cause(OperationSource.OUTSIDE_HANDLE))


def inside_handle_used(turn: Turn, _used: InsideHandleUsed) -> None:
    """BLT-11: it opens mechanically, whatever the lock thinks."""
    turn.set(inside_mono_ms=turn.now.mono_ms)
    turn.record(EventType.OPENED_FROM_INSIDE, Cause(OperationSource.INSIDE_HANDLE))


def lost(turn: Turn, part: Part) -> None:
    """Sensors that no longer answer know nothing."""
    if part is Part.BOLT and turn.state.motion is None:
        turn.set(bolt=BoltState.UNKNOWN, position=BoltPosition.UNKNOWN)
    elif part is Part.DOOR:
        door_seen(turn, DoorSeen(None))


def _drive(turn: Turn, drive: Drive, causes: tuple[Cause, ...]) -> None:
    motion = turn.state.motion
    if motion is not None and motion.drive is drive:
        turn.set(motion=replace(motion, causes=(*motion.causes, *causes)))
        return
    if motion is not None:
        for cause in motion.causes:
            turn.refuse(cause, ErrorCode.SUPERSEDED)
    turn.stop(Timer.COUNTDOWN)
    turn.set(bolt=BoltState.UNLOCKING if drive in _OPENING else BoltState.LOCKING)
    _run(turn, Motion(drive, 0, causes, start=turn.state.position))


def _run(turn: Turn, motion: Motion) -> None:
    run = turn.state.runs + 1
    limit = turn.profile.motor_limit_ms
    turn.set(runs=run, motion=replace(motion, run=run))
    turn.emit(DriveBolt(motion.drive, run, limit, turn.state.settings.door_direction == "left"))
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
        case Drive.THROW:
            turn.set(bolt=BoltState.LOCKED)
            _locked(turn, motion.causes)
    end_fault(turn, Part.MOTOR)


def _opened(turn: Turn, causes: tuple[Cause, ...]) -> None:
    turn.set(bolt=BoltState.UNLOCKED)
    for cause in causes:
        turn.set(changed_by=cause)
        turn.record(EventType.UNLOCKED if cause.credential is None else EventType.ACCESS_GRANTED, cause)
    for cause in causes:
        turn.answer(cause)
    restart_countdown(turn)


def _locked(turn: Turn, causes: tuple[Cause, ...]) -> None:
    for cause in causes:
        turn.set(changed_by=cause)
        turn.record(EventType.LOCKED, cause)
    for cause in causes:
        turn.answer(cause)


def _uncoupled(turn: Turn, causes: tuple[Cause, ...]) -> None:
    state = turn.state
    was_locked = state.bolt is BoltState.LOCKED
    if state.position is BoltPosition.THROWN:
        thrown_by, by_itself = state.thrown_by, all(cause.source is OperationSource.AUTO for cause in causes)
        turn.set(bolt=BoltState.LOCKED, thrown_by=None)
        if was_locked:
            for cause in causes:
                turn.answer(cause)
        else:
            _locked(turn, (Cause(thrown_by),) if thrown_by is not None and by_itself else causes)
        return
    turn.set(bolt=BoltState.JAMMED if state.bolt is BoltState.JAMMED else BoltState.UNLOCKED)
    for cause in causes:
        if cause.source is not OperationSource.AUTO:
            turn.refuse(cause, ErrorCode.BOLT_BY_HAND)
            turn.say(Prompt.LIFT_HANDLE)


def _give_up(turn: Turn, motion: Motion, outcome: MotorOutcome) -> None:
    turn.set(motion=None)
    turn.stop(Timer.MOTOR)
    cause = motion.causes[0] if motion.causes else Cause(OperationSource.AUTO)
    position = turn.state.position
    bolt_moves = motion.drive in (Drive.THROW, Drive.RETRACT)
    lost_way = position is BoltPosition.UNKNOWN and motion.start is not BoltPosition.UNKNOWN
    if bolt_moves and (position is BoltPosition.BETWEEN or lost_way):
        _jam(turn, cause)
        error = ErrorCode.JAMMED
    else:
        turn.set(bolt=_read_bolt(turn))
        turn.record(EventType.OPERATION_FAILED, cause, reason=ErrorCode.MOTOR_FAULT.value)
        start_fault(turn, Part.MOTOR, _why_still(motion.drive, outcome))
        error = ErrorCode.MOTOR_FAULT
    turn.tone(Tone.FAILURE)
    for waiting in motion.causes:
        turn.refuse(waiting, error)


def _why_still(drive: Drive, outcome: MotorOutcome) -> str:
    if outcome is MotorOutcome.FAULT:
        return "no_answer"
    # FLT-1: the motor ran its whole way and the bolt did not come along.
    return "clutch" if outcome is MotorOutcome.REACHED and drive is Drive.THROW else "no_motion"


def _jam(turn: Turn, cause: Cause) -> None:
    turn.set(bolt=BoltState.JAMMED)
    turn.record(EventType.LOCK_JAMMED, cause)
    turn.say(Prompt.JAMMED)


def _read_bolt(turn: Turn) -> BoltState:
    if turn.profile.bolt_kind == "clutch" and turn.state.coupled:
        return BoltState.UNLOCKED
    match turn.state.position:
        case BoltPosition.THROWN:
            return BoltState.LOCKED
        case BoltPosition.RETRACTED:
            return BoltState.UNLOCKED
        case _:
            return BoltState.UNKNOWN


def _bolt_moved(turn: Turn, before: BoltPosition) -> None:
    state = turn.state
    if before is BoltPosition.UNKNOWN and state.position is BoltPosition.BETWEEN:
        # Found half way, as after a power cut in mid-run: neither locked nor open.
        _jam(turn, Cause(OperationSource.UNKNOWN))
        return
    if state.bolt is BoltState.JAMMED and state.position is BoltPosition.BETWEEN:
        return
    settled = _settled(state.bolt)
    turn.set(bolt=_read_bolt(turn))
    if before is not BoltPosition.UNKNOWN and turn.state.bolt is not settled:
        _moved_by_hand(turn, OperationSource.MECHANICAL_KEY)
    restart_countdown(turn)


def _clutch_bolt_moved(turn: Turn, before: BoltPosition) -> None:
    state = turn.state
    if state.position is BoltPosition.THROWN and state.coupled:
        lifted = state.handle is Handle.LIFTED
        turn.set(thrown_by=OperationSource.OUTSIDE_HANDLE if lifted else OperationSource.INSIDE_HANDLE)
        return
    if state.bolt is BoltState.JAMMED and state.position is BoltPosition.BETWEEN:
        return
    turn.set(bolt=_read_bolt(turn))
    if before is BoltPosition.UNKNOWN or state.coupled:
        return
    if state.position is BoltPosition.THROWN:
        _moved_by_hand(turn, OperationSource.OUTSIDE_HANDLE if state.handle is Handle.LIFTED else OperationSource.INSIDE_HANDLE)
    else:
        _moved_by_hand(turn, OperationSource.MECHANICAL_KEY)


def _moved_by_hand(turn: Turn, source: OperationSource) -> None:
    state = turn.state
    if state.bolt is BoltState.UNKNOWN:
        return
    used = state.inside_mono_ms
    by_inside = used is not None and turn.now.mono_ms - used <= _BY_INSIDE_MS
    if by_inside and state.bolt is BoltState.UNLOCKED:
        # The opening from inside is in the journal already, with the handle's own event.
        turn.set(changed_by=Cause(OperationSource.INSIDE_HANDLE))
        return
    cause = Cause(source)
    turn.set(changed_by=cause)
    turn.record(EventType.LOCKED if state.bolt is BoltState.LOCKED else EventType.UNLOCKED, cause)


def _settled(bolt: BoltState) -> BoltState:
    return bolt if bolt in (BoltState.LOCKED, BoltState.UNLOCKED) else BoltState.UNKNOWN


def _door_error(turn: Turn) -> ErrorCode | None:
    if not turn.profile.door_contact or turn.state.door is DoorState.CLOSED:
        return None
    return ErrorCode.DOOR_OPEN if turn.state.door is DoorState.OPEN else ErrorCode.DOOR_UNKNOWN


def _refuse_open(turn: Turn, cause: Cause, error: ErrorCode) -> None:
    turn.record(EventType.OPERATION_FAILED, cause, reason=error.value, data={"operation": "unlock"})
    turn.refuse(cause, error)


def _refuse_lock(turn: Turn, cause: Cause, error: ErrorCode) -> None:
    if cause.source is not OperationSource.AUTO:
        turn.record(EventType.OPERATION_FAILED, cause, reason=error.value, data={"operation": "lock"})
    turn.refuse(cause, error)
