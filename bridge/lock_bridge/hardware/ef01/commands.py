"""Commands of the EF 01 family, and what answers to them can look like. Pure.

An answer does not name its command. So each command knows the lengths that its own answers have, and takes no others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final


class Code(IntEnum):
    """The commands in use."""

    GET_IMAGE = 0x01
    EXTRACT = 0x02
    MATCH = 0x03
    SEARCH = 0x04
    COMBINE = 0x05
    STORE = 0x06
    DELETE = 0x0C
    READ_PARAMETERS = 0x0F
    VERIFY_PASSWORD = 0x13
    READ_INDEX = 0x1F
    RING = 0x35
    READ_PRODUCT = 0x3C
    SOFT_RESET = 0x3D


class Status(IntEnum):
    """First byte of an answer. Modules know more of them; one that is not here is a refusal like any other."""

    OK = 0x00
    RECEIVE_ERROR = 0x01
    NO_FINGER = 0x02
    IMAGE_FAILED = 0x03
    MESSY = 0x06
    TOO_SMALL = 0x07
    NO_MATCH = 0x08
    NOT_FOUND = 0x09
    MISMATCH = 0x0A
    WRONG_PASSWORD = 0x13
    NO_IMAGE = 0x15
    WRONG_ADDRESS = 0x20
    PASSWORD_NEEDED = 0x21
    EMPTY_LIBRARY = 0x24
    TOO_SIMILAR = 0x28
    FAILED = 0xFE


@dataclass(frozen=True, slots=True)
class Answer[T]:
    """A status, and a value when it is `OK`."""

    status: int
    value: T | None = None

    @property
    def ok(self) -> bool:
        """The command was carried out."""
        return self.status == Status.OK


@dataclass(frozen=True, slots=True)
class Command[T]:
    """A command, the sizes of the data in its right answers, and how to read those."""

    code: Code
    arguments: bytes = field(repr=False)  # a password may be among them
    sizes: tuple[int, ...]
    read: Callable[[bytes], T] = field(repr=False)
    refusable: bool = True

    @property
    def payload(self) -> bytes:
        """What goes into the frame."""
        return bytes((self.code,)) + self.arguments

    def answer(self, payload: bytes) -> Answer[T] | None:
        """The answer in these bytes; None when they cannot be an answer to this command."""
        status, data = payload[0], payload[1:]
        if status == Status.OK:
            return Answer(Status.OK, self.read(data)) if len(data) in self.sizes else None
        if self.refusable and len(data) in (0, *self.sizes):
            return Answer(status)
        return None


@dataclass(frozen=True, slots=True)
class Parameters:
    """What every module tells of itself."""

    system_id: int
    capacity: int
    security_level: int
    address: int


@dataclass(frozen=True, slots=True)
class Product:
    """What newer modules tell of themselves."""

    model: str
    batch: str
    serial: str
    hardware: str
    sensor: str


@dataclass(frozen=True, slots=True)
class Found:
    """A slot whose template matches, and how well."""

    slot: int
    score: int


class Effect(IntEnum):
    """What the ring does."""

    BREATHE = 1
    FLASH = 2
    ON = 3
    OFF = 4
    FADE_IN = 5
    FADE_OUT = 6


class Colour(IntEnum):
    """Colours of the ring that all of its versions have."""

    RED = 1
    BLUE = 2
    PURPLE = 3


@dataclass(frozen=True, slots=True)
class Glow:
    """What a ring of light shows: `speed` 1-255 is a cycle's length in steps of 10 ms, `count` 0 means for ever."""

    effect: Effect
    colour: Colour
    speed: int = 0
    count: int = 0

    @property
    def seconds(self) -> float:
        """How long the module is busy showing it."""
        return self.speed * self.count / 100


SLOTS_PER_PAGE: Final = 256
"""Slots that one page of the index covers."""


def get_image() -> Command[None]:
    """Take a picture of the finger on the glass."""
    return _plain(Code.GET_IMAGE)


def extract(buffer: int) -> Command[None]:
    """Read the picture's features into a buffer, from 1."""
    return _plain(Code.EXTRACT, bytes((buffer,)))


def search(buffer: int, capacity: int) -> Command[Found]:
    """Look for the features of a buffer in the whole library."""
    return Command(Code.SEARCH, bytes((buffer, 0, 0)) + capacity.to_bytes(2), (4,), _found)


def match() -> Command[int]:
    """Compare the last features with the combined ones; the value is the score."""
    return Command(Code.MATCH, b"", (2,), int.from_bytes)


def combine() -> Command[None]:
    """Make one template of the features in the buffers."""
    return _plain(Code.COMBINE)


def store(slot: int) -> Command[None]:
    """Keep the combined template."""
    return _plain(Code.STORE, b"\x01" + slot.to_bytes(2))


def delete(first: int, count: int) -> Command[None]:
    """Forget `count` slots from `first` on."""
    return _plain(Code.DELETE, first.to_bytes(2) + count.to_bytes(2))


def read_index(page: int) -> Command[frozenset[int]]:
    """The occupied slots of a page."""
    return Command(Code.READ_INDEX, bytes((page,)), (32,), lambda data: _slots(page, data))


def verify_password(password: int) -> Command[None]:
    """Say the password; a module with one obeys nothing before."""
    return _plain(Code.VERIFY_PASSWORD, password.to_bytes(4))


def read_parameters() -> Command[Parameters]:
    """The module's parameters. Its answer is like no other: it alone has this length, and no refusal is taken."""
    return Command(Code.READ_PARAMETERS, b"", (16,), _parameters, refusable=False)


def read_product() -> Command[Product]:
    """What newer modules know about themselves; the manual gives two lengths for it."""
    return Command(Code.READ_PRODUCT, b"", (46, 50), _product)


def soft_reset() -> Command[None]:
    """Start anew, with empty buffers; the ready byte follows."""
    return _plain(Code.SOFT_RESET)


def ring(glow: Glow) -> Command[None]:
    """Light the ring."""
    return _plain(Code.RING, bytes((glow.effect, glow.speed, glow.colour, glow.count)))


def _plain(code: Code, arguments: bytes = b"") -> Command[None]:
    """A command that is answered by a status alone."""
    return Command(code, arguments, (0,), lambda _data: None)


def _found(data: bytes) -> Found:
    return Found(int.from_bytes(data[:2]), int.from_bytes(data[2:]))


def _slots(page: int, data: bytes) -> frozenset[int]:
    first = page * SLOTS_PER_PAGE
    return frozenset(first + bit for bit in range(SLOTS_PER_PAGE) if data[bit // 8] >> bit % 8 & 1)


def _parameters(data: bytes) -> Parameters:
    return Parameters(
        system_id=int.from_bytes(data[2:4]),
        capacity=int.from_bytes(data[4:6]),
        security_level=int.from_bytes(data[6:8]),
        address=int.from_bytes(data[8:12]),
    )


def _product(data: bytes) -> Product:
    return Product(
        model=_text(data[:16]),
        batch=_text(data[16:20]),
        serial=_text(data[20:28]),
        hardware=f"{data[28]}.{data[29]}",
        sensor=_text(data[30:38]),
    )


def _text(data: bytes) -> str:
    return "".join(chr(byte) for byte in data if 0x20 < byte < 0x7F)
