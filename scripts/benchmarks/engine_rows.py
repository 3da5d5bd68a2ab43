"""How fast the engine decides."""

import statistics

from .engine import entry_seconds, inputs_per_second
from .table import Row, at_least, at_most

_FEW, _SOME, _MANY = 5, 50, 5_000


async def run() -> list[Row]:
    """Inputs per second, and one entry of twenty digits with few and many users, measured in turn."""
    speed = max(inputs_per_second() for _ in range(3))
    times: dict[int, list[float]] = {_FEW: [], _SOME: [], _MANY: []}
    for _ in range(7):
        for users, values in times.items():
            values.append(entry_seconds(users))
    few, some, many = (statistics.median(times[users]) * 1e6 for users in (_FEW, _SOME, _MANY))
    return [
        at_least("engine: inputs", speed, "1/s", 20_000),
        Row(f"engine: one entry of 20 digits, {_FEW} users", few, "µs"),
        Row(f"engine: the same, {_SOME:,} users", some, "µs"),
        Row(f"engine: the same, {_MANY:,} users", many, "µs"),
        at_most(f"engine: {_MANY:,} users against {_FEW}", many / few, "×", 1.2),
    ]
