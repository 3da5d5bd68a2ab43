"""Whether what answers where a bridge is looked for is the one that was paired: it alone has the certificate's key."""

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .client import Address, ClientError, Transport, is_bridge
from .const import CONF_FINGERPRINT


def address_in(entry: ConfigEntry) -> Address:
    """Where the bridge was last."""
    return Address(entry.data[CONF_HOST], entry.data[CONF_PORT])


def pinned(hass: HomeAssistant, entry: ConfigEntry, address: Address | None = None) -> Transport:
    """The way to the bridge that was paired, and to no other, at `address` or where it was last."""
    session = async_get_clientsession(hass)
    return Transport(session, address or address_in(entry), bytes.fromhex(entry.data[CONF_FINGERPRINT]))


async def async_is_itself(hass: HomeAssistant, entry: ConfigEntry, address: Address | None = None) -> bool:
    """Whether the bridge that was paired answers there. Its id would be a hint alone: anybody can say it."""
    try:
        return await is_bridge(pinned(hass, entry, address))
    except ClientError:
        return False


async def async_is_found(hass: HomeAssistant, entry: ConfigEntry, address: Address) -> bool:
    """Whether a bridge that is missed, and now announced at `address`, is there."""
    if CONF_FINGERPRINT not in entry.data:
        return False  # ignored by the owner
    if entry.state is ConfigEntryState.LOADED and entry.runtime_data.available:
        return False  # nobody misses it, so there is no reason to go anywhere
    return await async_is_itself(hass, entry, address)
