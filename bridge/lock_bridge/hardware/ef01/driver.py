"""The driver: keeps a module of the EF 01 family served, whatever happens to it, and tells the lock what it sees."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, override

from lock_bridge.hardware.doubt import DoubtError, NoAnswerError, RestartedError
from lock_bridge.hardware.gpio.lines import Line, Lines
from lock_bridge.hardware.memory import Forgetful, PartMemory
from lock_bridge.hardware.ports import (
    BiometricSeen,
    EnrolDone,
    EnrolFailed,
    Health,
    Inventory,
    PortBusy,
    Report,
    TemplateReader,
)
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.hardware.watched_line import WatchedLine
from lock_bridge.wire.words import CredentialType, Part

from .commands import Glow
from .enrolment import AGAIN, DARK, FEWEST_STEPS, MOST_STEPS, Enrolment, EnrolmentError, Teacher
from .frames import DEFAULT_ADDRESS, Counters
from .glass import Glass, Sight
from .known import Known
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

    touch: Line | None = None
    """Where its touch pin is wired: the driver looks at the glass when that says so, and does not poll."""

    name: str = "fingerprint"
    """For logs, and for `gpioinfo`."""


class Ef01Reader(TemplateReader):
    """A fingerprint reader on a serial port.

    A module that answers as another one than before (other parameters, serial number or slots) is reported with
    `PartReplaced`, and nothing that it sees is believed until `trust`, or until the one before is back.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        memory: PartMemory | None = None,
        lines: Lines | None = None,
        timing: Timing | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        """`memory` is of earlier runs: then another module is noticed at the first start too."""
        self._settings = settings
        self._timing = timing or Timing()
        self._upkeep = Upkeep(
            (Part.FINGERPRINT,),
            settings.name,
            self._session,
            sleep=sleep,
            jitter=jitter,
            first_s=self._timing.backoff_first,
            longest_s=self._timing.backoff_longest,
        )
        self._report: Report = lambda _reading: None
        self._wake = asyncio.Event()

        self._link: Link | None = None
        self._serving = False
        self._met_at = 0.0
        self._known = Known(memory or Forgetful())

        self._touch: WatchedLine | None = None
        if settings.touch is not None and lines is not None:
            self._touch = WatchedLine(lines, settings.name, settings.touch, self._touched)
        self._glass = Glass(self._touch is not None)
        self._enrolment: Enrolment | None = None
        self._to_delete: set[int] = set()
        self._undeletable: frozenset[int] = frozenset()
        self._deletions: list[asyncio.Future[None]] = []
        self._glow: Glow | None = None
        self._glow_free = 0.0
        self._lit = False

    @property
    def identity(self) -> Identity | None:
        """The module that is trusted."""
        return self._known.identity

    @property
    def health(self) -> Health:
        """How it is now."""
        return self._upkeep.health

    @property
    def counters(self) -> Counters | None:
        """What has come over the line since it was last opened."""
        return self._link.counters if self._link is not None else None

    @override
    async def start(self, report: Report) -> None:
        self._upkeep.start(report)
        self._report = report

    @override
    async def stop(self) -> None:
        # Time to end an enrolment and put out the ring.
        await self._upkeep.stop(grace_s=_GRACE, wake=self._wake.set)

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
        self._known.about_to_change(self._to_delete)
        if slots and self._serving:
            done = asyncio.get_running_loop().create_future()
            self._deletions.append(done)
            self._wake.set()
            await done

    def light(self, glow: Glow) -> None:
        """Show this on the ring, if there is one, when what it shows now is over; a later wish takes its place."""
        self._glow = glow
        self._wake.set()

    def trust(self) -> None:
        """Take the module that answers now as the right one, and empty it: an administrator has said so."""
        if self._upkeep.health.state == "replaced":
            self._known.start_anew()
            self._wake.set()

    @property
    def _stopping(self) -> bool:
        return self._upkeep.stopping

    def _touched(self, active: bool) -> None:
        if active:
            self._glass.touched()
            self._wake.set()

    async def _session(self) -> None:
        """One opening of the port, to its end."""
        link = Link(self._timing, self._wake.set, address=self._settings.address)
        module = Module(link, password=self._settings.password, buffers=self._settings.buffers)
        try:
            await link.open(self._settings.port, self._settings.baudrate)
            self._link = link
            if self._touch is not None:
                self._touch.open()
            while not self._stopping:
                if await self._admit(module):
                    with suppress(_ReplacedError):
                        await self._serve(module)
        finally:
            if self._touch is not None:
                self._touch.close()
            await link.close()

    async def _admit(self, module: Module) -> bool:
        """Let the module in when it is the one that we know; else wait a while."""
        try:
            occupied = await self._meet(module)
        except _ReplacedError:
            self._upkeep.replaced(_words(module.identity))
            await self._rest(self._timing.heartbeat)
            return False
        if self._known.to_be_emptied:
            # Before it is known: whatever happens meanwhile, it is emptied before it is served.
            occupied = await self._empty(module, occupied)
        self._known.keep(module.identity, occupied)
        self._known.emptied()
        self._undeletable = frozenset()
        if self._to_delete:
            await self._forget(module, occupied)
        first = self._upkeep.health.state != "served"
        slots = self._known.slots - self._to_delete
        self._upkeep.served(f"{_words(module.identity)}, {len(slots)} of {module.identity.capacity} slots taken")
        if first:
            self._report(Inventory(CredentialType.FINGERPRINT, slots, first=self._known.first))
            self._known.first = False
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
        if not self._known.is_same(identity, occupied):
            raise _ReplacedError("another module answers", Trouble.UNSUPPORTED)
        self._met_at = self._now()
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
                    self._upkeep.works()
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
            if not module.finger and self._now() - self._met_at >= self._timing.heartbeat:
                # While nobody waits. Where it is polled it answers all the time, whoever it is.
                await self._meet(module)
        else:
            await self._meet(module)
            if self._touch is not None:
                self._touch.check()

    @property
    def _has_to_forget(self) -> bool:
        return bool(self._deletions or self._to_delete - self._undeletable)

    async def _look(self, module: Module) -> None:
        sight = await self._glass.look(module, self._known.slots)
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
        except PartError, OSError:
            self._end_enrolment(EnrolFailed(CredentialType.FINGERPRINT, "fault"))
            raise
        else:
            self._to_delete.discard(enrolment.slot)
            self._known.keep(module.identity, self._known.slots | {enrolment.slot})
            self._known.about_to_change(self._to_delete)
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
        if enrolment.slot >= module.identity.capacity or enrolment.slot in self._known.slots:
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
        self._known.about_to_change(self._to_delete)
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
        self._to_delete -= wanted - left
        self._known.keep(module.identity, occupied - (wanted - left))
        self._known.about_to_change(self._to_delete)
        self._undeletable = wanted & left
        if self._undeletable:
            _LOG.error("The fingerprint module keeps slots that it should forget: %s", sorted(self._undeletable))
        self._end_deletions(waiting)

    async def _empty(self, module: Module, occupied: frozenset[int]) -> frozenset[int]:
        """Have everybody deleted. Raises `PartError` when somebody is still there."""
        if left := await module.forget(occupied):
            raise PartError(f"the module keeps {len(left)} slots that it should forget", Trouble.UNSUPPORTED)
        return left

    def _end_deletions(self, deletions: Iterable[asyncio.Future[None]]) -> None:
        for done in deletions:
            self._deletions.remove(done)
            if not done.done():
                done.set_result(None)

    async def _show(self, module: Module) -> None:
        """A module that shows something finite does not take the next wish before its end."""
        now = self._now()
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

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _rest(self, seconds: float) -> None:
        """Wait, but not longer than until somebody wants something."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()


class _ReplacedError(PartError):
    """Another module answers."""


def _words(identity: Identity) -> str:
    """Who answers, for people."""
    product = identity.product
    return "a module that does not tell its kind" if product is None else f"{product.model}, serial {product.serial}"


_GRACE: Final = 1.5
"""The bridge has 2 s to stop."""

_PATIENCE: Final = 3
_LOG: Final = logging.getLogger(__name__)
