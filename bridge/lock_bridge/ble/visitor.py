"""The visitor's end of one request: from the lock's hello to its answer."""

import secrets
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from lock_bridge.engine import bluetooth

from .codec import (
    Act,
    Answer,
    Assembly,
    Channel,
    Hello,
    Operation,
    Pair,
    Phone,
    Request,
    frames,
    open_answer,
    seal_request,
    session_of,
)


class Exchange:
    """One request and its answer. Raises `Malformed` at a hello that is none."""

    def __init__(self, hello: bytes, *, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._hello = Hello.unpack(hello)
        own = X25519PrivateKey.from_private_bytes(random(32))
        self._public = own.public_key().public_bytes_raw()
        self._channel = Channel.agree(own, self._hello, self._public, lock=False)
        self._assembly = Assembly()

    def pair(self, phone: Phone, code: str) -> Iterator[bytes]:
        """Frames to write that give the lock's pairing code (DLM-9)."""
        return self._frames(Pair(phone, code))

    def act(self, phone: Phone, operation: Operation, key_text: str, counter: int) -> Iterator[bytes]:
        """Frames to write that show a key. `counter` is more than ever before. Raises `ValueError`: not a key."""
        key_id, key = bluetooth.read_key(key_text)
        proof = bluetooth.proof(key, self._channel.challenge, operation, counter)
        return self._frames(Act(phone, operation, key_id, counter, proof))

    def take(self, frame: bytes) -> Answer | None:
        """A frame that was notified; the answer, if it is whole. Raises `Malformed`."""
        if session_of(frame) != self._hello.session:
            return None  # another phone's
        message = self._assembly.take(frame)
        return None if message is None else open_answer(self._channel, message)

    def _frames(self, request: Request) -> Iterator[bytes]:
        message = seal_request(self._channel, self._public, request)
        return frames(self._hello.session, message, self._hello.frame)


def next_counter(last: int, wall_ms: int) -> int:
    """A counter beyond all that this key was shown with: by the calendar, so that two phones can share one key."""
    return max(last + 1, wall_ms)
