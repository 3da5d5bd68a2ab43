"""The lock's Bluetooth pairing code and the phones that have given it (DLM-9)."""

import hmac
from typing import Final

from lock_bridge.wire.words import EventType, OperationSource

from .model import Identity
from .passcode import Keys
from .state import Cause
from .turn import Turn

PHONES_MAX: Final = 20
"""As many phones are paired at once; the oldest goes for the next one."""

CODE_DIGITS: Final = 6


def default_code(identity: Identity) -> str:
    """0 and the last five digits of the serial number; digits that it lacks are 0."""
    digits = "".join(sign for sign in identity.serial if sign.isascii() and sign.isdigit())
    return "0" + digits[-5:].rjust(5, "0")


def is_code(code: str) -> bool:
    """Whether this could be a pairing code."""
    return len(code) == CODE_DIGITS and code.isascii() and code.isdigit()


def code_mac(keys: Keys, code: str) -> bytes:
    """HMAC-SHA256 of a pairing code."""
    return hmac.digest(keys.pin, b"pairing\0" + code.encode(), "sha256")


def is_right(turn: Turn, code: str) -> bool:
    """Whether `code` is the lock's pairing code."""
    right = turn.state.modes.bluetooth_code_mac or code_mac(turn.keys, default_code(turn.setup.identity))
    return is_code(code) and hmac.compare_digest(code_mac(turn.keys, code), right)


def keep(turn: Turn, phone: str) -> None:
    """Pair a phone. One that pairs again becomes the newest."""
    others = tuple(known for known in turn.state.modes.phones if known != phone)
    new = len(others) == len(turn.state.modes.phones)
    turn.save_modes(phones=(*others, phone)[-PHONES_MAX:])
    if new:
        turn.record(EventType.PHONE_PAIRED, Cause(OperationSource.BLE), data={"phone": phone})


def clear(turn: Turn, by: Cause) -> None:
    """DLM-9: no phone is paired any more, and the default code holds. Keys of visitors stay."""
    turn.save_modes(phones=(), bluetooth_code_mac=None, asked=True)
    turn.record(EventType.BLUETOOTH_CLEARED, by)
