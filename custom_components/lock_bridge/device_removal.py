"""Deleting a person's device in Home Assistant deletes her on the bridge, which is the only keeper of people."""

from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.device_registry import DeviceEntry

from .client import ClientError, LinkLost, NoAnswer
from .const import DOMAIN
from .errors import as_home_assistant_error, exception_text
from .hub import Hub, LockBridgeConfigEntry
from .wire.commands import DeleteUser
from .wire.errors import ErrorCode, LockBridgeError

_AWAY: Final = "person_not_deleted_bridge_away"

_REFUSED: Final = {
    ErrorCode.LAST_ADMINISTRATOR: "person_not_deleted_last_administrator",
    ErrorCode.ON_ANOTHER_LOCK: "person_not_deleted_last_administrator",
    ErrorCode.LAST_USER: "person_not_deleted_last_user",
    ErrorCode.FORBIDDEN: "person_not_deleted_not_allowed",
    ErrorCode.STOPPING: _AWAY,
    ErrorCode.NO_ANSWER: "person_not_deleted_unclear",
}


async def async_remove_device(hass: HomeAssistant, entry: LockBridgeConfigEntry, device: DeviceEntry) -> bool:
    """Whether the device may go. A person is deleted from all her locks, or from none; a lock is not deleted here.

    Raises HomeAssistantError, which the frontend shows.
    """
    name = device.name_by_user or device.name or ""
    if entry.state is not ConfigEntryState.LOADED:
        raise _error(_AWAY, person=name)
    hub = entry.runtime_data
    if (user_id := hub.person_of(device)) is not None:
        if hub.person(user_id):
            await _delete(hass, hub, user_id, name)
        return True
    here = {hub.bridge_id, *(hub.lock_key(lock_id) for lock_id in hub.data.locks)}
    if any(domain == DOMAIN and key in here for domain, key in device.identifiers):
        raise _error("device_in_use", device=name)
    return True


async def _delete(hass: HomeAssistant, hub: Hub, user_id: str, name: str) -> None:
    if not hub.available:
        raise _error(_AWAY, person=name)
    try:
        await hub.connection.command(DeleteUser.name, user_id=user_id)
    except (NoAnswer, LinkLost) as err:
        raise _error("person_not_deleted_unclear", person=name) from err
    except ClientError as err:
        raise _error(_AWAY, person=name) from err
    except LockBridgeError as err:
        if err.code == ErrorCode.UNKNOWN_USER:
            return  # somebody else was faster
        if err.code in _REFUSED:
            raise _error(_REFUSED[ErrorCode(err.code)], person=name) from err
        why = exception_text(hass, as_home_assistant_error(err, lock=hub.data.info.name, moves=False))
        raise _error("person_not_deleted", person=name, error=why) from err


def _error(key: str, **placeholders: str) -> HomeAssistantError:
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)
