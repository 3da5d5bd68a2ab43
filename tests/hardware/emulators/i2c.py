"""Chips on an I2C bus, as far as SMBus words go."""

import errno
from dataclasses import dataclass, field


@dataclass(slots=True)
class FakeChip:
    """Registers of a chip whose words have their high byte first."""

    words: dict[int, int] = field(default_factory=dict)
    answers: bool = True
    reads: int = 0


@dataclass(slots=True)
class FakeBus:
    """The bus: `chips` by address. Words go over it with their low byte first, as SMBus has it."""

    chips: dict[int, FakeChip] = field(default_factory=dict)
    open: bool = True

    def read_word_data(self, i2c_addr: int, register: int) -> int:
        chip = self._chip(i2c_addr)
        chip.reads += 1
        return int.from_bytes(chip.words.get(register, 0).to_bytes(2, "big"), "little")

    def write_word_data(self, i2c_addr: int, register: int, value: int) -> None:
        self._chip(i2c_addr).words[register] = int.from_bytes(value.to_bytes(2, "little"), "big")

    def close(self) -> None:
        self.open = False

    def _chip(self, address: int) -> FakeChip:
        chip = self.chips.get(address)
        if chip is None or not chip.answers:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        return chip


def max17048(*, millivolts: int = 4_000, percent: float = 87.0, version: int = 0x0012) -> FakeChip:
    """A gauge as it comes."""
    return FakeChip({0x02: round(millivolts * 1_000 / 78.125), 0x04: round(percent * 256), 0x08: version})


def ina219(*, millivolts: int) -> FakeChip:
    """A meter that has just got its power."""
    return FakeChip({0x00: 0x399F, 0x02: (millivolts // 4) << 3})
