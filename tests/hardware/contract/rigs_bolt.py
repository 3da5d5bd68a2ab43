"""The bolts of the contract: simulated, with a motor, with a strike."""

from typing import Protocol

from lock_bridge.engine.effects import Drive
from lock_bridge.hardware.ports import Bolt, Reading
from lock_bridge.wire.words import Part
from tests.hardware import motor_rig, simulated_rig, strike_rig


class BoltRig(Protocol):
    """What people can do to a bolt, and what can be seen of it."""

    port: Bolt

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def advance(self, ms: int) -> None: ...
    def heard(self) -> list[Reading]: ...
    def drive(self, drive: Drive, *, limit_ms: int = 3_000) -> int: ...
    def by_hand(self, *, thrown: bool) -> None:
        """Somebody turns the key, or opens and closes the door, until the bolt is there."""

    def break_motor(self) -> None:
        """It does nothing from now on."""

    def unplug(self) -> None: ...
    def plug(self) -> None: ...

    @property
    def drives(self) -> bool:
        """Whether there is current in the motor or the coil."""


class SimulatedBoltRig:
    """The simulated door's."""

    def __init__(self, profile: str) -> None:
        self._rig = simulated_rig.Rig(profile)
        self.port: Bolt = self._rig.door.bolt

    async def start(self) -> None:
        await self.port.start(self._rig.reports.append)

    async def stop(self) -> None:
        await self.port.stop()

    async def advance(self, ms: int) -> None:
        self._rig.clock.advance(ms)

    def heard(self) -> list[Reading]:
        return self._rig.heard()

    def drive(self, drive: Drive, *, limit_ms: int = 3_000) -> int:
        return self._rig.drive(drive, limit_ms=limit_ms)

    def by_hand(self, *, thrown: bool) -> None:
        self._rig.door.bolt.by_hand(1.0 if thrown else 0.0)

    def break_motor(self) -> None:
        self._rig.door.world.motor = False

    def unplug(self) -> None:
        for part in (Part.MOTOR, Part.BOLT):
            self._rig.door.bolt.unplug(part)

    def plug(self) -> None:
        for part in (Part.MOTOR, Part.BOLT):
            self._rig.door.bolt.plug(part)

    @property
    def drives(self) -> bool:
        return self._rig.door.bolt._run is not None


class MotorBoltRig(motor_rig.MotorRig):
    """On wires, with a plant behind them."""

    def __init__(self, profile: str) -> None:
        super().__init__(motor_rig.CLUTCH if profile == "l2s" else motor_rig.CONFIG, profile=profile)
        if profile == "l2s":
            self.lines.put("GPIO13", high=False)
            self.lines.put("GPIO19", high=True)

    def by_hand(self, *, thrown: bool) -> None:
        if self.profile == "l2s":
            self.lines.put("GPIO13", high=not thrown)
            self.lines.put("GPIO19", high=thrown)
        else:
            self.plant.turn(1.0 if thrown else 0.0)

    def break_motor(self) -> None:
        self.plant.dead = True

    def unplug(self) -> None:
        self.lines.unplug()

    def plug(self) -> None:
        self.lines.plug()

    @property
    def drives(self) -> bool:
        return self.plant.pushes != 0


class StrikeBoltRig(strike_rig.StrikeRig):
    """On wires, with a keeper and a latch behind them."""

    def __init__(self, profile: str) -> None:
        super().__init__(profile=profile)

    def by_hand(self, *, thrown: bool) -> None:
        self.latch(lies=thrown)

    def break_motor(self) -> None:
        self.dead = True

    def unplug(self) -> None:
        self.lines.unplug()

    def plug(self) -> None:
        self.lines.plug()

    @property
    def drives(self) -> bool:
        return self.energised
