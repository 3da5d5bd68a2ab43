"""The door as it is, whether or not anything electronic can see it: what stays when power and service are gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from lock_bridge.hardware.ports import BoltPosition, Handle
from lock_bridge.wire.words import Part

RETRACTED: Final = 0.0
THROWN: Final = 1.0
STRIKE: Final = 0.5
"""Where a bolt gets stuck on a strike plate that is out of line."""


@dataclass(slots=True, kw_only=True)
class World:
    """One door. `bolt` is how far it is thrown, from 0 to 1."""

    bolt: float = THROWN
    coupled: bool = False
    """The outside handle moves the bolt (BLT-13)."""
    door_open: bool = False
    handle: Handle = Handle.REST
    key_turned: bool = False
    """The mechanical key holds the latch back."""
    tampered: bool = False
    battery: int = 100
    battery_in: bool = True
    supply: bool = False
    """An emergency supply is plugged in at the front (CAP-17)."""
    stall: bool = False
    """The strike plate is out of line."""
    blocked: int = 0
    """The direction in which the bolt has met the strike plate; 0: it has not."""
    motor: bool = True
    """The motor turns when it is told to."""
    hinge: str = "right"
    unplugged: set[Part] = field(default_factory=set)
    templates: dict[int, str] = field(default_factory=dict)
    """What the fingerprint reader holds: slots, and the fingers in them."""

    @property
    def powered(self) -> bool:
        """Whether anything electronic works (PWR-2)."""
        return self.supply or (self.battery_in and self.battery > 0)

    @property
    def position(self) -> BoltPosition:
        """The bolt, as its sensors see it."""
        if self.bolt == RETRACTED:
            return BoltPosition.RETRACTED
        return BoltPosition.THROWN if self.bolt == THROWN else BoltPosition.BETWEEN

    def reach(self, target: float) -> float:
        """How far the bolt gets on its way to `target`: there, or to a strike plate out of line."""
        direction = (target > self.bolt) - (target < self.bolt)
        crosses = min(self.bolt, target) < STRIKE < max(self.bolt, target)
        stuck = self.bolt == STRIKE and self.blocked == direction
        return STRIKE if self.stall and (crosses or stuck) else target

    def move(self, target: float) -> None:
        """Move the bolt as far as it goes."""
        direction = (target > self.bolt) - (target < self.bolt)
        self.bolt = self.reach(target)
        if direction:
            self.blocked = direction if self.bolt != target else 0

    def to_json(self) -> dict[str, Any]:
        """All but the outside handle, which nobody holds for ever."""
        data = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "handle"}
        return data | {
            "unplugged": sorted(self.unplugged),
            "templates": {str(slot): finger for slot, finger in sorted(self.templates.items())},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> World:
        """The door as it was; what is not told is as new. Raises `ValueError` for values that no door has."""
        world = cls()
        for item in fields(cls):
            if item.name in data:
                try:
                    setattr(world, item.name, _READERS[item.name](data[item.name]))
                except AttributeError, KeyError, TypeError, ValueError:
                    raise ValueError(f"{item.name} is not what a door has") from None
        return world


def _fraction(value: Any) -> float:
    if type(value) not in (int, float) or not RETRACTED <= value <= THROWN:
        raise ValueError("not between 0 and 1")
    return float(value)


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("not true or false")
    return value


def _one_of[T](*allowed: T) -> Any:
    def read(value: Any) -> T:
        for item in allowed:
            if type(value) is type(item) and value == item:
                return item
        raise ValueError("none of those allowed")

    return read


def _parts(value: Any) -> set[Part]:
    return {Part(item) for item in value}


def _templates(value: Any) -> dict[int, str]:
    return {int(slot): str(finger) for slot, finger in value.items()}


_READERS: Final[Mapping[str, Any]] = {
    "bolt": _fraction,
    "coupled": _flag,
    "door_open": _flag,
    "key_turned": _flag,
    "tampered": _flag,
    "battery": _one_of(*range(101)),
    "battery_in": _flag,
    "supply": _flag,
    "stall": _flag,
    "blocked": _one_of(-1, 0, 1),
    "motor": _flag,
    "hinge": _one_of("right", "left"),
    "unplugged": _parts,
    "templates": _templates,
}
