"""Phones with Home Assistant's app, and other notifiers, to which messages go."""

from collections.abc import AsyncIterator
from typing import Any, override

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components.notify import NotifyEntity, NotifyEntityFeature
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_config_flow,
    mock_integration,
    mock_platform,
)


class Phone:
    """A phone with the app: what arrives there from the push service."""

    entity_id = "notify.anna_s_phone"

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        application = web.Application()
        application.router.add_post("/push", self._push)
        self._server = TestServer(application, host="127.0.0.1")

    async def start(self, hass: HomeAssistant) -> None:
        """Switch it on, and let it register."""
        await self._server.start_server()
        entry = MockConfigEntry(
            domain="mobile_app",
            title="Anna's phone",
            data={
                "app_data": {"push_token": "token", "push_url": str(self._server.make_url("/push"))},
                "app_id": "io.homeassistant.test",
                "app_name": "Home Assistant",
                "app_version": "1.0",
                "device_id": "anna",
                "device_name": "Anna's phone",
                "manufacturer": "Somebody",
                "model": "Phone",
                "os_name": "Android",
                "os_version": "20",
                "supports_encryption": False,
                "user_id": "anna",
                "webhook_id": "phone",
            },
        )
        entry.add_to_hass(hass)
        assert await async_setup_component(hass, "mobile_app", {})
        await hass.async_block_till_done()
        assert hass.states.get(self.entity_id) is not None

    async def stop(self) -> None:
        """Switch it off."""
        await self._server.close()

    @property
    def messages(self) -> list[str]:
        """The texts that arrived."""
        return [message["message"] for message in self.got]

    async def _push(self, request: web.Request) -> web.Response:
        self.got.append(await request.json())
        return web.json_response({}, status=201)


class Screen(NotifyEntity):
    """A notifier that takes texts alone."""

    _attr_has_entity_name = True
    _attr_name = "Screen"
    _attr_unique_id = "screen"
    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(self) -> None:
        self.got: list[tuple[str | None, str]] = []

    @property
    def messages(self) -> list[str]:
        """The texts that arrived."""
        return [message for _, message in self.got]

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        self.got.append((title, message))


@pytest.fixture
async def phone(hass: HomeAssistant) -> AsyncIterator[Phone]:
    """Anna's phone."""
    phone = Phone()
    await phone.start(hass)
    yield phone
    await phone.stop()


@pytest.fixture
async def screen(hass: HomeAssistant) -> AsyncIterator[Screen]:
    """A screen in the kitchen, by an integration of its own."""
    screen = Screen()

    async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, [Platform.NOTIFY])
        return True

    async def add(_hass: HomeAssistant, _entry: ConfigEntry, add_entities: AddConfigEntryEntitiesCallback) -> None:
        add_entities([screen])

    mock_integration(hass, MockModule("kitchen", async_setup_entry=set_up))
    mock_platform(hass, "kitchen.config_flow")
    mock_platform(hass, "kitchen.notify", MockPlatform(async_setup_entry=add))
    entry = MockConfigEntry(domain="kitchen")
    entry.add_to_hass(hass)
    with mock_config_flow("kitchen", ConfigFlow):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert screen.entity_id == "notify.screen"
        yield screen
