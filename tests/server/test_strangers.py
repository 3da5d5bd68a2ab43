"""Strangers: what they may ask, how long they may hold a place, and that paired clients don't notice them."""

import asyncio
import ssl
import time
import zlib

import aiohttp
import pytest

from lock_bridge.server.gate import CONNECTIONS, HANDSHAKES, HEAD_MS, IDLE_MS, REQUEST_MS, STRANGERS
from lock_bridge.server.limits import REQUESTS_AT_ONCE, UNKNOWN_OVERALL, UNKNOWN_PER_ADDRESS, network
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.messages import MAX_FRAME
from tests.server.world import PATIENCE_S, Visitor, World, trusting, until

HEAD = b"GET /api/info HTTP/1.1\r\nHost: x\r\n"


async def statuses(visitor: Visitor, times: int, path: str = "/api/info") -> list[int]:
    return [(await visitor.ask("GET", path))[0] for _ in range(times)]


async def plain(world: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A TCP connection, and no TLS yet."""
    return await asyncio.open_connection("127.0.0.1", world.server.port)


async def gone(reader: asyncio.StreamReader) -> bytes:
    """What still comes before the bridge hangs up."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


def held(world: World) -> int:
    assert world.server._gate is not None
    return len(world.server._gate._connections)


def handshakes(world: World) -> int:
    assert world.server._gate is not None
    return len(world.server._gate._handshakes)


async def test_an_address_gets_ten_requests_a_minute(world: World) -> None:
    visitor = world.visitor()
    assert await statuses(visitor, UNKNOWN_PER_ADDRESS) == [200] * 10
    status, answer = await visitor.ask("GET", "/api/info")
    assert (status, answer["error"]["code"], answer["error"]["can_retry"]) == (429, ErrorCode.RATE_LIMITED, True)
    assert await statuses(world.visitor(address="127.0.0.2"), 1) == [200]
    world.clock.advance(60_000)
    assert await statuses(visitor, 1) == [200]


async def test_wrong_tokens_and_unknown_addresses_count_too(world: World) -> None:
    visitor = world.visitor("lb1_0123456789abcdef_" + "A" * 43)
    assert await statuses(visitor, 5, "/api/state") == [401] * 5
    assert await statuses(visitor, 3, "/api/nothing") == [401] * 3
    assert await statuses(visitor, 2, f"/api/info?token={visitor.token}") == [400] * 2
    assert await statuses(visitor, 1, f"/api/info?token={visitor.token}") == [429]
    assert await statuses(visitor, 1, "/api/state") == [429]


async def test_all_strangers_together_get_sixty_requests_a_minute(world: World) -> None:
    answers = []
    for number in range(7):
        answers += await statuses(world.visitor(address=f"127.0.1.{number + 1}"), UNKNOWN_PER_ADDRESS)
    assert answers == [200] * UNKNOWN_OVERALL + [429] * 10


async def test_a_refused_request_does_not_prolong_the_wait(world: World) -> None:
    visitor = world.visitor()
    await statuses(visitor, UNKNOWN_PER_ADDRESS)
    for _ in range(6):
        world.clock.advance(9_999)
        assert await statuses(visitor, 1) == [429]
    world.clock.advance(6)
    assert await statuses(visitor, 1) == [200]


@pytest.mark.spec("S17")
async def test_a_paired_client_is_served_through_a_flood_of_strangers(world: World) -> None:
    """From its very address, with its very requests; 99 of 100 unlocks within 300 ms."""
    client = await world.paired()
    strangers = [world.visitor("lb1_0123456789abcdef_" + "A" * 43, address=f"127.0.0.{n}") for n in (1, 2, 3)]
    flooding = True

    async def flood(visitor: Visitor) -> None:
        while flooding:
            await visitor.ask("GET", "/api/state")

    floods = [asyncio.create_task(flood(visitor)) for visitor in strangers]
    took = []
    async with await client.enter() as socket:
        for _ in range(100):
            began = time.perf_counter()
            await socket.command("unlock", lock="front_door")
            assert (await socket.frame("result"))["error"] is None
            took.append(time.perf_counter() - began)
    assert (await client.ask("GET", "/api/state"))[0] == 200
    flooding = False
    await asyncio.gather(*floods)
    assert sorted(took)[98] < 0.3


async def test_a_paired_client_has_a_limit_of_its_own(world: World) -> None:
    client, other = await world.paired(), await world.paired()
    assert set(await statuses(client, REQUESTS_AT_ONCE, "/api/state")) == {200}
    assert await statuses(client, 1, "/api/state") == [429]
    assert await statuses(other, 1, "/api/state") == [200]
    world.clock.advance(1_000)
    assert await statuses(client, 1, "/api/state") == [200]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "?", False),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same


@pytest.mark.spec("S10")
async def test_no_tls_older_than_1_3(world: World) -> None:
    context = trusting()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", world.server.port, ssl=context, server_hostname="")
    await until(lambda: handshakes(world) == 0)


@pytest.mark.spec("S10")
async def test_what_is_served_is_tls_1_3(world: World) -> None:
    _reader, writer = await world.raw()
    assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
    writer.close()
    await writer.wait_closed()


@pytest.mark.spec("S9")
async def test_plain_http_is_answered_with_nothing(world: World) -> None:
    """No redirect to follow, no body to believe."""
    reader, writer = await plain(world)
    writer.write(HEAD + b"\r\n")
    answer = await gone(reader)
    assert b"HTTP" not in answer
    writer.close()
    with pytest.raises(aiohttp.ClientError):
        async with (await world.paired()).session.get(f"http://127.0.0.1:{world.server.port}/api/info"):
            pass


@pytest.mark.spec("S19")
async def test_a_connection_without_tls_is_dropped_in_time(world: World) -> None:
    reader, writer = await plain(world)
    await until(lambda: handshakes(world) == 1)
    world.clock.advance(HEAD_MS - 1)
    assert handshakes(world) == 1
    world.clock.advance(1)
    assert await gone(reader) == b""
    assert handshakes(world) == 0
    writer.close()


@pytest.mark.spec("S19")
@pytest.mark.parametrize("said", [b"", b"G", HEAD, HEAD + b"X: y\r\n"])
async def test_half_a_request_is_dropped_in_time(world: World, said: bytes) -> None:
    reader, writer = await world.raw()
    writer.write(said)
    await until(lambda: held(world) == 1)
    world.clock.advance(HEAD_MS)
    assert await gone(reader) == b""
    assert held(world) == 0
    writer.close()


@pytest.mark.spec("S19")
async def test_a_request_that_drips_in_gets_no_more_time(world: World) -> None:
    reader, writer = await world.raw()
    await until(lambda: held(world) == 1)
    for step in range(10):
        writer.write(HEAD[step : step + 1])
        world.clock.advance(HEAD_MS // 10)
    assert await gone(reader) == b""
    writer.close()


@pytest.mark.spec("S19")
async def test_a_body_that_does_not_come_is_not_waited_for(world: World) -> None:
    """A paired client is no exception."""
    client = await world.paired()
    for token in ("", f"Authorization: Bearer {client.token}\r\n"):
        reader, writer = await world.raw()
        path = "/api/commands/unlock" if token else "/api/pair/start"
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\n{token}Content-Length: 100\r\n\r\n{{".encode())
        await until(lambda: any(c._deadline and c.http for c in world.server._gate._connections.values()))  # type: ignore[union-attr]
        await asyncio.sleep(0)
        world.clock.advance(REQUEST_MS)
        assert b"200" not in await gone(reader)
        writer.close()
    assert world.house.moves == []


async def test_an_idle_connection_is_kept_longer_for_a_client_than_for_a_stranger(world: World) -> None:
    client = await world.paired()
    requests = {"stranger": HEAD + b"\r\n", "client": HEAD + f"Authorization: Bearer {client.token}\r\n\r\n".encode()}
    readers: dict[str, asyncio.StreamReader] = {}
    writers = []
    for who, request in requests.items():
        reader, writer = await world.raw()
        writer.write(request)
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        readers[who] = reader
        writers.append(writer)
    world.clock.advance(HEAD_MS)
    assert await gone(readers["stranger"]) == b""
    assert held(world) == 1
    world.clock.advance(IDLE_MS)
    assert await gone(readers["client"]) == b""
    for writer in writers:
        writer.close()


async def test_a_command_may_take_longer_than_a_strangers_request(world: World) -> None:
    client = await world.paired()
    world.house.bolt_is_free.clear()
    waiting = asyncio.create_task(client.command("unlock", {"lock": "front_door"}))
    await until(lambda: len(world.house.moves) == 1)
    world.clock.advance(REQUEST_MS + HEAD_MS)
    world.house.bolt_is_free.set()
    assert (await waiting)["data"] == {"move": 1}


@pytest.mark.spec("S19")
async def test_a_thousand_half_open_requests_hold_a_few_places_and_nobody_up(world: World) -> None:
    client = await world.paired()
    socket = await client.enter()
    writers = []
    for _ in range(20):
        batch = await asyncio.gather(*(world.raw("127.0.0.9") for _ in range(50)), return_exceptions=True)
        for outcome in batch:
            if isinstance(outcome, tuple):
                outcome[1].write(HEAD)
                writers.append(outcome[1])
        assert held(world) <= STRANGERS + 1
        began = time.perf_counter()
        await socket.command("unlock", lock="front_door")
        assert (await socket.frame("result"))["error"] is None
        assert time.perf_counter() - began < 0.3
    newcomer = await world.paired()
    assert (await newcomer.ask("GET", "/api/state"))[0] == 200
    assert await statuses(world.visitor(address="127.0.0.2"), 1) == [200]
    for writer in writers:
        writer.transport.abort()
    await socket.close()


@pytest.mark.spec("S19")
async def test_hanging_handshakes_make_room_for_one_that_is_meant(world: World) -> None:
    """17 at once, and the oldest of the address with most has to go."""
    hanging = [await plain(world) for _ in range(HANDSHAKES)]
    await until(lambda: handshakes(world) == HANDSHAKES)
    assert await statuses(world.visitor(address="127.0.0.2"), 1) == [200]
    assert await gone(hanging[0][0]) == b""
    assert handshakes(world) == HANDSHAKES - 1
    for _, writer in hanging:
        writer.close()


@pytest.mark.spec("S19")
async def test_a_flood_from_one_address_does_not_push_out_another(world: World) -> None:
    patient = await asyncio.open_connection("127.0.0.1", world.server.port, local_addr=("127.0.0.2", 0))
    await until(lambda: handshakes(world) == 1)
    flood = [await plain(world) for _ in range(HANDSHAKES * 3)]
    await until(lambda: handshakes(world) == HANDSHAKES)
    assert not patient[0].at_eof()
    assert world.server._gate is not None
    assert any(connection.address == "127.0.0.2" for connection in world.server._gate._handshakes)
    for _, writer in [patient, *flood]:
        writer.close()


async def test_connections_end_somewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lock_bridge.server.gate.CONNECTIONS", 3)
    client = await world.paired()
    kept = []
    for _ in range(3):
        reader, writer = await world.raw()
        writer.write(HEAD + f"Authorization: Bearer {client.token}\r\n\r\n".encode())
        await reader.readuntil(b"}")
        kept.append(writer)
    with pytest.raises((OSError, ssl.SSLError)):
        await world.raw()
    kept.pop().close()
    await until(lambda: held(world) == 2)
    _reader, writer = await world.raw()
    for open_one in [writer, *kept]:
        open_one.close()
    assert CONNECTIONS > 3


@pytest.mark.parametrize("size", [MAX_FRAME, MAX_FRAME + 1, 10 * MAX_FRAME])
async def test_a_body_is_read_up_to_its_limit(world: World, size: int) -> None:
    client = await world.paired()
    start = f'{{"id": "{"0" * 32}", "sent_ms": {world.clock.now().mono_ms}, "args": {{"lock": "'
    body = start + "x" * (size - len(start) - 3) + '"}}'
    assert len(body) == size
    status, answer = await client.ask("POST", "/api/commands/unlock", data=body)
    assert status == (200 if size <= MAX_FRAME else 413)
    if size > MAX_FRAME:
        assert answer["error"]["code"] == ErrorCode.TOO_LARGE


async def test_a_compressed_body_is_not_unpacked_beyond_the_limit(world: World) -> None:
    client = await world.paired()
    bomb = zlib.compress(b" " * 50_000_000, 9)
    assert len(bomb) < MAX_FRAME
    headers = {"Content-Encoding": "deflate"}
    status, answer = await client.ask("POST", "/api/commands/unlock", data=bomb, headers=headers)
    assert (status, answer["error"]["code"]) == (413, ErrorCode.TOO_LARGE)


@pytest.mark.spec("S18")
@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x00" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /api/info HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /api/info HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /api/info HTTP/1.1\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /api/info HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(2_000)) + b"\r\n",
    ],
)
async def test_what_is_no_http_ends_the_connection_and_nothing_else(world: World, nonsense: bytes) -> None:
    reader, writer = await world.raw()
    writer.write(nonsense)
    answer = await gone(reader)
    assert b" 200 " not in answer.split(b"\r\n")[0]
    writer.close()
    assert await statuses(world.visitor(), 1) == [200]
