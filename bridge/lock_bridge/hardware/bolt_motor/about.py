"""What the config may say of a motor with two directions on GPIO lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.options import read_line
from lock_bridge.hardware.surroundings import Surroundings

type Kind = Literal["bolt", "clutch"]

OUTPUTS: Final[Mapping[str, str]] = {"in1": "IN1", "in2": "IN2", "enable": "EN"}
"""What is written at a motor driver where the lines end."""

SENSORS: Final[Mapping[str, str]] = {
    "thrown": "bolt thrown",
    "retracted": "bolt retracted",
    "coupled": "clutch coupled",
    "uncoupled": "clutch uncoupled",
}
"""The sensors, each active at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a motor is wired, and what is normal of it. Times in milliseconds."""

    kind: Kind
    """`bolt`: the motor throws and draws the bolt; `clutch`: it couples the outside handle (BLT-13)."""
    outputs: Mapping[str, Line]
    """`in1` throws or couples, `in2` draws or uncouples; `enable`, where the driver has one."""
    sensors: Mapping[str, Line]
    limit_ms: int = 3_000
    """The motor is never driven longer, whatever it is told."""
    stall_ms: int = 1_000
    """How long a bolt that has not been timed yet may take to leave the sensor at its end."""
    min_travel_ms: int = 60
    """Nothing travels from end to end faster than this."""
    brake_ms: int = 80
    """How long both inputs are active afterwards, which makes a bridge brake; 0: it only coasts."""
    couple_ms: int = 300
    """How long a clutch without a sensor at its coupled end is driven to couple."""
    debounce_ms: int = 5


def _read(table: Table, _port: str) -> Options:
    kind = cast("Kind", table.choice("kind", "bolt", ("bolt", "clutch")))
    outputs = {role: read_line(table, role, required=role != "enable", moves=True) for role in OUTPUTS}
    clutch = kind == "clutch"
    needed = {"thrown": True, "retracted": not clutch}
    if clutch:
        # Whether the handle is free has to be seen: a clutch that sticks would leave the door open to anybody.
        needed |= {"coupled": False, "uncoupled": True}
    sensors = {
        role: read_line(table, role, required=required, active_low=True, pull="up") for role, required in needed.items()
    }
    return Options(
        kind=kind,
        outputs={role: line for role, line in outputs.items() if line is not None},
        sensors={role: line for role, line in sensors.items() if line is not None},
        limit_ms=table.integer("limit_ms", 3_000, 100, 10_000, unit=" of milliseconds"),
        stall_ms=table.integer("stall_ms", 1_000, 50, 5_000, unit=" of milliseconds"),
        min_travel_ms=table.integer("min_travel_ms", 60, 0, 2_000, unit=" of milliseconds"),
        brake_ms=table.integer("brake_ms", 80, 0, 300, unit=" of milliseconds"),
        couple_ms=table.integer("couple_ms", 300, 20, 2_000, unit=" of milliseconds") if clutch else 300,
        debounce_ms=table.integer("debounce_ms", 5, 1, 50, unit=" of milliseconds"),
    )


def _uses(options: Any) -> tuple[Use, ...]:
    given: Options = options
    return (
        *(
            Use("line", line.name, role, OUTPUTS[role], output=True, active_low=line.active_low)
            for role, line in given.outputs.items()
        ),
        *(Use("line", line.name, role, SENSORS[role]) for role, line in given.sensors.items()),
    )


def _build(options: Any, around: Surroundings) -> object:
    from .driver import BoltMotor

    return BoltMotor(options, around)


DRIVER: Final = Driver(
    name="motor",
    ports=("bolt",),
    title="a motor with two directions and a sensor at each end, on GPIO lines",
    read=_read,
    build=_build,
    uses=_uses,
    extra="gpio",
    drawn="motor",
)
