"""The door as it is, whether or not anything electronic can see it: what stays when power and service are gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from lock_bridge.hardware.ports import BoltPosition, Handle
from lock_bridge.wire.words import CredentialType, Part

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
    slips: bool = False
    """It turns, and the bolt does not come along."""
    clutch_stuck: bool = False
    """The clutch stays as it is (BLT-13)."""
    knob: bool = False
    """The safety knob, or the thumb-turn, blocks the outside (BLT-9)."""
    peephole: bool = True
    """The anti-peephole button is on: the inside handle works (BLT-9)."""
    signal_dbm: int = -58
    """How well the house's Wi-Fi is heard here (PWR-3)."""
    hinge: str = "right"
    unplugged: set[Part] = field(default_factory=set)
    exchanged: set[Part] = field(default_factory=set)
    """Readers that somebody has put other modules in the place of, which nobody has said to trust."""
    templates: dict[int, str] = field(default_factory=dict)
    """What the fingerprint reader holds: slots, and the fingers in them."""
    faces: dict[int, str] = field(default_factory=dict)
    palms: dict[int, str] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    """How often each Bluetooth key, by its id, has been shown: a phone never uses a number twice (VER-14)."""

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

    def held(self, kind: CredentialType) -> dict[int, str]:
        """What the reader of `kind` holds: slots, and whose finger, face or palm is in each."""
        return {CredentialType.FACE: self.faces, CredentialType.PALM_VEIN: self.palms}.get(kind, self.templates)

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

    def renew(self, hinge: str) -> None:
        """Make it a new door, on which nobody has been."""
        new = World(hinge=hinge)
        for item in fields(new):
            setattr(self, item.name, getattr(new, item.name))

    def to_json(self) -> dict[str, Any]:
        """All but the outside handle, which nobody holds for ever."""
        data = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "handle"}
        return data | {
            "unplugged": sorted(self.unplugged),
            "exchanged": sorted(self.exchanged),
            **{name: _plain(getattr(self, name)) for name in ("templates", "faces", "palms")},
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


def _plain(held: Mapping[int, str]) -> dict[str, str]:
    return {str(slot): whose for slot, whose in sorted(held.items())}


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


def _counters(value: Any) -> dict[str, int]:
    return {str(key): int(count) for key, count in value.items()}


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
    "slips": _flag,
    "clutch_stuck": _flag,
    "knob": _flag,
    "peephole": _flag,
    "signal_dbm": _one_of(*range(-100, 1)),
    "hinge": _one_of("right", "left"),
    "unplugged": _parts,
    "exchanged": _parts,
    "templates": _templates,
    "faces": _templates,
    "palms": _templates,
    "counters": _counters,
}
