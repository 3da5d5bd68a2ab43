"""A door that transcripts are played at: the real runner and the simulated door, time by hand, a store in memory."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

from lock_bridge import profiles
from lock_bridge.bridge import Bridge
from lock_bridge.clock import ManualClock
from lock_bridge.config import parse
from lock_bridge.engine.effects import (
    Durable,
    Record,
)
from lock_bridge.engine.model import Actor, Identity, Instant
from lock_bridge.engine.passcode import Keys
from lock_bridge.engine.state import Setup
from lock_bridge.handlers import LockHandlers
from lock_bridge.hardware.build import build
from lock_bridge.runner import LockRunner
from lock_bridge.snapshot import capabilities
from lock_bridge.store import LockData, Store
from lock_bridge.wire.codec import encode
from lock_bridge.wire.model import BridgeInfo, Event, LockSnapshot
from lock_bridge.wire.words import API_VERSION, PRIORITY, EventType, Scope
from tests.engine.lock import Disk
from tests.hardware.machine import machine

PAIRING_MS = 180_000
CODE = "12345678"
SERIAL = "E12345678"
"""Phones pair with 0 and its last five digits (DLM-9)."""

_CONFIG = """
[[lock]]
id = "front_door"
name = "Front door"
profile = "{profile}"
serial = "{serial}"
[lock.simulated]
port = 0
people = [
  {{ name = "Anna", fingers = ["right thumb", "left thumb", "right index"], cards = ["04A1B2C3", "04D4E5F6"] }},
  {{ name = "Bjørn", fingers = ["right thumb"], cards = ["04C0FFEE"] }},
]
"""


@dataclass
class MemoryStore:
    """One lock's table rows, and the journal."""

    clock: ManualClock
    epoch: str = "epoch"
    oldest: int = 0
    disk: Disk = field(default_factory=Disk)
    journal: list[Event] = field(default_factory=list)

    @property
    def head(self) -> int:
        return len(self.journal)

    async def load(self, _lock_id: str) -> LockData:
        disk = self.disk
        users, credentials = tuple(disk.users.values()), tuple(disk.credentials.values())
        return LockData(users, credentials, disk.settings, disk.lockout, disk.modes)

    async def commit(self, lock_id: str | None, items: Sequence[Durable], at: Instant) -> list[Event]:
        before = self.head
        for item in items:
            if isinstance(item, Record):
                self.journal.append(self._event(lock_id, item, at))
            else:
                self.disk.write(item)
        return self.journal[before:]

    async def query(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
        lock_id: str | None = None,
        user_id: str | None = None,
        types: tuple[EventType, ...] = (),
    ) -> tuple[Event, ...]:
        del before, lock_id, user_id, types  # the player asks for none of them
        if after is None:
            return tuple(self.journal[-limit:])
        return tuple(event for event in self.journal if event.seq > after)[:limit]

    async def clients(self) -> tuple[()]:
        return ()

    def _event(self, lock_id: str | None, item: Record, at: Instant) -> Event:
        fact = item.fact
        number = len(self.journal) + 1
        return Event(
            seq=number,
            type=fact.type,
            priority=PRIORITY[fact.type],
            wall_ms=at.wall_ms,
            time_trusted=at.trusted,
            boot_id=self.clock.boot_id,
            boot_ms=at.mono_ms,
            lock_id=lock_id,
            source=fact.source,
            user_id=fact.user_id,
            user_name=fact.user_name,
            credential_type=fact.credential_type,
            credential_number=fact.credential_number,
            client_id=fact.client_id,
            client_name=fact.client_name,
            reason=fact.reason,
            data=fact.data,
        )


class RunningLock:
    """The player's stage. Time goes by only while something takes its time."""

    def __init__(self, profile: str, folder: Path) -> None:
        config = parse(_CONFIG.format(profile=profile, serial=SERIAL), profiles.names()).locks[0]
        self.clock = ManualClock()
        self.profile = profiles.load(profile)
        self.labels: Mapping[str, str] = {self.profile.confirm_label: "ok", self.profile.back_label: "back"}
        store = cast("Store", MemoryStore(self.clock))
        self.bridge = Bridge(BridgeInfo(id="b1", name="Home", version="1", api=API_VERSION), store, self.clock)
        LockHandlers(self.bridge).register()
        parts = build(config, self.profile, self.clock, machine(folder))
        assert parts.door is not None
        self.door = parts.door
        base = LockSnapshot(
            id=config.id,
            name=config.name,
            profile=self.profile.id,
            model=self.profile.name,
            serial=config.serial,
            capabilities=capabilities(self.profile),
        )
        keys = Keys(pin=b"p" * 32, card=b"c" * 32, ble=b"b" * 32)
        identity = Identity(config.id, config.serial, "1.0", "ABCDEF")
        self.runner = LockRunner(base, Setup(self.profile, keys, identity), parts.ports, self.clock, self.bridge)
        self.bridge.add(self.runner)
        self.bridge.on_pairing_asked = self._open_pairing
        self.bridge.on_pairing_left = self._close_pairing

    async def __aenter__(self) -> Self:
        self.door.settled = self.runner.answering
        self.door.power_listeners.append(self._power)
        await self.runner.start()
        await self._quiet()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runner.stop()

    async def act(self, words: Sequence[str]) -> Mapping[str, Any]:
        return await self._while_time_goes_by(self.door.do(words))

    async def ask(self, command: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        args = {**args, "lock": "front_door"}
        return await self._while_time_goes_by(
            self.bridge.dispatcher.execute(command, args, Actor("c1", "Home Assistant"), frozenset(Scope))
        )

    async def snapshot(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", encode(self.runner.snapshot))

    async def renew(self) -> None:
        """It is new already; it starts as it does when it comes out of its box."""
        await self.act(["new", "door"])
        await self.act(["wait", "11s"])  # until a press of SET or RESET is one as any other (RST-1)

    async def _while_time_goes_by[T](self, work: Awaitable[T]) -> T:
        doing = asyncio.ensure_future(work)
        for _ in range(100_000):
            await self._quiet()
            if doing.done():
                break
            self.clock.advance(self.clock.next_due_ms() or 0)
        return await doing

    async def _quiet(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def _power(self, on: bool) -> None:
        if on:
            await self.runner.power_back()
        else:
            self.runner.power_cut()

    def _open_pairing(self, lock_id: str) -> None:
        self.bridge.pairing_changed(is_open=True, lock_id=lock_id, code=CODE)
        self.clock.call_later(PAIRING_MS, lambda: self._close_pairing(lock_id))

    def _close_pairing(self, _lock_id: str) -> None:
        self.bridge.pairing_changed(is_open=False)
