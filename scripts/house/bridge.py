"""The bridge as a process, with one simulated front door, and its command line."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .processes import Failed, Line, Process, python

_TEMPLATE = """\
[bridge]
name = "Hall bridge"
data = "data"
# Home Assistant's in hass.py: weekly hours are typed there and read here.
time_zone = "Europe/Oslo"
# A developer's machine or a container may have no time service, and its calendar is still right.
trust_clock = "always"

[server]
port = {port}
zeroconf = {zeroconf}
interfaces = ["127.0.0.1"]

[[lock]]
id = "front_door"
name = "Front door"
profile = "{profile}"
serial = "{serial}"

[lock.simulated]
port = {door_port}
travel_ms = {travel_ms}
time_scale = {time_scale}
people = [
{people}]
"""

_PEOPLE: Final = """\
  { name = "Anna", fingers = ["right thumb", "left index"], cards = ["04A1B2C3"] },
  { name = "Ben", fingers = ["right thumb"], cards = ["5EAF00D1"] },
"""
_OF_THE_TRANSCRIPTS: Final = """\
  { name = "Anna", fingers = ["right thumb", "left thumb", "right index"], cards = ["04A1B2C3", "04D4E5F6"] },
  { name = "Ben", fingers = ["right thumb"], cards = ["5EAF00D1"] },
  { name = "Bjørn", fingers = ["right thumb"], cards = ["04C0FFEE"] },
"""


class Bridge:
    """A bridge in `folder`. Files stay there, so the next one with the same folder goes on where this one ended."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        door_port: int,
        line: Line = lambda _text: None,
        profile: str = "palm6068",
        travel_ms: int = 900,
        time_scale: float = 1.0,
        zeroconf: bool = False,
        transcripts: bool = False,
    ) -> None:
        """With `transcripts` there are the people and the serial number that those of tests/engine/transcripts know."""
        self.folder = folder
        self.port = port
        self.door_port = door_port
        self.process: Process | None = None
        self._line = line
        self._values = {
            "port": port,
            "door_port": door_port,
            "profile": profile,
            "travel_ms": travel_ms,
            "time_scale": time_scale,
            "zeroconf": str(zeroconf).lower(),
            "serial": "E12345678" if transcripts else "LB00012345",
            "people": _OF_THE_TRANSCRIPTS if transcripts else _PEOPLE,
        }

    @property
    def config(self) -> Path:
        """Its config file."""
        return self.folder / "bridge.toml"

    @property
    def written(self) -> str:
        """What its config says."""
        return _TEMPLATE.format(**self._values)

    @property
    def door(self) -> str:
        """The address of the simulated door."""
        return f"http://127.0.0.1:{self.door_port}"

    @property
    def pid(self) -> int:
        """Its process. Raises `Failed` before it has started."""
        if self.process is None:
            raise Failed("The bridge has not been started.")
        return self.process.pid

    async def start(self, seconds: float = 20) -> None:
        """Start it, and wait until it serves. Raises `Failed`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(self.written, encoding="utf-8")
        self.process = await Process.start(
            "bridge", python(), "-m", "lock_bridge", "run", "--config", self.config, line=self._line
        )
        await self.process.until(self._answers, seconds)

    async def stop(self) -> int:
        """End it as systemd does; its exit code, 0 too if it never ran."""
        return await self.process.stop() if self.process else 0

    async def kill(self) -> None:
        """Let it die on the spot, as in a power cut."""
        if self.process:
            self.process.process.kill()
            await self.process.stop()

    async def command(self, *words: str, typed: str | None = None) -> Any:
        """What `lock-bridge WORDS --json` answers; `typed` is what it reads. Raises `Failed` with what it said."""
        process = await asyncio.create_subprocess_exec(
            str(python()),
            "-m",
            "lock_bridge",
            *words,
            "--json",
            "--config",
            str(self.config),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            out, err = await process.communicate(None if typed is None else f"{typed}\n".encode())
        if process.returncode != 0:
            raise Failed(f"lock-bridge {words[0]}: {(err or out).decode(errors='replace').strip()}")
        return json.loads(out) if out.strip() else None

    async def at_door(self, *words: str) -> Mapping[str, Any]:
        """Do something at the door; what can be seen there then."""
        answer: Mapping[str, Any] = await self.command("door", *words)
        return answer

    async def pairing_code(self) -> str:
        """Open the pairing window; its code."""
        answer = await self.command("pair", "--no-wait")
        return str(answer["code"])

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        del reader
        return (self.folder / "data" / "control.sock").exists()
