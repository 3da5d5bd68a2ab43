"""Commands about a lock itself: its bolt, settings, modes, Bluetooth, and starting anew (APP-1, APP-5, APP-6)."""

from collections.abc import Mapping
from typing import Any

from lock_bridge.bridge import Bridge
from lock_bridge.engine import inputs
from lock_bridge.engine.model import Actor
from lock_bridge.wire import commands
from lock_bridge.wire.codec import encode
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import OperatingMode


def serve(bridge: Bridge) -> None:
    """Put them into the bridge's table."""
    handlers = _Locks(bridge)
    table = bridge.dispatcher
    table.register(commands.ListLocks, handlers.list_locks)
    table.register(commands.Lock, handlers.lock)
    table.register(commands.Unlock, handlers.unlock)
    table.register(commands.EndLockout, handlers.end_lockout)
    table.register(commands.SetSettings, handlers.set_settings)
    table.register(commands.AllowRemoteUnlock, handlers.allow_remote_unlock)
    table.register(commands.SetMode, handlers.set_mode)
    table.register(commands.SetMute, handlers.set_mute)
    table.register(commands.SetBluetoothCode, handlers.set_bluetooth_code)
    table.register(commands.ClearBluetooth, handlers.clear_bluetooth)
    table.register(commands.TrustPart, handlers.trust_part)
    table.register(commands.RestartLock, handlers.restart)
    table.register(commands.AskPairing, handlers.ask_pairing)
    table.register(commands.FactoryReset, handlers.factory_reset)


class _Locks:
    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def list_locks(self, _wish: commands.ListLocks, _actor: Actor) -> Mapping[str, Any]:
        return {"locks": encode(self._bridge.locks())}

    async def lock(self, wish: commands.Lock, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(lambda id_: inputs.RemoteLock(command_id=id_, actor=actor))

    async def unlock(self, wish: commands.Unlock, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.RemoteUnlock(command_id=id_, actor=actor)
        )

    async def end_lockout(self, wish: commands.EndLockout, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(lambda id_: inputs.EndLockout(command_id=id_, actor=actor))

    async def set_settings(self, wish: commands.SetSettings, actor: Actor) -> Mapping[str, Any]:
        return await self._change_settings(wish.lock, wish.changes, actor)

    async def allow_remote_unlock(self, wish: commands.AllowRemoteUnlock, actor: Actor) -> Mapping[str, Any]:
        return await self._change_settings(wish.lock, {"remote_unlock": wish.on}, actor)

    async def set_mode(self, wish: commands.SetMode, actor: Actor) -> Mapping[str, Any]:
        runner = self._bridge.runner(wish.lock)
        if wish.mode not in runner.snapshot.capabilities.modes or wish.mode is OperatingMode.PRIVACY:
            # Privacy is a knob on the door: nobody turns it from afar.
            raise LockBridgeError(ErrorCode.NOT_SUPPORTED, {"mode": wish.mode.value})
        return await runner.command(
            lambda id_: inputs.SetMode(command_id=id_, actor=actor, mode=wish.mode, seconds=wish.seconds)
        )

    async def set_mute(self, wish: commands.SetMute, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.SetMute(command_id=id_, actor=actor, on=wish.on)
        )

    async def set_bluetooth_code(self, wish: commands.SetBluetoothCode, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.SetBluetoothCode(command_id=id_, actor=actor, code=wish.code)
        )

    async def clear_bluetooth(self, wish: commands.ClearBluetooth, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.ClearBluetooth(command_id=id_, actor=actor)
        )

    async def trust_part(self, wish: commands.TrustPart, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(
            lambda id_: inputs.TrustPart(command_id=id_, actor=actor, part=wish.part)
        )

    async def restart(self, wish: commands.RestartLock, _actor: Actor) -> Mapping[str, Any]:
        await self._bridge.runner(wish.lock).restart()
        return {}

    async def ask_pairing(self, wish: commands.AskPairing, actor: Actor) -> Mapping[str, Any]:
        runner = self._bridge.runner(wish.lock)
        if not runner.shows_codes:
            raise LockBridgeError(
                ErrorCode.NOT_SUPPORTED,
                {"lock": runner.id},
                "This lock can show no pairing code inside. Use `lock-bridge pair` at the bridge.",
            )
        return await runner.command(lambda id_: inputs.AskPairing(command_id=id_, actor=actor))

    async def factory_reset(self, wish: commands.FactoryReset, actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(wish.lock).command(lambda id_: inputs.ResetLock(command_id=id_, actor=actor))

    async def _change_settings(self, lock: str, changes: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
        return await self._bridge.runner(lock).command(
            lambda id_: inputs.ChangeSettings(command_id=id_, actor=actor, changes=changes)
        )
