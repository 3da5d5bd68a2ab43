"""Commands that all modules of the EF AA family know, and what they answer. Pure."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final


class Code(IntEnum):
    """The commands in use."""

    RESET = 0x10
    GET_STATUS = 0x11
    VERIFY = 0x12
    ENROL_SINGLE = 0x1D
    DELETE = 0x20
    DELETE_ALL = 0x21
    USER_INFO = 0x22
    FORGET_POSES = 0x23
    ALL_IDS = 0x24
    ENROL_ITG = 0x26
    VERSION = 0x30
    DELETE_PALM = 0x80
    SERIAL = 0x93


class Result(IntEnum):
    """Second byte of a reply. Modules know more of them; one that is not here is a refusal like any other."""

    OK = 0x00
    REJECTED = 0x01
    ABORTED = 0x02
    UNKNOWN_USER = 0x08
    FULL = 0x09
    ENROLLED_ALREADY = 0x0A
    NOT_ALIVE = 0x0C
    TIMEOUT = 0x0D
    NO_PICTURE = 0x17
    PICTURE_TOO_LARGE = 0x18
    PICTURE_TOO_SMALL = 0x19


class Status(IntEnum):
    """What a module says of itself."""

    STANDBY = 0
    BUSY = 1
    ERROR = 2
    NOT_READY = 3


@dataclass(frozen=True, slots=True)
class Answer[T]:
    """A result, and a value when it is `OK`."""

    result: int
    value: T | None = None

    @property
    def ok(self) -> bool:
        """The command was carried out."""
        return self.result == Result.OK


@dataclass(frozen=True, slots=True)
class Command[T]:
    """A command, and how to read what a right answer carries; `read` gives None for what cannot be one."""

    code: Code
    data: bytes = field(repr=False)
    read: Callable[[bytes], T | None] = field(repr=False)

    def answer(self, reply: bytes) -> Answer[T] | None:
        """The answer in a reply's data; None when it is none to this command."""
        if len(reply) < _REPLY_HEAD or reply[0] != self.code:
            return None
        if reply[1] != Result.OK:
            return Answer(reply[1])
        value = self.read(reply[_REPLY_HEAD:])
        return None if value is None else Answer(Result.OK, value)


@dataclass(frozen=True, slots=True)
class Match:
    """Whom a module has found."""

    id: int
    name: str = field(repr=False)
    unlock: int | None


@dataclass(frozen=True, slots=True)
class Learnt:
    """What has come of one look of an enrolment: the user's id once it is complete."""

    id: int | None


NOBODY: Final = 0xFFFF
"""The id while an enrolment is not complete."""

NAME_SIZE: Final = 32


def reset() -> Command[bool]:
    """End the task under way."""
    return plain(Code.RESET)


def get_status() -> Command[int]:
    """Whether it is at rest."""
    return Command(Code.GET_STATUS, b"", lambda data: data[0] if data else None)


def version() -> Command[str]:
    """The firmware's version."""
    return Command(Code.VERSION, b"", text)


def serial() -> Command[str]:
    """The module's serial number."""
    return Command(Code.SERIAL, b"", text)


def verify(seconds: int) -> Command[Match]:
    """Look for somebody known."""
    return Command(Code.VERIFY, bytes((0, seconds)), _match)


def user_info(user: int) -> Command[str]:
    """A user's name."""
    return Command(Code.USER_INFO, user.to_bytes(2), lambda data: _name_of(user, data))


def forget_poses() -> Command[bool]:
    """Forget the poses of an enrolment that was not completed."""
    return plain(Code.FORGET_POSES)


def plain(code: Code, data: bytes = b"") -> Command[bool]:
    """A command that is answered by a result; what some firmware adds to it does not matter."""
    return Command(code, data, lambda _data: True)


def enrol(code: Code, data: bytes) -> Command[Learnt]:
    """Learn somebody, or one more pose."""
    return Command(code, data, _learnt)


def name_field(name: str) -> bytes:
    """A name as commands carry it."""
    return name.encode("ascii").ljust(NAME_SIZE, b"\0")


def text(data: bytes) -> str | None:
    """A text: what follows its first byte that is none is padding, of NUL or of whatever was there."""
    end = next((place for place, byte in enumerate(data) if not 0x20 <= byte < 0x7F), len(data))
    return data[:end].decode("ascii").strip()


class NoteType(IntEnum):
    """What a module tells unasked."""

    READY = 0
    FACE_STATE = 1
    UNKNOWN_ERROR = 2


class Sighting(IntEnum):
    """What a module sees while it looks. Others are faces that are not where they should be."""

    GOOD = 0
    NOTHING = 1
    TOO_FAR = 6
    TOO_CLOSE = 7
    BROW_COVERED = 8
    EYES_COVERED = 9
    FACE_COVERED = 10
    PALM = 0x80


def sighting(note: bytes) -> int | None:
    """What a note of what is seen says first; its numbers have their low byte first, unlike all else."""
    if len(note) < _FACE_STATE or note[0] != NoteType.FACE_STATE:
        return None
    return int(struct.unpack_from("<h", note, 1)[0])


_REPLY_HEAD: Final = 2
_FACE_STATE: Final = 17
_RECORD: Final = 2 + NAME_SIZE
_LONGEST_RECORD: Final = _RECORD + 8
"""A record may be followed by whether she is an administrator, how her eyes are, and little else."""


def _match(data: bytes) -> Match | None:
    if not _RECORD <= len(data) <= _LONGEST_RECORD:
        return None
    name = text(data[2:_RECORD])
    unlock = data[_RECORD + 1] if len(data) > _RECORD + 1 else None
    return Match(int.from_bytes(data[:2]), name or "", unlock)


def _name_of(user: int, data: bytes) -> str | None:
    if not _RECORD <= len(data) <= _LONGEST_RECORD or int.from_bytes(data[:2]) != user:
        return None
    return text(data[2:_RECORD])


def _learnt(data: bytes) -> Learnt | None:
    if not 2 <= len(data) <= 8:
        return None
    user = int.from_bytes(data[:2])
    return Learnt(None if user == NOBODY else user)
