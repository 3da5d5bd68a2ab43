"""Keeps an attached part served: opens it, and after each fault tries again, ever less often."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from lock_bridge.wire.words import Part

from .ports import Health, PartBack, PartFault, PartReplaced, Report
from .trouble import PartError, Trouble, trouble_of

_LOG: Final = logging.getLogger(__name__)


class Upkeep:
    """Runs `session` again and again until `stop`, with back-off from 0.5 s to 30 s.

    A session opens the part and serves it until it is away. It raises `PartError` or `OSError` when the part cannot be
    worked with, calls `served` once the right part answers, or `replaced` when another one does, and returns when
    `stopping`, or to begin anew at once. The first fault in a row is reported; the part's return ends it with
    `PartBack`. Any other exception is a defect of the driver (`INTERNAL`), and no end: it is tried again, rarely.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        name: str,
        session: Callable[[], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: random.Random | None = None,
        first_s: float = 0.5,
        longest_s: float = 30.0,
    ) -> None:
        """`parts` are the modules behind the port, which fail together; `name` is for the log."""
        self.health = Health("starting")
        self.stopping = False
        self._parts = tuple(parts)
        self._name = name
        self._session = session
        self._sleep = sleep
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, hides nothing
        self._first_s = first_s
        self._longest_s = longest_s
        self._delay_s = first_s
        self._report: Report = lambda _reading: None
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._task is not None

    def start(self, report: Report) -> None:
        """Begin; faults and returns go to `report`. Raises `RuntimeError` when it runs already."""
        if self._task is not None:
            raise RuntimeError(f"{self._name} has been started already.")
        self._report = report
        self.stopping = False
        self.health = Health("starting")
        self._task = asyncio.create_task(self._run(), name=self._name)
        self._task.add_done_callback(self._ended)

    async def stop(self, *, grace_s: float = 0.0, wake: Callable[[], None] | None = None) -> None:
        """End; a session that is served and has been woken has `grace_s` to leave the part safe."""
        task, self._task = self._task, None
        if task is None:
            return
        self.stopping = True
        if wake is not None:
            wake()
        if grace_s and self.health.state in ("served", "replaced"):
            await asyncio.wait({task}, timeout=grace_s)
        task.cancel()
        await asyncio.wait({task})

    def served(self, words: str = "") -> None:
        """The right part answers. Reports `PartBack` where it was away or another one was in its place."""
        before, self.health = self.health, Health("served", words=words)
        if before.state in ("trouble", "replaced"):
            _LOG.warning("%s is back", self._name)
            for part in self._parts:
                self._report(PartBack(part))

    def works(self) -> None:
        """It has done something right: the next retry, if any, comes soon again."""
        self._delay_s = self._first_s

    def replaced(self, words: str = "") -> None:
        """Another device than before answers. Reported once, until `served`."""
        before, self.health = self.health, Health("replaced", words=words)
        if before.state != "replaced":
            _LOG.error("Another device than before answers as %s", self._name)
            for part in self._parts:
                self._report(PartReplaced(part))

    def fault(self, trouble: Trouble, words: str = "") -> None:
        """It does not work; reported once, until `served`."""
        before, self.health = self.health, Health("trouble", trouble, words)
        level = logging.WARNING if before.state != "trouble" else logging.DEBUG
        _LOG.log(level, "%s cannot be used (%s): %s", self._name, trouble, words)
        if before.state != "trouble":
            for part in self._parts:
                self._report(PartFault(part, trouble))

    async def _run(self) -> None:
        while not self.stopping:
            try:
                await self._session()
                # Where it had nothing to wait for, everybody else goes on all the same.
                await asyncio.sleep(0)
            except (PartError, OSError) as error:
                if self._task is None:  # `stop` has put it away
                    return
                await self._fail(trouble_of(error), str(error))
            except Exception as error:  # noqa: BLE001 - a defect of the driver is told, and the next try may do better
                _LOG.critical("The driver of %s has failed", self._name, exc_info=error)
                if self._task is None:
                    return
                await self._fail(Trouble.INTERNAL, type(error).__name__)

    async def _fail(self, trouble: Trouble, words: str) -> None:
        """Report it, and wait until the next try."""
        self.fault(trouble, words)
        if trouble in _SLOW:
            self._delay_s = self._longest_s
        delay = self._delay_s
        self._delay_s = min(2 * delay, self._longest_s)
        await self._sleep(delay * self._jitter.uniform(0.75, 1.25))

    def _ended(self, task: asyncio.Task[None]) -> None:
        # It ends when it is told to; whatever else ends it, it is out of service, and that is seen.
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.critical("The upkeep of %s has failed", self._name, exc_info=error)
            self.fault(Trouble.INTERNAL, type(error).__name__)


_SLOW: Final = frozenset(
    {
        Trouble.WRONG_PASSWORD,
        Trouble.SETTINGS,
        Trouble.UNSUPPORTED,
        Trouble.NO_PERMISSION,
        Trouble.NO_LINE,
        Trouble.LIBRARY_MISSING,
        Trouble.INTERNAL,
    }
)
"""What only a person can mend is not tried often."""
