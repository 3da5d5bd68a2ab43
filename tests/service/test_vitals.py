"""How the bridge itself is, as its clients hear of it: the ring, how many clients, the store and the room beside it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lock_bridge import vitals
from lock_bridge.bridge import Bridge
from lock_bridge.clock import ManualClock
from lock_bridge.engine.model import Fact
from lock_bridge.store import Store
from lock_bridge.wire.model import BridgeInfo, BridgeStatus
from lock_bridge.wire.words import EventType, RingState

from .running import House
from .test_people_view import Ear

MIB = 1024 * 1024


class Usage(NamedTuple):
    free: int


class Parts:
    """The ring and the server, as far as they are looked at."""

    def __init__(self) -> None:
        self.told = RingState.RUNNING
        self.on_change: Any = lambda: None
        self.clients = 2
        self.clients_connected = 0


class Server:
    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.changed: list[Any] = []

    @property
    def clients(self) -> int:
        return self.parts.clients

    @property
    def clients_connected(self) -> int:
        return self.parts.clients_connected

    def on_change(self, changed: Any) -> Any:
        self.changed.append(changed)
        return lambda: self.changed.remove(changed)


class Home:
    """A bridge's vitals, with a disk and a clock by hand."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.clock = ManualClock()
        self.bridge = Bridge(BridgeInfo(id="b1", name="Home", version="1", api=1), store, self.clock)
        self.parts = Parts()
        self.server = Server(self.parts)
        self.ear = Ear()
        self.bridge.listen(self.ear)
        self.vitals = vitals.Vitals(self.bridge, self.server, self.parts, folder / "store.db")

    @property
    def told(self) -> list[BridgeStatus]:
        return [what for kind, what in self.ear.heard if kind == "status"]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    disk: dict[str, Any] = {"free": 100 * MIB + 5}

    def usage(_path: Path) -> Usage:
        if disk["free"] is None:
            raise OSError("no such disk")
        return Usage(disk["free"])

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return disk


@pytest.fixture
async def home(tmp_path: Path, disk: dict[str, Any]) -> AsyncIterator[Home]:
    store = await Store.open(tmp_path / "store.db", boot_id="b")
    home = Home(tmp_path, store)
    await home.vitals.start()
    yield home
    await home.vitals.stop()
    await store.close()


async def looked(home: Home) -> None:
    home.clock.advance(vitals.LOOK_MS)
    assert home.vitals._looking is not None
    await home.vitals._looking


async def test_all_of_it_is_there_from_the_start(home: Home, tmp_path: Path) -> None:
    status = home.bridge.status
    assert status is not None
    assert (status.ring, status.clients, status.clients_connected) == (RingState.RUNNING, 2, 0)
    assert status.disk_free_bytes == 96 * MIB
    assert status.store_healthy
    files = ("store.db", "store.db-wal")
    assert status.store_bytes == sum((tmp_path / name).stat().st_size for name in files) > 0


async def test_what_happens_in_one_turn_is_told_once(home: Home) -> None:
    home.ear.heard.clear()
    home.parts.clients_connected = 1
    home.server.changed[0]()
    home.parts.told = RingState.CONNECTED
    home.parts.on_change()
    assert home.told == []
    await home.bridge.record(Fact(EventType.DOORBELL))
    (told,) = home.told
    assert (told.ring, told.clients_connected) == (RingState.CONNECTED, 1)
    assert home.bridge.status == told


async def test_what_is_as_before_is_no_news(home: Home) -> None:
    home.ear.heard.clear()
    await home.bridge.record(Fact(EventType.DOORBELL))
    home.bridge.state_changed("front_door", {"faults": []})
    home.bridge.state_changed("front_door", {"bolt": "locked"})
    await home.bridge.record(Fact(EventType.DOORBELL))
    assert home.told == []


async def test_the_disk_is_looked_at_once_a_minute_and_told_in_steps(home: Home, disk: dict[str, Any]) -> None:
    home.ear.heard.clear()
    disk["free"] -= 4 * MIB
    await looked(home)
    assert home.told == []
    disk["free"] -= 4 * MIB
    await looked(home)
    assert [status.disk_free_bytes for status in home.told] == [80 * MIB]


async def test_a_disk_that_cannot_be_looked_at_is_as_it_was(home: Home, disk: dict[str, Any]) -> None:
    home.ear.heard.clear()
    disk["free"] = None
    await looked(home)
    assert home.told == []
    disk["free"] = 16 * MIB
    await looked(home)
    assert [status.disk_free_bytes for status in home.told] == [16 * MIB]


async def test_a_store_that_cannot_be_written_is_told_with_the_fault_of_a_lock(home: Home) -> None:
    home.ear.heard.clear()
    home.bridge.store.healthy = False
    home.bridge.state_changed("front_door", {"faults": ["storage"]})
    await looked(home)
    assert [status.store_healthy for status in home.told] == [False]


async def test_after_the_end_nothing_is_told(home: Home) -> None:
    await home.bridge.record(Fact(EventType.DOORBELL))
    home.ear.heard.clear()
    home.parts.clients = 3
    home.parts.on_change()
    await home.vitals.stop()
    home.parts.on_change()
    await home.bridge.record(Fact(EventType.DOORBELL))
    assert (home.told, home.server.changed, home.clock.next_due_ms()) == ([], [], None)


async def test_a_running_bridge_tells_that_it_runs(tmp_path: Path) -> None:
    house = House(tmp_path, "palm6068")
    await house.service.start()
    try:
        bridge = house.service.bridge
        await house.until(lambda: bridge.status is not None and bridge.status.ring is RingState.RUNNING)
        status = bridge.status
        assert status is not None
        assert (status.clients, status.clients_connected, status.store_healthy) == (0, 0, True)
        assert status.store_bytes > 0
        assert status.disk_free_bytes > 0
        await house.do("pairing.open")
        await house.until(lambda: bridge.status is not None and bridge.status.ring is RingState.READY)
    finally:
        await house.service.stop()
