"""Commands about users; one who is on several locks is the same on each (USR-10, APP-2)."""

import uuid
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from lock_bridge.bridge import Bridge
from lock_bridge.engine import inputs, roster, schedule
from lock_bridge.engine.limits import NAME_MAX
from lock_bridge.engine.model import Actor, User
from lock_bridge.engine.people import bound, changed
from lock_bridge.engine.turn import Refused
from lock_bridge.runner import LockRunner
from lock_bridge.wire import commands
from lock_bridge.wire.codec import encode
from lock_bridge.wire.errors import ErrorCode, LockBridgeError

from .order import people_first


def serve(bridge: Bridge) -> None:
    """Put them into the bridge's table."""
    handlers = _People(bridge)
    table = bridge.dispatcher
    table.register(commands.ListUsers, people_first(bridge, handlers.list_users))
    table.register(commands.AddUser, people_first(bridge, handlers.add))
    table.register(commands.ChangeUser, people_first(bridge, handlers.change))
    table.register(commands.DeleteUser, people_first(bridge, handlers.delete))
    table.register(commands.ClearUsers, people_first(bridge, handlers.clear))


class _People:
    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def list_users(self, wish: commands.ListUsers, _actor: Actor) -> Mapping[str, Any]:
        return {"users": encode(self._bridge.people.of_lock(self._bridge.runner(wish.lock).id))}

    async def add(self, wish: commands.AddUser, actor: Actor) -> Mapping[str, Any]:
        runner = self._bridge.runner(wish.lock)
        user = self._known(wish) if wish.user_id is not None else _new(wish)
        return await runner.command(
            lambda id_: inputs.AddUser(
                command_id=id_,
                actor=actor,
                user_id=user.id,
                name=user.name,
                role=user.role,
                enabled=user.enabled,
                valid_from_ms=user.valid_from_ms,
                valid_until_ms=user.valid_until_ms,
                schedule=user.schedule,
                uses_left=user.uses_left,
            )
        )

    async def change(self, wish: commands.ChangeUser, actor: Actor) -> Mapping[str, Any]:
        runner = self._bridge.runner(wish.lock)
        for other in self._bridge.locks_of(wish.user_id):
            if other.id != runner.id and _leaves_nobody(other, wish.user_id, wish.changes):
                raise LockBridgeError(ErrorCode.ON_ANOTHER_LOCK, {"lock": other.id})
        return await runner.command(
            lambda id_: inputs.ChangeUser(command_id=id_, actor=actor, user_id=wish.user_id, changes=wish.changes)
        )

    async def delete(self, wish: commands.DeleteUser, actor: Actor) -> Mapping[str, Any]:
        if wish.lock is not None:
            return await _delete(self._bridge.runner(wish.lock), wish.user_id, actor)
        runners = self._bridge.locks_of(wish.user_id)
        if not runners:
            raise LockBridgeError(ErrorCode.UNKNOWN_USER)
        for runner in runners:
            runner.listen()
            directory = runner.state.directory
            if (refused := bound(runner.setup.profile, directory, (directory.users[wish.user_id],))) is not None:
                raise LockBridgeError(refused.error, {**refused.detail, "lock": runner.id})
        for runner in runners:
            await _delete(runner, wish.user_id, actor)
        return {}

    async def clear(self, wish: commands.ClearUsers, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(lambda id_: inputs.ClearUsers(command_id=id_, actor=actor))

    def _known(self, wish: commands.AddUser) -> User:
        """Somebody of another lock, as she is there; to say at the same time how she is to be is a contradiction."""
        for field in fields(wish):
            if field.name not in ("lock", "user_id") and getattr(wish, field.name) != field.default:
                raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": f"AddUser.{field.name}"})
        for runner in self._bridge.locks_of(wish.user_id or ""):
            return runner.state.directory.users[wish.user_id or ""]
        raise LockBridgeError(ErrorCode.UNKNOWN_USER)


async def _delete(runner: LockRunner, user_id: str, actor: Actor) -> Mapping[str, Any]:
    return await runner.command(lambda id_: inputs.DeleteUser(command_id=id_, actor=actor, user_id=user_id))


def _new(wish: commands.AddUser) -> User:
    if not wish.user_name:
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "AddUser.user_name"})
    if wish.uses_left is not None and wish.uses_left < 1:
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "uses_left"})
    try:
        windows = schedule.parse(encode(wish.schedule))
    except ValueError as error:
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "schedule", "why": str(error)}) from None
    return User(
        uuid.uuid4().hex,
        # One letter more than allowed is enough to be refused by.
        wish.user_name[: NAME_MAX + 1].strip(),
        wish.role,
        None,
        wish.enabled,
        wish.valid_from_ms,
        wish.valid_until_ms,
        windows,
        wish.uses_left,
    )


def _leaves_nobody(runner: LockRunner, user_id: str, changes: Mapping[str, Any]) -> bool:
    """Whether a lock that the change does not name would be left without an administrator by it (USR-3)."""
    directory = runner.state.directory
    after = changed(directory.users[user_id], changes)
    if isinstance(after, Refused):
        return False  # then nothing changes; the lock that was named says why
    return roster.nobody_left(runner.setup.profile, directory, directory.with_user(after))
