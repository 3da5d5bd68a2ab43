"""Which drivers a lock's ports may have in the config, and the options of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from .config_table import REQUIRED, Table, shown

PORTS: Final = ("keypad", "sounder", "fingerprint", "card", "bolt", "contacts", "power")
"""The parts of a lock, by their ports in hardware/ports.py."""

SIMULATED: Final = "simulated"
"""The driver of every port of a door that is simulated."""

_BAUDRATES: Final = tuple(9600 * times for times in range(1, 13))
"""What an EF 01 module can be set to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartConfig:
    """The driver of one port and its options; those may hold a module's password."""

    driver: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False)


def read_parts(lock: Table, *, simulated: bool) -> Mapping[str, PartConfig]:
    """A driver for each port. Ports that are not named are simulated where the lock has a simulated door."""
    table = lock.table("parts")
    parts: dict[str, PartConfig] = {}
    for port in PORTS:
        if table is not None and (part := table.table(port)) is not None:
            parts[port] = _read_part(port, part, simulated=simulated)
        elif simulated:
            parts[port] = PartConfig(driver=SIMULATED)
    if table is not None:
        table.finish()
    if missing := [port for port in PORTS if port not in parts]:
        lock.problem(
            "parts",
            f"{', '.join(missing)}: without a driver. Name one for each, or add the table [lock.simulated], "
            "which simulates all that are not named.",
        )
    return MappingProxyType(parts)


def _read_part(port: str, table: Table, *, simulated: bool) -> PartConfig:
    allowed = [name for name, (ports, _) in _DRIVERS.items() if port in ports]
    driver = table.choice("driver", REQUIRED, allowed)
    if driver not in allowed:
        return PartConfig(driver=driver)  # what its options may be is not known
    if driver == SIMULATED and not simulated:
        table.problem("driver", 'is "simulated", but the lock has no table [lock.simulated]. Add it.')
    options = _DRIVERS[driver][1](table)
    table.finish()
    return PartConfig(driver=driver, options=MappingProxyType(options))


def _no_options(_table: Table) -> dict[str, Any]:
    return {}


def _ef01(table: Table) -> dict[str, Any]:
    device = table.text("device", longest=255)
    if device and not device.startswith("/"):
        table.problem("device", f"{shown(device)} is not allowed. Allowed is a path, such as one of /dev/serial/by-id.")
    baudrate = table.integer("baudrate", 57_600, _BAUDRATES[0], _BAUDRATES[-1])
    if baudrate not in _BAUDRATES:
        table.problem("baudrate", f"{baudrate} is not allowed. Allowed are multiples of 9600; modules come with 57600.")
    return {
        "device": device,
        "baudrate": baudrate,
        "password": table.integer("password", 0, 0, 0xFFFF_FFFF, secret=True),
    }


def _espeak(table: Table) -> dict[str, Any]:
    return {
        "rate": table.integer("rate", 150, 80, 450, unit=" of words a minute"),
        "device": table.optional("device", longest=255),
    }


_DRIVERS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Table], dict[str, Any]]]]] = {
    SIMULATED: (PORTS, _no_options),
    "ef01": (("fingerprint",), _ef01),
    "espeak": (("sounder",), _espeak),
}
"""Driver: the ports that it serves, and what reads its options."""
