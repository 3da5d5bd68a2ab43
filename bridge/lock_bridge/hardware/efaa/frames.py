"""Frames on the wire: header, message, size, data, parity. Pure; nothing here waits.

`EF AA | message 1 | size 2 | data | parity 1`: the parity is the exclusive or of all from the message to the data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from operator import xor
from types import MappingProxyType
from typing import Final

HEADER: Final = b"\xef\xaa"


class FrameType(IntEnum):
    """What a module sends."""

    REPLY = 0x00
    NOTE = 0x01
    IMAGE = 0x02
    LOG = 0x03
    DATA = 0x04


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose parity was right."""

    type: FrameType
    data: bytes = field(repr=False)


@dataclass(slots=True)
class Counters:
    """What has come over one line, for diagnostics; all but `frames` and `late` tell of something wrong."""

    frames: int = 0
    noise: int = 0
    wrong_type: int = 0
    wrong_length: int = 0
    wrong_sum: int = 0
    restarts: int = 0
    unexpected: int = 0
    unanswered: int = 0
    late: int = 0

    @property
    def disturbances(self) -> int:
        """Grows with everything that was not a right frame at its right time; a wrong frame's header is noise."""
        return self.noise + self.restarts + self.unexpected


def build(message: int, data: bytes = b"") -> bytes:
    """The bytes of one frame."""
    body = bytes((message,)) + len(data).to_bytes(2) + data
    return HEADER + body + bytes((reduce(xor, body),))


class FrameParser:
    """Finds frames in bytes, however they are cut, glued or damaged.

    What it finds depends on the bytes alone, not on how they were cut. It never holds more than the longest frame, and
    after a damaged one it looks on right behind that frame's header, so that a wrong size hides nothing.
    """

    def __init__(self) -> None:
        self.counters = Counters()
        self._held = bytearray()

    @property
    def pending(self) -> bool:
        """The beginning of a frame is held."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        self._held += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def silence(self) -> list[Frame]:
        """The line went silent: give up the frame that has begun and look for others in what was held."""
        frames = []
        while self._held:
            self._reject()
            frames += self.feed(b"")
        return frames

    def _next(self) -> Frame | None:
        held, counters = self._held, self.counters
        while True:
            start = held.find(HEADER)
            if start < 0:
                start = len(held) - held.endswith(HEADER[:1])
            if start:
                counters.noise += start
                del held[:start]
            if len(held) < _HEAD:
                return None
            longest = _LONGEST.get(held[2])
            if longest is None:
                counters.wrong_type += 1
                self._reject()
                continue
            size = held[3] << 8 | held[4]
            if not _SHORTEST <= size <= longest:
                counters.wrong_length += 1
                self._reject()
                continue
            end = _HEAD + size
            if len(held) <= end:
                return None
            if reduce(xor, held[2:end]) != held[end]:
                counters.wrong_sum += 1
                self._reject()
                continue
            frame = Frame(FrameType(held[2]), bytes(held[_HEAD:end]))
            del held[: end + 1]
            counters.frames += 1
            return frame

    def _reject(self) -> None:
        """Drop a header that began no frame, and nothing behind it."""
        dropped = min(len(HEADER), len(self._held))
        self.counters.noise += dropped
        del self._held[:dropped]


_HEAD: Final = 5
_SHORTEST: Final = 1
_LONGEST: Final[Mapping[int, int]] = MappingProxyType(
    {
        # The longest reply lists the ids of 500 faces: command, result, count, ids.
        FrameType.REPLY: 1_100,
        FrameType.NOTE: 64,
        # Nobody asks for these; some firmware sends logs unasked.
        FrameType.IMAGE: 4_096,
        FrameType.LOG: 1_024,
        FrameType.DATA: 4_096,
    }
)
