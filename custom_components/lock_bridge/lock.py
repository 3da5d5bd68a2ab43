"""The lock itself."""

from collections.abc import Sequence
from typing import Any, Final, override

from homeassistant.components.lock import LockEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .client import ClientError
from .entity import LockBridgeEntity, Shows
from .errors import as_home_assistant_error
from .hub import Hub, LockBridgeConfigEntry
from .texts import changed_by
from .wire import commands
from .wire.errors import ErrorCode, LockBridgeError
from .wire.model import LockSnapshot
from .wire.words import BoltState, Scope

PARALLEL_UPDATES = 0

_SHOWS: Final = Shows(fields=frozenset({"bolt", "changed_by"}))


async def async_setup_entry(
    _hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add each lock, now and when locks come."""
    hub = entry.runtime_data

    @callback
    def add(locks: Sequence[LockSnapshot]) -> None:
        async_add_entities(LockBridgeLock(hub, lock) for lock in locks)

    entry.async_on_unload(hub.async_add_locks(add))


class LockBridgeLock(LockBridgeEntity, LockEntity):
    """A lock's bolt, as its sensors tell it: nothing is shown before it is so."""

    _attr_name = None

    def __init__(self, hub: Hub, lock: LockSnapshot) -> None:
        super().__init__(hub, lock, "lock", _SHOWS)

    @property
    @override
    def is_locked(self) -> bool | None:
        return {BoltState.LOCKED: True, BoltState.UNLOCKED: False}.get(self.lock_now.bolt)

    @property
    @override
    def is_locking(self) -> bool:
        return self.lock_now.bolt == BoltState.LOCKING

    @property
    @override
    def is_unlocking(self) -> bool:
        return self.lock_now.bolt == BoltState.UNLOCKING

    @property
    @override
    def is_jammed(self) -> bool:
        return self.lock_now.bolt == BoltState.JAMMED

    @property
    @override
    def changed_by(self) -> str | None:
        return changed_by(self.hass, self.lock_now.changed_by)

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Throw the bolt; returns when it is thrown."""
        await self._command(commands.Lock, Scope.LOCK)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Draw the bolt back; returns when that is done (VER-16)."""
        await self._command(commands.Unlock, Scope.UNLOCK)

    async def _command(self, kind: type[commands.Lock | commands.Unlock], scope: Scope) -> None:
        if scope not in self._hub.data.scopes:
            raise as_home_assistant_error(LockBridgeError(ErrorCode.FORBIDDEN), lock=self.lock_now.name)
        try:
            await self._hub.connection.command(kind.name, lock=self._lock_id)
        except (ClientError, LockBridgeError) as err:
            raise as_home_assistant_error(err, lock=self.lock_now.name) from err
