"""What the config may say of a keypad that Linux has as an input device, and of its lights."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from lock_bridge.config_table import Table, shown
from lock_bridge.engine.effects import Lamp
from lock_bridge.engine.inputs import Key
from lock_bridge.engine.profile import DIGITS
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.options import read_device, read_lines
from lock_bridge.hardware.surroundings import Surroundings

from .codes import CODES, HIGHEST

SHIFTED: Final = "shift+"

BACKLIGHT: Final = "backlight"
"""One light behind all keys: it shines while any of them is lit."""

LIGHTS: Final = (
    BACKLIGHT,
    *sorted(DIGITS),
    *(key.value for key in (Key.CONFIRM, Key.BACK, Key.LEAVE)),
    *(lamp.value for lamp in Lamp),
)
"""The lights that may be wired: keys that light, and lamps, by their names."""

_NOTHING: Final = "nothing"
"""In `keys`: those that do nothing."""

_ALLOWED: Final = (
    'keys of Linux, such as ["KEY_F1"] or ["shift+KEY_3"]; one without a name here by its number, such as ["464"]'
)


def _standard() -> Iterator[tuple[str, Key]]:
    for digit in DIGITS:
        for prefix in ("", "KP", "NUMERIC_"):
            yield f"KEY_{prefix}{digit}", digit
    for name in ("ENTER", "KPENTER", "OK", "NUMERIC_POUND"):
        yield f"KEY_{name}", Key.CONFIRM
    for name in ("ESC", "BACKSPACE", "BACK", "KPASTERISK", "NUMERIC_STAR"):
        yield f"KEY_{name}", Key.BACK


STANDARD: Final[Mapping[int, Key]] = MappingProxyType({CODES[name]: key for name, key in _standard()})
"""What keys do unless the config says otherwise: "#" and Enter confirm, "*" and Escape go back."""

STANDARD_SHIFTED: Final[Mapping[int, Key | None]] = MappingProxyType(
    {CODES[f"KEY_{digit}"]: None for digit in DIGITS} | {CODES["KEY_3"]: Key.CONFIRM, CODES["KEY_8"]: Key.BACK}
)
"""With shift. Many a keypad is a keyboard to its computer and types "#" and "*" so; those are no digits."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which device, what its keys do, and the lines of its lights."""

    device: str
    """Its path; empty: found by `name`."""
    name: str
    plain: Mapping[int, Key | None] = field(default_factory=lambda: STANDARD)
    shifted: Mapping[int, Key | None] = field(default_factory=lambda: STANDARD_SHIFTED)
    lights: Mapping[str, Line] = field(default_factory=dict)


def _read(table: Table, _port: str) -> Options:
    name = table.optional("name", longest=79)
    device = read_device(table) if name is None or table.has("device") else ""
    if name is not None and device:
        table.problem("name", "is one too many beside `device`. Allowed is one of the two.")
    plain, shifted = _read_keys(table.table("keys"))
    return Options(device, name or "", plain, shifted, read_lines(table, "lights", LIGHTS))


def _read_keys(table: Table | None) -> tuple[Mapping[int, Key | None], Mapping[int, Key | None]]:
    plain: dict[int, Key | None] = dict(STANDARD)
    shifted = dict(STANDARD_SHIFTED)
    if table is None:
        return plain, shifted
    named: dict[tuple[bool, int], str] = {}
    for role in (*(key.value for key in Key), _NOTHING):
        for number, text in enumerate(table.texts(role, _ALLOWED)):
            bare = text.removeprefix(SHIFTED)
            code = _code(bare)
            if code is None:
                table.problem_at(
                    (role, number), f"{shown(text)} is not known.{_hint(bare)} Allowed is a list of {_ALLOWED}."
                )
                continue
            other = named.setdefault((bare != text, code), role)
            if other != role:
                table.problem_at((role, number), f"{shown(text)} is {other} already. Allowed is one meaning for each.")
            (plain if bare == text else shifted)[code] = None if role == _NOTHING else Key(role)
    table.finish()
    return plain, shifted


def _code(name: str) -> int | None:
    if name.isascii() and name.isdecimal() and len(name) <= len(str(HIGHEST)) and 0 < int(name) <= HIGHEST:
        return int(name)
    return CODES.get(name)


def _hint(name: str) -> str:
    import difflib  # only when something is wrong

    near = difflib.get_close_matches("KEY_" + name.upper().removeprefix("KEY_"), CODES, n=1)
    return f' Did you mean "{near[0]}"?' if near else ""


def _uses(options: Any) -> tuple[Use, ...]:
    given: Options = options
    device = Use("input", given.device or given.name, "device" if given.device else "name", "USB")
    lights = (
        Use("line", line.name, f"lights.{role}", f"light {role}", output=True, active_low=line.active_low)
        for role, line in given.lights.items()
    )
    return (device, *lights)


def _build(options: Any, around: Surroundings) -> object:
    from .driver import EvdevKeypad  # brings the library along

    return EvdevKeypad(options, around)


DRIVER: Final = Driver(
    name="input",
    ports=("keypad",),
    title="a keypad that is an input device of Linux: on USB, or a matrix on GPIO",
    read=_read,
    build=_build,
    uses=_uses,
    extra="input",
    drawn="keypad",
)
