"""A lock's simulated parts on one door: the ports for the service, their power, and the file that keeps the door."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from lock_bridge.clock import Clock
from lock_bridge.engine.profile import Profile
from lock_bridge.wire.words import CredentialType, Part

from .bolt import SimulatedBolt
from .card import SimulatedCardReader
from .config import STRANGER, Person, SimulatedConfig
from .face import SimulatedFaceReader
from .fingerprint import SimulatedFingerprintReader
from .front import SimulatedKeypad, SimulatedSounder
from .gateway import SimulatedGateway
from .memory import Memory
from .palm import SimulatedPalmReader
from .part import SimulatedPart, Site
from .radios import SimulatedRadios
from .rear import SimulatedInside
from .sensors import SimulatedContacts, SimulatedPower
from .world import World

SAVE_AFTER_S: Final = 0.02
"""Moves of one moment are kept together, off the way of whoever waits for the bolt."""


type PowerListener = Callable[[bool], Awaitable[None] | None]
"""Hears that the lock has no power (False) or has it again (True); its parts speak when what it returns is done."""


class Assembly:
    """Each attribute from `keypad` to `inside` is a port. Fed by one event loop."""

    def __init__(
        self, config: SimulatedConfig, clock: Clock, profile: Profile, *, state_file: Path | None = None
    ) -> None:
        self.config = config
        self.clock = clock
        self.profile = profile
        self.people = config.people if any(_is_stranger(who) for who in config.people) else (*config.people, STRANGER)
        self.power_listeners: list[PowerListener] = []

        self._memory = Memory(state_file)
        self._save_due: asyncio.TimerHandle | None = None
        self.gateway: SimulatedGateway | None = None
        """The bridge's own ring and function key, which all its doors share."""
        self._watchers: list[Callable[[], None]] = []
        world = self._memory.load() or World(hinge=config.hinge)
        self.site = Site(
            world, clock, profile, changed=self._changed, keep=lambda: self._memory.save(world, durable=True)
        )

        self.keypad = SimulatedKeypad(self.site)
        self.sounder = SimulatedSounder(self.site)
        self.fingerprint = SimulatedFingerprintReader(self.site)
        self.card = SimulatedCardReader(self.site)
        self.face = SimulatedFaceReader(self.site)
        self.palm_vein = SimulatedPalmReader(self.site, lambda: self.site.senses.light.lamps)
        self.radios = SimulatedRadios(self.site)
        self.bolt = SimulatedBolt(self.site, config.travel_ms)
        self.contacts = SimulatedContacts(self.site)
        self.power = SimulatedPower(self.site)
        self.inside = SimulatedInside(self.site)

    @property
    def world(self) -> World:
        """The door as it is."""
        return self.site.world

    @property
    def powered(self) -> bool:
        """Whether anything electronic works."""
        return self.world.powered

    @property
    def parts(self) -> Mapping[Part, SimulatedPart]:
        """The modules that this model has, with the ports that they are behind."""
        absent = {
            part
            for part, there in (
                (Part.CARD, self.reads(CredentialType.RFID)),
                (Part.FINGERPRINT, self.reads(CredentialType.FINGERPRINT)),
                (Part.FACE, self.reads(CredentialType.FACE)),
                (Part.PALM_VEIN, self.reads(CredentialType.PALM_VEIN)),
                (Part.BLUETOOTH, self.radios.has_bluetooth),
                (Part.DOOR, self.profile.door_contact),
            )
            if not there
        }
        return {part: port for port in self._ports for part in port.parts if part not in absent}

    def reads(self, kind: CredentialType) -> bool:
        """Whether the model takes credentials of `kind`."""
        limits = self.profile.limits(kind)
        return limits is not None and limits.slots > 0

    def unplug(self, part: Part) -> None:
        """Pull a module's cable, or the one between front and rear."""
        if part is Part.LINK and part not in self.world.unplugged:
            for port in self._ports:
                if port.front and port is not self.keypad:
                    port.on_unplug(part)
        self.parts[part].unplug(part)

    def plug(self, part: Part) -> None:
        """Put it back."""
        was_away = part in self.world.unplugged
        self.parts[part].plug(part)
        if part is Part.LINK and was_away:
            for port in self._ports:
                if port.front:
                    port.linked()

    async def renew(self) -> None:
        """Put a new door in this one's place: closed, locked, with everything plugged in and nobody known to it."""
        await self.change_power(_take_out)
        self.face.go_away()
        self.world.renew(self.config.hinge)
        self.world.battery_in = False
        await self.change_power(_put_in)

    async def change_power(self, change: Callable[[World], None]) -> None:
        """Change battery or supply, with what follows of it (PWR-2)."""
        before = self.powered
        change(self.world)
        if before and not self.powered:
            for part in self._ports:
                part.go_quiet()
            self.site.senses.go_dark()
            self._changed()
            await self._tell_of_power(on=False)
        elif self.powered and not before:
            self._changed()
            await self._tell_of_power(on=True)
            for part in self._ports:
                part.power_back()
        else:
            self.power.tell_power()
            self._changed()

    def stand_beside(self, gateway: SimulatedGateway) -> None:
        """This door's bridge has a ring and a function key; they can be seen and used from here too."""
        self.gateway = gateway
        gateway.subscribe(self._tell_watchers)

    def subscribe(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` whenever something can be seen or heard that could not before. Returns the way to end it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def save(self) -> None:
        """Keep the door in its file now."""
        if self._save_due is not None:
            self._save_due.cancel()
            self._save_due = None
        self._memory.save(self.world)

    @property
    def _ports(self) -> tuple[SimulatedPart, ...]:
        return (
            self.keypad,
            self.sounder,
            self.fingerprint,
            self.card,
            self.face,
            self.palm_vein,
            self.radios,
            self.bolt,
            self.contacts,
            self.power,
            self.inside,
        )

    async def _tell_of_power(self, *, on: bool) -> None:
        for listener in tuple(self.power_listeners):
            heard = listener(on)
            if heard is not None:
                await heard

    def _tell_watchers(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()

    def _changed(self) -> None:
        self._tell_watchers()
        if self._save_due is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._memory.save(self.world)
        else:
            self._save_due = loop.call_later(SAVE_AFTER_S, self.save)


def _take_out(world: World) -> None:
    world.battery_in = world.supply = False


def _put_in(world: World) -> None:
    world.battery_in = True


def _is_stranger(who: Person) -> bool:
    return who.name.casefold() == STRANGER.name.casefold()
