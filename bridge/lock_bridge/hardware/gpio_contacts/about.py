"""What the config may say of contacts and buttons on GPIO lines."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from lock_bridge.config_table import Table
from lock_bridge.engine.inputs import Key
from lock_bridge.engine.profile import Profile
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.options import read_line
from lock_bridge.hardware.surroundings import Surroundings

BUTTONS: Final = (Key.SET, Key.LOCK, Key.RESET, Key.EMERGENCY, Key.HOME, Key.DOORBELL, Key.LEAVE)
"""Those that may have a wire of their own."""

OPENING: Final = ("door", "tamper")
"""Normally closed to ground: what is active is an open loop, so a cut wire is an open door, or a lock forced off."""

CLOSING: Final = ("lifted", "pressed", "inside_handle", "knob", "peephole")
"""Switches that close to ground when that is done which their name says."""

_PINS: Final[Mapping[str, str]] = {
    "door": "door contact (reed switch)",
    "tamper": "tamper switch",
    "lifted": "outside handle lifted",
    "pressed": "outside handle pressed",
    "inside_handle": "inside handle",
    "knob": "privacy knob",
    "peephole": "anti-peephole button",
}


@dataclass(frozen=True, slots=True)
class Options:
    """Which line each contact is on, by its role; buttons by the names of their keys."""

    contacts: Mapping[str, Line]
    buttons: Mapping[Key, Line]
    debounce_ms: int


def _read(table: Table, _port: str) -> Options:
    contacts = {role: read_line(table, role, required=False, pull="up") for role in OPENING}
    contacts |= {role: read_line(table, role, required=False, active_low=True, pull="up") for role in CLOSING}
    buttons: dict[Key, Line | None] = {}
    if (nested := table.table("buttons")) is not None:
        for key in BUTTONS:
            buttons[key] = read_line(nested, key.value, required=False, active_low=True, pull="up")
        nested.finish()
    options = Options(
        contacts={role: line for role, line in contacts.items() if line is not None},
        buttons={key: line for key, line in buttons.items() if line is not None},
        debounce_ms=table.integer("debounce_ms", 20, 1, 200, unit=" of milliseconds"),
    )
    if not options.contacts and not options.buttons:
        table.problem("driver", f"has no line. Name at least one of: {', '.join(OPENING + CLOSING)}, buttons.")
    return options


def _uses(options: Any) -> tuple[Use, ...]:
    given: Options = options
    return (
        *(
            Use("line", line.name, role, _PINS[role], active_low=line.active_low)
            for role, line in given.contacts.items()
        ),
        *(Use("line", line.name, f"buttons.{key}", f"button {key}") for key, line in given.buttons.items()),
    )


def _fitted(options: Any, profile: Profile) -> Profile:
    given: Options = options
    return replace(
        profile,
        door_contact=profile.door_contact and "door" in given.contacts,
        privacy=profile.privacy if "knob" in given.contacts else None,
        peephole_button=profile.peephole_button and "peephole" in given.contacts,
    )


def _build(options: Any, around: Surroundings) -> object:
    from .driver import GpioContacts

    return GpioContacts(options, around)


DRIVER: Final = Driver(
    name="gpio",
    ports=("contacts",),
    title="contacts and buttons on GPIO lines",
    read=_read,
    build=_build,
    uses=_uses,
    fitted=_fitted,
    extra="gpio",
    drawn="contacts",
)
