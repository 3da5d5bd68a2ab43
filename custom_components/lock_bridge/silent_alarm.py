"""The silent alarm (VER-12), for the owner who asks for it: switched off, hidden, and never a line of the logbook.

Whoever forces somebody to open the door may be looking at Home Assistant. So its name says nothing to him. It counts,
because the logbook leaves out what has a unit, as it happens and afterwards; an event entity would be in both.
"""

from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .alarms import times_of
from .attributes import when, who_and_how
from .entity import LockBridgeEntity, Shows
from .hub import Hub
from .wire.model import Event, LockSnapshot
from .wire.words import EventType

_COUNT: Final = "count"


@dataclass(frozen=True, kw_only=True)
class CheckInsDescription(SensorEntityDescription, Shows):
    """How often it was raised at a lock."""


CHECK_INS: Final = (
    CheckInsDescription(
        key="check_ins",
        translation_key="check_ins",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        entity_registry_visible_default=False,
        native_unit_of_measurement="×",
    ),
)


class LockCheckIns(LockBridgeEntity, SensorEntity, RestoreEntity):
    """How often it was raised at a lock, and by whom, how and when the last time."""

    entity_description: CheckInsDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: CheckInsDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description
        self._known: dict[str, Any] = {_COUNT: 0}

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        if (restored := await self.async_get_last_extra_data()) is not None:
            self._known = restored.as_dict()
        self.async_on_remove(self._hub.on_alarm.add(self._alarm))

    @property
    @override
    def native_value(self) -> int:
        return int(self._known[_COUNT])

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return {name: fact for name, fact in self._known.items() if name != _COUNT}

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        return RestoredExtraData(dict(self._known))

    @callback
    def _alarm(self, event: Event, delayed: bool) -> None:
        if event.type != EventType.DURESS or event.lock_id != self._lock_id:
            return
        count = self._known[_COUNT] + times_of(event)
        self._known = {_COUNT: count, **who_and_how(event), **when(event, delayed=delayed)}
        self.async_write_ha_state()
