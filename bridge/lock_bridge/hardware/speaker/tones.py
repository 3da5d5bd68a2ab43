"""The lock's tones as small WAV files, made from notes."""

import io
import math
import struct
import wave
from collections.abc import Mapping
from functools import cache
from typing import Final

from lock_bridge.engine.effects import Tone

RATE: Final = 22_050
"""Samples a second."""

_FADE_S: Final = 0.004
"""So that notes begin and end without a click."""

type _Notes = tuple[tuple[float, float], ...]

_NOTES: Final[Mapping[Tone, _Notes]] = {
    Tone.KEY: ((1_976, 0.04),),
    Tone.SUCCESS: ((1_319, 0.09), (1_976, 0.16)),
    Tone.FAILURE: ((440, 0.12), (0, 0.06), (440, 0.12), (0, 0.06), (440, 0.12)),
    Tone.DOORBELL: ((1_319, 0.35), (1_047, 0.55)),
    Tone.ALARM: ((2_637, 0.25), (1_976, 0.25)) * 2,
}
"""Hertz and seconds; 0 Hz is silence."""

LOUDNESS: Final[Mapping[str, float]] = {"high": 0.6, "low": 0.15}
"""From 0 to 1. An alarm is as loud as can be (L2S-11)."""


def has(tone: Tone) -> bool:
    """Whether there is anything to play for it."""
    return tone in _NOTES


@cache
def wav(tone: Tone, volume: str) -> bytes:
    """One playing of a tone, 16 bit mono."""
    loudness = 0.9 if tone is Tone.ALARM else LOUDNESS.get(volume, LOUDNESS["low"])
    samples = b"".join(_note(hertz, seconds, loudness) for hertz, seconds in _NOTES[tone])
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(samples)
    return file.getvalue()


def _note(hertz: float, seconds: float, loudness: float) -> bytes:
    count, fade = round(seconds * RATE), round(_FADE_S * RATE)
    values = (
        loudness * min(1.0, place / fade, (count - place) / fade) * math.sin(2 * math.pi * hertz * place / RATE)
        for place in range(count)
    )
    return struct.pack(f"<{count}h", *(round(value * 32_767) for value in values))
