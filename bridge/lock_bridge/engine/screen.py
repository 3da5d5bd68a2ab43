"""The screen on the rear (DLM-13)."""

from .turn import Turn


def off(turn: Turn) -> None:
    """It has shown the outside for long enough."""
    raise NotImplementedError
