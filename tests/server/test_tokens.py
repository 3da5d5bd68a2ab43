"""Tokens: where they are taken, what is kept of them, and how they end."""

import asyncio
import hashlib
import io
import json
import logging
import statistics
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from lock_bridge.engine.model import Actor
from lock_bridge.server import tokens
from lock_bridge.server.clients import TOUCH_MS
from lock_bridge.server.session import COMMANDS_AT_ONCE
from lock_bridge.store import StoreFull
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import EventType, Scope
from tests.server.world import DeafSocket, Visitor, World, until

OTHER_ID = "fedcba9876543210"


def with_secret(visitor: Visitor, secret: str) -> Visitor:
    return visitor.world.visitor(f"lb1_{visitor.client_id}_{secret}")


async def revoke(world: World, client: Visitor) -> None:
    """Somebody revokes a client at the bridge."""
    await world.house.dispatcher.execute("clients.revoke", {"client_id": client.client_id}, Actor(), frozenset(Scope))


@pytest.mark.spec("S15")
async def test_a_token_is_taken_in_the_header_alone(world: World) -> None:
    """Not in an address, not in a cookie, not in a WebSocket's protocol, not as a password."""
    client = await world.paired()
    token = client.token
    assert (await client.ask("GET", "/api/state"))[0] == 200
    visitor = world.visitor()
    assert (await visitor.ask("GET", f"/api/state?token={token}"))[0] == 400
    assert (await visitor.ask("GET", f"/api/state/{token}"))[0] == 400
    assert (await visitor.ask("GET", "/api/state", headers={"Cookie": f"token={token}"}))[0] == 401
    assert (await visitor.ask("GET", "/api/state", headers={"Sec-WebSocket-Protocol": str(token)}))[0] == 401
    basic = aiohttp.encode_basic_auth("token", str(token))
    assert (await visitor.ask("GET", "/api/state", headers={"Authorization": basic}))[0] == 401


@pytest.mark.spec("S15")
async def test_a_token_in_an_address_is_refused_even_beside_a_good_one(world: World) -> None:
    client = await world.paired()
    status, answer = await client.ask("GET", f"/api/state?access={client.token}")
    assert (status, answer["error"]["code"]) == (400, ErrorCode.BAD_REQUEST)
    assert str(client.token) not in json.dumps(answer)


@pytest.mark.parametrize("scheme", ["bearer ", "Bearer  ", "BEARER ", "Token ", "", "Bearer\t"])
async def test_only_the_bearer_scheme_counts(world: World, scheme: str) -> None:
    client = await world.paired()
    visitor = world.visitor()
    status, _ = await visitor.ask("GET", "/api/state", headers={"Authorization": f"{scheme}{client.token}"})
    assert status == (200 if scheme == "bearer " else 401)


@pytest.mark.spec("S16")
async def test_an_unknown_client_and_a_wrong_secret_look_alike(world: World) -> None:
    """The same answer, word for word, and the same work."""
    client = await world.paired()
    wrong = with_secret(client, "A" * 43)
    unknown = world.visitor(f"lb1_{OTHER_ID}_{'A' * 43}")
    malformed = world.visitor("lb1_nonsense")
    answers = [await visitor.ask("GET", "/api/state") for visitor in (wrong, unknown, malformed)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401


@pytest.mark.spec("S16")
async def test_checking_takes_as_long_for_an_unknown_client_as_for_a_wrong_secret(world: World) -> None:
    """Alternating, so that a noisy machine is noisy for both."""
    client = await world.paired()
    clients = world.server._clients
    headers = {
        "wrong": f"Bearer lb1_{client.client_id}_{'A' * 43}",
        "unknown": f"Bearer lb1_{OTHER_ID}_{'A' * 43}",
    }
    took: dict[str, list[int]] = {"wrong": [], "unknown": []}
    for _ in range(4000):
        for kind, header in headers.items():
            began = time.perf_counter_ns()
            assert clients.authenticate(header) is None
            took[kind].append(time.perf_counter_ns() - began)
    wrong, unknown = statistics.median(took["wrong"]), statistics.median(took["unknown"])
    assert abs(wrong - unknown) < 0.25 * max(wrong, unknown)


async def test_only_the_hash_of_a_secret_is_kept(world: World) -> None:
    code = (await world.server.open_pairing()).code
    token = (await world.pair(world.visitor(), code))["token"]
    secret = token.split("_", 2)[2]
    (row,) = await world.store.clients()
    assert row.token_hash == hashlib.sha256(secret.encode()).digest()
    await world.store.close()
    for file in world.folder.iterdir():
        content = file.read_bytes()
        assert secret.encode() not in content
        assert code.encode() not in content


async def test_the_list_says_who_was_there_last_and_from_where(world: World) -> None:
    one = await world.paired(name="Home Assistant")
    two = await world.paired(Scope.STATE, name="Phone")
    world.clock.advance(5_000)
    again = world.visitor(two.token, address="127.0.0.7")
    await again.ok("GET", "/api/state")
    async with await one.enter():
        clients = (await one.ok("GET", "/api/clients"))["clients"]
    by_name = {client["name"]: client for client in clients}
    assert by_name["Phone"]["last_address"] == "127.0.0.7"
    assert by_name["Phone"]["last_used_ms"] == world.clock.now().wall_ms
    assert (by_name["Phone"]["connected"], by_name["Home Assistant"]["connected"]) == (False, True)
    assert by_name["Phone"]["scopes"] == ["state"]
    assert not any("hash" in key or "token" in key for client in clients for key in client)


async def test_when_a_client_was_there_last_outlives_a_restart(world: World) -> None:
    client = await world.paired()
    await client.ok("GET", "/api/state")
    seen = world.clock.now().wall_ms
    world.clock.advance(TOUCH_MS)
    await world.reboot()
    (row,) = await world.store.clients()
    assert (row.last_used_ms, row.last_address) == (seen, "127.0.0.1")


async def test_a_busy_client_costs_no_write_for_each_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await world.paired()
    touched: list[str] = []
    touch = world.store.touch_client

    async def count(client_id: str, ms: int, address: str | None) -> None:
        touched.append(client_id)
        await touch(client_id, ms, address)

    monkeypatch.setattr(world.store, "touch_client", count)
    for _ in range(20):
        await client.ok("GET", "/api/state")
    assert touched == []
    world.clock.advance(TOUCH_MS)
    await until(lambda: bool(touched))
    assert touched == [client.client_id]


@pytest.mark.spec("S14")
async def test_a_revoked_client_is_out_at_once(world: World) -> None:
    """Its live connections end, and no request of it is answered any more."""
    thief = await world.paired(name="Lost phone")
    owner = await world.paired(name="Owner")
    sockets = [await thief.enter() for _ in range(2)]
    began = time.monotonic()
    await owner.ok("DELETE", f"/api/clients/{thief.client_id}")
    for socket in sockets:
        assert await socket.ended() == (ErrorCode.UNAUTHORIZED, 1008)
    assert time.monotonic() - began < 1
    assert (await thief.ask("GET", "/api/state"))[0] == 401
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await thief.dial()
    (event,) = await world.house.journal(EventType.CLIENT_REVOKED)
    assert (event.client_id, event.client_name) == (thief.client_id, "Lost phone")
    assert event.data == {"by": "Owner", "by_id": owner.client_id}
    await world.reboot()
    assert (await world.visitor(thief.token).ask("GET", "/api/state"))[0] == 401


@pytest.mark.spec("S14")
async def test_a_command_in_flight_when_its_client_is_revoked_changes_nothing_after(world: World) -> None:
    """What is read after the revocation is not carried out."""
    thief = await world.paired()
    socket = await thief.enter()
    revoking = asyncio.get_running_loop().create_task(revoke(world, thief), eager_start=True)
    await socket.command("unlock", lock="front_door")  # on its way before the bridge has had time to hang up
    await revoking
    assert await socket.ended() == (ErrorCode.UNAUTHORIZED, 1008)
    assert world.house.moves == []


@pytest.mark.spec("S14")
async def test_a_command_that_waits_its_turn_when_its_client_is_revoked_has_none(world: World) -> None:
    thief = await world.paired()
    socket = await thief.enter()
    for _ in range(COMMANDS_AT_ONCE):
        await socket.command("locks.list")
    await socket.command("unlock", lock="front_door")  # too many: it is held back a moment
    for _ in range(COMMANDS_AT_ONCE - 1):
        await socket.frame("result")
    await revoke(world, thief)
    failure = await socket.frame("failure")
    assert failure["error"]["code"] == ErrorCode.UNAUTHORIZED
    for _ in range(10):
        world.clock.advance(1_000)
        await asyncio.sleep(0)
    await socket.ended()
    assert world.house.moves == []


@pytest.mark.spec("S14")
async def test_a_client_that_is_revoked_while_it_connects_does_not_get_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = await world.paired()

    class Slow(web.WebSocketResponse):
        async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
            await revoke(world, thief)
            return await super().prepare(request)

    monkeypatch.setattr("lock_bridge.server.hub.socket", lambda: Slow(autoping=False, writer_limit=sys.maxsize))
    socket = await thief.dial()
    assert await socket.ended() == (ErrorCode.UNAUTHORIZED, 1008)


@pytest.mark.spec("S14")
async def test_a_client_that_ignores_its_revocation_is_cut_off(world: World) -> None:
    """It answers no close frame."""
    thief = await world.paired()
    socket = await DeafSocket.dial(thief)
    await until(lambda: world.server._clients.is_connected(thief.client_id))
    began = time.monotonic()
    await revoke(world, thief)
    assert ErrorCode.UNAUTHORIZED.encode() in await socket.ended()
    assert time.monotonic() - began < 5
    socket.close()


async def test_a_revocation_that_the_disk_refuses_still_throws_the_client_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief, owner = await world.paired(), await world.paired()
    socket = await thief.enter()

    async def full(*_: object) -> None:
        raise StoreFull("The disk is full.")

    with monkeypatch.context() as disk:
        disk.setattr(world.store, "remove_client", full)
        with pytest.raises(LockBridgeError) as refusal:
            await owner.ok("DELETE", f"/api/clients/{thief.client_id}")
    assert refusal.value.code == ErrorCode.STORAGE
    assert (await socket.ended())[0] == ErrorCode.UNAUTHORIZED
    assert (await thief.ask("GET", "/api/state"))[0] == 401
    assert await owner.ok("DELETE", f"/api/clients/{thief.client_id}") == {}  # and again, when there is space


async def test_revoking_a_client_twice_says_that_there_is_none(world: World) -> None:
    client, owner = await world.paired(), await world.paired()
    await owner.ok("DELETE", f"/api/clients/{client.client_id}")
    for client_id in (client.client_id, OTHER_ID, "me%20", "x" * 2000):
        status, answer = await owner.ask("DELETE", f"/api/clients/{client_id}")
        assert (status, answer["error"]["code"]) == (404, ErrorCode.UNKNOWN_CLIENT)


@pytest.mark.parametrize("way", ["rest", "websocket"])
async def test_a_client_takes_its_leave_and_gets_its_answer(world: World, way: str) -> None:
    client = await world.paired(Scope.STATE)
    if way == "rest":
        assert await client.ok("DELETE", "/api/clients/me") == {}
    else:
        socket = await client.enter()
        await socket.command("clients.leave")
        result = await socket.frame("result")
        assert (result["data"], result["error"]) == ({}, None)
        assert await socket.ended() == (ErrorCode.UNAUTHORIZED, 1008)
    assert (await client.ask("GET", "/api/state"))[0] == 401
    assert len(await world.house.journal(EventType.CLIENT_REVOKED)) == 1


@pytest.mark.spec("S21")
async def test_no_token_and_no_code_gets_into_a_log(world: World, tmp_path: Path) -> None:
    """At the chattiest level, through pairing, mistakes and requests that aren't HTTP."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(message)s %(exc_text)s"))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        code = (await world.server.open_pairing()).code
        token = (await world.pair(world.visitor(), code))["token"]
        client = world.visitor(token)
        await client.ok("GET", "/api/state")
        await client.ask("GET", f"/api/state?token={token}")
        await client.ask("GET", "/api/nothing")
        reader, writer = await world.raw()
        writer.write(f"GET /api/state HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\x00\r\n\r\n".encode())
        assert b" 400 " in await reader.readline()
        writer.close()
        with pytest.raises(aiohttp.ClientError):
            async with client.session.get(f"http://127.0.0.1:{world.server.port}/api/state", headers=client.headers):
                pass
        socket = await client.enter()
        await socket.ws.send_str(f'{{"type":"{token}"}}')
        await socket.ended()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    secret = token.split("_", 2)[2]
    assert secret not in text.getvalue()
    assert code not in text.getvalue()


def test_a_token_never_shows_itself() -> None:
    token = tokens.make()
    shown = tokens.read(f"Bearer {token.text}")
    assert token.text[21:] not in repr(token) + repr(shown)
