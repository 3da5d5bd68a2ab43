"""Times as people write them: moments, lengths of time, and the weekly hours in which somebody may enter."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .usage import UsageError

NONE: Final = "none"
"""What lifts a limit."""

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY: Final = ("daily", "every day")
_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})\s*(s|min|m|h|d)")
_UNITS: Final = {"s": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400}
_WINDOW: Final = re.compile(r"(.+?)\s+([0-9]{2}:[0-9]{2})\s*-\s*([0-9]{2}:[0-9]{2})")


def moment_ms(option: str, text: str | None) -> int | None:
    """A moment in this machine's time zone, in ms since 1970; None for none. Raises `UsageError`."""
    if text is None or text == NONE:
        return None
    from datetime import datetime  # only where a time is given

    try:
        return round(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except ValueError, OverflowError:
        raise UsageError(f'{option} takes a time such as "2026-12-24 18:00", or none.') from None


def seconds(option: str, text: str) -> int:
    """A length of time such as `90s`, `30m`, `2h` or `1d`. Raises `UsageError`."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(f"{option} takes a length of time such as 90s, 30m, 2h or 1d.")
    return int(found[1]) * _UNITS[found[2]]


def count(option: str, text: str) -> int | None:
    """How many entries; None for no limit. Raises `UsageError`."""
    if text == NONE:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text) or not int(text):
        raise UsageError(f"{option} takes a number of entries from 1 on, or none.")
    return int(text)


def schedule(option: str, texts: Iterable[str]) -> list[dict[str, Any]]:
    """Weekly windows as they go over the wire, from texts such as `mon-fri 08:00-17:00`. Raises `UsageError`."""
    given = [text.strip().lower() for text in texts]
    return [] if given == [NONE] else [_window(option, text) for text in given]


def schedule_text(windows: Iterable[Mapping[str, Any]]) -> str:
    """Weekly windows as they are written."""
    return ", ".join(f"{_days_text(window['days'])} {window['start']}-{window['end']}" for window in windows)


def _window(option: str, text: str) -> dict[str, Any]:
    found = _WINDOW.fullmatch(text)
    days = _days(found[1]) if found else None
    if found is None or not days or not _is_hour(found[2], "23:59") or not _is_hour(found[3], "24:00"):
        raise UsageError(
            f'{option} takes days and hours such as "mon-fri 08:00-17:00", "sat,sun 10:00-02:00" (to the next day) '
            'or "daily 00:00-24:00", or none.'
        )
    return {"days": days, "start": found[2], "end": found[3]}


def _is_hour(text: str, latest: str) -> bool:
    return text <= latest and text[3:] <= "59"


def _days(text: str) -> list[int] | None:
    if text in _EVERY:
        return list(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if first not in _DAYS or (dash and last not in _DAYS):
            return None
        start = _DAYS.index(first)
        length = (_DAYS.index(last) - start) % 7 if dash else 0  # "fri-mon" goes over the week's end
        days |= {(start + day) % 7 for day in range(length + 1)}
    return sorted(days)


def _days_text(days: Sequence[int]) -> str:
    if len(set(days)) == 7:
        return "daily"
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        f"{_DAYS[run[0]]}-{_DAYS[run[-1]]}" if len(run) > 2 else ",".join(_DAYS[day] for day in run) for run in runs
    )
