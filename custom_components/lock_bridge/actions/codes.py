"""Passcodes and keys that the bridge makes: answered once, or sent to whom they are for, and kept nowhere.

No call takes one, for what a call is given is recorded. What it answers is not, but a script's trace keeps it; with
`send_to` there is nothing to keep.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, override

import probatio
from homeassistant.components.notify import NotifyEntity
from homeassistant.components.notify.const import DOMAIN as NOTIFY_DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from custom_components.lock_bridge.client import ClientError
from custom_components.lock_bridge.const import DOMAIN, LOGGER
from custom_components.lock_bridge.hosts import barred, is_limited
from custom_components.lock_bridge.options.summary import only_when_host_may
from custom_components.lock_bridge.wire import commands
from custom_components.lock_bridge.wire.errors import LockBridgeError
from custom_components.lock_bridge.wire.model import UserInfo
from custom_components.lock_bridge.wire.words import CredentialType, Scope

from . import handover, slots
from .action import Action, Order
from .fields import KIND, NEEDS_PERSON, PERSON, USES, WHEN, limits, one_line, period
from .targets import Target


class MakeCode(Order):
    """Have the bridge make something secret, and hand it over. What nobody was told of is deleted again."""

    kind: ClassVar[CredentialType]
    word: ClassVar = "passcode"
    """Its name in the bridge's answer and in ours."""
    message: ClassVar = "passcode"
    failed: ClassVar = "passcode_not_sent"

    def __init__(self, hass: HomeAssistant, call: ServiceCall) -> None:
        super().__init__(hass, call)
        self._recipients: Sequence[NotifyEntity] = ()
        self._untold: list[tuple[Target, int]] = []

    @abstractmethod
    async def make(self, lock: Target, user_id: str) -> Mapping[str, Any]:
        """Have it made; the bridge's answer. Raises HomeAssistantError."""

    @override
    def check(self, locks: Sequence[Target]) -> None:
        super().check(locks)
        if send_to := self.data.get("send_to"):
            self._recipients = handover.recipients(self.hass, send_to)
        elif not self.answers:
            raise _refused("nobody_to_tell")
        if "message" in self.data:
            handover.check_message(self.data["message"])

    @override
    async def at(self, lock: Target) -> JsonObjectType:
        user_id = self.person(lock)
        host = lock.hub.person(user_id).get(lock.lock_id)
        bound = self._bound(lock, host) if host is not None else {}
        made = await self.make(lock, user_id)
        number, secret = int(made["number"]), str(made[self.word])
        slot = slots.told(lock, self.kind, number)
        answer: JsonObjectType = {"credential_slot": slot, "user_id": user_id, **bound}
        if not self._recipients:
            self._untold.append((lock, number))
            return {**answer, self.word: secret}
        try:
            await handover.send(self._recipients, self._text(lock, secret, host if any(bound.values()) else None))
        except handover.NotSent as err:
            deleted = await self._delete(lock, number)
            raise handover.not_sent(self.failed if deleted else "not_sent_not_deleted", lock.name, str(err)) from None
        except asyncio.CancelledError:
            # The script was stopped, or Home Assistant stops: whether it was sent is not known.
            self.hass.async_create_task(self._delete(lock, number), f"{DOMAIN} delete what was not sent")
            raise
        return answer

    @override
    async def undo(self) -> frozenset[Target]:
        return frozenset({lock for lock, number in self._untold if await self._delete(lock, number)})

    async def _delete(self, lock: Target, number: int) -> bool:
        try:
            await lock.attempt(commands.DeleteCredential, type=self.kind, number=number)
        except (ClientError, LockBridgeError) as err:
            LOGGER.warning(
                "%s %s at %s is known to nobody and could not be deleted: %s", self.kind, number, lock.name, err
            )
            return False
        return True

    def _bound(self, _lock: Target, _host: UserInfo) -> dict[str, bool]:
        """What the answer says of how it is bound to her. Raises HomeAssistantError if it would never open."""
        return {}

    def _text(self, lock: Target, secret: str, host: UserInfo | None) -> str:
        given = limits(self.data)
        starts, ends = given.get("valid_from_ms"), given.get("valid_until_ms")
        values = {
            "code": secret,
            "label": self.data.get("label", ""),
            "from": handover.local_time(starts),
            "until": handover.local_time(ends),
            "lock": lock.name,
        }
        if (message := self.data.get("message")) is None:
            named = [name for name, when in (("from", starts), ("until", ends)) if when is not None]
            parts = ["_".join(named)] if named else []
            message = handover.default_message(self.hass, self.message, [*parts, *(["once"] if self._once() else [])])
            if host is not None:
                message, values["only"] = f"{message} {{only}}", only_when_host_may(self.hass, host)
        return handover.filled_in(message, values)

    def _once(self) -> bool:
        return False


class SetCredential(MakeCode):
    """Give a person a new passcode in place of her old one."""

    kind = CredentialType.PIN
    failed = "new_passcode_not_sent"

    @override
    def check(self, locks: Sequence[Target]) -> None:
        if self.data["credential_type"] != CredentialType.PIN:
            raise _refused("only_passcodes_are_made")
        super().check(locks)

    @override
    async def make(self, lock: Target, user_id: str) -> Mapping[str, Any]:
        return await lock.command(commands.SetPasscode, user_id=user_id)


class MakeForVisitor(MakeCode):
    """For somebody who opens only when the host may."""

    @override
    def _bound(self, lock: Target, host: UserInfo) -> dict[str, bool]:
        if (why := barred(host)) is not None:
            raise _refused(why, name=host.name, lock=lock.name)
        return {"opens_only_when_host_may": is_limited(host)}


class CreateTemporaryPasscode(MakeForVisitor):
    """Make a passcode for a person's visitor (VER-13)."""

    kind = CredentialType.PIN

    @override
    async def make(self, lock: Target, user_id: str) -> Mapping[str, Any]:
        return await lock.command(commands.CreateTemporaryPasscode, user_id=user_id, **_for_visitor(self.data))

    @override
    def _once(self) -> bool:
        # Without an end and a number of entries it opens once.
        uses: int | None = self.data.get("uses")
        return uses == 1 or (uses is None and self.data.get("valid_until") is None)


class CreateBluetoothKey(MakeForVisitor):
    """Make a key for a visitor's phone (VER-14)."""

    kind = CredentialType.BLE
    word = "key"
    message = "bluetooth_key"
    failed = "key_not_sent"

    @override
    async def make(self, lock: Target, user_id: str) -> Mapping[str, Any]:
        return await lock.command(commands.CreateBluetoothKey, user_id=user_id, **_for_visitor(self.data))

    @override
    def _once(self) -> bool:
        uses: int | None = self.data.get("uses")
        return uses == 1


def _for_visitor(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": data.get("label", ""), "uses": data.get("uses"), **limits(data)}


def _refused(key: str, **named: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=named)


_HANDOVER: Final[Mapping[Any, Any]] = {
    probatio.Optional("send_to"): probatio.All(cv.entity_ids, [cv.entity_domain(NOTIFY_DOMAIN)]),
    probatio.Optional("message"): cv.string,
}

_VISITOR: Final[Mapping[Any, Any]] = {
    **PERSON,
    probatio.Optional("label"): one_line,
    probatio.Optional("valid_from"): WHEN,
    probatio.Optional("valid_until"): WHEN,
    probatio.Optional("uses"): USES,
    **_HANDOVER,
}

_NEEDS: Final = frozenset({Scope.CREDENTIALS})

ACTIONS: Final = (
    Action(
        name="set_credential",
        order=SetCredential,
        needs=_NEEDS,
        fields={**PERSON, probatio.Required("credential_type"): KIND, **_HANDOVER},
        validate=(NEEDS_PERSON,),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="create_temporary_passcode",
        order=CreateTemporaryPasscode,
        needs=_NEEDS,
        fields=_VISITOR,
        validate=(NEEDS_PERSON, period),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="create_bluetooth_key",
        order=CreateBluetoothKey,
        needs=_NEEDS,
        fields=_VISITOR,
        validate=(NEEDS_PERSON, period),
        response=SupportsResponse.OPTIONAL,
    ),
)
