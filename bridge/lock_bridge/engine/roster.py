"""Keeping and dropping users and credentials: the state, the disk, the journal and the readers, all in one step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, Part, Role

from . import names
from .alarms import end_fault
from .directory import Directory
from .effects import DeleteTemplates, DropCredential, DropUser, SaveCredential, SaveUser
from .model import Credential, User
from .profile import Profile
from .state import Cause
from .turn import Refused, Turn

PARTS: Final[Mapping[CredentialType, Part]] = {
    CredentialType.FINGERPRINT: Part.FINGERPRINT,
    CredentialType.RFID: Part.CARD,
    CredentialType.FACE: Part.FACE,
    CredentialType.PALM_VEIN: Part.PALM_VEIN,
}
"""What is learnt at the door, and the reader that does it."""


def keep_user(turn: Turn, user: User, by: Cause, *, changed: Sequence[str] | None = None) -> None:
    """Keep a user, new or with what has `changed`. Of one made at the lock (USR-8) her credential's event tells."""
    turn.set(directory=turn.state.directory.with_user(user))
    turn.emit(SaveUser(user))
    if changed is not None:
        _record(turn, EventType.USER_CHANGED, by, user, changed=list(changed))
    elif not user.made_at_lock:
        _record(turn, EventType.USER_ADDED, by, user)


def keep_credential(
    turn: Turn,
    credential: Credential,
    by: Cause,
    *,
    new_user: User | None = None,
    changed: Sequence[str] | None = None,
) -> None:
    """Keep a credential, new or with what has `changed`, and before it its user, if she is new."""
    if new_user is not None:
        keep_user(turn, _settled(turn, new_user, credential), by)
    directory = turn.state.directory
    turn.set(directory=directory.with_credential(credential))
    turn.emit(SaveCredential(credential))
    user = directory.users[credential.user_id]
    if changed is not None:
        _record(turn, EventType.CREDENTIAL_CHANGED, by, user, credential, changed=list(changed))
    else:
        _record(turn, EventType.CREDENTIAL_ADDED, by, user, credential)


def drop_credentials(
    turn: Turn, gone: Iterable[Credential], by: Cause, *, besides: str | None = None
) -> tuple[User, ...]:
    """Forget credentials, in their readers too, and users made at the lock who have none left (USR-8): these.

    User `besides` stays, for she is about to get another.
    """
    gone = tuple(gone)
    users = turn.state.directory.users
    turn.set(directory=turn.state.directory.without_credentials((item.type, item.number) for item in gone))
    for item in gone:
        turn.emit(DropCredential(item.type, item.number))
        _record(turn, EventType.CREDENTIAL_DELETED, by, users[item.user_id], item)
    empty = drop_empty(turn, (item.user_id for item in gone if item.user_id != besides))
    # Last, for the readers' part is done only once all of this is written.
    forget_templates(turn, gone)
    return empty


def drop_empty(turn: Turn, user_ids: Iterable[str]) -> tuple[User, ...]:
    """Forget those of these users who were made at the lock and have no credential left (USR-8): these."""
    directory = turn.state.directory
    users = tuple(directory.users[user_id] for user_id in dict.fromkeys(user_ids))
    empty = tuple(user for user in users if user.made_at_lock and not directory.of_user(user.id))
    for user in empty:
        turn.set(directory=turn.state.directory.without_user(user.id))
        turn.emit(DropUser(user.id))
    return empty


def drop_users(turn: Turn, users: Sequence[User], by: Cause) -> None:
    """Forget users with all their credentials, in their readers too (USR-5)."""
    directory = turn.state.directory
    for user in users:
        turn.emit(DropUser(user.id))
        _record(turn, EventType.USER_DELETED, by, user)
    turn.set(directory=directory.without_users(frozenset(user.id for user in users)))
    # Last, for the readers' part is done only once all of this is written.
    forget_templates(turn, (item for user in users for item in directory.of_user(user.id)))


def forget_templates(turn: Turn, credentials: Iterable[Credential]) -> None:
    """Let readers forget the templates of credentials that are gone; one that had lost them is whole again."""
    slots: dict[CredentialType, set[int]] = {}
    for item in credentials:
        if item.slot is not None:
            slots.setdefault(item.type, set()).add(item.slot)
    for kind, gone in slots.items():
        turn.emit(DeleteTemplates(kind, frozenset(gone)))
        still = frozenset(turn.state.lost - {(kind, slot) for slot in gone})
        was, is_now = lost_by(turn, kind), any(lost is kind for lost, _ in still)
        turn.set(lost=still)
        if was and not is_now:
            end_fault(turn, PARTS[kind])


def lost_by(turn: Turn, kind: CredentialType) -> bool:
    """Whether a reader has lost templates of credentials that are enrolled."""
    return any(lost is kind for lost, _ in turn.state.lost)


def nobody_left(profile: Profile, before: Directory, after: Directory) -> bool:
    """Whether a change leaves a lock that has an administrator without one who is enabled (USR-3, USR-7).

    Where the lock knows no users, an administrator is one only by her credential (USR-8).
    """
    if not profile.users and before.opens_menu() and not after.opens_menu():
        return True
    had = any(user.role is Role.ADMINISTRATOR for users in (before.users, after.users) for user in users.values())
    return had and not after.administrators()


def room_for(turn: Turn, kind: CredentialType) -> Refused | Credential | None:
    """Whether there is room for one more of a kind (CAP-1 to CAP-5, CAP-20).

    None: there is. Where there is none, a credential that is used up makes room: this one has to go.
    """
    limits, directory = turn.profile.limits(kind), turn.state.directory
    if limits is None:
        return Refused(ErrorCode.NOT_SUPPORTED)
    if directory.count(kind) < limits.slots:
        return None
    used_up = (item for item in directory.credentials.values() if item.type is kind and item.uses_left == 0)
    first = min(used_up, key=lambda item: item.number, default=None)
    return Refused(ErrorCode.NO_SLOT_LEFT, {"limit": limits.slots}) if first is None else first


def _settled(turn: Turn, user: User, credential: Credential) -> User:
    """A new user as she is kept: her number may have gone to another meanwhile; where there is none, she has a name."""
    language = turn.state.settings.language
    if user.number is None:
        return replace(user, name=user.name or names.of_credential(language, credential.type, credential.number))
    if any(other.number == user.number for other in turn.state.directory.users.values()):
        number = turn.state.directory.free_user_number()
        return replace(user, number=number, name=names.of_user(language, number))
    return user


def _record(
    turn: Turn, kind: EventType, by: Cause, user: User, credential: Credential | None = None, **data: Any
) -> None:
    """What was done to whom; of an administrator in the lock's own menu, who did it.

    What was done to a credential for duress says so: who shows the journal to everybody has to leave it out (VER-12).
    """
    if by.user is not None:
        data |= {"by_user_id": by.user.id, "by_user_name": by.user.name}
    if credential is not None and credential.duress:
        data["duress"] = True
    turn.record(kind, Cause(by.source, user, credential, by.actor), data=data)
