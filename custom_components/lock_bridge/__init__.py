"""Lock Bridge: the smart lock whose logic runs on the home's own computer, in Home Assistant."""

from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN, EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from .actions import async_setup_actions
from .client import Address, CertificateChanged, ClientError, Connection, Transport
from .client.errors import is_refusal
from .client.leave import leave
from .const import CONF_FINGERPRINT, CONF_SWITCH_ON, DOMAIN
from .cursor import CursorStore
from .device_removal import async_remove_device
from .hub import Hub, LockBridgeConfigEntry
from .issues import async_clear_issues, async_raise_version_issue, is_version_problem
from .knock import async_reload_when_back, async_stop_knocking
from .news import News
from .part_issues import PartIssues
from .remote_unlock import async_switch_on
from .signals import async_pass_on
from .wire.errors import LockBridgeError

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.LOCK,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.UPDATE,
]


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Make the actions known, which are there before a bridge is."""
    async_setup_actions(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: LockBridgeConfigEntry) -> bool:
    """Connect to the bridge, show its locks, and follow them."""
    async_stop_knocking(hass, entry)
    transport = _transport(hass, entry)
    cursors = CursorStore(hass, entry.entry_id)
    await cursors.async_load()
    connection = Connection(transport, entry.data[CONF_TOKEN], cursors.cursor)
    try:
        await connection.connect()
    except (ClientError, LockBridgeError) as err:
        raise _not_ready(hass, entry, transport, err) from err

    entry.runtime_data = hub = Hub(hass, entry, connection)
    entry.async_on_unload(cursors.async_save)
    entry.async_on_unload(connection.close)
    hub.async_start()

    async def hang_up(_event: Event) -> None:
        # Before the last write of the cursor: what comes after it would be told again at the next start.
        await connection.close()

    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)

    # Only now, with its entities there to hear them, does the connection begin to tell of events.
    async_pass_on(hass, entry)
    News(hass, hub, cursors).async_start(entry)
    PartIssues(hass, entry, hub).async_start()
    entry.async_create_background_task(hass, connection.run(), f"{DOMAIN} connection to {transport.address}")
    entry.async_create_background_task(hass, hub.last_entries.async_read(), f"{DOMAIN} last entries")
    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, hang_up))
    if entry.data.get(CONF_SWITCH_ON):
        entry.async_create_background_task(hass, async_switch_on(hass, entry), f"{DOMAIN} remote unlock")
    return True


async def async_unload_entry(hass: HomeAssistant, entry: LockBridgeConfigEntry) -> bool:
    """Hang up, and take the entities away."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, device: DeviceEntry
) -> bool:
    """Delete the person whose device it is."""
    return await async_remove_device(hass, entry, device)


async def async_remove_entry(hass: HomeAssistant, entry: LockBridgeConfigEntry) -> None:
    """Have the bridge forget this Home Assistant, if it can be told."""
    async_stop_knocking(hass, entry)
    async_clear_issues(hass, entry)
    await leave(_transport(hass, entry), entry.data[CONF_TOKEN])
    await CursorStore(hass, entry.entry_id).async_remove()


def _transport(hass: HomeAssistant, entry: LockBridgeConfigEntry) -> Transport:
    address = Address(entry.data[CONF_HOST], entry.data[CONF_PORT])
    return Transport(async_get_clientsession(hass), address, bytes.fromhex(entry.data[CONF_FINGERPRINT]))


def _not_ready(
    hass: HomeAssistant, entry: LockBridgeConfigEntry, transport: Transport, error: ClientError | LockBridgeError
) -> Exception:
    address = {"address": str(transport.address)}
    if isinstance(error, CertificateChanged):
        return ConfigEntryAuthFailed(
            translation_domain=DOMAIN, translation_key="certificate_changed", translation_placeholders=address
        )
    if is_refusal(error):
        return ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="unauthorized")
    async_reload_when_back(hass, entry, transport)
    if is_version_problem(error):
        key = async_raise_version_issue(hass, entry, error)
        return ConfigEntryNotReady(translation_domain=DOMAIN, translation_key=key)
    return ConfigEntryNotReady(
        translation_domain=DOMAIN, translation_key="cannot_connect", translation_placeholders=address
    )
