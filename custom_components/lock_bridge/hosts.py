"""Hosts: what a visitor has of theirs opens only while they themselves may enter (VER-13, VER-14)."""

from homeassistant.util import dt as dt_util

from .wire.model import UserInfo


def is_limited(host: UserInfo) -> bool:
    """Whether she may not enter always, or not for ever."""
    return bool(host.schedule) or (host.valid_from_ms, host.valid_until_ms, host.uses_left) != (None, None, None)


def barred(host: UserInfo) -> str | None:
    """Why nothing for a visitor of hers would ever open, as the key of its text; None: it opens when she may enter."""
    if not host.enabled:
        return "host_switched_off"
    if host.uses_left == 0:
        return "host_used_up"
    if host.valid_until_ms is not None and host.valid_until_ms <= dt_util.utcnow().timestamp() * 1000:
        return "host_over"
    return None
