"""Chips on the kernel's stub of an I2C bus, which does words and no more."""

from pathlib import Path
from typing import Final

from smbus2 import SMBus

from tests.vm.parts.waiting import read

MAX17048: Final = 0x36
INA219: Final = 0x40
NOBODY: Final = 0x41


def bus() -> int:
    """The stub's number."""
    (found,) = (path for path in Path("/sys/class/i2c-dev").iterdir() if "stub" in read(path / "name"))
    return int(found.name.removeprefix("i2c-"))


def tell(chip: int, register: int, value: int) -> None:
    """What a chip says from now on in a register, high byte first."""
    with SMBus(bus()) as smbus:
        smbus.write_word_data(chip, register, int.from_bytes(value.to_bytes(2, "big"), "little"))


def max17048(*, percent: float, version: int = 0x0012) -> None:
    """The gauge of a battery that is so full."""
    for register, value in ((0x08, version), (0x02, round(3_710_000 / 78.125)), (0x04, round(percent * 256))):
        tell(MAX17048, register, value)
