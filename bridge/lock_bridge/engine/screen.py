"""The screen on the rear (DLM-13)."""

from .profile import Profile
from .state import LockState
from .turn import Turn


def home(turn: Turn) -> None:
    """The home key inside: the outside is shown for half a minute."""
    raise NotImplementedError


def camera_available(state: LockState, profile: Profile) -> bool | None:
    """ALM-4: whether the battery still bears the camera; None: this lock has none."""
    if not profile.camera:
        return None
    return state.battery is None or state.battery >= profile.low_battery


def off(turn: Turn) -> None:
    """It has shown the outside for long enough."""
    raise NotImplementedError
