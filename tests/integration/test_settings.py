"""Settings, modes and one-time mute from Home Assistant: shown is what the bridge tells, never what was asked for."""

import asyncio
from typing import Any

import pytest
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House

PASSAGE = "switch.front_door_hold_open"
LEAVING_HOME = "switch.front_door_nobody_at_home"
MODE = "select.front_door_operating_mode"
VOLUME = "select.front_door_volume"
MUTE = "switch.front_door_silent_until_the_next_entry"
REMOTE_UNLOCK = "switch.front_door_remote_unlock"
DELAY = "number.front_door_lock_by_itself_after"
COUNTDOWN = "switch.front_door_lock_by_itself"
AJAR = "number.front_door_door_may_stand_open_for"


@pytest.mark.spec("APP-5")
@pytest.mark.parametrize(
    ("entity_id", "setting", "on", "off"),
    [
        (COUNTDOWN, "countdown_locking", True, False),
        ("switch.front_door_lockout_after_wrong_tries", "lockout_enabled", True, False),
        ("switch.front_door_longer_lockout_each_time", "progressive_lockout", True, False),
        (REMOTE_UNLOCK, "remote_unlock", True, False),
        ("switch.front_door_bluetooth", "bluetooth", True, False),
        ("switch.front_door_wi_fi", "wifi", True, False),
        ("switch.front_door_look_for_faces_by_itself", "face_recognition", "automatic", "manual"),
    ],
)
async def test_a_switch_shows_a_setting_and_sets_it(
    paired: Home, house: House, entity_id: str, setting: str, on: Any, off: Any
) -> None:
    await house.command("settings.set", lock="front_door", changes={setting: off})
    await paired.until_state(entity_id, "off")

    await paired.act("turn_on", entity_id)
    assert settings(house)[setting] == on
    await paired.until_state(entity_id, "on")

    await paired.act("turn_off", entity_id)
    assert settings(house)[setting] == off
    await paired.until_state(entity_id, "off")


@pytest.mark.spec("APP-5")
@pytest.mark.parametrize(
    ("entity_id", "setting", "options"),
    [
        (VOLUME, "volume", ["high", "low", "mute"]),
        ("select.front_door_voice_language", "language", ["en", "nb", "sv", "it", "nl"]),
        ("select.front_door_door_opens_to_the", "door_direction", ["right", "left"]),
    ],
)
async def test_a_select_offers_what_the_lock_takes(
    paired: Home, house: House, entity_id: str, setting: str, options: list[str]
) -> None:
    assert paired.state(entity_id).attributes["options"] == options
    for option in reversed(options):
        await paired.act("select_option", entity_id, option=option)
        assert settings(house)[setting] == option
        await paired.until_state(entity_id, option)


@pytest.mark.spec("BLT-4", "ALM-5")
@pytest.mark.parametrize(
    ("entity_id", "setting", "lowest", "highest"),
    [(DELAY, "countdown_delay_s", 5, 300), (AJAR, "door_ajar_s", 0, 3600)],
)
async def test_a_number_takes_what_the_lock_takes(
    paired: Home, house: House, entity_id: str, setting: str, lowest: int, highest: int
) -> None:
    shown = paired.state(entity_id).attributes
    assert (shown["min"], shown["max"], shown["step"], shown["unit_of_measurement"]) == (lowest, highest, 1, "s")
    for value in (lowest, highest):
        await paired.act("set_value", entity_id, value=value)
        assert settings(house)[setting] == value
        await paired.until_state(entity_id, str(value))
    for value in (lowest - 1, highest + 1):
        with pytest.raises(ServiceValidationError):
            await paired.act("set_value", entity_id, value=value)
    assert settings(house)[setting] == highest


@pytest.mark.spec("BLT-7", "BLT-15")
async def test_the_door_is_held_open_and_locked_again(paired: Home, house: House) -> None:
    await paired.act("turn_on", PASSAGE)
    await paired.until_state(PASSAGE, "on")
    await paired.until_state(MODE, "passage")
    await paired.until_state(LOCK, "unlocked")

    # It is not the leaving-home switch that ends it.
    await paired.act("turn_off", LEAVING_HOME)
    assert paired.state(PASSAGE).state == "on"

    await paired.act("turn_off", PASSAGE)
    await paired.until_state(PASSAGE, "off")
    await paired.until_state(MODE, "normal")
    await paired.until_state(LOCK, "locked")


@pytest.mark.spec("BLT-8")
async def test_leaving_home_is_armed_and_ended(paired: Home, house: House) -> None:
    await paired.act("turn_on", LEAVING_HOME)
    await paired.until_state(LEAVING_HOME, "on")
    assert paired.state(MODE).state == "leaving_home"
    assert paired.state(PASSAGE).state == "off"
    await paired.act("turn_off", LEAVING_HOME)
    await paired.until_state(LEAVING_HOME, "off")


@pytest.mark.spec("BLT-15")
@pytest.mark.parametrize("mode", ["passage", "leaving_home"])
async def test_a_mode_is_chosen(paired: Home, house: House, mode: str) -> None:
    assert paired.state(MODE).attributes["options"] == ["normal", "passage", "privacy", "leaving_home"]
    await paired.act("select_option", MODE, option=mode)
    await paired.until_state(MODE, mode)
    await paired.act("select_option", MODE, option="normal")
    await paired.until_state(MODE, "normal")


@pytest.mark.spec("BLT-9")
async def test_privacy_is_shown_and_is_for_the_knob_alone(paired: Home, house: House) -> None:
    with pytest.raises(ServiceValidationError, match="at the knob inside") as refused:
        await paired.act("select_option", MODE, option="privacy")
    assert refused.value.translation_key == "privacy_by_hand"

    await house.do("knob", "on")
    await paired.until_state(MODE, "privacy")
    with pytest.raises(ServiceValidationError) as refused:
        await paired.act("select_option", MODE, option="normal")
    assert refused.value.translation_key == "privacy_by_hand"
    with pytest.raises(ServiceValidationError) as refused:
        await paired.act("turn_on", PASSAGE)
    assert refused.value.translation_key == "privacy_on"
    assert paired.state(PASSAGE).state == "off"

    await house.do("knob", "off")
    await paired.until_state(MODE, "normal")


@pytest.mark.spec("DLM-12")
async def test_one_time_mute_is_begun_and_taken_back(paired: Home, house: House) -> None:
    assert paired.state(MUTE).state == "off"
    await paired.act("turn_on", MUTE)
    await paired.until_state(MUTE, "on")
    await paired.act("turn_off", MUTE)
    await paired.until_state(MUTE, "off")

    # The next entry ends it by itself.
    await house.add_person("Anna", "270413")
    await paired.act("turn_on", MUTE)
    await paired.until_state(MUTE, "on")
    await house.enter("270413")
    await paired.until_state(MUTE, "off")


@pytest.mark.spec("VER-16")
async def test_what_the_bridge_refuses_is_said_and_shown_as_it_is(paired: Home, house: House) -> None:
    await paired.act("turn_off", REMOTE_UNLOCK)
    await paired.until_state(REMOTE_UNLOCK, "off")
    with pytest.raises(ServiceValidationError, match="Remote unlock is off at Front door") as refused:
        await paired.act("turn_on", PASSAGE)
    assert refused.value.translation_key == "remote_unlock_off"
    assert paired.state(PASSAGE).state == "off"
    assert house.door.look()["bolt"] == "thrown"


@pytest.mark.parametrize(
    ("service", "entity_id", "data"),
    [
        ("turn_on", COUNTDOWN, {}),
        ("set_value", DELAY, {"value": 60}),
        ("select_option", VOLUME, {"option": "low"}),
        ("press", "button.front_door_restart", {}),
    ],
)
async def test_a_bridge_that_cannot_write_says_so(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch, service: str, entity_id: str, data: dict[str, Any]
) -> None:
    async def refuse(*_args: Any) -> None:
        raise LockBridgeError(ErrorCode.STORAGE)

    before = paired.state(entity_id).state
    monkeypatch.setattr(house.running.bridge.dispatcher, "execute", refuse)
    with pytest.raises(HomeAssistantError, match="disk") as failed:
        await paired.act(service, entity_id, **data)
    assert failed.value.translation_key == "storage"
    assert entity_id.startswith("button.") or paired.state(entity_id).state == before


async def test_what_was_asked_for_is_not_shown_before_it_is_so(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bridge that answers `done` and tells of no change has changed nothing."""

    async def nod(*_args: Any) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(house.running.bridge.dispatcher, "execute", nod)
    await paired.act("turn_on", COUNTDOWN)
    await paired.act("select_option", VOLUME, option="low")
    await paired.act("set_value", DELAY, value=60)
    await paired.hass.async_block_till_done()
    shown = {entity_id: paired.state(entity_id).state for entity_id in (COUNTDOWN, VOLUME, DELAY)}
    assert shown == {COUNTDOWN: "off", VOLUME: "high", DELAY: "30"}


async def test_two_who_change_at_once_both_see_what_became_of_it(paired: Home, house: House) -> None:
    await asyncio.gather(
        paired.act("select_option", VOLUME, option="low"),
        house.command("settings.set", lock="front_door", changes={"volume": "mute", "countdown_delay_s": 77}),
        paired.act("turn_on", COUNTDOWN),
    )
    became = settings(house)
    assert became["countdown_locking"] is True
    await paired.until_state(VOLUME, became["volume"])
    await paired.until_state(DELAY, "77")
    await paired.until_state(COUNTDOWN, "on")


async def test_what_changed_while_the_bridge_was_away_is_shown_afterwards(
    far: Home, house: House, network: FaultProxy
) -> None:
    await network.stop()
    for entity_id in (COUNTDOWN, VOLUME, DELAY, MODE, "button.front_door_restart"):
        await far.until_state(entity_id, "unavailable")
    # An entity that is not there is not asked; nothing is kept for later.
    await far.act("turn_on", COUNTDOWN)
    await house.command("settings.set", lock="front_door", changes={"volume": "low"})

    await network.start()
    await far.until_state(VOLUME, "low")
    assert far.state(COUNTDOWN).state == "off"

    # And what goes back to what was shown before the outage is written too.
    await house.command("settings.set", lock="front_door", changes={"volume": "high"})
    await far.until_state(VOLUME, "high")


async def test_a_word_that_only_a_newer_bridge_knows_is_shown_as_unknown(paired: Home, house: House) -> None:
    now = dict(settings(house))
    newer = {**now, "volume": "whisper", "face_recognition": "dreaming"}
    house.running.bridge.state_changed("front_door", {"settings": newer, "mode": "siesta"})
    await paired.until_state(VOLUME, "unknown")
    await paired.until_state("switch.front_door_look_for_faces_by_itself", "unknown")
    await paired.until_state(MODE, "unknown")
    assert paired.state(PASSAGE).state == "off"


def settings(house: House) -> Any:
    """The lock's settings, as the bridge has them."""
    return house.running.bridge.runner("front_door").snapshot.settings
