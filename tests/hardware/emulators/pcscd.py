"""The machine's own pcscd with virtual readers (vsmartcard's vpcd), and cards that are laid on them.

Nothing of it is a service of the system: each test has a pcscd of its own, in namespaces of its own. In `test_pcscd.py`
plain pyscard, which this project did not write, sees these readers and cards.
"""

import asyncio
import atexit
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ACR122U = "ACS ACR122U PICC Interface"
VPCD = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
CONTACTLESS = bytes.fromhex("3B8F8001804F0CA0000003060300030000000068")
"""What a reader makes up for a MIFARE card in place of its answer to reset."""


@cache
def why_not() -> str | None:
    """What is missing to run it here; None: nothing."""
    if find_spec("smartcard") is None:
        return "pyscard is not installed (scripts/setup builds it)"
    if shutil.which("pcscd", path=_PATH) is None:
        return "pcscd is not installed"
    if not Path(VPCD).exists():
        return "vsmartcard-vpcd is not installed"
    return None if _way_in() else "this machine lets nobody make namespaces (unshare)"


def _way_in() -> list[str]:
    """The command that makes the namespaces; empty where none does."""
    ways = [["unshare", "-mn"], ["unshare", "-rmn"], ["sudo", "-n", "unshare", "-mn"]]
    trial = ["sh", "-c", "mount -t tmpfs tmpfs /run"]
    for way in ways:
        if shutil.which(way[0]) and subprocess.run([*way, *trial], capture_output=True, check=False).returncode == 0:
            return way
    return []


@cache
def _shared() -> Path:
    """The folder of the sockets: one for all tests, since the client's library reads its place once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="pcscd-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PCSCLITE_CSOCK_NAME"] = str(folder / "pcscd.comm")
    return folder


class Pcscd:
    """A pcscd. Its readers are given by name, and get their ports when it starts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._room: asyncio.subprocess.Process | None = None
        self._ports: dict[str, int] = {}
        self._next_port = 20_000
        self._starts = 0
        self._shared = _shared()

    async def open(self) -> None:
        """Have a room; no pcscd runs there yet."""
        room = Path(__file__).with_name("pcscd_room.py")
        self._room = await asyncio.create_subprocess_exec(
            *_way_in(),
            *(sys.executable, "-I", str(room), str(self._shared)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PATH": _PATH},
        )
        await self._hears("ready")

    async def start(self, *readers: str) -> None:
        """Run it with these readers, one slot each."""
        self._starts += 1
        config = self._folder / f"readers{self._starts}"
        config.mkdir(parents=True)
        self._ports = {}
        for name in readers:
            port = self._ports[name] = self._next_port
            self._next_port += 2  # each has a second slot, and a port for it
            # vpcd keeps a card by its slot, whatever the reader: so each reader has a driver of its own.
            driver = shutil.copy(VPCD, self._folder / f"vpcd{port}.so")
            (config / f"reader{port}").write_text(
                f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:{port:#x}\nLIBPATH {driver}\nCHANNELID {port:#x}\n'
            )
        await self._say(f"start {config}")

    async def stop(self) -> None:
        """End it, as its administrator does."""
        await self._say("stop")

    async def kill(self) -> None:
        """End it, as nobody should."""
        await self._say("kill")

    async def close(self) -> None:
        """Leave nothing behind."""
        if self._room is None:
            return
        assert self._room.stdin is not None
        self._room.stdin.close()
        async with asyncio.timeout(20):
            await self._room.wait()
        self._room = None

    async def lay(self, card: VirtualCard, reader: str) -> None:
        """Lay a card on a reader."""
        await card.touch(self._shared / "cards", self._ports[reader])

    async def _say(self, line: str) -> None:
        assert self._room is not None
        assert self._room.stdin is not None
        self._room.stdin.write(line.encode() + b"\n")
        await self._hears("done")

    async def _hears(self, word: str) -> None:
        assert self._room is not None
        assert self._room.stdout is not None
        async with asyncio.timeout(20):
            heard = await self._room.stdout.readline()
        assert heard.decode().strip() == word, f"the room of pcscd said {heard!r}"


class VirtualCard:
    """A card, and of the reader what answers for it: the commands of class FF, which no card hears."""

    def __init__(
        self, uid: bytes | None, atr: bytes = CONTACTLESS, answers: Mapping[bytes, bytes] | None = None
    ) -> None:
        self.uid = uid
        self.heard: list[bytes] = []
        self._atr = atr
        self._answers = dict(answers or {})
        self._task: asyncio.Task[None] | None = None

    async def touch(self, socket: Path, port: int) -> None:
        """Come into the field."""
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(port.to_bytes(2))
        self._task = asyncio.create_task(self._serve(reader, writer))

    async def leave(self) -> None:
        """Be taken away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (size,) = struct.unpack(">H", await reader.readexactly(2))
                said = await reader.readexactly(size)
                answer = self._answer(said)
                if answer is not None:
                    writer.write(struct.pack(">H", len(answer)) + answer)
        except asyncio.IncompleteReadError, ConnectionError:
            return  # the reader is gone
        finally:
            writer.close()

    def _answer(self, said: bytes) -> bytes | None:
        if len(said) == 1:  # power off, on, reset; 4 asks for the answer to reset
            return self._atr if said == b"\x04" else None
        self.heard.append(said)
        if said in self._answers:
            return self._answers[said]
        if said == bytes.fromhex("FFCA000000") and self.uid is not None:
            return self.uid + b"\x90\x00"
        return b"\x6a\x81"


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
