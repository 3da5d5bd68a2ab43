"""The machine's Wi-Fi: how strong its signal is, and whether it may be off (PWR-3)."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import rfkill

_LOG: Final = logging.getLogger(__name__)

_UP: Final = 0x1
_ANYWHERE_4: Final = "00000000"
_ANYWHERE_6: Final = ("0" * 32, "00")
_WEAKEST_DBM: Final = -120
_RFKILL: Final = re.compile(r"rfkill([0-9]+)")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the kernel tells of its radios and routes."""

    proc: Path = Path("/proc/net")
    sys: Path = Path("/sys/class/net")
    rfkill: Path = Path("/dev/rfkill")


class Wifi:
    """One Wi-Fi interface. What it does takes no longer than reading a small file, but for `allow`."""

    def __init__(self, interface: str | None, machine: Machine = Machine()) -> None:
        """`interface` None: the first that there is."""
        self._named = interface
        self._machine = machine
        self._blocked: int | None = None
        """The radio that we have switched off."""

    @property
    def interface(self) -> str | None:
        """The interface that is looked at."""
        if self._named is not None:
            return self._named
        found = sorted(path.parent.name for path in self._machine.sys.glob("*/phy80211"))
        return found[0] if found else None

    def signal_dbm(self) -> int | None:
        """What /proc/net/wireless says; None: not connected, or not known. Needs no right of its own."""
        try:
            lines = (self._machine.proc / "wireless").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return None
        wanted = self.interface
        for line in lines[2:]:
            name, colon, rest = line.partition(":")
            fields = rest.split()
            if colon and name.strip() == wanted and len(fields) > 2:
                return _dbm(fields[2])
        return None

    def has_another_way(self) -> bool:
        """Whether this machine reaches the house without Wi-Fi: a default route over a device that is not one.

        Routes over tunnels and bridges do not count: they may themselves go over the Wi-Fi.
        """
        return any(
            (self._machine.sys / name / "device").exists() and not (self._machine.sys / name / "phy80211").exists()
            for name in self._default_routes()
        )

    def allow(self, on: bool) -> None:
        """Switch the radio on, if it was switched off from here; or off, where another way stays. Blocks for a while.

        Raises `OSError` where /dev/rfkill may not be written.
        """
        if not on and self._blocked is None and self.has_another_way():
            index = self._radio()
            if index is not None:
                rfkill.block(self._machine.rfkill, index, blocked=True)
                self._blocked = index
                _LOG.warning("Wi-Fi (%s) is switched off, as the lock's settings say", self.interface)
        elif self._blocked is not None and (on or not self.has_another_way()):
            index, self._blocked = self._blocked, None
            rfkill.block(self._machine.rfkill, index, blocked=False)
            _LOG.warning("Wi-Fi (%s) is switched on again", self.interface)

    def _radio(self) -> int | None:
        name = self.interface
        if name is None:
            return None
        for path in sorted((self._machine.sys / name / "phy80211").glob("rfkill*")):
            if number := _RFKILL.fullmatch(path.name):
                return int(number[1])
        return None

    def _default_routes(self) -> set[str]:
        names = set[str]()
        for fields in self._fields("route"):
            if len(fields) > 7 and fields[1] == _ANYWHERE_4 == fields[7] and int(fields[3], 16) & _UP:
                names.add(fields[0])
        for fields in self._fields("ipv6_route"):
            if len(fields) > 9 and (fields[0], fields[1]) == _ANYWHERE_6 and int(fields[8], 16) & _UP:
                names.add(fields[9])
        return names

    def _fields(self, name: str) -> list[list[str]]:
        try:
            text = (self._machine.proc / name).read_text(encoding="ascii", errors="replace")
        except OSError:
            return []
        return [line.split() for line in text.splitlines()]


def _dbm(level: str) -> int | None:
    try:
        value = int(float(level))
    except ValueError, OverflowError:
        return None
    if value > 0:  # old drivers tell it as an unsigned byte
        value -= 256
    return value if _WEAKEST_DBM <= value < 0 else None
