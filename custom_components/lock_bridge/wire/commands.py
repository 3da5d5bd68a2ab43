"""Commands: what a client may ask for, by name, with the scope that it needs. The local socket takes the same ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from .words import CredentialType, Role, Scope


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
    """Put a new user on a lock. Answers `{"user_id", "number"}`; the number is null where the lock numbers nobody."""

    name: ClassVar = "users.add"
    scope: ClassVar = Scope.USERS

    lock: str
    user_name: str
    role: Role = Role.USER
    enabled: bool = True
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUser:
    """Change a user's `name`, `role`, `enabled`, `valid_from_ms`, `valid_until_ms`."""

    name: ClassVar = "users.change"
    scope: ClassVar = Scope.USERS

    lock: str
    user_id: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteUser:
    """Delete a user and all her credentials (USR-5)."""

    name: ClassVar = "users.delete"
    scope: ClassVar = Scope.USERS

    lock: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPasscode:
    """Give a user the passcode given, or one that the bridge makes and answers once: `{"number", "passcode"}`."""

    name: ClassVar = "credentials.set_passcode"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    user_id: str
    passcode: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEnrolment:
    """Begin to learn a fingerprint or card; answers `{"enrolment", "steps"}`, progress is in the snapshot."""

    name: ClassVar = "credentials.enrol"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    user_id: str
    type: CredentialType


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEnrolment:
    """End the enrolment under way; nothing of it stays."""

    name: ClassVar = "credentials.cancel"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCredential:
    """Delete one credential by kind and number."""

    name: ClassVar = "credentials.delete"
    scope: ClassVar = Scope.CREDENTIALS

    lock: str
    type: CredentialType
    number: int


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
    | SetPasscode
    | StartEnrolment
    | CancelEnrolment
    | DeleteCredential
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
        SetPasscode,
        StartEnrolment,
        CancelEnrolment,
        DeleteCredential,
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
