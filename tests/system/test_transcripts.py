"""Every transcript of the manuals' procedures, played by `lock-bridge door play` through running bridges."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from house.processes import Process, free_port, python
from tests.engine.stage import CODE, SERIAL

TRANSCRIPTS = Path(__file__).parents[1] / "engine" / "transcripts"
MODELS = ("l2s", "dl50fvs", "palm6068")
AT_ONCE = 3
"""Houses of each model: as many transcripts are played side by side."""
PACE = 20
"""How much faster than the house's the doors' time runs."""
CALM_PACE = 4
"""Its speed where a transcript is played by itself: a busy machine's breath is less than the lock's waits then."""

pytestmark = pytest.mark.timeout(600)

_CONFIG = """\
[bridge]
name = "Hall bridge"
data = "data"
trust_clock = "always"
time_zone = "Europe/Oslo"
[server]
port = {port}
zeroconf = false
[[lock]]
id = "front_door"
name = "Front door"
profile = "{model}"
serial = "{serial}"
[lock.simulated]
port = {door_port}
time_scale = {pace}
people = [
  {{ name = "Anna", fingers = ["right thumb", "left thumb", "right index"], cards = ["04A1B2C3", "04D4E5F6"] }},
  {{ name = "Bjørn", fingers = ["right thumb"], cards = ["04C0FFEE"] }},
]
"""


@contextlib.asynccontextmanager
async def _house(folder: Path, model: str, pace: int = PACE) -> AsyncIterator[Path]:
    """A bridge with one lock of that model, since pairing mode is the whole bridge's; its config file."""
    await asyncio.to_thread(folder.mkdir)
    config, socket = folder / "bridge.toml", folder / "data" / "control.sock"
    values = {"port": free_port(), "door_port": free_port(), "model": model, "serial": SERIAL, "pace": pace}
    await asyncio.to_thread(config.write_text, _CONFIG.format(**values), encoding="utf-8")
    log: list[str] = []
    bridge = await Process.start("bridge", python(), "-m", "lock_bridge", "run", "--config", config, line=log.append)

    async def serves() -> bool:
        return socket.exists()

    try:
        await bridge.until(serves, 60)
        yield config
    finally:
        await bridge.stop()
    assert not [line for line in log if "Traceback" in line or CODE in line]


async def test_the_procedures_of_the_manuals_go_as_they_are_written(tmp_path: Path) -> None:
    left = {model: sorted((TRANSCRIPTS / model).glob("*.txt")) for model in MODELS}
    count = sum(len(files) for files in left.values())

    async def play_some(model: str, number: int) -> dict[Path, str]:
        async with _house(tmp_path / f"{model}_{number}", model) as config:
            return await _play(config, left[model])

    played = await asyncio.gather(*(play_some(model, number) for model in MODELS for number in range(AT_ONCE)))
    assert sum(len(outcomes) for outcomes in played) == count > 100
    # What nine doors in a hurry have not done in time is done once more in peace, and has to go well there.
    late = [file for outcomes in played for file, outcome in outcomes.items() if outcome]
    assert len(late) < count / 10, late
    for file in late:
        async with _house(tmp_path / f"calm_{file.parent.name}_{file.stem}", file.parent.name, CALM_PACE) as config:
            assert await _play(config, [file]) == {file: ""}


async def _play(config: Path, left: list[Path]) -> dict[Path, str]:
    """Play what is left, one after another; of each what went otherwise, or nothing."""
    outcomes: dict[Path, str] = {}
    while left:
        file = left.pop()
        process = await asyncio.create_subprocess_exec(
            str(python()),
            *("-m", "lock_bridge", "door", "--config", str(config), "--new", "play", str(file)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(300):
            said, _ = await process.communicate()
        outcomes[file] = f"{file.parent.name}/{file.name}: {said.decode()[-600:]}" if process.returncode else ""
    return outcomes
