"""What is wrong in config or machine is a sentence with what to do, at start; the rest of the door comes up."""

import asyncio
import fcntl
import os
import termios
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.clock import SystemClock
from lock_bridge.config import ConfigError, parse
from lock_bridge.hardware.build import build
from lock_bridge.hardware.ports import DoorSeen, PartFault, Reading
from lock_bridge.parts import PartControl
from lock_bridge.wire.words import Trouble
from tests.hardware.emulators.ef01 import ANSWER, frame
from tests.hardware.emulators.gpio import FakeLines
from tests.hardware.emulators.pty import Pty
from tests.hardware.machine import machine

CONFIG = """
[[lock]]
id = "front"
profile = "l2s"
[lock.simulated]
port = 0
[lock.parts]
contacts = {{ driver = "gpio", door = "GPIO22" }}
{part}
"""


class Babble(Pty):
    """What a module at another baud rate looks like: bytes that are no frame."""

    def heard_bytes(self, data: bytes) -> None:
        self.send(bytes(byte * 37 + 11 & 0xFF for byte in data))


class Start:
    """The parts of a lock come up, on lines and ports that a test has prepared."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.device = folder / "device"
        self.lines = FakeLines(SystemClock())
        self.lines.put("GPIO22", high=False)
        self.readings: list[Reading] = []
        self.closing: list[Callable[[], None]] = []

    async def up(self, part: str) -> None:
        text = CONFIG.format(part=part.format(device=self.device))
        (lock,) = parse(text, profiles.names(), folder=self.folder).locks
        parts = build(lock, profiles.load("l2s"), SystemClock(), machine(self.folder, self.lines))
        self.control = PartControl("front", parts.ports, self.readings.append)  # type: ignore[arg-type]
        await self.control.start()

    async def fault(self) -> str:
        """Why a part does not work, as soon as one has said so."""
        async with asyncio.timeout(20):
            while not (faults := [each for each in self.readings if isinstance(each, PartFault)]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return faults[0].reason

    async def rest_is_up(self) -> None:
        """The contacts, which are right, have told that the door is closed."""
        async with asyncio.timeout(20):
            while DoorSeen(open=False) not in self.readings:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    start = Start(tmp_path)
    yield start
    await start.control.stop()
    for close in start.closing:
        close()


def nothing(_start: Start) -> None:
    """The machine is as it is."""


def busy(start: Start) -> None:
    """Another program has the port."""
    pty = Babble(start.device)
    pty.open()
    other = os.open(start.device, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.ioctl(other, termios.TIOCEXCL)
    start.closing += [lambda: os.close(other), pty.close]


def babbling(start: Start) -> None:
    """Something answers, at another baud rate."""
    pty = Babble(start.device)
    pty.open()
    start.closing.append(pty.close)


class Stranger(Pty):
    """A fingerprint module that answers whatever it hears with "I have not understood"."""

    def heard_bytes(self, _data: bytes) -> None:
        self.send(frame(ANSWER, b"\x01"))


def fingerprints(start: Start) -> None:
    """A fingerprint module is there."""
    pty = Stranger(start.device)
    pty.open()
    start.closing.append(pty.close)


def held(start: Start) -> None:
    """Another program has the line."""
    start.lines.foreign.add("GPIO17")


EF01 = 'fingerprint = {{ driver = "ef01", device = "{device}" }}'
PN532 = 'card = {{ driver = "pn532", device = "{device}" }}'
STRIKE = 'bolt = {{ driver = "strike", relay = "GPIO17", latch = "GPIO5" }}'

BAD = {
    "a wrong path": (EF01, nothing, Trouble.MISSING, "Check its cable and the path in the config."),
    "a busy port": (EF01, busy, Trouble.IN_USE, "Stop that, or name another device or line."),
    "a wrong baud rate": (EF01, babbling, Trouble.GARBLED, "Check the baud rate in the config"),
    "a reader of the wrong kind": (PN532, fingerprints, Trouble.UNSUPPORTED, "Check the path and the driver"),
    "a line that another program has": (STRIKE, held, Trouble.IN_USE, "Stop that, or name another device or line."),
    "a line that does not exist": (
        STRIKE.replace("GPIO17", "GPIO99"),
        nothing,
        Trouble.NO_LINE,
        "`lock-bridge hardware scan` lists those that it has.",
    ),
}


@pytest.mark.parametrize(("part", "prepare", "reason", "remedy"), BAD.values(), ids=BAD)
async def test_it_is_said_at_start_with_what_to_do_and_the_rest_of_the_door_comes_up(
    start: Start,
    caplog: pytest.LogCaptureFixture,
    part: str,
    prepare: Callable[[Start], None],
    reason: Trouble,
    remedy: str,
) -> None:
    prepare(start)
    await start.up(part)
    assert await start.fault() == reason
    assert any("does not work." in line and remedy in line for line in caplog.messages)
    await start.rest_is_up()


@pytest.mark.parametrize("part", [STRIKE, EF01], ids=["lines", "a port"])
async def test_no_permission_is_said_at_start_with_what_to_do(
    start: Start, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    async def refused(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("serialx.create_serial_connection", refused)
    start.lines.denied = part == STRIKE
    await start.up(part)
    assert await start.fault() == Trouble.NO_PERMISSION
    assert any("Add its user to the device's group and restart it." in line for line in caplog.messages)
    if part == EF01:  # else all lines are closed to it
        await start.rest_is_up()


def test_two_drivers_on_one_line_are_refused_with_the_line_of_the_config() -> None:
    text = CONFIG.format(part=STRIKE.format().replace("GPIO5", "GPIO22"))
    with pytest.raises(ConfigError) as refused:
        parse(text, profiles.names())
    (problem,) = refused.value.problems
    assert '"GPIO22" is taken by front' in problem.message
    assert problem.message.endswith("Allowed is one of its own.")
    assert problem.line is not None
