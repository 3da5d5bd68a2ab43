"""The motor's driver on lines of a real kernel, with a bolt that moves in real time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lock_bridge.engine.effects import Drive, DriveBolt
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, MotorOutcome, MotorStopped, PartBack, PartFault, Reading
from lock_bridge.wire.words import Part
from tests.vm.parts.bolt import SimBolt
from tests.vm.parts.built import built
from tests.vm.parts.gpio_sim import SimChip
from tests.vm.parts.waiting import until

CONFIG = {
    "in1": "IN1",
    "in2": "IN2",
    "enable": "EN",
    # The resistors are on the board: the simulator's own would hold the wires against the sensors.
    "thrown": {"line": "THROWN", "pull": "as_is"},
    "retracted": {"line": "RETRACTED", "pull": "as_is"},
}


class Rig:
    def __init__(self, chip: SimChip) -> None:
        self.chip = chip
        self.bolt = SimBolt(chip)
        self.driver: Any = built("motor", "bolt", CONFIG, profile="palm6068")
        self.heard: list[Reading] = []

    async def drive(self, drive: Drive, run: int) -> MotorOutcome:
        """To its end; how it went."""
        self.driver.drive(DriveBolt(drive, run, 3_000))
        await until(lambda: any(isinstance(reading, MotorStopped) and reading.run == run for reading in self.heard))
        (stopped,) = (reading for reading in self.heard if isinstance(reading, MotorStopped) and reading.run == run)
        return stopped.outcome

    @property
    def driven(self) -> set[str]:
        return {name for name in ("IN1", "IN2", "EN") if self.chip.high(name)}


@pytest.fixture
async def rig(chip: SimChip) -> AsyncIterator[Rig]:
    rig = Rig(chip)
    moving = asyncio.create_task(rig.bolt.run())
    await rig.driver.start(rig.heard.append)
    yield rig
    await rig.driver.stop()
    moving.cancel()
    assert rig.driven == set(), "left safe"


async def test_the_motor_draws_the_bolt_and_throws_it_again(rig: Rig) -> None:
    assert rig.heard == [BoltSeen(BoltPosition.THROWN)]
    assert await rig.drive(Drive.RETRACT, 1) is MotorOutcome.REACHED
    assert rig.bolt.at == pytest.approx(0, abs=0.1)
    assert rig.driven == set()
    assert await rig.drive(Drive.THROW, 2) is MotorOutcome.REACHED
    positions = [reading.position for reading in rig.heard if isinstance(reading, BoltSeen)]
    assert positions[0] == positions[-1] == BoltPosition.THROWN
    assert BoltPosition.RETRACTED in positions


async def test_a_bolt_that_jams_on_its_way_is_given_up_in_time(rig: Rig) -> None:
    await rig.drive(Drive.RETRACT, 1)
    rig.bolt.jam = 0.5
    assert await rig.drive(Drive.THROW, 2) in (MotorOutcome.STALLED, MotorOutcome.NO_MOTION)
    assert rig.driven == set()
    assert [reading for reading in rig.heard if isinstance(reading, BoltSeen)][-1] == BoltSeen(BoltPosition.BETWEEN)


@pytest.mark.spec("FLT-1")
async def test_a_chip_that_goes_away_under_a_turning_motor_ends_the_run_and_comes_back(rig: Rig) -> None:
    rig.driver.drive(DriveBolt(Drive.RETRACT, 1, 3_000))
    await until(lambda: rig.bolt.at < 0.9)
    rig.chip.unplug()
    await until(lambda: any(isinstance(reading, PartFault) for reading in rig.heard))
    assert MotorStopped(1, MotorOutcome.FAULT) in rig.heard
    rig.heard.clear()
    rig.chip.plug()
    rig.bolt.replug()
    await until(lambda: {PartBack(Part.MOTOR), PartBack(Part.BOLT)} <= set(rig.heard))
    assert rig.driven == set(), "a motor that was turning does not go on by itself"
    assert await rig.drive(Drive.RETRACT, 2) is MotorOutcome.REACHED
