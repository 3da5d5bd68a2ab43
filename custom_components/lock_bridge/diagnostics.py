"""What helps to find a fault, without anything that opens a door or names a person."""

from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant

from .const import CONF_BRIDGE_ID, CONF_CLIENT_ID, CONF_FINGERPRINT
from .hub import LockBridgeConfigEntry
from .wire.codec import encode

TO_REDACT: Final = frozenset(
    {
        CONF_BRIDGE_ID,
        CONF_CLIENT_ID,
        CONF_FINGERPRINT,
        CONF_HOST,
        CONF_TOKEN,
        "client_name",
        "name",
        "serial",
        "user_id",
        "user_name",
    }
)


async def async_get_config_entry_diagnostics(_hass: HomeAssistant, entry: LockBridgeConfigEntry) -> dict[str, Any]:
    """The entry, the link, and the locks as they are."""
    connection, data = entry.runtime_data.connection, entry.runtime_data.data
    shown = {
        "entry": dict(entry.data),
        "link": {
            "state": connection.state.value,
            "problem": None if connection.problem is None else type(connection.problem).__name__,
            "read_up_to": None if connection.cursor is None else connection.cursor.seq,
        },
        "bridge": {"version": data.info.version, "api": data.info.api, "scopes": sorted(data.scopes)},
        "locks": [encode(lock) for lock in data.locks.values()],
    }
    redacted: dict[str, Any] = async_redact_data(shown, TO_REDACT)
    return redacted
