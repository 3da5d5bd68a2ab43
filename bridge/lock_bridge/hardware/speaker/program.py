"""A program that makes sound: fed through its standard input, ended in time, and never left behind."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Sequence
from typing import Final

_KILL_S: Final = 1.0
"""How long a program that was asked to end may take before it is made to."""

_WORDS_MAX: Final = 200
"""As much of what a program says goes into the log."""


class ProgramMissing(Exception):
    """The program is not installed."""


class ProgramFailed(Exception):
    """It ended with an error; `str()` is what it said."""


class Program:
    """One program, one run at a time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: asyncio.subprocess.Process | None = None
        self._cut = False

    @property
    def is_installed(self) -> bool:
        """Whether it is on the path now."""
        return shutil.which(self.name) is not None

    async def run(self, options: Sequence[str], fed: bytes, *, at_most_s: float) -> bytes:
        """Run it to its end; what it gave, nothing if it was cut.

        Raises `ProgramMissing`, `ProgramFailed`, `TimeoutError`.
        """
        self._cut = False
        # A file and no pipe: whatever the program has started may hold it open for as long as it likes.
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as gave:
            try:
                process = await asyncio.create_subprocess_exec(
                    self.name,
                    *options,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=gave,
                    stderr=said,
                )
            except FileNotFoundError:
                raise ProgramMissing("it is not installed") from None
            except OSError as error:
                raise ProgramFailed(f"it cannot be started: {error.strerror}") from None
            self._process = process
            if self._cut:
                self.cut()
            try:
                async with asyncio.timeout(at_most_s):
                    await process.communicate(fed)
            finally:
                self._process = None
                await _end(process)
            if self._cut:
                return b""
            if not process.returncode:
                gave.seek(0)
                return gave.read()
            said.seek(0)
            words = said.read(_WORDS_MAX).decode(errors="replace").split("\n")[0]
        raise ProgramFailed(f"exit code {process.returncode}{f': {words}' if words else ''}")

    def cut(self) -> None:
        """Let the run under way end now, or as soon as it has begun."""
        self._cut = True
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_KILL_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
