"""A motor lock's bolt on wires, with a plant behind them, and all that its driver reports."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.config_table import Problems, Table
from lock_bridge.engine.effects import Drive, DriveBolt
from lock_bridge.hardware.bolt_motor.about import DRIVER
from lock_bridge.hardware.bolt_motor.driver import BoltMotor
from lock_bridge.hardware.driver import Driver
from lock_bridge.hardware.memory import Forgetful, PartMemory
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, MotorOutcome, MotorStopped, Reading
from lock_bridge.hardware.surroundings import Loads, Surroundings
from tests.hardware.emulators.gpio import FakeLines
from tests.hardware.plant import Plant, Sensor, Spell, spells

LIMIT_MS: Final = 3_000
REST_MS: Final = 80
"""How long the motor is braked after a run."""

CONFIG: Final[dict[str, Any]] = {
    "in1": "GPIO17",
    "in2": "GPIO27",
    "enable": "GPIO22",
    "thrown": "GPIO5",
    "retracted": "GPIO6",
}
CLUTCH: Final[dict[str, Any]] = {
    "kind": "clutch",
    "in1": "GPIO17",
    "in2": "GPIO27",
    "uncoupled": "GPIO6",
    "coupled": "GPIO5",
    "thrown": "GPIO13",
    "retracted": "GPIO19",
}


def options(driver: Driver, config: dict[str, Any]) -> Any:
    """As the config file is read; nothing may be wrong with it."""
    read, problems = read_options(driver, config)
    assert not problems
    return read


def read_options(driver: Driver, config: dict[str, Any]) -> tuple[Any, list[str]]:
    """As the config file is read, and what is wrong with it."""
    problems = Problems()
    table = Table(problems, config)
    read = driver.read(table, "bolt")
    table.finish()
    return read, [str(problem) for problem in problems.located("")]


def surroundings(
    clock: ManualClock, lines: FakeLines, profile: str, memory: PartMemory, loads: Loads | None = None
) -> Surroundings:
    return Surroundings(
        name="front_door bolt",
        port="bolt",
        profile=profiles.load(profile),
        clock=clock,
        memory=memory,
        lines=lines,
        cache=None,  # type: ignore[arg-type]
        loads=loads or Loads(),
    )


class MotorRig:
    """Steps the time, drives, and hears. The process can die, and be started again."""

    def __init__(
        self, config: dict[str, Any] | None = None, *, profile: str = "palm6068", keeps_outputs: bool = False
    ) -> None:
        self.clock = ManualClock(mono_ms=0)
        self.lines = FakeLines(self.clock, keeps_outputs=keeps_outputs)
        self.config = config or CONFIG
        self.profile = profile
        self.memory: PartMemory = Forgetful()
        self.loads = Loads()
        self.load: list[bool] = []
        self.loads.listen(self.load.append)
        clutch = self.config.get("kind") == "clutch"
        self.plant = Plant(
            self.clock,
            self.lines,
            enable=self.config.get("enable"),
            # A clutch's way is from uncoupled (0) to coupled (1).
            thrown=Sensor("GPIO5", 1.0),
            retracted=Sensor("GPIO6", 0.0),
            at=0.0 if clutch else 1.0,
            speed=6.0 if clutch else 1.25,
        )
        self.reports: list[Reading] = []
        self.runs = 0
        self.on_report: Callable[[Reading], None] = lambda _reading: None
        self._life = 0
        self.port = self._new()

    def _new(self) -> BoltMotor:
        around = surroundings(self.clock, self.lines, self.profile, self.memory, self.loads)
        return BoltMotor(options(DRIVER, dict(self.config)), around)

    async def start(self) -> None:
        await self.port.start(partial(self._heard, self._life))
        await self.turn()

    async def stop(self) -> None:
        await self.port.stop()
        await self.turn()

    async def die(self) -> None:
        """The process ends without a word; another one is there, and not started yet."""
        self._life += 1
        self.lines.crash()
        await self.port._wired.upkeep.stop()
        self.port = self._new()

    async def turn(self) -> None:
        """Let the event loop do what it has to."""
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

    def drive(self, drive: Drive, *, limit_ms: int = LIMIT_MS, reversed: bool = False) -> int:
        """Start the motor; the run's number."""
        self.runs = run = self.runs + 1
        self.port.drive(DriveBolt(drive, run, limit_ms, reversed))
        return run

    async def run(self, drive: Drive, **order: Any) -> MotorOutcome:
        """Drive, wait for the end; its outcome."""
        run = self.drive(drive, **order)
        await self.advance(LIMIT_MS + 500)
        ends = [item for item in self.reports if isinstance(item, MotorStopped)]
        assert [end.run for end in ends] == [run], "each run has one end"
        return ends[0].outcome

    def spells(self) -> list[Spell]:
        """What the bridge was told."""
        return spells(self.lines, self.plant.in1, self.plant.in2, self.clock.now().mono_ms)

    def _heard(self, life: int, reading: Reading) -> None:
        if life == self._life:  # the dead say nothing
            self.reports.append(reading)
            self.on_report(reading)


def positions(reports: list[Reading]) -> list[BoltPosition]:
    """The bolt's positions among reports."""
    return [item.position for item in reports if isinstance(item, BoltSeen)]
