"""Deleting a person's device in Home Assistant deletes her at the door, or says why not."""

from typing import Any

import pytest
from homeassistant.auth.models import User
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.lock_bridge.client import CannotConnect, LinkLost
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

ANNA, BO = "270413", "918273"
ENTRY = "event.anna_entry"


async def remove(home: Home, ws: MockHAClientWebSocket, device_id: str | None) -> dict[str, Any]:
    """What the frontend does when somebody presses Delete, and its answer."""
    assert device_id is not None
    await ws.send_json_auto_id({"type": "config/device_registry/remove", "device_id": device_id})
    answer: dict[str, Any] = await ws.receive_json()
    return answer


def device_of(home: Home, user_id: str) -> str | None:
    device_id: str | None = home.entry.runtime_data.person_device_id(user_id)
    return device_id


async def person(home: Home, house: House, name: str, code: str, **more: Any) -> str:
    user_id = await house.add_person(name, code, **more)
    await until(lambda: device_of(home, user_id))
    return user_id


async def on_the_lock(house: House) -> set[str]:
    return {user["id"] for user in (await house.command("users.list", lock="front_door"))["users"]}


@pytest.fixture
async def screen(far: Home, hass_ws_client: WebSocketGenerator) -> MockHAClientWebSocket:
    """An administrator at the screen."""
    assert await async_setup_component(far.hass, "config", {})
    return await hass_ws_client()


@pytest.mark.spec("USR-5")
async def test_deleting_her_device_deletes_her_with_all_she_has(
    far: Home, house: House, screen: MockHAClientWebSocket
) -> None:
    await person(far, house, "Bo", BO, role="administrator")
    anna = await person(far, house, "Anna", ANNA)
    answer = await remove(far, screen, device_of(far, anna))
    assert answer["success"], answer
    assert anna not in await on_the_lock(house)
    assert device_of(far, anna) is None
    await until(lambda: far.hass.states.get(ENTRY) is None)

    await house.enter(ANNA)
    assert (await far.until_event("access_refused")).data["reason"] == "unknown_credential"


async def test_the_last_administrator_stays_and_it_is_said_why(
    far: Home, house: House, screen: MockHAClientWebSocket
) -> None:
    bo = await person(far, house, "Bo", BO, role="administrator")
    await person(far, house, "Anna", ANNA)
    device = device_of(far, bo)
    answer = await remove(far, screen, device)
    assert not answer["success"]
    assert answer["error"]["translation_key"] == "person_not_deleted_last_administrator"
    assert answer["error"]["message"].startswith("Bo was not deleted: no other administrator would be left")
    assert bo in await on_the_lock(house)
    assert device_of(far, bo) == device


async def test_with_the_bridge_away_nothing_is_done(
    far: Home, house: House, network: FaultProxy, screen: MockHAClientWebSocket
) -> None:
    await person(far, house, "Bo", BO, role="administrator")
    anna = await person(far, house, "Anna", ANNA)
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    answer = await remove(far, screen, device_of(far, anna))
    assert answer["error"]["translation_key"] == "person_not_deleted_bridge_away"
    assert answer["error"]["message"].startswith("Anna was not deleted: the bridge is not connected.")
    await network.start()
    await far.until_state(LOCK, "locked")
    assert anna in await on_the_lock(house)
    assert device_of(far, anna) is not None


async def test_with_the_integration_not_set_up_nothing_is_done(
    far: Home, house: House, screen: MockHAClientWebSocket
) -> None:
    anna = await person(far, house, "Anna", ANNA)
    device = device_of(far, anna)
    await far.hass.config_entries.async_unload(far.entry.entry_id)
    answer = await remove(far, screen, device)
    assert answer["error"]["translation_key"] == "person_not_deleted_bridge_away"
    assert anna in await on_the_lock(house)


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (LockBridgeError(ErrorCode.ON_ANOTHER_LOCK), "person_not_deleted_last_administrator"),
        (LockBridgeError(ErrorCode.LAST_USER), "person_not_deleted_last_user"),
        (LockBridgeError(ErrorCode.FORBIDDEN), "person_not_deleted_not_allowed"),
        (LockBridgeError(ErrorCode.STOPPING), "person_not_deleted_bridge_away"),
        (LockBridgeError(ErrorCode.NO_ANSWER), "person_not_deleted_unclear"),
        (LinkLost("cut"), "person_not_deleted_unclear"),
        (CannotConnect("gone"), "person_not_deleted_bridge_away"),
        (LockBridgeError(ErrorCode.STORAGE), "person_not_deleted"),
        (LockBridgeError("moon_phase", message="Not at full moon."), "person_not_deleted"),
    ],
)
async def test_every_refusal_is_said_and_she_stays(
    far: Home,
    house: House,
    screen: MockHAClientWebSocket,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    key: str,
) -> None:
    anna = await person(far, house, "Anna", ANNA)

    async def refuse(name: str, **_args: Any) -> None:
        assert name == "users.delete"
        raise error

    monkeypatch.setattr(far.entry.runtime_data.connection, "command", refuse)
    answer = await remove(far, screen, device_of(far, anna))
    assert answer["error"]["translation_key"] == key
    assert "Anna" in answer["error"]["message"]
    assert device_of(far, anna) is not None


async def test_who_was_deleted_at_the_keypad_a_moment_ago_is_gone_all_the_same(
    far: Home, house: House, screen: MockHAClientWebSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await person(far, house, "Anna", ANNA)
    await until(lambda: far.hass.states.is_state("binary_sensor.anna_may_enter", "on"))

    async def refuse(_name: str, **_args: Any) -> None:
        raise LockBridgeError(ErrorCode.UNKNOWN_USER)

    monkeypatch.setattr(far.entry.runtime_data.connection, "command", refuse)
    assert (await remove(far, screen, device_of(far, anna)))["success"]
    assert device_of(far, anna) is None


@pytest.mark.parametrize("lock_id", ["front_door", None])
async def test_a_lock_or_the_bridge_is_not_deleted_while_it_is_there(
    far: Home, screen: MockHAClientWebSocket, lock_id: str | None
) -> None:
    answer = await remove(far, screen, far.device(lock_id).id)
    assert answer["error"]["translation_key"] == "device_in_use"
    assert answer["error"]["message"].startswith("Front door is still" if lock_id else "Home is still")
    assert far.device(lock_id)


async def test_a_device_that_no_bridge_has_any_more_may_go(far: Home, screen: MockHAClientWebSocket) -> None:
    left = dr.async_get(far.hass).async_get_or_create(
        config_entry_id=far.entry.entry_id, identifiers={("lock_bridge", "of_another_time")}
    )
    assert (await remove(far, screen, left.id))["success"]


async def test_only_an_administrator_of_home_assistant_may(
    far: Home, house: House, screen: MockHAClientWebSocket, hass_admin_user: User
) -> None:
    anna = await person(far, house, "Anna", ANNA)
    hass_admin_user.groups = []
    answer = await remove(far, screen, device_of(far, anna))
    assert answer["error"]["code"] == "unauthorized"
    assert anna in await on_the_lock(house)
