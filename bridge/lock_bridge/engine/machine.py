"""The state machine of one lock: an input and the time go in, a new state and the effects come out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lock_bridge.wire.words import Part

from . import access, alarms, bolt, enrolment, hands, keypad, lockout, people
from .effects import Effect, Lamp, Light
from .inputs import (
    AddUser,
    BoltSeen,
    CancelEnrolment,
    CardSeen,
    ChangeSettings,
    ChangeUser,
    DeleteCredential,
    DeleteUser,
    DoorSeen,
    EndLockout,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    FingerSeen,
    HandleSeen,
    Input,
    InsideHandleUsed,
    Inventory,
    Key,
    KeyDown,
    KeyUp,
    MotorStopped,
    PairingChanged,
    PartBack,
    PartFault,
    PartReplaced,
    PowerSeen,
    RemoteLock,
    RemoteUnlock,
    SetPasscode,
    Started,
    StartEnrolment,
    TamperSeen,
    Timer,
    TimerDue,
)
from .model import Instant
from .state import LockState, Setup
from .turn import Turn


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one input."""

    state: LockState
    effects: tuple[Effect, ...]


def step(state: LockState, given: Input, now: Instant, setup: Setup) -> Step:
    """Take one input. Nothing is decided anywhere else; the same arguments always give the same step."""
    turn = Turn(state, setup, now)
    _INPUTS[type(given)](turn, given)
    _lights(turn)
    return Step(turn.state, tuple(turn.effects))


def _timer_due(turn: Turn, due: TimerDue) -> None:
    _TIMERS[due.timer](turn)


def _started(turn: Turn, started: Started) -> None:
    now = turn.now.mono_ms
    turn.save_lockout(lockout.restarted(turn.state.lockout, started.boot_id, now))
    record = turn.state.lockout
    if record.ends_mono_ms is not None:
        turn.start(Timer.LOCKOUT, max(0, record.ends_mono_ms - now))
    access.start_decay(turn)
    turn.emit(turn.state.lights)


def _part_fault(turn: Turn, fault: PartFault) -> None:
    """FLT-1: said by its name; what it alone knew is not known any more, and the others go on."""
    alarms.start_fault(turn, fault.part, fault.reason)
    match fault.part:
        case Part.KEYPAD:
            keypad.sleep(turn)
        case Part.BOLT:
            bolt.sensors_lost(turn)
        case Part.DOOR:
            hands.contacts_lost(turn)
        case Part.POWER:
            alarms.gauge_lost(turn)
        case Part.FINGERPRINT | Part.CARD:
            enrolment.reader_lost(turn, fault.part)


def _part_back(turn: Turn, back: PartBack) -> None:
    alarms.end_fault(turn, back.part)
    alarms.part_restored(turn, back.part)
    if back.part is Part.MOTOR:
        bolt.make_safe(turn)


def _pairing(turn: Turn, changed: PairingChanged) -> None:
    turn.set(pairing=changed.open)


def _indicated(turn: Turn) -> None:
    turn.set(indication=None)


def _lights(turn: Turn) -> None:
    """Lights follow from the state: they are said when they are other than before."""
    state, profile = turn.state, turn.profile
    keys = _lit(profile.keys) if state.awake else _DARK
    lamps = set[Lamp]()
    if state.indication is not None:
        lamps.add(state.indication)
    if state.pairing:
        lamps.add(Lamp.PAIRING)
    if state.awake and profile.battery_indicator and state.battery_level in ("low", "critical"):
        lamps.add(Lamp.BATTERY)
    if keys != state.lights.keys or lamps != state.lights.lamps:
        lights = Light(keys, frozenset(lamps))
        turn.set(lights=lights)
        turn.emit(lights)


@cache
def _lit(keys: frozenset[Key]) -> frozenset[str]:
    """Those of a model's keys that light: asked at each input, the same each time."""
    return frozenset(key.value for key in keys & keypad.FRONT)


_DARK: Final[frozenset[str]] = frozenset()

_INPUTS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    KeyDown: keypad.key_down,
    KeyUp: keypad.key_up,
    FingerSeen: access.finger_seen,
    CardSeen: access.card_seen,
    EnrolStep: enrolment.step,
    EnrolRetry: enrolment.retry,
    EnrolDone: enrolment.done,
    EnrolFailed: enrolment.failed,
    Inventory: enrolment.inventory,
    BoltSeen: hands.bolt_seen,
    MotorStopped: bolt.motor_stopped,
    DoorSeen: hands.door_seen,
    HandleSeen: hands.handle_seen,
    InsideHandleUsed: hands.inside_handle_used,
    TamperSeen: alarms.tamper_seen,
    PowerSeen: alarms.power_seen,
    PartFault: _part_fault,
    PartBack: _part_back,
    PartReplaced: alarms.part_replaced,
    PairingChanged: _pairing,
    TimerDue: _timer_due,
    Started: _started,
    RemoteLock: bolt.remote_lock,
    RemoteUnlock: bolt.remote_unlock,
    EndLockout: access.end_lockout,
    ChangeSettings: people.change_settings,
    AddUser: people.add_user,
    ChangeUser: people.change_user,
    DeleteUser: people.delete_user,
    SetPasscode: people.set_passcode,
    StartEnrolment: enrolment.start,
    CancelEnrolment: enrolment.cancel,
    DeleteCredential: people.delete_credential,
}

_TIMERS: Final[dict[Timer, Callable[[Turn], None]]] = {
    Timer.KEYPAD_IDLE: keypad.sleep,
    Timer.HOLD: keypad.held,
    Timer.MOTOR: bolt.motor_late,
    Timer.COUNTDOWN: bolt.countdown_due,
    Timer.UNCOUPLE: bolt.uncouple_due,
    Timer.LOCKOUT: access.lockout_due,
    Timer.LOCKOUT_DECAY: access.decay_due,
    Timer.ENROLMENT: enrolment.late,
    Timer.TAMPER_TONE: alarms.end_tamper_tone,
    Timer.INDICATION: _indicated,
}
