"""Numbers of a lock: its settings that are a time (APP-5)."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LockBridgeEntity, Shows, async_add_lock_entities
from .hub import Hub, LockBridgeConfigEntry
from .wire.commands import SetSettings
from .wire.model import LockSnapshot
from .wire.words import Scope

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LockNumberDescription(NumberEntityDescription, Shows):
    """A setting of a lock, in whole numbers."""


def _seconds(name: str, lowest: int, highest: int) -> LockNumberDescription:
    return LockNumberDescription(
        key=name,
        translation_key=name,
        fields=frozenset({"settings"}),
        scope=Scope.SETTINGS,
        entity_category=EntityCategory.CONFIG,
        device_class=NumberDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        native_min_value=lowest,
        native_max_value=highest,
        native_step=1,
        mode=NumberMode.BOX,
        has_fn=lambda lock: name in lock.capabilities.settings,
    )


NUMBERS: Final = (
    # BLT-4
    _seconds("countdown_delay_s", 5, 300),
    # ALM-5; 0: the door may stand open as long as anybody likes.
    _seconds("door_ajar_s", 0, 3600),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the numbers of each lock, now and when locks come."""
    async_add_lock_entities(hass, entry, async_add_entities, Platform.NUMBER, NUMBERS, LockNumber)


class LockNumber(LockBridgeEntity, NumberEntity):
    """A time that can be set. It shows what the bridge tells, not what was asked for."""

    entity_description: LockNumberDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LockNumberDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> int | None:
        return self._value(self.lock_now)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it; returns when the bridge has done it."""
        await self.async_command(SetSettings, changes={self.entity_description.key: round(value)})

    @override
    def _shows(self, lock: LockSnapshot) -> object:
        return self._value(lock)

    def _value(self, lock: LockSnapshot) -> int | None:
        return lock.settings.get(self.entity_description.key)
