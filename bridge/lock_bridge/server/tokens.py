"""Tokens: `lb1_<client id>_<secret>`. The bridge keeps the SHA-256 of the secret; 256 random bits need no slow hash."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

MARK: Final = "lb1_"
"""What each token begins with, so that a leaked one can be found."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. Only `client_id` and `hash` are kept."""

    client_id: str
    text: str = field(repr=False)
    hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request showed: whose token it says it is, and the hash of its secret."""

    client_id: str
    hash: bytes = field(repr=False)


def make() -> NewToken:
    """A token for a new client."""
    client_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    return NewToken(client_id, f"{MARK}{client_id}_{secret}", _hash(secret))


def read(authorization: str | None) -> Shown | None:
    """The token of an `Authorization` header; None when there is none in it."""
    match = _BEARER.fullmatch(authorization or "")
    return Shown(match[1], _hash(match[2])) if match else None


def same(shown: Shown, kept: bytes | None) -> bool:
    """Whether the secret is the one that is kept; the same work when none is kept."""
    return hmac.compare_digest(shown.hash, kept or _NOBODY) and kept is not None


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()


_BEARER: Final = re.compile(r"[Bb]earer lb1_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY: Final = secrets.token_bytes(32)
