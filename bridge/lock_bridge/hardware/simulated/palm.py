"""The palm reader: under its red light a palm is taken in, if it is near enough (DLM-14)."""

from collections.abc import Callable
from typing import Final

from lock_bridge.engine.effects import Lamp
from lock_bridge.wire.words import CredentialType, Part

from .part import Site
from .reader import SimulatedReader

TOO_FAR: Final = "too_far"


class SimulatedPalmReader(SimulatedReader):
    """Sees a palm that is held before it; out of reach there is nothing to see but while it learns."""

    parts = (Part.PALM_VEIN,)
    part = Part.PALM_VEIN
    kind = CredentialType.PALM_VEIN

    def __init__(self, site: Site, lamps: Callable[[], frozenset[Lamp]]) -> None:
        super().__init__(site)
        self._lamps = lamps

    def show(self, palm: str, *, far: bool = False) -> None:
        """Hold a palm before the reader; `far`: more than 20 cm away, a child's more than 10."""
        if not self.works(self.part):
            return
        if self.learning is None:
            if not far:
                self.find(palm)
        elif Lamp.PALM not in self._lamps():
            pass  # nothing is taken in while the light is off
        elif far:
            self.retry(self.learning, TOO_FAR)
        else:
            self.take(self.learning, palm)
