"""Frames of the PN532 on its serial port (UM0701-02, 6.2.1). Pure.

`00 00 FF LEN LCS TFI DATA... DCS 00`: length and LCS add up to zero, and so do TFI, data and DCS, each within a byte.
Longer ones have `FF FF LENM LENL LCS` in place of LEN and LCS. ACK is `00 FF 00 FF`, NACK `00 FF FF 00`.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

START: Final = b"\x00\xff"
TO_CHIP: Final = 0xD4
TO_HOST: Final = 0xD5
LONGEST: Final = 265
"""TFI and data of the longest frame that the chip knows."""


class Kind(Enum):
    """What a frame is."""

    ACK = "ack"
    NACK = "nack"
    ANSWER = "answer"
    ERROR = "error"
    """The chip could make nothing of a command."""
    ECHO = "echo"
    """A command: the line gives back what was sent."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose checksums were right; `data` is what follows TFI: of an answer its code and what it says."""

    kind: Kind
    data: bytes = field(default=b"", repr=False)  # card numbers are among it


@dataclass(slots=True)
class Counters:
    """What has come over one line, for diagnostics; all but `frames` tell of something wrong."""

    frames: int = 0
    noise: int = 0
    wrong_length: int = 0
    wrong_sum: int = 0
    wrong_kind: int = 0
    echoes: int = 0
    unexpected: int = 0
    unanswered: int = 0

    @property
    def disturbances(self) -> int:
        """Grows with everything that was not a right frame at its right time; a wrong frame's start is noise."""
        return self.noise + self.unexpected


def build(data: bytes, tfi: int = TO_CHIP) -> bytes:
    """The bytes of one frame. Raises `ValueError` for more than the chip takes."""
    body = bytes((tfi,)) + data
    if len(body) > LONGEST:
        raise ValueError("too long for a frame")
    if len(body) < _EXTENDED:
        head = bytes((len(body), -len(body) & 0xFF))
    else:
        size = len(body).to_bytes(2)
        head = b"\xff\xff" + size + bytes((-sum(size) & 0xFF,))
    return b"\x00" + START + head + body + bytes((-sum(body) & 0xFF, 0))


ACK: Final = b"\x00" + START + b"\x00\xff\x00"
"""From us to the chip it ends the command that runs."""


class FrameParser:
    """Finds frames in bytes, however they are cut, glued or damaged.

    What it finds depends on the bytes alone, not on how they were cut. It never holds more than the longest frame. A
    start code is one only where the length's checksum is right: after a wrong one it looks on right behind it. Zeros
    between frames are no noise.
    """

    def __init__(self) -> None:
        self.counters = Counters()
        self._held = bytearray()

    @property
    def pending(self) -> bool:
        """The beginning of a frame is held, beyond a zero."""
        return len(self._held) > 1

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
        while self.pending:
            self._reject()
            frames += self.feed(b"")
        return frames

    def _next(self) -> Frame | None:
        while self._skip_noise():
            held = self._held
            head, size = self._sizes()
            if size is None:
                if len(held) < head:
                    return None
                self.counters.wrong_length += 1
                self._reject()
                continue
            if size == 0:
                frame = Frame(Kind.ACK if held[2] == 0 else Kind.NACK)
                del held[:head]
                self.counters.frames += 1
                return frame
            end = head + size + 1
            if len(held) < end:
                return None
            if sum(held[head:end]) & 0xFF:
                self.counters.wrong_sum += 1
                self._reject()
                continue
            kind = _kind(held[head], size)
            if kind is None:
                self.counters.wrong_kind += 1
                self._reject()
                continue
            frame = Frame(kind, bytes(held[head + 1 : end - 1]))
            del held[:end]
            self.counters.frames += 1
            self.counters.echoes += kind is Kind.ECHO
            return frame
        return None

    def _sizes(self) -> tuple[int, int | None]:
        """Of the head, and of TFI and data; 0 for ACK and NACK; None where there is none, or too few bytes yet."""
        held = self._held
        if len(held) < _HEAD:
            return _HEAD, None
        length, check = held[2], held[3]
        if (length, check) in _BARE:
            return _HEAD, 0
        if (length, check) == (0xFF, 0xFF):
            if len(held) < _LONG_HEAD:
                return _LONG_HEAD, None
            size = int.from_bytes(held[4:6])
            right = sum(held[4:_LONG_HEAD]) & 0xFF == 0 and 0 < size <= LONGEST
            return _LONG_HEAD, size if right else None
        return _HEAD, length if (length + check) & 0xFF == 0 and length else None

    def _skip_noise(self) -> bool:
        """Drop what comes before a start code. Returns whether there is one."""
        held = self._held
        start = held.find(START)
        place = start if start >= 0 else len(held) - held.endswith(START[:1])
        self.counters.noise += place - held.count(0, 0, place)
        del held[:place]
        return start >= 0

    def _reject(self) -> None:
        """Drop a start code that began no frame, and nothing behind it."""
        del self._held[:1]
        self.counters.noise += 1
        del self._held[:1]


def _kind(tfi: int, size: int) -> Kind | None:
    if tfi == _ERROR and size == 1:
        return Kind.ERROR
    if tfi == TO_HOST and size > 1:
        return Kind.ANSWER
    if tfi == TO_CHIP and size > 1:
        return Kind.ECHO
    return None


_HEAD: Final = 4
_LONG_HEAD: Final = 7
_EXTENDED: Final = 0x100
"""From here on a frame has the longer head."""

_BARE: Final = frozenset({(0x00, 0xFF), (0xFF, 0x00)})
_ERROR: Final = 0x7F
