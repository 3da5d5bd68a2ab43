"""Pairing mode: the held button, the app's wish, and its end (DLM-11, L2S-12)."""

from .inputs import AskPairing, PairingChanged
from .turn import Turn


def ask(turn: Turn, given: AskPairing) -> None:
    """APP-6."""
    raise NotImplementedError


def changed(turn: Turn, given: PairingChanged) -> None:
    """The window opened or closed."""
    turn.set(pairing=given.open)
