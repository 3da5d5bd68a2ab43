"""The emulator answers a client that this project did not write, so that the driver is not tested against itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from pyfingerprint.pyfingerprint import PyFingerprint

from tests.hardware.emulators.ef01 import Cable, Sensor


@pytest.fixture
async def cable(tmp_path: Path) -> AsyncIterator[Cable]:
    cable = Cable(tmp_path / "finger")
    yield cable
    cable.unplug()


async def client(cable: Cable, sensor: Sensor, password: int = 0) -> PyFingerprint:
    cable.plug(sensor)
    return await asyncio.to_thread(PyFingerprint, str(cable.path), 57600, 0xFFFFFFFF, password)


@pytest.mark.parametrize("buffers", [2, 6])
async def test_pyfingerprint_enrols_a_finger_and_finds_it_again(cable: Cable, buffers: int) -> None:
    sensor = Sensor(buffers=buffers, capacity=300, templates={0: frozenset({"Bert"}), 280: frozenset({"Carla"})})

    def enrol(module: PyFingerprint) -> int:
        assert module.verifyPassword()
        assert module.readImage()
        module.convertImage(1)
        assert module.searchTemplate() == (-1, -1)
        assert module.readImage()
        module.convertImage(2)
        assert module.compareCharacteristics() > 0 or buffers > 2
        assert module.createTemplate()
        return int(module.storeTemplate())

    module = await client(cable, sensor)
    sensor.press("Anna")
    assert await asyncio.to_thread(enrol, module) == 1
    assert sensor.templates[1] == {"Anna"}
    assert await asyncio.to_thread(module.searchTemplate) == (1, 120)
    assert await asyncio.to_thread(module.getTemplateCount) == 3
    index = await asyncio.to_thread(module.getTemplateIndex, 1)
    assert [256 + place for place, used in enumerate(index) if used] == [280]


async def test_pyfingerprint_reads_what_the_sensor_tells_of_itself(cable: Cable) -> None:
    module = await client(cable, Sensor(capacity=162, system_id=9))
    status, system, capacity, security, address, packet, baud = await asyncio.to_thread(module.getSystemParameters)
    assert (status, system, capacity, security, address, packet, baud) == (4, 9, 162, 3, 0xFFFFFFFF, 2, 6)
    await asyncio.to_thread(module.setMaxPacketSize, 64)
    assert await asyncio.to_thread(module.getMaxPacketSize) == 64
    await asyncio.to_thread(module.setSecurityLevel, 5)
    assert await asyncio.to_thread(module.getSecurityLevel) == 5


async def test_pyfingerprint_is_asked_for_the_password(cable: Cable) -> None:
    sensor = Sensor(password=0x12345678)
    module = await client(cable, sensor)
    assert not await asyncio.to_thread(module.verifyPassword)
    with pytest.raises(Exception, match="Unknown error 0x21"):
        await asyncio.to_thread(module.readImage)
    module = await client(cable, sensor, 0x12345678)
    assert await asyncio.to_thread(module.verifyPassword)
    assert not await asyncio.to_thread(module.readImage)


async def test_pyfingerprint_is_refused_what_does_not_work(cable: Cable) -> None:
    sensor = Sensor(buffers=2)
    module = await client(cable, sensor)
    assert not await asyncio.to_thread(module.readImage)
    with pytest.raises(Exception, match="image is invalid"):
        await asyncio.to_thread(module.convertImage, 1)
    sensor.press("Anna", "messy")
    assert await asyncio.to_thread(module.readImage)
    with pytest.raises(Exception, match="too messy"):
        await asyncio.to_thread(module.convertImage, 1)
    sensor.press("Anna", "short")
    assert await asyncio.to_thread(module.readImage)
    with pytest.raises(Exception, match="too few"):
        await asyncio.to_thread(module.convertImage, 1)
    for buffer, finger in (1, "Anna"), (2, "Bert"):
        sensor.press(finger)
        assert await asyncio.to_thread(module.readImage)
        assert await asyncio.to_thread(module.convertImage, buffer)
    assert await asyncio.to_thread(module.compareCharacteristics) == 0
    assert not await asyncio.to_thread(module.createTemplate)
    with pytest.raises(Exception, match="could not be read"):
        await asyncio.to_thread(module.loadTemplate, 7)


async def test_pyfingerprint_deletes_and_clears(cable: Cable) -> None:
    sensor = Sensor(templates={slot: frozenset({f"finger {slot}"}) for slot in range(5)})
    module = await client(cable, sensor)
    assert await asyncio.to_thread(module.deleteTemplate, 1, 2)
    assert set(sensor.templates) == {0, 3, 4}
    assert await asyncio.to_thread(module.clearDatabase)
    assert not sensor.templates


async def test_pyfingerprint_copies_a_template_from_one_sensor_to_another(cable: Cable, tmp_path: Path) -> None:
    module = await client(cable, Sensor(templates={3: frozenset({"Anna"})}))
    assert await asyncio.to_thread(module.loadTemplate, 3, 1)
    features = await asyncio.to_thread(module.downloadCharacteristics, 1)
    other = Sensor()
    cable.unplug()
    module = await client(cable, other)
    assert await asyncio.to_thread(module.uploadCharacteristics, 1, features)
    assert await asyncio.to_thread(module.storeTemplate, 8, 1) == 8
    assert other.templates == {8: {"Anna"}}


async def test_pyfingerprint_takes_the_picture(cable: Cable, tmp_path: Path) -> None:
    sensor = Sensor()
    module = await client(cable, sensor)
    sensor.press("Anna")
    assert await asyncio.to_thread(module.readImage)
    await asyncio.to_thread(module.downloadImage, str(tmp_path / "finger.bmp"))
    with Image.open(tmp_path / "finger.bmp") as picture:
        assert picture.size == (256, 288)
