"""Which cards lie in a reader's field, so that each is told once each time that it comes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

RANDOM_FIRST: Final = 0x08
"""A number of four bytes that begins so is made anew each time that the field comes on, as phones do (ISO 14443-3)."""


def is_random(uid: bytes) -> bool:
    """Whether the number says of itself that it is no card's own."""
    return len(uid) == _SINGLE and uid[0] == RANDOM_FIRST


@dataclass(slots=True)
class CardField:
    """What lay there at the last looks.

    A card has left after `misses` looks in a row without it, or when it was last seen longer than `longest_ms` ago. All
    numbers made at random count as one card: with each look a phone shows another one, and it is still the same phone.
    """

    misses: int
    longest_ms: int
    _there: dict[bytes, _Seen] = field(default_factory=dict, init=False, repr=False)

    @property
    def empty(self) -> bool:
        """Nothing lies there."""
        return not self._there

    def look(self, uids: Iterable[bytes], now_ms: int) -> list[bytes]:
        """What a look has found; those that have come since, in the order in which they were found."""
        came: list[bytes] = []
        before, self._there = self._there, {}
        for uid in uids:
            card = _ANY_RANDOM if is_random(uid) else uid
            last = before.pop(card, None)
            if card not in self._there and (last is None or now_ms - last.at_ms > self.longest_ms):
                came.append(uid)
            self._there[card] = _Seen(now_ms)
        for card, seen in before.items():
            seen.missed += 1
            if seen.missed < self.misses and now_ms - seen.at_ms <= self.longest_ms:
                self._there[card] = seen
        return came


@dataclass(slots=True)
class _Seen:
    at_ms: int
    missed: int = 0


_SINGLE: Final = 4
_ANY_RANDOM: Final = b""
