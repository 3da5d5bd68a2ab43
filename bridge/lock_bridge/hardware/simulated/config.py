"""What a simulated door is made of, and who lives there."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can come to the door: fingers by any words, cards by their numbers in hex digits.

    Everybody has a face, two palms and a phone as well.
    """

    name: str
    fingers: tuple[str, ...] = ()
    cards: tuple[str, ...] = field(default=(), repr=False)

    @property
    def palms(self) -> tuple[str, ...]:
        """Both, by words that say whose they are."""
        return tuple(f"{self.name} {side}" for side in ("right", "left"))

    @property
    def phone(self) -> str:
        """Its name among phones."""
        return f"{self.name}'s phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedConfig:
    """`[lock.simulated]` of the configuration. Without people there is only the stranger, who is always there."""

    port: int = 8644
    """Loopback port of the door's page."""
    time_scale: float = 1.0
    travel_ms: int = 900
    """How long the bolt takes from one end to the other; 0: no time at all."""
    hinge: str = "right"
    """Which side a door hangs on that is as new, seen from outside; `hinge left` hangs it over (BLT-12)."""
    people: tuple[Person, ...] = ()


STRANGER = Person(name="Stranger", fingers=("right thumb",), cards=("5EA50BAD",))
"""Somebody whom nobody has enrolled."""
