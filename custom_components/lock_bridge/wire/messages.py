"""The WebSocket's frames: JSON objects whose `type` names a class here. docs/protocol.md tells their order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from .codec import Json, changed, decode, encode
from .errors import ErrorCode, LockBridgeError
from .model import BridgeInfo, BridgeStatus, Event, LockSnapshot, UserInfo
from .words import Scope

MAX_FRAME: Final = 64 * 1024
"""Largest body or frame that the bridge takes, in bytes."""

TICK_S: Final = 15
"""The bridge says `tick` this often. A client without any frame for `DEAD_S` closes and dials anew."""

DEAD_S: Final = 40

MAX_BATCH: Final = 100
"""Most events in one frame."""

MAX_PEOPLE: Final = 50
"""Most users in one frame."""

WINDOW: Final = 500
"""Most events under way without an `ack`."""

MAX_AGE_MS: Final = 10_000
"""A command older than this, by the bridge's clock as the client knows it, is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """First frame of a client: its version, and how far it has read the journal (None: never, begin at the head)."""

    type: ClassVar = "hello"
    scope: ClassVar = Scope.STATE

    api: int
    epoch: str | None = None
    last_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFrame:
    """A command. `sent_ms` is the bridge's `time_ms` as the client reckons it; `id` is the same in a retry."""

    type: ClassVar = "command"
    scope: ClassVar = Scope.STATE

    id: str
    name: str
    sent_ms: int
    args: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """All events up to `seq` are taken."""

    type: ClassVar = "ack"
    scope: ClassVar = Scope.EVENTS

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Answer to `hello`. `locks` and `head` were read together: what is later than `head` comes as frames."""

    type: ClassVar = "welcome"

    bridge: BridgeInfo
    client_id: str
    scopes: tuple[Scope, ...]
    epoch: str
    oldest: int
    head: int
    time_ms: int
    wall_ms: int
    time_trusted: bool
    locks: tuple[LockSnapshot, ...]
    status: BridgeStatus | None = None
    people: int = 0
    """So many `people` frames follow at once, before anything else; they belong to the same moment as `locks`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Events from `first` to `last` can no longer be had, or belong to another epoch."""

    type: ClassVar = "gap"

    epoch: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events in order. `live` ones are happening now; others are told afterwards (after an outage)."""

    type: ClassVar = "events"

    live: bool
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Fields of one lock's snapshot that are other than before; no event up to `as_of` is younger than this."""

    type: ClassVar = "state"

    lock: str
    as_of: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Users of one lock who are new or other than before, and the ids of those who are gone. Needs `users`.

    After `welcome` everybody is told, at most `MAX_PEOPLE` in a frame.
    """

    type: ClassVar = "people"

    lock: str
    users: tuple[UserInfo, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The bridge's own state is other than before."""

    type: ClassVar = "status"

    status: BridgeStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Sign of life; a `head` beyond the last event that came shows a loss at once."""

    type: ClassVar = "tick"

    head: int
    time_ms: int
    wall_ms: int
    time_trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A command's end: `error` is null, or as `LockBridgeError.to_json`."""

    type: ClassVar = "result"

    id: str
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error that belongs to no command; the bridge closes after it."""

    type: ClassVar = "failure"

    error: Mapping[str, Any]


type FromClient = Hello | CommandFrame | Ack
type FromBridge = Welcome | Gap | Events | State | People | Status | Tick | Result | Failure

FROM_CLIENT: Final[Mapping[str, type[FromClient]]] = {kind.type: kind for kind in (Hello, CommandFrame, Ack)}
FROM_BRIDGE: Final[Mapping[str, type[FromBridge]]] = {
    kind.type: kind for kind in (Welcome, Gap, Events, State, People, Status, Tick, Result, Failure)
}


def to_frame(message: FromClient | FromBridge) -> Json:
    """The message as a JSON object."""
    return {"type": message.type, **encode(message)}


def from_client(frame: Any) -> FromClient:
    """A client's frame, strictly read. Raises `bad_request`."""
    return _read(FROM_CLIENT, frame, strict=True)


def from_bridge(frame: Any) -> FromBridge:
    """A bridge's frame, leniently read, so that a newer bridge may say more. Raises `bad_request`."""
    return _read(FROM_BRIDGE, frame, strict=False)


def apply_changes(lock: LockSnapshot, changes: Mapping[str, Any]) -> LockSnapshot:
    """`lock` with the fields of a `State` frame."""
    return changed(lock, changes)


def _read[T](kinds: Mapping[str, type[T]], frame: Any, *, strict: bool) -> T:
    if not isinstance(frame, dict) or not isinstance(name := frame.get("type"), str) or name not in kinds:
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "type"})
    return decode(kinds[name], {key: value for key, value in frame.items() if key != "type"}, strict=strict)
