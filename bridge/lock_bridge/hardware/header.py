"""The 40 pins of a Raspberry Pi, the same on all models since 2014."""

import re
from typing import Final

PINS: Final = (
    *("3.3 V", "5 V", "GPIO2", "5 V", "GPIO3", "GND", "GPIO4", "GPIO14", "GND", "GPIO15"),
    *("GPIO17", "GPIO18", "GPIO27", "GND", "GPIO22", "GPIO23", "3.3 V", "GPIO24", "GPIO10", "GND"),
    *("GPIO9", "GPIO25", "GPIO11", "GPIO8", "GND", "GPIO7", "GPIO0", "GPIO1", "GPIO5", "GND"),
    *("GPIO6", "GPIO12", "GPIO13", "GND", "GPIO19", "GPIO16", "GPIO26", "GPIO20", "GND", "GPIO21"),
)
"""What each is called; the first one is pin 1."""

GPIOS: Final = 28
"""So many lines are on it, from GPIO0."""

_ALIASES: Final = {"ID_SDA": "GPIO0", "ID_SD": "GPIO0", "ID_SCL": "GPIO1", "ID_SC": "GPIO1"}
_CHIPS: Final = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
_UART: Final = ("/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0")
_NEAR: Final = re.compile(r"(?:gpio|bcm|io)?[ _.-]?0*([0-9]{1,2})", re.IGNORECASE)
_BUSES: Final = {1: (3, 5), 0: (27, 28)}


def pin_of(line: str) -> int | None:
    """The pin of a line by its name or its chip's label and offset; None: it is elsewhere."""
    label, _, offset = line.rpartition(":")
    name = f"GPIO{int(offset)}" if label in _CHIPS and offset.isdecimal() else _ALIASES.get(line, line)
    return PINS.index(name) + 1 if name.startswith("GPIO") and name in PINS else None


def meant(line: str) -> str | None:
    """The line that somebody means by a name that none of them has: "GPIO23" by "gpio23" or "23"."""
    near = _NEAR.fullmatch(line)
    return f"GPIO{int(near[1])}" if near is not None and int(near[1]) < GPIOS else None


def pins_of(name: str) -> tuple[int, ...]:
    """All pins of that name, such as "GND"."""
    return tuple(number for number, called in enumerate(PINS, start=1) if called == name)


def uart_pins(device: str) -> tuple[int, int] | None:
    """The pins on which the Pi receives and sends of the header's own serial port; None: it is another port."""
    return (10, 8) if device in _UART else None


def i2c_pins(bus: int) -> tuple[int, int] | None:
    """The pins of SDA and SCL of a bus."""
    return _BUSES.get(bus)
