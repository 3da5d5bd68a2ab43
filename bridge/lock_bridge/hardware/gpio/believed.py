"""What sensors of a bolt are believed: not when they contradict each other, flicker, or tell of a miracle."""

from collections.abc import Callable
from functools import partial
from typing import Final

from lock_bridge.clock import Clock, Handle
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, PartBack, PartFault, Report
from lock_bridge.hardware.trouble import Trouble
from lock_bridge.wire.words import Part

CLEAR_MS: Final = 2_000
"""Sensors that have contradicted each other are believed again when they have made sense for so long."""

STILL_MS: Final = 60
"""At rest a position counts when the sensors have shown it for so long: a door that slams shakes them.

A contradiction counts no sooner either: of two switches one may be slower than the other.
"""

_FLICKER: Final = 20
_FLICKER_MS: Final = 5_000
"""So many changes at rest within so long are a loose wire, not a hand."""


class Belief:
    """Whether a part's sensors are believed. Reports its fault and its return."""

    def __init__(self, clock: Clock, part: Part) -> None:
        self._part = part
        self._report: Report = lambda _reading: None
        self._regained: Callable[[], None] = lambda: None
        self._suspicion = _Timer(clock)
        self._clearing = _Timer(clock)
        self.wrong = False
        """They contradict each other, or have done so just now."""
        self.doubted = False
        """They told of what cannot be; only a run that went as it should makes good for it."""

    @property
    def firm(self) -> bool:
        """Whether they are believed."""
        return not (self.wrong or self.doubted)

    def begin(self, report: Report, regained: Callable[[], None]) -> None:
        """The sensors are there, for the first time or again. `regained` follows each return."""
        self.end()
        self._report = report
        self._regained = regained
        if self.doubted:
            report(PartFault(self._part, Trouble.STUCK))

    def end(self) -> None:
        """The sensors are away; nothing is reported."""
        self._suspicion.cancel()
        self._clearing.cancel()
        self._report = lambda _reading: None
        self.wrong = False

    def see(self, *, contradiction: bool, at_once: bool = False) -> None:
        """They show something, possible or not; `at_once`: they have had the time to settle."""
        if not contradiction:
            self._suspicion.cancel()
            if self.wrong and not self._clearing.running:
                self._clearing.start(CLEAR_MS, self._clear)
            return
        self._clearing.cancel()
        if at_once:
            self._convict()
        elif not self.wrong and not self._suspicion.running:
            self._suspicion.start(STILL_MS, self._convict)

    def doubt(self) -> None:
        """They told of what cannot be."""
        self._lose(doubted=True)

    def trust(self) -> None:
        """A run went as it should, and they said so."""
        if self.doubted:
            self.doubted = False
            self._regain()

    def _lose(self, *, wrong: bool = False, doubted: bool = False) -> None:
        firm = self.firm
        self.wrong = self.wrong or wrong
        self.doubted = self.doubted or doubted
        if firm:
            self._report(PartFault(self._part, Trouble.STUCK))

    def _convict(self) -> None:
        self._suspicion.cancel()
        self._lose(wrong=True)

    def _clear(self) -> None:
        self._clearing.cancel()
        self.wrong = False
        self._regain()

    def _regain(self) -> None:
        if self.firm:
            self._report(PartBack(self._part))
            self._regained()


class Position:
    """Tells where the bolt is, once for each change: at once while it is driven, at rest when the sensors are still.

    `None` is a contradiction. While the sensors are not believed nothing is told; then what they say is told anew.
    """

    def __init__(self, clock: Clock, part: Part = Part.BOLT) -> None:
        self.belief = Belief(clock, part)
        self._clock = clock
        self._report: Report = lambda _reading: None
        self._shown: BoltPosition | None = None
        self._told: BoltPosition | None = None
        self._timer = _Timer(clock)
        self._changes: list[int] = []

    def begin(self, report: Report, shown: BoltPosition | None) -> None:
        """The sensors are there, for the first time or again, and show this."""
        self.end()
        self._report = report
        self.belief.begin(report, self._tell_anew)
        self.settle(shown)

    def end(self) -> None:
        """The sensors are away."""
        self._timer.cancel()
        self._told = None
        self._changes.clear()
        self._report = lambda _reading: None
        self.belief.end()

    def see(self, shown: BoltPosition | None, *, driven: bool) -> None:
        """What the sensors show now; `driven`: because a motor moves the bolt."""
        changed = shown is not self._shown
        self._shown = shown
        if changed and not driven and self._flickers():
            self.belief.see(contradiction=True, at_once=True)
        self.belief.see(contradiction=shown is None)
        if driven:
            self._changes.clear()
            self._tell()
        elif shown is self._told:
            self._timer.cancel()
        elif changed or not self._timer.running:
            self._timer.start(STILL_MS, self._tell)

    def settle(self, shown: BoltPosition | None) -> None:
        """What the sensors show after they have had the time to settle."""
        self._shown = shown
        self.belief.see(contradiction=shown is None, at_once=True)
        self._tell()

    def _tell_anew(self) -> None:
        self._told = None
        self._tell()

    def _tell(self) -> None:
        self._timer.cancel()
        if not self.belief.firm:
            self._told = None  # nothing of what was told holds any more
        elif self._shown is not None and self._shown is not self._told:
            self._told = self._shown
            self._report(BoltSeen(self._shown))

    def _flickers(self) -> bool:
        now = self._clock.now().mono_ms
        self._changes = [at for at in self._changes if now - at < _FLICKER_MS]
        self._changes.append(now)
        return len(self._changes) >= _FLICKER


class _Timer:
    """At most one call that is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._handle: Handle | None = None

    @property
    def running(self) -> bool:
        return self._handle is not None

    def start(self, delay_ms: int, call: Callable[[], None]) -> None:
        self.cancel()
        self._handle = self._clock.call_later(delay_ms, partial(self._due, call))

    def cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _due(self, call: Callable[[], None]) -> None:
        self._handle = None
        call()
