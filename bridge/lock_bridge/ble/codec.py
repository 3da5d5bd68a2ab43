"""What lock and phone send each other: the hello, frames, sealed requests and answers. Version 1."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION: Final = 1

SERVICE: Final = "8e5c0001-6b1d-4f0e-9c57-6c6f636b6272"
HELLO: Final = "8e5c0002-6b1d-4f0e-9c57-6c6f636b6272"
"""Read: a challenge for this connection, another one each time."""
REQUEST: Final = "8e5c0003-6b1d-4f0e-9c57-6c6f636b6272"
"""Written with response, in frames."""
ANSWER: Final = "8e5c0004-6b1d-4f0e-9c57-6c6f636b6272"
"""Notified, in frames. BlueZ tells them to all phones that are connected: each takes those of its session."""

PUBLIC_BYTES: Final = 32
NONCE_BYTES: Final = 16
FRAME_MIN: Final = 20
"""What goes through without any agreement on the MTU."""
FRAME_MAX: Final = 244
MESSAGE_MAX: Final = 320
"""A request or answer as a whole."""
NAME_MAX: Final = 40
"""Characters of a phone's name."""
SECRET_BYTES: Final = 16

type Operation = Literal["unlock", "lock"]

_HELLO: Final = struct.Struct(f">BHH{NONCE_BYTES}s{PUBLIC_BYTES}s")
_HEAD: Final = struct.Struct(">HB")
_LAST: Final = 0x80
_FRAMES_MAX: Final = 0x80
_ACT: Final = struct.Struct(">8sQ32s")
_CODE_MAX: Final = 16
_NO_NONCE: Final = bytes(12)
"""Each key seals one message only."""
_WORD_BYTES: Final = 32
"""Words are padded, so that nobody who listens learns from the length what became of a request."""
_SEALED: Final = 0
_PLAIN: Final = 1
_PAIR: Final = 1
_OPERATIONS: Final[dict[int, Operation]] = {2: "unlock", 3: "lock"}
_KINDS: Final = {name: kind for kind, name in _OPERATIONS.items()}


class Fault(IntEnum):
    """Why a request did not reach the lock's own judgement; told unsealed."""

    VERSION = 1
    """The lock speaks another version."""
    MALFORMED = 2
    """It cannot be opened or read."""
    TOO_LONG = 3
    EXPIRED = 4
    """Its challenge is too old, used, or of another connection: read the hello anew."""
    BUSY = 5
    """The lock is still at another request of this phone."""
    SLOW_DOWN = 6
    """Too many; again in so many seconds."""
    NO_ANSWER = 7
    """The lock did not answer in time: look at the door."""


class Malformed(ValueError):
    """Bytes are not what the protocol allows. Never holds what they are."""

    def __init__(self, what: str, fault: Fault = Fault.MALFORMED) -> None:
        super().__init__(what)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Hello:
    """The lock's challenge: valid for one request, on one connection, for a few seconds."""

    session: int
    frame: int
    """The longest frame that fits this connection."""
    nonce: bytes
    public: bytes

    def pack(self) -> bytes:
        return _HELLO.pack(VERSION, self.session, self.frame, self.nonce, self.public)

    @classmethod
    def unpack(cls, raw: bytes) -> Hello:
        """Raises `Malformed`."""
        if raw[:1] and raw[0] != VERSION:
            raise Malformed("the lock speaks another version", Fault.VERSION)
        if len(raw) != _HELLO.size:
            raise Malformed("not a hello")
        _, session, frame, nonce, public = _HELLO.unpack(raw)
        if frame < FRAME_MIN:
            raise Malformed("frames of no use")
        return cls(session, frame, nonce, public)


def frame_size(mtu: int) -> int:
    """The longest frame at an ATT MTU, of which three bytes are not ours."""
    return max(FRAME_MIN, min(FRAME_MAX, mtu - 3))


def frames(session: int, message: bytes, size: int) -> Iterator[bytes]:
    """A message in frames of at most `size` bytes, in order."""
    room = size - _HEAD.size
    pieces = [message[place : place + room] for place in range(0, len(message), room)] or [b""]
    for index, piece in enumerate(pieces):
        last = _LAST if index == len(pieces) - 1 else 0
        yield _HEAD.pack(session, last | index) + piece


def session_of(frame: bytes) -> int | None:
    """The session that a frame belongs to."""
    return int.from_bytes(frame[:2]) if len(frame) >= _HEAD.size else None


def begins(frame: bytes) -> bool:
    """Whether a frame is the first of its message."""
    return len(frame) >= _HEAD.size and not frame[2] & ~_LAST


@dataclass(slots=True)
class Assembly:
    """Frames of one message as they come in."""

    _parts: list[bytes] = field(default_factory=list, repr=False)
    _bytes: int = 0

    def take(self, frame: bytes) -> bytes | None:
        """One more frame; the message, if it was the last. Raises `Malformed`: start anew."""
        if len(frame) < _HEAD.size:
            raise Malformed("not a frame")
        _, head = _HEAD.unpack_from(frame)
        if head & ~_LAST != len(self._parts):
            raise Malformed("a frame is missing, or came twice")
        self._bytes += len(frame) - _HEAD.size
        if self._bytes > MESSAGE_MAX or len(self._parts) >= _FRAMES_MAX - 1:
            raise Malformed("a message without an end", Fault.TOO_LONG)
        self._parts.append(frame[_HEAD.size :])
        return b"".join(self._parts) if head & _LAST else None


@dataclass(frozen=True, slots=True)
class Channel:
    """What both ends of one request have agreed on."""

    challenge: bytes
    """Of this hello and this phone's key: what the proof of a visitor's key is over."""
    request: bytes = field(repr=False)
    answer: bytes = field(repr=False)

    @classmethod
    def agree(cls, own: X25519PrivateKey, hello: Hello, phone_public: bytes, *, lock: bool) -> Channel:
        """From one's own key and the other's public one. Raises `Malformed` for a key that is none."""
        raw = hello.pack()
        challenge = sha256(b"lock-bridge ble/1\0" + raw + phone_public).digest()
        try:
            shared = own.exchange(X25519PublicKey.from_public_bytes(phone_public if lock else hello.public))
        except ValueError:
            raise Malformed("not a key") from None
        keys = HKDF(SHA256(), 64, challenge, b"lock-bridge ble/1 keys").derive(shared)
        return cls(challenge, keys[:32], keys[32:])


@dataclass(frozen=True, slots=True)
class Phone:
    """Who asks: what people call the phone, and its secret, by which the lock knows it again."""

    name: str
    secret: bytes = field(repr=False)

    def pack(self) -> bytes:
        name = self.name.encode()
        return self.secret + bytes([len(name)]) + name


@dataclass(frozen=True, slots=True)
class Pair:
    """DLM-9: the lock's pairing code."""

    phone: Phone
    code: str = field(repr=False)

    def pack(self) -> bytes:
        code = self.code.encode()
        return bytes([_PAIR]) + self.phone.pack() + bytes([len(code)]) + code


@dataclass(frozen=True, slots=True)
class Act:
    """VER-14: the proof of a visitor's key (`engine.bluetooth.proof`)."""

    phone: Phone
    operation: Operation
    key_id: bytes
    counter: int
    proof: bytes = field(repr=False)

    def pack(self) -> bytes:
        kind = bytes([_KINDS[self.operation]])
        return kind + self.phone.pack() + _ACT.pack(self.key_id, self.counter, self.proof)


type Request = Pair | Act


def seal_request(channel: Channel, phone_public: bytes, request: Request) -> bytes:
    """A request as it goes over the air. Raises `Malformed` for names and codes of no possible length."""
    if not is_name(request.phone.name):
        raise Malformed("not a name for a phone")
    if isinstance(request, Pair) and len(request.code.encode()) > _CODE_MAX:
        raise Malformed("not a pairing code")
    sealed = AESGCM(channel.request).encrypt(_NO_NONCE, request.pack(), None)
    return bytes([VERSION]) + phone_public + sealed


def phone_public_of(message: bytes) -> bytes:
    """The phone's key in a request. Raises `Malformed`."""
    if message[:1] and message[0] != VERSION:
        raise Malformed("another version", Fault.VERSION)
    if len(message) <= 1 + PUBLIC_BYTES:
        raise Malformed("not a request")
    return message[1 : 1 + PUBLIC_BYTES]


def open_request(channel: Channel, message: bytes) -> Request:
    """What a phone asks for. Raises `Malformed`."""
    try:
        plain = AESGCM(channel.request).decrypt(_NO_NONCE, message[1 + PUBLIC_BYTES :], None)
    except InvalidTag:
        raise Malformed("not sealed for this channel") from None
    reader = _Reader(plain)
    kind = reader.byte()
    secret = reader.take(SECRET_BYTES)
    name = reader.text(reader.byte())
    if not is_name(name):
        raise Malformed("not a name for a phone")
    phone = Phone(name, secret)
    if kind == _PAIR:
        length = reader.byte()
        if length > _CODE_MAX:
            raise Malformed("not a pairing code")
        code = reader.text(length)
        reader.end()
        return Pair(phone, code)
    if kind not in _OPERATIONS:
        raise Malformed("not an operation")
    key_id, counter, proof = _ACT.unpack(reader.take(_ACT.size))
    reader.end()
    return Act(phone, _OPERATIONS[kind], key_id, counter, proof)


def is_name(name: str) -> bool:
    """Whether a phone can be called so."""
    return 0 < len(name) <= NAME_MAX and name.isprintable() and not name.isspace()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: `word` is None for done, else the lock's reason; or a `fault` with seconds to wait."""

    word: str | None = None
    fault: Fault | None = None
    seconds: int = 0

    @property
    def done(self) -> bool:
        return self.word is None and self.fault is None


def seal_answer(channel: Channel, word: str | None) -> bytes:
    """The lock's verdict, for this phone alone."""
    plain = (word or "").encode()[:_WORD_BYTES].ljust(_WORD_BYTES, b"\0")
    return bytes([_SEALED]) + AESGCM(channel.answer).encrypt(_NO_NONCE, plain, None)


def plain_answer(fault: Fault, seconds: int = 0) -> bytes:
    """Why a request got no verdict."""
    return struct.pack(">BBH", _PLAIN, fault, min(seconds, 0xFFFF))


def open_answer(channel: Channel, message: bytes) -> Answer:
    """Raises `Malformed`. A fault of a later version is `MALFORMED`."""
    if message[:1] == bytes([_SEALED]):
        try:
            plain = AESGCM(channel.answer).decrypt(_NO_NONCE, message[1:], None)
        except InvalidTag:
            raise Malformed("not sealed by this lock") from None
        word = plain.rstrip(b"\0").decode("ascii", "replace")
        return Answer(word=word or None)
    if message[:1] != bytes([_PLAIN]) or len(message) != struct.calcsize(">BBH"):
        raise Malformed("not an answer")
    _, fault, seconds = struct.unpack(">BBH", message)
    known = Fault(fault) if fault in Fault else Fault.MALFORMED
    return Answer(fault=known, seconds=seconds)


class _Reader:
    """Reads a message from its start; raises `Malformed` where it is too short or too long."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._place = 0

    def take(self, count: int) -> bytes:
        taken = self._raw[self._place : self._place + count]
        if len(taken) != count:
            raise Malformed("too short")
        self._place += count
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def text(self, count: int) -> str:
        try:
            return self.take(count).decode()
        except UnicodeDecodeError:
            raise Malformed("not a text") from None

    def end(self) -> None:
        if self._place != len(self._raw):
            raise Malformed("too long")
