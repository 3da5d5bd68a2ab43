"""All that a lock does in answer.

Effects are carried out in their order; a durable one is on disk before the next that is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType

from .inputs import Timer
from .model import Credential, Fact, LockoutRecord, Settings, User


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
    """All lights as they are from now on: lit keys, by their names, and lamps."""

    keys: frozenset[str] = frozenset()
    lamps: frozenset[Lamp] = frozenset()


@dataclass(frozen=True, slots=True)
class Sound:
    """A tone; `quiet` when the volume is mute or low is the part's matter of `volume`."""

    tone: Tone
    volume: str = "high"


@dataclass(frozen=True, slots=True)
class Say:
    """A spoken prompt in the lock's language."""

    prompt: Prompt
    language: str = "en"
    volume: str = "high"


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
class OpenPairing:
    """Somebody inside asked for pairing mode (DLM-11, L2S-12)."""


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
class Record:
    """Write a fact into the journal, in one transaction with the changes beside it."""

    fact: Fact


type Change = SaveUser | DropUser | SaveCredential | DropCredential | SaveSettings | SaveLockout
"""A change of what lasts: committed before anyone is told."""

type Durable = Change | Record

DURABLE = (SaveUser, DropUser, SaveCredential, DropCredential, SaveSettings, SaveLockout, Record)
CHANGES = (SaveUser, DropUser, SaveCredential, DropCredential, SaveSettings, SaveLockout)

type Effect = (
    DriveBolt
    | StopBolt
    | Light
    | Sound
    | Say
    | StartTimer
    | StopTimer
    | BeginEnrolment
    | EndEnrolment
    | DeleteTemplates
    | OpenPairing
    | Answer
    | Durable
)
