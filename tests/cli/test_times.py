"""Times as people write them: what is understood, and what is explained."""

from typing import Any

import pytest

from lock_bridge.cli.times import count, schedule, schedule_text, seconds
from lock_bridge.cli.usage import UsageError


def window(days: list[int], start: str, end: str) -> dict[str, Any]:
    return {"days": days, "start": start, "end": end}


@pytest.mark.spec("USR-7")
@pytest.mark.parametrize(
    ("text", "meant", "shown"),
    [
        ("mon-fri 08:00-17:00", window([0, 1, 2, 3, 4], "08:00", "17:00"), "mon-fri 08:00-17:00"),
        ("Sat,Sun 10:00 - 02:00", window([5, 6], "10:00", "02:00"), "sat,sun 10:00-02:00"),
        ("mon, wed-fri 09:15-12:30", window([0, 2, 3, 4], "09:15", "12:30"), "mon,wed-fri 09:15-12:30"),
        ("fri-mon 18:00-06:00", window([0, 4, 5, 6], "18:00", "06:00"), "mon,fri-sun 18:00-06:00"),
        ("daily 00:00-24:00", window([0, 1, 2, 3, 4, 5, 6], "00:00", "24:00"), "daily 00:00-24:00"),
        ("tue 23:59-00:00", window([1], "23:59", "00:00"), "tue 23:59-00:00"),
    ],
)
def test_weekly_hours_are_read_and_shown(text: str, meant: dict[str, Any], shown: str) -> None:
    assert schedule("--schedule", [text]) == [meant]
    assert schedule_text([meant]) == shown
    assert schedule("--schedule", [shown]) == [meant]


def test_several_windows_are_several_texts_and_none_lifts_all() -> None:
    both = schedule("--schedule", ["mon 08:00-09:00", "tue 10:00-11:00"])
    assert [item["days"] for item in both] == [[0], [1]]
    assert schedule_text(both) == "mon 08:00-09:00, tue 10:00-11:00"
    assert schedule("--schedule", ["none"]) == []
    assert schedule("--schedule", []) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "weekdays 08:00-17:00",
        "mon-fri",
        "mon 8-17",
        "mon 08:00-17:60",
        "mon 24:00-17:00",
        "mon 08:00-24:30",
        "mon- 08:00-17:00",
        "mon,, 08:00-17:00",
        "08:00-17:00",
    ],
)
def test_hours_that_are_none_are_explained(text: str) -> None:
    with pytest.raises(UsageError, match=r'--schedule takes days and hours such as "mon-fri 08:00-17:00"'):
        schedule("--schedule", [text])


def test_a_length_of_time_has_a_unit() -> None:
    assert [seconds("--for", text) for text in ("90s", "30m", "30 min", "2h", "1D")] == [90, 1800, 1800, 7200, 86_400]
    for wrong in ("2", "h", "0h", "-1h", "2 weeks", "1.5h"):
        with pytest.raises(UsageError, match="--for takes a length of time such as 90s, 30m, 2h or 1d"):
            seconds("--for", wrong)


def test_entries_are_counted_from_one() -> None:
    assert (count("--uses", "3"), count("--uses", "none")) == (3, None)
    for wrong in ("0", "-1", "1.5", "many", "\N{SUPERSCRIPT TWO}"):
        with pytest.raises(UsageError, match="--uses takes a number of entries from 1 on, or none"):
            count("--uses", wrong)
