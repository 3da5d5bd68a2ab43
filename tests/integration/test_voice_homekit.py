"""HomeKit's accessories of our entities, as its bridge makes them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.home import BATTERY, DOORBELL, LOCK, Home
from tests.integration.house import House, until

LOCKED, UNLOCKED, JAMMED, UNKNOWN = 1, 0, 2, 3


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of its own: HomeKit writes its keys to disk."""
    (Path(hass_tmp_config_dir) / ".storage").mkdir()
    return hass_tmp_config_dir


@pytest.fixture
async def accessory(paired: Home, unused_tcp_port: int, mock_async_zeroconf: Any) -> AsyncIterator[Any]:
    """The lock in Apple's Home, in a bridge of Home Assistant's that nobody has paired."""
    entry = MockConfigEntry(
        domain="homekit",
        data={"name": "Home", "port": unused_tcp_port, "ip_address": "127.0.0.1", "advertise_ip": ["127.0.0.1"]},
        options={
            "mode": "bridge",
            "filter": {
                "include_domains": [],
                "include_entities": [LOCK],
                "exclude_domains": [],
                "exclude_entities": [],
            },
        },
    )
    entry.add_to_hass(paired.hass)
    assert await paired.hass.config_entries.async_setup(entry.entry_id)
    await paired.hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    homekit = entry.runtime_data.homekit
    await until(lambda: homekit.bridge is not None and homekit.bridge.accessories)
    (accessory,) = homekit.bridge.accessories.values()
    yield accessory
    await paired.hass.config_entries.async_unload(entry.entry_id)


def shown(accessory: Any, service: str, characteristic: str) -> Any:
    return accessory.get_service(service).get_characteristic(characteristic).value


async def test_is_the_front_door_locked(accessory: Any, paired: Home) -> None:
    assert accessory.entity_id == LOCK
    assert shown(accessory, "LockMechanism", "LockCurrentState") == LOCKED
    await paired.call("unlock")
    await until(lambda: shown(accessory, "LockMechanism", "LockCurrentState") == UNLOCKED)


async def test_the_door_is_opened_and_locked_from_apples_home(accessory: Any, paired: Home) -> None:
    target = accessory.get_service("LockMechanism").get_characteristic("LockTargetState")
    target.client_update_value(UNLOCKED)
    await paired.until_state(LOCK, "unlocked")
    target.client_update_value(LOCKED)
    await paired.until_state(LOCK, "locked")


async def test_a_jam_is_a_jam(accessory: Any, paired: Home, house: House) -> None:
    await house.door.do(["stall", "on"])
    target = accessory.get_service("LockMechanism").get_characteristic("LockTargetState")
    target.client_update_value(UNLOCKED)
    await paired.until_state(LOCK, "jammed", within=30)
    await until(lambda: shown(accessory, "LockMechanism", "LockCurrentState") == JAMMED)


async def test_the_doorbell_belongs_to_the_lock(
    accessory: Any, paired: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert accessory.config["linked_doorbell_sensor"] == DOORBELL
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(accessory.driver, "publish", lambda data, *_args, **_more: told.append(data))
    ring = accessory.get_service("Doorbell").get_characteristic("ProgrammableSwitchEvent")
    await house.door.do(["ring"])
    iid = accessory.iid_manager.get_iid(ring)
    await until(lambda: [data for data in told if data["iid"] == iid])
    assert [data["value"] for data in told if data["iid"] == iid] == [0]


async def test_the_battery_belongs_to_the_lock(accessory: Any, paired: Home, house: House) -> None:
    assert accessory.config["linked_battery_sensor"] == BATTERY
    assert shown(accessory, "BatteryService", "BatteryLevel") == int(paired.state(BATTERY).state)
    await house.door.do(["battery", "12"])
    await until(lambda: shown(accessory, "BatteryService", "BatteryLevel") == 12)
    assert shown(accessory, "BatteryService", "StatusLowBattery") == 1
