"""SVG, element by element: text stays text, numbers are whole, and the same calls make the same file."""

import re
from xml.sax.saxutils import escape, quoteattr

_UNIT = re.compile(r"(\d) (k?Ω|V\b|A\b|µF|nF|mA)")
"""A number is not parted from its unit."""
_NARROW = frozenset("iljtfrI.,:;'|()[]/ ·")
_WIDE = frozenset("mwMWGOQ@%…")


class Pen:
    """Collects elements."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 1

    def element(self, name: str, text: str | None = None, **attributes: object) -> None:
        """One element; underscores in names of attributes are hyphens."""
        given = "".join(
            f" {key.rstrip('_').replace('_', '-')}={quoteattr(str(value))}" for key, value in attributes.items()
        )
        body = f"<{name}{given}/>" if text is None else f"<{name}{given}>{escape(text)}</{name}>"
        self._lines.append("  " * self._depth + body)

    def open(self, name: str, **attributes: object) -> None:
        """Begin a group."""
        given = "".join(
            f" {key.rstrip('_').replace('_', '-')}={quoteattr(str(value))}" for key, value in attributes.items()
        )
        self._lines.append("  " * self._depth + f"<{name}{given}>")
        self._depth += 1

    def close(self, name: str) -> None:
        """End it."""
        self._depth -= 1
        self._lines.append("  " * self._depth + f"</{name}>")

    def text(self, x: int, y: int, text: str, class_: str, *, anchor: str = "start", width: int | None = None) -> None:
        """Text on a base line; what is wider than `width` is cut, and told whole to whoever points at it."""
        shown = text if width is None else fitted(text, width, _SIZES.get(class_.partition(" ")[0], 12))
        attributes = {"x": x, "y": y, "class": class_} | ({} if anchor == "start" else {"text-anchor": anchor})
        if shown == text:
            self.element("text", text, **attributes)
            return
        self.open("text", **attributes)
        self.element("title", text)
        self._lines.append("  " * self._depth + escape(shown))
        self.close("text")

    @property
    def body(self) -> str:
        """All elements."""
        return "\n".join(self._lines)


def fitted(text: str, width: int, size: int) -> str:
    """As much of a text as has room in so many pixels."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def width_of(text: str, size: int) -> float:
    """How wide a text is at most in the fonts that a drawing names."""
    return size * sum(0.36 if letter in _NARROW else 0.92 if letter in _WIDE else 0.62 for letter in text)


def wrapped(text: str, width: int, size: int) -> list[str]:
    """The lines of a text that is to be no wider."""
    lines: list[str] = []
    for word in _UNIT.sub("\\1\u00a0\\2", text).split(" "):
        if lines and width_of(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


_SIZES = {"name": 15, "pin": 12, "small": 11, "tiny": 9, "note": 11, "cell": 11}
