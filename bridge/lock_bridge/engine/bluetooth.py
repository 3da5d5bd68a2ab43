"""Keys for visitors by challenge and response, and the phones that may show them (DLM-9, VER-14)."""

import hashlib
import hmac
from base64 import b32decode, b32encode
from binascii import Error as NotBase32
from dataclasses import replace
from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Part, Refusal

from . import access, bolt, phones
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
    except NotBase32:
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
    raise NotImplementedError


def phone_acts(turn: Turn, given: PhoneActs) -> None:
    """VER-14."""
    raise NotImplementedError


def set_code(turn: Turn, given: SetBluetoothCode) -> None:
    """DLM-9."""
    raise NotImplementedError


def clear(turn: Turn, given: ClearBluetooth) -> None:
    """DLM-9."""
    raise NotImplementedError


def _key(keys: Keys, key_id: bytes) -> bytes:
    return hmac.digest(keys.ble, b"ble\0" + key_id, "sha256")[:KEY_BYTES]


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK_BYTES]
