"""Users, passcodes and settings, as the app changes them (USR, CAP-11, CAP-12, APP-2, APP-5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Role

from . import bolt, enrolment, lockout
from .directory import Directory
from .effects import DropCredential, DropUser, SaveCredential, SaveSettings, SaveUser
from .inputs import AddUser, ChangeSettings, ChangeUser, Command, DeleteCredential, DeleteUser, SetPasscode, Timer
from .model import Credential, Settings, User
from .passcode import contains_known, is_simple, passcode_mac
from .state import Cause
from .turn import Turn

NAME_MAX: Final = 64

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "volume": ("high", "low", "mute"),
    "language": ("en", "nb", "sv", "it", "nl"),
    "door_direction": ("right", "left"),
}
_COUNTDOWN_S: Final = range(5, 301)
"""BLT-4."""


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


def set_passcode(turn: Turn, command: SetPasscode) -> None:
    """CAP-11, CAP-12: refused with the rule that it breaks; the user's old passcode goes with the new one's coming."""
    directory, profile, code = turn.state.directory, turn.profile, command.passcode
    user = directory.users.get(command.user_id)
    limits = profile.limits(CredentialType.PIN)
    if user is None:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
        return
    if limits is None:
        turn.refuse(command, ErrorCode.NOT_SUPPORTED)
        return
    if not (code.isascii() and code.isdigit()) or not profile.passcode_min <= len(code) <= profile.passcode_max:
        turn.refuse(command, ErrorCode.PASSCODE_LENGTH, min=profile.passcode_min, max=profile.passcode_max)
        return
    old = next((item for item in directory.of_user(user.id, CredentialType.PIN) if not item.duress), None)
    mac = passcode_mac(turn.keys.pin, code)
    known = directory.by_mac.get(mac)
    if _refuses_simple(turn) and is_simple(code):
        turn.refuse(command, ErrorCode.PASSCODE_SIMPLE)
    elif known is not None and known is not old:
        turn.refuse(command, ErrorCode.DUPLICATE)
    elif contains_known(directory, turn.keys.pin, code, profile, besides=old):
        turn.refuse(command, ErrorCode.PASSCODE_CONTAINS)
    elif old is None and directory.count(CredentialType.PIN) >= limits.slots:
        turn.refuse(command, ErrorCode.NO_SLOT_LEFT, limit=limits.slots)
    else:
        number = old.number if old is not None else directory.free_credential_number(CredentialType.PIN)
        credential = Credential(CredentialType.PIN, number, user.id, mac=mac)
        turn.set(directory=directory.with_credential(credential))
        turn.emit(SaveCredential(credential))
        _record_credential(turn, command, user, credential, EventType.CREDENTIAL_ADDED)
        turn.answer(command, number=number)


def delete_credential(turn: Turn, command: DeleteCredential) -> None:
    """Delete one. The last one of an administrator stays: nobody else could open the menu (USR-3)."""
    directory = turn.state.directory
    credential = directory.credentials.get((command.type, command.number))
    if credential is None:
        turn.refuse(command, ErrorCode.UNKNOWN_CREDENTIAL)
        return
    after = directory.without_credential(command.type, command.number)
    if directory.opens_menu() and not after.opens_menu():
        turn.refuse(command, ErrorCode.LAST_ADMINISTRATOR)
        return
    turn.set(directory=after)
    turn.emit(DropCredential(command.type, command.number))
    _record_credential(turn, command, directory.users[credential.user_id], credential, EventType.CREDENTIAL_DELETED)
    enrolment.forget(turn, (credential,))
    turn.answer(command)


def change_settings(turn: Turn, command: ChangeSettings) -> None:
    """APP-5: all of the changes or none."""
    for name, value in command.changes.items():
        if name not in turn.profile.settings:
            turn.refuse(command, ErrorCode.NOT_SUPPORTED, setting=name)
            return
        if not _fits(name, value):
            turn.refuse(command, ErrorCode.BAD_REQUEST, field=name)
            return
    before = turn.state.settings
    settings = replace(before, **command.changes)
    if settings != before:
        changed = {name: value for name, value in command.changes.items() if getattr(before, name) != value}
        turn.set(settings=settings)
        turn.emit(SaveSettings(settings))
        for name, value in changed.items():
            turn.record(EventType.SETTING_CHANGED, _by(command), data={"setting": name, "value": value})
        _apply_settings(turn, command, before)
    turn.answer(command)


def default_settings(simple_passcodes: str) -> Settings:
    """The settings of a new lock."""
    return Settings(refuse_simple_passcodes=simple_passcodes != "setting_off")


def _apply_settings(turn: Turn, command: ChangeSettings, before: Settings) -> None:
    settings = turn.state.settings
    countdown = (settings.countdown_locking, settings.countdown_delay_s)
    if countdown != (before.countdown_locking, before.countdown_delay_s):
        bolt.restart_countdown(turn)
    if before.lockout_enabled and not settings.lockout_enabled and turn.state.locked_out:
        turn.save_lockout(lockout.end(turn.state.lockout))
        turn.stop(Timer.LOCKOUT)
        turn.record(EventType.LOCKOUT_ENDED, _by(command), reason="switched_off")


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


def _refuses_simple(turn: Turn) -> bool:
    return turn.profile.simple_passcodes == "refused" or turn.state.settings.refuse_simple_passcodes


def _fits(name: str, value: Any) -> bool:
    if name in _CHOICES:
        return value in _CHOICES[name]
    if name == "countdown_delay_s":
        return type(value) is int and value in _COUNTDOWN_S
    return type(value) is bool


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


def _record_credential(turn: Turn, command: Command, user: User, credential: Credential, kind: EventType) -> None:
    told = {"credential_type": credential.type, "credential_number": credential.number}
    _record_user(turn, command, user, kind, **told)
