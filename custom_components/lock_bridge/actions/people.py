"""Adding, changing and deleting people."""

from typing import Any, Final, override

import probatio
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from custom_components.lock_bridge.client import ClientError
from custom_components.lock_bridge.const import DOMAIN, LOGGER
from custom_components.lock_bridge.wire import commands
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from custom_components.lock_bridge.wire.words import Role, Scope

from .action import Action, Order
from .fields import NEEDS_PERSON, PERSON, SCHEDULE, USES, WHEN, limits, one_line, period
from .targets import Target, person_at


class SetUser(Order):
    """Add a person, or change one; put on several locks of a bridge she is one and the same (USR-10)."""

    def __init__(self, hass: HomeAssistant, call: ServiceCall) -> None:
        super().__init__(hass, call)
        self._added: dict[str, str] = {}
        """Who was added by this call, by bridge."""

    @override
    async def at(self, lock: Target) -> JsonObjectType:
        bridge = lock.hub.bridge_id
        user_id = person_at(self.hass, lock, self.data)
        if user_id is not None:
            await self._change(lock, user_id)
        elif (user_id := self._added.get(bridge)) is not None:
            await lock.command(commands.AddUser, user_id=user_id)
        else:
            user_id = self._added[bridge] = await self._add(lock)
        return {"user_id": user_id, "credential_slot": None}

    async def _add(self, lock: Target) -> str:
        given = {name: value for name, value in self._given().items() if value is not None}
        if "name" not in given:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="name_needed")
        given["user_name"] = given.pop("name")
        return str((await lock.command(commands.AddUser, **given))["user_id"])

    async def _change(self, lock: Target, user_id: str) -> None:
        changes = self._given()
        try:
            await lock.attempt(commands.ChangeUser, user_id=user_id, changes=changes)
        except LockBridgeError as err:
            if err.code != ErrorCode.UNKNOWN_USER or not lock.hub.person(user_id):
                raise lock.error(err) from err
        except ClientError as err:
            raise lock.error(err) from err
        else:
            return
        # She is on another lock of this bridge; what is to be different must not keep her half there.
        await lock.command(commands.AddUser, user_id=user_id)
        try:
            await lock.attempt(commands.ChangeUser, user_id=user_id, changes=changes)
        except (ClientError, LockBridgeError) as err:
            await self._take_away(lock, user_id)
            raise lock.error(err) from err

    async def _take_away(self, lock: Target, user_id: str) -> None:
        try:
            await lock.attempt(commands.DeleteUser, user_id=user_id)
        except (ClientError, LockBridgeError) as err:
            LOGGER.warning("A person stays at %s who could not be changed there: %s", lock.name, err)

    def _given(self) -> dict[str, Any]:
        """What the call says of her, as the bridge has it."""
        names = {"user_name": "name", "role": "role", "active": "enabled", "schedule": "schedule"}
        told = {theirs: self.data[ours] for ours, theirs in names.items() if ours in self.data}
        uses = {"uses_left": self.data["uses_left"]} if "uses_left" in self.data else {}
        return {**told, **uses, **limits(self.data)}


class DeleteUser(Order):
    """Delete a person and all that she opens the lock with (USR-5)."""

    @override
    async def at(self, lock: Target) -> None:
        await lock.command(commands.DeleteUser, user_id=self.person(lock))


class DeleteAllUsers(Order):
    """Delete everybody who is no administrator, all of them or none."""

    @override
    async def at(self, lock: Target) -> None:
        await lock.command(commands.ClearUsers)


_USERS: Final = frozenset({Scope.USERS})

ACTIONS: Final = (
    Action(
        name="set_user",
        order=SetUser,
        needs=_USERS,
        fields={
            **PERSON,
            probatio.Optional("user_name"): one_line,
            probatio.Optional("role"): probatio.In([str(role) for role in Role]),
            probatio.Optional("active"): cv.boolean,
            probatio.Optional("valid_from"): WHEN,
            probatio.Optional("valid_until"): WHEN,
            probatio.Optional("schedule"): SCHEDULE,
            probatio.Optional("uses_left"): USES,
        },
        validate=(period,),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(name="delete_user", order=DeleteUser, needs=_USERS, fields=PERSON, validate=(NEEDS_PERSON,)),
    Action(name="delete_all_users", order=DeleteAllUsers, needs=_USERS),
)
