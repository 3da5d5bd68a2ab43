"""The rear's screen, with the place for a pairing code."""

from lock_bridge.engine.effects import View

from .part import SimulatedPart


class SimulatedInside(SimulatedPart):
    """What only people inside see."""

    def show(self, view: View) -> None:
        """What the rear's screen shows (DLM-13); a model without one shows nothing."""
        if view is not self._site.senses.view and self._site.profile.rear_screen and (self._on(view) or self.works()):
            self._site.senses.view = view
            self._site.changed()

    def show_code(self, code: str | None) -> None:
        """Show a pairing code, or no longer."""
        if code != self._site.senses.code and (code is None or self.works()):
            self._site.senses.code = code
            self._site.changed()

    @staticmethod
    def _on(view: View) -> bool:
        return view is View.OFF
