"""What visitors get under Configure: a temporary passcode or a Bluetooth key, shown once."""

import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.options import words
from tests.integration.dialog import Dialog
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import Home
from tests.integration.house import House, until


@pytest.fixture
async def anna(house: House) -> str:
    return await house.add_person("Anna", "135792", role="administrator")


@pytest.fixture
async def dialog(anna: str, paired: Home) -> AsyncIterator[Dialog]:
    await paired.hass.config.async_set_time_zone("Europe/Oslo")
    dialog = Dialog(paired)
    await dialog.open("Anna")
    yield dialog
    dialog.stop()


def visitors(house: House, anna: str) -> list[Any]:
    """What visitors of Anna have at the front door."""
    hers = house.running.bridge.runner("front_door").state.directory.of_user(anna)
    return [item for item in hers if item.temporary or item.type == "ble"]


def typed(**ahead: float) -> str:
    """A time from now, as a browser sends it."""
    return f"{dt_util.now() + timedelta(**ahead):%Y-%m-%d %H:%M:%S}"


@pytest.mark.spec("VER-13")
async def test_it_is_proposed_from_now_until_tonight(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.choose("visitor_passcode")
    begins, ends = dialog.value("valid_from"), dialog.value("valid_until")
    assert abs(datetime.fromisoformat(begins) - dt_util.now().replace(tzinfo=None)) < timedelta(minutes=2)
    assert ends.endswith("23:59:00")
    assert timedelta(hours=1) < datetime.fromisoformat(ends) - datetime.fromisoformat(begins) < timedelta(hours=26)
    await dialog.submit(label=" Plumber ", valid_from=begins, valid_until=ends)
    assert dialog.step == "visitor_passcode_made"
    (item,) = visitors(house, anna)
    assert (item.label, item.uses_left) == ("Plumber", None)
    local = dt_util.as_local(dt_util.utc_from_timestamp(item.valid_until_ms / 1000))
    assert f"{local:%Y-%m-%d %H:%M:%S}" == ends, "by the clock of the house"


@pytest.mark.spec("VER-13", "APP-3")
async def test_the_passcode_is_shown_once_with_a_message_to_hand_on(dialog: Dialog, house: House) -> None:
    await dialog.choose("visitor_passcode")
    await dialog.submit(valid_from=typed(minutes=-1), valid_until=typed(hours=1), uses=2.0)
    made = dialog.value("passcode")
    assert re.fullmatch(r"\d{6}", made)
    message = dialog.value("message")
    assert message.startswith(f"Door code for Front door: {made}. Valid from ")
    assert message.endswith("It opens 2 times.")
    assert dialog.selector("qr").config["data"] == message
    (qr,) = (field for field in dialog.browser_gets["data_schema"] if field["name"] == "qr")
    assert qr["selector"]["qr_code"]["data"] == message
    assert (await dialog.look()) is dialog.shown
    await dialog.submit(passcode=made, message=message)
    assert dialog.step == "person"
    assert made not in json.dumps(dialog.browser_gets)
    assert made not in repr(vars(dialog.manager._progress[dialog.flow_id]))
    await house.enter(made)
    await house.bolt("unlocked")


@pytest.mark.spec("VER-13", "USR-7")
@pytest.mark.parametrize("step", ["visitor_passcode", "bluetooth_key"])
async def test_it_says_that_it_opens_only_when_the_host_may_enter(house: House, paired: Home, step: str) -> None:
    await house.command("settings.set", lock="front_door", changes={"bluetooth": True})
    week = [{"days": [1, 4], "start": "09:00", "end": "12:00"}]
    await house.add_person("Clara", "615203", schedule=week)
    dialog = Dialog(paired)
    await paired.until_people(house)
    await dialog.open("Clara")
    await dialog.choose(step)
    await dialog.submit(label="Plumber", valid_until=typed(hours=1))
    assert dialog.step == f"{step}_made"
    said = "It opens only when Clara may enter. Weekly: Tuesday, Friday: 09:00 to 12:00."
    assert dialog.notice == said
    assert dialog.value("message").endswith(f". {said}")
    dialog.close()


@pytest.mark.spec("VER-13")
async def test_of_a_host_who_may_always_enter_it_says_nothing(dialog: Dialog) -> None:
    await dialog.choose("visitor_passcode")
    await dialog.submit(valid_until=typed(hours=1))
    assert dialog.notice == ""
    assert "only when" not in dialog.value("message")


async def test_nothing_is_made_for_visitors_of_somebody_who_is_switched_off(house: House, paired: Home) -> None:
    clara = await house.add_person("Clara", "615203", enabled=False)
    dialog = Dialog(paired)
    await paired.until_people(house)
    await dialog.open("Clara")
    await dialog.choose("visitor_passcode")
    assert dialog.errors == {"base": "host_switched_off"}
    await dialog.submit(valid_until=typed(hours=1))
    assert (dialog.step, dialog.errors) == ("visitor_passcode", {"base": "host_switched_off"})
    assert visitors(house, clara) == []
    dialog.close()


async def test_without_an_end_and_a_number_a_passcode_opens_once(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.choose("visitor_passcode")
    await dialog.submit(valid_until=typed(hours=1), endless=True)
    assert dialog.value("message").endswith("It opens once.")
    (item,) = visitors(house, anna)
    assert (item.uses_left, item.valid_from_ms, item.valid_until_ms) == (1, None, None)


async def test_the_message_is_in_the_language_of_the_house(
    dialog: Dialog, paired: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def texts(_hass: Any, language: str, _category: str, _domain: str) -> dict[str, str]:
        key = "component.lock_bridge.common.people_share_visitor_passcode"
        return {key: "Kode til {lock}: {secret}."} if language == "nb" else {}

    paired.hass.config.language = "nb"
    monkeypatch.setattr(words, "async_get_cached_translations", texts)
    await dialog.choose("visitor_passcode")
    await dialog.submit(endless=True)
    assert dialog.value("message").strip() == f"Kode til Front door: {dialog.value('passcode')}."


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"valid_until": {"hours": -1}}, {"valid_until": "until_past"}),
        ({"valid_from": {"hours": 3}, "valid_until": {"hours": 2}}, {"valid_until": "invalid_period"}),
    ],
)
async def test_times_that_make_no_sense(
    dialog: Dialog, house: House, anna: str, fields: dict[str, dict[str, float]], errors: dict[str, str]
) -> None:
    times = {name: typed(**ahead) for name, ahead in fields.items()}
    await dialog.choose("visitor_passcode")
    await dialog.submit(label="Plumber", **times)
    assert (dialog.step, dialog.errors) == ("visitor_passcode", errors)
    assert dialog.value("label") == "Plumber"
    assert {name: dialog.value(name) for name in times} == times
    assert visitors(house, anna) == []
    await dialog.submit(label="Plumber", valid_until=typed(hours=2))
    assert dialog.step == "visitor_passcode_made"


async def test_a_label_that_is_none(dialog: Dialog) -> None:
    await dialog.choose("visitor_passcode")
    await dialog.submit(label="x" * 65, endless=True)
    assert list(dialog.errors) == ["label"]


@pytest.mark.spec("VER-14", "APP-3")
async def test_a_bluetooth_key(dialog: Dialog, house: House, anna: str) -> None:
    await house.command("settings.set", lock="front_door", changes={"bluetooth": True})
    await dialog.choose("bluetooth_key")
    await dialog.submit(label="Plumber", endless=True)
    assert dialog.step == "bluetooth_key_made"
    assert dialog.texts["visitor"] == "Plumber"
    key = dialog.value("key")
    assert dialog.value("message") == f"Bluetooth key for Front door: {key}."
    (item,) = visitors(house, anna)
    assert (item.type, item.label, item.uses_left) == ("ble", "Plumber", None), "it goes on until it is deleted"
    assert (await dialog.look()) is dialog.shown
    await dialog.submit()
    assert dialog.step == "person"


async def test_a_bluetooth_key_where_bluetooth_is_off(dialog: Dialog, house: House) -> None:
    await house.command("settings.set", lock="front_door", changes={"bluetooth": False})
    await dialog.choose("bluetooth_key")
    await dialog.submit(endless=True)
    assert (dialog.step, dialog.errors) == ("bluetooth_key", {"base": "bluetooth_off"})


async def test_nothing_of_it_is_left_in_logs_and_on_the_bus(
    dialog: Dialog, house: House, paired: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    paired.hass.bus.async_listen("*", lambda event: told.append(repr(event.data)))
    await house.command("settings.set", lock="front_door", changes={"bluetooth": True})
    await dialog.choose("visitor_passcode")
    await dialog.submit(label="Plumber", endless=True)
    passcode = dialog.value("passcode")
    await dialog.submit()
    await dialog.choose("bluetooth_key")
    await dialog.submit(endless=True)
    key = dialog.value("key")
    await dialog.submit()
    await paired.hass.async_block_till_done()
    assert told
    assert [secret for secret in (passcode, key) for said in (*told, caplog.text) if secret in said] == []


async def test_at_which_of_two_doors(home: Home, house: House, anna: str) -> None:
    await house.stop()
    house.port = 0
    house.locks["back_door"] = ("Back door", "palm6068")
    house.locks["shed"] = ("Shed", "l2s")
    await house.start()
    for lock in ("back_door", "shed"):
        await house.command("users.add", lock=lock, user_id=anna)
    await home.pair(house, port=house.port)
    dialog = Dialog(home)
    await dialog.open("Anna")
    await dialog.choose("bluetooth_key")
    assert dialog.options("lock") == {"Front door": "front_door", "Back door": "back_door"}, "the shed has no Bluetooth"
    await dialog.submit(lock="back_door")
    assert (dialog.step, dialog.texts["lock"]) == ("bluetooth_key", "Back door")
    dialog.close()


async def test_a_door_that_is_taken_away_meanwhile(home: Home, house: House, network: FaultProxy, anna: str) -> None:
    await house.stop()
    house.port = 0
    house.locks["back_door"] = ("Back door", "palm6068")
    await house.start()
    await house.command("users.add", lock="back_door", user_id=anna)
    await home.pair(house, port=network.port)
    dialog = Dialog(home)
    await dialog.open("Anna")
    await dialog.choose("visitor_passcode")
    await dialog.submit(lock="back_door")
    await house.stop()
    house.port = 0
    del house.locks["back_door"]
    await house.start()
    await until(lambda: list(home.entry.runtime_data.data.locks) == ["front_door"], within=60)
    await until(lambda: home.entry.runtime_data.available, within=60)
    await dialog.submit(endless=True)
    assert dialog.step == "people"
    dialog.close()
