"""What the doctor says of attached parts: devices, lines, libraries, services, and what the running bridge knows."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from .config import Config, LockConfig
from .config_parts import PartConfig
from .doctor_finding import Finding, Status
from .doctor_machine import Machine, group_of, may_use, user_name
from .hardware.absent import PARTS
from .hardware.catalogue import DRIVERS
from .hardware.driver import Use, UseKind
from .hardware.header import uart_pins
from .hardware.libraries import LIBRARIES, extras_of
from .hardware.trouble import PartError, Trouble, advice
from .wire.words import Part

_PCSCD: Final = "The smart card service does not run: sudo apt install pcscd, sudo systemctl enable --now pcscd."
_BLUETOOTHD: Final = (
    "The Bluetooth service does not run: sudo apt install bluez, sudo systemctl enable --now bluetooth."
)

_HEADER_SERIAL: Final = (
    "Switch the header's serial port on: enable_uart=1 in config.txt (on a Pi 5 dtparam=uart0=on does it too; "
    "on a Pi 3, 4 or Zero 2 W also dtoverlay=disable-bt), then restart."
)
_DEBUG_PLUG: Final = "ttyAMA10"
"""What a Pi 5 means by /dev/serial0, unless its firmware is told otherwise."""


def parts(config: Config, lock: LockConfig, status: Status = None, machine: Machine | None = None) -> Iterator[Finding]:
    """Each part of a lock: one finding that all is there, or each thing that is wrong."""
    look = _Look(machine or Machine(), _bridges_user(config), running=status is not None)
    for port, part in lock.parts.items():
        if part.driver in DRIVERS and part.options is not None:
            yield from look.part(f"{lock.id} {port}", part)


def ring(config: Config, status: Status = None, machine: Machine | None = None) -> Iterator[Finding]:
    """The lines of the bridge's own ring."""
    if config.bridge.ring is not None:
        look = _Look(machine or Machine(), _bridges_user(config), running=status is not None)
        yield from look.ring("bridge ring", config.bridge.ring.uses)


def locks(status: Status, config: Config | None = None) -> Iterator[Finding]:
    """What the running bridge says of its locks."""
    for lock_id, lock in (status or {}).get("locks", {}).items():
        given = lock["faults"]
        # An older bridge that runs still says which parts, not why.
        faults: Mapping[str, str] = given if isinstance(given, Mapping) else dict.fromkeys(given, "")
        for part, reason in faults.items():
            yield Finding("wrong", lock_id, _fault(part, reason, _extra(config, lock_id, part)))
        untrusted = lock.get("untrusted", ())
        for part in untrusted:
            command = f"lock-bridge hardware trust {part} --lock {lock_id}"
            yield Finding(
                "wrong",
                lock_id,
                f"Another {_said(part)} than before answers, and opens nothing. If you have replaced it: {command}",
            )
        if not faults and not untrusted:
            yield Finding("ok", lock_id, f"All parts answer; the bolt is {lock['bolt']}")


def _fault(part: str, reason: str, extra: str | None) -> str:
    if part == Part.STORAGE:
        return "What happens at the door cannot be written down: see what is said of the store."
    if reason in set(Trouble):
        return f"The {_said(part)} does not work. {advice(reason, extra=extra)}"
    return f"The {_said(part)} does not work. Check its cable; the bridge's log says more."


def _said(part: str) -> str:
    return part.replace("_", " ")


def _extra(config: Config | None, lock_id: str, part: str) -> str | None:
    """The extra that the driver of a part needs."""
    for lock in config.locks if config is not None else ():
        for port, chosen in lock.parts.items():
            if lock.id == lock_id and part in PARTS.get(port, ()) and chosen.driver in DRIVERS:
                return DRIVERS[chosen.driver].extra
    return None


def _bridges_user(config: Config) -> int:
    return config.bridge.data.stat().st_uid if config.bridge.data.is_dir() else os.geteuid()


class _Look:
    """At the parts, for the bridge's user."""

    def __init__(self, machine: Machine, user: int, *, running: bool) -> None:
        self._machine = machine
        self._tree = machine.tree
        self._user = user
        self._running = running
        self._checks: Mapping[UseKind, Callable[[Use], Iterator[str]]] = {
            "serial": self._serial,
            "input": self._input,
            "line": self._line,
            "reader": self._reader,
            "adapter": self._adapter,
            "i2c": self._bus,
            "sound": self._sound,
            "supply": self._supply,
        }

    def part(self, about: str, part: PartConfig) -> Iterator[Finding]:
        """One part of a lock."""
        missing = [
            extra for extra in extras_of(part.driver, part.options) if not self._machine.has_library(LIBRARIES[extra])
        ]
        wrong = [advice(Trouble.LIBRARY_MISSING, extra=extra) for extra in missing]
        yield from self._told(about, part.uses, wrong)

    def ring(self, about: str, uses: tuple[Use, ...]) -> Iterator[Finding]:
        """The bridge's own."""
        missing = not self._machine.has_library(LIBRARIES["gpio"])
        yield from self._told(about, uses, [advice(Trouble.LIBRARY_MISSING, extra="gpio")] if missing else [])

    def _told(self, about: str, uses: tuple[Use, ...], wrong: list[str]) -> Iterator[Finding]:
        # One sentence may be true of many lines.
        wrong = list(dict.fromkeys([*wrong, *(text for use in uses for text in self._checks[use.kind](use))]))
        yield from (Finding("wrong", about, text) for text in wrong)
        if uses and not wrong:
            there = ", ".join(dict.fromkeys(use.what for use in uses))
            yield Finding("ok", about, f"{there} {'is' if len(uses) == 1 else 'are'} there")

    def _serial(self, use: Use) -> Iterator[str]:
        if "://" in use.what:
            return
        path = self._path(use.what)
        if not _exists(path) and uart_pins(use.what) is not None:
            yield f"{use.what} is not there. {_HEADER_SERIAL}"
            return
        if not _exists(path):
            known = [self._tree.shown(found) for found in self._tree.entries("dev/serial/by-id")]
            there = f"There are: {', '.join(known)}." if known else "No serial device is attached."
            yield f"{use.what} is not there. {there} Check the cable, or name another one."
            return
        if path.name == "serial0" and path.is_symlink() and path.readlink().name == _DEBUG_PLUG:
            yield f"{use.what} is the debug plug of a Pi 5, not the header. Name /dev/ttyAMA0."
        yield from self._device(path, use.what, "Name one of /dev/serial/by-id.")

    def _input(self, use: Use) -> Iterator[str]:
        if use.key == "name":
            named = [
                folder.name
                for folder in self._tree.entries("sys/class/input", "event*")
                if self._tree.text(folder / "device/name") == use.what
            ]
            if not named:
                yield f"No input device is called {use.what}. lock-bridge hardware scan lists those that are there."
            paths = [self._path(f"/dev/input/{name}") for name in named]
        else:
            paths = [self._path(use.what)]
            if not _exists(paths[0]):
                yield f"{use.what} is not there. Check the cable; lock-bridge hardware scan lists those that are there."
        for path in paths:
            if _exists(path):
                yield from self._device(path, self._tree.shown(path), "Name one of /dev/input/by-id.")

    def _device(self, path: Path, name: str, instead: str) -> Iterator[str]:
        if not stat.S_ISCHR(path.stat().st_mode):
            yield f"{name} is no device. {instead}"
            return
        yield from self._permission(path, name)
        if not self._running and (holder := self._machine.holder(path)) is not None:
            yield f"{name} is used by {holder}. Stop that, or name another device."

    def _permission(self, path: Path, name: str) -> Iterator[str]:
        if may_use(path, self._user):
            return
        user = user_name(self._user)
        remedy = f"usermod --append --groups {group_of(path)} {user}, then start the bridge anew"
        yield f"{user} may not use {name}: {remedy}."

    def _line(self, use: Use) -> Iterator[str]:
        chips = self._machine.chips
        if chips is None:
            return  # the library is missing, which has been said
        for chip in chips:
            if _exists(chip.path):
                yield from self._permission(chip.path, str(chip.path))
        label, colon, offset = use.what.rpartition(":")
        found = [
            line
            for chip in chips
            for line in chip.lines
            if (chip.label == label and str(line.offset) == offset if colon else line.name == use.what)
        ]
        if not found:
            if not any(chip.denied for chip in chips):
                yield f"{use.what}: {advice(Trouble.NO_LINE)}"
            return
        if len(found) > 1:
            yield f'More than one line is called {use.what}. Name it by its chip and offset, such as "pinctrl-rp1:17".'
        consumer = found[0].consumer
        if consumer is not None and not self._running:
            yield f"{use.what} is used by {consumer}. {advice(Trouble.IN_USE)}"

    def _reader(self, use: Use) -> Iterator[str]:
        try:
            names = self._machine.readers()
        except ImportError:
            return  # has been said
        except PartError as error:
            yield _PCSCD if error.trouble is Trouble.SERVICE_MISSING else f"{advice(error.trouble)} ({error})"
            return
        there = f"There are: {'; '.join(names)}." if names else "No reader is attached."
        # Without a name in the config it is the only one.
        if not names or (not any(use.what.casefold() in name.casefold() for name in names) and use.what != _ANY_READER):
            yield f"There is no card reader {use.what}. {there} Check the cable, or name another one."

    def _adapter(self, use: Use) -> Iterator[str]:
        if "bluetoothd" not in self._machine.processes():
            yield _BLUETOOTHD
        adapters = [path.name for path in self._tree.entries("sys/class/bluetooth", "hci*") if ":" not in path.name]
        if not adapters or (use.what.startswith("hci") and use.what not in adapters):
            there = f"There are: {', '.join(adapters)}." if adapters else "None is attached."
            yield f"There is no Bluetooth adapter {use.what}. {there}"
        for folder in self._tree.entries("sys/class/rfkill"):
            if self._tree.text(folder / "name") == use.what and self._tree.text(folder / "soft") == "1":
                yield f"{use.what}: {advice(Trouble.SWITCHED_OFF)}"

    def _bus(self, use: Use) -> Iterator[str]:
        device = f"/dev/i2c-{use.what.partition(':')[0]}"
        path = self._path(device)
        if not _exists(path):
            yield (
                f"{device} is not there. Switch the bus on: dtparam=i2c_arm=on in config.txt, then restart. "
                "If it is on, load its driver: sudo modprobe i2c-dev; bridge/install does so at each start."
            )
            return
        yield from self._device(path, device, "Name another bus.")

    def _sound(self, use: Use) -> Iterator[str]:
        missing = [name for name in ("aplay", "espeak-ng") if not self._machine.has_program(name)]
        if missing:
            packages = " ".join("alsa-utils" if name == "aplay" else name for name in missing)
            yield f"{' and '.join(missing)} not installed: sudo apt install {packages}"
        cards = self._tree.lines("proc/asound/cards")
        if not any("[" in line for line in cards):
            yield "No sound card is attached."
        elif "CARD=" in use.what:
            name = use.what.partition("CARD=")[2].partition(",")[0]
            if not any(f"[{name} " in line or f"[{name}]" in line for line in cards):
                yield f"There is no sound card {name}. lock-bridge hardware scan lists those that are there."
        for path in self._tree.entries("dev/snd", "controlC*"):
            yield from self._permission(path, self._tree.shown(path))

    def _supply(self, use: Use) -> Iterator[str]:
        batteries = [
            folder.name
            for folder in self._tree.entries("sys/class/power_supply")
            if self._tree.text(folder / "type") == "Battery"
        ]
        if not batteries or (use.what not in batteries and use.what != _ANY_BATTERY):
            there = f"There are: {', '.join(batteries)}." if batteries else "The kernel knows no battery."
            yield f"There is no battery {use.what}. {there} Check the board's overlay, or name another one."

    def _path(self, device: str) -> Path:
        return self._tree / device.lstrip("/")


_ANY_READER: Final = "the only reader"
_ANY_BATTERY: Final = "battery"
"""What drivers say they use where the config names none."""


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
