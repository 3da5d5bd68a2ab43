"""Lights follow from the state; light shows run before it (VER-1, USR-2, DLM, L2S-12).

A key that lights is one that can be pressed.
"""

from functools import cache
from typing import Final

from lock_bridge.wire.words import CredentialType

from . import menu, reset, shows
from .effects import Lamp, Light
from .inputs import Key
from .profile import DIGITS, Profile
from .state import OutsideLock
from .turn import Turn

ENTRY: Final = DIGITS | {Key.CONFIRM, Key.BACK}
"""What a passcode is typed with."""

FRONT: Final = ENTRY | {Key.LEAVE}
"""Keys that sleep and light; the others work at any time."""

_DARK: Final[frozenset[str]] = frozenset()
_CONFIRM: Final = frozenset({Key.CONFIRM.value})
_CHOICE: Final = frozenset({Key.CONFIRM.value, Key.BACK.value})


def next_frame(turn: Turn) -> None:
    """The picture of now is over."""
    shows.next_frame(turn)


def follow(turn: Turn) -> None:
    """Say the lights when they are other than before."""
    lights = Light(_keys(turn), _lamps(turn), _flashing(turn))
    if lights != turn.state.lights:
        turn.set(lights=lights)
        turn.emit(lights)


def _keys(turn: Turn) -> frozenset[str]:
    state = turn.state
    if state.show:
        return state.show[0].keys
    if reset.asks(turn):
        return _CHOICE
    if not state.awake:
        return _CONFIRM if state.outside_lock is OutsideLock.OFFERED else _DARK
    if menu.awaits_verification(turn):
        return _lit(turn.profile.keys, ENTRY)
    if state.menu is not None:
        return menu.lit(turn)
    return _lit(turn.profile.keys, FRONT)


def _lamps(turn: Turn) -> frozenset[Lamp]:
    state, running = turn.state, turn.state.enrolment
    lamps = set[Lamp]()
    if state.indication is not None:
        lamps.add(state.indication)
    if state.pairing:
        lamps.add(Lamp.PAIRING)
    if state.looking:
        lamps.add(Lamp.INFRARED)
    if running is not None and running.active and running.type is CredentialType.PALM_VEIN:
        lamps.add(Lamp.PALM)
    if state.awake and turn.profile.battery_indicator and state.battery_level in ("low", "critical"):
        lamps.add(Lamp.BATTERY)
    return frozenset(lamps) if lamps else _NO_LAMPS


def _flashing(turn: Turn) -> frozenset[str]:
    return _flash_of(turn.profile) if turn.state.pairing else _DARK


def _flash_of(profile: Profile) -> frozenset[str]:
    return _DARK if profile.pairing_flashes is None else frozenset({profile.pairing_flashes.value})


@cache
def _lit(keys: frozenset[Key], among: frozenset[Key]) -> frozenset[str]:
    """Those of a model's keys that light: asked at each input, the same each time."""
    return frozenset(key.value for key in keys & among)


_NO_LAMPS: Final[frozenset[Lamp]] = frozenset()
