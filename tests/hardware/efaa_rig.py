"""Readers of one module, its cable and a module on it, with people before it, for the tests of the EF AA driver."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path

from lock_bridge.clock import ManualClock
from lock_bridge.hardware.efaa import DIALECTS, EfaaFaceReader, EfaaModule, EfaaReader, Settings, Timing
from lock_bridge.hardware.efaa.known import new_name
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.memory import Forgetful, PartMemory
from lock_bridge.hardware.ports import BiometricSeen, Inventory, NearSeen, PartBack, PartFault, PartReplaced, Reading
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware.emulators.efaa import VERIFY, Cable, Module, Shown
from tests.hardware.emulators.gpio import FakeLines

FACE, PALM = CredentialType.FACE, CredentialType.PALM_VEIN
PARTS = {FACE: Part.FACE, PALM: Part.PALM_VEIN}

FAST = Timing(
    reply=1.0,
    delete=1.0,
    margin=1.0,
    grace=0.05,
    gap=0.05,
    quiet=0.005,
    heartbeat=0.05,
    pause=0.001,
    absent=0.5,
    near=0.3,
    bother=0.02,
    far=0.02,
    backoff_first=0.005,
    backoff_longest=0.02,
)
"""Nothing waits for longer than it must, and nothing that should come is missed on a busy machine."""

IMPATIENT = replace(FAST, reply=0.2, delete=0.2, margin=0.1)
"""For tests in which a reply does not come; one that comes too late on a busy machine is asked for again."""

NOBODY_NEAR = NearSeen(False)


class Rig:
    """A door's readers on one module. `reports` are those that nobody has looked at yet, but for who is near."""

    def __init__(
        self,
        folder: Path,
        module: Module | None = None,
        *kinds: CredentialType,
        timing: Timing = FAST,
        memory: PartMemory | None = None,
        near: Line | None = None,
        watch: bool = True,
        dialect: str | None = None,
        scale: float = 0.01,
    ) -> None:
        """`scale` is how long a second of the module lasts."""
        timing = replace(timing, second=scale)
        self.cable = Cable(folder / "by-id-face", scale=scale)
        self.module = module or Module()
        self.clock = ManualClock()
        self.lines = FakeLines(self.clock)
        self.memory = memory or Forgetful()
        self.slept: asyncio.Queue[float] = asyncio.Queue()
        self.driver = EfaaModule(
            Settings(port=str(self.cable.path), dialect=DIALECTS[dialect] if dialect else None, near=near, watch=watch),
            memory=self.memory,
            lines=self.lines,
            timing=timing,
            sleep=self._sleep,
            jitter=random.Random(1),
        )
        self.kinds = kinds or (FACE,)
        self.readers: dict[CredentialType, EfaaReader] = {
            kind: EfaaFaceReader(self.driver) if kind is FACE else EfaaReader(self.driver, kind) for kind in self.kinds
        }
        self.reports: asyncio.Queue[Reading] = asyncio.Queue()
        self.nears: list[bool] = []
        self.looks_when_near = False

    @property
    def face(self) -> EfaaFaceReader:
        reader = self.readers[FACE]
        assert isinstance(reader, EfaaFaceReader)
        return reader

    @property
    def palm(self) -> EfaaReader:
        return self.readers[PALM]

    def enrolled(self, who: str, slot: int, *, palm: bool = False) -> None:
        """Somebody is enrolled in the module already."""
        self.module.enrol(who, new_name(PALM if palm else FACE, slot), palm=palm)

    async def start(self, *expected: Reading) -> None:
        """Plug the module and start; `expected` is what is reported first."""
        self.cable.plug(self.module)
        await self.listen()
        await self.reported(*expected)

    async def listen(self) -> None:
        for reader in self.readers.values():
            await reader.start(self._hear)

    async def close(self) -> None:
        for reader in self.readers.values():
            await reader.stop()
        self.cable.unplug()

    async def report(self) -> Reading:
        """The next report."""
        async with asyncio.timeout(10):
            return await self.reports.get()

    async def reported(self, *expected: Reading) -> None:
        """The next reports are these."""
        assert [await self.report() for _ in expected] == list(expected)

    def show(self, who: str, **how: object) -> None:
        """Somebody, or a palm, is before the module."""
        self.module.shown = Shown(who, **how)  # type: ignore[arg-type]

    def go(self) -> None:
        """Nobody is."""
        self.module.shown = None

    async def looks(self, times: int = 3) -> None:
        """The module has looked so many times more."""
        await self.cable.hears(VERIFY, times)

    async def is_quiet(self, looks: int = 3) -> None:
        """Nothing more is reported while the module looks."""
        await self.looks(looks)
        assert self.reports.empty(), self.reports.get_nowait()

    async def finds(self, who: str, slot: int | None) -> None:
        """A face is looked for and found."""
        self.show(who)
        self.face.look(True)
        await self.reported(BiometricSeen(FACE, slot))
        self.face.look(False)
        self.go()

    def _hear(self, reading: Reading) -> None:
        if isinstance(reading, NearSeen):
            self.nears.append(reading.near)
            if reading.near and self.looks_when_near:
                self.face.look(True)
        else:
            self.reports.put_nowait(reading)

    async def _sleep(self, seconds: float) -> None:
        self.slept.put_nowait(seconds)
        await asyncio.sleep(0.001)


def inventory(*slots: int, kind: CredentialType = FACE) -> Inventory:
    return Inventory(kind, frozenset(slots))


def fault(reason: str, kind: CredentialType = FACE) -> PartFault:
    return PartFault(PARTS[kind], reason)


def back(kind: CredentialType = FACE) -> PartBack:
    return PartBack(PARTS[kind])


def replaced(kind: CredentialType = FACE) -> PartReplaced:
    return PartReplaced(PARTS[kind])
