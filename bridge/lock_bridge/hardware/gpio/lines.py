"""GPIO lines, as drivers use them: by what each is for, active or not, never by number or level."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

type Pull = Literal["up", "down", "none", "as_is"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name in the kernel, such as "GPIO17", or "LABEL:OFFSET" of its chip, such as "pinctrl-rp1:17"."""

    name: str
    active_low: bool = False
    pull: Pull = "as_is"


@dataclass(frozen=True, slots=True)
class Edge:
    """A line that was asked for as `role` became active or inactive, at `at_ns` of CLOCK_MONOTONIC by the kernel."""

    role: str
    active: bool
    at_ns: int


class Outputs(Protocol):
    """Lines of one driver that it drives; none of them is active at first."""

    def set(self, values: Mapping[str, bool]) -> None:
        """Make these active or not, all in one call of the kernel. Raises `PartError` when the chip is gone."""

    def close(self) -> None:
        """Make all inactive and let them go. Never raises."""


class Inputs(Protocol):
    """Lines of one driver that it reads."""

    def levels(self) -> Mapping[str, bool]:
        """Which are active now, read from the lines. Raises `PartError` when the chip is gone."""

    def close(self) -> None:
        """Let them go. Never raises."""


class Lines(Protocol):
    """The machine's GPIO. Takes all lines that are asked for, or none.

    Raises `PartError`: NO_LINE, IN_USE, NO_PERMISSION, SETTINGS (such as pulls that the chip lacks), UNPLUGGED,
    LIBRARY_MISSING.
    """

    def outputs(self, consumer: str, lines: Mapping[str, Line]) -> Outputs:
        """Take lines to drive them. `consumer` is what `gpioinfo` shows."""

    def inputs(
        self,
        consumer: str,
        lines: Mapping[str, Line],
        *,
        debounce_ms: int,
        edge: Callable[[Edge], None] | None = None,
        lost: Callable[[], None] | None = None,
    ) -> Inputs:
        """Take lines to read them. `edge` is called on the event loop, in order; `lost` when edges were missed,
        or when the chip is gone.

        Edges are hints: whoever needs to be sure reads the levels.
        """
