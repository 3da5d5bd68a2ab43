"""A bridge that means harm, before it is paired and afterwards: it harms nobody but itself."""

import json
import logging
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lock_bridge.client.connection import MAX_LOCKS, MAX_ON_LOCK
from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.hub import Hub
from custom_components.lock_bridge.wire.codec import DEEPEST, LONGEST_TEXT
from tests.integration import scripted as script_of
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until
from tests.integration.scripted import ScriptedBridge
from tests.integration.test_client import script, welcome

CODE = "12345678"
GRANT = {"token": "lb1_new", "client_id": "c1", "scopes": ["state", "events", "lock"]}


async def pair_with(
    home: Home, scripted: ScriptedBridge, monkeypatch: pytest.MonkeyPatch, bridge_id: str
) -> ConfigFlowResult:
    """Somebody sets up what calls itself so, by the code that it shows."""
    form = await home.begin(port=scripted.port)
    monkeypatch.setitem(script_of.INFO, "id", bridge_id)
    scripted.pair_by(CODE, GRANT)
    return await home.submit(form, may_unlock=True, code=CODE)


async def test_who_takes_a_bridges_id_gets_neither_its_place_nor_its_token(
    paired: Home, house: House, scripted: ScriptedBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(paired.entry.data)

    result = await pair_with(paired, scripted, monkeypatch, house.bridge_id)

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "other_certificate")
    assert scripted.tokens == [GRANT["token"]]
    assert paired.entry.data == before
    assert paired.state(LOCK).state == "locked"


@pytest.mark.parametrize("more", ["_front", "/person/anna", ".x", "0", ""])
async def test_an_id_that_begins_like_anothers_is_none(
    paired: Home, house: House, scripted: ScriptedBridge, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """`<id>_front` and its lock `door` would have the names of the front door of `<id>`."""
    bridge_id = house.bridge_id + more if more else house.bridge_id.upper() + "_"
    registered = er.async_get(paired.hass).async_get(LOCK)
    with monkeypatch.context() as unchecked:
        unchecked.setattr("custom_components.lock_bridge.wire.pairing._check_device_id", lambda _id: None)
        result = await pair_with(paired, scripted, unchecked, bridge_id)

    assert result["errors"] == {"base": "not_a_bridge"}
    assert er.async_get(paired.hass).async_get(LOCK) == registered


FAR = 2**62
NAME = "x\n\x00\u202e{code.__class__}{0:>999999999}[click](https://evil.example)<img src=x>"
"""A name that is more than a name, wherever somebody takes it for more."""
ID = "ff" * 8


def state(**changes: Any) -> dict[str, Any]:
    """Some fields of the front door are other than before."""
    return {"type": "state", "lock": "front_door", "as_of": 10, "changes": changes}


def people(*users: dict[str, Any], gone: tuple[str, ...] = ()) -> dict[str, Any]:
    """People at the front door."""
    return {"type": "people", "lock": "front_door", "users": list(users), "gone": list(gone)}


def person(user_id: str = "anna", **more: Any) -> dict[str, Any]:
    """One of them."""
    told = {"id": user_id, "name": "Anna", "role": "user", "number": 1, "enabled": True, "credentials": {}}
    return {**told, "valid_from_ms": None, "valid_until_ms": None, **more}


def event(seq: int = 11, **more: Any) -> dict[str, Any]:
    """Something that happens."""
    told = {"seq": seq, "type": "access_granted", "priority": "info", "wall_ms": 0, "time_trusted": True}
    return {**told, "boot_id": "b", "boot_ms": 0, "lock_id": "front_door", "user_id": "anna", **more}


def events(*told: dict[str, Any]) -> dict[str, Any]:
    """It happens now."""
    return {"type": "events", "live": True, "events": list(told)}


def nested(depth: int) -> str:
    """An event with lists in lists."""
    return json.dumps(events(event(data={"percent": 0}))).replace(
        '"percent": 0', f'"percent": {"[" * depth}{"]" * depth}'
    )


BELL = events(event(2**40, type="doorbell", user_id=None))

BORNE: dict[str, list[dict[str, Any]]] = {
    "an entry beyond the calendar": [events(event(11, wall_ms=FAR), event(12, wall_ms=-FAR))],
    "an alarm beyond the calendar": [events(event(type="lock_jammed", wall_ms=FAR, data={"times": "many"}))],
    "a lockout without an end": [state(locked_out=True, lockout_ends_ms=FAR)],
    "a lockout that ended before all time": [state(locked_out=True, lockout_ends_ms=-FAR)],
    "somebody who may enter for ever": [people(person(valid_from_ms=-FAR, valid_until_ms=FAR))],
    "settings that are none": [
        state(settings={"countdown_locking": ["x"], "countdown_delay_s": {"a": 1}, "volume": 7, "remote_unlock": []})
    ],
    "words that nobody knows": [
        state(bolt="?", door="?", mode="?", battery=-5, faults=["?"], signal_dbm=FAR),
        state(enrolment={"id": "x", "user_id": "y", "type": "?", "status": "?", "done": -5, "steps": 0}),
        people(person(role="?", refused="?")),
    ],
    "names that are more than names": [
        people(person(name=NAME, role=NAME)),
        events(event(user_name=NAME, reason=NAME, client_name=NAME, data={"label": NAME})),
        state(name=NAME, model=NAME, serial=NAME, changed_by={"source": "keypad", "user_name": NAME}),
    ],
    "ids that are more than ids": [people(person(""), person("x"), person("x/entry"), person("../.."), person("a_b"))],
    "somebody who comes and goes": [people(person()), people(gone=("anna",)), people(person(), gone=("anna",))] * 20,
    "a journal without an end": [{"type": "gap", "epoch": "one", "first": -FAR, "last": 2**39}],
    "a clock that runs backwards": [
        {"type": "tick", "head": 0, "time_ms": -FAR, "wall_ms": FAR, "time_trusted": True},
        state(locked_out=True, lockout_ends_ms=FAR),
    ],
    "a state of its own that cannot be": [
        {
            "type": "status",
            "status": {
                "ring": "?",
                "clients": -1,
                "clients_connected": FAR,
                "store_bytes": -FAR,
                "disk_free_bytes": FAR,
                "store_healthy": True,
            },
        }
    ],
}

HUNG_UP: dict[str, str | dict[str, Any]] = {
    "lists in lists": nested(DEEPEST + 2),
    "so many lists in lists that none can be read": nested(1_000_000),
    "a number that is none": json.dumps(events(event(data={"percent": float("nan")}))),
    "a number without an end": json.dumps(events(event(data={"percent": 0}))).replace('percent": 0', 'percent": 1e999'),
    "a number that no database holds": events(event(data={"percent": 2**63})),
    "letters that are none": events(event(type="battery_low", data={"percent": "\ud800"})),
    "a key that is none": events(event(data={"\ud800": 1})),
    "a name like a book": people(person(name="x" * (LONGEST_TEXT + 1))),
    "a label like a book": events(event(data={"label": "x" * (LONGEST_TEXT + 1)})),
    "a crowd": people(*(person(f"u{number}") for number in range(MAX_ON_LOCK + 1))),
}


async def meet(home: Home, scripted: ScriptedBridge, *frames: str | dict[str, Any], locks: int = 1) -> MockConfigEntry:
    """Home Assistant meets a bridge that it has paired with, which says this after its greeting."""
    greeting = json.loads(welcome())
    (lock,) = greeting["locks"]
    lock["capabilities"] |= {
        "settings": ["countdown_locking", "countdown_delay_s", "volume", "remote_unlock"],
        "modes": ["normal", "passage"],
        "wifi": True,
    }
    greeting["locks"] = [{**lock, "id": f"door_{number}"} for number in range(1, locks)] + [lock]
    greeting["scopes"] = ["state", "events", "lock", "unlock", "users", "credentials", "settings"]
    scripted.socket = script(*(frame if isinstance(frame, str) else json.dumps(frame) for frame in (greeting, *frames)))
    told = {"host": "127.0.0.1", "port": scripted.port, "fingerprint": scripted.fingerprint.hex(), "token": "lb1_it"}
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id=ID,
        title="Wicked",
        data={**told, "bridge_id": ID, "client_id": "c", "may_unlock": True, "may_manage": True},
    )
    entry.add_to_hass(home.hass)
    await home.hass.config_entries.async_setup(entry.entry_id)
    return entry


@pytest.mark.parametrize("frames", BORNE.values(), ids=BORNE.keys())
async def test_what_no_bridge_says_is_borne(
    home: Home, scripted: ScriptedBridge, caplog: pytest.LogCaptureFixture, frames: list[dict[str, Any]]
) -> None:
    entry = await meet(home, scripted, *frames, BELL)
    await home.until_event("doorbell")
    await home.hass.async_block_till_done()
    assert entry.runtime_data.available
    # Entities that come later find the same.
    await home.hass.config_entries.async_reload(entry.entry_id)
    await home.hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    await home.hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("frame", HUNG_UP.values(), ids=HUNG_UP.keys())
async def test_what_nobody_could_hold_ends_the_call_and_the_next_one_is_made(
    home: Home, scripted: ScriptedBridge, caplog: pytest.LogCaptureFixture, frame: str | dict[str, Any]
) -> None:
    entry = await meet(home, scripted, frame, BELL)
    hub: Hub = entry.runtime_data
    await until(lambda: type(hub.connection.problem).__name__ == "NotABridge")
    scripted.socket = script(welcome(), json.dumps(BELL))
    await home.until_event("doorbell")
    assert [event.data["type"] for event in home.events] == ["doorbell"]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    await home.hass.config_entries.async_unload(entry.entry_id)


async def test_a_house_with_more_doors_than_any_is_none(home: Home, scripted: ScriptedBridge) -> None:
    entry = await meet(home, scripted, locks=MAX_LOCKS + 1)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert dr.async_entries_for_config_entry(dr.async_get(home.hass), entry.entry_id) == []
    await home.hass.config_entries.async_unload(entry.entry_id)


async def test_two_bridges_that_call_everything_the_same_are_kept_apart(
    paired: Home, house: House, scripted: ScriptedBridge
) -> None:
    anna = await house.add_person("Anna", "270413")
    await paired.until_people(house)
    ours = paired.entry
    entities, devices = er.async_get(paired.hass), dr.async_get(paired.hass)
    before = {item.entity_id: item.unique_id for item in er.async_entries_for_config_entry(entities, ours.entry_id)}
    ids = {device.id for device in dr.async_entries_for_config_entry(devices, ours.entry_id)}

    entry = await meet(paired, scripted, people(person(anna)), people(gone=(anna,)), state(bolt="unlocked"), BELL)
    await paired.until_event("doorbell")
    await paired.hass.async_block_till_done()

    after = {item.entity_id: item.unique_id for item in er.async_entries_for_config_entry(entities, ours.entry_id)}
    assert after == before
    assert {device.id for device in dr.async_entries_for_config_entry(devices, ours.entry_id)} == ids
    assert paired.state(LOCK).state == "locked"
    assert ours.runtime_data.person(anna)
    await paired.hass.config_entries.async_remove(entry.entry_id)
    assert ours.runtime_data.available
