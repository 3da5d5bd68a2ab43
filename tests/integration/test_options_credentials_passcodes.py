"""Passcodes under Configure: typed or made, shown once, replaced and deleted; and the one for duress."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.lock_bridge.wire.words import CredentialType
from tests.integration.dialog import Dialog
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import Home
from tests.integration.house import House, until


@pytest.fixture
async def anna(house: House) -> str:
    """Anna is an administrator at the front door, with a passcode; Ben is there too. Her id."""
    anna = await house.add_person("Anna", "135792", role="administrator")
    await house.command("users.add", lock="front_door", user_name="Ben")
    return anna


@pytest.fixture
async def dialog(anna: str, paired: Home) -> AsyncIterator[Dialog]:
    dialog = Dialog(paired)
    yield dialog
    dialog.stop()


async def passcodes(house: House, name: str, lock: str = "front_door") -> list[tuple[int, bool]]:
    """Numbers of somebody's passcodes, and whether each is for duress."""
    users = (await house.command("users.list", lock=lock))["users"]
    (user,) = (user for user in users if user["name"] == name)
    return [(item["number"], item["duress"]) for item in user["details"] if item["type"] == CredentialType.PIN]


@pytest.mark.spec("APP-2")
async def test_a_passcode_that_is_typed_opens_the_door(dialog: Dialog, house: House) -> None:
    await dialog.open("Ben")
    await dialog.choose("passcode")
    assert dialog.step == "passcode_new"
    assert (dialog.texts["min"], dialog.texts["max"]) == ("6", "10")
    await dialog.submit(passcode="246813")
    assert dialog.step == "person"
    assert "passcode is set" in dialog.notice
    await house.enter("246813")
    await house.bolt("unlocked")


async def test_the_field_is_one_whose_content_is_hidden(dialog: Dialog) -> None:
    await dialog.open("Ben")
    await dialog.choose("passcode")
    (field,) = dialog.browser_gets["data_schema"]
    assert field["selector"]["text"]["type"] == "password"
    assert field["selector"]["text"]["autocomplete"] == "new-password"
    assert not field.get("required")


@pytest.mark.spec("APP-2")
async def test_a_passcode_that_the_bridge_makes_is_shown_once(dialog: Dialog, house: House) -> None:
    await dialog.open("Ben")
    await dialog.choose("passcode")
    await dialog.submit()
    assert dialog.step == "passcode_made"
    made = dialog.value("passcode")
    assert dialog.value("message") == f"Ben's door code for Front door: {made}"
    assert dialog.selector("qr").config["data"] == dialog.value("message")
    assert made in json.dumps(dialog.browser_gets)
    before = dialog.shown
    assert await dialog.look() == before, "a browser that looks again sees the same"
    await dialog.submit(passcode=made, message="")
    assert dialog.step == "person"
    assert made not in json.dumps(dialog.browser_gets)
    flow = dialog.manager._progress[dialog.flow_id]
    assert made not in repr(vars(flow))
    assert made not in repr(dialog.manager.async_progress())
    await house.enter(made)
    await house.bolt("unlocked")


@pytest.mark.spec("CAP-11", "CAP-12")
@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("12", "passcode_length"),
        ("abcdef", "passcode_length"),
        ("123456", "passcode_simple"),
        ("111111", "passcode_simple"),
    ],
)
async def test_a_passcode_that_breaks_a_rule_stays_in_its_field(dialog: Dialog, typed: str, error: str) -> None:
    await dialog.open("Ben")
    await dialog.choose("passcode")
    await dialog.submit(passcode=typed)
    assert (dialog.step, dialog.errors) == ("passcode_new", {"passcode": error})
    assert dialog.value("passcode") == typed
    await dialog.submit(passcode="246813")
    assert dialog.step == "person"


@pytest.mark.parametrize(("typed", "error"), [("135792", "passcode_taken"), ("8135792", "passcode_contains")])
async def test_somebody_elses_passcode_is_refused(dialog: Dialog, typed: str, error: str) -> None:
    await dialog.open("Ben")
    await dialog.choose("passcode")
    await dialog.submit(passcode=typed)
    assert dialog.errors == {"passcode": error}


async def test_a_new_passcode_takes_the_old_ones_place(dialog: Dialog, house: House) -> None:
    (before,) = await passcodes(house, "Anna")
    await dialog.open("Anna")
    await dialog.choose("passcode")
    assert dialog.shown["menu_options"] == ["passcode_new", "passcode_delete", "person"]
    await dialog.choose("passcode_new")
    await dialog.submit(passcode="246813")
    assert await passcodes(house, "Anna") == [before]
    await house.enter("246813")
    await house.bolt("unlocked")


async def test_a_passcode_is_deleted_after_a_question(dialog: Dialog, house: House) -> None:
    await house.add_person("Cleo", "975318", role="administrator")
    await until(lambda: "Cleo" in str(dialog._home.entry.runtime_data.data.people))
    await dialog.open("Anna")
    await dialog.choose("passcode")
    await dialog.choose("passcode_delete")
    assert await passcodes(house, "Anna") != []
    await dialog.submit()
    assert dialog.step == "person"
    assert "deleted" in dialog.notice
    assert await passcodes(house, "Anna") == []


async def test_the_last_administrators_only_passcode_stays(dialog: Dialog, house: House) -> None:
    await dialog.open("Anna")
    await dialog.choose("passcode")
    await dialog.choose("passcode_delete")
    await dialog.submit()
    assert (dialog.step, dialog.errors) == ("passcode_delete", {"base": "last_administrator"})
    assert len(await passcodes(house, "Anna")) == 1


async def test_a_passcode_that_somebody_else_has_just_deleted(dialog: Dialog, house: House, paired: Home) -> None:
    cleo = await house.add_person("Cleo", "975318")
    await until(lambda: paired.entry.runtime_data.person(cleo))
    await dialog.open("Cleo")
    await until(lambda: paired.entry.runtime_data.person(cleo)["front_door"].credentials)
    await dialog.choose("passcode")
    await dialog.choose("passcode_delete")
    await house.command("credentials.clear", lock="front_door", user_id=cleo)
    await until(lambda: not paired.entry.runtime_data.person(cleo)["front_door"].credentials)
    await dialog.submit()
    assert (dialog.step, dialog.errors) == ("person", {})


@pytest.mark.spec("VER-12", "APP-2")
async def test_a_duress_passcode_opens_and_is_another_one(dialog: Dialog, house: House) -> None:
    await dialog.open("Anna")
    await dialog.choose("duress_passcode")
    assert dialog.step == "duress_passcode_new"
    await dialog.submit(passcode="135792")
    assert dialog.errors == {"passcode": "passcode_taken"}
    await dialog.submit(passcode="864203")
    assert dialog.step == "person"
    assert sorted(duress for _, duress in await passcodes(house, "Anna")) == [False, True]
    await house.enter("864203")
    await house.bolt("unlocked")


async def test_a_duress_passcode_is_replaced_and_deleted(dialog: Dialog, house: House) -> None:
    await dialog.open("Anna")
    await dialog.choose("duress_passcode")
    await dialog.submit()
    assert dialog.step == "passcode_made"
    await dialog.submit()
    await dialog.choose("duress_passcode")
    assert dialog.shown["menu_options"] == ["duress_passcode_new", "duress_passcode_delete", "person"]
    await dialog.choose("duress_passcode_delete")
    await dialog.submit()
    assert dialog.step == "person"
    assert [duress for _, duress in await passcodes(house, "Anna")] == [False]


async def test_nothing_of_a_passcode_is_left_in_logs_and_on_the_bus(
    dialog: Dialog, paired: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    paired.hass.bus.async_listen("*", lambda event: told.append(repr(event.data)))
    await dialog.open("Ben")
    await dialog.choose("passcode")
    await dialog.submit(passcode="135792")
    await dialog.submit(passcode="246813")
    await dialog.choose("passcode")
    await dialog.choose("passcode_new")
    await dialog.submit()
    secrets = ["246813", "135792", dialog.value("passcode")]
    await dialog.submit()
    await paired.hass.async_block_till_done()
    assert told
    assert [secret for secret in secrets for said in (*told, caplog.text) if secret in said] == []


@pytest.mark.spec("APP-7")
async def test_the_bridge_is_away(anna: str, far: Home, network: FaultProxy, house: House) -> None:
    dialog = Dialog(far)
    await dialog.open("Ben")
    await dialog.choose("passcode")
    await network.stop()
    await until(lambda: not far.entry.runtime_data.available)
    await dialog.submit(passcode="246813")
    assert dialog.errors == {"base": "not_connected"}
    assert dialog.value("passcode") == "246813", "what was typed stays"
    assert await passcodes(house, "Ben") == []
    await network.start()
    await until(lambda: far.entry.runtime_data.available)
    await dialog.submit(passcode="246813")
    assert dialog.step == "person"
    dialog.close()


async def test_she_is_deleted_while_her_form_is_open(dialog: Dialog, house: House, paired: Home) -> None:
    ben = next(
        user["id"] for user in (await house.command("users.list", lock="front_door"))["users"] if user["name"] == "Ben"
    )
    await dialog.open("Ben")
    await dialog.choose("passcode")
    await house.command("users.delete", user_id=ben)
    await until(lambda: not paired.entry.runtime_data.person(ben))
    await dialog.submit(passcode="246813")
    assert dialog.step == "people"
    assert "Ben" in dialog.notice


async def test_each_of_her_doors_has_its_own(home: Home, tmp_path: Path) -> None:
    house = House(tmp_path / "bridge")
    house.locks["back_door"] = ("Back door", "dl50fvs")
    await house.start()
    try:
        anna = await house.add_person("Anna", "135792", role="administrator")
        await house.command("users.add", lock="back_door", user_id=anna)
        await home.pair(house, port=house.port)
        dialog = Dialog(home)
        await dialog.open("Anna")
        for kind in ("passcode", "duress_passcode"):
            await dialog.choose(kind)
            assert dialog.step == "which_door"
            assert dialog.options("lock") == {"Front door": "front_door", "Back door": "back_door"}
            await dialog.look()
            assert dialog.step == "which_door"
            await dialog.submit(lock="back_door")
            assert (dialog.step, dialog.texts["lock"]) == (f"{kind}_new", "Back door")
            await dialog.submit(passcode={"passcode": "246813", "duress_passcode": "975318"}[kind])
            assert dialog.step == "person"
        assert len(await passcodes(house, "Anna", "back_door")) == 2
        assert len(await passcodes(house, "Anna")) == 1
        dialog.close()
    finally:
        await home.hass.config_entries.async_unload(home.entry.entry_id)
        await house.stop()
