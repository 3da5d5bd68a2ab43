"""One bridge in Home Assistant: its link, its devices, and who is told of what."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo

from .client import BridgeData, Connection
from .client.errors import is_refusal
from .client.listeners import Listeners, Stop
from .const import CONF_BRIDGE_ID, DOMAIN
from .issues import async_clear_issues, async_raise_version_issue, is_version_problem
from .wire.model import Event, LockSnapshot

type LockBridgeConfigEntry = ConfigEntry[Hub]
type LocksAdded = Callable[[Sequence[LockSnapshot]], None]


class Hub:
    """What the platforms get: the state of each lock, word of what changes, and the way to the bridge."""

    def __init__(self, hass: HomeAssistant, entry: LockBridgeConfigEntry, connection: Connection) -> None:
        self.connection = connection
        self.bridge_id: str = entry.data[CONF_BRIDGE_ID]
        self.on_link = Listeners[[]]()
        """The bridge came or went: every entity's state and availability may be news."""
        self.on_event = Listeners[[Event]]()
        """Something is happening now."""
        self._hass = hass
        self._entry = entry
        self._devices = dr.async_get(hass)
        self._on_lock: defaultdict[str, Listeners[[frozenset[str]]]] = defaultdict(Listeners)
        self._on_locks_added = Listeners[[Sequence[LockSnapshot]]]()
        self._known: set[str] = set()
        self._bridge_device_id = ""

    @property
    def available(self) -> bool:
        """Whether the state of the locks is known now."""
        return self.connection.ready

    @property
    def data(self) -> BridgeData:
        """The bridge and its locks as they are, or as they last were."""
        return self.connection.data

    @callback
    def async_start(self) -> None:
        """Follow a connection that has just been made."""
        self._entry.async_on_unload(self.connection.on_link.add(self._link_changed))
        self._entry.async_on_unload(self.connection.on_state.add(self._state_changed))
        async_clear_issues(self._hass, self._entry)
        self._sync_devices()

    @callback
    def async_add_locks(self, added: LocksAdded) -> Stop:
        """Call `added` with the locks that are there, and again when more come."""
        added(tuple(self.data.locks.values()))
        return self._on_locks_added.add(added)

    @callback
    def on_lock(self, lock_id: str, changed: Callable[[frozenset[str]], None]) -> Stop:
        """Call `changed` with the fields of one lock that are other than before."""
        return self._on_lock[lock_id].add(changed)

    def bridge_device(self) -> DeviceInfo:
        """The bridge in the device registry."""
        info = self.data.info
        return DeviceInfo(
            identifiers={(DOMAIN, self.bridge_id)},
            manufacturer="Lock Bridge",
            model="Bridge",
            name=info.name,
            serial_number=self.bridge_id,
            sw_version=info.version,
        )

    def lock_device(self, lock: LockSnapshot) -> DeviceInfo:
        """A lock in the device registry."""
        return DeviceInfo(
            identifiers={(DOMAIN, self.lock_key(lock.id))},
            manufacturer="Lock Bridge",
            model=lock.model,
            model_id=lock.profile,
            name=lock.name,
            serial_number=lock.serial,
            via_device_id=self.device_id(None),
        )

    def lock_key(self, lock_id: str) -> str:
        """What names a lock among those of all bridges."""
        return f"{self.bridge_id}_{lock_id}"

    def device_id(self, lock_id: str | None) -> str:
        """The registry's id of a lock's device; the bridge's own for None, and for a lock that is no longer there."""
        if lock_id is not None:
            key = (DOMAIN, self.lock_key(lock_id))
            if device := self._devices.async_get_device_by_identifier(key, self._entry.entry_id):
                return device.id
        return self._bridge_device_id

    @callback
    def _link_changed(self) -> None:
        # Availability is written before any event is told: triggers don't look at what comes from "unavailable".
        self.on_link.tell()
        if self.available:
            async_clear_issues(self._hass, self._entry)
            self._sync_devices()
        elif (problem := self.connection.problem) is not None:
            if is_refusal(problem):
                self._entry.async_start_reauth(self._hass)
            elif is_version_problem(problem):
                async_raise_version_issue(self._hass, self._entry, problem)

    @callback
    def _state_changed(self, lock_id: str, changed: frozenset[str]) -> None:
        self._on_lock[lock_id].tell(changed)

    def _sync_devices(self) -> None:
        """Have just the devices that the bridge has, by their names of today."""
        locks = self.data.locks
        self._bridge_device_id = self._register(self.bridge_device())
        for lock in locks.values():
            self._register(self.lock_device(lock))
        here = {(DOMAIN, self.bridge_id), *((DOMAIN, self.lock_key(lock_id)) for lock_id in locks)}
        for device in dr.async_entries_for_config_entry(self._devices, self._entry.entry_id):
            if not device.identifiers & here:
                self._devices.async_remove_device(device.id)
        new = [lock for lock_id, lock in locks.items() if lock_id not in self._known]
        self._known = set(locks)
        if new:
            self._on_locks_added.tell(new)

    def _register(self, info: DeviceInfo) -> str:
        return self._devices.async_get_or_create(config_entry_id=self._entry.entry_id, **info).id
