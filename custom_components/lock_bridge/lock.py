"""The lock itself."""

from typing import Any, Final, override

from homeassistant.components.lock import LockEntity
from homeassistant.const import ATTR_CODE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LockBridgeEntity, Shows, async_add_lock_entities
from .hub import Hub, LockBridgeConfigEntry
from .lock_code import CODE_FORMAT, CONF_CODE, CodeGuard
from .texts import changed_by
from .wire.commands import Lock, Unlock
from .wire.model import LockSnapshot
from .wire.words import BoltState

PARALLEL_UPDATES = 0

LOCK: Final = Shows(key="lock", fields=frozenset({"bolt", "changed_by"}))


async def async_setup_entry(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add each lock, now and when locks come."""
    stored = entry.options.get(CONF_CODE)
    guard = CodeGuard(hass, stored) if stored else None

    def make(hub: Hub, lock: LockSnapshot, _description: Shows) -> LockBridgeLock:
        return LockBridgeLock(hub, lock, guard)

    async_add_lock_entities(hass, entry, async_add_entities, Platform.LOCK, (LOCK,), make)


class LockBridgeLock(LockBridgeEntity, LockEntity):
    """A lock's bolt, as its sensors tell it: nothing is shown before it is so.

    No model has a latch to pull, so none can be opened beyond unlocking.
    """

    _attr_name = None

    def __init__(self, hub: Hub, lock: LockSnapshot, guard: CodeGuard | None) -> None:
        super().__init__(hub, lock, LOCK.key, LOCK)
        self._guard = guard
        self._attr_code_format = CODE_FORMAT if guard else None

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
        await self._ask_for_code(kwargs)
        await self.async_command(Lock)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Draw the bolt back; returns when that is done (VER-16)."""
        await self._ask_for_code(kwargs)
        await self.async_command(Unlock)

    async def _ask_for_code(self, given: dict[str, Any]) -> None:
        # Where the owner wants no code, one that is given all the same says nothing.
        if self._guard is not None:
            await self._guard.async_check(str(given.get(ATTR_CODE, "")), lock=self._lock_name)
