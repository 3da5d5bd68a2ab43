"""From a cell's voltage at rest to what is left in it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

type Curve = tuple[tuple[int, int], ...]
"""Points (millivolts of one cell, percent), rising."""

CURVES: Final[Mapping[str, Curve]] = MappingProxyType(
    {
        "alkaline": ((900, 0), (1000, 5), (1100, 15), (1200, 35), (1300, 60), (1400, 82), (1500, 97), (1550, 100)),
        "nimh": ((1000, 0), (1150, 10), (1200, 30), (1240, 60), (1280, 85), (1350, 100)),
        "li_ion": ((3000, 0), (3450, 8), (3600, 20), (3700, 45), (3800, 62), (3950, 80), (4100, 95), (4180, 100)),
        "li_fe_po4": ((2500, 0), (3000, 8), (3200, 20), (3250, 40), (3300, 70), (3330, 90), (3400, 100)),
    }
)
"""Typical ones, for a lock that takes next to nothing at rest. A gauge that counts (MAX17048) knows better."""


def percent(millivolts: int, curve: Curve, cells: int) -> int:
    """What is left, 0 to 100, of so many cells in a row that have this voltage together."""
    each = millivolts / cells
    low = curve[0]
    if each <= low[0]:
        return 0
    for high in curve[1:]:
        if each <= high[0]:
            share = (each - low[0]) / (high[0] - low[0])
            return round(low[1] + share * (high[1] - low[1]))
        low = high
    return 100
