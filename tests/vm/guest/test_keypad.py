"""The keypad's driver on input devices of a real kernel."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import evdev
import pytest

from lock_bridge.hardware.ports import Key, KeyDown, KeyUp, PartBack, PartFault, Reading
from lock_bridge.wire.words import Part, Trouble
from tests.vm.parts.built import built
from tests.vm.parts.keypad import NAME, Keypad
from tests.vm.parts.waiting import until


@pytest.fixture
def pad() -> Iterator[Keypad]:
    pad = Keypad()
    yield pad
    pad.unplug()


@pytest.fixture
async def driver(pad: Keypad) -> AsyncIterator[Any]:
    """One that serves the pad, and keeps what it reports in `heard`."""
    driver = built("input", "keypad", {"name": NAME}, profile="palm6068")
    driver.heard = []
    await driver.start(driver.heard.append)
    await until(lambda: driver.health.state == "served")
    yield driver
    await driver.stop()


def typed(*keys: Key) -> list[Reading]:
    return [reading for key in keys for reading in (KeyDown(key), KeyUp(key))]


async def test_what_is_typed_is_heard_in_its_order(pad: Keypad, driver: Any) -> None:
    pad.press("4", "8", "2", "9", "1", "3", "confirm", "back")
    await until(lambda: len(driver.heard) == 16)
    assert driver.heard == typed(*(Key(digit) for digit in "482913"), Key.CONFIRM, Key.BACK)


async def test_no_digit_gets_to_anybody_else(pad: Keypad, driver: Any) -> None:
    device = evdev.InputDevice(driver.health.words.rpartition(" at ")[2])
    os.set_blocking(device.fd, False)
    pad.press("4", "confirm")
    await until(lambda: len(driver.heard) == 4)
    with pytest.raises(BlockingIOError):
        list(device.read())
    with pytest.raises(OSError, match="busy"):
        device.grab()
    device.close()


@pytest.mark.spec("FLT-1")
async def test_one_that_is_pulled_is_missed_and_found_again_under_another_number(pad: Keypad, driver: Any) -> None:
    before = driver.health.words
    pad.unplug()
    await until(lambda: driver.heard == [PartFault(Part.KEYPAD, Trouble.UNPLUGGED)])
    other = Keypad("Another keyboard")  # has taken its number
    pad.plug()
    await until(lambda: PartBack(Part.KEYPAD) in driver.heard)
    assert driver.health.words != before
    pad.press("7")
    await until(lambda: driver.heard[-2:] == typed(Key("7")))
    other.press("5")
    pad.press("8")
    await until(lambda: driver.heard[-2:] == typed(Key("8")))
    other.unplug()


async def test_the_device_is_anybodys_again_after_its_stop(pad: Keypad, driver: Any) -> None:
    path = Path(driver.health.words.rpartition(" at ")[2])
    await driver.stop()
    device = evdev.InputDevice(path)
    device.grab()
    device.close()
