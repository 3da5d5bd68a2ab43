"""`Ring` by an RGB LED and a button on GPIO lines (GWY-1, GWY-2)."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, override

from lock_bridge.clock import Clock
from lock_bridge.engine.effects import Say
from lock_bridge.hardware.gpio.lamps import STEADY, Lamps
from lock_bridge.hardware.gpio.lines import Lines
from lock_bridge.hardware.gpio.watch import Listener, Watch
from lock_bridge.hardware.joint import health_of
from lock_bridge.hardware.ports import Health, Reading, RingLight

from .about import COLOURS, RingOptions

DEBOUNCE_MS: Final = 20

MIXED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"orange": ("red", "green"), "white": ("red", "green", "blue"), "blue": ("blue",), "red": ("red",)}
)
"""Which of the LED's three colours make which of the ring's."""

RHYTHMS: Final[Mapping[str, int]] = MappingProxyType({"solid": STEADY, "fast": 250, "slow": 1_000})
"""So many ms on, so many off."""


class GpioRing:
    """The bridge's ring. It has neither voice nor display: the light alone says that pairing is open.

    `lock-bridge pair` shows whoever may use the machine a code.
    """

    def __init__(self, options: RingOptions, lines: Lines, clock: Clock) -> None:
        colours = {name: getattr(options, name) for name in COLOURS}
        self._lamps = Lamps(lines, "lock-bridge ring", colours, clock)
        self._button = _FunctionKey()
        self._watch: Watch | None = None
        if options.key is not None:
            self._watch = Watch(
                lines,
                "lock-bridge function key",
                {"key": options.key},
                clock,
                self._button,
                debounce_ms=DEBOUNCE_MS,
                button=True,
            )

    @property
    def health(self) -> Health:
        """How it is, for `doctor` and the tests of hardware."""
        members = {"light": self._lamps.upkeep.health}
        if self._watch is not None:
            members["key"] = self._watch.upkeep.health
        return health_of(members)

    async def start(self, key: Callable[[bool], None]) -> None:
        """See `Ring`. Lines that cannot be taken are tried again, and again, and keep nobody from starting."""
        self._button.tell = key
        self._lamps.start(_nobody)
        if self._watch is not None:
            self._watch.start(_nobody)

    async def stop(self) -> None:
        """See `Ring`."""
        self._button.tell = _nobody_holds
        await asyncio.gather(self._lamps.stop(), *((self._watch.stop(),) if self._watch is not None else ()))

    def shine(self, light: RingLight | None) -> None:
        """See `Ring`."""
        self._lamps.show({} if light is None else dict.fromkeys(MIXED[light.colour], RHYTHMS[light.rhythm]))

    def say(self, say: Say) -> None:
        """Nothing: there is no loudspeaker at the bridge, and those at the doors speak of their locks."""

    def show_code(self, code: str | None) -> None:
        """Nothing: there is no display."""


class _FunctionKey(Listener):
    """Tells when the key goes down and comes up; one that is down from the start says nothing until it is let go."""

    def __init__(self) -> None:
        self.tell: Callable[[bool], None] = _nobody_holds
        self._down = False

    @override
    def found(self, levels: Mapping[str, bool]) -> None:
        """See `Listener`."""
        self._down = False

    @override
    def moved(self, role: str, active: bool) -> None:
        """See `Listener`."""
        if self._down is not active:
            self._down = active
            self.tell(active)

    @override
    def judge(self, levels: Mapping[str, bool]) -> None:
        """See `Listener`."""

    @override
    def lost(self) -> None:
        """See `Listener`."""
        self.moved("key", active=False)


def _nobody(_reading: Reading) -> None:
    """The ring is no part of a lock: its faults are in the log and in its health."""


def _nobody_holds(_down: bool) -> None:
    """It is not served."""
