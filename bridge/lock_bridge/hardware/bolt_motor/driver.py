"""`Bolt` by a motor with two directions. The sensors decide where the bolt is, the clock how long the motor may try.

A run that does not get there is not tried again here: that is the engine's (BLT-6).
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from lock_bridge.engine.effects import Drive, DriveBolt
from lock_bridge.hardware.gpio.believed import Belief, Position
from lock_bridge.hardware.gpio.wired import Wired
from lock_bridge.hardware.ports import BoltPosition, Health, MotorOutcome, MotorStopped, Report
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.wire.words import Part

from .about import Options
from .bridge import HBridge
from .run import WAYS, Run
from .travel import TravelTimes

_START: Final = 0.75
_START_MS: Final = 300
"""A bolt whose time is known has left its end within so much of it, and never has less than so long."""

_BLIND: Final = 1.2
"""How much longer than the learnt time the motor turns where the sensors cannot say that it is enough."""

_BACK_MS: Final = 150
"""A bolt that is back at the end where it came from for so long goes the wrong way."""

_DRIVES: Final = {"bolt": (Drive.THROW, Drive.RETRACT), "clutch": (Drive.COUPLE, Drive.UNCOUPLE)}


class BoltMotor:
    """The port `Bolt`. After `stop`, a failure or a crash the motor is off, and the sensors are asked anew."""

    def __init__(self, options: Options, around: Surroundings) -> None:
        """Raises `PartError` where the model has the other kind of bolt."""
        if (options.kind == "clutch") is not (around.profile.bolt_kind == "clutch"):
            kind = "clutch" if around.profile.bolt_kind == "clutch" else "bolt"
            raise PartError(f'the motor of {around.profile.id} moves a {kind}: write kind = "{kind}"', Trouble.SETTINGS)
        self._options = options
        self._clock = around.clock
        self._report: Report = lambda _reading: None
        self._wired = Wired(
            around.lines,
            around.name,
            around.clock,
            self,
            outputs=options.outputs,
            inputs=options.sensors,
            parts=(Part.MOTOR, Part.BOLT),
            debounce_ms=options.debounce_ms,
        )
        self._bridge = HBridge(self._wired.drive, options.outputs, options.brake_ms, around.clock, around.loads)
        self._travel = TravelTimes(around.memory, around.name)
        self._position = Position(around.clock)
        self._clutch = Belief(around.clock, Part.MOTOR) if options.kind == "clutch" else None
        self._run: Run | None = None

    @property
    def health(self) -> Health:
        """See `Attached`; the words are the learnt times."""
        health = self._wired.upkeep.health
        if health.state != "served":
            return health
        words = self._travel.words() or f"{health.words}; not timed yet"
        if not (self._ends.firm and self._position.belief.firm):
            return Health("trouble", Trouble.STUCK, words)
        return Health("served", words=words)

    async def start(self, report: Report) -> None:
        """Take the lines and say where the bolt is."""
        self._report = report
        await self._wired.start(report)

    async def stop(self) -> None:
        """The motor is off and its lines are given back."""
        self._drop()
        self._report = lambda _reading: None
        self._away()
        await self._wired.stop()

    def drive(self, drive: DriveBolt) -> None:
        """Run the motor; see `Bolt`. Where the bolt is there already, or the lines are away, it has ended at once."""
        self._drop()
        way = WAYS[drive.drive] if drive.drive in _DRIVES[self._options.kind] else None
        run = self._run = Run(drive, way)
        if self._bridge.turning:
            run.due(self._clock, self._bridge.rests_in_ms, partial(self._turn_round, run))
            self._bridge.stop()
        else:
            self._begin(run)

    def halt(self) -> None:
        """Stop the motor now; the run ends with `MotorStopped(run, stalled)`."""
        if self._run is not None and self._run.phase != "rests":
            self._run.halted = True
            self._stop(self._run)

    def found(self, levels: Mapping[str, bool]) -> None:
        """The lines are there; the motor is off."""
        if self._clutch is not None:
            self._clutch.begin(self._report, lambda: None)
            self._clutch.see(contradiction=self._contradicts(levels), at_once=True)
        self._position.begin(self._report, self._shown(levels))

    def changed(self, levels: Mapping[str, bool]) -> None:
        """A sensor says something else. What it means for the motor comes before anything is told of it."""
        run = self._run
        if run is not None and run.phase == "drives":
            self._follow(run, levels)
        self._see(levels, driven=run is not None and run.phase != "waits")

    def lost(self) -> None:
        """The lines are lost; the motor is off as far as that can be done."""
        run = self._drop()
        self._away()
        if run is not None:
            self._report(MotorStopped(run.order.run, MotorOutcome.FAULT))

    @property
    def _ends(self) -> Belief:
        """Whether the sensors are believed between which the motor runs."""
        return self._clutch or self._position.belief

    def _turn_round(self, run: Run) -> None:
        self._bridge.rest()
        self._wired.watch(closely=False)
        if self._run is run:
            self._begin(run)

    def _begin(self, run: Run) -> None:
        levels = self._wired.read()
        if levels is None or run.way is None:
            self._end(run, MotorOutcome.FAULT)
            return
        self._settle(levels)
        if self._run is not run:  # whoever heard of the position has taken over
            return
        run.blind = self._contradicts(levels)
        if run.at_goal(levels) and not run.blind:
            self._end(run, MotorOutcome.REACHED if self._ends.firm else MotorOutcome.FAULT)
            return
        run.whole = run.at_origin(levels)
        run.left = not run.whole
        run.began_ms = self._clock.now().mono_ms
        run.phase = "drives"
        # The motor's off is due before it is on.
        run.due(self._clock, self._longest_ms(run), partial(self._stop, run))
        if run.whole and not run.blind:
            run.due(self._clock, self._start_ms(run.order.drive), partial(self._check_start, run))
        self._wired.watch(closely=True)
        self._bridge.run(forward=run.way.forward is not run.order.reversed)

    def _longest_ms(self, run: Run) -> int:
        limit = min(run.order.limit_ms, self._options.limit_ms)
        drive = run.order.drive
        if run.blind:
            learnt = self._travel.of(drive)
            return limit if learnt is None else min(limit, round(learnt * _BLIND))
        if run.way is None or run.way.goal not in self._options.sensors:
            return min(limit, self._options.couple_ms)
        return min(limit, self._travel.patience(drive) or limit)

    def _start_ms(self, drive: Drive) -> int:
        learnt = self._travel.of(drive)
        return self._options.stall_ms if learnt is None else max(_START_MS, round(learnt * _START))

    def _follow(self, run: Run, levels: Mapping[str, bool]) -> None:
        """What the sensors say while the motor turns."""
        if run.blind:
            return
        back = run.left and run.at_origin(levels)
        run.left = run.left or not run.at_origin(levels)
        if run.at_goal(levels):
            self._stop(run)
            took_ms = self._clock.now().mono_ms - run.began_ms
            if run.whole:
                run.plausible = self._travel.add(run.order.drive, took_ms, self._options.min_travel_ms)
                if not run.plausible:
                    run.failed = True
                    self._ends.doubt()
        elif back:
            run.due(self._clock, _BACK_MS, partial(self._check_back, run))

    def _check_start(self, run: Run) -> None:
        levels = self._wired.read()
        if levels is not None and run.phase == "drives" and run.at_origin(levels) and not run.left:
            self._stop(run)

    def _check_back(self, run: Run) -> None:
        levels = self._wired.read()
        if levels is not None and run.phase == "drives" and run.at_origin(levels):
            self._stop(run)

    def _stop(self, run: Run) -> None:
        """Brake; the run's end is told when the motor rests."""
        run.cancel()
        run.phase = "rests"
        run.due(self._clock, self._bridge.rests_in_ms, partial(self._rest, run))
        self._bridge.stop()

    def _rest(self, run: Run) -> None:
        run.cancel()
        self._bridge.rest()
        levels = self._wired.read()
        if self._run is not run or levels is None:
            return  # `lost` has ended it
        self._wired.watch(closely=False)
        self._settle(levels)
        if self._run is run and run.plausible and run.at_goal(levels):
            self._ends.trust()
        if self._run is run:
            self._end(run, run.outcome(levels, believed=self._ends.firm))

    def _end(self, run: Run, outcome: MotorOutcome) -> None:
        if self._run is run:
            self._drop()
            self._report(MotorStopped(run.order.run, outcome))

    def _drop(self) -> Run | None:
        run, self._run = self._run, None
        if run is not None:
            run.cancel()
        return run

    def _away(self) -> None:
        self._bridge.gone()
        self._position.end()
        if self._clutch is not None:
            self._clutch.end()

    def _see(self, levels: Mapping[str, bool], *, driven: bool) -> None:
        if self._clutch is not None:
            self._clutch.see(contradiction=self._contradicts(levels))
            driven = False  # the bolt is moved by hands
        self._position.see(self._shown(levels), driven=driven)

    def _settle(self, levels: Mapping[str, bool]) -> None:
        if self._clutch is not None:
            self._clutch.see(contradiction=self._contradicts(levels), at_once=True)
            self._position.see(self._shown(levels), driven=False)
        else:
            self._position.settle(self._shown(levels))

    def _contradicts(self, levels: Mapping[str, bool]) -> bool:
        """Whether both ends between which the motor runs are said to be reached."""
        one, other = ("coupled", "uncoupled") if self._options.kind == "clutch" else ("thrown", "retracted")
        return levels.get(one, False) and levels.get(other, False)

    def _shown(self, levels: Mapping[str, bool]) -> BoltPosition | None:
        if levels["thrown"]:
            return None if levels.get("retracted", False) else BoltPosition.THROWN
        # Where only the thrown bolt has a sensor, which a clutch lock may do with, all else is not locked.
        return BoltPosition.RETRACTED if levels.get("retracted", True) else BoltPosition.BETWEEN
