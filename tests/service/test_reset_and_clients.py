"""A factory reset, seen by clients: who asked is answered, then nobody is a client any more (RST-1, APP-6)."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from lock_bridge.server import tokens
from lock_bridge.store import ClientRow, StoreFull
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import GRANTABLE
from tests.server.world import Visitor, World

from .running import House


class Clients:
    """Clients of a running service, with everything they may ask for."""

    def __init__(self, house: House) -> None:
        self.service = house.service
        self.sessions: list[aiohttp.ClientSession] = []

    async def paired(self, name: str) -> Visitor:
        """A client that has been paired."""
        token, bridge, server = tokens.make(), self.service.bridge, self.service.server
        row = ClientRow(token.client_id, name, frozenset(GRANTABLE), token.hash, bridge.clock.now().wall_ms)
        await bridge.store.add_client(row, (), bridge.clock.now())
        await server._clients.load()
        self.sessions.append(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)))
        world = SimpleNamespace(
            clock=bridge.clock,
            fingerprint=bytes.fromhex(server.fingerprint),
            url=f"https://127.0.0.1:{server.port}",
        )
        return Visitor(cast("World", world), self.sessions[-1], token.text)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, "palm6068", "l2s")
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.fixture
async def slow_house(tmp_path: Path) -> AsyncIterator[House]:
    """Where there is time to let go of a button and to confirm."""
    house = House(tmp_path, "palm6068", scale=5)
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.fixture
async def visitors() -> AsyncIterator[Callable[[House], Clients]]:
    """Makes clients of a house, and sees them off."""
    made: list[Clients] = []

    def of(house: House) -> Clients:
        made.append(Clients(house))
        return made[-1]

    yield of
    for session in [session for clients in made for session in clients.sessions]:
        await session.close()


@pytest.fixture
def clients(house: House, visitors: Callable[[House], Clients]) -> Clients:
    return visitors(house)


async def is_known(client: Visitor) -> bool:
    """Whether its token still opens anything."""
    status, answer = await client.ask("GET", "/api/state")
    assert (status, answer.get("error", {}).get("code")) in ((200, None), (401, "unauthorized"))
    return status == 200


@pytest.mark.spec("APP-6", "RST-1")
async def test_who_resets_the_lock_gets_the_answer_and_then_no_client_is_left(house: House, clients: Clients) -> None:
    """Of RST-1: all pairings go."""
    await house.add_anna()
    mine, other = await clients.paired("Home Assistant"), await clients.paired("A tablet")
    here, there = await mine.enter(), await other.enter()
    command_id = await here.command("lock.factory_reset", lock="front_door")
    answer = await here.frame("result")
    assert (answer["id"], answer.get("error")) == (command_id, None)
    assert (await here.ended())[0] == ErrorCode.UNAUTHORIZED
    assert (await there.ended())[0] == ErrorCode.UNAUTHORIZED
    assert not await is_known(mine)
    assert not await is_known(other)
    assert (await house.do("clients.list"))["clients"] == []
    assert await house.service.bridge.store.clients() == ()
    (told,) = await house.events("factory_reset")
    assert told["client_name"] == "Home Assistant"


@pytest.mark.spec("APP-6", "RST-1")
async def test_over_rest_too_and_a_client_of_another_lock_is_none_any_more(house: House, clients: Clients) -> None:
    client = await clients.paired("Home Assistant")
    answer: dict[str, Any] = await client.command("lock.factory_reset", {"lock": "back_door"})
    assert answer["data"] == {}
    assert not await is_known(client)


@pytest.mark.spec("RST-1")
async def test_a_reset_that_the_disk_refuses_is_no_reset(
    house: House, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.add_anna()
    client = await clients.paired("Home Assistant")

    async def full(*_: Any) -> Any:
        raise StoreFull("The disk is full.")

    monkeypatch.setattr(house.service.bridge.store, "commit", full)
    with pytest.raises(LockBridgeError) as refused:
        await client.command("lock.factory_reset", {"lock": "front_door"})
    assert refused.value.code is ErrorCode.STORAGE
    monkeypatch.undo()
    assert await is_known(client)
    assert set(await house.users()) == {"Anna"}


@pytest.mark.spec("RST-1")
async def test_at_the_lock_a_reset_takes_the_clients_too(
    slow_house: House, visitors: Callable[[House], Clients]
) -> None:
    """The battery goes back in while SET is held; √ after the voice."""
    house = slow_house
    await house.add_anna()
    client = await visitors(house).paired("Home Assistant")
    socket = await client.enter()
    await house.at_door("power", "off")
    await house.at_door("down", "set")
    await house.at_door("power", "on")
    await house.at_door("up", "set")
    await house.at_door("press", "ok")
    assert (await socket.ended())[0] == ErrorCode.UNAUTHORIZED
    assert await house.users() == {}
    assert not await is_known(client)
