"""Commands about credentials; the passcodes and keys that the bridge makes are answered once and kept nowhere."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from lock_bridge.bridge import Bridge
from lock_bridge.engine import bluetooth, inputs
from lock_bridge.engine.model import Actor
from lock_bridge.engine.passcode import advised_digits
from lock_bridge.runner import LockRunner
from lock_bridge.wire import commands
from lock_bridge.wire.errors import ErrorCode, LockBridgeError

from .order import people_first

_TRIES: Final = 50
"""How often the bridge makes another code when one breaks a rule."""

_UNLUCKY: Final = (ErrorCode.PASSCODE_SIMPLE, ErrorCode.PASSCODE_CONTAINS, ErrorCode.DUPLICATE)


def serve(bridge: Bridge) -> None:
    """Put them into the bridge's table."""
    handlers = _Credentials(bridge)
    table = bridge.dispatcher
    table.register(commands.SetPasscode, people_first(bridge, handlers.set_passcode))
    table.register(commands.CreateTemporaryPasscode, people_first(bridge, handlers.create_temporary))
    table.register(commands.CreateBluetoothKey, people_first(bridge, handlers.create_bluetooth_key))
    table.register(commands.ChangeCredential, people_first(bridge, handlers.change))
    table.register(commands.StartEnrolment, people_first(bridge, handlers.enrol))
    table.register(commands.CancelEnrolment, people_first(bridge, handlers.cancel))
    table.register(commands.DeleteCredential, people_first(bridge, handlers.delete))
    table.register(commands.ClearCredentials, people_first(bridge, handlers.clear))


class _Credentials:
    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def set_passcode(self, wish: commands.SetPasscode, actor: Actor) -> Mapping[str, Any]:
        runner = self._bridge.runner(wish.lock)

        async def give(code: str) -> Mapping[str, Any]:
            return await runner.command(
                lambda id_: inputs.SetPasscode(
                    command_id=id_, actor=actor, user_id=wish.user_id, passcode=code, duress=wish.duress
                )
            )

        return await give(wish.passcode) if wish.passcode is not None else await _made(runner, give)

    async def create_temporary(self, wish: commands.CreateTemporaryPasscode, actor: Actor) -> Mapping[str, Any]:
        runner = self._bridge.runner(wish.lock)

        async def give(code: str) -> Mapping[str, Any]:
            return await runner.command(
                lambda id_: inputs.AddTemporaryPasscode(
                    command_id=id_,
                    actor=actor,
                    user_id=wish.user_id,
                    passcode=code,
                    label=wish.label,
                    valid_from_ms=wish.valid_from_ms,
                    valid_until_ms=wish.valid_until_ms,
                    uses=wish.uses,
                )
            )

        return await _made(runner, give)

    async def create_bluetooth_key(self, wish: commands.CreateBluetoothKey, actor: Actor) -> Mapping[str, Any]:
        runner = self._bridge.runner(wish.lock)
        key_id = secrets.token_bytes(bluetooth.KEY_ID_BYTES)
        result = await runner.command(
            lambda id_: inputs.AddBluetoothKey(
                command_id=id_,
                actor=actor,
                user_id=wish.user_id,
                key_id=key_id,
                label=wish.label,
                valid_from_ms=wish.valid_from_ms,
                valid_until_ms=wish.valid_until_ms,
                uses=wish.uses,
            )
        )
        return {**result, "key": bluetooth.key_text(runner.setup.keys, key_id)}

    async def change(self, wish: commands.ChangeCredential, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.ChangeCredential(
                command_id=id_, actor=actor, type=wish.type, number=wish.number, changes=wish.changes
            )
        )

    async def enrol(self, wish: commands.StartEnrolment, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.StartEnrolment(
                command_id=id_, actor=actor, user_id=wish.user_id, type=wish.type, duress=wish.duress
            )
        )

    async def cancel(self, wish: commands.CancelEnrolment, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.CancelEnrolment(command_id=id_, actor=actor, enrolment=wish.enrolment)
        )

    async def delete(self, wish: commands.DeleteCredential, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.DeleteCredential(command_id=id_, actor=actor, type=wish.type, number=wish.number)
        )

    async def clear(self, wish: commands.ClearCredentials, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.ClearCredentials(command_id=id_, actor=actor, user_id=wish.user_id, type=wish.type)
        )


async def _made(runner: LockRunner, give: Callable[[str], Awaitable[Mapping[str, Any]]]) -> Mapping[str, Any]:
    """Give a passcode that the bridge makes. One breaks a rule now and then: then it makes another."""
    for _ in range(_TRIES):
        digits = advised_digits(runner.state.directory, runner.setup.profile)
        code = "".join(secrets.choice("0123456789") for _ in range(digits))
        try:
            return {**await give(code), "passcode": code}
        except LockBridgeError as error:
            if error.code not in _UNLUCKY:
                raise
    raise LockBridgeError(ErrorCode.NO_SLOT_LEFT)
