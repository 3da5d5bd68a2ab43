"""The values that last: users, credentials, settings, the lockout's record, and what the journal is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Role


@dataclass(frozen=True, slots=True)
class Instant:
    """Two times at once.

    `mono_ms` never jumps and counts while the machine sleeps; `wall_ms` is UTC since 1970, true only if `trusted`.
    """

    mono_ms: int
    wall_ms: int
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """A part of each week (USR-7): days from Monday (0), and minutes of the day; an `end` <= `start` is tomorrow's."""

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class User:
    """A person of the bridge, with her number on this lock (USR-2; None where the lock shows none, USR-8)."""

    id: str
    name: str
    role: Role = Role.USER
    number: int | None = None
    enabled: bool = True
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    schedule: tuple[Window, ...] = ()
    """When she may enter; empty: always."""
    uses_left: int | None = None
    """How many entries she has left (USR-7); None: no limit."""
    made_at_lock: bool = False
    """Made at a keypad that knows no users (USR-8): she goes with her last credential, until the app names her."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What opens the door for a user, never the thing itself.

    A keyed MAC of a passcode or card number, the public id of a Bluetooth key (`mac` too), or the slot of a template in
    its reader (USR-9).
    """

    type: CredentialType
    number: int
    user_id: str
    mac: bytes | None = field(default=None, repr=False)
    slot: int | None = None
    duress: bool = False
    temporary: bool = False
    """VER-13: beside the one passcode that a user may have, and never an administrator's key to the menu."""
    label: str = ""
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    uses_left: int | None = None
    counter: int = 0
    """Of a Bluetooth key: the highest that was heard; only a higher one is believed (a recording is worth nothing)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A lock's settings (APP-5). Durations in seconds."""

    remote_unlock: bool = False
    bluetooth: bool = False
    countdown_locking: bool = False
    countdown_delay_s: int = 30
    lockout_enabled: bool = True
    progressive_lockout: bool = True
    refuse_simple_passcodes: bool = True
    volume: str = "high"
    language: str = "en"
    door_direction: str = "right"
    wifi: bool = True
    face_recognition: str = "automatic"
    """VER-5: a face is looked for when somebody comes near (`automatic`) or when the keypad is touched (`manual`)."""
    door_ajar_s: int = 60
    """ALM-5: how long the door may stand open; 0: as long as anybody likes."""


@dataclass(frozen=True, slots=True)
class Modes:
    """What lasts beside the settings: the modes that somebody switched on, and what the first start has asked."""

    passage: bool = False
    passage_ends_mono_ms: int | None = None
    """Passage for a while (BLT-7), by the clock of `boot_id`; after a power cut it is over. None: for good."""
    passage_ms: int = 0
    """How long that while is."""
    boot_id: str = ""
    lock_when_closed: bool = False
    """Passage is over, and the bolt is thrown as soon as the door is closed, whatever happens to the power."""
    leaving_home: bool = False
    mute_once: bool = False
    """DLM-12."""
    direction_set: bool = False
    """DLM-1: somebody has said which way the door opens."""
    bluetooth_code_mac: bytes | None = field(default=None, repr=False)
    """DLM-9: the lock's own pairing code, as a passcode's MAC; None: the default one holds."""
    phones: tuple[str, ...] = ()
    """Ids of paired phones, oldest first."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What stands on the lock, and stays through every reset (RST-1, DLM-10)."""

    lock_id: str = ""
    serial: str = ""
    version: str = ""
    verification_code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LockoutRecord:
    """The lockout as it lies on disk (VER-10).

    Times are of the boot that wrote them: after a power cut the failures count as just made and what remained starts
    anew in full.
    """

    failures: tuple[tuple[int, int], ...] = ()
    """(mono_ms, weight) of each failure that still counts, oldest first."""
    level: int = 0
    """How many lockouts without an administrator's success in between (VER-11)."""
    ends_mono_ms: int | None = None
    duration_ms: int = 0
    decay_mono_ms: int | None = None
    """When the level falls by one."""
    boot_id: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened, for the journal, which gives it `seq`, epoch, boot and times.

    `data` never holds a secret.
    """

    type: EventType
    source: OperationSource | None = None
    user_id: str | None = None
    user_name: str | None = None
    credential_type: CredentialType | None = None
    credential_number: int | None = None
    client_id: str | None = None
    client_name: str | None = None
    reason: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gave a command: a paired client, or `local` for the machine's own socket."""

    client_id: str = "local"
    name: str = "local"
