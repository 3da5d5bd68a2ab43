"""Devices and entities: what there is, what it shows, and that a push touches only what it concerns."""

from dataclasses import replace
from typing import Any

import pytest
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

import lock_bridge.service
from lock_bridge.engine.model import Fact
from lock_bridge.snapshot import capabilities
from lock_bridge.wire.model import Capabilities
from lock_bridge.wire.words import EventType
from tests.integration.home import (
    ACCESS,
    BATTERY,
    BATTERY_LOW,
    CONNECTIVITY,
    DOOR,
    DOORBELL,
    LOCK,
    OF_THE_LOCK,
    Home,
)
from tests.integration.house import House, until

TAMPER = "binary_sensor.front_door_tamper"
VOLUME = "select.front_door_volume"
OPERATING_MODE = "select.front_door_operating_mode"
LEAVING_HOME = "switch.front_door_nobody_at_home"


async def test_bridge_and_lock_are_devices_and_the_lock_is_reached_through_the_bridge(
    paired: Home, house: House
) -> None:
    bridge, lock = paired.device(None), paired.device("front_door")
    assert (bridge.name, bridge.model, bridge.serial_number) == ("Home", "Bridge", house.bridge_id)
    assert bridge.sw_version == house.running.bridge.info.version
    assert (lock.name, lock.model_id, lock.serial_number) == ("Front door", "palm6068", "SN-front_door")
    assert lock.model == "EZVIZ face and palm-vein lock"
    assert lock.via_device_id == bridge.id


async def test_each_entity_is_named_after_its_device(paired: Home) -> None:
    registry = er.async_get(paired.hass)
    entities = {entry.entity_id: entry for entry in er.async_entries_for_config_entry(registry, paired.entry.entry_id)}
    assert set(entities) >= {*OF_THE_LOCK, CONNECTIVITY}
    assert len({entry.unique_id for entry in entities.values()}) == len(entities)
    names = {
        entity_id: paired.state(entity_id).attributes["friendly_name"] for entity_id in (*OF_THE_LOCK, CONNECTIVITY)
    }
    assert names == {
        LOCK: "Front door",
        DOOR: "Front door Door",
        BATTERY: "Front door Battery",
        BATTERY_LOW: "Front door Battery low",
        ACCESS: "Front door Access",
        DOORBELL: "Front door Doorbell",
        CONNECTIVITY: "Home Connectivity",
    }


async def test_the_door_is_followed(paired: Home, house: House) -> None:
    assert paired.state(DOOR).state == "off"
    assert paired.state(DOOR).attributes["device_class"] == "door"
    await house.do("key", "unlock")
    await house.do("open")
    await paired.until_state(DOOR, "on")
    await house.do("close")
    await paired.until_state(DOOR, "off")
    await house.do("unplug", "door")
    await paired.until_state(DOOR, "unknown")


@pytest.mark.spec("ALM-3", "PWR-1")
async def test_the_battery_is_followed(paired: Home, house: House) -> None:
    await house.do("battery", "64")
    state = await paired.until_state(BATTERY, "64")
    assert (state.attributes["device_class"], state.attributes["unit_of_measurement"]) == ("battery", "%")
    assert paired.state(BATTERY_LOW).state == "off"

    await house.do("battery", "12")
    await paired.until_state(BATTERY, "12")
    await paired.until_state(BATTERY_LOW, "on")
    assert (await paired.until_event("battery_low")).data["data"] == {"percent": 12}

    await house.do("battery", "90")
    await paired.until_state(BATTERY_LOW, "off")


async def test_a_push_touches_only_what_it_concerns(paired: Home, house: House) -> None:
    written = writes(paired)

    await house.do("battery", "65")
    await paired.until_state(BATTERY, "65")
    await house.do("battery", "64")
    await paired.until_state(BATTERY, "64")
    await house.do("tamper", "on")
    await paired.until_event("tamper_started")
    assert of_the_snapshot(written) == [BATTERY, BATTERY, TAMPER]

    written.clear()
    await house.do("key", "unlock")
    await paired.until_state(LOCK, "unlocked")
    await house.do("ring")
    await paired.until_event("doorbell")
    assert of_the_snapshot(written) == [LOCK, DOORBELL]

    written.clear()
    await house.command("settings.set", lock="front_door", changes={"volume": "low"})
    await paired.until_state(VOLUME, "low")
    assert written == [VOLUME]

    written.clear()
    await house.command("mode.set", lock="front_door", mode="leaving_home")
    await paired.until_state(LEAVING_HOME, "on")
    assert sorted(set(of_the_snapshot(written))) == [LOCK, OPERATING_MODE, LEAVING_HOME]


async def test_a_lock_shows_only_what_it_has(home: Home, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def bare(profile: Any) -> Capabilities:
        return replace(capabilities(profile), door_contact=False, doorbell=False)

    monkeypatch.setattr(lock_bridge.service, "capabilities", bare)
    await house.stop()
    await house.start()
    await home.pair(house, port=house.port)
    assert home.hass.states.get(DOOR) is None
    assert home.hass.states.get(DOORBELL) is None
    assert home.state(ACCESS).state == "unknown"


async def test_what_only_a_newer_bridge_knows_disturbs_nothing(paired: Home, house: House) -> None:
    before = paired.state(LOCK)
    newer = {"mode": "siesta", "faults": ["roof"], "moon": "full", "enrolment": None, "phones": 3}
    house.running.bridge.state_changed("front_door", newer)
    await house.running.bridge.record(Fact(EventType.MODE_CHANGED, data={"mode": "siesta"}), lock_id="front_door")
    assert (await paired.until_event("mode_changed")).data["data"] == {"mode": "siesta"}

    assert paired.entry.runtime_data.data.locks["front_door"].mode == "siesta"
    assert paired.state(LOCK) == before
    assert dict(paired.state(LOCK).attributes) == {"friendly_name": "Front door", "supported_features": 0}
    await house.do("key", "unlock")
    await paired.until_state(LOCK, "unlocked")


@pytest.mark.spec("GWY-3")
async def test_locks_come_and_go_while_home_assistant_runs(paired: Home, house: House) -> None:
    await house.stop()
    house.locks["shed"] = ("Shed", "l2s")
    await house.start()
    await until(lambda: paired.hass.states.get("lock.shed"))
    assert paired.state("lock.shed").state == "locked"
    assert paired.device("shed").via_device_id == paired.device(None).id

    await house.do("battery", "50")
    await paired.until_state(BATTERY, "50")
    assert paired.state("sensor.shed_battery").state != "50"

    await house.stop()
    del house.locks["front_door"]
    house.locks["shed"] = ("Tool shed", "l2s")
    await house.start()
    await until(lambda: paired.hass.states.get(LOCK) is None)
    assert paired.device("shed").name == "Tool shed"
    devices = dr.async_entries_for_config_entry(dr.async_get(paired.hass), paired.entry.entry_id)
    assert {device.name for device in devices} == {"Home", "Tool shed"}

    # And back again.
    await house.stop()
    house.locks["front_door"] = ("Front door", "palm6068")
    await house.start()
    await until(lambda: paired.hass.states.get(LOCK))
    await paired.until_state(LOCK, "locked")


async def test_a_restart_of_home_assistant_keeps_entities_and_devices(paired: Home, house: House) -> None:
    registry = er.async_get(paired.hass)
    before = er.async_entries_for_config_entry(registry, paired.entry.entry_id)
    await paired.hass.config_entries.async_reload(paired.entry.entry_id)
    after = er.async_entries_for_config_entry(registry, paired.entry.entry_id)
    assert [(entry.id, entry.entity_id, entry.device_id) for entry in before] == [
        (entry.id, entry.entity_id, entry.device_id) for entry in after
    ]


def writes(home: Home) -> list[str]:
    """The entities that are written from now on, one entry for each write, changed or not."""
    seen: list[str] = []

    @callback
    def look(event: Event[Any]) -> None:
        seen.append(event.data["entity_id"])

    home.hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    home.hass.bus.async_listen(EVENT_STATE_REPORTED, look, event_filter=callback(lambda _data: True))
    return seen


def of_the_snapshot(written: list[str]) -> list[str]:
    """Without what tells of events, which come by themselves."""
    return [entity_id for entity_id in written if not entity_id.startswith("event.") or entity_id == DOORBELL]
