"""Codes of Linux' input-event-codes.h by their names, as far as keypads and small keyboards have such keys."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EV_SYN: Final = 0
EV_KEY: Final = 1
SYN_DROPPED: Final = 3

SHIFTS: Final = frozenset({42, 54})

_ROWS: Final[Mapping[int, str]] = {
    1: "ESC 1 2 3 4 5 6 7 8 9 0 MINUS EQUAL BACKSPACE TAB Q W E R T Y U I O P LEFTBRACE RIGHTBRACE ENTER LEFTCTRL "
    "A S D F G H J K L SEMICOLON APOSTROPHE GRAVE",
    43: "BACKSLASH Z X C V B N M COMMA DOT SLASH",
    55: "KPASTERISK LEFTALT SPACE CAPSLOCK F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NUMLOCK SCROLLLOCK "
    "KP7 KP8 KP9 KPMINUS KP4 KP5 KP6 KPPLUS KP1 KP2 KP3 KP0 KPDOT",
    87: "F11 F12",
    96: "KPENTER RIGHTCTRL KPSLASH SYSRQ RIGHTALT",
    102: "HOME UP PAGEUP LEFT RIGHT END DOWN PAGEDOWN INSERT DELETE",
    113: "MUTE VOLUMEDOWN VOLUMEUP POWER KPEQUAL KPPLUSMINUS PAUSE",
    121: "KPCOMMA",
    128: "STOP",
    138: "HELP MENU CALC",
    148: "PROG1 PROG2",
    158: "BACK FORWARD",
    172: "HOMEPAGE REFRESH",
    179: "KPLEFTPAREN KPRIGHTPAREN",
    183: "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24",
    202: "PROG3 PROG4",
    352: "OK",
    398: "RED GREEN YELLOW BLUE",
    512: "NUMERIC_0 NUMERIC_1 NUMERIC_2 NUMERIC_3 NUMERIC_4 NUMERIC_5 NUMERIC_6 NUMERIC_7 NUMERIC_8 NUMERIC_9 "
    "NUMERIC_STAR NUMERIC_POUND NUMERIC_A NUMERIC_B NUMERIC_C NUMERIC_D",
}

CODES: Final[Mapping[str, int]] = MappingProxyType(
    {f"KEY_{name}": code for first, row in _ROWS.items() for code, name in enumerate(row.split(), first)}
)

HIGHEST: Final = 767
"""KEY_MAX."""
