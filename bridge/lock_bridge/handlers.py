"""Commands about locks, their people and the journal: from the wire's words to the engine's inputs."""

import secrets
import uuid
from collections.abc import Mapping
from typing import Any, Final

from .bridge import Bridge
from .engine import inputs
from .engine.model import Actor
from .engine.people import NAME_MAX
from .runner import LockRunner
from .snapshot import user_info
from .wire import commands
from .wire.codec import encode
from .wire.errors import ErrorCode, LockBridgeError
from .wire.words import CredentialType, EventType

_MAX_PAGE: Final = 1000

_MANY_CODES: Final = 10
_LONG_CODE: Final = 8
"""Once there are more than ten codes, new ones have eight digits: a robot finds one of many much sooner."""

_TRIES: Final = 50


class LockHandlers:
    """Serves the commands that belong to locks."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def register(self) -> None:
        """Put all of them into the bridge's table."""
        table = self._bridge.dispatcher
        table.register(commands.Lock, self._lock)
        table.register(commands.Unlock, self._unlock)
        table.register(commands.EndLockout, self._end_lockout)
        table.register(commands.SetSettings, self._set_settings)
        table.register(commands.AllowRemoteUnlock, self._allow_remote_unlock)
        table.register(commands.ListUsers, self._list_users)
        table.register(commands.AddUser, self._add_user)
        table.register(commands.ChangeUser, self._change_user)
        table.register(commands.DeleteUser, self._delete_user)
        table.register(commands.SetPasscode, self._set_passcode)
        table.register(commands.StartEnrolment, self._start_enrolment)
        table.register(commands.CancelEnrolment, self._cancel_enrolment)
        table.register(commands.DeleteCredential, self._delete_credential)
        table.register(commands.QueryJournal, self._query_journal)
        table.register(commands.ListLocks, self._list_locks)

    async def _lock(self, wish: commands.Lock, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(lambda id_: inputs.RemoteLock(command_id=id_, actor=actor))

    async def _unlock(self, wish: commands.Unlock, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(lambda id_: inputs.RemoteUnlock(command_id=id_, actor=actor))

    async def _end_lockout(self, wish: commands.EndLockout, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(lambda id_: inputs.EndLockout(command_id=id_, actor=actor))

    async def _set_settings(self, wish: commands.SetSettings, actor: Actor) -> Mapping[str, Any]:
        return await self._change_settings(wish.lock, wish.changes, actor)

    async def _allow_remote_unlock(self, wish: commands.AllowRemoteUnlock, actor: Actor) -> Mapping[str, Any]:
        return await self._change_settings(wish.lock, {"remote_unlock": wish.on}, actor)

    async def _change_settings(self, lock: str, changes: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
        return await self._runner(lock).command(
            lambda id_: inputs.ChangeSettings(command_id=id_, actor=actor, changes=changes)
        )

    async def _list_users(self, wish: commands.ListUsers, _actor: Actor) -> Mapping[str, Any]:
        state = self._runner(wish.lock).state
        users = sorted(state.directory.users.values(), key=lambda user: (user.number or 0, user.name, user.id))
        return {"users": [encode(user_info(state, user)) for user in users]}

    async def _add_user(self, wish: commands.AddUser, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(
            lambda id_: inputs.AddUser(
                command_id=id_,
                actor=actor,
                user_id=uuid.uuid4().hex,
                name=wish.user_name[: NAME_MAX + 1].strip(),
                role=wish.role,
                enabled=wish.enabled,
                valid_from_ms=wish.valid_from_ms,
                valid_until_ms=wish.valid_until_ms,
            )
        )

    async def _change_user(self, wish: commands.ChangeUser, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(
            lambda id_: inputs.ChangeUser(command_id=id_, actor=actor, user_id=wish.user_id, changes=wish.changes)
        )

    async def _delete_user(self, wish: commands.DeleteUser, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(
            lambda id_: inputs.DeleteUser(command_id=id_, actor=actor, user_id=wish.user_id)
        )

    async def _set_passcode(self, wish: commands.SetPasscode, actor: Actor) -> Mapping[str, Any]:
        runner = self._runner(wish.lock)
        if wish.passcode is not None:
            return await self._give_passcode(runner, wish.user_id, wish.passcode, actor)
        # One that the bridge makes breaks a rule now and then: then it makes another.
        for _ in range(_TRIES):
            passcode = _new_passcode(runner)
            try:
                result = await self._give_passcode(runner, wish.user_id, passcode, actor)
            except LockBridgeError as error:
                if error.code not in _UNLUCKY:
                    raise
            else:
                return {**result, "passcode": passcode}
        raise LockBridgeError(ErrorCode.NO_SLOT_LEFT)

    async def _give_passcode(self, runner: LockRunner, user_id: str, code: str, actor: Actor) -> Mapping[str, Any]:
        return await runner.command(
            lambda id_: inputs.SetPasscode(command_id=id_, actor=actor, user_id=user_id, passcode=code)
        )

    async def _start_enrolment(self, wish: commands.StartEnrolment, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(
            lambda id_: inputs.StartEnrolment(command_id=id_, actor=actor, user_id=wish.user_id, type=wish.type)
        )

    async def _cancel_enrolment(self, wish: commands.CancelEnrolment, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(lambda id_: inputs.CancelEnrolment(command_id=id_, actor=actor))

    async def _delete_credential(self, wish: commands.DeleteCredential, actor: Actor) -> Mapping[str, Any]:
        return await self._runner(wish.lock).command(
            lambda id_: inputs.DeleteCredential(command_id=id_, actor=actor, type=wish.type, number=wish.number)
        )

    async def _query_journal(self, wish: commands.QueryJournal, _actor: Actor) -> Mapping[str, Any]:
        if not 1 <= wish.limit <= _MAX_PAGE:
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "limit", "min": 1, "max": _MAX_PAGE})
        types = tuple(_event_type(name) for name in wish.types)
        store = self._bridge.store
        events = await store.query(
            after=wish.after,
            before=wish.before,
            limit=wish.limit,
            lock_id=wish.lock,
            user_id=wish.user_id,
            types=types,
        )
        return {"epoch": store.epoch, "oldest": store.oldest, "head": store.head, "events": encode(events)}

    async def _list_locks(self, _wish: commands.ListLocks, _actor: Actor) -> Mapping[str, Any]:
        return {"locks": encode(self._bridge.locks())}

    def _runner(self, lock_id: str) -> LockRunner:
        return self._bridge.runner(lock_id)


_UNLUCKY: Final = (ErrorCode.PASSCODE_SIMPLE, ErrorCode.PASSCODE_CONTAINS, ErrorCode.DUPLICATE)


def _new_passcode(runner: LockRunner) -> str:
    profile = runner.setup.profile
    many = runner.state.directory.count(CredentialType.PIN) >= _MANY_CODES
    length = min(max(profile.passcode_min, _LONG_CODE if many else 0), profile.passcode_max)
    return "".join(secrets.choice("0123456789") for _ in range(length))


def _event_type(name: str) -> EventType:
    try:
        return EventType(name)
    except ValueError:
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "types"}) from None
