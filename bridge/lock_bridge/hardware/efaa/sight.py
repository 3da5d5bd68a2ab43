"""What one look after another says: each face once in a look, each palm once while it is held there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from lock_bridge.hardware.doubt import DisturbedError
from lock_bridge.wire.words import CredentialType

from .commands import Answer, Match, Result, Sighting
from .dialects import FACE, PALM, Dialect
from .known import slot_of
from .link import Timing
from .stock import Stock


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody was seen, in a slot or in none."""

    kind: CredentialType
    slot: int | None


class Sight:
    """Judges looks. A stranger counts as a palm where the module has said that it sees one, else as a face."""

    def __init__(self, timing: Timing, served: Collection[CredentialType]) -> None:
        self._timing = timing
        self._served = served
        self.face_wanted = False
        """A face is looked for, and none has been told of in this look."""
        self._palm: Seen | None = None
        self._held = False
        self._shown_at = 0.0
        self._palm_shown = False

    def begin(self, now: float) -> None:
        """A look begins."""
        self._shown_at = now
        self._palm_shown = False

    def shows(self, sighting: int, now: float) -> bool:
        """The module says what it sees; whether that is a face."""
        if sighting == Sighting.NOTHING:
            return False
        self._after_a_gap(now)
        if sighting == Sighting.PALM:
            self._palm_shown = True
            return False
        return True

    def judge(self, answer: Answer[Match], dialect: Dialect, stock: Stock, now: float) -> Seen | None:
        """Who was seen; None: nobody. Raises `DisturbedError` for a user who is not enrolled."""
        if answer.value is not None:
            seen = self._found(answer.value, dialect, stock)
        elif answer.result in _STRANGER:
            # Whoever walks past a module that looks for palms has not tried to open: that is a face.
            seen = Seen(PALM if self._palm_shown else FACE, None)
        else:
            self.forget()
            return None
        self._after_a_gap(now)
        return seen if seen.kind in self._served else None

    def is_news(self, seen: Seen) -> bool:
        """Whether it is to be told: it counts as told from now on."""
        if seen.kind is FACE:
            news, self.face_wanted = self.face_wanted, False
            return news
        if self._held:
            return False
        before, self._palm = self._palm, seen
        if before is not None and before.slot is not None and seen.slot is None:
            self._palm = before  # a known palm that is drawn back
            return False
        return before != seen

    def forget(self) -> None:
        """Whoever is seen next has come anew."""
        self._palm, self._held = None, False

    def after_enrolment(self, now: float) -> None:
        """A palm that is held there was held there to be learnt, not to open."""
        self._held, self._shown_at = True, now

    def _found(self, match: Match, dialect: Dialect, stock: Stock) -> Seen:
        kind = dialect.kind_of(match)
        if kind is None or stock.known.name(kind, match.id) != match.name:
            raise DisturbedError("a match of somebody who is not enrolled")
        return Seen(kind, None if match.name in stock.doomed else slot_of(kind, match.name))

    def _after_a_gap(self, now: float) -> None:
        if now - self._shown_at >= self._timing.absent:
            self.forget()
        self._shown_at = now


_STRANGER: Final = frozenset({Result.UNKNOWN_USER, Result.NOT_ALIVE})
"""A picture that is held up is a failed attempt like a face that is not known."""
