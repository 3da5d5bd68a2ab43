"""Input devices of Linux, by python-evdev."""

import errno
import struct
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import evdev

from lock_bridge.hardware.trouble import PartError, Trouble, trouble_of

from .codes import EV_KEY

SYSFS: Final = Path("/sys/class/input")
DEVICES: Final = Path("/dev/input")

_NO_INPUT: Final = frozenset({errno.ENOTTY, errno.EINVAL, errno.EISDIR, errno.ENOSYS})
"""What other files answer when they are asked who they are."""


class Device(Protocol):
    """An open input device."""

    fd: int
    """Reads `struct input_event`s without waiting."""
    words: str
    """Which one it is, for people."""
    codes: frozenset[int]
    """The keys that it has."""

    def grab(self) -> None:
        """Have its events to ourselves, so that no digit gets to a console. Raises `OSError`."""

    def active(self) -> Collection[int]:
        """Which keys are down; key events that were not read yet are forgotten. Raises `OSError`."""

    def close(self) -> None:
        """Let it go. Never raises."""


def open_device(path: str) -> Device:
    """Open a device. Takes some ms, or longer where it has to wake up. Raises `PartError`."""
    try:
        return _Evdev(evdev.InputDevice(path))
    except OSError as error:
        trouble = Trouble.UNSUPPORTED if error.errno in _NO_INPUT else trouble_of(error)
        raise PartError(f"{path}: {error.strerror}", trouble) from None


def find(name: str, *, sysfs: Path = SYSFS, devices: Path = DEVICES) -> str:
    """The path of the device of that name which has keys of digits. Raises `PartError`."""
    found = [entry for entry in _named(name, sysfs) if _has_digits(entry)]
    if not found:
        raise PartError(f"there is no keypad {name!r}", Trouble.MISSING)
    if len(found) > 1:
        paths = ", ".join(str(devices / entry.name) for entry in found)
        raise PartError(f"{name!r} is the name of several: {paths}; name one by its path", Trouble.UNSUPPORTED)
    return str(devices / found[0].name)


class _Evdev:
    def __init__(self, device: evdev.InputDevice[str]) -> None:
        self._device = device
        self.fd = device.fd
        self.words = f"{device.name} at {device.path!s}"
        self.codes = frozenset(device.capabilities(absinfo=False).get(EV_KEY, ()))

    def grab(self) -> None:
        self._device.grab()

    def active(self) -> Collection[int]:
        return frozenset(self._device.active_keys())

    def close(self) -> None:
        with suppress(OSError):  # unplugged: it is closed all the same
            self._device.close()


def _named(name: str, sysfs: Path) -> Iterator[Path]:
    for entry in sorted(sysfs.glob("event*"), key=lambda entry: (len(entry.name), entry.name)):
        try:
            if (entry / "device" / "name").read_text(errors="replace").strip() == name:
                yield entry
        except OSError:
            continue  # it has just been unplugged


def _has_digits(entry: Path) -> bool:
    """Whether it has a key of any digit: a keypad often has siblings of its name, for volume or as a mouse."""
    try:
        words = (entry / "device" / "capabilities" / "key").read_text().split()
    except OSError:
        return False
    bits = 0
    for word in words:
        bits = bits << _WORD | int(word, 16)
    return any(bits >> code & 1 for code in _DIGITS)


_WORD: Final = 8 * struct.calcsize("@L")
"""The kernel writes the bits in words of its own width."""
_DIGITS: Final = (*range(2, 12), 71, 72, 73, 75, 76, 77, 79, 80, 81, 82, *range(512, 522))
"""Of the row, of the pad, of telephones."""
