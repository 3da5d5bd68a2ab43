"""Triggers for what happens at the door. They hear events, not states: nothing is lost to `unavailable`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, override

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_NAME, CONF_PLATFORM
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType

from .alarms import ALARMS, times_of
from .const import DOMAIN
from .door_filter import CONF_METHOD, CONF_PERSON, PERSONS, Locks, lock_entity_id, validated, words
from .hub import Hub
from .moments import moment
from .signals import SIGNAL_ALARM, SIGNAL_EVENT
from .texts import method_name, method_of, sentence
from .wire.model import Event
from .wire.words import CredentialType, EventType, Refusal

CONF_KIND: Final = "kind"
CONF_REASON: Final = "reason"

KINDS: Final = ALARMS - {EventType.DURESS}
"""Alarms that one trigger tells of. Duress has its own, so that nobody is told of it by the way."""


class DoorTrigger(Trigger):
    """Something at one of the chosen locks, or at any: as it happens, never as old news."""

    _kinds: ClassVar[frozenset[EventType]]
    _schema: ClassVar[dict[vol.Marker, Any]] = {}
    _filters: ClassVar[Mapping[str, Callable[[Hub, Event], str | None]]] = {}
    """What an option is compared with; one that is empty or missing lets everything pass."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return validated(hass, config, cls._schema)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        super().__init__(hass, config)
        self._locks = Locks(hass, config.target)
        self._options: Mapping[str, Any] = config.options or {}

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def happens(hub: Hub, event: Event) -> None:
            if self._wants(hub, event):
                run_action(self._facts(hub, event), self._says(hub, event))

        return async_dispatcher_connect(self._hass, SIGNAL_EVENT, happens)

    def _wants(self, hub: Hub, event: Event) -> bool:
        if event.type not in self._kinds or not self._locks.has(hub, event.lock_id):
            return False
        return all(
            self._filters[name](hub, event) in wanted
            for name, wanted in self._options.items()
            if name in self._filters and wanted
        )

    def _facts(self, hub: Hub, event: Event) -> dict[str, Any]:
        """The variables that every trigger has."""
        time = _time(event)
        return {
            "lock": event.lock_id,
            ATTR_NAME: _place(hub, event),
            ATTR_ENTITY_ID: lock_entity_id(self._hass, hub, event.lock_id),
            ATTR_DEVICE_ID: hub.device_id(event.lock_id),
            "occurred_at": time.isoformat() if time else None,
            "message": self._sentence(event),
        }

    def _sentence(self, event: Event) -> str | None:
        """What happened, in the language of the house, going on after the lock's name: `opened by Anna with card`."""
        told = {
            "type": event.type,
            "user_name": event.user_name,
            "client_name": event.client_name,
            "method": method_of(event),
            "reason": event.reason,
            "data": event.data,
        }
        return sentence(self._hass, told)

    def _says(self, hub: Hub, event: Event) -> str:
        """What traces and the logbook name as the trigger."""
        return f"{event.type.replace('_', ' ')} at {_place(hub, event)}"

    def _who(self, hub: Hub, event: Event) -> dict[str, Any]:
        """Variables of triggers about somebody."""
        return {
            "user_id": event.user_id,
            "user_name": event.user_name,
            "person": _person(hub, event),
            "label": event.data.get("label"),
            "method": method_of(event),
            "method_name": method_name(self._hass, method_of(event)),
            "source": event.source,
        }


def _person(hub: Hub, event: Event) -> str | None:
    return hub.person_device_id(event.user_id) if event.user_id is not None else None


def _method(_hub: Hub, event: Event) -> str | None:
    return method_of(event)


def _reason(_hub: Hub, event: Event) -> str | None:
    return event.reason


def _kind(_hub: Hub, event: Event) -> str:
    return event.type


def _place(hub: Hub, event: Event) -> str:
    lock = hub.data.locks.get(event.lock_id) if event.lock_id is not None else None
    return lock.name if lock else hub.data.info.name


def _time(event: Event) -> datetime | None:
    return moment(event.wall_ms) if event.time_trusted else None


class EnteredTrigger(DoorTrigger):
    """Somebody has opened the door with something of hers."""

    _kinds = frozenset({EventType.ACCESS_GRANTED})
    _schema: ClassVar = {vol.Optional(CONF_PERSON): PERSONS, vol.Optional(CONF_METHOD): words(CredentialType)}
    _filters: ClassVar = {CONF_PERSON: _person, CONF_METHOD: _method}

    @override
    def _facts(self, hub: Hub, event: Event) -> dict[str, Any]:
        return {**super()._facts(hub, event), **self._who(hub, event)}

    @override
    def _says(self, hub: Hub, event: Event) -> str:
        return f"{event.user_name or 'somebody'} entering at {_place(hub, event)}"


class AccessRefusedTrigger(DoorTrigger):
    """Somebody has tried, and was not let in."""

    _kinds = frozenset({EventType.ACCESS_REFUSED})
    _schema: ClassVar = {vol.Optional(CONF_METHOD): words(CredentialType), vol.Optional(CONF_REASON): words(Refusal)}
    _filters: ClassVar = {CONF_METHOD: _method, CONF_REASON: _reason}

    @override
    def _facts(self, hub: Hub, event: Event) -> dict[str, Any]:
        return {**super()._facts(hub, event), **self._who(hub, event), "reason": event.reason}

    @override
    def _says(self, hub: Hub, event: Event) -> str:
        return f"{event.user_name or 'somebody'} refused at {_place(hub, event)}"


class LockoutBeganTrigger(DoorTrigger):
    """Too many wrong tries: the lock takes none for a while."""

    _kinds = frozenset({EventType.LOCKOUT_STARTED})

    @override
    def _facts(self, hub: Hub, event: Event) -> dict[str, Any]:
        return {**super()._facts(hub, event), "source": event.source, "seconds": event.data.get("seconds")}


class LockoutEndedTrigger(DoorTrigger):
    """The lock takes entries again."""

    _kinds = frozenset({EventType.LOCKOUT_ENDED})

    @override
    def _facts(self, hub: Hub, event: Event) -> dict[str, Any]:
        return {**super()._facts(hub, event), "reason": event.reason, "client_name": event.client_name}


class DoorbellRangTrigger(DoorTrigger):
    """Somebody is at the door."""

    _kinds = frozenset({EventType.DOORBELL})


class CriticalTrigger(DoorTrigger):
    """Also what happened during an outage: once, when it is over, `delayed`, with the true time and how often."""

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def happens(hub: Hub, event: Event, delayed: bool) -> None:
            if self._wants(hub, event):
                late = {"delayed": delayed, "times": times_of(event)}
                run_action({**self._facts(hub, event), **late}, self._says(hub, event))

        return async_dispatcher_connect(self._hass, SIGNAL_ALARM, happens)


class AlarmTrigger(CriticalTrigger):
    """An alarm that somebody should look at soon."""

    _kinds = KINDS
    _schema: ClassVar = {vol.Optional(CONF_KIND): words(KINDS)}
    _filters: ClassVar = {CONF_KIND: _kind}

    @override
    def _facts(self, hub: Hub, event: Event) -> dict[str, Any]:
        return {
            **super()._facts(hub, event),
            "kind": event.type,
            "reason": event.reason,
            "client_name": event.client_name,
            "part": event.data.get("part"),
        }


class DuressTrigger(CriticalTrigger):
    """Somebody was forced to open, and has said so in secret (VER-12).

    Nothing that a glance at a trace or the logbook shows says it: whoever forces her may be looking at it.
    """

    _kinds = frozenset({EventType.DURESS})

    @override
    def _facts(self, hub: Hub, event: Event) -> dict[str, Any]:
        # Home Assistant puts the trigger's own name among the variables, which a trace shows.
        return {**super()._facts(hub, event), **self._who(hub, event), CONF_PLATFORM: DOMAIN}

    @override
    def _sentence(self, event: Event) -> str | None:
        return None

    @override
    def _says(self, hub: Hub, event: Event) -> str:
        return _place(hub, event)


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "access_refused": AccessRefusedTrigger,
    "alarm": AlarmTrigger,
    "doorbell_rang": DoorbellRangTrigger,
    "duress": DuressTrigger,
    "entered": EnteredTrigger,
    "lockout_began": LockoutBeganTrigger,
    "lockout_ended": LockoutEndedTrigger,
}


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """The triggers of this integration."""
    return TRIGGERS
