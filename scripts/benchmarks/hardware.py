"""Attached parts: from bytes that arrive to the bolt's line, the load at rest, and each library's memory."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from evdev import ecodes

from lock_bridge import profiles
from lock_bridge.bridge import Bridge
from lock_bridge.clock import SystemClock
from lock_bridge.config import parse
from lock_bridge.engine import inputs
from lock_bridge.engine.model import Actor, Identity
from lock_bridge.engine.passcode import Keys
from lock_bridge.engine.state import Setup
from lock_bridge.hardware.build import Machine, build, fitted
from lock_bridge.hardware.evdev_keypad.driver import EvdevKeypad
from lock_bridge.hardware.memory import Forgetful
from lock_bridge.hardware.ports import Attached
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.runner import LockRunner
from lock_bridge.snapshot import capabilities
from lock_bridge.store import Store
from lock_bridge.wire.model import BridgeInfo, LockSnapshot
from lock_bridge.wire.words import API_VERSION, BoltState, CredentialType, Role
from tests.hardware.emulators import ef01, pn532
from tests.hardware.emulators.gpio import FakeLines
from tests.hardware.emulators.keypad import FakeKeypad

from .table import Row, at_most, percentile

_TIMES: Final = 150
_IDLE_S: Final = 20
_WAIT_S: Final = 20
_FINGER: Final = "Anna right thumb"
_CARD: Final = bytes.fromhex("04A1B2C3D4E5F6")
_PASSCODE: Final = "482913"
_ACTOR: Final = Actor()

_CONFIG: Final = """
[[lock]]
id = "front_door"
profile = "dl50fvs"

[lock.parts.fingerprint]
driver = "ef01"
device = "{folder}/finger"

[lock.parts.card]
driver = "pn532"
device = "{folder}/card"

[lock.parts.bolt]
driver = "motor"
in1 = "GPIO5"
in2 = "GPIO6"
thrown = "GPIO13"
retracted = "GPIO19"

[lock.parts.contacts]
driver = "gpio"
door = "GPIO20"
tamper = "GPIO21"

[lock.parts.power]
driver = "mains"

[lock.parts.keypad]
driver = "input"
device = "{folder}/keypad"

[lock.parts.sounder]
driver = "none"

[lock.parts.face]
driver = "none"

[lock.parts.radios]
driver = "none"
"""


class Door:
    """A lock on played parts: the real store, engine and drivers; a bolt that is where it is told to be at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SystemClock()
        self.lines = FakeLines(self.clock)
        self.keypad = FakeKeypad(path=str(folder / "keypad"))
        self.finger = ef01.Cable(folder / "finger")
        self.card = pn532.Cable(folder / "card")
        self.sensor = ef01.Sensor()
        self.chip = pn532.Chip()
        self.driven = asyncio.Event()
        self.driven_at = 0.0
        """When the line that draws the bolt became active."""
        self.arrived_at = 0.0
        """When the last bytes were on the line to the bridge."""
        self.lock: LockRunner
        self._store: Store

    async def open(self) -> None:
        """Bring it up, locked, with Anna enrolled in every way."""
        config = parse(_CONFIG.format(folder=self.folder), profiles.names()).locks[0]
        profile = fitted(config, profiles.load(config.profile))
        self._store = await Store.open(self.folder / "lock.db", boot_id=self.clock.boot_id)
        bridge = Bridge(BridgeInfo(id="bench", name="Bench", version="1", api=API_VERSION), self._store, self.clock)
        machine = Machine(data=self.folder, lines=self.lines, memory=lambda _lock, _port: Forgetful())
        parts = build(config, profile, self.clock, machine)
        around = Surroundings(
            name="front_door keypad",
            port="keypad",
            profile=profile,
            clock=self.clock,
            memory=Forgetful(),
            lines=self.lines,
            cache=self.folder,
        )
        keypad = EvdevKeypad(config.parts["keypad"].options, around, opener=cast("Any", self.keypad.open))
        for wire, high in (("GPIO13", False), ("GPIO19", True), ("GPIO20", False), ("GPIO21", False)):
            self.lines.put(wire, high=high)  # bolt thrown, door shut, lock on it
        self.lines.listen(self._moved)
        for cable in (self.finger, self.card):
            _stamp(cable, self)
        self.finger.plug(self.sensor)
        self.card.plug(self.chip)
        base = LockSnapshot(
            id="front_door", name="Front door", profile=profile.id, model=profile.name, serial="",
            capabilities=capabilities(profile),
        )  # fmt: skip
        setup = Setup(profile, Keys(pin=b"p" * 32, card=b"c" * 32), Identity())
        self.lock = LockRunner(base, setup, replace(parts.ports, keypad=keypad), self.clock, bridge)
        bridge.add(self.lock)
        await self.lock.start()
        attached = (keypad, parts.ports.fingerprint, parts.ports.card, parts.ports.bolt, parts.ports.contacts)
        await self._until(lambda: all(cast("Attached", part).health.state == "served" for part in attached))
        await self._until(lambda: not self.lock.snapshot.faults and self.lock.snapshot.bolt is BoltState.LOCKED)
        await self._enrol()

    async def close(self) -> None:
        """Put everything away."""
        await self.lock.stop()
        self.finger.unplug()
        self.card.unplug()
        await self._store.close()

    async def opening(self, do: Callable[[], Awaitable[None] | None]) -> float:
        """Seconds from the last bytes that `do` makes arrive to the bolt's line; then it is locked again."""
        self.driven.clear()
        done = do()
        if done is not None:
            await done
        async with asyncio.timeout(_WAIT_S):
            await self.driven.wait()
        taken = self.driven_at - self.arrived_at
        await self._until(lambda: self.lock.snapshot.bolt is BoltState.UNLOCKED)
        return taken

    async def lock_again(self) -> None:
        """Throw the bolt."""
        await self._give(inputs.RemoteLock)
        await self._until(lambda: self.lock.snapshot.bolt is BoltState.LOCKED)

    def arrived(self) -> None:
        """Bytes are on their way to the bridge."""
        if not self.driven.is_set():
            self.arrived_at = time.perf_counter()

    async def settle(self) -> None:
        """Let the loop work off what is due."""
        await self.lock.answering()

    async def _enrol(self) -> None:
        await self._give(inputs.AddUser, user_id="anna", name="Anna", role=Role.ADMINISTRATOR)
        await self._give(inputs.SetPasscode, user_id="anna", passcode=_PASSCODE)
        await self._give(inputs.StartEnrolment, user_id="anna", type=CredentialType.RFID)
        self.card.present(pn532.Card(_CARD))
        await self._until(lambda: self._has(CredentialType.RFID))
        self.card.present()
        await self._give(inputs.StartEnrolment, user_id="anna", type=CredentialType.FINGERPRINT)
        for done in range(6):
            self.sensor.press(_FINGER)
            await self._until(partial(self._is_taken, done))
            self.sensor.lift()
            await asyncio.sleep(0.4)
        await self._until(lambda: self._has(CredentialType.FINGERPRINT))

    def _is_taken(self, before: int) -> bool:
        return self._touches() > before or self._has(CredentialType.FINGERPRINT)

    def _has(self, kind: CredentialType) -> bool:
        return self.lock.state.directory.count(kind) > 0

    def _touches(self) -> int:
        return self.lock.state.enrolment.done if self.lock.state.enrolment is not None else 0

    async def _give(self, make: Callable[..., Any], **values: Any) -> Mapping[str, Any]:
        return await self.lock.command(lambda id_: make(command_id=id_, actor=_ACTOR, **values))

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(_WAIT_S):
            while not holds():  # noqa: ASYNC110 - a bench may look
                await asyncio.sleep(0.001)

    def _moved(self, line: str, high: bool) -> None:
        if not high or self.lines.high("GPIO5") == self.lines.high("GPIO6"):
            return
        draws = line == "GPIO6"
        if draws and not self.driven.is_set():
            self.driven_at = time.perf_counter()
            self.driven.set()
        loop = asyncio.get_running_loop()
        loop.call_later(0.1, self._arrive, draws)

    def _arrive(self, drawn: bool) -> None:
        self.lines.put("GPIO13", high=drawn)
        self.lines.put("GPIO19", high=not drawn)


def _stamp(cable: Any, door: Door) -> None:
    """Note when the played module's bytes go onto the line."""
    write = cable._write  # noqa: SLF001

    def stamped() -> None:
        door.arrived()
        write()

    cable._write = stamped  # noqa: SLF001


async def run() -> list[Row]:
    """Openings by finger, card and passcode; then a rest, and the libraries."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        door = Door(Path(folder))
        await door.open()
        try:
            for name, once in (("finger", _finger), ("card", _card), ("passcode", _passcode)):
                times = [await once(door) * 1_000 for _ in range(_TIMES)]
                rows += [
                    Row(f"hardware: {name}, bytes arriving to the bolt's line, median", statistics.median(times), "ms"),
                    at_most("hardware: the same, p99", percentile(times, 99), "ms", 5),
                ]
            await asyncio.sleep(1)
            before = time.process_time()
            await asyncio.sleep(_IDLE_S)
            used = (time.process_time() - before) / _IDLE_S * 100
            rows.append(at_most("hardware: processor at rest, all drivers and the played modules", used, "%", 1))
        finally:
            await door.close()
    return [*rows, *_libraries()]


async def _finger(door: Door) -> float:
    taken = await door.opening(lambda: door.sensor.press(_FINGER))
    door.sensor.lift()
    await door.lock_again()
    await asyncio.sleep(0.35)  # the glass is seen empty
    return taken


async def _card(door: Door) -> float:
    taken = await door.opening(lambda: door.card.present(pn532.Card(_CARD)))
    door.card.present()
    await door.lock_again()
    await asyncio.sleep(0.8)  # the field is seen empty
    return taken


async def _passcode(door: Door) -> float:
    async def type_it() -> None:
        for digit in ("*", "*", *_PASSCODE):
            code = ecodes.KEY_KPASTERISK if digit == "*" else ecodes.ecodes[f"KEY_KP{digit}"]
            door.keypad.press(code)
            door.keypad.release(code)
            await asyncio.sleep(0)
        await door.settle()
        door.arrived()
        door.keypad.press(ecodes.KEY_KPENTER)
        door.keypad.release(ecodes.KEY_KPENTER)

    taken = await door.opening(type_it)
    await door.lock_again()
    return taken


_EXTRAS: Final = {
    "gpio": "gpiod",
    "input": "evdev",
    "i2c": "smbus2",
    "ble": "dbus_fast.aio",
    "pcsc": "smartcard.CardMonitoring",
    "serial": "serialx",
}
_MEASURE: Final = """
import json, sys
def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
import lock_bridge.service
before = rss()
try:
    __import__(sys.argv[1])
except ImportError:
    print("null")
else:
    print(json.dumps((rss() - before) / 2**20))
"""


def _libraries() -> list[Row]:
    rows = []
    for extra, module in _EXTRAS.items():
        found = []
        for _ in range(3):
            done = subprocess.run([sys.executable, "-c", _MEASURE, module], capture_output=True, text=True, check=True)
            if (value := json.loads(done.stdout)) is not None:
                found.append(value)
        if found:
            rows.append(Row(f"hardware: memory of the extra [{extra}]", statistics.median(found), "MiB"))
    return rows
