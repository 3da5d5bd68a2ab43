"""One person at several locks, under Configure."""

from typing import Any

import pytest
from homeassistant.config_entries import ConfigFlowResult

from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import Home, choices, placeholder, suggested
from tests.integration.house import House, until


@pytest.fixture
async def house(house: House) -> House:
    """A house with two doors."""
    house.locks["back_door"] = ("Back door", "palm6068")
    await house.stop()
    await house.start()
    return house


@pytest.mark.spec("USR-10", "APP-2")
async def test_a_new_person_is_put_on_all_locks_unless_some_are_unticked(paired: Home, house: House) -> None:
    form = await paired.fill(await paired.configure("people"), person="add")
    assert choices(form, "locks") == {"front_door": "Front door", "back_door": "Back door"}
    assert suggested(form, "locks") == ["front_door", "back_door"]

    menu = await paired.fill(form, name="Anna", role="administrator", locks=["back_door", "front_door"])
    assert placeholder(menu, "summary").splitlines()[1:] == [
        "- Front door 001: nothing yet",
        "- Back door 001: nothing yet",
    ]
    assert "locks" in menu["menu_options"]

    form = await paired.fill(await paired.choose(menu, "people"), person="add")
    menu = await paired.fill(form, name="Bo", role="user", locks=["back_door"])
    assert placeholder(menu, "summary").splitlines()[1:] == ["- Back door 002: nothing yet"]
    form = await paired.choose(menu, "people")
    assert list(choices(form, "person").values()) == [
        "Anna · administrator · Front door 001: nothing yet · Back door 001: nothing yet",
        "Bo · user · Back door 002: nothing yet",
        "Add a person",
    ]


async def test_a_new_person_needs_a_lock(paired: Home) -> None:
    form = await paired.fill(await paired.configure("people"), person="add")
    form = await paired.fill(form, name="Anna", role="administrator", locks=[])
    assert form["errors"] == {"locks": "no_lock"}
    assert suggested(form, "name") == "Anna"


async def test_administrator_is_offered_while_a_lock_has_none(paired: Home, house: House) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    await paired.until_people(house)
    form = await paired.fill(await paired.configure("people"), person="add")
    assert suggested(form, "role") == "administrator", "the back door has none yet"


@pytest.mark.spec("USR-10")
async def test_a_new_person_who_finds_no_room_at_the_second_lock_is_at_the_first_one_and_that_is_said(
    paired: Home, house: House
) -> None:
    for number in range(50):
        await house.command("users.add", lock="back_door", user_name=f"Guest {number}")
    await paired.until_people(house)
    form = await paired.fill(await paired.configure("people"), person="add")
    form = await paired.fill(form, name="Anna", role="administrator", locks=["front_door", "back_door"])

    assert (form["step_id"], form["errors"]) == ("locks", {"base": "no_slot_left"})
    assert placeholder(form, "lock") == "Back door"
    assert placeholder(form, "notice") == "Anna may open Front door now."
    assert suggested(form, "locks") == ["front_door", "back_door"]
    menu = await paired.fill(form, locks=["front_door"])
    assert placeholder(menu, "summary").splitlines()[1:] == ["- Front door 001: nothing yet"]


@pytest.mark.spec("USR-10")
async def test_locks_are_ticked_and_unticked(paired: Home, house: House) -> None:
    await house.command("users.add", lock="back_door", user_name="Anna", role="administrator")
    bo = await house.add_person("Bo", "281946")
    await house.command("users.add", lock="front_door", user_name="Dora")
    form = await locks(paired, house, bo)
    assert suggested(form, "locks") == ["front_door"]

    menu = await paired.fill(form, locks=["front_door", "back_door"])
    assert [bo in await ids(house, lock) for lock in ("front_door", "back_door")] == [True, True]
    menu = await paired.fill(await paired.choose(menu, "locks"), locks=["back_door"])
    assert [bo in await ids(house, lock) for lock in ("front_door", "back_door")] == [False, True]
    assert placeholder(menu, "summary").splitlines()[1:] == ["- Back door 002: nothing yet"]

    menu = await paired.fill(await paired.choose(menu, "edit"), name="Bobby", role="user", enabled=True)
    assert placeholder(menu, "name") == "Bobby", "what is changed next is changed at a lock that she is on"


async def test_no_lock_at_all_is_what_delete_is_for(paired: Home, house: House) -> None:
    bo = await house.add_person("Bo", "281946")
    form = await paired.fill(await locks(paired, house, bo), locks=[])
    assert form["errors"] == {"locks": "no_lock"}
    assert bo in await ids(house, "front_door")


@pytest.mark.spec("USR-3")
async def test_when_she_cannot_leave_a_lock_it_is_said_what_was_done_before(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", "739146", role="administrator")
    await house.command("users.add", lock="front_door", user_name="Bo")
    form = await paired.fill(await locks(paired, house, anna), locks=["back_door"])

    assert form["errors"] == {"base": "last_administrator"}
    assert placeholder(form, "lock") == "Front door"
    assert placeholder(form, "notice") == "Anna may open Back door now."
    assert suggested(form, "locks") == ["back_door"]
    assert [anna in await ids(house, lock) for lock in ("front_door", "back_door")] == [True, True]

    await house.add_person("Dora", "604917", role="administrator")
    menu = await paired.fill(form, locks=["back_door"])
    assert menu["step_id"] == "person"
    assert [anna in await ids(house, lock) for lock in ("front_door", "back_door")] == [False, True]


async def test_two_administrators_change_her_locks_at_once_and_each_changes_only_what_was_touched(
    paired: Home, house: House
) -> None:
    house.locks["shed"] = ("Shed", "l2s")
    await house.stop()
    await house.start()
    await until(lambda: paired.entry.runtime_data.available)
    bo = await house.add_person("Bo", "281946")
    mine, theirs = await locks(paired, house, bo), await locks(paired, house, bo)

    await paired.fill(theirs, locks=["front_door", "back_door"])
    menu = await paired.fill(mine, locks=["front_door", "shed"])

    lines = placeholder(menu, "summary").splitlines()[1:]
    assert lines == ["- Front door 001: 1 passcode", "- Back door 001: nothing yet", "- Shed: nothing yet"]


@pytest.mark.spec("USR-10")
async def test_who_is_the_last_administrator_of_one_lock_is_deleted_from_none(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", "739146", role="administrator")
    await house.command("users.add", lock="back_door", user_id=anna)
    await house.command("users.add", lock="back_door", user_name="Bo")
    await house.command("users.add", lock="front_door", user_name="Dora", role="administrator")
    await paired.until_people(house)

    menu = await paired.open_person(anna)
    form = await paired.fill(await paired.choose(menu, "delete"))
    assert form["step_id"] == "delete"
    assert form["errors"]["base"] in ("last_administrator", "on_another_lock")
    assert [anna in await ids(house, lock) for lock in ("front_door", "back_door")] == [True, True]

    form = await paired.choose(await paired.open_person(anna), "edit")
    form = await paired.fill(form, name="Anna", role="user", enabled=True)
    assert form["errors"] == {"role": "on_another_lock"}


@pytest.mark.spec("USR-5", "USR-10")
async def test_she_is_deleted_from_all_of_her_locks(paired: Home, house: House) -> None:
    bo = await house.add_person("Bo", "281946")
    await house.command("users.add", lock="back_door", user_id=bo)
    for lock in ("front_door", "back_door"):
        await house.command("users.add", lock=lock, user_name="Anna", role="administrator")
    await paired.until_people(house)

    form = await paired.fill(await paired.choose(await paired.open_person(bo), "delete"))
    assert placeholder(form, "notice") == "Bo was deleted."
    assert bo not in await ids(house, "front_door") | await ids(house, "back_door")


@pytest.mark.spec("APP-7")
async def test_while_the_bridge_is_away_nothing_is_half_done(far: Home, house: House, network: FaultProxy) -> None:
    bo = await house.add_person("Bo", "281946")
    form = await locks(far, house, bo)
    hub = far.entry.runtime_data
    await network.stop()
    await until(lambda: not hub.available)
    form = await far.fill(form, locks=["front_door", "back_door"])
    assert form["errors"] == {"base": "not_connected"}
    assert placeholder(form, "notice") == ""
    assert suggested(form, "locks") == ["front_door", "back_door"]

    await network.start()
    await until(lambda: hub.available)
    assert (await far.fill(form, locks=["front_door", "back_door"]))["step_id"] == "person"


async def test_somebody_who_was_deleted_meanwhile_is_put_on_no_lock(paired: Home, house: House) -> None:
    await house.add_person("Anna", "739146", role="administrator")
    bo = await house.add_person("Bo", "281946")
    form = await locks(paired, house, bo)
    await house.command("users.delete", lock="front_door", user_id=bo)
    form = await paired.fill(form, locks=["front_door", "back_door"])
    assert form["step_id"] == "people"
    assert placeholder(form, "notice").startswith("Bo is no longer there")


async def test_a_lock_that_is_taken_from_the_bridge_while_a_form_is_about_it_leads_back_to_the_list(
    paired: Home, house: House
) -> None:
    bo = await house.add_person("Bo", "281946")
    await house.command("users.add", lock="back_door", user_id=bo)
    await paired.until_people(house)
    form = await paired.choose(await paired.open_person(bo), "passcode")
    form = await paired.fill(form, lock="back_door")
    assert form["step_id"] == "passcode_new"

    del house.locks["back_door"]
    await house.stop()
    await house.start()
    await until(lambda: paired.entry.runtime_data.available and "back_door" not in paired.entry.runtime_data.data.locks)
    form = await paired.fill(form, passcode="604917")
    assert form["step_id"] == "people"
    assert placeholder(form, "notice") == "This lock is no longer at the bridge."


async def locks(home: Home, house: House, user_id: str) -> ConfigFlowResult:
    """The form of her locks, once Home Assistant knows of her."""
    await home.until_people(house)
    return await home.choose(await home.open_person(user_id), "locks")


async def ids(house: House, lock: str) -> set[Any]:
    """Who is on a lock."""
    return {user["id"] for user in (await house.command("users.list", lock=lock))["users"]}
