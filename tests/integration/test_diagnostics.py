"""Diagnostics help to find a fault, and name nobody and nothing that is secret: they are sent to strangers."""

import json
from dataclasses import fields
from typing import Any

from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.diagnostics import OF_A_LOCK, WITHHELD
from custom_components.lock_bridge.wire.model import LockSnapshot
from tests.integration.home import LOCK, Home
from tests.integration.house import House

CODE, DURESS = "270413", "918273"
MANAGING = ("clients", "credentials", "settings", "users")


async def test_the_entrys_tell_of_the_link_the_bridge_and_its_locks(
    paired: Home, house: House, hass_client: ClientSessionGenerator
) -> None:
    anna = await _people(house)
    await house.enter(CODE)
    await paired.until_state(LOCK, "unlocked")
    assert await async_setup_component(paired.hass, "diagnostics", {})

    told: dict[str, Any] = dict(await get_diagnostics_for_config_entry(paired.hass, hass_client, paired.entry))

    _names_nobody(paired, house, told, anna)
    assert told["entry"] == {"port": house.port, "may_unlock": True, "may_manage": True}
    assert told["link"] == {"state": "ready", "problem": None}
    assert told["bridge"]["scopes"] == sorted(["events", "lock", "state", "unlock", *MANAGING])
    assert told["bridge"]["status"]["store_healthy"] is True
    assert told["people"] == 2
    (lock,) = told["locks"]
    assert (lock["profile"], lock["bolt"], lock["enrolment"]) == ("palm6068", "unlocked", None)
    # The duress passcode is not among them, so that nobody can reckon that there is one (VER-12).
    assert lock["credentials"] == {"pin": 2}

    await house.stop()
    await paired.until_state(LOCK, "unavailable")
    told = dict(await get_diagnostics_for_config_entry(paired.hass, hass_client, paired.entry))
    assert told["link"]["state"] == "waiting"
    assert told["link"]["problem"] in ("LockBridgeError", "CannotConnect", "LinkLost")


async def test_a_devices_tell_of_that_lock_or_person(
    paired: Home, house: House, hass_client: ClientSessionGenerator
) -> None:
    anna = await _people(house)
    await house.command("credentials.enrol", lock="front_door", user_id=anna, type="fingerprint")
    await paired.hass.async_block_till_done()
    assert await async_setup_component(paired.hass, "diagnostics", {})

    async def told_of(device: DeviceEntry | None) -> dict[str, Any]:
        assert device is not None
        told: dict[str, Any] = dict(await get_diagnostics_for_device(paired.hass, hass_client, paired.entry, device))
        _names_nobody(paired, house, told, anna)
        return told

    of_lock = await told_of(paired.device("front_door"))
    assert of_lock["lock"]["credentials"] == {"pin": 2}
    assert of_lock["lock"]["enrolment"] == {"type": "fingerprint", "status": "started"}
    of_person = await told_of(_person(paired, anna))
    assert of_person["person"] == {"locks": 1, "credentials": {"pin": 1}}
    of_bridge = await told_of(paired.device(None))
    assert set(of_bridge) == {"entry", "link", "bridge"}


def test_somebody_has_thought_about_each_thing_that_a_lock_tells() -> None:
    assert OF_A_LOCK.isdisjoint(WITHHELD)
    assert {field.name for field in fields(LockSnapshot)} == OF_A_LOCK | WITHHELD


async def _people(house: House) -> str:
    """Anna, who has a duress passcode, a schedule and a visitor; and Bert. Her id."""
    anna = await house.add_person("Anna", CODE)
    await house.command("credentials.set_passcode", lock="front_door", user_id=anna, passcode=DURESS, duress=True)
    bert = await house.add_person("Bert", "385526")
    schedule = [{"days": [0, 2], "start": "07:41", "end": "16:19"}]
    await house.command("users.change", lock="front_door", user_id=bert, changes={"schedule": schedule})
    return anna


def _person(home: Home, user_id: str) -> DeviceEntry:
    key = (DOMAIN, f"{home.entry.data['bridge_id']}/person/{user_id}")
    device = dr.async_get(home.hass).async_get_device_by_identifier(key, home.entry.entry_id)
    assert device is not None
    return device


def _names_nobody(home: Home, house: House, told: dict[str, Any], user_id: str) -> None:
    text = json.dumps(told)
    data = home.entry.data
    secrets = (data["token"], data["fingerprint"], data["client_id"], house.bridge_id, CODE, DURESS, user_id, "SN-")
    names = ("127.0.0.1", "Anna", "Bert", "Front door", "front_door", "test home")
    for hidden in (*secrets, *names, "07:41", "duress", "schedule", "refused", "label"):
        assert hidden not in text, hidden
