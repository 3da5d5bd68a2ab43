"""A reader, its cable and a sensor on it, with a person's fingers, for the tests of the EF 01 driver."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path

from lock_bridge.clock import ManualClock
from lock_bridge.hardware.ef01 import Ef01Reader, Settings, Timing
from lock_bridge.hardware.memory import Forgetful, PartMemory
from lock_bridge.hardware.ports import BiometricSeen, Inventory, PartBack, PartFault, Reading
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware.emulators.ef01 import GET_IMAGE, Cable, Sensor
from tests.hardware.emulators.gpio import FakeLines

FAST = Timing(
    answer=1.0,
    gap=0.01,
    quiet=0.005,
    restart=0.1,
    poll=0.001,
    heartbeat=0.02,
    touch=10.0,
    lift=10.0,
    backoff_first=0.005,
    backoff_longest=0.02,
)
"""Nothing waits for longer than it must, and nothing that should come is missed on a busy machine."""

IMPATIENT = replace(FAST, answer=0.2)
"""For tests in which an answer does not come; one that comes too late on a busy machine is asked for again."""

BACK = PartBack(Part.FINGERPRINT)


def inventory(*slots: int) -> Inventory:
    return Inventory(CredentialType.FINGERPRINT, frozenset(slots))


def fault(reason: str) -> PartFault:
    return PartFault(Part.FINGERPRINT, reason)


class Rig:
    """A door's fingerprint reader. `reports` are those that nobody has looked at yet."""

    def __init__(
        self,
        folder: Path,
        sensor: Sensor | None = None,
        *,
        timing: Timing = FAST,
        memory: PartMemory | None = None,
        **settings: object,
    ) -> None:
        self.cable = Cable(folder / "by-id-finger")
        self.sensor = sensor or Sensor()
        self.settings = Settings(port=str(self.cable.path), **settings)  # type: ignore[arg-type]
        self.slept: asyncio.Queue[float] = asyncio.Queue()
        self.clock = ManualClock()
        self.lines = FakeLines(self.clock)
        self.memory = memory or Forgetful()
        self.reader = Ef01Reader(
            self.settings,
            memory=self.memory,
            lines=self.lines,
            timing=timing,
            sleep=self._sleep,
            jitter=random.Random(1),
        )
        self.reports: asyncio.Queue[Reading] = asyncio.Queue()

    async def start(self, *expected: Reading) -> None:
        """Plug the sensor and start; `expected` is what is reported first."""
        self.cable.plug(self.sensor)
        await self.reader.start(self.reports.put_nowait)
        await self.reported(*(expected or (inventory(*self.sensor.templates),)))

    async def close(self) -> None:
        await self.reader.stop()
        self.cable.unplug()

    async def report(self) -> Reading:
        """The next report."""
        async with asyncio.timeout(10):
            return await self.reports.get()

    async def reported(self, *expected: Reading) -> None:
        """The next reports are these."""
        assert [await self.report() for _ in expected] == list(expected)

    async def looks(self, times: int = 3) -> None:
        """The glass has been looked at so many times more, the last time to its end but one."""
        await self.cable.hears(GET_IMAGE, times + 1)

    async def touch(self, finger: str, quality: str = "good") -> Reading:
        """Put a finger down, wait for what comes of it, lift it."""
        self.sensor.press(finger, quality)
        report = await self.report()
        await self.lift()
        return report

    async def lift(self) -> None:
        self.sensor.lift()
        await self.looks()

    async def is_quiet(self) -> None:
        """Nothing more is reported while the glass is looked at."""
        await self.looks(5)
        assert self.reports.empty()

    async def opens_for(self, finger: str, slot: int | None) -> None:
        assert await self.touch(finger) == BiometricSeen(CredentialType.FINGERPRINT, slot)

    async def _sleep(self, seconds: float) -> None:
        self.slept.put_nowait(seconds)
        await asyncio.sleep(0.001)
