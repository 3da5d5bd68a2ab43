"""The radios: signal, Bluetooth connection, and their settings (PWR-3)."""

from .inputs import RadioSeen
from .turn import Turn


def radio_seen(turn: Turn, given: RadioSeen) -> None:
    """PWR-3."""
    raise NotImplementedError
