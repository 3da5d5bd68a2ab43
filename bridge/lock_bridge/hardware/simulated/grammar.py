"""What words for the door are made of: choices, times, numbers, names."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Final

from lock_bridge.clock import Clock

LONGEST_HOLD_MS: Final = 60_000
LONGEST_WAIT_MS: Final = 600_000

type Act = Callable[[list[str]], Awaitable[str | None]]
"""Does what the words after the verb say; answers what was felt."""

_DURATION: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)")
_UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000}


class NotUnderstood(Exception):
    """The words make no sense; the text says what would."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One word for the door: how it is written, and what it does."""

    name: str
    usage: str
    act: Act
    there: bool = True
    """Whether the model has it."""


def fold(name: str) -> str:
    """A name as it is compared: any case, any spaces."""
    return " ".join(name.split()).casefold()


def only(given: list[str]) -> str:
    """The one word that there is."""
    if len(given) != 1:
        raise NotUnderstood
    return given[0]


def one_of(given: list[str], allowed: Collection[str]) -> str:
    """The one word that there is, out of those allowed."""
    word = only(given)
    if word not in allowed:
        raise NotUnderstood
    return word


def is_on(given: list[str]) -> bool:
    """`on` or `off`."""
    return one_of(given, ("on", "off")) == "on"


def duration(text: str, longest_ms: int) -> int:
    """A time in milliseconds."""
    found = _DURATION.fullmatch(text)
    ms = round(float(found[1]) * _UNITS[found[2]]) if found else 0
    if not 0 < ms <= longest_ms:
        raise NotUnderstood(f"A time is 500ms, 3s or 2m, at most {longest_ms // 1000}s")
    return ms


async def sleep(clock: Clock, ms: int) -> None:
    """Let time go by, by the door's own clock."""
    if ms <= 0:
        return
    over = asyncio.get_running_loop().create_future()
    timer = clock.call_later(ms, lambda: None if over.done() else over.set_result(None))
    try:
        await over
    finally:
        timer.cancel()
