"""What the config may say of the bridge's ring (`[bridge.ring]`)."""

from dataclasses import dataclass
from typing import Final

from lock_bridge.config_table import REQUIRED, Table, shown
from lock_bridge.hardware.driver import Use
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.header import pin_of
from lock_bridge.hardware.options import read_line

DRIVERS: Final = ("gpio",)
"""A simulated door has a simulated bridge beside it without being told."""

COLOURS: Final = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class RingOptions:
    """The lines of an RGB LED, and of the function key where there is one."""

    red: Line
    green: Line
    blue: Line
    key: Line | None = None

    @property
    def uses(self) -> tuple[Use, ...]:
        """What of the machine it takes."""
        wired: dict[str, Line] = {name: getattr(self, name) for name in COLOURS}
        lights = tuple(
            Use("line", line.name, name, name, output=True, active_low=line.active_low) for name, line in wired.items()
        )
        return lights if self.key is None else (*lights, Use("line", self.key.name, "key", "function key"))


def read(bridge: Table) -> RingOptions | None:
    """The table `ring` of `[bridge]`; None where there is none, or a wrong one."""
    if (table := bridge.table("ring")) is None:
        return None
    table.choice("driver", REQUIRED, DRIVERS)
    lights = {name: read_line(table, name) for name in COLOURS}
    key = read_line(table, "key", required=False, active_low=True, pull="up")
    taken: dict[str | int, str] = {}
    for name, line in (*lights.items(), ("key", key)):
        if line is not None and (other := taken.setdefault(pin_of(line.name) or line.name, name)) != name:
            table.problem(name, f"{shown(line.name)} is taken by {other}. Allowed is one of its own.")
    table.finish()
    red, green, blue = lights.values()
    return RingOptions(red, green, blue, key) if red and green and blue else None
