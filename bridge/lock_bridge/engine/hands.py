"""Moves that no command made: key, handles, the door itself (BLT-5, BLT-11, BLT-13, VER-15)."""

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, DoorState, EventType, OperationSource

from . import alarms, bolt, modes, motor, waiting
from .inputs import BoltPosition, BoltSeen, DoorSeen, Handle, HandleSeen, InsideHandleUsed
from .state import Cause
from .turn import Turn

_BY_INSIDE_MS = 3_000
"""A bolt that moves this soon after the inside handle was used was moved by it."""


_INSIDE = (OperationSource.INSIDE_HANDLE, OperationSource.EMERGENCY_BUTTON)


def bolt_seen(turn: Turn, seen: BoltSeen) -> None:
    """What the sensors say; without a run under way somebody moved the bolt by hand."""
    before, was = turn.state.position, turn.state.bolt
    turn.set(position=seen.position)
    if turn.state.motion is not None or seen.position is before:
        return
    if before is BoltPosition.UNKNOWN:
        _found(turn)
    elif was is not BoltState.JAMMED or seen.position is not BoltPosition.BETWEEN:
        turn.set(bolt=motor.read_bolt(turn))
        _moved(turn, was)
    bolt.restart_countdown(turn)


def door_seen(turn: Turn, seen: DoorSeen) -> None:
    """The door opened or closed. A bolt on its way out is drawn back from an open door (BLT-5)."""
    before = turn.state.door
    after = DoorState.UNKNOWN if seen.open is None else DoorState.OPEN if seen.open else DoorState.CLOSED
    if after is before:
        return
    turn.set(door=after)
    if after is DoorState.OPEN:
        bolt.draw_back(turn, ErrorCode.DOOR_OPEN)
    if DoorState.UNKNOWN not in (before, after):
        turn.record(EventType.DOOR_OPENED if seen.open else EventType.DOOR_CLOSED)
        if seen.open:
            _opened(turn)
    if after is DoorState.CLOSED:
        turn.set(intruded=False)
    bolt.restart_countdown(turn)
    waiting.time_offer(turn)
    alarms.watch_door(turn)
    modes.door_moved(turn)


def handle_seen(turn: Turn, seen: HandleSeen) -> None:
    """BLT-13: a handle that was lifted and comes back without a thrown bolt has jammed it."""
    before = turn.state.handle
    turn.set(handle=seen.handle)
    lifted = turn.profile.bolt_kind == "clutch" and before is Handle.LIFTED and seen.handle is Handle.REST
    if lifted and turn.state.position in (BoltPosition.RETRACTED, BoltPosition.BETWEEN):
        motor.jam(turn, Cause(OperationSource.OUTSIDE_HANDLE))


def inside_handle_used(turn: Turn, _used: InsideHandleUsed) -> None:
    """BLT-11: it opens mechanically, whatever the lock thinks; the motor does not work against it.

    One that the anti-peephole button has made dead opens nothing (BLT-9).
    """
    if turn.state.inside_handle_on is False:
        return
    cause = Cause(OperationSource.INSIDE_HANDLE)
    turn.set(inside_mono_ms=turn.now.mono_ms)
    bolt.draw_back(turn, ErrorCode.SUPERSEDED)
    turn.record(EventType.OPENED_FROM_INSIDE, cause)
    alarms.opened_from_inside(turn, cause)
    waiting.offer(turn)


def contacts_lost(turn: Turn) -> None:
    """Contacts that no longer answer know nothing: neither of the door, nor that somebody holds the handle."""
    door_seen(turn, DoorSeen(None))
    turn.set(handle=Handle.REST)


def _opened(turn: Turn) -> None:
    """Who opened the door, and by what right."""
    state = turn.state
    if state.bolt is BoltState.LOCKED and not _by_inside(turn):
        alarms.forced_open(turn)
    elif state.changed_by is not None and state.changed_by.source in _INSIDE:
        alarms.opened_from_inside(turn, state.changed_by)


def _by_inside(turn: Turn) -> bool:
    """Whether the inside handle was used just now, so that what moves was moved by it."""
    used = turn.state.inside_mono_ms
    return used is not None and turn.now.mono_ms - used <= _BY_INSIDE_MS


def _found(turn: Turn) -> None:
    """The first reading after a start or a failure of the sensors."""
    if turn.state.position is BoltPosition.BETWEEN:
        # As after a power cut in mid-run: neither locked nor open.
        motor.jam(turn, Cause(OperationSource.UNKNOWN))
    else:
        turn.set(bolt=motor.read_bolt(turn))
    bolt.make_safe(turn)


def _moved(turn: Turn, was: BoltState) -> None:
    state = turn.state
    thrown, clutch = state.position is BoltPosition.THROWN, turn.profile.bolt_kind == "clutch"
    source = OperationSource.MECHANICAL_KEY
    if thrown and clutch:
        # The inside handle, which throws the bolt as well, has no sensor of its own.
        lifted = state.handle is Handle.LIFTED
        source = OperationSource.OUTSIDE_HANDLE if lifted else OperationSource.INSIDE_HANDLE
    if clutch and state.coupled:
        # While it is coupled the handle moves the bolt as it should; what counts is where it ends.
        turn.set(thrown_by=source if thrown else None)
    elif state.bolt not in (was, BoltState.UNKNOWN):
        _record_move(turn, source)


def _record_move(turn: Turn, source: OperationSource) -> None:
    """VER-15: the lock noticed a move that it did not make."""
    opened = turn.state.bolt is BoltState.UNLOCKED
    if opened and _by_inside(turn):
        # The opening from inside is in the journal already, with the handle's own event.
        turn.set(changed_by=Cause(OperationSource.INSIDE_HANDLE))
        return
    cause = Cause(source)
    turn.set(changed_by=cause)
    turn.record(EventType.UNLOCKED if opened else EventType.LOCKED, cause)
