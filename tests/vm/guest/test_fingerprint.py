"""A fingerprint module on a converter to USB, which is pulled and plugged for real."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lock_bridge.hardware.ports import BiometricSeen, Inventory, PartBack, PartFault, PartReplaced, Reading
from lock_bridge.wire.words import CredentialType, Part, Trouble
from tests.hardware.emulators.ef01 import Cable, Sensor
from tests.vm.parts.built import built
from tests.vm.parts.usb_serial import UsbSerial
from tests.vm.parts.waiting import until

ANNA = Inventory(CredentialType.FINGERPRINT, frozenset({7}))


class Rig:
    def __init__(self, folder: Path) -> None:
        self.sensor = Sensor(templates={7: frozenset({"anna"})})
        self.cable = Cable(folder / "module")
        self.cable.plug(self.sensor)
        self.usb = UsbSerial("FP01", self.cable.path)
        self.reader = built("ef01", "fingerprint", {"device": str(self.usb.path)}, profile="palm6068")
        self.heard: list[Reading] = []

    async def touch(self, finger: str, slot: int | None) -> None:
        """It is seen to be that of this slot."""
        count = len(self.heard)
        self.sensor.press(finger)
        await until(lambda: BiometricSeen(CredentialType.FINGERPRINT, slot) in self.heard[count:])
        self.sensor.lift()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    await rig.usb.plug()
    await rig.reader.start(rig.heard.append)
    await until(lambda: ANNA in rig.heard)
    yield rig
    await rig.reader.stop()
    rig.usb.remove()
    rig.cable.unplug()


async def test_a_finger_is_known_over_usb(rig: Rig) -> None:
    await rig.touch("anna", 7)


@pytest.mark.spec("FLT-1")
async def test_a_pulled_plug_is_missed_at_once_and_the_module_is_served_again_when_it_is_back(rig: Rig) -> None:
    rig.usb.unplug()
    await until(lambda: PartFault(Part.FINGERPRINT, Trouble.UNPLUGGED) in rig.heard)
    await until(lambda: not rig.usb.path.exists())
    await rig.usb.plug()
    await until(lambda: PartBack(Part.FINGERPRINT) in rig.heard)
    await rig.touch("anna", 7)


async def test_another_module_on_the_same_plug_is_not_believed(rig: Rig) -> None:
    rig.usb.unplug()
    await until(lambda: PartFault(Part.FINGERPRINT, Trouble.UNPLUGGED) in rig.heard)
    rig.cable.exchange(Sensor(serial="00000666", templates={7: frozenset({"burglar"})}))
    await rig.usb.plug()
    await until(lambda: PartReplaced(Part.FINGERPRINT) in rig.heard)
    count = len(rig.heard)
    rig.cable.exchange(rig.sensor)
    await until(lambda: PartBack(Part.FINGERPRINT) in rig.heard[count:])
    await rig.touch("anna", 7)
