"""One-time mute (DLM-12): tones and prompts are silent until somebody enrolled has opened from outside."""

from typing import Final

from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType

from . import shows
from .inputs import Key, SetMute
from .state import Cause
from .turn import Turn

KEY: Final = Key.D0

_ENDED_BY: Final = frozenset(
    {CredentialType.FACE, CredentialType.PALM_VEIN, CredentialType.FINGERPRINT, CredentialType.PIN}
)


def begin(turn: Turn) -> None:
    """The key has been held: it flashes twice, and the lock is silent."""
    turn.save_modes(mute_once=True)
    shows.twice(turn, KEY)


def set_mute(turn: Turn, command: SetMute) -> None:
    """From the app: the same, and nothing flashes; and the way back, which the keypad does not have."""
    if not turn.profile.one_time_mute:
        turn.refuse(command, ErrorCode.NOT_SUPPORTED)
        return
    turn.save_modes(asked=True, mute_once=command.on)
    turn.answer(command)


def opened(turn: Turn, cause: Cause) -> None:
    """An opening that ends it, or one that does not: a visitor's, from afar, by hand, from inside."""
    credential = cause.credential
    if credential is not None and credential.type in _ENDED_BY and not credential.temporary:
        turn.save_modes(mute_once=False)
