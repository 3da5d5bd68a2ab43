"""The local socket: the commands of the network and those for people at the machine, one JSON object a line."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Any, Final

from lock_bridge.dispatch import Dispatcher
from lock_bridge.engine.model import Actor
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import MAX_FRAME
from lock_bridge.wire.words import Scope

from . import jsontext
from .commands import execute

_LOGGER = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 32

IDLE_S: Final = 600.0
"""A connection on which nobody says anything for so long is closed."""

SEND_S: Final = 10.0
"""Longest that an answer may wait for its reader."""

_SCOPES: Final = frozenset(Scope)
_LOCAL: Final = Actor()
_PEER: Final = struct.Struct("=iII")
"""Process, user and group, as the kernel tells them (SO_PEERCRED)."""


class ControlSocketError(Exception):
    """The socket cannot be served; the message says what to do."""


class ControlSocket:
    """Serves `dispatcher` to the user who runs the bridge, and to root. Nobody else can open the socket.

    A line holds `{"name", "args"}`, its answer `{"data"}` or `{"error"}`, in the order in which they came.
    """

    def __init__(self, path: Path, dispatcher: Dispatcher, *, idle_s: float = IDLE_S) -> None:
        self._path = path
        self._dispatcher = dispatcher
        self._idle_s = idle_s
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._inode = 0

    async def start(self) -> None:
        """Serve. Raises `ControlSocketError`."""
        try:
            _make_folder(self._path.parent)
            _remove_stale(self._path)
            listening = _bind(self._path)
        except OSError as error:
            raise ControlSocketError(
                f"The local socket {self._path} cannot be made: {error.strerror}. Name another one as bridge.socket."
            ) from None
        self._inode = self._path.stat().st_ino
        self._server = await asyncio.start_unix_server(self._connected, sock=listening, limit=MAX_FRAME)

    async def stop(self) -> None:
        """Tell whoever waits for an answer that the bridge is stopping, and take the socket away."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            if self._path.lstat().st_ino == self._inode:  # and not that of a bridge that was started meanwhile
                self._path.unlink()
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("connections are served in tasks")
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            _say(writer, {"error": LockBridgeError(ErrorCode.STOPPING).to_json()})
        except OSError, TimeoutError, EOFError:
            pass  # the other side is gone, or reads no more
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (error := self._refusal(writer)) is not None:
            _say(writer, {"error": error.to_json()})
            return
        while line := await self._next_line(reader, writer):
            _say(writer, await self._answer(line))
            async with asyncio.timeout(SEND_S):
                await writer.drain()

    def _refusal(self, writer: asyncio.StreamWriter) -> LockBridgeError | None:
        user = _user_of(writer.get_extra_info("socket"))
        if not may_use(user):
            _LOGGER.warning("User %s may not use the local socket", user)
            return LockBridgeError(
                ErrorCode.FORBIDDEN, message="Only root and the bridge's own user may use its local socket."
            )
        return LockBridgeError(ErrorCode.BUSY) if len(self._tasks) > MAX_CONNECTIONS else None

    async def _next_line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            async with asyncio.timeout(self._idle_s):
                return await reader.readuntil()
        except asyncio.LimitOverrunError:
            _say(writer, {"error": LockBridgeError(ErrorCode.TOO_LARGE, {"limit": MAX_FRAME}).to_json()})
            return b""

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            name, args = _read(line)
            return {"data": await execute(self._dispatcher, name, args, _LOCAL, _SCOPES)}
        except LockBridgeError as error:
            return {"error": error.to_json()}


def may_use(user: int | None) -> bool:
    """Whether a process of that user may give commands; None: the system does not say, and the file's mode decides."""
    return user is None or user in (0, os.geteuid())


def _read(line: bytes) -> tuple[str, dict[str, Any]]:
    request = jsontext.loads(line)
    if not isinstance(request, dict) or not isinstance(name := request.pop("name", None), str):
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "name"})
    if not isinstance(args := request.pop("args", {}), dict):
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "args"})
    if request:
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": str(next(iter(request)))[:40]})
    return name, args


def _say(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    if not writer.is_closing():
        writer.write(jsontext.dumps(answer) + b"\n")


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whoever may write there could put another socket in this one's place, and people would type passcodes into it.
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o022:
        raise ControlSocketError(
            f"Others may write into {folder} (mode {mode:o}), the folder of the local socket. Use chmod 700 {folder}, "
            "or name another one as bridge.socket."
        )


def _remove_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ControlSocketError(f"{path} is there and is no socket. Name another one as bridge.socket.")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError, FileNotFoundError:
            path.unlink(missing_ok=True)  # left behind by a bridge that could not say goodbye
            return
        except TimeoutError:
            pass
    raise ControlSocketError(f"A bridge is running already: it answers at {path}. Stop it first.")


def _bind(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | getattr(socket, "SOCK_CLOEXEC", 0))
    # The file has its mode from its first moment on.
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    except OSError as error:
        listening.close()
        if error.errno is None:  # Python itself refuses paths that are too long
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)) from None
        raise
    finally:
        os.umask(before)
    listening.setblocking(False)
    return listening


def _user_of(connection: Any) -> int | None:
    if connection is None or not hasattr(socket, "SO_PEERCRED"):
        return None
    _process, user, _group = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(user)
