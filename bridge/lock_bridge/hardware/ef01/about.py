"""What the config may say of fingerprint modules of the EF 01 family."""

from typing import Any, Final

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.options import read_device
from lock_bridge.hardware.surroundings import Surroundings

_BAUDRATES: Final = tuple(9600 * times for times in range(1, 13))
"""What an EF 01 module can be set to."""


def _read(table: Table, _port: str) -> dict[str, Any]:
    device = read_device(table)
    baudrate = table.integer("baudrate", 57_600, _BAUDRATES[0], _BAUDRATES[-1])
    if baudrate not in _BAUDRATES:
        table.problem("baudrate", f"{baudrate} is not allowed. Allowed are multiples of 9600; modules come with 57600.")
    password = table.integer("password", 0, 0, 0xFFFF_FFFF, secret=True)
    return {"device": device, "baudrate": baudrate, "password": password}


def _build(options: Any, _around: Surroundings) -> object:
    from .driver import Ef01Reader, Settings  # brings a library along

    return Ef01Reader(Settings(port=options["device"], baudrate=options["baudrate"], password=options["password"]))


DRIVER: Final = Driver(
    name="ef01",
    ports=("fingerprint",),
    title="a fingerprint module of the EF 01 family (R502, R503, ZFM-20, ZFM-60, AS608)",
    read=_read,
    build=_build,
    uses=lambda options: (Use("serial", options["device"], "device", "TX RX"),),
    secret=lambda options: options["password"] != 0,
)
