"""Keys with their lights, the speaker, and what is shown inside."""

from typing import Final, override

from lock_bridge.engine.effects import Light, Say, Sound, View
from lock_bridge.hardware.ports import Key, KeyDown, KeyUp
from lock_bridge.wire.words import Part

from .part import SimulatedPart, Site

REAR: Final = frozenset({Key.SET, Key.LOCK, Key.RESET})
"""Buttons on the inside, with a cable of their own."""


class SimulatedKeypad(SimulatedPart):
    """The keys of both sides. Without its cable the front's keys are dead and dark."""

    parts = (Part.KEYPAD,)

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
            self.tell(KeyDown(key), None if key in REAR else Part.KEYPAD)

    def release(self, key: Key) -> None:
        """The finger comes up."""
        if key in self._down:
            self._down.discard(key)
            self.tell(KeyUp(key), None if key in REAR else Part.KEYPAD)

    @override
    def plug(self, part: Part) -> None:
        super().plug(part)
        self._show()

    @override
    def on_unplug(self, part: Part) -> None:
        self._site.senses.light = Light()

    @override
    def go_quiet(self) -> None:
        self._wanted = Light()
        self._show()

    def _show(self) -> None:
        shown = self._wanted if self.works(Part.KEYPAD) else Light()
        if shown != self._site.senses.light:
            self._site.senses.light = shown
            self._site.changed()


class SimulatedInside(SimulatedPart):
    """The rear's display."""

    def show(self, view: View) -> None:
        """What the rear's screen shows (DLM-13)."""
        if view is not self._site.senses.view:
            self._site.senses.view = view
            self._site.changed()

    def show_code(self, code: str | None) -> None:
        """Show a pairing code, or no longer."""
        if code != self._site.senses.code and (code is None or self.works()):
            self._site.senses.code = code
            self._site.changed()


class SimulatedSounder(SimulatedPart):
    """The speaker; what it plays is in the door's senses."""

    def sound(self, sound: Sound) -> None:
        """Play a tone; an alarm goes on until its end is asked for."""
        if self.works():
            self._site.senses.sound(sound)
            self._site.changed()

    def say(self, say: Say) -> None:
        """Speak a prompt; a later one follows it, an alarm cuts it."""
        if self.works():
            self._site.senses.say(say)
            self._site.changed()

    @override
    def go_quiet(self) -> None:
        self._site.senses.alarm = False
