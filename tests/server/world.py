"""A bridge without doors, its server on real TLS, and visitors who speak with it. Time stands still until moved."""

import asyncio
import base64
import hashlib
import json
import os
import socket as sockets
import ssl
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched
from pathlib import Path
from typing import Any, Self

import aiohttp

from lock_bridge.clock import ManualClock
from lock_bridge.dispatch import Dispatcher
from lock_bridge.engine.effects import Record
from lock_bridge.engine.model import Actor, Fact
from lock_bridge.server import Listener, Server, tokens
from lock_bridge.store import ClientRow, Store
from lock_bridge.wire.codec import encode
from lock_bridge.wire.commands import ListLocks, Lock, QueryJournal, Unlock
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.messages import MAX_PEOPLE, Ack, CommandFrame, FromClient, Hello, People, to_frame
from lock_bridge.wire.model import BridgeInfo, BridgeStatus, Capabilities, Event, LockSnapshot, UserInfo
from lock_bridge.wire.pairing import FinishReply, PairingClient, StartReply
from lock_bridge.wire.words import GRANTABLE, BoltState, EventType, Scope

PATIENCE_S = 20
"""Nothing here takes long; a noisy machine may."""

BRIDGE_ID = "00c0ffee00c0ffee"
EVERYTHING = frozenset(GRANTABLE)


@dataclass(frozen=True, kw_only=True)
class Config:
    host: str = "127.0.0.1"
    port: int = 0
    zeroconf: bool = False
    interfaces: Sequence[str] = ()


class Crowd:
    """Who is at the front door, and who follows that."""

    def __init__(self, tell: Callable[[People], None]) -> None:
        self.users: dict[str, UserInfo] = {}
        self.followers = 0
        self.preparing = 0
        self.ready = asyncio.Event()
        self.ready.set()
        self._tell = tell
        self._untold: list[People] = []

    def follow(self) -> Callable[[], None]:
        self.followers += 1
        return self._left

    def everybody(self) -> tuple[People, ...]:
        self.renew()
        users = tuple(self.users.values())
        return tuple(People(lock="front_door", users=some) for some in batched(users, MAX_PEOPLE, strict=False))

    async def prepare(self) -> None:
        self.preparing += 1
        await self.ready.wait()
        self.preparing -= 1

    def renew(self) -> None:
        untold, self._untold = self._untold, []
        for people in untold:
            if self.followers:
                self._tell(people)

    def comes(self, user: UserInfo) -> None:
        """Somebody is new, or other than before; who follows is told later."""
        self.users[user.id] = user
        self._untold.append(People(lock="front_door", users=(user,)))

    def goes(self, user_id: str) -> None:
        """Somebody is there no longer."""
        del self.users[user_id]
        self._untold.append(People(lock="front_door", gone=(user_id,)))

    def _left(self) -> None:
        self.followers -= 1


class House:
    """The bridge as the server sees it: a real store and dispatcher, and a bolt that obeys unless it is held."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.info = BridgeInfo(id=BRIDGE_ID, name="Home", version="0.1.0", api=1)
        self.store = store
        self.clock = clock
        self.dispatcher = Dispatcher()
        self.on_pairing_asked: Callable[[str], None] = lambda _lock_id: None
        self.on_pairing_left: Callable[[str], None] = lambda _lock_id: None
        self.on_clients_gone: Callable[[], None] = lambda: None
        self.pairing_lamp: list[bool] = []
        self.shown_inside: tuple[str, str | None] | None = None
        self.moves: list[tuple[str, Actor]] = []
        self.bolt_is_free = asyncio.Event()
        self.bolt_is_free.set()
        self.error: Exception | None = None
        self.door = snapshot()
        self.status: BridgeStatus | None = None
        self.people = Crowd(self._tell_people)
        self._listeners: list[Listener] = []
        self.dispatcher.register(Unlock, self._unlock)
        self.dispatcher.register(Lock, self._lock)
        self.dispatcher.register(ListLocks, self._list_locks)
        self.dispatcher.register(QueryJournal, self._query)

    def locks(self) -> tuple[LockSnapshot, ...]:
        return (self.door,)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def record(self, *facts: Fact, lock_id: str | None = None) -> None:
        await self.publish(await self.store.commit(lock_id, [Record(fact) for fact in facts], self.clock.now()))

    async def publish(self, events: Sequence[Event]) -> None:
        for listener in tuple(self._listeners):
            listener.events(tuple(events))

    def pairing_changed(self, *, is_open: bool, lock_id: str | None = None, code: str | None = None) -> None:
        self.pairing_lamp.append(is_open)
        self.shown_inside = (lock_id, code) if lock_id else None

    async def ring(self, times: int = 1) -> None:
        """Somebody rings the doorbell."""
        await self.record(*[Fact(EventType.DOORBELL)] * times, lock_id="front_door")

    def set_bolt(self, bolt: BoltState) -> None:
        """The bolt is somewhere else."""
        self.door = replace(self.door, bolt=bolt)
        for listener in tuple(self._listeners):
            listener.state(self.door.id, {"bolt": bolt}, self.store.head)

    def set_status(self, status: BridgeStatus) -> None:
        """The bridge itself is other than before."""
        self.status = status
        for listener in tuple(self._listeners):
            listener.status(status)

    def _tell_people(self, people: People) -> None:
        for listener in tuple(self._listeners):
            listener.people(people)

    async def journal(self, *types: EventType) -> tuple[Event, ...]:
        """What the journal says, oldest first."""
        return tuple(reversed(await self.store.query(types=types, limit=1000)))

    async def _unlock(self, _command: Unlock, actor: Actor) -> Mapping[str, Any]:
        return await self._move("unlock", actor)

    async def _lock(self, _command: Lock, actor: Actor) -> Mapping[str, Any]:
        return await self._move("lock", actor)

    async def _move(self, move: str, actor: Actor) -> Mapping[str, Any]:
        self.moves.append((move, actor))
        await self.bolt_is_free.wait()
        if self.error:
            raise self.error
        return {"move": len(self.moves)}

    async def _list_locks(self, _command: ListLocks, _actor: Actor) -> Mapping[str, Any]:
        return {"locks": encode(self.locks())}

    async def _query(self, command: QueryJournal, _actor: Actor) -> Mapping[str, Any]:
        events = await self.store.query(after=command.after, before=command.before, limit=command.limit)
        store = self.store
        return {"epoch": store.epoch, "oldest": store.oldest, "head": store.head, "events": encode(events)}


class World:
    """The house, its server, and everyone who comes by."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.house: House
        self.server: Server
        self._sessions: list[aiohttp.ClientSession] = []

    async def open(self, config: Config = Config()) -> None:
        """Start the bridge."""
        store = await Store.open(self.folder / "store.db", boot_id=self.clock.boot_id)
        self.house = House(store, self.clock)
        self.server = Server(self.house, config, self.folder)
        await self.server.start()

    async def close(self) -> None:
        """Stop the bridge; the visitors have gone."""
        for session in self._sessions:
            await session.close()
        self._sessions.clear()
        await self.server.stop()
        await self.house.store.close()

    async def reboot(self) -> None:
        """The machine starts anew: another boot, the same disk."""
        await self.close()
        before = self.clock.now()
        self.clock = ManualClock(wall_ms=before.wall_ms, trusted=before.trusted)
        await self.open()

    @property
    def store(self) -> Store:
        return self.house.store

    @property
    def fingerprint(self) -> bytes:
        return bytes.fromhex(self.server.fingerprint)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server.port}"

    async def raw(
        self, address: str = "127.0.0.1", *, receive_buffer: int | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """TLS with the bridge, and nothing said yet."""
        sock = sockets.socket()
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
        sock.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.server.port))
        return await asyncio.open_connection(sock=sock, ssl=trusting(), server_hostname="")

    async def paired(self, *scopes: Scope, name: str = "Home Assistant") -> Visitor:
        """A client that was paired before the bridge started this time."""
        token = tokens.make()
        row = ClientRow(
            id=token.client_id,
            name=name,
            scopes=frozenset(scopes) if scopes else EVERYTHING,
            token_hash=token.hash,
            created_ms=self.clock.now().wall_ms,
            last_used_ms=None,
            last_address=None,
        )
        await self.store.add_client(row, (), self.clock.now())
        await self.server._clients.load()
        return self.visitor(token.text)

    def visitor(self, token: str | None = None, address: str = "127.0.0.1") -> Visitor:
        """Somebody who comes from `address`, with or without a token."""
        connector = aiohttp.TCPConnector(local_addr=(address, 0), limit=0, limit_per_host=0)
        session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=PATIENCE_S))
        self._sessions.append(session)
        return Visitor(self, session, token)

    async def pair(
        self, visitor: Visitor, code: str, *, scopes: Sequence[str] = ("state", "events"), seen: bytes | None = None
    ) -> dict[str, Any]:
        """Pair as a client does, over the certificate that it has seen. Raises what the bridge answers."""
        client = PairingClient(code, seen or self.fingerprint, "Home Assistant", scopes)
        started = StartReply.from_json(await visitor.ok("POST", "/api/pair/start", client.start().to_json()))
        finish = client.on_start_reply(started).to_json()
        return client.on_finish_reply(FinishReply.from_json(await visitor.ok("POST", "/api/pair/finish", finish)))


@dataclass
class Visitor:
    """A client, as far as the wire is concerned."""

    world: World
    session: aiohttp.ClientSession
    token: str | None = field(default=None, repr=False)

    @property
    def client_id(self) -> str:
        shown = tokens.read(f"Bearer {self.token}")
        assert shown is not None
        return shown.client_id

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and JSON of an answer, or its text."""
        headers = self.headers | more.pop("headers", {})
        data = more.pop("data", None if body is None else json.dumps(body))
        pin = aiohttp.Fingerprint(self.world.fingerprint)
        async with self.session.request(
            method, self.world.url + path, data=data, ssl=pin, headers=headers, **more
        ) as response:
            is_json = response.content_type == "application/json"
            return response.status, await (response.json() if is_json else response.text())

    async def ok(self, method: str, path: str, body: Any = None) -> Any:
        """The answer, or the error that came in its place."""
        status, answer = await self.ask(method, path, body)
        if status != 200:
            raise LockBridgeError.from_json(answer["error"])
        return answer

    async def command(self, name: str, args: Mapping[str, Any], *, command_id: str = "", late_ms: int = 0) -> Any:
        """A command over REST."""
        sent_ms = self.world.clock.now().mono_ms - late_ms
        body = {"id": command_id or str(uuid.uuid4()), "sent_ms": sent_ms, "args": dict(args)}
        return await self.ok("POST", f"/api/commands/{name}", body)

    async def dial(self) -> Socket:
        """An open WebSocket that has not said hello."""
        pin = aiohttp.Fingerprint(self.world.fingerprint)
        ws = await self.session.ws_connect(
            self.world.url + "/api/ws", ssl=pin, headers=self.headers, autoping=False, max_msg_size=0
        )
        return Socket(self.world, ws)

    async def enter(self, epoch: str | None = None, last_seq: int | None = None) -> Socket:
        """A WebSocket that has been welcomed."""
        socket = await self.dial()
        await socket.send(Hello(api=1, epoch=epoch, last_seq=last_seq))
        while (frame := await socket.frame())["type"] != "welcome":
            socket.gaps.append(frame)
        socket.welcome = frame
        return socket


@dataclass
class Socket:
    """A client's end of the WebSocket."""

    world: World
    ws: aiohttp.ClientWebSocketResponse
    welcome: dict[str, Any] = field(default_factory=dict)
    gaps: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, *messages: FromClient) -> None:
        for message in messages:
            await self.ws.send_str(json.dumps(to_frame(message)))

    async def command(self, name: str, *, command_id: str = "", late_ms: int = 0, **args: Any) -> str:
        """Ask for something; the answer comes as a frame."""
        command_id = command_id or str(uuid.uuid4())
        sent_ms = self.world.clock.now().mono_ms - late_ms
        await self.send(CommandFrame(id=command_id, name=name, sent_ms=sent_ms, args=args))
        return command_id

    async def frame(self, kind: str | None = None) -> dict[str, Any]:
        """The next frame, or the next one of a kind. Pings are left out."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.ws.receive()
                if message.type in (aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG):
                    continue
                assert message.type is aiohttp.WSMsgType.TEXT, f"{message.type}: the bridge hung up"
                frame: dict[str, Any] = json.loads(message.data)
                if kind is None or frame["type"] == kind:
                    return frame

    async def events(self, last: int) -> list[dict[str, Any]]:
        """All frames of the journal until event `last` has come, with an ack for each."""
        frames = []
        while True:
            frame = await self.frame()
            if frame["type"] == "events":
                await self.send(Ack(seq=frame["events"][-1]["seq"]))
            if frame["type"] in ("events", "gap"):
                frames.append(frame)
                if (frame["events"][-1]["seq"] if frame["type"] == "events" else frame["last"]) >= last:
                    return frames

    async def ended(self) -> tuple[str | None, int | None]:
        """How the bridge ends it: the code of its failure, and of its close frame (None: neither)."""
        failure = None
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.ws.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    frame = json.loads(message.data)
                    if frame["type"] == "failure":
                        failure = frame["error"]["code"]
                elif message.type is aiohttp.WSMsgType.CLOSE:
                    return failure, message.data
                elif message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                    return failure, None

    async def settled(self) -> None:
        """All that was sent so far has been dealt with."""
        await self.ws.ping(b"settled")
        async with asyncio.timeout(PATIENCE_S):
            while (message := await self.ws.receive()).type is not aiohttp.WSMsgType.PONG:
                assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.PING)

    async def close(self) -> None:
        await self.ws.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


@dataclass
class DeafSocket:
    """A WebSocket by hand, that answers nothing and reads only what it is told to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def dial(cls, visitor: Visitor, *, receive_buffer: int | None = None) -> Self:
        """Connect, and say hello."""
        reader, writer = await visitor.world.raw(receive_buffer=receive_buffer)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET /api/ws HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {visitor.token}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        socket = cls(reader, writer)
        socket.send(json.dumps({"type": "hello", "api": 1}).encode())
        return socket

    def send(self, payload: bytes, opcode: int = 1, *, announce: int | None = None) -> None:
        """A whole frame, masked with zeros; `announce` lies about its length."""
        size = len(payload) if announce is None else announce
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2) if size < 65536 else None
        head = bytes([0x80 | opcode]) + (length or b"\xff" + size.to_bytes(8))
        self.writer.write(head + bytes(4) + payload)

    async def ended(self) -> bytes:
        """All that comes until the bridge hangs up."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    def close(self) -> None:
        self.writer.transport.abort()


def snapshot() -> LockSnapshot:
    """A front door."""
    return LockSnapshot(
        id="front_door",
        name="Front door",
        profile="palm6068",
        model="Palm 6068",
        serial="",
        capabilities=Capabilities(users=50, credentials={}, settings=(), door_contact=True, doorbell=True),
    )


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - conditions of others' objects, which have no event to wait for
            await asyncio.sleep(0)


def trusting() -> ssl.SSLContext:
    """TLS that looks at no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def certificate_of(port: int) -> bytes:
    """SHA-256 of the certificate that somebody shows."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting())
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return hashlib.sha256(certificate).digest()
