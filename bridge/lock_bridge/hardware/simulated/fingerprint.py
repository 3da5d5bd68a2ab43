"""The fingerprint sensor: a finger counts once for each touch."""

from enum import StrEnum
from typing import Final

from lock_bridge.hardware.ports import EnrolRetry
from lock_bridge.wire.words import CredentialType, Part

from .part import Site
from .reader import Learning, SimulatedReader

LIFT_MS: Final = 2_000
"""A finger that stays this long after its touch has been taken is asked to be lifted."""


class Touch(StrEnum):
    """How a finger lies on the glass: as it should, smeared, or for too short a time to be read."""

    GOOD = "good"
    BADLY = "badly"
    BRIEFLY = "briefly"


class SimulatedFingerprintReader(SimulatedReader):
    """A round of glass beside the keypad."""

    parts = (Part.FINGERPRINT,)
    part = Part.FINGERPRINT
    kind = CredentialType.FINGERPRINT

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._finger: str | None = None

    @property
    def touched(self) -> bool:
        """Whether a finger lies on the glass."""
        return self._finger is not None

    def touch(self, finger: str, touch: Touch = Touch.GOOD) -> None:
        """Lay a finger on the glass; `lift` takes it away."""
        if self._finger is not None:
            return
        self._finger = finger
        self._site.changed()
        if not self.works(self.part):
            return
        if self.learning is not None:
            self._learn(self.learning, finger, touch)
        elif touch is not Touch.BRIEFLY:
            self.find(finger if touch is Touch.GOOD else None)

    def lift(self) -> None:
        """Take the finger away."""
        self._finger = None
        self._site.changed()
        if self.learning is not None and self.learning.lift is not None:
            self.learning.lift.cancel()
            self.learning.lift = None

    def _learn(self, learning: Learning, finger: str, touch: Touch) -> None:
        if touch is not Touch.GOOD:
            self.retry(learning, "short" if touch is Touch.BRIEFLY else "messy")
        elif self.take(learning, finger) and self.learning is learning:
            learning.lift = self._site.clock.call_later(LIFT_MS, lambda: self.tell(EnrolRetry(self.kind, "lift")))
