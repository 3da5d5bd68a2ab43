"""systemd hears that the service lives only while everything that matters answers."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from lock_bridge.systemd import Watchdog, notify, watchdog_period_s


class Manager:
    """systemd's side of the notification socket."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "9000000"}

    def heard(self) -> list[str]:
        messages: list[str] = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


class Beats:
    """Lets the watchdog sleep through a number of beats, each as late as the test says, and no longer."""

    def __init__(self, *lags: float) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.over = asyncio.Event()
        self._lags = iter(lags)

    async def sleep(self, seconds: float) -> None:
        lag = next(self._lags, None)
        if lag is None:
            self.over.set()
            await asyncio.Event().wait()
        else:
            self.slept.append(seconds)
            self.now += seconds + lag


async def beat(manager: Manager, checks: list[Callable[[], Awaitable[None]]], *lags: float) -> tuple[list[str], Beats]:
    beats = Beats(*lags)
    watchdog = Watchdog(checks, environment=manager.environment, time=lambda: beats.now, sleep=beats.sleep)
    await watchdog.start()
    async with asyncio.timeout(20):
        await beats.over.wait()
    await watchdog.stop()
    return manager.heard(), beats


async def answers() -> None:
    """A part that is well."""


async def fails() -> None:
    raise OSError("gone")


async def test_it_is_fed_three_times_a_period_while_all_answers(manager: Manager) -> None:
    heard, beats = await beat(manager, [answers, answers], 0, 0, 0)

    assert heard == ["WATCHDOG=1"] * 3
    assert beats.slept == [3.0] * 3


async def test_it_is_not_fed_when_a_check_fails_and_the_status_names_it(manager: Manager) -> None:
    heard, _ = await beat(manager, [answers, fails], 0, 0)

    assert heard == ["STATUS=No answer from: fails"]


async def test_it_is_not_fed_when_the_event_loop_was_late(manager: Manager) -> None:
    heard, _ = await beat(manager, [answers], 2.1, 1.9)

    assert heard == ["STATUS=No answer from: event loop", "STATUS=Everything answers", "WATCHDOG=1"]


async def test_it_is_not_fed_while_a_check_hangs(manager: Manager) -> None:
    manager.environment["WATCHDOG_USEC"] = "60000"

    async def hangs() -> None:
        await asyncio.Event().wait()

    heard, _ = await beat(manager, [hangs, answers], 0)

    assert heard == [f"STATUS=No answer from: {hangs.__qualname__}"]


async def test_it_is_fed_again_once_all_is_well(manager: Manager) -> None:
    outcomes = iter([OSError("gone"), None, None])

    async def recovers() -> None:
        if error := next(outcomes):
            raise error

    heard, _ = await beat(manager, [recovers], 0, 0, 0)

    assert [message for message in heard if message == "WATCHDOG=1"] == ["WATCHDOG=1"] * 2


async def test_it_does_nothing_where_nobody_waits_for_it(manager: Manager) -> None:
    del manager.environment["WATCHDOG_USEC"]
    watchdog = Watchdog([fails], environment=manager.environment)
    await watchdog.start()
    await watchdog.stop()

    assert manager.heard() == []


def test_messages_reach_a_path_and_an_abstract_address(manager: Manager) -> None:
    assert notify("READY=1\nSTATUS=Serving", manager.environment)
    assert manager.heard() == ["READY=1\nSTATUS=Serving"]
    abstract = Manager(f"@lock-bridge-test-{os.getpid()}")
    assert notify("STOPPING=1", abstract.environment)
    assert abstract.heard() == ["STOPPING=1"]
    abstract.socket.close()


def test_nobody_to_tell_is_no_trouble(tmp_path: Path) -> None:
    assert not notify("READY=1", {})
    assert not notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_period_is_that_of_this_process(environment: dict[str, str], seconds: float | None) -> None:
    assert watchdog_period_s(environment) == seconds
