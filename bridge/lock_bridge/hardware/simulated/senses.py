"""What a person at the door sees and hears: lights, tones, spoken prompts."""

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from lock_bridge import prompts
from lock_bridge.clock import Clock
from lock_bridge.engine.effects import Light, Say, Sound, Tone, View

_REMEMBERED: Final = 200
"""Sounds, and changes of the lights, that are kept; whoever looks less often than this has missed the oldest."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One tone or prompt. `seq` counts up from 1 and is never used twice."""

    seq: int
    mono_ms: int
    kind: str
    what: str
    volume: str
    text: str | None = None
    language: str | None = None

    def to_json(self, now_ms: int) -> dict[str, Any]:
        """With its age in place of its time; a tone has neither text nor language."""
        data: dict[str, Any] = {"seq": self.seq, "age_ms": now_ms - self.mono_ms, "kind": self.kind, "what": self.what}
        if self.text is not None:
            data |= {"text": self.text, "language": self.language}
        return data | {"volume": self.volume}


@dataclass(frozen=True, slots=True)
class Shown:
    """The lights as they were from then on. Its `seq` is of the same row as those of sounds."""

    seq: int
    mono_ms: int
    light: Light

    def to_json(self, now_ms: int) -> dict[str, Any]:
        """With its age in place of its time."""
        return {"seq": self.seq, "age_ms": now_ms - self.mono_ms, **lights(self.light)}


def lights(light: Light) -> dict[str, list[str]]:
    """Lit keys, flashing keys and lamps, by their names."""
    return {"keys": sorted(light.keys), "flashing": sorted(light.flashing), "lamps": sorted(light.lamps)}


class Senses:
    """The lights as they are, and bounded logs of what was lit and what sounded."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: deque[Heard] = deque(maxlen=_REMEMBERED)
        self._shown: deque[Shown] = deque(maxlen=_REMEMBERED)
        self.seq = 0
        self.light = Light()
        self.alarm = False
        self.view = View.OFF
        """What the rear's screen shows."""
        self.code: str | None = None
        """The pairing code on the rear's display."""

    def sound(self, sound: Sound) -> None:
        """A tone sounds; an alarm goes on until its end."""
        if sound.tone is Tone.ALARM_END and not self.alarm:
            return
        if sound.tone in (Tone.ALARM, Tone.ALARM_END):
            self.alarm = sound.tone is Tone.ALARM
        self._hear("tone", sound.tone.value, sound.volume)

    def say(self, say: Say) -> str:
        """A prompt is spoken; its words."""
        language = prompts.spoken_in(say.language)
        text = prompts.text(say.prompt, language, say.values)
        self._hear("prompt", say.prompt.value, say.volume, text, language)
        return text

    def hush(self) -> None:
        """What is being said breaks off."""
        self._hear("hush", "hush", "high")

    def show(self, light: Light) -> bool:
        """The lights from now on; whether they are other than before."""
        if light == self.light:
            return False
        self.light = light
        self.seq += 1
        self._shown.append(Shown(self.seq, self._clock.now().mono_ms, light))
        return True

    def go_dark(self) -> None:
        """No power: no light, no sound."""
        self.show(Light())
        self.alarm = False
        self.code = None
        self.view = View.OFF

    def heard(self, since: int) -> list[dict[str, Any]]:
        """What sounded after number `since`, oldest first."""
        now_ms = self._clock.now().mono_ms
        return [item.to_json(now_ms) for item in self._heard if item.seq > since]

    def shown(self, since: int) -> list[dict[str, Any]]:
        """How the lights changed after number `since`, oldest first."""
        now_ms = self._clock.now().mono_ms
        return [item.to_json(now_ms) for item in self._shown if item.seq > since]

    def _hear(self, kind: str, what: str, volume: str, text: str | None = None, language: str | None = None) -> None:
        self.seq += 1
        self._heard.append(Heard(self.seq, self._clock.now().mono_ms, kind, what, volume, text, language))
