"""Card readers with a person before them, for the contract of their port."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.pn532 import Pn532Reader, Settings, Timing
from lock_bridge.hardware.ports import CardReader, Reading
from lock_bridge.wire.words import Part
from tests.hardware.emulators.pn532 import FIRMWARE, LIST, Cable, Card, Chip
from tests.hardware.simulated_rig import Rig as SimulatedRig


class CardRig(ABC):
    """What a person can do with a reader. `reports` are those that nobody has looked at yet."""

    port: CardReader

    def __init__(self) -> None:
        self.reports: asyncio.Queue[Reading] = asyncio.Queue()

    async def prepare(self) -> None:  # noqa: B027 - most have nothing to do
        """Set it up, with the reader attached."""

    async def start(self) -> None:
        await self.port.start(self.reports.put_nowait)

    async def stop(self) -> None:
        await self.port.stop()

    async def report(self) -> Reading:
        """The next report."""
        async with asyncio.timeout(20):
            return await self.reports.get()

    async def reported(self, *expected: Reading) -> None:
        """The next reports are these."""
        assert [await self.report() for _ in expected] == list(expected)

    async def quiet(self) -> None:
        """Nothing is reported, though the reader has had the time."""
        await self.settle()
        assert self.reports.empty(), self.reports.get_nowait()

    async def close(self) -> None:
        """Stop it, and put everything away."""
        await self.stop()

    @abstractmethod
    async def settle(self) -> None:
        """The reader has seen all that there is to see."""

    @abstractmethod
    async def present(self, uid: bytes) -> None:
        """Hold a card to it."""

    @abstractmethod
    async def remove(self) -> None:
        """Take the card away, and wait until that has been seen."""

    @abstractmethod
    async def unplug(self) -> None:
        """Pull its cable."""

    @abstractmethod
    async def plug(self) -> None:
        """Put the cable back."""

    async def exchange(self) -> None:
        """Put another reader in its place."""
        raise NotImplementedError

    async def put_back(self) -> None:
        """Put the former one back in its place."""
        raise NotImplementedError


class SimulatedCardRig(CardRig):
    """The simulated door's."""

    def __init__(self, _folder: Path) -> None:
        super().__init__()
        self._door = SimulatedRig().door
        self.port = self._door.card

    async def settle(self) -> None:
        """It says everything at once."""

    async def present(self, uid: bytes) -> None:
        self._door.card.present(uid)

    async def remove(self) -> None:
        """It was there for a moment only."""

    async def unplug(self) -> None:
        self._door.card.unplug(Part.CARD)

    async def plug(self) -> None:
        self._door.card.plug(Part.CARD)


FAST: Final = Timing(first=1.0, acknowledge=0.5, answer=1.0, gap=0.01, quiet=0.005, poll=0.001, heartbeat=0.03)
"""Nothing waits for longer than it must, and nothing that should come is missed on a busy machine."""

IMPATIENT: Final = replace(FAST, first=0.1, acknowledge=0.1, answer=0.1)
"""For tests in which an answer does not come; one that comes too late on a busy machine is asked for again."""


class Pn532CardRig(CardRig):
    """A PN532 on a cable."""

    port: Pn532Reader

    def __init__(self, folder: Path, *, timing: Timing = FAST, **settings: Any) -> None:
        super().__init__()
        self.cable = Cable(folder / "by-id-card")
        self.chip = Chip()
        self.memory = Forgetful()
        self.slept: list[float] = []
        """The waits between retries."""
        self._slept = asyncio.Event()
        self._make: Callable[[], Pn532Reader] = lambda: Pn532Reader(
            Settings(port=str(self.cable.path), **settings),
            self.memory,
            timing=timing,
            sleep=self._sleep,
            jitter=random.Random(1),
        )
        self.port = self._make()
        self.cable.plug(self.chip)

    async def restart_service(self) -> None:
        """The bridge starts anew; what it has written down is still there."""
        await self.stop()
        self.port = self._make()
        await self.start()

    async def close(self) -> None:
        await self.stop()
        self.cable.unplug()

    async def looks(self, times: int = 3) -> None:
        """It has looked so many times more, the last time to its end but one."""
        await self.cable.hears(LIST, times + 1)

    async def settle(self) -> None:
        match self.port.health.state:
            case "served":
                await self.looks(5)
            case "replaced":
                await self.cable.hears(FIRMWARE, 3)
            case _:
                for _ in range(3):
                    self._slept.clear()
                    async with asyncio.timeout(10):
                        await self._slept.wait()

    async def present(self, uid: bytes) -> None:
        self.cable.present(Card(uid))

    async def remove(self) -> None:
        self.cable.present()
        await self.looks(4)

    async def unplug(self) -> None:
        self.cable.unplug()

    async def plug(self) -> None:
        self.cable.plug(self.chip)

    async def exchange(self) -> None:
        self.cable.exchange(Chip(firmware=bytes.fromhex("32 01 04 07")))

    async def put_back(self) -> None:
        self.cable.exchange(self.chip)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._slept.set()
        await asyncio.sleep(0.001)
