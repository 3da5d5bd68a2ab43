"""`scripts/develop`: the bridge with a simulated front door and a real Home Assistant, paired, in one terminal."""

import argparse
import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .bridge import Bridge
from .dashboard import show_front_door
from .hass import PASSWORD, USER, HomeAssistant
from .pairing import pair
from .people import CLARA, PEOPLE, expect_others, move_in, nobody_lives_there
from .processes import ROOT, Failed, Line, free_port, is_free

_PORTS: Final = {"hass": 8123, "bridge": 8643, "door": 8644}
_COLOURS: Final = {"bridge": "\033[36m", "hass": "\033[35m"}
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOCK: Final = "running"


@dataclass(frozen=True, slots=True)
class _House:
    bridge: Bridge
    hass: HomeAssistant

    @property
    def parts(self) -> tuple[Bridge | HomeAssistant, ...]:
        """In the order in which they are stopped: so nobody misses the other."""
        return self.hass, self.bridge


def main() -> int:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="scripts/develop", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget the house of before and build a new one")
    parser.add_argument("--profile", default="palm6068", help="the lock's model: palm6068 (default), dl50fvs or l2s")
    parser.add_argument("--time-scale", type=float, default=1.0, help="let the door's time run faster")
    parser.add_argument("--state", type=Path, default=ROOT / ".develop", help="where the house is kept (.develop)")
    options = parser.parse_args()
    try:
        with _alone_in(options.state.resolve()) as state:
            if options.fresh:
                _clear(state)
            return asyncio.run(_run(state, options.profile, options.time_scale))
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    except KeyboardInterrupt:  # before anything was there to be stopped
        return 0


@contextmanager
def _alone_in(state: Path) -> Iterator[Path]:
    """Keep others out of the folder while we are in it. Raises `Failed` where somebody else is."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / _LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Failed(
                f"scripts/develop runs already in {state} (process {file.read().strip() or 'unknown'}). "
                "End it with Ctrl-C in its terminal, or start another house with --state FOLDER."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield state


def _clear(state: Path) -> None:
    for path in state.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


async def _run(state: Path, profile: str, time_scale: float) -> int:
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    for name in _ENDS:
        loop.add_signal_handler(name, done.set)
    waiting = asyncio.create_task(done.wait())
    house = _house(state, profile, time_scale)
    try:
        building = asyncio.create_task(_build(house))
        await asyncio.wait((building, waiting), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            building.cancel()
            await asyncio.gather(building, return_exceptions=True)
            return 0
        path = await building
        _say(_welcome(house, path))
        return await _follow(house, waiting)
    finally:
        waiting.cancel()
        _say("Stopping both ...")
        for part in house.parts:
            await part.stop()


def _house(state: Path, profile: str, time_scale: float) -> _House:
    ports = {name: port if is_free(port) else free_port() for name, port in _PORTS.items()}
    bridge = Bridge(
        state / "bridge",
        port=ports["bridge"],
        door_port=ports["door"],
        profile=profile,
        time_scale=time_scale,
        zeroconf=True,
        transcripts=True,
        line=_printer("bridge"),
    )
    return _House(bridge, HomeAssistant(state / "hass", port=ports["hass"], zeroconf=True, line=_printer("hass")))


async def _build(house: _House) -> str:
    _say("Starting the bridge and Home Assistant (its first start takes a minute) ...")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_start_bridge(house.bridge))
            group.create_task(house.hass.start())
    except* Failed as failed:
        raise failed.exceptions[0] from None
    await house.hass.log_in()
    if not await house.hass.entries("lock_bridge"):
        _say("Pairing ...")
        await pair(house.hass, house.bridge, may_open=True)
    return await show_front_door(house.hass)


async def _start_bridge(bridge: Bridge) -> None:
    await bridge.start()
    if await nobody_lives_there(bridge):
        await move_in(bridge)
        await expect_others(bridge)


async def _follow(house: _House, waiting: asyncio.Task[bool]) -> int:
    """Until somebody has had enough, or one of the two ends by itself."""
    processes = [part.process for part in house.parts if part.process is not None]
    ends = {asyncio.create_task(process.ended()): process for process in processes}
    ended, _ = await asyncio.wait((waiting, *ends), return_when=asyncio.FIRST_COMPLETED)
    for task in ends:
        task.cancel()
    if waiting in ended:
        return 0
    for task in ended & ends.keys():
        _say(f"The {ends[task].name} ended by itself with code {await task}.")
    return 1


def _welcome(house: _House, path: str) -> str:
    bridge = house.bridge
    codes = ", ".join(f"{person.name} {person.passcode}" for person in PEOPLE)
    config = bridge.config.relative_to(Path.cwd()) if bridge.config.is_relative_to(Path.cwd()) else bridge.config
    return f"""
  Dashboard   {house.hass.url}{path}   (user {USER}, password {PASSWORD})
  Front door  {bridge.door}

  Passcodes   {codes}; each one's right thumb is enrolled
              {CLARA.name} {CLARA.passcode}, on Tuesdays and Fridays from 9 to 12
  Shell       .venv/bin/lock-bridge door press 0 4 8 2 9 1 3 ok --config {config}
              (the first key only wakes the keypad)

  Ctrl-C ends both. scripts/develop --fresh starts over.
"""


def _printer(name: str) -> Line:
    colour, end = (_COLOURS[name], "\033[0m") if sys.stdout.isatty() else ("", "")

    def line(text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal is gone
            sys.stdout.write(f"{colour}{name:>6} │{end} {text}\n")
            sys.stdout.flush()

    return line


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
