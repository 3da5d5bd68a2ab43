"""The drawing shows what the config says: each line at its pin, each wire once; those of the docs are up to date."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.config import load, parse
from lock_bridge.hardware.catalogue import DRIVERS
from lock_bridge.hardware.drawing import Plan, plan, svg
from lock_bridge.hardware.drawing.kinds import KINDS
from lock_bridge.hardware.drawing.pen import fitted, width_of
from lock_bridge.hardware.drawing.plan import Block
from lock_bridge.hardware.header import PINS, i2c_pins, meant, pin_of, pins_of, uart_pins

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = tuple(sorted((DOCS / "examples/hardware").glob("*.toml")))
SVG = "{http://www.w3.org/2000/svg}"

MIXED = """
[[lock]]
id = "front"
profile = "{profile}"
[lock.simulated]
port = 0
[lock.parts]
{parts}
"""


def planned(file: Path) -> Plan:
    config = load(file, profiles.names())
    (lock,) = config.locks
    return plan(config.bridge, lock, profiles.load(lock.profile).name)


def mixed(parts: str, profile: str = "palm6068") -> Plan:
    config = parse(MIXED.format(parts=parts, profile=profile), profiles.names())
    return plan(config.bridge, config.locks[0], "model")


def wired(parts: str) -> list[Block]:
    return [block for block in mixed(parts).blocks if not block.simulated]


def notes_of(parts: str) -> tuple[str, ...]:
    (block,) = wired(parts)
    return block.notes


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_drawings_are_up_to_date(file: Path) -> None:
    drawn = (DOCS / "images/hardware" / f"{file.stem}.svg").read_text()
    assert drawn == svg(planned(file)), f"draw it anew: lock-bridge hardware drawing {file} -o docs/images/hardware/…"


def test_there_is_a_drawing_for_each_of_the_three_doors() -> None:
    names = {"keypad-strike", "fingerprint-motor", "everything"}
    assert {file.stem for file in EXAMPLES} == names
    assert {file.stem for file in (DOCS / "images/hardware").glob("*.svg")} == names


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_line_of_the_config_is_a_wire_to_its_own_pin(file: Path) -> None:
    config = load(file, profiles.names())
    uses = [use for part in config.locks[0].parts.values() for use in part.uses if use.kind == "line"]
    uses += config.bridge.ring.uses if config.bridge.ring is not None else ()
    wires = [wire for _, wire in planned(file).wires]
    drawn = {(wire.source, wire.pin): wire for wire in wires}
    for use in uses:
        wire = drawn[use.what, use.pin]
        assert wire.header is not None
        assert PINS[wire.header - 1] == use.what
        assert wire.way == ("to_part" if use.output else "to_pi")
    pins = [wire.header for wire in wires if wire.header is not None]
    assert len(pins) == len(set(pins)), "no pin of the examples has two wires"
    assert [wire.number for wire in wires] == list(range(1, len(wires) + 1)), "numbered from the top"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_it_is_text_with_a_title_and_a_description_and_none_lies_on_another(file: Path) -> None:
    made = svg(planned(file))
    root = ET.fromstring(made)  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title") is not None
    description = root.find(f"{SVG}desc")
    assert description is not None
    assert description.text is not None
    assert "pin 11) to" in description.text
    sizes = {"title": 26, "sub": 15, "warn": 13, "name": 15, "small": 11, "tiny": 9, "note": 11, "cell": 11}
    boxes = []
    for text in root.iter(f"{SVG}text"):
        x, y = int(text.get("x", 0)), int(text.get("y", 0))
        whole = text.find(f"{SVG}title")  # of one that is cut
        shown = ((text.text if whole is None else whole.tail) or "").strip()
        size = sizes.get(text.get("class", "").partition(" ")[0], 12)
        width = width_of(shown, size) * 0.8  # measured generously
        left = {"end": x - width, "middle": x - width / 2}.get(text.get("text-anchor", "start"), x)
        boxes.append((left, y - size * 0.7, left + width, float(y), shown))
        assert left >= 0
        assert left + width <= int(root.get("width", 0)), shown
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, f"{one[4]!r} lies on {other[4]!r}"


def test_the_same_config_makes_the_same_file() -> None:
    assert svg(planned(EXAMPLES[0])) == svg(planned(EXAMPLES[0]))


def test_power_and_ground_reach_every_part_on_a_wire() -> None:
    for file in EXAMPLES:
        for block in planned(file).blocks:
            kinds = {wire.way for wire in block.wires}
            if kinds & {"to_part", "to_pi", "both"}:
                assert "ground" in kinds, f"{file.stem}: {block.title}"


def test_a_module_on_usb_is_drawn_behind_its_adapter_and_one_on_the_header_at_its_pins() -> None:
    usb = mixed('fingerprint = { driver = "ef01", device = "/dev/serial/by-id/usb-FTDI-port0" }')
    (block,) = [block for block in usb.blocks if not block.simulated]
    assert block.adapter is not None
    assert [(wire.source, wire.pin) for wire in block.wires if wire.via_adapter] == [
        ("RXD", "TX"),
        ("TXD", "RX"),
        ("GND", "GND"),
    ]
    header = mixed('fingerprint = { driver = "ef01", device = "/dev/serial0" }')
    (block,) = [block for block in header.blocks if not block.simulated]
    assert {(wire.header, wire.pin) for wire in block.wires} >= {(10, "TX"), (8, "RX")}, "data wires are crossed"


def test_one_module_behind_two_ports_is_wired_once() -> None:
    device = '{ driver = "efaa", device = "/dev/serial0" }'
    both = mixed(f"face = {device}\npalm_vein = {device}")
    face, palm = [block for block in both.blocks if not block.simulated]
    assert face.wires
    assert palm.wires == ()
    assert palm.notes == ("The same module as the face reader: no further wire.",)


def test_simulated_parts_are_dotted_and_have_no_wire() -> None:
    made = mixed('card = { driver = "pcsc" }', "l2s")
    simulated = [block for block in made.blocks if block.simulated]
    assert {block.port for block in simulated} == {"keypad", "sounder", "fingerprint", "bolt", "contacts", "power"}
    assert all(block.wires == () for block in simulated)
    assert svg(made).count('class="part simulated"') == len(simulated) + 1, "and one in the legend"


def test_a_relay_that_is_active_low_is_held_up_and_one_that_is_active_high_down() -> None:
    relay = 'bolt = {{ driver = "strike", relay = {{ line = "GPIO17", active = "{}" }}, latch = "GPIO5" }}'
    for active, idle in (("high", "GND"), ("low", "3.3 V")):
        (block,) = [block for block in mixed(relay.format(active)).blocks if not block.simulated]
        assert f"10 kΩ from IN to {idle}: the relay rests while the Pi starts." in block.notes


MOTOR = (
    'bolt = {{ driver = "motor", in1 = {{ line = "GPIO17", active = "{}" }}, '
    'in2 = {{ line = "GPIO27", active = "{}" }}, thrown = "GPIO5", retracted = "GPIO6" }}'
)


@pytest.mark.parametrize(
    ("levels", "held"),
    [
        (("high", "high"), ["10 kΩ from each input to GND"]),
        (("low", "low"), ["10 kΩ from each input to 3.3 V"]),
        (("low", "high"), ["10 kΩ from IN2 to GND", "10 kΩ from IN1 to 3.3 V"]),
    ],
)
def test_the_inputs_of_a_motor_are_held_where_it_rests(levels: tuple[str, str], held: list[str]) -> None:
    notes = notes_of(MOTOR.format(*levels))
    assert [note for note in notes if "10 kΩ" in note] == [
        f"{each}: nothing moves while the Pi starts." for each in held
    ]
    assert "Minus of the motor's supply to the driver's GND, and from there one wire to the Pi's GND." in notes


def test_the_ring_of_a_fingerprint_module_has_a_wire_to_ground() -> None:
    assert "Its metal ring: a wire of its own to ground." in notes_of(
        'fingerprint = { driver = "ef01", device = "/dev/serial0" }'
    )


@pytest.mark.parametrize("power", ['driver = "ina219"', 'driver = "power_supply", battery = "bq"'])
def test_the_emergency_line_never_bears_what_is_plugged_in(power: str) -> None:
    notes = notes_of(f'power = {{ {power}, emergency = "GPIO7" }}')
    assert "The emergency line: through an optocoupler or transistor: 3.3 V at most." in notes
    assert not any("switch" in note for note in notes)


@pytest.mark.parametrize(
    ("active", "common", "supply"), [("high", "cathode to GND", "GND"), ("low", "anode to 3.3 V", "3.3 V")]
)
def test_the_bridges_ring_hangs_from_what_its_lines_do_not_drive(active: str, common: str, supply: str) -> None:
    lights = ", ".join(f'{name} = {{ line = "GPIO{at}", active = "{active}" }}' for name, at in RING.items())
    text = f'[bridge]\nring = {{ driver = "gpio", {lights} }}\n' + MIXED.format(parts="", profile="l2s")
    config = parse(text, profiles.names())
    (block,) = [each for each in plan(config.bridge, config.locks[0], "model").blocks if not each.simulated]
    assert any(f"the common {common}" in note for note in block.notes)
    assert [wire.source for wire in block.wires if wire.way in ("power", "ground")] == [supply]


RING = {"red": 16, "green": 20, "blue": 21}


def test_lights_that_are_active_low_hang_from_3v3_and_are_held_there() -> None:
    lights = 'green = { line = "GPIO10", active = "low" }, red = "GPIO9"'
    (block,) = wired(f'keypad = {{ driver = "input", name = "pad", lights = {{ {lights} }} }}')
    assert "Light green: from 3.3 V to the line, never from 5 V; 10 kΩ from the line to 3.3 V." in block.notes
    assert [wire.source for wire in block.wires if wire.way in ("power", "ground")] == ["3.3 V", "GND"]


def test_a_door_contact_that_is_active_low_is_not_called_closed_when_all_is_well() -> None:
    notes = notes_of(
        'contacts = { driver = "gpio", door = { line = "GPIO23", active = "low" }, tamper = "GPIO24", knob = "GPIO25" }'
    )
    assert "Tamper contact is closed when all is well: a cut wire is noticed." in notes
    assert "Door contact is open when all is well: a cut wire is not noticed." in notes
    both = notes_of('contacts = { driver = "gpio", door = "GPIO23", tamper = "GPIO24" }')
    assert "Door and tamper contacts are closed when all is well: a cut wire is noticed." in both


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("gpio23", "gpio23: no such line on a Raspberry Pi; did you mean GPIO23?"),
        ("17", "17: no such line on a Raspberry Pi; did you mean GPIO17?"),
        ("GPIO99", "GPIO99: no such line on a Raspberry Pi, which has GPIO0 to GPIO27."),
        ("pinctrl-rp1:54", "pinctrl-rp1:54: no such line on a Raspberry Pi, which has GPIO0 to GPIO27."),
    ],
)
def test_a_line_that_no_header_has_is_told(line: str, told: str) -> None:
    assert told in notes_of(f'contacts = {{ driver = "gpio", door = "{line}" }}')


def test_a_line_of_another_chip_has_no_pin_and_says_so() -> None:
    (block,) = [
        block for block in mixed('contacts = { driver = "gpio", door = "expander:3" }').blocks if not block.simulated
    ]
    assert block.wires[0].header is None
    assert "expander:3 is a line of another chip." in block.notes


def test_more_parts_than_pins_share_a_terminal_block() -> None:
    lights = ", ".join(f'"{digit}" = "GPIO{digit + 4}"' for digit in range(10))
    parts = "\n".join(
        [
            f'keypad = {{ driver = "input", name = "pad", lights = {{ {lights} }} }}',
            'fingerprint = { driver = "ef01", device = "/dev/serial0" }',
            'card = { driver = "pn532", device = "/dev/ttyUSB0" }',
            'power = { driver = "ina219" }',
        ]
    )
    assert "several wires on a terminal block" in svg(mixed(parts, "l2s"))


def test_every_driver_is_drawn_as_something_known() -> None:
    assert {driver.drawn or driver.name for driver in DRIVERS.values()} <= set(KINDS)


def test_pins_are_those_of_a_raspberry_pi() -> None:
    assert len(PINS) == 40
    assert pins_of("GND") == (6, 9, 14, 20, 25, 30, 34, 39)
    assert (pins_of("3.3 V"), pins_of("5 V")) == ((1, 17), (2, 4))
    assert {pin_of(f"GPIO{number}") for number in range(28)} | {*pins_of("GND"), 1, 17, 2, 4} == set(range(1, 41))
    assert (pin_of("GPIO17"), pin_of("pinctrl-rp1:17"), pin_of("ID_SDA"), pin_of("other:17")) == (11, 11, 27, None)
    assert pin_of("GND") is None
    assert [meant(line) for line in ("gpio4", "Gpio04", "27", "28", "PA5", "expander:3")] == [
        *("GPIO4", "GPIO4", "GPIO27"),
        *(None, None, None),
    ]
    assert uart_pins("/dev/serial0") == (10, 8)
    assert uart_pins("/dev/ttyUSB0") is None
    assert (i2c_pins(1), i2c_pins(7)) == ((3, 5), None)


def test_text_that_is_too_wide_is_cut_and_kept_whole_for_whoever_points_at_it() -> None:
    assert fitted("GPIO17", 100, 12) == "GPIO17"
    assert fitted("a name that is far too long", 60, 12).endswith("…")
    made = svg(mixed('sounder = { driver = "speaker", device = "plughw:CARD=SomethingVeryLong" }'))
    assert "<title>sound: plughw:CARD=SomethingVeryLong</title>" in made
