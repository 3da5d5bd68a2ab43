"""CPACE-X25519-SHA512 with key confirmation (draft-irtf-cfrg-cpace-21), as initiator and as responder.

Two ends that share a short code agree on a strong key. Someone in between has one guess at the code in each run,
and takes nothing away to try codes against later.

X25519 and SHA-512 are OpenSSL's. The map from the code to the curve has no branch, table or exponent that depends on
the code, but runs on Python's integers, whose arithmetic is a little faster for small values: not constant in time in
the strict sense. Nor can Python wipe memory. Both are acceptable for a code that lives for minutes and a few tries, and
would not be for a lasting password.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

DSI = b"CPace255"
SHARE_LENGTH = 32
SCALAR_LENGTH = 32
TAG_LENGTH = 64

type RandomBytes = Callable[[int], bytes]


class CPaceError(Exception):
    """The other end's share is unusable, or a run was used twice. Says nothing about the code."""


class Role(Enum):
    """Who speaks first."""

    INITIATOR = "A"
    RESPONDER = "B"


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """What one end holds after the exchange; proven shared only once the other end's tag is confirmed.

    `isk` is key material, for a KDF only. `tag` is to be sent. `transcript_hash` is public (the draft's sid_output).
    """

    isk: bytes = field(repr=False)
    tag: bytes = field(repr=False)
    peer_tag: bytes = field(repr=False)
    transcript_hash: bytes = field(repr=False)

    def confirms(self, tag: bytes) -> bool:
        """Whether the other end's tag proves the same code, channel, shares and associated data."""
        return hmac.compare_digest(tag, self.peer_tag)


class Party:
    """One end of one run: its share goes out, the other end's comes in, once."""

    __slots__ = ("_role", "_scalar", "_sid", "share")

    def __init__(self, role: Role, *, prs: bytes, ci: bytes, sid: bytes, rng: RandomBytes = os.urandom) -> None:
        """`prs` is the code, `ci` the channel as this end sees it, `sid` names the run."""
        self._role = role
        self._sid = sid
        self._scalar: bytes | None = sample_scalar(rng)
        self.share = scalar_mult_vfy(self._scalar, calculate_generator(prs, ci, sid))

    def derive(self, peer_share: bytes, *, ad: bytes, peer_ad: bytes) -> Session:
        """Take in the other end's share. Raises CPaceError if it is unusable; the run is spent either way.

        `ad` is what this end said of itself beside its share, `peer_ad` what the other end did: in clear, and proved.
        """
        scalar, self._scalar = self._scalar, None
        if scalar is None:
            raise CPaceError("the run is spent")
        if peer_share == self.share:
            raise CPaceError("the share is this end's own, sent back")
        k = scalar_mult_vfy(scalar, peer_share)
        own, peer = (self.share, ad), (peer_share, peer_ad)
        first, second = (own, peer) if self._role is Role.INITIATOR else (peer, own)
        transcript = transcript_ir(*first, *second)
        isk = intermediate_session_key(self._sid, k, transcript)
        mac_key = confirmation_key(self._sid, isk)
        return Session(
            isk=isk,
            tag=confirmation_tag(mac_key, *own),
            peer_tag=confirmation_tag(mac_key, *peer),
            transcript_hash=sid_output(transcript),
        )


def sample_scalar(rng: RandomBytes = os.urandom) -> bytes:
    """Return a fresh private scalar: any 32 bytes, X25519 clamps them."""
    scalar = rng(SCALAR_LENGTH)
    if len(scalar) != SCALAR_LENGTH:
        raise ValueError("the random source gave too little")
    return scalar


def scalar_mult_vfy(scalar: bytes, point: bytes) -> bytes:
    """X25519(scalar, point). Raises CPaceError where the draft says abort: a result that is the neutral element."""
    if len(point) != SHARE_LENGTH:
        raise CPaceError("a share has 32 bytes")
    from . import primitives

    product = primitives.x25519(scalar, point) or _NEUTRAL  # OpenSSL refuses points of low order by itself
    if hmac.compare_digest(product, _NEUTRAL):
        raise CPaceError("the share is a point of low order")
    return product


def calculate_generator(prs: bytes, ci: bytes, sid: bytes) -> bytes:
    """Return the run's secret base point, as X25519 takes it."""
    digest = hashlib.sha512(generator_string(prs, ci, sid)).digest()[:SHARE_LENGTH]
    u = int.from_bytes(digest, "little") & _LOW_255_BITS
    return map_to_curve_elligator2(u).to_bytes(SHARE_LENGTH, "little")


def generator_string(prs: bytes, ci: bytes, sid: bytes) -> bytes:
    """Return what is hashed to the generator: code and padding fill the first block, so it has nothing public in it."""
    padding = max(0, _HASH_BLOCK - 1 - len(prepend_len(prs)) - len(prepend_len(DSI)))
    return lv_cat(DSI, prs, bytes(padding), ci, sid)


def map_to_curve_elligator2(u: int) -> int:
    """Map a field element to the u coordinate of a point on Curve25519 (RFC 9380, 6.7.1)."""
    # 1 + 2u^2 is never 0, as -1/2 is no square; nor is the right-hand side below, as A^2 - 4 is none.
    v = -_A * pow(1 + _Z * u * u, _P - 2, _P) % _P
    legendre = pow(v * (v * (v + _A) + 1), (_P - 1) // 2, _P)  # 1 if v is on the curve, else -1
    sign = legendre + _P  # of full width in both cases, so that the product does not tell them apart by its time
    return (sign * (v + _A // 2) - _A // 2) % _P  # v, or -v - A


def transcript_ir(ya: bytes, ad_a: bytes, yb: bytes, ad_b: bytes) -> bytes:
    """Return both messages, the initiator's first."""
    return lv_cat(ya, ad_a) + lv_cat(yb, ad_b)


def intermediate_session_key(sid: bytes, k: bytes, transcript: bytes) -> bytes:
    """Return the ISK; `k` is to be forgotten after it."""
    return hashlib.sha512(lv_cat(DSI + b"_ISK", sid, k) + transcript).digest()


def sid_output(transcript: bytes) -> bytes:
    """Return the public name that both ends can give to a run (10.6)."""
    return hashlib.sha512(b"CPaceSidOutput" + transcript).digest()


def confirmation_key(sid: bytes, isk: bytes) -> bytes:
    """Return the key of the tags (10.4)."""
    return hashlib.sha512(b"CPaceMac" + sid + isk).digest()


def confirmation_tag(mac_key: bytes, share: bytes, ad: bytes) -> bytes:
    """Return the tag with which the end that sent `share` and `ad` proves the key (10.4)."""
    return hmac.digest(mac_key, lv_cat(share, ad), "sha512")


def lv_cat(*parts: bytes) -> bytes:
    """Join parts, each after its length, so that no two lists of parts give the same bytes."""
    return b"".join(prepend_len(part) for part in parts)


def prepend_len(data: bytes) -> bytes:
    """Put the length in front, as LEB128."""
    length = len(data)
    prefix = bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + data


_P = 2**255 - 19
_A = 486662
_Z = 2  # the smallest non-square
_LOW_255_BITS = 2**255 - 1
_NEUTRAL = bytes(SHARE_LENGTH)
_HASH_BLOCK = 128
