"""Each person in Home Assistant: her device and her three entities come, change and go with her."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, State, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.hub import Hub
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

ANNA, BO = "270413", "918273"
ENTRY, LAST, MAY = "event.anna_entry", "sensor.anna_last_entry", "binary_sensor.anna_may_enter"
HERS = (ENTRY, LAST, MAY)


def hub(home: Home) -> Hub:
    found = home.entry.runtime_data
    assert isinstance(found, Hub)
    return found


def states(home: Home, *entity_ids: str) -> list[State]:
    return [state for entity_id in entity_ids if (state := home.hass.states.get(entity_id)) is not None]


async def there(home: Home, *entity_ids: str) -> None:
    """Wait until her entities are there and say something."""
    await until(lambda: len(states(home, *entity_ids)) == len(entity_ids))
    await home.hass.async_block_till_done()


async def gone(home: Home, *entity_ids: str) -> None:
    await until(lambda: not states(home, *entity_ids))


def device_of(home: Home, user_id: str) -> dr.DeviceEntry | None:
    device_id = hub(home).person_device_id(user_id)
    return dr.async_get(home.hass).async_get(device_id) if device_id else None


async def change(house: House, user_id: str, **changes: Any) -> Mapping[str, Any]:
    return await house.command("users.change", lock="front_door", user_id=user_id, changes=changes)


async def test_a_person_who_is_added_appears_at_once_with_three_entities(paired: Home, house: House) -> None:
    before = set(paired.hass.states.async_entity_ids())
    anna = await house.add_person("Anna", ANNA)
    await there(paired, *HERS)

    assert set(paired.hass.states.async_entity_ids()) - before == set(HERS)
    device = device_of(paired, anna)
    assert device is not None
    assert (device.name, device.model, device.via_device_id) == ("Anna", "Person", paired.device(None).id)
    assert device.id != paired.device("front_door").id


async def test_who_was_there_before_the_set_up_is_there_after_it(home: Home, house: House) -> None:
    await house.add_person("Anna", ANNA)
    await home.pair(house, port=house.port)
    await there(home, *HERS)


async def test_home_assistant_that_may_not_look_after_people_shows_none(home: Home, house: House) -> None:
    anna = await house.add_person("Anna", ANNA)
    await home.pair(house, port=house.port, may_manage=False)
    await house.enter(ANNA)
    await home.until_event("access_granted")
    assert states(home, *HERS) == []
    assert device_of(home, anna) is None


@pytest.mark.spec("USR-5")
async def test_a_person_who_is_deleted_leaves_nothing_behind(paired: Home, house: House) -> None:
    await house.add_person("Bo", BO, role="administrator")
    anna = await house.add_person("Anna", ANNA)
    await there(paired, *HERS)
    listening = sum(len(listeners._callbacks) for listeners in watched(hub(paired)))

    await house.command("users.delete", user_id=anna)
    await gone(paired, *HERS)
    await paired.hass.async_block_till_done()
    assert device_of(paired, anna) is None
    registry = er.async_get(paired.hass)
    assert [entry for entry in registry.entities.values() if anna in entry.unique_id] == []
    assert sum(len(listeners._callbacks) for listeners in watched(hub(paired))) == listening - len(HERS)
    assert anna not in hub(paired)._on_person
    assert anna not in hub(paired).last_entries._on_person


def watched(here: Hub) -> list[Any]:
    return [here.on_link, here.on_event, here.on_alarm]


async def test_a_person_who_comes_back_is_there_again(
    far: Home, house: House, network: FaultProxy, caplog: pytest.LogCaptureFixture
) -> None:
    """She is taken off the only lock and put on it again under the same id; then the link breaks and comes back."""
    house.locks["shed"] = ("Shed", "palm6068")
    await house.stop()
    await house.start()
    await until(lambda: "shed" in hub(far).data.locks)
    await house.add_person("Bo", BO, role="administrator")
    anna = await house.add_person("Anna", ANNA)
    await there(far, *HERS)
    await house.command("users.add", lock="shed", user_id=anna)
    await house.command("users.delete", lock="front_door", user_id=anna)
    await until(lambda: "front_door" not in hub(far).person(anna))
    assert len(states(far, *HERS)) == 3
    await house.command("users.add", lock="front_door", user_id=anna)
    await until(lambda: "front_door" in hub(far).person(anna))

    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await network.start()
    await far.until_state(LOCK, "locked")
    await there(far, *HERS)
    assert far.state(MAY).state in ("on", "off")
    assert "does not generate unique IDs" not in caplog.text
    assert len(dr.async_entries_for_config_entry(dr.async_get(far.hass), far.entry.entry_id)) == 5


async def test_who_was_deleted_while_the_bridge_was_away_is_gone_when_it_is_back(
    far: Home, house: House, network: FaultProxy
) -> None:
    await house.add_person("Bo", BO, role="administrator")
    anna = await house.add_person("Anna", ANNA)
    await there(far, *HERS)
    await network.stop()
    await far.until_state(MAY, "unavailable")
    await house.command("users.delete", user_id=anna)
    await house.add_person("Cleo", "605914")
    await network.start()
    await gone(far, *HERS)
    await there(far, "event.cleo_entry", "sensor.cleo_last_entry", "binary_sensor.cleo_may_enter")
    assert device_of(far, anna) is None


async def test_a_person_who_is_renamed_keeps_her_entities_under_the_new_name(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", ANNA)
    await there(paired, *HERS)
    await change(house, anna, name="Anna Maria")
    await until(lambda: paired.state(ENTRY).attributes["friendly_name"] == "Anna Maria Entry")
    device = device_of(paired, anna)
    assert device is not None
    assert device.name == "Anna Maria"
    assert len(states(paired, *HERS)) == 3


@pytest.mark.spec("APP-4")
async def test_her_entry_says_where_and_how(paired: Home, house: House) -> None:
    await house.add_person("Anna", ANNA)
    await house.add_person("Bo", BO)
    await there(paired, *HERS, "event.bo_entry")
    await house.enter(ANNA)
    await until(lambda: paired.state(ENTRY).state != "unknown")

    said = dict(paired.state(ENTRY).attributes)
    at = dt_util.parse_datetime(said.pop("occurred_at"))
    assert at is not None
    assert abs(at - dt_util.utcnow()) < timedelta(seconds=30)
    assert said == {
        "event_types": ["entered", "refused"],
        "event_type": "entered",
        "lock": "front_door",
        "lock_name": "Front door",
        "method": "pin",
        "source": "keypad",
        "delayed": False,
        "friendly_name": "Anna Entry",
    }
    assert paired.state("event.bo_entry").state == "unknown"
    last = await until(lambda: (s := paired.state(LAST)).state != "unknown" and s)
    assert last.attributes["lock_name"] == "Front door"
    assert last.attributes["method"] == "pin"
    assert abs(dt_util.parse_datetime(last.state) - at) < timedelta(seconds=1)  # type: ignore[operator]


@pytest.mark.spec("USR-6")
async def test_it_is_told_that_she_was_refused_and_why(paired: Home, house: House) -> None:
    await house.add_person("Bo", BO, role="administrator")
    anna = await house.add_person("Anna", ANNA)
    await change(house, anna, enabled=False)
    await there(paired, *HERS)
    await house.enter(ANNA)
    await until(lambda: paired.state(ENTRY).state != "unknown")
    said = paired.state(ENTRY).attributes
    assert (said["event_type"], said["reason"]) == ("refused", "user_disabled")
    assert paired.state(LAST).state == "unknown"


@pytest.mark.spec("VER-13")
async def test_a_visitor_is_hers_and_named_by_the_label(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", ANNA)
    made = await house.command("credentials.create_temporary", lock="front_door", user_id=anna, label="Plumber", uses=2)
    await there(paired, *HERS)
    await house.enter(made["passcode"])
    await until(lambda: paired.state(ENTRY).state != "unknown")
    assert paired.state(ENTRY).attributes["label"] == "Plumber"
    await until(lambda: paired.state(LAST).attributes.get("label") == "Plumber")
    assert paired.state("event.front_door_access").attributes["label"] == "Plumber"
    await house.lock_from_inside()
    await house.enter(ANNA)
    await until(lambda: "label" not in paired.state(LAST).attributes)


@pytest.mark.spec("USR-6")
async def test_whether_she_may_enter_follows_the_bridge(paired: Home, house: House) -> None:
    await house.add_person("Bo", BO, role="administrator")
    anna = await house.add_person("Anna", ANNA)
    await there(paired, *HERS)
    assert (await paired.until_state(MAY, "on")).attributes["locks"] == ["Front door"]
    assert "reason" not in paired.state(MAY).attributes

    await change(house, anna, enabled=False)
    off = await paired.until_state(MAY, "off")
    assert (off.attributes["reason"], off.attributes["locks"]) == ("user_disabled", [])
    await change(house, anna, enabled=True)
    await paired.until_state(MAY, "on")
    await house.command("credentials.clear", lock="front_door", user_id=anna)
    assert (await paired.until_state(MAY, "off")).attributes["reason"] == "no_credential"


async def test_old_entries_are_no_news_but_they_are_the_last(far: Home, house: House, network: FaultProxy) -> None:
    await house.add_person("Anna", ANNA)
    await there(far, *HERS)
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    house.clock.set_back(timedelta(hours=3))
    await house.enter(ANNA)
    await house.bolt("unlocked")
    house.clock.set_back(timedelta(0))
    await network.start()

    last = await until(lambda: (s := far.state(LAST)).state not in ("unknown", "unavailable") and s)
    at = dt_util.parse_datetime(last.state)
    assert at is not None
    assert abs(dt_util.utcnow() - timedelta(hours=3) - at) < timedelta(seconds=30)
    assert far.state(ENTRY).state == "unknown"


async def test_an_entry_that_the_journal_no_longer_has_is_kept_through_a_restart(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.add_person("Anna", ANNA)
    await there(paired, *HERS)
    await house.enter(ANNA)
    before = await until(lambda: (s := paired.state(LAST)).state != "unknown" and s)
    await paired.hass.config_entries.async_unload(paired.entry.entry_id)
    monkeypatch.setattr("custom_components.lock_bridge.last_entries.LastEntries._take_all", lambda *_: None)
    await paired.hass.config_entries.async_setup(paired.entry.entry_id)
    await there(paired, *HERS)
    after = paired.state(LAST)
    assert (after.state, after.attributes) == (before.state, before.attributes)


async def test_a_change_of_one_person_writes_her_entity_alone(paired: Home, house: House) -> None:
    await house.add_person("Bo", BO, role="administrator")
    anna = await house.add_person("Anna", ANNA)
    await there(paired, *HERS, "binary_sensor.bo_may_enter")
    await paired.until_state(MAY, "on")
    written: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        written.append(event.data["entity_id"])

    paired.hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await change(house, anna, enabled=False)
    await paired.until_state(MAY, "off")
    await paired.hass.async_block_till_done()
    assert [entity_id for entity_id in written if entity_id.split(".")[1].startswith(("anna", "bo"))] == [MAY]


async def test_a_device_of_hers_that_was_switched_off_stays_so(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", ANNA)
    await there(paired, *HERS)
    er.async_get(paired.hass).async_update_entity(MAY, disabled_by=er.RegistryEntryDisabler.USER)
    await gone(paired, MAY)
    await change(house, anna, name="Anna Maria")
    await until(lambda: paired.state(ENTRY).attributes["friendly_name"] == "Anna Maria Entry")
    assert states(paired, MAY) == []
    assert er.async_get(paired.hass).async_get_entity_id(
        BINARY_SENSOR, DOMAIN, f"{hub(paired).person_key(anna)}/may_enter"
    )
