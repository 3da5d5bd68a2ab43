"""Notes that follow from how a part's lines are set: a wrong one burns something, or moves the bolt."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from lock_bridge.hardware.driver import Use
from lock_bridge.hardware.header import GPIOS, meant, pin_of

SUPPLY_3V3: Final = "3.3 V"
SUPPLY_5V: Final = "5 V"
GROUND: Final = "GND"

type Advice = Callable[[Sequence[Use]], Iterable[str]]
"""From a part's uses to notes."""


def idle(use: Use) -> str:
    """What an output is at while it is off."""
    return SUPPLY_3V3 if use.active_low else GROUND


def motor(uses: Sequence[Use]) -> Iterator[str]:
    """What holds the inputs of a motor driver while nobody drives them."""
    outputs = _outputs(uses)
    for level in (GROUND, SUPPLY_3V3):
        held = [use for use in outputs if idle(use) == level]
        if held:
            which = "each input" if len(held) == len(outputs) else " and ".join(use.pin for use in held)
            yield f"10 kΩ from {which} to {level}: nothing moves while the Pi starts."


def relay(uses: Sequence[Use]) -> Iterator[str]:
    """The same of a relay board."""
    for use in _outputs(uses):
        yield f"10 kΩ from IN to {idle(use)}: the relay rests while the Pi starts."
        if use.active_low:
            yield "No 5 V may come back from IN: with a board that puts it there, a transistor goes between."


def keys(uses: Sequence[Use]) -> Iterator[str]:
    """How the lights of keys are fed."""
    outputs = _outputs(uses)
    if not outputs:
        return
    yield "Each light: a resistor of 470 Ω in series; more than 8 mA through a transistor."
    low = [use for use in outputs if use.active_low]
    if low:
        which = "Each light" if len(low) == len(outputs) else ", ".join(use.pin for use in low).capitalize()
        yield f"{which}: from 3.3 V to the line, never from 5 V; 10 kΩ from the line to 3.3 V."


def ring(uses: Sequence[Use]) -> Iterator[str]:
    """Where the common leg of a light with three colours goes."""
    outputs = _outputs(uses)
    low = [use for use in outputs if use.active_low]
    each = "A resistor of 470 Ω in series with each colour"
    if not low:
        yield f"{each}; the common cathode to GND."
    elif len(low) == len(outputs):
        yield f"{each}; the common anode to 3.3 V, never to 5 V. 10 kΩ from each line to 3.3 V."
    else:
        yield f"{each}. {', '.join(use.pin for use in low).capitalize()}: from 3.3 V, never 5 V; the others to GND."


def contacts(uses: Sequence[Use]) -> Iterator[str]:
    """Whether a contact is closed or open when all is well."""
    watched = [use for use in uses if use.key in ("door", "tamper")]
    closed = [use.key for use in watched if not use.active_low]
    opened = [use.key for use in watched if use.active_low]
    if closed:
        yield f"{_contacts(closed)} closed when all is well: a cut wire is noticed."
    if opened:
        yield f"{_contacts(opened)} open when all is well: a cut wire is not noticed."


def lines(uses: Sequence[Use]) -> Iterator[str]:
    """Of lines whatever their part: one that may bear too much, and those that are not the Pi's."""
    for use in uses:
        if use.kind != "line":
            continue
        if use.key == "emergency":
            yield "The emergency line: through an optocoupler or transistor: 3.3 V at most."
        if pin_of(use.what) is not None:
            continue
        near = meant(use.what)
        if near is not None:
            yield f"{use.what}: no such line on a Raspberry Pi; did you mean {near}?"
        elif ":" in use.what and not use.what.startswith("pinctrl-"):
            yield f"{use.what} is a line of another chip."
        else:
            yield f"{use.what}: no such line on a Raspberry Pi, which has GPIO0 to GPIO{GPIOS - 1}."


def _outputs(uses: Sequence[Use]) -> list[Use]:
    return [use for use in uses if use.kind == "line" and use.output]


def _contacts(names: list[str]) -> str:
    return f"{' and '.join(names).capitalize()} contact{'s are' if len(names) > 1 else ' is'}"
