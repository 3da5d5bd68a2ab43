"""The end of passage, and the event of a changed mode: what the bolt itself needs of the modes (BLT-7, BLT-15)."""

from typing import Any

from lock_bridge.wire.words import EventType, OperatingMode

from .effects import Prompt
from .inputs import Timer
from .state import Cause
from .turn import Turn


def end(turn: Turn, cause: Cause, *, aloud: bool = True) -> None:
    """Passage is over; what becomes of the bolt is the caller's to say."""
    before = turn.state.mode
    turn.save_modes(passage=False, passage_ends_mono_ms=None, passage_ms=0, boot_id="")
    turn.stop(Timer.PASSAGE)
    tell(turn, before, cause)
    if aloud:
        turn.say(Prompt.PASSAGE_ENDED)


def tell(turn: Turn, before: OperatingMode | None, cause: Cause | None, **data: Any) -> None:
    """The event of a mode that is another one than `before` (BLT-15)."""
    mode = turn.state.mode
    if mode is not before:
        turn.record(EventType.MODE_CHANGED, cause, data={"mode": mode.value, **data})
