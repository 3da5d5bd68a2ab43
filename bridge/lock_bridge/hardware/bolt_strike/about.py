"""What the config may say of an electric strike on GPIO lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.options import read_line
from lock_bridge.hardware.surroundings import Surroundings

type Fail = Literal["secure", "safe"]

SENSORS: Final[Mapping[str, str]] = {"latch": "latch monitor", "keeper": "keeper monitor"}
"""Both are active when the door is locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a strike is wired. Times in milliseconds."""

    relay: Line
    sensors: Mapping[str, Line]
    """`latch`: active while the door's latch lies in the strike; `keeper`, if there is one: while the strike holds."""
    fail: Fail = "secure"
    """What the strike does without current: `secure`, it holds the door; `safe`, it lets it go."""
    hold_ms: int = 10_000
    """The door is free no longer; 0: until it is to be locked."""
    answer_ms: int = 1_000
    """How long its sensors may take to follow."""
    debounce_ms: int = 10


def _read(table: Table, _port: str) -> Options:
    relay = read_line(table, "relay", moves=True)
    sensors = {role: read_line(table, role, required=role == "latch", active_low=True, pull="up") for role in SENSORS}
    fail = cast("Fail", table.choice("fail", "secure", ("secure", "safe")))
    # A coil that has current only while the door is free is seldom made for more than some seconds of it.
    longest = 10_000 if fail == "secure" else 0
    return Options(
        relay=relay or Line(""),
        sensors={role: line for role, line in sensors.items() if line is not None},
        fail=fail,
        hold_ms=table.integer("hold_ms", longest, 0, 600_000, unit=" of milliseconds"),
        answer_ms=table.integer("answer_ms", 1_000, 50, 2_500, unit=" of milliseconds"),
        debounce_ms=table.integer("debounce_ms", 10, 1, 50, unit=" of milliseconds"),
    )


def _uses(options: Any) -> tuple[Use, ...]:
    given: Options = options
    return (
        Use("line", given.relay.name, "relay", "relay IN", output=True, active_low=given.relay.active_low),
        *(Use("line", line.name, role, SENSORS[role]) for role, line in given.sensors.items()),
    )


def _build(options: Any, around: Surroundings) -> object:
    from .driver import BoltStrike

    return BoltStrike(options, around)


DRIVER: Final = Driver(
    name="strike",
    ports=("bolt",),
    title="an electric strike behind a relay, with a monitor of the latch, on GPIO lines",
    read=_read,
    build=_build,
    uses=_uses,
    extra="gpio",
    drawn="strike",
)
