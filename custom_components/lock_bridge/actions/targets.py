"""The locks that a call means, and the person whom it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_ENTITY_ID, ENTITY_MATCH_ALL, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from custom_components.lock_bridge.client import CannotConnect, ClientError
from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.errors import as_home_assistant_error
from custom_components.lock_bridge.hub import Hub, LockBridgeConfigEntry
from custom_components.lock_bridge.wire.commands import Command
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from custom_components.lock_bridge.wire.model import LockSnapshot
from custom_components.lock_bridge.wire.words import Scope


@dataclass(frozen=True, slots=True)
class Target:
    """A lock that a call means."""

    entity_id: str
    hub: Hub
    lock_id: str
    name: str

    @property
    def now(self) -> LockSnapshot:
        """The lock as it is. Raises HomeAssistantError if it is gone."""
        if (lock := self.hub.data.locks.get(self.lock_id)) is None:
            raise self.error(LockBridgeError(ErrorCode.UNKNOWN_LOCK))
        return lock

    async def command(self, kind: type[Command], **args: Any) -> Mapping[str, Any]:
        """Have the bridge do it at this lock. Raises HomeAssistantError that says what to do."""
        try:
            return await self.attempt(kind, **args)
        except (ClientError, LockBridgeError) as err:
            raise self.error(err) from err

    async def attempt(self, kind: type[Command], **args: Any) -> Mapping[str, Any]:
        """The same, raising what the bridge and the link to it raise."""
        return await self.hub.connection.command(kind.name, lock=self.lock_id, **args)

    def error(self, error: ClientError | LockBridgeError) -> ServiceValidationError | Exception:
        """What to raise in place of `error`."""
        return as_home_assistant_error(error, lock=self.name, moves=False)

    def check(self, scopes: Iterable[Scope]) -> None:
        """Raise HomeAssistantError if the lock cannot be asked now, or Home Assistant may not ask for it."""
        if not self.hub.available:
            raise self.error(CannotConnect())
        _ = self.now
        if not self.hub.data.scopes.issuperset(scopes):
            raise self.error(LockBridgeError(ErrorCode.FORBIDDEN))


@callback
def locks_of(hass: HomeAssistant, data: Mapping[str, Any]) -> list[Target]:
    """The locks that a call's target means, in the order of their entity ids.

    Raises ServiceValidationError for what is named and is no lock of ours, and when no lock is left.
    """
    entries = er.async_get(hass)
    if data.get(ATTR_ENTITY_ID) == ENTITY_MATCH_ALL:
        named, meant = set[str](), {entry.entity_id for entry in entries.entities.values() if _is_ours(entry)}
    else:
        selected = async_extract_referenced_entity_ids(hass, TargetSelection(dict(data)))
        missing = (selected.missing_devices, selected.missing_areas, selected.missing_floors, selected.missing_labels)
        if unknown := sorted(set().union(*missing)):
            raise _refused("unknown_target", target=", ".join(unknown))
        named, meant = selected.referenced, selected.referenced | selected.indirectly_referenced
    found = []
    for entity_id in sorted(meant):
        entry = entries.async_get(entity_id)
        if entry is not None and _is_ours(entry):
            found.append(_target(hass, entry))
        elif entity_id in named:
            known = entry is not None or hass.states.get(entity_id) is not None
            raise _refused("not_a_lock" if known else "unknown_target", target=entity_id)
    if not found:
        raise _refused("no_lock")
    return found


@callback
def person_at(hass: HomeAssistant, lock: Target, data: Mapping[str, Any]) -> str | None:
    """The id of the person of whom a call speaks, by `user_id` or by her device; None: of nobody in particular."""
    user_id: str | None = data.get("user_id")
    device_id: str | None = data.get("person")
    if device_id is None:
        return user_id
    device = dr.async_get(hass).async_get(device_id)
    found = lock.hub.person_of(device) if isinstance(device, dr.DeviceEntry) else None
    if found is None:
        name = device_id if device is None else device.name_by_user or device.name or device_id
        raise _refused("not_a_person", person=name, lock=lock.name)
    return found


def _is_ours(entry: er.RegistryEntry) -> bool:
    return entry.platform == DOMAIN and entry.domain == Platform.LOCK


def _target(hass: HomeAssistant, entry: er.RegistryEntry) -> Target:
    bridge: LockBridgeConfigEntry | None = hass.config_entries.async_get_entry(entry.config_entry_id or "")
    if bridge is None or bridge.state is not ConfigEntryState.LOADED or entry.disabled:
        raise _refused("not_loaded", lock=_name(hass, entry))
    hub = bridge.runtime_data
    for lock in hub.data.locks.values():
        if entry.unique_id == f"{hub.lock_key(lock.id)}_{Platform.LOCK}":
            return Target(entry.entity_id, hub, lock.id, lock.name)
    raise as_home_assistant_error(LockBridgeError(ErrorCode.UNKNOWN_LOCK), lock=_name(hass, entry))


def _name(hass: HomeAssistant, entry: er.RegistryEntry) -> str:
    device = dr.async_get(hass).async_get(entry.device_id or "")
    return (device and (device.name_by_user or device.name)) or entry.entity_id


def _refused(key: str, **named: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=named)
