"""Users, as the app and the menus change them (USR, APP-2)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import OperationSource, Role

from . import enrolment, limits, names, roster, schedule
from .directory import Directory
from .inputs import AddUser, ChangeUser, ClearUsers, Command, DeleteUser, UserShared, UsesShared
from .limits import NAME_MAX
from .model import User
from .profile import Profile
from .state import Cause
from .turn import Refused, Turn

__all__ = [
    "NAME_MAX",
    "add_user",
    "bound",
    "change_user",
    "changed",
    "clear_users",
    "delete_user",
    "new_user",
    "remove",
    "shared",
    "uses_shared",
]


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
        command.schedule,
        command.uses_left,
    )
    if user.id in directory.users:
        turn.refuse(command, ErrorCode.DUPLICATE)
    elif limit and len(directory.users) >= limit:
        turn.refuse(command, ErrorCode.NO_SLOT_LEFT, limit=limit)
    elif roster.nobody_left(turn.profile, directory, directory.with_user(user)):
        turn.refuse(command, ErrorCode.LAST_ADMINISTRATOR)
    elif (refused := _check(user)) is not None:
        turn.refuse(command, refused)
    else:
        roster.keep_user(turn, user, _by(command))
        turn.answer(command, user_id=user.id, number=user.number)


def change_user(turn: Turn, command: ChangeUser) -> None:
    """Change what is named; the last administrator stays one, and enabled (USR-3, USR-7)."""
    directory = turn.state.directory
    before = directory.users.get(command.user_id)
    if before is None:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
        return
    after = changed(before, command.changes)
    if isinstance(after, Refused):
        turn.refuse(command, after)
    elif roster.nobody_left(turn.profile, directory, directory.with_user(after)):
        turn.refuse(command, ErrorCode.LAST_ADMINISTRATOR)
    else:
        other = sorted(name for name in command.changes if getattr(after, name) != getattr(before, name))
        if other:
            roster.keep_user(turn, after, _by(command), changed=other)
        turn.answer(command)


def changed(user: User, changes: Mapping[str, Any]) -> User | Refused:
    """The user with what a client wants changed, or why that cannot be.

    Who has been given a name is no longer the lock's to drop with her last credential (USR-8).
    """
    values: dict[str, Any] = {}
    for name, value in changes.items():
        read = _FIELDS.get(name)
        try:
            if read is None:
                return Refused(ErrorCode.BAD_REQUEST, {"field": name})
            values[name] = read(value)
        except ValueError:
            return Refused(ErrorCode.BAD_REQUEST, {"field": name})
    if "name" in values:
        values["made_at_lock"] = False
    after = replace(user, **values)
    return _check(after) or after


def delete_user(turn: Turn, command: DeleteUser) -> None:
    """USR-5: with all her credentials, also those that readers hold."""
    user = turn.state.directory.users.get(command.user_id)
    if user is None:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
    elif (refused := remove(turn, user, _by(command))) is not None:
        turn.refuse(command, refused)
    else:
        turn.answer(command)


def clear_users(turn: Turn, command: ClearUsers) -> None:
    """Everybody who is no administrator, as `delete_user` does; all of them or none."""
    directory = turn.state.directory
    gone = tuple(user for user in directory.users.values() if user.role is not Role.ADMINISTRATOR)
    if gone and (refused := bound(turn.profile, directory, gone)) is not None:
        turn.refuse(command, refused)
        return
    _drop(turn, gone, _by(command))
    turn.answer(command, deleted=len(gone))


def shared(turn: Turn, given: UserShared) -> None:
    """USR-10: another lock has changed her, and written it down; here she keeps her number."""
    mine = turn.state.directory.users.get(given.user.id)
    if mine is not None:
        turn.set(directory=turn.state.directory.with_user(replace(given.user, number=mine.number)))


def uses_shared(turn: Turn, given: UsesShared) -> None:
    """USR-7: an entry at one lock is one less at all of them; whoever counted it writes it down."""
    mine = turn.state.directory.users.get(given.user_id)
    if mine is not None:
        turn.set(directory=turn.state.directory.with_user(replace(mine, uses_left=given.uses_left)))


def new_user(turn: Turn, role: Role) -> User | Refused:
    """Somebody who is being made at the lock: the lowest free number and a name of it; kept with her first credential.

    Where the lock numbers nobody she is named after that (USR-8).
    """
    directory, limit = turn.state.directory, turn.profile.users
    ids = (turn.fresh_id(f"user {number}") for number in count())
    user_id = next(user_id for user_id in ids if user_id not in directory.users)
    if not limit:
        return User(user_id, "", role, made_at_lock=True)
    if len(directory.users) >= limit:
        return Refused(ErrorCode.NO_SLOT_LEFT, {"limit": limit})
    number = directory.free_user_number()
    return User(user_id, names.of_user(turn.state.settings.language, number), role, number)


def remove(turn: Turn, user: User, by: Cause) -> Refused | None:
    """Delete a user with all her credentials (USR-5), and an enrolment that is hers; or why she has to stay."""
    if (refused := bound(turn.profile, turn.state.directory, (user,))) is not None:
        return refused
    _drop(turn, (user,), by)
    return None


def bound(profile: Profile, directory: Directory, users: Collection[User]) -> Refused | None:
    """Why a lock cannot be without these users.

    The last administrator stays, and where the lock numbers its users, the last of them all (USR-3).
    """
    after = directory.without_users(frozenset(user.id for user in users))
    if roster.nobody_left(profile, directory, after):
        return Refused(ErrorCode.LAST_ADMINISTRATOR)
    if profile.users and not after.users:
        return Refused(ErrorCode.LAST_USER)
    return None


def _drop(turn: Turn, users: Sequence[User], by: Cause) -> None:
    roster.drop_users(turn, users, by)
    for user in users:
        enrolment.abandon(turn, user)


def _check(user: User) -> Refused | None:
    limited = (user.valid_from_ms, user.valid_until_ms, user.uses_left) != (None, None, None) or user.schedule
    if limits.wrong_name(user.name):
        return Refused(ErrorCode.BAD_REQUEST, {"field": "name"})
    if user.role is Role.ADMINISTRATOR and limited:
        return Refused(ErrorCode.ADMINISTRATOR_UNLIMITED)
    if user.uses_left == 0:
        # She has used them up; that is no wish of anybody's.
        return limits.check(user.valid_from_ms, user.valid_until_ms, None)
    refused = limits.check(user.valid_from_ms, user.valid_until_ms, user.uses_left)
    if refused is not None and refused.detail["field"] == "uses":
        return Refused(ErrorCode.BAD_REQUEST, {"field": "uses_left"})
    return refused


def _by(command: Command) -> Cause:
    return Cause(OperationSource.REMOTE, actor=command.actor)


def _read_name(value: Any) -> str:
    if limits.wrong_name(value):
        raise ValueError("no name")
    return str(value).strip()


def _read_enabled(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("true or false")
    return value


def _read_time(value: Any) -> int | None:
    if limits.wrong_time(value):
        raise ValueError("no time")
    return value  # type: ignore[no-any-return]


def _read_uses(value: Any) -> int | None:
    if limits.wrong_uses(value):
        raise ValueError("no number of entries")
    return value  # type: ignore[no-any-return]


_FIELDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": _read_name,
    "role": Role,
    "enabled": _read_enabled,
    "valid_from_ms": _read_time,
    "valid_until_ms": _read_time,
    "schedule": schedule.parse,
    "uses_left": _read_uses,
}
