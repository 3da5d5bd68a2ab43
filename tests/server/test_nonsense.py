"""Whatever is sent, the bridge stays up, keeps its memory, and moves no bolt (S18)."""

import asyncio
import gc
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lock_bridge.server import jsontext, tokens
from lock_bridge.server.session import COMMANDS_AT_ONCE
from lock_bridge.wire.commands import COMMANDS
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import FROM_BRIDGE, FROM_CLIENT
from tests.server.world import World

# Lone surrogates too: JSON can say them.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from([*COMMANDS, "", "unlock ", "UNLOCK", "../unlock"]) | texts
almost_frames = st.fixed_dictionaries(
    {"type": st.sampled_from([*FROM_CLIENT, *FROM_BRIDGE]) | values},
    optional={
        "api": values,
        "epoch": values,
        "last_seq": values,
        "seq": values,
        "id": st.uuids().map(str) | values,
        "name": names | values,
        "sent_ms": st.just(1_000_000) | values,
        "args": st.fixed_dictionaries({}, optional={"lock": st.just("front_door") | values, "nonsense": values})
        | values,
    },
)
frames = st.one_of(
    almost_frames.map(json.dumps), values.map(json.dumps), st.text(max_size=200), st.binary(max_size=200)
)


@pytest.mark.spec("S18")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(frames, min_size=1, max_size=8))
@example(["9" * 10_000])
@example(['{"type":"ack","seq":' + "9" * 400 + "}"])
def test_no_frame_brings_the_bridge_down(tmp_path_factory: pytest.TempPathFactory, sent: list[str | bytes]) -> None:
    asyncio.run(_send(World(tmp_path_factory.mktemp("fuzz")), sent))


async def _send(world: World, sent: list[str | bytes]) -> None:
    await world.open()
    try:
        client, honest = await world.paired(), await world.paired()
        async with await honest.enter() as beside:
            for greeted in (True, False):
                socket = await (client.enter() if greeted else client.dial())
                for frame in sent:
                    try:
                        if isinstance(frame, bytes):
                            await socket.ws.send_bytes(frame)
                        else:
                            await socket.ws.send_str(frame.encode(errors="replace").decode())
                    except ConnectionError:
                        break
                await socket.ws.close()
            await beside.command("unlock", lock="front_door")
            result = await beside.frame("result")
            assert result["error"] is None
        allowed = {client.client_id, honest.client_id}
        assert all(actor.client_id in allowed for _, actor in world.house.moves)
        assert world.house.moves[-1][1].client_id == honest.client_id
    finally:
        await world.close()


@given(st.binary(max_size=300) | frames)
def test_reading_json_ends_in_a_value_or_in_words(text: str | bytes) -> None:
    read = outcome(text)
    if isinstance(read, LockBridgeError):
        assert (read.code, read.detail) == (ErrorCode.BAD_REQUEST, {"field": "json"})
    else:
        assert jsontext.loads(jsontext.dumps(read)) == read  # nothing in it that could not be said again


def outcome(text: str | bytes) -> Any:
    try:
        return jsontext.loads(text)
    except LockBridgeError as err:
        return err


@given(values)
def test_what_python_calls_json_is_read_the_same_or_refused(value: Any) -> None:
    text = json.dumps(value)
    try:
        assert jsontext.loads(text) == json.loads(text)
    except LockBridgeError:
        assert "NaN" in text or "Infinity" in text or "\\ud" in text


@pytest.mark.parametrize("depth", [1, jsontext.MAX_DEPTH, jsontext.MAX_DEPTH + 1, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_ends_somewhere(depth: int, opening: str, closing: str) -> None:
    text = opening * depth + "1" + closing * depth
    if depth <= jsontext.MAX_DEPTH:
        assert jsontext.loads(text)
    else:
        with pytest.raises(LockBridgeError):
            jsontext.loads(text)


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', "[NaN]", "1e400", "-1e400", '"\\udc00"', '"\\ud800x"']
)
def test_json_that_two_readers_could_read_differently_is_refused(text: str) -> None:
    with pytest.raises(LockBridgeError):
        jsontext.loads(text)


def test_brackets_in_a_text_are_no_nesting() -> None:
    value = {"name": '[{"\\' * 500}
    assert jsontext.loads(json.dumps(value)) == value


@given(st.text(max_size=120))
@example("Bearer lb1_0123456789abcdef_" + "A" * 43)
@example("Bearer lb1_0123456789abcdef_" + "A" * 43 + "\n")
@example("Bearer lb1_0123456789abcde\uff11_" + "A" * 43)
def test_reading_a_header_ends_in_a_token_or_in_none(header: str) -> None:
    shown = tokens.read(header)
    assert shown is None or header == "Bearer lb1_0123456789abcdef_" + "A" * 43


@pytest.mark.spec("S18")
@pytest.mark.parametrize("many", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
async def test_a_million_frames_of_one_client_cost_no_memory_and_hold_up_nobody(world: World, many: int) -> None:
    """As many as there is time for; the rest with LOCK_BRIDGE_LONG=1."""
    flooding, other = await world.paired(), await world.paired()
    async with await flooding.enter() as flood, await other.enter() as beside:
        await _acks(flood, 1_000, world)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        waited = 0
        for _ in range(many // 1_000):
            await _acks(flood, 1_000, world)
            await beside.command("unlock", lock="front_door")
            assert (await beside.frame("result"))["error"] is None
            waited += 1
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert waited == many // 1_000
    assert grown < 600 * waited + 300_000  # ids of the commands beside it are kept for ten minutes
    assert COMMANDS_AT_ONCE < 1_000


async def _acks(flood: Any, many: int, world: World) -> None:
    frame = '{"type":"ack","seq":0}'
    for _ in range(many):
        await flood.ws.send_str(frame)
    await flood.ws.ping(b"settled")
    while (await _next_or_time(flood, world)).data != b"settled":
        pass


async def _next_or_time(flood: Any, world: World) -> Any:
    receiving = asyncio.ensure_future(flood.ws.receive())
    while not receiving.done():
        world.clock.advance(10)
        await asyncio.sleep(0)
    return receiving.result()
