"""A keypad as Linux shows it, for tests without /dev/uinput: real `struct input_event`s through a pipe.

A test plays the fingers, overruns the kernel's buffer, pulls the plug. As in the kernel:
- a key that is held repeats; what it is comes with its scan code, and a report ends with SYN_REPORT;
- whoever asks which keys are down makes the kernel forget the key events that nobody has read yet;
- after an overrun SYN_DROPPED comes, and what was lost is lost.
"""

import errno
import os
import time
from collections.abc import Collection, Iterable

from evdev import ecodes

from lock_bridge.hardware.evdev_keypad.states import EVENT
from lock_bridge.hardware.trouble import PartError, Trouble, trouble_of

NUMBERS = tuple(ecodes.ecodes[f"KEY_KP{digit}"] for digit in range(10))
PAD = (*NUMBERS, ecodes.KEY_KPENTER, ecodes.KEY_KPASTERISK, ecodes.KEY_F1, ecodes.KEY_F2)
"""The keys of a numeric keypad, with two beside them."""

PATH = "/dev/input/by-id/usb-Pad-event-kbd"


class FakeKeypad:
    """One keypad with its cable."""

    def __init__(self, codes: Iterable[int] = PAD, *, name: str = "Pad", path: str = PATH) -> None:
        self.name = name
        self.path = path
        self.codes = frozenset(codes)
        self.down: set[int] = set()
        self.trouble: Trouble | None = None
        """Why it cannot be opened."""
        self.grabbed_by_another = False
        self.opened: list[_Opened] = []
        """Each time that it was opened."""
        self._plugged = True
        self._overrun = False

    # What the driver uses.

    def open(self, path: str) -> _Opened:
        """As `open_device`."""
        if self.trouble is not None:
            raise PartError(path, self.trouble)
        if path != self.path or not self._plugged:
            error = OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            raise PartError(f"{path}: {error.strerror}", trouble_of(error))
        device = _Opened(self)
        self.opened.append(device)
        return device

    # What a test does.

    @property
    def served(self) -> _Opened | None:
        """Who has it open now."""
        last = self.opened[-1] if self.opened else None
        return last if last is not None and not last.closed else None

    def press(self, code: int) -> None:
        """A finger goes down on a key."""
        assert code in self.codes
        self.down.add(code)
        self._say(code, 1)

    def repeat(self, code: int) -> None:
        """It stays there."""
        self._say(code, 2)

    def release(self, code: int) -> None:
        """It comes up."""
        self.down.discard(code)
        self._say(code, 0)

    def overrun(self) -> None:
        """From now on the kernel has no room: events are lost, until `room`."""
        self._overrun = True

    def room(self) -> None:
        """There is room again, and the kernel says that something was lost."""
        self._overrun = False
        self.write(event(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0) + REPORT)

    def write(self, data: bytes) -> None:
        """Bytes to whoever has it open."""
        if self.served is not None:
            os.write(self.served.feed, data)

    def unplug(self) -> None:
        """Pull the cable; fingers may stay where they are."""
        self._plugged = False
        if self.served is not None:
            self.served.pull()

    def plug(self) -> None:
        """Put it back."""
        self._plugged = True

    def _say(self, code: int, value: int) -> None:
        if not self._overrun:
            self.write(spoken(code, value))


def event(kind: int, code: int, value: int) -> bytes:
    """One `struct input_event` of now."""
    now = time.time_ns()
    return EVENT.pack(now // 1_000_000_000, now // 1_000 % 1_000_000, kind, code, value)


REPORT = event(ecodes.EV_SYN, ecodes.SYN_REPORT, 0)


def spoken(code: int, value: int) -> bytes:
    """All that a USB keypad says of one change of one key."""
    scan = b"" if value == 2 else event(ecodes.EV_MSC, ecodes.MSC_SCAN, 0x7_0000 + code)
    return scan + event(ecodes.EV_KEY, code, value) + REPORT


class _Opened:
    """`Device` over a pipe."""

    def __init__(self, pad: FakeKeypad) -> None:
        self._pad = pad
        self.fd, self.feed = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.words = f"{pad.name} at {pad.path}"
        self.codes = pad.codes
        self.grabbed = False
        self.closed = False
        self._pulled = False

    def grab(self) -> None:
        if self._pad.grabbed_by_another:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.grabbed = True

    def active(self) -> Collection[int]:
        if self._pulled:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        while self.unread:
            os.read(self.fd, 65_536)
        return frozenset(self._pad.down)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.pull()
            os.close(self.fd)

    def pull(self) -> None:
        """The kernel's side of it is gone."""
        if not self._pulled:
            self._pulled = True
            os.close(self.feed)

    @property
    def unread(self) -> bool:
        """Whether there is something that the driver has not read yet."""
        import select

        return not self.closed and bool(select.select([self.fd], [], [], 0)[0])
