"""Whether somebody is near: a sensor says so; without one, the module sees a face now and then, or none for a while."""

import asyncio
from collections.abc import Callable
from typing import Final

from lock_bridge.hardware.gpio.lines import Line, Lines
from lock_bridge.hardware.watched_line import WatchedLine


class Presence:
    """Tells `changed` at each change while it is open."""

    def __init__(
        self, lines: Lines, consumer: str, sensor: Line | None, changed: Callable[[], None], *, lasts_s: float
    ) -> None:
        """Without a `sensor`, whoever was seen counts as near for `lasts_s`."""
        self.near = False
        self._changed = changed
        self._lasts_s = lasts_s
        self._line: WatchedLine | None = None
        if sensor is not None:
            self._line = WatchedLine(lines, consumer, sensor, self._set, debounce_ms=_SETTLES_MS)
        self._nobody: asyncio.TimerHandle | None = None

    @property
    def has_sensor(self) -> bool:
        """Whether a sensor says it."""
        return self._line is not None

    def open(self) -> None:
        """Take the sensor's line. Raises `PartError`."""
        if self._line is not None:
            self._line.open()

    def check(self) -> None:
        """Read it. Raises `PartError`."""
        if self._line is not None:
            self._line.check()

    def close(self) -> None:
        """Let it go; nobody is near any more."""
        if self._line is not None:
            self._line.close()
        self._gone()

    def seen(self) -> None:
        """The module sees a face."""
        if self._line is None:
            if self._nobody is not None:
                self._nobody.cancel()
            self._nobody = asyncio.get_running_loop().call_later(self._lasts_s, self._gone)
            self._set(True)

    def _gone(self) -> None:
        if self._nobody is not None:
            self._nobody.cancel()
            self._nobody = None
        self._set(False)

    def _set(self, near: bool) -> None:
        if near is not self.near:
            self.near = near
            self._changed()


_SETTLES_MS: Final = 30
"""Presence sensors drive their line; what is shorter is the wire."""
