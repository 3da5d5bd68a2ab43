"""The house's time zone: what a weekly schedule is read by (USR-7)."""

import logging
import os
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

_LOG = logging.getLogger(__name__)

_LOCALTIME: Final = Path("/etc/localtime")


def named(name: str) -> ZoneInfo:
    """The zone of a name such as "Europe/Oslo". Raises `ValueError` where this machine knows none of it."""
    try:
        return ZoneInfo(name)
    except OSError, LookupError, ValueError:
        # No such file, a folder, or what leads out of the zones' folder.
        raise ValueError(f"{name[:64]!r} is no time zone that this machine knows") from None


def of_machine(localtime: Path = _LOCALTIME) -> tzinfo:
    """The machine's own zone, as `TZ` or /etc/localtime says; UTC where neither does."""
    try:
        if name := os.environ.get("TZ", "").removeprefix(":"):
            return named(name)
        with localtime.open("rb") as file:
            return ZoneInfo.from_file(file, key=_key(localtime))
    except (OSError, ValueError) as error:
        _LOG.warning("The machine does not say its time zone (%s): schedules are read in UTC", error)
        return UTC


def _key(localtime: Path) -> str | None:
    """The zone's name, where the file is a link to one, for whoever reads a log."""
    _, found, name = str(localtime.resolve()).partition("/zoneinfo/")
    return name if found else None
