"""The code that the owner may ask for before Home Assistant moves a bolt. Kept as a salted hash, never as it is."""

import asyncio
import hashlib
import hmac
import secrets
import time
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections import deque
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN

CONF_CODE: Final = "code"
"""The entry's option with the hash."""

CODE_FORMAT: Final = "^[0-9]{4,8}$"

TRIES: Final = 5
WINDOW_S: Final = 300.0
WAIT_S: Final = 60.0

_SCHEME: Final = "scrypt"
_N, _R, _P = 2**14, 8, 1
_MAX_MEMORY: Final = 64 * 1024 * 1024
_SALT_BYTES: Final = 16
_DIGITS: Final = range(4, 9)


def hash_code(code: str) -> str:
    """What is kept of a code of four to eight digits, under a salt of its own. Slow on purpose: for the executor.

    Raises ValueError for anything else than such a code.
    """
    if len(code) not in _DIGITS or not (code.isascii() and code.isdigit()):
        raise ValueError("a code has four to eight digits")
    salt = secrets.token_bytes(_SALT_BYTES)
    return "$".join((_SCHEME, b64encode(salt).decode(), b64encode(_digest(code, salt)).decode()))


def matches(code: str, stored: str) -> bool:
    """Whether this is the code that was kept. As slow as `hash_code`; what cannot be read matches nothing."""
    try:
        scheme, salt, digest = stored.split("$")
        known, found = b64decode(digest, validate=True), _digest(code, b64decode(salt, validate=True))
    except ValueError, Base64Error:
        return False
    return scheme == _SCHEME and hmac.compare_digest(known, found)


class CodeGuard:
    """Asks for the code. Five wrong ones within five minutes, at whichever locks, and it waits a minute."""

    def __init__(self, hass: HomeAssistant, stored: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._hass = hass
        self._stored = stored
        self._monotonic = monotonic
        self._wrong: deque[float] = deque(maxlen=TRIES)
        # One after another, so that many at once are no more than five tries.
        self._one_at_a_time = asyncio.Lock()

    async def async_check(self, code: str, *, lock: str) -> None:
        """Return if the code is right. Raises ServiceValidationError, which says nothing of it."""
        async with self._one_at_a_time:
            if self._waits():
                raise _refused("too_many_codes", lock)
            if await self._hass.async_add_executor_job(matches, code, self._stored):
                self._wrong.clear()
                return
            self._wrong.append(self._monotonic())
            raise _refused("wrong_code", lock)

    def _waits(self) -> bool:
        now = self._monotonic()
        while self._wrong and now - self._wrong[0] >= WINDOW_S:
            self._wrong.popleft()
        return len(self._wrong) == TRIES and now - self._wrong[-1] < WAIT_S


def _digest(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MAX_MEMORY)


def _refused(key: str, lock: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"lock": lock}
    )
