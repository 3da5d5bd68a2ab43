"""Alexa's own handler on our entities: directives come over HTTP, events go to a gateway that the test plays."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components.alexa.config import AbstractConfig
from homeassistant.components.alexa.state_report import async_enable_proactive_mode
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.integration.home import DOORBELL, LOCK, Home
from tests.integration.house import House, until


def endpoint(entity_id: str) -> str:
    return entity_id.replace(".", "#")


class Alexa:
    """What Amazon's cloud asks of this home."""

    def __init__(self, home: Home, client: Any) -> None:
        self._home = home
        self._client = client

    async def direct(self, namespace: str, name: str, entity_id: str | None = None) -> dict[str, Any]:
        directive: dict[str, Any] = {
            "header": {"namespace": namespace, "name": name, "payloadVersion": "3", "messageId": "1"},
            "payload": {"scope": {"type": "BearerToken", "token": "amazon"}},
        }
        if entity_id is not None:
            scope = {"type": "BearerToken", "token": "amazon"}
            directive["endpoint"] = {"endpointId": endpoint(entity_id), "scope": scope, "cookie": {}}
            directive["header"]["correlationToken"] = "1"
        response = await self._client.post("/api/alexa/smart_home", json={"directive": directive})
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        await self._home.hass.async_block_till_done()
        return answer

    async def endpoints(self) -> dict[str, dict[str, Any]]:
        found = (await self.direct("Alexa.Discovery", "Discover"))["event"]["payload"]["endpoints"]
        return {item["endpointId"]: item for item in found}

    async def lock_state(self) -> str:
        report = await self.direct("Alexa", "ReportState", LOCK)
        (state,) = (item for item in report["context"]["properties"] if item["name"] == "lockState")
        return str(state["value"])


@pytest.fixture
async def alexa(paired: Home, hass_client: ClientSessionGenerator) -> Alexa:
    filter_ = {"include_domains": ["lock", "event"]}
    config = {"alexa": {"smart_home": {"locale": "en-US", "filter": filter_}}}
    assert await async_setup_component(paired.hass, "alexa", config)
    await paired.hass.async_block_till_done()
    return Alexa(paired, await hass_client())


class Reporting(AbstractConfig):
    """An owner who lets Home Assistant tell Alexa by itself, at a gateway."""

    def __init__(self, home: Home, gateway: TestServer) -> None:
        super().__init__(home.hass)
        self._gateway = gateway

    supports_auth = True
    should_report_state = True
    locale = "en-US"

    @property
    def endpoint(self) -> str:
        return str(self._gateway.make_url("/v3/events"))

    def user_identifier(self) -> str:
        return "owner"

    def should_expose(self, entity_id: str) -> bool:
        return entity_id in (LOCK, DOORBELL)

    async def async_get_access_token(self) -> str:
        return "amazon"


@pytest.fixture
async def told(home: Home, paired: Home) -> AsyncIterator[list[dict[str, Any]]]:
    """What Alexa's gateway was told."""
    told: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        told.append((await request.json())["event"])
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/v3/events", take)
    gateway = TestServer(app)
    await gateway.start_server()
    config = Reporting(paired, gateway)
    stop = await async_enable_proactive_mode(paired.hass, config)
    assert stop is not None
    yield told
    stop()
    await gateway.close()


async def test_alexa_finds_the_lock_and_its_doorbell(alexa: Alexa) -> None:
    endpoints = await alexa.endpoints()
    assert endpoints[endpoint(LOCK)]["displayCategories"] == ["SMARTLOCK"]
    assert endpoints[endpoint(DOORBELL)]["displayCategories"] == ["DOORBELL"]
    interfaces = {item["interface"] for item in endpoints[endpoint(DOORBELL)]["capabilities"]}
    assert "Alexa.DoorbellEventSource" in interfaces


async def test_is_the_front_door_locked(alexa: Alexa, paired: Home) -> None:
    assert await alexa.lock_state() == "LOCKED"
    await paired.call("unlock")
    assert await alexa.lock_state() == "UNLOCKED"


@pytest.mark.parametrize("travel_ms", [2_000])
async def test_a_bolt_on_its_way_is_never_called_jammed(alexa: Alexa, paired: Home, travel_ms: int) -> None:
    unlocking = paired.hass.async_create_task(paired.call("unlock"))
    await paired.until_state(LOCK, "unlocking")
    assert await alexa.lock_state() == "LOCKED"
    await unlocking


async def test_the_door_is_locked_and_unlocked(alexa: Alexa, paired: Home) -> None:
    answer = await alexa.direct("Alexa.LockController", "Unlock", LOCK)
    assert answer["event"]["header"]["name"] == "Response"
    await paired.until_state(LOCK, "unlocked")
    await alexa.direct("Alexa.LockController", "Lock", LOCK)
    await paired.until_state(LOCK, "locked")


@pytest.mark.spec("VER-16")
async def test_what_the_bridge_refuses_stays_locked_for_alexa_too(alexa: Alexa, paired: Home, house: House) -> None:
    await house.command("remote_unlock.set", lock="front_door", on=False)
    # Home Assistant answers Alexa before the door does, so she hears of it by the state alone.
    await alexa.direct("Alexa.LockController", "Unlock", LOCK)
    assert await alexa.lock_state() == "LOCKED"


async def test_a_ring_is_announced_once(told: list[dict[str, Any]], paired: Home, house: House) -> None:
    await house.door.do(["ring"])
    await until(lambda: [event for event in told if event["header"]["name"] == "DoorbellPress"])
    (ring,) = (event for event in told if event["header"]["name"] == "DoorbellPress")
    assert ring["endpoint"]["endpointId"] == endpoint(DOORBELL)


async def test_alexa_is_told_at_once_that_somebody_has_come_in(
    told: list[dict[str, Any]], paired: Home, house: House
) -> None:
    await house.add_person("Anna", "270413")
    await house.enter("270413")
    states = await until(lambda: [s for event in told if (s := _reported(event)) == "UNLOCKED"])
    assert states == ["UNLOCKED"]


async def test_a_ring_of_an_outage_rings_at_nobody(told: list[dict[str, Any]], paired: Home, house: House) -> None:
    await paired.hass.config_entries.async_unload(paired.entry.entry_id)
    await house.door.do(["ring"])
    await paired.hass.config_entries.async_setup(paired.entry.entry_id)
    await paired.until_event("doorbell")
    await paired.hass.async_block_till_done()
    assert paired.told("doorbell")[0].data["replayed"] is True
    assert [event for event in told if event["header"]["name"] == "DoorbellPress"] == []
    assert paired.state(DOORBELL).last_changed > dt_util.utcnow() - timedelta(minutes=1)


def _reported(event: dict[str, Any]) -> str | None:
    changes = event.get("payload", {}).get("change", {}).get("properties", [])
    return next((item["value"] for item in changes if item["name"] == "lockState"), None)
