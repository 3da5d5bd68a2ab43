"""Binary sensors of a lock, and of the bridge's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LockBridgeEntity, Shows
from .hub import Hub, LockBridgeConfigEntry
from .wire.model import LockSnapshot
from .wire.words import DoorState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LockBinarySensorDescription(BinarySensorEntityDescription, Shows):
    """A binary sensor, what it says of a lock, and which locks have it."""

    is_on_fn: Callable[[LockSnapshot], bool | None]
    has_fn: Callable[[LockSnapshot], bool] = lambda _lock: True


BINARY_SENSORS: Final = (
    LockBinarySensorDescription(
        key="battery_low",
        fields=frozenset({"battery_low"}),
        device_class=BinarySensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
        translation_key="battery_low",
        is_on_fn=lambda lock: lock.battery_low,
    ),
    LockBinarySensorDescription(
        key="door",
        fields=frozenset({"door"}),
        device_class=BinarySensorDeviceClass.DOOR,
        has_fn=lambda lock: lock.capabilities.door_contact,
        is_on_fn=lambda lock: {DoorState.OPEN: True, DoorState.CLOSED: False}.get(lock.door),
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the bridge's sensor, and those of each lock, now and when locks come."""
    hub = entry.runtime_data

    @callback
    def add(locks: Sequence[LockSnapshot]) -> None:
        async_add_entities(
            LockBinarySensor(hub, lock, description)
            for lock in locks
            for description in BINARY_SENSORS
            if description.has_fn(lock)
        )

    async_add_entities([BridgeConnectivity(hub)])
    entry.async_on_unload(hub.async_add_locks(add))


class LockBinarySensor(LockBridgeEntity, BinarySensorEntity):
    """Something that is or is not so at a lock."""

    entity_description: LockBinarySensorDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LockBinarySensorDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.is_on_fn(self.lock_now)


class BridgeConnectivity(BinarySensorEntity):
    """Whether the bridge is connected. Always available: it is the one that can say so."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._attr_unique_id = f"{hub.bridge_id}_connectivity"
        self._attr_device_info = hub.bridge_device()

    @property
    @override
    def is_on(self) -> bool:
        return self._hub.available

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._hub.on_link.add(self.async_write_ha_state))
