"""What happened at the door, told to Home Assistant: each event once, in order, and old news never as if it were fresh.

Live events go to the event entities and to the bus. What is told afterwards (after an outage of the bridge, the network
or Home Assistant) goes to the bus alone, marked `replayed`, with the time at which it happened. Only an alarm is worth
being heard late: see `alarms`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from .alarms import ALARMS, LateAlarms
from .client import Cursor
from .const import DOMAIN, EVENT, EVENTS_LOST, LOGGER
from .cursor import CursorStore
from .hub import Hub, LockBridgeConfigEntry
from .moments import moment
from .texts import method_of
from .wire.messages import Gap
from .wire.model import Event
from .wire.words import CredentialType, EventType

TOLD_BY_STATE: Final = frozenset({EventType.LOCKED, EventType.UNLOCKED, EventType.DOOR_OPENED, EventType.DOOR_CLOSED})
"""The states of lock and door say this themselves at the moment it happens, `changed_by` included: the logbook would
say it twice. No state tells of the past, so as old news it goes to the bus like everything else."""

_DURESS: Final = str(EventType.DURESS)

LATE_S: Final = 5.0
"""An alarm that had to wait this long for Home Assistant's start is told as a late one."""

LOST_AFTER_S: Final = 2.0
"""A journal that was thinned out has many small gaps, which come together: one line for all of them."""


class News:
    """Follows the events of one connection."""

    def __init__(self, hass: HomeAssistant, hub: Hub, cursors: CursorStore) -> None:
        self._hass = hass
        self._hub = hub
        self._cursors = cursors
        self._alarms = LateAlarms(hass, hub, self._alarms_told)
        self._held: list[Callable[[], None]] | None = []
        self._lost: list[Gap] = []
        self._lost_due: CALLBACK_TYPE | None = None

    @callback
    def async_start(self, entry: LockBridgeConfigEntry) -> None:
        """Begin. While Home Assistant starts, events are held: automations would not hear them yet."""
        connection = self._hub.connection
        entry.async_on_unload(connection.on_link.add(self._link_changed))
        entry.async_on_unload(connection.on_gap.add(self._gap))
        entry.async_on_unload(connection.on_event.add(self._event))
        entry.async_on_unload(self._tell_lost)
        self._alarms.async_start(entry, self._cursors.cursor, self._cursors.untold)
        self._link_changed()
        entry.async_on_unload(async_at_started(self._hass, self._tell_held))

    @callback
    def _link_changed(self) -> None:
        cursor, known = self._hub.connection.cursor, self._cursors.cursor
        if self._hub.available and cursor is not None and (known is None or known.epoch != cursor.epoch):
            # The first meeting, or a journal begun anew (a restored backup): what is in it already is not news.
            self._tell(lambda: self._cursors.async_set(cursor))
        self._alarms.link_changed()

    @callback
    def _event(self, event: Event, read: Cursor, replayed: bool) -> None:
        # What had to wait for Home Assistant's start is old news by then.
        old = replayed or self._held is not None
        told_late = None if replayed else self._hass.loop.time() + LATE_S
        self._tell(lambda: self._tell_event(event, read, replayed=old, told_late=told_late))

    @callback
    def _tell_event(self, event: Event, read: Cursor, *, replayed: bool, told_late: float | None) -> None:
        """Tell an event. Told after `told_late` (by the loop's time; None: however soon) it is late for an alarm."""
        if (shown := without_duress(event)) is not None:
            self._tell_shown(shown, read, replayed=replayed)
        if event.type in ALARMS:
            if told_late is None or told_late < self._hass.loop.time():
                self._alarms.take(event, read.epoch)
            else:
                self._hub.on_alarm.tell(event, False)
        if replayed:
            self._alarms.still_coming()
        self._cursors.async_set(read, self._alarms.untold(read.epoch))

    @callback
    def _alarms_told(self) -> None:
        if (read := self._cursors.cursor) is not None:
            # Others may still be waited for: those of before the last stop, if the bridge could not be asked yet.
            self._cursors.async_set(read, self._alarms.untold(read.epoch))

    @callback
    def _tell_shown(self, event: Event, read: Cursor, *, replayed: bool) -> None:
        if not replayed:
            self._hub.on_event.tell(event)
        if replayed or event.type not in TOLD_BY_STATE:
            facts = {"id": event_id(read.epoch, read.seq), "replayed": replayed, **facts_of(event)}
            time_fired = _time_of(event) if replayed else None
            self._hass.bus.async_fire(EVENT, {**facts, **self._where(event.lock_id)}, time_fired=time_fired)

    @callback
    def _gap(self, gap: Gap) -> None:
        if gap.first > gap.last:
            return  # the bridge's journal ends before what was read of it
        self._lost.append(gap)
        if self._lost_due is None:
            self._lost_due = async_call_later(self._hass, LOST_AFTER_S, self._tell_lost)

    @callback
    def _tell_lost(self, _now: datetime | None = None) -> None:
        if self._lost_due is not None:
            self._lost_due()
            self._lost_due = None
        gaps, self._lost = self._lost, []
        if not gaps:
            return
        count = sum(gap.last - gap.first + 1 for gap in gaps)
        LOGGER.warning("%s no longer has %s events", self._name, count)
        facts = {"id": event_id(gaps[0].epoch, gaps[0].first), "type": EVENTS_LOST, "replayed": False}
        where = self._where(None)
        self._tell(lambda: self._hass.bus.async_fire(EVENT, {**facts, "data": {"count": count}, **where}))

    def _where(self, lock_id: str | None) -> dict[str, Any]:
        where: dict[str, Any] = {ATTR_DEVICE_ID: self._hub.device_id(lock_id)}
        if lock_id is None:
            return {**where, "name": self._name}
        if lock := self._hub.data.locks.get(lock_id):
            where["name"] = lock.name
        unique_id = f"{self._hub.lock_key(lock_id)}_{Platform.LOCK}"
        if entity_id := er.async_get(self._hass).async_get_entity_id(Platform.LOCK, DOMAIN, unique_id):
            where[ATTR_ENTITY_ID] = entity_id
        return {**where, "lock": lock_id}

    @property
    def _name(self) -> str:
        return self._hub.data.info.name

    def _tell(self, tell: Callable[[], None]) -> None:
        if self._held is None:
            tell()
        else:
            self._held.append(tell)

    @callback
    def _tell_held(self, _hass: HomeAssistant) -> None:
        held, self._held = self._held or [], None
        for tell in held:
            tell()


def event_id(epoch: str, seq: int) -> str:
    """What names an event for ever. Not its number: one that is missing would say that something is kept back (VER-12).

    The epoch is a secret here: nothing else tells it, so no number can be tried.
    """
    return sha256(f"{epoch}:{seq}".encode()).hexdigest()[:32]


def without_duress(event: Event) -> Event | None:
    """The event with nothing about duress in it; None: nothing is left.

    Whoever forces somebody to open the door (VER-12) may be looking at Home Assistant: neither that it was told, nor
    that there is a way to tell it, is on the bus, in an entity or in the logbook.
    """
    if event.type == _DURESS:
        return None
    data = dict(event.data)
    # Whatever is done to a passcode that she has beside her own one tells that there is one.
    if data.pop(_DURESS, False) and event.credential_type == CredentialType.PIN:
        return None
    if isinstance(changed := data.get("changed"), list) and _DURESS in changed:
        data["changed"] = [name for name in changed if name != _DURESS]
        if not data["changed"]:
            return None
    return event if data == event.data else replace(event, data=data)


def facts_of(event: Event) -> dict[str, Any]:
    """What is told of an event to everybody; no credential's content, and nothing about duress."""
    facts: Mapping[str, Any] = {
        "type": event.type,
        "priority": event.priority,
        "source": event.source,
        "method": method_of(event),
        "user_id": event.user_id,
        "user_name": event.user_name,
        # Which of her passcodes somebody has typed could tell that she was forced to (VER-12).
        "credential_number": None if event.credential_type == CredentialType.PIN else event.credential_number,
        "client_name": event.client_name,
        "reason": event.reason,
        "data": dict(event.data) or None,
        "occurred_at": moment(event.wall_ms).isoformat() if event.time_trusted else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _time_of(event: Event) -> float | None:
    """When it happened; None (now) if the bridge did not know the time, and never in the future."""
    return min(moment(event.wall_ms), dt_util.utcnow()).timestamp() if event.time_trusted else None
