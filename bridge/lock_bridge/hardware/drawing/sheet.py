"""The drawing itself: the Pi on the left, the parts on the right, and each wire a straight line between them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lock_bridge.hardware.header import PINS

from .pen import Pen, wrapped
from .plan import Block, Plan, Wire
from .style import COLOURS, DASHES, STYLE, WIDTHS
from .table import legend, table

_WIDTH: Final = 1_280
_MARGIN: Final = 40
_TOP: Final = 148
_PI: Final = (40, 400)
_PART: Final = (780, 1_020)
_NOTE_X: Final = 1_044
_NOTE_WIDTH: Final = 196
_ROW: Final = 28
_HEAD: Final = 54
_GROUP: Final = 26
_FOOT: Final = 10
_GAP: Final = 34
_LINE: Final = 16
_ADAPTER: Final = (540, 636)
_SUPPLY: Final = (648, 756)
_HEADER_X: Final = 132
_HEADER_Y: Final = 230
_STEP: Final = 24


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block with its place; `rows` are its wires and headings from the top."""

    block: Block
    top: int
    height: int
    rows: tuple[tuple[int, Wire | str], ...]


def svg(plan: Plan) -> str:
    """The drawing as a file's text."""
    placed = tuple(_places(plan))
    bottom = max((each.top + each.height for each in placed), default=_TOP)
    pi_bottom = max(bottom, _HEADER_Y + 20 * _STEP + 20)
    pen = Pen()
    _headline(pen, plan)
    _pi(pen, plan, pi_bottom)
    for each in placed:
        _block(pen, each)
    end = legend(pen, plan, pi_bottom + 56, _MARGIN)
    end = table(pen, plan, end + 44, _MARGIN, _WIDTH - 2 * _MARGIN)
    end += 44
    title = f"Wiring of {plan.title}"
    said = "; ".join(_sentence(block, wire) for block, wire in plan.wires)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{end}" viewBox="0 0 {_WIDTH} {end}" '
        'role="img" aria-labelledby="title desc">\n'
        f"{_texts(title, said)}\n{STYLE}\n"
        f'  <rect width="{_WIDTH}" height="{end}" fill="#fff"/>\n{pen.body}\n</svg>\n'
    )


def _texts(title: str, said: str) -> str:
    pen = Pen()
    pen.element("title", title, id="title")
    pen.element("desc", f"{said}." if said else "No part is wired.", id="desc")
    return pen.body


def _sentence(block: Block, wire: Wire) -> str:
    pin = f" (pin {wire.header})" if wire.header is not None else ""
    return f"{wire.number}: {wire.source}{pin} to {wire.pin} of {block.title}"


def _headline(pen: Pen, plan: Plan) -> None:
    pen.text(_MARGIN, 58, plan.title, "title")
    pen.text(_MARGIN, 84, f"{plan.model}, on a Raspberry Pi", "sub")
    notes = ["Switch the Pi off before you wire it. Its lines bear 3.3 V: 5 V destroys them."]
    used = Counter(wire.header for _, wire in plan.wires if wire.header is not None)
    if shared := [str(pin) for pin, count in sorted(used.items()) if count > 1]:
        notes.append(f"Pin{'s' if len(shared) > 1 else ''} {', '.join(shared)}: several wires on a terminal block.")
    pen.text(_MARGIN, 116, " ".join(notes), "warn")


def _places(plan: Plan) -> Iterator[_Placed]:
    top = _TOP
    for block in plan.blocks:
        rows: list[tuple[int, Wire | str]] = []
        y = _HEAD
        for group in block.groups:
            if group.title:
                rows.append((y + 16, group.title))
                y += _GROUP
            for wire in group.wires:
                rows.append((y + _ROW // 2, wire))
                y += _ROW
            y += 6
        notes = sum(len(wrapped(note, _NOTE_WIDTH, 11)) * _LINE + 6 for note in block.notes)
        height = max(y + _FOOT - 6 if block.groups else _HEAD + 2, notes + 8)
        yield _Placed(block, top, height, tuple(rows))
        top += height + (16 if block.simulated else _GAP)


def _pi(pen: Pen, plan: Plan, bottom: int) -> None:
    left, right = _PI
    pen.element("rect", x=left, y=_TOP, width=right - left, height=bottom - _TOP, rx=12, class_="pi")
    pen.text(left + 20, _TOP + 32, "Raspberry Pi", "name")
    pen.text(left + 20, _TOP + 52, "header, seen from above", "small grey")
    numbers: dict[int, list[Wire]] = {}
    for _, wire in plan.wires:
        if wire.header is not None:
            numbers.setdefault(wire.header, []).append(wire)
    top = _HEADER_Y - _STEP // 2
    pen.element("rect", x=_HEADER_X - 18, y=top - 4, width=60, height=20 * _STEP + 8, rx=4, class_="header")
    for number, name in enumerate(PINS, start=1):
        _pin(pen, number, name, numbers.get(number, []))


def _pin(pen: Pen, number: int, name: str, wires: list[Wire]) -> None:
    odd = number % 2 == 1
    x = _HEADER_X + (0 if odd else 24)
    y = _HEADER_Y + (number - 1) // 2 * _STEP
    colour = COLOURS[wires[0].colour] if wires else "#9e9e9e"
    if number == 1:
        pen.element(
            "rect", x=x - 9, y=y - 9, width=18, height=18, fill="#fff", stroke=colour, stroke_width=3 if wires else 1
        )
    else:
        pen.element("circle", cx=x, cy=y, r=9, fill="#fff", stroke=colour, stroke_width=3 if wires else 1)
    pen.text(x, y + 3, str(number), "tiny" if wires else "tiny grey", anchor="middle")
    label = x - 24 if odd else x + 24
    anchor = "end" if odd else "start"
    pen.text(label, y + 4, name, "small strong" if wires else "small grey", anchor=anchor)


def _block(pen: Pen, placed: _Placed) -> None:
    block, top = placed.block, placed.top
    left, right = _PART
    pen.open("g", id=f"part-{block.port}")
    pen.element(
        "rect",
        x=left,
        y=top,
        width=right - left,
        height=placed.height,
        rx=10,
        class_="part simulated" if block.simulated else "part",
    )
    pen.text(left + 16, top + 25, block.title, "name", width=right - left - 32)
    pen.text(left + 16, top + 43, block.subtitle, "small grey", width=right - left - 32)
    via = [top + y for y, row in placed.rows if isinstance(row, Wire) and row.via_adapter]
    if via and block.adapter is not None:
        _adapter(pen, block.adapter, min(via), max(via))
    for y, row in placed.rows:
        if isinstance(row, str):
            pen.element("path", d=f"M{left} {top + y - 16}H{right}", class_="rule")
            pen.text(left + 16, top + y, row, "small italic", width=right - left - 32)
        else:
            _wire(pen, row, top + y)
    y = top + 14
    for note in block.notes:
        for at, line in enumerate(wrapped(note, _NOTE_WIDTH, 11)):
            if at == 0:
                pen.element("circle", cx=_NOTE_X - 9, cy=y - 4, r=2, fill="#555")
            pen.text(_NOTE_X, y, line, "note")
            y += _LINE
        y += 6
    pen.close("g")


def _wire(pen: Pen, wire: Wire, y: int) -> None:
    end = _PART[0]
    pen.text(end + 16, y + 4, wire.pin, "pin", width=_PART[1] - end - 32)
    if wire.way == "own":
        left, right = _SUPPLY
        pen.element("rect", x=left, y=y - 11, width=right - left, height=22, rx=11, class_="supply")
        pen.text((left + right) // 2, y + 4, wire.source, "small", anchor="middle", width=right - left - 16)
        _line(pen, wire, right, end, y)
        return
    if wire.via_adapter:
        start = _ADAPTER[1]
        pen.text(start - 10, y + 4, wire.source, "small", anchor="end")
    else:
        start = _PI[1]
        _source(pen, wire, y)
    _line(pen, wire, start, end, y)
    _number(pen, wire, start + 34, y)


def _source(pen: Pen, wire: Wire, y: int) -> None:
    right = _PI[1]
    if wire.header is None:
        pen.text(right - 14, y + 4, wire.source, "pin", anchor="end", width=150)
        return
    pen.text(right - 14, y + 4, f"pin {wire.header}", "small grey", anchor="end")
    pen.text(right - 60, y + 4, wire.source, "pin", anchor="end", width=104)


def _line(pen: Pen, wire: Wire, start: int, end: int, y: int) -> None:
    colour = COLOURS[wire.colour]
    if wire.way == "cable":
        pen.element("path", d=f"M{start} {y}H{end}", stroke=colour, stroke_width=7)
        pen.element("path", d=f"M{start} {y}H{end}", stroke="#fff", stroke_width=3)
        return
    dash = {"stroke_dasharray": DASHES[wire.colour]} if wire.colour in DASHES else {}
    pen.element(
        "path", d=f"M{start} {y}H{end}", stroke=colour, stroke_width=WIDTHS.get(wire.way, 2), fill="none", **dash
    )
    if wire.way in ("to_part", "both"):
        pen.element("path", d=f"M{end} {y}l-11 -5v10z", fill=colour)
    if wire.way in ("to_pi", "both"):
        pen.element("path", d=f"M{start} {y}l11 -5v10z", fill=colour)


def _number(pen: Pen, wire: Wire, x: int, y: int) -> None:
    pen.element("circle", cx=x, cy=y, r=10, fill="#fff", stroke=COLOURS[wire.colour], stroke_width=2)
    pen.text(x, y + 4, str(wire.number), "small strong", anchor="middle")


def _adapter(pen: Pen, cable: Wire, first: int, last: int) -> None:
    left, right = _ADAPTER
    middle = (first + last) // 2
    _source(pen, cable, middle)
    _line(pen, cable, _PI[1], left, middle)
    _number(pen, cable, _PI[1] + 34, middle)
    pen.element("rect", x=left, y=first - 13, width=right - left, height=last - first + 26, rx=6, class_="adapter")
    for at, line in enumerate(("USB", "serial", "3.3 V")):
        pen.text(left + 10, middle - 10 + 14 * at, line, "tiny strong")
