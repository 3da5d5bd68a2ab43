"""Live connections: who is slow, silent, dead or talks nonsense harms nobody else."""

import asyncio
import json
import os
import statistics
import time
from typing import Any

import aiohttp
import pytest

from lock_bridge.server.hub import SOCKETS, SOCKETS_PER_CLIENT
from lock_bridge.server.session import HELLO_MS, SILENT_MS, UNSENT_BYTES
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.messages import MAX_FRAME, TICK_S, Ack, CommandFrame, Hello
from lock_bridge.wire.words import BoltState
from tests.server.world import PATIENCE_S, Config, DeafSocket, Socket, Visitor, World, until

DOOR = {"lock": "front_door"}


async def answered(world: World, socket: Socket) -> float:
    """How long an unlock takes, in seconds."""
    began = time.perf_counter()
    await socket.command("unlock", **DOOR)
    assert (await socket.frame("result"))["error"] is None
    return time.perf_counter() - began


async def test_the_bridge_gives_a_sign_of_life_every_fifteen_seconds(world: World) -> None:
    async with await (await world.paired()).enter() as socket:
        for number in range(1, 3):
            world.clock.advance(TICK_S * 1000)
            now = world.clock.now()
            assert await socket.frame() == {
                "type": "tick",
                "head": 0,
                "time_ms": now.mono_ms,
                "wall_ms": now.wall_ms,
                "time_trusted": True,
            }, number


async def test_a_client_that_answers_pings_stays_and_one_that_is_gone_does_not(world: World) -> None:
    """F6: half-open connections are noticed within 45 s and a tick."""
    here, gone = await world.paired(), await world.paired()
    deaf = await DeafSocket.dial(gone)
    await until(lambda: world.server._hub.is_connected(gone.client_id))
    async with await here.enter() as socket:
        for _ in range(SILENT_MS // (TICK_S * 1000) + 1):
            world.clock.advance(TICK_S * 1000)
            await socket.frame("tick")
            await socket.ws.pong(b"")
            await socket.settled()
        await until(lambda: not world.server._hub.is_connected(gone.client_id))
        assert world.server._hub.is_connected(here.client_id)
    deaf.close()


async def test_who_never_says_hello_is_cut_off(world: World) -> None:
    socket = await (await world.paired()).dial()
    world.clock.advance(HELLO_MS)
    assert await socket.ended() == (None, None)


async def test_nothing_is_told_before_the_hello(world: World) -> None:
    socket = await (await world.paired()).dial()
    await world.house.ring()
    world.house.set_bolt(BoltState.LOCKED)
    await socket.send(Hello(api=1))
    assert (await socket.frame())["type"] == "welcome"
    await socket.close()


@pytest.mark.spec("S18")
async def test_nothing_is_taken_before_the_hello(world: World) -> None:
    client = await world.paired()
    for frame in (Ack(seq=0), CommandFrame(id="0" * 32, name="unlock", sent_ms=world.clock.now().mono_ms, args=DOOR)):
        socket = await client.dial()
        await socket.send(frame)
        assert await socket.ended() == (ErrorCode.BAD_REQUEST, 1008)
    assert world.house.moves == []


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param("", ErrorCode.BAD_REQUEST, id="empty"),
        pytest.param("{", ErrorCode.BAD_REQUEST, id="no JSON"),
        pytest.param("[]", ErrorCode.BAD_REQUEST, id="no object"),
        pytest.param("{}", ErrorCode.BAD_REQUEST, id="no type"),
        pytest.param('{"type":"tick"}', ErrorCode.BAD_REQUEST, id="not a client's"),
        pytest.param('{"type":["hello"]}', ErrorCode.BAD_REQUEST, id="type is a list"),
        pytest.param('{"type":"hello","api":1}', ErrorCode.BAD_REQUEST, id="second hello"),
        pytest.param('{"type":"hello","api":2}', ErrorCode.VERSION_UNSUPPORTED, id="newer client"),
        pytest.param('{"type":"ack","seq":"1"}', ErrorCode.BAD_REQUEST, id="text for a number"),
        pytest.param('{"type":"ack","seq":1.0}', ErrorCode.BAD_REQUEST, id="a fraction"),
        pytest.param('{"type":"ack","seq":true}', ErrorCode.BAD_REQUEST, id="a truth"),
        pytest.param('{"type":"ack","seq":NaN}', ErrorCode.BAD_REQUEST, id="NaN"),
        pytest.param('{"type":"ack","seq":1e999}', ErrorCode.BAD_REQUEST, id="infinity"),
        pytest.param('{"type":"ack","seq":-Infinity}', ErrorCode.BAD_REQUEST, id="minus infinity"),
        pytest.param(f'{{"type":"ack","seq":{"9" * 5000}}}', ErrorCode.BAD_REQUEST, id="5,000 digits"),
        pytest.param(f'{{"type":"ack","seq":{2**63}}}', ErrorCode.BAD_REQUEST, id="64 bits and one"),
        pytest.param('{"type":"ack","seq":1,"seq":2}', ErrorCode.BAD_REQUEST, id="a key twice"),
        pytest.param('{"type":"ack","seq":1,"more":2}', ErrorCode.BAD_REQUEST, id="an unknown field"),
        pytest.param("[" * 60_000, ErrorCode.BAD_REQUEST, id="60,000 deep"),
        pytest.param('{"a":' * 10_000 + "1" + "}" * 10_000, ErrorCode.BAD_REQUEST, id="10,000 objects deep"),
        pytest.param('{"type":"\\ud800"}', ErrorCode.BAD_REQUEST, id="half a surrogate"),
        pytest.param(
            '{"type":"command","id":"00000000000000000000000000000000","name":"unlock","sent_ms":1000000,'
            '"args":{"lock":"\\udfff"}}',
            ErrorCode.BAD_REQUEST,
            id="half a surrogate in arguments",
        ),
    ],
)
async def test_nonsense_is_answered_with_words_and_an_end(world: World, frame: str, code: ErrorCode) -> None:
    async with await (await world.paired()).enter() as socket:
        await socket.ws.send_str(frame)
        assert await socket.ended() == (code, 1008)
    assert world.house.moves == []


@pytest.mark.spec("S18")
async def test_a_binary_frame_is_nonsense(world: World) -> None:
    async with await (await world.paired()).enter() as socket:
        await socket.ws.send_bytes(b'{"type":"ack","seq":0}')
        assert await socket.ended() == (ErrorCode.BAD_REQUEST, 1008)


@pytest.mark.spec("S18")
@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param([(b"\xff\xfe", 1, None)], 1007, id="no UTF-8"),
        pytest.param([(b"x" * (MAX_FRAME + 1), 1, None)], 1009, id="a byte too many"),
        pytest.param([(b"", 1, 2**62)], 1009, id="announces an exabyte"),
        pytest.param([(b"x", 3, None)], 1002, id="unknown opcode"),
        pytest.param([(b"x" * 126, 9, None)], 1002, id="too long a ping"),
        pytest.param([(b"x", 0, None)], 1002, id="continues nothing"),
    ],
)
async def test_what_is_no_websocket_ends_it(
    world: World, frames: list[tuple[bytes, int, int | None]], code: int
) -> None:
    client = await world.paired()
    socket = await DeafSocket.dial(client)
    await until(lambda: world.server._hub.is_connected(client.client_id))
    for payload, opcode, announced in frames:
        socket.send(payload, opcode, announce=announced)
    assert code.to_bytes(2) in await socket.ended()
    socket.close()


@pytest.mark.spec("S18")
async def test_fragments_of_more_than_a_frame_end_it(world: World) -> None:
    client = await world.paired()
    socket = await DeafSocket.dial(client)
    first = True
    for _ in range(3):
        payload = b"x" * (MAX_FRAME // 2)
        opcode = 1 if first else 0
        socket.writer.write(bytes([opcode, 0xFE]) + len(payload).to_bytes(2) + bytes(4) + payload)
        first = False
    assert (1009).to_bytes(2) in await socket.ended()
    socket.close()


async def test_the_largest_frame_is_read(world: World) -> None:
    async with await (await world.paired()).enter() as socket:
        frame = json.dumps({"type": "command", "id": "0" * 32, "name": "x" * (MAX_FRAME - 200), "sent_ms": 1_000_000})
        assert MAX_FRAME - 200 < len(frame) <= MAX_FRAME
        await socket.ws.send_str(frame)
        result = await socket.frame("result")
        assert result["error"]["code"] == ErrorCode.UNKNOWN_COMMAND
        assert len(json.dumps(result)) < 1000


async def test_one_who_does_not_read_is_cut_off_and_the_others_do_not_notice(world: World) -> None:
    """F8: 31 clients, and one that leaves everything lying."""
    slow = await world.paired(name="Slow")
    deaf = await DeafSocket.dial(slow, receive_buffer=4096)
    deaf.reader._transport.pause_reading()  # type: ignore[attr-defined]
    await until(lambda: world.server._hub.is_connected(slow.client_id))
    clients = [await world.paired() for _ in range((SOCKETS - 1) // SOCKETS_PER_CLIENT + 1)]
    places = [client for client in clients for _ in range(SOCKETS_PER_CLIENT)][: SOCKETS - 1]
    others = [await client.enter() for client in places]
    fat = os.urandom(32_000).hex()
    took: list[float] = []
    sent = 0
    while world.server._hub.is_connected(slow.client_id):
        for listener in world.house._listeners:
            listener.state("front_door", {"settings": {"note": fat}}, 0)
        sent += len(fat)
        assert sent < 64 * UNSENT_BYTES, "a client that reads nothing is still there"
        for socket in others:
            await socket.frame("state")
        took.append(await answered(world, others[0]))
    assert statistics.quantiles(took, n=100)[-1] < 0.2 if len(took) > 1 else True
    assert sent > UNSENT_BYTES
    deaf.close()
    for socket in others:
        await socket.close()


async def test_no_more_sockets_than_there_is_room_for(world: World) -> None:
    clients = [await world.paired() for _ in range(SOCKETS // SOCKETS_PER_CLIENT)]
    sockets = [await client.enter() for client in clients for _ in range(SOCKETS_PER_CLIENT)]
    late = await world.paired()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await late.dial()
    assert refusal.value.status == 429
    await sockets.pop().close()
    await until(lambda: len(world.server._hub._sessions) < SOCKETS)
    await (await late.enter()).close()
    for socket in sockets:
        await socket.close()


async def test_a_client_that_loses_its_connections_pushes_out_its_own(world: World) -> None:
    client, other = await world.paired(), await world.paired()
    beside = await other.enter()
    lost = [await DeafSocket.dial(client) for _ in range(SOCKETS_PER_CLIENT)]
    await until(lambda: len(world.server._hub._welcomed) == 1 + SOCKETS_PER_CLIENT)
    async with await client.enter():
        assert ErrorCode.RATE_LIMITED.encode() in await lost[0].ended()
        assert await answered(world, beside) < PATIENCE_S
    for socket in lost:
        socket.close()
    await beside.close()


async def test_the_bridge_says_goodbye_when_it_stops(world: World) -> None:
    client = await world.paired()
    socket, deaf = await client.enter(), await DeafSocket.dial(client)
    idle = await client.ok("GET", "/api/state")
    assert idle
    began = time.monotonic()
    stopping = asyncio.create_task(world.server.stop())
    assert await socket.ended() == (ErrorCode.STOPPING, 1001)
    await stopping
    assert time.monotonic() - began < 2.5  # about one on a quiet machine
    assert ErrorCode.STOPPING.encode() in await deaf.ended()
    with pytest.raises(aiohttp.ClientError):
        await client.ask("GET", "/api/state")
    deaf.close()


async def test_an_address_that_is_taken_is_said_and_nothing_is_left_running(world: World) -> None:
    other = World(world.folder / "other")
    other.folder.mkdir()
    tasks = asyncio.all_tasks()
    with pytest.raises(OSError, match="address already in use"):
        await other.open(Config(port=world.server.port))
    assert other.house._listeners == []
    assert asyncio.all_tasks() == tasks
    await other.store.close()


async def test_a_stop_waits_for_no_bolt(world: World) -> None:
    client = await world.paired()
    world.house.bolt_is_free.clear()
    waiting = asyncio.create_task(client.command("unlock", DOOR))
    await until(lambda: len(world.house.moves) == 1)
    began = time.monotonic()
    await world.server.stop()
    assert time.monotonic() - began < 2.5  # about one on a quiet machine
    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_a_plain_request_at_the_websockets_address_is_refused(world: World) -> None:
    client: Visitor = await world.paired()
    status, answer = await client.ask("GET", "/api/ws")
    assert (status, answer["error"]["code"]) == (400, ErrorCode.BAD_REQUEST)


async def test_an_unlock_takes_less_than_a_blink(world: World) -> None:
    async with await (await world.paired()).enter() as socket:
        took: list[Any] = [await answered(world, socket) for _ in range(200)]
    assert statistics.median(took) < 0.01


async def test_an_honest_surrogate_pair_is_one_character(world: World) -> None:
    async with await (await world.paired()).enter() as socket:
        await socket.ws.send_str(
            '{"type":"command","id":"00000000000000000000000000000000","name":"unlock","sent_ms":1000000,'
            '"args":{"lock":"\\ud83d\\udd12"}}'
        )
        assert (await socket.frame("result"))["error"] is None
