"""The driver: keeps one module of the EF AA family served for all of its ports, and tells the lock what it sees."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from lock_bridge.hardware.absent import PARTS
from lock_bridge.hardware.doubt import DoubtError, NoAnswerError
from lock_bridge.hardware.gpio.lines import Line, Lines
from lock_bridge.hardware.memory import PartMemory
from lock_bridge.hardware.ports import (
    BiometricSeen,
    EnrolDone,
    EnrolFailed,
    Health,
    Inventory,
    NearSeen,
    PartBack,
    PartFault,
    PartReplaced,
    PortBusy,
    Reading,
    Report,
)
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import CredentialType, Part

from .commands import Result, sighting
from .dialects import FACE, PALM, Dialect
from .frames import Counters
from .known import Identity, Known, Listing, new_name
from .link import Link, Timing
from .module import Module
from .presence import Presence
from .sight import Sight
from .stock import Stock
from .teaching import Bother, Enrolment, EnrolmentError, teach


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the module is and what it is."""

    port: str
    """A path below /dev/serial/by-id, or a URL of serialx."""

    baudrate: int = 115_200
    dialect: Dialect | None = None
    """None: the one that its version tells."""

    near: Line | None = None
    """Where a presence sensor is wired: the module sleeps while nobody is near."""

    watch: bool = True
    """Without such a sensor: it looks all the time, and tells by itself who is near."""

    name: str = "face"
    """For logs, and for `gpioinfo`."""

    trial: bool = False
    """Nobody is deleted at the start: who is the lock's is not known."""


@dataclass(slots=True)
class Seat:
    """One port that the module serves."""

    kind: CredentialType
    part: Part
    report: Report | None = None
    met: bool = False
    """It has heard who is in the module."""
    deletions: list[asyncio.Future[None]] = field(default_factory=list)

    def tell(self, reading: Reading) -> None:
        """Report, if somebody listens."""
        if self.report is not None:
            self.report(reading)


class EfaaModule:
    """One module on a serial port, and the ports that it serves.

    A module that answers as another one than before (other version, serial number or users) is reported with
    `PartReplaced`, and nothing that it sees is believed until `trust`, or until the one before is back.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        memory: PartMemory,
        lines: Lines,
        timing: Timing | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        self.settings = settings
        self._timing = timing or Timing()
        self._sleep = sleep
        self._jitter = jitter
        self._upkeep: Upkeep | None = None
        self._seats: dict[CredentialType, Seat] = {}
        self._stock = Stock(Known(memory))
        self._sight = Sight(self._timing, self._seats.keys())
        self._presence = Presence(lines, settings.name, settings.near, self._near_changed, lasts_s=self._timing.near)

        self._link: Link | None = None
        self._serving = False
        self._met_at = 0.0
        self._looking = False
        self._enrolment: Enrolment | None = None
        self._bother: Bother | None = None
        self._wake = asyncio.Event()
        self._break = asyncio.Event()
        """Ends the task under way; `_reconsider` sets it."""

    @property
    def health(self) -> Health:
        """How it is now."""
        return Health("starting") if self._upkeep is None else self._upkeep.health

    @property
    def identity(self) -> Identity | None:
        """The module that is trusted."""
        return self._stock.known.identity

    @property
    def counters(self) -> Counters | None:
        """What has come over the line since it was last opened."""
        return self._link.counters if self._link is not None else None

    def attach(self, kind: CredentialType) -> None:
        """It is to serve a port as well."""
        if kind in self._seats:
            raise PartError(f"the module serves {kind} already", Trouble.IN_USE)
        self._seats[kind] = Seat(kind, PARTS[kind.value][0])

    def start(self, kind: CredentialType, report: Report) -> None:
        """A port begins to listen; the first one opens the device, a later one hears how things are."""
        seat = self._seats[kind]
        if seat.report is not None:
            raise RuntimeError("The reader has been started already.")
        seat.report = report
        if self._upkeep is not None and self._upkeep.running:
            self._catch_up(seat)
            return
        self._sight.forget()
        self._upkeep = Upkeep(
            [seat.part for seat in self._seats.values()],
            self.settings.name,
            self._session,
            sleep=self._sleep,
            jitter=self._jitter,
            first_s=self._timing.backoff_first,
            longest_s=self._timing.backoff_longest,
        )
        self._upkeep.start(self._of_part)

    async def stop(self, kind: CredentialType) -> None:
        """A port no longer listens; with the last one the device is given back."""
        seat = self._seats[kind]
        if any(other.report is not None for other in self._seats.values() if other is not seat):
            if self._enrolment is not None and self._enrolment.kind is kind:
                await self.cancel(kind)
        elif self._upkeep is not None:
            # Time to end an enrolment.
            await self._upkeep.stop(grace_s=_GRACE, wake=self._reconsider)
            self._upkeep = None
        seat.report = None
        self._reconsider()

    async def enrol(self, kind: CredentialType, slot: int, steps: int) -> None:
        """As `TemplateReader.enrol`."""
        if self._enrolment is not None and self._enrolment.cancelled:
            await self._enrolment.over.wait()
        if self._enrolment is not None:
            raise PortBusy("An enrolment is running.")
        if slot < 0 or steps < 1:
            raise ValueError("one step or more, into a slot from 0")
        self._enrolment = Enrolment(kind, slot, steps, new_name(kind, slot))
        if self._serving:
            self._reconsider()
        else:
            asyncio.get_running_loop().call_soon(self._end_enrolment, EnrolFailed(kind, "fault"))

    async def cancel(self, kind: CredentialType) -> None:
        """As `TemplateReader.cancel`."""
        enrolment = self._enrolment
        if enrolment is not None and enrolment.kind is kind:
            enrolment.cancelled = True
            self._reconsider()
            await enrolment.over.wait()

    async def delete(self, kind: CredentialType, slots: Iterable[int]) -> None:
        """As `TemplateReader.delete`."""
        wanted = frozenset(slots)
        self._stock.delete(kind, wanted)
        if wanted and self._serving:
            done = asyncio.get_running_loop().create_future()
            self._seats[kind].deletions.append(done)
            self._reconsider()
            await done

    def look(self, on: bool) -> None:
        """As `FaceReader.look`."""
        if on is not self._looking:
            self._sight.face_wanted = on
        self._looking = on
        self._reconsider()

    def trust(self) -> None:
        """Take the module that answers now as the right one, and empty it: an administrator has said so."""
        if self.health.state == "replaced":
            self._stock.known.start_anew()
            self._wake.set()

    @property
    def _stopping(self) -> bool:
        return self._upkeep is None or self._upkeep.stopping

    async def _session(self) -> None:
        """One opening of the port, to its end."""
        link = Link(self._timing, self._noted, self._wake.set)
        module = Module(link, self._timing, self.settings.dialect)
        try:
            self._presence.open()
            await link.open(self.settings.port, self.settings.baudrate)
            self._link = link
            while not self._stopping:
                if await self._admit(module):
                    with suppress(_ReplacedError):
                        await self._serve(module)
        finally:
            self._presence.close()
            await link.close()

    async def _admit(self, module: Module) -> bool:
        """Let the module in when it is the one that we know; else wait a while."""
        assert self._upkeep is not None  # noqa: S101 - it runs this session
        stock = self._stock
        try:
            listing = await self._meet(module)
        except _ReplacedError:
            self._upkeep.replaced(_words(module))
            await self._rest(self._timing.heartbeat)
            return False
        if missing := self._seats.keys() - module.dialect.kinds:
            raise PartError(
                f"{module.dialect.title} has no reader for {', '.join(sorted(missing))}", Trouble.UNSUPPORTED
            )
        if stock.known.to_be_emptied:
            listing = await stock.empty(module)
        stock.known.keep(module.identity, listing.users)
        stock.known.emptied()
        if not self.settings.trial and (stock.condemned(listing) or any(listing.surplus.values())):
            await stock.settle(module, listing)
        first = self._upkeep.health.state != "served"
        held = ", ".join(f"{kind} {len(stock.slots(kind))}" for kind in sorted(self._seats))
        self._upkeep.served(f"{_words(module)}, enrolled: {held}")
        if first:
            for seat in self._seats.values():
                self._tell_levels(seat)
        return True

    async def _meet(self, module: Module, tries: int = 3) -> Listing:
        """Greet and compare. Raises `_ReplacedError` for another module, or other users in it."""
        try:
            identity = await module.greet()
            listing = await module.listing(self._stock.known.users)
        except DoubtError:
            if tries == 1:
                raise
            return await self._meet(module, tries - 1)
        if not self._stock.known.is_same(identity, listing):
            raise _ReplacedError("another module answers", Trouble.UNSUPPORTED)
        self._met_at = _now()
        return listing

    async def _serve(self, module: Module) -> None:
        """Work with the module until somebody stops us. Raises when it is away, or another one."""
        assert self._upkeep is not None  # noqa: S101 - it runs this session
        doubts = 0
        self._serving = True
        try:
            while not self._stopping:
                try:
                    await self._turn(module)
                except DoubtError as error:
                    _LOG.debug("In doubt about the module of %s: %s", self.settings.name, error)
                    doubts += 1
                    if doubts == _PATIENCE:
                        raise
                    await self._meet(module)
                else:
                    doubts = 0
                    self._upkeep.works()
        finally:
            self._serving = False
            self._end_enrolment_by("cancelled" if self._stopping else "fault")
            self._end_deletions()

    async def _turn(self, module: Module) -> None:
        if self._has_to_forget:
            deletions = [(seat, tuple(seat.deletions)) for seat in self._seats.values()]
            await self._stock.settle(module, await self._meet(module))
            self._end_deletions(deletions)
        if self._enrolment is not None:
            await self._learn(module, self._enrolment)
        elif self._is_to_look:
            await self._look(module)
        else:
            await self._rest(self._timing.heartbeat)
        if _now() - self._met_at >= self._timing.heartbeat:
            await self._meet(module)
            self._presence.check()

    async def _look(self, module: Module) -> None:
        self._break.clear()
        self._sight.begin(_now())
        answer = await module.verify(self._break)
        if answer is None:
            if module.link.is_owed:
                # Its own reply has not come: whatever comes of it must not be taken for that of the next look.
                await self._meet(module)
            return
        if answer.result not in _LOOKED:
            raise NoAnswerError(f"a look has ended with {answer.result:#04x}")
        seen = self._sight.judge(answer, module.dialect, self._stock, _now())
        if seen is not None:
            if seen.kind is FACE:
                self._face_seen()
            if self._enrolment is None and self._sight.is_news(seen):
                self._seats[seen.kind].tell(BiometricSeen(seen.kind, seen.slot))
            await self._rest(self._timing.pause)

    async def _learn(self, module: Module, enrolment: Enrolment) -> None:
        """Carry an enrolment to its end. A slot that is not told to be done is empty, now or at the return."""
        kind = enrolment.kind
        try:
            user = await self._teach(module, enrolment)
        except EnrolmentError as ended:
            try:
                self._stock.give_up()
                await module.forget_poses()
                await self._stock.settle(module, await self._meet(module))
            finally:
                self._end_enrolment(EnrolFailed(kind, ended.reason))
        except PartError, OSError:
            self._stock.give_up()
            self._end_enrolment(EnrolFailed(kind, "fault"))
            raise
        else:
            self._stock.keep(module.identity, kind, user, enrolment.name)
            self._end_enrolment(EnrolDone(kind, enrolment.slot))
        finally:
            self._bother = None
            self._sight.after_enrolment(_now())

    async def _teach(self, module: Module, enrolment: Enrolment) -> int:
        self._check(enrolment)
        kind = enrolment.kind
        if enrolment.slot in self._stock.known.slots(kind):
            _LOG.error("The module of %s has no free slot %d", self.settings.name, enrolment.slot)
            raise EnrolmentError("fault")
        self._break.clear()
        self._bother = Bother(kind, self._timing)
        self._stock.begin(enrolment.name)
        user = await teach(module, enrolment, self._timing, self._seats[kind].tell, self._break)
        self._check(enrolment)
        if not await module.check(user, enrolment.name):
            raise EnrolmentError("fault")
        self._check(enrolment)
        return user

    def _check(self, enrolment: Enrolment) -> None:
        if enrolment.cancelled or self._stopping:
            raise EnrolmentError("cancelled")

    def _end_enrolment(self, outcome: EnrolDone | EnrolFailed) -> None:
        enrolment, self._enrolment = self._enrolment, None
        if enrolment is None:
            return
        if enrolment.cancelled and isinstance(outcome, EnrolFailed):
            outcome = EnrolFailed(enrolment.kind, "cancelled")
        enrolment.over.set()
        self._seats[enrolment.kind].tell(outcome)

    def _end_enrolment_by(self, reason: str) -> None:
        if self._enrolment is not None:
            self._end_enrolment(EnrolFailed(self._enrolment.kind, reason))

    def _end_deletions(self, which: Iterable[tuple[Seat, tuple[asyncio.Future[None], ...]]] | None = None) -> None:
        if which is None:
            which = [(seat, tuple(seat.deletions)) for seat in self._seats.values()]
        for seat, deletions in which:
            for done in deletions:
                seat.deletions.remove(done)
                if not done.done():
                    done.set_result(None)

    @property
    def _has_to_forget(self) -> bool:
        return self._stock.unsettled or any(seat.deletions for seat in self._seats.values())

    @property
    def _is_to_look(self) -> bool:
        """A face is looked for, or palms are; or the module is the only one who can tell that somebody comes."""
        has_sensor = self._presence.has_sensor
        palms = self._listens(PALM) and (self._presence.near or not has_sensor)
        watches = self._listens(FACE) and self.settings.watch and not has_sensor
        return palms or watches or (self._looking and self._sight.face_wanted)

    def _listens(self, kind: CredentialType) -> bool:
        seat = self._seats.get(kind)
        return seat is not None and seat.report is not None

    def _reconsider(self) -> None:
        """Something is wanted that was not, or no longer: break the task under way off where that ends it."""
        learning = self._enrolment
        if self._bother is not None and learning is not None:
            ends = learning.cancelled
        else:
            ends = self._has_to_forget or learning is not None or not self._is_to_look
        if ends or self._stopping:
            self._break.set()
        self._wake.set()

    def _noted(self, note: bytes) -> None:
        seen = sighting(note)
        if seen is None:
            return
        if self._bother is not None and self._enrolment is not None:
            if (retry := self._bother.shows(seen, _now())) is not None:
                self._seats[self._enrolment.kind].tell(retry)
        elif self._sight.shows(seen, _now()):
            self._face_seen()

    def _face_seen(self) -> None:
        if self.settings.watch and FACE in self._seats:
            self._presence.seen()

    def _near_changed(self) -> None:
        if self._serving:
            self._tell_near()
        self._reconsider()

    def _tell_near(self) -> None:
        if FACE in self._seats:
            self._seats[FACE].tell(NearSeen(self._presence.near))

    def _tell_levels(self, seat: Seat) -> None:
        first = self._stock.known.first and not seat.met
        seat.met = seat.met or seat.report is not None
        seat.tell(Inventory(seat.kind, self._stock.slots(seat.kind), first=first))
        if seat.kind is FACE:
            self._tell_near()

    def _of_part(self, reading: Reading) -> None:
        """What the upkeep says, to the port that it is about."""
        if isinstance(reading, PartFault | PartBack | PartReplaced):
            for seat in self._seats.values():
                if seat.part is reading.part:
                    seat.tell(reading)

    def _catch_up(self, seat: Seat) -> None:
        match self.health.state:
            case "trouble":
                seat.tell(PartFault(seat.part, self.health.trouble or Trouble.INTERNAL))
            case "replaced":
                seat.tell(PartReplaced(seat.part))
            case "served":
                self._tell_levels(seat)
        self._reconsider()

    async def _rest(self, seconds: float) -> None:
        """Wait, but not longer than until somebody wants something."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()


class _ReplacedError(PartError):
    """Another module answers."""


def _words(module: Module) -> str:
    """Who answers, for people."""
    return f"{module.dialect.title}, version {module.identity.version}, serial {module.identity.serial}"


def _now() -> float:
    return asyncio.get_running_loop().time()


_GRACE: Final = 1.5
"""The bridge has 2 s to stop."""

_PATIENCE: Final = 3
_LOOKED: Final = frozenset({Result.OK, Result.UNKNOWN_USER, Result.NOT_ALIVE, Result.TIMEOUT})
_LOG: Final = logging.getLogger(__name__)
