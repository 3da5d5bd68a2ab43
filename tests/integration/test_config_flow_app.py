"""A bridge that runs as an app of Home Assistant itself; and one bridge that is found in several ways at once."""

from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_HASSIO, SOURCE_IGNORE, SOURCE_USER, SOURCE_ZEROCONF, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lock_bridge.const import DOMAIN
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House
from tests.integration.scripted import ScriptedBridge
from tests.integration.test_config_flow_again import announcement, discover


def told(port: int | None, **config: Any) -> HassioServiceInfo:
    """What the Supervisor tells of an app."""
    facts = {"host": "127.0.0.1", "port": port, **config}
    return HassioServiceInfo(
        config={name: value for name, value in facts.items() if value is not None},
        name="Lock Bridge",
        slug="1234abcd_lock_bridge",
        uuid="00112233445566778899aabbccddeeff",
    )


async def app(hass: HomeAssistant, info: HassioServiceInfo) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_HASSIO}, data=info)


async def test_an_app_is_found_and_paired_after_a_word(home: Home, house: House) -> None:
    form = await app(home.hass, told(house.port, id=house.bridge_id, name="Home", api=1))
    assert form["step_id"] == "hassio_confirm"
    assert form["description_placeholders"] == {"app": "Lock Bridge"}
    (flow,) = home.hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "Home"}
    assert flow["context"]["unique_id"] == house.bridge_id

    form = await home.submit(form)
    assert form["step_id"] == "pair"
    result = await home.submit(form, may_unlock=True, code=await house.open_pairing())
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Home"
    assert result["result"].unique_id == house.bridge_id
    await home.until_state(LOCK, "locked")


async def test_an_app_that_does_not_say_which_bridge_it_is_gets_asked(home: Home, house: House) -> None:
    form = await app(home.hass, told(house.port))
    assert form["step_id"] == "hassio_confirm"
    (flow,) = home.hass.config_entries.flow.async_progress()
    assert flow["context"]["unique_id"] == house.bridge_id


async def test_an_app_that_is_not_up_yet_is_found_when_it_tells_again(
    home: Home, house: House, network: FaultProxy
) -> None:
    await network.stop()
    assert (await app(home.hass, told(network.port)))["reason"] == "cannot_connect"
    assert home.hass.config_entries.flow.async_progress() == []
    await network.start()
    assert (await app(home.hass, told(network.port)))["step_id"] == "hassio_confirm"


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (told(None), "not_a_bridge"),
        (told(None, host=None), "not_a_bridge"),
        (told(0), "not_a_bridge"),
        (told(1, host=7), "not_a_bridge"),
        (told(1, id="0011223344556677", api=2), "bridge_newer"),
        (told(1, id="0011223344556677", api="0"), "bridge_older"),
    ],
)
async def test_an_app_that_is_of_no_use(home: Home, info: HassioServiceInfo, reason: str) -> None:
    result = await app(home.hass, info)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ('{"id": "0011223344556677", "name": "Home", "version": "9", "api": 2}', "bridge_newer"),
        ('{"id": "0011223344556677", "name": "Home", "version": "9", "api": 0}', "bridge_older"),
        ("no bridge", "not_a_bridge"),
    ],
)
async def test_what_an_app_turns_out_to_be(home: Home, scripted: ScriptedBridge, info: str, reason: str) -> None:
    scripted.info = info
    assert (await app(home.hass, told(scripted.port)))["reason"] == reason


async def test_whichever_way_comes_first_the_others_ask_nothing_more(home: Home, house: House) -> None:
    flows = home.hass.config_entries.flow
    first = await app(home.hass, told(house.port, id=house.bridge_id))
    again = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert again["reason"] == "already_in_progress"
    flows.async_abort(first["flow_id"])

    first = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert (await app(home.hass, told(house.port)))["reason"] == "already_in_progress"
    flows.async_abort(first["flow_id"])

    first = await home.begin(port=house.port)
    for found in (
        await app(home.hass, told(house.port)),
        await discover(home.hass, announcement(house.bridge_id, house.port)),
    ):
        assert found["reason"] == "already_in_progress"
    assert [flow["flow_id"] for flow in flows.async_progress()] == [first["flow_id"]]


async def test_set_up_by_hand_what_was_found_is_asked_about_no_more(home: Home, house: House) -> None:
    await discover(home.hass, announcement(house.bridge_id, house.port))
    await home.pair(house, port=house.port)
    assert home.hass.config_entries.flow.async_progress() == []

    for found in (
        await app(home.hass, told(house.port)),
        await discover(home.hass, announcement(house.bridge_id, house.port)),
    ):
        assert found["reason"] == "already_configured"


@pytest.mark.parametrize("source", [SOURCE_HASSIO, SOURCE_ZEROCONF])
async def test_a_bridge_that_was_ignored_is_not_shown_again_in_another_way(
    home: Home, house: House, source: str
) -> None:
    ignored = await (
        app(home.hass, told(house.port))
        if source == SOURCE_HASSIO
        else discover(home.hass, announcement(house.bridge_id, house.port))
    )
    await home.hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_IGNORE},
        data={"unique_id": house.bridge_id, "title": "Home"},
    )
    assert ignored["flow_id"] not in [flow["flow_id"] for flow in home.hass.config_entries.flow.async_progress()]
    assert (await app(home.hass, told(house.port)))["reason"] == "already_configured"
    found = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert found["reason"] == "already_configured"


async def test_a_bridge_that_was_ignored_can_be_set_up_by_hand(home: Home, house: House) -> None:
    MockConfigEntry(domain=DOMAIN, source=SOURCE_IGNORE, unique_id=house.bridge_id).add_to_hass(home.hass)
    await home.pair(house, port=house.port)
    assert home.entry.source == SOURCE_USER
    await home.until_state(LOCK, "locked")


async def test_an_app_that_got_another_address_is_followed(far: Home, house: House, network: FaultProxy) -> None:
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    assert (await app(far.hass, told(house.port, id=house.bridge_id)))["reason"] == "already_configured"
    assert far.entry.data["port"] == house.port
    await far.until_state(LOCK, "locked")
