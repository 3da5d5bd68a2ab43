"""A lock between two inputs: what lasts (and lies on disk), and what is forgotten with the power."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Any

from lock_bridge.wire.words import (
    BoltState,
    CredentialType,
    DoorState,
    EnrolmentStatus,
    EventType,
    OperatingMode,
    OperationSource,
    Part,
)

from .directory import CredentialKey, Directory
from .effects import Drive, Lamp, Light, View
from .inputs import BoltPosition, Handle, Key
from .menu_state import Menu
from .model import Actor, Credential, Identity, LockoutRecord, Modes, Settings, User
from .passcode import Keys
from .profile import Profile


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is done: by what, who, and the command that waits for its end."""

    source: OperationSource
    user: User | None = None
    credential: Credential | None = None
    actor: Actor | None = None
    command_id: str | None = None
    phone: str | None = None
    """The phone that waits for its end (VER-14)."""


@dataclass(frozen=True, slots=True)
class Motion:
    """A run of the motor under way, with all who want its end."""

    drive: Drive
    run: int
    causes: tuple[Cause, ...]
    attempt: int = 1
    start: BoltPosition = BoltPosition.UNKNOWN
    was: BoltState = BoltState.UNKNOWN
    """What the bolt was before."""


@dataclass(frozen=True, slots=True)
class Enrolling:
    """The enrolment under way, or how the last one ended."""

    id: str
    user_id: str
    type: CredentialType
    number: int
    slot: int | None
    steps: int
    by: Cause
    done: int = 0
    status: EnrolmentStatus = EnrolmentStatus.STARTED
    wanted: str | None = None
    """What the person at the door is to do next; see `wire.model.Enrolment`."""
    reason: str | None = None
    duress: bool = False
    new_user: User | None = None
    """Who is kept together with her first credential, and not at all if nothing comes of it (MNU-1)."""
    at_keypad: bool = False

    @property
    def active(self) -> bool:
        """Whether it still goes on."""
        return self.status in (EnrolmentStatus.STARTED, EnrolmentStatus.STEP, EnrolmentStatus.STEP_RETRY)


class OutsideLock(StrEnum):
    """BLT-2: whether the confirm key locks from outside: no, it is lit for it, or pressed and waiting for the door."""

    NO = "no"
    OFFERED = "offered"
    KEPT = "kept"


class ResetStage(StrEnum):
    """RST-1: the button is held after the power came back, has been held long enough, or the voice has asked."""

    HELD = "held"
    RIPE = "ripe"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a light show at the keypad: the keys that are lit, for how long."""

    keys: frozenset[str]
    ms: int


@dataclass(frozen=True, slots=True)
class Setup:
    """What a lock is born with: its model, the bridge's keys, what stands on it, and the house's time zone (USR-7)."""

    profile: Profile
    keys: Keys
    identity: Identity = field(default_factory=Identity)
    zone: tzinfo = UTC


@dataclass(frozen=True, kw_only=True)
class LockState:
    """All that the engine knows of one lock. Without slots, so that `with_changes` can copy it at once."""

    directory: Directory = field(default_factory=Directory)
    settings: Settings = field(default_factory=Settings)
    lockout: LockoutRecord = field(default_factory=LockoutRecord)
    modes: Modes = field(default_factory=Modes)

    awake: bool = False
    entry: str = field(default="", repr=False)
    held: Key | None = field(default=None, repr=False)

    bolt: BoltState = BoltState.UNKNOWN
    position: BoltPosition = BoltPosition.UNKNOWN
    motion: Motion | None = None
    runs: int = 0
    coupled: bool | None = None
    """Whether the clutch couples the outside handle (BLT-13); None: not known, as after a start."""
    thrown_by: OperationSource | None = None
    """What threw a clutch lock's bolt while the handle was still coupled."""
    handle: Handle = Handle.REST
    inside_mono_ms: int | None = None
    """When the inside handle was used last: a bolt that moves right after was moved by it."""
    changed_by: Cause | None = None

    door: DoorState = DoorState.UNKNOWN
    tamper: bool | None = None
    battery: int | None = None
    battery_level: str | None = None
    """`ok`, `low` or `critical`."""
    emergency: bool = False
    faults: frozenset[Part] = frozenset()
    fault_reasons: Mapping[Part, str] = field(default_factory=dict)
    """Why each of `faults` does not work."""
    untrusted: frozenset[Part] = frozenset()
    """Parts for which another device answers than before."""

    lost: frozenset[CredentialKey] = frozenset()
    """Slots with a credential whose template the reader no longer holds."""

    menu: Menu | None = None
    show: tuple[Frame, ...] = ()
    """The light show under way, its picture of now first; over, the lights follow from the state again."""
    speaking: bool = False
    """The sounder has not yet said all of it."""
    near: bool = False
    looking: bool = False
    """A face is looked for."""
    privacy: bool | None = None
    inside_handle_on: bool | None = None
    outside_lock: OutsideLock = OutsideLock.NO
    leaving: bool = False
    """BLT-8: the key was pressed, and the lock waits for the door to close."""
    leaving_by: Cause | None = None
    """Who wants that."""
    intruded: bool = False
    """The opening from inside that goes on has been told already."""
    alarms: frozenset[EventType] = frozenset()
    """What the alarm tone sounds for."""
    ajar: bool = False
    screen: View = View.OFF
    signal_dbm: int | None = None
    bluetooth_connected: bool = False
    powered_on_mono_ms: int | None = None
    """When the power came back, where this start is the start of a boot."""
    reset: ResetStage | None = None

    enrolment: Enrolling | None = None
    reader_ending: bool = False
    """The reader has been told to stop learning, and has not yet said that it has."""
    pairing: bool = False
    pairing_asked: bool = False
    """The lock has asked for a window that has not opened yet; one that is open already ends first."""
    pairing_own: bool = False
    """The window that is open is the one that the lock has asked for, and so the keypad's to end (L2S-12)."""
    indication: Lamp | None = None
    lights: Light = field(default_factory=Light)

    def with_changes(self, changes: Mapping[str, Any]) -> LockState:
        """What `dataclasses.replace` gives, in a tenth of its time: each input changes a state several times."""
        changed = object.__new__(LockState)
        vars(changed).update(vars(self))
        vars(changed).update(changes)
        if len(vars(changed)) != len(vars(self)):
            raise TypeError(f"a lock's state has no {', '.join(sorted(changes.keys() - vars(self).keys()))}")
        return changed

    @property
    def mode(self) -> OperatingMode:
        """The one mode that is reported (BLT-15)."""
        if self.privacy:
            return OperatingMode.PRIVACY
        if self.modes.passage:
            return OperatingMode.PASSAGE
        return OperatingMode.LEAVING_HOME if self.modes.leaving_home else OperatingMode.NORMAL

    @property
    def locked_out(self) -> bool:
        """Whether verification is locked (VER-7)."""
        return self.lockout.ends_mono_ms is not None
