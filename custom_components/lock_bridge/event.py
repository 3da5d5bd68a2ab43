"""What happens at the door, as it happens: for automations. Old news (see `news`) never comes here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, override

from homeassistant.components.event import (
    DoorbellEventType,
    EventDeviceClass,
    EventEntity,
    EventEntityDescription,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LockBridgeEntity, Shows
from .hub import Hub, LockBridgeConfigEntry
from .texts import method_of
from .wire.model import Event, LockSnapshot
from .wire.words import EventType

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LockEventDescription(EventEntityDescription, Shows):
    """An event entity: which of the bridge's events it tells under which name, with what, and which locks have it."""

    kinds: Mapping[EventType, str]
    attributes_fn: Callable[[Event], dict[str, Any]] = lambda _event: {}
    has_fn: Callable[[LockSnapshot], bool] = lambda _lock: True


def _access(event: Event) -> dict[str, Any]:
    attributes = {
        "lock": event.lock_id,
        "user_id": event.user_id,
        "user_name": event.user_name,
        "method": method_of(event),
        "source": event.source,
        "reason": event.reason,
    }
    return {name: value for name, value in attributes.items() if value is not None}


ACCESS: Final = MappingProxyType({EventType.ACCESS_GRANTED: "granted", EventType.ACCESS_REFUSED: "refused"})
DOORBELL: Final = MappingProxyType({EventType.DOORBELL: str(DoorbellEventType.RING)})

EVENTS: Final = (
    LockEventDescription(
        key="access",
        translation_key="access",
        event_types=list(ACCESS.values()),
        kinds=ACCESS,
        attributes_fn=_access,
    ),
    LockEventDescription(
        key="doorbell",
        translation_key="doorbell",
        device_class=EventDeviceClass.DOORBELL,
        event_types=list(DOORBELL.values()),
        kinds=DOORBELL,
        has_fn=lambda lock: lock.capabilities.doorbell,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entities of each lock, now and when locks come."""
    hub = entry.runtime_data

    @callback
    def add(locks: Sequence[LockSnapshot]) -> None:
        async_add_entities(
            LockEvent(hub, lock, description) for lock in locks for description in EVENTS if description.has_fn(lock)
        )

    entry.async_on_unload(hub.async_add_locks(add))


class LockEvent(LockBridgeEntity, EventEntity):
    """The last thing of its kind that happened at a lock."""

    entity_description: LockEventDescription

    def __init__(self, hub: Hub, lock: LockSnapshot, description: LockEventDescription) -> None:
        super().__init__(hub, lock, description.key, description)
        self.entity_description = description

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self._hub.on_event.add(self._happens))

    @callback
    def _happens(self, event: Event) -> None:
        if event.lock_id != self._lock_id or (kind := self.entity_description.kinds.get(event.type)) is None:
            return
        self._trigger_event(kind, self.entity_description.attributes_fn(event))
        self.async_write_ha_state()
