"""How long a journal entry takes until no power cut can take it away."""

import statistics
import tempfile
import time
from pathlib import Path

from lock_bridge.engine.effects import Record
from lock_bridge.engine.model import Fact, Instant
from lock_bridge.store import Store
from lock_bridge.wire.words import EventType

from .table import Row, percentile

_APPENDS = 500


async def run() -> list[Row]:
    """Durable appends, one after the other."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        store = await Store.open(Path(folder) / "bench.db", boot_id="bench")
        times = []
        for number in range(_APPENDS):
            fact = Record(Fact(EventType.UNLOCKED, user_name="Anna", data={"number": number}))
            before = time.perf_counter()
            await store.commit("front_door", [fact], Instant(number, 1_780_000_000_000 + number))
            times.append((time.perf_counter() - before) * 1e3)
        await store.close()
    return [
        Row("store: journal append, durable, median", statistics.median(times), "ms"),
        Row("store: journal append, durable, p95", percentile(times, 95), "ms"),
    ]
