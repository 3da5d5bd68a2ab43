"""Words for the door itself, its power and its cables, and for all that can go wrong with them."""

import re
from collections.abc import Callable
from typing import Final

from lock_bridge.wire.words import Part

from .assembly import Assembly
from .config import STRANGER
from .grammar import Act, NotUnderstood, Verb, is_on, one_of, only, sleep
from .mechanics import Mechanics
from .reader import SimulatedReader
from .world import World

HANDLE_MS: Final = 400
"""How long a handle is held that is pressed once."""

_PLUGS: Final = {"micro-usb": "micro_usb", "type-c": "type_c"}
_SOCKETS: Final = {"micro_usb": "a micro-USB", "type_c": "a Type-C"}


class WorldWords:
    """What is done to the door and around it."""

    def __init__(self, door: Assembly, mechanics: Mechanics) -> None:
        self._door = door
        self._mechanics = mechanics
        self._clutch = door.profile.bolt_kind == "clutch"

    def verbs(self) -> list[Verb]:
        """Those that make sense for the model."""
        profile, clutch = self._door.profile, self._clutch
        lift = " | inside lift | lift | press | rest" if clutch else ""
        parts, readers = " ".join(self._door.parts), self._readers()
        radio = self._door.radios.has_wifi or self._door.radios.has_bluetooth
        return [
            Verb("open", "open", self._simply(self._mechanics.open)),
            Verb("close", "close", self._simply(self._mechanics.close)),
            Verb("force", "force", self._simply(self._mechanics.force)),
            Verb("handle", f"handle [inside{lift}]", self._handle),
            Verb("key", "key unlock | lock", self._key),
            Verb("knob", "knob on | off", self._knob, profile.privacy is not None),
            Verb("peephole", "peephole on | off", self._peephole, profile.peephole_button),
            Verb("tamper", "tamper on | off", self._tamper),
            Verb("battery", "battery 0-100 | out | in", self._battery),
            Verb("supply", "supply on | off | micro-usb | type-c", self._supply),
            Verb("power", "power off | on", self._power),
            Verb("signal", "signal -70", self._signal, radio),
            Verb("stall", f"stall on | off{' | clutch' if clutch else ''}", self._stall),
            Verb("motor", f"motor on | off{'' if clutch else ' | slips'}", self._motor),
            Verb("hinge", "hinge left | right", self._hinge, not clutch),
            Verb("unplug", f"unplug PART ({parts})", self._unplug),
            Verb("plug", f"plug PART ({parts})", self._plug),
            Verb("exchange", f"exchange PART ({' '.join(readers)})", self._exchange, bool(readers)),
            Verb("new", "new door", self._new),
        ]

    async def _handle(self, given: list[str]) -> str | None:
        match given:
            case ["inside"]:
                return self._mechanics.press_inside_handle()
            case []:
                felt = self._mechanics.press_handle()
                if self._clutch:
                    await self._let_go()
                return felt
            case ["inside", "lift"] if self._clutch:
                return self._mechanics.lift_inside_handle()
            case ["lift"] if self._clutch:
                return self._mechanics.lift_handle()
            case ["press"] if self._clutch:
                return self._mechanics.press_handle()
            case ["rest"] if self._clutch:
                self._mechanics.rest_handle()
                return None
            case _:
                raise NotUnderstood

    async def _let_go(self) -> None:
        try:
            await sleep(self._door.clock, HANDLE_MS)
        finally:
            self._mechanics.rest_handle()

    async def _key(self, given: list[str]) -> str:
        return self._mechanics.turn_key(unlock=one_of(given, ("lock", "unlock")) == "unlock")

    async def _knob(self, given: list[str]) -> None:
        self._door.world.knob = is_on(given)
        self._door.contacts.tell_rear()
        self._door.site.changed()

    async def _peephole(self, given: list[str]) -> None:
        self._door.world.peephole = is_on(given)
        self._door.contacts.tell_rear()
        self._door.site.changed()

    async def _tamper(self, given: list[str]) -> None:
        self._door.world.tampered = is_on(given)
        self._door.contacts.tell_tamper()
        self._door.site.changed()

    async def _battery(self, given: list[str]) -> None:
        word = only(given)
        percent = word.removesuffix("%")
        if word in ("out", "in"):
            await self._door.change_power(_battery_in(word == "in"))
        elif re.fullmatch(r"[0-9]{1,3}", percent) and int(percent) <= 100:
            await self._charge_to(int(percent))
        else:
            raise NotUnderstood

    async def _charge_to(self, percent: int) -> None:
        """A lower level comes by use. A higher one only outside the lock: without power meanwhile (PWR-1)."""
        higher = self._door.world.battery_in and percent > self._door.world.battery
        if higher:
            await self._door.change_power(_battery_in(False))

        def change(world: World) -> None:
            world.battery = percent
            world.battery_in = world.battery_in or higher

        await self._door.change_power(change)

    async def _supply(self, given: list[str]) -> str | None:
        word = one_of(given, ("on", "off", *_PLUGS))
        if _PLUGS.get(word, self._door.profile.emergency_supply) != self._door.profile.emergency_supply:
            return f"The plug does not fit: the lock has {_SOCKETS[self._door.profile.emergency_supply]} socket."

        def change(world: World) -> None:
            world.supply = word != "off"

        await self._door.change_power(change)
        return None

    async def _power(self, given: list[str]) -> None:
        on = is_on(given)

        def change(world: World) -> None:
            world.battery_in = on
            if not on:
                world.supply = False

        await self._door.change_power(change)

    async def _signal(self, given: list[str]) -> None:
        word = only(given)
        if not re.fullmatch(r"-?[0-9]{1,3}", word) or not -100 <= int(word) <= 0:
            raise NotUnderstood("Signal strength is -100 to 0 dBm")
        self._door.world.signal_dbm = int(word)
        self._door.radios.tell_radio()
        self._door.site.changed()

    async def _stall(self, given: list[str]) -> None:
        word = one_of(given, ("on", "off", "clutch") if self._clutch else ("on", "off"))
        self._door.world.stall = word == "on"
        self._door.world.clutch_stuck = word == "clutch"
        self._door.site.changed()

    async def _motor(self, given: list[str]) -> None:
        word = one_of(given, ("on", "off") if self._clutch else ("on", "off", "slips"))
        self._door.world.motor = word != "off"
        self._door.world.slips = word == "slips"
        self._door.site.changed()

    async def _hinge(self, given: list[str]) -> None:
        self._door.world.hinge = one_of(given, ("right", "left"))
        self._door.site.changed()

    async def _unplug(self, given: list[str]) -> None:
        self._door.unplug(self._part(given))

    async def _plug(self, given: list[str]) -> None:
        self._door.plug(self._part(given))

    async def _exchange(self, given: list[str]) -> None:
        readers = self._readers()
        part = one_of(given, readers.keys())
        # Whoever does that has enrolled a finger, a face or a palm of his own.
        readers[part].exchange(f"{STRANGER.name} {STRANGER.fingers[0]}" if part == Part.FINGERPRINT else STRANGER.name)

    def _readers(self) -> dict[str, SimulatedReader]:
        return {part.value: port for part, port in self._door.parts.items() if isinstance(port, SimulatedReader)}

    async def _new(self, given: list[str]) -> None:
        if given != ["door"]:
            raise NotUnderstood
        await self._door.renew()

    def _part(self, given: list[str]) -> Part:
        return Part(one_of(given, {part.value for part in self._door.parts}))

    @staticmethod
    def _simply(act: Callable[[], str | None]) -> Act:
        async def simply(given: list[str]) -> str | None:
            if given:
                raise NotUnderstood
            return act()

        return simply


def _battery_in(there: bool) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.battery_in = there

    return change
