"""Transcripts: a procedure of a manual as prose, line by line, for people to read and for the player to play.

A line is a comment (`# …`), something that is done at the door (docs/simulator.md), something that the app does
(`app: …`), or what is to be seen and heard then (`hear …`, `lights …`, `door locked`).
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .app_words import AppStep, read_app
from .grammar import LONGEST_WAIT_MS, NotUnderstood, duration

NEW_LOCK: Final = "a new lock"

PATIENCE_MS: Final = 5_000
"""How long an expectation may take to come true, by the door's own clock."""


class TranscriptError(ValueError):
    """A line that is none; the message says which, and what it could be."""


@dataclass(frozen=True, slots=True)
class Comment:
    """For people only."""


@dataclass(frozen=True, slots=True)
class New:
    """The lock is as it left the factory, on a closed door."""


@dataclass(frozen=True, slots=True)
class Act:
    """Done at the door, in the door's own words."""

    words: tuple[str, ...]

    @property
    def is_waiting(self) -> bool:
        """Whether it only lets time go by."""
        return self.words[0] == "wait"


@dataclass(frozen=True, slots=True)
class Expect:
    """What is to be seen or heard within `within_ms`, since somebody last did something."""

    what: str
    values: tuple[str, ...]
    within_ms: int = PATIENCE_MS
    never: bool = False
    """It must not come, as far as can be told half a second later."""


type Step = Comment | New | Act | AppStep | Expect


@dataclass(frozen=True, slots=True)
class Line:
    """One line, as it is written and as it is meant."""

    number: int
    text: str
    step: Step


@dataclass(frozen=True, slots=True)
class Transcript:
    """A procedure; its title is its first comment."""

    title: str
    lines: tuple[Line, ...]


def read(text: str) -> Transcript:
    """Read a transcript. Raises `TranscriptError`."""
    lines = tuple(
        Line(number, line.strip(), _step(number, line.strip()))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    )
    if not any(not isinstance(line.step, Comment) for line in lines):
        raise TranscriptError("nothing happens in it")
    title = next((line.text.lstrip("# ") for line in lines if isinstance(line.step, Comment)), "")
    return Transcript(title, lines)


def _step(number: int, line: str) -> Step:
    if line.startswith("#"):
        return Comment()
    if line == NEW_LOCK:
        return New()
    try:
        if line.startswith("app:"):
            return read_app(line.removeprefix("app:").strip())
        words = shlex.split(line)
        return _expectation(words) or Act((words[0].lower() if words[0].isupper() else words[0], *words[1:]))
    except (NotUnderstood, ValueError) as error:
        raise TranscriptError(f"line {number}: {error}") from None


def _expectation(words: list[str]) -> Expect | None:
    never = words[0] == "no" and len(words) > 1
    what, *values = words[1:] if never else words
    if what not in EXPECTED:
        if never:
            raise NotUnderstood(f"after `no` comes one of: {', '.join(EXPECTED)}")
        return None
    within_ms = PATIENCE_MS
    if len(values) >= 2 and values[-2] == "within":
        within_ms = duration(values[-1], LONGEST_WAIT_MS)
        del values[-2:]
    usage, good = EXPECTED[what]
    if not good(values):
        raise NotUnderstood(f"it is written: {usage}")
    return Expect(what, tuple(values), within_ms, never)


def _one(values: list[str]) -> bool:
    return len(values) == 1


def _some(values: list[str]) -> bool:
    return bool(values)


def _among(*allowed: str) -> Callable[[list[str]], bool]:
    return lambda values: len(values) == 1 and values[0] in allowed


def _number(values: list[str]) -> bool:
    return len(values) == 2 and re.fullmatch(r"[0-9]{1,4}", values[0]) is not None and values[1] == "blinks"


def _event(values: list[str]) -> bool:
    return len(values) % 2 == 1 and all(value in EVENT_FIELDS for value in values[1::2])


EVENT_FIELDS: Final = ("by", "of", "kind", "number", "because", "through", "from")
"""Who it was or is about, with what kind and number of credential, why not, what moved the bolt, which client asked."""

_DOOR: Final = ("locked", "unlocked", "jammed", "open", "closed")

EXPECTED: Final[dict[str, tuple[str, Callable[[list[str]], bool]]]] = {
    "hear": ('hear prompt_name | hear "Words that are spoken."', _one),
    "hear-in": ("hear-in nb prompt_name", lambda values: len(values) == 2),
    "tone": ("tone key | success | failure | doorbell | alarm", _one),
    "lights": ("lights 1 2 3 ok | lights none", _some),
    "shows": ("shows 3", _some),
    "flashes": ("flashes 5 | flashes none", _some),
    "lamp": ("lamp green | red | battery | pairing | infrared | palm | none", _one),
    "number": ("number 002 blinks", _number),
    "digits": ("digits run", _among("run")),
    "door": (
        "door locked | unlocked | jammed | open | closed",
        _among("locked", "unlocked", "jammed", "open", "closed"),
    ),
    "bolt": ("bolt thrown | between | retracted", _among("thrown", "between", "retracted")),
    "alarm": ("alarm on | off", _among("on", "off")),
    "screen": ("screen outside | pairing | off", _among("outside", "pairing", "off")),
    "code": ("code shown | gone", _among("shown", "gone")),
    "feel": ('feel "The door opens."', _one),
    "event": ("event name [by | of NAME] [kind KIND] [number N] [because REASON] [through SOURCE]", _event),
    "app-sees": ("app-sees FIELD VALUE", lambda values: len(values) == 2),
}
"""What can be expected: how it is written, and whether it is."""
