"""The lock in Home Assistant: what it shows, what it does, and what it says when it cannot."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

import lock_bridge.service
from custom_components.lock_bridge.client import CannotConnect, LinkLost, NoAnswer
from custom_components.lock_bridge.errors import as_home_assistant_error
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.snapshot import capabilities
from tests.integration.home import LOCK, Home
from tests.integration.house import House


@pytest.mark.spec("VER-16")
async def test_home_assistant_unlocks_and_locks_the_door(paired: Home, house: House) -> None:
    assert paired.state(LOCK).state == "locked"

    await paired.call("unlock")
    assert house.door.look()["bolt"] == "retracted"
    assert (await paired.until_state(LOCK, "unlocked")).attributes["changed_by"] == "Home Assistant (test home)"

    await paired.call("lock")
    assert house.door.look()["bolt"] == "thrown"
    await paired.until_state(LOCK, "locked")


@pytest.mark.spec("BLT-1")
@pytest.mark.parametrize("travel_ms", [300])
async def test_the_bolt_is_shown_on_its_way(paired: Home, house: House) -> None:
    states = follow(paired.hass, LOCK)

    await paired.call("unlock")
    await paired.until_state(LOCK, "unlocked")
    await paired.call("lock")
    await paired.until_state(LOCK, "locked")

    assert [state["state"] for state in states] == ["unlocking", "unlocked", "locking", "locked"]


async def test_who_opened_is_set_in_the_same_moment_as_the_state(paired: Home, house: House) -> None:
    await house.add_person("Anna", "270413")
    states = follow(paired.hass, LOCK)

    await house.enter("270413")
    await paired.until_state(LOCK, "unlocked")
    await house.lock_from_inside()
    await paired.until_state(LOCK, "locked")

    told = [(state["state"], state["changed_by"]) for state in states if not state["state"].endswith("ing")]
    assert told == [("unlocked", "Anna · passcode"), ("locked", "Lock button")]


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("nb", "Anna · kode"),
        ("sv", "Anna · kod"),
        ("it", "Anna · codice"),
        ("nl", "Anna · code"),
        ("xx", "Anna · passcode"),
    ],
)
async def test_the_method_is_shown_in_the_language_of_the_house(
    paired: Home, house: House, language: str, shown: str
) -> None:
    await paired.hass.config.async_update(language=language)
    await paired.hass.async_block_till_done()
    await house.add_person("Anna", "270413")
    await house.enter("270413")
    assert (await paired.until_state(LOCK, "unlocked")).attributes["changed_by"] == shown


@pytest.mark.spec("VER-15")
async def test_the_mechanical_key_is_noticed(paired: Home, house: House) -> None:
    await house.do("key", "unlock")
    assert (await paired.until_state(LOCK, "unlocked")).attributes["changed_by"] == "Key"


@pytest.mark.spec("VER-13")
@pytest.mark.parametrize("travel_ms", [0])
async def test_a_visitor_is_not_taken_for_her_host(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", "482913", role="administrator")
    made = await house.command("credentials.create_temporary", lock="front_door", user_id=anna, label="Plumber")
    await house.enter(made["passcode"])
    shown = (await paired.until_state(LOCK, "unlocked")).attributes["changed_by"]
    assert shown == "Anna's guest “Plumber” · passcode"


@pytest.mark.spec("VER-16")
async def test_unlocking_without_leave_says_what_to_do(home: Home, house: House) -> None:
    await home.pair(house, port=house.port, may_unlock=False)

    with pytest.raises(ServiceValidationError, match="choose Reconfigure") as refused:
        await home.call("unlock")

    assert refused.value.translation_key == "not_allowed"
    assert house.door.look()["bolt"] == "thrown"


@pytest.mark.spec("VER-16")
async def test_locking_needs_no_leave(home: Home, house: House) -> None:
    await home.pair(house, port=house.port, may_unlock=False)
    await house.do("key", "unlock")
    await home.until_state(LOCK, "unlocked")
    await home.call("lock")
    await home.until_state(LOCK, "locked")


@pytest.mark.spec("VER-16")
async def test_a_lock_that_refuses_to_be_set_is_left_as_it_is(
    home: Home, house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_args: Any) -> None:
        raise LockBridgeError(ErrorCode.STORAGE)

    monkeypatch.setattr(house.running.bridge.dispatcher, "execute", refuse)
    monkeypatch.setattr(house, "open_pairing", house.open_pairing_by_hand)
    await home.pair(house, port=house.port)
    assert "Remote unlock of Front door could not be switched on" in caplog.text
    assert home.state(LOCK).state == "locked"


@pytest.mark.spec("VER-16")
async def test_a_lock_without_the_setting_is_not_asked(
    home: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        lock_bridge.service, "capabilities", lambda profile: replace(capabilities(profile), settings=())
    )
    await house.stop()
    await house.start()
    await home.pair(house, port=house.port)
    assert not house.running.bridge.runner("front_door").state.settings.remote_unlock


@pytest.mark.parametrize(
    ("error", "key", "kind"),
    [
        (CannotConnect(), "not_connected", HomeAssistantError),
        (LinkLost(), "no_answer", HomeAssistantError),
        (NoAnswer(), "no_answer", HomeAssistantError),
        (LockBridgeError(ErrorCode.BUSY), "busy", HomeAssistantError),
        (LockBridgeError(ErrorCode.BOLT_BY_HAND), "bolt_by_hand", ServiceValidationError),
        (LockBridgeError(ErrorCode.PRIVACY_ON), "privacy_on", ServiceValidationError),
        (LockBridgeError(ErrorCode.PASSAGE_ON), "passage_on", ServiceValidationError),
        (LockBridgeError(ErrorCode.ON_ANOTHER_LOCK), "on_another_lock", ServiceValidationError),
        (LockBridgeError(ErrorCode.BLUETOOTH_CODE), "bluetooth_code", ServiceValidationError),
        (LockBridgeError(ErrorCode.BLUETOOTH_OFF), "bluetooth_off", ServiceValidationError),
        (LockBridgeError(ErrorCode.MENU_OPEN), "menu_open", ServiceValidationError),
        (LockBridgeError("moon_phase", message="Not at full moon."), "refused", HomeAssistantError),
    ],
)
async def test_every_trouble_has_its_words(error: Any, key: str, kind: type[HomeAssistantError]) -> None:
    shown = as_home_assistant_error(error, lock="Front door")
    assert type(shown) is kind
    assert shown.translation_key == key
    assert (shown.translation_placeholders or {}).get("error", "Not at full moon.") == "Not at full moon."


@pytest.mark.spec("VER-16")
@pytest.mark.parametrize(
    ("changes", "key"),
    [({"remote_unlock": False}, "remote_unlock_off"), ({"bluetooth": True}, "bluetooth_on")],
)
async def test_a_lock_set_otherwise_says_which_setting(
    paired: Home, house: House, changes: dict[str, Any], key: str
) -> None:
    await house.command("settings.set", lock="front_door", changes=changes)

    with pytest.raises(ServiceValidationError) as refused:
        await paired.call("unlock")

    assert refused.value.translation_key == key
    assert refused.value.translation_placeholders == {"lock": "Front door"}
    assert paired.state(LOCK).state == "locked"


@pytest.mark.spec("BLT-5")
async def test_an_open_door_is_not_locked(paired: Home, house: House) -> None:
    await paired.call("unlock")
    await house.do("open")
    with pytest.raises(ServiceValidationError) as refused:
        await paired.call("lock")
    assert refused.value.translation_key == "door_open"


@pytest.mark.spec("BLT-6")
async def test_a_motor_that_does_not_move(paired: Home, house: House) -> None:
    await house.do("motor", "off")
    with pytest.raises(HomeAssistantError, match="does not move") as failed:
        await paired.call("unlock")
    assert failed.value.translation_key == "motor_fault"
    await paired.until_state(LOCK, "locked")


@pytest.mark.spec("BLT-6")
@pytest.mark.parametrize("travel_ms", [100])
async def test_a_bolt_that_moves_half_way_is_jammed_until_it_moves_again(paired: Home, house: House) -> None:
    await house.do("stall", "on")
    with pytest.raises(HomeAssistantError) as failed:
        await paired.call("unlock")
    assert failed.value.translation_key == "jammed"
    await paired.until_state(LOCK, "jammed")

    await house.do("stall", "off")
    await paired.call("unlock")
    await paired.until_state(LOCK, "unlocked")


async def test_a_bolt_that_does_not_say_where_it_is(paired: Home, house: House) -> None:
    await house.do("unplug", "bolt")
    await paired.until_state(LOCK, "unknown")
    await house.do("plug", "bolt")
    await paired.until_state(LOCK, "locked")


@pytest.mark.parametrize("travel_ms", [100])
async def test_two_who_ask_at_once_are_both_answered(paired: Home, house: House) -> None:
    await asyncio.gather(paired.call("unlock"), paired.call("unlock"))
    await paired.until_state(LOCK, "unlocked")


@pytest.mark.parametrize("travel_ms", [500])
async def test_a_command_that_another_one_overtakes(paired: Home, house: House) -> None:
    first = asyncio.create_task(paired.call("unlock"))
    await paired.until_state(LOCK, "unlocking")
    await paired.call("lock")
    with pytest.raises(HomeAssistantError) as failed:
        await first
    assert failed.value.translation_key == "superseded"
    await paired.until_state(LOCK, "locked")


def follow(hass: HomeAssistant, entity_id: str) -> list[dict[str, Any]]:
    """Every write of an entity's state from now on: the state and its attributes."""
    seen: list[dict[str, Any]] = []

    @callback
    def look(event: Any) -> None:
        if event.data["entity_id"] == entity_id:
            new = event.data["new_state"]
            seen.append({"state": new.state, "changed_by": None, **new.attributes})

    hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    return seen
