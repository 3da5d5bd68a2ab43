"""The keypad that is an input device, on a pipe, with its lights on a chip in memory."""

import asyncio
from collections.abc import Callable
from typing import Any

from evdev import ecodes

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.config_table import Problems, Table
from lock_bridge.hardware.evdev_keypad.about import DRIVER
from lock_bridge.hardware.evdev_keypad.driver import EvdevKeypad
from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.ports import Key, Reading
from lock_bridge.hardware.surroundings import Surroundings
from tests.hardware.emulators.gpio import FakeLines
from tests.hardware.emulators.keypad import PATH, FakeKeypad

KEYS = {
    **{Key(str(digit)): ecodes.ecodes[f"KEY_KP{digit}"] for digit in range(10)},
    Key.CONFIRM: ecodes.KEY_KPENTER,
    Key.BACK: ecodes.KEY_KPASTERISK,
    Key.SET: ecodes.KEY_F1,
    Key.DOORBELL: ecodes.KEY_F2,
}

LIGHTS = {
    **{str(digit): f"GPIO{digit}" for digit in range(10)},
    "ok": "GPIO10",
    "back": "GPIO11",
    "green": "GPIO12",
    "red": "GPIO13",
    "pairing": "GPIO14",
    "infrared": "GPIO15",
    "palm": "GPIO16",
    "battery": "GPIO17",
    "leave": "GPIO18",
}

CONFIG: dict[str, Any] = {
    "device": PATH,
    "keys": {"set": ["KEY_F1"], "doorbell": ["KEY_F2"]},
    "lights": LIGHTS,
}


def options(config: dict[str, Any]) -> Any:
    """As the config file is read; nothing may be wrong with it."""
    problems = Problems()
    table = Table(problems, config)
    read = DRIVER.read(table, "keypad")
    table.finish()
    assert not problems, problems.located("")
    return read


class InputKeypadRig:
    """Fingers on its keys, a meter at its lights."""

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        self.clock = ManualClock()
        self.lines = FakeLines(self.clock)
        self.pad = FakeKeypad()
        self.reports: list[Reading] = []
        self._started = False
        around = Surroundings(
            name="front_door keypad",
            port="keypad",
            profile=profiles.load("palm6068"),
            clock=self.clock,
            memory=Forgetful(),
            lines=self.lines,
            cache=None,  # type: ignore[arg-type]
        )
        self.port = EvdevKeypad(options(config or CONFIG), around, opener=self.pad.open, finder=lambda _name: PATH)

    async def start(self) -> None:
        await self.port.start(self.reports.append)
        self._started = True
        await self.settle()

    async def stop(self) -> None:
        self._started = False
        await self.port.stop()

    def heard(self) -> list[Reading]:
        heard, self.reports[:] = [*self.reports], []
        return heard

    async def advance(self, ms: int) -> None:
        self.clock.advance(ms)
        await self.settle()

    async def settle(self) -> None:
        """All bytes are read, and the driver knows whether the keypad is there."""
        await until(lambda: self.pad.served is None or not self.pad.served.unread)
        await until(lambda: not self._started or self.port.health.state != "starting")
        for _ in range(5):
            await asyncio.sleep(0)

    async def press(self, key: Key) -> None:
        self.pad.press(KEYS[key])
        await self.settle()

    async def release(self, key: Key) -> None:
        self.pad.release(KEYS[key])
        await self.settle()

    async def unplug(self) -> None:
        self.pad.unplug()
        await until(lambda: self.port.health.state == "trouble")

    async def plug(self) -> None:
        self.pad.plug()
        self.clock.advance(60_000)
        await until(lambda: self.port.health.state == "served")
        await self.settle()

    def shining(self) -> set[str]:
        return {role for role, name in LIGHTS.items() if self.lines.high(name)}


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until it is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - a pipe and a thread tell nobody
            await asyncio.sleep(0.001)
