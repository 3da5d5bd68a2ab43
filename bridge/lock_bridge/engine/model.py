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
class User:
    """A person of the bridge, with her number on this lock (USR-2; None where the lock shows none, USR-8)."""

    id: str
    name: str
    role: Role = Role.USER
    number: int | None = None
    enabled: bool = True
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What opens the door for a user, never the thing itself.

    A keyed MAC of a passcode or card number, or the slot of a template in its reader (USR-9).
    """

    type: CredentialType
    number: int
    user_id: str
    mac: bytes | None = field(default=None, repr=False)
    slot: int | None = None
    duress: bool = False


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
