"""From what an input device says to keys that go down and come up. Of digits nothing is kept but what is down now."""

import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from lock_bridge.engine.profile import DIGITS
from lock_bridge.hardware.ports import Key, KeyDown, KeyUp

from .codes import EV_KEY, EV_SYN, SHIFTS, SYN_DROPPED

EVENT: Final = struct.Struct("@llHHi")
"""`struct input_event`: seconds, microseconds, type, code, value."""

REAR: Final = frozenset({Key.SET, Key.LOCK, Key.RESET, Key.EMERGENCY, Key.HOME})
"""Buttons of the inside, of which it matters that they were down before (RST-1)."""

TYPED: Final = DIGITS | {Key.CONFIRM, Key.BACK}
"""What passcodes are typed with."""

_UP: Final = 0
_DOWN: Final = 1

type Active = Callable[[], Collection[int]]
"""Asks the device which of its keys are down, and has it forget the events of keys that nobody has read yet."""


class KeyStates:
    """Follows one device: nothing that was not pressed is told, and what goes down comes up."""

    def __init__(self, plain: Mapping[int, Key | None], shifted: Mapping[int, Key | None]) -> None:
        self._plain = plain
        self._shifted = shifted
        self._down: dict[int, Key | None] = {}
        """The codes that are down, with the key that was told for each; None: none was."""
        self._rest = b""
        self._stale = 0
        """So many bytes still to come are of an event from before the last overrun."""

    def begin(self, active: Collection[int], *, tell_rear: bool) -> list[KeyDown]:
        """The device has been taken. What is down was not pressed now; the rear's buttons are told all the same."""
        self._rest, self._stale = b"", 0
        self._down = dict.fromkeys(active)
        rear = [code for code in active if tell_rear and self._meaning(code) in REAR]
        return [reading for code in rear for reading in self._press(code)]

    def feed(self, data: bytes, active: Active) -> list[KeyDown | KeyUp]:
        """What the device says next, cut anywhere. Raises what `active` raises."""
        return list(self._read(data, active))

    def end(self) -> list[KeyUp]:
        """The device is gone, and whatever was held with it."""
        self._rest, self._stale = b"", 0
        return [reading for code in tuple(self._down) for reading in self._release(code)]

    def _read(self, data: bytes, active: Active) -> Iterator[KeyDown | KeyUp]:
        stale = min(self._stale, len(data))
        self._stale -= stale
        data = self._rest + data[stale:]
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            if kind == EV_KEY:
                if value == _DOWN and code not in self._down:
                    yield from self._press(code)
                elif value == _UP:
                    yield from self._release(code)
            elif kind == EV_SYN and code == SYN_DROPPED:
                # Some events are lost. What was read together with this says less than the device does when asked.
                self._stale = -len(self._rest) % EVENT.size
                self._rest = b""
                yield from self._compare(active())
                return

    def _compare(self, active: Collection[int]) -> Iterator[KeyDown | KeyUp]:
        for code in tuple(self._down):
            if code not in active:
                yield from self._release(code)
        for code in active:
            if code in self._down:
                continue
            if not TYPED.isdisjoint((self._plain.get(code), self._shifted.get(code))):
                # What is typed counts only as it was typed: who knows what was lost before it, and if with shift.
                self._down[code] = None
            else:
                yield from self._press(code)

    def _press(self, code: int) -> Iterator[KeyDown]:
        key = self._meaning(code)
        if key in self._down.values():
            key = None  # two keys that are the same one to us: the second says nothing
        self._down[code] = key
        if key is not None:
            yield KeyDown(key)

    def _release(self, code: int) -> Iterator[KeyUp]:
        key = self._down.pop(code, None)
        if key is not None:
            yield KeyUp(key)

    def _meaning(self, code: int) -> Key | None:
        if code in self._shifted and not SHIFTS.isdisjoint(self._down):
            return self._shifted[code]
        return self._plain.get(code)
