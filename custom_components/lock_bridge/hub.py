"""One bridge in Home Assistant: its link, its devices, and who is told of what."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry, DeviceInfo

from .client import BridgeData, Connection
from .client.errors import is_refusal
from .client.listeners import Listeners, Stop
from .const import CONF_BRIDGE_ID, DOMAIN, PERSON, PERSON_KEY
from .issues import async_clear_issues, async_raise_version_issue, is_version_problem
from .last_entries import LastEntries
from .lock_code import CONF_CODE
from .wire.model import Event, LockSnapshot, UserInfo

type LockBridgeConfigEntry = ConfigEntry[Hub]
type LocksAdded = Callable[[Sequence[LockSnapshot]], None]
type PeopleAdded = Callable[[Sequence[str]], None]


class Hub:
    """What the platforms get: the state of each lock, word of what changes, and the way to the bridge."""

    def __init__(self, hass: HomeAssistant, entry: LockBridgeConfigEntry, connection: Connection) -> None:
        self.connection = connection
        self.bridge_id: str = entry.data[CONF_BRIDGE_ID]
        self.asks_for_code = CONF_CODE in entry.options
        """Whether the owner wants a code to be asked for before a bolt is moved from here."""
        self.secret: bytes = hashlib.sha256(f"{DOMAIN} {entry.data[CONF_TOKEN]}".encode()).digest()
        """What only this Home Assistant and its bridge know."""
        self.on_link = Listeners[[]]()
        """The bridge came or went: every entity's state and availability may be news."""
        self.on_event = Listeners[[Event]]()
        """Something is happening now; nothing about duress."""
        self.on_alarm = Listeners[[Event, bool]]()
        """A critical alarm, duress among them; `True` if it happened during an outage and is told, once, afterwards."""
        self.on_status = connection.on_status
        """The bridge's own state is other than before."""
        self.last_entries = LastEntries(self)
        """Who came in last at each lock, and when each person did."""
        self._hass = hass
        self._entry = entry
        self._devices = dr.async_get(hass)
        self._on_lock: defaultdict[str, Listeners[[frozenset[str]]]] = defaultdict(Listeners)
        self._on_locks_added = Listeners[[Sequence[LockSnapshot]]]()
        self._known: dict[str, object] = {}
        """The locks that there are entities of, each with what decides which ones."""
        self._rights: object = None
        self._on_person: defaultdict[str, Listeners[[]]] = defaultdict(Listeners)
        self._on_people_added = Listeners[[Sequence[str]]]()
        self._known_people: set[str] = set()
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
        self._entry.async_on_unload(self.connection.on_people.add(self._people_changed))
        for stop in self.last_entries.async_start():
            self._entry.async_on_unload(stop)
        async_clear_issues(self._hass, self._entry)
        self._rights = self._rights_now()
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

    @callback
    def async_add_people(self, added: PeopleAdded) -> Stop:
        """Call `added` with the ids of those who are there, and again when more come; who goes takes her device."""
        added(tuple(sorted(self._known_people)))
        return self._on_people_added.add(added)

    @callback
    def on_person(self, user_id: str, changed: Callable[[], None]) -> Stop:
        """Call `changed` when a person is other than before on any of her locks."""
        return self._on_person[user_id].add(changed)

    def person(self, user_id: str) -> Mapping[str, UserInfo]:
        """A person as she is on each of her locks, by lock; empty: she is no longer there."""
        return self.data.user(user_id)

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

    def person_device(self, user_id: str) -> DeviceInfo:
        """A person in the device registry."""
        name = next((user.name for user in self.person(user_id).values()), "")
        return DeviceInfo(
            identifiers={(DOMAIN, self.person_key(user_id))},
            manufacturer="Lock Bridge",
            model=PERSON,
            name=name,
            via_device_id=self.device_id(None),
        )

    def person_key(self, user_id: str) -> str:
        """What names a person among the devices of all bridges."""
        return f"{self.bridge_id}/{PERSON_KEY}/{user_id}"

    def person_of(self, device: DeviceEntry) -> str | None:
        """The id of the person whose device this is."""
        start = self.person_key("")
        found = (key for domain, key in device.identifiers if domain == DOMAIN and key.startswith(start))
        return next((key.removeprefix(start) for key in found), None)

    def person_device_id(self, user_id: str) -> str | None:
        """The registry's id of a person's device."""
        key = (DOMAIN, self.person_key(user_id))
        device = self._devices.async_get_device_by_identifier(key, self._entry.entry_id)
        return device.id if device else None

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

    @callback
    def _people_changed(self, _lock_id: str, changed: frozenset[str]) -> None:
        new = []
        for user_id in sorted(changed):
            if not self.person(user_id):
                self._known_people.discard(user_id)
                self._forget_person(user_id)
                if (device_id := self.person_device_id(user_id)) is not None:
                    self._devices.async_remove_device(device_id)
                continue
            self._register(self.person_device(user_id))
            if user_id in self._known_people:
                self._on_person[user_id].tell()
            else:
                new.append(user_id)
        if new:
            self._known_people.update(new)
            self._on_people_added.tell(new)

    def _sync_devices(self) -> None:
        """Have just the devices that the bridge has, by their names of today."""
        locks, people = self.data.locks, {user_id for users in self.data.people.values() for user_id in users}
        self._bridge_device_id = self._register(self.bridge_device())
        for lock in locks.values():
            self._register(self.lock_device(lock))
        for user_id in sorted(people):
            self._register(self.person_device(user_id))
        here = {
            (DOMAIN, self.bridge_id),
            *((DOMAIN, self.lock_key(lock_id)) for lock_id in locks),
            *((DOMAIN, self.person_key(user_id)) for user_id in people),
        }
        for device in dr.async_entries_for_config_entry(self._devices, self._entry.entry_id):
            if not device.identifiers & here:
                self._devices.async_remove_device(device.id)
        new = [lock for lock_id, lock in locks.items() if lock_id not in self._known]
        before, self._known = self._known, {lock_id: _shape(lock) for lock_id, lock in locks.items()}
        other = any(before.get(lock_id, shape) != shape for lock_id, shape in self._known.items())
        if other or self._rights != self._rights_now():
            # A lock was replaced by another model, or more or less is allowed: rare enough to begin anew.
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)
            return
        if new:
            self._on_locks_added.tell(new)
        new_people = sorted(people - self._known_people)
        for user_id in self._known_people - people:
            self._forget_person(user_id)
        self._known_people = people
        if new_people:
            self._on_people_added.tell(new_people)

    def _rights_now(self) -> object:
        """What decides which entities there are, whatever locks there are."""
        return self.data.scopes, self.data.status is None

    def _forget_person(self, user_id: str) -> None:
        self._on_person.pop(user_id, None)
        self.last_entries.forget_person(user_id)

    def _register(self, info: DeviceInfo) -> str:
        return self._devices.async_get_or_create(config_entry_id=self._entry.entry_id, **info).id


def _shape(lock: LockSnapshot) -> object:
    """What of a lock decides which entities it has, and never changes while the bridge runs."""
    return lock.profile, lock.model, lock.capabilities, lock.muted_once is None
