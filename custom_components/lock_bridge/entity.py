"""What all entities have in common: they show some fields of a lock's snapshot, and are written when those change."""

from dataclasses import dataclass
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity

from .hub import Hub
from .wire.model import LockSnapshot


@dataclass(frozen=True, kw_only=True)
class Shows:
    """Part of an entity's description: the fields of the snapshot that it shows."""

    fields: frozenset[str] = frozenset()


class LockBridgeEntity(Entity):
    """An entity of one lock. Unavailable while the bridge cannot be asked."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, lock: LockSnapshot, key: str, shows: Shows) -> None:
        self._hub = hub
        self._lock_id = lock.id
        self._fields = shows.fields
        self._attr_unique_id = f"{hub.lock_key(lock.id)}_{key}"
        self._attr_device_info = hub.lock_device(lock)

    @property
    @override
    def available(self) -> bool:
        return self._hub.available and self._lock_id in self._hub.data.locks

    @property
    def lock_now(self) -> LockSnapshot:
        """The lock as it is; only while the entity is available."""
        return self._hub.data.locks[self._lock_id]

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._hub.on_link.add(self.async_write_ha_state))
        self.async_on_remove(self._hub.on_lock(self._lock_id, self._lock_changed))

    @callback
    def _lock_changed(self, changed: frozenset[str]) -> None:
        if changed & self._fields:
            self.async_write_ha_state()


class PersonEntity(Entity):
    """An entity of one person, on whichever locks she is. It goes with her device."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, user_id: str, key: str) -> None:
        self._hub = hub
        self._user_id = user_id
        self._attr_unique_id = f"{hub.person_key(user_id)}/{key}"
        self._attr_device_info = hub.person_device(user_id)

    @property
    @override
    def available(self) -> bool:
        return self._hub.available and bool(self._hub.person(self._user_id))

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._hub.on_link.add(self.async_write_ha_state))
        self.async_on_remove(self._hub.on_person(self._user_id, self._person_changed))

    @callback
    def _person_changed(self) -> None:
        self.async_write_ha_state()


class BridgeEntity(Entity):
    """An entity of the bridge itself."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, key: str) -> None:
        self._hub = hub
        self._attr_unique_id = f"{hub.bridge_id}_{key}"
        self._attr_device_info = hub.bridge_device()

    @property
    @override
    def available(self) -> bool:
        return self._hub.available

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._hub.on_link.add(self.async_write_ha_state))
