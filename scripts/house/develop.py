"""`scripts/develop`: the bridge with a simulated front door and a real Home Assistant, paired, in one terminal."""

import argparse
import asyncio
import contextlib
import shutil
import signal
import sys
from pathlib import Path
from typing import Final

from .bridge import Bridge
from .dashboard import show_front_door
from .hass import PASSWORD, USER, HomeAssistant
from .pairing import pair
from .people import PEOPLE, move_in
from .processes import ROOT, Failed, Line, free_port, is_free

STATE: Final = ROOT / ".develop"

_PORTS: Final = {"hass": 8123, "bridge": 8643, "door": 8644}
_COLOURS: Final = {"bridge": "\033[36m", "hass": "\033[35m"}


def main() -> int:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="scripts/develop", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget the house of before and build a new one")
    parser.add_argument("--profile", default="palm6068", help="the lock's model: palm6068 (default) or l2s")
    parser.add_argument("--time-scale", type=float, default=1.0, help="let the door's time run faster")
    options = parser.parse_args()
    if options.fresh and STATE.exists():
        shutil.rmtree(STATE)
    try:
        return asyncio.run(_run(options.profile, options.time_scale))
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1


async def _run(profile: str, time_scale: float) -> int:
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, done.set)
    ports = {name: port if is_free(port) else free_port() for name, port in _PORTS.items()}
    async with contextlib.AsyncExitStack() as stack:
        bridge = Bridge(
            STATE / "bridge",
            port=ports["bridge"],
            door_port=ports["door"],
            profile=profile,
            time_scale=time_scale,
            zeroconf=True,
            line=_printer("bridge"),
        )
        hass = HomeAssistant(STATE / "hass", port=ports["hass"], zeroconf=True, line=_printer("hass"))
        building = asyncio.create_task(_build(bridge, hass, stack))
        waiting = asyncio.create_task(done.wait())
        await asyncio.wait((building, waiting), return_when=asyncio.FIRST_COMPLETED)
        if building.done():
            _say(_welcome(bridge, hass, building.result()))
            ends = [asyncio.create_task(part.process.ended()) for part in (bridge, hass) if part.process is not None]
            await asyncio.wait((waiting, *ends), return_when=asyncio.FIRST_COMPLETED)
            for task in ends:
                task.cancel()
        building.cancel()
        waiting.cancel()
        await asyncio.gather(building, return_exceptions=True)
        _say("Stopping both ...")
    return 0


async def _build(bridge: Bridge, hass: HomeAssistant, stack: contextlib.AsyncExitStack) -> str:
    _say("Starting the bridge and Home Assistant (its first start takes a minute) ...")
    stack.push_async_callback(bridge.stop)
    stack.push_async_callback(hass.stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(_start_bridge(bridge))
        group.create_task(hass.start())
    await hass.log_in()
    entries = await hass.get("/api/config/config_entries/entry")
    mine = [entry for entry in entries if entry["domain"] == "lock_bridge"]
    if not mine:
        _say("Pairing ...")
        await pair(hass, bridge, may_open=True)
        await show_front_door(hass)
    return "/front-door/0"


async def _start_bridge(bridge: Bridge) -> None:
    await bridge.start()
    await move_in(bridge)


def _welcome(bridge: Bridge, hass: HomeAssistant, path: str) -> str:
    codes = ", ".join(f"{person.name} {person.passcode}" for person in PEOPLE)
    relative = bridge.config.relative_to(Path.cwd()) if bridge.config.is_relative_to(Path.cwd()) else bridge.config
    return f"""
  Dashboard   {hass.url}{path}   (user {USER}, password {PASSWORD})
  Front door  {bridge.door}

  Passcodes   {codes}; each one's right thumb is enrolled
  Shell       .venv/bin/lock-bridge door press 0 4 8 2 9 1 3 ok --config {relative}
              (the first key only wakes the keypad)

  Ctrl-C ends both. scripts/develop --fresh starts over.
"""


def _printer(name: str) -> Line:
    colour, end = (_COLOURS[name], "\033[0m") if sys.stdout.isatty() else ("", "")

    def line(text: str) -> None:
        sys.stdout.write(f"{colour}{name:>6} │{end} {text}\n")
        sys.stdout.flush()

    return line


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
