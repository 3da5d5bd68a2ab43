"""When to dial again."""

import random
from collections.abc import Callable
from typing import Final

FIRST_S: Final = 0.25
LONGEST_S: Final = 30.0

ABSENT_S: Final = 1.0
"""Dialling where nobody is costs one packet, so it is never done more seldom: entities are back within 2 s of the
bridge's return, which leaves 1 s for the handshakes."""

GOOD_LINK_S: Final = 10.0
"""A link that held this long was good, and what went wrong before it is forgotten."""


class Pace:
    """Delays that double from one failure to the next, with jitter, so that many clients don't knock at once."""

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._absences = 0
        self._troubles = 0

    def held(self, seconds: float) -> None:
        """A link lasted this long."""
        self._absences = 0
        if seconds > GOOD_LINK_S:
            self._troubles = 0

    def after_absence(self) -> float:
        """Seconds until the next try where nobody answered."""
        self._absences += 1
        return self._delay(self._absences, ABSENT_S)

    def after_trouble(self) -> float:
        """Seconds until the next try where somebody is, whose answer was no use."""
        self._troubles += 1
        return self._delay(self._troubles, LONGEST_S)

    def _delay(self, times: int, longest: float) -> float:
        doubled: float = FIRST_S * 2 ** min(times - 1, 10)
        return min(doubled, longest) * self._uniform(0.5, 1.0)
