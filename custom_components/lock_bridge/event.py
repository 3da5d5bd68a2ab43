"""What happens at the door, as it happens: for automations. Old news never comes here but for alarms, see `news`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, override

from homeassistant.components.event import (
    DoorbellEventType,
    EventDeviceClass,
    EventEntity,
    EventEntityDescription,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarms import ALARMS, times_of
from .attributes import known, when, where, who_and_how
from .entity import LockBridgeEntity, Shows, async_add_lock_entities
from .hub import Hub, LockBridgeConfigEntry
from .person_entities import PersonEvents, async_add_person_entities
from .wire.model import Event, LockSnapshot
from .wire.words import EventType

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LockEventDescription(EventEntityDescription, Shows):
    """An event entity: which of the bridge's events it tells under which name, with what, and which locks have it."""

    kinds: Mapping[EventType, str]
    attributes_fn: Callable[[Event], dict[str, Any]] = lambda _event: {}


def _alert(event: Event) -> dict[str, Any]:
    return known(
        {
            "reason": event.reason if event.type == EventType.OPERATION_FAILED else None,
            "part": event.data.get("part"),
            "percent": event.data.get("percent"),
            "count": times_of(event),
        }
    )


ACCESS: Final = MappingProxyType({EventType.ACCESS_GRANTED: "granted", EventType.ACCESS_REFUSED: "refused"})
DOORBELL: Final = MappingProxyType({EventType.DOORBELL: str(DoorbellEventType.RING)})
ALERT: Final = MappingProxyType(
    {
        kind: str(kind)
        for kind in (
            EventType.FORCED_OPEN,
            EventType.INTRUSION,
            EventType.TAMPER_STARTED,
            EventType.TAMPER_ENDED,
            EventType.LOCKOUT_STARTED,
            EventType.LOCKOUT_ENDED,
            EventType.LOCK_JAMMED,
            EventType.OPERATION_FAILED,
            EventType.DOOR_AJAR,
            EventType.DOOR_AJAR_ENDED,
            EventType.BATTERY_LOW,
            EventType.BATTERY_CRITICAL,
            EventType.BATTERY_OK,
            EventType.FAULT_STARTED,
            EventType.FAULT_ENDED,
            EventType.CREDENTIAL_LOST,
            EventType.FACTORY_RESET,
        )
    }
)
"""What somebody at home should look after, and that it is over. Duress is not here: everybody sees this entity."""

EVENTS: Final = (
    LockEventDescription(
        key="access",
        translation_key="access",
        event_types=list(ACCESS.values()),
        kinds=ACCESS,
        attributes_fn=lambda event: known({"reason": event.reason}),
    ),
    LockEventDescription(
        key="doorbell",
        translation_key="doorbell",
        device_class=EventDeviceClass.DOORBELL,
        event_types=list(DOORBELL.values()),
        kinds=DOORBELL,
        has_fn=lambda lock: lock.capabilities.doorbell,
    ),
    LockEventDescription(
        key="alert",
        translation_key="alert",
        event_types=list(ALERT.values()),
        kinds=ALERT,
        attributes_fn=_alert,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entities of each lock and each person, now and when there are more."""
    async_add_lock_entities(hass, entry, async_add_entities, Platform.EVENT, EVENTS, LockEvent)
    people = PersonEvents()
    entry.async_on_unload(entry.runtime_data.on_event.add(people.happens))
    async_add_person_entities(entry, async_add_entities, people.make)


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
        if not ALARMS.isdisjoint(self.entity_description.kinds):
            self.async_on_remove(self._hub.on_alarm.add(self._alarms))

    @callback
    def _happens(self, event: Event) -> None:
        # Alarms come by their own way, which tells them late, too.
        if event.type not in ALARMS:
            self._tell(event)

    @callback
    def _alarms(self, event: Event, delayed: bool) -> None:
        self._tell(event, delayed=delayed)

    def _tell(self, event: Event, *, delayed: bool = False) -> None:
        if event.lock_id != self._lock_id or (kind := self.entity_description.kinds.get(event.type)) is None:
            return
        self._trigger_event(
            kind,
            {
                **where(self._hub, event),
                **who_and_how(event),
                **self.entity_description.attributes_fn(event),
                **when(event, delayed=delayed),
            },
        )
        self.async_write_ha_state()
