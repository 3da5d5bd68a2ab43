"""REST: what it answers, and that the OpenAPI document says the same."""

from typing import Any

import aiohttp
import jsonschema
import pytest
from openapi_spec_validator import validate

from lock_bridge.engine.model import Fact
from lock_bridge.server.openapi import COMMAND_PATH
from lock_bridge.server.routes import CONFLICT, STATUS, status_of
from lock_bridge.wire.commands import COMMANDS
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.pairing import PairingClient, StartReply
from lock_bridge.wire.words import EventType, Scope
from tests.server.world import Visitor, World


async def spec_of(world: World) -> dict[str, Any]:
    spec: dict[str, Any] = await (await world.paired()).ok("GET", "/api/openapi.json")
    return spec


def operation(spec: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = spec["paths"][path][method.lower()]
    return found


def conforms(spec: dict[str, Any], found: dict[str, Any], status: int, answer: Any) -> None:
    """Raise unless `answer` is as the document says."""
    response = found["responses"].get(str(status)) or found["responses"]["default"]
    schema = response["content"]["application/json"]["schema"]
    jsonschema.validate(answer, {**schema, "components": spec["components"]}, jsonschema.Draft202012Validator)


def takes(spec: dict[str, Any], found: dict[str, Any], body: Any) -> None:
    """Raise unless `body` is as the document says."""
    schema = found["requestBody"]["content"]["application/json"]["schema"]
    jsonschema.validate(body, {**schema, "components": spec["components"]}, jsonschema.Draft202012Validator)


async def test_the_document_is_valid_openapi_3_1(world: World) -> None:
    spec = await spec_of(world)
    assert spec["openapi"].startswith("3.1.")
    validate(spec)


async def test_every_route_is_in_the_document_and_nothing_else(world: World) -> None:
    spec = await spec_of(world)
    described = {(method.upper(), path) for path, methods in spec["paths"].items() for method in methods}
    served = {(route.method, route.path) for route in world.server.routes if route.path != COMMAND_PATH}
    commands = {
        ("POST", COMMAND_PATH.replace("{name}", kind.name))
        for kind in COMMANDS.values()
        if kind.scope is not Scope.LOCAL
    }
    assert described == served | commands


async def test_the_document_says_who_may_ask(world: World) -> None:
    spec = await spec_of(world)
    for route in world.server.routes:
        if route.path == COMMAND_PATH:
            continue
        found = operation(spec, route.method, route.path)
        assert found["x-scope"] == route.scope
        assert found["security"] == ([] if route.scope is Scope.PUBLIC else [{"token": []}])
        assert ("401" in found["responses"]) is (route.scope is not Scope.PUBLIC)
    for kind in COMMANDS.values():
        if kind.scope is not Scope.LOCAL:
            assert operation(spec, "POST", f"/api/commands/{kind.name}")["x-scope"] == kind.scope


async def test_operations_have_names_of_their_own(world: World) -> None:
    spec = await spec_of(world)
    names = [found["operationId"] for methods in spec["paths"].values() for found in methods.values()]
    assert len(names) == len(set(names))


async def test_real_answers_are_as_the_document_says(world: World) -> None:
    spec = await spec_of(world)
    client = await world.paired()
    await world.house.record(
        Fact(EventType.ACCESS_GRANTED, user_id="u1", user_name="Anna", data={"bolt": "unlocked"}), lock_id="front_door"
    )
    asked: list[tuple[str, str, str, Any, Visitor]] = [
        ("GET", "/api/info", "/api/info", None, world.visitor()),
        ("GET", "/api/state", "/api/state", None, client),
        ("GET", "/api/events", "/api/events?limit=10&after=0", None, client),
        ("GET", "/api/events", "/api/events?before=100&type=doorbell&type=locked", None, client),
        ("GET", "/api/clients", "/api/clients", None, client),
        ("GET", "/api/openapi.json", "/api/openapi.json", None, client),
        ("DELETE", "/api/clients/{id}", f"/api/clients/{(await world.paired()).client_id}", None, client),
        ("DELETE", "/api/clients/me", "/api/clients/me", None, await world.paired()),
        ("POST", "/api/commands/unlock", "/api/commands/unlock", {"lock": "front_door"}, client),
        ("POST", "/api/commands/locks.list", "/api/commands/locks.list", {}, client),
        ("POST", "/api/commands/journal.query", "/api/commands/journal.query", {"after": 0}, client),
        ("POST", "/api/commands/clients.list", "/api/commands/clients.list", {}, client),
    ]
    for number, (method, path, url, args, visitor) in enumerate(asked):
        found = operation(spec, method, path)
        body = None
        if args is not None:
            body = {"id": f"{number:032}", "sent_ms": world.clock.now().mono_ms, "args": args}
            takes(spec, found, body)
        status, answer = await visitor.ask(method, url, body)
        assert status == 200, (path, answer)
        conforms(spec, found, status, answer)


async def test_pairing_is_as_the_document_says(world: World) -> None:
    spec, visitor = await spec_of(world), world.visitor()
    client = PairingClient((await world.server.open_pairing()).code, world.fingerprint, "Home Assistant", ["state"])
    start = client.start().to_json()
    takes(spec, operation(spec, "POST", "/api/pair/start"), start)
    started = await visitor.ok("POST", "/api/pair/start", start)
    conforms(spec, operation(spec, "POST", "/api/pair/start"), 200, started)
    finish = client.on_start_reply(StartReply.from_json(started)).to_json()
    takes(spec, operation(spec, "POST", "/api/pair/finish"), finish)
    conforms(
        spec, operation(spec, "POST", "/api/pair/finish"), 200, await visitor.ok("POST", "/api/pair/finish", finish)
    )


async def test_refusals_are_as_the_document_says(world: World) -> None:
    spec = await spec_of(world)
    client, poor, stranger = await world.paired(), await world.paired(Scope.STATE), world.visitor()
    now = world.clock.now().mono_ms
    old = {"id": "0" * 32, "sent_ms": now - 60_000, "args": {"lock": "front_door"}}
    fresh = {"id": "2" * 32, "sent_ms": now, "args": {"lock": "front_door"}}
    bad = {"id": "1" * 32, "sent_ms": now, "args": {"door": "front_door"}}
    asked: list[tuple[str, str, str, Any, Visitor, int]] = [
        ("GET", "/api/state", "/api/state", None, stranger, 401),
        ("GET", "/api/events", "/api/events", None, poor, 403),
        ("GET", "/api/events", "/api/events?after=x", None, client, 400),
        ("GET", "/api/events", "/api/events?page=2", None, client, 400),
        ("GET", "/api/events", "/api/events?after=1&after=2", None, client, 400),
        ("GET", "/api/state", "/api/state?x=1", None, client, 400),
        ("DELETE", "/api/clients/{id}", "/api/clients/0123456789abcdef", None, client, 404),
        ("POST", "/api/commands/unlock", "/api/commands/unlock", old, client, 409),
        ("POST", "/api/commands/unlock", "/api/commands/unlock", bad, client, 400),
        ("POST", "/api/commands/unlock", "/api/commands/unlock", [], client, 400),
        ("POST", "/api/commands/unlock", "/api/commands/unlock", fresh, poor, 403),
        ("POST", "/api/pair/start", "/api/pair/start", {}, stranger, 400),
        ("POST", "/api/pair/finish", "/api/pair/finish", {"sid": "A" * 22, "ta": "A" * 86}, stranger, 403),
    ]
    for method, path, url, body, visitor, expected in asked:
        status, answer = await visitor.ask(method, url, body)
        assert status == expected, (url, answer)
        conforms(spec, operation(spec, method, path), status, answer)


async def test_what_the_document_forbids_is_refused(world: World) -> None:
    spec, client = await spec_of(world), await world.paired()
    good = {"id": "0" * 32, "sent_ms": world.clock.now().mono_ms, "args": {"lock": "front_door"}}
    found = operation(spec, "POST", "/api/commands/unlock")
    takes(spec, found, good)
    for wrong in (
        good | {"more": 1},
        good | {"sent_ms": "now"},
        good | {"args": {}},
        good | {"args": {"lock": 1}},
        {"id": "0" * 32},
    ):
        with pytest.raises(jsonschema.ValidationError):
            takes(spec, found, wrong)
        assert (await client.ask("POST", "/api/commands/unlock", wrong))[0] == 400


@pytest.mark.spec("S18")
@pytest.mark.parametrize("body", ["", "{", "null", '{"id":NaN}', '{"a":1,"a":2}', "[" * 40_000, '"\ud800"', "\\"])
async def test_a_body_that_is_no_json_of_ours_is_refused(world: World, body: str) -> None:
    client = await world.paired()
    data = body.encode(errors="surrogatepass")
    status, answer = await client.ask("POST", "/api/commands/unlock", data=data)
    assert (status, answer["error"]["code"]) == (400, ErrorCode.BAD_REQUEST)


def test_every_error_has_a_status() -> None:
    for code in ErrorCode:
        assert 400 <= status_of(code) < 600
    assert CONFLICT not in STATUS.values()
    assert status_of(ErrorCode.DOOR_OPEN) == CONFLICT


async def test_answers_say_that_they_are_for_nobody_to_keep(world: World) -> None:
    client = await world.paired()
    pin = aiohttp.Fingerprint(world.fingerprint)
    async with client.session.get(world.url + "/api/state", ssl=pin, headers=client.headers) as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Server"] == "lock-bridge"
        assert response.content_type == "application/json"
    async with client.session.get(world.url + "/api/state", ssl=pin) as response:
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_the_journal_is_paged(world: World) -> None:
    client = await world.paired(Scope.EVENTS)
    await world.house.ring(30)
    page = await client.ok("GET", "/api/events?after=10&limit=5")
    assert [event["seq"] for event in page["events"]] == [11, 12, 13, 14, 15]
    page = await client.ok("GET", "/api/events?before=10&limit=5")
    assert [event["seq"] for event in page["events"]] == [9, 8, 7, 6, 5]
    assert (page["epoch"], page["oldest"], page["head"]) == (world.store.epoch, 1, 30)
