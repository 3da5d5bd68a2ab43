"""A bridge that was lost and set up from scratch: devices and entities keep their names, places and history."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .const import CONF_BRIDGE_ID, DOMAIN


@callback
def async_hand_over(hass: HomeAssistant, entry: ConfigEntry, bridge_id: str) -> None:
    """Let all that belongs to an entry's bridge belong to the one with another id: that id begins every key of ours."""
    former: str = entry.data[CONF_BRIDGE_ID]

    def renamed(key: str) -> str:
        return bridge_id + key.removeprefix(former)

    devices, entities = dr.async_get(hass), er.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        keys = {(DOMAIN, renamed(key)) for _domain, key in device.identifiers}
        devices.async_update_device(device.id, new_identifiers=keys)
    for entity in er.async_entries_for_config_entry(entities, entry.entry_id):
        entities.async_update_entity(entity.entity_id, new_unique_id=renamed(entity.unique_id))
