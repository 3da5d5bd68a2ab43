"""Frames on the wire: header, address, type, length, payload, sum. Pure; nothing here waits.

`EF 01 | address 4 | type 1 | length 2 | payload | sum 2`: the length counts payload and sum, the sum adds all from the
type to the payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Final

HEADER: Final = b"\xef\x01"
READY: Final = 0x55
"""A module sends this byte, outside of any frame, when it has started."""

DEFAULT_ADDRESS: Final = 0xFFFFFFFF


class FrameType(IntEnum):
    """What a frame carries."""

    COMMAND = 0x01
    DATA = 0x02
    ANSWER = 0x07
    END = 0x08


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose sum was right."""

    type: FrameType
    payload: bytes = field(repr=False)


@dataclass(slots=True)
class Counters:
    """What has come over one line, for diagnostics; all but `frames` tell of something wrong."""

    frames: int = 0
    noise: int = 0
    wrong_address: int = 0
    wrong_type: int = 0
    wrong_length: int = 0
    wrong_sum: int = 0
    restarts: int = 0
    unexpected: int = 0
    unanswered: int = 0

    @property
    def disturbances(self) -> int:
        """Grows with everything that was not a right frame at its right time; a wrong frame's header is noise."""
        return self.noise + self.restarts + self.unexpected


def build(payload: bytes, *, kind: FrameType = FrameType.COMMAND, address: int = DEFAULT_ADDRESS) -> bytes:
    """The bytes of one frame."""
    body = bytes((kind,)) + (len(payload) + _SUM).to_bytes(2) + payload
    return HEADER + address.to_bytes(4) + body + (sum(body) & 0xFFFF).to_bytes(2)


class FrameParser:
    """Finds frames in bytes, however they are cut, glued or damaged.

    What it finds depends on the bytes alone, not on how they were cut. It never holds more than the longest frame, and
    after a damaged one it looks on right behind that frame's header, so that a wrong length hides nothing.
    """

    def __init__(self, address: int = DEFAULT_ADDRESS) -> None:
        self.counters = Counters()
        self._start = HEADER + address.to_bytes(4)
        self._held = bytearray()
        self._only_zeros = True

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
        self._only_zeros = True
        return frames

    def _next(self) -> Frame | None:
        while True:
            self._skip_noise()
            held = self._held
            if not self._start.startswith(held[: len(self._start)]):
                self.counters.wrong_address += 1
                self._reject()
                continue
            if len(held) < _HEAD:
                return None
            longest = _LONGEST.get(held[6])
            if longest is None:
                self.counters.wrong_type += 1
                self._reject()
                continue
            length = int.from_bytes(held[7:_HEAD])
            if not _SHORTEST <= length <= longest:
                self.counters.wrong_length += 1
                self._reject()
                continue
            end = _HEAD + length
            if len(held) < end:
                return None
            if sum(held[6 : end - _SUM]) & 0xFFFF != int.from_bytes(held[end - _SUM : end]):
                self.counters.wrong_sum += 1
                self._reject()
                continue
            frame = Frame(FrameType(held[6]), bytes(held[_HEAD : end - _SUM]))
            del held[:end]
            self.counters.frames += 1
            self._only_zeros = True
            return frame

    def _skip_noise(self) -> None:
        held = self._held
        start = held.find(HEADER)
        if start < 0:
            start = len(held) - held.endswith(HEADER[:1])
        for byte in held[:start]:
            # Power coming up reads as a zero; a 0x55 among other noise is noise.
            if byte == READY and self._only_zeros:
                self.counters.restarts += 1
                continue
            self.counters.noise += 1
            self._only_zeros = self._only_zeros and byte == 0
        del held[:start]

    def _reject(self) -> None:
        """Drop a header that began no frame, and nothing behind it."""
        dropped = min(len(HEADER), len(self._held))
        self.counters.noise += dropped
        self._only_zeros = False
        del self._held[:dropped]


_HEAD: Final = 9
_SUM: Final = 2
_SHORTEST: Final = 1 + _SUM
_LONGEST: Final[Mapping[int, int]] = MappingProxyType(
    {
        # The longest answer is that of the product information: a status and 50 bytes.
        FrameType.ANSWER: 64 + _SUM,
        FrameType.DATA: 256 + _SUM,
        FrameType.END: 256 + _SUM,
    }
)
