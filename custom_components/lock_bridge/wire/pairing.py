"""The handshake `pair/1`, as the client and the bridge both use it: no transport, no clock, nothing stored.

    client                                       bridge
    StartRequest(sid, Ya, name, scopes)    ->
                                           <-    StartReply(Yb, device id)
    FinishRequest(sid, Ta)                 ->    checks Ta before it shows Tb, so a guess earns nothing
    checks Tb, opens the grant             <-    FinishReply(Tb, nonce, sealed grant)

CPace proves the code to each other, over what each end knows of the channel: the TLS certificate. Someone in between
has another certificate, and fails just as with a wrong code. Names and scopes are proved with it, and the grant (the
client's token) is sealed under the key agreed on, so that it does not rest on TLS alone.

How many tries a code has, for how long, and that it dies with the first success, is the caller's to keep.
"""

import base64
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from .cpace import SHARE_LENGTH, TAG_LENGTH, CPaceError, Party, RandomBytes, Role, Session

PROTOCOL = "pair/1"
CODE_DIGITS = 8
SID_LENGTH = 16
NONCE_LENGTH = 12
SEALED_LIMIT = 4096
NAME_LIMIT = 64
SCOPES_LIMIT = 32


class PairingFailed(Exception):
    """The pairing is over; another needs a new start. Never says what the code is."""


class MalformedCode(PairingFailed):
    """What was typed is not a pairing code."""


class MalformedMessage(PairingFailed):
    """A message is not what `pair/1` allows."""


class OutOfTurn(PairingFailed):
    """A step was taken twice, before its turn, or after a failure."""


class ConfirmationFailed(PairingFailed):
    """The other end has another code, or sees another certificate: a mistyped code, or someone in between."""


def normalise_code(text: str) -> str:
    """Return the eight ASCII digits of a code as people type it: `1234 5678`, `1234-5678`, in any script's digits."""
    kept = [char for char in text if not char.isspace() and unicodedata.category(char) not in _CODE_DECORATION]
    if len(kept) != CODE_DIGITS or not all(char.isdecimal() for char in kept):
        raise MalformedCode(f"a pairing code has {CODE_DIGITS} digits")
    return "".join(str(unicodedata.decimal(char)) for char in kept)


@dataclass(frozen=True, slots=True)
class StartRequest:
    """The client names itself and what it wants to be allowed, and sends its share."""

    sid: bytes
    share: bytes
    name: str
    scopes: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_length("sid", self.sid, SID_LENGTH)
        _check_length("ya", self.share, SHARE_LENGTH)
        if not (0 < len(self.name) <= NAME_LIMIT and self.name.isprintable() and not self.name.isspace()):
            raise MalformedMessage(f"name must be 1 to {NAME_LIMIT} printable characters")
        if not 0 < len(self.scopes) <= SCOPES_LIMIT or len(set(self.scopes)) != len(self.scopes):
            raise MalformedMessage(f"scopes must be 1 to {SCOPES_LIMIT} different ones")
        if not all(_SCOPE.fullmatch(scope) for scope in self.scopes):
            raise MalformedMessage("scopes must be short lower-case words")

    @property
    def associated_data(self) -> bytes:
        """What the handshake proves beside the code."""
        return _canonical({"name": self.name, "scopes": list(self.scopes)})

    def to_json(self) -> dict[str, Any]:
        """Return the message as it is sent."""
        return {
            "protocol": PROTOCOL,
            "sid": _encode(self.sid),
            "ya": _encode(self.share),
            "name": self.name,
            "scopes": list(self.scopes),
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read the message as it came. Raises MalformedMessage."""
        fields = _fields(data, "protocol", "sid", "ya", "name", "scopes")
        if fields["protocol"] != PROTOCOL:
            raise MalformedMessage(f"protocol must be {PROTOCOL}")
        scopes = fields["scopes"]
        if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
            raise MalformedMessage("scopes must be a list of strings")
        return cls(_decode(fields, "sid"), _decode(fields, "ya"), _text(fields, "name"), tuple(scopes))


@dataclass(frozen=True, slots=True)
class StartReply:
    """The bridge says which one it is, and sends its share."""

    share: bytes
    device_id: str

    def __post_init__(self) -> None:
        _check_length("yb", self.share, SHARE_LENGTH)
        _check_device_id(self.device_id)

    @property
    def associated_data(self) -> bytes:
        """What the handshake proves beside the code."""
        return _canonical({"device_id": self.device_id})

    def to_json(self) -> dict[str, Any]:
        """Return the message as it is sent."""
        return {"yb": _encode(self.share), "device_id": self.device_id}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read the message as it came. Raises MalformedMessage."""
        fields = _fields(data, "yb", "device_id")
        return cls(_decode(fields, "yb"), _text(fields, "device_id"))


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """The client proves the code. The sid says which start this finishes."""

    sid: bytes
    tag: bytes

    def __post_init__(self) -> None:
        _check_length("sid", self.sid, SID_LENGTH)
        _check_length("ta", self.tag, TAG_LENGTH)

    def to_json(self) -> dict[str, Any]:
        """Return the message as it is sent."""
        return {"sid": _encode(self.sid), "ta": _encode(self.tag)}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read the message as it came. Raises MalformedMessage."""
        fields = _fields(data, "sid", "ta")
        return cls(_decode(fields, "sid"), _decode(fields, "ta"))


@dataclass(frozen=True, slots=True)
class FinishReply:
    """The bridge proves the code, and grants."""

    tag: bytes
    nonce: bytes
    sealed: bytes

    def __post_init__(self) -> None:
        _check_length("tb", self.tag, TAG_LENGTH)
        _check_length("nonce", self.nonce, NONCE_LENGTH)
        if not _GCM_TAG_LENGTH < len(self.sealed) <= SEALED_LIMIT:
            raise MalformedMessage("sealed has the wrong length")

    def to_json(self) -> dict[str, Any]:
        """Return the message as it is sent."""
        return {"tb": _encode(self.tag), "nonce": _encode(self.nonce), "sealed": _encode(self.sealed)}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read the message as it came. Raises MalformedMessage."""
        fields = _fields(data, "tb", "nonce", "sealed")
        return cls(_decode(fields, "tb"), _decode(fields, "nonce"), _decode(fields, "sealed"))


class PairingClient:
    """The client's end of one pairing. Each step once, in the order below; a step that raises PairingFailed ends it."""

    __slots__ = ("_party", "_request", "_session", "_turns")

    _session: Session

    def __init__(
        self,
        code: str,
        certificate_sha256: bytes,
        client_name: str,
        scopes: Iterable[str],
        rng: RandomBytes = os.urandom,
    ) -> None:
        """Take the code as typed, and the SHA-256 of the certificate (DER) that the bridge shows on this connection."""
        sid = rng(SID_LENGTH)
        channel = _channel(certificate_sha256)
        self._party = Party(Role.INITIATOR, prs=_password(code), ci=channel, sid=sid, rng=rng)
        self._request = StartRequest(sid, self._party.share, client_name, tuple(scopes))
        self._turns = _Turns("start", "on_start_reply", "on_finish_reply")

    def start(self) -> StartRequest:
        """Return the first message."""
        with self._turns.take("start"):
            return self._request

    def on_start_reply(self, reply: StartReply) -> FinishRequest:
        """Return the proof that this end holds the code."""
        with self._turns.take("on_start_reply"):
            self._session = _derive(self._party, self._request, reply)
            return FinishRequest(self._request.sid, self._session.tag)

    def on_finish_reply(self, reply: FinishReply) -> dict[str, Any]:
        """Check that the bridge holds the code too, and return what it grants."""
        with self._turns.take("on_finish_reply"):
            if not self._session.confirms(reply.tag):
                raise ConfirmationFailed("the bridge did not prove the code")
            return _open(self._session, reply)


class PairingServer:
    """The bridge's end of one pairing. Each step once, in the order below; a step that raises PairingFailed ends it."""

    __slots__ = ("_channel", "_device_id", "_password", "_request", "_rng", "_session", "_turns")

    _request: StartRequest
    _session: Session

    def __init__(self, code: str, certificate_sha256: bytes, device_id: str, rng: RandomBytes = os.urandom) -> None:
        """Take the code that is shown, and the SHA-256 of the certificate (DER) that this bridge serves."""
        _check_device_id(device_id)
        self._password = _password(code)
        self._channel = _channel(certificate_sha256)
        self._device_id = device_id
        self._rng = rng
        self._turns = _Turns("on_start", "verify", "seal")

    def on_start(self, request: StartRequest) -> StartReply:
        """Return the answer to the first message. Nothing in the request is proved yet."""
        with self._turns.take("on_start"):
            password, self._password = self._password, b""
            party = Party(Role.RESPONDER, prs=password, ci=self._channel, sid=request.sid, rng=self._rng)
            reply = StartReply(party.share, self._device_id)
            self._session = _derive(party, reply, request)
            self._request = request
            return reply

    def verify(self, request: FinishRequest) -> None:
        """Check that the client holds the code. From here on its name and scopes are proved, and it may be granted."""
        with self._turns.take("verify"):
            if request.sid != self._request.sid or not self._session.confirms(request.tag):
                raise ConfirmationFailed("the client did not prove the code")

    def seal(self, payload: Mapping[str, Any]) -> FinishReply:
        """Return the last message: this end's proof, and the grant that only this client can read."""
        with self._turns.take("seal"):
            nonce = self._rng(NONCE_LENGTH)
            sealed = _seal(self._session, nonce, payload)
            return FinishReply(self._session.tag, nonce, sealed)


class _Turns:
    """Lets each step through once, in order. A step that raises leaves no step to take."""

    __slots__ = ("_left",)

    def __init__(self, *steps: str) -> None:
        self._left = steps

    @contextmanager
    def take(self, step: str) -> Iterator[None]:
        left, self._left = self._left, ()
        if left[:1] != (step,):
            raise OutOfTurn(f"{step} is not this pairing's next step")
        yield
        self._left = left[1:]


_LABEL = b"lockbridge-pair-1"
_GRANT = _LABEL + b" token"
_GCM_TAG_LENGTH = 16
_CODE_DECORATION = frozenset({"Pd", "Cf"})  # dashes, and invisible characters that come along when a code is pasted
_SCOPE = re.compile(r"[a-z][a-z0-9_.:-]{0,31}")
_DEVICE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def _password(code: str) -> bytes:
    return normalise_code(code).encode("ascii")


def _channel(certificate_sha256: bytes) -> bytes:
    if len(certificate_sha256) != 32:
        raise ValueError("a SHA-256 has 32 bytes")
    return _LABEL + certificate_sha256


def _derive(party: Party, own: StartRequest | StartReply, peer: StartRequest | StartReply) -> Session:
    try:
        return party.derive(peer.share, ad=own.associated_data, peer_ad=peer.associated_data)
    except CPaceError as err:
        raise PairingFailed(str(err)) from err


def warm_up() -> None:
    """Load what pairing needs; it takes so long on a small computer that it is better done in a thread."""
    from . import primitives  # noqa: F401


def _seal(session: Session, nonce: bytes, payload: Mapping[str, Any]) -> bytes:
    from . import primitives

    return primitives.seal(session.isk, _GRANT, nonce, _canonical(payload), session.transcript_hash)


def _open(session: Session, reply: FinishReply) -> dict[str, Any]:
    from . import primitives

    plain = primitives.unseal(session.isk, _GRANT, reply.nonce, reply.sealed, session.transcript_hash)
    if plain is None:
        raise PairingFailed("the grant was changed on its way")
    try:
        payload = json.loads(plain)
    except ValueError:
        payload = None  # refused below, out of reach of this error: it carries the text
    if not isinstance(payload, dict):
        raise MalformedMessage("the grant is not a JSON object")
    return payload


def _canonical(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 for what occurs here: printable strings, lists of them, sorted keys."""
    return json.dumps(dict(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _fields(data: object, *names: str) -> dict[str, Any]:
    if not isinstance(data, dict) or data.keys() != set(names):
        raise MalformedMessage(f"the message must be an object of {', '.join(names)}")
    return data


def _text(fields: dict[str, Any], name: str) -> str:
    text = fields[name]
    if not isinstance(text, str):
        raise MalformedMessage(f"{name} must be a string")
    return text


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(fields: dict[str, Any], name: str) -> bytes:
    """Accept exactly what _encode gives: one spelling for each value."""
    text = _text(fields, name)
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        data = b""
    if _encode(data) != text:
        raise MalformedMessage(f"{name} must be base64url without padding")
    return data


def _check_length(name: str, data: bytes, length: int) -> None:
    if len(data) != length:
        raise MalformedMessage(f"{name} must have {length} bytes")


def _check_device_id(device_id: str) -> None:
    if not _DEVICE_ID.fullmatch(device_id):
        raise MalformedMessage("device_id must be 1 to 64 letters, digits, dots, colons, dashes or underscores")
