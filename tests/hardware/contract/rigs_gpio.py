"""Contacts on a GPIO chip in memory."""

import asyncio
from typing import Any

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.config_table import Problems, Table
from lock_bridge.hardware.gpio_contacts.about import DRIVER
from lock_bridge.hardware.gpio_contacts.driver import GpioContacts
from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.ports import Handle, Reading
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.wire.words import Part
from tests.hardware.emulators.gpio import FakeLines

CONFIG: dict[str, Any] = {
    "door": "GPIO2",
    "tamper": "GPIO3",
    "lifted": "GPIO4",
    "pressed": "GPIO5",
    "inside_handle": "GPIO6",
    "knob": "GPIO7",
    "peephole": "GPIO8",
    "buttons": {"set": "GPIO9", "reset": "GPIO10", "doorbell": "GPIO11", "emergency": "GPIO12"},
}


def options(config: dict[str, Any]) -> Any:
    """As the config file is read; nothing may be wrong with it."""
    problems = Problems()
    table = Table(problems, config)
    read = DRIVER.read(table, "contacts")
    table.finish()
    assert not problems, problems.located("")
    return read


class GpioContactsRig:
    """Hands on door, handles, knob and buttons, and on the wires."""

    parts = (Part.DOOR, Part.TAMPER)

    def __init__(self, profile: str = "l2s", config: dict[str, Any] | None = None) -> None:
        self.clock = ManualClock()
        self.lines = FakeLines(self.clock)
        self.reports: list[Reading] = []
        around = Surroundings(
            name="front_door contacts",
            port="contacts",
            profile=profiles.load(profile),
            clock=self.clock,
            memory=Forgetful(),
            lines=self.lines,
            cache=None,  # type: ignore[arg-type]
        )
        self.port = GpioContacts(options(config or CONFIG), around)
        for name in ("GPIO2", "GPIO3"):
            self.lines.put(name, high=False)  # closed loops: the door is shut, the lock on it

    async def start(self) -> None:
        await self.port.start(self.reports.append)
        await self.settle()

    async def stop(self) -> None:
        await self.port.stop()

    def heard(self) -> list[Reading]:
        heard, self.reports[:] = [*self.reports], []
        return heard

    async def settle(self) -> None:
        """Debounced, read again, told."""
        await self.advance(200)

    async def advance(self, ms: int) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        self.clock.advance(ms)
        for _ in range(10):
            await asyncio.sleep(0)

    async def unplug(self) -> None:
        self.lines.unplug()
        await self.settle()

    async def plug(self) -> None:
        self.lines.plug()
        await self.advance(60_000)
        await self.settle()

    async def put(self, name: str, *, high: bool | None) -> None:
        """What the wire does."""
        self.lines.put(name, high)
        await self.settle()

    async def door(self, *, open: bool) -> None:
        await self.put("GPIO2", high=None if open else False)

    async def tamper(self, *, off: bool) -> None:
        await self.put("GPIO3", high=None if off else False)

    async def handle(self, handle: Handle) -> None:
        await self.put("GPIO4", high=False if handle is Handle.LIFTED else None)
        await self.put("GPIO5", high=False if handle is Handle.PRESSED else None)

    async def use_inside_handle(self) -> None:
        await self.put("GPIO6", high=False)
        await self.put("GPIO6", high=None)

    async def knob(self, *, on: bool) -> None:
        await self.put("GPIO7", high=False if on else None)

    async def peephole(self, *, on: bool) -> None:
        await self.put("GPIO8", high=False if on else None)
