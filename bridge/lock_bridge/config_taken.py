"""What of the machine is taken already: nothing has two drivers; a line, and the pin that it is on, least of all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .config_parts import PartConfig
from .config_table import Table, shown
from .hardware.driver import Use
from .hardware.header import i2c_pins, pin_of, uart_pins

_ANYBODY: Final = "whoever shares"


@dataclass(frozen=True, slots=True)
class _Claim:
    """`owner` may take it again; `where` and `what` tell people who has it, and by which name."""

    owner: str
    where: str
    what: str


class Taken:
    """Collects what parts take, lock by lock."""

    def __init__(self, ring: tuple[Use, ...] = ()) -> None:
        """`ring` is what the bridge's own takes; it has told itself what it takes twice."""
        self._claims: dict[tuple[str, str | int], _Claim] = {}
        for use in ring:
            where = f"the bridge's ring ({use.key})"
            for place, owner in _places(use, where):
                self._claims.setdefault(place, _Claim(owner, where, _told(use)))

    def take(self, lock: Table, lock_id: str, parts: Mapping[str, PartConfig]) -> None:
        """What is taken by somebody else is a problem in the lock's table."""
        for port, part in parts.items():
            for use in part.uses:
                if use.what and (
                    problem := self._taken(use, f"{lock_id} {port} {use.key}", f"{lock_id} {part.driver}")
                ):
                    lock.problem_at(("parts", port, *use.key.split(".")), problem)

    def _taken(self, use: Use, here: str, module: str) -> str | None:
        owner = _ANYBODY if use.shared else here
        if use.shared and use.kind == "serial":
            owner = module  # one may serve two ports of one lock
        for place, claimed in _places(use, owner):
            other = self._claims.setdefault(place, _Claim(claimed, here, _told(use)))
            if other.owner == claimed:
                continue
            if place[0] != "pin" or other.what == _told(use):
                return f"{shown(use.what)} is taken by {other.where}. Allowed is one of its own."
            return (
                f"{_told(use)} is on pin {place[1]} of a Raspberry Pi, as is {other.what}, "
                f"which is taken by {other.where}. Allowed is one with a pin of its own."
            )
        return None


def _places(use: Use, owner: str) -> Iterator[tuple[tuple[str, str | int], str]]:
    """What a use takes, and in whose name: itself, and the pins of the header under all their names."""
    yield (use.kind, use.what), owner
    match use.kind:
        case "line":
            if (pin := pin_of(use.what)) is not None:
                yield ("pin", pin), owner
        case "serial":
            for pin in uart_pins(use.what) or ():
                yield ("pin", pin), owner
        case "i2c":
            # All chips of a bus are on its two pins.
            for pin in i2c_pins(_bus(use)) or ():
                yield ("pin", pin), _told(use)


def _told(use: Use) -> str:
    return f"I2C bus {_bus(use)}" if use.kind == "i2c" else shown(use.what)


def _bus(use: Use) -> int:
    return int(use.what.partition(":")[0])
