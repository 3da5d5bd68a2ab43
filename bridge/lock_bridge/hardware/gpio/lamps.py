"""Lights on output lines, steady or flashing by the clock."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from lock_bridge.clock import Clock, Handle
from lock_bridge.hardware.pause import pause
from lock_bridge.hardware.ports import Report
from lock_bridge.hardware.trouble import PartError
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import Part

from .lines import Line, Lines, Outputs

STEADY: Final = 0


class Lamps:
    """Shows what it was last told, also after a failure of the chip; dark when it is stopped."""

    def __init__(
        self, lines: Lines, consumer: str, wanted: Mapping[str, Line], clock: Clock, *, parts: Sequence[Part] = ()
    ) -> None:
        """`parts` fail when the lines do."""
        self.upkeep = Upkeep(parts, consumer, self._session, sleep=partial(pause, clock))
        self._lines = lines
        self._consumer = consumer
        self._wanted = wanted
        self._clock = clock
        self._outputs: Outputs | None = None
        self._broken: asyncio.Future[None] | None = None
        self._shown: Mapping[str, int] = {}
        self._lit: dict[str, bool] = {}
        """As the lines are."""
        self._phases: dict[int, bool] = {}
        """Whether what flashes at this rhythm shines now."""
        self._timers: dict[int, Handle] = {}

    def start(self, report: Report) -> None:
        """Begin; faults and returns go to `report`."""
        self.upkeep.start(report)

    async def stop(self) -> None:
        """Dark."""
        self._shown = {}
        await self.upkeep.stop()

    def show(self, shown: Mapping[str, int]) -> None:
        """Exactly these shine: `STEADY`, or on and off for so many ms each. What flashes alike flashes together."""
        self._shown = {role: rhythm for role, rhythm in shown.items() if role in self._wanted}
        if self._outputs is not None:
            self._time()
            self._write()

    async def _session(self) -> None:
        outputs = self._lines.outputs(self._consumer, self._wanted)
        try:
            self._outputs, self._broken = outputs, asyncio.get_running_loop().create_future()
            self._lit = dict.fromkeys(self._wanted, False)
            self._time()
            self._write()
            if not self._broken.done():
                self.upkeep.served(", ".join(line.name for line in self._wanted.values()))
            await self._broken
        finally:
            self._outputs = None
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            outputs.close()

    def _time(self) -> None:
        """A rhythm that is new begins with light; one that goes on keeps its beat."""
        rhythms = set(self._shown.values()) - {STEADY}
        for rhythm in self._timers.keys() - rhythms:
            self._timers.pop(rhythm).cancel()
        for rhythm in rhythms - self._timers.keys():
            self._phases[rhythm] = True
            self._timers[rhythm] = self._clock.call_later(rhythm, partial(self._turn, rhythm))

    def _turn(self, rhythm: int) -> None:
        self._phases[rhythm] = not self._phases[rhythm]
        self._timers[rhythm] = self._clock.call_later(rhythm, partial(self._turn, rhythm))
        self._write()

    def _write(self) -> None:
        if self._outputs is None or self._broken is None or self._broken.done():
            return
        wanted = {role: self._shines(role) for role in self._wanted}
        changes = {role: on for role, on in wanted.items() if self._lit[role] is not on}
        if not changes:
            return
        try:
            self._outputs.set(changes)
        except PartError as error:
            self._broken.set_exception(error)
        else:
            self._lit |= changes
            self.upkeep.works()

    def _shines(self, role: str) -> bool:
        rhythm = self._shown.get(role)
        return rhythm is not None and (rhythm == STEADY or self._phases[rhythm])
