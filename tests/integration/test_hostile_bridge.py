"""A bridge that means harm, before it is paired and afterwards: it harms nobody but itself."""

import pytest
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

from tests.integration import scripted as script_of
from tests.integration.home import LOCK, Home
from tests.integration.house import House
from tests.integration.scripted import ScriptedBridge

CODE = "12345678"
GRANT = {"token": "lb1_new", "client_id": "c1", "scopes": ["state", "events", "lock"]}


async def pair_with(
    home: Home, scripted: ScriptedBridge, monkeypatch: pytest.MonkeyPatch, bridge_id: str
) -> ConfigFlowResult:
    """Somebody sets up what calls itself so, by the code that it shows."""
    form = await home.begin(port=scripted.port)
    monkeypatch.setitem(script_of.INFO, "id", bridge_id)
    scripted.pair_by(CODE, GRANT)
    return await home.submit(form, may_unlock=True, code=CODE)


async def test_who_takes_a_bridges_id_gets_neither_its_place_nor_its_token(
    paired: Home, house: House, scripted: ScriptedBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(paired.entry.data)

    result = await pair_with(paired, scripted, monkeypatch, house.bridge_id)

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "other_certificate")
    assert scripted.tokens == [GRANT["token"]]
    assert paired.entry.data == before
    assert paired.state(LOCK).state == "locked"


@pytest.mark.parametrize("more", ["_front", "/person/anna", ".x", "0", ""])
async def test_an_id_that_begins_like_anothers_is_none(
    paired: Home, house: House, scripted: ScriptedBridge, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """`<id>_front` and its lock `door` would have the names of the front door of `<id>`."""
    bridge_id = house.bridge_id + more if more else house.bridge_id.upper() + "_"
    registered = er.async_get(paired.hass).async_get(LOCK)
    with monkeypatch.context() as unchecked:
        unchecked.setattr("custom_components.lock_bridge.wire.pairing._check_device_id", lambda _id: None)
        result = await pair_with(paired, scripted, unchecked, bridge_id)

    assert result["errors"] == {"base": "not_a_bridge"}
    assert er.async_get(paired.hass).async_get(LOCK) == registered
