"""Finds what is attached: one function for each kind. Nothing is opened that could be disturbed by it."""

import re
import shutil
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from lock_bridge.engine.profile import DIGITS
from lock_bridge.hardware.driver import UseKind
from lock_bridge.hardware.evdev_keypad.about import STANDARD
from lock_bridge.hardware.gpio.kernel import KernelLines, SeenChip
from lock_bridge.hardware.libraries import LIBRARIES, has_library
from lock_bridge.hardware.trouble import PartError, Trouble, advice

from .found import Found, Scan
from .tree import Tree

_SERIAL: Final = re.compile(r"tty(USB|ACM|AMA|SC|S|THS|mxc)\d+", re.ASCII)
_CARD: Final = re.compile(r"\s*(\d+) \[(\S+)\s*\]: (.*)", re.ASCII)
_EXTRAS: Final[dict[UseKind, str]] = {"input": "input", "adapter": "ble", "i2c": "i2c"}
_PCSCD: Final = "The smart card service does not run: sudo apt install pcscd, then sudo systemctl enable --now pcscd."
_WORD_BITS: Final = 8 * struct.calcsize("@L")
"""The kernel writes bits in words of its own width."""


def card_readers() -> Sequence[str]:
    """The readers of the smart card service. Raises `ImportError` without its library, `PartError`."""
    from lock_bridge.hardware.pcsc.service import Service

    service = Service()
    try:
        return service.readers()
    finally:
        service.close()


def scan(
    tree: Tree | None = None,
    *,
    chips: Callable[[], Sequence[SeenChip]] | None = None,
    readers: Callable[[], Sequence[str]] = card_readers,
    has_library: Callable[[str], bool] = has_library,
    has_program: Callable[[str], bool] = lambda name: shutil.which(name) is not None,
) -> Scan:
    """Look at everything. Takes well below a second."""
    tree = tree or Tree()
    missing: list[str] = []
    found = [
        *_serial_ports(tree),
        *_inputs(tree),
        *_gpio(tree, chips or KernelLines(tree / "dev").survey, missing),
        *_card_readers(readers, missing),
        *_adapters(tree),
        *_buses(tree),
        *_sound_cards(tree),
        *_supplies(tree),
    ]
    kinds = {each.kind for each in found if each.options}
    for kind, extra in _EXTRAS.items():
        if kind in kinds and not has_library(LIBRARIES[extra]):
            missing.append(f"{_KINDS[kind]}: {advice(Trouble.LIBRARY_MISSING, extra=extra)}")
    programs = [name for name in ("aplay", "espeak-ng") if "sound" in kinds and not has_program(name)]
    if programs:
        packages = " ".join({"aplay": "alsa-utils"}.get(name, name) for name in programs)
        missing.append(f"A loudspeaker needs {' and '.join(programs)}: sudo apt install {packages}")
    return Scan(tuple(found), tuple(missing))


def _serial_ports(tree: Tree) -> Iterator[Found]:
    by_id, by_path = tree.links("dev/serial/by-id"), tree.links("dev/serial/by-path")
    aliases = {path.resolve().name: path for path in tree.entries("dev", "serial[0-9]*")}
    consoles = {line.split()[0] for line in tree.lines("proc/consoles") if line.split()}
    for device in tree.entries("dev", "tty*"):
        folder = tree / "sys/class/tty" / device.name
        # Many a kernel has dozens of ports that no chip is behind.
        if not _SERIAL.fullmatch(device.name) or tree.text(folder / "type") == "0":
            continue
        name = device.name
        stable = by_id.get(name) or aliases.get(name) or by_path.get(name) or device
        notes = []
        if stable is device and name.startswith(("ttyUSB", "ttyACM")):
            notes.append("It has no name that stays: after a restart it may be another one.")
        elif name not in by_id and stable == by_path.get(name):
            notes.append("It has no serial number, so it is named by the socket that it is in: leave it there.")
        if name in consoles:
            notes.append("The kernel's console uses it: switch that off (raspi-config, Interface, Serial Port).")
        path = tree.shown(stable)
        yield Found(
            kind="serial",
            what=path,
            title=f"{_usb(folder / 'device') or 'serial port of the board'} ({name})",
            usable=tree.usable(device),
            group=tree.group(device),
            notes=tuple(notes),
            options={"device": path},
        )


def _inputs(tree: Tree) -> Iterator[Found]:
    by_id, by_path = tree.links("dev/input/by-id"), tree.links("dev/input/by-path")
    for folder in tree.entries("sys/class/input", "event*"):
        name = tree.text(folder / "device/name")
        keys = _bits(tree.text(folder / "device/capabilities/key"))
        if not keys:
            continue
        device = tree / "dev/input" / folder.name
        stable = by_id.get(folder.name) or by_path.get(folder.name)
        path = None if stable is None else tree.shown(stable)
        keypad = all(any(code in keys for code, key in STANDARD.items() if key == digit) for digit in DIGITS)
        options = ({"name": name} if path is None else {"device": path}) if keypad and name else {}
        yield Found(
            kind="input",
            what=path or name or folder.name,
            title=f"{name} ({folder.name})",
            usable=tree.usable(device),
            group=tree.group(device),
            notes=() if keypad else ("It has no keys of digits, so it is no keypad.",),
            options=options,
        )


def _gpio(tree: Tree, chips: Callable[[], Sequence[SeenChip]], missing: list[str]) -> Iterator[Found]:
    try:
        seen = chips()
    except PartError:
        if any(tree.entries("dev", "gpiochip*")):
            missing.append(f"GPIO lines: {advice(Trouble.LIBRARY_MISSING, extra='gpio')}")
        return
    for chip in seen:
        taken = [f"{line.name or line.offset} by {line.consumer}" for line in chip.lines if line.consumer is not None]
        free = [line.name for line in chip.lines if line.consumer is None and line.name]
        notes = [f"taken: {', '.join(taken)}"] if taken else []
        if free:
            notes.append(f"free: {', '.join(free)}")
        if chip.lines and not any(line.name for line in chip.lines):
            notes.append(
                f'Its lines have no names: call them "{chip.label}:0" to "{chip.label}:{len(chip.lines) - 1}".'
            )
        yield Found(
            kind="line",
            what=chip.label or chip.path.name,
            title=f"{chip.path.name}, {len(chip.lines)} lines" if not chip.denied else chip.path.name,
            usable=not chip.denied and tree.usable(chip.path),
            group=tree.group(chip.path),
            notes=tuple(notes),
        )


def _card_readers(readers: Callable[[], Sequence[str]], missing: list[str]) -> Iterator[Found]:
    try:
        for name in readers():
            yield Found(
                kind="reader", what=name, title="card reader of the smart card service", options={"reader": name}
            )
    except ImportError:
        missing.append(f"Card readers on USB: {advice(Trouble.LIBRARY_MISSING, extra='pcsc')}")
    except PartError as error:
        missing.append(_PCSCD if error.trouble is Trouble.SERVICE_MISSING else f"Card readers on USB: {error}.")


def _adapters(tree: Tree) -> Iterator[Found]:
    blocked = {
        tree.text(folder / "name")
        for folder in tree.entries("sys/class/rfkill")
        if "1" in (tree.text(folder / "soft"), tree.text(folder / "hard"))
    }
    for folder in tree.entries("sys/class/bluetooth", "hci*"):
        if ":" in folder.name:  # a phone that is connected
            continue
        off = ("It is switched off: sudo rfkill unblock bluetooth.",) if folder.name in blocked else ()
        address = tree.text(folder / "address")
        yield Found(
            kind="adapter",
            what=folder.name,
            title=f"Bluetooth adapter{f' {address}' if address else ''}",
            notes=off,
            options={"adapter": folder.name},
        )


def _buses(tree: Tree) -> Iterator[Found]:
    for device in tree.entries("dev", "i2c-*"):
        number = device.name.removeprefix("i2c-")
        if number.isdecimal():
            yield Found(
                kind="i2c",
                what=tree.shown(device),
                title=f"I2C bus {tree.text(tree / 'sys/class/i2c-dev' / device.name / 'name') or number}",
                usable=tree.usable(device),
                group=tree.group(device),
                options={"bus": int(number)},
            )


def _sound_cards(tree: Tree) -> Iterator[Found]:
    for line in tree.lines("proc/asound/cards"):
        if (match := _CARD.fullmatch(line)) is None:
            continue
        number, name, title = match.groups()
        if not any(tree.entries("dev/snd", f"pcmC{number}D*p")):
            continue  # it only listens
        device = tree / f"dev/snd/controlC{number}"
        alsa = f"plughw:CARD={name}"
        yield Found(
            kind="sound",
            what=alsa,
            title=title.strip(),
            usable=tree.usable(device),
            group=tree.group(device),
            options={"device": alsa},
        )


def _supplies(tree: Tree) -> Iterator[Found]:
    for folder in tree.entries("sys/class/power_supply"):
        kind = tree.text(folder / "type") or "supply"
        maker = " ".join(filter(None, (tree.text(folder / "manufacturer"), tree.text(folder / "model_name"))))
        battery = kind == "Battery" and tree.text(folder / "scope") != "Device"
        yield Found(
            kind="supply",
            what=folder.name,
            title=f"{kind}{f', {maker}' if maker else ''}",
            options={"battery": folder.name} if battery else {},
        )


def _usb(folder: Path) -> str | None:
    """Maker and product of the USB device that a file belongs to."""
    with suppress(OSError):
        for parent in (folder.resolve(), *folder.resolve().parents):
            if (parent / "product").is_file() or (parent / "idVendor").is_file():
                names = [Tree().text(parent / name) for name in ("manufacturer", "product")]
                serial = Tree().text(parent / "serial")
                return " ".join(filter(None, (*names, f"no. {serial}" if serial else ""))) or "USB device"
    return None


def _bits(text: str) -> frozenset[int]:
    """The numbers of the bits that are set, in the kernel's words, the highest first."""
    with suppress(ValueError):
        words = [int(word, 16) for word in reversed(text.split())]
        return frozenset(
            at * _WORD_BITS + bit for at, word in enumerate(words) for bit in range(_WORD_BITS) if word >> bit & 1
        )
    return frozenset()


_KINDS: Final[dict[UseKind, str]] = {"input": "Keypads", "adapter": "Bluetooth", "i2c": "I2C"}
