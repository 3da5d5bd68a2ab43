"""Passcodes: keyed MACs in place of digits, the search in a scrambled entry, and the rules for new ones."""

import hmac
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise

from lock_bridge.wire.words import CredentialType

from .directory import Directory
from .model import Credential
from .profile import Profile

_FEW_CODES = 10
_MANY_CODES_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Keys:
    """The bridge's keys for passcodes, card numbers and Bluetooth keys, 32 bytes each."""

    pin: bytes = field(repr=False)
    card: bytes = field(repr=False)
    ble: bytes = field(default=b"", repr=False)


class NoMatch(Enum):
    """Why an entry is no one's passcode."""

    UNKNOWN = auto()
    AMBIGUOUS = auto()


def passcode_mac(key: bytes, digits: str) -> bytes:
    """HMAC-SHA256 of a passcode."""
    return hmac.digest(key, b"pin\0" + digits.encode(), "sha256")


def card_mac(key: bytes, uid: bytes) -> bytes:
    """HMAC-SHA256 of a card's number."""
    return hmac.digest(key, b"rfid\0" + uid, "sha256")


def match(directory: Directory, key: bytes, entry: str, profile: Profile) -> Credential | NoMatch:
    """The passcode in `entry` (VER-3): the longest one; equally long ones of two users are none; duress wins (VER-4).

    Every run of digits is looked up, found or not, so the work depends on the entry's length alone.
    """
    hits: list[tuple[int, Credential]] = []
    for length in range(profile.passcode_min, profile.passcode_max + 1):
        for start in range(len(entry) - length + 1):
            found = directory.by_mac.get(passcode_mac(key, entry[start : start + length]))
            if found is not None:
                hits.append((length, found))
    # Under duress nobody must be kept waiting at the door: of several such codes any one will do.
    hits = [hit for hit in hits if hit[1].duress][-1:] or hits
    longest = max((length for length, _ in hits), default=0)
    best = [credential for length, credential in hits if length == longest]
    if not best:
        return NoMatch.UNKNOWN
    if len({credential.user_id for credential in best}) > 1:
        return NoMatch.AMBIGUOUS
    # Of her own passcode and a visitor's of hers, her own: it uses nothing up.
    return min(best, key=lambda credential: (credential.temporary, credential.number))


def advised_digits(directory: Directory, profile: Profile) -> int:
    """How many digits a new code is proposed with: of many codes one is hit more easily, so over ten have 8 digits."""
    few = directory.count(CredentialType.PIN) <= _FEW_CODES
    return profile.passcode_min if few else max(profile.passcode_min, min(_MANY_CODES_DIGITS, profile.passcode_max))


def is_simple(digits: str) -> bool:
    """Whether a code is a run (each digit the one before plus one, or each minus one) or a repeat (CAP-18)."""
    steps = {int(after) - int(before) for before, after in pairwise(digits)}
    return steps in ({0}, {1}, {-1})


def contains_known(
    directory: Directory, key: bytes, digits: str, profile: Profile, *, besides: Credential | None
) -> bool:
    """Whether a passcode that is enrolled occurs in `digits`, `besides` not counted."""
    for length in range(profile.passcode_min, len(digits) + 1):
        for start in range(len(digits) - length + 1):
            found = directory.by_mac.get(passcode_mac(key, digits[start : start + length]))
            if found is not None and found is not besides:
                return True
    return False
