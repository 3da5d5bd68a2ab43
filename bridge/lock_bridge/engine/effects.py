"""All that a lock does in answer.

Effects are carried out in their order; a durable one is on disk before the next that is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, Part

from .inputs import Timer
from .model import Credential, Fact, LockoutRecord, Modes, Settings, User


class Drive(StrEnum):
    """Which way the motor turns; `couple` and `uncouple` are the clutch of BLT-13."""

    THROW = "throw"
    RETRACT = "retract"
    COUPLE = "couple"
    UNCOUPLE = "uncouple"


class Tone(StrEnum):
    """Sounds of the front; `doorbell` sounds inside."""

    KEY = "key"
    SUCCESS = "success"
    FAILURE = "failure"
    DOORBELL = "doorbell"
    ALARM = "alarm"
    ALARM_END = "alarm_end"


class Lamp(StrEnum):
    """Lights other than the keys'."""

    GREEN = "green"
    RED = "red"
    BATTERY = "battery"
    PAIRING = "pairing"
    """It flashes (DLM-11)."""
    INFRARED = "infrared"
    """A face is looked for; it blinks (VER-5)."""
    PALM = "palm"
    """The palm reader's red light: only under it palms are taken in (DLM-14)."""


class Prompt(StrEnum):
    """Spoken prompts, by message key (SND-2); their texts are in the project's prompts folder."""

    LOCKED_OUT = "locked_out"
    CHARGE_BATTERY = "charge_battery"
    REPLACE_BATTERIES = "replace_batteries"
    TOUCH_FINGER = "touch_finger"
    TOUCH_AGAIN = "touch_again"
    LIFT_FINGER = "lift_finger"
    HOLD_CARD = "hold_card"
    ENROLLED = "enrolled"
    EXISTS_ALREADY = "exists_already"
    ENROLMENT_FAILED = "enrolment_failed"
    CLOSE_DOOR = "close_door"
    JAMMED = "jammed"
    PAIRING_OPEN = "pairing_open"
    LIFT_HANDLE = "lift_handle"

    CHOOSE_DIRECTION = "choose_direction"
    PRESS_DIRECTION = "press_direction"
    ADD_FIRST_ADMINISTRATOR = "add_first_administrator"
    VERIFY_ADMINISTRATOR = "verify_administrator"
    NOT_ADMINISTRATOR = "not_administrator"
    MENU = "menu"
    MENU_CLOSED = "menu_closed"
    CHOOSE_CREDENTIAL = "choose_credential"
    ENTER_NUMBER = "enter_number"
    ENTER_PASSCODE = "enter_passcode"
    ENTER_LONG_PASSCODE = "enter_long_passcode"
    ENTER_AGAIN = "enter_again"
    CODES_DIFFER = "codes_differ"
    PASSCODE_LENGTH = "passcode_length"
    PASSCODE_SIMPLE = "passcode_simple"
    PASSCODE_CONTAINS = "passcode_contains"
    NO_ROOM = "no_room"
    USER_FULL = "user_full"
    CONFIRM = "confirm"
    DONE = "done"
    FAILED = "failed"
    NOT_POSSIBLE = "not_possible"
    UNKNOWN_NUMBER = "unknown_number"
    LAST_ADMINISTRATOR = "last_administrator"
    FACE_STRAIGHT = "face_straight"
    FACE_UP = "face_up"
    FACE_DOWN = "face_down"
    FACE_LEFT = "face_left"
    FACE_RIGHT = "face_right"
    FACE_HOLD_STILL = "face_hold_still"
    SHOW_PALM = "show_palm"
    PALM_CLOSER = "palm_closer"
    OPERATION_SUCCESSFUL = "operation_successful"
    CLEAR_BLUETOOTH = "clear_bluetooth"
    SYSTEM_INFORMATION = "system_information"
    FACTORY_RESET = "factory_reset"
    RESET_DONE = "reset_done"
    JOIN_GATEWAY = "join_gateway"
    LEAVING_HOME = "leaving_home"
    PASSAGE_ENDED = "passage_ended"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class DriveBolt:
    """Run the motor, at most `limit_ms`; ends with `MotorStopped(run)`."""

    drive: Drive
    run: int
    limit_ms: int
    reversed: bool = False
    """The door is left-opening: the motor's sense is turned (BLT-12)."""


@dataclass(frozen=True, slots=True)
class StopBolt:
    """Stop the motor now."""


@dataclass(frozen=True, slots=True)
class Light:
    """All lights as they are from now on: lit keys and flashing ones, by their names, and lamps."""

    keys: frozenset[str] = frozenset()
    lamps: frozenset[Lamp] = frozenset()
    flashing: frozenset[str] = frozenset()


class View(StrEnum):
    """What the rear's screen shows (DLM-13)."""

    OFF = "off"
    PAIRING = "pairing"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Screen:
    """The rear's screen from now on."""

    view: View


@dataclass(frozen=True, slots=True)
class Look:
    """Let a reader look for faces, or no longer (VER-5)."""

    type: CredentialType
    on: bool


@dataclass(frozen=True, slots=True)
class Radio:
    """The radios from now on (PWR-3): the settings, told at each start and each change."""

    wifi: bool
    bluetooth: bool


@dataclass(frozen=True, slots=True)
class PhoneTold:
    """Answer to a phone: None for done, or why not."""

    phone: str
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """A tone; `quiet` when the volume is mute or low is the part's matter of `volume`."""

    tone: Tone
    volume: str = "high"


@dataclass(frozen=True, slots=True)
class Say:
    """A spoken prompt in the lock's language; `values` go into the text's `{names}`."""

    prompt: Prompt
    language: str = "en"
    volume: str = "high"
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Hush:
    """Stop speaking: somebody has heard enough (DLM-10). Ends with `SpeechEnded` if anything was being said."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    """`TimerDue(timer)` after `delay_ms`; one that runs starts anew."""

    timer: Timer
    delay_ms: int


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Forget a timer."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class BeginEnrolment:
    """Let the reader learn into `slot` with `steps` touches."""

    type: CredentialType
    slot: int
    steps: int


@dataclass(frozen=True, slots=True)
class EndEnrolment:
    """Let the reader forget the enrolment under way."""

    type: CredentialType


@dataclass(frozen=True, slots=True)
class DeleteTemplates:
    """Let the reader forget slots."""

    type: CredentialType
    slots: frozenset[int]


@dataclass(frozen=True, slots=True)
class TrustModule:
    """Let the driver of `part` take the module that answers now as the right one, and empty it first."""

    part: Part


@dataclass(frozen=True, slots=True)
class OpenPairing:
    """Somebody inside asked for pairing mode (DLM-11, L2S-12)."""


@dataclass(frozen=True, slots=True)
class ClosePairing:
    """Somebody at the lock left pairing mode (L2S-12)."""


@dataclass(frozen=True, slots=True)
class RevokeClients:
    """RST-1: after a factory reset nobody is paired any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A command's end: its result, or its error."""

    command_id: str
    result: Mapping[str, Any] = field(default_factory=dict)
    error: ErrorCode | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SaveUser:
    """Keep a user, with her number on this lock."""

    user: User


@dataclass(frozen=True, slots=True)
class DropUser:
    """Forget a user and her credentials on this lock."""

    user_id: str


@dataclass(frozen=True, slots=True)
class SaveCredential:
    """Keep a credential; its key is (type, number)."""

    credential: Credential


@dataclass(frozen=True, slots=True)
class DropCredential:
    """Forget a credential."""

    type: CredentialType
    number: int


@dataclass(frozen=True, slots=True)
class SaveSettings:
    """Keep the settings."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class SaveLockout:
    """Keep the count of failures and the lockout (VER-10)."""

    record: LockoutRecord


@dataclass(frozen=True, slots=True)
class SaveModes:
    """Keep the modes."""

    modes: Modes
    asked: bool = False
    """Somebody asked for nothing else (DLM-9): refused like any change where there is no disk."""


@dataclass(frozen=True, slots=True)
class CountUse:
    """Keep what an entry has used up (USR-7, VER-14): `uses_left` of a user or credential, a Bluetooth counter."""

    user: User | None = None
    credential: Credential | None = None


@dataclass(frozen=True, slots=True)
class EraseLock:
    """RST-1: forget all users, credentials, settings, modes and the lockout of this lock, and all paired clients."""


@dataclass(frozen=True, slots=True)
class Record:
    """Write a fact into the journal, in one transaction with the changes beside it."""

    fact: Fact


type Change = (
    SaveUser
    | DropUser
    | SaveCredential
    | DropCredential
    | SaveSettings
    | SaveLockout
    | SaveModes
    | CountUse
    | EraseLock
)
"""A change of what lasts: committed before anyone is told."""

type Durable = Change | Record

REFUSABLE = (SaveUser, DropUser, SaveCredential, DropCredential, SaveSettings, EraseLock)
"""Changes that somebody asked for: without a disk they are refused, and nothing of them is done."""

CHANGES = (*REFUSABLE, SaveLockout, SaveModes, CountUse)
DURABLE = (*CHANGES, Record)


def is_refusable(effect: Effect) -> bool:
    """Whether somebody asked for this change, and has to hear that it could not be kept."""
    return isinstance(effect, REFUSABLE) or (isinstance(effect, SaveModes) and effect.asked)


type Effect = (
    DriveBolt
    | StopBolt
    | Light
    | Screen
    | Look
    | Radio
    | PhoneTold
    | Sound
    | Say
    | Hush
    | StartTimer
    | StopTimer
    | BeginEnrolment
    | EndEnrolment
    | DeleteTemplates
    | TrustModule
    | OpenPairing
    | ClosePairing
    | RevokeClients
    | Answer
    | Durable
)
