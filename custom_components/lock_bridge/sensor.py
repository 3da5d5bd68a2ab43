"""Sensors of a lock, and of the bridge itself.

The bolt has none: the lock entity says every word of it. Nor has the mode where the select "operating mode" says it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    Platform,
    UnitOfInformation,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .attributes import who_and_how
from .entity import BridgeStatusEntity, LockBridgeEntity, Shows, async_add_lock_entities
from .hub import Hub, LockBridgeConfigEntry
from .moments import duration
from .person_entities import PersonLastEntry, async_add_person_entities
from .remembered import RememberedEntry
from .silent_alarm import CHECK_INS, LockCheckIns
from .wire.model import BridgeStatus, LockSnapshot
from .wire.words import OperatingMode, RingState, Scope

PARALLEL_UPDATES = 0

_BATTERY: Final = "battery"
_EMERGENCY: Final = "emergency"

_SAME_END: Final = timedelta(seconds=2)
"""An end that is reckoned anew, after an outage, differs by how long messages are on their way: it is the same end."""


def _mode(lock: LockSnapshot) -> str | None:
    """A mode that only a newer bridge knows is none that can be shown."""
    return str(lock.mode) if lock.mode in frozenset(OperatingMode) else None


@dataclass(frozen=True, kw_only=True)
class LockSensorDescription(SensorEntityDescription, Shows):
    """A sensor, and what it says of a lock."""

    value_fn: Callable[[LockSnapshot], StateType]


@dataclass(frozen=True, kw_only=True)
class LastAccessDescription(SensorEntityDescription, Shows):
    """The sensor of who came in last, which the journal tells, and no snapshot."""


@dataclass(frozen=True, kw_only=True)
class LockEndDescription(SensorEntityDescription, Shows):
    """A sensor of when something at a lock ends, which the bridge tells by its own clock."""

    ends_ms_fn: Callable[[LockSnapshot], int | None]


@dataclass(frozen=True, kw_only=True)
class BridgeSensorDescription(SensorEntityDescription):
    """A sensor, and what it says of the bridge."""

    value_fn: Callable[[BridgeStatus], StateType]
    attributes_fn: Callable[[BridgeStatus], dict[str, Any]] = lambda _status: {}


type _Description = LockSensorDescription | LastAccessDescription | LockEndDescription

SENSORS: Final[tuple[_Description, ...]] = (
    LockSensorDescription(
        key="battery",
        fields=frozenset({"battery"}),
        device_class=SensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda lock: lock.battery,
    ),
    LockSensorDescription(
        key="power_source",
        translation_key="power_source",
        fields=frozenset({"emergency_power"}),
        device_class=SensorDeviceClass.ENUM,
        options=[_BATTERY, _EMERGENCY],
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda lock: _EMERGENCY if lock.emergency_power else _BATTERY,
    ),
    LockSensorDescription(
        key="signal_strength",
        fields=frozenset({"signal_dbm"}),
        device_class=SensorDeviceClass.SIGNAL_STRENGTH,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        state_class=SensorStateClass.MEASUREMENT,
        has_fn=lambda lock: lock.capabilities.wifi,
        value_fn=lambda lock: lock.signal_dbm,
    ),
    LockSensorDescription(
        key="users",
        translation_key="users",
        fields=frozenset({"users"}),
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda lock: lock.users,
    ),
    LockSensorDescription(
        key="mode",
        translation_key="mode",
        fields=frozenset({"mode"}),
        device_class=SensorDeviceClass.ENUM,
        options=[str(mode) for mode in OperatingMode],
        instead_of=Scope.UNLOCK,
        value_fn=_mode,
    ),
    LastAccessDescription(
        key="last_access",
        translation_key="last_access",
        device_class=SensorDeviceClass.TIMESTAMP,
    ),
    LockEndDescription(
        key="lockout_ends",
        translation_key="lockout_ends",
        fields=frozenset({"lockout_ends_ms"}),
        device_class=SensorDeviceClass.TIMESTAMP,
        ends_ms_fn=lambda lock: lock.lockout_ends_ms,
    ),
)

BRIDGE_SENSORS: Final = (
    BridgeSensorDescription(
        key="clients",
        translation_key="clients",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda status: status.clients,
        attributes_fn=lambda status: {"connected": status.clients_connected},
    ),
    BridgeSensorDescription(
        key="light_ring",
        translation_key="light_ring",
        device_class=SensorDeviceClass.ENUM,
        options=[str(state) for state in RingState],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda status: _ring(status.ring),
    ),
    BridgeSensorDescription(
        key="disk_free",
        translation_key="disk_free",
        device_class=SensorDeviceClass.DATA_SIZE,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.GIBIBYTES,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda status: status.disk_free_bytes,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the bridge's sensors, and those of each lock, now and when locks come."""
    hub = entry.runtime_data
    if (status := hub.data.status) is not None:
        async_add_entities(BridgeSensor(hub, status, description) for description in BRIDGE_SENSORS)
    async_add_lock_entities(hass, entry, async_add_entities, Platform.SENSOR, SENSORS, _make)
    async_add_lock_entities(hass, entry, async_add_entities, Platform.SENSOR, CHECK_INS, LockCheckIns)
    async_add_person_entities(entry, async_add_entities, PersonLastEntry)


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


class LockEnd(LockBridgeEntity, SensorEntity):
    """When something at a lock ends, to the second, and the same each time until it is another end."""

    entity_description: LockEndDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LockEndDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description

    @override
    def _take(self) -> None:
        super()._take()
        before, self._attr_native_value = self.native_value, None
        if not self.available or (ends_ms := self.entity_description.ends_ms_fn(self.lock_now)) is None:
            return
        left = duration(ends_ms - self._hub.connection.time_ms)
        ends = (dt_util.utcnow() + left + timedelta(milliseconds=500)).replace(microsecond=0)
        same = isinstance(before, datetime) and abs(before - ends) <= _SAME_END
        self._attr_native_value = before if same else ends


class LastAccess(LockBridgeEntity, RememberedEntry):
    """When somebody entered last, and who, as the journal tells; over a restart what was known then, until it does."""

    entity_description: LastAccessDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LastAccessDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._read()
        self.async_on_remove(self._hub.last_entries.on_lock(self._lock_id, self._entered))

    def _read(self) -> bool:
        """Whether the last entry is another one than before; its facts are in the words of the access event."""
        entry = self._hub.last_entries.entry_at_lock(self._lock_id)
        return entry is not None and self._remember(entry, who_and_how(entry.event))

    @callback
    def _entered(self) -> None:
        if self._read():
            self.async_write_ha_state()


class BridgeSensor(BridgeStatusEntity, SensorEntity):
    """A number or word that tells of the bridge."""

    entity_description: BridgeSensorDescription

    def __init__(self, hub: Hub, status: BridgeStatus, description: BridgeSensorDescription) -> None:
        super().__init__(hub, status, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> StateType:
        return self.entity_description.value_fn(self.status_now)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return self.entity_description.attributes_fn(self.status_now)

    @override
    def _shows(self, status: BridgeStatus) -> object:
        return self.entity_description.value_fn(status), self.entity_description.attributes_fn(status)


def _make(hub: Hub, lock: LockSnapshot, description: _Description) -> LockSensor | LastAccess | LockEnd:
    match description:
        case LockSensorDescription():
            return LockSensor(hub, lock, description)
        case LastAccessDescription():
            return LastAccess(hub, lock, description)
        case LockEndDescription():
            return LockEnd(hub, lock, description)


def _ring(ring: RingState) -> str | None:
    """A state of the ring that only a newer bridge knows is none that can be shown."""
    return ring if ring in frozenset(RingState) else None
