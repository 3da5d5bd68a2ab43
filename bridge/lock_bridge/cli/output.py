"""What the command line says: tables and sentences for people, or one JSON object for programs."""

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

CREDENTIALS: Final = {
    "pin": "passcode",
    "fingerprint": "fingerprint",
    "rfid": "card",
    "face": "face",
    "palm_vein": "palm",
    "ble": "key",
}
"""What people call the kinds of credential, by their names on the wire."""


def visible(text: str) -> str:
    """`text` without characters that a terminal would obey: names come from elsewhere."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def say(text: str) -> None:
    """One line for people, at once also into a pipe."""
    print(visible(text), flush=True)


def say_plain(text: str) -> None:
    """One line of our own words, which may hold a terminal's signs for bold."""
    print(text, flush=True)


def say_error(text: str) -> None:
    """What went wrong, in one line or several."""
    for line in text.split("\n"):
        print(visible(line), file=sys.stderr, flush=True)


def say_json(data: Mapping[str, Any]) -> None:
    """One line for programs."""
    print(json.dumps(data, ensure_ascii=False), flush=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines with their columns below each other."""
    lines = [[visible(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def moment(ms: int | None, *, never: str = "never") -> str:
    """A time of the calendar, in the machine's time zone."""
    if ms is None:
        return never
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ms / 1000))
    except OverflowError, OSError, ValueError:
        return "at a time beyond the calendar"


def duration(seconds: float) -> str:
    """A length of time in its two largest units."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def credential(kind: str) -> str:
    """A kind of credential as people write it, and as the command line takes it."""
    return CREDENTIALS.get(kind, words(kind))


def words(name: str) -> str:
    """A name of the wire as people write it: `lock_jammed` is `lock jammed`."""
    return name.replace("_", " ")
