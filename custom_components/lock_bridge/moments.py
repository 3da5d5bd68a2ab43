"""The bridge's times as Home Assistant's: no number that a bridge may say is beyond the calendar."""

from datetime import UTC, datetime, timedelta
from typing import Final

from homeassistant.util import dt as dt_util

# A day before the calendar's end, so that it is one by the clocks of every zone.
_LAST_MS: Final = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp()) * 1000
_LONGEST_MS: Final = 10 * 366 * 24 * 3600 * 1000


def moment(wall_ms: int) -> datetime:
    """A time in ms since 1970."""
    return dt_util.utc_from_timestamp(min(max(wall_ms, 0), _LAST_MS) / 1000)


def duration(ms: int) -> timedelta:
    """A time that something lasts, ten years at most; less than nothing is what is over."""
    return timedelta(milliseconds=min(max(ms, -_LONGEST_MS), _LONGEST_MS))
