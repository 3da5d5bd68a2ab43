"""When somebody may enter, under Configure: from-until, how often, and the weekly schedule."""

from datetime import UTC, datetime
from typing import Any

import pytest
from homeassistant.config_entries import ConfigFlowResult

from custom_components.lock_bridge.options.words import say_window
from custom_components.lock_bridge.wire.model import ScheduleWindow
from tests.integration.home import Home, choices, placeholder, suggested
from tests.integration.house import House


@pytest.fixture
async def bo(home: Home, house: House) -> str:
    """Somebody who may enter at any time, in a house in Oslo."""
    await home.hass.config.async_set_time_zone("Europe/Oslo")
    await home.pair(house, port=house.port)
    await house.add_person("Anna", "739146", role="administrator")
    return await house.add_person("Bo", "281946")


@pytest.mark.spec("USR-6", "APP-2")
async def test_a_period_is_in_the_time_of_the_house_and_shown_as_it_was_given(
    home: Home, house: House, bo: str
) -> None:
    form = await validity(home, house, bo)
    assert suggested(form, "period") == "always"
    assert placeholder(form, "zone") == "Europe/Oslo"

    menu = await home.fill(
        form, period="between", valid_from="2027-01-15 08:30:00", valid_until="2027-07-15 08:30:00", uses_left=10
    )
    assert menu["step_id"] == "person"
    lines = placeholder(menu, "summary").splitlines()
    assert lines[1:3] == ["- From 15 January 2027, 08:30 until 15 July 2027, 08:30", "- 10 entries left"]
    user = await person(house, bo)
    assert user["valid_from_ms"] == ms(datetime(2027, 1, 15, 7, 30, tzinfo=UTC)), "winter time"
    assert user["valid_until_ms"] == ms(datetime(2027, 7, 15, 6, 30, tzinfo=UTC)), "summer time"
    assert user["uses_left"] == 10

    form = await home.choose(menu, "validity")
    shown = {name: suggested(form, name) for name in ("period", "valid_from", "valid_until", "uses_left")}
    assert shown == {
        "period": "between",
        "valid_from": "2027-01-15 08:30:00",
        "valid_until": "2027-07-15 08:30:00",
        "uses_left": 10,
    }


@pytest.mark.parametrize(
    ("period", "left", "said"),
    [
        ("from", (1_800_000_000_000, None), "- From 15 January 2027, 09:00"),
        ("until", (None, 1_800_000_060_000), "- Until 15 January 2027, 09:01"),
        ("always", (None, None), None),
    ],
)
async def test_what_the_period_does_not_name_is_taken_away(
    home: Home, house: House, bo: str, period: str, left: tuple[int | None, int | None], said: str | None
) -> None:
    limits = {"valid_from_ms": 1_800_000_000_000, "valid_until_ms": 1_800_000_060_000}
    await house.command("users.change", lock="front_door", user_id=bo, changes=limits)
    form = await validity(home, house, bo)

    menu = await home.fill(
        form, period=period, valid_from="2027-01-15 09:00:00", valid_until="2027-01-15 09:01:00", uses_left=2
    )
    user = await person(house, bo)
    assert (user["valid_from_ms"], user["valid_until_ms"]) == left
    assert said is None or said in placeholder(menu, "summary").splitlines()

    menu = await home.fill(await home.choose(menu, "validity"), period="always")
    assert (await person(house, bo))["uses_left"] is None, "empty: as often as wanted"


@pytest.mark.parametrize(("period", "field"), [("from", "valid_from"), ("until", "valid_until")])
async def test_a_period_needs_its_time(home: Home, house: House, bo: str, period: str, field: str) -> None:
    form = await home.fill(await validity(home, house, bo), period=period, uses_left=3)
    assert form["errors"] == {field: "time_missing"}
    assert (suggested(form, "period"), suggested(form, "uses_left")) == (period, 3)


async def test_a_period_that_ends_before_it_begins_is_refused_and_stays_in_the_form(
    home: Home, house: House, bo: str
) -> None:
    form = await validity(home, house, bo)
    form = await home.fill(form, period="between", valid_from="2027-02-01 00:00:00", valid_until="2027-01-01 00:00:00")
    assert form["errors"] == {"valid_until": "invalid_period"}
    assert suggested(form, "valid_from") == "2027-02-01 00:00:00"


async def test_a_time_before_there_was_any_is_refused(home: Home, house: House, bo: str) -> None:
    form = await home.fill(await validity(home, house, bo), period="from", valid_from="1969-01-01 00:00:00")
    assert form["errors"] == {"valid_from": "invalid_period"}


@pytest.mark.parametrize("uses", [0, 1.5])
async def test_so_many_entries_cannot_be(home: Home, house: House, bo: str, uses: float) -> None:
    form = await home.fill(await validity(home, house, bo), period="always", uses_left=uses)
    assert form["errors"] == {"uses_left": "invalid_uses"}
    assert (await person(house, bo))["uses_left"] is None


@pytest.mark.spec("USR-7")
async def test_entries_that_are_used_up_while_the_form_is_open_are_not_given_back(
    home: Home, house: House, bo: str
) -> None:
    await house.command("users.change", lock="front_door", user_id=bo, changes={"uses_left": 1})
    form = await validity(home, house, bo)
    await house.enter("281946")
    await house.bolt("unlocked")

    menu = await home.fill(form, period="until", valid_until="2027-01-01 00:00:00", uses_left=1)
    assert menu["step_id"] == "person"
    assert (await person(house, bo))["uses_left"] == 0
    form = await validity(home, house, bo)
    assert suggested(form, "uses_left") == 0
    menu = await home.fill(form, period="always", uses_left=0)
    assert menu["step_id"] == "person", "what is so already is no wish"


@pytest.mark.spec("USR-6")
async def test_somebody_who_became_administrator_meanwhile_is_not_limited(home: Home, house: House, bo: str) -> None:
    form = await validity(home, house, bo)
    week = await home.choose(await schedule(home, house, bo), "schedule_add")
    await house.command("users.change", lock="front_door", user_id=bo, changes={"role": "administrator"})

    form = await home.fill(form, period="always", uses_left=1)
    assert form["errors"] == {"base": "administrator_unlimited"}
    week = await home.fill(week, days=["monday"], start="08:00:00", end="09:00:00")
    assert week["errors"] == {"base": "administrator_unlimited"}
    assert suggested(week, "days") == ["monday"]


@pytest.mark.spec("USR-7")
async def test_days_and_hours_are_added_and_taken_away(home: Home, house: House, bo: str) -> None:
    menu = await schedule(home, house, bo)
    assert menu["menu_options"] == ["schedule_add", "person"]
    assert placeholder(menu, "schedule") == "At any time, on every day: there is no weekly schedule."

    form = await home.choose(menu, "schedule_add")
    assert [suggested(form, name) for name in ("days", "start", "end")] == [[], "08:00:00", "17:00:00"]
    menu = await home.fill(form, days=["wednesday", "monday"], start="08:00:00", end="09:30:00")
    menu = await home.fill(await home.choose(menu, "schedule_add"), days=["friday"], start="22:00:00", end="06:00:00")
    assert placeholder(menu, "schedule").splitlines() == [
        "- Monday, Wednesday: 08:00 to 09:30",
        "- Friday: 22:00 to 06:00 on the next day",
    ]
    assert (await person(house, bo))["schedule"] == [
        {"days": [0, 2], "start": "08:00", "end": "09:30"},
        {"days": [4], "start": "22:00", "end": "06:00"},
    ]

    form = await home.choose(menu, "schedule_remove")
    windows = choices(form, "windows")
    assert suggested(form, "windows") == [], "nothing is taken away by mistake"
    assert list(windows.values()) == ["Monday, Wednesday: 08:00 to 09:30", "Friday: 22:00 to 06:00 on the next day"]
    menu = await home.fill(form, windows=[next(iter(windows))])
    assert placeholder(menu, "schedule") == "- Friday: 22:00 to 06:00 on the next day"
    menu = await home.fill(await home.choose(menu, "schedule_clear"))
    assert placeholder(menu, "schedule") == "At any time, on every day: there is no weekly schedule."
    assert (await home.choose(menu, "person"))["step_id"] == "person"


async def test_midnight_as_an_end_is_the_end_of_the_day(home: Home, house: House, bo: str) -> None:
    form = await home.choose(await schedule(home, house, bo), "schedule_add")
    menu = await home.fill(form, days=["sunday"], start="18:00:00", end="00:00:00")
    assert placeholder(menu, "schedule") == "- Sunday: 18:00 to 24:00"
    assert (await person(house, bo))["schedule"] == [{"days": [6], "start": "18:00", "end": "24:00"}]


async def test_no_day_is_no_time_at_all(home: Home, house: House, bo: str) -> None:
    form = await home.choose(await schedule(home, house, bo), "schedule_add")
    form = await home.fill(form, days=[], start="18:00:00", end="19:00:00")
    assert form["errors"] == {"days": "no_days"}
    assert suggested(form, "start") == "18:00:00"


async def test_the_same_time_twice_and_nothing_to_take_away_change_nothing(home: Home, house: House, bo: str) -> None:
    week = {"schedule": [{"days": [0], "start": "08:00", "end": "09:00"}]}
    await house.command("users.change", lock="front_door", user_id=bo, changes=week)
    menu, before = await schedule(home, house, bo), house.head
    menu = await home.fill(await home.choose(menu, "schedule_add"), days=["monday"], start="08:00:00", end="09:00:00")
    menu = await home.fill(await home.choose(menu, "schedule_remove"), windows=[])
    assert placeholder(menu, "schedule") == "- Monday: 08:00 to 09:00"
    assert house.head == before


async def test_two_administrators_add_to_the_same_week_and_both_times_stay(home: Home, house: House, bo: str) -> None:
    mine = await home.choose(await schedule(home, house, bo), "schedule_add")
    theirs = await home.choose(await schedule(home, house, bo), "schedule_add")
    await home.fill(theirs, days=["monday"], start="08:00:00", end="09:00:00")
    menu = await home.fill(mine, days=["tuesday"], start="10:00:00", end="11:00:00")
    assert placeholder(menu, "schedule").splitlines() == ["- Monday: 08:00 to 09:00", "- Tuesday: 10:00 to 11:00"]

    remove = await home.choose(menu, "schedule_remove")
    await house.command("users.change", lock="front_door", user_id=bo, changes={"schedule": []})
    await home.until_people(house)
    menu = await home.fill(remove, windows=["0 08:00 09:00"])
    assert placeholder(menu, "schedule") == "At any time, on every day: there is no weekly schedule.", (
        "it is gone already"
    )


async def test_a_week_that_is_full_says_so(home: Home, house: House, bo: str) -> None:
    week = [{"days": [day], "start": f"{hour:02}:00", "end": f"{hour:02}:30"} for day in range(7) for hour in range(4)]
    await house.command("users.change", lock="front_door", user_id=bo, changes={"schedule": week})
    form = await home.choose(await schedule(home, house, bo), "schedule_add")
    form = await home.fill(form, days=["monday"], start="18:00:00", end="19:00:00")
    assert form["errors"] == {"days": "invalid_schedule"}


@pytest.mark.parametrize(
    ("days", "start", "end", "said"),
    [
        ((0, 1, 2, 3, 4, 5, 6), "08:00", "20:00", "Every day: 08:00 to 20:00"),
        ((5, 6), "00:00", "24:00", "Saturday, Sunday: all day"),
        ((1,), "00:00", "00:00", "Tuesday: all day"),
        ((0, 1, 2, 4), "08:00", "08:00", "Monday to Wednesday, Friday: 08:00 to 08:00 on the next day"),
        ((6, 5, 4, 0), "23:00", "24:00", "Monday, Friday to Sunday: 23:00 to 24:00"),
    ],
)
async def test_a_window_in_words(paired: Home, days: tuple[int, ...], start: str, end: str, said: str) -> None:
    assert say_window(paired.hass, ScheduleWindow(days=days, start=start, end=end)) == said


async def validity(home: Home, house: House, user_id: str) -> ConfigFlowResult:
    """The form of her limits, once Home Assistant knows of her."""
    await home.until_people(house)
    return await home.choose(await home.open_person(user_id), "validity")


async def schedule(home: Home, house: House, user_id: str) -> ConfigFlowResult:
    """The menu of her week, once Home Assistant knows of her."""
    await home.until_people(house)
    return await home.choose(await home.open_person(user_id), "schedule")


async def person(house: House, user_id: str) -> dict[str, Any]:
    """A person as the bridge knows her."""
    users = (await house.command("users.list", lock="front_door"))["users"]
    return next(user for user in users if user["id"] == user_id)


def ms(when: datetime) -> int:
    """As the bridge counts it."""
    return round(when.timestamp() * 1000)
