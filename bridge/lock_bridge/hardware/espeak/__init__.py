"""A loudspeaker of the machine itself: prompts spoken by `espeak-ng`, tones played by `aplay`."""

from .driver import EspeakSounder, Settings

__all__ = ["EspeakSounder", "Settings"]
