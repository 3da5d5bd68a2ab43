"""The owner said that Home Assistant may open the door: remote unlock is switched on at each lock, once (VER-16)."""

from homeassistant.core import HomeAssistant

from .client import ClientError
from .const import CONF_SWITCH_ON, LOGGER
from .hub import LockBridgeConfigEntry
from .wire.commands import AllowRemoteUnlock
from .wire.errors import LockBridgeError

_SETTING = "remote_unlock"


async def async_switch_on(hass: HomeAssistant, entry: LockBridgeConfigEntry) -> None:
    """Switch it on now; without a link it is done at the next start. A lock that refuses is left as it is."""
    hub = entry.runtime_data
    for lock in hub.data.locks.values():
        if _SETTING not in lock.capabilities.settings:
            continue
        try:
            await hub.connection.command(AllowRemoteUnlock.name, lock=lock.id, on=True)
        except ClientError as err:
            LOGGER.debug("Remote unlock is not switched on yet: %s", err)
            return
        except LockBridgeError as err:
            LOGGER.warning("Remote unlock of %s could not be switched on: %s", lock.name, err)
    data = {name: value for name, value in entry.data.items() if name != CONF_SWITCH_ON}
    hass.config_entries.async_update_entry(entry, data=data)
