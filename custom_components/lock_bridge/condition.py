"""Conditions about people and locks, as the bridge says. While it is away nothing is known, and none of them passes."""

import abc
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, Unpack, override

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType

from .door_filter import CONF_METHOD, CONF_PERSON, PERSONS, Locks, hubs, validated, words
from .hub import Hub
from .texts import method_of
from .wire.words import CredentialType

_BEHAVIOR: Final = {vol.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL])}


class DoorCondition(Condition):
    """Something about some locks: those that were chosen, or all."""

    _schema: ClassVar[dict[vol.Marker, Any]] = _BEHAVIOR

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return validated(hass, config, cls._schema)

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        super().__init__(hass, config)
        self._locks = Locks(hass, config.target)
        self._options: Mapping[str, Any] = config.options or {}

    @property
    def _combine(self) -> Callable[[Iterable[bool]], bool]:
        return all if self._options[ATTR_BEHAVIOR] == BEHAVIOR_ALL else any


class LockCondition(DoorCondition):
    """Something that holds for each of the locks, or for one."""

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        found = self._locks.found()
        return bool(found) and self._combine(hub.available and self._holds(hub, lock_id) for hub, lock_id in found)

    @abc.abstractmethod
    def _holds(self, hub: Hub, lock_id: str) -> bool:
        """Whether it holds for one lock of a bridge that is there."""


class IsLockedOutCondition(LockCondition):
    """The lock takes no entries for a while, after too many wrong tries."""

    @override
    def _holds(self, hub: Hub, lock_id: str) -> bool:
        return hub.data.locks[lock_id].locked_out


class LastOpenedByCondition(LockCondition):
    """Who opened the lock last with something of hers, however long ago."""

    _schema: ClassVar = {
        vol.Optional(CONF_PERSON): PERSONS,
        vol.Optional(CONF_METHOD): words(CredentialType),
        **_BEHAVIOR,
    }

    @override
    def _holds(self, hub: Hub, lock_id: str) -> bool:
        if (entry := hub.last_entries.of_lock(lock_id)) is None:
            return False
        persons, methods = self._options.get(CONF_PERSON), self._options.get(CONF_METHOD)
        person = hub.person_device_id(entry.user_id) if entry.user_id is not None else None
        return (not persons or person in persons) and (not methods or method_of(entry) in methods)


class MayEnterCondition(DoorCondition):
    """A person may enter now, by one of the chosen locks or by any of hers (USR-6, USR-7)."""

    _schema: ClassVar = {
        vol.Required(CONF_PERSON): vol.All(PERSONS, vol.Length(min=1)),
        **_BEHAVIOR,
    }

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        may_enter = {device_id for hub in hubs(self._hass) if hub.available for device_id in self._let_in(hub)}
        return self._combine(device_id in may_enter for device_id in self._options[CONF_PERSON])

    def _let_in(self, hub: Hub) -> Iterable[str | None]:
        for lock_id, users in hub.data.people.items():
            if self._locks.has(hub, lock_id):
                yield from (hub.person_device_id(user.id) for user in users.values() if user.may_enter)


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_locked_out": IsLockedOutCondition,
    "last_opened_by": LastOpenedByCondition,
    "may_enter": MayEnterCondition,
}


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """The conditions of this integration."""
    return CONDITIONS
