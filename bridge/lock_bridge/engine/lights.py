"""Lights follow from the state; light shows run beside it (USR-2, USR-3)."""

from functools import cache
from typing import Final

from . import keypad
from .effects import Lamp, Light
from .inputs import Key
from .turn import Turn


def next_frame(turn: Turn) -> None:
    """The picture of now is over."""
    raise NotImplementedError


def follow(turn: Turn) -> None:
    """Lights follow from the state: they are said when they are other than before."""
    state, profile = turn.state, turn.profile
    keys = _lit(profile.keys) if state.awake else _DARK
    lamps = set[Lamp]()
    if state.indication is not None:
        lamps.add(state.indication)
    if state.pairing:
        lamps.add(Lamp.PAIRING)
    if state.awake and profile.battery_indicator and state.battery_level in ("low", "critical"):
        lamps.add(Lamp.BATTERY)
    if keys != state.lights.keys or lamps != state.lights.lamps:
        lights = Light(keys, frozenset(lamps))
        turn.set(lights=lights)
        turn.emit(lights)


@cache
def _lit(keys: frozenset[Key]) -> frozenset[str]:
    """Those of a model's keys that light: asked at each input, the same each time."""
    return frozenset(key.value for key in keys & keypad.FRONT)


_DARK: Final[frozenset[str]] = frozenset()
