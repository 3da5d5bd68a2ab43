"""One client's WebSocket: hello, welcome, what it missed, and then everything as it happens."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from lock_bridge.store import ClientRow, StoreError
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import (
    MAX_FRAME,
    Ack,
    CommandFrame,
    Failure,
    FromBridge,
    FromClient,
    Hello,
    Result,
    Welcome,
    from_client,
    to_frame,
)
from lock_bridge.wire.model import Event
from lock_bridge.wire.words import API_VERSION, Scope

from . import jsontext
from .background import Background
from .commands import Commands
from .contract import BridgeLike
from .follower import Follower
from .greeting import Greeting
from .limits import Bucket, pause
from .resume import Resume

_LOGGER = logging.getLogger(__name__)

UNSENT_BYTES: Final = 1024 * 1024
"""What may wait for a client that does not read. A frame more, and it is cut off; it comes back and resumes."""

HELLO_MS: Final = 10_000

SILENT_MS: Final = 45_000
"""A client of which nothing was heard for so long, not even the answer to a ping, is gone."""

COMMANDS_PER_S: Final = 200
COMMANDS_AT_ONCE: Final = 400
"""Beyond these a client's frames are left waiting before they are read."""

OTHER_COST: Final = 0.1
"""A frame that is no command counts as this part of one."""

CLOSE_S: Final = 1.0
"""So long a client has to answer the close frame."""

CLOSE_CODES: Final = {
    ErrorCode.STOPPING: WSCloseCode.GOING_AWAY,
    ErrorCode.STORAGE: WSCloseCode.TRY_AGAIN_LATER,
    ErrorCode.RATE_LIMITED: WSCloseCode.TRY_AGAIN_LATER,
    ErrorCode.INTERNAL: WSCloseCode.INTERNAL_ERROR,
}
"""The WebSocket's close code for an error; for any other it is 1008."""


def socket() -> web.WebSocketResponse:
    """A WebSocket without compression, whose writer never waits (see `Session.send_frame`)."""
    return web.WebSocketResponse(
        timeout=CLOSE_S, autoping=False, compress=False, max_msg_size=MAX_FRAME, writer_limit=sys.maxsize
    )


class Session:
    """Reads a client's frames one after the other. Writing never waits; what a client does not take is bounded."""

    def __init__(
        self,
        bridge: BridgeLike,
        commands: Commands,
        resume: Resume,
        greeting: Greeting,
        client: ClientRow,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport,
        on_welcome: Callable[[Session], None],
    ) -> None:
        self.client = client
        self._bridge = bridge
        self._commands = commands
        self._resume = resume
        self._greeting = greeting if Scope.USERS in client.scopes else None
        self._ws = ws
        self._transport = transport
        self._on_welcome = on_welcome
        self._background = Background()
        self._bucket = Bucket(bridge.clock, per_second=COMMANDS_PER_S, burst=COMMANDS_AT_ONCE)
        self._follower: Follower | None = None
        if Scope.EVENTS in client.scopes:
            self._follower = Follower(bridge.store, bridge.clock.now, self._background, self.send, self.close)
        self._welcomed = False
        self._room = UNSENT_BYTES
        self._closing: asyncio.Task[Any] | None = None
        self._heard_ms = bridge.clock.now().mono_ms

    @property
    def closing(self) -> bool:
        """Whether the client has been told to go."""
        return self._closing is not None

    async def run(self) -> None:
        """Serve the client until it goes, or has to go."""
        hello_due = self._bridge.clock.call_later(HELLO_MS, lambda: None if self._welcomed else self.cut("no hello"))
        try:
            while not self._closing and (message := await self._ws.receive()).type not in _ENDS:
                self._heard_ms = self._bridge.clock.now().mono_ms
                await self._receive(message.type, message.data)
        except LockBridgeError as err:
            self.close(err)
        except ConnectionError:
            self._transport.abort()
        except StoreError as err:
            _LOGGER.error("A client cannot be served: %s", err)  # noqa: TRY400 - says it all
            self.close(LockBridgeError(ErrorCode.STORAGE))
        except Exception:
            _LOGGER.exception("Serving client %s failed", self.client.id)
            self.close(LockBridgeError(ErrorCode.INTERNAL))
        finally:
            hello_due.cancel()
            if self._closing:
                await self._closing
            await self._background.stop()

    def send(self, message: FromBridge) -> None:
        """Send a message."""
        self.send_frame(jsontext.dumps(to_frame(message)))

    def send_frame(self, frame: bytes) -> None:
        """Send a message that is encoded already. Order of calls is order on the wire."""
        if self._closing or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() + len(frame) > self._room:
            self.cut("does not read what it is sent")
            return
        try:
            _at_once(self._ws.send_frame(frame, WSMsgType.TEXT))
        except ConnectionError:
            self._transport.abort()

    def offer(self, events: Sequence[Event], frame: bytes) -> None:
        """Tell of events that were just committed, `frame` is them."""
        if self._follower:
            self._follower.offer(events, lambda: self.send_frame(frame))

    def tick(self, frame: bytes, now_ms: int) -> None:
        """Give a sign of life, and ask for one."""
        if now_ms - self._heard_ms > SILENT_MS:
            self.cut("has not been heard of")
            return
        self.send_frame(frame)
        try:
            _at_once(self._ws.ping())
        except ConnectionError:
            self._transport.abort()

    def close(self, error: LockBridgeError) -> None:
        """Say why, and close."""
        if self._closing or self._ws.closed:
            return
        self.send(Failure(error=error.to_json()))
        code = CLOSE_CODES.get(ErrorCode(error.code), WSCloseCode.POLICY_VIOLATION)
        self._closing = self._background.start(self._ws.close(code=code, message=str(error.code).encode()))

    def cut(self, reason: str) -> None:
        """End the connection without another word."""
        _LOGGER.info("Client %s is cut off: it %s", self.client.id, reason)
        self._transport.abort()

    async def _receive(self, kind: WSMsgType, data: Any) -> None:
        if kind is WSMsgType.TEXT:
            message = _read(data)
            if wait := self._bucket.take(1 if isinstance(message, CommandFrame) else OTHER_COST):
                await pause(self._bridge.clock, wait)
            if not self._closing:
                await self._take(message)
            return
        if wait := self._bucket.take(OTHER_COST):
            await pause(self._bridge.clock, wait)
        if kind is WSMsgType.PING:
            if not self._closing:
                await self._ws.pong(data)
        elif kind is not WSMsgType.PONG:
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "frame"})

    async def _take(self, message: FromClient) -> None:
        if isinstance(message, Hello) == self._welcomed:  # first the hello, and only one
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "type"})
        if message.scope not in self.client.scopes:
            raise LockBridgeError(ErrorCode.FORBIDDEN, {"scope": message.scope})
        match message:
            case CommandFrame():
                self._commands.submit(self.client, message, self._answer)
            case Ack():
                if self._follower:
                    self._follower.ack(message.seq)
            case Hello():
                await self._welcome(message)

    async def _welcome(self, hello: Hello) -> None:
        bridge, store = self._bridge, self._bridge.store
        after, gap = await self._resume.after(hello) if self._follower else (None, None)
        if self._greeting:
            await self._greeting.prepare()
        # From here on nothing is awaited: locks, people and head belong together, and what follows comes as frames.
        people = self._greeting.frames() if self._greeting else ()
        # A house of hundreds takes a while to read: that is no sign that the client does not.
        self._room += sum(map(len, people))
        head, now = store.head, bridge.clock.now()
        if gap:
            self.send(gap)
        self.send(
            Welcome(
                bridge=bridge.info,
                client_id=self.client.id,
                scopes=tuple(sorted(self.client.scopes)),
                epoch=store.epoch,
                oldest=store.oldest,
                head=head,
                time_ms=now.mono_ms,
                wall_ms=now.wall_ms,
                time_trusted=now.trusted,
                locks=bridge.locks(),
                status=bridge.status,
                people=len(people),
            )
        )
        for frame in people:
            self.send_frame(frame)
        self._welcomed = True
        self._on_welcome(self)
        if self._follower:
            self._follower.begin(head if after is None else after, head)

    def _answer(self, result: Result) -> None:
        self.send(result)


def _read(text: str) -> FromClient:
    frame = jsontext.loads(text)
    if isinstance(frame, dict) and frame.get("type") == Hello.type and frame.get("api") != API_VERSION:
        raise LockBridgeError(ErrorCode.VERSION_UNSUPPORTED, {"api": API_VERSION})
    return from_client(frame)


def _at_once(work: Coroutine[Any, Any, None]) -> None:
    """Carry out a write of aiohttp, which never waits with a writer limit that is never reached."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("a write has waited")


_ENDS: Final = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})
