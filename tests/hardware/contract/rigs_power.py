"""Batteries with all gauges that there are drivers for, and the simulated door's."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.memory import Forgetful, PartMemory
from lock_bridge.hardware.ports import PowerSeen, Reading
from lock_bridge.hardware.power.curves import CURVES
from lock_bridge.hardware.power.gauges import Gauge, Ina219, Mains, Max17048, SupplyGauge
from lock_bridge.hardware.power.reader import GaugeReader
from lock_bridge.hardware.simulated import SimulatedConfig, SimulatedDoor
from lock_bridge.hardware.surroundings import Loads, Surroundings
from lock_bridge.wire.words import Part
from tests.hardware.emulators.gpio import FakeLines
from tests.hardware.emulators.i2c import FakeBus, FakeChip, ina219, max17048

INTERVAL_MS = 30_000
PLUG = "GPIO4"


class PowerRig(Protocol):
    """What can be done to a battery."""

    reports: list[Reading]

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def charge(self, percent: int) -> None: ...
    async def emergency(self, *, on: bool) -> None: ...
    async def pull(self) -> None: ...
    async def put_back(self) -> None: ...


async def until(look: Callable[[], object]) -> None:
    """Wait until that is so: gauges are read in a thread of their own."""
    async with asyncio.timeout(10):
        while not look():  # noqa: ASYNC110 - what is looked at tells nobody
            await asyncio.sleep(0.001)


class SimulatedPowerRig:
    """The simulated battery."""

    def __init__(self, _folder: Path) -> None:
        self.clock = ManualClock()
        self.door = SimulatedDoor(SimulatedConfig(), self.clock, profiles.load("palm6068"))
        self.reports: list[Reading] = []

    async def start(self) -> None:
        await self.door.power.start(self.reports.append)

    async def stop(self) -> None:
        await self.door.power.stop()

    async def charge(self, percent: int) -> None:
        await self.door.do(["battery", str(percent)])

    async def emergency(self, *, on: bool) -> None:
        await self.door.do(["supply", "on" if on else "off"])

    async def pull(self) -> None:
        await self.door.do(["unplug", "power"])

    async def put_back(self) -> None:
        await self.door.do(["plug", "power"])


class GaugeRig:
    """A gauge on a bench: a bus or a folder, a line for the emergency supply, a clock in the hand."""

    def __init__(self, folder: Path, *, memory: PartMemory | None = None) -> None:
        self.clock = ManualClock()
        self.lines = FakeLines(self.clock)
        self.lines.put(PLUG, high=True)
        self.loads = Loads()
        self.memory = memory or Forgetful()
        self.reports: list[Reading] = []
        self.hwmon = folder / "hwmon"
        self.hwmon.mkdir(exist_ok=True)
        around = Surroundings(
            name="front_door power",
            port="power",
            profile=profiles.load("palm6068"),
            clock=self.clock,
            memory=self.memory,
            lines=self.lines,
            cache=folder,
            loads=self.loads,
        )
        line = Line(PLUG, active_low=True, pull="up")
        self.port = GaugeReader(self.gauge(folder), around, interval_ms=INTERVAL_MS, emergency=line, hwmon=self.hwmon)

    def gauge(self, folder: Path) -> Gauge:
        raise NotImplementedError

    async def start(self) -> None:
        await self.port.start(self.reports.append)
        await until(lambda: self.port.health.state != "starting")

    async def stop(self) -> None:
        await self.port.stop()
        await until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("front_door")])

    async def emergency(self, *, on: bool) -> None:
        self.lines.put(PLUG, high=not on)
        await asyncio.sleep(0)
        self.clock.advance(100)
        await asyncio.sleep(0)

    async def look(self) -> None:
        """Let the next look come, and wait for what it brings."""
        before = self.looks()
        self.clock.advance(INTERVAL_MS)
        await until(lambda: self.looks() > before)
        await asyncio.sleep(0.01)

    def looks(self) -> int:
        raise NotImplementedError


class MainsRig(GaugeRig):
    """No battery at all."""

    def gauge(self, folder: Path) -> Gauge:
        return Mains()


class ChipRig(GaugeRig):
    """A gauge on a bus."""

    address: int

    def __init__(self, folder: Path, **more: Any) -> None:
        self.chip = self.make()
        super().__init__(folder, **more)

    def make(self) -> FakeChip:
        raise NotImplementedError

    def bus(self, _number: int) -> FakeBus:
        return FakeBus({self.address: self.chip})

    def looks(self) -> int:
        return self.chip.reads

    async def pull(self) -> None:
        self.chip.answers = False
        self.clock.advance(INTERVAL_MS)
        await until(lambda: self.port.health.state == "trouble")

    async def put_back(self) -> None:
        self.chip.answers = True
        self.clock.advance(INTERVAL_MS)
        await until(lambda: self.port.health.state == "served")


class Max17048Rig(ChipRig):
    """The lithium gauge."""

    address = 0x36

    def make(self) -> FakeChip:
        return max17048(percent=100)

    def gauge(self, folder: Path) -> Gauge:
        return Max17048(1, self.address, self.bus)

    async def charge(self, percent: int) -> None:
        self.chip.words[0x04] = percent * 256
        await self.look()


class Ina219Rig(ChipRig):
    """The voltage meter, on four alkaline cells."""

    address = 0x40

    def make(self) -> FakeChip:
        return ina219(millivolts=6_200)

    def gauge(self, folder: Path) -> Gauge:
        return Ina219(1, self.address, CURVES["alkaline"], 4, self.bus)

    async def charge(self, percent: int) -> None:
        wanted = next(mv for mv, there in CURVES["alkaline"] if there >= percent)
        self.chip.words[0x02] = wanted << 3  # a quarter of the pack's voltage is one cell's
        await self.look()


class SupplyRig(GaugeRig):
    """A battery that the kernel knows."""

    def gauge(self, folder: Path) -> Gauge:
        self.battery = folder / "supplies" / "BAT0"
        self.battery.mkdir(parents=True, exist_ok=True)
        self.write(type="Battery", present="1", capacity="100", voltage_now="8200000", model_name="UPS")
        self.count = 0
        gauge = SupplyGauge(folder / "supplies", None, None)
        sample = gauge.sample

        def counted() -> Any:
            self.count += 1
            return sample()

        gauge.sample = counted  # type: ignore[method-assign]
        return gauge

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.battery / name).write_text(f"{text}\n")

    def looks(self) -> int:
        return self.count

    async def charge(self, percent: int) -> None:
        self.write(capacity=str(percent))
        await self.look()

    async def pull(self) -> None:
        self.battery.rename(self.battery.with_name("gone"))
        (self.battery.with_name("gone") / "type").unlink()
        self.clock.advance(INTERVAL_MS)
        await until(lambda: self.port.health.state == "trouble")

    async def put_back(self) -> None:
        self.battery.with_name("gone").rename(self.battery)
        self.write(type="Battery")
        self.clock.advance(INTERVAL_MS)
        await until(lambda: self.port.health.state == "served")


def levels(rig: PowerRig) -> list[PowerSeen]:
    """What was said of the battery."""
    return [reading for reading in rig.reports if isinstance(reading, PowerSeen)]


PART = Part.POWER
