"""The door of the server: TLS handshakes, and connections that hold a place without saying anything useful."""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, cast, override

from lock_bridge.clock import Clock, Handle

from .background import Background
from .limits import network

_LOGGER = logging.getLogger(__name__)

HANDSHAKES: Final = 16
"""TLS handshakes at once. One more takes the place of the oldest of whoever holds most: floods keep nobody else out."""

STRANGERS: Final = 32
"""Connections that have shown no valid token; one more takes a place in the same way."""

CONNECTIONS: Final = 128
"""All connections. Beyond these nobody new comes in."""

HEAD_MS: Final = 10_000
"""So long handshake and head of the first request may take together, and so long a stranger may be idle."""

REQUEST_MS: Final = 15_000
"""So long a body may take, and a stranger's whole request."""

IDLE_MS: Final = 75_000
"""So long a client's connection is kept between two requests."""


class Gate:
    """Listens, encrypts, and hands each connection to an HTTP protocol of its own."""

    def __init__(self, clock: Clock, context: ssl.SSLContext, make: Callable[[], asyncio.Protocol]) -> None:
        self._clock = clock
        self._context = context
        self._make = make
        self._background = Background()
        self._connections: dict[asyncio.Protocol, Connection] = {}
        self._handshakes: list[Connection] = []
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen, and say at which port. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), host, port, backlog=64)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no longer; what is connected stays."""
        server, self._server = self._server, None
        if server is None:
            return
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        # asyncio fails on what was accepted and not yet attached when its server closes: let it attach.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        server.close()

    async def stop(self) -> None:
        """End everything at once."""
        await self.close()
        await self._background.stop()
        for connection in [*self._connections.values(), *self._handshakes]:
            connection.drop()

    def of(self, protocol: asyncio.Protocol) -> Connection | None:
        """The connection that an HTTP protocol serves."""
        return self._connections.get(protocol)

    def accepted(self, connection: Connection) -> None:
        """A socket has connected."""
        if len(self._connections) + len(self._handshakes) >= CONNECTIONS:
            connection.drop()
            return
        self._handshakes.append(connection)
        _make_room(self._handshakes, HANDSHAKES)
        if connection in self._handshakes:
            connection.work = self._background.start(self._secure(connection))

    def lost(self, connection: Connection) -> None:
        """A socket has gone."""
        if connection in self._handshakes:
            self._handshakes.remove(connection)
        if connection.http is not None:
            self._connections.pop(connection.http, None)

    def due_in(self, delay_ms: int, call: Callable[[], None]) -> Handle:
        """Call later."""
        return self._clock.call_later(delay_ms, call)

    async def _secure(self, connection: Connection) -> None:
        connection.allow(HEAD_MS)
        loop = asyncio.get_running_loop()
        try:
            tls = await loop.start_tls(
                connection.transport,
                connection,
                self._context,
                server_side=True,
                ssl_handshake_timeout=2 * HEAD_MS / 1000,
                ssl_shutdown_timeout=1,
            )
        except OSError as err:  # among them ssl.SSLError, and a peer that has gone
            _LOGGER.debug("No TLS with %s: %s", connection.address, type(err).__name__)
            connection.drop()
            return
        if connection in self._handshakes:
            self._handshakes.remove(connection)
        if tls is None or tls.is_closing():
            return
        http = self._make()
        self._connections[http] = connection
        connection.serve(tls, http)
        _make_room([known for known in self._connections.values() if not known.paired], STRANGERS)


class Connection(asyncio.Protocol):
    """One connection. Whoever serves it says when a request begins and ends, and whether it showed a valid token."""

    transport: asyncio.Transport

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._early: list[bytes] = []
        self._deadline: Handle | None = None
        self.http: asyncio.Protocol | None = None
        self.work: asyncio.Task[None] | None = None
        self.address = ""
        self.paired = False

    def allow(self, ms: int | None) -> None:
        """Drop the connection after `ms` unless something happens before; None: no limit."""
        if self._deadline:
            self._deadline.cancel()
        self._deadline = None if ms is None else self._gate.due_in(ms, self.drop)

    def begin(self, *, paired: bool) -> None:
        """The head of a request is there."""
        self.paired = paired
        self.allow(REQUEST_MS)

    def carry_on(self) -> None:
        """The body is there too: what a client asks for may take its time."""
        if self.paired:
            self.allow(None)

    def end(self) -> None:
        """The request is answered."""
        self.allow(IDLE_MS if self.paired else HEAD_MS)

    def drop(self) -> None:
        """End the connection now, without another word."""
        self.allow(None)
        if self.work:
            self.work.cancel()
        self.transport.abort()
        self._gate.lost(self)

    def serve(self, tls: asyncio.Transport, http: asyncio.Protocol) -> None:
        """TLS is there: from now on everything goes to `http`."""
        self.transport = tls
        self.work = None
        self.http = http
        http.connection_made(tls)
        early, self._early = self._early, []
        for data in early:
            http.data_received(data)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self._gate.accepted(self)

    @override
    def data_received(self, data: bytes) -> None:
        if self.http is not None:
            self.http.data_received(data)
        else:
            self._early.append(data)  # came together with the end of the handshake

    @override
    def eof_received(self) -> bool | None:
        return self.http.eof_received() if self.http is not None else None

    @override
    def pause_writing(self) -> None:
        if self.http is not None:
            self.http.pause_writing()

    @override
    def resume_writing(self) -> None:
        if self.http is not None:
            self.http.resume_writing()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.allow(None)
        self._gate.lost(self)
        if self.http is not None:
            self.http.connection_lost(exc)


def _make_room(connections: Iterable[Connection], limit: int) -> None:
    """Drop the oldest connections of the address that has most, until there are no more than `limit`."""
    held = list(connections)
    while len(held) > limit:
        most, _ = Counter(network(connection.address) for connection in held).most_common(1)[0]
        victim = next(connection for connection in held if network(connection.address) == most)
        held.remove(victim)
        victim.drop()
