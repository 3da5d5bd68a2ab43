"""Below the drawing: what its signs mean, and every wire in a table."""

from collections.abc import Sequence
from typing import Final

from .pen import Pen
from .plan import Block, Plan, Wire
from .style import COLOURS, DASHES

_ROW: Final = 24
_LONG: Final = 16
"""More wires than that are put in two columns."""

_HEADS: Final = ("wire", "at the Pi", "pin", "to", "there", "colour")
_SHARES: Final = (0.0, 0.065, 0.275, 0.335, 0.585, 0.89)
"""Where each column begins."""


def legend(pen: Pen, plan: Plan, y: int, x: int) -> int:
    """What the signs mean; where it ends."""
    pen.text(x, y, "Signs", "name")
    signs = (
        ("the Pi drives the line", "blue", 2, True, False),
        ("the Pi reads the line", "blue", 2, False, True),
        ("ground", "black", 4, False, False),
        ("3.3 V of the Pi", "orange", 3, False, False),
        ("5 V of the Pi, or a supply of its own", "red", 3, False, False),
    )
    for at, (text, colour, width, ahead, back) in enumerate(signs):
        left, line = x + at % 3 * 400, y + 28 + at // 3 * 28
        dash = {"stroke_dasharray": DASHES[colour]} if colour in DASHES else {}
        pen.element("path", d=f"M{left} {line}h70", stroke=COLOURS[colour], stroke_width=width, fill="none", **dash)
        if ahead:
            pen.element("path", d=f"M{left + 70} {line}l-11 -5v10z", fill=COLOURS[colour])
        if back:
            pen.element("path", d=f"M{left} {line}l11 -5v10z", fill=COLOURS[colour])
        pen.text(left + 84, line + 4, text, "small")
    left, line = x + 800, y + 56
    pen.element("path", d=f"M{left} {line}h70", stroke=COLOURS["grey"], stroke_width=7)
    pen.element("path", d=f"M{left} {line}h70", stroke="#fff", stroke_width=3)
    pen.text(left + 84, line + 4, "a cable with plugs", "small")
    end = y + 60
    if any(block.simulated for block in plan.blocks):
        end += 28
        pen.element("rect", x=x, y=end - 12, width=70, height=18, rx=5, class_="part simulated")
        pen.text(x + 84, end + 1, "simulated: there is no such part yet", "small")
    if plan.absent:
        end += 28
        pen.text(x, end, f"Not built in: {', '.join(plan.absent)}.", "small")
    return end


def table(pen: Pen, plan: Plan, y: int, x: int, width: int) -> int:
    """All wires; where it ends."""
    wires = plan.wires
    if not wires:
        return y - 44
    pen.text(x, y, "Wires", "name")
    half = (len(wires) + 1) // 2
    columns = [wires] if len(wires) <= _LONG else [wires[:half], wires[half:]]
    each = width if len(columns) == 1 else (width - 40) // 2
    for at, rows in enumerate(columns):
        _column(pen, rows, x + at * (each + 40), y + 30, each)
    return y + 30 + _ROW * max(map(len, columns))


def _column(pen: Pen, rows: Sequence[tuple[Block, Wire]], x: int, y: int, width: int) -> None:
    starts = [x + 8 + round(width * share) for share in _SHARES]
    ends = [*starts[1:], x + width]
    for head, start in zip(_HEADS, starts, strict=True):
        pen.text(start, y, head, "head")
    pen.element("path", d=f"M{x} {y + 8}h{width}", stroke="#37474f", stroke_width=1)
    for number, (block, wire) in enumerate(rows, start=1):
        line = y + number * _ROW
        if number % 2 == 0:
            pen.element("rect", x=x, y=line - 16, width=width, height=_ROW, fill="#f1f3f4")
        cells = (
            str(wire.number),
            f"adapter {wire.source}" if wire.via_adapter else wire.source,
            "–" if wire.header is None else str(wire.header),
            block.title,
            wire.pin,
            "cable" if wire.way == "cable" else wire.colour,
        )
        for cell, start, end in zip(cells, starts, ends, strict=True):
            pen.text(start, line, cell, "cell", width=end - start - 8)
