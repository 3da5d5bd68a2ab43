"""Which locks and persons a trigger or a condition is about, as somebody chose them in Home Assistant."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_ENTITY_ID, CONF_OPTIONS, CONF_TARGET, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, PERSON
from .hub import Hub

CONF_PERSON: Final = "person"
CONF_METHOD: Final = "method"

PERSONS: Final = vol.All(cv.ensure_list, [cv.string])
"""Devices of persons."""


def words(known: Collection[str]) -> vol.All:
    """A list of some of these words."""
    return vol.All(cv.ensure_list, [vol.In(sorted(map(str, known)))])


class Locks:
    """The locks that were chosen, by entity, device, area, floor or label; where none was, all of them."""

    def __init__(self, hass: HomeAssistant, target: Mapping[str, Any] | None) -> None:
        self._hass = hass
        self._selection = TargetSelection(dict(target or {}))

    @property
    def any_lock(self) -> bool:
        """Whether it was left open which lock."""
        return not self._selection.has_any_target

    @callback
    def has(self, hub: Hub, lock_id: str | None) -> bool:
        """Whether this lock is one of them; None is the bridge itself, which only is if no lock was chosen."""
        if self.any_lock:
            return True
        entity_id = lock_entity_id(self._hass, hub, lock_id)
        return entity_id is not None and entity_id in self._entity_ids()

    @callback
    def found(self) -> list[tuple[Hub, str]]:
        """Those of them that there are now, each with its hub."""
        chosen = None if self.any_lock else self._entity_ids()
        return [
            (hub, lock_id)
            for hub in hubs(self._hass)
            for lock_id in hub.data.locks
            if chosen is None or lock_entity_id(self._hass, hub, lock_id) in chosen
        ]

    def _entity_ids(self) -> set[str]:
        selected = async_extract_referenced_entity_ids(self._hass, self._selection)
        return selected.referenced | selected.indirectly_referenced


def lock_entity_id(hass: HomeAssistant, hub: Hub, lock_id: str | None) -> str | None:
    """The lock entity of a lock; None: of the bridge itself, or the entity is gone."""
    if lock_id is None:
        return None
    unique_id = f"{hub.lock_key(lock_id)}_{Platform.LOCK}"
    return er.async_get(hass).async_get_entity_id(Platform.LOCK, DOMAIN, unique_id)


def hubs(hass: HomeAssistant) -> list[Hub]:
    """The hubs of all bridges that are set up now."""
    return [
        entry.runtime_data
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.state is ConfigEntryState.LOADED
    ]


@callback
def validated(hass: HomeAssistant, config: ConfigType, options: dict[vol.Marker, Any]) -> ConfigType:
    """The config of a trigger or condition; vol.Invalid if it is none.

    A person or lock that is not there is let pass: she may have gone, and the others are still meant.
    """
    fields = {vol.Optional(CONF_TARGET): cv.TARGET_FIELDS, vol.Required(CONF_OPTIONS, default={}): options}
    valid: ConfigType = vol.Schema(fields)(config)
    entities = er.async_get(hass)
    for entity_id in valid.get(CONF_TARGET, {}).get(ATTR_ENTITY_ID, ()):
        entry = entities.async_get(entity_id)
        if entry is not None and (entry.domain != Platform.LOCK or entry.platform != DOMAIN):
            raise vol.Invalid(f"'{entity_id}' is not a lock of Lock Bridge")
    devices = dr.async_get(hass)
    for device_id in valid[CONF_OPTIONS].get(CONF_PERSON, ()):
        device = devices.async_get(device_id)
        if device is not None and not _is_person(device):
            raise vol.Invalid(f"'{device.name_by_user or device.name}' is not a person at a lock of Lock Bridge")
    return valid


def _is_person(device: dr.DeviceEntry | dr.ChildDeviceEntry) -> bool:
    ours = any(domain == DOMAIN for domain, _ in device.identifiers)
    return ours and isinstance(device, dr.DeviceEntry) and device.model == PERSON
