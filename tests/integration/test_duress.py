"""Duress is told to those whom the owner chose, and nobody else: whoever forces somebody may be looking on (VER-12)."""

import asyncio
import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.components.recorder import Recorder
from homeassistant.const import MATCH_ALL, EntityCategory
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.lock_bridge.const import DOMAIN
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


async def read_up_to_now(home: Home, house: House) -> None:
    """Wait until Home Assistant has heard of everything that is in the journal."""
    await until(lambda: home.entry.runtime_data.connection.cursor.seq == house.head)


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
    await read_up_to_now(paired, house)
    told = []
    for code in (CODE, FORCED):
        paired.events.clear()
        await enters(house, code)
        await read_up_to_now(paired, house)
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
    await read_up_to_now(far, house)
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await house.enter(FORCED)
    await house.bolt("unlocked")
    await network.start()

    await far.until_event("access_granted")
    await read_up_to_now(far, house)
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
def test_no_entity_and_no_line_of_the_logbook_has_a_word_for_it(language: str) -> None:
    shown = {key: text for key, text in read(language).items() if key.startswith(("entity.", "common.event_"))}
    assert shown
    assert not any("duress" in text.lower() or "duress" in key for key, text in shown.items())
    assert not any(EventType.DURESS in description.kinds for description in EVENTS)


def registered(home: Home) -> er.RegistryEntry:
    """The silent alarm, for those who look into the registry."""
    registry = er.async_get(home.hass)
    unique_id = f"{home.entry.runtime_data.lock_key('front_door')}_check_ins"
    entity_id = registry.async_get_entity_id("sensor", DOMAIN, unique_id)
    assert entity_id is not None
    entry = registry.async_get(entity_id)
    assert entry is not None
    return entry


async def switched_on(home: Home) -> str:
    """The owner switches the silent alarm on."""
    entity_id = registered(home).entity_id
    er.async_get(home.hass).async_update_entity(entity_id, disabled_by=None)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()
    assert home.state(entity_id).state == "0"
    return entity_id


@pytest.mark.spec("VER-12")
async def test_the_silent_alarm_is_off_hidden_and_does_not_say_what_it_is(paired: Home, house: House) -> None:
    entry = registered(paired)
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entry.hidden_by is er.RegistryEntryHider.INTEGRATION
    assert entry.entity_category is EntityCategory.DIAGNOSTIC
    assert paired.hass.states.get(entry.entity_id) is None
    said = json.dumps([entry.entity_id, entry.original_name, entry.translation_key, entry.unique_id]).lower()
    assert not any(word in said for word in ("duress", "alarm", "forced", "panic", "silent"))


@pytest.mark.spec("VER-12")
async def test_who_has_switched_it_on_is_told_who_how_and_when(paired: Home, house: House) -> None:
    user = await anna(house)
    silent = await switched_on(paired)
    await enters(house, CODE)
    await paired.until_event("access_granted")
    assert paired.state(silent).state == "0"

    await enters(house, FORCED)
    said = (await paired.until_state(silent, "1")).attributes
    at = dt_util.parse_datetime(said["occurred_at"])
    assert at is not None
    assert abs(at - dt_util.utcnow()) < timedelta(seconds=30)
    beside = {"occurred_at", "friendly_name", "unit_of_measurement"}
    assert {name: fact for name, fact in said.items() if name not in beside} == {
        "user_id": user,
        "user_name": "Anna",
        "method": "pin",
        "source": "keypad",
        "delayed": False,
    }

    await paired.hass.config_entries.async_reload(paired.entry.entry_id)
    await paired.hass.async_block_till_done()
    assert (paired.state(silent).state, paired.state(silent).attributes) == ("1", said)


@pytest.mark.spec("VER-12", "S43")
async def test_an_alarm_of_an_outage_reaches_it_afterwards_once(far: Home, house: House, network: FaultProxy) -> None:
    await anna(house)
    silent = await switched_on(far)
    heard: list[tuple[str, bool]] = []
    far.entry.runtime_data.on_alarm.add(lambda event, delayed: heard.append((str(event.type), delayed)))
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    house.clock.set_back(timedelta(hours=1))
    for _ in range(2):
        await enters(house, FORCED)
    house.clock.set_back(timedelta(0))
    await network.start()

    said = (await far.until_state(silent, "2")).attributes
    at = dt_util.parse_datetime(said["occurred_at"])
    assert at is not None
    assert abs(dt_util.utcnow() - timedelta(hours=1) - at) < timedelta(seconds=60)
    assert (said["delayed"], said["user_name"]) == (True, "Anna")
    assert heard == [("duress", True)]
    assert "duress" not in json.dumps([event.data for event in far.events])


@pytest.mark.spec("VER-12", "S42")
@pytest.mark.parametrize("off_again", [False, True])
async def test_even_switched_on_it_is_in_no_logbook(
    recorder_mock: Recorder, paired: Home, house: House, hass_ws_client: WebSocketGenerator, off_again: bool
) -> None:
    """Neither in its history nor in its live stream, for whatever is looked at, and also where the bridge was away."""
    assert await async_setup_component(paired.hass, "logbook", {})
    await anna(house)
    silent = await switched_on(paired)
    device = paired.device("front_door").id
    targets: list[dict[str, Any]] = [
        {},
        {"entity_ids": [silent]},
        {"entity_ids": [silent, LOCK, ACCESS]},
        {"device_ids": [device]},
        {"entity_ids": [silent, LOCK], "device_ids": [device]},
    ]
    screen = await hass_ws_client()
    start = (dt_util.utcnow() - timedelta(minutes=1)).isoformat()
    streams = set()
    for target in targets:
        answer = await screen_says(screen, type="logbook/event_stream", start_time=start, **target)
        streams.add(answer["id"])
        assert answer["success"]

    await enters(house, FORCED)
    await paired.until_state(silent, "1")
    await house.stop()
    await paired.until_state(silent, "unavailable")
    await house.start()
    await paired.until_state(silent, "1")
    if off_again:
        er.async_get(paired.hass).async_update_entity(silent, disabled_by=er.RegistryEntryDisabler.USER)
        await until(lambda: paired.hass.states.get(silent) is None)
    await house.do("ring")
    await paired.until_event("doorbell")

    live: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while not any("doorbell rang" in line.get("message", "") for line in live):
            message = await screen.receive_json()
            live += message.get("event", {}).get("events", [])
    await async_wait_recording_done(paired.hass)
    past = [line for target in targets for line in await logbook(paired, hass_ws_client, **target)]
    for lines in (live, past):
        assert any(line.get("message", "").startswith("opened by Anna") for line in lines)
        assert [line for line in lines if line.get("entity_id") == silent] == []
        assert not any(word in json.dumps(lines).lower() for word in ("check_ins", "check-ins", "duress"))


async def screen_says(screen: Any, **command: Any) -> dict[str, Any]:
    """The answer to a command, past what streams tell meanwhile."""
    await screen.send_json_auto_id(command)
    while (message := await screen.receive_json())["type"] != "result":
        pass
    result: dict[str, Any] = message
    return result


async def record(house: House, *facts: Fact) -> None:
    await house.running.bridge.record(*facts, lock_id="front_door")
