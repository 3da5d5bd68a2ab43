"""What a drawing knows of each kind of part beside what its driver says: its supply, and what else belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lock_bridge.hardware.driver import Use

from . import advice
from .advice import SUPPLY_3V3, SUPPLY_5V, Advice


def _nothing(_uses: Sequence[Use]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`supply` is a pin of the Pi's; `own` is what feeds the part from elsewhere."""

    title: str
    supply: str | None = None
    supply_pin: str = "VCC"
    own: tuple[tuple[str, str], ...] = ()
    """The part's pin and the supply that it is on."""
    outputs: str = ""
    """What the lines end at that the machine drives; empty: at the part itself."""
    inputs: str = ""
    lights: bool = False
    """Whether those are lights, which are fed through their lines."""
    notes: tuple[str, ...] = ()
    advice: Advice = _nothing
    """Further notes, by how its lines are set."""
    inputs_notes: tuple[str, ...] = ()


_TO_GROUND: Final = "Each switch closes its line to ground; their other wires go to GND."

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "keypad": Kind(
            title="Keypad",
            outputs="Lights of the keys",
            lights=True,
            advice=advice.keys,
        ),
        "speaker": Kind(title="Loudspeaker", notes=("Mounted inside, behind holes in the lock's case.",)),
        "ef01": Kind(
            title="Fingerprint module",
            supply=SUPPLY_3V3,
            supply_pin="3.3 V",
            notes=(
                "R503: red and white 3.3 V, black GND, yellow TX, brown RX, blue touch.",
                "Its metal ring: a wire of its own to ground.",
                "100 µF across 3.3 V and GND at the module. Its data wires bear 3.3 V.",
            ),
        ),
        "pn532": Kind(
            title="Card reader PN532",
            supply=SUPPLY_3V3,
            notes=("Both switches at 0 (HSU). On most boards SDA is TXD, and SCL is RXD.", "1 cm away from metal."),
        ),
        "pcsc": Kind(title="Card reader", notes=("The cable ends inside: only the reader is outside.",)),
        "efaa": Kind(
            title="Face and palm module",
            own=(("5 V", "5 V, 1 A"),),
            notes=(
                "Its supply's ground and the Pi's are joined by GND.",
                "Its data wires have 3.3 V: with one that has 5 V, a level shifter goes between.",
            ),
        ),
        "motor": Kind(
            title="Bolt motor",
            outputs="Motor driver, such as DRV8833",
            own=(("VM", "motor's supply"),),
            inputs="Sensors of the bolt",
            advice=advice.motor,
            notes=(
                "Minus of the motor's supply to the driver's GND, and from there one wire to the Pi's GND.",
                "VM through a fuse, 470 µF across VM and GND. OUT1, OUT2: the motor, 100 nF across it.",
            ),
            inputs_notes=(_TO_GROUND,),
        ),
        "strike": Kind(
            title="Electric strike",
            supply=SUPPLY_5V,
            outputs="Relay board, mounted inside",
            own=(("COM", "strike's supply"),),
            inputs="Monitors of the strike",
            advice=advice.relay,
            notes=(
                "NO to the coil, through a fuse; a diode (1N4007) across the coil, its stripe at +.",
                "Minus of the strike's supply to the coil's other end, not through the Pi.",
                "The board has to switch with 3.3 V at IN, else a transistor goes between.",
            ),
            inputs_notes=(_TO_GROUND,),
        ),
        "contacts": Kind(
            title="Contacts and buttons",
            inputs="Door and lock",
            advice=advice.contacts,
            inputs_notes=(
                _TO_GROUND,
                "Wires beyond half a metre: 4.7 kΩ to 3.3 V, 1 kΩ in series.",
            ),
        ),
        "mains": Kind(title="Power", notes=("The Pi's own supply feeds all: no battery is measured.",)),
        "battery": Kind(title="Battery", notes=("Wired as its board says; the kernel measures it.",)),
        "max17048": Kind(title="Battery gauge", supply=SUPPLY_3V3, notes=("CELL goes across the one cell.",)),
        "ina219": Kind(
            title="Battery gauge",
            supply=SUPPLY_3V3,
            notes=("VIN+ to the battery, VIN− to what it feeds; 26 V at most.",),
        ),
        "bluez": Kind(title="Bluetooth and Wi-Fi", notes=("No wire. A metal case hears nobody: use a USB adapter.",)),
        "ring": Kind(
            title="Light ring of the bridge",
            outputs="RGB LED",
            lights=True,
            inputs="Function key",
            advice=advice.ring,
        ),
    }
)
"""By what a driver is drawn as, or by its name."""


def kind_of(name: str, title: str) -> Kind:
    """What is known of it; of a kind that is not known what its driver says of itself."""
    return KINDS.get(name) or Kind(title=title[:1].upper() + title[1:])
