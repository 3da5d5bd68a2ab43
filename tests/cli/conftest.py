"""A bridge that gives the answers a test wants, at a real local socket, and the command line as its own process."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.dispatch import Dispatcher
from lock_bridge.engine.model import Actor
from lock_bridge.server.control import ControlSocket
from lock_bridge.wire.codec import encode
from lock_bridge.wire.commands import COMMANDS, Command

type Answer = Mapping[str, Any] | Exception | Callable[[Any], Mapping[str, Any]]

FRONT_DOOR: dict[str, Any] = {
    "id": "front_door",
    "name": "Front door",
    "model": "EZVIZ face and palm-vein lock",
    "capabilities": {"door_contact": True},
    "bolt": "locked",
    "door": "closed",
    "battery": 87,
    "battery_low": False,
    "tamper": False,
    "locked_out": False,
    "lockout_ends_ms": None,
    "faults": [],
    "settings": {"remote_unlock": False, "countdown_delay_s": 30, "language": "en"},
    "enrolment": None,
}
ANNA: dict[str, Any] = {
    "id": "a1",
    "name": "Anna",
    "role": "administrator",
    "number": 1,
    "enabled": True,
    "valid_from_ms": None,
    "valid_until_ms": None,
    "credentials": {"pin": [1], "fingerprint": [1, 2]},
}
STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "uptime_s": 93_784,
    "store": {"healthy": True, "error": None, "epoch": "e", "oldest": 1, "head": 7},
    "clock": {"wall_ms": 1_795_000_000_000, "trusted": True},
    "server": {"port": 8643, "fingerprint": "ab" * 32},
    "locks": {"front_door": {"bolt": "locked", "faults": []}},
}


class FakeBridge:
    """Answers every command with what `answers` holds for its name, and remembers what it was asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Answer] = {
            "locks.list": {"locks": [FRONT_DOOR]},
            "users.list": {"users": [ANNA]},
            "service.status": STATUS,
        }
        dispatcher = Dispatcher()
        for kind in COMMANDS.values():
            dispatcher.register(kind, self._handler(kind))
        self.socket = ControlSocket(path, dispatcher)

    def was_asked(self, name: str) -> list[dict[str, Any]]:
        """The arguments of each command of that name."""
        return [args for asked, args in self.asked if asked == name]

    def _handler(self, kind: type[Command]) -> Callable[[Command, Actor], Awaitable[Mapping[str, Any]]]:
        async def handle(command: Command, _actor: Actor) -> Mapping[str, Any]:
            self.asked.append((kind.name, encode(command)))
            answer = self.answers.get(kind.name, {})
            if isinstance(answer, Exception):
                raise answer
            return answer(command) if callable(answer) else answer

        return handle


@dataclass(frozen=True)
class Said:
    """What a command line said, and its exit code."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        """What it said to programs."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """What it said to people."""
        return self.out.splitlines()


class Cli:
    """Runs `lock-bridge` with the socket of a bridge."""

    def __init__(self, socket: Path, bytecode: Path) -> None:
        self.environment = {
            **os.environ,
            "TZ": "UTC",
            "LOCK_BRIDGE_SOCKET": str(socket),
            # Dozens of short processes: compiled once, also where the machine keeps no bytecode.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(bytecode),
        }

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "lock_bridge",
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment,
        )

    async def __call__(self, *words: str, typed: str = "") -> Said:
        process = await self.start(*words)
        async with asyncio.timeout(45):
            out, error = await process.communicate(typed.encode())
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), error.decode())


class Terminal:
    """A terminal at which somebody types when asked, and what can be read on it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self.process, self._in, self._out = process, process.stdin, process.stdout
        self.screen = ""

    @classmethod
    async def start(cls, cli: Cli, *words: str) -> Terminal:
        program = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn([sys.executable, *sys.argv[1:]])))"
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                *("-c", program, "-m", "lock_bridge", *words),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=cli.environment,
                start_new_session=True,
            )
        )

    async def reads(self, text: str) -> None:
        """Whatever comes, until the screen ends so."""
        async with asyncio.timeout(45):
            while not self.screen.endswith(text):
                read = (await self._out.read(1)).decode()
                assert read, f"it has ended: {self.screen}"
                self.screen += read

    async def asked(self, question: str, answer: str) -> None:
        await self.reads(question)
        self._in.write(answer.encode() + b"\n")

    async def ended(self) -> int:
        async with asyncio.timeout(45):
            self.screen += (await self._out.read()).decode()
            return await self.process.wait()


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[FakeBridge]:
    bridge = FakeBridge(tmp_path / "run" / "control.sock")
    await bridge.socket.start()
    yield bridge
    await bridge.socket.stop()


@pytest.fixture
def cli(tmp_path: Path, bytecode: Path) -> Cli:
    return Cli(tmp_path / "run" / "control.sock", bytecode)
