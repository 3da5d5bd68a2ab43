"""All that can happen to a lock. Parts report readings, people press keys, clients give commands, timers come due."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lock_bridge.wire.words import CredentialType, OperatingMode, Part, Role

from .model import Actor, User, Window


class Key(StrEnum):
    """Keys of the front and buttons of the rear; the profile says which are there."""

    D0 = "0"
    D1 = "1"
    D2 = "2"
    D3 = "3"
    D4 = "4"
    D5 = "5"
    D6 = "6"
    D7 = "7"
    D8 = "8"
    D9 = "9"
    CONFIRM = "ok"
    BACK = "back"
    DOORBELL = "doorbell"
    SET = "set"
    LOCK = "lock"
    RESET = "reset"
    EMERGENCY = "emergency"
    HOME = "home"
    LEAVE = "leave"


class BoltPosition(StrEnum):
    """What the bolt's own sensors say."""

    UNKNOWN = "unknown"
    RETRACTED = "retracted"
    BETWEEN = "between"
    THROWN = "thrown"


class MotorOutcome(StrEnum):
    """How a run of the motor ended: where it should, stuck on the way, without any movement, or with no answer."""

    REACHED = "reached"
    STALLED = "stalled"
    NO_MOTION = "no_motion"
    FAULT = "fault"


class Handle(StrEnum):
    """The outside handle (BLT-13)."""

    REST = "rest"
    LIFTED = "lifted"
    PRESSED = "pressed"


class Timer(StrEnum):
    """Timers of a lock; starting one that runs starts it anew."""

    KEYPAD_IDLE = "keypad_idle"
    HOLD = "hold"
    MOTOR = "motor"
    COUNTDOWN = "countdown"
    UNCOUPLE = "uncouple"
    LOCKOUT = "lockout"
    LOCKOUT_DECAY = "lockout_decay"
    ENROLMENT = "enrolment"
    TAMPER_TONE = "tamper_tone"
    INDICATION = "indication"
    SHOW = "show"
    LOOK = "look"
    OUTSIDE_LOCK = "outside_lock"
    PASSAGE = "passage"
    AJAR = "ajar"
    SCREEN = "screen"
    RESET = "reset"
    PAIRING = "pairing"


@dataclass(frozen=True, slots=True)
class KeyDown:
    """A key goes down; a digit counts now."""

    key: Key = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyUp:
    """A key comes up."""

    key: Key = field(repr=False)


@dataclass(frozen=True, slots=True)
class BiometricSeen:
    """A reader of fingers, faces or palms saw one: the slot that it matched, or None for one it does not know."""

    type: CredentialType
    slot: int | None


@dataclass(frozen=True, slots=True)
class NearSeen:
    """Somebody has come near the front (VER-5), or gone away again."""

    near: bool


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card was held to the reader."""

    uid: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EnrolStep:
    """`done` touches or poses of the running enrolment have been taken."""

    type: CredentialType
    done: int


@dataclass(frozen=True, slots=True)
class EnrolRetry:
    """The last touch or pose did not count: `messy`, `short`, `lift`, `too_far`, `moved`, `covered`."""

    type: CredentialType
    reason: str


@dataclass(frozen=True, slots=True)
class EnrolDone:
    """The reader holds the new template in `slot`."""

    type: CredentialType
    slot: int


@dataclass(frozen=True, slots=True)
class EnrolFailed:
    """The reader gave up and holds nothing of it: `timeout`, `duplicate`, `mismatch`, `fault`, `cancelled`."""

    type: CredentialType
    reason: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """The slots that a reader holds, told at its start and at each return."""

    type: CredentialType
    slots: frozenset[int]
    first: bool = field(default=False, compare=False)
    """This lock has never met the module: whoever is in it was enrolled elsewhere, whatever the slots' numbers."""


@dataclass(frozen=True, slots=True)
class BoltSeen:
    """The bolt's position, read from its sensors; told at start, at each change, and in case of doubt again."""

    position: BoltPosition


@dataclass(frozen=True, slots=True)
class MotorStopped:
    """The run `run` of the motor has ended."""

    run: int
    outcome: MotorOutcome


@dataclass(frozen=True, slots=True)
class DoorSeen:
    """The door contact; None when it no longer answers."""

    open: bool | None


@dataclass(frozen=True, slots=True)
class HandleSeen:
    """The outside handle moved."""

    handle: Handle


@dataclass(frozen=True, slots=True)
class InsideHandleUsed:
    """Somebody pressed the inside handle (BLT-11)."""


@dataclass(frozen=True, slots=True)
class PrivacySeen:
    """The safety knob, or on a clutch lock the thumb-turn, blocks the outside (BLT-9)."""

    on: bool


@dataclass(frozen=True, slots=True)
class PeepholeSeen:
    """The anti-peephole button (BLT-9): on, the inside handle works; off, it is dead."""

    on: bool


@dataclass(frozen=True, slots=True)
class RadioSeen:
    """The radios (PWR-3): signal strength in dBm (None: off or not known), and whether a phone is connected."""

    signal_dbm: int | None
    bluetooth_connected: bool = False


@dataclass(frozen=True, slots=True)
class PhonePairs:
    """A phone gives the lock's Bluetooth pairing code (DLM-9). Answered by `PhoneTold`."""

    phone: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PhoneActs:
    """A phone shows a Bluetooth key (VER-14) for `operation`, `unlock` or `lock`. Answered by `PhoneTold`.

    `challenge` is what the radio's driver gave this phone a moment ago, random and never twice; `proof` is
    `bluetooth.proof` over it.
    """

    phone: str
    key_id: bytes
    operation: str
    challenge: bytes
    counter: int
    proof: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The sounder has said all that it was told to; the idle time runs again (MNU-1)."""


@dataclass(frozen=True, slots=True)
class TamperSeen:
    """The lock is forced off the door (True), or back on it."""

    off: bool


@dataclass(frozen=True, slots=True)
class PowerSeen:
    """Battery level in percent (None: not known) and whether emergency power is connected."""

    percent: int | None
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class PartFault:
    """A part does not answer, or answers wrongly (FLT-1)."""

    part: Part
    reason: str


@dataclass(frozen=True, slots=True)
class PartBack:
    """A part answers again."""

    part: Part


@dataclass(frozen=True, slots=True)
class PartReplaced:
    """Another device than before answers for the part: not to be trusted."""

    part: Part


@dataclass(frozen=True, slots=True)
class PairingChanged:
    """The bridge's pairing window opened or closed; its lamp flashes meanwhile (DLM-11)."""

    open: bool


@dataclass(frozen=True, slots=True)
class TimerDue:
    """A timer that was started has run out."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Started:
    """The engine has just been built from disk; the first input of each start.

    `boot_id` tells whether mono times of disk still hold; another one than before is a lock that had no power.
    """

    boot_id: str


@dataclass(frozen=True, slots=True)
class UserShared:
    """Another lock of the bridge has changed a user of this one too (USR-10): all but her number is taken over."""

    user: User


@dataclass(frozen=True, slots=True)
class UsesShared:
    """Another lock has counted an entry of a user of this one too (USR-7): what she has left, and no more is new."""

    user_id: str
    uses_left: int | None


@dataclass(frozen=True, slots=True)
class NotKept:
    """The disk has refused what somebody wanted at the door: of `refused` nothing was done, and nobody has heard."""

    refused: Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish of a client; the answer carries `command_id`."""

    command_id: str
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLock(Command):
    """Lock from afar; always allowed (VER-16)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteUnlock(Command):
    """Unlock from afar, under the rules of VER-16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLockout(Command):
    """End a lockout under way (VER-9) and set its level back to the start (VER-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettings(Command):
    """Change settings by their names."""

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddUser(Command):
    """Put a user on this lock; her number is the lowest free one (USR-2). `user_id` is chosen by the bridge."""

    user_id: str
    name: str
    role: Role = Role.USER
    enabled: bool = True
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    schedule: tuple[Window, ...] = ()
    uses_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUser(Command):
    """Change a user's `name`, `role`, `enabled`, `valid_from_ms`, `valid_until_ms`, `schedule`, `uses_left`.

    Only what is named changes. A `schedule` is as `ScheduleWindow`s go over the wire.
    """

    user_id: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteUser(Command):
    """Delete a user with all her credentials (USR-5)."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearUsers(Command):
    """Delete everybody who is no administrator, with all their credentials; all of them or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPasscode(Command):
    """Give a user her passcode, in place of the one she had."""

    user_id: str
    passcode: str = field(repr=False)
    duress: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTemporaryPasscode(Command):
    """Give a user's visitor a passcode that the bridge has made (VER-13)."""

    user_id: str
    passcode: str = field(repr=False)
    label: str = ""
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    uses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBluetoothKey(Command):
    """Give a user's visitor a Bluetooth key (VER-14); `key_id` is random, the key itself follows from it."""

    user_id: str
    key_id: bytes
    label: str = ""
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    uses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCredential(Command):
    """Change a credential's `label`, a fingerprint's `duress`, or where the lock numbers nobody its `user_id`."""

    type: CredentialType
    number: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEnrolment(Command):
    """Begin to learn a fingerprint, card, face or palm vein at the door; progress is in the lock's snapshot."""

    user_id: str
    type: CredentialType
    duress: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEnrolment(Command):
    """End the running enrolment, or only the one with that id; nothing of it stays."""

    enrolment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCredential(Command):
    """Delete one credential."""

    type: CredentialType
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCredentials(Command):
    """Delete all credentials of a user, of a kind, or of a user's kind; all of them or none."""

    user_id: str | None = None
    type: CredentialType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode(Command):
    """Begin or end passage (BLT-7) or leaving-home (BLT-8); `normal` ends either. `seconds` is for passage."""

    mode: OperatingMode
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMute(Command):
    """Begin the one-time mute, or take it back (DLM-12)."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBluetoothCode(Command):
    """Set the lock's Bluetooth pairing code (DLM-9); None: the default one."""

    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPart(Command):
    """Take the module that answers for `part` now as the right one."""

    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearBluetooth(Command):
    """Drop the paired phones and set the pairing code to the default (DLM-9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPairing(Command):
    """Open pairing mode from the app (APP-6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetLock(Command):
    """Factory reset from the app (RST-1, APP-6)."""


type Reading = (
    KeyDown
    | KeyUp
    | BiometricSeen
    | NearSeen
    | CardSeen
    | EnrolStep
    | EnrolRetry
    | EnrolDone
    | EnrolFailed
    | Inventory
    | BoltSeen
    | MotorStopped
    | DoorSeen
    | HandleSeen
    | InsideHandleUsed
    | PrivacySeen
    | PeepholeSeen
    | RadioSeen
    | PhonePairs
    | PhoneActs
    | SpeechEnded
    | TamperSeen
    | PowerSeen
    | PartFault
    | PartBack
    | PartReplaced
)
"""What parts report."""

type Input = Reading | PairingChanged | TimerDue | Started | UserShared | UsesShared | NotKept | Command
