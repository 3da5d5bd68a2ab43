"""How often something may happen."""

from lock_bridge.clock import Clock


class Allowance:
    """`at_once` times, and then once every `every_ms`."""

    def __init__(self, clock: Clock, *, at_once: int, every_ms: int) -> None:
        self._clock = clock
        self._full_ms = at_once * every_ms
        self._every_ms = every_ms
        self._left_ms = self._full_ms
        self._at_ms = clock.now().mono_ms

    @property
    def wait_ms(self) -> int:
        """How long until it may happen again; 0: now."""
        now = self._clock.now().mono_ms
        self._left_ms = min(self._full_ms, self._left_ms + now - self._at_ms)
        self._at_ms = now
        return max(0, self._every_ms - self._left_ms)

    def take(self) -> None:
        """It has happened."""
        if not self.wait_ms:
            self._left_ms -= self._every_ms
