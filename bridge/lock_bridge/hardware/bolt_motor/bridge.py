"""The motor's own lines: which way it turns, how it brakes, that it rests."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from lock_bridge.clock import Clock
from lock_bridge.hardware.surroundings import Loads

COAST_MS: Final = 50
"""How long a motor that is not braked is let run down before anything else is done with it."""


class HBridge:
    """Two inputs, and where it has one an enable. Never from one direction into the other without a rest between."""

    def __init__(
        self,
        drive: Callable[[Mapping[str, bool]], bool],
        roles: Collection[str],
        brake_ms: int,
        clock: Clock,
        loads: Loads,
    ) -> None:
        """`drive` sets lines, as `Wired.drive` does; a failure there is told to whoever listens there."""
        self._drive = drive
        self._enable = "enable" in roles
        self._brake = brake_ms > 0
        self._rest_ms = brake_ms or COAST_MS
        self._clock = clock
        self._loads = loads
        self._stopped_ms: int | None = None
        self.turning = False
        """From `run` until `rest`."""

    @property
    def rests_in_ms(self) -> int:
        """How long after `stop` comes `rest`; while it is stopping, how much of that is left."""
        if self._stopped_ms is None:
            return self._rest_ms
        return max(0, self._stopped_ms + self._rest_ms - self._clock.now().mono_ms)

    def run(self, *, forward: bool) -> None:
        """Turn, `forward` with IN1 active."""
        assert not self.turning  # noqa: S101 - whoever reverses a turning motor breaks it
        self.turning = True
        self._loads.driving(True)
        self._set(in1=forward, in2=not forward, enable=True)

    def stop(self) -> None:
        """Brake: both inputs active. Where it is not to be braked, all off."""
        if self.turning and self._stopped_ms is None:
            self._stopped_ms = self._clock.now().mono_ms
            self._set(in1=self._brake, in2=self._brake, enable=self._brake)

    def rest(self) -> None:
        """All off."""
        if self.turning:
            self._set(in1=False, in2=False, enable=False)
            self.gone()

    def gone(self) -> None:
        """The lines are lost, and off."""
        self._stopped_ms = None
        if self.turning:
            self.turning = False
            self._loads.driving(False)

    def _set(self, *, in1: bool, in2: bool, enable: bool) -> None:
        values = {"in1": in1, "in2": in2}
        self._drive(values | {"enable": enable} if self._enable else values)
