"""Commands: what a client may ask for, by name, with the scope that it needs. The local socket takes the same ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from .model import ScheduleWindow
from .words import CredentialType, OperatingMode, Part, Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Lock; answers when the bolt is thrown."""

    name: ClassVar = "lock"
    scope: ClassVar = Scope.LOCK

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """Unlock under the rules of VER-16; answers when the bolt is drawn back."""

    name: ClassVar = "unlock"
    scope: ClassVar = Scope.UNLOCK

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLockout:
    """End a lockout (VER-9)."""

    name: ClassVar = "lockout.end"
    scope: ClassVar = Scope.SETTINGS

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSettings:
    """Change settings by name; `capabilities.settings` lists those that the lock has."""

    name: ClassVar = "settings.set"
    scope: ClassVar = Scope.SETTINGS

    lock: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowRemoteUnlock:
    """Switch "remote unlock" on or off (VER-16): the answer to the question that setting up asks."""

    name: ClassVar = "remote_unlock.set"
    scope: ClassVar = Scope.UNLOCK

    lock: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUsers:
    """`{"users": [UserInfo, ...]}` of a lock."""

    name: ClassVar = "users.list"
    scope: ClassVar = Scope.USERS

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddUser:
    """Put a user on a lock: a new one, or one of another lock by her `user_id` (USR-10), with what she is there.

    Answers `{"user_id", "number"}`; the number is null where the lock numbers nobody.
    """

    name: ClassVar = "users.add"
    scope: ClassVar = Scope.USERS

    lock: str
    user_name: str = ""
    role: Role = Role.USER
    enabled: bool = True
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    schedule: tuple[ScheduleWindow, ...] = ()
    uses_left: int | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUser:
    """Change a user's `name`, `role`, `enabled`, `valid_from_ms`, `valid_until_ms`, `schedule`, `uses_left`.

    She is the same on each of her locks (USR-10), so it holds for all of them.
    """

    name: ClassVar = "users.change"
    scope: ClassVar = Scope.USERS

    lock: str
    user_id: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteUser:
    """Delete a user and all her credentials (USR-5) from one lock; without `lock` from all of hers, or from none."""

    name: ClassVar = "users.delete"
    scope: ClassVar = Scope.USERS

    user_id: str
    lock: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearUsers:
    """Delete everybody on a lock who is no administrator, all of them or none. Answers `{"deleted"}`, their number."""

    name: ClassVar = "users.clear"
    scope: ClassVar = Scope.USERS

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPasscode:
    """Give a user the passcode given, or one that the bridge makes and answers once: `{"number", "passcode"}`."""

    name: ClassVar = "credentials.set_passcode"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    user_id: str
    passcode: str | None = field(default=None, repr=False)
    duress: bool = False
    """VER-12: it opens like any other, and raises a silent alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTemporaryPasscode:
    """VER-13: a passcode that the bridge makes for a visitor of a user, from-until, once or `uses` times.

    Answers `{"number", "passcode"}`, the passcode this once.
    """

    name: ClassVar = "credentials.create_temporary"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    user_id: str
    label: str = ""
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    uses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBluetoothKey:
    """VER-14: a key for a visitor's phone. Answers `{"number", "key"}`, the key as a text to hand on, this once."""

    name: ClassVar = "credentials.create_bluetooth_key"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    user_id: str
    label: str = ""
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    uses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCredential:
    """Change a credential's `label`, a fingerprint's `duress`, or on a lock without numbered users its `user_id`."""

    name: ClassVar = "credentials.change"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    type: CredentialType
    number: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEnrolment:
    """Begin to learn a fingerprint, card, face or palm vein; answers `{"enrolment", "steps", "number"}`.

    Progress is in the snapshot.
    """

    name: ClassVar = "credentials.enrol"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    user_id: str
    type: CredentialType
    duress: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEnrolment:
    """End the enrolment under way, or only the one with that id; nothing of it stays."""

    name: ClassVar = "credentials.cancel"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    enrolment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCredential:
    """Delete one credential by kind and number."""

    name: ClassVar = "credentials.delete"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    type: CredentialType
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCredentials:
    """Delete all credentials of a user, or of a kind, or of a user's kind. Answers `{"deleted"}`; all of it or none."""

    name: ClassVar = "credentials.clear"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    user_id: str | None = None
    type: CredentialType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode:
    """Begin or end passage (BLT-7, for `seconds` or for good) or leaving-home (BLT-8); `normal` ends either."""

    name: ClassVar = "mode.set"
    scope: ClassVar = Scope.UNLOCK

    lock: str
    mode: OperatingMode
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMute:
    """Begin one-time mute or take it back (DLM-12)."""

    name: ClassVar = "mute.set"
    scope: ClassVar = Scope.SETTINGS

    lock: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBluetoothCode:
    """Set the lock's own pairing code for phones (DLM-9), six digits; null: the default one."""

    name: ClassVar = "bluetooth.set_code"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearBluetooth:
    """Drop the phones that are paired with the lock, and set its pairing code to the default (DLM-9)."""

    name: ClassVar = "bluetooth.clear"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPart:
    """Take the module that answers for `part` now as the right one, though it is another one than before.

    All that is enrolled in it is deleted first: what it holds may be a stranger's. Answers `{"trusted": bool}`, false
    where the part is trusted already.
    """

    name: ClassVar = "part.trust"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartLock:
    """Start the lock's logic anew from disk, as after a power cut; lockout and count stay (APP-6, VER-10)."""

    name: ClassVar = "lock.restart"
    scope: ClassVar = Scope.SETTINGS

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPairing:
    """Open pairing mode as a held SET or RESET does (APP-6, DLM-11); the code is shown inside alone."""

    name: ClassVar = "lock.pairing"
    scope: ClassVar = Scope.CLIENTS

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryReset:
    """RST-1 from the app: users, credentials, pairings and settings of the lock go, this client's own with them."""

    name: ClassVar = "lock.factory_reset"
    scope: ClassVar = Scope.CLIENTS

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryJournal:
    """At most `limit` (1-1000) events after `after`, or the newest: `{"epoch", "oldest", "head", "events"}`."""

    name: ClassVar = "journal.query"
    scope: ClassVar = Scope.EVENTS

    after: int | None = None
    before: int | None = None
    limit: int = 100
    lock: str | None = None
    user_id: str | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClients:
    """`{"clients": [ClientInfo, ...]}`."""

    name: ClassVar = "clients.list"
    scope: ClassVar = Scope.CLIENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeClient:
    """Take a client's token back; its connections end at once."""

    name: ClassVar = "clients.revoke"
    scope: ClassVar = Scope.CLIENTS

    client_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The client takes its own token back (Home Assistant, when the bridge is removed there)."""

    name: ClassVar = "clients.leave"
    scope: ClassVar = Scope.STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPairing:
    """Open the pairing window; answers `{"code", "seconds", "port", "fingerprint"}`."""

    name: ClassVar = "pairing.open"
    scope: ClassVar = Scope.LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePairing:
    """Close the pairing window."""

    name: ClassVar = "pairing.close"
    scope: ClassVar = Scope.LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingStatus:
    """`{"open", "seconds", "starts_left", "clients": newest ClientInfo or null}`."""

    name: ClassVar = "pairing.status"
    scope: ClassVar = Scope.LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """Back the store up into a file (absolute path; default: the backup folder). Answers `{"file", "bytes"}`."""

    name: ClassVar = "store.backup"
    scope: ClassVar = Scope.LOCAL

    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `doctor` wants to know of the running service: version, uptime, store, locks, parts, clients, clock."""

    name: ClassVar = "service.status"
    scope: ClassVar = Scope.LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLocks:
    """`{"locks": [LockSnapshot, ...]}`."""

    name: ClassVar = "locks.list"
    scope: ClassVar = Scope.STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Do `["press", "1", "ok"]` or other words of docs/simulator.md at a door. Answers what can be seen there."""

    name: ClassVar = "door"
    scope: ClassVar = Scope.LOCAL

    lock: str | None = None
    words: tuple[str, ...] = field(default=(), repr=False)


type Command = (
    Lock
    | Unlock
    | EndLockout
    | SetSettings
    | AllowRemoteUnlock
    | ListUsers
    | AddUser
    | ChangeUser
    | DeleteUser
    | ClearUsers
    | SetPasscode
    | StartEnrolment
    | CancelEnrolment
    | DeleteCredential
    | CreateTemporaryPasscode
    | CreateBluetoothKey
    | ChangeCredential
    | ClearCredentials
    | SetMode
    | SetMute
    | SetBluetoothCode
    | ClearBluetooth
    | TrustPart
    | RestartLock
    | AskPairing
    | FactoryReset
    | QueryJournal
    | ListClients
    | RevokeClient
    | Leave
    | OpenPairing
    | ClosePairing
    | PairingStatus
    | Backup
    | Status
    | ListLocks
    | Door
)

COMMANDS: Final[Mapping[str, type[Command]]] = {
    kind.name: kind
    for kind in (
        Lock,
        Unlock,
        EndLockout,
        SetSettings,
        AllowRemoteUnlock,
        ListUsers,
        AddUser,
        ChangeUser,
        DeleteUser,
        ClearUsers,
        SetPasscode,
        StartEnrolment,
        CancelEnrolment,
        DeleteCredential,
        CreateTemporaryPasscode,
        CreateBluetoothKey,
        ChangeCredential,
        ClearCredentials,
        SetMode,
        SetMute,
        SetBluetoothCode,
        ClearBluetooth,
        TrustPart,
        RestartLock,
        AskPairing,
        FactoryReset,
        QueryJournal,
        ListClients,
        RevokeClient,
        Leave,
        OpenPairing,
        ClosePairing,
        PairingStatus,
        Backup,
        Status,
        ListLocks,
        Door,
    )
}
