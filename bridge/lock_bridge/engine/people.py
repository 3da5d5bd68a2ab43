"""Users, as the app and the menus change them (USR, APP-2)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import EventType, OperationSource, Role

from . import enrolment
from .directory import Directory
from .effects import DropUser, SaveUser
from .inputs import AddUser, ChangeUser, Command, DeleteUser, UserShared
from .model import User
from .state import Cause
from .turn import Refused, Turn

NAME_MAX: Final = 64


def add_user(turn: Turn, command: AddUser) -> None:
    """USR-2: the lowest free number; where the lock numbers nobody, none (USR-8)."""
    directory, limit = turn.state.directory, turn.profile.users
    user = User(
        command.user_id,
        command.name.strip(),
        command.role,
        directory.free_user_number() if limit else None,
        command.enabled,
        command.valid_from_ms,
        command.valid_until_ms,
    )
    if user.id in directory.users:
        turn.refuse(command, ErrorCode.DUPLICATE)
    elif limit and len(directory.users) >= limit:
        turn.refuse(command, ErrorCode.NO_SLOT_LEFT, limit=limit)
    elif _nobody_left(turn, directory.with_user(user)):
        turn.refuse(command, ErrorCode.LAST_ADMINISTRATOR)
    elif _sound(turn, command, user):
        _keep_user(turn, command, user, EventType.USER_ADDED)
        turn.answer(command, user_id=user.id, number=user.number)


def change_user(turn: Turn, command: ChangeUser) -> None:
    """Change what is named; the last administrator stays one, and enabled (USR-3, USR-7)."""
    directory = turn.state.directory
    before = directory.users.get(command.user_id)
    if before is None:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
        return
    if (wrong := _wrong_user_field(command.changes)) is not None:
        turn.refuse(command, ErrorCode.BAD_REQUEST, field=wrong)
        return
    user = replace(before, **{name: _tidy(name, value) for name, value in command.changes.items()})
    if _nobody_left(turn, directory.with_user(user)):
        turn.refuse(command, ErrorCode.LAST_ADMINISTRATOR)
    elif _sound(turn, command, user):
        if user != before:
            changed = sorted(name for name in command.changes if getattr(user, name) != getattr(before, name))
            _keep_user(turn, command, user, EventType.USER_CHANGED, data={"changed": changed})
        turn.answer(command)


def delete_user(turn: Turn, command: DeleteUser) -> None:
    """USR-5: with all her credentials, also those that readers hold.

    The last administrator stays, and where the lock numbers its users, the last of them all (USR-3).
    """
    directory = turn.state.directory
    user = directory.users.get(command.user_id)
    if user is None:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
        return
    after = directory.without_user(user.id)
    if _nobody_left(turn, after):
        turn.refuse(command, ErrorCode.LAST_ADMINISTRATOR)
        return
    if turn.profile.users and not after.users:
        turn.refuse(command, ErrorCode.LAST_USER)
        return
    turn.emit(DropUser(user.id))
    _record_user(turn, command, user, EventType.USER_DELETED)
    enrolment.abandon(turn, user.id)
    turn.set(directory=after)
    enrolment.forget(turn, directory.of_user(user.id))
    turn.answer(command)


def shared(turn: Turn, given: UserShared) -> None:
    """USR-10: another lock has changed her; here she keeps her number."""
    raise NotImplementedError


def new_user(turn: Turn, role: Role) -> User | Refused:
    """Somebody who is being made at the lock: the lowest free number and a name of it; not kept yet (`keep`).

    Where the lock numbers nobody she is named after her first credential, when that is kept (USR-8).
    """
    raise NotImplementedError


def keep(turn: Turn, user: User, by: Cause) -> None:
    """Keep a new user."""
    raise NotImplementedError


def remove(turn: Turn, user: User, by: Cause) -> Refused | None:
    """Delete a user with all her credentials (USR-5), unless she is the last administrator or the last (USR-3)."""
    raise NotImplementedError


def _nobody_left(turn: Turn, after: Directory) -> bool:
    """Whether a change leaves a lock that has an administrator without one who is enabled (USR-3, USR-7).

    Where the lock knows no users, an administrator is one only by her credential (USR-8).
    """
    before = turn.state.directory
    if not turn.profile.users and before.opens_menu() and not after.opens_menu():
        return True
    had = any(user.role is Role.ADMINISTRATOR for users in (before.users, after.users) for user in users.values())
    return had and not after.administrators()


def _tidy(name: str, value: Any) -> Any:
    if name == "role":
        return Role(value)
    return value.strip() if name == "name" else value


def _wrong_user_field(changes: Mapping[str, Any]) -> str | None:
    for name, value in changes.items():
        match name:
            case "name":
                good = isinstance(value, str)
            case "role":
                good = value in tuple(Role)
            case "enabled":
                good = type(value) is bool
            case "valid_from_ms" | "valid_until_ms":
                good = value is None or type(value) is int
            case _:
                good = False
        if not good:
            return name
    return None


def _sound(turn: Turn, command: Command, user: User) -> bool:
    limited = user.valid_from_ms is not None or user.valid_until_ms is not None
    if not user.name.strip() or len(user.name) > NAME_MAX or not user.name.isprintable():
        turn.refuse(command, ErrorCode.BAD_REQUEST, field="name")
    elif user.role is Role.ADMINISTRATOR and limited:
        turn.refuse(command, ErrorCode.ADMINISTRATOR_UNLIMITED)
    elif (
        user.valid_from_ms is not None and user.valid_until_ms is not None and user.valid_from_ms >= user.valid_until_ms
    ):
        turn.refuse(command, ErrorCode.BAD_REQUEST, field="valid_until_ms")
    else:
        return True
    return False


def _keep_user(turn: Turn, command: Command, user: User, kind: EventType, **values: Any) -> None:
    turn.set(directory=turn.state.directory.with_user(user))
    turn.emit(SaveUser(user))
    _record_user(turn, command, user, kind, **values)


def _by(command: Command) -> Cause:
    return Cause(OperationSource.REMOTE, actor=command.actor)


def _record_user(turn: Turn, command: Command, user: User, kind: EventType, **values: Any) -> None:
    turn.record(kind, _by(command), user_id=user.id, user_name=user.name, **values)
