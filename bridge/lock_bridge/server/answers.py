"""What REST takes and answers, beside the wire's own messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lock_bridge.wire.model import BridgeInfo, ClientInfo, Event, LockSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAnswer:
    """The bridge and its locks, with the journal's head of the same moment. `time_ms` is for `sent_ms` of a command."""

    bridge: BridgeInfo
    epoch: str
    oldest: int
    head: int
    time_ms: int
    wall_ms: int
    time_trusted: bool
    locks: tuple[LockSnapshot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsQuery:
    """With `after`, the oldest first; otherwise the newest, or those before `before`. At most `limit` (1 to 1000)."""

    after: int | None = None
    before: int | None = None
    limit: int = 100
    lock: str | None = None
    user: str | None = None
    type: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsAnswer:
    """A page of the journal."""

    epoch: str
    oldest: int
    head: int
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientsAnswer:
    """All paired clients."""

    clients: tuple[ClientInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandBody:
    """As the WebSocket's `command` frame. `sent_ms` is the bridge's `time_ms` as the client reckons it."""

    id: str
    sent_ms: int
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswer:
    """A command that was carried out, and what it answers."""

    id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Nothing more to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What is wrong, in a sentence that says what to do, and whether trying again can help."""

    code: str
    message: str
    can_retry: bool
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """Every answer with a status of 400 or more."""

    error: ErrorBody


@dataclass(frozen=True, slots=True, kw_only=True)
class PairStart:
    """First step of `pair/1`. `sid`: 16 bytes, `ya`: 32 bytes, both base64url without padding."""

    protocol: str
    sid: str
    ya: str
    name: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairStarted:
    """`yb`: 32 bytes, base64url without padding."""

    yb: str
    device_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFinish:
    """Last step of `pair/1`. `ta`: 64 bytes, base64url without padding."""

    sid: str
    ta: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFinished:
    """The bridge's proof and the sealed grant, base64url without padding."""

    tb: str
    nonce: str
    sealed: str
