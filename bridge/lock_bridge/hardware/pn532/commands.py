"""Commands of the PN532, and what answers to them can look like. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final


class Code(IntEnum):
    """The commands in use; an answer has the code of its command, plus one."""

    FIRMWARE = 0x02
    PARAMETERS = 0x12
    SAM = 0x14
    RF = 0x32
    LIST = 0x4A


@dataclass(frozen=True, slots=True)
class Command[T]:
    """A command, and how to read its answer: None for what cannot be one."""

    code: Code
    arguments: bytes
    read: Callable[[bytes], T | None] = field(repr=False)

    @property
    def payload(self) -> bytes:
        """What goes into the frame."""
        return bytes((self.code,)) + self.arguments

    def answer(self, data: bytes) -> T | None:
        """The answer in an answering frame; None when it is none to this command."""
        return self.read(data[1:]) if data[0] == self.code + 1 else None


@dataclass(frozen=True, slots=True)
class Firmware:
    """What a chip says of itself. It has no serial number: two of one make cannot be told apart."""

    ic: int
    version: int
    revision: int
    support: int

    @property
    def words(self) -> str:
        """For people, and to compare with."""
        return f"PN5{self.ic:02X} firmware {self.version}.{self.revision}, support {self.support:02X}"


PN532: Final = 0x32
"""Its `ic`; a PN531 or PN533 has another one, and other commands."""


def firmware() -> Command[Firmware]:
    """Which chip and firmware."""
    return Command(Code.FIRMWARE, b"", _firmware)


def normal_mode() -> Command[bool]:
    """Leave the security module's interface alone, use no interrupt line. The chip obeys little before."""
    return _plain(Code.SAM, b"\x01\x00\x00")


def no_protocol() -> Command[bool]:
    """Do not go on from a card's number to its protocol: nothing more is wanted, and it would take time."""
    return _plain(Code.PARAMETERS, b"\x00")


def two_tries() -> Command[bool]:
    """Look for a card twice, then answer. As it comes, the chip looks until there is one."""
    return _plain(Code.RF, b"\x05\x00\x00\x01")


def field_off() -> Command[bool]:
    """Switch the field off, until the next look."""
    return _plain(Code.RF, b"\x01\x00")


def look() -> Command[tuple[bytes, ...]]:
    """Switch the field on and look for cards of ISO 14443 type A, two at most; the answer has their numbers."""
    return Command(Code.LIST, bytes((_MOST, _TYPE_A)), cards)


def cards(data: bytes) -> tuple[bytes, ...] | None:
    """The numbers in the answer to `look`; None where it is damaged, or can be read in two ways."""
    if not data or data[0] > _MOST:
        return None
    readings = set(_targets(data[1:], 1, data[0]))
    return readings.pop() if len(readings) == 1 else None


def _targets(data: bytes, number: int, last: int) -> Iterator[tuple[bytes, ...]]:
    """All ways to read targets `number` to `last` that leave nothing over."""
    if number > last:
        if not data:
            yield ()
        return
    if len(data) < _TARGET or data[0] != number or data[4] not in _UID_SIZES:
        return
    end = _TARGET + data[4]
    uid = data[_TARGET:end]
    if len(uid) != data[4]:
        return
    rests = [data[end:]]
    # A chip that has started anew meanwhile goes on to the protocol, and tells the card's answer to that as well.
    if data[3] & _HAS_PROTOCOL and len(data) > end and 0 < data[end] <= len(data) - end:
        rests.append(data[end + data[end] :])
    for rest in rests:
        for others in _targets(rest, number + 1, last):
            yield (uid, *others)


def _firmware(data: bytes) -> Firmware | None:
    if len(data) == _PN531_TELLS:
        version, revision = data
        return Firmware(0x31, version, revision, 0)
    if len(data) != _FIRMWARE:
        return None
    ic, version, revision, support = data
    return Firmware(ic, version, revision, support)


def _plain(code: Code, arguments: bytes) -> Command[bool]:
    return Command(code, arguments, lambda data: None if data else True)


_MOST: Final = 2
_TYPE_A: Final = 0x00
_TARGET: Final = 5
_UID_SIZES: Final = frozenset({4, 7, 10})
_HAS_PROTOCOL: Final = 0x20
_FIRMWARE: Final = 4
_PN531_TELLS: Final = 2
