"""The keypad: wake, digits, confirm, back, keys that are held, and sleep (VER-1, VER-2, CAP-13, CAP-16, MNU-1)."""

from enum import Enum, auto
from typing import Final

from . import (
    access,
    alarms,
    bolt,
    first_start,
    lights,
    menu,
    menu_codes,
    menu_numbered,
    menu_steps,
    modes,
    mute,
    pairing,
    reset,
    screen,
    shows,
)
from .effects import Prompt, Tone
from .inputs import Input, Key, KeyDown, KeyUp, SpeechEnded, Timer
from .menu_state import Stage
from .state import LockState
from .turn import Turn

_TOUCHED: Final = lights.FRONT | {Key.SET}
"""Keys that show that somebody is still there."""

_SPEECH_MS: Final = 60_000
"""Longer than any prompt: a sounder that never says that it has ended keeps no menu open."""


def key_down(turn: Turn, pressed: KeyDown) -> None:
    """A key goes down; a digit counts now. One that the model lacks does nothing."""
    key = pressed.key
    if key not in turn.profile.keys:
        return
    if not reset.key_down(turn, key):
        _hold(turn, key)
    match key:
        case Key.DOORBELL:
            alarms.doorbell(turn)
        case Key.LOCK:
            bolt.lock_button(turn)
        case Key.EMERGENCY:
            bolt.emergency(turn)
        case Key.HOME:
            screen.home(turn)
        case _ if key in lights.FRONT:
            _front(turn, key)


def key_up(turn: Turn, released: KeyUp) -> None:
    """A key comes up: what was to happen after holding it does not. SET pressed for a moment is for the menu."""
    key = released.key
    short = reset.key_up(turn, key)
    if turn.state.held is key:
        turn.set(held=None)
        turn.stop(Timer.HOLD)
        short = True
    if short and key is Key.SET and turn.profile.menu == "numbered":
        menu_numbered.set_pressed(turn)


def held(turn: Turn) -> None:
    """The key has been held long enough: pairing mode (DLM-11, L2S-12), or silence (DLM-12)."""
    key = turn.state.held
    turn.set(held=None)
    if key is None:
        return
    if key is turn.profile.pairing_key:
        if turn.state.menu is not None:
            menu_steps.leave(turn)
        pairing.begin(turn)
    elif key is mute.KEY and turn.state.entry == key.value:
        turn.set(entry="")
        mute.begin(turn)


def speech_ended(turn: Turn, _given: SpeechEnded) -> None:
    """Nothing is being said any more: the idle time runs again (MNU-1), and read information is over (DLM-10)."""
    turn.set(speaking=False)
    menu.spoken(turn)


def idle(turn: Turn) -> None:
    """CAP-16: nobody has touched the keypad for a while."""
    closes = menu.hides_readers(turn)
    sleep(turn)
    if closes:
        turn.say(Prompt.MENU_CLOSED)


def sleep(turn: Turn) -> None:
    """Lights off; what was typed, and a menu with all that was half done in it, is gone (MNU-1)."""
    menu_steps.leave(turn)


def follow(turn: Turn, before: LockState, given: Input) -> None:
    """The idle time runs while nothing goes on, from the last touch or the menu's last step."""
    state = turn.state
    was, now = _idles(before), _idles(state)
    touched = isinstance(given, KeyDown) and given.key in _TOUCHED
    if now is was and (now is _Idles.ASLEEP or not (touched or state.menu is not before.menu)):
        return
    if now is _Idles.RUNS:
        turn.start(Timer.KEYPAD_IDLE, turn.profile.idle_ms)
    elif now is _Idles.SPEECH:
        turn.start(Timer.KEYPAD_IDLE, _SPEECH_MS)
    else:
        turn.stop(Timer.KEYPAD_IDLE)


def _front(turn: Turn, key: Key) -> None:
    state = turn.state
    shows.end(turn)
    if reset.asks(turn):
        reset.key_pressed(turn, key)
        return
    if key is Key.CONFIRM and _may_lock_outside(state) and modes.confirm_outside(turn):
        return
    if not state.awake:
        _wake(turn)
    elif state.menu is not None and not menu.awaits_verification(turn):
        if key is not Key.LEAVE:
            menu.key_pressed(turn, key)
    elif key is Key.LEAVE:
        if state.menu is None:
            modes.leave_key(turn)
    elif key is Key.BACK:
        _back(turn)
    elif key is Key.CONFIRM:
        _confirm(turn)
    elif len(state.entry) >= turn.profile.entry_max:
        turn.set(entry="")
        turn.verdict(good=False)
    else:
        turn.set(entry=state.entry + key.value)
        turn.tone(Tone.KEY)


def _may_lock_outside(state: LockState) -> bool:
    """BLT-2: with nothing typed the confirm key may be pressed for it, also while the others are dark."""
    return not state.entry and state.menu is None


def _wake(turn: Turn) -> None:
    """VER-1: the touch that wakes it is not a digit. DLM-1: where nobody is there yet it asks for the first one."""
    turn.tone(Tone.KEY)
    turn.set(awake=True, entry="")
    if first_start.is_initial(turn):
        first_start.begin(turn)


def _back(turn: Turn) -> None:
    """VER-2: drops what was typed; with nothing typed it leaves what is open."""
    turn.tone(Tone.KEY)
    if turn.state.entry:
        turn.set(entry="")
    elif turn.state.menu is not None:
        menu_steps.leave(turn, Prompt.MENU_CLOSED)
    elif turn.state.pairing_own:
        # One that was opened elsewhere is nobody's to end who stands outside.
        pairing.leave(turn)


def _confirm(turn: Turn) -> None:
    entry = turn.state.entry
    if not entry:
        return
    turn.set(entry="")
    if turn.state.menu is not None or not menu_codes.code_entered(turn, entry):
        access.passcode_entered(turn, entry)


def _hold(turn: Turn, key: Key) -> None:
    """Keys that do something when they are held, and something else when they are not."""
    state = turn.state
    silences = turn.profile.one_time_mute and key is mute.KEY and state.awake and not state.entry and state.menu is None
    if key in (turn.profile.pairing_key, Key.SET) or silences:
        turn.set(held=key)
        turn.start(Timer.HOLD, turn.profile.hold_ms)


class _Idles(Enum):
    """What becomes of the idle time."""

    ASLEEP = auto()
    RUNS = auto()
    SPEECH = auto()
    RESTS = auto()


def _idles(state: LockState) -> _Idles:
    if not state.awake:
        return _Idles.ASLEEP
    if state.pairing or (state.menu is not None and state.menu.stage is Stage.ENROLLING):
        return _Idles.RESTS
    return _Idles.SPEECH if state.speaking else _Idles.RUNS
