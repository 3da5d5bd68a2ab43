"""Keys with their lights on both sides, and the speaker."""

from typing import Final, override

from lock_bridge.clock import Handle as Timer
from lock_bridge.engine.effects import Light, Say, Sound, Tone
from lock_bridge.hardware.ports import Key, KeyDown, KeyUp, SpeechEnded
from lock_bridge.wire.words import Part

from .part import SimulatedPart, Site

REAR: Final = frozenset({Key.SET, Key.LOCK, Key.RESET, Key.EMERGENCY, Key.HOME})
"""Buttons on the inside, with cables of their own."""

SPEECH_MIN_MS: Final = 600
SPEECH_CHARACTERS_A_SECOND: Final = 14


class SimulatedKeypad(SimulatedPart):
    """The keys of both sides. Without its cable, or without the link, the front's keys are dead and dark."""

    parts = (Part.KEYPAD, Part.LINK)
    front = True

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._down: set[Key] = set()
        self._wanted = Light()

    def light(self, light: Light) -> None:
        """Show exactly these lights, now or when the cable is back."""
        self._wanted = light
        self._show()

    def press(self, key: Key) -> None:
        """A finger goes down on a key; where one is already nothing happens."""
        if key not in self._down:
            self._down.add(key)
            self._tell_key(key, KeyDown(key))

    def release(self, key: Key) -> None:
        """The finger comes up."""
        if key in self._down:
            self._down.discard(key)
            self._tell_key(key, KeyUp(key))

    @override
    def power_back(self) -> None:
        super().power_back()
        self._show()
        for key in sorted(self._down & REAR):
            # Whoever holds a button while the power comes back wants a factory reset (RST-1).
            self.tell_always(KeyDown(key))

    @override
    def plug(self, part: Part) -> None:
        super().plug(part)
        self._show()

    @override
    def on_unplug(self, part: Part) -> None:
        for key in sorted(self._down - REAR):
            self.release(key)  # nobody hears of it any more when the finger comes up
        self._site.senses.show(Light())

    @override
    def linked(self) -> None:
        super().linked()
        self._show()

    @override
    def go_quiet(self) -> None:
        self._wanted = Light()
        self._show()

    def _tell_key(self, key: Key, reading: KeyDown | KeyUp) -> None:
        if key in REAR:
            self.tell_always(reading)
        else:
            self.tell(reading, Part.KEYPAD)

    def _show(self) -> None:
        if self._site.senses.show(self._wanted if self.works(Part.KEYPAD) else Light()):
            self._site.changed()


class SimulatedSounder(SimulatedPart):
    """The speaker. What it plays is in the door's senses; how long it speaks is estimated from the text."""

    front = True

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._silent_from_ms = 0
        self._speaking: Timer | None = None

    def sound(self, sound: Sound) -> None:
        """Play a tone; an alarm goes on until its end is asked for."""
        if self.works():
            self._site.senses.sound(sound)
            self._site.changed()
            if sound.tone is Tone.ALARM:
                self._cut()

    def say(self, say: Say) -> None:
        """Speak a prompt; a later one follows it, an alarm cuts it."""
        if not self.works():
            # Nobody will hear it, and nothing may wait for its end.
            self.tell_always(SpeechEnded())
            return
        text = self._site.senses.say(say)
        now_ms = self._site.clock.now().mono_ms
        self._silent_from_ms = max(self._silent_from_ms, now_ms) + speaking_ms(text)
        if self._speaking is not None:
            self._speaking.cancel()
        self._speaking = self._site.clock.call_later(self._silent_from_ms - now_ms, self._said)
        self._site.changed()

    def hush(self) -> None:
        """Stop speaking now."""
        if self._speaking is not None:
            self._site.senses.hush()
            self._site.changed()
            self._cut()

    @override
    def on_unplug(self, part: Part) -> None:
        self._site.senses.alarm = False
        self._cut()

    @override
    def go_quiet(self) -> None:
        self._site.senses.alarm = False
        self._hush()

    def _cut(self) -> None:
        if self._hush():
            self.tell_always(SpeechEnded())

    def _said(self) -> None:
        self._hush()
        self.tell_always(SpeechEnded())

    def _hush(self) -> bool:
        speaking, self._speaking = self._speaking, None
        if speaking is not None:
            speaking.cancel()
        self._silent_from_ms = 0
        return speaking is not None


def speaking_ms(text: str) -> int:
    """How long it takes to say it."""
    return max(SPEECH_MIN_MS, round(len(text) * 1_000 / SPEECH_CHARACTERS_A_SECOND))
