"""A door with an electric strike behind a relay, on wires, and all that its driver reports."""

import asyncio
from typing import Any, Final

from lock_bridge.clock import ManualClock
from lock_bridge.engine.effects import Drive, DriveBolt
from lock_bridge.hardware.bolt_strike.about import DRIVER
from lock_bridge.hardware.bolt_strike.driver import BoltStrike
from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.ports import MotorOutcome, MotorStopped, Reading
from lock_bridge.hardware.surroundings import Loads
from tests.hardware.emulators.gpio import FakeLines
from tests.hardware.motor_rig import LIMIT_MS, options, surroundings

CONFIG: Final[dict[str, Any]] = {"relay": "GPIO17", "latch": "GPIO5", "keeper": "GPIO6"}

KEEPER_MS: Final = 30
"""How long the keeper takes to follow its coil."""


class StrikeRig:
    """Steps the time, drives, hears; opens and closes the door, and breaks the strike."""

    def __init__(self, config: dict[str, Any] | None = None, *, profile: str = "palm6068") -> None:
        self.clock = ManualClock(mono_ms=0)
        self.lines = FakeLines(self.clock)
        self.config = config or CONFIG
        self.profile = profile
        self.memory = Forgetful()
        self.loads = Loads()
        self.load: list[bool] = []
        self.loads.listen(self.load.append)
        self.dead = False
        """The coil does nothing."""
        self.preloaded = False
        """Something leans on the door: the keeper does not come back."""
        self.safe = self.config.get("fail") == "safe"
        self.lines.listen(lambda _name, _high: self.clock.call_later(KEEPER_MS, self._keeper))
        self.latch(lies=True)
        self.lines.put("GPIO6", high=self.safe)
        self.reports: list[Reading] = []
        self.runs = 0
        self.port = self._new()

    def _new(self) -> BoltStrike:
        around = surroundings(self.clock, self.lines, self.profile, self.memory, self.loads)
        return BoltStrike(options(DRIVER, dict(self.config)), around)

    @property
    def energised(self) -> bool:
        """Whether the relay gives the coil current."""
        return self.lines.high("GPIO17")

    def latch(self, *, lies: bool) -> None:
        """The door is shut and its latch lies in the strike, or not."""
        self.lines.put("GPIO5", high=not lies)

    async def start(self) -> None:
        await self.port.start(self.reports.append)
        await self.turn()

    async def stop(self) -> None:
        await self.port.stop()
        await self.turn()

    async def restart(self) -> None:
        """The bridge is started anew."""
        await self.stop()
        await self.advance(100)
        self.heard()
        self.port = self._new()
        await self.start()

    async def turn(self) -> None:
        for _ in range(6):
            await asyncio.sleep(0)

    async def advance(self, ms: int) -> None:
        await self.turn()
        self.clock.advance(ms)
        await self.turn()

    def heard(self) -> list[Reading]:
        """What was reported since last asked."""
        heard, self.reports[:] = [*self.reports], []
        return heard

    def drive(self, drive: Drive, *, limit_ms: int = LIMIT_MS) -> int:
        self.runs = run = self.runs + 1
        self.port.drive(DriveBolt(drive, run, limit_ms))
        return run

    async def run(self, drive: Drive) -> MotorOutcome:
        """Drive and wait for the end; its outcome."""
        run = self.drive(drive)
        await self.advance(1_100)
        ends = [item for item in self.reports if isinstance(item, MotorStopped)]
        assert [end.run for end in ends] == [run], "each run has one end"
        return ends[0].outcome

    def _keeper(self) -> None:
        free = self.energised is not self.safe
        if not self.dead and not (self.preloaded and not free):
            self.lines.put("GPIO6", high=free)
