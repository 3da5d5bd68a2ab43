"""Automations as somebody writes them, and what they did."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge.const import DOMAIN
from tests.integration.home import Home
from tests.integration.house import until

RAN = "automation_ran"


class Automations:
    """Automations that say on the bus which trigger set them off, with all its variables."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.ran: list[dict[str, Any]] = []
        self.called: list[tuple[str, dict[str, Any]]] = []
        """Actions that were called, as the bus tells it."""
        hass.bus.async_listen(RAN, self._ran)
        hass.bus.async_listen(EVENT_CALL_SERVICE, self._called)

    async def on(self, *triggers: Mapping[str, Any], **more: Any) -> None:
        """Set up one automation with these triggers."""
        action = {"event": RAN, "event_data": {"trigger": "{{ trigger }}"}}
        await self.set_up({"triggers": [*triggers], "actions": [action], "mode": "queued", "max": 100, **more})

    async def set_up(self, *automations: Mapping[str, Any]) -> None:
        """Set up these automations."""
        named = [{"alias": f"Automation {number}", **config} for number, config in enumerate(automations)]
        assert await async_setup_component(self.hass, "automation", {"automation": named})
        await self.hass.async_block_till_done()

    async def until_ran(self, count: int = 1) -> dict[str, Any]:
        """Wait until automations have run that often; the variables of the last run's trigger."""
        await until(lambda: len(self.ran) >= count)
        await self.hass.async_block_till_done()
        assert len(self.ran) == count, self.ran
        return self.ran[-1]

    @callback
    def _ran(self, event: Event[dict[str, Any]]) -> None:
        self.ran.append(event.data["trigger"])

    @callback
    def _called(self, event: Event[dict[str, Any]]) -> None:
        self.called.append((f"{event.data['domain']}.{event.data['service']}", dict(event.data["service_data"])))


def person_device(home: Home, user_id: str) -> DeviceEntry | None:
    """A person's device, or None while she has none."""
    key = (DOMAIN, f"{home.entry.data['bridge_id']}/person/{user_id}")
    return dr.async_get(home.hass).async_get_device_by_identifier(key, home.entry.entry_id)


async def person(home: Home, user_id: str) -> str:
    """Wait for a person's device; its id."""
    device = await until(lambda: person_device(home, user_id))
    assert device is not None
    return device.id
