"""Every way in, with every scope: nothing is open by oversight."""

from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from lock_bridge.clock import ManualClock
from lock_bridge.server import Server
from lock_bridge.server.routes import Route
from lock_bridge.wire.commands import COMMANDS, Command
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.messages import FROM_CLIENT, Ack, Hello
from lock_bridge.wire.words import GRANTABLE, Scope
from tests.server.world import Config, House, Visitor, World

SCOPES = sorted(GRANTABLE)


# The table needs no server that runs, and no store.
ROUTES = Server(House(cast("Any", None), ManualClock()), Config(), Path()).routes
PRIVATE = [route for route in ROUTES if route.scope is not Scope.PUBLIC]
EXPECTED = {
    ("GET", "/api/info"): Scope.PUBLIC,
    ("GET", "/api/openapi.json"): Scope.PUBLIC,
    ("GET", "/key/"): Scope.PUBLIC,
    ("POST", "/api/pair/start"): Scope.PUBLIC,
    ("POST", "/api/pair/finish"): Scope.PUBLIC,
    ("GET", "/api/state"): Scope.STATE,
    ("GET", "/api/ws"): Scope.STATE,
    ("GET", "/api/events"): Scope.EVENTS,
    ("GET", "/api/clients"): Scope.CLIENTS,
    ("DELETE", "/api/clients/me"): Scope.STATE,
    ("DELETE", "/api/clients/{id}"): Scope.CLIENTS,
    ("POST", "/api/commands/{name}"): Scope.STATE,
}


def name_of(thing: Any) -> str:
    return f"{thing.method} {thing.path}" if isinstance(thing, Route) else str(getattr(thing, "name", thing))


async def knock(visitor: Visitor, route: Route) -> int:
    """The status that a route answers with to a request of its form."""
    path = route.path.replace("{id}", "0123456789abcdef").replace("{name}", "locks.list")
    if route.path == "/api/ws":
        try:
            socket = await visitor.dial()
        except aiohttp.WSServerHandshakeError as refusal:
            return refusal.status
        await socket.close()
        return 101
    body = {"id": "0" * 32, "sent_ms": visitor.world.clock.now().mono_ms} if "{name}" in route.path else {}
    status, _ = await visitor.ask(route.method, path, body if route.body else None)
    return status


def test_the_table_of_routes_is_as_it_was_thought_out() -> None:
    assert {(route.method, route.path): route.scope for route in ROUTES} == EXPECTED


@pytest.mark.spec("S13")
@pytest.mark.parametrize("scope", [None, "state", Scope.LOCAL])
def test_a_route_without_a_scope_cannot_be_made(scope: Any) -> None:
    with pytest.raises(TypeError):
        Route(method="GET", path="/api/x", scope=scope, handler=ROUTES[0].handler, summary="", answer=None)


@pytest.mark.spec("S13")
def test_a_route_whose_scope_was_forgotten_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        Route(method="GET", path="/api/x", handler=ROUTES[0].handler, summary="", answer=None)  # type: ignore[call-arg]


@pytest.mark.spec("S13")
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("route", PRIVATE, ids=name_of)
async def test_a_route_opens_for_its_scope_alone(world: World, route: Route, scope: Scope) -> None:
    status = await knock(await world.paired(scope), route)
    assert (status != 403) is (scope is route.scope)
    assert status not in (401, 500)


@pytest.mark.spec("S13")
@pytest.mark.parametrize("route", PRIVATE, ids=name_of)
async def test_no_private_route_opens_without_a_token_or_with_all_scopes_but_its_own(
    world: World, route: Route
) -> None:
    assert await knock(world.visitor(), route) == 401
    assert await knock(world.visitor("lb1_0123456789abcdef_" + "A" * 43), route) == 401
    assert await knock(await world.paired(*(GRANTABLE - {route.scope})), route) == 403


@pytest.mark.parametrize("route", [route for route in ROUTES if route.scope is Scope.PUBLIC], ids=name_of)
async def test_public_routes_ask_for_nothing(world: World, route: Route) -> None:
    assert await knock(world.visitor(), route) in (200, 400)


@pytest.mark.spec("S20")
async def test_a_stranger_cannot_find_out_what_is_there(world: World) -> None:
    visitor = world.visitor()
    answers = [
        await visitor.ask(method, path)
        for method, path in [
            ("GET", "/api/state"),
            ("GET", "/api/nothing"),
            ("GET", "/"),
            ("DELETE", "/api/clients/0123456789abcdef"),
            ("PUT", "/api/state"),
            ("POST", "/api/commands/unlock"),
            ("POST", "/api/commands/no.such"),
        ]
    ]
    assert len({str(answer) for answer in answers}) == 1
    assert answers[0][0] == 401


async def test_a_client_learns_that_something_is_not_there(world: World) -> None:
    client = await world.paired()
    assert [(await client.ask(method, path))[0] for method, path in [("GET", "/"), ("PUT", "/api/state")]] == [404, 404]


def commands() -> list[Any]:
    return [pytest.param(kind, scope, id=f"{kind.name} {scope}") for kind in COMMANDS.values() for scope in SCOPES]


@pytest.mark.spec("S13")
@pytest.mark.parametrize(("kind", "scope"), commands())
async def test_a_command_is_carried_out_for_its_scope_alone(world: World, kind: type[Command], scope: Scope) -> None:
    """Over the WebSocket."""
    client = await world.paired(Scope.STATE, scope)
    async with await client.enter() as socket:
        await socket.command(kind.name, nonsense=True)
        error = (await socket.frame("result"))["error"]["code"]
    may = kind.scope in (Scope.STATE, scope)
    if kind in world.house.dispatcher.kinds:
        # Refused for its scope before its arguments are read.
        assert error == (ErrorCode.BAD_REQUEST if may else ErrorCode.FORBIDDEN)
    else:
        assert error == ErrorCode.UNKNOWN_COMMAND


def test_no_command_of_the_machine_can_be_granted() -> None:
    for kind in COMMANDS.values():
        assert isinstance(kind.scope, Scope)
        assert kind.scope in GRANTABLE | {Scope.LOCAL}


def test_every_message_of_a_client_has_a_scope() -> None:
    assert {kind.type: kind.scope for kind in FROM_CLIENT.values()} == {
        "hello": Scope.STATE,
        "command": Scope.STATE,
        "ack": Scope.EVENTS,
    }


async def test_without_the_events_scope_no_event_comes_and_no_ack_is_taken(world: World) -> None:
    """State and events are granted apart."""
    client = await world.paired(Scope.STATE, Scope.UNLOCK)
    await world.house.ring()
    async with await client.enter(world.store.epoch, 0) as socket:
        await world.house.ring()
        world.house.set_bolt(world.house.door.bolt)
        assert (await socket.frame())["type"] == "state"
        await socket.send(Ack(seq=1))
        assert await socket.ended() == (ErrorCode.FORBIDDEN, 1008)


@pytest.mark.spec("S56")
async def test_nobody_but_the_bridge_says_what_happened(world: World) -> None:
    """Neither a stranger nor a client, whatever its scopes."""
    spoof = '{"type":"events","live":true,"events":[{"seq":1,"type":"unlocked"}]}'
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await world.visitor().dial()
    assert refusal.value.status == 401
    listening = await world.paired()
    async with await listening.enter() as beside, await (await world.paired()).enter() as socket:
        await socket.ws.send_str(spoof)
        assert await socket.ended() == (ErrorCode.BAD_REQUEST, 1008)
        await world.house.ring()
        frame = await beside.frame()
        assert [event["type"] for event in frame["events"]] == ["doorbell"]
    assert world.store.head == 1


async def test_nobody_may_say_hello_who_may_not_know_the_state(world: World) -> None:
    client = await world.paired(Scope.EVENTS, Scope.UNLOCK)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await client.dial()
    assert refusal.value.status == 403
    assert Hello.scope is Scope.STATE
