"""Processes that are started, followed and ended by us alone."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

type Line = Callable[[str], None]

_STOP_S = 20.0


class Failed(Exception):
    """A process ended before it was ready, or was not ready in time; the message holds its last lines."""


class Process:
    """One process, its output passed on line by line. It gets no keyboard, and Ctrl-C only through us."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, line: Line) -> None:
        self.name = name
        self.process = process
        self.tail: list[str] = []
        self._line = line
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        name: str,
        *command: str | Path,
        line: Line = lambda _text: None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Process:
        """Start it."""
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**_environment(), "PYTHONUNBUFFERED": "1", **(env or {})},
            cwd=cwd or ROOT,
            start_new_session=True,
            limit=1024 * 1024,
        )
        return cls(name, process, line)

    @property
    def pid(self) -> int:
        """Its id."""
        return self.process.pid

    async def until(self, ready: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Wait until `ready` says so. Raises `Failed`."""
        try:
            async with asyncio.timeout(seconds):
                while not await ready():
                    if self.process.returncode is not None:
                        raise Failed(self._story(f"{self.name} ended with code {self.process.returncode}"))
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise Failed(self._story(f"{self.name} was not ready within {seconds:g} s")) from None

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it; one that does not listen is killed. Its exit code."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(how)
            try:
                async with asyncio.timeout(_STOP_S):
                    await self.process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self.process.kill()
        code = await self.process.wait()
        await asyncio.gather(self._reader, return_exceptions=True)
        return code

    async def ended(self) -> int:
        """Wait for its own end."""
        return await self.process.wait()

    async def _read(self) -> None:
        if (output := self.process.stdout) is None:
            return
        async for raw in output:
            text = raw.decode(errors="replace").rstrip()
            self.tail = [*self.tail[-39:], text]
            self._line(text)

    def _story(self, what: str) -> str:
        return "\n".join([what, *(f"  {line}" for line in self.tail)])


def _environment() -> dict[str, str]:
    # Bytecode is kept, as in any installation: without it each start compiles everything anew.
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def python() -> Path:
    """The checkout's Python."""
    return Path(sys.executable)


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a loopback port can be used."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
