"""A year at one door, in minutes: fifty people, two hundred entries a day, and everything that can go wrong.

The lock at work as it is in the service (`LockRunner`), on a real store, at a simulated door, by a clock that is moved
by hand: from one thing that is due to the next.
"""

import asyncio
import gc
import logging
import statistics
import tempfile
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import psutil

from lock_bridge import profiles
from lock_bridge.clock import Clock, ManualClock
from lock_bridge.engine.effects import Durable
from lock_bridge.engine.inputs import (
    AddUser,
    ChangeSettings,
    DeleteUser,
    RemoteLock,
    RemoteUnlock,
    SetMode,
    SetPasscode,
    StartEnrolment,
)
from lock_bridge.engine.model import Actor, Instant, User, Window
from lock_bridge.engine.passcode import Keys
from lock_bridge.engine.state import Setup
from lock_bridge.hardware.simulated import SimulatedDoor
from lock_bridge.hardware.simulated.config import Person, SimulatedConfig
from lock_bridge.runner import LockRunner, Ports
from lock_bridge.snapshot import capabilities
from lock_bridge.store import LockData, Store
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.model import LockSnapshot
from lock_bridge.wire.words import CredentialType, DoorState, EventType, OperatingMode, Role

from .table import Row, at_most

DAYS: Final = 365
PEOPLE: Final = 50
ENTRIES: Final = 200
"""A day."""

_DAY_MS: Final = 86_400_000
_LOCK: Final = "front_door"
_ACTOR: Final = Actor("bench", "Bench")
_SEED: Final = 2026
_GROWTH_MIB: Final = 5


async def run(days: int = DAYS) -> list[Row]:
    """Live through it; the last rows say what it took."""
    errors = _Errors()
    logging.getLogger("lock_bridge").addHandler(errors)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        year = _Year(Path(folder))
        began = time.perf_counter()
        await year.move_in()
        memory = []
        for day in range(days):
            await year.day()
            if (day + 1) % max(1, days // 4) == 0:
                gc.collect()
                memory.append(psutil.Process().memory_info().rss / 2**20)
        seconds = time.perf_counter() - began
        rows = await year.accounts()
    logging.getLogger("lock_bridge").removeHandler(errors)
    return [
        Row(f"year: {days} days, {PEOPLE} people, {ENTRIES} entries a day", seconds, "s"),
        *(Row(f"year: memory after quarter {number}", value, "MiB") for number, value in enumerate(memory, 1)),
        at_most("year: memory, last quarter against the first", memory[-1] - memory[0], "MiB", _GROWTH_MIB),
        *rows,
        at_most("year: errors in the log that no fault explains", len(errors.said), "", 0),
    ]


class _Year:
    """The door, the lock, and who comes by."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "store.db"
        self._random = Random(_SEED)  # noqa: S311 - the same year each time
        self._clock = ManualClock()
        self._profile = profiles.load("dl50fvs")
        people = tuple(Person(name=f"P{number}", fingers=("thumb",)) for number in range(1, PEOPLE + 1))
        self._door = SimulatedDoor(SimulatedConfig(people=people, travel_ms=900), self._clock, self._profile)
        self._house: _House
        self._lock: LockRunner
        self._broken = False
        """Something is wrong with the door just now: who has a right to enter may have to wait."""
        self.counts: Counter[str] = Counter()

    async def move_in(self) -> None:
        """Fifty people, each with a code; half of them with a finger too, some with limits."""
        await self._start()
        changes = {"remote_unlock": True, "countdown_locking": True, "countdown_delay_s": 20}
        await self._command(ChangeSettings, changes=changes)
        for number in range(1, PEOPLE + 1):
            await self._add(number)

    async def day(self) -> None:
        """Two hundred entries at any time, and on most days something out of the ordinary."""
        times = sorted(self._random.randrange(_DAY_MS) for _ in range(ENTRIES))
        odd = {self._random.randrange(ENTRIES): self._random.choice(self._odd_things()) for _ in range(3)}
        start = self._clock.now().mono_ms
        for number, at in enumerate(times):
            await self._until(start + at)
            if (happens := odd.get(number)) is not None:
                self.counts[happens.__name__.strip("_")] += 1
                await happens()
            await self._enter()
        await self._until(start + _DAY_MS)

    async def accounts(self) -> list[Row]:
        """What the year has left behind; whatever does not add up is raised."""
        store = self._house.store
        await store.check()
        data = await store.load(_LOCK)
        if (data.users, data.credentials) != self._known():
            raise AssertionError("the store and the lock's memory differ")
        if self._house.seen != store.head:
            raise AssertionError("the journal's numbers are not those of the commits")
        size = self._file.stat().st_size / 2**20
        commits, times = self._house.commits, self._house.times
        await self._lock.stop()
        await store.close()
        return [
            Row("year: entries that opened", self.counts["opened"], ""),
            at_most("year: right entries refused with nothing wrong", self.counts["shut out"], "", 0),
            at_most("year: wrong entries that opened", self.counts["let in"], "", 0),
            Row("year: power cuts and restarts", self.counts["cut_power"] + self.counts["restart"], ""),
            Row("year: events written", store.head, ""),
            Row("year: commits", commits, ""),
            Row("year: one commit, median", statistics.median(times) * 1e3, "ms"),
            at_most("year: size of the store", size, "MiB", 50),
        ]

    # People

    async def _enter(self) -> None:
        number = self._random.randint(1, PEOPLE)
        kind = self._random.random()
        before = self._house.granted
        if kind < 0.03:
            await self._do("press", "back")
            await self._do("press", f"{self._random.randrange(10**6):06}", "ok")
            await self._wait(2_000)
            self.counts["let in"] += self._house.granted - before
            return
        if kind < 0.35 and number % 2:
            await self._do("touch", f"P{number}", "thumb")
        else:
            await self._do("press", "back")
            await self._do("press", _code(number), "ok")
        await self._wait(3_000)
        if self._house.granted > before:
            self.counts["opened"] += 1
            await self._go_through()
        elif not self._excused(number):
            self.counts["shut out"] += 1

    async def _go_through(self) -> None:
        if self._lock.snapshot.door is DoorState.CLOSED:
            await self._do("open")
            await self._wait(self._random.randrange(2_000, 20_000))
            await self._do("close")
        await self._wait(1_000)

    def _excused(self, number: int) -> bool:
        """Why somebody who is known may have to wait: a lockout, a fault, her times, no power."""
        state = self._lock.state
        limited = state.directory.users[f"person-{number}"].schedule
        return bool(self._broken or state.locked_out or limited or state.privacy)

    async def _add(self, number: int) -> None:
        role = Role.ADMINISTRATOR if number == 1 else Role.USER
        week = (Window(frozenset(range(5)), 6 * 60, 20 * 60),) if number % 10 == 0 else ()
        user_id = f"person-{number}"
        await self._command(AddUser, user_id=user_id, name=f"P{number}", role=role, schedule=week)
        await self._command(SetPasscode, user_id=user_id, passcode=_code(number))
        if number % 2:
            await self._learn(number)

    async def _learn(self, number: int) -> None:
        await self._command(StartEnrolment, user_id=f"person-{number}", type=CredentialType.FINGERPRINT)
        await self._do("touch", f"P{number}", "thumb", "x6")
        await self._wait(2_000)

    # What is out of the ordinary

    def _odd_things(self) -> Sequence[Callable[[], Awaitable[None]]]:
        return (
            self._restart,
            self._cut_power,
            self._cut_power_while_learning,
            self._unplug,
            self._stall,
            self._try_codes,
            self._move_out_and_in,
            self._from_afar,
            self._set_calendar,
            self._passage,
            self._use_key,
            self._tamper,
        )

    async def _restart(self) -> None:
        await self._lock.stop()
        await self._house.store.close()
        await self._start()

    async def _cut_power(self) -> None:
        await self._do("battery", "out")
        await self._wait(self._random.randrange(1_000, 600_000))
        await self._do("battery", "in")
        await self._wait(15_000)

    async def _cut_power_while_learning(self) -> None:
        number = self._random.randrange(2, PEOPLE, 2)
        await self._command(StartEnrolment, user_id=f"person-{number}", type=CredentialType.FINGERPRINT)
        await self._do("touch", f"P{number}", "thumb", "x3")
        await self._cut_power()

    async def _unplug(self) -> None:
        part = self._random.choice(("fingerprint", "keypad", "door", "power", "link"))
        await self._do("unplug", part)
        self._broken = True
        for _ in range(3):
            await self._enter()
            await self._wait(60_000)
        await self._do("plug", part)
        await self._wait(30_000)
        self._broken = False

    async def _stall(self) -> None:
        await self._do("stall", "on")
        self._broken = True
        for _ in range(2):
            await self._enter()
            await self._wait(60_000)
        await self._do("stall", "off")
        await self._command(RemoteUnlock, may_fail=True)
        await self._wait(60_000)
        self._broken = False

    async def _try_codes(self) -> None:
        for _ in range(6):
            await self._do("press", "back")
            await self._do("press", f"{self._random.randrange(10**8):08}", "ok")

    async def _move_out_and_in(self) -> None:
        number = self._random.randint(2, PEOPLE)
        await self._command(DeleteUser, user_id=f"person-{number}")
        await self._add(number)

    async def _from_afar(self) -> None:
        await self._command(RemoteUnlock, may_fail=True)
        await self._wait(5_000)
        await self._command(RemoteLock, may_fail=True)

    async def _set_calendar(self) -> None:
        right = self._clock.now().wall_ms
        self._clock.set_wall(right + self._random.choice((-1, 1)) * 10 * 365 * _DAY_MS)
        self._clock.trusted = False
        await self._enter()
        self._clock.set_wall(right + 3_000)
        self._clock.trusted = True

    async def _passage(self) -> None:
        await self._command(SetMode, may_fail=True, mode=OperatingMode.PASSAGE, seconds=300)
        await self._go_through()
        await self._wait(310_000)

    async def _use_key(self) -> None:
        await self._do("key", "unlock")
        await self._go_through()
        await self._do("key", "lock")

    async def _tamper(self) -> None:
        await self._do("tamper", "on")
        await self._wait(5_000)
        await self._do("tamper", "off")

    # Time and the lock

    async def _start(self) -> None:
        store = await Store.open(self._file, boot_id=self._clock.boot_id)
        before = getattr(self, "_house", None)
        self._house = _House(store, self._clock, before)
        base = LockSnapshot(
            id=_LOCK,
            name="Front door",
            profile=self._profile.id,
            model=self._profile.name,
            serial="",
            capabilities=capabilities(self._profile),
        )
        door = self._door
        ports = Ports(
            keypad=door.keypad,
            sounder=door.sounder,
            bolt=door.bolt,
            contacts=door.contacts,
            power=door.power,
            fingerprint=door.fingerprint,
            card=door.card,
            face=door.face,
            radios=door.radios,
            inside=door.inside,
        )
        setup = Setup(self._profile, Keys(pin=b"p" * 32, card=b"c" * 32, ble=b"b" * 32))
        self._lock = LockRunner(base, setup, ports, self._clock, self._house)
        door.power_listeners[:] = [partial(_follow_power, self._lock)]
        await self._lock.start()
        await self._wait(15_000)

    async def _command(self, kind: type, *, may_fail: bool = False, **values: Any) -> None:
        made = asyncio.ensure_future(
            self._lock.command(lambda command_id: kind(command_id=command_id, actor=_ACTOR, **values))
        )
        await self._pump(made)
        try:
            made.result()
        except LockBridgeError:
            if not may_fail:
                raise

    async def _do(self, *words: str) -> None:
        await self._pump(asyncio.ensure_future(self._door.act(words)))

    async def _pump(self, task: asyncio.Future[Any]) -> None:
        """Let time go by until something is done."""
        while not task.done():
            await asyncio.sleep(0)
            await self._lock.answering()
            if not task.done() and (due := self._clock.next_due_ms()) is not None:
                self._clock.advance(due)
        await self._lock.answering()

    async def _wait(self, ms: int) -> None:
        await self._until(self._clock.now().mono_ms + ms)

    async def _until(self, mono_ms: int) -> None:
        while (left := mono_ms - self._clock.now().mono_ms) > 0:
            due = self._clock.next_due_ms()
            self._clock.advance(left if due is None else min(left, due))
            await asyncio.sleep(0)
            await self._lock.answering()

    def _known(self) -> tuple[tuple[User, ...], tuple[Any, ...]]:
        directory = self._lock.state.directory
        users = sorted(directory.users.values(), key=lambda user: (user.number or 0, user.id))
        return tuple(users), tuple(sorted(directory.credentials.values(), key=lambda item: (item.type, item.number)))


class _House:
    """What the lock needs around it; counts what comes by."""

    def __init__(self, store: Store, clock: ManualClock, before: _House | None) -> None:
        self.store = store
        self.clock: Clock = clock
        self.granted: int = before.granted if before else 0
        self.seen: int = before.seen if before else 0
        self.commits: int = before.commits if before else 0
        self.times: deque[float] = before.times if before else deque(maxlen=10_000)
        """Of the last commits: what the bench itself keeps must not look like a leak of the lock's."""

    async def load(self, lock_id: str) -> LockData:
        return await self.store.load(lock_id)

    async def commit(self, lock_id: str, items: Sequence[Durable], at: Instant) -> None:
        began = time.perf_counter()
        events = await self.store.commit(lock_id, items, at)
        self.times.append(time.perf_counter() - began)
        self.commits += 1
        for event in events:
            self.seen += 1
            if event.seq != self.seen:
                raise AssertionError("an event is out of order")
            self.granted += event.type is EventType.ACCESS_GRANTED

    def user_changed(self, lock_id: str, user: User) -> None:
        """There is no other lock."""

    def user_counted(self, lock_id: str, user: User) -> None:
        """There is no other lock."""

    def state_changed(self, lock_id: str, changes: Mapping[str, Any]) -> None:
        """Nobody listens."""

    def people_changed(self, lock_id: str) -> None:
        """Nobody listens."""

    def open_pairing(self, lock_id: str) -> None:
        """Nobody pairs."""

    def close_pairing(self, lock_id: str) -> None:
        """Nobody pairs."""

    def revoke_clients(self) -> None:
        """There are none."""


class _Errors(logging.Handler):
    """Whatever is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


async def _follow_power(runner: LockRunner, on: bool) -> None:
    if on:
        await runner.power_back()
    else:
        runner.power_cut()


def _code(number: int) -> str:
    return f"{(number * 739_391 + 104_729) % 10**7:07}"
