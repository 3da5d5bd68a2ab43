"""Locking that waits for the door: from outside (BLT-2), on leaving home (BLT-8), after passage (BLT-7)."""

from lock_bridge.wire.words import DoorState, OperationSource

from .effects import Tone
from .inputs import Timer
from .state import Cause, OutsideLock
from .turn import Turn


def offer(turn: Turn) -> None:
    """BLT-2: somebody opened from inside; the confirm key on the front lights, and locks."""
    state = turn.state
    if turn.profile.outside_lock and not state.modes.passage and state.outside_lock is not OutsideLock.KEPT:
        turn.set(outside_lock=OutsideLock.OFFERED)
        time_offer(turn)


def time_offer(turn: Turn) -> None:
    """An offer lasts while the door is open, and a while beyond: a lit key tells the street that nobody has locked."""
    if turn.state.outside_lock is OutsideLock.OFFERED:
        if turn.state.door is DoorState.OPEN:
            turn.stop(Timer.OUTSIDE_LOCK)
        else:
            turn.start(Timer.OUTSIDE_LOCK, turn.profile.outside_lock_ms)


def keep(turn: Turn) -> None:
    """BLT-2: pressed with the door open; it is carried out when the door closes in time."""
    turn.set(outside_lock=OutsideLock.KEPT)
    turn.start(Timer.OUTSIDE_LOCK, turn.profile.outside_lock_ms)


def outside_over(turn: Turn) -> None:
    """BLT-2: nobody has pressed the key, or closed the door, in time.

    Whoever still waits for it hears so, and is offered it anew: the door is still open, and nobody has locked.
    """
    kept = turn.state.outside_lock is OutsideLock.KEPT
    drop_outside(turn)
    if kept:
        turn.tone(Tone.FAILURE)
        offer(turn)


def drop_outside(turn: Turn) -> None:
    """Locking from outside is no longer offered, nor kept."""
    if turn.state.outside_lock is not OutsideLock.NO:
        turn.set(outside_lock=OutsideLock.NO)
        turn.stop(Timer.OUTSIDE_LOCK)


def drop(turn: Turn) -> None:
    """Somebody opens on purpose, or the bolt is thrown: nothing waits for the door any more."""
    drop_outside(turn)
    if turn.state.leaving:
        turn.set(leaving=False, leaving_by=None)
    if turn.state.modes.lock_when_closed:
        turn.save_modes(lock_when_closed=False)


def wanted(turn: Turn) -> Cause | None:
    """On whose wish the bolt is to be thrown now that the door has closed; None: on nobody's."""
    state = turn.state
    if state.outside_lock is OutsideLock.KEPT:
        return Cause(OperationSource.KEYPAD)
    if state.leaving:
        return state.leaving_by
    return Cause(OperationSource.AUTO) if state.modes.lock_when_closed else None
