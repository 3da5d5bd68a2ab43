"""The card reader."""

from lock_bridge.hardware.ports import CardSeen
from lock_bridge.wire.words import Part

from .part import SimulatedPart


class SimulatedCardReader(SimulatedPart):
    """Reads the number of a card that comes near."""

    parts = (Part.CARD,)
    front = True

    def present(self, uid: bytes) -> None:
        """Hold a card to the reader for a moment."""
        self.tell(CardSeen(uid), Part.CARD)
