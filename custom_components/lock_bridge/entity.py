"""What all entities have in common: what of the bridge they show, and the one way to send a command for them."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .client import ClientError
from .const import DOMAIN
from .errors import as_home_assistant_error
from .hub import Hub, LockBridgeConfigEntry
from .wire.commands import Command
from .wire.errors import ErrorCode, LockBridgeError
from .wire.model import BridgeStatus, LockSnapshot
from .wire.words import OperatingMode, Scope

type Order = tuple[type[Command], dict[str, Any]]
"""A command to a lock, with what it is given."""


@dataclass(frozen=True, kw_only=True)
class Shows:
    """Part of an entity's description: the fields of the snapshot that it shows, and which locks have it."""

    key: str
    fields: frozenset[str] = frozenset()
    has_fn: Callable[[LockSnapshot], bool] = lambda _lock: True
    scope: Scope | None = None
    """What Home Assistant must have been allowed for the entity to be there."""
    instead_of: Scope | None = None
    """With this allowed another entity says it, and this one is not there."""

    def is_there(self, lock: LockSnapshot, scopes: Collection[Scope]) -> bool:
        """Whether a lock has the entity, with that allowed."""
        return self.has_fn(lock) and self.scope in {None, *scopes} and self.instead_of not in scopes


@callback
def async_add_lock_entities[D: Shows](
    hass: HomeAssistant,
    entry: LockBridgeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    descriptions: Sequence[D],
    make: Callable[[Hub, LockSnapshot, D], Entity],
) -> None:
    """Add what each lock has, now and when locks come. What it had as another model or by another pairing goes."""
    hub, registry = entry.runtime_data, er.async_get(hass)

    @callback
    def add(locks: Sequence[LockSnapshot]) -> None:
        there = []
        for lock in locks:
            for description in descriptions:
                if description.is_there(lock, hub.data.scopes):
                    there.append(make(hub, lock, description))
                elif gone := registry.async_get_entity_id(platform, DOMAIN, _unique_id(hub, lock.id, description.key)):
                    registry.async_remove(gone)
        async_add_entities(there)

    entry.async_on_unload(hub.async_add_locks(add))


class LockBridgeEntity(Entity):
    """An entity of one lock. Unavailable while the bridge cannot be asked."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, lock: LockSnapshot, key: str, shows: Shows) -> None:
        self._hub = hub
        self._lock_id = lock.id
        self._lock_name = lock.name
        self._fields = shows.fields
        self._shown: object = None
        self._attr_unique_id = _unique_id(hub, lock.id, key)
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
        self._take()
        self.async_on_remove(self._hub.on_link.add(self._link_changed))
        self.async_on_remove(self._hub.on_lock(self._lock_id, self._lock_changed))

    async def async_command(self, kind: type[Command], **args: Any) -> Mapping[str, Any]:
        """Have the bridge do something with this lock. Raises Home Assistant's errors, in the user's language."""
        if self._hub.asks_for_code and args.get("mode") == OperatingMode.PASSAGE:
            # It draws the bolt back, and nothing here could ask for the code.
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="passage_without_code",
                translation_placeholders={"lock": self._lock_name},
            )
        try:
            if kind.scope not in self._hub.data.scopes:
                raise LockBridgeError(ErrorCode.FORBIDDEN)
            return await self._hub.connection.command(kind.name, lock=self._lock_id, **args)
        except (ClientError, LockBridgeError) as err:
            raise as_home_assistant_error(err, lock=self._lock_name) from err

    async def async_order(self, order: Order) -> None:
        """The same for a command that a description has made."""
        kind, args = order
        await self.async_command(kind, **args)

    def _shows(self, lock: LockSnapshot) -> object:
        """What is shown of the lock, to be compared: a push that leaves it as it is writes nothing."""
        return tuple(getattr(lock, field) for field in sorted(self._fields))

    def _take(self) -> None:
        if lock := self._hub.data.locks.get(self._lock_id):
            self._lock_name = lock.name
            self._shown = self._shows(lock)

    @callback
    def _link_changed(self) -> None:
        self._take()
        self.async_write_ha_state()

    @callback
    def _lock_changed(self, changed: frozenset[str]) -> None:
        if changed & self._fields and self._shows(self.lock_now) != self._shown:
            self._take()
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
        self.async_on_remove(self._hub.on_link.add(self._link_changed))
        self.async_on_remove(self._hub.on_person(self._user_id, self._person_changed))

    @callback
    def _link_changed(self) -> None:
        self.async_write_ha_state()

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
        self.async_on_remove(self._hub.on_link.add(self._link_changed))

    @callback
    def _link_changed(self) -> None:
        self.async_write_ha_state()


class BridgeStatusEntity(BridgeEntity):
    """An entity that shows something of the bridge's own state, which it tells while it runs."""

    def __init__(self, hub: Hub, status: BridgeStatus, key: str) -> None:
        super().__init__(hub, key)
        self.status_now = status

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._take()
        self.async_on_remove(self._hub.on_status.add(self._status_changed))

    @abstractmethod
    def _shows(self, status: BridgeStatus) -> object:
        """What is shown of the state, to be compared: news of something else writes nothing."""

    def _take(self) -> bool:
        """Whether the bridge now tells something else of what is shown here."""
        before, self.status_now = self.status_now, self._hub.data.status or self.status_now
        return self._shows(before) != self._shows(self.status_now)

    @override
    @callback
    def _link_changed(self) -> None:
        self._take()
        super()._link_changed()

    @callback
    def _status_changed(self) -> None:
        if self._take():
            self.async_write_ha_state()


def _unique_id(hub: Hub, lock_id: str, key: str) -> str:
    return f"{hub.lock_key(lock_id)}_{key}"
