"""Radios blocked and let free through /dev/rfkill, as `rfkill block` does it."""

import os
import struct
from pathlib import Path
from typing import Final

_EVENT: Final = struct.Struct("=IBBBB")
"""Index, type, operation, soft, hard: `struct rfkill_event` of the kernel."""

_WLAN: Final = 1
_CHANGE: Final = 2


def block(device: Path, index: int, *, blocked: bool) -> None:
    """Block one Wi-Fi radio, or let it free. Raises `OSError`."""
    fd = os.open(device, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        os.write(fd, _EVENT.pack(index, _WLAN, _CHANGE, blocked, 0))
    finally:
        os.close(fd)
