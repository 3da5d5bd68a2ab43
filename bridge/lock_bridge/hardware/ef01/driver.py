"""The driver: keeps a module of the EF 01 family served, whatever happens to it, and tells the lock what it sees."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, override

from lock_bridge.hardware.ports import (
    BiometricSeen,
    EnrolDone,
    EnrolFailed,
    Inventory,
    PartBack,
    PartFault,
    PartReplaced,
    PortBusy,
    Report,
    TemplateReader,
)
from lock_bridge.wire.words import CredentialType, Part

from .commands import Glow
from .enrolment import AGAIN, DARK, FEWEST_STEPS, MOST_STEPS, Enrolment, EnrolmentError, Teacher
from .faults import DoubtError, ModuleError, NoAnswerError, RestartedError, Trouble, trouble_of
from .frames import DEFAULT_ADDRESS, Counters
from .glass import Glass, Sight
from .link import Link, Timing
from .module import CLASSIC_BUFFERS, Identity, Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the module is and how it is spoken to."""

    port: str
    """A path below /dev/serial/by-id, or a URL of serialx."""

    baudrate: int = 57600
    address: int = DEFAULT_ADDRESS
    password: int = field(default=0, repr=False)
    buffers: int | None = None
    """How many touches the module combines; None: as many as its kind does."""

    touch_pin: bool = False
    """Its touch pin is wired: the driver looks at the glass when `touched` is called, and does not poll."""


class Ef01Reader(TemplateReader):
    """A fingerprint reader on a serial port.

    A module that answers as another one than before (other parameters, serial number or slots) is reported with
    `PartReplaced`, and nothing that it sees is believed until `trust`, or until the one before is back.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        known: Identity | None = None,
        timing: Timing | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        """`known` is the `identity` of an earlier run: then another module is noticed at the first start too."""
        self._settings = settings
        self._timing = timing or Timing()
        self._sleep = sleep
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, hides nothing
        self._backoff = self._timing.backoff_first
        self._report: Report = lambda _reading: None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._wake = asyncio.Event()

        self._link: Link | None = None
        self._serving = False
        self._known = known
        self._slots: frozenset[int] | None = None
        self._trouble: Trouble | None = None
        self._replaced = False
        self._told_inventory = False

        self._glass = Glass(settings.touch_pin)
        self._enrolment: Enrolment | None = None
        self._to_delete: set[int] = set()
        self._undeletable: frozenset[int] = frozenset()
        self._deletions: list[asyncio.Future[None]] = []
        self._glow: Glow | None = None
        self._glow_free = 0.0
        self._lit = False

    @property
    def identity(self) -> Identity | None:
        """The module that is trusted; worth keeping for the next start."""
        return self._known

    @property
    def counters(self) -> Counters | None:
        """What has come over the line since it was last opened."""
        return self._link.counters if self._link is not None else None

    @override
    async def start(self, report: Report) -> None:
        if self._task is not None:
            raise RuntimeError("The reader has been started already.")
        self._report = report
        self._stopping = self._told_inventory = False
        self._trouble = None
        self._task = asyncio.create_task(self._run(), name="ef01")
        self._task.add_done_callback(self._ended)

    @override
    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is None:
            return
        self._stopping = True
        self._wake.set()
        if self._serving:
            # Time to end an enrolment and put out the ring.
            await asyncio.wait({task}, timeout=_GRACE)
        task.cancel()
        await asyncio.wait({task})

    @override
    async def enrol(self, slot: int, steps: int) -> None:
        if self._enrolment is not None and self._enrolment.cancelled:
            await self._enrolment.over.wait()
        if self._enrolment is not None:
            raise PortBusy("An enrolment is running.")
        if slot < 0 or not FEWEST_STEPS <= steps <= MOST_STEPS:
            raise ValueError(f"{FEWEST_STEPS} to {MOST_STEPS} steps into a slot from 0")
        self._enrolment = Enrolment(slot, steps)
        if self._serving:
            self._wake.set()
        else:
            asyncio.get_running_loop().call_soon(self._end_enrolment, EnrolFailed(CredentialType.FINGERPRINT, "fault"))

    @override
    async def cancel(self) -> None:
        enrolment = self._enrolment
        if enrolment is not None:
            enrolment.cancelled = True
            self._wake.set()
            await enrolment.over.wait()

    @override
    async def delete(self, slots: Collection[int]) -> None:
        self._to_delete.update(slots)
        if slots and self._serving:
            done = asyncio.get_running_loop().create_future()
            self._deletions.append(done)
            self._wake.set()
            await done

    def light(self, glow: Glow) -> None:
        """Show this on the ring, if there is one, when what it shows now is over; a later wish takes its place."""
        self._glow = glow
        self._wake.set()

    def touched(self) -> None:
        """The touch pin says that a finger is on the glass."""
        self._glass.touched()
        self._wake.set()

    def trust(self) -> None:
        """Take the module that answers now as the right one: an administrator has said so."""
        if self._replaced:
            self._known = None
            self._slots = None
            self._wake.set()

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._session()
            except (ModuleError, OSError) as error:
                if not self._stopping:
                    self._fault(error)
                    await self._sleep(self._next_delay())

    def _ended(self, task: asyncio.Task[None]) -> None:
        """The task ends when it is told to; with anything else, the part is out of service and somebody must know."""
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.critical("The driver of the fingerprint module has failed", exc_info=error)
            self._report(PartFault(Part.FINGERPRINT, Trouble.INTERNAL))

    async def _session(self) -> None:
        """One opening of the port, to its end."""
        link = Link(self._timing, self._wake.set, address=self._settings.address)
        module = Module(link, password=self._settings.password, buffers=self._settings.buffers)
        try:
            await link.open(self._settings.port, self._settings.baudrate)
            self._link = link
            while not self._stopping:
                if await self._admit(module):
                    with suppress(_ReplacedError):
                        await self._serve(module)
        finally:
            await link.close()

    async def _admit(self, module: Module) -> bool:
        """Let the module in when it is the one that we know; else wait a while."""
        try:
            occupied = await self._meet(module)
        except _ReplacedError:
            if not self._replaced:
                _LOG.error("Another fingerprint module than before answers at %s", self._settings.port)
                self._replaced = True
                self._report(PartReplaced(Part.FINGERPRINT))
            await self._rest(self._timing.heartbeat)
            return False
        self._known = module.identity
        self._slots = occupied
        self._undeletable = frozenset()
        if self._to_delete:
            await self._forget(module, occupied)
        if self._trouble is not None or self._replaced:
            _LOG.warning("The fingerprint module at %s is back", self._settings.port)
            self._trouble = None
            self._replaced = False
            self._told_inventory = False
            self._report(PartBack(Part.FINGERPRINT))
        if not self._told_inventory:
            self._told_inventory = True
            self._report(Inventory(CredentialType.FINGERPRINT, self._slots - self._to_delete))
        return True

    async def _meet(self, module: Module, tries: int = 3) -> frozenset[int]:
        """Greet and compare. Raises `_ReplacedError` for another module, or another library in it."""
        try:
            identity = await module.greet()
            occupied = await module.inventory()
        except DoubtError:
            if tries == 1:
                raise
            return await self._meet(module, tries - 1)
        changed = frozenset() if self._slots is None else (occupied ^ self._slots) - self._to_delete
        if changed or self._known not in {None, identity}:
            raise _ReplacedError("another module answers")
        return occupied

    async def _serve(self, module: Module) -> None:
        """Work with the module until somebody stops us. Raises when it is away, or another one."""
        doubts = 0
        self._serving = True
        try:
            while not self._stopping:
                try:
                    await self._turn(module)
                except DoubtError as error:
                    _LOG.debug("In doubt about the fingerprint module: %s", error)
                    doubts += 1
                    if doubts == _PATIENCE:
                        raise
                    await self._meet(module)
                else:
                    doubts = 0
                    self._backoff = self._timing.backoff_first
                    await self._rest(self._until_next_turn())
            if self._lit:
                await module.show(DARK)
        finally:
            self._serving = False
            self._end_enrolment(EnrolFailed(CredentialType.FINGERPRINT, "cancelled" if self._stopping else "fault"))
            self._end_deletions(tuple(self._deletions))

    def _until_next_turn(self) -> float:
        busy = self._glass.waits or self._enrolment is not None or self._glow is not None
        return self._timing.poll if busy else self._timing.heartbeat

    async def _turn(self, module: Module) -> None:
        if self._has_to_forget:
            await self._forget(module, await self._meet(module))
        await self._show(module)
        if self._enrolment is not None:
            await self._learn(module, self._enrolment)
        elif self._glass.waits:
            await self._look(module)
        else:
            await self._meet(module)

    @property
    def _has_to_forget(self) -> bool:
        return bool(self._deletions or self._to_delete - self._undeletable)

    async def _look(self, module: Module) -> None:
        sight = await self._glass.look(module, self._slots or frozenset())
        match sight:
            case BiometricSeen() if self._enrolment is not None:
                # That was asked for in the meantime: a finger that has just come is a touch of it.
                self._glass.look_again()
            case Sight.UNREADABLE:
                self.light(AGAIN)
            case BiometricSeen(slot=slot):
                self._report(BiometricSeen(CredentialType.FINGERPRINT, None if slot in self._to_delete else slot))

    async def _learn(self, module: Module, enrolment: Enrolment) -> None:
        """Carry an enrolment to its end. A slot that is not told to be done is empty, now or at the return."""
        try:
            await self._teach(module, enrolment)
        except EnrolmentError as ended:
            try:
                if self._to_delete:
                    await self._forget(module, await self._meet(module))
            finally:
                self._end_enrolment(EnrolFailed(CredentialType.FINGERPRINT, ended.reason))
        except ModuleError, OSError:
            self._end_enrolment(EnrolFailed(CredentialType.FINGERPRINT, "fault"))
            raise
        else:
            self._to_delete.discard(enrolment.slot)
            self._slots = (self._slots or frozenset()) | {enrolment.slot}
            self._end_enrolment(EnrolDone(CredentialType.FINGERPRINT, enrolment.slot))
        finally:
            self._glass.after_enrolment(occupied=module.finger)
            self.light(DARK)

    async def _teach(self, module: Module, enrolment: Enrolment) -> None:
        async def forget() -> None:
            await self._forget(module, await self._meet(module))

        async def pause() -> None:
            await self._rest(self._timing.poll)
            self._check(enrolment)
            if self._has_to_forget:
                await steady(forget)
            await self._show(module)

        async def steady[T](step: Callable[[], Awaitable[T]]) -> T:
            try:
                return await step()
            except RestartedError:
                raise
            except DoubtError:
                await self._meet(module)
                return await step()

        self._check(enrolment)
        if enrolment.slot >= module.identity.capacity or enrolment.slot in (self._slots or ()):
            _LOG.error("The fingerprint module has no free slot %d", enrolment.slot)
            raise EnrolmentError("fault")
        together = enrolment.steps <= module.buffers
        if module.buffers > CLASSIC_BUFFERS:
            together = await module.restart() and together
            await self._meet(module)
        teacher = Teacher(module, self._timing, self._report, self.light, pause)
        await teacher.teach(enrolment.steps, steady, together=together, lifted=not self._glass.told)
        self._check(enrolment)
        self._to_delete.add(enrolment.slot)
        if not await steady(lambda: module.store(enrolment.slot)):
            raise EnrolmentError("fault")
        self._check(enrolment)

    def _check(self, enrolment: Enrolment) -> None:
        if enrolment.cancelled or self._stopping:
            raise EnrolmentError("cancelled")

    def _end_enrolment(self, outcome: EnrolDone | EnrolFailed) -> None:
        enrolment, self._enrolment = self._enrolment, None
        if enrolment is None:
            return
        if enrolment.cancelled and isinstance(outcome, EnrolFailed):
            outcome = EnrolFailed(CredentialType.FINGERPRINT, "cancelled")
        enrolment.over.set()
        self._report(outcome)

    async def _forget(self, module: Module, occupied: frozenset[int]) -> None:
        """Delete what is to be deleted, in a module that has just been met."""
        wanted, waiting = frozenset(self._to_delete), tuple(self._deletions)
        left = await module.forget(occupied & wanted)
        self._slots = occupied - (wanted - left)
        self._to_delete -= wanted - left
        self._undeletable = wanted & left
        if self._undeletable:
            _LOG.error("The fingerprint module keeps slots that it should forget: %s", sorted(self._undeletable))
        self._end_deletions(waiting)

    def _end_deletions(self, deletions: Iterable[asyncio.Future[None]]) -> None:
        for done in deletions:
            self._deletions.remove(done)
            if not done.done():
                done.set_result(None)

    async def _show(self, module: Module) -> None:
        """A module that shows something finite does not take the next wish before its end."""
        now = asyncio.get_running_loop().time()
        if self._glow is None or now < self._glow_free:
            return
        glow, self._glow = self._glow, None
        self._glow_free = now + glow.seconds
        self._lit = glow.effect != DARK.effect
        try:
            await module.show(glow)
        except NoAnswerError:
            # A module without a ring may keep silent; it must be shown not to be gone.
            await self._meet(module)

    async def _rest(self, seconds: float) -> None:
        """Wait, but not longer than until somebody wants something."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    def _fault(self, error: ModuleError | OSError) -> None:
        trouble = trouble_of(error)
        _LOG.log(
            logging.WARNING if self._trouble is None else logging.DEBUG,
            "The fingerprint module at %s cannot be used (%s): %s",
            self._settings.port,
            trouble,
            error,
        )
        if self._trouble is None:
            self._trouble = trouble
            self._report(PartFault(Part.FINGERPRINT, trouble))
        if trouble in _SLOW:
            self._backoff = self._timing.backoff_longest

    def _next_delay(self) -> float:
        delay = self._backoff
        self._backoff = min(2 * delay, self._timing.backoff_longest)
        return delay * self._jitter.uniform(0.75, 1.25)


class _ReplacedError(ModuleError):
    trouble = Trouble.GARBLED


_GRACE: Final = 1.5
"""The bridge has 2 s to stop."""

_PATIENCE: Final = 3
_SLOW: Final = frozenset({Trouble.WRONG_PASSWORD, Trouble.SETTINGS, Trouble.UNSUPPORTED, Trouble.NO_PERMISSION})
"""What only a person can mend is not tried often."""

_LOG: Final = logging.getLogger(__name__)
