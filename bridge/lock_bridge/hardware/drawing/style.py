"""Colours, and what tells wires apart without them."""

from collections.abc import Mapping
from typing import Final

COLOURS: Final[Mapping[str, str]] = {
    "red": "#c62828",
    "orange": "#e65100",
    "black": "#111111",
    "grey": "#616161",
    "blue": "#1565c0",
    "green": "#2e7d32",
    "violet": "#7b1fa2",
    "brown": "#6d4c41",
    "teal": "#00838f",
    "pink": "#c2185b",
}
DASHES: Final[Mapping[str, str]] = {"red": "14 4 3 4", "orange": "10 4"}
"""5 V and 3.3 V, also on a printer without colours."""

WIDTHS: Final[Mapping[str, int]] = {"power": 3, "ground": 4, "own": 3}

STYLE: Final = """  <style>
    text { font-family: "DejaVu Sans", "Liberation Sans", Verdana, Arial, sans-serif; font-size: 12px; fill: #111; }
    .title { font-size: 26px; font-weight: bold; }
    .sub { font-size: 15px; fill: #444; }
    .warn { font-size: 13px; font-weight: bold; }
    .name { font-size: 15px; font-weight: bold; }
    .head { font-size: 12px; font-weight: bold; }
    .small, .note, .cell { font-size: 11px; }
    .tiny { font-size: 9px; }
    .note { fill: #333; }
    .grey { fill: #666; }
    .strong { font-weight: bold; }
    .italic { font-style: italic; }
    .pi { fill: #f4f7f2; stroke: #33691e; stroke-width: 2; }
    .header { fill: #e0e0e0; stroke: #757575; }
    .part { fill: #fafafa; stroke: #37474f; stroke-width: 2; }
    .simulated { fill: none; stroke-dasharray: 2 5; stroke-linecap: round; }
    .adapter { fill: #eceff1; stroke: #37474f; stroke-width: 1.5; }
    .supply { fill: #fff; stroke: #c62828; stroke-width: 1.5; }
    .rule { stroke: #b0bec5; stroke-width: 1; }
  </style>"""
