"""What is kept back about duress leaves no hole where it was: in numbers, in lists, in what is counted (VER-12)."""

import json
import re
from typing import Any

import pytest
from homeassistant.components.recorder import Recorder
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from lock_bridge.engine.model import Fact
from lock_bridge.wire.words import CredentialType, EventType
from tests.integration.home import LOCK, Home, choices
from tests.integration.house import House
from tests.integration.test_duress import CODE, FORCED, anna, enters, read_up_to_now
from tests.integration.test_logbook import logbook


async def events(home: Home) -> list[dict[str, Any]]:
    """What whoever sees the lock can have told of it, the oldest first."""
    answer = await home.hass.services.async_call(
        "lock_bridge", "get_events", {"entity_id": LOCK, "limit": 500}, blocking=True, return_response=True
    )
    assert answer is not None
    found: Any = answer[LOCK]
    return list(reversed(found["events"]))


@pytest.mark.spec("VER-12", "S42")
async def test_nothing_that_is_told_is_numbered_so_none_is_seen_to_be_missing(
    paired: Home, house: House, hass_client: ClientSessionGenerator
) -> None:
    await anna(house)
    for code in (CODE, FORCED, CODE):
        await enters(house, code)
    await read_up_to_now(paired, house)

    told = await events(paired)
    assert [event["type"] for event in told][-6:] == ["access_granted", "locked"] * 3
    ids = [event["id"] for event in (*told, *(event.data for event in paired.events))]
    assert all(re.fullmatch(r"[0-9a-f]{32}", id_) for id_ in ids)
    assert {event.data["id"] for event in paired.told("access_granted")} <= {event["id"] for event in told}
    # Whoever knew the journal's name could try its numbers.
    assert await async_setup_component(paired.hass, "diagnostics", {})
    diagnostics = await get_diagnostics_for_config_entry(paired.hass, hass_client, paired.entry)
    states = [state.as_dict() for state in paired.hass.states.async_all()]
    shown = json.dumps([told, [event.data for event in paired.events], diagnostics, states], default=str)
    assert house.running.bridge.store.epoch not in shown
    assert '"read_up_to"' not in shown


@pytest.mark.spec("VER-12", "S42")
async def test_nobody_is_told_that_a_duress_passcode_was_set_changed_or_deleted(
    recorder_mock: Recorder, paired: Home, house: House, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(paired.hass, "logbook", {})
    user = await anna(house)
    await house.command("credentials.set_passcode", lock="front_door", user_id=user, passcode="640372", duress=True)
    await house.command("credentials.delete", lock="front_door", type="pin", number=2)
    await house.command("credentials.set_passcode", lock="front_door", user_id=user, passcode="350917")
    await read_up_to_now(paired, house)

    kinds = [event.data["type"] for event in paired.events if "credential" in event.data["type"]]
    assert kinds == ["credential_added", "credential_changed"]
    assert [event["type"] for event in await events(paired) if "credential" in event["type"]] == kinds
    await async_wait_recording_done(paired.hass)
    lines = [line.get("message", "") for line in await logbook(paired, hass_ws_client)]
    assert [line for line in lines if line.startswith("passcode")] == [
        "passcode added for Anna",
        "passcode of Anna changed",
    ]


@pytest.mark.spec("VER-12")
async def test_a_finger_for_duress_is_told_of_like_any_other(paired: Home, house: House) -> None:
    finger: dict[str, Any] = {
        "user_name": "Anna",
        "credential_type": CredentialType.FINGERPRINT,
        "credential_number": 3,
    }
    await house.running.bridge.record(
        Fact(EventType.CREDENTIAL_ADDED, **finger, data={"duress": True}),
        Fact(EventType.CREDENTIAL_CHANGED, **finger, data={"changed": ["label"], "duress": True}),
        lock_id="front_door",
    )
    added = (await paired.until_event("credential_added")).data
    changed = (await paired.until_event("credential_changed")).data
    assert (added["credential_number"], "data" in added) == (3, False)
    assert changed["data"] == {"changed": ["label"]}


@pytest.mark.spec("VER-12")
async def test_the_list_of_people_counts_no_duress_passcode(paired: Home, house: House) -> None:
    await anna(house)
    await house.add_person("Ben", "640372")
    await paired.until_people(house)
    anna_has, ben_has, _ = choices(await paired.configure("people"), "person").values()
    assert anna_has.partition("Anna")[2] == ben_has.partition("Ben")[2] == " · user · 1 passcode"
