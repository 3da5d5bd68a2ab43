"""A keypad that says more than the kernel keeps, while the bridge is busy: what then holds of keys and digits."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from evdev import UInput, ecodes

from lock_bridge.hardware.ports import Key, KeyDown, KeyUp, Reading
from tests.vm.parts.built import built
from tests.vm.parts.keypad import KEYS, Keypad
from tests.vm.parts.waiting import until

NAME = "Keypad with a SET button"
TIMES = 500
"""Far more than the kernel's buffer for one reader."""


@pytest.fixture
def pad() -> Iterator[Keypad]:
    pad = Keypad()
    pad.unplug()
    pad._device = UInput({ecodes.EV_KEY: [*KEYS.values(), ecodes.KEY_F1]}, name=NAME)
    yield pad
    pad.unplug()


async def test_after_an_overrun_nothing_was_made_up_and_what_is_held_is_held(pad: Keypad) -> None:
    driver: Any = built("input", "keypad", {"name": NAME, "keys": {"set": ["KEY_F1"]}}, profile="palm6068")
    heard: list[Reading] = []
    await driver.start(heard.append)
    await until(lambda: driver.health.state == "served")
    device = pad._device
    assert device is not None

    device.write(ecodes.EV_KEY, KEYS["1"], 1)
    device.syn()
    await until(lambda: heard == [KeyDown(Key.D1)])
    # Not a word to the loop meanwhile: the driver cannot read.
    device.write(ecodes.EV_KEY, KEYS["1"], 0)
    device.syn()
    pad.press(*["5"] * TIMES)
    device.write(ecodes.EV_KEY, ecodes.KEY_F1, 1)
    device.write(ecodes.EV_KEY, KEYS["7"], 1)
    device.syn()

    await until(lambda: KeyDown(Key.SET) in heard)
    assert KeyUp(Key.D1) in heard, "it came up while nobody could hear it"
    assert Counter(heard)[KeyDown(Key.D5)] < TIMES, "some were lost, or there was no overrun"
    assert Counter(heard)[KeyDown(Key.D5)] == Counter(heard)[KeyUp(Key.D5)], "none is still down"
    assert KeyDown(Key.D7) not in heard, "a digit that is only found to be down was not typed now"

    heard.clear()
    for code, value in ((KEYS["7"], 0), (ecodes.KEY_F1, 0), (KEYS["8"], 1), (KEYS["8"], 0)):
        device.write(ecodes.EV_KEY, code, value)
        device.syn()
    await until(lambda: KeyUp(Key.D8) in heard)
    assert heard == [KeyUp(Key.SET), KeyDown(Key.D8), KeyUp(Key.D8)]
    await driver.stop()
