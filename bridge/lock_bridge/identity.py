"""What stands on a lock: its serial number and verification code, printed or, where nothing is, made of the key."""

import hmac
from typing import Final

from . import __version__
from .engine.model import Identity

_SERIAL_DIGITS: Final = 9
_CODE_LETTERS: Final = 6
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def identity_of(lock_id: str, key: bytes, serial: str = "", verification_code: str = "") -> Identity:
    """A lock's identity. What the config does not say is the same at each start, and through every reset (RST-1)."""
    made = hmac.digest(key, b"identity\0" + lock_id.encode(), "sha256")
    digits = int.from_bytes(made[:8]) % 10**_SERIAL_DIGITS
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in made[8 : 8 + _CODE_LETTERS])
    return Identity(lock_id, serial or f"{digits:0{_SERIAL_DIGITS}}", __version__, verification_code or letters)
