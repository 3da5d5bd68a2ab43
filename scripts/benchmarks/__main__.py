"""Runs the benches that are named, or all that don't take long."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from checks import security

from . import bridge, engine_rows, hardware, home, scale, store, year
from .table import Row, show, write

BENCHES: Final[dict[str, Callable[[], Awaitable[list[Row]]]]] = {
    "engine": engine_rows.run,
    "store": store.run,
    "bridge": bridge.run,
    "home": home.run,
    "hardware": hardware.run,
}
LONG: Final[dict[str, Callable[[], Awaitable[list[Row]]]]] = {"scale": scale.run, "year": year.run}
"""Only where they are asked for."""


async def _main(arguments: list[str]) -> int:
    names = [argument.removeprefix("--") for argument in arguments]
    known = BENCHES | LONG
    if unknown := [name for name in names if name not in {*known, "robot"}]:
        sys.stderr.write(f"There is no bench {', '.join(unknown)}; there are {', '.join([*known, 'robot'])}.\n")
        return 2
    if "robot" in names:
        sys.stdout.write(f"{security.times()}\n\n{security.ways()}\n")
        security.main([])
        names.remove("robot")
        if not names:
            return 0
    rows: list[Row] = []
    for name in names or BENCHES:
        sys.stderr.write(f"{name} ...\n")
        rows += await known[name]()
    sys.stdout.write(show(rows) + "\n")
    write(rows, Path("bench.json"))
    return 1 if any(row.reached is False for row in rows) else 0


sys.exit(asyncio.run(_main(sys.argv[1:])))
