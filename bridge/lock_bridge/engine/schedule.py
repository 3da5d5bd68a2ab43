"""Weekly schedules by the house's own wall clock, right through both changes of daylight-saving time (USR-7)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from .model import Window

WINDOWS_MAX: Final = 28
"""As many windows as a schedule may have: four for each day."""

_DAY: Final = 24 * 60
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = re.compile(r"([0-9]{2}):([0-5][0-9])", re.ASCII)


def covers(schedule: tuple[Window, ...], zone: tzinfo, wall_ms: int) -> bool:
    """Whether `schedule` lets somebody in at `wall_ms` (UTC); an empty one always does.

    What the clock on the wall shows is all that counts: an hour that comes twice counts both times, one that is left
    out never. The part of a window after midnight belongs to the day on which the window began.
    """
    if not schedule:
        return True
    try:
        local = (_EPOCH + timedelta(milliseconds=wall_ms)).astimezone(zone)
    except OverflowError:
        # A calendar that far off shows no day of the week.
        return False
    day, minute = local.weekday(), local.hour * 60 + local.minute
    return any(_covers(window, day, minute) for window in schedule)


def parse(value: Any) -> tuple[Window, ...]:
    """The schedule that a client sent, as `ScheduleWindow`s. Raises `ValueError` naming what is wrong."""
    if not isinstance(value, list | tuple):
        raise ValueError("a schedule is a list of windows")  # noqa: TRY004 - what a client sent, not a caller's slip
    if len(value) > WINDOWS_MAX:
        raise ValueError(f"a schedule has at most {WINDOWS_MAX} windows")
    return tuple(_window(item) for item in value)


def plain(schedule: Iterable[Window]) -> list[dict[str, Any]]:
    """The schedule as it goes over the wire: `parse` turns it back."""
    return [
        {"days": sorted(window.days), "start": _text(window.start), "end": _text(window.end)} for window in schedule
    ]


def _covers(window: Window, day: int, minute: int) -> bool:
    if window.end > window.start:
        return day in window.days and window.start <= minute < window.end
    return (day in window.days and minute >= window.start) or ((day - 1) % 7 in window.days and minute < window.end)


def _window(item: Any) -> Window:
    if not isinstance(item, dict) or item.keys() != {"days", "start", "end"}:
        raise ValueError("a window has days, start and end")
    days = item["days"]
    if not isinstance(days, list | tuple) or not days:
        raise ValueError("days are a list with something in it")
    if any(type(day) is not int or not 0 <= day <= 6 for day in days):
        raise ValueError("days are from 0 (Monday) to 6")
    start, end = _minutes(item["start"]), _minutes(item["end"])
    if start == _DAY:
        raise ValueError("no window starts at 24:00")
    return Window(frozenset(days), start, end)


def _minutes(value: Any) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    minutes = _DAY + 1 if found is None else int(found[1]) * 60 + int(found[2])
    if minutes > _DAY:
        raise ValueError("times are from 00:00 to 24:00")
    return minutes


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
