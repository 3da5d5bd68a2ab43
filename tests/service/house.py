"""A lock runner in a small house: parts that note what they are told, a real store, a clock by hand."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.engine.effects import Drive, DriveBolt, Durable, Light, Record, SaveLockout, Say, Sound, Tone
from lock_bridge.engine.inputs import (
    AddUser,
    BoltPosition,
    BoltSeen,
    ChangeSettings,
    DoorSeen,
    Key,
    KeyDown,
    KeyUp,
    MotorOutcome,
    MotorStopped,
    SetPasscode,
)
from lock_bridge.engine.model import Actor, Instant, User
from lock_bridge.engine.passcode import Keys
from lock_bridge.engine.state import Setup
from lock_bridge.hardware.ports import Report
from lock_bridge.runner import LockRunner, Ports
from lock_bridge.snapshot import capabilities
from lock_bridge.store import LockData, Store, StoreError
from lock_bridge.wire.model import Event, LockSnapshot
from lock_bridge.wire.words import Role

ACTOR = Actor("c1", "Home Assistant")


class Parts:
    """All ports in one: a bolt that goes at once where it is driven, and a list of what was seen and heard."""

    def __init__(self, log: list[Any]) -> None:
        self.log = log
        self.works = True
        self.deleted: set[int] = set()
        self._report: Report | None = None

    async def start(self, report: Report) -> None:
        if self._report is None:
            self._report = report
            report(BoltSeen(BoltPosition.THROWN))
            report(DoorSeen(False))

    async def stop(self) -> None:
        self._report = None

    def report(self, reading: Any) -> None:
        assert self._report is not None
        self._report(reading)

    def drive(self, drive: DriveBolt) -> None:
        self.log.append(drive.drive)
        if not self.works:
            self.report(MotorStopped(drive.run, MotorOutcome.NO_MOTION))
            return
        self.report(BoltSeen(BoltPosition.RETRACTED if drive.drive is Drive.RETRACT else BoltPosition.THROWN))
        self.report(MotorStopped(drive.run, MotorOutcome.REACHED))

    def halt(self) -> None:
        self.log.append("halt")

    def light(self, light: Light) -> None:
        pass

    def sound(self, sound: Sound) -> None:
        if sound.tone is not Tone.KEY:
            self.log.append(sound.tone)

    def say(self, say: Say) -> None:
        self.log.append(say.prompt)

    def hush(self) -> None:
        self.log.append("hush")

    async def enrol(self, slot: int, steps: int) -> None:
        self.log.append(("enrol", slot, steps))

    async def cancel(self) -> None:
        self.log.append("cancel")

    async def delete(self, slots: Collection[int]) -> None:
        self.deleted |= set(slots)


class House:
    """What a runner needs, with a real store; `broken` makes writing fail, `gate` holds it."""

    def __init__(self, store: Store, clock: ManualClock, log: list[Any]) -> None:
        self.clock = clock
        self.store = store
        self.log = log
        self.broken = False
        self.gate: asyncio.Event | None = None
        self.events: list[Event] = []
        self.changes: list[Mapping[str, Any]] = []
        self.pairing_asked = 0
        self.pairing_left = 0
        self.shared: list[tuple[str, User]] = []

    async def load(self, lock_id: str) -> LockData:
        return await self.store.load(lock_id)

    async def commit(self, lock_id: str, items: Sequence[Durable], at: Instant) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise StoreError("The disk is full.")
        self.events += await self.store.commit(lock_id, items, at)
        self.log += [item.fact.type for item in items if isinstance(item, Record)]
        self.log += ["count kept" for item in items if isinstance(item, SaveLockout)]

    def state_changed(self, _lock_id: str, changes: Mapping[str, Any]) -> None:
        self.changes.append(changes)
        if "bolt" in changes:
            self.log.append(f"told {changes['bolt']}")

    def people_changed(self, _lock_id: str) -> None:
        pass

    def open_pairing(self, _lock_id: str) -> None:
        self.pairing_asked += 1

    def close_pairing(self, _lock_id: str) -> None:
        self.pairing_left += 1

    def revoke_clients(self) -> None:
        self.log.append("clients revoked")

    def user_changed(self, _lock_id: str, user: User) -> None:
        self.shared.append(("changed", user))

    def user_counted(self, _lock_id: str, user: User) -> None:
        self.shared.append(("counted", user))


class Home:
    """A front door with Anna behind it."""

    def __init__(self, folder: Path, profile: str = "palm6068") -> None:
        self.file = folder / "store" / "test.db"
        self.profile = profiles.load(profile)
        self.log: list[Any] = []
        self.clock = ManualClock()
        self.parts = Parts(self.log)
        self.house: House
        self.lock: LockRunner

    async def open(self) -> None:
        """Start from disk."""
        store = await Store.open(self.file, boot_id=self.clock.boot_id)
        self.house = House(store, self.clock, self.log)
        base = LockSnapshot(
            id="front_door",
            name="Front door",
            profile=self.profile.id,
            model=self.profile.name,
            serial="",
            capabilities=capabilities(self.profile),
        )
        parts: Any = self.parts
        ports = Ports(
            keypad=parts, sounder=parts, bolt=parts, contacts=parts, power=parts, fingerprint=parts, card=parts
        )
        setup = Setup(self.profile, Keys(pin=b"p" * 32, card=b"c" * 32))
        self.lock = LockRunner(base, setup, ports, self.clock, self.house)
        await self.lock.start()
        await self.settle()

    async def close(self) -> None:
        if self.house.gate is not None:
            self.house.gate.set()
        await self.lock.stop()
        await self.house.store.close()

    async def settle(self) -> None:
        """Wait until the lock has worked off its queue."""
        async with asyncio.timeout(10):
            await self.lock.answering()

    async def give(self, make: Callable[..., Any], **values: Any) -> Mapping[str, Any]:
        return await self.lock.command(lambda id_: make(command_id=id_, actor=ACTOR, **values))

    async def add_anna(self, passcode: str = "482913") -> str:
        await self.give(AddUser, user_id="anna", name="Anna", role=Role.ADMINISTRATOR)
        await self.give(SetPasscode, user_id="anna", passcode=passcode)
        return "anna"

    async def allow_remote(self) -> None:
        await self.give(ChangeSettings, changes={"remote_unlock": True})

    async def type(self, digits: str) -> None:
        """Wake the keypad, type, confirm."""
        for key in (Key.BACK, Key.BACK, *(Key(digit) for digit in digits), Key.CONFIRM):
            self.lock.put(KeyDown(key))
            self.lock.put(KeyUp(key))
        await self.settle()
