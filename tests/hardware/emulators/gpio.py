"""GPIO chips in memory, for the tests of everything that is wired to `lock_bridge.hardware.gpio.lines.Lines`.

A test plays the world outside: it puts wires at a voltage, cuts them, pulls the chip out; and it sees what was driven
when. Levels here are electrical (`high`), those of the drivers are active or not. As in the kernel:
- edges come on their own, never within a call of the driver or of the test: `clock.advance(debounce_ms)` brings them;
- with debounce an edge is told, and a level changes, only after the wire has been quiet for that long;
- what a line is at the moment when it is taken is no edge.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lock_bridge.clock import Clock, Handle
from lock_bridge.hardware.gpio.lines import Edge, Inputs, Line, Outputs
from lock_bridge.hardware.trouble import PartError, Trouble

PI_5: Final = "pinctrl-rp1"
HEADER: Final = tuple(f"GPIO{number}" for number in range(28))
"""The names of a Raspberry Pi's header, which is the chip that there is unless a test says otherwise."""


@dataclass(frozen=True, slots=True)
class Driven:
    """An output went high or low, at `at_ms` of the clock; `None`: it was let go."""

    at_ms: int
    name: str
    high: bool | None


@dataclass(frozen=True, slots=True)
class Taken:
    """How a line was asked for."""

    consumer: str
    line: Line
    output: bool
    debounce_ms: int = 0


class FakeLines:
    """`Lines` of chips in memory."""

    def __init__(
        self,
        clock: Clock,
        chips: Mapping[str, Iterable[str]] | None = None,
        *,
        pulls: bool = True,
        keeps_outputs: bool = False,
    ) -> None:
        """`chips` are names of lines by the chip's label; `pulls`: they have resistors that can be switched on.

        `keeps_outputs`: as on a Raspberry Pi without strict_gpiod, an output stays as it was when its process dies.
        """
        self.driven: list[Driven] = []
        """What outputs did, in order."""
        self.foreign: set[str] = set()
        """Lines that another program holds."""
        self.denied = False
        """The user may not open the chips."""
        self.library = True
        """The library is installed."""
        self._clock = clock
        self._keeps = keeps_outputs
        self._wires: dict[str, _Wire] = {}
        self._chips: dict[str, _Chip] = {}
        for label, names in (chips or {PI_5: HEADER}).items():
            chip = self._chips[label] = _Chip(label, tuple(names), pulls)
            for name in chip.names:
                self._wires.setdefault(name, _Wire(name, chip))
        self._listeners: list[Callable[[str, bool], None]] = []

    # What drivers use.

    def outputs(self, consumer: str, lines: Mapping[str, Line]) -> Outputs:
        """As `Lines.outputs`."""
        taken = _FakeOutputs(self, self._take(consumer, lines, output=True))
        taken.set(dict.fromkeys(lines, False))
        return taken

    def inputs(
        self,
        consumer: str,
        lines: Mapping[str, Line],
        *,
        debounce_ms: int,
        edge: Callable[[Edge], None] | None = None,
        lost: Callable[[], None] | None = None,
    ) -> Inputs:
        """As `Lines.inputs`."""
        wires = self._take(consumer, lines, output=False, debounce_ms=debounce_ms)
        return _FakeInputs(self._clock, wires, debounce_ms, edge, lost)

    # What a test does to the world outside.

    def put(self, name: str, high: bool | None) -> None:
        """Put a wire at 3.3 V or at ground; `None`: cut it, so that only a pull decides."""
        wire = self._wires[name]
        wire.outside = high
        wire.changed()

    def chatter(self, name: str, times: int, *, every_ms: int = 1) -> None:
        """A contact that bounces: so many changes, the first one at once."""
        wire = self._wires[name]
        self.put(name, not wire.high)
        if times > 1:
            self._clock.call_later(every_ms, lambda: self.chatter(name, times - 1, every_ms=every_ms))

    def lose(self, name: str, edges: int) -> None:
        """The kernel's queue overruns: the next edges of a line never come, and the one after them tells of the gap."""
        self._wires[name].lose = edges

    def deafen(self, name: str, deaf: bool = True) -> None:
        """No edge of the line comes any more, and nothing tells of it; its level can still be read."""
        self._wires[name].deaf = deaf

    def unplug(self, label: str = PI_5) -> None:
        """The chip goes away, with all that was taken of it."""
        chip = self._chips[label]
        chip.there = False
        for wire in self._of(chip):
            if wire.holder is not None and wire.holder.inputs is not None:
                wire.holder.inputs.unplugged()
            self._let_go(wire, gone=True)

    def plug(self, label: str = PI_5) -> None:
        """The chip is back; what was taken before has to be taken anew."""
        self._chips[label].there = True

    def crash(self) -> None:
        """The process dies: nobody closes anything, nothing is told any more."""
        for wire in self._wires.values():
            if wire.holder is not None:
                if wire.holder.inputs is not None:
                    wire.holder.inputs.die()
                self._let_go(wire, gone=not self._keeps)

    def fail(self, name: str, trouble: Trouble | None = Trouble.UNPLUGGED) -> None:
        """Whatever is asked of the line fails from now on; `None`: no longer."""
        self._wires[name].trouble = trouble

    def listen(self, listener: Callable[[str, bool], None]) -> None:
        """Be told, within the call, when an output changes: its line and whether it is high (let go: it is not)."""
        self._listeners.append(listener)

    # What a test sees.

    def high(self, name: str) -> bool:
        """What a meter at the wire shows."""
        return self._wires[name].high

    def taken(self, name: str) -> Taken | None:
        """Who holds the line, and how; `None`: nobody."""
        holder = self._wires[name].holder
        return holder.how if holder is not None else None

    def driven_since(self, at_ms: int = 0) -> list[tuple[str, bool | None]]:
        """What outputs did from a time on, without when."""
        return [(entry.name, entry.high) for entry in self.driven if entry.at_ms >= at_ms]

    # Inside.

    def drive(self, wire: _Wire, high: bool) -> None:
        """An output of a driver."""
        if wire.inside is not high:
            wire.inside = high
            self._note(wire, high)

    def free(self, wire: _Wire) -> None:
        """A line is given back."""
        self._let_go(wire, gone=True)

    def _take(
        self, consumer: str, lines: Mapping[str, Line], *, output: bool, debounce_ms: int = 0
    ) -> dict[str, _Held]:
        if not self.library:
            raise PartError("the library gpiod is not installed", Trouble.LIBRARY_MISSING)
        wires = {role: self._find(line.name) for role, line in lines.items()}
        for role, wire in wires.items():
            if wire.trouble is not None:
                raise PartError(wire.name, wire.trouble)
            if wire.holder is not None or wire.name in self.foreign or list(wires.values()).count(wire) > 1:
                raise PartError(f"{wire.name} is in use", Trouble.IN_USE)
            if lines[role].pull in ("up", "down") and not wire.chip.pulls:
                raise PartError(f"{wire.name}: its chip has no pull resistors", Trouble.SETTINGS)
        held: dict[str, _Held] = {}
        for role, wire in wires.items():
            wire.holder = _Held(wire, Taken(consumer, lines[role], output, debounce_ms))
            if not output and wire.inside is not None:  # as a dead process left it
                wire.inside = None
                self._note(wire, None)
            held[role] = wire.holder
        return held

    def _find(self, name: str) -> _Wire:
        if self.denied:
            raise PartError(f"{name}: a GPIO chip is closed to this user", Trouble.NO_PERMISSION)
        label, colon, offset = name.rpartition(":")
        for chip in self._chips.values():
            if not chip.there:
                continue
            if colon and chip.label == label and int(offset) < len(chip.names):
                return self._wires[chip.names[int(offset)]]
            if not colon and name in chip.names:
                return self._wires[name]
        raise PartError(f"there is no line {name}", Trouble.NO_LINE)

    def _of(self, chip: _Chip) -> list[_Wire]:
        return [wire for wire in self._wires.values() if wire.chip is chip]

    def _let_go(self, wire: _Wire, *, gone: bool) -> None:
        output = wire.holder is not None and wire.holder.how.output
        wire.holder = None
        if output and gone:
            wire.inside = None
            self._note(wire, None)

    def _note(self, wire: _Wire, high: bool | None) -> None:
        self.driven.append(Driven(self._clock.now().mono_ms, wire.name, high))
        for listener in self._listeners:
            listener(wire.name, bool(high))


@dataclass(slots=True)
class _Chip:
    label: str
    names: tuple[str, ...]
    pulls: bool
    there: bool = True


@dataclass(slots=True, eq=False)
class _Held:
    """A line in somebody's hands; `wire.holder` is another one, or none, when it was lost."""

    wire: _Wire
    how: Taken
    inputs: _FakeInputs | None = None

    @property
    def lost(self) -> bool:
        return self.wire.holder is not self

    def check(self) -> None:
        if self.lost:
            raise PartError("the GPIO chip is gone", Trouble.UNPLUGGED)
        if self.wire.trouble is not None:
            raise PartError("the GPIO chip", self.wire.trouble)


@dataclass(slots=True, eq=False)
class _Wire:
    name: str
    chip: _Chip
    outside: bool | None = None
    inside: bool | None = None
    """What an output makes of it, also one that nobody holds any more."""
    holder: _Held | None = None
    lose: int = 0
    deaf: bool = False
    trouble: Trouble | None = None

    @property
    def high(self) -> bool:
        if self.inside is not None:
            return self.inside
        if self.outside is not None:
            return self.outside
        return self.holder is not None and self.holder.how.line.pull == "up"

    def changed(self) -> None:
        if self.holder is not None and self.holder.inputs is not None:
            self.holder.inputs.moved(self.holder)


class _FakeOutputs:
    def __init__(self, lines: FakeLines, held: Mapping[str, _Held]) -> None:
        self._lines = lines
        self._held = held

    def set(self, values: Mapping[str, bool]) -> None:
        for role in values:
            self._held[role].check()
        for role, active in values.items():
            held = self._held[role]
            self._lines.drive(held.wire, active is not held.how.line.active_low)

    def close(self) -> None:
        held, self._held = self._held, {}
        mine = [one for one in held.values() if not one.lost]
        for one in mine:
            self._lines.drive(one.wire, one.how.line.active_low)
        for one in mine:
            self._lines.free(one.wire)


@dataclass(slots=True)
class _Quiet:
    """What a line is after debouncing."""

    active: bool
    timer: Handle | None = None


@dataclass(slots=True, eq=False)
class _FakeInputs:
    clock: Clock
    held: Mapping[str, _Held]
    debounce_ms: int
    edge: Callable[[Edge], None] | None
    lost: Callable[[], None] | None
    quiet: dict[str, _Quiet] = field(default_factory=dict)
    dead: bool = False

    def __post_init__(self) -> None:
        for role, one in self.held.items():
            one.inputs = self
            self.quiet[role] = _Quiet(_active(one))

    def levels(self) -> Mapping[str, bool]:
        for one in self.held.values():
            one.check()
        # Without debounce the kernel reads the wire itself.
        return {role: self.quiet[role].active if self.debounce_ms else _active(one) for role, one in self.held.items()}

    def close(self) -> None:
        self.die()
        for one in self.held.values():
            if not one.lost:
                one.wire.holder = None
        self.held = {}

    def die(self) -> None:
        """Nothing is told any more."""
        self.dead = True
        for quiet in self.quiet.values():
            if quiet.timer is not None:
                quiet.timer.cancel()

    def unplugged(self) -> None:
        """The kernel wakes whoever waits for edges."""
        if not self.dead:
            self.die()
            if self.edge is not None and self.lost is not None:
                self.clock.call_later(0, self.lost)

    def moved(self, one: _Held) -> None:
        """The wire may have changed."""
        role = next(role for role, held in self.held.items() if held is one)
        quiet = self.quiet[role]
        if self.debounce_ms:
            if quiet.timer is not None:
                quiet.timer.cancel()
            quiet.timer = self.clock.call_later(self.debounce_ms, lambda: self._settle(role, _active(one)))
        else:
            active = _active(one)
            self.clock.call_later(0, lambda: self._settle(role, active))

    def _settle(self, role: str, active: bool) -> None:
        quiet, wire = self.quiet[role], self.held[role].wire if role in self.held else None
        if self.dead or wire is None or quiet.active is active:
            return
        quiet.active = active
        if self.edge is None or wire.deaf:
            return
        if wire.lose > 0:
            wire.lose -= 1
            if wire.lose == 0:
                wire.lose = -1  # the next one tells of the gap
            return
        if wire.lose < 0:
            wire.lose = 0
            if self.lost is not None:
                self.lost()
        self.edge(Edge(role, active, self.clock.now().mono_ms * 1_000_000))


def _active(one: _Held) -> bool:
    return one.wire.high is not one.how.line.active_low
