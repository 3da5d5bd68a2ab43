"""What the sensors of a lock tell of the door."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    async_mock_restore_state_shutdown_restart,
    mock_restore_cache_with_extra_data,
)

from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until
from tests.integration.test_entities import of_the_snapshot, writes

AJAR = "binary_sensor.front_door_door_left_open"
BLUETOOTH = "binary_sensor.front_door_bluetooth_connection"
EMERGENCY = "binary_sensor.front_door_emergency_power"
FAULT = "binary_sensor.front_door_fault"
HANDLE = "binary_sensor.front_door_inside_handle"
JAM = "binary_sensor.front_door_jam"
LOCKED_OUT = "binary_sensor.front_door_lockout"
TAMPER = "binary_sensor.front_door_tamper"
LAST_ACCESS = "sensor.front_door_last_access"
LOCKOUT_ENDS = "sensor.front_door_lockout_ends"
LIGHT_RING = "sensor.home_light_ring"
PEOPLE = "sensor.front_door_people"
POWER = "sensor.front_door_power_source"
SIGNAL = "sensor.front_door_signal_strength"


@pytest.mark.spec("ALM-1")
async def test_a_lock_that_is_forced_off_the_door(paired: Home, house: House) -> None:
    assert paired.state(TAMPER).state == "off"
    assert paired.state(TAMPER).attributes["device_class"] == "tamper"
    await house.do("tamper", "on")
    await paired.until_state(TAMPER, "on")
    await house.do("tamper", "off")
    await paired.until_state(TAMPER, "off")


@pytest.mark.spec("BLT-6")
@pytest.mark.parametrize("travel_ms", [100])
async def test_a_jam_is_a_problem(paired: Home, house: House) -> None:
    assert paired.state(JAM).state == "off"
    await house.do("stall", "on")
    with pytest.raises(HomeAssistantError):
        await paired.call("unlock")
    await paired.until_state(JAM, "on")
    assert paired.state(JAM).attributes["device_class"] == "problem"
    await house.do("stall", "off")
    await paired.call("unlock")
    await paired.until_state(JAM, "off")
    await house.do("unplug", "bolt")
    await paired.until_state(JAM, STATE_UNKNOWN)


@pytest.mark.spec("ALM-5")
async def test_a_door_that_is_left_open(paired: Home, house: House) -> None:
    await house.command("settings.set", lock="front_door", changes={"door_ajar_s": 1})
    await house.do("key", "unlock")
    await house.do("open")
    assert paired.state(AJAR).state == "off"
    await paired.until_state(AJAR, "on")
    await house.do("close")
    await paired.until_state(AJAR, "off")


@pytest.mark.spec("FLT-1")
async def test_a_fault_names_the_parts(paired: Home, house: House) -> None:
    assert paired.state(FAULT).attributes["parts"] == []
    await house.do("unplug", "keypad")
    await paired.until_state(FAULT, "on")
    assert paired.state(FAULT).attributes["parts"] == ["keypad"]
    await house.do("unplug", "fingerprint")
    await until(lambda: paired.state(FAULT).attributes["parts"] == ["fingerprint", "keypad"])
    await house.do("plug", "keypad")
    await house.do("plug", "fingerprint")
    await paired.until_state(FAULT, "off")


@pytest.mark.spec("PWR-1", "PWR-2")
async def test_emergency_power_is_told_twice_for_those_who_want_it_as_a_word(paired: Home, house: House) -> None:
    await paired.enable(POWER)
    assert (paired.state(EMERGENCY).state, paired.state(POWER).state) == ("off", "battery")
    await house.do("supply", "type-c")
    await paired.until_state(EMERGENCY, "on")
    assert paired.state(POWER).state == "emergency"
    await house.do("supply", "off")
    await paired.until_state(EMERGENCY, "off")
    assert paired.state(POWER).state == "battery"


@pytest.mark.spec("PWR-3", "APP-1")
async def test_signal_and_bluetooth_are_followed(paired: Home, house: House) -> None:
    await paired.enable(SIGNAL)
    await house.do("signal", "-71")
    state = await paired.until_state(SIGNAL, "-71")
    assert state.attributes["unit_of_measurement"] == "dBm"
    await house.command("settings.set", lock="front_door", changes={"wifi": False})
    await paired.until_state(SIGNAL, STATE_UNKNOWN)

    assert paired.state(BLUETOOTH).state == "off"
    await house.command("settings.set", lock="front_door", changes={"bluetooth": True})
    await house.do("phone", "Anna", "pair", "000000")
    await paired.until_state(BLUETOOTH, "on")


@pytest.fixture
async def clutch(tmp_path: Path) -> AsyncIterator[House]:
    """A lock whose inside handle can be made dead."""
    house = House(tmp_path / "bridge")
    house.locks = {"front_door": ("Front door", "l2s")}
    await house.start()
    yield house
    await house.stop()


@pytest.mark.spec("BLT-9")
async def test_an_inside_handle_that_is_blocked(home: Home, clutch: House) -> None:
    await home.pair(clutch, port=clutch.port)
    assert home.state(HANDLE).state == "off"
    await clutch.do("peephole", "off")
    await home.until_state(HANDLE, "on")
    await clutch.do("peephole", "on")
    await home.until_state(HANDLE, "off")


async def test_how_many_people_there_are(paired: Home, house: House) -> None:
    assert paired.state(PEOPLE).state == "0"
    await house.add_person("Anna", "270413")
    await paired.until_state(PEOPLE, "1")
    assert "unit_of_measurement" not in paired.state(PEOPLE).attributes, 'it would say "1 people"'


@pytest.mark.spec("VER-7", "ALM-2")
async def test_a_lockout_and_when_it_ends(far: Home, house: House, network: FaultProxy) -> None:
    assert (far.state(LOCKED_OUT).state, far.state(LOCKOUT_ENDS).state) == ("off", STATE_UNKNOWN)
    await house.add_person("Anna", "270413")
    began = dt_util.utcnow()
    for _ in range(5):
        await house.enter("999999")
    await far.until_state(LOCKED_OUT, "on")
    told = await until(lambda: (state := far.state(LOCKOUT_ENDS).state) != STATE_UNKNOWN and state)
    ends = dt_util.parse_datetime(told)
    assert ends is not None
    assert timedelta(seconds=178) <= ends - began <= timedelta(seconds=200)
    assert ends.microsecond == 0

    # Reckoned anew over another connection, it is the same end.
    await network.stop()
    await far.until_state(LOCKOUT_ENDS, "unavailable")
    await network.start()
    await until(lambda: far.state(LOCKOUT_ENDS).state != "unavailable")
    assert far.state(LOCKOUT_ENDS).state == told

    await house.command("lockout.end", lock="front_door")
    await far.until_state(LOCKOUT_ENDS, STATE_UNKNOWN)
    await far.until_state(LOCKED_OUT, "off")


@pytest.mark.spec("APP-4")
async def test_who_came_in_last_and_how(paired: Home, house: House) -> None:
    assert paired.state(LAST_ACCESS).state == STATE_UNKNOWN
    anna = await house.add_person("Anna", "270413")
    before = dt_util.utcnow()
    await house.enter("270413")
    await until(lambda: paired.state(LAST_ACCESS).state != STATE_UNKNOWN)
    state = paired.state(LAST_ACCESS)
    assert before - timedelta(seconds=1) <= happened(state.state) <= dt_util.utcnow()
    assert who(paired) == {"user_id": anna, "user_name": "Anna", "method": "pin", "source": "keypad"}

    # A wrong passcode is no entry.
    await house.lock_from_inside()
    await house.enter("999999")
    await paired.until_event("access_refused")
    assert paired.state(LAST_ACCESS).state == state.state


async def test_who_came_in_while_home_assistant_was_away(far: Home, house: House, network: FaultProxy) -> None:
    await house.add_person("Anna", "270413")
    await network.stop()
    await far.until_state(LAST_ACCESS, "unavailable")
    await house.enter("270413")
    await network.start()
    await until(lambda: who(far).get("user_name") == "Anna")


async def test_over_a_restart_it_is_asked_of_the_bridge(paired: Home, house: House) -> None:
    await house.add_person("Anna", "270413")
    await house.enter("270413")
    await until(lambda: who(paired).get("user_name") == "Anna")
    told = paired.state(LAST_ACCESS).state
    await paired.hass.config_entries.async_reload(paired.entry.entry_id)
    await until(lambda: paired.state(LAST_ACCESS).state == told)
    assert who(paired)["user_name"] == "Anna"


async def test_what_the_journal_no_longer_has_is_kept_here(hass: HomeAssistant, home: Home, house: House) -> None:
    kept = {"happened_at": "2026-05-01T10:00:00+00:00", "user_id": "u1", "user_name": "Anna", "method": "pin"}
    mock_restore_cache_with_extra_data(hass, [(_unavailable(LAST_ACCESS), kept)])
    await home.pair(house, port=house.port)
    assert home.state(LAST_ACCESS).state == "2026-05-01T10:00:00+00:00"
    assert who(home) == {"user_id": "u1", "user_name": "Anna", "method": "pin"}
    data = await async_mock_restore_state_shutdown_restart(hass)
    assert data.last_states[LAST_ACCESS].extra_data.as_dict() == kept


async def test_a_push_writes_only_what_shows_it(paired: Home, house: House) -> None:
    written = writes(paired)
    await house.do("supply", "type-c")
    await paired.until_state(EMERGENCY, "on")
    assert of_the_snapshot(written) == [EMERGENCY]

    written.clear()
    await house.do("unplug", "keypad")
    await paired.until_state(FAULT, "on")
    assert sorted(of_the_snapshot(written)) == [FAULT, LIGHT_RING]  # the bridge's ring is red (GWY-1)

    # The bolt goes, and there is no jam: the sensor of jams has nothing to say.
    written.clear()
    await house.do("key", "unlock")
    await paired.until_state(LOCK, "unlocked")
    assert of_the_snapshot(written) == [LOCK]


def happened(state: str) -> Any:
    """A time that a sensor tells."""
    return dt_util.parse_datetime(state)


def who(home: Home) -> dict[str, Any]:
    """What the sensor of the last access tells of it."""
    attributes = home.state(LAST_ACCESS).attributes
    return {name: attributes[name] for name in ("user_id", "user_name", "method", "source") if name in attributes}


def _unavailable(entity_id: str) -> State:
    """As entities are when Home Assistant stops: without attributes."""
    return State(entity_id, "unavailable")
