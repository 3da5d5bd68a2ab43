"""Keeps what is known of input lines true: edges are hints, what the lines say when they are read counts."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from lock_bridge.clock import Clock, Handle
from lock_bridge.hardware.pause import pause
from lock_bridge.hardware.ports import Report
from lock_bridge.hardware.trouble import PartError
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import Part

from .lines import Edge, Inputs, Line, Lines

CONFIRM_MS: Final = 50
"""The lines are read once more so long after the last edge."""

POLL_MS: Final = 5_000
"""They are read at least so often: an edge that was lost is found out."""

HELD_POLL_MS: Final = 250
"""While a button is held: a release that was lost shall not make a long press (DLM-11) of a short one."""


class Listener(Protocol):
    """Whom the levels matter to. All is told on the event loop, in order."""

    def found(self, levels: Mapping[str, bool]) -> None:
        """The lines have been taken, for the first time or again; they are so."""

    def moved(self, role: str, active: bool) -> None:
        """A line has become active, or inactive."""

    def judge(self, levels: Mapping[str, bool]) -> None:
        """The lines are at rest so. Raises `PartError` when that cannot be."""

    def lost(self) -> None:
        """From now on nothing is known of them. Told after `found`, before the fault."""


class Watch:
    """Takes the lines, tells the listener each change, and takes them anew after a failure."""

    def __init__(
        self,
        lines: Lines,
        consumer: str,
        wanted: Mapping[str, Line],
        clock: Clock,
        listener: Listener,
        *,
        parts: Sequence[Part] = (),
        debounce_ms: int,
        button: bool = False,
    ) -> None:
        """`parts` fail when the lines do. A `button` is looked at often while it is held."""
        self.upkeep = Upkeep(parts, consumer, self._session, sleep=partial(pause, clock))
        self.listener = listener
        self._lines = lines
        self._consumer = consumer
        self._wanted = wanted
        self._clock = clock
        self._debounce_ms = debounce_ms
        self._button = button
        self._inputs: Inputs | None = None
        self._told = False
        self._levels: dict[str, bool] = {}
        self._timer: Handle | None = None
        self._broken: asyncio.Future[None] | None = None

    def start(self, report: Report) -> None:
        """Begin; faults and returns go to `report`."""
        self.upkeep.start(report)

    async def stop(self) -> None:
        """Give the lines back and tell nothing more."""
        await self.upkeep.stop()

    @property
    def served(self) -> bool:
        """Whether the listener knows the levels."""
        return self._told

    async def _session(self) -> None:
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        inputs = self._lines.inputs(
            self._consumer, self._wanted, debounce_ms=self._debounce_ms, edge=self._edge, lost=self._read
        )
        try:
            levels = dict(inputs.levels())
            self.listener.judge(levels)
            self._inputs, self._broken, self._levels = inputs, broken, levels
            self.upkeep.served(", ".join(line.name for line in self._wanted.values()))
            self.listener.found(levels)
            self._told = True
            self._wait()
            await broken
        finally:
            inputs.close()
            self._rest()
            self._inputs = None
            told, self._told = self._told, False
            if told and not self.upkeep.stopping:
                self.listener.lost()

    def _edge(self, edge: Edge) -> None:
        if self._inputs is None:
            return
        self._take(edge.role, edge.active)
        self._wait(CONFIRM_MS)

    def _read(self) -> None:
        if self._inputs is None or self._broken is None or self._broken.done():
            return
        try:
            levels = self._inputs.levels()
            for role, active in levels.items():
                self._take(role, active)
            self.listener.judge(self._levels)
        except PartError as error:
            self._rest()
            self._broken.set_exception(error)
        else:
            self.upkeep.works()
            self._wait()

    def _take(self, role: str, active: bool) -> None:
        if self._levels[role] is not active:
            self._levels[role] = active
            self.listener.moved(role, active)

    def _wait(self, delay_ms: int | None = None) -> None:
        self._rest()
        held = self._button and any(self._levels.values())
        self._timer = self._clock.call_later(delay_ms or (HELD_POLL_MS if held else POLL_MS), self._read)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
