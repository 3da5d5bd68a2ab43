"""Keys for visitors by challenge and response, and the phones that may show them (DLM-9, VER-14)."""

import hashlib
import hmac
from base64 import b32decode, b32encode
from dataclasses import replace
from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Part, Refusal

from . import access, bolt, menu, phones
from .effects import CountUse, PhoneTold
from .inputs import ClearBluetooth, Command, PhoneActs, PhonePairs, SetBluetoothCode
from .model import Credential
from .passcode import Keys
from .state import Cause
from .turn import Turn

KEY_ID_BYTES: Final = 8
KEY_BYTES: Final = 16

LOCKED_OUT: Final = "locked_out"
"""What a phone is told while verification is locked (VER-8); the journal is not."""

_CHECK_BYTES: Final = 1
_COUNTER_END: Final = 1 << 63
_PHONE_MAX: Final = 64
_UNLOCK: Final = "unlock"
_LOCK: Final = "lock"


def key_text(keys: Keys, key_id: bytes) -> str:
    """What a visitor is handed: 40 letters and digits in groups of four, of which one byte finds slips of the pen."""
    body = key_id + _key(keys, key_id)
    text = b32encode(body + _check(body)).decode()
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))


def read_key(text: str) -> tuple[bytes, bytes]:
    """The id and the key in what a visitor was handed, however it is spaced. Raises `ValueError`."""
    signs = "".join(sign for sign in text.upper() if not sign.isspace() and sign != "-")
    try:
        raw = b32decode(signs)
    except ValueError:
        raw = b""
    body = raw[:-_CHECK_BYTES]
    if len(body) != KEY_ID_BYTES + KEY_BYTES or raw != body + _check(body):
        raise ValueError("this is no Bluetooth key, or it has a slip of the pen")
    return body[:KEY_ID_BYTES], body[KEY_ID_BYTES:]


def proof(key: bytes, challenge: bytes, operation: str, counter: int) -> bytes:
    """What shows, for one challenge, that a phone has `key`. `counter` is from 1 to 2^63 - 1."""
    told = b"lock-bridge ble\0" + operation.encode() + b"\0" + counter.to_bytes(8) + challenge
    return hmac.digest(key, told, "sha256")


def phone_pairs(turn: Turn, given: PhonePairs) -> None:
    """DLM-9: a phone is paired by the lock's code; a wrong one counts (VER-7)."""
    phone = given.phone
    if not (0 < len(phone) <= _PHONE_MAX and phone.isprintable()):
        turn.emit(PhoneTold(phone, ErrorCode.BAD_REQUEST.value))
    elif not turn.state.settings.bluetooth:
        turn.emit(PhoneTold(phone, Refusal.BLUETOOTH_OFF.value))
    elif access.refused_by_lockout(turn):
        turn.emit(PhoneTold(phone, LOCKED_OUT))
    elif not phones.is_right(turn, given.code):
        access.code_failed(turn, CredentialType.BLE, Refusal.PAIRING_CODE)
        turn.emit(PhoneTold(phone, Refusal.PAIRING_CODE.value))
    else:
        phones.keep(turn, phone)
        turn.verdict(good=True)
        turn.emit(PhoneTold(phone))


def phone_acts(turn: Turn, given: PhoneActs) -> None:
    """VER-14: a key that a paired phone proves to have opens like any credential, and locks whatever its limits."""
    phone, unlocks = given.phone, given.operation == _UNLOCK
    if not turn.state.settings.bluetooth:
        access.refuse(turn, CredentialType.BLE, Refusal.BLUETOOTH_OFF)
        turn.emit(PhoneTold(phone, Refusal.BLUETOOTH_OFF.value))
    elif unlocks and (menu.hides_readers(turn) or menu.awaits_verification(turn)):
        # A visitor's key is never what a menu waits for.
        turn.emit(PhoneTold(phone, ErrorCode.MENU_OPEN.value))
    elif access.closed(turn, CredentialType.BLE):
        turn.emit(PhoneTold(phone, LOCKED_OUT if turn.state.locked_out else Refusal.NO_CREDENTIAL.value))
    elif (credential := _proven(turn, given)) is None:
        access.code_failed(turn, CredentialType.BLE, Refusal.UNKNOWN_CREDENTIAL)
        turn.emit(PhoneTold(phone, Refusal.UNKNOWN_CREDENTIAL.value))
    else:
        heard = replace(credential, counter=given.counter)
        turn.set(directory=turn.state.directory.with_credential(heard))
        turn.emit(CountUse(credential=heard))
        if unlocks:
            access.decide(turn, heard, phone)
        else:
            user = turn.state.directory.users[heard.user_id]
            bolt.lock(turn, Cause(OperationSource.BLE, user, heard, phone=phone))


def set_code(turn: Turn, command: SetBluetoothCode) -> None:
    """DLM-9: a pairing code of one's own, or the default one; phones that are paired stay."""
    code = command.code
    if _lacks_bluetooth(turn, command):
        return
    if code is not None and not phones.is_code(code):
        turn.refuse(command, ErrorCode.BLUETOOTH_CODE)
        return
    mac = None if code is None else phones.code_mac(turn.keys, code)
    if mac != turn.state.modes.bluetooth_code_mac:
        turn.save_modes(bluetooth_code_mac=mac, asked=True)
        turn.record(
            EventType.SETTING_CHANGED,
            Cause(OperationSource.REMOTE, actor=command.actor),
            data={"setting": "bluetooth_code", "value": "default" if mac is None else "custom"},
        )
    turn.answer(command)


def clear(turn: Turn, command: ClearBluetooth) -> None:
    """DLM-9, APP-6: from the app as from the menu."""
    if not _lacks_bluetooth(turn, command):
        phones.clear(turn, Cause(OperationSource.REMOTE, actor=command.actor))
        turn.answer(command)


def _proven(turn: Turn, given: PhoneActs) -> Credential | None:
    """The key that a paired phone has proven to have for this challenge, never heard with this counter before."""
    credential = turn.state.directory.by_mac.get(given.key_id)
    believed = given.phone in turn.state.modes.phones and Part.BLUETOOTH not in turn.state.untrusted
    if credential is None or credential.type is not CredentialType.BLE or not believed:
        return None
    if given.operation not in (_UNLOCK, _LOCK) or not credential.counter < given.counter < _COUNTER_END:
        return None
    right = proof(_key(turn.keys, given.key_id), given.challenge, given.operation, given.counter)
    return credential if hmac.compare_digest(given.proof, right) else None


def _lacks_bluetooth(turn: Turn, command: Command) -> bool:
    lacks = turn.profile.limits(CredentialType.BLE) is None
    if lacks:
        turn.refuse(command, ErrorCode.NOT_SUPPORTED)
    return lacks


def _key(keys: Keys, key_id: bytes) -> bytes:
    return hmac.digest(keys.ble, b"ble\0" + key_id, "sha256")[:KEY_BYTES]


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK_BYTES]
