"""One action: who may call it, what it takes, and how it goes through the locks that it means."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import probatio
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util.json import JsonObjectType

from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.errors import exception_text
from custom_components.lock_bridge.wire.codec import encode
from custom_components.lock_bridge.wire.words import Scope

from .targets import Target, locks_of, person_at


class Order:
    """One call under way. `check` comes first, for all locks; then `at` each of them."""

    def __init__(self, hass: HomeAssistant, call: ServiceCall) -> None:
        self.hass = hass
        self.data: Mapping[str, Any] = call.data
        self.answers = call.return_response
        """Whether somebody waits for the answer."""

    def check(self, locks: Sequence[Target]) -> None:
        """Raise HomeAssistantError for what cannot be, before anything is done."""
        for lock in locks:
            person_at(self.hass, lock, self.data)

    @abstractmethod
    async def at(self, lock: Target) -> JsonObjectType | None:
        """Do it at one lock, and answer for it. Raises HomeAssistantError."""

    async def undo(self) -> frozenset[Target]:
        """It went wrong at one lock, so nobody gets the answers for the others: undo what is of no use without them.

        Returns the locks where nothing of it stays.
        """
        return frozenset()

    def person(self, lock: Target) -> str:
        """The id of the person whom the call names, as `NEEDS_PERSON` has seen to."""
        return person_at(self.hass, lock, self.data) or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action as it is registered: `lock_bridge.<name>`."""

    name: str
    order: type[Order]
    needs: frozenset[Scope]
    """What the bridge must have allowed Home Assistant when pairing."""
    fields: Mapping[Any, Any] = field(default_factory=dict)
    validate: Sequence[Any] = ()
    """What is to be looked at with all fields together."""
    reads: bool = False
    """It changes nothing, so whoever may read the lock's state may call it."""
    response: SupportsResponse = SupportsResponse.NONE

    @property
    def schema(self) -> Any:
        """What a call's data has to look like."""
        return probatio.All(cv.make_entity_service_schema(dict(self.fields)), *self.validate)


@callback
def async_register(hass: HomeAssistant, action: Action) -> None:
    """Make the action known to Home Assistant."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        locks = locks_of(hass, call.data)
        if action.reads:
            await _check_may_read(hass, call, locks)
        for lock in locks:
            lock.check(action.needs)
        order = action.order(hass, call)
        order.check(locks)
        answers = await _go_through(hass, order, locks)
        return answers if call.return_response else None

    if action.reads:
        hass.services.async_register(DOMAIN, action.name, handle, action.schema, action.response)
    else:
        async_register_admin_service(hass, DOMAIN, action.name, handle, action.schema, action.response)


async def _go_through(hass: HomeAssistant, order: Order, locks: Sequence[Target]) -> JsonObjectType:
    """Answers by entity id. What fails at one lock is still done at the others, and then said."""
    answers: JsonObjectType = {}
    failed: dict[Target, HomeAssistantError] = {}
    for lock in locks:
        try:
            # Plain words in place of enums: templates and traces show them as they are.
            answers[lock.entity_id] = encode(await order.at(lock))
        except HomeAssistantError as err:
            failed[lock] = err
    if not failed:
        return answers
    undone = await order.undo()
    if len(locks) == 1:
        raise next(iter(failed.values()))
    raise _of_several(hass, failed, undone, [lock for lock in locks if lock not in {*failed, *undone}])


def _of_several(
    hass: HomeAssistant,
    failed: Mapping[Target, HomeAssistantError],
    undone: Collection[Target],
    done: Collection[Target],
) -> HomeAssistantError:
    named = {"failed": " ".join(exception_text(hass, err) for err in failed.values()), "locks": _names(failed)}
    key = "done_nowhere"
    if undone:
        key, named["undone"] = "undone_in_part", _names(undone)
    elif done:
        key, named["done"] = "done_in_part", _names(done)
    theirs = all(isinstance(err, ServiceValidationError) for err in failed.values())
    kind = ServiceValidationError if theirs else HomeAssistantError
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=named)


def _names(locks: Iterable[Target]) -> str:
    return ", ".join(sorted(lock.name for lock in locks))


async def _check_may_read(hass: HomeAssistant, call: ServiceCall, locks: Sequence[Target]) -> None:
    if call.context.user_id is None:
        return
    user = await hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    for lock in locks:
        if not user.permissions.check_entity(lock.entity_id, POLICY_READ):
            raise Unauthorized(context=call.context, entity_id=lock.entity_id, permission=POLICY_READ)
