"""The state machine of one lock: an input and the time go in, a new state and the effects come out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from lock_bridge.wire.words import Part

from . import (
    access,
    alarms,
    bluetooth,
    bolt,
    credentials,
    enrolment,
    first_start,
    hands,
    keypad,
    lights,
    lockout,
    menu,
    modes,
    mute,
    pairing,
    people,
    radio,
    reset,
    screen,
    settings,
    sight,
)
from .effects import Effect, Prompt
from .inputs import (
    AddBluetoothKey,
    AddTemporaryPasscode,
    AddUser,
    AskPairing,
    BiometricSeen,
    BoltSeen,
    CancelEnrolment,
    CardSeen,
    ChangeCredential,
    ChangeSettings,
    ChangeUser,
    ClearBluetooth,
    ClearCredentials,
    ClearUsers,
    DeleteCredential,
    DeleteUser,
    DoorSeen,
    EndLockout,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    HandleSeen,
    Input,
    InsideHandleUsed,
    Inventory,
    KeyDown,
    KeyUp,
    MotorStopped,
    NearSeen,
    NotKept,
    PairingChanged,
    PartBack,
    PartFault,
    PartReplaced,
    PeepholeSeen,
    PhoneActs,
    PhonePairs,
    PowerSeen,
    PrivacySeen,
    RadioSeen,
    RemoteLock,
    RemoteUnlock,
    ResetLock,
    SetBluetoothCode,
    SetMode,
    SetMute,
    SetPasscode,
    SpeechEnded,
    Started,
    StartEnrolment,
    TamperSeen,
    Timer,
    TimerDue,
    TrustPart,
    UserShared,
    UsesShared,
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
    modes.follow(turn, state)
    menu.follow(turn, state)
    sight.follow(turn, state)
    keypad.follow(turn, state, given)
    lights.follow(turn)
    return Step(turn.state, tuple(turn.effects))


def _timer_due(turn: Turn, due: TimerDue) -> None:
    _TIMERS[due.timer](turn)


def _started(turn: Turn, started: Started) -> None:
    now = turn.now.mono_ms
    powered_on = turn.state.lockout.boot_id != started.boot_id
    turn.save_lockout(lockout.restarted(turn.state.lockout, started.boot_id, now))
    record = turn.state.lockout
    if record.ends_mono_ms is not None:
        turn.start(Timer.LOCKOUT, max(0, record.ends_mono_ms - now))
    access.start_decay(turn)
    modes.started(turn, started.boot_id)
    radio.switch(turn)
    screen.started(turn)
    pairing.started(turn)
    turn.emit(turn.state.lights)
    if powered_on:
        turn.set(powered_on_mono_ms=now)
        first_start.powered_on(turn)


def _part_fault(turn: Turn, fault: PartFault) -> None:
    """FLT-1: said by its name; what it alone knew is not known any more, and the others go on."""
    alarms.start_fault(turn, fault.part, fault.reason)
    if fault.part in (Part.FACE, Part.LINK):
        sight.reader_lost(turn)
    match fault.part:
        case Part.KEYPAD:
            keypad.sleep(turn)
        case Part.BLUETOOTH:
            radio.lost(turn)
        case Part.BOLT:
            bolt.sensors_lost(turn)
        case Part.DOOR:
            hands.contacts_lost(turn)
        case Part.POWER:
            alarms.gauge_lost(turn)
        case Part.FINGERPRINT | Part.CARD | Part.FACE | Part.PALM_VEIN | Part.LINK:
            enrolment.reader_lost(turn, fault.part)
            if fault.part is Part.LINK:
                # The whole front is dead, its voice too.
                turn.set(speaking=False)
                keypad.sleep(turn)


def _part_back(turn: Turn, back: PartBack) -> None:
    alarms.end_fault(turn, back.part)
    alarms.part_restored(turn, back.part)
    if back.part is Part.MOTOR:
        bolt.make_safe(turn)


def _not_kept(turn: Turn, given: NotKept) -> None:
    """Who is at the door hears it; a menu is where it was before the key, which may be pressed again."""
    match given.refused:
        case KeyDown():
            turn.verdict(good=False)
            turn.say(Prompt.STORAGE)
        case EnrolDone() | CardSeen():
            enrolment.not_kept(turn)


def _indicated(turn: Turn) -> None:
    turn.set(indication=None)


_INPUTS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    KeyDown: keypad.key_down,
    KeyUp: keypad.key_up,
    BiometricSeen: access.biometric_seen,
    NearSeen: sight.near_seen,
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
    PrivacySeen: modes.privacy_seen,
    PeepholeSeen: modes.peephole_seen,
    RadioSeen: radio.radio_seen,
    PhonePairs: bluetooth.phone_pairs,
    PhoneActs: bluetooth.phone_acts,
    SpeechEnded: keypad.speech_ended,
    TamperSeen: alarms.tamper_seen,
    PowerSeen: alarms.power_seen,
    PartFault: _part_fault,
    PartBack: _part_back,
    PartReplaced: alarms.part_replaced,
    PairingChanged: pairing.changed,
    TimerDue: _timer_due,
    Started: _started,
    UserShared: people.shared,
    UsesShared: people.uses_shared,
    NotKept: _not_kept,
    RemoteLock: bolt.remote_lock,
    RemoteUnlock: bolt.remote_unlock,
    EndLockout: access.end_lockout,
    ChangeSettings: settings.change,
    AddUser: people.add_user,
    ChangeUser: people.change_user,
    DeleteUser: people.delete_user,
    ClearUsers: people.clear_users,
    SetPasscode: credentials.set_passcode,
    AddTemporaryPasscode: credentials.add_temporary,
    AddBluetoothKey: credentials.add_bluetooth_key,
    ChangeCredential: credentials.change,
    ClearCredentials: credentials.clear,
    SetMode: modes.set_mode,
    SetMute: mute.set_mute,
    SetBluetoothCode: bluetooth.set_code,
    TrustPart: alarms.trust_part,
    ClearBluetooth: bluetooth.clear,
    AskPairing: pairing.ask,
    ResetLock: reset.reset_lock,
    StartEnrolment: enrolment.start,
    CancelEnrolment: enrolment.cancel,
    DeleteCredential: credentials.delete,
}

_TIMERS: Final[dict[Timer, Callable[[Turn], None]]] = {
    Timer.KEYPAD_IDLE: keypad.idle,
    Timer.HOLD: keypad.held,
    Timer.MOTOR: bolt.motor_late,
    Timer.COUNTDOWN: bolt.countdown_due,
    Timer.UNCOUPLE: bolt.uncouple_due,
    Timer.LOCKOUT: access.lockout_due,
    Timer.LOCKOUT_DECAY: access.decay_due,
    Timer.ENROLMENT: enrolment.late,
    Timer.TAMPER_TONE: alarms.end_tamper_tone,
    Timer.INDICATION: _indicated,
    Timer.SHOW: lights.next_frame,
    Timer.LOOK: sight.look_due,
    Timer.OUTSIDE_LOCK: modes.outside_lock_over,
    Timer.PASSAGE: modes.passage_over,
    Timer.AJAR: alarms.ajar_due,
    Timer.SCREEN: screen.off,
    Timer.RESET: reset.late,
    Timer.PAIRING: pairing.over,
}
