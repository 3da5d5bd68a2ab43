"""Buttons of a lock (APP-6)."""

import pytest
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.lock_bridge import button
from custom_components.lock_bridge.button import AGAIN_S
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

END_LOCKOUT = "button.front_door_end_lockout"
LOCKED_OUT = "binary_sensor.front_door_lockout"
PAIRING = "button.front_door_open_pairing"
CLEAR = "button.front_door_forget_paired_phones"
RESTART = "button.front_door_restart"
RESET = "button.front_door_factory_reset"


@pytest.mark.spec("VER-9", "APP-6")
async def test_a_lockout_is_ended(paired: Home, house: House) -> None:
    await house.add_person("Anna", "270413")
    for _ in range(5):
        await house.enter("999999")
    await paired.until_state(LOCKED_OUT, "on")
    await paired.act("press", END_LOCKOUT)
    await paired.until_state(LOCKED_OUT, "off")
    await house.enter("270413")
    await paired.until_state(LOCK, "unlocked")


@pytest.mark.spec("DLM-11", "APP-6")
async def test_pairing_is_opened_and_the_code_is_shown_at_the_door_alone(paired: Home, house: House) -> None:
    await paired.act("press", PAIRING)
    code = str(await until(lambda: house.door.look()["inside"]))
    assert house.running.server.pairing_open
    states = [str(state.as_dict()) for state in paired.hass.states.async_all()]
    assert not [state for state in states if code in state]


@pytest.mark.spec("DLM-9", "APP-6")
async def test_paired_phones_are_forgotten(paired: Home, house: House) -> None:
    await paired.act("turn_on", "switch.front_door_bluetooth")
    await house.do("phone", "Anna", "pair", "0" + digits(house))
    await until(lambda: phones(house) == 1)
    await paired.act("press", CLEAR)
    await until(lambda: phones(house) == 0)


@pytest.mark.spec("APP-6", "VER-10")
async def test_a_lock_is_started_anew(paired: Home, house: House) -> None:
    await house.do("press", "ok")
    assert house.door.look()["lights"]["keys"], "awake"
    await paired.act("press", RESTART)
    assert not house.door.look()["lights"]["keys"]
    await paired.until_state(LOCK, "locked")
    assert paired.state(RESTART).attributes["device_class"] == "restart"


@pytest.mark.spec("RST-1", "APP-6")
async def test_a_factory_reset_asks_and_takes_two_presses(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.add_person("Anna", "270413")
    assert paired.hass.states.get(RESET) is None, "it is disabled until somebody wants it"
    await paired.enable(RESET)
    now = [1_000.0]
    monkeypatch.setattr(button, "monotonic", lambda: now[0])

    await asks(paired)
    now[0] += AGAIN_S + 0.1
    await asks(paired)
    assert len(house.running.bridge.runner("front_door").state.directory.users) == 1

    now[0] += AGAIN_S - 0.1
    await paired.act("press", RESET)
    await until(lambda: not house.running.bridge.runner("front_door").state.directory.users)


async def test_a_factory_reset_is_for_administrators_alone(
    paired: Home, house: House, hass_admin_user: MockUser
) -> None:
    """Whoever enrols first at a lock as it was delivered owns it."""
    await house.add_person("Anna", "270413")
    await paired.enable(RESET)
    user = await paired.hass.auth.async_create_user("Lodger", group_ids=[GROUP_ID_USER])
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await press(paired, user.id)
    assert len(house.running.bridge.runner("front_door").state.directory.users) == 1

    with pytest.raises(ServiceValidationError, match="press once more"):
        await press(paired, hass_admin_user.id)
    with pytest.raises(Unauthorized):
        await press(paired, user.id)  # his is no answer to another's question
    await press(paired, hass_admin_user.id)
    await until(lambda: not house.running.bridge.runner("front_door").state.directory.users)


async def press(home: Home, user_id: str) -> None:
    """Somebody presses the button for a factory reset."""
    await home.hass.services.async_call(
        "button", "press", {"entity_id": RESET}, blocking=True, context=Context(user_id=user_id)
    )


async def asks(home: Home) -> None:
    """The press does nothing but say what would be done."""
    with pytest.raises(ServiceValidationError, match="press once more within 30 seconds") as asked:
        await home.act("press", RESET)
    assert asked.value.translation_key == "press_again"


def digits(house: House) -> str:
    """The last five digits of the lock's serial number."""
    serial = house.running.bridge.runner("front_door").snapshot.serial
    return "".join(char for char in serial if char.isdigit())[-5:].rjust(5, "0")


def phones(house: House) -> int:
    """How many phones the lock knows."""
    return house.running.bridge.runner("front_door").snapshot.phones
