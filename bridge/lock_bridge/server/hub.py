"""All live connections: what happens is encoded once and sent to each."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from lock_bridge.clock import Handle
from lock_bridge.store import ClientRow
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import MAX_BATCH, TICK_S, Events, People, State, Status, Tick, to_frame
from lock_bridge.wire.model import BridgeStatus, Event
from lock_bridge.wire.words import Scope

from . import jsontext
from .commands import Commands
from .contract import BridgeLike
from .follower import is_fresh
from .greeting import Greeting
from .resume import Resume
from .session import Session, socket

_LOGGER = logging.getLogger(__name__)

SOCKETS: Final = 32
"""WebSockets at once."""

SOCKETS_PER_CLIENT: Final = 4
"""Of one client; one more closes its oldest, which is mostly one that it has lost without noticing."""


class Hub:
    """The sessions, and the bridge's listener that tells them."""

    def __init__(self, bridge: BridgeLike, commands: Commands, knows: Callable[[str], bool]) -> None:
        self._bridge = bridge
        self._commands = commands
        self._knows = knows
        self.on_change: Callable[[], None] = lambda: None
        """A client has come or gone."""
        self._resume = Resume(bridge, self._begin_anew)
        self._sessions: list[Session] = []
        self._welcomed: list[Session] = []
        self._unfollow: dict[Session, Callable[[], None]] = {}
        self._greeting = Greeting(bridge.people)
        self._empty = asyncio.Event()
        self._empty.set()
        self._stopping = False
        self._tick_due: Handle | None = None

    def start(self) -> Callable[[], None]:
        """Begin to tell what happens; call the answer to end it."""
        self._tick_due = self._bridge.clock.call_later(TICK_S * 1000, self._tick)
        return self._bridge.listen(self)

    async def serve(self, request: web.Request, client: ClientRow) -> web.StreamResponse:
        """Serve a client's WebSocket until it ends. Raises `stopping`, `rate_limited`, `bad_request` (no WebSocket)."""
        if self._stopping:
            raise LockBridgeError(ErrorCode.STOPPING)
        self._make_room(client.id)
        ws = socket()
        transport = request.transport
        if transport is None or not ws.can_prepare(request).ok:
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "Upgrade"})
        await ws.prepare(request)
        session = Session(
            self._bridge, self._commands, self._resume, self._greeting, client, ws, transport, self._welcome
        )
        self._sessions.append(session)
        self._empty.clear()
        if not self._knows(client.id):  # revoked while the WebSocket was being opened
            session.close(LockBridgeError(ErrorCode.UNAUTHORIZED))
        try:
            await session.run()
        finally:
            self._sessions.remove(session)
            if not self._sessions:
                self._empty.set()
            if session in self._welcomed:
                self._welcomed.remove(session)
                self._unfollow.pop(session, _nothing)()
                self.on_change()
        return ws

    async def wait_empty(self) -> None:
        """Wait until nobody is connected."""
        await self._empty.wait()

    @property
    def connected(self) -> bool:
        """Whether any client has a live connection."""
        return bool(self._welcomed)

    @property
    def clients(self) -> int:
        """How many clients have a live connection."""
        return len({session.client.id for session in self._welcomed})

    def is_connected(self, client_id: str) -> bool:
        """Whether the client has a live connection."""
        return any(session.client.id == client_id for session in self._welcomed)

    def revoked(self, client_id: str) -> None:
        """A client's token was taken back: its connections end, after what is being answered in this very step."""
        asyncio.get_running_loop().call_soon(self._close, client_id, LockBridgeError(ErrorCode.UNAUTHORIZED))

    def state(self, lock_id: str, changes: Mapping[str, Any], as_of: int) -> None:
        """See `Listener`."""
        if self._welcomed:
            frame = jsontext.dumps(to_frame(State(lock=lock_id, as_of=as_of, changes=changes)))
            for session in tuple(self._welcomed):
                session.send_frame(frame)

    def events(self, events: tuple[Event, ...]) -> None:
        """See `Listener`."""
        if not self._welcomed:
            return
        now = self._bridge.clock.now()
        for start in range(0, len(events), MAX_BATCH):
            batch = events[start : start + MAX_BATCH]  # of one commit, so all of one age
            frame = jsontext.dumps(to_frame(Events(live=is_fresh(batch[0], now), events=batch)))
            for session in tuple(self._welcomed):
                session.offer(batch, frame)

    def people(self, people: People) -> None:
        """See `Listener`."""
        if following := [session for session in self._welcomed if Scope.USERS in session.client.scopes]:
            frame = jsontext.dumps(to_frame(people))
            for session in following:
                session.send_frame(frame)

    def status(self, status: BridgeStatus) -> None:
        """See `Listener`."""
        if self._welcomed:
            frame = jsontext.dumps(to_frame(Status(status=status)))
            for session in tuple(self._welcomed):
                session.send_frame(frame)

    def goodbye(self) -> None:
        """Let no one new in, and say goodbye to everyone."""
        self._stopping = True
        if self._tick_due:
            self._tick_due.cancel()
        for session in self._sessions:
            session.close(LockBridgeError(ErrorCode.STOPPING))

    def _welcome(self, session: Session) -> None:
        self._welcomed.append(session)
        if Scope.USERS in session.client.scopes:
            self._unfollow[session] = self._bridge.people.follow()
        self.on_change()

    def _close(self, client_id: str, error: LockBridgeError) -> None:
        self._commands.forget(client_id)
        for session in self._sessions:
            if session.client.id == client_id:
                session.close(error)

    def _begin_anew(self) -> None:
        """The journal has another epoch: whoever is welcomed says hello again."""
        for session in tuple(self._welcomed):
            session.close(LockBridgeError(ErrorCode.STOPPING))

    def _make_room(self, client_id: str) -> None:
        own = [session for session in self._sessions if session.client.id == client_id and not session.closing]
        if len(own) >= SOCKETS_PER_CLIENT:
            own[0].close(LockBridgeError(ErrorCode.RATE_LIMITED, {"limit": SOCKETS_PER_CLIENT}))
        elif len(self._sessions) >= SOCKETS:
            raise LockBridgeError(ErrorCode.RATE_LIMITED, {"limit": SOCKETS})

    def _tick(self) -> None:
        clock = self._bridge.clock
        self._tick_due = clock.call_later(TICK_S * 1000, self._tick)
        now = clock.now()
        tick = Tick(head=self._bridge.store.head, time_ms=now.mono_ms, wall_ms=now.wall_ms, time_trusted=now.trusted)
        frame = jsontext.dumps(to_frame(tick))
        for session in tuple(self._welcomed):
            session.tick(frame, now.mono_ms)


def _nothing() -> None:
    pass
