"""What the config may say of batteries and their gauges."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.options import read_line
from lock_bridge.hardware.surroundings import Surroundings

from .curves import CURVES

_SUPPLIES: Final = Path("/sys/class/power_supply")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Of all gauges: how often they are looked at, and the line of the emergency supply."""

    interval_s: int
    emergency: Line | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyOptions(Options):
    """Names in /sys/class/power_supply; `battery` None: the only one."""

    battery: str | None
    supply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusOptions(Options):
    """A chip on an I2C bus."""

    bus: int
    address: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoltageOptions(BusOptions):
    """How many cells of which kind are in a row."""

    chemistry: str
    cells: int


def _common(table: Table) -> dict[str, Any]:
    return {
        "interval_s": table.integer("interval_s", 30, 1, 3_600, unit=" of seconds"),
        "emergency": read_line(table, "emergency", required=False, active_low=True, pull="up"),
    }


def _on_bus(table: Table, address: int, low: int, high: int) -> dict[str, Any]:
    return {"bus": table.integer("bus", 1, 0, 255), "address": table.integer("address", address, low, high)}


def _read_supply(table: Table, _port: str) -> SupplyOptions:
    battery, supply = table.optional("battery"), table.optional("supply")
    for key, name in (("battery", battery), ("supply", supply)):
        if name is not None and ("/" in name or name.startswith(".")):
            table.problem(key, "is not allowed. Allowed is a name of /sys/class/power_supply.")
    return SupplyOptions(battery=battery, supply=supply, **_common(table))


def _read_max17048(table: Table, _port: str) -> BusOptions:
    return BusOptions(**_on_bus(table, 0x36, 0x36, 0x36), **_common(table))


def _read_ina219(table: Table, _port: str) -> VoltageOptions:
    return VoltageOptions(
        **_on_bus(table, 0x40, 0x40, 0x4F),
        chemistry=table.choice("chemistry", "li_ion", tuple(CURVES)),
        cells=table.integer("cells", 1, 1, 8),
        **_common(table),
    )


def _read_mains(table: Table, _port: str) -> Options:
    return Options(**_common(table))


def _build_mains(options: Any, around: Surroundings) -> object:
    from .gauges import Mains
    from .reader import GaugeReader

    given = cast("Options", options)
    return GaugeReader(Mains(), around, interval_ms=given.interval_s * 1_000, emergency=given.emergency)


def _build_supply(options: Any, around: Surroundings) -> object:
    from .gauges import SupplyGauge
    from .reader import GaugeReader

    given = cast("SupplyOptions", options)
    gauge = SupplyGauge(_SUPPLIES, given.battery, given.supply)
    return GaugeReader(gauge, around, interval_ms=given.interval_s * 1_000, emergency=given.emergency)


def _build_max17048(options: Any, around: Surroundings) -> object:
    import smbus2  # noqa: F401 - missing, it is said now

    from .gauges import Max17048
    from .reader import GaugeReader

    given = cast("BusOptions", options)
    gauge = Max17048(given.bus, given.address)
    return GaugeReader(gauge, around, interval_ms=given.interval_s * 1_000, emergency=given.emergency)


def _build_ina219(options: Any, around: Surroundings) -> object:
    import smbus2  # noqa: F401 - missing, it is said now

    from .gauges import Ina219
    from .reader import GaugeReader

    given = cast("VoltageOptions", options)
    gauge = Ina219(given.bus, given.address, CURVES[given.chemistry], given.cells)
    return GaugeReader(gauge, around, interval_ms=given.interval_s * 1_000, emergency=given.emergency)


def _emergency(options: Options) -> tuple[Use, ...]:
    if options.emergency is None:
        return ()
    return (Use("line", options.emergency.name, "emergency", "emergency supply"),)


def _uses_supply(options: Any) -> tuple[Use, ...]:
    given = cast("SupplyOptions", options)
    return (Use("supply", given.battery or "battery", "battery", "battery", shared=True), *_emergency(given))


def _uses_bus(options: Any) -> tuple[Use, ...]:
    given = cast("BusOptions", options)
    return (Use("i2c", f"{given.bus}:0x{given.address:02x}", "address", "SDA SCL"), *_emergency(given))


MAINS: Final = Driver(
    name="mains",
    ports=("power",),
    title="no battery: the computer's own supply feeds the lock",
    read=_read_mains,
    build=_build_mains,
    uses=_emergency,
)
POWER_SUPPLY: Final = Driver(
    name="power_supply",
    ports=("power",),
    title="a battery that the kernel knows (class power_supply)",
    read=_read_supply,
    build=_build_supply,
    uses=_uses_supply,
    drawn="battery",
)
MAX17048: Final = Driver(
    name="max17048",
    ports=("power",),
    title="a MAX17048 gauge for one lithium cell, on I2C",
    read=_read_max17048,
    build=_build_max17048,
    uses=_uses_bus,
    extra="i2c",
)
INA219: Final = Driver(
    name="ina219",
    ports=("power",),
    title="an INA219 that measures a pack's voltage, on I2C",
    read=_read_ina219,
    build=_build_ina219,
    uses=_uses_bus,
    extra="i2c",
)
