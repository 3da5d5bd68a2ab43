"""What must not be known is not known: not from diagnostics, states, events, the log, or what is stored."""

import json
import logging
from typing import Any

import pytest
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.lock_bridge.client import Address, Connection, Pairing, Transport
from custom_components.lock_bridge.wire.words import Scope
from tests.integration.home import LOCK, Home
from tests.integration.house import House

CODE, WRONG = "270413", "918273"


async def test_diagnostics_help_and_tell_no_secret(
    paired: Home, house: House, hass_client: ClientSessionGenerator
) -> None:
    await house.add_person("Anna", CODE)
    await house.enter(CODE)
    await paired.until_state(LOCK, "unlocked")
    assert await async_setup_component(paired.hass, "diagnostics", {})

    told = await get_diagnostics_for_config_entry(paired.hass, hass_client, paired.entry)

    text = json.dumps(told)
    data = paired.entry.data
    for secret in (
        data["token"],
        data["fingerprint"],
        data["client_id"],
        house.bridge_id,
        "127.0.0.1",
        "Anna",
        CODE,
        "SN-",
    ):
        assert secret not in text
    assert told["link"] == {"state": "ready", "problem": None, "read_up_to": house.head}
    managing = ["clients", "credentials", "settings", "users"]
    assert told["bridge"]["scopes"] == sorted(["events", "lock", "state", "unlock", *managing])
    (lock,) = told["locks"]
    assert (lock["id"], lock["profile"], lock["bolt"]) == ("front_door", "palm6068", "unlocked")

    await house.stop()
    await paired.until_state(LOCK, "unavailable")
    told = await get_diagnostics_for_config_entry(paired.hass, hass_client, paired.entry)
    assert told["link"]["state"] == "waiting"
    assert told["link"]["problem"] in ("LockBridgeError", "CannotConnect", "LinkLost")


async def test_a_day_in_the_house_leaves_no_secret_behind(
    home: Home, house: House, caplog: pytest.LogCaptureFixture, hass_storage: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    form = await home.begin(port=house.port)
    pairing_code = await house.open_pairing()
    await home.submit(form, may_unlock=True, code=pairing_code)
    await home.until_state(LOCK, "locked")
    await house.add_person("Anna", CODE)
    await house.enter(WRONG)
    await house.enter(CODE)
    await home.until_state(LOCK, "unlocked")
    await home.call("lock")
    token = home.entry.data["token"]
    await house.command("clients.revoke", client_id=home.entry.data["client_id"])
    await home.until_state(LOCK, "unavailable")
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()

    states = json.dumps([state.as_dict() for state in home.hass.states.async_all()], default=str)
    events = json.dumps([event.as_dict() for event in home.events], default=str)
    stored = json.dumps(
        {key: value for key, value in hass_storage.items() if key != "core.config_entries"}, default=str
    )
    for secret in (pairing_code, token, CODE, WRONG):
        for where in (caplog.text, states, events, stored):
            assert secret not in where


async def test_what_holds_a_token_does_not_show_it(house: House) -> None:
    pairing = Pairing(
        bridge_id="b", client_id="c", scopes=frozenset({Scope.STATE}), fingerprint=bytes(32), token="lb1_secret"
    )
    transport = Transport(None, Address("127.0.0.1", 1), bytes(32))  # type: ignore[arg-type]
    assert "lb1_secret" not in repr(pairing) + repr(Connection(transport, "lb1_secret"))
