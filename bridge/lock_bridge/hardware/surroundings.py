"""What a driver is given beside its own options."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lock_bridge.clock import Clock
from lock_bridge.engine.profile import Profile

from .gpio.lines import Lines
from .memory import PartMemory


class Loads:
    """Tells the battery's gauge when the motor draws current, so that it can measure the sag."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[bool], None]] = []

    def listen(self, listener: Callable[[bool], None]) -> None:
        """Hear when the motor starts (True) and has stopped (False)."""
        self._listeners.append(listener)

    def driving(self, on: bool) -> None:
        """The motor starts, or has stopped. Called on the event loop; returns at once."""
        for listener in self._listeners:
            listener(on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """One part's place in its lock."""

    name: str
    """Of lock and port, for logs and for `gpioinfo`: "front_door bolt"."""
    port: str
    profile: Profile
    clock: Clock
    memory: PartMemory
    lines: Lines
    cache: Path
    """A folder for what can be made again, such as rendered prompts."""
    loads: Loads = field(default_factory=Loads)
    """One for all parts of a lock."""
    modules: dict[str, Any] = field(default_factory=dict)
    """Modules that serve more than one port, by their device: whoever is built first puts it in. One for all parts."""
    trial: bool = False
    """It is only being tried, without what the lock knows of it: whoever is enrolled in it stays there."""
