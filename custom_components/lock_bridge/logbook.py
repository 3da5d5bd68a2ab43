"""Lines of the logbook for what happened at the door: who, how, and when it really was."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.components.logbook.models import LazyEventPartialState
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN, EVENT, EVENTS_LOST
from .texts import sentence
from .wire.words import EventType

ICONS = {
    EventType.ACCESS_GRANTED: "mdi:lock-open-check",
    EventType.ACCESS_REFUSED: "mdi:lock-alert",
    EventType.LOCKED: "mdi:lock",
    EventType.UNLOCKED: "mdi:lock-open-variant",
    EventType.OPENED_FROM_INSIDE: "mdi:exit-run",
    EventType.MODE_CHANGED: "mdi:lock-clock",
    EventType.INTRUSION: "mdi:alarm-light",
    EventType.FORCED_OPEN: "mdi:door-open",
    EventType.DOOR_AJAR: "mdi:door-open",
    EventType.DOOR_AJAR_ENDED: "mdi:door-closed",
    EventType.MENU_OPENED: "mdi:menu-open",
    EventType.PHONE_PAIRED: "mdi:cellphone-key",
    EventType.BLUETOOTH_CLEARED: "mdi:bluetooth-off",
    EventType.FACTORY_RESET: "mdi:restore-alert",
    EventType.OPERATION_FAILED: "mdi:lock-remove",
    EventType.LOCK_JAMMED: "mdi:lock-alert",
    EventType.LOCKOUT_STARTED: "mdi:timer-lock",
    EventType.LOCKOUT_ENDED: "mdi:timer-lock-open",
    EventType.DOORBELL: "mdi:bell-ring",
    EventType.DOOR_OPENED: "mdi:door-open",
    EventType.DOOR_CLOSED: "mdi:door-closed",
    EventType.TAMPER_STARTED: "mdi:shield-alert",
    EventType.TAMPER_ENDED: "mdi:shield-check",
    EventType.BATTERY_LOW: "mdi:battery-20",
    EventType.BATTERY_CRITICAL: "mdi:battery-alert",
    EventType.BATTERY_OK: "mdi:battery",
    EventType.FAULT_STARTED: "mdi:alert-circle",
    EventType.CREDENTIAL_LOST: "mdi:fingerprint-off",
    EventType.PART_TRUSTED: "mdi:shield-check",
    EventType.FAULT_ENDED: "mdi:check-circle",
    EVENTS_LOST: "mdi:book-remove",
}
OTHER_ICON = "mdi:book-lock"


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event | LazyEventPartialState], dict[str, Any]]], None],
) -> None:
    """Describe this integration's events."""
    devices = dr.async_get(hass)

    @callback
    def describe(event: Event | LazyEventPartialState) -> dict[str, Any]:
        data = event.data
        device = devices.async_get(str(data.get(ATTR_DEVICE_ID)))
        described = {
            LOGBOOK_ENTRY_NAME: (device and (device.name_by_user or device.name)) or data.get("name"),
            LOGBOOK_ENTRY_MESSAGE: sentence(hass, data),
            LOGBOOK_ENTRY_ICON: ICONS.get(str(data.get("type")), OTHER_ICON),
        }
        if entity_id := data.get(ATTR_ENTITY_ID):
            described[LOGBOOK_ENTRY_ENTITY_ID] = entity_id
        return described

    async_describe_event(DOMAIN, EVENT, describe)
