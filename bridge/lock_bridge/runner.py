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
    REFUSABLE,
    Answer,
    BeginEnrolment,
    DeleteTemplates,
    DriveBolt,
    Durable,
    Effect,
    EndEnrolment,
    Light,
    OpenPairing,
    SaveLockout,
    Say,
    Sound,
    StartTimer,
    StopBolt,
    StopTimer,
)
from .engine.inputs import (
    Command,
    EnrolFailed,
    Input,
    MotorOutcome,
    MotorStopped,
    PartBack,
    PartFault,
    Started,
    Timer,
    TimerDue,
)
from .engine.machine import step
from .engine.model import Instant
from .engine.settings import default_settings
from .engine.state import LockState, Setup
from .hardware.ports import (
    Bolt,
    CardReader,
    Contacts,
    FaceReader,
    Inside,
    Keypad,
    Port,
    PortBusy,
    Power,
    Radios,
    Sounder,
    TemplateReader,
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
"""What came of so many steps is kept in memory at most while the disk takes nothing; the oldest goes first."""

_LAST_RUN_S = 1.0
"""How long a stop of the bridge waits for a bolt on its way: who opened shall be in the journal."""

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
    fingerprint: TemplateReader | None = None
    card: CardReader | None = None
    face: FaceReader | None = None
    palm_vein: TemplateReader | None = None
    radios: Radios | None = None
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
            self.face,
            self.palm_vein,
            self.radios,
            self.inside,
        )
        return tuple(dict.fromkeys(part for part in parts if part is not None))


class House(Protocol):
    """What a lock needs of the bridge around it."""

    clock: Clock

    async def load(self, lock_id: str) -> LockData:
        """What the store keeps of a lock."""

    async def commit(self, lock_id: str, items: Sequence[Durable], at: Instant) -> None:
        """Write what came about at `at`, the house's time, and tell the journal's listeners. Raises `StoreError`."""

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
        self._queue: deque[Input | _Rewrite] = deque()
        self._working = False
        self._worker: asyncio.Task[None] | None = None
        self._timers: dict[Timer, Handle] = {}
        self._answers: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unwritten: deque[_Unwritten] = deque(maxlen=_UNWRITTEN)
        self._retry: Handle | None = None
        self._powered = True
        self._stopping = False
        self._cuts = 0
        self._at_rest = asyncio.Event()
        self._at_rest.set()

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
        self._rebuild(await self._house.load(self.id), self._clock.boot_id)
        for port in self._ports.all():
            await port.start(self.put)

    async def wind_down(self) -> None:
        """Take no more commands, and let a run of the motor come to its end, but not for long."""
        self._stopping = True
        try:
            async with asyncio.timeout(_LAST_RUN_S):
                await self._at_rest.wait()
        except TimeoutError:
            _LOG.warning("Lock %s is stopped with its bolt on the way", self.id)

    async def stop(self) -> None:
        """Finish what is under way, leave the parts safe, answer who still waits."""
        self._powered = False
        self._stopping = True
        self._queue.clear()
        for port in self._ports.all():
            try:
                await port.stop()
            except Exception:  # noqa: BLE001 - whatever it is, the other parts must be made safe too
                _LOG.exception("A part of lock %s could not be stopped", self.id)
        if self._worker is not None:
            await asyncio.gather(self._worker, return_exceptions=True)
        self._forget()
        if self._unwritten:
            await self._write([])

    def put(self, given: Input) -> None:
        """Take an input; it is handled now, or after those before it. Without power nothing is heard."""
        if self._powered:
            self._enqueue(given)

    def _enqueue(self, work: Input | _Rewrite) -> None:
        self._queue.append(work)
        if not self._working:
            # Eager: what needs no disk is done before this returns, so a driver's report costs no turn of the loop.
            self._working = True
            self._worker = asyncio.Task(self._work(), loop=asyncio.get_running_loop(), eager_start=True)

    async def command(self, make: Callable[[str], Command]) -> Mapping[str, Any]:
        """Give the command that `make` makes of a fresh id; its result. Raises `LockBridgeError`."""
        if self._stopping or not self._powered:
            raise self._gone()
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
        self._cuts += 1
        self._queue.clear()
        self._at_rest.set()
        self._forget()

    async def power_back(self) -> None:
        """The lock starts anew from disk, as after any power cut (VER-10)."""
        cuts = self._cuts
        await self.answering()
        try:
            data = await self._house.load(self.id)
        except StoreError as error:
            _LOG.error("Lock %s goes on with what it knew, for the store cannot be read: %s", self.id, error)
            state = self.state
            users, credentials = tuple(state.directory.users.values()), tuple(state.directory.credentials.values())
            data = LockData(users, credentials, state.settings, state.lockout)
        if cuts == self._cuts and not self._stopping:
            # Only now: nothing may be handled by the state from before the cut.
            self._powered = True
            self._forget()
            self._rebuild(data, uuid.uuid4().hex)

    def _rebuild(self, data: LockData, boot_id: str) -> None:
        fresh = LockState(settings=default_settings(self.setup.profile.simple_passcodes))
        waiting = (item for late in reversed(self._unwritten) for item in reversed(late.items))
        unwritten = next((item.record for item in waiting if isinstance(item, SaveLockout)), None)
        self.state = LockState(
            directory=Directory.of(data.users, data.credentials),
            settings=data.settings or fresh.settings,
            lockout=unwritten or data.lockout or fresh.lockout,
        )
        self.put(Started(boot_id))
        self._publish()

    async def _work(self) -> None:
        try:
            while self._queue:
                work = self._queue.popleft()
                if isinstance(work, _Rewrite):
                    await self._write([])
                else:
                    await self._take(work)
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
        except Exception:  # noqa: BLE001 - whatever it is, the door must go on
            _LOG.exception("Lock %s could not keep what came of %s", self.id, type(given).__name__)
            self.state = before
            self._fail(given, ErrorCode.INTERNAL)
        if self.state.motion is None:
            self._at_rest.set()
        else:
            self._at_rest.clear()
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
        at = self._bridge_now()
        try:
            await self._catch_up()
            if durable:
                await self._house.commit(self.id, durable, at)
        except StoreError as error:
            if any(isinstance(item, _REFUSABLE) for item in durable):
                raise
            self._keep_for_later(_Unwritten(tuple(durable), at), error)
        except Exception:
            if any(isinstance(item, _REFUSABLE) for item in durable):
                raise
            # A defect, and no disk that may come back: what cannot be written must not hold up what can.
            _LOG.exception("Lock %s could not write", self.id)

    async def _catch_up(self) -> None:
        """Write what could not be written, each with the time at which it came about."""
        if not self._unwritten:
            return
        while self._unwritten:
            late = self._unwritten.popleft()
            try:
                await self._house.commit(self.id, late.items, late.at)
            except StoreError:
                self._unwritten.appendleft(late)
                raise
        self.put(PartBack(Part.STORAGE))

    def _keep_for_later(self, late: _Unwritten, error: StoreError) -> None:
        if not self._unwritten:
            # Once: whoever stands at the door could fill the log otherwise.
            _LOG.error("Lock %s cannot write, and keeps what happens in memory: %s", self.id, error)
        if late.items:
            self._unwritten.append(late)
        self._storage_fault()

    def _storage_fault(self) -> None:
        if self._retry is None and self._powered:
            self._retry = self._clock.call_later(_RETRY_MS, self._write_again)
        if Part.STORAGE not in self.state.faults:
            self.put(PartFault(Part.STORAGE, "not_written"))

    def _write_again(self) -> None:
        self._retry = None
        if self._unwritten:
            self._enqueue(_Rewrite())

    def _perform(self, effect: Effect) -> None:
        try:
            self._hand_over(effect)
        except Exception:  # noqa: BLE001 - a driver's defect must not take the rest of the lock along
            _LOG.exception("A part of lock %s failed at %s", self.id, type(effect).__name__)
            if isinstance(effect, DriveBolt):
                self.put(MotorStopped(effect.run, MotorOutcome.FAULT))

    def _hand_over(self, effect: Effect) -> None:
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

    async def _begin_enrolment(self, reader: TemplateReader, effect: BeginEnrolment) -> None:
        try:
            await reader.enrol(effect.slot, effect.steps)
        except PortBusy:
            self.put(EnrolFailed(CredentialType.FINGERPRINT, "fault"))

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
                future.set_exception(self._gone())

    def _gone(self) -> LockBridgeError:
        if self._stopping:
            return LockBridgeError(ErrorCode.STOPPING)
        return LockBridgeError(ErrorCode.PART_FAULT, {"part": Part.POWER.value}, "The lock has no power.")


@dataclass(frozen=True, slots=True)
class _Unwritten:
    items: tuple[Durable, ...]
    at: Instant


class _Rewrite:
    """In the queue: try again to write what could not be written."""


_REFUSABLE = REFUSABLE
"""Changes that a client asked for: without a disk they are refused. The count of failures goes on in memory."""
