"""Binary sensors of a lock, and of the bridge's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import BridgeEntity, BridgeStatusEntity, LockBridgeEntity, Shows, async_add_lock_entities
from .hub import Hub, LockBridgeConfigEntry
from .person_entities import PersonMayEnter, async_add_person_entities
from .wire.model import BridgeStatus, LockSnapshot
from .wire.words import BoltState, DoorState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LockBinarySensorDescription(BinarySensorEntityDescription, Shows):
    """A binary sensor, what it says of a lock, and which locks have it."""

    is_on_fn: Callable[[LockSnapshot], bool | None]
    attributes_fn: Callable[[LockSnapshot], dict[str, Any]] = lambda _lock: {}


@dataclass(frozen=True, kw_only=True)
class BridgeBinarySensorDescription(BinarySensorEntityDescription):
    """A binary sensor, and what it says of the bridge."""

    is_on_fn: Callable[[BridgeStatus], bool]


# Without a category is what happens at the door: what has one is left out of automations that name an area, and of what
# voice assistants are shown.
BINARY_SENSORS: Final = (
    LockBinarySensorDescription(
        key="battery_low",
        translation_key="battery_low",
        fields=frozenset({"battery_low"}),
        device_class=BinarySensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda lock: lock.battery_low,
    ),
    LockBinarySensorDescription(
        key="door",
        fields=frozenset({"door"}),
        device_class=BinarySensorDeviceClass.DOOR,
        has_fn=lambda lock: lock.capabilities.door_contact,
        is_on_fn=lambda lock: {DoorState.OPEN: True, DoorState.CLOSED: False}.get(lock.door),
    ),
    LockBinarySensorDescription(
        key="door_ajar",
        translation_key="door_ajar",
        fields=frozenset({"door_ajar"}),
        device_class=BinarySensorDeviceClass.PROBLEM,
        has_fn=lambda lock: lock.capabilities.door_contact,
        is_on_fn=lambda lock: lock.door_ajar,
    ),
    LockBinarySensorDescription(
        key="tamper",
        fields=frozenset({"tamper"}),
        device_class=BinarySensorDeviceClass.TAMPER,
        is_on_fn=lambda lock: lock.tamper,
    ),
    LockBinarySensorDescription(
        key="jam",
        translation_key="jam",
        fields=frozenset({"bolt"}),
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda lock: None if lock.bolt == BoltState.UNKNOWN else lock.bolt == BoltState.JAMMED,
    ),
    LockBinarySensorDescription(
        key="locked_out",
        translation_key="locked_out",
        fields=frozenset({"locked_out"}),
        is_on_fn=lambda lock: lock.locked_out,
    ),
    LockBinarySensorDescription(
        key="inside_handle_blocked",
        translation_key="inside_handle_blocked",
        fields=frozenset({"inside_handle_blocked"}),
        has_fn=lambda lock: lock.capabilities.peephole_button,
        is_on_fn=lambda lock: lock.inside_handle_blocked,
    ),
    LockBinarySensorDescription(
        key="bluetooth_connected",
        translation_key="bluetooth_connected",
        fields=frozenset({"bluetooth_connected"}),
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        has_fn=lambda lock: lock.capabilities.bluetooth,
        is_on_fn=lambda lock: lock.bluetooth_connected,
    ),
    LockBinarySensorDescription(
        key="emergency_power",
        translation_key="emergency_power",
        fields=frozenset({"emergency_power"}),
        device_class=BinarySensorDeviceClass.PLUG,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda lock: lock.emergency_power,
    ),
    LockBinarySensorDescription(
        key="problem",
        translation_key="problem",
        fields=frozenset({"faults"}),
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda lock: bool(lock.faults),
        attributes_fn=lambda lock: {"parts": [str(part) for part in lock.faults]},
    ),
)

BRIDGE_BINARY_SENSORS: Final = (
    BridgeBinarySensorDescription(
        key="storage",
        translation_key="storage",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda status: not status.store_healthy,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the bridge's sensors, and those of each lock, now and when locks come."""
    hub = entry.runtime_data
    async_add_entities([BridgeConnectivity(hub)])
    if (status := hub.data.status) is not None:
        async_add_entities(BridgeBinarySensor(hub, status, description) for description in BRIDGE_BINARY_SENSORS)
    async_add_lock_entities(hass, entry, async_add_entities, Platform.BINARY_SENSOR, BINARY_SENSORS, LockBinarySensor)
    async_add_person_entities(entry, async_add_entities, PersonMayEnter)


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

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return self.entity_description.attributes_fn(self.lock_now)

    @override
    def _shows(self, lock: LockSnapshot) -> object:
        return self.entity_description.is_on_fn(lock), self.entity_description.attributes_fn(lock)


class BridgeBinarySensor(BridgeStatusEntity, BinarySensorEntity):
    """Something that is or is not so at the bridge."""

    entity_description: BridgeBinarySensorDescription

    def __init__(self, hub: Hub, status: BridgeStatus, description: BridgeBinarySensorDescription) -> None:
        super().__init__(hub, status, description.key)
        self.entity_description = description

    @property
    @override
    def is_on(self) -> bool:
        return self.entity_description.is_on_fn(self.status_now)

    @override
    def _shows(self, status: BridgeStatus) -> object:
        return self.entity_description.is_on_fn(status)


class BridgeConnectivity(BridgeEntity, BinarySensorEntity):
    """Whether the bridge is connected. Always available: it is the one that can say so."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub, "connectivity")

    @property
    @override
    def available(self) -> bool:
        return True

    @property
    @override
    def is_on(self) -> bool:
        return self._hub.available
