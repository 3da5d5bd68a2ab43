"""Time for everything that carries out what the engine decides: one clock, real, scaled or stepped by hand."""

import asyncio
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from .engine.model import Instant


class Handle(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Forget it."""


class Clock(Protocol):
    """Two times (see `Instant`) and calls that are due later, in the clock's own milliseconds."""

    boot_id: str
    """`mono_ms` of the same boot can be compared, of another one can't."""

    scale: float
    """How many times as fast as the machine's it runs."""

    def now(self) -> Instant:
        """Both times, and whether the calendar can be trusted."""

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> Handle:
        """Call on the event loop when `delay_ms` of this clock have gone by."""


class SystemClock:
    """The machine's time. `mono_ms` counts through suspend; the calendar is trusted when `trusted()` says so."""

    scale = 1.0

    def __init__(self, trusted: Callable[[], bool] = lambda: True) -> None:
        self.boot_id = _boot_id()
        self._trusted = trusted

    def now(self) -> Instant:
        return Instant(time.clock_gettime_ns(_CLOCK) // 1_000_000, time.time_ns() // 1_000_000, self._trusted())

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> Handle:
        return asyncio.get_running_loop().call_later(delay_ms / 1000, call)


class ScaledClock:
    """Time for a simulated lock: runs `scale` times as fast as the machine's, from the machine's time at its start."""

    def __init__(self, base: Clock, scale: float) -> None:
        self.boot_id = uuid.uuid4().hex
        self.scale = scale
        self._base = base
        self._start = base.now()

    def now(self) -> Instant:
        base = self._base.now()
        gone = round((base.mono_ms - self._start.mono_ms) * self.scale)
        return Instant(self._start.mono_ms + gone, self._start.wall_ms + gone, base.trusted)

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> Handle:
        return self._base.call_later(round(delay_ms / self.scale), call)


class ManualClock:
    """Time that stands still until `advance`; calls that come due are made in their order."""

    scale = 1.0

    def __init__(self, *, mono_ms: int = 1_000_000, wall_ms: int = 1_780_000_000_000, trusted: bool = True) -> None:
        self.boot_id = uuid.uuid4().hex
        self.trusted = trusted
        self._mono_ms = mono_ms
        self._wall_ms = wall_ms
        self._calls: list[_ManualCall] = []

    def now(self) -> Instant:
        return Instant(self._mono_ms, self._wall_ms, self.trusted)

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> Handle:
        entry = _ManualCall(self._mono_ms + delay_ms, call)
        self._calls.append(entry)
        return entry

    def next_due_ms(self) -> int | None:
        """How long until the next call is due."""
        due = [entry.due_ms for entry in self._calls if not entry.cancelled]
        return max(0, min(due) - self._mono_ms) if due else None

    def advance(self, ms: int) -> None:
        """Let `ms` go by."""
        end = self._mono_ms + ms
        while ready := sorted((c for c in self._calls if not c.cancelled and c.due_ms <= end), key=lambda c: c.due_ms):
            entry = ready[0]
            self._calls.remove(entry)
            self._wall_ms += max(0, entry.due_ms - self._mono_ms)
            self._mono_ms = max(self._mono_ms, entry.due_ms)
            entry.call()
        self._calls = [entry for entry in self._calls if not entry.cancelled]
        self._wall_ms += end - self._mono_ms
        self._mono_ms = end

    def set_wall(self, wall_ms: int) -> None:
        """Let the calendar jump; durations don't notice."""
        self._wall_ms = wall_ms


class _ManualCall:
    def __init__(self, due_ms: int, call: Callable[[], None]) -> None:
        self.due_ms = due_ms
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


# Linux counts suspended time in BOOTTIME; elsewhere (a developer's laptop) the monotonic clock has to do.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _boot_id() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    try:
        return path.read_text().strip().replace("-", "")
    except OSError:
        return uuid.uuid4().hex
