"""What must not be known is not known: not from diagnostics, states, events, the log, or what is stored."""

import json
import logging
from typing import Any

import pytest

from custom_components.lock_bridge.client import Address, Connection, Pairing, Transport
from custom_components.lock_bridge.wire.words import Scope
from tests.integration.home import LOCK, Home
from tests.integration.house import House

CODE, WRONG = "270413", "918273"


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
