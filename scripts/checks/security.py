"""The tables of docs/security.md, computed. `scripts/bench --robot` writes them anew; --check says if they are old."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from benchmarks.robot import Attack, Plan, Way, best, median_tries
from checks.spec import ROOT
from lock_bridge import profiles
from lock_bridge.engine.model import Settings

DOCUMENT: Final = ROOT / "docs" / "security.md"
DIGITS: Final = (6, 8)
CODES: Final = (1, 10, 50)

_PLACE: Final = re.compile(r"<!-- table: ([a-z ]+) -->.*?<!-- end -->", re.DOTALL)
_MINUTE, _HOUR, _DAY, _YEAR = 60_000, 3_600_000, 86_400_000, 31_557_600_000

type Row = Sequence[str]


def render(text: str) -> str:
    """The document with its tables as they should be. Raises `ValueError` for a table that nobody makes."""

    def table(match: re.Match[str]) -> str:
        if match[1] not in TABLES:
            raise ValueError(f"docs/security.md: nobody makes the table {match[1]!r}")
        return f"<!-- table: {match[1]} -->\n\n{TABLES[match[1]]()}\n\n<!-- end -->"

    return _PLACE.sub(table, text)


def main(arguments: Sequence[str]) -> int:
    """Write the tables; with --check only say whether they are up to date."""
    text = DOCUMENT.read_text(encoding="utf-8")
    made = render(text)
    if missing := set(TABLES) - set(_PLACE.findall(text)):
        print(f"docs/security.md does not show the table {', '.join(sorted(missing))}")
        return 1
    if "--check" not in arguments:
        DOCUMENT.write_text(made, encoding="utf-8")
    elif made != text:
        print("docs/security.md is out of date: run scripts/bench --robot")
        return 1
    return 0


def times() -> str:
    """The median time to open."""
    rows = []
    for models in families():
        for progressive in (True, False):
            for scrambled in (True, False):
                cells = [
                    _duration(_soonest(models[0], digits, scrambled, progressive, median_tries(digits, codes))[0])
                    for digits in DIGITS
                    for codes in CODES
                ]
                rows.append((_names(models), _kind(progressive), "scrambled" if scrambled else "exact", *cells))
    return _table(
        ("Model", "Lockout", "Entries", *(f"{_codes(codes)} of {digits}" for digits in DIGITS for codes in CODES)), rows
    )


def ways() -> str:
    """How the robot goes about it."""
    rows = []
    for models in families():
        for progressive in (True, False):
            _, plan = _soonest(models[0], 6, True, progressive, median_tries(6, 1))
            rows.append((_names(models), _kind(progressive), _told(plan, models[0], progressive)))
    return _table(("Model", "Lockout", "What is quickest for 6 digits"), rows)


@cache
def families() -> tuple[tuple[str, ...], ...]:
    """The models, those together whose lockout is the same."""
    found: dict[tuple[object, ...], list[str]] = {}
    for name in profiles.names():
        profile = profiles.load(name)
        alike = (
            profile.failures,
            profile.failure_window_ms,
            profile.lockout_ms,
            profile.passcode_min,
            profile.passcode_max,
            profile.entry_max,
        )
        found.setdefault(alike, []).append(name)
    return tuple(tuple(names) for names in found.values())


@cache
def _soonest(model: str, digits: int, scrambled: bool, progressive: bool, tries: int) -> tuple[int, Plan]:
    settings = Settings(progressive_lockout=progressive)
    return best(Attack(profile=profiles.load(model), settings=settings, digits=digits, scrambled=scrambled), tries)


def _names(models: Sequence[str]) -> str:
    return ", ".join(f"`{model}`" for model in models)


def _kind(progressive: bool) -> str:
    return "progressive" if progressive else "fixed"


def _codes(codes: int) -> str:
    return "1 code" if codes == 1 else f"{codes} codes"


def _told(plan: Plan, model: str, progressive: bool) -> str:
    attack = Attack(profile=profiles.load(model), settings=Settings(progressive_lockout=progressive), digits=6)

    def entries(lengths: Sequence[int]) -> str:
        codes = sum(map(attack.codes, lengths))
        return f"{', '.join(map(str, lengths))} digits ({codes} codes)"

    pushed = f"{entries(plan.push)} into a lockout, wait until it is over"
    match plan.way:
        case Way.PUSH:
            return f"Again and again: {pushed}"
        case Way.REST:
            return f"{plan.level} times: {pushed}. Then one such round each time that the level has fallen"
        case Way.CREEP:
            window = _duration(attack.profile.failure_window_ms or 0)
            return (
                f"{plan.level} times: {pushed}. Then {entries(plan.creep)} in every {window}, and no lockout any more"
            )


def _duration(ms: int) -> str:
    for unit, name in ((_YEAR, "years"), (_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if ms >= 2 * unit:
            value = ms / unit
            return f"{value:,.0f} {name}" if value >= 10 else f"{value:.1f} {name}".replace(".0 ", " ")
    return f"{ms / 1000:.0f} seconds"


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


TABLES: Final[Mapping[str, Callable[[], str]]] = {"robot": times, "robots ways": ways}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
