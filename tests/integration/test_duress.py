"""Duress is nowhere in Home Assistant: whoever forces somebody to open the door may be looking at it (VER-12)."""

import json
import logging
from typing import Any

import pytest
from homeassistant.components.recorder import Recorder
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.lock_bridge.event import EVENTS
from lock_bridge.engine.model import Fact
from lock_bridge.wire.words import CredentialType, EventType, OperationSource
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import ACCESS, LOCK, Home
from tests.integration.house import House, until
from tests.integration.test_logbook import logbook
from tests.integration.texts import read

CODE, FORCED = "270413", "918274"
ANNA = {"source": OperationSource.KEYPAD, "user_name": "Anna", "credential_type": CredentialType.PIN}


@pytest.fixture
def heard(hass: HomeAssistant) -> list[Event[Any]]:
    """Everything on the bus, whatever it is."""
    everything: list[Event[Any]] = []

    @callback
    def hear(event: Event[Any]) -> None:
        everything.append(event)

    hass.bus.async_listen(MATCH_ALL, hear)
    return everything


async def anna(house: House) -> str:
    """Anna, who has a passcode, and another one for when she is forced."""
    user = await house.add_person("Anna", CODE)
    await house.command("credentials.set_passcode", lock="front_door", user_id=user, passcode=FORCED, duress=True)
    return user


async def enters(house: House, code: str) -> None:
    """Anna comes home, and locks the door behind her."""
    await house.enter(code)
    await house.bolt("unlocked")
    await house.lock_from_inside()


def told_of(events: list[Event[Any]]) -> list[dict[str, Any]]:
    """What was told at the bus, but for what differs from each event to the next."""
    beside = ("id", "occurred_at")
    return [{name: value for name, value in event.data.items() if name not in beside} for event in events]


@pytest.mark.spec("VER-12")
async def test_being_forced_looks_in_home_assistant_like_coming_home(
    paired: Home,
    house: House,
    heard: list[Event[Any]],
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    await anna(house)
    await until(lambda: len(paired.told("credential_added")) == 2)
    told = []
    for code in (CODE, FORCED):
        paired.events.clear()
        await enters(house, code)
        await until(lambda: paired.entry.runtime_data.connection.cursor.seq == house.head)
        told.append(told_of(paired.events))
    assert told[0] == told[1] != []
    assert [event.type for event in await house.running.bridge.store.query(types=(EventType.DURESS,))] == ["duress"]

    assert await async_setup_component(paired.hass, "diagnostics", {})
    diagnostics = await get_diagnostics_for_config_entry(paired.hass, hass_client, paired.entry)
    states = [state.as_dict() for state in paired.hass.states.async_all()]
    of_the_client = [record.getMessage() for record in caplog.records if "custom_components" in record.name]
    for where in (states, [event.as_dict() for event in heard], diagnostics, of_the_client):
        assert "duress" not in json.dumps(where, default=str)


@pytest.mark.spec("VER-12")
async def test_nor_is_it_told_afterwards(far: Home, house: House, network: FaultProxy, heard: list[Event[Any]]) -> None:
    await anna(house)
    await far.until_event("credential_added", count=2)
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await house.enter(FORCED)
    await house.bolt("unlocked")
    await network.start()

    await far.until_event("access_granted")
    await until(lambda: far.entry.runtime_data.connection.cursor.seq == house.head)
    assert [event.type for event in await house.running.bridge.store.query(types=(EventType.DURESS,))] == ["duress"]
    assert "duress" not in json.dumps([event.as_dict() for event in heard], default=str)
    await house.stop()  # the journal is read up to its end, so that nothing is told again
    await house.start()
    await far.until_event("bridge_started")
    assert len(far.told("access_granted")) == 1


@pytest.mark.spec("VER-12")
async def test_it_is_no_line_of_the_logbook(
    recorder_mock: Recorder, paired: Home, house: House, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(paired.hass, "logbook", {})
    await record(house, Fact(EventType.BATTERY_LOW), Fact(EventType.DURESS, **ANNA), Fact(EventType.DOORBELL))
    await paired.until_event("doorbell")
    lines = await logbook(paired, hass_ws_client, device_ids=[paired.device("front_door").id])
    said = [line["message"] for line in lines if line.get("domain") == "lock_bridge"]
    assert said[-2:] == ["battery low", "doorbell rang"]
    assert paired.state(ACCESS).state == "unknown"


@pytest.mark.spec("VER-12")
async def test_nor_is_it_told_that_a_finger_was_marked(paired: Home, house: House) -> None:
    def changed(*fields: str) -> Fact:
        return Fact(EventType.CREDENTIAL_CHANGED, user_name="Anna", data={"changed": [*fields]})

    await record(house, changed("duress"), changed("duress", "label"), changed("label"))
    await record(house, Fact(EventType.DOORBELL))
    await paired.until_event("doorbell")
    assert [event.data["data"] for event in paired.told("credential_changed")] == [{"changed": ["label"]}] * 2


@pytest.mark.parametrize("language", ["en", "nb", "sv", "it", "nl"])
def test_no_entity_and_no_text_is_made_for_it(language: str) -> None:
    assert not any("duress" in text.lower() or "duress" in key for key, text in read(language).items())
    assert not any(EventType.DURESS in description.kinds for description in EVENTS)


async def record(house: House, *facts: Fact) -> None:
    await house.running.bridge.record(*facts, lock_id="front_door")
