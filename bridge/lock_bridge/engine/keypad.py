"""The keypad: wake, digits, confirm, clear, sleep, and keys that are held (VER-1, VER-2, CAP-13, CAP-16)."""

from . import access, alarms, bolt
from .effects import OpenPairing, Prompt, Tone
from .inputs import Key, KeyDown, KeyUp, SpeechEnded, Timer
from .profile import DIGITS
from .turn import Turn

FRONT = DIGITS | {Key.CONFIRM, Key.BACK}
"""Keys that sleep and light; the others work at any time."""


def key_down(turn: Turn, pressed: KeyDown) -> None:
    """A key goes down. One that the model lacks does nothing."""
    key = pressed.key
    if key not in turn.profile.keys:
        return
    if key is turn.profile.pairing_key:
        turn.set(held=key)
        turn.start(Timer.HOLD, turn.profile.hold_ms)
    if key in FRONT:
        _front(turn, key)
    elif key is Key.DOORBELL:
        alarms.doorbell(turn)
    elif key is Key.LOCK:
        bolt.lock_button(turn)


def key_up(turn: Turn, released: KeyUp) -> None:
    """A key comes up; what was to happen after holding it does not."""
    if turn.state.held is released.key:
        turn.set(held=None)
        turn.stop(Timer.HOLD)


def held(turn: Turn) -> None:
    """The key has been held long enough: pairing opens (DLM-11, L2S-12)."""
    if turn.state.held is not None:
        turn.set(held=None)
        turn.emit(OpenPairing())
        turn.say(Prompt.PAIRING_OPEN)


def speech_ended(turn: Turn, _given: SpeechEnded) -> None:
    """Nothing is being said any more: the idle time runs again (MNU-1)."""
    turn.set(speaking=False)


def sleep(turn: Turn) -> None:
    """Nobody has touched the keypad for a while: lights off, and what was typed is gone (MNU-1)."""
    turn.set(awake=False, entry="")


def _front(turn: Turn, key: Key) -> None:
    turn.start(Timer.KEYPAD_IDLE, turn.profile.idle_ms)
    if not turn.state.awake:
        # VER-1: the touch that wakes it is not a digit.
        turn.set(awake=True, entry="")
        turn.tone(Tone.KEY)
    elif key is Key.BACK:
        turn.set(entry="")
        turn.tone(Tone.KEY)
    elif key is Key.CONFIRM:
        _confirm(turn)
    elif len(turn.state.entry) >= turn.profile.entry_max:
        turn.set(entry="")
        turn.verdict(good=False)
    else:
        turn.set(entry=turn.state.entry + key.value)
        turn.tone(Tone.KEY)


def _confirm(turn: Turn) -> None:
    entry = turn.state.entry
    if entry:
        turn.set(entry="")
        access.passcode_entered(turn, entry)
