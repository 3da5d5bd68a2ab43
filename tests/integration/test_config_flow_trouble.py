"""A bridge that is away, of another version, or in the middle of a word, at each step of each flow: and the way on."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import start_reauth_flow

from custom_components.lock_bridge.config_forms import MANAGING
from custom_components.lock_bridge.const import CONF_MAY_MANAGE, DOMAIN
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home, suggested
from tests.integration.house import House, until
from tests.integration.scripted import ScriptedBridge
from tests.integration.test_config_flow_again import announcement, discover, reauth_form, reconfigure
from tests.integration.test_config_flow_app import app, told

type Begin = Callable[[Home, House, int], Awaitable[ConfigFlowResult]]


async def by_hand(home: Home, _house: House, port: int) -> ConfigFlowResult:
    return await home.begin(port=port)


async def by_zeroconf(home: Home, house: House, port: int) -> ConfigFlowResult:
    return await discover(home.hass, announcement(house.bridge_id, port))


async def by_zeroconf_without_version(home: Home, house: House, port: int) -> ConfigFlowResult:
    return await discover(home.hass, announcement(house.bridge_id, port, api=None))


async def by_app(home: Home, house: House, port: int) -> ConfigFlowResult:
    return await home.submit(await app(home.hass, told(port, id=house.bridge_id)))


@pytest.mark.parametrize("begin", [by_hand, by_zeroconf, by_zeroconf_without_version, by_app])
async def test_a_bridge_that_goes_away_before_the_code_is_sent(
    home: Home, house: House, network: FaultProxy, begin: Begin
) -> None:
    form = await begin(home, house, network.port)
    assert form["step_id"] == "pair"
    code = await house.open_pairing()
    await network.stop()
    form = await home.submit(form, may_unlock=True, may_manage=False, code=code)
    assert form["errors"] == {"base": "cannot_connect"}
    assert (suggested(form, "may_unlock"), suggested(form, "may_manage"), suggested(form, "code")) == (
        True,
        False,
        code,
    )

    await network.start()
    result = await home.submit(form, may_unlock=True, may_manage=False, code=code)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == house.bridge_id


@pytest.mark.parametrize("begin", [by_zeroconf_without_version, by_app])
@pytest.mark.parametrize(("api", "error"), [(2, "bridge_newer"), (0, "bridge_older")])
async def test_a_bridge_that_did_not_announce_its_version_says_it_before_it_is_paired(
    home: Home, house: House, scripted: ScriptedBridge, begin: Begin, api: int, error: str
) -> None:
    scripted.info = f'{{"id": "{house.bridge_id}", "name": "Home", "version": "9", "api": {api}}}'
    scripted.pair_by("12345678", {"token": "t", "client_id": "c", "scopes": []})
    form = await begin(home, house, scripted.port)
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"base": error}


@pytest.mark.parametrize(("api", "error"), [(2, "bridge_newer"), (0, "bridge_older")])
async def test_a_bridge_that_has_another_version_by_the_time_it_is_paired_again(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch, api: int, error: str
) -> None:
    await house.command("clients.revoke", client_id=paired.entry.data["client_id"])
    form = await reauth_form(paired)
    real = house.running.bridge.info
    code = await house.open_pairing()
    with monkeypatch.context() as update:
        update.setattr(house.running.bridge, "info", type(real)(id=real.id, name="Home", version="9", api=api))
        form = await paired.submit(form, may_unlock=True, code=code)
        assert form["errors"] == {"base": error}
        assert await house.clients() == []

    result = await paired.submit(form, may_unlock=True, code=code)
    assert result["reason"] == "reauth_successful"
    await paired.until_state(LOCK, "locked")


@pytest.mark.parametrize(("api", "error"), [(2, "bridge_newer"), (0, "bridge_older")])
async def test_a_bridge_of_another_version_at_the_new_address(
    far: Home, house: House, scripted: ScriptedBridge, api: int, error: str
) -> None:
    scripted.info = f'{{"id": "{house.bridge_id}", "name": "Home", "version": "9", "api": {api}}}'
    form = await reconfigure(far, "address")
    form = await far.submit(form, host="127.0.0.1", port=scripted.port)
    assert form["errors"] == {"base": error}


async def test_a_bridge_that_goes_away_while_it_is_reconfigured(far: Home, house: House, network: FaultProxy) -> None:
    form = await reconfigure(far, "pair_again")
    code = await house.open_pairing()
    await network.stop()
    form = await far.submit(form, may_unlock=False, code=code)
    assert form["errors"] == {"base": "cannot_connect"}
    assert suggested(form, "code") == code

    await network.start()
    result = await far.submit(form, may_unlock=False, code=code)
    assert result["reason"] == "reconfigure_successful"


async def test_a_bridge_that_goes_away_while_it_is_asked_whether_it_is_itself(
    far: Home, house: House, network: FaultProxy
) -> None:
    await house.stop()
    (house.data / "identity.pem").unlink()
    await house.start()
    form = await reauth_form(far)
    assert form["step_id"] == "certificate_changed"
    code = await house.open_pairing()
    await network.stop()
    form = await far.submit(form, may_unlock=True, code=code)
    assert form["step_id"] == "certificate_changed"
    assert form["errors"] == {"base": "cannot_connect"}

    await network.start()
    result = await far.submit(form, may_unlock=True, code=code)
    assert result["reason"] == "reauth_successful"


async def test_a_bridge_that_goes_away_between_its_certificate_and_its_name(
    far: Home, house: House, scripted: ScriptedBridge
) -> None:
    """At the new address something shows another certificate, and says no more."""
    form = await reconfigure(far, "address")
    scripted.hang_up_at("/api/info")
    form = await far.submit(form, host="127.0.0.1", port=scripted.port)
    assert form["errors"] == {"base": "cannot_connect"}
    assert suggested(form, "port") == scripted.port


@pytest.mark.parametrize("path", ["/api/info", "/api/pair/start", "/api/pair/finish"])
async def test_an_answer_that_is_cut_leaves_nothing_half_done(
    home: Home, house: House, scripted: ScriptedBridge, path: str
) -> None:
    scripted.pair_by("12345678", {"token": "t", "client_id": "c", "scopes": []})
    form = await discover(home.hass, announcement("0011223344556677", scripted.port, api=None))
    scripted.hang_up_at(path)
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"base": "cannot_connect"}
    assert home.hass.config_entries.async_entries(DOMAIN) == []


async def test_a_factory_reset_at_the_door_asks_for_the_code_again(paired: Home, house: House) -> None:
    await house.command("lock.factory_reset", lock="front_door")
    form = await reauth_form(paired)
    assert form["step_id"] == "reauth_confirm"
    await paired.until_state(LOCK, "unavailable")

    result = await paired.submit(form, may_unlock=True, code=await house.open_pairing())
    assert result["reason"] == "reauth_successful"
    await until(lambda: paired.state(LOCK).state != "unavailable")


async def test_an_entry_from_before_people_could_be_managed_works_on_without_the_right(
    home: Home, house: House
) -> None:
    entry = await home.pair(house, port=house.port, may_manage=False)
    data: dict[str, Any] = {name: value for name, value in entry.data.items() if name != CONF_MAY_MANAGE}
    home.hass.config_entries.async_update_entry(entry, data=data)
    await home.hass.config_entries.async_reload(entry.entry_id)
    await home.until_state(LOCK, "locked")
    await home.call("unlock")

    form = await reconfigure(home, "pair_again")
    assert suggested(form, "may_unlock") is True
    assert suggested(form, "may_manage") is False
    result = await home.submit(form, may_unlock=True, may_manage=True, code=await house.open_pairing())
    assert result["reason"] == "reconfigure_successful"
    (client,) = await house.clients()
    assert set(client["scopes"]) == {"events", "lock", "state", "unlock", *MANAGING}


async def test_a_reauthentication_that_begins_while_nobody_answers(
    far: Home, house: House, network: FaultProxy
) -> None:
    await network.stop()
    form = await start_reauth_flow(far.hass, far.entry)
    assert form["step_id"] == "reauth_confirm"
    form = await far.submit(form, may_unlock=True, code="12345678")
    assert form["errors"] == {"base": "cannot_connect"}
    await network.start()
    result = await far.submit(form, may_unlock=True, code=await house.open_pairing())
    assert result["reason"] == "reauth_successful"
