"""The lock's end of the Bluetooth key: who may ask, how often, and that each request gets one answer.

Bytes in, bytes out; a connection is whatever its `peer` names. Everything that can be refused without the lock's own
judgement is refused here: what is malformed, replayed, late, too long or too much never reaches the engine.
"""

import logging
import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from lock_bridge.ble.codec import (
    NONCE_BYTES,
    Act,
    Assembly,
    Channel,
    Fault,
    Hello,
    Malformed,
    Phone,
    Request,
    begins,
    frame_size,
    frames,
    open_request,
    phone_public_of,
    plain_answer,
    seal_answer,
    session_of,
)
from lock_bridge.clock import Clock, Handle
from lock_bridge.engine.effects import PhoneTold
from lock_bridge.engine.inputs import PhoneActs, PhonePairs
from lock_bridge.wire.words import Refusal

from .allowance import Allowance

_LOG: Final = logging.getLogger(__name__)

CHALLENGE_MS: Final = 15_000
"""How long a hello is good for."""

ANSWER_MS: Final = 20_000
"""How long a phone waits for the lock: a motor may have to try twice."""

LATE_MS: Final = 60_000
"""How long an answer may still come that nobody waits for; until then the phone of that name asks for nothing new."""

IDLE_MS: Final = 30_000
"""How long a phone may be connected without a request that can be read. Whoever has nothing to say makes room."""

PEERS_MAX: Final = 8
"""Phones at once; one more takes the place of the one that has been silent longest."""

NONSENSE_MAX: Final = 64
"""Frames of no use on one connection, before it is cut; one long request in short frames may come too late."""

_REMEMBERED: Final = 64
_MTU_LEAST: Final = 23
_FAILURES: Final = frozenset({Refusal.UNKNOWN_CREDENTIAL.value, Refusal.PAIRING_CODE.value})
"""What counts towards the lockout (VER-7): from afar and by radio it must not lock the keypad in a minute."""


class TooMany(Exception):
    """The phone asks for challenges faster than it may."""


@dataclass(slots=True)
class _Offer:
    """A hello that was handed out, and what has come in answer so far."""

    hello: Hello
    raw: bytes
    private: X25519PrivateKey = field(repr=False)
    until_ms: int
    assembly: Assembly = field(default_factory=Assembly)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A request that the lock has been given."""

    phone: str
    peer: str | None
    session: int
    size: int
    channel: Channel
    timer: Handle | None = None


@dataclass(slots=True, eq=False)
class _Peer:
    """A connection."""

    size: int
    idle: Handle
    offer: _Offer | None = None
    session: int | None = None
    """Of the last hello; a frame may still come for it."""
    waiting: _Waiting | None = None
    nonsense: int = 0


class KeyService:
    """Hands out challenges, reads requests, and brings the lock's answers back to who asked."""

    def __init__(
        self,
        clock: Clock,
        *,
        report: Callable[[PhonePairs | PhoneActs], None],
        send: Callable[[str, bytes], None],
        hang_up: Callable[[str], None],
        changed: Callable[[], None] = lambda: None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`send` notifies a frame to a peer, `hang_up` ends its connection; `changed`: somebody has come or gone."""
        self._clock = clock
        self._report = report
        self._send = send
        self._hang_up = hang_up
        self._changed = changed
        self._random = random
        self._peers: dict[str, _Peer] = {}
        self._by_phone: dict[str, _Waiting] = {}
        self._per_peer: dict[str, Allowance] = {}
        self._hellos = Allowance(clock, at_once=40, every_ms=500)
        self._requests = Allowance(clock, at_once=12, every_ms=3_000)
        self._failures = Allowance(clock, at_once=4, every_ms=60_000)

    @property
    def connected(self) -> bool:
        """Whether a phone is connected that has asked for something."""
        return bool(self._peers)

    def hello(self, peer: str, mtu: int = _MTU_LEAST, offset: int = 0) -> bytes:
        """A new challenge for this connection, or from `offset` on the one before (ATT reads long values in pieces).

        Raises `TooMany`.
        """
        known = self._peers.get(peer)
        if offset:
            return b"" if known is None or known.offer is None else known.offer.raw[offset:]
        if self._hellos.wait_ms:
            raise TooMany
        self._hellos.take()
        at = known or self._welcome(peer)
        at.size = frame_size(mtu)
        private = X25519PrivateKey.from_private_bytes(self._random(32))
        hello = Hello(self._new_session(), at.size, self._random(NONCE_BYTES), private.public_key().public_bytes_raw())
        at.offer = _Offer(hello, hello.pack(), private, self._now + CHALLENGE_MS)
        at.session = hello.session
        return at.offer.raw

    def take(self, peer: str, frame: bytes) -> None:
        """A frame that a phone has written."""
        at = self._peers.get(peer) or self._welcome(peer)
        offer = at.offer
        if offer is None or session_of(frame) != offer.hello.session or self._now > offer.until_ms:
            at.offer = None
            self._useless(peer, at)
            if begins(frame):  # the rest of a message that was refused is not answered frame by frame
                self._refuse(peer, at, Fault.EXPIRED)
            return
        try:
            message = offer.assembly.take(frame)
        except Malformed as error:
            at.offer = None
            self._useless(peer, at)
            self._refuse(peer, at, error.fault)
            return
        if message is not None:
            at.offer = None  # a challenge is good for one request, whatever comes of it
            self._ask(peer, at, offer, message)

    def told(self, told: PhoneTold) -> None:
        """The lock's answer."""
        waiting = self._by_phone.pop(told.phone, None)
        if told.refusal in _FAILURES:
            self._failures.take()
        if waiting is None:
            return
        if waiting.timer is not None:
            waiting.timer.cancel()
        self._reply(waiting, seal_answer(waiting.channel, told.refusal))

    def gone(self, peer: str) -> None:
        """A connection has ended; its challenges with it."""
        at = self._peers.pop(peer, None)
        if at is None:
            return
        at.idle.cancel()
        if at.waiting is not None:
            at.waiting.peer = None
        self._changed()

    def end(self) -> None:
        """Bluetooth is off, or the radio is away: nobody is connected any more."""
        for peer in tuple(self._peers):
            self._cut(peer)

    def close(self) -> None:
        """End, and wait for nothing of the lock's either."""
        self.end()
        for waiting in self._by_phone.values():
            if waiting.timer is not None:
                waiting.timer.cancel()
        self._by_phone.clear()

    @property
    def _now(self) -> int:
        return self._clock.now().mono_ms

    def _welcome(self, peer: str) -> _Peer:
        if len(self._peers) >= PEERS_MAX:
            longest = next((name for name, at in self._peers.items() if at.waiting is None), next(iter(self._peers)))
            self._cut(longest)
        at = self._peers[peer] = _Peer(frame_size(_MTU_LEAST), self._idle(peer))
        self._changed()
        return at

    def _idle(self, peer: str) -> Handle:
        return self._clock.call_later(IDLE_MS, lambda: self._cut(peer))

    def _cut(self, peer: str) -> None:
        self._hang_up(peer)
        self.gone(peer)

    def _useless(self, peer: str, at: _Peer) -> None:
        at.nonsense += 1
        if at.nonsense >= NONSENSE_MAX:
            _LOG.warning("A phone sends nothing that makes sense: its connection is cut")
            self._cut(peer)

    def _new_session(self) -> int:
        taken = {at.session for at in self._peers.values()} | {waiting.session for waiting in self._by_phone.values()}
        while (session := int.from_bytes(self._random(2))) in taken:
            pass
        return session

    def _ask(self, peer: str, at: _Peer, offer: _Offer, message: bytes) -> None:
        if wait_ms := self._must_wait(peer):
            self._refuse(peer, at, Fault.SLOW_DOWN, -(-wait_ms // 1000))
            return
        try:
            public = phone_public_of(message)
            channel = Channel.agree(offer.private, offer.hello, public, lock=True)
            request = open_request(channel, message)
        except Malformed as error:
            self._useless(peer, at)
            self._refuse(peer, at, error.fault)
            return
        phone = phone_id(request.phone)
        if at.waiting is not None or phone in self._by_phone:
            self._refuse(peer, at, Fault.BUSY)
            return
        at.idle.cancel()
        at.idle = self._idle(peer)
        waiting = _Waiting(phone, peer, offer.hello.session, at.size, channel)
        waiting.timer = self._clock.call_later(ANSWER_MS, lambda: self._late(waiting))
        at.waiting = self._by_phone[phone] = waiting
        self._report(_reading(phone, request, channel))

    def _must_wait(self, peer: str) -> int:
        """For how long nothing of this phone is looked at; if for no time, it has asked once more."""
        own = self._per_peer.pop(peer, None) or Allowance(self._clock, at_once=6, every_ms=10_000)
        self._per_peer[peer] = own
        if len(self._per_peer) > _REMEMBERED:
            del self._per_peer[next(iter(self._per_peer))]
        wait_ms = max(own.wait_ms, self._requests.wait_ms, self._failures.wait_ms)
        if not wait_ms:
            own.take()
            self._requests.take()
        return wait_ms

    def _late(self, waiting: _Waiting) -> None:
        self._reply(waiting, plain_answer(Fault.NO_ANSWER))
        # What the lock says of it later must not pass for the answer to something else.
        waiting.timer = self._clock.call_later(LATE_MS - ANSWER_MS, lambda: self._forget(waiting))

    def _forget(self, waiting: _Waiting) -> None:
        if self._by_phone.get(waiting.phone) is waiting:
            del self._by_phone[waiting.phone]

    def _reply(self, waiting: _Waiting, message: bytes) -> None:
        peer, waiting.peer = waiting.peer, None
        at = None if peer is None else self._peers.get(peer)
        if peer is None or at is None:
            return
        at.waiting = None
        for frame in frames(waiting.session, message, waiting.size):
            self._send(peer, frame)

    def _refuse(self, peer: str, at: _Peer, fault: Fault, seconds: int = 0) -> None:
        if peer in self._peers and at.session is not None:
            for frame in frames(at.session, plain_answer(fault, seconds), at.size):
                self._send(peer, frame)


def phone_id(phone: Phone) -> str:
    """What the engine calls a phone: its name, and what nobody can guess who does not have its secret."""
    tag = b32encode(sha256(b"lock-bridge phone\0" + phone.secret).digest()[:10]).decode()
    return f"{phone.name} #{tag}"


def _reading(phone: str, request: Request, channel: Channel) -> PhonePairs | PhoneActs:
    if isinstance(request, Act):
        return PhoneActs(phone, request.key_id, request.operation, channel.challenge, request.counter, request.proof)
    return PhonePairs(phone, request.code)
