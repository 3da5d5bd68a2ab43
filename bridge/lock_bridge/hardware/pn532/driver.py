"""The driver: looks for cards again and again, and keeps the chip served whatever happens to it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, override

from lock_bridge.hardware.card_field import CardField, is_random
from lock_bridge.hardware.doubt import DoubtError
from lock_bridge.hardware.memory import IDENTITY, PartMemory
from lock_bridge.hardware.ports import CardReader, CardSeen, Health, Report
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import Part

from . import commands
from .commands import Firmware
from .frames import Counters
from .greeting import greet
from .link import Link, Timing

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the chip is and how it is spoken to."""

    port: str
    """A path below /dev/serial/by-id, or a URL of serialx."""

    baudrate: int = 115_200


class Pn532Reader(CardReader):
    """A card reader on a serial port. A chip with another version than before is another one (`PartReplaced`)."""

    def __init__(
        self,
        settings: Settings,
        memory: PartMemory,
        *,
        name: str = "card",
        timing: Timing | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        """`name` is for the log; `sleep` and `jitter` are of the waits between retries."""
        self._settings = settings
        self._memory = memory
        self._name = name
        self._timing = timing or Timing()
        self._upkeep = Upkeep((Part.CARD,), name, self._session, sleep=sleep, jitter=jitter)
        self._report: Report = lambda _reading: None
        self._wake = asyncio.Event()
        self._field = CardField(misses=_MISSES, longest_ms=_LONGEST_MS)
        self._link: Link | None = None
        self._stranger: str | None = None
        self._random_told = False

    @property
    def health(self) -> Health:
        """How it is now."""
        return self._upkeep.health

    @property
    def counters(self) -> Counters | None:
        """What has come over the line since it was last opened."""
        return None if self._link is None else self._link.counters

    @override
    async def start(self, report: Report) -> None:
        self._report = report
        self._upkeep.start(report)

    @override
    async def stop(self) -> None:
        await self._upkeep.stop(grace_s=_GRACE_S, wake=self._wake.set)

    def trust(self) -> None:
        """Take the chip that answers now as the right one: an administrator has said so."""
        if self._stranger is not None:
            self._memory.put(IDENTITY, self._stranger)
            self._wake.set()

    async def _session(self) -> None:
        """One opening of the port, to its end."""
        link = Link(self._timing, self._wake.set)
        try:
            await link.open(self._settings.port, self._settings.baudrate)
            self._link = link
            while not self._upkeep.stopping:
                if self._admits(await greet(link)):
                    await self._serve(link)
                else:
                    await self._rest(self._timing.heartbeat)
        finally:
            await link.close()

    def _admits(self, found: Firmware) -> bool:
        """Whether it is the chip that we know; the first one ever is."""
        known = self._memory.get(IDENTITY)
        if known not in {None, found.words}:
            self._stranger = found.words
            self._upkeep.replaced(found.words)
            return False
        if known is None:
            self._memory.put(IDENTITY, found.words)
        self._stranger = None
        self._upkeep.served(found.words)
        return True

    async def _serve(self, link: Link) -> None:
        """Look for cards until we are stopped, or it may be another chip. Raises when it is away."""
        doubts = 0
        loop = asyncio.get_running_loop()
        greeted = loop.time()
        while not self._upkeep.stopping:
            try:
                await self._look(link)
                if loop.time() - greeted >= self._timing.heartbeat:
                    greeted = loop.time()
                    if not self._admits(await link.ask(commands.firmware())):
                        return
            except DoubtError as error:
                _LOG.debug("In doubt about %s: %s", self._name, error)
                doubts += 1
                if doubts == _PATIENCE:
                    raise
                if not self._admits(await greet(link)):
                    return
            else:
                doubts = 0
                self._upkeep.works()
                await self._rest(self._timing.poll)

    async def _look(self, link: Link) -> None:
        uids = await link.ask(commands.look())
        now_ms = int(asyncio.get_running_loop().time() * 1000)
        for uid in self._field.look(uids, now_ms):
            if is_random(uid) and not self._random_told:
                self._random_told = True
                _LOG.info(
                    "%s has seen a phone, or a card that hides its number: it shows another one each time", self._name
                )
            self._report(CardSeen(uid))
        await link.ask(commands.field_off())

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()


_MISSES: Final = 3
"""Looks without a card until it has left: at the edge of the field one comes and goes."""

_LONGEST_MS: Final = 2_000
"""After so long without a look a card that is there has come again."""

_PATIENCE: Final = 5
"""Looks in a row that end in doubt, each followed by a greeting that did not."""

_GRACE_S: Final = 0.5
