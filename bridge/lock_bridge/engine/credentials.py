"""Credentials, as the app and the menus change them (CAP-11, CAP-12, VER-12 to VER-14, APP-2)."""

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, OperationSource

from . import enrolment
from .effects import DropCredential, SaveCredential
from .inputs import (
    AddBluetoothKey,
    AddTemporaryPasscode,
    ChangeCredential,
    ClearCredentials,
    Command,
    DeleteCredential,
    SetPasscode,
)
from .model import Credential, User
from .passcode import contains_known, is_simple, passcode_mac
from .state import Cause
from .turn import Refused, Turn


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


def delete(turn: Turn, command: DeleteCredential) -> None:
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


def add_temporary(turn: Turn, command: AddTemporaryPasscode) -> None:
    """VER-13."""
    raise NotImplementedError


def add_bluetooth_key(turn: Turn, command: AddBluetoothKey) -> None:
    """VER-14."""
    raise NotImplementedError


def change(turn: Turn, command: ChangeCredential) -> None:
    """Label, duress, or to whom it belongs (USR-8)."""
    raise NotImplementedError


def clear(turn: Turn, command: ClearCredentials) -> None:
    """All of a user, or of a kind."""
    raise NotImplementedError


def check_passcode(turn: Turn, code: str) -> Refused | None:
    """Why a code cannot be a new passcode, by the rule that it breaks (CAP-2, CAP-11, CAP-12, CAP-20); None: it can."""
    raise NotImplementedError


def add_passcode(turn: Turn, user: User, code: str, by: Cause, new_user: bool) -> Credential:
    """Keep a code that `check_passcode` has let through, and with it in the same step its user, if she is new."""
    raise NotImplementedError


def remove(turn: Turn, credential: Credential, by: Cause) -> Refused | None:
    """Delete one credential; the last that opens the menu stays (USR-3)."""
    raise NotImplementedError


def remove_kind(turn: Turn, kind: CredentialType, by: Cause) -> Refused | None:
    """Delete all credentials of a kind, or none (L2S-9)."""
    raise NotImplementedError


def remove_all(turn: Turn, by: Cause) -> None:
    """Delete all credentials, and the users made at the lock with them (L2S-10)."""
    raise NotImplementedError


def _refuses_simple(turn: Turn) -> bool:
    return turn.profile.simple_passcodes == "refused" or turn.state.settings.refuse_simple_passcodes


def _record_credential(turn: Turn, command: Command, user: User, credential: Credential, kind: EventType) -> None:
    turn.record(kind, Cause(OperationSource.REMOTE, user, credential, command.actor))
