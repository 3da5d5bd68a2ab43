"""What sets off an automation at the door: the right thing, once, as it happens, and old news only where it matters."""

import json
import logging
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.trigger import async_get_all_descriptions
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.lock_bridge.trigger import KINDS, TRIGGERS
from lock_bridge.engine.model import Fact
from lock_bridge.wire.words import CredentialType, EventType, Refusal
from tests.integration.automations import Automations, person
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

ANNAS, BENS, FORCED, WRONG = "270413", "135790", "918274", "918273"
ALL = [{"trigger": f"lock_bridge.{key}"} for key in TRIGGERS]


@pytest.fixture
def automations(hass: HomeAssistant) -> Automations:
    return Automations(hass)


@pytest.mark.spec("VER-6")
async def test_somebody_comes_in(paired: Home, house: House, automations: Automations) -> None:
    await automations.on({"trigger": "lock_bridge.entered"})
    anna = await house.add_person("Anna", ANNAS)
    device = await person(paired, anna)
    await house.enter(ANNAS)

    told = await automations.until_ran()
    at = dt_util.parse_datetime(told.pop("occurred_at"))
    assert at is not None
    assert abs((dt_util.utcnow() - at).total_seconds()) < 30
    assert told == {
        "id": "0",
        "idx": "0",
        "alias": None,
        "platform": "lock_bridge.entered",
        "description": "Anna entering at Front door",
        "lock": "front_door",
        "name": "Front door",
        "entity_id": LOCK,
        "device_id": paired.device("front_door").id,
        "message": "opened by Anna with passcode",
        "user_id": anna,
        "user_name": "Anna",
        "person": device,
        "label": None,
        "method": "pin",
        "method_name": "passcode",
        "source": "keypad",
    }


async def test_only_the_persons_that_were_chosen(paired: Home, house: House, automations: Automations) -> None:
    await house.add_person("Anna", ANNAS)
    ben = await person(paired, await house.add_person("Ben", BENS))
    await automations.on({"trigger": "lock_bridge.entered", "options": {"person": [ben]}})
    await enters(house, ANNAS)
    await enters(house, BENS)
    assert (await automations.until_ran())["user_name"] == "Ben"


async def test_only_the_ways_that_were_chosen(paired: Home, house: House, automations: Automations) -> None:
    await automations.on({"trigger": "lock_bridge.entered", "options": {"method": ["fingerprint", "face"]}})
    await house.add_person("Anna", ANNAS)
    await enters(house, ANNAS)
    await record(house, Fact(EventType.ACCESS_GRANTED, user_name="Anna", credential_type=CredentialType.FACE))
    told = await automations.until_ran()
    assert (told["method"], told["message"]) == ("face", "opened by Anna with face")


@pytest.mark.parametrize("chosen", ["entity_id", "device_id", "area_id", "label_id"])
async def test_only_the_locks_that_were_chosen(
    paired: Home, house: House, automations: Automations, chosen: str
) -> None:
    other = await second_lock(paired, house)
    target = {chosen: await reach(paired, chosen)}
    await automations.on({"trigger": "lock_bridge.doorbell_rang", "target": target})
    await record(house, Fact(EventType.DOORBELL), lock=other)
    await record(house, Fact(EventType.DOORBELL))
    told = await automations.until_ran()
    assert (told["lock"], told["entity_id"]) == ("front_door", LOCK)


async def test_where_no_lock_is_chosen_it_is_any(paired: Home, house: House, automations: Automations) -> None:
    other = await second_lock(paired, house)
    nothing: dict[str, Any] = {"entity_id": []}
    await automations.on(
        {"trigger": "lock_bridge.doorbell_rang", "target": nothing, "options": {}},
        {"trigger": "lock_bridge.entered", "options": {"person": [], "method": []}},
    )
    await record(house, Fact(EventType.DOORBELL), lock=other)
    await record(house, Fact(EventType.ACCESS_GRANTED))
    await automations.until_ran(2)
    assert [told["name"] for told in automations.ran] == ["Shed", "Front door"]
    assert (automations.ran[1]["user_name"], automations.ran[1]["person"]) == (None, None)


@pytest.mark.spec("VER-13")
async def test_a_visitor_is_told_by_what_his_code_is_called(
    paired: Home, house: House, automations: Automations
) -> None:
    await automations.on({"trigger": "lock_bridge.entered"})
    anna = await house.add_person("Anna", ANNAS)
    made = await house.command("credentials.create_temporary", lock="front_door", user_id=anna, label="Plumber")
    await house.enter(made["passcode"])
    told = await automations.until_ran()
    assert (told["user_name"], told["label"]) == ("Anna", "Plumber")
    assert made["passcode"] not in json.dumps(told)


@pytest.mark.spec("VER-6")
async def test_somebody_is_refused(paired: Home, house: House, automations: Automations) -> None:
    await automations.on(
        {"trigger": "lock_bridge.access_refused", "id": "any"},
        {"trigger": "lock_bridge.access_refused", "id": "hours", "options": {"reason": ["outside_schedule"]}},
        {"trigger": "lock_bridge.access_refused", "id": "finger", "options": {"method": "fingerprint"}},
    )
    await house.add_person("Anna", ANNAS)
    await house.enter(WRONG)
    told = await automations.until_ran()
    assert (told["id"], told["reason"], told["method"]) == ("any", "unknown_credential", "pin")
    assert told["message"] == "refused somebody with passcode: not known"
    assert WRONG not in json.dumps(told)

    why, how = Refusal.OUTSIDE_SCHEDULE, CredentialType.FINGERPRINT
    await record(house, Fact(EventType.ACCESS_REFUSED, user_name="Ben", reason=why, credential_type=how))
    await automations.until_ran(4)
    assert {told["id"] for told in automations.ran[1:]} == {"any", "hours", "finger"}
    assert automations.ran[-1]["description"] == "Ben refused at Front door"


@pytest.mark.spec("VER-9")
async def test_a_lockout_begins_and_ends(paired: Home, house: House, automations: Automations) -> None:
    await automations.on({"trigger": "lock_bridge.lockout_began"}, {"trigger": "lock_bridge.lockout_ended"})
    await house.add_person("Anna", ANNAS)
    for _ in range(5):
        await house.enter(WRONG)
    began = await automations.until_ran()
    assert (began["platform"], began["source"], began["seconds"]) == ("lock_bridge.lockout_began", "keypad", 180)
    await house.command("lockout.end", lock="front_door")
    ended = await automations.until_ran(2)
    assert (ended["platform"], ended["reason"]) == ("lock_bridge.lockout_ended", "remote")


@pytest.mark.spec("ALM-6")
async def test_the_doorbell_rings(paired: Home, house: House, automations: Automations) -> None:
    await automations.on({"trigger": "lock_bridge.doorbell_rang"})
    await house.do("ring")
    told = await automations.until_ran()
    assert (told["name"], told["message"]) == ("Front door", "doorbell rang")


@pytest.mark.spec("ALM-1")
async def test_an_alarm(paired: Home, house: House, automations: Automations) -> None:
    await automations.on(
        {"trigger": "lock_bridge.alarm", "id": "any"},
        {"trigger": "lock_bridge.alarm", "id": "jam", "options": {"kind": ["lock_jammed"]}},
    )
    await house.do("tamper", "on")
    told = await automations.until_ran()
    assert (told["id"], told["kind"], told["message"]) == ("any", "tamper_started", "tamper alarm")
    assert (told["delayed"], told["times"]) == (False, 1)
    await house.running.bridge.record(Fact(EventType.PAIRING_FAILED, reason="wrong_code"))
    bridges = await automations.until_ran(2)
    assert (bridges["lock"], bridges["entity_id"], bridges["name"]) == (None, None, "Home")


async def test_what_is_the_bridges_own_is_no_alarm_of_a_lock(
    paired: Home, house: House, automations: Automations
) -> None:
    await automations.on({"trigger": "lock_bridge.alarm", "target": {"entity_id": LOCK}})
    await house.running.bridge.record(Fact(EventType.PAIRING_FAILED, reason="wrong_code"))
    await house.do("tamper", "on")
    assert (await automations.until_ran())["kind"] == "tamper_started"


@pytest.mark.spec("VER-12")
async def test_somebody_is_forced_to_open(
    paired: Home, house: House, automations: Automations, hass_ws_client: WebSocketGenerator
) -> None:
    await automations.on({"trigger": "lock_bridge.duress"}, id="quiet")
    anna = await anna_with_duress(house)
    await house.enter(FORCED)
    told = await automations.until_ran()
    assert (told["user_id"], told["user_name"], told["name"]) == (anna, "Anna", "Front door")
    assert (told["method"], told["delayed"], told["times"]) == ("pin", False, 1)

    assert "duress" not in json.dumps(told)
    trace = await the_trace(paired.hass, hass_ws_client, "quiet")
    del trace["config"]  # as its owner wrote it
    assert "Front door" in json.dumps(trace)
    assert "duress" not in json.dumps(trace)
    assert FORCED not in json.dumps(trace)


@pytest.mark.spec("VER-12")
async def test_it_sets_off_nothing_that_shows_it(paired: Home, house: House, automations: Automations) -> None:
    """Whoever looks at the other automations sees somebody come home."""
    await automations.on(*(trigger for trigger in ALL if trigger["trigger"] != "lock_bridge.duress"))
    await anna_with_duress(house)
    await enters(house, FORCED)
    await house.do("ring")
    await automations.until_ran(2)
    assert [told["platform"] for told in automations.ran] == ["lock_bridge.entered", "lock_bridge.doorbell_rang"]


async def test_old_news_sets_off_nothing_but_alarms(
    far: Home, house: House, network: FaultProxy, automations: Automations
) -> None:
    await automations.on(*ALL)
    await anna_with_duress(house)
    await until(lambda: far.entry.runtime_data.connection.cursor.seq == house.head)
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    began = dt_util.utcnow()
    await enters(house, FORCED)
    await house.do("ring")
    await house.enter(WRONG)
    await house.do("tamper", "on")
    ended = dt_util.utcnow()
    await network.start()

    await automations.until_ran(2)
    assert {told["platform"] for told in automations.ran} == {"lock_bridge", "lock_bridge.alarm"}
    for told in automations.ran:
        assert told["delayed"] is True
        happened = dt_util.parse_datetime(told["occurred_at"])
        assert happened is not None
        assert began.timestamp() - 1 < happened.timestamp() < ended.timestamp() + 1
    assert {told.get("user_name") for told in automations.ran} == {"Anna", None}

    await house.do("ring")
    assert (await automations.until_ran(3))["platform"] == "lock_bridge.doorbell_rang"


async def test_an_alarm_that_was_told_is_not_told_again(
    far: Home, house: House, network: FaultProxy, automations: Automations
) -> None:
    await automations.on({"trigger": "lock_bridge.alarm"}, {"trigger": "lock_bridge.doorbell_rang"})
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await house.do("tamper", "on")
    await network.start()
    assert (await automations.until_ran())["delayed"] is True
    network.cut()
    await far.hass.config_entries.async_reload(far.entry.entry_id)
    await house.do("ring")
    assert (await automations.until_ran(2))["platform"] == "lock_bridge.doorbell_rang"


async def test_a_cut_of_the_network_costs_nothing(
    far: Home, house: House, network: FaultProxy, automations: Automations
) -> None:
    """What states tell would be lost in the change from `unavailable`."""
    await automations.on({"trigger": "lock_bridge.entered"})
    await house.add_person("Anna", ANNAS)
    for times in (1, 2, 3):
        network.cut()
        await until(lambda: not far.entry.runtime_data.available)
        await until(lambda: far.entry.runtime_data.available)
        await enters(house, ANNAS)
        await automations.until_ran(times)


async def test_automations_that_are_there_before_the_bridge(home: Home, house: House, automations: Automations) -> None:
    await automations.on({"trigger": "lock_bridge.doorbell_rang", "target": {"entity_id": LOCK}})
    await home.pair(house, port=house.port)
    await house.do("ring")
    await automations.until_ran()


async def test_the_bridge_is_loaded_anew_and_goes_away_for_good(
    paired: Home, house: House, automations: Automations
) -> None:
    await automations.on({"trigger": "lock_bridge.doorbell_rang"})
    entries, entry_id = paired.hass.config_entries, paired.entry.entry_id
    for times in (1, 2):
        await entries.async_reload(entry_id)
        await house.do("ring")
        await automations.until_ran(times)
    await entries.async_unload(entry_id)
    await house.do("ring")
    await entries.async_setup(entry_id)
    await paired.until_event("doorbell", count=3)
    await house.do("ring")
    await automations.until_ran(3)
    await entries.async_remove(entry_id)
    await paired.hass.async_block_till_done()
    assert len(automations.ran) == 3


async def test_an_automation_that_is_switched_off_hears_nothing(
    paired: Home, house: House, automations: Automations
) -> None:
    await automations.on(*ALL)
    for service in ("turn_off", "turn_on"):
        await paired.hass.services.async_call(
            "automation", service, {"entity_id": "automation.automation_0"}, blocking=True
        )
        await house.do("ring")
        await until(lambda: paired.entry.runtime_data.connection.cursor.seq == house.head)
    await automations.until_ran(1)


async def test_what_it_sets_off_finds_the_entities_as_they_are_now(
    paired: Home, house: House, automations: Automations
) -> None:
    says = {"trigger": "{{ state_attr('event.front_door_access', 'user_name') }}"}
    action = {"event": "automation_ran", "event_data": says}
    await automations.set_up({"triggers": [{"trigger": "lock_bridge.entered"}], "actions": [action]})
    await house.add_person("Anna", ANNAS)
    await house.enter(ANNAS)
    await until(lambda: automations.ran)
    assert automations.ran == ["Anna"]


@pytest.mark.parametrize(
    ("trigger", "complaint"),
    [
        ({"trigger": "lock_bridge.left"}, "Invalid trigger 'lock_bridge.left'"),
        ({"trigger": "lock_bridge.entered", "options": {"method": ["nose"]}}, "value must be one of"),
        ({"trigger": "lock_bridge.alarm", "options": {"kind": ["duress"]}}, "value must be one of"),
        ({"trigger": "lock_bridge.access_refused", "options": {"reason": ["weather"]}}, "value must be one of"),
        ({"trigger": "lock_bridge.doorbell_rang", "options": {"person": ["x"]}}, "not a valid option|extra keys"),
        (
            {"trigger": "lock_bridge.entered", "target": {"entity_id": "event.front_door_access"}},
            "'event.front_door_access' is not a lock of Lock Bridge",
        ),
    ],
)
async def test_a_mistake_is_named(
    paired: Home,
    automations: Automations,
    caplog: pytest.LogCaptureFixture,
    trigger: dict[str, Any],
    complaint: str,
) -> None:
    await automations.on(trigger)
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert any(words in said for words in complaint.split("|")), said


async def test_a_lock_is_not_a_person(paired: Home, automations: Automations, caplog: pytest.LogCaptureFixture) -> None:
    lock = paired.device("front_door").id
    await automations.on({"trigger": "lock_bridge.entered", "options": {"person": lock}})
    assert "'Front door' is not a person at a lock of Lock Bridge" in caplog.text


async def test_a_person_who_is_gone_breaks_no_automation(paired: Home, house: House, automations: Automations) -> None:
    anna = await house.add_person("Anna", ANNAS)
    ben = await house.add_person("Ben", BENS)
    chosen = [await person(paired, anna), await person(paired, ben)]
    await house.command("users.delete", lock="front_door", user_id=anna)
    await until(lambda: anna not in paired.entry.runtime_data.data.people["front_door"])
    await automations.on({"trigger": "lock_bridge.entered", "options": {"person": chosen}})
    await house.enter(BENS)
    assert (await automations.until_ran())["user_name"] == "Ben"


async def test_the_editor_offers_what_there_is(paired: Home) -> None:
    assert await async_setup_component(paired.hass, "automation", {})
    offered = {
        key.removeprefix("lock_bridge."): what
        for key, what in (await async_get_all_descriptions(paired.hass)).items()
        if key.startswith("lock_bridge.") and what is not None
    }
    assert set(offered) == set(TRIGGERS)
    locks = [{"integration": "lock_bridge", "domain": ["lock"]}]
    assert all(what["target"]["entity"] in (locks, locks[0] | {"domain": "lock"}) for what in offered.values())
    assert options(offered, "entered", "method") == set(CredentialType)
    assert options(offered, "access_refused", "method") == set(CredentialType)
    assert options(offered, "access_refused", "reason") == set(Refusal)
    assert options(offered, "alarm", "kind") == KINDS


def options(offered: dict[str, Any], trigger: str, field: str) -> set[str]:
    return set(offered[trigger]["fields"][field]["selector"]["select"]["options"])


async def anna_with_duress(house: House) -> str:
    anna = await house.add_person("Anna", ANNAS)
    await house.command("credentials.set_passcode", lock="front_door", user_id=anna, passcode=FORCED, duress=True)
    return anna


async def enters(house: House, code: str) -> None:
    await house.enter(code)
    await house.bolt("unlocked")
    await house.lock_from_inside()


async def record(house: House, *facts: Fact, lock: str = "front_door") -> None:
    await house.running.bridge.record(*facts, lock_id=lock)


async def second_lock(home: Home, house: House) -> str:
    """The house gets a shed with a lock."""
    house.locks["shed"] = ("Shed", "l2s")
    await house.stop()
    await house.start()
    await until(lambda: home.hass.states.get("lock.shed"))
    assert home.entry.state is ConfigEntryState.LOADED
    return "shed"


async def reach(home: Home, how: str) -> str:
    """The front door's lock by one of the ways in which somebody may choose it."""
    from homeassistant.helpers import area_registry as ar
    from homeassistant.helpers import device_registry as dr
    from homeassistant.helpers import label_registry as lr

    device = home.device("front_door").id
    match how:
        case "entity_id":
            return LOCK
        case "device_id":
            return device
        case "area_id":
            area = ar.async_get(home.hass).async_create("Hall").id
            dr.async_get(home.hass).async_update_device(device, area_id=area)
            return area
        case _:
            label = lr.async_get(home.hass).async_create("Outside").label_id
            dr.async_get(home.hass).async_update_device(device, labels={label})
            return label


async def the_trace(hass: HomeAssistant, client: WebSocketGenerator, automation: str) -> dict[str, Any]:
    """What the trace of an automation's last run shows."""
    assert await async_setup_component(hass, "trace", {})
    socket = await client(hass)
    where = {"domain": "automation", "item_id": automation}
    await socket.send_json_auto_id({"type": "trace/list", **where})
    (run,) = (await socket.receive_json())["result"]
    await socket.send_json_auto_id({"type": "trace/get", **where, "run_id": run["run_id"]})
    return dict((await socket.receive_json())["result"])
