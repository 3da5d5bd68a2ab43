"""The screen on the rear, and the camera whose picture it shows (DLM-13, ALM-4)."""

from typing import Final

from .effects import Screen, Tone, View
from .inputs import Timer
from .profile import Profile
from .state import LockState
from .turn import Turn

_OUTSIDE_MS: Final = 30_000
"""DLM-13: how long the outside is shown."""


def home(turn: Turn) -> None:
    """The home key inside: the outside is shown for half a minute, or a tone says that it cannot be."""
    if not show_outside(turn):
        turn.tone(Tone.FAILURE)


def show_outside(turn: Turn) -> bool:
    """Show who is there, as far as there is a screen and a picture; a QR code that is shown stays."""
    if turn.state.screen is View.PAIRING:
        return True
    if not (turn.profile.rear_screen and camera_available(turn.state, turn.profile)):
        return False
    _show(turn, View.OUTSIDE)
    turn.start(Timer.SCREEN, _OUTSIDE_MS)
    return True


def off(turn: Turn) -> None:
    """It has shown the outside for long enough."""
    if turn.state.screen is View.OUTSIDE:
        _show(turn, View.OFF)


def follow_pairing(turn: Turn) -> None:
    """In pairing mode it shows the code to scan, whatever it showed before."""
    if turn.profile.rear_screen:
        turn.stop(Timer.SCREEN)
        _show(turn, View.PAIRING if turn.state.pairing else View.OFF)


def follow_camera(turn: Turn) -> None:
    """ALM-4: with the camera its picture goes."""
    if turn.state.screen is View.OUTSIDE and not camera_available(turn.state, turn.profile):
        turn.stop(Timer.SCREEN)
        _show(turn, View.OFF)


def started(turn: Turn) -> None:
    """Whatever was shown before the start is shown no longer."""
    if turn.profile.rear_screen:
        turn.emit(Screen(turn.state.screen))


def camera_available(state: LockState, profile: Profile) -> bool | None:
    """ALM-4: whether the battery still bears the camera; None: this lock has none.

    Without a reading what was said of the battery last holds.
    """
    if not profile.camera:
        return None
    if state.battery is None:
        return state.battery_level in (None, "ok")
    return state.battery >= profile.low_battery


def _show(turn: Turn, view: View) -> None:
    if view is not turn.state.screen:
        turn.set(screen=view)
        turn.emit(Screen(view))
