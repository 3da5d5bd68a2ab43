"""The bolt with its motor (or the clutch of BLT-13), and hands that move it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, override

from lock_bridge.clock import Handle as Timer
from lock_bridge.engine.effects import Drive, DriveBolt
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, MotorOutcome, MotorStopped
from lock_bridge.wire.words import Part

from .part import SimulatedPart, Site
from .world import RETRACTED, THROWN

NOTICE_MS: Final = 200
"""How long a motor pushes before it is clear that nothing moves."""

COUPLING_MS: Final = 150
"""How long a clutch takes at most; the bolt has a far longer way."""


@dataclass(frozen=True, slots=True)
class Motion:
    """The bolt on its way: from where to where (0 to 1), begun when, taking how long."""

    start: float
    end: float
    began_ms: int
    takes_ms: int

    def at(self, mono_ms: int) -> float:
        """Where it is."""
        if self.takes_ms <= 0:
            return self.end
        gone = min(1.0, max(0.0, (mono_ms - self.began_ms) / self.takes_ms))
        return self.end if gone == 1.0 else self.start + (self.end - self.start) * gone


@dataclass(slots=True)
class _Run:
    drive: DriveBolt
    outcome: MotorOutcome
    motion: Motion | None = None
    """None: the clutch turns, or nothing moves."""
    timer: Timer | None = None


class SimulatedBolt(SimulatedPart):
    """A motor with an end switch at each side. Without its switches it runs to its limit and can't say how it went."""

    parts = (Part.MOTOR, Part.BOLT)

    def __init__(self, site: Site, travel_ms: int) -> None:
        super().__init__(site)
        self._travel_ms = travel_ms
        self._run: _Run | None = None
        self._drives = 0
        self._told: BoltPosition | None = None

    @property
    def motion(self) -> Motion | None:
        """The bolt's way, while the motor moves it."""
        return self._run.motion if self._run is not None else None

    def drive(self, drive: DriveBolt) -> None:
        """Run the motor; a run under way ends first, without a report of its own. With no way to go it ends at once."""
        self._freeze()
        self._drives += 1
        clutch = self._site.profile.bolt_kind == "clutch"
        if not self.works(Part.MOTOR) or clutch is not (drive.drive in _CLUTCH):
            self.tell(MotorStopped(drive.run, MotorOutcome.FAULT))
        elif not self._site.world.motor:
            self._begin(_Run(drive, MotorOutcome.NO_MOTION), NOTICE_MS)
        elif clutch:
            self._begin_coupling(drive)
        elif self._site.world.slips:
            # The motor turns its whole way and says so; only the bolt's switches know better (FLT-1).
            self._begin(_Run(drive, MotorOutcome.REACHED), min(self._travel_ms, drive.limit_ms))
        else:
            self._begin_travel(drive)

    def halt(self) -> None:
        """Stop the motor now; the run ends with `MotorStopped(run, stalled)`."""
        if (run := self._freeze()) is not None:
            self._tell_end(run, MotorOutcome.STALLED)
            self._site.changed()

    def by_hand(self, target: float, *, by_force: bool = False) -> bool:
        """Key or handle move the bolt, as far as it goes; `by_force` past all in the way. True if it got there."""
        world = self._site.world
        run = self._freeze()
        if by_force:
            world.bolt, world.blocked = target, 0
        else:
            world.move(target)
        there = world.bolt == target
        if run is not None:
            arrived = run.motion is not None and world.bolt == _target(run.drive)
            self._tell_end(run, MotorOutcome.REACHED if arrived else MotorOutcome.STALLED)
        else:
            self.tell_position()
        self._site.changed()
        return there

    def tell_position(self) -> None:
        """What the switches see, where that is new."""
        position = self._site.world.position
        if position is not self._told and self.works(Part.BOLT):
            self._told = position
            self.tell(BoltSeen(position), Part.BOLT)

    @override
    def tell_levels(self, parts: Iterable[Part]) -> None:
        if Part.BOLT in parts:
            self._told = None
            self.tell_position()

    @override
    def go_quiet(self) -> None:
        self._freeze()
        self._told = None
        # A spring uncouples a clutch that nobody drives, if it can.
        self._site.world.coupled = self._site.world.coupled and self._site.world.clutch_stuck

    @override
    def on_unplug(self, part: Part) -> None:
        if part is Part.MOTOR and (run := self._freeze()) is not None:
            self._tell_end(run, MotorOutcome.FAULT)

    def _begin_coupling(self, drive: DriveBolt) -> None:
        world = self._site.world
        if world.clutch_stuck and world.coupled is not (drive.drive is Drive.COUPLE):
            self._begin(_Run(drive, MotorOutcome.STALLED), COUPLING_MS + NOTICE_MS)
        else:
            self._begin(_Run(drive, MotorOutcome.REACHED), min(self._travel_ms, COUPLING_MS))

    def _begin_travel(self, drive: DriveBolt) -> None:
        world = self._site.world
        # A motor told to turn the wrong way for its door runs to the other end (BLT-12).
        wrong_way = drive.reversed is not (world.hinge == "left")
        target = RETRACTED + THROWN - _target(drive) if wrong_way else _target(drive)
        end = world.reach(target)
        takes_ms = round(abs(end - world.bolt) * self._travel_ms)
        outcome = MotorOutcome.REACHED if end == _target(drive) else MotorOutcome.STALLED
        if takes_ms > drive.limit_ms:
            end = world.bolt + (end - world.bolt) * drive.limit_ms / takes_ms
            takes_ms, outcome = drive.limit_ms, MotorOutcome.STALLED
        elif end == world.bolt and world.position is not BoltPosition.BETWEEN and outcome is MotorOutcome.STALLED:
            outcome = MotorOutcome.NO_MOTION
        motion = Motion(world.bolt, end, self._site.clock.now().mono_ms, takes_ms) if end != world.bolt else None
        self._begin(_Run(drive, outcome, motion), takes_ms + (0 if outcome is MotorOutcome.REACHED else NOTICE_MS))

    def _begin(self, run: _Run, lasts_ms: int) -> None:
        if not self.works(Part.BOLT):
            run.outcome, lasts_ms = MotorOutcome.FAULT, run.drive.limit_ms
        lasts_ms = min(lasts_ms, run.drive.limit_ms)
        self._run = run
        if lasts_ms == 0:
            self._end(run)
            return
        run.timer = self._site.clock.call_later(lasts_ms, lambda: self._end(run))
        if run.motion is not None:
            # Where it would be found if the process died on the way.
            moved = run.motion.takes_ms > 0
            self._place(run.motion, (run.motion.start + run.motion.end) / 2 if moved else run.motion.end)
            self.tell_position()
        self._site.changed()

    def _end(self, run: _Run) -> None:
        self._run = None
        if run.motion is not None:
            self._place(run.motion, run.motion.end)
        elif run.outcome is MotorOutcome.REACHED and run.drive.drive in _CLUTCH:
            self._site.world.coupled = run.drive.drive is Drive.COUPLE
        self._tell_end(run, run.outcome)
        self._site.changed()

    def _tell_end(self, run: _Run, outcome: MotorOutcome) -> None:
        drives = self._drives
        self.tell_position()
        if self._drives == drives:  # whoever heard of the position may have taken over the motor
            self.tell(MotorStopped(run.drive.run, outcome))

    def _freeze(self) -> _Run | None:
        run, self._run = self._run, None
        if run is not None:
            if run.timer is not None:
                run.timer.cancel()
            if run.motion is not None:
                self._place(run.motion, run.motion.at(self._site.clock.now().mono_ms))
        return run

    def _place(self, motion: Motion, at: float) -> None:
        self._site.world.bolt = at
        self._site.world.blocked = 1 if motion.end > motion.start else -1


_CLUTCH: Final = frozenset({Drive.COUPLE, Drive.UNCOUPLE})


def _target(drive: DriveBolt) -> float:
    return THROWN if drive.drive is Drive.THROW else RETRACTED
