"""A cable to something that is played: a pseudo-terminal, and a link to it as those below /dev/serial/by-id."""

import asyncio
import os
import tty
from contextlib import suppress
from pathlib import Path


class Pty:
    """Whoever inherits hears what the computer sends, and sends what it likes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._loop = asyncio.get_running_loop()
        self._master = self._slave = -1
        self._out = bytearray()

    @property
    def there(self) -> bool:
        """Whether the port is there."""
        return self._master >= 0

    def open(self) -> None:
        """The port comes up."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        self._out.clear()
        self._loop.add_reader(self._master, self._read)

    def close(self) -> None:
        """The port goes away, with all that was on its way."""
        if self._master < 0:
            return
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        self.path.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def send(self, data: bytes) -> None:
        """Bytes on the line, wherever they come from."""
        if self._master >= 0 and data:
            self._out += data
            self._write()

    def heard_bytes(self, data: bytes) -> None:
        """The computer has sent these."""
        raise NotImplementedError

    def _read(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return
        self.heard_bytes(data)

    def _write(self) -> None:
        with suppress(BlockingIOError):
            while self._out:
                del self._out[: os.write(self._master, self._out)]
        if self._out:
            self._loop.add_writer(self._master, self._write)
        else:
            self._loop.remove_writer(self._master)
