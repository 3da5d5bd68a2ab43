"""Waiting for what the kernel, udev or another process does."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

WAIT_S: Final = 120.0
"""What takes longer than this does not happen, however slow the guest is."""


async def until(holds: Callable[[], object], *, within: float = WAIT_S) -> None:
    """Let the loop run until it is so. Raises `TimeoutError`."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - the kernel sets no event of ours
            await asyncio.sleep(0.005)


def write(path: Path, text: str) -> None:
    """Into a file of sysfs or configfs."""
    path.write_text(text, encoding="ascii")


def read(path: Path) -> str:
    """A file of sysfs or configfs."""
    return path.read_text(encoding="ascii").strip()
