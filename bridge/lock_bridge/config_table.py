"""Reading a TOML table strictly: whatever is wrong is noted with its key and what is allowed, and reading goes on."""

import json
import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

type KeyPath = tuple[str | int, ...]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_MAX_SHOWN: Final = 60
_MAX_LINES: Final = 300
"""Lines are looked up by parsing ever longer beginnings of the file: beyond this many it would take seconds."""


class _Required:
    """Marks a key that has to be there."""


REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, in words, and in which line (None: not known)."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path}: {self.message}" if self.path else f"{where}{self.message}"


class Problems:
    """All that is wrong with one file."""

    def __init__(self) -> None:
        self._found: list[tuple[KeyPath, str]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: KeyPath, message: str) -> None:
        """Note what is wrong at `path`; the message never holds a secret's value."""
        self._found.append((path, message))

    def below(self, path: KeyPath) -> bool:
        """Whether anything at `path` or below it is wrong."""
        return any(found[: len(path)] == path for found, _ in self._found)

    def located(self, text: str) -> tuple[Problem, ...]:
        """The problems with their lines in `text`, in the order of the file."""
        lines = _Lines(text)
        found = [Problem(spelled(path), message, lines.find(path)) for path, message in self._found]
        return tuple(sorted(found, key=lambda problem: problem.line or 0))


class Table:
    """One table of the file. Every method takes its key away; `finish` complains about keys that nobody asked for.

    A wrong value is noted and its default (for a required one: an empty value of the kind) is given back.
    """

    def __init__(self, problems: Problems, data: Mapping[str, Any], path: KeyPath = ()) -> None:
        self.path = path
        self._problems = problems
        self._data = dict(data)
        self._known: list[str] = []

    def problem(self, key: str, message: str) -> None:
        """Note what is wrong with `key`."""
        self._problems.add((*self.path, key), message)

    def problem_at(self, path: KeyPath, message: str) -> None:
        """Note what is wrong somewhere below this table."""
        self._problems.add((*self.path, *path), message)

    def failed(self, key: str) -> bool:
        """Whether something is wrong with `key` or below it."""
        return self._problems.below((*self.path, key))

    def text(self, key: str, default: str | _Required = REQUIRED, *, longest: int = 64) -> str:
        """A line of text without control characters or blanks around it."""
        allowed = f"a text of 1 to {longest} characters on one line"
        value: str | None = self._take(key, default, str, allowed)
        if value is None:
            return default if isinstance(default, str) else ""
        if not is_line(value, longest):
            self._wrong(key, value, allowed)
        return value

    def optional(self, key: str, *, longest: int = 64) -> str | None:
        """A line of text, or None where there is none."""
        if key in self._data:
            return self.text(key, longest=longest)
        self._known.append(key)
        return None

    def word(self, key: str, default: str | _Required, pattern: re.Pattern[str], allowed: str) -> str:
        """A text of which all matches `pattern`."""
        value: str | None = self._take(key, default, str, allowed)
        if value is None:
            return default if isinstance(default, str) else ""
        if not pattern.fullmatch(value):
            self._wrong(key, value, allowed)
        return value

    def choice(self, key: str, default: str | _Required, allowed: Collection[str], *, suffix: str = "") -> str:
        """One of the words allowed, or the name of a file that ends in `suffix`."""
        words = "one of " + ", ".join(f'"{word}"' for word in allowed) if allowed else "nothing"
        if suffix:
            words += f", or a file *{suffix}"
        value: str | None = self._take(key, default, str, words)
        if value is None:
            return default if isinstance(default, str) else ""
        if value not in allowed and not (suffix and value.endswith(suffix)):
            self.problem(key, f"{shown(value)} is not known. Allowed is {words}.{did_you_mean(value, allowed)}")
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._take(key, default, bool, "true or false")
        return default if value is None else value

    def integer(
        self, key: str, default: int | _Required, low: int, high: int, *, unit: str = "", secret: bool = False
    ) -> int:
        """A whole number from `low` to `high`. Of a secret nothing is shown."""
        allowed = f"a whole number{unit} from {low} to {high}"
        value: int | None = self._take(key, default, int, allowed)
        if value is None:
            return default if isinstance(default, int) else low
        if not low <= value <= high:
            if secret:
                self.problem(key, f"is out of its range. Allowed is {allowed}.")
            else:
                self._wrong(key, value, allowed)
            return low
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        allowed = f"a number from {low:g} to {high:g}"
        value = self._take(key, default, float, allowed)
        if value is None:
            return default
        if not (math.isfinite(value) and low <= value <= high):
            self._wrong(key, value, allowed)
            return default
        return float(value)

    def texts(self, key: str, what: str, *, longest: int = 64) -> tuple[str, ...]:
        """A list of lines, each only once."""
        allowed = f"a list of {what}"
        value = self._take(key, [], list, allowed)
        good: list[str] = []
        for number, item in enumerate(value or ()):
            if not isinstance(item, str) or not is_line(item, longest):
                self.problem_at((key, number), f"is no text of 1 to {longest} characters. Allowed is {allowed}.")
            elif item in good:
                self.problem_at((key, number), "is in the list twice. Allowed is each only once.")
            else:
                good.append(item)
        return tuple(good)

    def has(self, key: str) -> bool:
        """Whether the key is there; it is not taken away."""
        self._known.append(key)
        return key in self._data

    def is_table(self, key: str) -> bool:
        """Whether the key is there and a table; it is not taken away."""
        return isinstance(self._data.get(key), dict)

    def table(self, key: str) -> Table | None:
        """A table inside this one; None where there is none."""
        value = self._take(key, None, dict, "a table")
        return None if value is None else Table(self._problems, value, (*self.path, key))

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array of tables."""
        value = self._take(key, None, list, f"tables, each headed [[{spelled((*self.path, key))}]]")
        for number, item in enumerate(value or ()):
            path = (*self.path, key, number)
            if isinstance(item, dict):
                yield Table(self._problems, item, path)
            else:
                self._problems.add(path, f"{kind_of(item)} is not allowed here. Allowed is a table.")

    def finish(self) -> None:
        """Complain about each key that is not known."""
        for key in self._data:
            hint = did_you_mean(key, self._known)
            known = f" Allowed here: {', '.join(dict.fromkeys(self._known))}." if self._known and not hint else ""
            self.problem(key, f"there is no such key.{hint}{known}")

    def _take(self, key: str, default: Any, kind: type, allowed: str) -> Any:
        # None: not there, or of the wrong kind and noted.
        self._known.append(key)
        if key not in self._data:
            if default is REQUIRED:
                self.problem(key, f"is missing. Allowed is {allowed}.")
            return None
        value = self._data.pop(key)
        if type(value) is kind or (kind is float and type(value) is int):
            return value
        self.problem(key, f"{kind_of(value)} is not allowed here. Allowed is {allowed}.")
        return None

    def _wrong(self, key: str, value: Any, allowed: str) -> None:
        self.problem(key, f"{shown(value)} is not allowed. Allowed is {allowed}.")


def is_line(text: str, longest: int) -> bool:
    """Whether `text` can be a name: visible, on one line, not too long."""
    return 0 < len(text) <= longest and text == text.strip() and text.isprintable()


def shown(value: Any) -> str:
    """A value as it stands in the file, shortened. Not for secrets."""
    if type(value) is int and value.bit_length() > 64:
        return "so large a number"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (str, int, float, bool)) else kind_of(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def kind_of(value: Any) -> str:
    """What kind of value this is, in words, without the value."""
    match value:
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int():
            return "a whole number"
        case float():
            return "a number with a fraction"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def did_you_mean(word: str, allowed: Collection[str]) -> str:
    """A hint at what was meant, with a blank in front; empty where nothing is near."""
    import difflib  # only when something is wrong

    near = difflib.get_close_matches(word[:_MAX_SHOWN].lower(), list(allowed), n=1)
    return f' Did you mean "{near[0]}"?' if near else ""


def spelled(path: KeyPath) -> str:
    """A key's path as people write it: `lock[0].profile`."""
    result = ""
    for part in path:
        if isinstance(part, int):
            result += f"[{part}]"
        else:
            key = part if _BARE.fullmatch(part) else json.dumps(part[:_MAX_SHOWN], ensure_ascii=False)
            result += f".{key}" if result else key
    return result


class _Lines:
    """Finds the line of a key: that where the statement begins without which the file does not hold the key."""

    def __init__(self, text: str) -> None:
        self._beginnings: list[tuple[int, dict[str, Any]]] = []
        lines = text.split("\n")
        if len(lines) > _MAX_LINES:
            return
        start = 1
        for number in range(1, len(lines) + 1):
            try:
                data = tomllib.loads("\n".join(lines[:number]))
            except tomllib.TOMLDecodeError, RecursionError, ValueError:
                continue  # in the middle of a statement
            self._beginnings.append((start, data))
            start = number + 1

    def find(self, path: KeyPath) -> int | None:
        # A key that is missing stands where its table begins.
        for known in (path[:length] for length in range(len(path), 0, -1)):
            for line, data in self._beginnings:
                if _holds(data, known):
                    return line
        return None


def _holds(data: Any, path: KeyPath) -> bool:
    for part in path:
        try:
            data = data[part]
        except KeyError, IndexError, TypeError:
            return False
    return True
