"""Deleting what people open a lock with, and enrolling it at the door; and the end of a lockout."""

from typing import Final, override

import probatio
from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from custom_components.lock_bridge.wire import commands
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from custom_components.lock_bridge.wire.words import CredentialType, Scope

from . import slots
from .action import Action, Order
from .fields import KIND, NEEDS_PERSON, PERSON, SLOT
from .targets import Target

LEARNT: Final = (CredentialType.FINGERPRINT, CredentialType.RFID, CredentialType.FACE, CredentialType.PALM_VEIN)
"""What is enrolled at the door."""


class DeleteCredential(Order):
    """Delete one credential of a person."""

    @override
    async def at(self, lock: Target) -> None:
        user_id, kind, slot = self.person(lock), self.data["credential_type"], self.data["credential_slot"]
        told = await lock.command(commands.ListUsers)
        hers = next((user["credentials"] for user in told["users"] if user["id"] == user_id), None)
        if hers is None:
            raise lock.error(LockBridgeError(ErrorCode.UNKNOWN_USER))
        if (number := slots.meant(lock, kind, slot, hers.get(kind, ()))) is None:
            # Of somebody else, perhaps: the number alone would have the wrong one deleted.
            raise lock.error(LockBridgeError(ErrorCode.UNKNOWN_CREDENTIAL))
        await lock.command(commands.DeleteCredential, type=kind, number=number)


class DeleteAllCredentials(Order):
    """Delete all credentials of a person, all of them or none."""

    @override
    async def at(self, lock: Target) -> None:
        await lock.command(commands.ClearCredentials, user_id=self.person(lock))


class EnrollCredential(Order):
    """Begin to enrol at the door, and answer at once: the lock tells how it goes on."""

    @override
    async def at(self, lock: Target) -> JsonObjectType:
        user_id = self.person(lock)
        begun = await lock.command(commands.StartEnrolment, user_id=user_id, type=self.data["credential_type"])
        return {"enrollment_id": begun["enrolment"], "steps": begun["steps"], "user_id": user_id}


class CancelEnrollment(Order):
    """End the enrolment under way; nothing of it stays."""

    @override
    async def at(self, lock: Target) -> None:
        await lock.command(commands.CancelEnrolment, enrolment=self.data.get("enrollment_id"))


class EndLockout(Order):
    """End a lockout (VER-9)."""

    @override
    async def at(self, lock: Target) -> None:
        await lock.command(commands.EndLockout)


_CREDENTIALS: Final = frozenset({Scope.CREDENTIALS})

ACTIONS: Final = (
    Action(
        name="delete_credential",
        order=DeleteCredential,
        needs=frozenset({Scope.CREDENTIALS, Scope.USERS}),
        fields={
            **PERSON,
            probatio.Required("credential_type"): KIND,
            probatio.Required("credential_slot"): SLOT,
        },
        validate=(NEEDS_PERSON,),
    ),
    Action(
        name="delete_all_credentials",
        order=DeleteAllCredentials,
        needs=_CREDENTIALS,
        fields=PERSON,
        validate=(NEEDS_PERSON,),
    ),
    Action(
        name="enroll_credential",
        order=EnrollCredential,
        needs=_CREDENTIALS,
        fields={**PERSON, probatio.Required("credential_type"): probatio.All(KIND, probatio.In(LEARNT))},
        validate=(NEEDS_PERSON,),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="cancel_enrollment",
        order=CancelEnrollment,
        needs=_CREDENTIALS,
        fields={probatio.Optional("enrollment_id"): cv.string},
    ),
    Action(name="end_lockout", order=EndLockout, needs=frozenset({Scope.SETTINGS})),
)
