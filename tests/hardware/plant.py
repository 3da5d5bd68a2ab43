"""A bolt with its motor, gear, battery and sensors, as physics has it, on the wires of `FakeLines`.

Everything that a door does to such a bolt can be done to this one, at any moment: it jams, slips, is stiff or seized;
the battery sags; a sensor sticks, flickers or loses its wire; a hand turns the key against the motor. Units: the way is
0 (retracted) to 1 (thrown), voltage and torque are parts of a full battery's, current of that of a motor held fast.
"""

import random
from dataclasses import dataclass, field
from typing import Final

from lock_bridge.clock import Clock
from tests.hardware.emulators.gpio import FakeLines

STEP_MS: Final = 2
"""How fine time is here."""

_HAND: Final = 4.0
"""Ways per second of a hand at the key."""


@dataclass(slots=True)
class Sensor:
    """A switch, or a magnet and a hall sensor, that pulls its wire to ground while the bolt is near its end."""

    wire: str
    at: float
    """The end."""
    zone: float = 0.05
    stuck: bool | None = None
    """Says so always."""
    cut: bool = False
    flickers: bool = False
    active: bool = False
    """What it says now."""
    active_at_ms: int = -1_000_000
    """When it last said yes."""
    high: bool | None = None
    """What it makes of its wire."""


@dataclass(slots=True, eq=False)
class Plant:
    """One bolt, on a clock that is stepped."""

    clock: Clock
    lines: FakeLines
    in1: str = "GPIO17"
    in2: str = "GPIO27"
    enable: str | None = "GPIO22"
    thrown: Sensor = field(default_factory=lambda: Sensor("GPIO5", 1.0))
    retracted: Sensor = field(default_factory=lambda: Sensor("GPIO6", 0.0))
    at: float = 1.0
    speed: float = 1.25
    """Ways per second of an unloaded motor at a full battery."""
    tau_ms: float = 40.0
    """How long it takes to get up to speed."""
    friction: float = 0.2
    battery: float = 1.0
    resistance: float = 0.1
    """How much of the voltage a motor held fast takes away."""
    turned: bool = False
    """The motor is wired the other way round, or mounted in a left-opening door (BLT-12)."""
    dead: bool = False
    """Its cable is off."""
    slips: bool = False
    """It turns, and does not take the bolt along."""
    seized: bool = False
    """Nothing moves it."""
    jam: tuple[float, int] | None = None
    """It gets no further than here on its way out (1) or back (-1)."""
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    velocity: float = 0.0
    current: float = 0.0
    most_current: float = 0.0
    least_voltage: float = 1.0
    hand: float | None = None
    """Where a hand wants it."""
    _ticking: bool = False

    def __post_init__(self) -> None:
        self.lines.listen(lambda _name, _high: self.wake())
        self.feel()

    @property
    def pushes(self) -> int:
        """Which way the motor is driven: out 1, back -1, not 0."""
        one, two = self.lines.high(self.in1), self.lines.high(self.in2)
        enabled = self.enable is None or self.lines.high(self.enable)
        if not enabled or one is two or self.dead:
            return 0
        return 1 if one is not self.turned else -1

    @property
    def brakes(self) -> bool:
        """Whether the bridge shorts the motor."""
        enabled = self.enable is None or self.lines.high(self.enable)
        return enabled and self.lines.high(self.in1) and self.lines.high(self.in2)

    def wake(self) -> None:
        """Something may move from now on."""
        if not self._ticking:
            self._ticking = True
            self.clock.call_later(STEP_MS, self._tick)

    def turn(self, to: float) -> None:
        """A hand turns the key until the bolt is there, or stuck."""
        self.hand = to
        self.wake()

    def feel(self) -> None:
        """The sensors feel where the bolt is."""
        now = self.clock.now().mono_ms
        for sensor in (self.thrown, self.retracted):
            near = abs(self.at - sensor.at) <= sensor.zone
            active = near if sensor.stuck is None else sensor.stuck
            if sensor.flickers:
                active = self.rng.random() < 0.5
            if sensor.cut:
                active = False
            if active or sensor.active:
                sensor.active_at_ms = now
            sensor.active = active
            high = None if sensor.cut else not active
            if high is not sensor.high:
                sensor.high = high
                self.lines.put(sensor.wire, high)

    def _tick(self) -> None:
        self._ticking = False
        seconds = STEP_MS / 1_000
        before = self.at
        if self.hand is not None:
            self._by_hand(seconds)
        else:
            self._by_motor(seconds)
        reached = self._limited(before)
        if reached != self.at:
            self.at, self.velocity = reached, 0.0
            if self.hand is not None:
                self.hand = None
        self.feel()
        flickers = self.thrown.flickers or self.retracted.flickers
        if self.hand is not None or self.pushes or self.velocity or flickers:
            self.wake()

    def _by_hand(self, seconds: float) -> None:
        assert self.hand is not None
        way = self.hand - self.at
        self.at += max(-_HAND * seconds, min(_HAND * seconds, way))
        self.velocity = 0.0
        if self.at == self.hand:
            self.hand = None

    def _by_motor(self, seconds: float) -> None:
        voltage = self.battery - self.resistance * self.current
        back = self.velocity / self.speed
        push = self.pushes * voltage - back if self.pushes or self.brakes else 0.0
        self.current = abs(self.pushes * voltage - back) if self.pushes else 0.0
        self.most_current = max(self.most_current, self.current)
        self.least_voltage = min(self.least_voltage, self.battery - self.resistance * self.current)
        change = seconds * 1_000 / self.tau_ms * self.speed
        if self.velocity == 0.0:
            moves = max(0.0, abs(push) - self.friction)
            self.velocity = change * moves * (1 if push > 0 else -1)
        else:
            sign = 1 if self.velocity > 0 else -1
            velocity = self.velocity + change * (push - sign * self.friction)
            self.velocity = velocity if velocity * sign > 0 else 0.0  # friction stops, and does not push
        if not self.slips:
            self.at += self.velocity * seconds

    def _limited(self, before: float) -> float:
        if self.seized:
            return before
        low, high = 0.0, 1.0
        if self.jam is not None:
            where, way = self.jam
            if way > 0 and before <= where:
                high = where
            elif way < 0 and before >= where:
                low = where
        return max(low, min(high, self.at))


@dataclass(frozen=True, slots=True)
class Spell:
    """The bridge's inputs were so for a while: `way` 1, -1, 0 (both: it brakes)."""

    way: int
    began_ms: int
    ended_ms: int

    @property
    def ms(self) -> int:
        return self.ended_ms - self.began_ms


def spells(lines: FakeLines, in1: str, in2: str, until_ms: int) -> list[Spell]:
    """What a bridge was told, of the wires alone; moments within one millisecond do not count."""
    found: list[Spell] = []
    levels = {in1: False, in2: False}
    began_ms = 0

    def close(at_ms: int) -> None:
        one, two = levels[in1], levels[in2]
        if (one or two) and at_ms > began_ms:
            found.append(Spell(0 if one and two else 1 if one else -1, began_ms, at_ms))

    for entry in lines.driven:
        if entry.name in levels and levels[entry.name] is not bool(entry.high):
            close(entry.at_ms)
            levels[entry.name] = bool(entry.high)
            began_ms = entry.at_ms
    close(until_ms)
    return found
