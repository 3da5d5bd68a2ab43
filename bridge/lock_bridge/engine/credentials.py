"""Credentials, as the app and the menus change them (CAP-11, CAP-12, VER-12 to VER-14, APP-2)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, OperationSource

from . import enrolment, limits, roster
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

_PIN, _BLE = CredentialType.PIN, CredentialType.BLE


def set_passcode(turn: Turn, command: SetPasscode) -> None:
    """CAP-7, CAP-11, CAP-12, VER-12: a user has one, and a duress one beside it; a new one takes the old one's place.

    Refused with the rule that it breaks.
    """
    user = turn.state.directory.users.get(command.user_id)
    if user is None:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
        return
    old = _own_passcode(turn, user, duress=command.duress)
    if (refused := check_passcode(turn, command.passcode, old)) is not None:
        turn.refuse(command, refused)
        return
    mac = passcode_mac(turn.keys.pin, command.passcode)
    if old is not None:
        credential = replace(old, mac=mac)
        roster.keep_credential(turn, credential, _by(command), changed=("passcode",))
    else:
        credential = _keep_new(turn, Credential(_PIN, 0, user.id, mac, duress=command.duress), _by(command))
    turn.answer(command, number=credential.number)


def add_temporary(turn: Turn, command: AddTemporaryPasscode) -> None:
    """VER-13: for a visitor of a user; without an end and a number of entries it opens once."""
    refused = _check_visitor(turn, command) or check_passcode(turn, command.passcode)
    if refused is not None:
        turn.refuse(command, refused)
        return
    credential = Credential(
        _PIN,
        0,
        command.user_id,
        passcode_mac(turn.keys.pin, command.passcode),
        temporary=True,
        label=command.label.strip(),
        valid_from_ms=command.valid_from_ms,
        valid_until_ms=command.valid_until_ms,
        uses_left=1 if command.uses is None and command.valid_until_ms is None else command.uses,
    )
    turn.answer(command, number=_keep_new(turn, credential, _by(command)).number)


def add_bluetooth_key(turn: Turn, command: AddBluetoothKey) -> None:
    """VER-14: for a visitor's phone; where Bluetooth is off it could not be used."""
    refused = _check_visitor(turn, command) or _no_room(turn, _BLE)
    if refused is None and not turn.state.settings.bluetooth:
        refused = Refused(ErrorCode.BLUETOOTH_OFF)
    if refused is None and command.key_id in turn.state.directory.by_mac:
        refused = Refused(ErrorCode.DUPLICATE)
    if refused is not None:
        turn.refuse(command, refused)
        return
    credential = Credential(
        _BLE,
        0,
        command.user_id,
        command.key_id,
        label=command.label.strip(),
        valid_from_ms=command.valid_from_ms,
        valid_until_ms=command.valid_until_ms,
        uses_left=command.uses,
    )
    turn.answer(command, number=_keep_new(turn, credential, _by(command)).number)


def change(turn: Turn, command: ChangeCredential) -> None:
    """A credential's label, a finger's duress (VER-12), or where nobody has a number, whose it is (USR-8)."""
    directory = turn.state.directory
    before = directory.credentials.get((command.type, command.number))
    if before is None:
        turn.refuse(command, ErrorCode.UNKNOWN_CREDENTIAL)
        return
    if (refused := _check_changes(turn, before, command.changes)) is not None:
        turn.refuse(command, refused)
        return
    tidy = {name: value.strip() if name == "label" else value for name, value in command.changes.items()}
    after = replace(before, **tidy)
    other = sorted(name for name, value in tidy.items() if getattr(before, name) != value)
    if directory.opens_menu() and not directory.with_credential(after).opens_menu():
        turn.refuse(command, ErrorCode.LAST_ADMINISTRATOR)
        return
    if other:
        roster.keep_credential(turn, after, _by(command), changed=other)
        for user in roster.drop_empty(turn, (before.user_id,)):
            enrolment.abandon(turn, user)
    turn.answer(command)


def delete(turn: Turn, command: DeleteCredential) -> None:
    """Delete one. The last one of an administrator stays: nobody else could open the menu (USR-3)."""
    credential = turn.state.directory.credentials.get((command.type, command.number))
    if credential is None:
        turn.refuse(command, ErrorCode.UNKNOWN_CREDENTIAL)
    elif (refused := remove(turn, credential, _by(command))) is not None:
        turn.refuse(command, refused)
    else:
        turn.answer(command)


def clear(turn: Turn, command: ClearCredentials) -> None:
    """All of a user, of a kind, or of a user's kind; all of them or none (USR-3)."""
    user_id, kind, directory = command.user_id, command.type, turn.state.directory
    if user_id is None and kind is None:
        turn.refuse(command, ErrorCode.BAD_REQUEST, field="type")
    elif user_id is not None and user_id not in directory.users:
        turn.refuse(command, ErrorCode.UNKNOWN_USER)
    elif kind is not None and turn.profile.limits(kind) is None:
        turn.refuse(command, ErrorCode.NOT_SUPPORTED)
    else:
        gone = [
            item
            for item in directory.credentials.values()
            if user_id in (None, item.user_id) and kind in (None, item.type)
        ]
        if (refused := _remove(turn, gone, _by(command))) is not None:
            turn.refuse(command, refused)
        else:
            turn.answer(command, deleted=len(gone))


def check_passcode(turn: Turn, code: str, old: Credential | None = None) -> Refused | None:
    """Why a code cannot be a new passcode, by the rule that it breaks (CAP-2, CAP-11, CAP-12, CAP-20); None: it can.

    `old` is the one whose place it takes. A code that has an enrolled one in it is refused. One that is itself part of
    a longer one that is enrolled cannot be told from MACs, and does no harm: of two the longer one wins (VER-4).
    """
    profile = turn.profile
    if profile.limits(_PIN) is None:
        return Refused(ErrorCode.NOT_SUPPORTED)
    if not (code.isascii() and code.isdigit()) or not profile.passcode_min <= len(code) <= profile.passcode_max:
        return Refused(ErrorCode.PASSCODE_LENGTH, {"min": profile.passcode_min, "max": profile.passcode_max})
    if _refuses_simple(turn) and is_simple(code):
        return Refused(ErrorCode.PASSCODE_SIMPLE)
    known = turn.state.directory.by_mac.get(passcode_mac(turn.keys.pin, code))
    if known is not None and known is not old:
        return Refused(ErrorCode.DUPLICATE)
    if contains_known(turn.state.directory, turn.keys.pin, code, profile, besides=old):
        return Refused(ErrorCode.PASSCODE_CONTAINS)
    return None if old is not None else _no_room(turn, _PIN)


def add_passcode(turn: Turn, user: User, code: str, by: Cause, new_user: bool) -> Credential:
    """Keep a code that `check_passcode` has let through, and with it in the same step its user, if she is new.

    Of a user who may have one alone (CAP-7) the old one goes.
    """
    mac = passcode_mac(turn.keys.pin, code)
    limits_of, own = turn.profile.credentials[_PIN], _own_passcode(turn, user, duress=False)
    if limits_of.per_user == 1 and own is not None:
        credential = replace(own, mac=mac)
        roster.keep_credential(turn, credential, by, changed=("passcode",))
        return credential
    return _keep_new(turn, Credential(_PIN, 0, user.id, mac), by, new_user=user if new_user else None)


def remove(turn: Turn, credential: Credential, by: Cause) -> Refused | None:
    """Delete one credential; the last that opens the menu stays (USR-3)."""
    return _remove(turn, (credential,), by)


def remove_kind(turn: Turn, kind: CredentialType, by: Cause) -> Refused | None:
    """Delete all credentials of a kind, or none (L2S-9)."""
    return _remove(turn, [item for item in turn.state.directory.credentials.values() if item.type is kind], by)


def remove_all(turn: Turn, by: Cause) -> None:
    """Delete all credentials, and the users made at the lock with them (L2S-10)."""
    _drop(turn, turn.state.directory.credentials.values(), by)


def _remove(turn: Turn, gone: Iterable[Credential], by: Cause) -> Refused | None:
    """At the keypad the lock may be emptied, which makes it new; others must never stay behind without a master."""
    gone, directory = tuple(gone), turn.state.directory
    after = directory.without_credentials((item.type, item.number) for item in gone)
    empties = by.source is not OperationSource.REMOTE and not after.credentials
    if directory.opens_menu() and not after.opens_menu() and not empties:
        return Refused(ErrorCode.LAST_ADMINISTRATOR)
    _drop(turn, gone, by)
    return None


def _drop(turn: Turn, gone: Iterable[Credential], by: Cause) -> None:
    for user in roster.drop_credentials(turn, gone, by):
        enrolment.abandon(turn, user)


def _check_visitor(turn: Turn, command: AddTemporaryPasscode | AddBluetoothKey) -> Refused | None:
    if command.user_id not in turn.state.directory.users:
        return Refused(ErrorCode.UNKNOWN_USER)
    if limits.wrong_label(command.label):
        return Refused(ErrorCode.BAD_REQUEST, {"field": "label"})
    now = turn.now
    if command.valid_until_ms is not None and now.trusted and command.valid_until_ms <= now.wall_ms:
        return Refused(ErrorCode.BAD_REQUEST, {"field": "valid_until_ms"})
    return limits.check(command.valid_from_ms, command.valid_until_ms, command.uses)


def _check_changes(turn: Turn, credential: Credential, changes: Mapping[str, Any]) -> Refused | None:
    for name, value in changes.items():
        match name:
            case "label":
                refused = Refused(ErrorCode.BAD_REQUEST, {"field": name}) if limits.wrong_label(value) else None
            case "duress" if credential.type is CredentialType.FINGERPRINT:
                refused = None if type(value) is bool else Refused(ErrorCode.BAD_REQUEST, {"field": name})
            case "user_id" if not turn.profile.users:
                known = isinstance(value, str) and value in turn.state.directory.users
                refused = None if known else Refused(ErrorCode.UNKNOWN_USER)
            case "duress" | "user_id":
                refused = Refused(ErrorCode.NOT_SUPPORTED, {"field": name})
            case _:
                refused = Refused(ErrorCode.BAD_REQUEST, {"field": name})
        if refused is not None:
            return refused
    return None


def _own_passcode(turn: Turn, user: User, *, duress: bool) -> Credential | None:
    own = turn.state.directory.of_user(user.id, _PIN)
    return next((item for item in own if item.duress is duress and not item.temporary), None)


def _no_room(turn: Turn, kind: CredentialType) -> Refused | None:
    room = roster.room_for(turn, kind)
    return room if isinstance(room, Refused) else None


def _keep_new(turn: Turn, credential: Credential, by: Cause, *, new_user: User | None = None) -> Credential:
    """Keep one under the lowest free number (CAP-21); where none is free, that of a visitor's that is used up."""
    spent = roster.room_for(turn, credential.type)
    empty: tuple[User, ...] = ()
    if isinstance(spent, Credential):
        empty = roster.drop_credentials(turn, (spent,), by, besides=credential.user_id)
    kept = replace(credential, number=turn.state.directory.free_credential_number(credential.type))
    roster.keep_credential(turn, kept, by, new_user=new_user)
    # Readers are told of it last, for all of it is written in one piece.
    for user in empty:
        enrolment.abandon(turn, user)
    return kept


def _refuses_simple(turn: Turn) -> bool:
    return turn.profile.simple_passcodes == "refused" or turn.state.settings.refuse_simple_passcodes


def _by(command: Command) -> Cause:
    return Cause(OperationSource.REMOTE, actor=command.actor)
