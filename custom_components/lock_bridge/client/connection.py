"""The link to the bridge: one owner, who dials, listens, and dials again."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from custom_components.lock_bridge.wire.messages import (
    DEAD_S,
    FROM_BRIDGE,
    Ack,
    CommandFrame,
    Events,
    Failure,
    FromBridge,
    FromClient,
    Gap,
    Hello,
    People,
    Result,
    State,
    Status,
    Tick,
    Welcome,
    from_bridge,
    to_frame,
)
from custom_components.lock_bridge.wire.model import Event
from custom_components.lock_bridge.wire.words import API_VERSION, Scope

from .clock import BridgeClock
from .commands import Commands
from .errors import CannotConnect, ClientError, LinkLost, NoAnswer, NotABridge, is_refusal, refusal
from .listeners import Listeners
from .pace import Pace
from .snapshot import BridgeData, Cursor
from .transport import ANSWER_S, CONNECT_S, Transport, authorization, client_errors

_LOGGER = logging.getLogger(__name__)

SOCKET_PATH: Final = "/api/ws"

_MAX_MESSAGE: Final = 4 * 1024 * 1024  # a `Welcome` with dozens of locks, and far from a burden
_HANG_UP_S: Final = 1.0

MAX_LOCKS: Final = 200
MAX_ON_LOCK: Final = 1000
"""People on one lock. The models of today have room for 50."""


class LinkState(Enum):
    """Where the link stands."""

    IDLE = "idle"
    DIALLING = "dialling"
    READY = "ready"
    WAITING = "waiting"
    REFUSED = "refused"
    CLOSED = "closed"


_ENDS: Final = frozenset({LinkState.REFUSED, LinkState.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the link waits for what, in seconds."""

    dead_s: float = DEAD_S
    command_s: float = 25.0
    """The bridge itself gives up after 20 s, and then says so."""


class Connection:
    """A paired client's link.

    `connect` makes it or says why not; `run` keeps it until it is cancelled or the bridge refuses this client.
    Listeners are told in this order: the link is up (with the state as it is now), what could not be had (`on_gap`),
    events of before, events of now.
    """

    def __init__(
        self,
        transport: Transport,
        token: str,
        cursor: Cursor | None = None,
        *,
        timing: Timing | None = None,
        pace: Pace | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = LinkState.IDLE
        self.cursor = cursor
        self.problem: ClientError | LockBridgeError | None = None
        """Why there is no link."""

        self.on_link = Listeners[[]]()
        """The link came up or broke, or has another `problem` than before; all of `data` may be other, too."""
        self.on_state = Listeners[[str, frozenset[str]]]()
        """These fields of the lock with this id are other than before."""
        self.on_people = Listeners[[str, frozenset[str]]]()
        """These users of the lock with this id came, went, or are other than before."""
        self.on_status = Listeners[[]]()
        """The bridge's own state is other than before."""
        self.on_event = Listeners[[Event, Cursor, bool]]()
        """Something happened, with its place in the journal; `True` if it is told afterwards."""
        self.on_gap = Listeners[[Gap]]()

        self._transport = transport
        self._token = token
        self._timing = timing or Timing()
        self._pace = pace or Pace()
        self._clock = BridgeClock(monotonic)
        self._monotonic = monotonic
        self._commands = Commands()
        self._data: BridgeData | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._untold: list[Gap] = []
        self._up_since = 0.0
        self._as_of = 0
        self._behind_at: int | None = None
        self._repeated: tuple[CommandFrame, ...] = ()

    @property
    def data(self) -> BridgeData:
        """The bridge as it is, or as it last was. Raises CannotConnect before it was met."""
        if self._data is None:
            raise CannotConnect("the bridge has not been met yet")
        return self._data

    @property
    def ready(self) -> bool:
        """Whether `data` is what the bridge says now."""
        return self.state is LinkState.READY

    @property
    def time_ms(self) -> int:
        """The bridge's clock that cannot jump, as it is there now: ends in a snapshot are told by it."""
        return self._clock.now_ms()

    async def connect(self) -> BridgeData:
        """Dial once and return the bridge as it is. Raises ClientError or LockBridgeError; events wait until `run`."""
        await self._open()
        return self.data

    async def run(self) -> None:
        """Keep the link. Returns when the bridge refuses this client (see `problem`), with listeners told."""
        try:
            while self.state not in _ENDS:
                try:
                    await self._listen(self._socket or await self._open())
                except (ClientError, LockBridgeError) as err:
                    await self._broken(err)
        finally:
            await self.close()

    async def close(self) -> None:
        """Hang up, for good."""
        if self.state is not LinkState.REFUSED:
            self.state = LinkState.CLOSED
        self._commands.lose_all()
        socket, self._socket = self._socket, None
        if socket is not None:
            await _hang_up(socket)

    async def command(self, name: str, **args: Any) -> Mapping[str, Any]:
        """Have a command carried out. Without a link it raises at once: nothing is kept for later.

        Raises LockBridgeError as the bridge refuses, CannotConnect, NoAnswer, LinkLost.
        """
        if self._socket is None or not self.ready:
            raise CannotConnect("the bridge is not connected")
        frame, answer = self._commands.begin(name, args, self._clock.now_ms())
        try:
            async with asyncio.timeout(self._timing.command_s):
                await self._send(self._socket, frame)
                return (await answer).data
        except TimeoutError as err:
            raise NoAnswer("the bridge did not answer in time") from err
        finally:
            self._commands.forget(frame.id)

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        self.state = LinkState.DIALLING
        try:
            socket = await self._dial()
            try:
                welcome, data = await self._greet(socket)
            except BaseException:
                await _hang_up(socket)
                raise
        except BaseException:
            if self.state is LinkState.DIALLING:
                self.state = LinkState.IDLE
            raise
        if self.state is not LinkState.DIALLING:
            await _hang_up(socket)
            raise LinkLost("hung up meanwhile")
        self._take_welcome(socket, welcome, data)
        return socket

    async def _dial(self) -> aiohttp.ClientWebSocketResponse:
        # The timeout covers the upgrade too, for which aiohttp has none of its own.
        with client_errors():
            try:
                async with asyncio.timeout(CONNECT_S):
                    return await self._transport.session.ws_connect(
                        self._transport.address.url(SOCKET_PATH),
                        ssl=self._transport.pin,
                        headers=authorization(self._token),
                        timeout=aiohttp.ClientWSTimeout(ws_close=_HANG_UP_S),
                        max_msg_size=_MAX_MESSAGE,
                    )
            except aiohttp.WSServerHandshakeError as err:
                raise _turned_away(err.status) from None  # the error's request holds the token

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> tuple[Welcome, BridgeData]:
        cursor = self.cursor
        hello = Hello(
            api=API_VERSION,
            epoch=cursor.epoch if cursor else None,
            last_seq=cursor.seq if cursor else None,
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._send(socket, hello)
                while not isinstance(message := await _receive(socket), Welcome):
                    if isinstance(message, Failure):
                        raise refusal(message.error)
                    if isinstance(message, Gap):
                        self._take_gap(message)
                if message.bridge.api != API_VERSION:
                    raise LockBridgeError(ErrorCode.VERSION_UNSUPPORTED, {"api": message.bridge.api})
                return await _met(socket, message)
        except TimeoutError as err:
            raise NoAnswer("the bridge did not greet back") from err

    def _take_welcome(self, socket: aiohttp.ClientWebSocketResponse, welcome: Welcome, data: BridgeData) -> None:
        self._clock.restart(welcome.time_ms)
        self._socket = socket
        self._up_since = self._monotonic()
        self._as_of = welcome.head
        self._behind_at = None
        if self.cursor is None or self.cursor.epoch != welcome.epoch:
            self.cursor = Cursor(epoch=welcome.epoch, seq=welcome.head)
        self._data = data
        self.problem = None
        # Before anybody knows of the new link: what they ask for on hearing of it is not of the old one.
        self._repeated = tuple(self._commands.repeat(self._clock.now_ms()))
        self.state = LinkState.READY
        _LOGGER.info("Connected to the bridge at %s", self._transport.address)
        self.on_link.tell()

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take what comes until the link breaks, which it always does by an error."""
        repeated, self._repeated = self._repeated, ()
        for frame in repeated:
            await self._send(socket, frame)
        self._tell_gaps()
        while True:
            try:
                async with asyncio.timeout(self._timing.dead_s):
                    message = await _receive(socket)
                    await self._take(socket, message)
            except TimeoutError as err:
                raise NoAnswer("the bridge has fallen silent") from err

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, message: FromBridge | None) -> None:
        match message:
            case State():
                self._take_state(message)
            case People():
                self._take_people(message)
            case Status():
                self._data = self.data.with_status(message.status)
                self.on_status.tell()
            case Events():
                self._take_events(message)
                if self.cursor is not None:
                    await self._send(socket, Ack(seq=self.cursor.seq))
                # Thousands of events after an outage must not hold up everything else on this loop.
                await asyncio.sleep(0)
            case Result():
                self._commands.answer(message)
            case Tick():
                self._take_tick(message)
            case Gap():
                self._take_gap(message)
                self._tell_gaps()
            case Failure():
                raise refusal(message.error)
            case Welcome():
                raise NotABridge("a second welcome")
            case None:
                pass  # a kind of message that only newer clients know

    def _take_state(self, message: State) -> None:
        if message.lock not in self.data.locks or message.as_of < self._as_of:
            return
        self._as_of = message.as_of
        before = self.data.locks[message.lock]
        try:
            self._data = self.data.changed(message.lock, message.changes)
        except LockBridgeError as err:
            raise NotABridge(f"a state that no lock has: {err.detail.get('field')}") from err
        after = self.data.locks[message.lock]
        # What a newer bridge says beyond our fields concerns nobody here.
        changed = frozenset(
            name for name in message.changes if getattr(before, name, None) != getattr(after, name, None)
        )
        if changed:
            self.on_state.tell(message.lock, changed)

    def _take_people(self, message: People) -> None:
        if message.lock not in self.data.locks:
            return
        before = self.data.people.get(message.lock, {})
        self._data = _with_people(self.data, message)
        after = self.data.people[message.lock]
        named = (*(user.id for user in message.users), *message.gone)
        if changed := frozenset(user_id for user_id in named if before.get(user_id) != after.get(user_id)):
            self.on_people.tell(message.lock, changed)

    def _take_events(self, message: Events) -> None:
        for event in message.events:
            if self.cursor is None or event.seq <= self.cursor.seq:
                continue  # told already: a link that broke before the bridge knew so
            self.cursor = cursor = Cursor(epoch=self.cursor.epoch, seq=event.seq)
            self.on_event.tell(event, cursor, not message.live)

    def _take_gap(self, message: Gap) -> None:
        """The journal goes on behind a gap; of one before the welcome, listeners are told when the state is there."""
        if self.cursor is not None and self.cursor.epoch == message.epoch:
            self._untold.append(message)
        else:
            # Its numbers say nothing of ours, and what made it so is an event that comes with the rest.
            _LOGGER.info("The bridge at %s has another journal than before", self._transport.address)
        self.cursor = Cursor(epoch=message.epoch, seq=message.last)

    def _tell_gaps(self) -> None:
        while self._untold:
            self.on_gap.tell(self._untold.pop(0))

    def _take_tick(self, message: Tick) -> None:
        self._clock.take(message.time_ms)
        if self.cursor is None or Scope.EVENTS not in self.data.scopes:
            return
        # An event may be on disk and not yet on its way here when a tick is made. If not even one has come by the next
        # tick, none is on its way.
        behind_at = self.cursor.seq if message.head > self.cursor.seq else None
        if behind_at is not None and behind_at == self._behind_at:
            raise LinkLost("events are missing")
        self._behind_at = behind_at

    async def _broken(self, error: ClientError | LockBridgeError) -> None:
        """The link broke, or could not be made: wait for the next try, or give up."""
        if self.state is LinkState.CLOSED:
            return
        socket, self._socket = self._socket, None
        refused = is_refusal(error)
        news = self.problem is None or not _is_same(self.problem, error)
        self.problem = error
        self.state = LinkState.REFUSED if refused else LinkState.WAITING
        # One line when the link is lost or its trouble changes; that it still is so is for those who debug.
        level = logging.WARNING if news else logging.DEBUG
        _LOGGER.log(level, "No link to the bridge at %s: %s", self._transport.address, error)
        if refused or _is_stopping(error):
            self._commands.lose_all()
        else:
            self._commands.lose(self._clock.now_ms())
        if news:
            self.on_link.tell()
        if socket is not None:
            self._pace.held(self._monotonic() - self._up_since)
            await _hang_up(socket)
        if not refused:
            await asyncio.sleep(self._pace.after_absence() if _is_absence(error) else self._pace.after_trouble())

    async def _send(self, socket: aiohttp.ClientWebSocketResponse, message: FromClient) -> None:
        with client_errors():
            await socket.send_str(json.dumps(to_frame(message), ensure_ascii=False, separators=(",", ":")))


async def _met(socket: aiohttp.ClientWebSocketResponse, welcome: Welcome) -> tuple[Welcome, BridgeData]:
    """The bridge as its greeting tells it, with everybody who is there. Raises NotABridge."""
    if len(welcome.locks) > MAX_LOCKS:
        raise NotABridge("more locks than any house has doors")
    data = BridgeData.from_welcome(welcome)
    for _ in range(welcome.people):
        if not isinstance(message := await _receive(socket), People):
            raise NotABridge("the people it has announced do not come")
        data = _with_people(data, message)
    return welcome, data


def _with_people(data: BridgeData, told: People) -> BridgeData:
    """The bridge with other people on a lock. Raises NotABridge for more than any lock has room for."""
    if told.lock not in data.locks:
        return data
    changed = data.with_people(told)
    if len(changed.people[told.lock]) > MAX_ON_LOCK:
        raise NotABridge("more people than any lock has room for")
    return changed


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> FromBridge | None:
    """The next message; None for one of a kind that is not known here. Raises LinkLost, NotABridge."""
    frame = await socket.receive()
    if frame.type is not aiohttp.WSMsgType.TEXT:
        raise LinkLost("the bridge hung up")
    try:
        data = json.loads(frame.data)
        if isinstance(data, dict) and isinstance(data.get("type"), str) and data["type"] not in FROM_BRIDGE:
            return None
        return from_bridge(data)
    except (ValueError, RecursionError) as err:
        raise NotABridge("not JSON that anybody sends") from err
    except LockBridgeError as err:
        raise NotABridge(f"a message that nobody sends: {err.detail.get('field')}") from err


async def _hang_up(socket: aiohttp.ClientWebSocketResponse) -> None:
    await socket.close()


def _turned_away(status: int) -> Exception:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return LockBridgeError(ErrorCode.UNAUTHORIZED)
        case HTTPStatus.FORBIDDEN:
            return LockBridgeError(ErrorCode.FORBIDDEN)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return LockBridgeError(ErrorCode.RATE_LIMITED)
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return LockBridgeError(ErrorCode.STOPPING)
        case _:
            return NotABridge(f"the WebSocket was answered with {status}")


def _is_stopping(error: Exception) -> bool:
    return isinstance(error, LockBridgeError) and error.code == ErrorCode.STOPPING


def _is_absence(error: Exception) -> bool:
    return isinstance(error, CannotConnect) or _is_stopping(error)


def _is_same(one: Exception, other: Exception) -> bool:
    # A bridge that is gone is at first a broken connection, then nobody, then no answer: one trouble.
    if isinstance(one, LockBridgeError) and isinstance(other, LockBridgeError):
        return one.code == other.code
    return type(one) is type(other) or (_is_gone(one) and _is_gone(other))


def _is_gone(error: Exception) -> bool:
    return isinstance(error, LinkLost) or _is_absence(error)
