"""Leaf, handles and key: what needs no power, and what the hand feels of it."""

from lock_bridge.hardware.ports import Handle

from .assembly import Assembly
from .world import RETRACTED, THROWN

OPENS = "The door opens."
OPEN_ALREADY = "The door is open already."
BOLT_HOLDS = "The bolt holds: the door does not give."
LATCH_HOLDS = "The latch holds: the outside handle turns freely."
CLOSES = "The door closes."
CLOSED_ALREADY = "The door is closed already."
BOLT_STRIKES = "The bolt strikes the frame: the door does not close."
BREAKS = "The frame gives way: the door is open."
KEY_TURNS = "The key turns."
KEY_STOPS = "The key stops half way: the bolt is stuck."
HANDLE_THROWS = "The handle goes up and throws the bolt."
HANDLE_STOPS = "The handle stops half way: the bolt is stuck."
HANDLE_FREE = "The handle turns freely."
HANDLE_DEAD = "The inside handle is dead: the anti-peephole button is off."


class Mechanics:
    """Each act moves things at once, lets the sensors see it, and answers what is felt."""

    def __init__(self, door: Assembly) -> None:
        self._door = door
        self._world = door.world
        self._clutch = door.profile.bolt_kind == "clutch"

    def open(self) -> str:
        """Somebody outside presses the handle and pushes."""
        if not self._clutch or self._world.key_turned or self._world.door_open:
            return self._push()
        felt = self.press_handle()
        self.rest_handle()
        if felt == HANDLE_FREE:
            return BOLT_HOLDS if self._world.bolt > RETRACTED else LATCH_HOLDS
        return felt

    def close(self) -> str:
        """Somebody closes the door."""
        if not self._world.door_open:
            return CLOSED_ALREADY
        if self._world.bolt > RETRACTED:
            return BOLT_STRIKES
        self._set_door(is_open=False)
        return CLOSES

    def force(self) -> str:
        """Somebody breaks the door open (ALM-5)."""
        if self._world.door_open:
            return OPEN_ALREADY
        self._set_door(is_open=True)
        return BREAKS

    def press_handle(self) -> str:
        """The outside handle goes down; on a clutch lock it draws the bolt only while it is coupled (BLT-13)."""
        if not self._clutch:
            return self._push()
        self._set_handle(Handle.PRESSED)
        if self._world.door_open:
            return OPEN_ALREADY
        if not self._world.coupled:
            return HANDLE_FREE
        return self._push() if self._door.bolt.by_hand(RETRACTED) else HANDLE_STOPS

    def lift_handle(self) -> str:
        """The outside handle goes up and throws the bolt (BLT-13)."""
        self._set_handle(Handle.LIFTED)
        return HANDLE_THROWS if self._door.bolt.by_hand(THROWN) else HANDLE_STOPS

    def rest_handle(self) -> None:
        """The hand lets go of the outside handle."""
        self._set_handle(Handle.REST)

    def press_inside_handle(self) -> str:
        """It opens whatever is in the way (BLT-11), unless the anti-peephole button is off (BLT-9)."""
        if self._door.profile.peephole_button and not self._world.peephole:
            return HANDLE_DEAD
        self._door.contacts.inside_handle_used()
        self._door.bolt.by_hand(RETRACTED, by_force=True)
        return self._push()

    def lift_inside_handle(self) -> str:
        """As the outside one, without a sensor of its own."""
        return HANDLE_THROWS if self._door.bolt.by_hand(THROWN) else HANDLE_STOPS

    def turn_key(self, *, unlock: bool) -> str:
        """The mechanical key (VER-15); turned back it holds the latch as well, until the door is open."""
        there = self._door.bolt.by_hand(RETRACTED if unlock else THROWN)
        self._world.key_turned = unlock and there and not self._world.door_open
        return KEY_TURNS if there else KEY_STOPS

    def _push(self) -> str:
        if self._world.door_open:
            return OPEN_ALREADY
        if self._world.bolt > RETRACTED:
            return BOLT_HOLDS
        self._set_door(is_open=True)
        return OPENS

    def _set_door(self, *, is_open: bool) -> None:
        self._world.door_open = is_open
        self._world.key_turned = False
        self._door.contacts.tell_door()
        self._door.site.changed()

    def _set_handle(self, handle: Handle) -> None:
        if handle is not self._world.handle:
            self._world.handle = handle
            self._door.contacts.tell_handle()
            self._door.site.changed()
