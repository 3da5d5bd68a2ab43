"""The table of routes. Each says which scope it needs; without one it cannot be made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from lock_bridge.store import ClientRow
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import Scope


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may be answered: who asks (None: anybody), from where, and what."""

    request: web.Request
    address: str
    client: ClientRow | None
    query: Any
    body: Any
    path: Mapping[str, str]

    @property
    def caller(self) -> ClientRow:
        """The client that asks; routes other than public ones always have one."""
        if self.client is None:
            raise RuntimeError("a public route has asked for its client")
        return self.client


type Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route: how it is asked, what it answers, and who may ask.

    `answer` None is for what is no JSON of ours: the OpenAPI document, the WebSocket, and the page for visitors, which
    is of another `media`. `raw_body` hands the JSON over as it is, for messages that read themselves.
    """

    method: str
    path: str
    scope: Scope
    handler: Handler
    summary: str
    answer: type | None
    query: type | None = None
    body: type | None = None
    raw_body: bool = False
    media: str = "application/json"
    errors: tuple[ErrorCode, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.scope, Scope) or self.scope is Scope.LOCAL:
            raise TypeError(f"{self.method} {self.path} needs a scope that a client can have")


STATUS: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.VERSION_UNSUPPORTED: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.PAIRING_CLOSED: 403,
    ErrorCode.PAIRING_REFUSED: 403,
    ErrorCode.UNKNOWN_COMMAND: 404,
    ErrorCode.UNKNOWN_LOCK: 404,
    ErrorCode.UNKNOWN_USER: 404,
    ErrorCode.UNKNOWN_CREDENTIAL: 404,
    ErrorCode.UNKNOWN_CLIENT: 404,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.PAIRING_LIMIT: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.BUSY: 503,
    ErrorCode.STOPPING: 503,
    ErrorCode.NO_ANSWER: 504,
    ErrorCode.STORAGE: 507,
}
"""HTTP statuses of errors; every other is 409: the lock is not in a state for it."""

CONFLICT: Final = 409


def status_of(code: ErrorCode | str) -> int:
    """The HTTP status that goes with an error."""
    return STATUS.get(ErrorCode(code), CONFLICT)
