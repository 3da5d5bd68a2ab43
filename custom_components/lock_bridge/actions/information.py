"""Who is on a lock, what it takes, and what happened there: to be read by all who may read the lock's state."""

from collections.abc import Mapping
from typing import Any, Final, override

import probatio
from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType, JsonValueType

from custom_components.lock_bridge.news import event_id, facts_of, without_duress
from custom_components.lock_bridge.wire import commands
from custom_components.lock_bridge.wire.codec import decode
from custom_components.lock_bridge.wire.model import CredentialInfo, Event, ScheduleWindow, UserInfo
from custom_components.lock_bridge.wire.words import CredentialType, EventType, Role, Scope

from . import slots
from .action import Action, Order
from .fields import NAME_MAX, PERSON, WEEKDAYS, when_text
from .targets import Target, person_at

RULE: Final = "single"
"""One credential is enough at every lock, in the words of Z-Wave."""

MOST_EVENTS: Final = 500
_PAGE: Final = 200
_PAGES_MAX: Final = 50


class GetUsers(Order):
    """Everybody on a lock, with what she may and has; nothing about duress."""

    @override
    async def at(self, lock: Target) -> JsonObjectType:
        told = await lock.command(commands.ListUsers)
        users: list[JsonValueType] = [_user(lock, decode(UserInfo, user, strict=False)) for user in told["users"]]
        return {"max_users": lock.now.capabilities.users, "users": users}


class GetCredentialCapabilities(Order):
    """What a lock takes."""

    @override
    async def at(self, lock: Target) -> JsonObjectType:
        has = lock.now.capabilities
        return {
            "supports_user_management": lock.hub.data.scopes >= {Scope.USERS, Scope.CREDENTIALS},
            "max_users": has.users,
            "supported_user_types": ["general", "programming", "disposable", "expiring"],
            "max_user_name_length": NAME_MAX,
            "supported_credential_rules": [RULE],
            "supported_credential_types": {
                kind: {
                    "num_slots": limits.slots,
                    "min_length": limits.min_length or 0,
                    "max_length": limits.max_length or 0,
                    "supports_learn": limits.enrolment_steps is not None,
                    "max_per_user": limits.per_user,
                    "learn_steps": limits.enrolment_steps,
                }
                for kind, limits in has.credentials.items()
            },
        }


class GetEvents(Order):
    """The newest events of a lock, the latest first, as they are told on the bus; nothing about duress."""

    @override
    async def at(self, lock: Target) -> JsonObjectType:
        wanted: int = self.data["limit"]
        query = {
            "limit": _PAGE,
            "user_id": person_at(self.hass, lock, self.data),
            "types": [str(kind) for kind in self.data["types"]],
        }
        found: list[JsonValueType] = []
        before: int | None = None
        # Page by page: what is left out must not show by there being one less.
        for _ in range(_PAGES_MAX):
            page = await lock.command(commands.QueryJournal, **query, before=before)
            events = sorted((_event(item) for item in page["events"]), key=lambda event: -event.seq)
            shown = (told for event in events if (told := without_duress(event)) is not None)
            found += [{"id": event_id(page["epoch"], event.seq), **facts_of(event)} for event in shown]
            if len(found) >= wanted or len(events) < _PAGE:
                break
            before = events[-1].seq
        return {"events": found[:wanted]}


def _event(item: Any) -> Event:
    return decode(Event, item, strict=False)


def _user(lock: Target, user: UserInfo) -> JsonObjectType:
    return {
        "user_id": user.id,
        "user_name": user.name,
        "active": user.enabled,
        "user_type": _user_type(user),
        "credential_rule": RULE,
        "credentials": _credentials(lock, user),
        "person": lock.hub.person_device_id(user.id),
        "number": user.number,
        "role": user.role,
        "valid_from": when_text(user.valid_from_ms),
        "valid_until": when_text(user.valid_until_ms),
        "schedule": [_window(part) for part in user.schedule],
        "uses_left": user.uses_left,
        "may_enter": user.may_enter,
    }


def _user_type(user: UserInfo) -> str:
    if user.role == Role.ADMINISTRATOR:
        return "programming"
    if user.uses_left is not None:
        return "disposable"
    return "expiring" if user.valid_until_ms is not None else "general"


def _is_secret(item: CredentialInfo) -> bool:
    # Nobody has two passcodes but for when she is forced (VER-12). Of many fingers one more tells nothing.
    return item.duress and item.type == CredentialType.PIN


def _credentials(lock: Target, user: UserInfo) -> list[JsonValueType]:
    shown = [(item, slots.told(lock, item.type, item.number)) for item in user.details if not _is_secret(item)]
    # By what is told alone: the bridge's order would say which of her passcodes came first.
    return [_credential(item, slot) for item, slot in sorted(shown, key=lambda pair: (pair[0].type, pair[1]))]


def _credential(item: CredentialInfo, slot: int) -> JsonObjectType:
    return {
        "type": item.type,
        "slot": slot,
        "label": item.label,
        "temporary": item.temporary,
        "valid_from": when_text(item.valid_from_ms),
        "valid_until": when_text(item.valid_until_ms),
        "uses_left": item.uses_left,
    }


def _window(part: ScheduleWindow) -> JsonObjectType:
    return {"days": [WEEKDAYS[day] for day in part.days], "start": part.start, "end": part.end}


_TYPES: Final = [kind for kind in EventType if kind is not EventType.DURESS]

_EVENT_FIELDS: Final[Mapping[Any, Any]] = {
    **PERSON,
    probatio.Optional("types", default=[]): probatio.All(
        cv.ensure_list, [probatio.All(cv.string, probatio.In([str(kind) for kind in _TYPES]))]
    ),
    probatio.Optional("limit", default=50): probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=MOST_EVENTS)),
}

ACTIONS: Final = (
    Action(
        name="get_users",
        order=GetUsers,
        needs=frozenset({Scope.USERS}),
        reads=True,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="get_credential_capabilities",
        order=GetCredentialCapabilities,
        needs=frozenset({Scope.STATE}),
        reads=True,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="get_events",
        order=GetEvents,
        needs=frozenset({Scope.EVENTS}),
        fields=_EVENT_FIELDS,
        reads=True,
        response=SupportsResponse.ONLY,
    ),
)
