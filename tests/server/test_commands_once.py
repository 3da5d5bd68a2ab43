"""Commands: each acts once and in time, whichever way it comes."""

import asyncio
import logging
import uuid
from typing import Any

import pytest

from lock_bridge.server import commands as module
from lock_bridge.server.commands import ANSWERS_KEPT, AT_ONCE, KEPT_MS
from lock_bridge.server.session import COMMANDS_AT_ONCE, COMMANDS_PER_S
from lock_bridge.store import StoreFull
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import MAX_AGE_MS
from lock_bridge.wire.words import Scope
from tests.server.world import Visitor, World, until

DOOR = {"lock": "front_door"}


def new_id() -> str:
    return str(uuid.uuid4())


async def refusal(asking: Any) -> LockBridgeError:
    with pytest.raises(LockBridgeError) as refused:
        await asking
    return refused.value


async def test_a_command_is_answered_with_what_it_did_and_who_did_it_is_known(world: World) -> None:
    client = await world.paired(name="Kitchen tablet")
    async with await client.enter() as socket:
        command_id = await socket.command("unlock", **DOOR)
        result = await socket.frame()
    assert result == {"type": "result", "id": command_id, "data": {"move": 1}, "error": None}
    ((move, actor),) = world.house.moves
    assert (move, actor.client_id, actor.name) == ("unlock", client.client_id, "Kitchen tablet")


@pytest.mark.spec("S22")
async def test_the_same_id_twice_acts_once_and_gets_the_same_answer(world: World) -> None:
    """Over one connection, over a new one after the answer was lost, and over REST."""
    client = await world.paired()
    async with await client.enter() as socket:
        command_id = await socket.command("unlock", **DOOR)
        first = await socket.frame()
        await socket.command("unlock", command_id=command_id, **DOOR)
        assert await socket.frame() == first
    async with await client.enter() as socket:
        await socket.command("unlock", command_id=command_id, **DOOR)
        assert await socket.frame() == first
    again = await client.command("unlock", DOOR, command_id=command_id)
    assert again == {"id": command_id, "data": first["data"]}
    assert len(world.house.moves) == 1


@pytest.mark.spec("S22")
async def test_a_repeat_while_the_bolt_moves_waits_for_the_same_bolt(world: World) -> None:
    client, command_id = await world.paired(), new_id()
    world.house.bolt_is_free.clear()
    lost = await client.enter()
    await lost.command("unlock", command_id=command_id, **DOOR)
    await until(lambda: len(world.house.moves) == 1)
    await lost.close()
    async with await client.enter() as socket:
        await socket.command("unlock", command_id=command_id, **DOOR)
        await socket.settled()
        repeat = asyncio.create_task(client.command("unlock", DOOR, command_id=command_id))
        world.house.bolt_is_free.set()
        assert (await socket.frame("result"))["data"] == {"move": 1}
        assert (await repeat)["data"] == {"move": 1}
    assert len(world.house.moves) == 1


@pytest.mark.spec("S22")
async def test_a_refused_command_is_refused_again_and_not_tried_again(world: World) -> None:
    client, command_id = await world.paired(), new_id()
    world.house.error = LockBridgeError(ErrorCode.DOOR_OPEN, {"lock": "front_door"})
    first = await refusal(client.command("lock", DOOR, command_id=command_id))
    world.house.error = None
    second = await refusal(client.command("lock", DOOR, command_id=command_id))
    assert first.code == second.code == ErrorCode.DOOR_OPEN
    assert len(world.house.moves) == 1


async def test_two_clients_may_think_of_the_same_id(world: World) -> None:
    one, two, command_id = await world.paired(), await world.paired(), new_id()
    await one.command("unlock", DOOR, command_id=command_id)
    await two.command("unlock", DOOR, command_id=command_id)
    assert [actor.client_id for _, actor in world.house.moves] == [one.client_id, two.client_id]


@pytest.mark.parametrize(("name", "args"), [("lock", DOOR), ("unlock", {"lock": "back_door"})])
async def test_an_id_does_not_carry_over_to_another_command(world: World, name: str, args: dict[str, str]) -> None:
    client, command_id = await world.paired(), new_id()
    await client.command("unlock", DOOR, command_id=command_id)
    refused = await refusal(client.command(name, args, command_id=command_id))
    assert (refused.code, refused.detail) == (ErrorCode.BAD_REQUEST, {"field": "CommandFrame.id"})
    assert len(world.house.moves) == 1


@pytest.mark.spec("S23")
@pytest.mark.parametrize("late_ms", [MAX_AGE_MS + 1, 11_000, 10**15, -MAX_AGE_MS - 1])
@pytest.mark.parametrize("way", ["rest", "websocket"])
async def test_a_command_that_was_held_back_does_not_move_the_bolt(world: World, way: str, late_ms: int) -> None:
    """Also one from a future that cannot be."""
    client = await world.paired()
    if way == "rest":
        refused = await refusal(client.command("unlock", DOOR, late_ms=late_ms))
        code, can_retry = refused.code, refused.can_retry
    else:
        async with await client.enter() as socket:
            await socket.command("unlock", late_ms=late_ms, **DOOR)
            error = (await socket.frame())["error"]
            code, can_retry = error["code"], error["can_retry"]
    assert (code, can_retry) == (ErrorCode.TOO_OLD, True)
    assert world.house.moves == []


@pytest.mark.spec("S23")
async def test_a_command_that_waits_on_the_wire_grows_old_there(world: World) -> None:
    """Sent in time, arrived eleven seconds later."""
    client = await world.paired()
    async with await client.enter() as socket:
        await socket.command("unlock", **DOOR)
        world.clock.advance(11_000)  # before the bridge has read it
        assert (await socket.frame("result"))["error"]["code"] == ErrorCode.TOO_OLD
    assert world.house.moves == []


@pytest.mark.parametrize("late_ms", [MAX_AGE_MS, 0, -MAX_AGE_MS])
async def test_a_command_in_time_is_carried_out(world: World, late_ms: int) -> None:
    assert await (await world.paired()).command("unlock", DOOR, late_ms=late_ms)


@pytest.mark.spec("S22", "S23")
async def test_a_late_repeat_still_gets_the_answer_of_the_command_that_came_in_time(world: World) -> None:
    """It acts no second time, so its age doesn't matter."""
    client, command_id = await world.paired(), new_id()
    first = await client.command("unlock", DOOR, command_id=command_id)
    world.clock.advance(60_000)
    assert await client.command("unlock", DOOR, command_id=command_id, late_ms=60_000) == first
    assert len(world.house.moves) == 1


async def test_an_id_is_remembered_for_ten_minutes(world: World) -> None:
    client, command_id = await world.paired(), new_id()
    await client.command("unlock", DOOR, command_id=command_id)
    world.clock.advance(KEPT_MS - 1)
    await client.command("unlock", DOOR, command_id=command_id)
    assert len(world.house.moves) == 1
    world.clock.advance(1)
    await client.command("unlock", DOOR, command_id=command_id)
    assert len(world.house.moves) == 2


@pytest.mark.spec("S21")
async def test_answers_are_forgotten_when_their_time_is_over(world: World) -> None:
    """One may hold a passcode that was given out once."""
    client = await world.paired()
    await client.command("unlock", DOOR)
    kept = world.server._commands._clients
    (entry,) = kept[client.client_id].by_id.values()
    assert entry.result is not None
    world.clock.advance(KEPT_MS)
    assert entry.result is None
    assert not kept


async def test_of_very_many_answers_the_oldest_go_but_their_ids_still_act_once(world: World) -> None:
    client, command_id = await world.paired(), new_id()
    await client.command("unlock", DOOR, command_id=command_id)
    async with await client.enter() as socket:
        for _ in range(ANSWERS_KEPT):
            await socket.command("unlock", **DOOR)
            await socket.frame("result")
        await socket.command("unlock", command_id=command_id, **DOOR)
        assert (await socket.frame("result"))["error"]["code"] == ErrorCode.TOO_OLD
    assert len(world.house.moves) == 1 + ANSWERS_KEPT


async def test_a_client_that_fills_the_memory_has_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDS_KEPT", 3)
    client = await world.paired()
    for _ in range(3):
        await client.command("unlock", DOOR)
    assert (await refusal(client.command("unlock", DOOR))).code == ErrorCode.RATE_LIMITED
    assert await (await world.paired()).command("unlock", DOOR)
    world.clock.advance(KEPT_MS)
    assert await client.command("unlock", DOOR)


async def test_a_client_has_so_many_commands_under_way_and_no_more(world: World) -> None:
    world.house.bolt_is_free.clear()
    client, other = await world.paired(), await world.paired()
    async with await client.enter() as socket, await other.enter() as beside:
        ids = [await socket.command("unlock", **DOOR) for _ in range(AT_ONCE + 1)]
        refused = await socket.frame("result")
        assert (refused["id"], refused["error"]["code"]) == (ids[-1], ErrorCode.BUSY)
        await beside.command("unlock", **DOOR)
        await beside.settled()
        world.house.bolt_is_free.set()
        answers = [await socket.frame("result") for _ in range(AT_ONCE)]
        assert [answer["id"] for answer in answers] == ids[:-1]
        assert (await beside.frame("result"))["error"] is None
    assert len(world.house.moves) == AT_ONCE + 1


async def test_a_client_that_leaves_in_the_middle_stops_nothing(world: World) -> None:
    world.house.bolt_is_free.clear()
    client, command_id = await world.paired(), new_id()
    socket = await client.enter()
    await socket.command("unlock", command_id=command_id, **DOOR)
    await until(lambda: len(world.house.moves) == 1)
    await socket.close()
    world.house.bolt_is_free.set()
    assert (await client.command("unlock", DOOR, command_id=command_id))["data"] == {"move": 1}


@pytest.mark.parametrize("bad", ["", "1", "x" * 36, "0" * 31, "0" * 37, "é" * 32])
async def test_an_id_must_be_a_uuid(world: World, bad: str) -> None:
    client = await world.paired()
    body = {"id": bad, "sent_ms": world.clock.now().mono_ms, "args": DOOR}
    assert (await client.ask("POST", "/api/commands/unlock", body))[0] == 400
    assert world.house.moves == []


async def test_commands_faster_than_the_limit_are_read_more_slowly_and_none_is_lost(world: World) -> None:
    client, other = await world.paired(Scope.STATE), await world.paired()
    async with await client.enter() as flood, await other.enter() as beside:
        sent = COMMANDS_AT_ONCE + COMMANDS_PER_S
        for _ in range(sent):
            await flood.command("locks.list")
        answered = 0
        async with asyncio.timeout(20):
            while answered < COMMANDS_AT_ONCE - 1:  # the hello has cost a little
                await flood.frame("result")
                answered += 1
        await beside.command("unlock", **DOOR)  # another one is served at once
        assert (await beside.frame("result"))["error"] is None
        advancing = asyncio.create_task(_let_time_pass(world))
        while answered < sent:
            assert (await flood.frame("result"))["error"] is None
            answered += 1
        advancing.cancel()


async def _let_time_pass(world: World) -> None:
    while True:
        world.clock.advance(5)
        await asyncio.sleep(0)


async def test_a_full_disk_is_said_as_such(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.house.error = StoreFull("The disk is full (commit). Free some space.")
    refused = await refusal((await world.paired()).command("unlock", DOOR))
    assert (refused.code, refused.can_retry) == (ErrorCode.STORAGE, True)
    assert "The disk is full" in caplog.text


async def test_a_mistake_of_the_bridge_is_said_without_its_inside(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.house.error = KeyError("something secret")
    with caplog.at_level(logging.ERROR):
        refused = await refusal((await world.paired()).command("unlock", DOOR))
    assert refused.code == ErrorCode.INTERNAL
    assert "secret" not in str(refused) + str(refused.detail)
    assert "unlock of client" in caplog.text


async def test_lock_and_unlock_at_once_are_both_answered(world: World) -> None:
    """In the order in which they came."""
    client = await world.paired()
    async with await client.enter() as socket:
        ids = [await socket.command(name, **DOOR) for name in ("lock", "unlock", "lock")]
        assert [(await socket.frame("result"))["id"] for _ in ids] == ids
    assert [move for move, _ in world.house.moves] == ["lock", "unlock", "lock"]


async def test_unknown_arguments_are_refused_by_name_and_never_by_value(world: World) -> None:
    client: Visitor = await world.paired()
    refused = await refusal(client.command("unlock", DOOR | {"passcode": "482913"}))
    assert (refused.code, refused.detail) == (ErrorCode.BAD_REQUEST, {"field": "Unlock.passcode"})
    assert "482913" not in str(refused)
