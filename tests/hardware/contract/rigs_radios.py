"""Radios with visitors' phones: those of the simulated door, and BlueZ's on a message bus of the test's own."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from lock_bridge.ble.codec import Answer, Fault, Phone
from lock_bridge.engine.effects import PhoneTold, Radio
from lock_bridge.hardware.ports import PartBack, PartFault, PhoneActs, PhonePairs, Radios, Reading
from lock_bridge.hardware.simulated.radios import DONE, NO_ANSWER, NOT_THERE
from lock_bridge.wire.words import Part
from tests.hardware import bluez_rig, simulated_rig
from tests.hardware.emulators.bluez import WAIT_S, Handset

ON = Radio(wifi=True, bluetooth=True)
OFF = Radio(wifi=True, bluetooth=False)

DONE_WORD = "done"
NOBODY = "nobody there"
"""What a visitor finds where no lock is, or none that answers."""

PATIENCE_MS = 30_000
"""Longer than any phone waits for an answer."""


class RadiosRig(Protocol):
    """What the contract asks of a rig."""

    port: Radios
    answer: Callable[[PhonePairs | PhoneActs], str | None] | None
    """What the lock says to a phone: None for done, or why not. Without this it is silent."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def start(self) -> None: ...
    async def found(self) -> None:
        """Phones find the lock."""

    async def lost(self) -> None:
        """They no longer do."""

    async def pair(self, phone: str, code: str) -> str: ...
    async def act(self, phone: str, operation: str, key: str) -> str: ...
    async def unplug(self) -> None: ...
    async def plug(self) -> None: ...
    async def advance(self, ms: int) -> None: ...
    async def settle(self) -> None: ...
    async def asked(self) -> PhonePairs | PhoneActs:
        """What a phone asks for, as soon as it does."""

    def heard(self) -> list[Reading]: ...


class _Lock:
    """Hears the port, and answers phones as the test wants."""

    port: Radios

    def __init__(self) -> None:
        self.answer: Callable[[PhonePairs | PhoneActs], str | None] | None = lambda _given: None
        self.reports: list[Reading] = []
        self._woken = asyncio.Event()

    def hear(self, reading: Reading) -> None:
        self.reports.append(reading)
        self._woken.set()
        if isinstance(reading, (PhonePairs, PhoneActs)) and self.answer is not None:
            # As the runner does it: after the report, not in the middle of it.
            told = PhoneTold(reading.phone, self.answer(reading))
            asyncio.get_running_loop().call_soon(self.port.tell_phone, told)

    def heard(self) -> list[Reading]:
        heard, self.reports[:] = [*self.reports], []
        return heard

    async def asked(self) -> PhonePairs | PhoneActs:
        await self.until(lambda: any(isinstance(report, (PhonePairs, PhoneActs)) for report in self.reports))
        return next(report for report in self.heard() if isinstance(report, (PhonePairs, PhoneActs)))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not holds():
                self._woken.clear()
                await self._woken.wait()


class SimulatedRadiosRig(_Lock):
    """Phones at the simulated door."""

    def __init__(self, _folder: Path) -> None:
        super().__init__()
        self._rig = simulated_rig.Rig("palm6068")
        self.port = self._rig.door.radios

    async def open(self) -> None:
        """It is there."""

    async def close(self) -> None:
        await self.port.stop()

    async def start(self) -> None:
        await self.port.start(self.hear)

    async def found(self) -> None:
        """It is, at once."""

    async def lost(self) -> None:
        """It is, at once."""

    async def pair(self, phone: str, code: str) -> str:
        return _said(await self._rig.door.radios.pair(phone, code))

    async def act(self, phone: str, operation: str, key: str) -> str:
        return _said(await self._rig.door.radios.act(phone, operation, key))

    async def unplug(self) -> None:
        self._rig.door.radios.unplug(Part.BLUETOOTH)

    async def plug(self) -> None:
        self._rig.door.radios.plug(Part.BLUETOOTH)

    async def advance(self, ms: int) -> None:
        self._rig.clock.advance(ms)

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


class BluezRadiosRig(_Lock):
    """Phones at an adapter of BlueZ, which can be pulled."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._rig = bluez_rig.Rig(folder)
        self.port = self._rig.radios
        self._stick = self._rig.bluez.sticks["/org/bluez/hci0"]
        self._secrets: dict[str, bytes] = {}

    async def open(self) -> None:
        await self._rig.open()

    async def close(self) -> None:
        await self._rig.close()

    async def start(self) -> None:
        await self.port.start(self.hear)

    async def found(self) -> None:
        await self._rig.bluez.served()
        await self._until_health("served")

    async def lost(self) -> None:
        await self._rig.bluez.until(lambda: self._rig.bluez.advertisement is None)

    async def pair(self, phone: str, code: str) -> str:
        if not self._finds:
            return NOBODY
        return await self._with(phone, lambda handset: handset.pair(code))

    async def act(self, phone: str, operation: str, key: str) -> str:
        if not self._finds:
            return NOBODY
        assert operation in ("unlock", "lock")
        return await self._with(phone, lambda handset: handset.act("unlock" if operation == "unlock" else "lock", key))

    async def unplug(self) -> None:
        await self._rig.bluez.unplug()
        await self.until(lambda: any(isinstance(report, PartFault) for report in self.reports))

    async def plug(self) -> None:
        self._rig.bluez.plug(self._stick)
        await self.until(lambda: any(isinstance(report, PartBack) for report in self.reports))
        await self.found()

    async def advance(self, ms: int) -> None:
        self._rig.clock.advance(ms)

    async def settle(self) -> None:
        """What is on its way over the bus has come: a call there and back is behind it."""
        bluez = self._rig.bluez
        if bluez.application is not None:
            await bluez.call(bluez.application, bluez.application.path, "Nothing", "")
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def _finds(self) -> bool:
        return self._rig.bluez.advertisement is not None

    async def _with(self, phone: str, ask: Callable[[Handset], Awaitable[Answer | None]]) -> str:
        secret = self._secrets.setdefault(phone, secrets.token_bytes(16))
        handset = Handset(self._rig.bluez, Phone(phone, secret))
        answer = await ask(handset)
        await handset.leave()
        if answer is None or answer.fault is Fault.NO_ANSWER:
            return NOBODY
        return DONE_WORD if answer.done else str(answer.word)

    async def _until_health(self, state: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while self._rig.radios.health.state != state:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.002)


def _said(text: str) -> str:
    """What the simulated door's phone says, in the contract's words."""
    if text == DONE:
        return DONE_WORD
    if text in (NO_ANSWER, NOT_THERE):
        return NOBODY
    return text.partition("(")[2].partition(")")[0]
