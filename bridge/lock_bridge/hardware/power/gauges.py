"""What can say how full a battery is. All of this blocks for a millisecond or so: it runs in a thread."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from lock_bridge.hardware.trouble import PartError, Trouble

from .curves import Curve, percent


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: percent (None: the gauge does not know), voltage in mV (None: not measured), emergency power."""

    percent: int | None
    millivolts: int | None = None
    emergency: bool = False


class Gauge(Protocol):
    """Raises `PartError` or `OSError` when it cannot be read."""

    def open(self) -> str:
        """Make it ready; what it is, in words."""

    def sample(self) -> Sample:
        """Look."""

    def close(self) -> None:
        """Let it go. Never raises."""


class Mains:
    """No battery: the computer's own supply feeds the lock."""

    def open(self) -> str:
        return "mains"

    def sample(self) -> Sample:
        return Sample(None)

    def close(self) -> None:
        """There is nothing to let go."""


class SupplyGauge:
    """A battery of the kernel's class power_supply, and the supply whose plug is the emergency's."""

    def __init__(self, folder: Path, battery: str | None, emergency: str | None) -> None:
        """`battery` None: the only one that there is."""
        self._folder = folder
        self._name = battery
        self._emergency = emergency
        self._battery = folder

    def open(self) -> str:
        self._battery = self._folder / (self._name or self._only_battery())
        kind = self._text(self._battery / "type")
        if kind is None:
            raise PartError(f"there is no power supply {self._battery.name}", Trouble.MISSING)
        if kind != "Battery":
            raise PartError(f"{self._battery.name} is no battery ({kind})", Trouble.UNSUPPORTED)
        if self._emergency is not None and not (self._folder / self._emergency).is_dir():
            raise PartError(f"there is no power supply {self._emergency}", Trouble.MISSING)
        model = self._text(self._battery / "model_name")
        return f"{self._battery.name}{f' ({model})' if model else ''}"

    def sample(self) -> Sample:
        if not self._battery.is_dir():
            raise PartError(f"the power supply {self._battery.name} is gone", Trouble.UNPLUGGED)
        present = self._text(self._battery / "present")
        capacity = self._number(self._battery / "capacity")
        microvolts = self._number(self._battery / "voltage_now")
        plugged = self._emergency is not None and self._text(self._folder / self._emergency / "online") == "1"
        if present == "0":
            capacity = None
        return Sample(
            None if capacity is None else min(100, max(0, capacity)),
            None if microvolts is None else microvolts // 1_000,
            plugged,
        )

    def close(self) -> None:
        """Files are closed already."""

    def _only_battery(self) -> str:
        found = sorted(path.name for path in self._folder.glob("*") if self._text(path / "type") == "Battery")
        if len(found) != 1:
            what = f"several batteries ({', '.join(found)}): name one" if found else "no battery"
            raise PartError(f"the kernel knows {what}", Trouble.SETTINGS if found else Trouble.MISSING)
        return found[0]

    @staticmethod
    def _text(path: Path) -> str | None:
        try:
            return path.read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return None

    def _number(self, path: Path) -> int | None:
        text = self._text(path)
        try:
            return None if text is None else int(text)
        except ValueError:
            return None


class WordBus(Protocol):
    """An I2C bus, as far as SMBus goes; kernels' stubs and cheap adapters do no more. Raises `OSError`."""

    def read_word_data(self, i2c_addr: int, register: int) -> int:
        """A word, low byte first."""

    def write_word_data(self, i2c_addr: int, register: int, value: int) -> None:
        """The same to the device."""

    def close(self) -> None:
        """Let the bus go."""


def smbus(number: int) -> WordBus:
    """The machine's bus of that number."""
    try:
        from smbus2 import SMBus
    except ImportError:
        raise PartError("the library smbus2 is not installed", Trouble.LIBRARY_MISSING) from None
    bus: Any = SMBus(number)
    return bus  # type: ignore[no-any-return]


class _OnBus:
    """A chip whose words have their high byte first."""

    def __init__(self, number: int, address: int, bus: Callable[[int], WordBus]) -> None:
        self._number = number
        self._address = address
        self._make = bus
        self._bus: WordBus | None = None

    def close(self) -> None:
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.close()

    def _open(self) -> None:
        self.close()
        self._bus = self._make(self._number)

    def _read(self, register: int) -> int:
        assert self._bus is not None, "opened"  # noqa: S101
        try:
            word = self._bus.read_word_data(self._address, register)
        except OSError as error:
            # The bus is there; nobody answers at the address.
            where = f"0x{self._address:02x} of bus {self._number}"
            raise PartError(f"nothing answers at {where}: {error.strerror}", Trouble.NO_ANSWER) from None
        return int.from_bytes(word.to_bytes(2, "little"), "big")

    def _write(self, register: int, value: int) -> None:
        assert self._bus is not None, "opened"  # noqa: S101
        try:
            word = int.from_bytes(value.to_bytes(2, "big"), "little")
            self._bus.write_word_data(self._address, register, word)
        except OSError as error:
            where = f"0x{self._address:02x} of bus {self._number}"
            raise PartError(f"nothing answers at {where}: {error.strerror}", Trouble.NO_ANSWER) from None


class Max17048(_OnBus):
    """A gauge for one lithium cell that reckons by a model of it."""

    def __init__(self, number: int, address: int, bus: Callable[[int], WordBus] = smbus) -> None:
        super().__init__(number, address, bus)

    def open(self) -> str:
        self._open()
        version = self._read(_MAX_VERSION)
        if version & 0xFFF0 != 0x0010:
            raise PartError(f"what answers is no MAX17048 (version 0x{version:04x})", Trouble.UNSUPPORTED)
        return f"MAX17048, version 0x{version:04x}"

    def sample(self) -> Sample:
        millivolts = round(self._read(_MAX_VCELL) * _MAX_MICROVOLTS / 1_000)
        whole = self._read(_MAX_SOC) / 256
        return Sample(min(100, round(whole)), millivolts)


class Ina219(_OnBus):
    """Measures the voltage of a pack, from which what is left is estimated."""

    def __init__(
        self, number: int, address: int, curve: Curve, cells: int, bus: Callable[[int], WordBus] = smbus
    ) -> None:
        super().__init__(number, address, bus)
        self._curve = curve
        self._cells = cells

    def open(self) -> str:
        self._open()
        self._write(_INA_CONFIG, _INA_DEFAULT)
        if (config := self._read(_INA_CONFIG)) != _INA_DEFAULT:
            raise PartError(f"what answers is no INA219 (0x{config:04x})", Trouble.UNSUPPORTED)
        return f"INA219, {self._cells} cell{'s' if self._cells > 1 else ''}"

    def sample(self) -> Sample:
        millivolts = (self._read(_INA_BUS) >> 3) * _INA_MILLIVOLTS
        return Sample(percent(millivolts, self._curve, self._cells), millivolts)


_MAX_VCELL: Final = 0x02
_MAX_SOC: Final = 0x04
_MAX_VERSION: Final = 0x08
_MAX_MICROVOLTS: Final = 78.125

_INA_CONFIG: Final = 0x00
_INA_BUS: Final = 0x02
_INA_DEFAULT: Final = 0x399F
"""32 V, the full range of the shunt, 12 bits, both measured for ever: what it is set to when it gets power."""
_INA_MILLIVOLTS: Final = 4
