"""A bridge that is away when Home Assistant starts: knock until it is there; Home Assistant's own tries get rare."""

import asyncio
from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .client import ClientError, Transport, is_bridge
from .client.pace import Pace
from .const import DOMAIN

_KNOCKING: Final = HassKey[dict[str, asyncio.Task[None]]](f"{DOMAIN}_knocking")
_RETRYING: Final = frozenset({ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.SETUP_RETRY})


@callback
def async_reload_when_back(hass: HomeAssistant, entry: ConfigEntry, transport: Transport) -> None:
    """Set the entry up as soon as its bridge answers. Ends by itself when the entry is set up, unloaded or removed."""
    async_stop_knocking(hass, entry)
    hass.data.setdefault(_KNOCKING, {})[entry.entry_id] = hass.async_create_background_task(
        _knock(hass, entry, transport), f"{DOMAIN} knocking at {transport.address}"
    )


@callback
def async_stop_knocking(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Stop, if it is going on."""
    if task := hass.data.get(_KNOCKING, {}).pop(entry.entry_id, None):
        task.cancel()


async def _knock(hass: HomeAssistant, entry: ConfigEntry, transport: Transport) -> None:
    pace = Pace()
    wait = pace.after_absence()
    while True:
        await asyncio.sleep(wait)
        if entry.state not in _RETRYING:
            return
        try:
            there = await is_bridge(transport)
        except ClientError:
            wait = pace.after_absence()
            continue
        if there and entry.state is ConfigEntryState.SETUP_RETRY:
            hass.config_entries.async_schedule_reload(entry.entry_id)
            return
        wait = pace.after_trouble()
