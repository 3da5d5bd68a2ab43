"""Bridges that are found, that move, that forget Home Assistant, or that are no longer themselves."""

from ipaddress import ip_address
from typing import Any

import pytest
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_ZEROCONF,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry, start_reauth_flow

from custom_components.lock_bridge.const import DOMAIN
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home, suggested
from tests.integration.house import House, until
from tests.integration.scripted import ScriptedBridge


def announcement(bridge_id: str | None, port: int | None, **properties: Any) -> ZeroconfServiceInfo:
    """What zeroconf tells of a bridge."""
    told = {"id": bridge_id, "api": "1", "name": "Home", **properties}
    return ZeroconfServiceInfo(
        ip_address=ip_address("127.0.0.1"),
        ip_addresses=[ip_address("127.0.0.1")],
        hostname="lock-bridge-1.local.",
        name="lock-bridge-1._lock-bridge._tcp.local.",
        port=port,
        type="_lock-bridge._tcp.local.",
        properties={name: value for name, value in told.items() if value is not None},
    )


async def discover(hass: HomeAssistant, info: ZeroconfServiceInfo) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_ZEROCONF}, data=info)


async def test_a_bridge_is_found_and_set_up(home: Home, house: House) -> None:
    form = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert form["step_id"] == "pair"
    (flow,) = home.hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "Home"}
    assert flow["context"]["unique_id"] == house.bridge_id

    result = await home.submit(form, may_unlock=True, code=await house.open_pairing())
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == house.bridge_id


async def test_a_bridge_without_a_name_is_called_by_its_host(home: Home, house: House) -> None:
    form = await discover(home.hass, announcement(house.bridge_id, house.port, name=None, api="x"))
    assert form["description_placeholders"]["name"] == "lock-bridge-1"


async def test_found_twice_is_asked_once(home: Home, house: House) -> None:
    await discover(home.hass, announcement(house.bridge_id, house.port))
    result = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert result["reason"] == "already_in_progress"


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (announcement(None, 1), "not_a_bridge"),
        (announcement("0011223344556677", None), "not_a_bridge"),
        (announcement("0011223344556677", 1, api="2"), "bridge_newer"),
        (announcement("0011223344556677", 1, api="0"), "bridge_older"),
    ],
)
async def test_what_is_found_and_of_no_use(home: Home, info: ZeroconfServiceInfo, reason: str) -> None:
    result = await discover(home.hass, info)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_a_bridge_that_was_ignored_stays_so(home: Home, house: House) -> None:
    MockConfigEntry(domain=DOMAIN, source=SOURCE_IGNORE, unique_id=house.bridge_id).add_to_hass(home.hass)
    result = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert result["reason"] == "already_configured"


async def test_a_bridge_that_moved_is_followed_once_it_has_shown_its_certificate(
    far: Home, house: House, network: FaultProxy, scripted: ScriptedBridge
) -> None:
    entry = far.entry
    # Somebody announces the bridge elsewhere while it is connected: no reason to go there.
    assert (await discover(far.hass, announcement(house.bridge_id, house.port)))["reason"] == "already_configured"
    assert entry.data["port"] == network.port

    await network.stop()
    await far.until_state(LOCK, "unavailable")
    # Somebody announces it where something with another certificate answers, and where nobody does.
    for port in (scripted.port, network.port):
        await discover(far.hass, announcement(house.bridge_id, port))
        assert entry.data["port"] == network.port

    result = await discover(far.hass, announcement(house.bridge_id, house.port))
    assert result["reason"] == "already_configured"
    assert entry.data["port"] == house.port
    await far.until_state(LOCK, "locked")


async def test_a_token_taken_back_asks_for_the_code_again(paired: Home, house: House) -> None:
    before = dict(paired.entry.data)
    await house.command("clients.revoke", client_id=before["client_id"])
    form = await reauth_form(paired)
    assert form["step_id"] == "reauth_confirm"
    await paired.until_state(LOCK, "unavailable")

    code = await house.open_pairing()
    form = await paired.submit(form, may_unlock=False, code=f"{(int(code) + 1) % 10**8:08}")
    assert form["errors"] == {"code": "wrong_code"}
    result = await paired.submit(form, may_unlock=True, code=code)

    assert result["reason"] == "reauth_successful"
    assert paired.entry.data["token"] != before["token"]
    await paired.until_state(LOCK, "locked")
    assert len(await house.clients()) == 1


async def test_a_token_taken_back_while_home_assistant_was_off(paired: Home, house: House) -> None:
    entry = paired.entry
    await paired.hass.config_entries.async_unload(entry.entry_id)
    await house.command("clients.revoke", client_id=entry.data["client_id"])
    await paired.hass.config_entries.async_setup(entry.entry_id)

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "unauthorized"
    assert (await reauth_form(paired))["step_id"] == "reauth_confirm"


async def test_nobody_there_to_ask_who_he_is(paired: Home, house: House) -> None:
    """A token that was taken back, and a bridge that is away by the time when somebody looks at the screen."""
    await house.stop()
    form = await start_reauth_flow(paired.hass, paired.entry)
    assert form["step_id"] == "reauth_confirm"
    form = await paired.submit(form, may_unlock=True, code="12345678")
    assert form["errors"] == {"base": "cannot_connect"}


async def test_a_bridge_that_got_another_address_need_not_be_paired_again(
    paired: Home, house: House, network: FaultProxy
) -> None:
    token = paired.entry.data["token"]
    form = await reconfigure(paired, "address")
    assert suggested(form, "port") == house.port

    result = await paired.submit(form, host="127.0.0.1", port=network.port)

    assert result["reason"] == "reconfigure_successful"
    assert paired.entry.data["port"] == network.port
    assert paired.entry.data["token"] == token
    await paired.until_state(LOCK, "locked")


async def test_another_address_has_to_be_the_same_bridges(
    far: Home, house: House, network: FaultProxy, scripted: ScriptedBridge
) -> None:
    form = await reconfigure(far, "address")
    scripted.info = "no bridge"
    form = await far.submit(form, host="127.0.0.1", port=scripted.port)
    assert form["errors"] == {"base": "not_a_bridge"}
    assert suggested(form, "port") == scripted.port

    await network.stop()
    form = await far.submit(form, host="127.0.0.1", port=network.port)
    assert form["errors"] == {"base": "cannot_connect"}

    result = await far.submit(form, host="127.0.0.1", port=house.port)
    assert result["reason"] == "reconfigure_successful"


async def test_a_bridge_that_forgot_home_assistant_cannot_be_moved_only_paired(far: Home, house: House) -> None:
    form = await reconfigure(far, "address")
    await house.command("clients.revoke", client_id=far.entry.data["client_id"])
    form = await far.submit(form, host="127.0.0.1", port=house.port)
    assert form["errors"] == {"base": "unauthorized"}


@pytest.mark.spec("VER-16")
async def test_the_answer_to_the_question_can_be_changed_later(home: Home, house: House) -> None:
    await home.pair(house, port=house.port, may_unlock=False)
    form = await reconfigure(home, "pair_again")
    assert suggested(form, "may_unlock") is False

    result = await home.submit(form, may_unlock=True, code=await house.open_pairing())

    assert result["reason"] == "reconfigure_successful"
    await until(lambda: house.running.bridge.runner("front_door").state.settings.remote_unlock)
    await home.until_state(LOCK, "locked")
    await home.call("unlock")
    (client,) = await house.clients()
    assert "unlock" in client["scopes"]
    assert not home.hass.config_entries.flow.async_progress()


async def reconfigure(home: Home, choice: str) -> ConfigFlowResult:
    """The form behind an item of the menu under Reconfigure."""
    context = {"source": SOURCE_RECONFIGURE, "entry_id": home.entry.entry_id}
    menu = await home.hass.config_entries.flow.async_init(DOMAIN, context=context)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["address", "pair_again"]
    return await home.submit(menu, next_step_id=choice)


async def reauth_form(home: Home) -> ConfigFlowResult:
    """The form that asks to pair again."""
    flows = home.hass.config_entries.flow
    found = await until(lambda: flows.async_progress_by_handler(DOMAIN, match_context={"source": SOURCE_REAUTH}))
    return await flows.async_configure(found[0]["flow_id"])
