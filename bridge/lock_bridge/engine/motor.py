"""Runs of the motor: how one begins, what its end means, and what the bolt's sensors say of it (BLT-1, BLT-6)."""

from dataclasses import replace
from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, DoorState, EventType, OperationSource, Part

from . import entitlement
from .alarms import start_fault
from .effects import Drive, DriveBolt, Prompt
from .inputs import BoltPosition, MotorOutcome, Timer
from .state import Cause, Motion
from .turn import Turn

OPENING: Final = (Drive.RETRACT, Drive.COUPLE)
BOLT_MOVES: Final = (Drive.THROW, Drive.RETRACT)

_GRACE_MS: Final = 1_000
"""How much later than its limit a run may report its end, before the motor counts as dumb."""

_WAITS: Final = (ErrorCode.DOOR_OPEN, ErrorCode.DOOR_UNKNOWN, ErrorCode.SUPERSEDED)


def run(turn: Turn, motion: Motion) -> None:
    """Begin a run, under a number of its own, and never longer than the limit."""
    number = turn.state.runs + 1
    limit = turn.profile.motor_limit_ms
    turn.set(runs=number, motion=replace(motion, run=number))
    turn.drive(DriveBolt(motion.drive, number, limit, turn.state.settings.door_direction == "left"))
    turn.start(Timer.MOTOR, limit + _GRACE_MS)


def arrived(turn: Turn, motion: Motion, outcome: MotorOutcome) -> bool:
    """Whether a run has done what it was for."""
    match motion.drive:
        case Drive.THROW:
            return turn.state.position is BoltPosition.THROWN
        case Drive.RETRACT:
            return turn.state.position is BoltPosition.RETRACTED
        case _:
            # The clutch has no sensor of its own: its motor's end stop is all there is to read.
            return outcome is MotorOutcome.REACHED


def read_bolt(turn: Turn) -> BoltState:
    """The bolt at rest, as its sensors say: locked if it is thrown, and on a clutch lock uncoupled too (BLT-13)."""
    state = turn.state
    coupled = state.coupled if turn.profile.bolt_kind == "clutch" else False
    if state.position is BoltPosition.UNKNOWN or (state.position is BoltPosition.THROWN and coupled is None):
        return BoltState.UNKNOWN
    return BoltState.LOCKED if state.position is BoltPosition.THROWN and not coupled else BoltState.UNLOCKED


def door_error(turn: Turn) -> ErrorCode | None:
    """Why the bolt must not be thrown now (BLT-5); None: it may."""
    if not turn.profile.door_contact or turn.state.door is DoorState.CLOSED:
        return None
    return ErrorCode.DOOR_OPEN if turn.state.door is DoorState.OPEN else ErrorCode.DOOR_UNKNOWN


def may_run(turn: Turn, drive: Drive) -> bool:
    """Whether a run may be made, or made once more."""
    return drive is not Drive.THROW or door_error(turn) is None


def jam(turn: Turn, cause: Cause) -> None:
    """BLT-6: the bolt is stuck on its way; it stays jammed until the next success."""
    turn.set(bolt=BoltState.JAMMED)
    turn.record(EventType.LOCK_JAMMED, cause)
    # Before anything is said: one write is as fast as another, two are not (VER-12).
    tell_duress(turn, cause)
    turn.say(Prompt.JAMMED)


_STILL_UNLOCKED: Final = (
    # The motor ran its whole way and the bolt did not come along.
    (Drive.THROW, MotorOutcome.REACHED),
    # The handle stays coupled.
    (Drive.UNCOUPLE, MotorOutcome.STALLED),
)
"""What a full locking run comes to where the clutch has failed (FLT-1)."""


def start_motor_fault(turn: Turn, drive: Drive, outcome: MotorOutcome) -> None:
    """BLT-6, FLT-1: the motor, or what it should have taken along, has failed."""
    if (drive, outcome) in _STILL_UNLOCKED:
        start_fault(turn, Part.CLUTCH, "no_motion")
    else:
        start_fault(turn, Part.MOTOR, "no_answer" if outcome is MotorOutcome.FAULT else "no_motion")


def fail(turn: Turn, cause: Cause, drive: Drive, error: ErrorCode) -> None:
    """Refuse or end an operation. Locking by itself that only has to wait is no failure."""
    if cause.source is not OperationSource.AUTO or error not in _WAITS:
        operation = "unlock" if drive in OPENING else "lock"
        turn.record(EventType.OPERATION_FAILED, cause, reason=error.value, data={"operation": operation})
    if drive in OPENING:
        tell_duress(turn, cause)
    make_good(turn, cause, drive)
    turn.refuse(cause, error)


def make_good(turn: Turn, cause: Cause, drive: Drive) -> None:
    """A verification whose opening failed uses nothing up (BLT-6)."""
    if drive in OPENING:
        entitlement.give_back(turn, cause)


def tell_duress(turn: Turn, cause: Cause) -> None:
    """VER-12: silently, in the journal alone; also where the door stays shut."""
    if cause.credential is not None and cause.credential.duress:
        turn.record(EventType.DURESS, cause)
