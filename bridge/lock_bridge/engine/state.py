"""A lock between two inputs: what lasts (and lies on disk), and what is forgotten with the power."""

from dataclasses import dataclass, field

from lock_bridge.wire.words import BoltState, CredentialType, DoorState, EnrolmentStatus, OperationSource, Part

from .directory import CredentialKey, Directory
from .effects import Drive, Lamp, Light
from .inputs import BoltPosition, Handle, Key
from .model import Actor, Credential, LockoutRecord, Settings, User
from .passcode import Keys
from .profile import Profile


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the bolt moves: by what, who, and the command that waits for its end."""

    source: OperationSource
    user: User | None = None
    credential: Credential | None = None
    actor: Actor | None = None
    command_id: str | None = None


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
    actor: Actor
    done: int = 0
    status: EnrolmentStatus = EnrolmentStatus.STARTED
    reason: str | None = None

    @property
    def active(self) -> bool:
        """Whether it still goes on."""
        return self.status in (EnrolmentStatus.STARTED, EnrolmentStatus.STEP, EnrolmentStatus.STEP_RETRY)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a lock is born with: its model and the bridge's keys."""

    profile: Profile
    keys: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class LockState:
    """All that the engine knows of one lock."""

    directory: Directory = field(default_factory=Directory)
    settings: Settings = field(default_factory=Settings)
    lockout: LockoutRecord = field(default_factory=LockoutRecord)

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
    untrusted: frozenset[Part] = frozenset()
    """Parts for which another device answers than before."""

    lost: frozenset[CredentialKey] = frozenset()
    """Slots with a credential whose template the reader no longer holds."""

    enrolment: Enrolling | None = None
    reader_ending: bool = False
    """The reader has been told to stop learning, and has not yet said that it has."""
    pairing: bool = False
    indication: Lamp | None = None
    lights: Light = field(default_factory=Light)

    @property
    def locked_out(self) -> bool:
        """Whether verification is locked (VER-7)."""
        return self.lockout.ends_mono_ms is not None
