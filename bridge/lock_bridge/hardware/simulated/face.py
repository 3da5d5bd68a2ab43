"""The lens with its infrared light: somebody comes near, and shows a face or does not (VER-5, DLM-5)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, override

from lock_bridge.hardware.ports import NearSeen
from lock_bridge.wire.words import CredentialType, Part

from .part import Site
from .reader import Learning, SimulatedReader


class Pose(StrEnum):
    """Where a face looks."""

    STRAIGHT = "straight"
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"


class Spoilt(StrEnum):
    """Why a face cannot be taken in."""

    COVERED = "covered"
    MOVING = "moving"
    FAR = "far"


POSES: Final = (Pose.STRAIGHT, Pose.UP, Pose.DOWN, Pose.LEFT, Pose.RIGHT)
"""In the order in which they are learnt (CAP-15)."""

_REASONS: Final = {Spoilt.COVERED: "covered", Spoilt.MOVING: "moved", Spoilt.FAR: "too_far"}


class SimulatedFaceReader(SimulatedReader):
    """Looks only while it is told to. A face before the lens stays there until somebody goes away."""

    parts = (Part.FACE,)
    part = Part.FACE
    kind = CredentialType.FACE

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.near: str | None = None
        """Who stands before the door."""
        self._face: tuple[str, Pose, Spoilt | None] | None = None
        self._looking = False
        self._found = False

    @property
    def shown(self) -> tuple[str, Pose, Spoilt | None] | None:
        """Whose face is before the lens, where it looks, and what spoils it."""
        return self._face

    def look(self, on: bool) -> None:
        """Look for a face from now on, with the infrared light, or no longer."""
        if on and not self._looking:
            self._found = False
        self._looking = on
        if on:
            self._see()

    async def enrol(self, slot: int, steps: int) -> None:
        """As every reader; a face that is before the lens already is the first pose, if it is a good one."""
        await super().enrol(slot, steps)
        if self._face is not None and self._face[2] is None:
            self._learn_what_is_there()

    def come_near(self, who: str) -> None:
        """Somebody comes to the door, not looking at it."""
        there, self.near, self._face = self.near is not None, who, None
        if not there:
            self._tell_near()
        self._site.changed()

    def show(self, who: str, pose: Pose = Pose.STRAIGHT, spoilt: Spoilt | None = None) -> None:
        """Somebody looks into the lens, coming near for it."""
        if self.near is not None and self.near != who:
            self.go_away()
        there, self.near, self._face = self.near is not None, who, (who, pose, spoilt)
        self._found = False
        if not there:
            self._tell_near()
        self._see()
        self._learn_what_is_there()
        self._site.changed()

    def go_away(self) -> None:
        """Whoever is there goes."""
        self._face = None
        if self.near is not None:
            self.near = None
            self._tell_near()
        self._site.changed()

    @override
    def tell_levels(self, parts: Iterable[Part]) -> None:
        super().tell_levels(parts)
        if self._site.profile.limits(self.kind) is not None:
            self._tell_near()

    @override
    def go_quiet(self) -> None:
        super().go_quiet()
        self._looking = False

    @override
    def on_unplug(self, part: Part) -> None:
        self._looking = False
        super().on_unplug(part)

    def _tell_near(self) -> None:
        self.tell(NearSeen(self.near is not None), self.part)

    def _see(self) -> None:
        """One face is found once in one look: a module does not say the same thing thirty times a second."""
        if self._face is None or not self._looking or self._found or self.learning is not None:
            return
        who, _, spoilt = self._face
        if spoilt is not Spoilt.FAR:
            self._found = True
            self.find(None if spoilt else who)

    def _learn_what_is_there(self) -> None:
        learning = self.learning
        if learning is None or self._face is None or not self.works(self.part):
            return
        who, pose, spoilt = self._face
        if spoilt is not None:
            self.retry(learning, _REASONS[spoilt])
        elif pose is self._wanted(learning):
            self.take(learning, who)

    @staticmethod
    def _wanted(learning: Learning) -> Pose:
        return POSES[len(learning.taken) % len(POSES)]
