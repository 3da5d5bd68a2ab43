"""Options that several drivers have in the config."""

from typing import Final, cast

from lock_bridge.config_table import REQUIRED, Table, shown

from .gpio.lines import Line, Pull

_LINE: Final = 'a line\'s name such as "GPIO17", a chip\'s label and offset such as "pinctrl-rp1:17"'
_PULLS: Final = ("up", "down", "none", "as_is")


def read_device(table: Table, key: str = "device", *, urls: bool = False) -> str:
    """A path of a device; with `urls` also one of serialx, such as "socket://192.168.1.7:6638"."""
    device = table.text(key, longest=255)
    if device and not device.startswith("/") and not (urls and "://" in device):
        also = " or a URL" if urls else ""
        table.problem(
            key, f"{shown(device)} is not allowed. Allowed is a path{also}, such as one of /dev/serial/by-id."
        )
    return device


def read_line(
    table: Table,
    key: str,
    *,
    required: bool = True,
    active_low: bool = False,
    pull: Pull = "as_is",
    moves: bool = False,
) -> Line | None:
    """A GPIO line: its name alone, or `{ line, active = "high" or "low", pull = "up", "down", "none" or "as_is" }`.

    One that `moves` something may not be pulled to where it is active: it would run whenever nobody drives it.
    """
    if not table.has(key):
        if required:
            table.text(key, REQUIRED)  # notes that it is missing
        return None
    if not table.is_table(key):
        return _checked(table, key, Line(table.text(key, longest=64), active_low, pull))
    nested = table.table(key)
    assert nested is not None  # noqa: S101 - `is_table` has said so
    name = nested.text("line", longest=64)
    active = nested.choice("active", "low" if active_low else "high", ("high", "low"))
    chosen = nested.choice("pull", pull, _PULLS)
    against, rest = ("down", "up") if active == "low" else ("up", "down")
    if moves and chosen == against:
        nested.problem(
            "pull",
            f'"{against}" would switch it on whenever nobody drives it. Allowed with active = "{active}" is "{rest}".',
        )
    nested.finish()
    return _checked(nested, "line", Line(name, active == "low", cast("Pull", chosen)))


def read_lines(table: Table, key: str, roles: tuple[str, ...], *, active_low: bool = False) -> dict[str, Line]:
    """A table of lines by role, any of them; empty where there is none."""
    nested = table.table(key)
    if nested is None:
        return {}
    found = {role: read_line(nested, role, required=False, active_low=active_low) for role in roles}
    nested.finish()
    return {role: line for role, line in found.items() if line is not None}


def _checked(table: Table, key: str, line: Line) -> Line:
    label, colon, offset = line.name.rpartition(":")
    if colon and not (label and offset.isdecimal()):
        table.problem(key, f"{shown(line.name)} is not allowed. Allowed is {_LINE}.")
    return line
