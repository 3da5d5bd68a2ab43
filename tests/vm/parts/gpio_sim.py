"""A GPIO chip of the kernel's simulator: what a wire does to an input, and what a meter shows at an output."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.vm.parts.waiting import read, write

_CONFIG: Final = Path("/sys/kernel/config/gpio-sim")


class SimChip:
    """A chip with the label `label` and lines with these names."""

    def __init__(self, label: str, names: Iterable[str]) -> None:
        self.label = label
        self._offsets = {name: offset for offset, name in enumerate(names)}
        self._folder = _CONFIG / label
        bank = self._folder / "bank"
        bank.mkdir(parents=True)
        write(bank / "label", label)
        write(bank / "num_lines", str(len(self._offsets)))
        for name, offset in self._offsets.items():
            (bank / f"line{offset}").mkdir()
            write(bank / f"line{offset}" / "name", name)
        self.plug()

    def plug(self) -> None:
        """The chip appears."""
        write(self._folder / "live", "1")
        chip = read(self._folder / "bank/chip_name")
        self.device = Path("/dev", chip)
        self._lines = Path("/sys/devices/platform", read(self._folder / "dev_name"), chip)

    def unplug(self) -> None:
        """It goes away, whoever uses it."""
        write(self._folder / "live", "0")

    def put(self, name: str, *, high: bool) -> None:
        """What the wire at an input does."""
        write(self._lines / f"sim_gpio{self._offsets[name]}/pull", "pull-up" if high else "pull-down")

    def high(self, name: str) -> bool:
        """What a meter shows."""
        return read(self._lines / f"sim_gpio{self._offsets[name]}/value") == "1"

    def remove(self) -> None:
        """Leave nothing of it."""
        with suppress(OSError):
            self.unplug()
        for folder in (*(self._folder / "bank").glob("line*"), self._folder / "bank", self._folder):
            folder.rmdir()
