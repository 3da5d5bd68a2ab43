"""The bridge as a process: how soon it serves, how much memory it takes."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from house.bridge import Bridge
from house.processes import free_port

from .table import Row, at_most

_STARTS = 5
_IDLE_S = 5


async def run() -> list[Row]:
    """Starts of one bridge, then its memory at rest."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        bridge = Bridge(Path(folder), port=free_port(), door_port=free_port())
        for number in range(_STARTS):
            before = time.perf_counter()
            await bridge.start()
            times.append(time.perf_counter() - before)
            if number < _STARTS - 1:
                await bridge.stop()
        await asyncio.sleep(_IDLE_S)
        memory = psutil.Process(bridge.pid).memory_info().rss / 2**20
        stopping = time.perf_counter()
        await bridge.stop()
        stopped = time.perf_counter() - stopping
    return [
        at_most("bridge: start to serving, median", statistics.median(times), "s", 1.5),
        at_most("bridge: memory at rest, with the simulated door", memory, "MiB", 60),
        at_most("bridge: stop after SIGTERM", stopped, "s", 2),
    ]
