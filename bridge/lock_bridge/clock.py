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
    """Time for a simulated lock: `scale` times as fast as the machine's from when that is set, and never with a jump.

    A clock that begins at the machine's own pace is of the machine's boot, so that a restart of the service alone stays
    one; another pace makes a boot of its own.
    """

    def __init__(self, base: Clock, scale: float = 1.0) -> None:
        self.boot_id = base.boot_id if scale == 1.0 else uuid.uuid4().hex
        self._base = base
        self._scale = scale
        self._since = base.now().mono_ms
        self._lead = 0.0
        """How far ahead of the machine's time it was at `_since`, in ms."""
        self._calls: set[_ScaledCall] = set()

    @property
    def scale(self) -> float:
        """How many times as fast as the machine's it runs; calls that are due already follow a change."""
        return self._scale

    @scale.setter
    def scale(self, scale: float) -> None:
        if not 0 < scale < float("inf"):
            raise ValueError("time cannot run that fast")
        base_ms = self._base.now().mono_ms
        self._lead = self._lead_at(base_ms)
        self._since = base_ms
        self._scale = scale
        for call in tuple(self._calls):
            call.arm()

    def now(self) -> Instant:
        base = self._base.now()
        lead = round(self._lead_at(base.mono_ms))
        return Instant(base.mono_ms + lead, base.wall_ms + lead, base.trusted)

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> Handle:
        return _ScaledCall(self, self._base, self._calls, delay_ms, call)

    def _lead_at(self, base_ms: int) -> float:
        return self._lead + (base_ms - self._since) * (self._scale - 1)


class _ScaledCall:
    """A call that is due at a time of a scaled clock, however fast that runs until then."""

    def __init__(
        self, clock: ScaledClock, base: Clock, pending: set[_ScaledCall], delay_ms: int, call: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._base = base
        self._pending = pending
        self._due_ms = clock.now().mono_ms + delay_ms
        self._call = call
        self._handle: Handle | None = None
        pending.add(self)
        self.arm()

    def arm(self) -> None:
        """Wait for it at the clock's pace of now."""
        if self._handle is not None:
            self._handle.cancel()
        left_ms = max(0, self._due_ms - self._clock.now().mono_ms)
        self._handle = self._base.call_later(round(left_ms / self._clock.scale), self._due)

    def cancel(self) -> None:
        self._pending.discard(self)
        if self._handle is not None:
            self._handle.cancel()

    def _due(self) -> None:
        self._pending.discard(self)
        self._call()


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
