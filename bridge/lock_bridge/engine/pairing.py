"""Pairing mode: the held button, the app's wish, and its end (DLM-11, L2S-12)."""

from typing import Final

from .effects import ClosePairing, OpenPairing, Prompt
from .inputs import AskPairing, PairingChanged, Timer
from .turn import Turn

_PAIRING_MS: Final = 180_000
"""It ends by itself after three minutes."""


def begin(turn: Turn) -> None:
    """The button inside has been held long enough, which the voice says; the keypad lights, so that `*` can leave."""
    _open(turn)
    turn.set(awake=True)
    # What talks to the outside by a gateway joins it; the others are paired themselves.
    turn.say(Prompt.PAIRING_OPEN if "wifi" in turn.profile.settings else Prompt.JOIN_GATEWAY)


def ask(turn: Turn, given: AskPairing) -> None:
    """APP-6."""
    _open(turn)
    turn.answer(given)


def leave(turn: Turn) -> None:
    """Somebody at the keypad leaves it, or its time is over."""
    turn.stop(Timer.PAIRING)
    turn.set(pairing_asked=False)
    turn.emit(ClosePairing())


def started(turn: Turn) -> None:
    """A lock that starts shows no pairing, so the window that it asked for before ends: none stays open unseen."""
    turn.emit(ClosePairing())


def over(turn: Turn) -> None:
    """Three minutes are over, also for a window that the bridge has not opened."""
    if turn.state.pairing_own:
        leave(turn)
    else:
        turn.set(pairing_asked=False)


def changed(turn: Turn, given: PairingChanged) -> None:
    """The window opened or closed; that an older one closes is not the end of the one that the lock waits for."""
    asked = turn.state.pairing_asked
    turn.set(pairing=given.open, pairing_own=asked and given.open, pairing_asked=asked and not given.open)
    if not (given.open or asked):
        turn.stop(Timer.PAIRING)


def _open(turn: Turn) -> None:
    turn.emit(OpenPairing())
    turn.set(pairing_asked=True)
    turn.start(Timer.PAIRING, _PAIRING_MS)
