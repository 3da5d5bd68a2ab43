"""One run of the motor, from its order to its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from lock_bridge.clock import Clock, Handle
from lock_bridge.engine.effects import Drive, DriveBolt
from lock_bridge.hardware.ports import MotorOutcome

type Phase = Literal["waits", "drives", "rests"]


@dataclass(frozen=True, slots=True)
class Way:
    """Where a drive ends and begins: the roles of the sensors there, None where there is none."""

    goal: str | None
    origin: str | None
    forward: bool


WAYS: Final[Mapping[Drive, Way]] = {
    Drive.THROW: Way("thrown", "retracted", forward=True),
    Drive.RETRACT: Way("retracted", "thrown", forward=False),
    Drive.COUPLE: Way("coupled", "uncoupled", forward=True),
    Drive.UNCOUPLE: Way("uncoupled", "coupled", forward=False),
}


@dataclass(slots=True, eq=False)
class Run:
    """What is known of a run. Times in milliseconds of the clock."""

    order: DriveBolt
    way: Way | None
    """None: this motor has no such way."""
    phase: Phase = "waits"
    began_ms: int = 0
    whole: bool = False
    """It began at the other end, and its sensor said so."""
    left: bool = True
    """It is no longer there."""
    blind: bool = False
    """The sensors contradicted each other when it began: it goes by time alone, and nobody can say how it went."""
    failed: bool = False
    """It came to its end sooner than can be."""
    halted: bool = False
    plausible: bool = False
    """It went from end to end in a time that can be."""
    _timers: list[Handle] = field(default_factory=list)

    def due(self, clock: Clock, delay_ms: int, call: Callable[[], None]) -> None:
        """Call later, unless the run has come to something else by then."""
        self._timers.append(clock.call_later(delay_ms, call))

    def cancel(self) -> None:
        """Forget all that is due."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def at_goal(self, levels: Mapping[str, bool]) -> bool:
        """Whether the goal's sensor says so."""
        return self.way is not None and self.way.goal is not None and levels.get(self.way.goal, False)

    def at_origin(self, levels: Mapping[str, bool]) -> bool:
        """Whether the sensor at the other end says so."""
        return self.way is not None and self.way.origin is not None and levels.get(self.way.origin, False)

    def outcome(self, levels: Mapping[str, bool], *, believed: bool) -> MotorOutcome:
        """What it has come to, now that the motor rests. `believed`: so are the sensors."""
        if self.way is None or self.failed or self.blind or not believed:
            return MotorOutcome.FAULT
        unseen = self.way.goal is None or self.way.goal not in levels
        there = self.left and not self.halted and not self.at_origin(levels) if unseen else self.at_goal(levels)
        if there:
            return MotorOutcome.REACHED
        return MotorOutcome.NO_MOTION if self.whole and not self.left and not self.halted else MotorOutcome.STALLED
