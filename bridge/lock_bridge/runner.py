"""Carries one lock: inputs go to the engine one by one, its effects to parts, store, timers and clients in order."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .clock import Clock, Handle
from .engine.directory import Directory
from .engine.effects import (
    CHANGES,
    DURABLE,
    Answer,
    BeginEnrolment,
    DeleteTemplates,
    DriveBolt,
    Durable,
    Effect,
    EndEnrolment,
    Light,
    OpenPairing,
    Say,
    Sound,
    StartTimer,
    StopBolt,
    StopTimer,
)
from .engine.inputs import Command, EnrolFailed, Input, PartBack, PartFault, Started, Timer, TimerDue
from .engine.machine import step
from .engine.model import Instant
from .engine.people import default_settings
from .engine.state import LockState, Setup
from .hardware.ports import (
    Bolt,
    CardReader,
    Contacts,
    FingerprintReader,
    Inside,
    Keypad,
    Port,
    PortBusy,
    Power,
    Sounder,
)
from .snapshot import SnapshotMaker
from .store import LockData, StoreError
from .wire.errors import ErrorCode, LockBridgeError
from .wire.model import LockSnapshot
from .wire.words import CredentialType, Part

_LOG = logging.getLogger(__name__)

_RETRY_MS = 10_000
"""How often what could not be written is tried again."""

_UNWRITTEN = 1_000
"""Most journal rows and counts kept in memory while the disk takes nothing."""

_ANSWER_S = 20
"""Longer than any run of the motor with its second try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """A lock's parts."""

    keypad: Keypad
    sounder: Sounder
    bolt: Bolt
    contacts: Contacts
    power: Power
    fingerprint: FingerprintReader | None = None
    card: CardReader | None = None
    inside: Inside | None = None

    def all(self) -> tuple[Port, ...]:
        """Every part, each once."""
        parts: tuple[Port | None, ...] = (
            self.bolt,
            self.contacts,
            self.power,
            self.keypad,
            self.sounder,
            self.fingerprint,
            self.card,
            self.inside,
        )
        return tuple(dict.fromkeys(part for part in parts if part is not None))


class House(Protocol):
    """What a lock needs of the bridge around it."""

    clock: Clock

    async def load(self, lock_id: str) -> LockData:
        """What the store keeps of a lock."""

    async def commit(self, lock_id: str, items: Sequence[Durable]) -> None:
        """Write, and tell the journal's listeners. Raises `StoreError`."""

    def state_changed(self, lock_id: str, changes: Mapping[str, Any]) -> None:
        """Tell clients of a lock's new fields."""

    def open_pairing(self, lock_id: str) -> None:
        """Somebody inside asked for pairing."""


class LockRunner:
    """One lock at work. Everything that happens to it goes through `put`, in one order."""

    def __init__(self, base: LockSnapshot, setup: Setup, ports: Ports, clock: Clock, house: House) -> None:
        self.id = base.id
        self.setup = setup
        self.state = LockState()
        self._ports = ports
        self._clock = clock
        self._house = house
        self._snapshots = SnapshotMaker(base, setup.profile)
        self._queue: deque[Input] = deque()
        self._working = False
        self._worker: asyncio.Task[None] | None = None
        self._timers: dict[Timer, Handle] = {}
        self._answers: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unwritten: list[Durable] = []
        self._retry: Handle | None = None
        self._powered = True

    @property
    def snapshot(self) -> LockSnapshot:
        """The lock as clients know it: never ahead of the disk in what lasts."""
        return self._snapshots.current

    @property
    def shows_codes(self) -> bool:
        """Whether people inside can be shown a pairing code here."""
        return self._ports.inside is not None

    def show_code(self, code: str | None) -> None:
        """Show a pairing code inside, or no longer."""
        if self._ports.inside is not None:
            self._ports.inside.show_code(code)

    async def start(self) -> None:
        """Build the state from disk, then let the parts report."""
        await self._rebuild(self._clock.boot_id)
        for port in self._ports.all():
            await port.start(self.put)

    async def stop(self) -> None:
        """Finish what is under way, leave the parts safe, answer who still waits."""
        self._powered = False
        self._queue.clear()
        for port in self._ports.all():
            await port.stop()
        if self._worker is not None:
            await asyncio.gather(self._worker, return_exceptions=True)
        self._forget()
        if self._unwritten:
            await self._write([])

    def put(self, given: Input) -> None:
        """Take an input; it is handled now, or after those before it. Without power nothing is heard."""
        if not self._powered:
            return
        self._queue.append(given)
        if not self._working:
            # Eager: what needs no disk is done before this returns, so a driver's report costs no turn of the loop.
            self._working = True
            self._worker = asyncio.Task(self._work(), loop=asyncio.get_running_loop(), eager_start=True)

    async def command(self, make: Callable[[str], Command]) -> Mapping[str, Any]:
        """Give the command that `make` makes of a fresh id; its result. Raises `LockBridgeError`."""
        if not self._powered:
            raise LockBridgeError(ErrorCode.STOPPING)
        command_id = uuid.uuid4().hex
        answer: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[command_id] = answer
        try:
            self.put(make(command_id))
            if answer.done():
                return answer.result()
            async with asyncio.timeout(_ANSWER_S):
                return await answer
        except TimeoutError:
            raise LockBridgeError(ErrorCode.NO_ANSWER) from None
        finally:
            self._answers.pop(command_id, None)

    async def answering(self) -> None:
        """Return once the lock has worked off what is in its queue (for the watchdog)."""
        while self._worker is not None and not self._worker.done():
            await asyncio.shield(self._worker)

    def power_cut(self) -> None:
        """The lock loses its power: all that is not on disk is gone."""
        self._powered = False
        self._queue.clear()
        self._forget()

    async def power_back(self) -> None:
        """The lock starts anew from disk, as after any power cut (VER-10)."""
        await self.answering()
        self._powered = True
        await self._rebuild(uuid.uuid4().hex)

    async def _rebuild(self, boot_id: str) -> None:
        data = await self._house.load(self.id)
        fresh = LockState(settings=default_settings(self.setup.profile.simple_passcodes))
        self.state = LockState(
            directory=Directory.of(data.users, data.credentials),
            settings=data.settings or fresh.settings,
            lockout=data.lockout or fresh.lockout,
        )
        self.put(Started(boot_id))
        self._publish()

    async def _work(self) -> None:
        try:
            while self._queue:
                await self._take(self._queue.popleft())
        finally:
            self._working = False

    async def _take(self, given: Input) -> None:
        before = self.state
        try:
            result = step(before, given, self._clock.now(), self.setup)
        except Exception:  # noqa: BLE001 - whatever it is, the door must go on
            # The engine is pure, so a defect in it has changed nothing: the door goes on without this one input.
            _LOG.exception("Lock %s could not handle %s", self.id, type(given).__name__)
            self._fail(given, ErrorCode.INTERNAL)
            return
        self.state = result.state
        try:
            await self._carry_out(result.effects)
        except StoreError:
            # Only changes of people, credentials and settings get here: nothing of them has been said or done yet.
            self.state = before
            self._fail(given, ErrorCode.STORAGE)
        if not self._queue:
            # With more to handle at once, what lies in between has lasted no time at all.
            self._publish()

    async def _carry_out(self, effects: tuple[Effect, ...]) -> None:
        durable: list[Durable] = []
        changes = any(isinstance(effect, CHANGES) for effect in effects)
        for effect in effects:
            if isinstance(effect, DURABLE):
                durable.append(effect)
                continue
            if durable:
                await self._commit(durable, changes=changes)
                durable = []
            self._perform(effect)
        if durable:
            await self._commit(durable, changes=changes)

    async def _commit(self, durable: list[Durable], *, changes: bool) -> None:
        if not changes:
            # What sensors say is no secret of the disk: only what lasts is told after it has been written.
            self._publish()
        await self._write(durable)

    async def _write(self, durable: list[Durable]) -> None:
        try:
            await self._house.commit(self.id, [*self._unwritten, *durable])
        except StoreError as error:
            if any(isinstance(item, _REFUSABLE) for item in durable):
                raise
            _LOG.error("Lock %s could not write: %s", self.id, error)
            self._unwritten = [*self._unwritten, *durable][-_UNWRITTEN:]
            self._storage_fault(str(error))
        else:
            if self._unwritten:
                self._unwritten = []
                self.put(PartBack(Part.STORAGE))

    def _storage_fault(self, reason: str) -> None:
        if self._retry is None and self._powered:
            self._retry = self._clock.call_later(_RETRY_MS, self._write_again)
        if Part.STORAGE not in self.state.faults and not any(isinstance(item, PartFault) for item in self._queue):
            self.put(PartFault(Part.STORAGE, reason[:80]))

    def _write_again(self) -> None:
        self._retry = None
        self._spawn(self._flush())

    async def _flush(self) -> None:
        await self.answering()
        if self._unwritten:
            await self._write([])

    def _perform(self, effect: Effect) -> None:
        match effect:
            case DriveBolt():
                self._ports.bolt.drive(effect)
            case StopBolt():
                self._ports.bolt.halt()
            case Light():
                self._ports.keypad.light(effect)
            case Sound():
                self._ports.sounder.sound(effect)
            case Say():
                self._ports.sounder.say(effect)
            case StartTimer():
                self._start_timer(effect)
            case StopTimer():
                self._stop_timer(effect.timer)
            case Answer():
                self._answer(effect)
            case BeginEnrolment() | EndEnrolment() | DeleteTemplates():
                self._to_reader(effect)
            case OpenPairing():
                self._house.open_pairing(self.id)

    def _start_timer(self, effect: StartTimer) -> None:
        self._stop_timer(effect.timer)

        def due() -> None:
            self._timers.pop(effect.timer, None)
            self.put(TimerDue(effect.timer))

        self._timers[effect.timer] = self._clock.call_later(effect.delay_ms, due)

    def _stop_timer(self, timer: Timer) -> None:
        if (handle := self._timers.pop(timer, None)) is not None:
            handle.cancel()

    def _to_reader(self, effect: BeginEnrolment | EndEnrolment | DeleteTemplates) -> None:
        reader = self._ports.fingerprint
        if effect.type is not CredentialType.FINGERPRINT or reader is None:
            return
        match effect:
            case BeginEnrolment():
                self._spawn(self._begin_enrolment(reader, effect))
            case EndEnrolment():
                self._spawn(reader.cancel())
            case DeleteTemplates():
                self._spawn(reader.delete(effect.slots))

    async def _begin_enrolment(self, reader: FingerprintReader, effect: BeginEnrolment) -> None:
        try:
            await reader.enrol(effect.slot, effect.steps)
        except PortBusy:
            self.put(EnrolFailed("fault"))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # Eager, so that the part knows before the next thing happens at the door.
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
        self._tasks.add(task)
        task.add_done_callback(self._spawned)

    def _spawned(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("A part of lock %s failed", self.id, exc_info=error)

    def _answer(self, answer: Answer) -> None:
        future = self._answers.get(answer.command_id)
        if future is None or future.done():
            return
        if answer.error is None:
            future.set_result(answer.result)
        else:
            future.set_exception(LockBridgeError(answer.error, answer.detail))

    def _fail(self, given: Input, error: ErrorCode) -> None:
        if isinstance(given, Command):
            self._answer(Answer(given.command_id, error=error))

    def _publish(self) -> None:
        changes = self._snapshots.update(self.state, self._clock.now(), self._bridge_now(), self._clock.scale)
        if changes:
            self._house.state_changed(self.id, changes)

    def _bridge_now(self) -> Instant:
        return self._house.clock.now()

    def _forget(self) -> None:
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        for future in self._answers.values():
            if not future.done():
                future.set_exception(LockBridgeError(ErrorCode.STOPPING))


_REFUSABLE = tuple(kind for kind in CHANGES if kind.__name__ != "SaveLockout")
"""Changes that a client asked for: without a disk they are refused. The count of failures goes on in memory."""
