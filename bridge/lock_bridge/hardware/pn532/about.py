"""What the config may say of card readers with a PN532."""

from typing import Any, Final

from lock_bridge.config_table import Table, shown
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.options import read_device
from lock_bridge.hardware.surroundings import Surroundings

_BAUDRATES: Final = (9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600)
"""What a PN532 can be set to; it begins with 115200 each time that it gets power."""


def _read(table: Table, _port: str) -> dict[str, Any]:
    device = read_device(table, urls=True)
    baudrate = table.integer("baudrate", 115_200, _BAUDRATES[0], _BAUDRATES[-1])
    if baudrate not in _BAUDRATES:
        table.problem("baudrate", f"{shown(baudrate)} is not allowed. A PN532 begins with 115200.")
    return {"device": device, "baudrate": baudrate}


def _build(options: Any, around: Surroundings) -> object:
    from .driver import Pn532Reader, Settings  # brings a library along

    settings = Settings(port=options["device"], baudrate=options["baudrate"])
    return Pn532Reader(settings, around.memory, name=around.name)


DRIVER: Final = Driver(
    name="pn532",
    ports=("card",),
    title="a card reader with a PN532 on a serial port",
    read=_read,
    build=_build,
    uses=lambda options: (Use("serial", options["device"], "device", "TXD RXD"),),
)
