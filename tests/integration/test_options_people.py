"""People under Configure: the list, a new person, her menu, her name and role, and her end."""

import asyncio
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import SelectSelectorMode

from custom_components.lock_bridge import config_forms
from custom_components.lock_bridge.wire.words import Scope
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import Home, choices, placeholder, suggested
from tests.integration.house import House, until


@pytest.fixture
async def in_oslo(home: Home) -> None:
    """The house has a time of its own."""
    await home.hass.config.async_set_time_zone("Europe/Oslo")


async def test_a_bridge_without_people_says_so_and_offers_to_add_one(paired: Home, house: House) -> None:
    form = await open_people(paired, house)

    assert choices(form, "person") == {"add": "Add a person"}
    assert suggested(form, "person") == "add"
    assert placeholder(form, "notice") == "Nobody has been added yet."


@pytest.mark.spec("APP-2", "USR-2")
async def test_the_list_names_everybody_with_number_role_and_what_she_has(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946", enabled=False)
    cleaner = await house.add_person("Cleaner", "604917", uses_left=3)
    await house.command("credentials.set_passcode", lock="front_door", user_id=bo, passcode="518294", duress=True)
    await house.command("credentials.create_temporary", lock="front_door", user_id=anna, label="Plumber", uses=1)
    dora = str((await house.command("users.add", lock="front_door", user_name="Dora"))["user_id"])

    form = await open_people(paired, house)

    assert choices(form, "person") == {
        anna: "001 Anna · administrator · 1 passcode, 1 visitor's passcode",
        bo: "002 Bo · user · 1 passcode · switched off",
        cleaner: "003 Cleaner · user · 1 passcode · limited",
        dora: "004 Dora · user · nothing yet",
        "add": "Add a person",
    }
    assert placeholder(form, "notice") == ""


async def test_a_long_list_can_be_searched(paired: Home, house: House) -> None:
    for number in range(12):
        await house.command("users.add", lock="front_door", user_name=f"Guest {number}")
    assert mode(await open_people(paired, house)) == SelectSelectorMode.LIST

    await house.command("users.add", lock="front_door", user_name="One more")
    assert mode(await open_people(paired, house)) == SelectSelectorMode.DROPDOWN


@pytest.mark.spec("USR-2")
async def test_the_first_person_is_offered_to_be_administrator_and_the_next_one_not(paired: Home, house: House) -> None:
    form = await paired.fill(await open_people(paired, house), person="add")
    assert suggested(form, "role") == "administrator"
    assert {str(key) for key in schema(form)} == {"name", "role"}, "there is one lock alone"

    menu = await paired.fill(form, name=" Anna ", role="administrator")
    assert menu["step_id"] == "person"
    assert placeholder(menu, "name") == "Anna"
    assert placeholder(menu, "summary").splitlines() == [
        "- Administrator: may enter always, and open the menu at the door",
        "- Front door 001: nothing yet",
    ]

    form = await paired.fill(await paired.choose(menu, "people"), person="add")
    assert suggested(form, "role") == "user"


async def test_a_menu_offers_what_the_lock_and_the_role_have(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", "739146", role="administrator")
    bo = str((await house.command("users.add", lock="front_door", user_name="Bo"))["user_id"])

    credentials = ["passcode", "duress_passcode", "enrol", "visitor_passcode", "bluetooth_key"]
    menu = await open_person(paired, house, anna)
    assert menu["menu_options"] == ["edit", *credentials, "credentials", "delete", "people", "done"]
    menu = await open_person(paired, house, bo)
    assert menu["menu_options"] == ["edit", "validity", "schedule", *credentials, "delete", "people", "done"]


@pytest.mark.spec("USR-8")
async def test_a_lock_without_bluetooth_keys_and_numbers_offers_and_shows_none(home: Home, house: House) -> None:
    house.locks = {"shed": ("Shed", "l2s")}
    await house.stop()
    await house.start()
    await home.pair(house, port=house.port)
    anna = str((await house.command("users.add", lock="shed", user_name="Anna", role="administrator"))["user_id"])

    form = await open_people(home, house)
    assert choices(form, "person")[anna] == "Anna · administrator · nothing yet"
    menu = await home.fill(form, person=anna)
    assert menu["menu_options"] == [
        "edit",
        "passcode",
        "duress_passcode",
        "enrol",
        "visitor_passcode",
        "delete",
        "people",
        "done",
    ]


@pytest.mark.usefixtures("in_oslo")
async def test_her_menu_tells_all_that_is_to_be_known_of_her(paired: Home, house: House) -> None:
    bo = await house.add_person("Bo", "281946", valid_from_ms=1_700_000_000_000, uses_left=5)
    await house.command("credentials.set_passcode", lock="front_door", user_id=bo, passcode="518294", duress=True)
    week = [{"days": [0, 1, 2, 3, 4], "start": "08:00", "end": "17:00"}]
    await house.command("users.change", lock="front_door", user_id=bo, changes={"enabled": False, "schedule": week})

    assert placeholder(await open_person(paired, house, bo), "summary").splitlines() == [
        "- Ordinary user",
        "- Switched off: nothing opens a door",
        "- From 14 November 2023, 23:13",
        "- 5 entries left",
        "- Weekly: Monday to Friday: 08:00 to 17:00",
        "- Front door 001: 1 passcode",
        "- A passcode or finger for duress at Front door",
    ]


async def test_her_menu_tells_when_she_came_in_last_and_that_her_entries_are_used_up(
    paired: Home, house: House
) -> None:
    bo = await house.add_person("Bo", "281946", uses_left=1)
    await house.enter("281946")
    hub = paired.entry.runtime_data
    await until(lambda: hub.last_entries.of_person(bo) and hub.person(bo)["front_door"].uses_left == 0)

    lines = placeholder(await open_person(paired, house, bo), "summary").splitlines()
    assert "- No entries left" in lines
    assert lines[-1].startswith("- Last entry: ")
    assert lines[-1].endswith(", Front door")
    assert choices(await open_people(paired, house), "person")[bo].endswith(" · used up")


async def test_what_only_a_newer_bridge_knows_is_shown_as_it_came(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo = await house.add_person("Bo", "281946")
    person = paired.entry.runtime_data.person(bo)["front_door"]
    newer = {"role": "caretaker", "credentials": {"voice": (1, 2)}}
    of_a_newer_bridge = type(person)(**{name: getattr(person, name) for name in person.__slots__} | newer)
    monkeypatch.setattr(type(paired.entry.runtime_data), "person", lambda _hub, _id: {"front_door": of_a_newer_bridge})

    assert choices(await open_people(paired, house), "person")[bo] == "001 Bo · caretaker · 2 voice"
    assert placeholder(await open_person(paired, house, bo), "summary").startswith("- caretaker\n")


@pytest.mark.spec("APP-2", "USR-1")
async def test_name_role_and_whether_she_may_enter_are_changed(paired: Home, house: House) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946")

    form = await paired.choose(await open_person(paired, house, bo), "edit")
    assert [suggested(form, name) for name in ("name", "role", "enabled")] == ["Bo", "user", True]
    menu = await paired.fill(form, name="Bo B.", role="administrator", enabled=False)

    assert menu["step_id"] == "person"
    assert placeholder(menu, "name") == "Bo B."
    user = await person(house, bo)
    assert (user["name"], user["role"], user["enabled"]) == ("Bo B.", "administrator", False)


async def test_nothing_is_sent_when_nothing_was_changed(paired: Home, house: House) -> None:
    bo = await house.add_person("Bo", "281946")
    form = await paired.choose(await open_person(paired, house, bo), "edit")
    before = house.head

    menu = await paired.fill(form, name="Bo", role="user", enabled=True)

    assert menu["step_id"] == "person"
    assert house.head == before


async def test_two_administrators_edit_at_once_and_each_changes_only_what_was_touched(
    paired: Home, house: House
) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946")
    mine = await paired.choose(await open_person(paired, house, bo), "edit")
    theirs = await paired.choose(await open_person(paired, house, bo), "edit")

    await paired.fill(theirs, name="Bo", role="user", enabled=False)
    await paired.fill(mine, name="Bobby", role="user", enabled=True)

    user = await person(house, bo)
    assert (user["name"], user["enabled"]) == ("Bobby", False)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "two\nlines"])
async def test_what_is_no_name_is_refused_at_the_name_and_stays_in_the_form(
    paired: Home, house: House, name: str
) -> None:
    bo = await house.add_person("Bo", "281946")
    form = await paired.choose(await open_person(paired, house, bo), "edit")
    form = await paired.fill(form, name=name, role="user", enabled=True)
    assert form["errors"] == {"name": "invalid_name"}
    assert suggested(form, "name") == name
    assert (await paired.fill(form, name="Bo B.", role="user", enabled=True))["step_id"] == "person"

    form = await paired.fill(await open_people(paired, house), person="add")
    form = await paired.fill(form, name=name, role="user")
    assert (form["step_id"], form["errors"]) == ("add_person", {"name": "invalid_name"})
    assert suggested(form, "name") == name


async def test_a_name_that_somebody_has_is_refused_where_it_is_typed(paired: Home, house: House) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946")

    form = await paired.fill(await open_people(paired, house), person="add")
    form = await paired.fill(form, name=" anna ", role="user")
    assert (form["step_id"], form["errors"]) == ("add_person", {"name": "name_taken"})
    assert placeholder(form, "taken") == "anna"
    assert (await paired.fill(form, name="Anna B.", role="user"))["step_id"] == "person"

    form = await paired.choose(await open_person(paired, house, bo), "edit")
    form = await paired.fill(form, name="Anna", role="user", enabled=True)
    assert (form["step_id"], form["errors"]) == ("edit", {"name": "name_taken"})
    assert placeholder(form, "name") == "Bo"
    assert (await paired.fill(form, name="BO", role="user", enabled=True))["step_id"] == "person"
    assert (await person(house, bo))["name"] == "BO"


async def test_two_of_one_name_from_the_keypad_can_be_changed_otherwise(paired: Home, house: House) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    other = await house.add_person("Anna", "281946")
    form = await paired.choose(await open_person(paired, house, other), "edit")
    assert (await paired.fill(form, name="Anna", role="user", enabled=False))["step_id"] == "person"
    assert (await person(house, other))["enabled"] is False


@pytest.mark.spec("USR-3")
async def test_the_last_administrator_stays_one_and_stays(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", "739146", role="administrator")
    await house.add_person("Bo", "281946")

    form = await paired.choose(await open_person(paired, house, anna), "edit")
    form = await paired.fill(form, name="Anna", role="user", enabled=True)
    assert form["errors"] == {"role": "last_administrator"}
    assert placeholder(form, "lock") == "Front door"
    assert suggested(form, "role") == "user"
    form = await paired.fill(form, name="Anna", role="administrator", enabled=False)
    assert form["errors"] == {"role": "last_administrator"}

    form = await paired.fill(await paired.choose(await open_person(paired, house, anna), "delete"))
    assert (form["step_id"], form["errors"]) == ("delete", {"base": "last_administrator"})
    assert (await person(house, anna))["enabled"]


@pytest.mark.spec("USR-7")
async def test_who_is_limited_becomes_no_administrator_until_the_limits_are_gone(paired: Home, house: House) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946", uses_left=3)
    form = await paired.choose(await open_person(paired, house, bo), "edit")
    form = await paired.fill(form, name="Bo", role="administrator", enabled=True)
    assert form["errors"] == {"role": "administrator_unlimited"}


async def test_a_full_lock_says_how_many_it_takes(paired: Home, house: House) -> None:
    for number in range(50):
        await house.command("users.add", lock="front_door", user_name=f"Guest {number}")
    form = await paired.fill(await open_people(paired, house), person="add")
    form = await paired.fill(form, name="One more", role="user")
    assert form["errors"] == {"base": "no_slot_left"}
    assert placeholder(form, "limit") == "50"
    assert suggested(form, "name") == "One more"


@pytest.mark.spec("USR-5", "APP-2")
async def test_a_person_is_deleted_after_one_more_question(paired: Home, house: House) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946")

    form = await paired.choose(await open_person(paired, house, bo), "delete")
    assert placeholder(form, "name") == "Bo"
    assert await person(house, bo)
    form = await paired.fill(form)

    assert form["step_id"] == "people"
    assert placeholder(form, "notice") == "Bo was deleted."
    assert bo not in choices(form, "person")
    assert not await person(house, bo)


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("edit", {"name": "Bobby", "role": "user", "enabled": True}),
        ("validity", {"period": "always", "uses_left": 2}),
        ("schedule_add", {"days": ["monday"], "start": "08:00:00", "end": "09:00:00"}),
        ("schedule_remove", {"windows": ["0 10:00 11:00"]}),
        ("schedule_clear", {}),
        ("delete", {}),
    ],
)
async def test_somebody_who_was_deleted_at_the_keypad_meanwhile_is_no_longer_there(
    paired: Home, house: House, step: str, fields: dict[str, Any]
) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946", schedule=[{"days": [0], "start": "10:00", "end": "11:00"}])
    form = await open_person(paired, house, bo)
    if step.startswith("schedule"):
        form = await paired.choose(form, "schedule")
    form = await paired.choose(form, step)

    await house.command("users.delete", lock="front_door", user_id=bo)
    form = await paired.fill(form, **fields)

    assert form["step_id"] == "people"
    assert placeholder(form, "notice") == "Bo is no longer there: somebody has deleted this person meanwhile."
    assert bo not in choices(form, "person")


async def test_somebody_is_deleted_while_her_change_is_on_its_way(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo = await house.add_person("Bo", "281946")
    await house.add_person("Anna", "739146")
    form = await paired.choose(await open_person(paired, house, bo), "edit")
    connection = paired.entry.runtime_data.connection
    send = connection.command

    async def late(name: str, **args: Any) -> Any:
        await house.command("users.delete", lock="front_door", user_id=bo)
        return await send(name, **args)

    monkeypatch.setattr(connection, "command", late)
    form = await paired.fill(form, name="Bobby", role="user", enabled=True)
    assert form["step_id"] == "people"
    assert placeholder(form, "notice").startswith("Bo is no longer there")


async def test_somebody_is_deleted_while_her_menu_or_the_list_is_open(paired: Home, house: House) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946")
    people, menu = await open_people(paired, house), await open_person(paired, house, bo)
    await house.command("users.delete", lock="front_door", user_id=bo)
    await paired.until_people(house)

    form = await paired.choose(menu, "schedule")
    assert form["step_id"] == "people"
    assert placeholder(form, "notice").startswith("Bo is no longer there")
    form = await paired.fill(people, person=bo)
    assert form["step_id"] == "people"
    assert "no longer there" in placeholder(form, "notice")


CHANGES = [
    ("edit", {"name": "Bobby", "role": "user", "enabled": True}),
    ("validity", {"period": "always", "uses_left": 2}),
    ("schedule_add", {"days": ["monday"], "start": "08:00:00", "end": "09:00:00"}),
    ("schedule_remove", {"windows": ["0 10:00 11:00"]}),
    ("schedule_clear", {}),
    ("delete", {}),
]


@pytest.mark.spec("APP-7")
@pytest.mark.parametrize(("step", "fields"), CHANGES)
async def test_while_the_bridge_is_away_a_form_says_so_and_goes_on_when_it_is_back(
    far: Home, house: House, network: FaultProxy, step: str, fields: dict[str, Any]
) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946", schedule=[{"days": [0], "start": "10:00", "end": "11:00"}])
    form = await open_person(far, house, bo)
    if step.startswith("schedule"):
        form = await far.choose(form, "schedule")
    form = await far.choose(form, step)

    hub = far.entry.runtime_data
    await network.stop()
    await until(lambda: not hub.available)
    form = await far.fill(form, **fields)
    assert (form["step_id"], form["errors"]) == (step, {"base": "not_connected"})
    for name, value in fields.items():
        assert suggested(form, name) == value

    await network.start()
    await until(lambda: hub.available)
    result = await far.fill(form, **fields)
    assert result["step_id"] in ("person", "schedule", "people")
    assert not result.get("errors")


async def test_when_the_answer_is_lost_it_says_to_look_before_trying_again(
    far: Home, house: House, network: FaultProxy
) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946")
    form = await far.choose(await open_person(far, house, bo), "edit")
    hub = far.entry.runtime_data
    network.stall()
    sending = asyncio.create_task(far.fill(form, name="Bobby", role="user", enabled=True))
    await until(lambda: hub.connection._commands._waiting)
    network.cut()

    form = await sending
    assert form["errors"] == {"base": "no_answer_to_change"}
    assert suggested(form, "name") == "Bobby"
    network.flow()
    await until(lambda: hub.available)
    assert placeholder(await far.fill(form, name="Bobby", role="user", enabled=True), "name") == "Bobby"


async def test_while_the_bridge_is_away_lists_and_menus_say_so(far: Home, house: House, network: FaultProxy) -> None:
    bo = await house.add_person("Bo", "281946")
    await until(lambda: far.entry.runtime_data.person(bo))
    await network.stop()
    await until(lambda: not far.entry.runtime_data.available)

    form = await far.configure("people")
    assert placeholder(form, "notice").startswith("The bridge does not answer now.")
    menu = await far.fill(form, person=bo)
    assert placeholder(menu, "notice").startswith("The bridge does not answer now.")
    form = await far.fill(await far.choose(menu, "people"), person="add")
    form = await far.fill(form, name="Dora", role="user")
    assert form["errors"] == {"base": "not_connected"}
    assert placeholder(form, "notice") == "", "once is enough"
    assert suggested(form, "name") == "Dora"


async def test_a_bridge_that_is_not_set_up_now_ends_the_flow_with_the_reason(paired: Home, house: House) -> None:
    menu = await paired.configure()
    await house.stop()
    await paired.hass.config_entries.async_reload(paired.entry.entry_id)
    assert paired.entry.state is ConfigEntryState.SETUP_RETRY

    result = await paired.choose(menu, "people")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert (await paired.configure())["reason"] == "not_loaded"


async def test_without_the_right_there_is_nothing_about_people_and_the_menu_says_how_to_get_it(
    home: Home, house: House
) -> None:
    await home.pair(house, port=house.port, may_manage=False)
    menu = await home.configure()
    assert menu["menu_options"] == ["lock_code"]
    assert "choose Reconfigure" in placeholder(menu, "notice")


async def test_with_the_right_to_people_alone_nothing_about_credentials_is_offered(
    home: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_forms, "MANAGING", frozenset({Scope.USERS}))
    await home.pair(house, port=house.port)
    bo = await house.add_person("Bo", "281946")
    menu = await open_person(home, house, bo)
    assert menu["menu_options"] == ["edit", "validity", "schedule", "delete", "people", "done"]


async def test_a_right_that_was_taken_away_meanwhile_is_asked_for(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo = await house.add_person("Bo", "281946")
    form = await paired.choose(await open_person(paired, house, bo), "edit")
    connection = paired.entry.runtime_data.connection
    send = connection.command

    async def without(name: str, **args: Any) -> Any:
        # A command of another scope than this client has is what the bridge refuses.
        return await send(
            "pairing.open" if name == "users.change" else name, **({} if name == "users.change" else args)
        )

    monkeypatch.setattr(connection, "command", without)
    form = await paired.fill(form, name="Bobby", role="user", enabled=True)
    assert form["errors"] == {"base": "not_allowed"}
    assert suggested(form, "name") == "Bobby"


async def test_a_lock_that_is_no_longer_at_the_bridge_can_no_longer_be_chosen(paired: Home, house: House) -> None:
    house.locks["shed"] = ("Shed", "l2s")
    await house.stop()
    await house.start()
    hub = paired.entry.runtime_data
    await until(lambda: hub.available and "shed" in hub.data.locks)
    form = await paired.fill(await open_people(paired, house), person="add")

    del house.locks["shed"]
    await house.stop()
    await house.start()
    await until(lambda: hub.available and "shed" not in hub.data.locks)
    form = await paired.fill(form, name="Anna", role="administrator", locks=["shed"])
    assert form["errors"] == {"base": "no_lock"}
    assert "locks" not in schema(form), "there is one left"


async def test_done_closes_the_dialog_and_loads_nothing_anew(paired: Home, house: House) -> None:
    bo = await house.add_person("Bo", "281946")
    hub = paired.entry.runtime_data
    result = await paired.choose(await open_person(paired, house, bo), "done")
    await paired.hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert paired.entry.options == {}
    assert paired.entry.runtime_data is hub


async def open_people(home: Home, house: House) -> ConfigFlowResult:
    """The list, once Home Assistant knows of everybody."""
    await home.until_people(house)
    return await home.configure("people")


async def open_person(home: Home, house: House, user_id: str) -> ConfigFlowResult:
    """Her menu, once Home Assistant knows of her."""
    await home.until_people(house)
    return await home.open_person(user_id)


async def person(house: House, user_id: str, lock: str = "front_door") -> dict[str, Any]:
    """A person as the bridge knows her; nothing if she is not there."""
    users = (await house.command("users.list", lock=lock))["users"]
    return next((user for user in users if user["id"] == user_id), {})


def schema(form: ConfigFlowResult) -> dict[Any, Any]:
    """The fields of a form."""
    assert form["data_schema"] is not None
    fields: dict[Any, Any] = form["data_schema"].schema
    return fields


def mode(form: ConfigFlowResult) -> str:
    """How the list of people is shown."""
    (selector,) = schema(form).values()
    return str(selector.config["mode"])
