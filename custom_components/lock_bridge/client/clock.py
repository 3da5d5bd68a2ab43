"""The bridge's clock, as it can be reckoned from here."""

from collections import deque
from collections.abc import Callable
from typing import Final

_SAMPLES: Final = 4


class BridgeClock:
    """The bridge's `time_ms` now. A message held up on its way shows an older time: the newest of a few counts."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._offsets: deque[int] = deque(maxlen=_SAMPLES)

    def restart(self, time_ms: int) -> None:
        """Begin anew with the first message of a connection."""
        self._offsets.clear()
        self.take(time_ms)

    def take(self, time_ms: int) -> None:
        """Learn from a message that carries the bridge's time."""
        self._offsets.append(time_ms - self._local_ms())

    def now_ms(self) -> int:
        """The bridge's time; 0 before its first message."""
        return self._local_ms() + max(self._offsets) if self._offsets else 0

    def _local_ms(self) -> int:
        return round(self._monotonic() * 1000)
