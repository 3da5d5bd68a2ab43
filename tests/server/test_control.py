"""The local socket serves the bridge's own user and root, whatever they send, and nobody else."""

import asyncio
import contextlib
import json
import logging
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lock_bridge.dispatch import Dispatcher
from lock_bridge.engine.model import Actor
from lock_bridge.server import control
from lock_bridge.server.control import ControlSocket, ControlSocketError, may_use
from lock_bridge.store import StoreFull
from lock_bridge.wire import commands
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import MAX_FRAME

STATUS = b'{"name": "service.status"}\n'


class Bridge:
    """A bridge with a few commands, as the socket sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dispatcher = Dispatcher()
        self.dispatcher.register(commands.Status, self._status)
        self.dispatcher.register(commands.Lock, self._lock)
        self.dispatcher.register(commands.ListLocks, self._locks)
        self.dispatcher.register(commands.Backup, self._backup)
        self.dispatcher.register(commands.SetPasscode, self._passcode)
        self.socket = ControlSocket(path, self.dispatcher)
        self.actors: list[Actor] = []
        self.under_way = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def _status(self, _command: commands.Status, actor: Actor) -> Mapping[str, Any]:
        self.actors.append(actor)
        return {"version": "1"}

    async def _lock(self, command: commands.Lock, _actor: Actor) -> Mapping[str, Any]:
        self.under_way.set()
        await self.may_answer.wait()
        return {"locked": command.lock}

    async def _locks(self, _command: commands.ListLocks, _actor: Actor) -> Mapping[str, Any]:
        raise LockBridgeError(ErrorCode.BUSY)

    async def _backup(self, _command: commands.Backup, _actor: Actor) -> Mapping[str, Any]:
        raise StoreFull("The disk is full.")

    async def _passcode(self, command: commands.SetPasscode, _actor: Actor) -> Mapping[str, Any]:
        raise ZeroDivisionError(command.user_id)


class Line:
    """One connection to the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, line: bytes) -> dict[str, Any]:
        self.send(line)
        return await self.answer()

    def send(self, line: bytes) -> None:
        self._writer.write(line)

    async def answer(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            text = await self._reader.readline()
        assert text.endswith(b"\n")
        answer: dict[str, Any] = json.loads(text)
        return answer

    async def ended(self) -> bool:
        async with asyncio.timeout(20):
            try:
                return await self._reader.read() == b""
            except ConnectionResetError:
                return True

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def made_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
async def bridge(folder: Path) -> AsyncIterator[Bridge]:
    bridge = Bridge(folder / "control.sock")
    await bridge.socket.start()
    yield bridge
    await bridge.socket.stop()


@contextlib.asynccontextmanager
async def connected(path: Path) -> AsyncIterator[Line]:
    line = Line(*await asyncio.open_unix_connection(path))
    try:
        yield line
    finally:
        line.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_socket_and_folder_are_for_their_owner_alone(bridge: Bridge) -> None:
    assert mode(bridge.path) == 0o600
    assert mode(bridge.path.parent) == 0o700


async def test_a_command_is_carried_out_in_the_name_of_the_machine(bridge: Bridge) -> None:
    async with connected(bridge.path) as line:
        assert await line.ask(STATUS) == {"data": {"version": "1"}}
    assert bridge.actors == [Actor("local", "local")]


async def test_many_commands_go_over_one_connection_in_their_order(bridge: Bridge) -> None:
    async with connected(bridge.path) as line:
        line.send(b'{"name": "locks.list"}\n' + STATUS * 50)
        assert (await line.answer())["error"]["code"] == "busy"
        for _ in range(50):
            assert await line.answer() == {"data": {"version": "1"}}


async def test_a_command_that_takes_long_holds_up_nobody_else(bridge: Bridge) -> None:
    async with connected(bridge.path) as slow, connected(bridge.path) as quick:
        slow.send(b'{"name": "lock", "args": {"lock": "front_door"}}\n')
        await bridge.under_way.wait()
        assert await quick.ask(STATUS) == {"data": {"version": "1"}}
        bridge.may_answer.set()
        assert await slow.answer() == {"data": {"locked": "front_door"}}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\n", "bad_request"),
        (b"open the door\n", "bad_request"),
        (b"\xff\xfe\x00\n", "bad_request"),
        (b"[]\n", "bad_request"),
        (b"{}\n", "bad_request"),
        (b'{"name": 3}\n', "bad_request"),
        (b'{"name": "lock", "args": []}\n', "bad_request"),
        (b'{"name": "lock", "args": {"lock": 3}}\n', "bad_request"),
        (b'{"name": "lock", "args": {}}\n', "bad_request"),
        (b'{"name": "service.status", "more": 1}\n', "bad_request"),
        (b'{"name": "service.status", "name": "lock"}\n', "bad_request"),
        (b'{"name": "service.status", "args": {"x": NaN}}\n', "bad_request"),
        (b'{"name": "\\ud800"}\n', "bad_request"),
        (b"[" * 60_000 + b"\n", "bad_request"),
        (b'{"name": "open_sesame"}\n', "unknown_command"),
        (b'{"name": "unlock", "args": {"lock": "front_door"}}\n', "unknown_command"),
        (b'{"name": "locks.list"}\n', "busy"),
        (b'{"name": "store.backup"}\n', "storage"),
    ],
)
async def test_what_cannot_be_done_is_refused_and_the_connection_goes_on(
    bridge: Bridge, line: bytes, code: str
) -> None:
    async with connected(bridge.path) as connection:
        assert (await connection.ask(line))["error"]["code"] == code
        assert await connection.ask(STATUS) == {"data": {"version": "1"}}


async def test_a_failure_of_our_own_is_logged_without_the_passcode(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    wish = {"name": "credentials.set_passcode", "args": {"lock": "door", "user_id": "anna", "passcode": "13579086"}}
    with caplog.at_level(logging.DEBUG):
        async with connected(bridge.path) as connection:
            answer = await connection.ask(json.dumps(wish).encode() + b"\n")

    assert answer["error"]["code"] == "internal"
    assert "ZeroDivisionError" in caplog.text
    assert "13579086" not in caplog.text + json.dumps(answer)


async def test_a_line_without_end_is_refused_and_ends_the_connection(bridge: Bridge) -> None:
    async with connected(bridge.path) as connection:
        assert (await connection.ask(b"x" * (2 * MAX_FRAME + 1)))["error"]["code"] == "too_large"
        assert await connection.ended()
    async with connected(bridge.path) as other:
        assert await other.ask(STATUS) == {"data": {"version": "1"}}


async def test_half_a_line_and_good_bye_is_nothing(bridge: Bridge) -> None:
    async with connected(bridge.path) as connection:
        connection.send(STATUS[:-1])
    async with connected(bridge.path) as other:
        await other.ask(STATUS)
    assert len(bridge.actors) == 1


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300).map(lambda data: data.replace(b"\n", b" ")))
def test_whatever_comes_is_answered_with_a_typed_error(tmp_path_factory: pytest.TempPathFactory, line: bytes) -> None:
    async def ask() -> dict[str, Any]:
        bridge = Bridge(tmp_path_factory.getbasetemp() / "fuzz" / "s")
        await bridge.socket.start()
        try:
            async with connected(bridge.path) as connection:
                return await connection.ask(line + b"\n")
        finally:
            await bridge.socket.stop()

    assert asyncio.run(ask())["error"]["code"] in set(ErrorCode)


async def test_one_who_never_says_anything_is_let_go(folder: Path) -> None:
    silent = ControlSocket(folder / "s", Dispatcher(), idle_s=0.01)
    await silent.start()
    async with connected(folder / "s") as connection:
        assert await connection.ended()
    await silent.stop()


async def test_more_than_enough_connections_are_told_to_wait(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "MAX_CONNECTIONS", 2)
    async with connected(bridge.path) as one, connected(bridge.path) as two:
        await one.ask(STATUS)
        await two.ask(STATUS)
        async with connected(bridge.path) as three:
            assert (await three.answer())["error"]["code"] == "busy"
            assert await three.ended()
        assert await one.ask(STATUS) == {"data": {"version": "1"}}


async def test_who_waits_is_told_when_the_bridge_stops(bridge: Bridge) -> None:
    async with connected(bridge.path) as connection:
        connection.send(b'{"name": "lock", "args": {"lock": "front_door"}}\n')
        await bridge.under_way.wait()
        await bridge.socket.stop()
        assert (await connection.answer())["error"]["code"] == "stopping"
        assert await connection.ended()
    assert not bridge.path.exists()


async def test_stopping_twice_or_before_the_start_is_no_trouble(folder: Path) -> None:
    served = ControlSocket(folder / "s", Dispatcher())
    await served.stop()
    await served.start()
    await served.stop()
    await served.stop()


async def test_a_socket_that_a_crash_left_behind_is_replaced(made_folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as crashed:
        crashed.bind(str(made_folder / "control.sock"))
    bridge = Bridge(made_folder / "control.sock")
    await bridge.socket.start()
    async with connected(bridge.path) as connection:
        assert await connection.ask(STATUS) == {"data": {"version": "1"}}
    await bridge.socket.stop()


async def test_the_socket_of_a_bridge_that_runs_is_left_alone(bridge: Bridge) -> None:
    with pytest.raises(ControlSocketError, match="running already"):
        await ControlSocket(bridge.path, Dispatcher()).start()
    async with connected(bridge.path) as connection:
        assert await connection.ask(STATUS) == {"data": {"version": "1"}}


async def test_a_file_in_the_sockets_place_is_not_deleted(made_folder: Path) -> None:
    (made_folder / "s").write_text("mine")
    with pytest.raises(ControlSocketError, match="is no socket"):
        await ControlSocket(made_folder / "s", Dispatcher()).start()
    assert (made_folder / "s").read_text() == "mine"


async def test_the_socket_of_another_bridge_is_not_taken_away(bridge: Bridge) -> None:
    bridge.path.unlink()
    other = Bridge(bridge.path)
    await other.socket.start()
    await bridge.socket.stop()
    async with connected(other.path) as connection:
        assert await connection.ask(STATUS) == {"data": {"version": "1"}}
    await other.socket.stop()


@pytest.fixture
def open_folder(folder: Path) -> Path:
    folder.mkdir()
    folder.chmod(0o777)
    return folder


async def test_a_folder_into_which_others_may_write_is_refused(open_folder: Path) -> None:
    with pytest.raises(ControlSocketError, match=r"Others may write into .* chmod 700"):
        await ControlSocket(open_folder / "s", Dispatcher()).start()


async def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ControlSocketError, match=r"cannot be made: .*bridge\.socket"):
        await ControlSocket(tmp_path / "file" / "s", Dispatcher()).start()
    with pytest.raises(ControlSocketError, match="cannot be made: File name too long"):
        await ControlSocket(tmp_path / ("x" * 120), Dispatcher()).start()


def test_only_root_and_the_bridges_own_user_may_use_it() -> None:
    assert may_use(0)
    assert may_use(os.geteuid())
    assert not may_use(65_534)


@pytest.fixture
def wide_open(bridge: Bridge) -> Iterator[Bridge]:
    """Somebody has opened folder and socket to all."""
    folders = (path for path in bridge.path.parents if path.is_relative_to(gettempdir()) and path != Path(gettempdir()))
    before = {path: mode(path) for path in (bridge.path, *folders)}
    for path, was in before.items():
        path.chmod(was | (0o666 if path == bridge.path else 0o055))
    yield bridge
    for path, was in before.items():
        path.chmod(was)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_another_user_is_refused_even_if_the_file_lets_her_in(wide_open: Bridge) -> None:
    program = (
        "import os, socket, sys; os.setgid(65534); os.setuid(65534)\n"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1])\n"
        'print(s.makefile().readline(), end="")'
    )
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(wide_open.path), stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        told, _ = await other.communicate()
    assert json.loads(told)["error"]["code"] == "forbidden"
    assert wide_open.actors == []
