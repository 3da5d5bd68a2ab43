"""The command line's end of the local socket."""

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from lock_bridge.wire.errors import LockBridgeError

ANSWER_S: Final = 60.0
"""Longer than any command of a lock takes; those that take longer say so."""


class Unreachable(Exception):
    """No bridge answers at the socket; the message says what to do. `running`: though one seems to be there."""

    def __init__(self, message: str, *, running: bool = True) -> None:
        super().__init__(message)
        self.running = running


class Connection:
    """One connection, opened at the first call; commands one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket: socket.socket | None = None
        self._answers: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, name: str, /, *, answer_s: float = ANSWER_S, **args: Any) -> dict[str, Any]:
        """Give a command and wait for its answer. Raises `LockBridgeError`, `Unreachable`."""
        connection = self._open()
        connection.settimeout(answer_s)
        request = json.dumps({"name": name, "args": args}).encode() + b"\n"
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it hung up, but may have said why
                connection.sendall(request)
            line = self._answers.readline()
        except TimeoutError:
            self.close()
            raise Unreachable(f"The bridge has not answered within {answer_s:g} s. Its log may say why.") from None
        except OSError as error:
            self.close()
            raise Unreachable(f"The bridge hung up ({error.strerror}). Its log may say why.") from None
        if not line.endswith(b"\n"):
            self.close()
            raise Unreachable("The bridge stopped before it answered. Its log may say why.")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise LockBridgeError.from_json(answer["error"])
        data: dict[str, Any] = answer["data"]
        return data

    def close(self) -> None:
        """Hang up; the next call connects anew."""
        if self._socket is not None:
            self._answers.close()
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(5.0)
        try:
            connection.connect(str(self.path))
        except PermissionError:
            connection.close()
            raise Unreachable(
                f"You may not use {self.path}. Run this with sudo, or as the user who runs the bridge."
            ) from None
        except OSError:
            connection.close()
            raise Unreachable(
                f"No bridge answers at {self.path}. Start it (systemctl start lock-bridge, or lock-bridge run --config "
                "FILE), or say where its socket is with --socket or --config.",
                running=False,
            ) from None
        self._socket = connection
        self._answers = connection.makefile("rb")
        return connection
