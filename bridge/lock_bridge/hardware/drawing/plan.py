"""From the config to blocks with pins: what is to be drawn, without where."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final, Literal

from lock_bridge.config import BridgeConfig, LockConfig
from lock_bridge.config_parts import NONE, SIMULATED, PartConfig
from lock_bridge.hardware.catalogue import DRIVERS
from lock_bridge.hardware.driver import Use
from lock_bridge.hardware.header import PINS, i2c_pins, pin_of, pins_of, uart_pins

from . import advice
from .advice import GROUND, SUPPLY_3V3, SUPPLY_5V
from .kinds import Kind, kind_of

type Way = Literal["to_part", "to_pi", "both", "power", "ground", "cable", "own"]

_PORTS: Final = {
    "keypad": "keypad",
    "sounder": "loudspeaker",
    "fingerprint": "fingerprint reader",
    "card": "card reader",
    "face": "face reader",
    "palm_vein": "palm reader",
    "bolt": "bolt",
    "contacts": "contacts",
    "power": "power",
    "radios": "radios",
    "inside": "screen inside",
}
_COLOURS: Final = ("blue", "green", "violet", "brown", "teal", "pink")
_FIXED: Final = {"power": "red", "ground": "black", "cable": "grey", "own": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One wire from `source` to a part's `pin`."""

    number: int
    """0: it is not laid by whoever wires the Pi."""
    source: str
    header: int | None
    """The pin of the 40; None: it begins elsewhere."""
    pin: str
    way: Way
    colour: str
    via_adapter: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Pins that are next to each other at the part."""

    title: str
    wires: tuple[Wire, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part."""

    port: str
    title: str
    subtitle: str
    groups: tuple[Group, ...] = ()
    notes: tuple[str, ...] = ()
    simulated: bool = False
    adapter: Wire | None = None
    """The USB cable to the adapter for a serial port, where there is one."""

    @property
    def wires(self) -> tuple[Wire, ...]:
        """All, from the top."""
        cable = () if self.adapter is None else (self.adapter,)
        return (*cable, *(wire for group in self.groups for wire in group.wires))


@dataclass(frozen=True, slots=True)
class Plan:
    """All of one lock."""

    title: str
    model: str
    blocks: tuple[Block, ...]
    absent: tuple[str, ...]
    """What the lock is built without."""

    @property
    def wires(self) -> tuple[tuple[Block, Wire], ...]:
        """Those with a number, in their order, with what they lead to."""
        return tuple((block, wire) for block in self.blocks for wire in block.wires if wire.number)


def plan(bridge: BridgeConfig, lock: LockConfig, model: str) -> Plan:
    """What is to be wired for a lock, and for the bridge's own ring."""
    drafts = _Drafts()
    blocks = [drafts.block(port, part) for port, part in lock.parts.items() if part.driver not in (NONE, SIMULATED)]
    if bridge.ring is not None:
        blocks.append(drafts.wired("ring", kind_of("ring", ""), "bridge.ring: gpio", bridge.ring.uses))
    blocks += [_simulated(port) for port, part in lock.parts.items() if part.driver == SIMULATED]
    absent = tuple(_PORTS.get(port, port) for port, part in lock.parts.items() if part.driver == NONE)
    return Plan(lock.name, model, tuple(blocks), absent)


def _simulated(port: str) -> Block:
    return Block(port=port, title=_PORTS.get(port, port).capitalize(), subtitle=f"{port}: simulated", simulated=True)


@dataclass
class _Drafts:
    """Hands out numbers, colours, and the header's pins for power and ground."""

    number: int = 0
    modules: dict[str, str] = field(default_factory=dict)
    """Which port a serial device was drawn with."""

    def __post_init__(self) -> None:
        self._colours = cycle(_COLOURS)
        self._pins = {name: cycle(pins_of(name)) for name in (SUPPLY_3V3, SUPPLY_5V, GROUND)}

    def block(self, port: str, part: PartConfig) -> Block:
        driver = DRIVERS[part.driver]
        kind = kind_of(driver.drawn or driver.name, driver.title)
        return self.wired(port, kind, f"{port}: {driver.name}", part.uses)

    def wired(self, port: str, kind: Kind, subtitle: str, uses: tuple[Use, ...]) -> Block:
        serial = next((use for use in uses if use.kind == "serial"), None)
        if serial is not None and (other := self.modules.setdefault(serial.what, port)) != port:
            note = f"The same module as the {_PORTS.get(other, other)}: no further wire."
            return Block(port=port, title=kind.title, subtitle=subtitle, notes=(note,))
        groups: list[Group] = []
        notes = [*kind.advice(uses), *kind.notes]
        adapter, first = self._body(kind, uses)
        if first:
            groups.append(Group("", tuple(first)))
        outputs = [use for use in uses if use.kind == "line" and use.output]
        inputs = [use for use in uses if use.kind == "line" and not use.output]
        if outputs:
            groups.append(Group(kind.outputs, tuple(self._outputs(kind, outputs))))
        if inputs and first and not kind.inputs:
            groups[0] = Group("", (*groups[0].wires, *(self._line(use) for use in inputs)))
        elif inputs:
            groups.append(Group(kind.inputs, (*(self._line(use) for use in inputs), self._power(GROUND))))
            if any(use.key != "emergency" for use in inputs):
                notes += kind.inputs_notes or ("The switch closes its line to ground.",)
        notes += advice.lines(uses)
        return Block(
            port=port, title=kind.title, subtitle=subtitle, groups=tuple(groups), notes=tuple(notes), adapter=adapter
        )

    def _body(self, kind: Kind, uses: tuple[Use, ...]) -> tuple[Wire | None, list[Wire]]:
        """The wires of the part itself: data and power, or its cable."""
        wires: list[Wire] = []
        for use in uses:
            match use.kind:
                case "serial":
                    return self._serial(kind, use)
                case "i2c":
                    wires += [*self._i2c(use), *self._supply(kind), self._power(GROUND)]
                case "input" | "reader":
                    wires.append(self._input(use))
                case "sound":
                    wires.append(self._wire(f"sound: {use.what}", None, use.pin, "cable"))
        return None, wires

    def _serial(self, kind: Kind, use: Use) -> tuple[Wire | None, list[Wire]]:
        sends, receives = (*use.pin.split(), "TX", "RX")[:2] if use.pin else ("TX", "RX")
        if (pins := uart_pins(use.what)) is not None:
            return None, [
                *self._supply(kind),
                self._wire(f"{PINS[pins[0] - 1]} RXD", pins[0], sends, "to_pi"),
                self._wire(f"{PINS[pins[1] - 1]} TXD", pins[1], receives, "to_part"),
                self._power(GROUND),
            ]
        if "://" in use.what:
            return None, [self._wire("network", None, f"{sends} {receives}", "cable")]
        if "/by-id/" in use.what or "usb" in use.what.lower() or "ttyACM" in use.what:
            cable = self._wire("USB", None, "adapter", "cable")
            supply = list(self._supply(kind))  # of the Pi: an adapter's own 3.3 V bears 50 mA
            data = [
                self._wire("RXD", None, sends, "to_pi", True),
                self._wire("TXD", None, receives, "to_part", True),
                self._wire(GROUND, None, GROUND, "ground", True),
            ]
            return cable, [*supply, *data]
        port = use.what.rpartition("/")[2]
        return None, [
            *self._supply(kind),
            self._wire(f"{port} RXD", None, sends, "to_pi"),
            self._wire(f"{port} TXD", None, receives, "to_part"),
            self._power(GROUND),
        ]

    def _i2c(self, use: Use) -> Iterator[Wire]:
        bus = int(use.what.partition(":")[0])
        pins = i2c_pins(bus)
        for at, name in enumerate(use.pin.split()):
            pin = None if pins is None else pins[at]
            source = f"I2C {bus} {name}" if pin is None else f"{PINS[pin - 1]} {name}"
            yield self._wire(source, pin, name, "both")

    def _input(self, use: Use) -> Wire:
        if use.key == "name" or ("platform" in use.what and "usb" not in use.what):
            # A matrix is wired as its overlay in config.txt says, which is not ours to read.
            return self._wire("lines of its overlay", None, "rows, columns", "cable")
        return self._wire("USB", None, use.pin, "cable")

    def _outputs(self, kind: Kind, uses: list[Use]) -> Iterator[Wire]:
        if kind.own or kind.supply:
            yield from self._supply(kind)
        yield from (self._line(use) for use in uses)
        # A light that is on while its line is low hangs from 3.3 V.
        levels = {advice.idle(use) for use in uses} if kind.lights else {GROUND}
        yield from (self._power(level) for level in (SUPPLY_3V3, GROUND) if level in levels)

    def _line(self, use: Use) -> Wire:
        return self._wire(use.what, pin_of(use.what), use.pin, "to_part" if use.output else "to_pi")

    def _supply(self, kind: Kind) -> Iterator[Wire]:
        if kind.supply:
            yield self._wire(kind.supply, next(self._pins[kind.supply]), kind.supply_pin, "power")
        yield from self._own(kind)

    def _own(self, kind: Kind) -> Iterator[Wire]:
        for pin, supply in kind.own:
            yield Wire(number=0, source=supply, header=None, pin=pin, way="own", colour=_FIXED["own"])

    def _power(self, name: str) -> Wire:
        return self._wire(name, next(self._pins[name]), name, "ground" if name == GROUND else "power")

    def _wire(self, source: str, header: int | None, pin: str, way: Way, via_adapter: bool = False) -> Wire:
        self.number += 1
        colour = "orange" if source == SUPPLY_3V3 else _FIXED.get(way) or next(self._colours)
        return Wire(
            number=self.number, source=source, header=header, pin=pin, way=way, colour=colour, via_adapter=via_adapter
        )
