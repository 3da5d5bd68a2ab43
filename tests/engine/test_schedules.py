"""Weekly schedules: by the clock on the wall of the house, right through both changes of daylight-saving time."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.engine.effects import SaveLockout
from lock_bridge.engine.model import User, Window
from lock_bridge.engine.schedule import WINDOWS_MAX, covers, parse, plain
from lock_bridge.wire.words import EventType, Role
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import HOUR, MINUTE, Lock

OSLO = ZoneInfo("Europe/Oslo")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Its clocks change by half an hour."""

ZONES = ("UTC", "Europe/Oslo", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "America/Los_Angeles")
MONDAY, TUESDAY, FRIDAY, SATURDAY, SUNDAY = 0, 1, 4, 5, 6
WEEK = 7 * 24 * 60
ALL_DAYS = frozenset(range(7))

# For each change: the zone, the UTC minute in which it happens, and by how many minutes the clock is put on.
CHANGES = {
    "Oslo in spring": (OSLO, datetime(2026, 3, 29, 1, tzinfo=UTC), 60),
    "Oslo in autumn": (OSLO, datetime(2026, 10, 25, 1, tzinfo=UTC), -60),
    "Lord Howe in spring": (LORD_HOWE, datetime(2026, 10, 3, 15, 30, tzinfo=UTC), 30),
    "Lord Howe in autumn": (LORD_HOWE, datetime(2026, 4, 4, 15, tzinfo=UTC), -30),
}

windows = st.builds(
    Window,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.integers(0, 1439),
    end=st.integers(0, 1440),
)
moments = st.integers(946_771_200_000, 2_208_988_800_000)
schedules = st.lists(windows, min_size=1, max_size=4).map(tuple)


def ms(moment: datetime) -> int:
    """The wall clock in ms, as the engine is given it."""
    return round(moment.timestamp() * 1000)


def at(zone: tzinfo, *date_and_time: int, fold: int = 0) -> int:
    """The moment at which the clocks of a zone show this; `fold` 1: for the second time."""
    return ms(datetime(*date_and_time, tzinfo=zone, fold=fold))  # type: ignore[misc, arg-type]


def window(days: int | frozenset[int], start: str, end: str) -> Window:
    """A window of one day or several."""
    (parsed,) = parse([{"days": sorted({days} if isinstance(days, int) else days), "start": start, "end": end}])
    return parsed


def minutes_of_week(schedule: tuple[Window, ...]) -> set[int]:
    """All minutes of the week in a schedule, counted one by one."""
    minutes = set()
    for item in schedule:
        length = item.end - item.start if item.end > item.start else item.end + 1440 - item.start
        for day in item.days:
            minutes |= {(day * 1440 + item.start + minute) % WEEK for minute in range(length)}
    return minutes


def covered_minutes(schedule: tuple[Window, ...], zone: tzinfo, middle: datetime) -> int:
    """How many minutes of the twelve hours around `middle` a schedule lets somebody in, by a stopwatch."""
    begin = middle - timedelta(hours=6)
    return sum(covers(schedule, zone, ms(begin + timedelta(minutes=minute))) for minute in range(12 * 60))


@pytest.mark.spec("USR-7")
@given(schedule=schedules, zone=st.sampled_from(ZONES), moment=moments)
def test_in_every_zone_at_any_moment_the_clock_on_the_wall_decides(
    schedule: tuple[Window, ...], zone: str, moment: int
) -> None:
    wall = datetime.fromtimestamp(moment // 1000, ZoneInfo(zone))
    minute = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
    assert covers(schedule, ZoneInfo(zone), moment) is (minute in minutes_of_week(schedule))


@pytest.mark.spec("USR-7")
@given(schedule=schedules, change=st.sampled_from(sorted(CHANGES)), second=st.integers(-6 * 3600, 6 * 3600))
def test_around_each_change_of_the_clocks_the_clock_on_the_wall_decides(
    schedule: tuple[Window, ...], change: str, second: int
) -> None:
    """The wall clock is told by hand here: so many minutes after the change that it shows its time and so much more."""
    zone, moment, put_on = CHANGES[change]
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    before = offset - timedelta(minutes=put_on)
    wall = moment + (offset if second >= 0 else before) + timedelta(seconds=second)
    minute = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
    now = ms(moment + timedelta(seconds=second))
    assert covers(schedule, zone, now) is (minute in minutes_of_week(schedule))


@pytest.mark.spec("USR-7")
@pytest.mark.parametrize(
    ("change", "start", "end", "minutes"),
    [
        ("Oslo in spring", "02:00", "03:00", 0),
        ("Oslo in spring", "01:30", "03:30", 60),
        ("Oslo in spring", "22:00", "06:00", 7 * 60),
        ("Oslo in autumn", "02:00", "03:00", 120),
        ("Oslo in autumn", "02:30", "03:30", 90),
        ("Oslo in autumn", "22:00", "06:00", 9 * 60),
        ("Lord Howe in spring", "02:00", "02:30", 0),
        ("Lord Howe in spring", "02:00", "03:00", 30),
        ("Lord Howe in autumn", "01:30", "02:00", 60),
        ("Lord Howe in autumn", "01:00", "02:00", 90),
    ],
)
def test_an_hour_that_comes_twice_counts_twice_and_one_that_is_left_out_never(
    change: str, start: str, end: str, minutes: int
) -> None:
    zone, moment, _ = CHANGES[change]
    assert covered_minutes((window(ALL_DAYS, start, end),), zone, moment) == minutes


@pytest.mark.spec("USR-7")
@pytest.mark.parametrize(
    ("when", "good"),
    [
        ((2026, 6, 5, 21, 59), False),
        ((2026, 6, 5, 22, 0), True),
        ((2026, 6, 6, 0, 0), True),
        ((2026, 6, 6, 5, 59), True),
        ((2026, 6, 6, 6, 0), False),
        ((2026, 6, 6, 22, 0), False),
        ((2026, 6, 5, 5, 0), False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(when: tuple[int, ...], *, good: bool) -> None:
    """The night from Friday to Saturday."""
    assert covers((window(FRIDAY, "22:00", "06:00"),), OSLO, at(OSLO, *when)) is good


@pytest.mark.spec("USR-7")
def test_the_night_from_sunday_ends_on_monday() -> None:
    night = (window(SUNDAY, "22:00", "06:00"),)
    assert covers(night, OSLO, at(OSLO, 2026, 6, 8, 5, 59))
    assert not covers(night, OSLO, at(OSLO, 2026, 6, 7, 5, 59))


@pytest.mark.parametrize("end", ["24:00", "00:00"])
def test_a_window_to_midnight_ends_with_its_day(end: str) -> None:
    evening = (window(MONDAY, "18:00", end),)
    assert covers(evening, UTC, at(UTC, 2026, 6, 8, 23, 59))
    assert not covers(evening, UTC, at(UTC, 2026, 6, 9, 0, 0))


def test_a_window_that_ends_when_it_starts_lasts_for_a_day() -> None:
    whole = (window(MONDAY, "09:00", "09:00"),)
    assert covers(whole, UTC, at(UTC, 2026, 6, 8, 9, 0))
    assert covers(whole, UTC, at(UTC, 2026, 6, 9, 8, 59))
    assert not covers(whole, UTC, at(UTC, 2026, 6, 9, 9, 0))
    assert not covers(whole, UTC, at(UTC, 2026, 6, 8, 8, 59))


def test_without_a_schedule_any_moment_will_do() -> None:
    assert covers((), UTC, 0)


@pytest.mark.parametrize("wall_ms", [10**15, -(10**15), 10**30, -(10**30), 253_402_300_799_999])
def test_a_calendar_that_is_off_by_ages_is_in_no_window(wall_ms: int) -> None:
    zone = ZoneInfo("Pacific/Auckland")
    assert not covers((window(ALL_DAYS, "00:00", "24:00"),), zone, wall_ms)


# What goes over the wire


@given(schedules)
def test_a_schedule_comes_back_as_it_was_sent(schedule: tuple[Window, ...]) -> None:
    assert parse(plain(schedule)) == schedule


def test_a_schedule_looks_on_the_wire_as_people_write_it() -> None:
    night = Window(frozenset({SATURDAY, FRIDAY}), 22 * 60 + 5, 24 * 60)
    assert plain([night]) == [{"days": [4, 5], "start": "22:05", "end": "24:00"}]


GOOD: dict[str, Any] = {"days": [0], "start": "08:00", "end": "16:00"}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "list of windows"),
        ("08:00", "list of windows"),
        (GOOD, "list of windows"),
        ([GOOD] * (WINDOWS_MAX + 1), "at most 28"),
        ([None], "has days, start and end"),
        ([{"days": [0], "start": "08:00"}], "has days, start and end"),
        ([{**GOOD, "zone": "UTC"}], "has days, start and end"),
        ([{**GOOD, "days": []}], "something in it"),
        ([{**GOOD, "days": 0}], "something in it"),
        ([{**GOOD, "days": [7]}], "from 0"),
        ([{**GOOD, "days": [-1]}], "from 0"),
        ([{**GOOD, "days": [0, 7, 6]}], "from 0"),
        ([{**GOOD, "days": [True]}], "from 0"),
        ([{**GOOD, "days": ["0"]}], "from 0"),
        ([{**GOOD, "start": "24:00"}], "starts at 24:00"),
        ([{**GOOD, "start": "8:00"}], "from 00:00"),
        ([{**GOOD, "start": 480}], "from 00:00"),
        ([{**GOOD, "start": "٠٨:٠٠"}], "from 00:00"),
        ([{**GOOD, "end": "24:01"}], "from 00:00"),
        ([{**GOOD, "end": "99:00"}], "from 00:00"),
        ([{**GOOD, "end": "16:60"}], "from 00:00"),
        ([{**GOOD, "end": "16:00\n"}], "from 00:00"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_rule_that_it_breaks(value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(value)


def test_as_many_windows_as_are_allowed_are_taken() -> None:
    assert len(parse([GOOD] * 28)) == WINDOWS_MAX == 28
    assert parse(()) == ()


# At the door

PROFILES = pytest.mark.parametrize("profile", ["palm6068", "dl50fvs", "l2s"])


def house(profile: str, *schedule: Window, role: Role = Role.USER, when: int) -> Lock:
    """A lock in Oslo, with Ben, who has a schedule."""
    lock = Lock(profile, zone=OSLO, wall_ms=when)
    lock.add("Anna", ANNA, admin=True)
    lock.add("Ben", BEN)
    lock.holds(User("ben", "Ben", role, lock.state.directory.users["ben"].number, schedule=schedule))
    lock.listen()
    return lock


def refusal(lock: Lock) -> str | None:
    """Why Ben was refused."""
    lock.listen()
    lock.open_with(BEN)
    assert lock.drives == []
    fact = lock.fact(EventType.ACCESS_REFUSED)
    assert (fact.user_name, lock.of(SaveLockout)) == ("Ben", [])
    return fact.reason


@PROFILES
@pytest.mark.spec("USR-7")
def test_whoever_has_a_schedule_opens_within_it_and_only_then(profile: str) -> None:
    cleaner = window(frozenset({TUESDAY, FRIDAY}), "09:00", "11:00")
    lock = house(profile, cleaner, when=at(OSLO, 2026, 6, 9, 8, 59))
    assert refusal(lock) == "outside_schedule"
    lock.advance(MINUTE)
    lock.listen()
    lock.open_with(BEN)
    assert lock.fact(EventType.ACCESS_GRANTED).user_name == "Ben"
    lock.advance(2 * HOUR)
    assert refusal(lock) == "outside_schedule"
    lock.open_with(ANNA)
    assert lock.fact(EventType.ACCESS_GRANTED).user_name == "Anna"


@PROFILES
@pytest.mark.spec("USR-7")
def test_after_the_clocks_have_changed_a_window_begins_an_hour_earlier_by_the_sun(profile: str) -> None:
    mornings = window(ALL_DAYS, "08:00", "09:00")
    lock = house(profile, mornings, when=at(OSLO, 2026, 3, 28, 8, 30))
    lock.open_with(BEN)
    assert EventType.ACCESS_GRANTED in lock.events
    lock.advance(23 * HOUR)
    lock.listen()
    lock.open_with(BEN)
    assert EventType.ACCESS_GRANTED in lock.events
    lock.advance(24 * HOUR + 31 * MINUTE)
    assert refusal(lock) == "outside_schedule"


@PROFILES
@pytest.mark.spec("USR-7")
def test_with_a_clock_that_is_not_trusted_a_scheduled_user_is_refused_for_that(profile: str) -> None:
    lock = house(profile, window(ALL_DAYS, "00:00", "24:00"), when=at(OSLO, 2026, 6, 9, 12, 0))
    lock.trusted = False
    assert refusal(lock) == "clock_untrusted"
    lock.open_with(ANNA)
    assert EventType.ACCESS_GRANTED in lock.events
    lock.trusted = True
    lock.listen()
    lock.open_with(BEN)
    assert EventType.ACCESS_GRANTED in lock.events


@PROFILES
@pytest.mark.spec("USR-7")
def test_administrators_are_never_limited_by_a_schedule(profile: str) -> None:
    lock = house(profile, window(MONDAY, "00:00", "00:01"), role=Role.ADMINISTRATOR, when=at(OSLO, 2026, 6, 9, 12, 0))
    lock.trusted = False
    lock.open_with(BEN)
    assert EventType.ACCESS_GRANTED in lock.events


@pytest.mark.spec("USR-6", "USR-7")
def test_outside_her_period_the_period_is_the_reason_whatever_the_schedule_says(lock: Lock) -> None:
    lock.add("Ben", BEN)
    ben = lock.state.directory.users["ben"]
    nights = (window(ALL_DAYS, "23:00", "23:01"),)
    lock.holds(User("ben", "Ben", number=ben.number, valid_until_ms=lock.wall_ms, schedule=nights))
    assert refusal(lock) == "outside_validity"


@PROFILES
@pytest.mark.spec("USR-7")
def test_a_calendar_that_jumps_by_years_finds_the_day_of_the_week_there(profile: str) -> None:
    lock = house(profile, window(TUESDAY, "12:00", "13:00"), when=at(OSLO, 2026, 6, 9, 12, 0))
    lock.jump(at(OSLO, 2031, 6, 11, 12, 0) - lock.wall_ms)
    assert refusal(lock) == "outside_schedule"
    lock.jump(at(OSLO, 2031, 6, 10, 12, 0) - lock.wall_ms)
    lock.listen()
    lock.open_with(BEN)
    assert EventType.ACCESS_GRANTED in lock.events
