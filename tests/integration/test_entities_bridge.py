"""What Home Assistant shows of the bridge itself."""

from dataclasses import replace
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.loader import async_get_integration
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.lock_bridge.client import Address
from custom_components.lock_bridge.client.pairing import pair
from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.update import UPGRADE
from custom_components.lock_bridge.wire.words import Scope
from lock_bridge.wire.model import BridgeStatus
from tests.integration.home import CONNECTIVITY, Home
from tests.integration.house import House, until
from tests.integration.test_entities import writes

CLIENTS = "sensor.home_paired_clients"
DISK_FREE = "sensor.home_free_storage"
LIGHT_RING = "sensor.home_light_ring"
STORAGE = "binary_sensor.home_storage"
UPDATE = "update.home_software"


async def test_paired_clients_are_counted_and_those_that_are_connected(paired: Home, house: House) -> None:
    state = paired.state(CLIENTS)
    assert (state.state, state.attributes["connected"]) == ("1", 1)

    code = await house.open_pairing()
    address = Address("127.0.0.1", house.port)
    other = await pair(async_get_clientsession(paired.hass), address, code, "a screen", {Scope.STATE})
    state = await paired.until_state(CLIENTS, "2")
    assert state.attributes["connected"] == 1, "it is paired, and nothing more"

    await house.command("clients.revoke", client_id=other.client_id)
    await paired.until_state(CLIENTS, "1")


@pytest.mark.spec("GWY-1")
async def test_the_light_ring_is_told_in_words(paired: Home, house: House) -> None:
    await paired.until_state(LIGHT_RING, "connected")
    await house.do("unplug", "motor")
    await paired.until_state(LIGHT_RING, "fault")
    await house.do("plug", "motor")
    await paired.until_state(LIGHT_RING, "connected")


async def test_free_storage_is_told_in_a_unit_for_people(paired: Home, house: House) -> None:
    tell(house, disk_free_bytes=3 * 1024**3 + 512 * 1024**2)
    state = await paired.until_state(DISK_FREE, "3.5")
    assert (state.attributes["unit_of_measurement"], state.attributes["device_class"]) == ("GiB", "data_size")


async def test_a_store_that_cannot_be_written_is_a_problem(paired: Home, house: House) -> None:
    assert paired.state(STORAGE).state == "off"
    tell(house, store_healthy=False)
    state = await paired.until_state(STORAGE, "on")
    assert state.attributes["device_class"] == "problem"
    tell(house, store_healthy=True)
    await paired.until_state(STORAGE, "off")


async def test_news_of_the_bridge_write_only_what_shows_them(paired: Home, house: House) -> None:
    await paired.until_state(LIGHT_RING, "connected")
    written = writes(paired)
    tell(house, store_healthy=False)
    await paired.until_state(STORAGE, "on")
    tell(house, store_bytes=12345678, store_healthy=True)
    await paired.until_state(STORAGE, "off")
    tell(house, clients_connected=5)
    await until(lambda: paired.state(CLIENTS).attributes["connected"] == 5)
    assert written == [STORAGE, STORAGE, CLIENTS]


async def test_what_only_a_newer_bridge_knows_is_unknown(paired: Home, house: House) -> None:
    tell(house, ring="disco")
    await paired.until_state(LIGHT_RING, "unknown")


async def test_a_bridge_that_is_away_says_nothing_of_itself(paired: Home, house: House) -> None:
    await house.stop()
    for entity_id in (CLIENTS, DISK_FREE, LIGHT_RING, STORAGE, UPDATE):
        await paired.until_state(entity_id, "unavailable")
    assert paired.state(CONNECTIVITY).state == "off"
    await house.start()
    await paired.until_state(LIGHT_RING, "connected")
    await paired.until_state(STORAGE, "off")
    await paired.until_state(CONNECTIVITY, "on")


@pytest.mark.parametrize(
    ("ours", "state", "latest"),
    [("0.1.0", "off", "0.1.0"), ("0.2.0", "on", "0.2.0"), ("0.0.9", "off", "0.1.0"), ("0.2.0b1", "on", "0.2.0b1")],
)
async def test_a_bridge_older_than_the_integration_is_out_of_date(
    hass: HomeAssistant, home: Home, house: House, monkeypatch: pytest.MonkeyPatch, ours: str, state: str, latest: str
) -> None:
    assert house.running.bridge.info.version == "0.1.0"
    integration = await async_get_integration(hass, DOMAIN)
    monkeypatch.setitem(integration.manifest, "version", ours)
    integration.__dict__.pop("version", None)
    await home.pair(house, port=house.port)
    shown = home.state(UPDATE)
    assert shown.state == state
    assert (shown.attributes["installed_version"], shown.attributes["latest_version"]) == ("0.1.0", latest)


async def test_a_version_of_nobodys_numbering_is_no_update(
    hass: HomeAssistant, home: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    integration = await async_get_integration(hass, DOMAIN)
    monkeypatch.setitem(integration.manifest, "version", "0.2.0")
    integration.__dict__.pop("version", None)
    bridge = house.running.bridge
    monkeypatch.setattr(bridge, "info", replace(bridge.info, version="built on a Tuesday"))
    await home.pair(house, port=house.port)
    assert home.state(UPDATE).state == "off"


async def test_how_to_update_is_told_and_not_done_from_here(paired: Home, hass_ws_client: WebSocketGenerator) -> None:
    assert paired.state(UPDATE).attributes["supported_features"] == 16  # release notes, and no installing
    client = await hass_ws_client(paired.hass)
    await client.send_json_auto_id({"type": "update/release_notes", "entity_id": UPDATE})
    notes = (await client.receive_json())["result"]
    assert "On the bridge's machine" in notes
    assert f"```sh\n{UPGRADE}\n```" in notes


def tell(house: House, **changes: Any) -> None:
    """The bridge finds that it is otherwise."""
    bridge = house.running.bridge
    assert isinstance(bridge.status, BridgeStatus)
    bridge.status_changed(replace(bridge.status, **changes))
