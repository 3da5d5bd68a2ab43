"""How many pairings were begun in a day, across restarts and whatever the calendar does."""

from dataclasses import dataclass, replace
from typing import Final, Self

from lock_bridge.engine.model import Instant
from lock_bridge.wire.codec import decode, encode
from lock_bridge.wire.errors import LockBridgeError

from . import jsontext

PER_DAY: Final = 20
DAY_MS: Final = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """The pairings begun in a day, and how much of that day is over.

    Time goes by with the clock that cannot jump. From one boot to the next it goes by with the calendar, if that was
    trusted at both ends and went forward; otherwise not at all. So a calendar set back gives no new tries, and one set
    forward none before the next boot; whatever it says, the day ends after 24 hours of running.
    """

    count: int = 0
    gone_ms: int = 0
    boot_id: str = ""
    mono_ms: int = 0
    wall_ms: int = 0
    trusted: bool = False

    @classmethod
    def read(cls, text: bytes | None) -> Self:
        """The tries as they lie in the store. What cannot be read counts as a day that is used up."""
        if text is None:
            return cls()
        try:
            return decode(cls, jsontext.loads(text))
        except LockBridgeError:
            return cls(count=PER_DAY)

    def write(self) -> bytes:
        """The tries, for the store."""
        return jsontext.dumps(encode(self))

    def at(self, now: Instant, boot_id: str) -> Self:
        """The tries as they count now."""
        if self.boot_id == boot_id:
            passed = now.mono_ms - self.mono_ms
        else:
            passed = now.wall_ms - self.wall_ms if self.trusted and now.trusted else 0
        gone = self.gone_ms + max(0, passed)
        stamp = replace(self, boot_id=boot_id, mono_ms=now.mono_ms, wall_ms=now.wall_ms, trusted=now.trusted)
        if gone >= DAY_MS:
            return replace(stamp, count=0, gone_ms=0)
        return replace(stamp, gone_ms=gone if self.count else 0)

    def one_more(self) -> Self:
        """One pairing more has begun."""
        return replace(self, count=self.count + 1)

    @property
    def left(self) -> int:
        """How many may still begin today."""
        return max(0, PER_DAY - self.count)
