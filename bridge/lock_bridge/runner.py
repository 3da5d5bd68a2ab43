"""Carries one lock: inputs go to the engine one by one, its effects to parts, store, timers and clients in order."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, Protocol

from .clock import Clock, Handle
from .engine.directory import Directory
from .engine.effects import (
    CHANGES,
    DURABLE,
    Answer,
    ClosePairing,
    Durable,
    Effect,
    OpenPairing,
    RevokeClients,
    StartTimer,
    StopTimer,
)
from .engine.inputs import Command, Input, NotKept, PartFault, Started, Timer, TimerDue, UserShared, UsesShared
from .engine.machine import step
from .engine.model import Instant, LockoutRecord, Modes
from .engine.settings import default_settings
from .engine.state import LockState, Setup
from .parts import PartControl, Ports
from .snapshot import SnapshotMaker
from .store import LockData, StoreError
from .wire.errors import ErrorCode, LockBridgeError
from .wire.model import LockSnapshot
from .wire.words import Part
from .writer import Disk, Writer

__all__ = ["House", "LockRunner", "Ports"]

_LOG = logging.getLogger(__name__)

_LAST_RUN_S = 1.0
"""How long a stop of the bridge waits for a bolt on its way: who opened shall be in the journal."""

_ANSWER_S = 20
"""Longer than any run of the motor with its second try."""


class House(Disk, Protocol):
    """What a lock needs of the bridge around it."""

    clock: Clock

    async def load(self, lock_id: str) -> LockData:
        """What the store keeps of a lock."""

    def state_changed(self, lock_id: str, changes: Mapping[str, Any]) -> None:
        """Tell clients of a lock's new fields."""

    def people_changed(self, lock_id: str) -> None:
        """Somebody of a lock, or of what she has there, is new, gone or other than before."""

    def open_pairing(self, lock_id: str) -> None:
        """Somebody inside, or in the app, asked for pairing."""

    def close_pairing(self, lock_id: str) -> None:
        """Somebody at the lock left pairing mode (L2S-12)."""

    def revoke_clients(self) -> None:
        """After a factory reset nobody is paired any more; on disk they are gone already (RST-1)."""


class LockRunner:
    """One lock at work. Everything that happens to it goes through `put`, in one order."""

    def __init__(self, base: LockSnapshot, setup: Setup, ports: Ports, clock: Clock, house: House) -> None:
        self.id = base.id
        self.setup = setup
        self.state = LockState()
        self.published = self.state
        """What clients know of it: never ahead of the disk in what lasts."""
        self.clock = clock
        self._house = house
        self._boot_id = clock.boot_id
        self._parts = PartControl(self.id, ports, self.put)
        self._writer = Writer(self.id, house, clock, self._heard, lambda: self._enqueue(_Rewrite()))
        self._snapshots = SnapshotMaker(base, setup.profile)
        self._queue: deque[Input | _Rewrite] = deque()
        self._working = False
        self._worker: asyncio.Task[None] | None = None
        self._timers: dict[Timer, Handle] = {}
        self._answers: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._powered = True
        self._restarting = False
        self._stopping = False
        self._outdated = False
        """What another lock has changed since the disk was read was not heard (USR-10)."""
        self._cuts = 0
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    @property
    def snapshot(self) -> LockSnapshot:
        """The lock as clients know it: never ahead of the disk in what lasts."""
        return self._snapshots.current

    @property
    def zone(self) -> tzinfo:
        """The house's time zone."""
        return self.setup.zone

    @property
    def shows_codes(self) -> bool:
        """Whether people inside can be shown a pairing code here."""
        return self._parts.shows_codes

    def show_code(self, code: str | None) -> None:
        """Show a pairing code inside, or no longer."""
        self._parts.show_code(code)

    async def start(self) -> None:
        """Build the state from disk, then let the parts report."""
        self._rebuild(await self._house.load(self.id))
        await self._parts.start()

    async def wind_down(self) -> None:
        """Take no more commands, and let a run of the motor come to its end, but not for long."""
        self._stopping = True
        await self._motor_at_rest()

    async def stop(self) -> None:
        """Finish what is under way, leave the parts safe, answer who still waits."""
        self._powered = False
        self._stopping = True
        self._queue.clear()
        await self._parts.stop()
        if self._worker is not None:
            await asyncio.gather(self._worker, return_exceptions=True)
        self._forget()
        self._writer.forget()
        if self._writer.behind:
            await self._writer.write([], self._house_now(self.clock.now()))

    async def restart(self) -> None:
        """Start the lock's logic and its parts anew from disk, in the same boot (APP-6): a lockout goes on (VER-10).

        Raises `part_fault` while the lock has no power, `busy` while it restarts already, or `StoreError`.
        """
        if self._deaf:
            raise self._gone()
        self._restarting = True
        cuts = self._cuts
        try:
            # Still heard meanwhile: who opened shall be in the journal.
            await self._motor_at_rest()
            if cuts != self._cuts or self._stopping:
                # It begins anew by itself when the power comes back.
                return
            self._powered = False
            await self._parts.stop()
            self._queue.clear()
            await self.answering()
            data = await self._load()
            if cuts == self._cuts and not self._stopping:
                self._come_back(data)
            if not self._stopping:
                # Also after a power cut in between: without being started they would stay dumb when it comes back.
                await self._parts.start()
        finally:
            self._restarting = False

    def put(self, given: Input) -> None:
        """Take an input; it is handled now, or after those before it. Without power nothing is heard."""
        if self._powered:
            self._enqueue(given)
        elif isinstance(given, UserShared | UsesShared):
            self._outdated = True

    def _enqueue(self, work: Input | _Rewrite) -> None:
        self._queue.append(work)
        if not self._working:
            # Eager: what needs no disk is done before this returns, so a driver's report costs no turn of the loop.
            self._working = True
            self._worker = asyncio.Task(self._work(), loop=asyncio.get_running_loop(), eager_start=True)

    async def command(self, make: Callable[[str], Command]) -> Mapping[str, Any]:
        """Give the command that `make` makes of a fresh id; its result. Raises `LockBridgeError`."""
        self.listen()
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

    def listen(self) -> None:
        """Raises `LockBridgeError` if no command would be taken now."""
        if self._deaf:
            raise self._gone()

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
        data = await self._load()
        if cuts == self._cuts and not self._stopping:
            # Only now: nothing may be handled by the state from before the cut.
            self._boot_id = uuid.uuid4().hex
            self._come_back(data)

    def _come_back(self, data: LockData) -> None:
        self._powered = True
        self._forget()
        self._rebuild(data)

    async def _load(self) -> LockData:
        try:
            while True:
                self._outdated = False
                data = await self._house.load(self.id)
                if not self._outdated:
                    return data
        except StoreError as error:
            _LOG.error("Lock %s goes on with what it knew, for the store cannot be read: %s", self.id, error)
            state = self.state
            users, credentials = tuple(state.directory.users.values()), tuple(state.directory.credentials.values())
            return LockData(users, credentials, state.settings, state.lockout, state.modes)

    def _rebuild(self, data: LockData) -> None:
        data = self._writer.amended(data)
        self.state = LockState(
            directory=Directory.of(data.users, data.credentials),
            settings=data.settings or default_settings(self.setup.profile.simple_passcodes),
            lockout=data.lockout or LockoutRecord(),
            modes=data.modes or Modes(),
        )
        self.put(Started(self._boot_id))
        self._publish(self.clock.now())

    async def _motor_at_rest(self) -> None:
        try:
            async with asyncio.timeout(_LAST_RUN_S):
                await self._at_rest.wait()
        except TimeoutError:
            _LOG.warning("Lock %s is stopped with its bolt on the way", self.id)

    async def _work(self) -> None:
        try:
            while self._queue:
                work = self._queue.popleft()
                if isinstance(work, _Rewrite):
                    await self._writer.write([], self._house_now(self.clock.now()))
                else:
                    await self._take(work)
        finally:
            self._working = False

    async def _take(self, given: Input) -> None:
        before, now = self.state, self.clock.now()
        try:
            result = step(before, given, now, self.setup)
        except Exception:  # noqa: BLE001 - whatever it is, the door must go on
            # The engine is pure, so a defect in it has changed nothing: the door goes on without this one input.
            _LOG.exception("Lock %s could not handle %s", self.id, type(given).__name__)
            self._fail(given, ErrorCode.INTERNAL)
            return
        self.state = result.state
        try:
            await self._carry_out(result.effects, now)
        except StoreError:
            # Only changes that somebody asked for get here: nothing of them has been said or done yet.
            self._take_back(before, given, ErrorCode.STORAGE)
        except Exception:  # noqa: BLE001 - whatever it is, the door must go on
            _LOG.exception("Lock %s could not keep what came of %s", self.id, type(given).__name__)
            self._take_back(before, given, ErrorCode.INTERNAL)
        if self.state.motion is None:
            self._at_rest.set()
        else:
            self._at_rest.clear()
        if not self._queue or any(isinstance(effect, Answer) for effect in result.effects):
            # With more to handle at once, what lies in between has lasted no time at all. But whoever is answered
            # shall know by then what came of it.
            self._publish(now)

    def _take_back(self, before: LockState, given: Input, error: ErrorCode) -> None:
        self.state = before
        self._fail(given, error)
        if self._powered and not isinstance(given, Command | NotKept):
            # Before all else: who is at the door shall hear it before the next key counts.
            self._queue.appendleft(NotKept(given))

    async def _carry_out(self, effects: tuple[Effect, ...], now: Instant) -> None:
        durable: list[Durable] = []
        changes = any(isinstance(effect, CHANGES) for effect in effects)
        for effect in effects:
            if isinstance(effect, DURABLE):
                durable.append(effect)
                continue
            if durable:
                await self._commit(durable, now, changes=changes)
                durable = []
            self._perform(effect)
        if durable:
            await self._commit(durable, now, changes=changes)

    async def _commit(self, durable: list[Durable], now: Instant, *, changes: bool) -> None:
        if not changes:
            # What sensors say is no secret of the disk: only what lasts is told after it has been written.
            self._publish(now)
        await self._writer.write(durable, self._house_now(now))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case StartTimer():
                self._start_timer(effect)
            case StopTimer(timer):
                self._stop_timer(timer)
            case Answer():
                self._answer(effect)
            case OpenPairing():
                self._house.open_pairing(self.id)
            case ClosePairing():
                self._house.close_pairing(self.id)
            case RevokeClients():
                self._house.revoke_clients()
            case _:
                self._parts.tell(effect)

    def _start_timer(self, effect: StartTimer) -> None:
        self._stop_timer(effect.timer)

        def due() -> None:
            self._timers.pop(effect.timer, None)
            self.put(TimerDue(effect.timer))

        self._timers[effect.timer] = self.clock.call_later(effect.delay_ms, due)

    def _stop_timer(self, timer: Timer) -> None:
        if (handle := self._timers.pop(timer, None)) is not None:
            handle.cancel()

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

    def _heard(self, given: Input) -> None:
        """What the writer says of the disk; that it takes nothing is heard once."""
        if not isinstance(given, PartFault) or Part.STORAGE not in self.state.faults:
            self.put(given)

    def _publish(self, now: Instant) -> None:
        before, self.published = self.published, self.state
        changes = self._snapshots.update(self.state, lambda: (now, self._house_now(now)), self.clock.scale)
        if changes:
            self._house.state_changed(self.id, changes)
        if self.state.directory is not before.directory or self.state.lost != before.lost:
            self._house.people_changed(self.id)

    def _house_now(self, now: Instant) -> Instant:
        """The bridge's time; a simulated lock may live faster."""
        return now if self.clock is self._house.clock else self._house.clock.now()

    def _forget(self) -> None:
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()
        for future in self._answers.values():
            if not future.done():
                future.set_exception(self._gone())

    @property
    def _deaf(self) -> bool:
        """Whether no command is taken now; `_gone` says why."""
        return self._stopping or self._restarting or not self._powered

    def _gone(self) -> LockBridgeError:
        if self._stopping:
            return LockBridgeError(ErrorCode.STOPPING)
        if self._restarting:
            return LockBridgeError(ErrorCode.BUSY, message="The lock restarts. Try again in a moment.")
        return LockBridgeError(ErrorCode.PART_FAULT, {"part": Part.POWER.value}, "The lock has no power.")


class _Rewrite:
    """In the queue: try again to write what could not be written."""
