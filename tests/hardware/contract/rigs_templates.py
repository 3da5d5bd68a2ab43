"""Readers of fingers, faces and palms, and people before them, for the contract of their ports.

A person who is put before a reader stays there until she goes. Faces are looked for while somebody is put there, unless
a lock is behind the reader: it looks by itself, and would not know that somebody else has ended its look.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from lock_bridge.engine.effects import Lamp, Light
from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.ports import NearSeen, Reading, TemplateReader
from lock_bridge.hardware.simulated.face import POSES, SimulatedFaceReader
from lock_bridge.hardware.simulated.fingerprint import SimulatedFingerprintReader
from lock_bridge.hardware.simulated.palm import SimulatedPalmReader
from lock_bridge.hardware.simulated.reader import SimulatedReader
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware import efaa_rig
from tests.hardware.ef01_rig import Rig as Ef01Rig
from tests.hardware.efaa_rig import Rig as EfaaRig
from tests.hardware.emulators import ef01, efaa
from tests.hardware.simulated_rig import Rig as Door

FINGER, FACE, PALM = CredentialType.FINGERPRINT, CredentialType.FACE, CredentialType.PALM_VEIN
PARTS = {FINGER: Part.FINGERPRINT, FACE: Part.FACE, PALM: Part.PALM_VEIN}


class TemplateRig(Protocol):
    """What a test does with a reader, whatever is behind it."""

    kind: CredentialType
    steps: int
    """As many touches, poses or looks as an enrolment of it has."""
    attached: bool
    has_lock: bool
    """A lock is behind it, which looks for faces by itself."""

    @property
    def port(self) -> TemplateReader:
        """The reader."""

    def holds(self) -> set[str]:
        """Who is enrolled in the module."""

    def enrolled(self, who: str, slot: int) -> None:
        """Somebody is enrolled in the module already."""

    async def plug(self) -> None:
        """The module is put on its port, or comes back to it."""

    async def unplug(self) -> None:
        """It is taken off."""

    async def exchange(self) -> None:
        """Another module is put in its place, with Eve enrolled in slot 0."""

    async def put_back(self) -> None:
        """The former one is put back."""

    async def lose(self, who: str) -> None:
        """Somebody is lost from the module's memory while the bridge is down, and nobody has touched the books."""

    async def put(self, who: str, step: int = 1) -> None:
        """Somebody is before it; in the pose of that step while it learns."""

    async def go(self) -> None:
        """Nobody is before it any more."""

    async def comes(self, who: str, *, far: bool = False) -> None:
        """Somebody comes to the door; nobody looks for her yet. From `far` she is seen and not known."""

    async def rest(self) -> None:
        """It has had time enough to say what it has to say."""

    async def restart(self) -> None:
        """The bridge is started anew: the reader is another one, with the memory of the one before."""

    async def close(self) -> None:
        """All is over."""


class SimulatedRig:
    """A reader of the simulated door."""

    attached = False
    has_lock = False

    def __init__(self, kind: CredentialType) -> None:
        self.kind = kind
        self.steps = {FINGER: 6, FACE: 5, PALM: 1}[kind]
        self._door = Door()
        readers: dict[CredentialType, SimulatedReader] = {
            FINGER: self._door.door.fingerprint,
            FACE: self._door.door.face,
            PALM: self._door.door.palm_vein,
        }
        self.port = readers[kind]
        self._part = PARTS[kind]

    def holds(self) -> set[str]:
        return set(self._door.door.site.world.held(self.kind).values())

    def enrolled(self, who: str, slot: int) -> None:
        self._door.door.site.world.held(self.kind)[slot] = who

    async def plug(self) -> None:
        self.port.plug(self._part)

    async def unplug(self) -> None:
        self.port.unplug(self._part)

    async def exchange(self) -> None:
        self.port.exchange("Eve")

    async def put_back(self) -> None:
        raise NotImplementedError

    async def lose(self, who: str) -> None:
        held = self._door.door.site.world.held(self.kind)
        for slot in [slot for slot, name in held.items() if name == who]:
            del held[slot]

    async def put(self, who: str, step: int = 1) -> None:
        match self.port:
            case SimulatedFingerprintReader():
                self.port.touch(who)
            case SimulatedFaceReader():
                if self.port.learning is None and not self.has_lock:
                    self.port.look(True)
                self.port.show(who, POSES[step - 1])
            case SimulatedPalmReader():
                if self.port.learning is not None:
                    # The engine lights the lamp as it asks for a palm (DLM-14).
                    self._door.door.site.senses.show(Light(frozenset(), frozenset({Lamp.PALM}), frozenset()))
                self.port.show(who)

    async def comes(self, who: str, *, far: bool = False) -> None:
        raise NotImplementedError

    async def go(self) -> None:
        match self.port:
            case SimulatedFingerprintReader():
                self.port.lift()
            case SimulatedFaceReader():
                if not self.has_lock:
                    self.port.look(False)
                self.port.go_away()

    async def rest(self) -> None:
        """It says at once what it has to say."""

    async def restart(self) -> None:
        await self.port.stop()

    async def close(self) -> None:
        await self.port.stop()


class AttachedFinger:
    """A module of the EF 01 family."""

    kind = FINGER
    steps = 5
    attached = True
    has_lock = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rig = Ef01Rig(folder, ef01.Sensor(serial="1"), memory=Forgetful())
        self._at = self._rig.sensor
        self._plugged = False

    @property
    def port(self) -> TemplateReader:
        return self._rig.reader

    def holds(self) -> set[str]:
        return {name for template in self._at.templates.values() for name in template}

    def enrolled(self, who: str, slot: int) -> None:
        self._at.templates[slot] = frozenset({who})

    async def plug(self) -> None:
        self._rig.cable.plug(self._at)
        self._plugged = True

    async def unplug(self) -> None:
        self._rig.cable.unplug()
        self._plugged = False

    async def exchange(self) -> None:
        self._at = ef01.Sensor(serial="2", templates={0: frozenset({"Eve"})})
        self._rig.cable.exchange(self._at)

    async def put_back(self) -> None:
        self._at = self._rig.sensor
        self._rig.cable.exchange(self._at)

    async def lose(self, who: str) -> None:
        self._at.templates = {slot: held for slot, held in self._at.templates.items() if who not in held}

    async def put(self, who: str, step: int = 1) -> None:
        self._at.press(who)

    async def comes(self, who: str, *, far: bool = False) -> None:
        raise NotImplementedError

    async def go(self) -> None:
        self._at.lift()
        if self._plugged and self._rig.reader.health.state == "served":
            await self._rig.looks()

    async def rest(self) -> None:
        if self._plugged:
            replaced = self._rig.reader.health.state == "replaced"
            await self._rig.cable.hears(ef01.READ_PARAMETERS if replaced else ef01.GET_IMAGE, 4)
        else:
            await asyncio.sleep(0.05)

    async def restart(self) -> None:
        await self.close()
        self._rig = Ef01Rig(self._folder, self._at, memory=self._rig.memory)

    async def close(self) -> None:
        await self._rig.close()
        self._plugged = False


class AttachedLens:
    """A module of the EF AA family, for one of its ports."""

    attached = True
    has_lock = False

    def __init__(self, folder: Path, dialect: str, kind: CredentialType) -> None:
        self.kind = kind
        self.steps = 5 if dialect == "hlk_fm22x" else 1
        self._folder = folder
        self._rig = EfaaRig(folder, efaa.Module(dialect), kind, memory=Forgetful())
        self._at = self._rig.module
        self._plugged = False

    @property
    def port(self) -> TemplateReader:
        return self._rig.readers[self.kind]

    def holds(self) -> set[str]:
        return {user.who for user in self._at.users.values()}

    def enrolled(self, who: str, slot: int) -> None:
        self._rig.enrolled(who, slot, palm=self.kind is PALM)

    async def plug(self) -> None:
        self._rig.cable.plug(self._at)
        self._plugged = True

    async def unplug(self) -> None:
        self._rig.cable.unplug()
        self._plugged = False

    async def exchange(self) -> None:
        self._at = efaa.Module(self._at.dialect, serial="OTHER")
        self._at.enrol("Eve", efaa_rig.new_name(self.kind, 0), palm=self.kind is PALM)
        self._rig.cable.exchange(self._at)

    async def put_back(self) -> None:
        self._at = self._rig.module
        self._rig.cable.exchange(self._at)

    async def lose(self, who: str) -> None:
        self._at.users = {number: user for number, user in self._at.users.items() if user.who != who}

    async def put(self, who: str, step: int = 1) -> None:
        self._at.shown = efaa.Shown(who, palm=self.kind is PALM, pose=(0x01, 0x10, 0x08, 0x04, 0x02)[step - 1])
        if self.kind is FACE and not self.has_lock and self._rig.driver.health.state == "served":
            self._rig.face.look(True)

    async def comes(self, who: str, *, far: bool = False) -> None:
        self._at.shown = efaa.Shown(who, state=efaa.FAR if far else efaa.GOOD)

    async def go(self) -> None:
        self._at.shown = None
        if self.kind is FACE and not self.has_lock:
            self._rig.face.look(False)
        if self._plugged and self._rig.driver.health.state == "served":
            # One of them has begun and ended without anybody.
            await self._rig.looks(3)

    async def rest(self) -> None:
        if self._plugged:
            replaced = self._rig.driver.health.state == "replaced"
            await self._rig.cable.hears(efaa.SERIAL if replaced else efaa.VERIFY, 3)
        else:
            await asyncio.sleep(0.05)

    async def restart(self) -> None:
        await self.close()
        self._rig = EfaaRig(self._folder, self._at, self.kind, memory=self._rig.memory)

    async def close(self) -> None:
        await self._rig.close()
        self._plugged = False


RIGS: dict[str, Callable[[Path], TemplateRig]] = {
    "fingerprint-simulated": lambda _folder: SimulatedRig(FINGER),
    "fingerprint-ef01": AttachedFinger,
    "face-simulated": lambda _folder: SimulatedRig(FACE),
    "face-efaa (hlk_fm22x)": lambda folder: AttachedLens(folder, "hlk_fm22x", FACE),
    "face-efaa (ai10)": lambda folder: AttachedLens(folder, "ai10", FACE),
    "face-efaa (fp00x)": lambda folder: AttachedLens(folder, "fp00x", FACE),
    "palm_vein-simulated": lambda _folder: SimulatedRig(PALM),
    "palm_vein-efaa (ai10)": lambda folder: AttachedLens(folder, "ai10", PALM),
    "palm_vein-efaa (fp00x)": lambda folder: AttachedLens(folder, "fp00x", PALM),
}
"""By port and driver."""


class Ear:
    """Hears what a reader says; who is near is another matter."""

    def __init__(self) -> None:
        self._reports: asyncio.Queue[Reading] = asyncio.Queue()

    def __call__(self, reading: Reading) -> None:
        if not isinstance(reading, NearSeen):
            self._reports.put_nowait(reading)

    @property
    def empty(self) -> bool:
        """Nothing has been said that nobody has listened to."""
        return self._reports.empty()

    async def next(self) -> Reading:
        """What is said next."""
        async with asyncio.timeout(10):
            return await self._reports.get()

    async def hears(self, *expected: Reading) -> None:
        """That is what is said next."""
        assert [await self.next() for _ in expected] == list(expected)
