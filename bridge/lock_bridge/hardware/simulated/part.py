"""What all simulated parts have in common: they can be unplugged, and have no power at times."""

from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from lock_bridge.clock import Clock
from lock_bridge.engine.profile import Profile
from lock_bridge.hardware.ports import PartBack, PartFault, Reading, Report
from lock_bridge.wire.words import Part

from .senses import Senses
from .world import World

UNPLUGGED: Final = "no_answer"
"""The reason that a driver gives for a part that is away."""


class Site:
    """What the parts of one door share."""

    def __init__(
        self, world: World, clock: Clock, profile: Profile, *, changed: Callable[[], None], keep: Callable[[], None]
    ) -> None:
        self.world = world
        self.clock = clock
        self.profile = profile
        self.senses = Senses(clock)
        self.changed = changed
        """Something can be seen or heard that could not before."""
        self.keep = keep
        """The world must be on disk on return."""


class SimulatedPart:
    """A port's life: started and stopped by the service, unplugged and without power by the world."""

    parts: ClassVar[tuple[Part, ...]] = ()
    """The modules behind the port, which fail one by one."""
    front: ClassVar[bool] = False
    """They are at the front: without the link to the rear nobody hears of them (FLT-1)."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._report: Report | None = None

    async def start(self, report: Report) -> None:
        """Serve the part: say what is away, then the levels."""
        self._report = report
        if self._site.world.powered:
            self.power_back()

    async def stop(self) -> None:
        """Leave the part safe, and say nothing more."""
        self.go_quiet()
        self._report = None
        self._site.changed()

    def works(self, part: Part | None = None) -> bool:
        """Whether anybody hears of it: it is served, has power and is plugged in."""
        unplugged = self._site.world.unplugged
        linked = not self.front or Part.LINK not in unplugged
        return self._report is not None and self._site.world.powered and part not in unplugged and linked

    def tell(self, reading: Reading, part: Part | None = None) -> None:
        """Report it, if `part` works."""
        if self.works(part):
            self.tell_always(reading)

    def tell_always(self, reading: Reading) -> None:
        """Report it whatever is unplugged: what the rear knows of itself, or that a part is away."""
        if self._report is not None and self._site.world.powered:
            self._report(reading)

    def power_back(self) -> None:
        """There is power, or the service: everything is told anew."""
        for part in self.parts:
            if part in self._site.world.unplugged:
                self.tell_always(PartFault(part, UNPLUGGED))
        self.tell_levels(self.parts)

    def unplug(self, part: Part) -> None:
        """Pull a module's cable."""
        if part not in self._site.world.unplugged:
            self.on_unplug(part)
            self._site.world.unplugged.add(part)
            self.tell_always(PartFault(part, UNPLUGGED))
            self._site.changed()

    def plug(self, part: Part) -> None:
        """Put the cable back."""
        if part in self._site.world.unplugged:
            self._site.world.unplugged.discard(part)
            self.tell_always(PartBack(part))
            self.tell_levels((part,))
            self._site.changed()

    def tell_levels(self, parts: Iterable[Part]) -> None:
        """Report the levels of these modules as they are."""

    def go_quiet(self) -> None:
        """Power or service is gone: end what the part does, in silence."""

    def on_unplug(self, part: Part) -> None:
        """A module is about to lose its cable, or the link to the rear."""

    def linked(self) -> None:
        """The link to the rear is back."""
        self.tell_levels(self.parts)
