"""Google Assistant's own handler on our entities: its requests come over HTTP as Google sends them."""

from typing import Any

import pytest
from homeassistant.components.google_assistant.helpers import GoogleEntity
from homeassistant.config_entries import ConfigEntryState
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.integration.home import DOORBELL, LOCK, Home
from tests.integration.house import House, until

PIN = "4711"


class Google:
    """What Google's cloud asks of this home."""

    def __init__(self, home: Home, client: Any) -> None:
        self._home = home
        self._client = client

    async def ask(self, kind: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        request = {"requestId": "1", "inputs": [{"intent": f"action.devices.{kind}", "payload": payload or {}}]}
        response = await self._client.post("/api/google_assistant", json=request)
        assert response.status == 200
        answer: dict[str, Any] = (await response.json())["payload"]
        await self._home.hass.async_block_till_done()
        return answer

    async def devices(self) -> dict[str, dict[str, Any]]:
        return {device["id"]: device for device in (await self.ask("SYNC"))["devices"]}

    async def query(self, entity_id: str) -> dict[str, Any]:
        told: dict[str, Any] = (await self.ask("QUERY", {"devices": [{"id": entity_id}]}))["devices"][entity_id]
        return told

    async def lock(self, *, lock: bool, pin: str | None = None) -> dict[str, Any]:
        execution: dict[str, Any] = {"command": "action.devices.commands.LockUnlock", "params": {"lock": lock}}
        if pin is not None:
            execution["challenge"] = {"pin": pin}
        command = {"devices": [{"id": LOCK}], "execution": [execution]}
        (result,) = (await self.ask("EXECUTE", {"commands": [command]}))["commands"]
        return dict(result)


@pytest.fixture
def settings() -> dict[str, Any]:
    """What the owner wrote under `google_assistant:`."""
    return {"secure_devices_pin": PIN}


@pytest.fixture
async def google(paired: Home, hass_client: ClientSessionGenerator, settings: dict[str, Any]) -> Google:
    config = {"google_assistant": {"project_id": "home", "exposed_domains": ["lock", "event"], **settings}}
    assert await async_setup_component(paired.hass, "google_assistant", config)
    await paired.hass.async_block_till_done()
    (entry,) = paired.hass.config_entries.async_entries("google_assistant")
    assert entry.state is ConfigEntryState.LOADED
    return Google(paired, await hass_client())


async def test_google_finds_the_lock_and_its_doorbell(google: Google) -> None:
    devices = await google.devices()
    assert devices[LOCK]["type"] == "action.devices.types.LOCK"
    assert devices[LOCK]["traits"] == ["action.devices.traits.LockUnlock"]
    assert devices[DOORBELL]["type"] == "action.devices.types.DOORBELL"
    # What is no lock and no doorbell says nothing that Google understands.
    assert {id_ for id_ in devices if id_.startswith("event.")} == {DOORBELL}


async def test_is_the_front_door_locked(google: Google, paired: Home) -> None:
    assert await google.query(LOCK) == {"online": True, "isLocked": True}
    await paired.call("unlock")
    assert (await google.query(LOCK))["isLocked"] is False


@pytest.mark.spec("VER-16")
async def test_the_door_is_opened_with_the_right_pin_alone(google: Google, paired: Home) -> None:
    for pin, asked in ((None, "pinNeeded"), ("0000", "challengeFailedPinNeeded")):
        refused = await google.lock(lock=False, pin=pin)
        assert (refused["status"], refused["errorCode"]) == ("ERROR", "challengeNeeded")
        assert refused["challengeNeeded"] == {"type": asked}
        assert paired.state(LOCK).state == "locked"
    await google.lock(lock=False, pin=PIN)
    await paired.until_state(LOCK, "unlocked")


async def test_locking_needs_no_pin(google: Google, paired: Home) -> None:
    await paired.call("unlock")
    await google.lock(lock=True)
    await paired.until_state(LOCK, "locked")


@pytest.mark.parametrize("settings", [{}])
async def test_without_a_pin_in_the_settings_google_cannot_open(google: Google, paired: Home) -> None:
    refused = await google.lock(lock=False)
    assert refused["errorCode"] == "challengeFailedNotSetup"
    assert paired.state(LOCK).state == "locked"


async def test_a_ring_is_announced(google: Google, paired: Home, house: House) -> None:
    await house.door.do(["ring"])
    await until(lambda: paired.state(DOORBELL).state != "unknown")
    (entry,) = paired.hass.config_entries.async_entries("google_assistant")
    told = GoogleEntity(paired.hass, entry.runtime_data, paired.state(DOORBELL)).notifications_serialize()
    assert told is not None
    assert told["ObjectDetection"]["objects"] == {"unclassified": 1}


async def test_an_absent_bridge_is_offline(google: Google, paired: Home, house: House) -> None:
    await house.stop()
    await paired.until_state(LOCK, "unavailable")
    assert (await google.query(LOCK))["online"] is False
