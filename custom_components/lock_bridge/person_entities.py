"""What there is of each person: that she enters, when she last did, and whether she may."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.event import EventEntity
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .attributes import how, known, when, where
from .entity import PersonEntity
from .hub import Hub, LockBridgeConfigEntry
from .remembered import RememberedEntry
from .wire.model import Event
from .wire.words import EventType

ENTERED: Final = MappingProxyType({EventType.ACCESS_GRANTED: "entered", EventType.ACCESS_REFUSED: "refused"})


@callback
def async_add_person_entities(
    entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback, make: Callable[[Hub, str], Entity]
) -> None:
    """Add an entity for each person, now and when people come."""
    hub = entry.runtime_data
    entry.async_on_unload(
        hub.async_add_people(lambda user_ids: async_add_entities(make(hub, user_id) for user_id in user_ids))
    )


class PersonEvents:
    """Who of the people's event entities is told of an event: hers, whoever else there is."""

    def __init__(self) -> None:
        self._entities: dict[str, PersonEntry] = {}

    def make(self, hub: Hub, user_id: str) -> PersonEntry:
        """A person's event entity."""
        return PersonEntry(hub, user_id, self._entities)

    @callback
    def happens(self, event: Event) -> None:
        """Tell her of it whom it concerns."""
        if event.user_id is not None and (entity := self._entities.get(event.user_id)) is not None:
            entity.happens(event)


class PersonEntry(PersonEntity, EventEntity):
    """She enters, or is refused, or a visitor with what she gave out."""

    _attr_translation_key = "entry"

    def __init__(self, hub: Hub, user_id: str, listening: dict[str, PersonEntry]) -> None:
        super().__init__(hub, user_id, "entry")
        self._attr_event_types = list(ENTERED.values())
        self._listening = listening

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._listening[self._user_id] = self

    @override
    async def async_will_remove_from_hass(self) -> None:
        if self._listening.get(self._user_id) is self:
            del self._listening[self._user_id]

    @callback
    def happens(self, event: Event) -> None:
        """Tell what happens now."""
        if (kind := ENTERED.get(event.type)) is None:
            return
        facts = {**where(self._hub, event), **how(event), **known({"reason": event.reason}), **when(event)}
        self._trigger_event(kind, facts)
        self.async_write_ha_state()

    @override
    @callback
    def _person_changed(self) -> None:
        """What else she is or may is not shown here."""


class PersonLastEntry(PersonEntity, RememberedEntry):
    """When she last entered, by whichever lock."""

    _attr_translation_key = "last_entry"

    def __init__(self, hub: Hub, user_id: str) -> None:
        super().__init__(hub, user_id, "last_entry")

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._take()
        self.async_on_remove(self._hub.last_entries.on_person(self._user_id, self._entered))

    def _take(self) -> bool:
        """Whether her last entry is another one than before."""
        entry = self._hub.last_entries.entry_of_person(self._user_id)
        return entry is not None and self._remember(entry, {**where(self._hub, entry.event), **how(entry.event)})

    @callback
    def _entered(self) -> None:
        if self._take():
            self.async_write_ha_state()

    @override
    @callback
    def _person_changed(self) -> None:
        """What else she is or may is not shown here."""


class PersonMayEnter(PersonEntity, BinarySensorEntity):
    """Whether something of hers opens one of her locks now (USR-6, USR-7)."""

    _attr_translation_key = "may_enter"

    def __init__(self, hub: Hub, user_id: str) -> None:
        super().__init__(hub, user_id, "may_enter")
        self._shown = self._look()

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._shown = self._look()

    @property
    @override
    def is_on(self) -> bool:
        return self._shown[0]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        _may_enter, locks, reason = self._shown
        return known({"locks": list(locks), "reason": reason})

    def _look(self) -> tuple[bool, tuple[str, ...], str | None]:
        """Whether she may enter, by which locks, and why not."""
        hers, locks = self._hub.person(self._user_id), self._hub.data.locks
        may = tuple(locks[lock_id].name for lock_id, user in hers.items() if user.may_enter)
        reasons = (user.refused for user in hers.values() if user.refused is not None)
        return bool(may), may, None if may else next(reasons, None)

    @override
    @callback
    def _person_changed(self) -> None:
        if (shown := self._look()) != self._shown:
            self._shown = shown
            self.async_write_ha_state()

    @override
    @callback
    def _link_changed(self) -> None:
        if self._hub.available:
            self._shown = self._look()
        super()._link_changed()
