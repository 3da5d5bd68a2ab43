"""A person in words."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant

from ..wire.model import LockSnapshot, UserInfo


def in_a_line(hass: HomeAssistant, on: Mapping[str, UserInfo], locks: Mapping[str, LockSnapshot]) -> str:
    """Her line in the list of people."""
    return next(iter(on.values())).name
