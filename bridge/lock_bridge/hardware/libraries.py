"""The libraries that drivers need, by the extra of the distribution that brings them."""

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final

from .catalogue import DRIVERS

LIBRARIES: Final[Mapping[str, str]] = MappingProxyType(
    {"gpio": "gpiod", "input": "evdev", "pcsc": "smartcard", "ble": "dbus_fast", "i2c": "smbus2"}
)


def has_library(name: str) -> bool:
    """Whether it is installed; it is not imported."""
    return find_spec(name) is not None


def extras_of(driver: str, options: Any) -> tuple[str, ...]:
    """The extras that a part needs: its driver's, and that of the lines which it uses."""
    entry = DRIVERS[driver]
    wanted = [entry.extra] if entry.extra in LIBRARIES else []
    if any(use.kind == "line" for use in entry.uses(options)) and "gpio" not in wanted:
        wanted.append("gpio")
    return tuple(extra for extra in wanted if extra is not None)
