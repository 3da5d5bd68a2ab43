"""`Bolt` by an electric strike.

What the engine's drives mean here:
- of a model whose motor moves the bolt, `retract` frees the door and `throw` holds it. The door counts as thrown while
  its latch lies in a strike that holds, as retracted while it is free or its latch is out, and as between when the
  latch lies in a strike that should hold and, as its own monitor says, does not;
- of a model with a clutch (BLT-13), `couple` frees the door and `uncouple` holds it: what the engine times to five
  seconds is the time to pull the door open. Thrown means that the latch lies in the strike.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

from lock_bridge.clock import Handle
from lock_bridge.engine.effects import Drive, DriveBolt
from lock_bridge.hardware.gpio.believed import Position
from lock_bridge.hardware.gpio.wired import Wired
from lock_bridge.hardware.ports import BoltPosition, Health, MotorOutcome, MotorStopped, Report
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.wire.words import Part

from .about import Options

_LOG: Final = logging.getLogger(__name__)

_FREES: Final = {"motor": Drive.RETRACT, "clutch": Drive.COUPLE}
_HOLDS: Final = {"motor": Drive.THROW, "clutch": Drive.UNCOUPLE}

_SPARE_MS: Final = 500
"""How much longer than the engine couples a clutch the strike must be able to leave the door free."""

_FREE: Final = "free"
"""The key in the memory under which a strike that fails safe finds how it was left."""


class BoltStrike:
    """The port `Bolt`. A strike that fails secure holds the door after `stop` or a crash; one that fails safe does not.

    After a restart the door is held, but for one that fails safe and was free before: it stays as it is.
    """

    def __init__(self, options: Options, around: Surroundings) -> None:
        """Raises `PartError` where the model needs the door free for longer than the strike may leave it so."""
        kind = around.profile.bolt_kind
        needed = around.profile.uncouple_ms + _SPARE_MS
        if kind == "clutch" and 0 < options.hold_ms < needed:
            raise PartError(f"hold_ms must be 0 or at least {needed} for {around.profile.id}", Trouble.SETTINGS)
        self._options = options
        self._around = around
        self._clutch = kind == "clutch"
        self._drives = {_FREES[kind]: True, _HOLDS[kind]: False}
        self._report: Report = lambda _reading: None
        self._wired = Wired(
            around.lines,
            around.name,
            around.clock,
            self,
            outputs={"relay": options.relay},
            inputs=options.sensors,
            parts=(Part.MOTOR, Part.BOLT),
            debounce_ms=options.debounce_ms,
        )
        self._position = Position(around.clock)
        self._free = False
        self._run: DriveBolt | None = None
        self._due: Handle | None = None
        """The end of the run."""
        self._holds: Handle | None = None
        """The end of the time that the door is free."""

    @property
    def health(self) -> Health:
        """See `Attached`."""
        health = self._wired.upkeep.health
        if health.state == "served" and not self._position.belief.firm:
            return Health("trouble", Trouble.STUCK, health.words)
        return health

    async def start(self, report: Report) -> None:
        """Take the lines and say how the door is."""
        self._report = report
        await self._wired.start(report)

    async def stop(self) -> None:
        """No current, and the lines given back."""
        self._drop()
        self._report = lambda _reading: None
        self._away()
        await self._wired.stop()

    def drive(self, drive: DriveBolt) -> None:
        """Free the door or hold it; see `Bolt`. The run ends when the sensors, such as there are, have followed."""
        self._drop()
        free = self._drives.get(drive.drive)
        if free is None or not self._wired.served:
            self._report(MotorStopped(drive.run, MotorOutcome.FAULT))
            return
        self._run = drive
        wait_ms = min(self._options.answer_ms, drive.limit_ms)
        self._due = self._around.clock.call_later(wait_ms, partial(self._late, drive))
        self._switch(free=free)
        if self._run is drive:
            self._look()

    def halt(self) -> None:
        """Hold the door; a run under way ends with `MotorStopped(run, stalled)`."""
        if (run := self._drop()) is not None:
            self._switch(free=False)
            self._report(MotorStopped(run.run, MotorOutcome.STALLED))
            self._look()

    def found(self, levels: Mapping[str, bool]) -> None:
        """The lines are there, without current."""
        self._free = self._options.fail == "safe" and self._around.memory.get(_FREE) is not None
        if not self._energised or self._wired.drive({"relay": True}):
            self._position.begin(self._report, self._shown(levels))

    def changed(self, levels: Mapping[str, bool]) -> None:
        """A sensor says something else."""
        run = self._run
        self._position.see(self._shown(levels), driven=run is not None)
        if run is not None and self._run is run and self._followed(levels):
            self._end(MotorOutcome.REACHED)

    def lost(self) -> None:
        """The lines are lost, and the current with them."""
        run = self._drop()
        self._away()
        if run is not None:
            self._report(MotorStopped(run.run, MotorOutcome.FAULT))

    @property
    def _energised(self) -> bool:
        return self._free is (self._options.fail == "secure")

    def _switch(self, *, free: bool) -> None:
        if free is not self._free:
            self._free = free
            self._forget_hold()
            if free and self._options.hold_ms:
                # The end is due before there is current.
                self._holds = self._around.clock.call_later(self._options.hold_ms, self._over)
            if self._options.fail == "secure":
                self._around.loads.driving(free)
            elif free:
                self._around.memory.put(_FREE, "1")
            else:
                self._around.memory.forget(_FREE)
        self._wired.drive({"relay": self._energised})

    def _over(self) -> None:
        """The door has been free for as long as it may be."""
        _LOG.info("%s holds the door again after %d ms", self._around.name, self._options.hold_ms)
        run = self._drop()
        self._switch(free=False)
        if run is not None:
            self._report(MotorStopped(run.run, MotorOutcome.STALLED))
        if (levels := self._wired.read()) is not None:
            self._position.see(self._shown(levels), driven=False)

    def _look(self) -> None:
        levels = self._wired.read()
        if levels is not None:
            run = self._run
            self._position.see(self._shown(levels), driven=True)
            if run is not None and self._run is run and self._followed(levels):
                self._end(MotorOutcome.REACHED)

    def _late(self, run: DriveBolt) -> None:
        if self._run is not run:
            return
        levels = self._wired.read()
        if levels is None:
            return
        if self._followed(levels):
            self._end(MotorOutcome.REACHED)
            return
        if self._free:
            self._switch(free=False)
        if not self._position.belief.firm:
            self._end(MotorOutcome.FAULT)
        elif run.drive is Drive.UNCOUPLE:  # the door stays free
            self._end(MotorOutcome.STALLED)
        else:  # the strike does not let go, or the latch is out
            self._end(MotorOutcome.NO_MOTION)

    def _followed(self, levels: Mapping[str, bool]) -> bool:
        """Whether all is as the run wants it, as far as there are sensors for it."""
        holds = levels.get("keeper", not self._free)
        if self._free or self._clutch:
            return holds is not self._free and self._position.belief.firm
        return holds and levels["latch"] and self._position.belief.firm

    def _end(self, outcome: MotorOutcome) -> None:
        if (run := self._drop()) is not None:
            self._report(MotorStopped(run.run, outcome))
            if self._run is None and (levels := self._wired.read()) is not None:
                self._position.see(self._shown(levels), driven=False)

    def _drop(self) -> DriveBolt | None:
        run, self._run = self._run, None
        if self._due is not None:
            self._due.cancel()
            self._due = None
        return run

    def _forget_hold(self) -> None:
        if self._holds is not None:
            self._holds.cancel()
            self._holds = None

    def _away(self) -> None:
        self._forget_hold()
        if self._free and self._options.fail == "secure":
            self._around.loads.driving(False)
        self._free = False
        self._position.end()

    def _shown(self, levels: Mapping[str, bool]) -> BoltPosition:
        if not levels["latch"]:
            return BoltPosition.RETRACTED
        if levels.get("keeper", not self._free):
            return BoltPosition.THROWN
        if self._clutch:  # whether the strike holds is the clutch's matter, as long as that is under way
            return BoltPosition.THROWN if self._free or self._run is not None else BoltPosition.BETWEEN
        return BoltPosition.RETRACTED if self._free else BoltPosition.BETWEEN
