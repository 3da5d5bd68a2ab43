"""What a client sees: the bridge, its locks, and the journal's events. Frozen values, changed only by the bridge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .words import (
    BoltState,
    CredentialType,
    DoorState,
    EnrolmentStatus,
    EventType,
    OperatingMode,
    OperationSource,
    Part,
    Priority,
    Refusal,
    RingState,
    Scope,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBy:
    """Who moved the bolt last, and how."""

    source: OperationSource
    user_id: str | None = None
    user_name: str | None = None
    credential_type: CredentialType | None = None
    client_name: str | None = None
    label: str | None = None
    """The visitor whose temporary passcode or Bluetooth key it was, as her host has named him."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """The enrolment under way, or the last one since the start. `done` of `steps` touches are taken."""

    id: str
    user_id: str
    type: CredentialType
    status: EnrolmentStatus
    done: int = 0
    steps: int = 1
    wanted: str | None = None
    """What to do next.

    `touch`, `touch_again`, `lift`, `hold_card`, `straight`, `up`, `down`, `left`, `right`, or `palm`.
    """
    number: int | None = None
    reason: str | None = None
    at_keypad: bool = False
    """Begun in the lock's own menu; clients see it and cannot cancel it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialCapability:
    """What a lock takes of one kind of credential. Lengths are digits, for passcodes alone."""

    slots: int
    per_user: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    enrolment_steps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a lock has: the screen draws itself from this."""

    users: int
    credentials: Mapping[str, CredentialCapability]
    settings: tuple[str, ...]
    door_contact: bool
    doorbell: bool
    modes: tuple[OperatingMode, ...] = ()
    """Those that this lock can be in."""
    camera: bool = False
    bluetooth: bool = False
    wifi: bool = False
    peephole_button: bool = False
    """It makes the inside handle dead (BLT-9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSnapshot:
    """One lock as it is now."""

    id: str
    name: str
    profile: str
    model: str
    serial: str
    capabilities: Capabilities
    bolt: BoltState = BoltState.UNKNOWN
    door: DoorState = DoorState.UNKNOWN
    mode: OperatingMode = OperatingMode.NORMAL
    changed_by: ChangedBy | None = None
    battery: int | None = None
    battery_low: bool | None = None
    emergency_power: bool = False
    tamper: bool | None = None
    locked_out: bool = False
    lockout_ends_ms: int | None = None
    """End of the lockout by the bridge's `time_ms` (see `Welcome`), a clock that cannot jump."""
    faults: tuple[Part, ...] = ()
    fault_reasons: Mapping[str, str] = field(default_factory=dict)
    """Why each of them does not work: a `Trouble`, or what the engine found."""
    untrusted: tuple[Part, ...] = ()
    """Modules that are not the ones that were there before; nothing that they say opens the door."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    users: int = 0
    enrolment: Enrolment | None = None
    passage_ends_ms: int | None = None
    """End of a passage for a while, by the bridge's `time_ms`; None: none, or for good."""
    door_ajar: bool = False
    inside_handle_blocked: bool | None = None
    """The anti-peephole button is off (BLT-9); None: this lock has none, or it is not known yet."""
    camera_available: bool | None = None
    """ALM-4; None: this lock has no camera."""
    signal_dbm: int | None = None
    bluetooth_connected: bool | None = None
    phones: int = 0
    """Phones that are paired with the lock by Bluetooth (DLM-9)."""
    menu_open: bool = False
    muted_once: bool | None = None
    """One-time mute is on (DLM-12); None: this lock has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeInfo:
    """What anybody may know of the bridge before pairing."""

    id: str
    name: str
    version: str
    api: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeStatus:
    """The bridge itself as it is now."""

    ring: RingState
    """What its light ring tells (GWY-1), also where it has none."""
    clients: int
    """Paired ones."""
    clients_connected: int
    store_bytes: int
    """The database with all that belongs to it."""
    disk_free_bytes: int
    """Of the disk that the store is on; told in steps of 16 MiB."""
    store_healthy: bool = True
    """Whether the last write went through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of the journal. (`epoch`, `seq`) names it for ever; `boot_ms` is the bridge's clock that cannot jump."""

    seq: int
    type: EventType
    priority: Priority
    wall_ms: int
    time_trusted: bool
    boot_id: str
    boot_ms: int
    lock_id: str | None = None
    source: OperationSource | None = None
    user_id: str | None = None
    user_name: str | None = None
    credential_type: CredentialType | None = None
    credential_number: int | None = None
    client_id: str | None = None
    client_name: str | None = None
    reason: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleWindow:
    """A part of each week in which a user may enter: `days` 0 (Monday) to 6, `start` and `end` as "HH:MM" of the house.

    An `end` at or before the `start` is on the next day; "24:00" is the end of the day.
    """

    days: tuple[int, ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialInfo:
    """One credential of a user: its number and limits, never its content. Times are wall clock in ms since 1970."""

    type: CredentialType
    number: int
    label: str = ""
    duress: bool = False
    temporary: bool = False
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    uses_left: int | None = None
    lost: bool = False
    """The reader no longer holds its template: it has to be enrolled again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfo:
    """A person on a lock, and what she has there: numbers of credentials by kind, never their content."""

    id: str
    name: str
    role: str
    number: int | None
    enabled: bool
    valid_from_ms: int | None
    valid_until_ms: int | None
    credentials: Mapping[str, tuple[int, ...]]
    details: tuple[CredentialInfo, ...] = ()
    schedule: tuple[ScheduleWindow, ...] = ()
    uses_left: int | None = None
    locks: tuple[str, ...] = ()
    """All locks of the bridge that she is on (USR-10)."""
    may_enter: bool = False
    """Whether one of her credentials, temporary passcodes and Bluetooth keys aside, opens this lock now (USR-6, USR-7).

    Lockout, privacy and faults are the lock's and left out.
    """
    refused: Refusal | None = None
    """Why she may not; None where she may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInfo:
    """A paired client. Times are wall clock in ms since 1970."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_ms: int
    last_used_ms: int | None = None
    last_address: str | None = None
    connected: bool = False
