"""The lines of the spec, and the attacks to hold out against, as data: tests/spec_ids.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC_IDS = ROOT / "tests" / "spec_ids.toml"


@dataclass(frozen=True, slots=True)
class SpecLine:
    """One line of the spec: its id, its title in a few words, the models it holds for."""

    id: str
    title: str
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpecSection:
    """Lines that belong together: of the spec, or attacks."""

    title: str
    lines: tuple[SpecLine, ...]
    attacks: bool
    later: bool
    """Not built yet: a line without a test is no fault."""


@cache
def spec_sections() -> tuple[SpecSection, ...]:
    """All lines, in the spec's order."""
    return tuple(
        SpecSection(
            section["title"],
            tuple(
                SpecLine(line_id, line["title"], tuple(line.get("profiles", section.get("profiles", ()))))
                for line_id, line in section["ids"].items()
            ),
            section.get("attacks", False),
            section.get("later", False),
        )
        for section in tomllib.loads(SPEC_IDS.read_text(encoding="utf-8"))["section"]
    )


@cache
def spec_ids() -> frozenset[str]:
    """Every id there is."""
    return frozenset(line.id for section in spec_sections() for line in section.lines)
