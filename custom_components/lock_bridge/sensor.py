"""Sensors of a lock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .entity import LockBridgeEntity, Shows
from .hub import Hub, LockBridgeConfigEntry
from .wire.model import LockSnapshot

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LockSensorDescription(SensorEntityDescription, Shows):
    """A sensor, and what it says of a lock."""

    value_fn: Callable[[LockSnapshot], StateType]


SENSORS: Final = (
    LockSensorDescription(
        key="battery",
        fields=frozenset({"battery"}),
        device_class=SensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda lock: lock.battery,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of each lock, now and when locks come."""
    hub = entry.runtime_data

    @callback
    def add(locks: Sequence[LockSnapshot]) -> None:
        async_add_entities(LockSensor(hub, lock, description) for lock in locks for description in SENSORS)

    entry.async_on_unload(hub.async_add_locks(add))


class LockSensor(LockBridgeEntity, SensorEntity):
    """A number or word that tells of a lock."""

    entity_description: LockSensorDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LockSensorDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> StateType:
        return self.entity_description.value_fn(self.lock_now)
