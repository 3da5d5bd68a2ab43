"""In the guest: starts processes for the machine outside, and passes on what they say.

Lines of JSON over a virtio port. From outside:
    {"start": NAME, "command": [...]}    its standard error goes to the console
    {"tell": NAME, "line": TEXT}         on its standard input
    {"end": NAME}                        SIGTERM
To outside:
    {"ready": true}                      once
    {"name": NAME, "line": TEXT}         from its standard output
    {"name": NAME, "ended": CODE}
"""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any, Final

from .words import PORT

_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_LIMIT: Final = 16 * 1024 * 1024
"""A line may hold the whole story of a test that failed."""


async def main() -> int:
    """Until the machine outside hangs up."""
    agent = await _Agent.connected()
    await agent.serve()
    return 0


class _Agent:
    def __init__(self, requests: asyncio.StreamReader, port: int) -> None:
        self._requests = requests
        self._port = port
        self._processes: dict[str, Process] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def connected(cls) -> _Agent:
        port = os.open(_port(), os.O_RDWR)
        requests = asyncio.StreamReader(limit=_LIMIT)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(requests), os.fdopen(os.dup(port), "rb", buffering=0)
        )
        return cls(requests, port)

    async def serve(self) -> None:
        await self._say(ready=True)
        while line := await self._requests.readline():
            match json.loads(line):
                case {"start": name, "command": command}:
                    await self._start(name, command)
                case {"tell": name, "line": text}:
                    await self._tell(name, text)
                case {"end": name}:
                    with contextlib.suppress(ProcessLookupError, KeyError):
                        self._processes[name].terminate()

    async def _start(self, name: str, command: list[str]) -> None:
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=_LIMIT, cwd=_CHECKOUT)
        self._processes[name] = process
        task = asyncio.create_task(self._follow(name, process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, name: str, process: Process) -> None:
        if process.stdout is not None:
            async for line in process.stdout:
                await self._say(name=name, line=line.decode(errors="replace").rstrip("\n"))
        await self._say(name=name, ended=await process.wait())

    async def _tell(self, name: str, text: str) -> None:
        process = self._processes.get(name)
        if process is not None and process.stdin is not None:
            with contextlib.suppress(ConnectionError):
                process.stdin.write(f"{text}\n".encode())
                await process.stdin.drain()

    async def _say(self, **message: Any) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            try:
                data = data[os.write(self._port, data) :]
            except BlockingIOError:  # the machine outside reads more slowly than we write
                await asyncio.sleep(0.01)


def _port() -> Path:
    """The port's device; the guest has no links of udev's to it."""
    for name in Path("/sys/class/virtio-ports").glob("*/name"):
        if name.read_text(encoding="ascii").strip() == PORT:
            return Path("/dev", name.parent.name)
    raise FileNotFoundError(PORT)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
