"""The radios of a door with bluetoothd behind them, and an engine's place that the test takes."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from lock_bridge.clock import ManualClock
from lock_bridge.engine.effects import Radio
from lock_bridge.hardware.bluez.driver import BluezRadios, Settings
from lock_bridge.hardware.bluez.wifi import Wifi
from lock_bridge.hardware.ports import PartBack, PartFault, PhoneActs, PhonePairs, RadioSeen, Reading
from lock_bridge.wire.words import Part
from tests.hardware.emulators.bluez import WAIT_S, Bluez, Stick, System

ON = Radio(wifi=True, bluetooth=True)
OFF = Radio(wifi=True, bluetooth=False)
BACK = PartBack(Part.BLUETOOTH)


class Rig:
    """`reports` are those that nobody has looked at yet; `on_phone` is what the lock says to phones."""

    def __init__(
        self, folder: Path, *sticks: Stick, wifi: Wifi | None = None, switches_wifi: bool = False, **settings: object
    ) -> None:
        self.system = System(folder)
        self.bluez = Bluez(self.system, *sticks)
        self.clock = ManualClock()
        self.slept: list[float] = []
        self.reports: asyncio.Queue[Reading] = asyncio.Queue()
        self.on_phone: Callable[[PhonePairs | PhoneActs], None] = lambda _given: None
        self.radios = BluezRadios(
            Settings(name="Front door", address=self.system.address, **settings),  # type: ignore[arg-type]
            self.clock,
            wifi=wifi,
            switches_wifi=switches_wifi,
            sleep=self._sleep,
            jitter=random.Random(1),
        )

    async def open(self) -> None:
        """The machine runs, with its bluetoothd."""
        self.system.start()
        await self.bluez.start()

    async def start(self, radio: Radio = ON) -> None:
        self.radios.switch(radio)
        await self.radios.start(self._reported)

    async def close(self) -> None:
        await self.radios.stop()
        await self.bluez.stop()
        self.system.stop()

    async def report(self) -> Reading:
        async with asyncio.timeout(WAIT_S):
            return await self.reports.get()

    async def reported(self, wanted: Reading) -> list[Reading]:
        """Wait for a report; those that came before it."""
        before = []
        while (report := await self.report()) != wanted:
            before.append(report)
        return before

    async def connected(self, is_connected: bool) -> None:
        await self.reported(RadioSeen(None, bluetooth_connected=is_connected))

    def _reported(self, reading: Reading) -> None:
        self.reports.put_nowait(reading)
        if isinstance(reading, (PhonePairs, PhoneActs)):
            self.on_phone(reading)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0.005)


def fault(reason: str) -> PartFault:
    return PartFault(Part.BLUETOOTH, reason)
