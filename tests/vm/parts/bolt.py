"""A bolt on a chip of the simulator: a motor with two directions moves it, a sensor at each end pulls its wire low."""

import asyncio
import time
from typing import Final

from tests.vm.parts.gpio_sim import SimChip

_LOOK_S: Final = 0.005
_ZONE: Final = 0.05


class SimBolt:
    """Moves in the machine's own time while `run` is running. 0 is retracted, 1 is thrown."""

    def __init__(self, chip: SimChip, *, at: float = 1.0, travel_s: float = 0.8) -> None:
        self.at = at
        self.jam: float | None = None
        """It gets no further out than here."""
        self.driven: list[str] = []
        """Which ways it has been driven: "out", "back"."""
        self._chip = chip
        self._travel_s = travel_s
        self._felt: tuple[bool, bool] | None = None
        self.feel()

    @property
    def pushes(self) -> int:
        """Which way the motor turns now: out 1, back -1, not 0."""
        try:
            levels = self._levels()
            while (again := self._levels()) != levels:  # both change at once, and are read one after the other
                levels = again
        except OSError:  # the chip is away, and its lines with it
            return 0
        one, two = levels
        return int(one) - int(two)

    def feel(self) -> None:
        """The sensors feel where the bolt is."""
        felt = (self.at >= 1 - _ZONE, self.at <= _ZONE)
        if felt != self._felt:
            self._felt = felt
            for name, active in zip(("THROWN", "RETRACTED"), felt, strict=True):
                self._chip.put(name, high=not active)

    def replug(self) -> None:
        """The chip is back, and its wires have to be told anew."""
        self._felt = None
        self.feel()

    async def run(self) -> None:
        """Until it is cancelled."""
        before, pushed = time.monotonic(), 0
        while True:
            await asyncio.sleep(_LOOK_S)
            now = time.monotonic()
            furthest = 1.0 if self.jam is None or self.at > self.jam else self.jam
            way = self.pushes
            if way != pushed and way:
                self.driven.append("out" if way > 0 else "back")
            pushed = way
            moved = self.at + way * (now - before) / self._travel_s
            before = now
            self.at = min(max(moved, 0.0), furthest)
            self.feel()

    def _levels(self) -> tuple[bool, bool]:
        return self._chip.high("IN1"), self._chip.high("IN2")
