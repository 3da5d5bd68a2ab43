"""What happens at all doors, for triggers: they are there before a bridge is, and outlast its reloads."""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalType

from .const import DOMAIN
from .hub import Hub, LockBridgeConfigEntry
from .wire.model import Event

SIGNAL_EVENT: Final = SignalType[Hub, Event](f"{DOMAIN}_event")
"""Something is happening now; nothing about duress."""

SIGNAL_ALARM: Final = SignalType[Hub, Event, bool](f"{DOMAIN}_alarm")
"""A critical alarm, duress among them; `True` if it happened during an outage and is told, once, afterwards."""


@callback
def async_pass_on(hass: HomeAssistant, entry: LockBridgeConfigEntry) -> None:
    """Pass on what the entry's bridge tells, for as long as it is loaded."""
    hub = entry.runtime_data

    # In the loop's next turn: what a trigger sets off finds the entities as they are after the event.
    @callback
    def happens(event: Event) -> None:
        hass.loop.call_soon(async_dispatcher_send, hass, SIGNAL_EVENT, hub, event)

    @callback
    def alarms(event: Event, delayed: bool) -> None:
        hass.loop.call_soon(async_dispatcher_send, hass, SIGNAL_ALARM, hub, event, delayed)

    entry.async_on_unload(hub.on_event.add(happens))
    entry.async_on_unload(hub.on_alarm.add(alarms))
