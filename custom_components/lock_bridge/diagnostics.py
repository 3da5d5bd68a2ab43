"""What helps to find a fault, without anything that opens a door, names a person, or tells when she comes and goes.

Only what is named here is shown: what a later bridge may tell is not, until somebody has thought about it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .const import CONF_MAY_MANAGE, CONF_MAY_UNLOCK, CONF_SWITCH_ON
from .hub import Hub, LockBridgeConfigEntry
from .wire.codec import encode
from .wire.model import LockSnapshot, UserInfo

OF_THE_ENTRY: Final = ("port", CONF_MAY_UNLOCK, CONF_MAY_MANAGE, CONF_SWITCH_ON)

OF_A_LOCK: Final = frozenset(
    {
        "battery",
        "battery_low",
        "bluetooth_connected",
        "bolt",
        "camera_available",
        "capabilities",
        "door",
        "door_ajar",
        "emergency_power",
        "fault_reasons",
        "faults",
        "inside_handle_blocked",
        "locked_out",
        "lockout_ends_ms",
        "menu_open",
        "mode",
        "model",
        "muted_once",
        "passage_ends_ms",
        "phones",
        "profile",
        "settings",
        "signal_dbm",
        "tamper",
        "untrusted",
        "users",
    }
)
WITHHELD: Final = frozenset({"changed_by", "enrolment", "id", "name", "serial"})
"""The rest of a snapshot. Enrolment is told without the person."""


async def async_get_config_entry_diagnostics(_hass: HomeAssistant, entry: LockBridgeConfigEntry) -> dict[str, Any]:
    """The entry, the link, and the locks as they are."""
    hub = entry.runtime_data
    return {
        **_link(entry),
        "people": len({user_id for users in hub.data.people.values() for user_id in users}),
        "locks": [_lock(hub, lock) for lock in hub.data.locks.values()],
    }


async def async_get_device_diagnostics(
    _hass: HomeAssistant, entry: LockBridgeConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """The link, and the lock or person that the device is; for the bridge, the link alone."""
    hub = entry.runtime_data
    link = _link(entry)
    if (user_id := hub.person_of(device)) is not None:
        return {**link, "person": _person(hub.person(user_id))}
    for lock in hub.data.locks.values():
        if hub.device_id(lock.id) == device.id:
            return {**link, "lock": _lock(hub, lock)}
    return link


def _link(entry: LockBridgeConfigEntry) -> dict[str, Any]:
    connection, data = entry.runtime_data.connection, entry.runtime_data.data
    return {
        "entry": {name: entry.data[name] for name in OF_THE_ENTRY if name in entry.data},
        "link": {
            "state": connection.state.value,
            "problem": None if connection.problem is None else type(connection.problem).__name__,
        },
        "bridge": {
            "version": data.info.version,
            "api": data.info.api,
            "scopes": sorted(data.scopes),
            "status": None if data.status is None else encode(data.status),
        },
    }


def _lock(hub: Hub, lock: LockSnapshot) -> dict[str, Any]:
    users = hub.data.people.get(lock.id, {}).values()
    told = {name: value for name, value in encode(lock).items() if name in OF_A_LOCK}
    enrolment = lock.enrolment and {"type": lock.enrolment.type, "status": lock.enrolment.status}
    return {**told, "enrolment": enrolment, "credentials": _credentials(users)}


def _person(on: Mapping[str, UserInfo]) -> dict[str, Any]:
    return {"locks": len(on), "credentials": _credentials(on.values())}


def _credentials(users: Iterable[UserInfo]) -> dict[str, int]:
    """How many of each kind; as if there were no duress passcodes (VER-12)."""
    count = Counter(str(item.type) for user in users for item in user.details if not item.duress)
    return dict(sorted(count.items()))
