"""What contacts mean: from levels of lines to what is reported of door, handles and buttons."""

from collections.abc import Callable, Mapping
from typing import override

from lock_bridge.hardware.ports import (
    DoorSeen,
    Handle,
    HandleSeen,
    InsideHandleUsed,
    Key,
    KeyDown,
    KeyUp,
    Reading,
    Report,
)
from lock_bridge.hardware.trouble import PartError
from lock_bridge.wire.words import Trouble


class Role:
    """A listener of lines that reports something. What is not known is not reported."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def begin(self) -> None:
        """The driver starts."""

    def found(self, levels: Mapping[str, bool]) -> None:
        """See `Listener`."""

    def moved(self, role: str, active: bool) -> None:
        """See `Listener`."""

    def judge(self, levels: Mapping[str, bool]) -> None:
        """See `Listener`: one line alone contradicts nobody."""

    def lost(self) -> None:
        """See `Listener`."""

    def again(self) -> None:
        """Report the level once more: it was taken for lost because of another line."""


class Level(Role):
    """A contact that is so or so, such as that of the door."""

    def __init__(self, report: Report, reading: Callable[[bool], Reading]) -> None:
        super().__init__(report)
        self._reading = reading
        self._active = False

    @override
    def found(self, levels: Mapping[str, bool]) -> None:
        (self._active,) = levels.values()
        self.again()

    @override
    def moved(self, role: str, active: bool) -> None:
        self._active = active
        self.again()

    @override
    def again(self) -> None:
        self._report(self._reading(self._active))


class Door(Level):
    """The door contact: where it no longer answers, nobody knows."""

    def __init__(self, report: Report) -> None:
        super().__init__(report, DoorSeen)

    @override
    def lost(self) -> None:
        self._report(DoorSeen(None))


class OutsideHandle(Role):
    """Two switches at the outside handle, or one of them (BLT-13, BLT-14)."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._levels: dict[str, bool] = {}
        self._told = Handle.REST

    @override
    def found(self, levels: Mapping[str, bool]) -> None:
        self._levels = dict(levels)
        self._told = self._position()
        self.again()

    @override
    def moved(self, role: str, active: bool) -> None:
        self._levels[role] = active
        position = self._position()
        if position is not self._told:
            self._told = position
            self.again()

    @override
    def judge(self, levels: Mapping[str, bool]) -> None:
        if levels.get("lifted") and levels.get("pressed"):
            raise PartError("the handle is lifted and pressed at once", Trouble.STUCK)

    @override
    def lost(self) -> None:
        self._report(HandleSeen(Handle.REST))

    @override
    def again(self) -> None:
        self._report(HandleSeen(self._told))

    def _position(self) -> Handle:
        lifted, pressed = self._levels.get("lifted"), self._levels.get("pressed")
        if lifted and pressed:
            return self._told  # `judge` follows
        return Handle.LIFTED if lifted else Handle.PRESSED if pressed else Handle.REST


class InsideHandle(Role):
    """A switch at the inside handle: it matters when it is used (BLT-11), not that it is held."""

    @override
    def moved(self, role: str, active: bool) -> None:
        if active:
            self._report(InsideHandleUsed())


class Button(Role):
    """A button with a wire of its own.

    One that is down at the start is told (RST-1). One that is down when its line has come back is not: a loose wire
    shall not press the emergency button, again and again.
    """

    def __init__(self, report: Report, key: Key) -> None:
        super().__init__(report)
        self._key = key
        self.begin()

    @override
    def begin(self) -> None:
        self._started = False
        self._down = False

    @override
    def found(self, levels: Mapping[str, bool]) -> None:
        started, self._started = self._started, True
        if not started and any(levels.values()):
            self._press()

    @override
    def moved(self, role: str, active: bool) -> None:
        if active:
            self._press()
        else:
            self._release()

    @override
    def lost(self) -> None:
        # As if it had been let go: held for long it would do something else.
        self._release()

    def _press(self) -> None:
        if not self._down:
            self._down = True
            self._report(KeyDown(self._key))

    def _release(self) -> None:
        if self._down:
            self._down = False
            self._report(KeyUp(self._key))
