"""A house to test in: the real bridge with a simulated front door, in Home Assistant's own loop, over real TLS."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from lock_bridge import profiles
from lock_bridge.clock import Handle, SystemClock
from lock_bridge.config import Config, parse
from lock_bridge.engine.model import Actor, Instant
from lock_bridge.hardware.simulated import SimulatedDoor
from lock_bridge.service import Service
from lock_bridge.wire.words import Scope

WAIT_S = 10.0
ALL_SCOPES = frozenset(Scope)

_CONFIG = """
[bridge]
name = "{name}"
data = "{data}"
trust_clock = "always"
[server]
host = "127.0.0.1"
port = {port}
zeroconf = false
{locks}
"""

_LOCK = """
[[lock]]
id = "{id}"
name = "{name}"
profile = "{profile}"
serial = "SN-{id}"
[lock.simulated]
port = 0
travel_ms = {travel_ms}
people = [ {people} ]
"""


async def until[T](look: Callable[[], T], *, within: float = WAIT_S) -> T:
    """What `look` gives as soon as it gives something true."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + within
    while True:
        if seen := look():
            return seen
        if loop.time() > ends:
            raise TimeoutError(f"not within {within} s")
        await asyncio.sleep(0.005)


class ProcessClock(SystemClock):
    """The machine's time for one bridge. Its timers end with the bridge, as they would with its process."""

    def __init__(self) -> None:
        self.trusts = True
        super().__init__(lambda: self.trusts)
        self._handles: list[Handle] = []
        self._back_ms = 0

    def now(self) -> Instant:
        return replace(now := super().now(), wall_ms=now.wall_ms - self._back_ms)

    def set_back(self, by: timedelta) -> None:
        """Set the calendar back; durations don't notice."""
        self._back_ms = by // timedelta(milliseconds=1)

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> Handle:
        handle = super().call_later(delay_ms, call)
        self._handles.append(handle)
        return handle

    def end(self) -> None:
        """The process is gone."""
        for handle in self._handles:
            handle.cancel()


class House:
    """A bridge, its doors, and what people do there."""

    def __init__(self, data: Path, *, name: str = "Home", travel_ms: int = 0) -> None:
        self.data = data
        self.name = name
        self.travel_ms = travel_ms
        self.locks = {"front_door": ("Front door", "palm6068")}
        self.people = '{ name = "Anna", fingers = ["right thumb"] }'
        """Who can come to the doors, as the configuration has it."""
        self.port = 0
        self.service: Service | None = None
        self.clock = ProcessClock()

    async def start(self) -> None:
        """The bridge starts, at the port where it was before."""
        self.clock = ProcessClock()
        service = Service(self._config(), clock=self.clock)
        await service.start()
        self.service = service
        self.port = service.server.port
        await until(lambda: all(lock.bolt != "unknown" for lock in service.bridge.locks()))

    async def stop(self) -> None:
        """The bridge stops in good order."""
        if self.service is not None:
            service, self.service = self.service, None
            await service.stop()
            for door in service.doors.values():
                door.save()
            self.clock.end()

    @property
    def database(self) -> Path:
        """The bridge's store."""
        return self._config().bridge.database

    @property
    def bridge_id(self) -> str:
        return self.running.bridge.info.id

    @property
    def running(self) -> Service:
        assert self.service is not None
        return self.service

    @property
    def door(self) -> SimulatedDoor:
        return self.running.doors["front_door"]

    @property
    def head(self) -> int:
        """The number of the last event in the journal."""
        return self.running.bridge.store.head

    async def command(self, name: str, **args: Any) -> Mapping[str, Any]:
        """What `lock-bridge` on the bridge's own machine may do: everything."""
        return await self.running.bridge.dispatcher.execute(name, args, Actor(), ALL_SCOPES)

    async def open_pairing(self) -> str:
        """Somebody at the bridge opens pairing, and reads the code."""
        return str((await self.command("pairing.open"))["code"])

    async def open_pairing_by_hand(self) -> str:
        """The same from the door: SET is held on the inside."""
        return (await self.running.server.open_pairing()).code

    async def add_person(self, name: str, passcode: str, lock: str = "front_door", **more: Any) -> str:
        """A person with a passcode; her id."""
        added = await self.command("users.add", lock=lock, user_name=name, **more)
        await self.command("credentials.set_passcode", lock=lock, user_id=added["user_id"], passcode=passcode)
        return str(added["user_id"])

    async def enter(self, passcode: str) -> None:
        """Somebody types a passcode at the front door."""
        await self.do("press", "ok")  # wakes the keypad (VER-1)
        await self.do("press", passcode, "ok")

    async def do(self, *words: str) -> Mapping[str, Any]:
        """Do something at the front door."""
        return await self.door.do(words)

    async def clients(self) -> list[Mapping[str, Any]]:
        """The paired clients, as the bridge lists them."""
        return list((await self.command("clients.list"))["clients"])

    async def lock_from_inside(self) -> None:
        """Press the lock button on the rear."""
        await self.do("lockbutton")
        await self.bolt("locked")

    async def bolt(self, state: str) -> None:
        """Wait until the bolt is there."""
        await until(lambda: self.running.bridge.runner("front_door").snapshot.bolt == state)

    def _config(self) -> Config:
        locks = "".join(
            _LOCK.format(id=lock_id, name=name, profile=profile, travel_ms=self.travel_ms, people=self.people)
            for lock_id, (name, profile) in self.locks.items()
        )
        text = _CONFIG.format(name=self.name, data=self.data, port=self.port, locks=locks)
        return parse(text, profiles.names())
