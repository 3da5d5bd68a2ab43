"""Which of a person's credentials is meant: the `slot` of actions.

The bridge gives the lowest free number. A number that is missing among the passcodes would tell everybody who may read
them that there is one for duress (VER-12): passcodes are told by numbers that mean nothing and stay the same.
"""

import hmac
from collections.abc import Iterable
from typing import Final

from custom_components.lock_bridge.wire.words import CredentialType

from .targets import Target

LARGEST: Final = 2**31


def told(lock: Target, kind: str, number: int) -> int:
    """The slot that stands for the bridge's number, from 1 to `LARGEST`."""
    if kind != CredentialType.PIN:
        return number
    digest = hmac.digest(lock.hub.secret, f"{lock.lock_id}/{number}".encode(), "sha256")
    return 1 + int.from_bytes(digest[:4]) % LARGEST


def meant(lock: Target, kind: str, slot: int, numbers: Iterable[int]) -> int | None:
    """Which of these numbers of the bridge a slot stands for; None: none of them."""
    return next((number for number in numbers if told(lock, kind, number) == slot), None)
