"""What the config may say of fingerprint modules of the EF 01 family."""

from dataclasses import dataclass, field
from typing import Any, Final

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.options import read_device, read_line
from lock_bridge.hardware.surroundings import Surroundings

_BAUDRATES: Final = tuple(9600 * times for times in range(1, 13))
"""What an EF 01 module can be set to."""


@dataclass(frozen=True, slots=True)
class Options:
    """`{ driver = "ef01", device, baudrate, password, touch }`."""

    device: str
    baudrate: int
    password: int = field(repr=False)
    touch: Line | None = None


def _read(table: Table, _port: str) -> Options:
    device = read_device(table, urls=True)
    baudrate = table.integer("baudrate", 57_600, _BAUDRATES[0], _BAUDRATES[-1])
    if baudrate not in _BAUDRATES:
        table.problem("baudrate", f"{baudrate} is not allowed. Allowed are multiples of 9600; modules come with 57600.")
    password = table.integer("password", 0, 0, 0xFFFF_FFFF, secret=True)
    # Modules pull their touch pin to ground while something lies on the glass.
    return Options(device, baudrate, password, read_line(table, "touch", required=False, active_low=True))


def _build(options: Options, around: Surroundings) -> object:
    from .driver import Ef01Reader, Settings  # brings a library along

    settings = Settings(
        port=options.device, baudrate=options.baudrate, password=options.password, touch=options.touch, name=around.name
    )
    return Ef01Reader(settings, memory=around.memory, lines=around.lines)


def _uses(options: Options) -> tuple[Use, ...]:
    # Crossed, as data wires are: the module sends where the machine receives.
    wires = (Use("serial", options.device, "device", "TX RX"),)
    return wires if options.touch is None else (*wires, Use("line", options.touch.name, "touch", "touch"))


def _secret(options: Any) -> bool:
    return bool(options.password)


DRIVER: Final = Driver(
    name="ef01",
    ports=("fingerprint",),
    title="a fingerprint module of the EF 01 family (R502, R503, ZFM-20, ZFM-60, AS608)",
    read=_read,
    build=_build,
    uses=_uses,
    secret=_secret,
)
