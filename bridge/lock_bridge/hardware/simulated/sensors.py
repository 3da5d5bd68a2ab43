"""Door contact, handles, knob and tamper switch; battery and emergency supply."""

from collections.abc import Iterable
from typing import override

from lock_bridge.hardware.ports import (
    DoorSeen,
    HandleSeen,
    InsideHandleUsed,
    PeepholeSeen,
    PowerSeen,
    PrivacySeen,
    TamperSeen,
)
from lock_bridge.wire.words import Part

from .part import SimulatedPart


class SimulatedContacts(SimulatedPart):
    """Tells what the world's door and handles do, as far as the model has sensors for it."""

    parts = (Part.DOOR, Part.TAMPER)

    def tell_door(self) -> None:
        """The door contact."""
        if self._site.profile.door_contact:
            self.tell(DoorSeen(self._site.world.door_open), Part.DOOR)

    def tell_tamper(self) -> None:
        """The switch behind the lock."""
        self.tell(TamperSeen(self._site.world.tampered), Part.TAMPER)

    def tell_handle(self) -> None:
        """The outside handle; only a clutch lock senses it (BLT-14)."""
        if self._site.profile.bolt_kind == "clutch":
            self.tell(HandleSeen(self._site.world.handle))

    def inside_handle_used(self) -> None:
        """The inside handle has a switch of its own (BLT-11)."""
        self.tell(InsideHandleUsed())

    def tell_rear(self) -> None:
        """Knob and anti-peephole button (BLT-9), where the model has them."""
        if self._site.profile.privacy is not None:
            self.tell(PrivacySeen(self._site.world.knob))
        if self._site.profile.peephole_button:
            self.tell(PeepholeSeen(self._site.world.peephole))

    @override
    def tell_levels(self, parts: Iterable[Part]) -> None:
        if Part.DOOR in parts:
            self.tell_door()
            self.tell_handle()
            self.tell_rear()
        if Part.TAMPER in parts:
            self.tell_tamper()


class SimulatedPower(SimulatedPart):
    """The gauge: a battery that is out has no level."""

    parts = (Part.POWER,)

    def tell_power(self) -> None:
        """Level and emergency supply (PWR-1)."""
        world = self._site.world
        self.tell(PowerSeen(world.battery if world.battery_in else None, world.supply), Part.POWER)

    @override
    def tell_levels(self, parts: Iterable[Part]) -> None:
        self.tell_power()
