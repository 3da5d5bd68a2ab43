"""Rows of measurements, as a table for people and as JSON."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value, and what was to be reached."""

    what: str
    value: float
    unit: str
    target: str = ""
    reached: bool | None = None


def at_least(what: str, value: float, unit: str, least: float) -> Row:
    """A value that is to be large."""
    return Row(what, value, unit, f"≥ {least:g}", value >= least)


def at_most(what: str, value: float, unit: str, most: float) -> Row:
    """A value that is to be small."""
    return Row(what, value, unit, f"≤ {most:g}", value <= most)


def percentile(values: Sequence[float], percent: int) -> float:
    """A percentile of some values."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def show(rows: Sequence[Row]) -> str:
    """The table."""
    lines = [("", "value", "unit", "to reach", "")]
    lines += [(row.what, f"{row.value:,.2f}", row.unit, row.target, _mark(row)) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    left = (0, 2, 3)
    return "\n".join(
        "  ".join(
            f"{text:<{width}}" if column in left else f"{text:>{width}}"
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def write(rows: Sequence[Row], file: Path) -> None:
    """Keep them as JSON."""
    file.write_text(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _mark(row: Row) -> str:
    return "" if row.reached is None else "reached" if row.reached else "NOT REACHED"
