"""One GPIO line that a module or a sensor drives: edges bring news at once, and its level is read now and then."""

from collections.abc import Callable
from typing import Final

from .gpio.lines import Edge, Inputs, Line, Lines

_ROLE: Final = "line"


class WatchedLine:
    """Tells whether the line is active: when it is opened, and at each change. All but `close` raise `PartError`."""

    def __init__(
        self, lines: Lines, consumer: str, line: Line, changed: Callable[[bool], None], *, debounce_ms: int = 0
    ) -> None:
        self._lines = lines
        self._consumer = consumer
        self._line = line
        self._changed = changed
        self._debounce_ms = debounce_ms
        self._inputs: Inputs | None = None
        self._active: bool | None = None

    def open(self) -> None:
        """Take the line and tell how it is."""
        self.close()
        self._inputs = self._lines.inputs(
            self._consumer, {_ROLE: self._line}, debounce_ms=self._debounce_ms, edge=self._edge, lost=self._missed
        )
        self.check()

    def check(self) -> None:
        """Read the level: an edge may have been missed, or may never come from a line that cannot tell of them."""
        if self._inputs is not None:
            self._tell(self._inputs.levels()[_ROLE])

    def close(self) -> None:
        """Let it go; what it was is not known any more."""
        inputs, self._inputs, self._active = self._inputs, None, None
        if inputs is not None:
            inputs.close()

    def _edge(self, edge: Edge) -> None:
        self._tell(edge.active)

    def _missed(self) -> None:
        self.check()

    def _tell(self, active: bool) -> None:
        if active is not self._active:
            self._active = active
            self._changed(active)
