"""The pairing window: closed by default, opened at the bridge, with few tries that count before they are answered."""

import asyncio
import logging
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lock_bridge.clock import Handle
from lock_bridge.engine.model import Fact
from lock_bridge.store import ClientRow, StoreError
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.pairing import (
    CODE_DIGITS,
    FinishReply,
    FinishRequest,
    MalformedMessage,
    PairingFailed,
    PairingServer,
    StartReply,
    StartRequest,
    warm_up,
)
from lock_bridge.wire.words import GRANTABLE, EventType, OperationSource, Scope

from . import tokens
from .background import Background
from .clients import Clients
from .contract import BridgeLike
from .tries import Tries

_LOGGER = logging.getLogger(__name__)

WINDOW_MS: Final = 5 * 60_000
STARTS: Final = 3
"""Tries of one window, counted when they begin."""

RUN_MS: Final = 30_000
"""A pairing that was begun and not finished after this is over, and has cost a try."""

TRIES_KEY: Final = "pairing.tries"


@dataclass(frozen=True, slots=True)
class PairingWindow:
    """What the person at the bridge is shown."""

    code: str = field(repr=False)
    seconds: int


class Pairing:
    """One window at a time, and in it one run at a time. A restart closes it."""

    def __init__(self, bridge: BridgeLike, clients: Clients, background: Background) -> None:
        self._bridge = bridge
        self._clients = clients
        self._background = background
        self.on_change: Callable[[], None] = lambda: None
        """The window has opened or closed."""
        self._certificate = b""
        self._tries = Tries()
        self._window: _Window | None = None
        self._run: _Run | None = None

    async def load(self, certificate_sha256: bytes) -> None:
        """Read today's tries from the store; bind what is to come to the certificate that is served."""
        self._certificate = certificate_sha256
        kept = Tries.read(await self._bridge.store.value(TRIES_KEY))
        clock = self._bridge.clock
        self._tries = kept.at(clock.now(), clock.boot_id)  # now, so that a calendar that jumps later changes nothing

    async def open(self, source: OperationSource | None = None, lock_id: str | None = None) -> PairingWindow:
        """Open the window, with a new code and new tries; one that is open already ends. Raises `storage`."""
        await asyncio.to_thread(warm_up)
        await self._record(Fact(EventType.PAIRING_OPENED, source=source), lock_id)
        self.close()
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        clock = self._bridge.clock
        self._window = _Window(code, clock.now().mono_ms + WINDOW_MS, clock.call_later(WINDOW_MS, self.close))
        self._bridge.pairing_changed(is_open=True, lock_id=lock_id, code=code)
        self.on_change()
        return PairingWindow(code, WINDOW_MS // 1000)

    def close(self) -> None:
        """Close the window; the code is dead, and a run under way fails."""
        if self._window:
            self._window.timer.cancel()
            self._window = None
            self._bridge.pairing_changed(is_open=False)
            self.on_change()
        if self._run:
            self._background.start(self._fail(self._run, "closed"))

    @property
    def seconds(self) -> int:
        """How long the window stays open; 0 when it is closed."""
        if self._window is None:
            return 0
        return math.ceil((self._window.ends_ms - self._bridge.clock.now().mono_ms) / 1000)

    @property
    def starts_left(self) -> int:
        """How many tries there are now."""
        return min(self._window.starts_left, self._today().left) if self._window else 0

    async def start(self, body: Any, address: str) -> Mapping[str, Any]:
        """The first step. The try is on disk before this is answered.

        Raises `bad_request` or `busy`, which cost nothing; `pairing_closed`, `pairing_limit`, `pairing_refused`,
        `storage`.
        """
        request = _read_start(body)
        if (window := self._window) is None:
            raise LockBridgeError(ErrorCode.PAIRING_CLOSED)
        if self._run:
            raise LockBridgeError(ErrorCode.BUSY, message="Another pairing is under way. Try again in half a minute.")
        tries = self._today()
        if not window.starts_left:
            raise LockBridgeError(ErrorCode.PAIRING_LIMIT, {"per": "window"})
        if not tries.left:
            raise LockBridgeError(ErrorCode.PAIRING_LIMIT, {"per": "day"})
        window.starts_left -= 1
        self._tries = tries.one_more()
        server = PairingServer(window.code, self._certificate, self._bridge.info.id)
        self._run = run = _Run(window, server, request, address)
        try:
            await self._bridge.store.put_value(TRIES_KEY, self._tries.write())
        except StoreError as err:
            self._end_run(run)
            _LOGGER.error("Pairing is refused, for its tries cannot be counted: %s", err)  # noqa: TRY400 - says it all
            raise LockBridgeError(ErrorCode.STORAGE) from err
        if self._window is not window or self._run is not run:
            self._end_run(run)
            raise LockBridgeError(ErrorCode.PAIRING_CLOSED)
        expire = self._background.starter(lambda: self._fail(run, "not_finished"))
        run.timer = self._bridge.clock.call_later(RUN_MS, expire)
        try:
            reply: StartReply = server.on_start(request)
        except PairingFailed:
            await self._fail(run, "malformed")
            raise LockBridgeError(ErrorCode.PAIRING_REFUSED) from None
        return reply.to_json()

    async def finish(self, body: Any) -> Mapping[str, Any]:
        """The last step. The client is on disk before it has its token, and the code is dead.

        Raises `bad_request`, `pairing_closed`, `pairing_refused`, `storage`.
        """
        try:
            request = FinishRequest.from_json(body)
        except MalformedMessage as err:
            raise _bad(err) from None
        if self._window is None:
            raise LockBridgeError(ErrorCode.PAIRING_CLOSED)
        run = self._run
        # A finish of another start, such as a recorded one, must not end the run of whoever is pairing now.
        if run is None or run.finishing or request.sid != run.request.sid:
            raise LockBridgeError(ErrorCode.PAIRING_REFUSED)
        try:
            run.server.verify(request)
        except PairingFailed:
            await self._fail(run, "wrong_code")
            raise LockBridgeError(ErrorCode.PAIRING_REFUSED) from None
        run.finishing = True
        return (await self._grant(run)).to_json()

    async def _grant(self, run: _Run) -> FinishReply:
        token = tokens.make()
        scopes = frozenset(Scope(scope) for scope in run.request.scopes)
        now = self._bridge.clock.now()
        row = ClientRow(
            id=token.client_id,
            name=run.request.name,
            scopes=scopes,
            token_hash=token.hash,
            created_ms=now.wall_ms,
            last_used_ms=None,
            last_address=run.address,
        )
        facts = {"scopes": sorted(scopes), "address": run.address}
        try:
            await self._clients.add(
                row, Fact(EventType.CLIENT_PAIRED, client_id=row.id, client_name=row.name, data=facts)
            )
        except LockBridgeError:
            self._end_run(run)
            raise
        self._end_run(run)
        if run.window is self._window:
            self.close()
        grant = {"client_id": row.id, "token": token.text, "scopes": sorted(scopes), "device_id": self._bridge.info.id}
        return run.server.seal(grant)

    async def _fail(self, run: _Run, reason: str) -> None:
        if self._run is not run or run.finishing:
            return
        self._end_run(run)
        _LOGGER.warning("A pairing failed (%s), asked for by %s", reason, run.address)
        fact = Fact(EventType.PAIRING_FAILED, reason=reason, data={"address": run.address})
        try:
            await self._record(fact)
        except LockBridgeError:
            _LOGGER.warning("The failed pairing could not be written into the journal")

    def _end_run(self, run: _Run) -> None:
        if run.timer:
            run.timer.cancel()
        if self._run is run:
            self._run = None

    async def _record(self, fact: Fact, lock_id: str | None = None) -> None:
        try:
            await self._bridge.record(fact, lock_id=lock_id)
        except StoreError as err:
            raise LockBridgeError(ErrorCode.STORAGE) from err

    def _today(self) -> Tries:
        return self._tries.at(self._bridge.clock.now(), self._bridge.clock.boot_id)


@dataclass(slots=True, eq=False)
class _Window:
    code: str = field(repr=False)
    ends_ms: int
    timer: Handle
    starts_left: int = STARTS


@dataclass(slots=True, eq=False)
class _Run:
    window: _Window = field(repr=False)
    server: PairingServer = field(repr=False)
    request: StartRequest = field(repr=False)
    address: str
    timer: Handle | None = None
    finishing: bool = False


def _read_start(body: Any) -> StartRequest:
    try:
        request = StartRequest.from_json(body)
    except MalformedMessage as err:
        raise _bad(err) from None
    if not GRANTABLE.issuperset(request.scopes):
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "scopes"})
    if Scope.STATE not in request.scopes:
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "scopes", "needs": Scope.STATE})
    return request


def _bad(error: MalformedMessage) -> LockBridgeError:
    return LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "pairing"}, str(error))
