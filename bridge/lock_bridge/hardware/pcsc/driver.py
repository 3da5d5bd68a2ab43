"""The driver: one thread for each opening of the service, which tells the event loop what it sees."""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, override

from lock_bridge.hardware.card_field import CardField
from lock_bridge.hardware.memory import IDENTITY, PartMemory
from lock_bridge.hardware.ports import CardReader, CardSeen, Health, Report
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import Part

from .settings import Settings
from .watch import Card, Found, Gone, Seen, watch


class PcscReader(CardReader):
    """A reader of the smart card service. One with another name or serial number is another one (`PartReplaced`)."""

    def __init__(
        self,
        settings: Settings,
        memory: PartMemory,
        *,
        name: str = "card",
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: random.Random | None = None,
        edge_ms: int = 500,
    ) -> None:
        """`name` is for the log; `sleep` and `jitter` are of the waits between retries.

        A card that comes again within `edge_ms` has not been away: at the edge of the field it comes and goes.
        """
        self._settings = settings
        self._memory = memory
        self._name = name
        self._upkeep = Upkeep((Part.CARD,), name, self._session, sleep=sleep, jitter=jitter)
        self._report: Report = lambda _reading: None
        self._field = CardField(misses=_NEVER, longest_ms=edge_ms)
        self._lying: bytes | None = None
        self._trusted = False
        self._stranger: str | None = None

    @property
    def health(self) -> Health:
        """How it is now."""
        return self._upkeep.health

    @override
    async def start(self, report: Report) -> None:
        self._report = report
        self._upkeep.start(report)

    @override
    async def stop(self) -> None:
        await self._upkeep.stop()

    def trust(self) -> None:
        """Take the reader that answers now as the right one: an administrator has said so."""
        if self._stranger is not None:
            self._memory.put(IDENTITY, self._stranger)
            self._admit(self._stranger)
            if self._lying is not None:
                self._tell(self._lying)

    async def _session(self) -> None:
        """One thread, to its end."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        over = asyncio.Event()
        stop = threading.Event()
        self._trusted, self._lying, self._stranger = False, None, None

        def later(call: Callable[[], None]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(call)

        def hear(seen: Seen) -> None:
            if not ended.done() and not stop.is_set():
                self._hear(seen)

        def end(error: BaseException | None) -> None:
            over.set()
            if ended.done():
                return
            if error is None:
                ended.set_result(None)
            else:
                ended.set_exception(error)

        def run() -> None:
            failure: BaseException | None = None
            try:
                watch(self._settings, lambda seen: later(lambda: hear(seen)), stop)
            except ImportError as error:
                failure = PartError(str(error), Trouble.LIBRARY_MISSING)
            except BaseException as error:  # noqa: BLE001 - the loop hears of it
                failure = error
            later(lambda: end(failure))

        threading.Thread(target=run, name=self._name, daemon=True).start()
        try:
            await ended
        finally:
            stop.set()
            # A service that hangs must not hold up the bridge: the thread ends with the process.
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    await over.wait()

    def _hear(self, seen: Seen) -> None:
        match seen:
            case Found(words):
                self._meet(words)
            case Card(uid):
                self._lying = uid
                if self._trusted:
                    self._tell(uid)
            case Gone():
                if self._lying is not None and self._trusted:
                    self._field.look([self._lying], self._now_ms())
                self._lying = None

    def _meet(self, words: str) -> None:
        """Let the reader in when it is the one that we know; the first one ever is."""
        known = self._memory.get(IDENTITY)
        if known in {None, words}:
            self._memory.put(IDENTITY, words)
            self._admit(words)
        else:
            self._stranger = words
            self._upkeep.replaced(words)

    def _admit(self, words: str) -> None:
        self._trusted, self._stranger = True, None
        self._upkeep.served(words)
        self._upkeep.works()

    def _tell(self, uid: bytes) -> None:
        for new in self._field.look([uid], self._now_ms()):
            self._report(CardSeen(new))

    def _now_ms(self) -> int:
        return int(asyncio.get_running_loop().time() * 1000)


_NEVER: Final = 1_000_000
"""The service says when a card leaves: no look is made without it."""

_GRACE_S: Final = 2.0
