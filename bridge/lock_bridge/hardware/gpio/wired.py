"""The lines of a part that is driven and read back: taken together, made safe together, taken anew after a failure."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final, Protocol

from lock_bridge.clock import Clock, Handle
from lock_bridge.hardware.pause import pause
from lock_bridge.hardware.ports import Report
from lock_bridge.hardware.trouble import PartError
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import Part

from .lines import Edge, Inputs, Line, Lines, Outputs

REST_POLL_MS: Final = 2_000
"""How often the inputs are read without an edge: one that was lost is found out."""

BUSY_POLL_MS: Final = 50
"""The same while something moves."""


class Listener(Protocol):
    """Whom the inputs matter to. All is told on the event loop."""

    def found(self, levels: Mapping[str, bool]) -> None:
        """The lines have been taken, for the first time or again: outputs are inactive, inputs are so."""

    def changed(self, levels: Mapping[str, bool]) -> None:
        """An input has become active, or inactive."""

    def lost(self) -> None:
        """The lines are lost; the outputs are inactive as far as that can be done. Told before the fault."""


class Wired:
    """What it is told to drive is refused while the lines are away; a failure of any line lets go of all at once."""

    def __init__(
        self,
        lines: Lines,
        consumer: str,
        clock: Clock,
        listener: Listener,
        *,
        outputs: Mapping[str, Line],
        inputs: Mapping[str, Line],
        parts: Sequence[Part],
        debounce_ms: int,
    ) -> None:
        """`parts` fail when the lines do."""
        self.upkeep = Upkeep(parts, consumer, self._session, sleep=partial(pause, clock))
        self._lines = lines
        self._consumer = consumer
        self._clock = clock
        self._listener = listener
        self._wanted = (outputs, inputs)
        self._debounce_ms = debounce_ms
        self._outputs: Outputs | None = None
        self._inputs: Inputs | None = None
        self._levels: Mapping[str, bool] = {}
        """As they were last told."""
        self._broken: asyncio.Future[None] | None = None
        self._tried = asyncio.Event()
        self._timer: Handle | None = None
        self._busy = False

    @property
    def served(self) -> bool:
        """Whether the lines are ours and work."""
        return self._outputs is not None

    async def start(self, report: Report) -> None:
        """Begin; returns when the lines have been taken, or could not be. Faults and returns go to `report`."""
        self._tried.clear()
        self.upkeep.start(report)
        await self._tried.wait()

    async def stop(self) -> None:
        """Make all outputs inactive at once, and give the lines back."""
        self._let_go()
        await self.upkeep.stop()

    def drive(self, values: Mapping[str, bool]) -> bool:
        """Make outputs active or not. False where that failed: then all are let go of, and `lost` has been called."""
        if self._outputs is None:
            return False
        try:
            self._outputs.set(values)
        except PartError as error:
            self._fail(error)
            return False
        return True

    def read(self) -> Mapping[str, bool] | None:
        """The inputs as they are now; None where that failed, and `lost` has been called."""
        if self._inputs is None:
            return None
        try:
            return self._inputs.levels()
        except PartError as error:
            self._fail(error)
            return None

    def watch(self, *, closely: bool) -> None:
        """How often to read the inputs from now on."""
        self._busy = closely
        self._wait()

    async def _session(self) -> None:
        try:
            with ExitStack() as stack:
                outputs, inputs = self._wanted
                taken = self._lines.inputs(
                    self._consumer, inputs, debounce_ms=self._debounce_ms, edge=self._edge, lost=self._look
                )
                stack.callback(taken.close)
                levels = taken.levels()
                driven = self._lines.outputs(self._consumer, outputs)
                stack.callback(driven.close)
                stack.callback(self._let_go)
                broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._inputs, self._outputs, self._levels, self._broken = taken, driven, levels, broken
                self._busy = False
                self._wait()
                self.upkeep.served(", ".join(line.name for line in (*outputs.values(), *inputs.values())))
                self._listener.found(levels)
                self._tried.set()
                await broken
        finally:
            self._tried.set()

    def _edge(self, _edge: Edge) -> None:
        self._look()

    def _look(self) -> None:
        levels = self.read()
        if levels is not None:
            self._wait()
            if levels != self._levels:
                self._levels = levels
                self.upkeep.works()
                self._listener.changed(levels)

    def _wait(self) -> None:
        self._rest()
        if self.served:
            self._timer = self._clock.call_later(BUSY_POLL_MS if self._busy else REST_POLL_MS, self._look)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fail(self, error: PartError) -> None:
        broken = self._broken
        self._let_go()
        if broken is not None and not broken.done():
            broken.set_exception(error)
        self._listener.lost()

    def _let_go(self) -> None:
        # At once, not when the session is given its turn: what moves must stop now.
        self._rest()
        outputs, self._outputs = self._outputs, None
        inputs, self._inputs = self._inputs, None
        self._broken = None
        if outputs is not None:
            outputs.close()
        if inputs is not None:
            inputs.close()
