"""Who is on a lock, and how the bridge is: told to those who may know it, first whole and then as it changes."""

import asyncio
import json

from lock_bridge.server.session import UNSENT_BYTES
from lock_bridge.wire.codec import encode
from lock_bridge.wire.messages import MAX_PEOPLE
from lock_bridge.wire.model import BridgeStatus, CredentialInfo, UserInfo
from lock_bridge.wire.words import BoltState, CredentialType, RingState, Scope
from tests.server.world import DeafSocket, World, until

OTHERS = (Scope.STATE, Scope.EVENTS, Scope.LOCK, Scope.UNLOCK, Scope.CREDENTIALS, Scope.SETTINGS, Scope.CLIENTS)
STATUS = BridgeStatus(
    ring=RingState.RUNNING, clients=1, clients_connected=0, store_bytes=90_000, disk_free_bytes=16 * 1024 * 1024
)


def user(number: int, *, name: str = "", fingers: int = 0) -> UserInfo:
    numbers = tuple(range(1, fingers + 1))
    return UserInfo(
        id=f"{number:032x}",
        name=name or f"Anna {number}",
        role="user",
        number=number,
        enabled=True,
        valid_from_ms=None,
        valid_until_ms=None,
        credentials={"fingerprint": numbers} if numbers else {},
        details=tuple(CredentialInfo(type=CredentialType.FINGERPRINT, number=one) for one in numbers),
        locks=("front_door",),
    )


async def test_after_the_welcome_come_all_people_and_only_then_all_else(world: World) -> None:
    people = world.house.people
    for number in range(1, 2 * MAX_PEOPLE + 2):
        people.comes(user(number, fingers=2))
    await world.house.ring()
    client = await world.paired()
    async with await client.enter(world.store.epoch, 0) as socket:
        assert socket.welcome["people"] == 3
        frames = [await socket.frame() for _ in range(4)]
        assert [frame["type"] for frame in frames] == ["people", "people", "people", "events"]
        assert [len(frame["users"]) for frame in frames[:3]] == [MAX_PEOPLE, MAX_PEOPLE, 1]
        told = [user for frame in frames[:3] for user in frame["users"]]
        assert told == [encode(one) for one in people.users.values()]
        assert all(frame["lock"] == "front_door" and frame["gone"] == [] for frame in frames[:3])


async def test_who_changes_is_told_and_who_goes(world: World) -> None:
    people = world.house.people
    people.comes(user(1))
    client = await world.paired()
    async with await client.enter() as socket:
        await socket.frame("people")
        people.comes(user(1, name="Änna"))
        people.goes(user(1).id)
        people.renew()
        told = [await socket.frame("people") for _ in range(2)]
        assert [(one["lock"], one["users"], one["gone"]) for one in told] == [
            ("front_door", [encode(user(1, name="Änna"))], []),
            ("front_door", [], [user(1).id]),
        ]


async def test_a_second_client_hears_of_a_change_once_and_the_first_one_too(world: World) -> None:
    people = world.house.people
    client = await world.paired()
    async with await client.enter() as first:
        people.comes(user(1))
        async with await client.enter() as second:
            assert second.welcome["people"] == 1
            assert [one["id"] for one in (await second.frame("people"))["users"]] == [user(1).id]
            assert [one["id"] for one in (await first.frame("people"))["users"]] == [user(1).id]
            world.house.set_bolt(BoltState.LOCKED)
            assert (await second.frame())["type"] == (await first.frame())["type"] == "state"


async def test_a_client_without_the_scope_hears_of_nobody(world: World) -> None:
    people = world.house.people
    people.comes(user(1))
    stranger, family = await world.paired(*OTHERS), await world.paired(Scope.STATE, Scope.USERS)
    async with await stranger.enter() as blind, await family.enter() as seeing:
        assert (blind.welcome["people"], seeing.welcome["people"]) == (0, 1)
        people.comes(user(2))
        people.renew()
        world.house.set_bolt(BoltState.LOCKED)
        assert [(await seeing.frame())["type"] for _ in range(3)] == ["people", "people", "state"]
        assert (await blind.frame())["type"] == "state"


async def test_people_are_followed_only_while_somebody_is_there_who_may_know_them(world: World) -> None:
    people = world.house.people
    stranger, family = await world.paired(*OTHERS), await world.paired(Scope.STATE, Scope.USERS)
    async with await stranger.enter():
        assert people.followers == 0
        socket, other = await family.enter(), await family.enter()
        assert people.followers == 2
        other.ws._response.connection.transport.abort()  # the cable is pulled
        await until(lambda: people.followers == 1)
        await socket.close()
        await until(lambda: people.followers == 0)


async def test_a_house_of_hundreds_is_more_than_a_client_may_leave_unread_and_comes_all_the_same(world: World) -> None:
    people = world.house.people
    for number in range(1, 501):
        people.comes(user(number, fingers=20))
    client = await world.paired()
    deaf = await DeafSocket.dial(client, receive_buffer=4096)
    await until(lambda: people.followers == 1)
    assert sum(len(json.dumps(encode(one))) for one in people.users.values()) > UNSENT_BYTES
    deaf.close()
    async with await client.enter() as socket:
        frames = [await socket.frame() for _ in range(socket.welcome["people"])]
        assert sum(len(frame["users"]) for frame in frames) == 500
        people.comes(user(501))
        people.renew()
        assert [one["number"] for one in (await socket.frame())["users"]] == [501]


async def test_a_client_that_goes_while_people_are_made_ready_is_no_matter(world: World) -> None:
    people = world.house.people
    ready = asyncio.Event()
    people.ready = ready
    people.comes(user(1))
    client = await world.paired()
    socket = await client.dial()
    await socket.ws.send_str('{"type":"hello","api":1}')
    await until(lambda: people.preparing == 1)
    await socket.close()
    ready.set()
    await until(lambda: not world.server._hub._sessions)
    assert people.followers == 0


async def test_how_the_bridge_is_comes_with_the_welcome_and_when_it_changes(world: World) -> None:
    world.house.set_status(STATUS)
    client = await world.paired(Scope.STATE)
    async with await client.enter() as socket:
        assert socket.welcome["status"] == encode(STATUS)
        world.house.set_status(BridgeStatus(**{**encode(STATUS), "ring": RingState.FAULT, "store_healthy": False}))
        assert (await socket.frame("status"))["status"] == {
            "ring": "fault",
            "clients": 1,
            "clients_connected": 0,
            "store_bytes": 90_000,
            "disk_free_bytes": 16 * 1024 * 1024,
            "store_healthy": False,
        }
