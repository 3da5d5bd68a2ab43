"""Runs the benches that are named, or all."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from . import bridge, engine_rows, home, store
from .table import Row, show, write

BENCHES: Final[dict[str, Callable[[], Awaitable[list[Row]]]]] = {
    "engine": engine_rows.run,
    "store": store.run,
    "bridge": bridge.run,
    "home": home.run,
}


async def _main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in BENCHES]:
        sys.stderr.write(f"There is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}.\n")
        return 2
    rows: list[Row] = []
    for name in names or BENCHES:
        sys.stderr.write(f"{name} ...\n")
        rows += await BENCHES[name]()
    sys.stdout.write(show(rows) + "\n")
    write(rows, Path("bench.json"))
    return 1 if any(row.reached is False for row in rows) else 0


sys.exit(asyncio.run(_main(sys.argv[1:])))
