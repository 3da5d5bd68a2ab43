"""A simulated door with nobody but the test behind it: a clock that is stepped, and all that its parts report."""

import asyncio
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.engine.effects import Drive, DriveBolt
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, MotorOutcome, MotorStopped, Reading
from lock_bridge.hardware.simulated import Person, SimulatedConfig, SimulatedDoor

ANNA = Person(name="Anna", fingers=("right thumb", "left thumb"), cards=("04A1B2C3", "04D4E5F6"))
BJORN = Person(name="Bjørn", fingers=("right index",))
LIMIT_MS = 3_000


class Rig:
    """Acts at the door and hears its parts."""

    def __init__(
        self, profile: str = "palm6068", *, travel_ms: int = 900, file: Path | None = None, **config: Any
    ) -> None:
        self.clock = ManualClock()
        self.reports: list[Reading] = []
        made = SimulatedConfig(travel_ms=travel_ms, people=(ANNA, BJORN))
        self.door = SimulatedDoor(made, self.clock, profiles.load(profile), state_file=file)
        self.ports = (
            self.door.bolt,
            self.door.contacts,
            self.door.power,
            self.door.keypad,
            self.door.sounder,
            self.door.fingerprint,
            self.door.card,
            self.door.face,
            self.door.palm_vein,
            self.door.radios,
            self.door.inside,
        )
        self._runs = 0

    async def start(self) -> list[Reading]:
        """Start all ports; what they report of it."""
        for port in self.ports:
            await port.start(self.reports.append)
        return self.heard()

    async def stop(self) -> None:
        for port in self.ports:
            await port.stop()

    def heard(self) -> list[Reading]:
        """What was reported since last asked."""
        heard, self.reports[:] = [*self.reports], []
        return heard

    async def do(self, line: str) -> Mapping[str, Any]:
        """Do it, letting the time go by that it takes."""
        doing = asyncio.ensure_future(self.door.do(shlex.split(line)))
        for _ in range(1_000):
            for _ in range(5):
                await asyncio.sleep(0)
            if doing.done():
                break
            self.clock.advance(self.clock.next_due_ms() or 0)
        return await doing

    async def reports_of(self, line: str) -> list[Reading]:
        """What the parts report when this is done."""
        self.heard()
        await self.do(line)
        return self.heard()

    def drive(self, drive: Drive, *, limit_ms: int = LIMIT_MS, reversed: bool = False) -> int:
        """Start the motor; the run's number."""
        self._runs += 1
        self.door.bolt.drive(DriveBolt(drive, self._runs, limit_ms, reversed))
        return self._runs

    def outcome_of(self, drive: Drive, **options: Any) -> MotorOutcome:
        """Start the motor and wait for its end."""
        run = self.drive(drive, **options)
        self.clock.advance(LIMIT_MS + 1)
        ends = [item for item in self.heard() if isinstance(item, MotorStopped) and item.run == run]
        assert len(ends) == 1
        return ends[0].outcome


def positions(reports: list[Reading]) -> list[BoltPosition]:
    """The bolt's positions among reports."""
    return [item.position for item in reports if isinstance(item, BoltSeen)]
