"""Being found: on the loopback interface alone, so that no test speaks to the network."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from lock_bridge.server.discovery import Discovery, service
from lock_bridge.wire.model import BridgeInfo
from lock_bridge.wire.words import SERVICE_TYPE
from tests.server.world import BRIDGE_ID, PATIENCE_S, Config, World

NAME = f"lock-bridge-{BRIDGE_ID}.{SERVICE_TYPE}"
INFO = BridgeInfo(id=BRIDGE_ID, name="Anna's home", version="0.1.0", api=1)


@pytest.fixture
async def looking() -> AsyncIterator[AsyncZeroconf]:
    looking = AsyncZeroconf(interfaces=["127.0.0.1"])
    yield looking
    await looking.async_close()


async def test_a_bridge_is_found_and_says_which_it_is(tmp_path: Path, looking: AsyncZeroconf) -> None:
    world = World(tmp_path)
    await world.open(Config(zeroconf=True, interfaces=("127.0.0.1",)))
    try:
        found = AsyncServiceInfo(SERVICE_TYPE, NAME)
        async with asyncio.timeout(PATIENCE_S):
            while not await found.async_request(looking.zeroconf, 1_000):
                pass
        assert found.port == world.server.port
        assert found.parsed_addresses(IPVersion.All) == ["127.0.0.1"]
        assert found.decoded_properties == {"id": BRIDGE_ID, "api": "1", "name": "Home"}
    finally:
        await world.close()


async def test_a_bridge_that_stops_says_that_it_is_gone(tmp_path: Path, looking: AsyncZeroconf) -> None:
    came, went = asyncio.Event(), asyncio.Event()

    def changed(**what: object) -> None:
        if what["name"] == NAME:
            (went if "Removed" in str(what["state_change"]) else came).set()

    browser = AsyncServiceBrowser(looking.zeroconf, SERVICE_TYPE, handlers=[changed])
    world = World(tmp_path)
    await world.open(Config(zeroconf=True, interfaces=("127.0.0.1",)))
    async with asyncio.timeout(PATIENCE_S):
        await came.wait()
        await world.close()
        await went.wait()
    await browser.async_cancel()


async def test_a_network_that_refuses_is_logged_and_the_bridge_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr("lock_bridge.server.discovery.AsyncZeroconf", refuse)
    world = World(tmp_path)
    await world.open(Config(zeroconf=True, interfaces=("192.0.2.77",)))
    try:
        assert (await world.visitor().ask("GET", "/api/info"))[0] == 200
        assert "Enter its address by hand" in caplog.text
    finally:
        await world.close()


def test_what_is_announced_holds_nothing_but_a_hint() -> None:
    announced = service(INFO, 8643, ["192.0.2.1", "2001:db8::1"])
    assert announced.decoded_properties == {"id": BRIDGE_ID, "api": "1", "name": "Anna's home"}
    assert announced.parsed_addresses() == ["192.0.2.1", "2001:db8::1"]
    assert announced.name == NAME


@pytest.mark.parametrize(
    ("host", "interfaces", "expected"),
    [
        ("127.0.0.1", (), ["127.0.0.1"]),
        ("192.0.2.5", ("192.0.2.5",), ["192.0.2.5"]),
        ("0.0.0.0", ("192.0.2.5", "127.0.0.1"), ["192.0.2.5"]),  # noqa: S104 - nothing listens there
    ],
)
def test_clients_are_told_to_come_where_the_bridge_listens(
    host: str, interfaces: tuple[str, ...], expected: list[str]
) -> None:
    assert Discovery(INFO, host, 8643, interfaces)._service.parsed_addresses() == expected
