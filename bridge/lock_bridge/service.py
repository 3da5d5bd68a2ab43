"""Puts the rooms together: the only place that knows them all."""

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections.abc import Mapping
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from . import __version__, profiles
from .bridge import Bridge
from .clock import Clock, ScaledClock, SystemClock
from .config import Config, LockConfig
from .engine.model import Actor, Fact
from .engine.passcode import Keys
from .engine.state import Setup
from .handlers import LockHandlers
from .hardware.build import Machine, build, fitted
from .hardware.gpio.kernel import KernelLines
from .hardware.gpio_ring.driver import GpioRing
from .hardware.ports import Ring
from .hardware.simulated import SimulatedDoor
from .hardware.simulated.gateway import SimulatedGateway
from .housekeeping import Housekeeping, last_seen_ms
from .identity import identity_of
from .panel.server import Panel
from .part_memory import PartMemories
from .ring import Gateway
from .runner import LockRunner
from .server import Server
from .server.control import ControlSocket
from .snapshot import capabilities
from .store import DeviceKeys, Store, next_backup, open_store
from .systemd import Watchdog, notify
from .timesync import ClockTrust
from .vitals import Vitals
from .wire import commands
from .wire.errors import ErrorCode, LockBridgeError
from .wire.model import BridgeInfo, LockSnapshot
from .wire.words import API_VERSION, EventType
from .zone import of_machine

_LOG = logging.getLogger(__name__)


class Service:
    """The bridge at work, from its config to its last word."""

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        self.config = config
        self.doors: dict[str, SimulatedDoor] = {}
        self.bridge: Bridge
        self.server: Server
        self.gateway: Gateway
        self._ring: SimulatedGateway | None = None
        self._clock = clock
        self._lines = KernelLines()
        self._closing = contextlib.AsyncExitStack()
        self._started = time.monotonic()
        self._trust = ClockTrust(config.bridge.trust_clock)

    async def start(self) -> None:
        """Open the store, start the locks, then let clients in. Raises what a user can mend, in words."""
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._closing = stack.pop_all()

    async def stop(self) -> None:
        """Let bolts arrive, say goodbye to clients, leave the parts safe, close the store."""
        await asyncio.gather(*(runner.wind_down() for runner in self.bridge.runners()))
        await self._closing.aclose()
        _LOG.info("Stopped")

    async def answering(self) -> None:
        """Return when every lock has worked off its queue."""
        for runner in self.bridge.runners():
            await runner.answering()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        config = self.config
        config.bridge.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        clock = self._clock or SystemClock(self._is_time_trusted)
        await self._light_ring(clock, stack)
        store, device = await open_store(config.bridge.data, boot_id=clock.boot_id)
        stack.push_async_callback(store.close)
        info = BridgeInfo(id=await _bridge_id(store), name=config.bridge.name, version=__version__, api=API_VERSION)
        self.bridge = bridge = Bridge(info, store, clock)
        self._trust = ClockTrust(config.bridge.trust_clock, await last_seen_ms(bridge))
        LockHandlers(bridge).register()
        self._register()
        zone = config.bridge.zone or of_machine()
        await bridge.record(Fact(EventType.BRIDGE_STARTED, data={"version": __version__}))
        memories = PartMemories(store)
        await memories.load(config.locks)
        stack.push_async_callback(memories.stop)
        machine = Machine(data=config.bridge.data, lines=self._lines, memory=memories.of)
        for lock in config.locks:
            await self._start_lock(lock, device, zone, clock, machine, stack)
        stack.callback(bridge.people.stop)
        self.server = Server(bridge, config.server, config.bridge.data)
        vitals = Vitals(bridge, self.server, self.gateway, config.bridge.database)
        await vitals.start()
        stack.push_async_callback(vitals.stop)
        await self.server.start()
        stack.push_async_callback(self.server.stop)
        control = ControlSocket(config.bridge.socket, bridge.dispatcher)
        await control.start()
        stack.push_async_callback(control.stop)
        housekeeping = Housekeeping(bridge, self._trust, config.bridge.backups)
        housekeeping.start()
        stack.push_async_callback(housekeeping.stop)
        self.gateway.serve(bridge, self.server)

    async def _light_ring(self, clock: Clock, stack: contextlib.AsyncExitStack) -> None:
        ring: Ring | None = None
        if (wired := self.config.bridge.ring) is not None:
            ring = GpioRing(wired, self._lines, clock)
        elif any(lock.simulated is not None for lock in self.config.locks):
            # A simulated door has a simulated bridge beside it.
            ring = self._ring = SimulatedGateway(clock)
        self.gateway = Gateway(ring, clock)
        await self.gateway.start()
        stack.push_async_callback(self.gateway.stop)

    def _is_time_trusted(self) -> bool:
        # What to trust is known only once the store is open, which needs the clock itself.
        return self._trust.trusted()

    async def _start_lock(
        self,
        config: LockConfig,
        device: DeviceKeys,
        zone: tzinfo,
        clock: Clock,
        machine: Machine,
        stack: contextlib.AsyncExitStack,
    ) -> None:
        profile = fitted(config, config.own_profile or profiles.load(config.profile))
        lock_clock = clock if config.simulated is None else ScaledClock(clock, config.simulated.time_scale)
        parts = build(config, profile, lock_clock, machine)
        identity = identity_of(config.id, device.identity_key, config.serial, config.verification_code)
        base = LockSnapshot(
            id=config.id,
            name=config.name,
            profile=profile.id,
            model=profile.name,
            serial=identity.serial,
            capabilities=capabilities(profile),
        )
        keys = Keys(pin=device.pin_key, card=device.card_key, ble=device.ble_key)
        runner = LockRunner(base, Setup(profile, keys, identity, zone), parts.ports, lock_clock, self.bridge)
        self.bridge.add(runner)
        stack.push_async_callback(runner.stop)
        await runner.start()
        if parts.door is not None and config.simulated is not None:
            await self._open_door(config.id, config.name, parts.door, runner, config.simulated.port, stack)

    async def _open_door(
        self,
        lock_id: str,
        name: str,
        door: SimulatedDoor,
        runner: LockRunner,
        port: int,
        stack: contextlib.AsyncExitStack,
    ) -> None:
        self.doors[lock_id] = door
        if self._ring is not None:
            door.stand_beside(self._ring)
        door.settled = runner.answering
        door.power_listeners.append(partial(_follow_power, runner))
        panel = Panel(door, name, port)
        await panel.start()
        stack.push_async_callback(panel.stop)

    def _register(self) -> None:
        table = self.bridge.dispatcher
        table.register(commands.Door, self._door)
        table.register(commands.Backup, self._backup)
        table.register(commands.Status, self._status)

    async def _door(self, wish: commands.Door, _actor: Actor) -> Mapping[str, Any]:
        if not self.doors:
            raise LockBridgeError(ErrorCode.NOT_SUPPORTED, message="This bridge has no simulated door.")
        lock_id = wish.lock or next(iter(self.doors))
        if lock_id not in self.doors:
            raise LockBridgeError(ErrorCode.UNKNOWN_LOCK, {"lock": lock_id[:64]})
        return await self.doors[lock_id].do(wish.words)

    async def _backup(self, wish: commands.Backup, _actor: Actor) -> Mapping[str, Any]:
        file = Path(wish.file) if wish.file else self._backup_file()
        if not file.is_absolute():
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "file"}, "The backup's path must be absolute.")
        size = await self.bridge.store.backup(file)
        return {"file": str(file), "bytes": size}

    def _backup_file(self) -> Path:
        return next_backup(self.config.bridge.backups, self.bridge.clock.now().wall_ms)

    async def _status(self, _wish: commands.Status, _actor: Actor) -> Mapping[str, Any]:
        store, now = self.bridge.store, self.bridge.clock.now()
        return {
            "version": __version__,
            "id": self.bridge.info.id,
            "uptime_s": round(time.monotonic() - self._started),
            "store": {
                "healthy": store.healthy,
                "error": store.last_error,
                "epoch": store.epoch,
                "oldest": store.oldest,
                "head": store.head,
            },
            "clock": {"mono_ms": now.mono_ms, "wall_ms": now.wall_ms, "trusted": now.trusted},
            "server": {"port": self.server.port, "fingerprint": self.server.fingerprint},
            "ring": self.gateway.to_json(),
            "locks": {
                lock.id: {
                    "bolt": lock.bolt,
                    "faults": dict(lock.fault_reasons),
                    "untrusted": list(lock.untrusted),
                }
                for lock in self.bridge.locks()
            },
        }


async def _follow_power(runner: LockRunner, on: bool) -> None:
    if on:
        await runner.power_back()
    else:
        runner.power_cut()


async def run(config: Config) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    service = Service(config)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    await service.start()
    watchdog = Watchdog([service.bridge.store.ping, service.answering])
    await watchdog.start()
    notify("READY=1")
    try:
        await stopping.wait()
    finally:
        notify("STOPPING=1")
        await watchdog.stop()
        await service.stop()
    return 0


async def _bridge_id(store: Store) -> str:
    known = await store.value("bridge.id")
    if known is None:
        known = secrets.token_hex(8).encode()
        await store.put_value("bridge.id", known)
    return known.decode()
