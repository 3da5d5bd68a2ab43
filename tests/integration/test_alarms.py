"""Alarms: at once while somebody listens, and once, marked as late, when nobody could."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.components.event import ATTR_EVENT_TYPES
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_STATE_CHANGED
from homeassistant.core import CoreState, Event, callback
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge import alarms as alarms_module
from custom_components.lock_bridge import news as news_module
from custom_components.lock_bridge.alarms import ALARMS
from custom_components.lock_bridge.client import Connection, LinkLost
from custom_components.lock_bridge.event import ALERT
from custom_components.lock_bridge.wire.model import Event as DoorEvent
from lock_bridge.engine.model import Fact
from lock_bridge.store import restore
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Part
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import ACCESS, LOCK, Home
from tests.integration.house import House, until

ALERTS = "event.front_door_alert"


@pytest.fixture
def shown(home: Home) -> list[dict[str, Any]]:
    """What the alert entity has told, in order."""
    told: list[dict[str, Any]] = []

    @callback
    def note(event: Event[Any]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if event.data["entity_id"] == ALERTS and new is not None and new.state not in ("unknown", "unavailable"):
            told_before = old is not None and (old.state == new.state or old.state == "unavailable")
            if not told_before:
                told.append(dict(new.attributes))

    home.hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    return told


@pytest.fixture
async def heard(far: Home) -> list[tuple[DoorEvent, bool]]:
    """What everybody who listens for alarms was told."""
    return listen(far)


def listen(home: Home) -> list[tuple[DoorEvent, bool]]:
    told: list[tuple[DoorEvent, bool]] = []
    home.entry.runtime_data.on_alarm.add(lambda event, delayed: told.append((event, delayed)))
    return told


def kinds(told: list[tuple[DoorEvent, bool]]) -> list[tuple[str, bool, int]]:
    return [(str(event.type), delayed, alarms_module.times_of(event)) for event, delayed in told]


async def record(house: House, *facts: Fact) -> None:
    await house.running.bridge.record(*facts, lock_id="front_door")


async def away(home: Home, network: FaultProxy) -> None:
    await network.stop()
    await home.until_state(LOCK, "unavailable")


async def caught_up(home: Home, house: House) -> None:
    connection = home.entry.runtime_data.connection
    await until(lambda: connection.cursor.seq == house.head)


@pytest.mark.parametrize("kind", ALERT)
async def test_every_alert_is_told_as_it_happens(
    far: Home, house: House, shown: list[dict[str, Any]], kind: EventType
) -> None:
    before = dt_util.utcnow()
    await record(house, Fact(kind, reason="door_open", data={"part": "motor", "percent": 9}))
    (said,) = await until(lambda: shown)
    assert said["event_type"] == kind
    assert said["delayed"] is False
    assert (said["lock"], said["lock_name"], said["part"], said["percent"], said["count"]) == (
        "front_door",
        "Front door",
        "motor",
        9,
        1,
    )
    assert ("reason" in said) == (kind == EventType.OPERATION_FAILED)
    at = dt_util.parse_datetime(said["occurred_at"])
    assert at is not None
    assert abs(at - before) < timedelta(seconds=30)
    assert said[ATTR_EVENT_TYPES] == list(ALERT.values())
    assert far.state(ACCESS).state == "unknown"


def test_what_is_critical_is_an_alarm_and_duress_is_no_alert() -> None:
    assert EventType.DURESS in ALARMS
    assert EventType.DURESS not in ALERT
    of_the_bridge = {
        EventType.CLIENT_PAIRED,
        EventType.CLIENT_REVOKED,
        EventType.PAIRING_FAILED,
        EventType.RESTORED,
    }
    assert ALARMS - {EventType.DURESS} - of_the_bridge <= set(ALERT)


@pytest.mark.spec("ALM-1")
async def test_a_real_tamper_alarm_and_its_end(paired: Home, house: House, shown: list[dict[str, Any]]) -> None:
    await house.do("tamper", "on")
    await until(lambda: shown)
    await house.do("tamper", "off")
    await until(lambda: len(shown) == 2)
    assert [said["event_type"] for said in shown] == ["tamper_started", "tamper_ended"]


async def test_an_alarm_of_an_outage_is_told_once_with_its_own_time(
    far: Home, house: House, network: FaultProxy, shown: list[dict[str, Any]], heard: list[Any]
) -> None:
    await away(far, network)
    house.clock.set_back(timedelta(hours=2))
    happened = dt_util.utcnow() - timedelta(hours=2)
    await record(house, Fact(EventType.FORCED_OPEN), Fact(EventType.DOOR_AJAR), Fact(EventType.DOORBELL))
    house.clock.set_back(timedelta(0))
    await network.start()

    (said,) = await until(lambda: shown)
    at = dt_util.parse_datetime(said["occurred_at"])
    assert at is not None
    assert abs(at - happened) < timedelta(seconds=30)
    assert (said["event_type"], said["delayed"], said["count"]) == ("forced_open", True, 1)
    assert kinds(heard) == [("forced_open", True, 1)]

    for _ in range(2):
        await away(far, network)
        await network.start()
        await far.until_state(LOCK, "locked")
    await far.hass.config_entries.async_reload(far.entry.entry_id)
    await caught_up(far, house)
    await record(house, Fact(EventType.TAMPER_STARTED))
    await until(lambda: len(shown) == 2)
    assert shown[1]["event_type"] == "tamper_started"
    assert shown[1]["delayed"] is False


async def test_a_thousand_lockouts_are_one_alarm_that_says_so(
    far: Home, house: House, network: FaultProxy, shown: list[dict[str, Any]], heard: list[Any]
) -> None:
    await away(far, network)
    for _ in range(10):
        await record(house, *(Fact(EventType.LOCKOUT_STARTED, data={"seconds": 180}) for _ in range(100)))
    await record(
        house,
        Fact(EventType.FAULT_STARTED, data={"part": Part.MOTOR}),
        Fact(EventType.FAULT_STARTED, data={"part": Part.KEYPAD}),
        Fact(EventType.FAULT_STARTED, data={"part": Part.MOTOR}),
    )
    await network.start()
    await until(lambda: len(shown) == 3, within=20)
    assert [(said["event_type"], said.get("part"), said["count"]) for said in shown] == [
        ("lockout_started", None, 1000),
        ("fault_started", "keypad", 1),
        ("fault_started", "motor", 2),
    ]
    assert all(delayed for _, delayed in heard)
    assert len(far.told("lockout_started")) == 1000  # the logbook has each of them


async def test_what_was_not_told_before_a_restart_is_told_after_it(
    far: Home,
    house: House,
    network: FaultProxy,
    shown: list[dict[str, Any]],
    heard: list[Any],
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Home Assistant stops in the second in which the alarms are gathered."""
    monkeypatch.setattr(alarms_module, "QUIET_S", 600.0)
    monkeypatch.setattr(alarms_module, "PAGE", 2)
    entry = far.entry
    await away(far, network)
    first = house.head + 1
    await record(house, *(Fact(EventType.LOCKOUT_STARTED) for _ in range(5)), Fact(EventType.DOORBELL))
    await network.start()
    await far.until_event("doorbell")
    await record(house, Fact(EventType.TAMPER_STARTED))  # live: told at once
    await until(lambda: shown)
    await far.hass.config_entries.async_unload(entry.entry_id)
    saved = hass_storage[f"lock_bridge.{entry.entry_id}"]["data"]
    assert saved["untold"] == list(range(first, first + 5))

    monkeypatch.setattr(alarms_module, "QUIET_S", 0.2)
    far.events.clear()
    await far.hass.config_entries.async_setup(entry.entry_id)
    heard = listen(far)
    await until(lambda: len(shown) == 2)
    assert [(said["event_type"], said["delayed"], said["count"]) for said in shown] == [
        ("tamper_started", False, 1),
        ("lockout_started", True, 5),
    ]
    assert kinds(heard) == [("lockout_started", True, 5)]
    assert far.events == []  # the bus was told before
    await far.hass.config_entries.async_reload(entry.entry_id)
    assert hass_storage[f"lock_bridge.{entry.entry_id}"]["data"]["untold"] == []


async def test_a_link_that_breaks_while_they_are_read_again_costs_none_of_them(
    far: Home,
    house: House,
    network: FaultProxy,
    shown: list[dict[str, Any]],
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = far.entry
    await record(house, Fact(EventType.FORCED_OPEN))
    await until(lambda: shown)
    await far.hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"lock_bridge.{entry.entry_id}"]["data"]["untold"] = [house.head]
    asked: list[str] = []
    command = Connection.command

    async def cut_once(self: Connection, name: str, **args: Any) -> Mapping[str, Any]:
        if name == "journal.query" and "before" in args:
            asked.append(name)
            if len(asked) == 1:
                raise LinkLost("cut")
        return await command(self, name, **args)

    monkeypatch.setattr(Connection, "command", cut_once)
    await far.hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: asked)
    assert len(shown) == 1
    await away(far, network)
    await network.start()
    await until(lambda: len(shown) == 2)
    assert (shown[1]["event_type"], shown[1]["delayed"]) == ("forced_open", True)


async def test_an_alarm_that_is_told_late_makes_nobody_forget_one_that_cannot_be_read_yet(
    far: Home,
    house: House,
    network: FaultProxy,
    shown: list[dict[str, Any]],
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = far.entry
    await record(house, Fact(EventType.FORCED_OPEN))
    await until(lambda: shown)
    waits = house.head
    await far.hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"lock_bridge.{entry.entry_id}"]["data"]["untold"] = [waits]
    command = Connection.command

    async def never_read(self: Connection, name: str, **args: Any) -> Mapping[str, Any]:
        if name == "journal.query" and "before" in args:
            raise LinkLost("cut")
        return await command(self, name, **args)

    monkeypatch.setattr(Connection, "command", never_read)
    await record(house, Fact(EventType.TAMPER_STARTED))
    await far.hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: len(shown) == 2)
    assert (shown[1]["event_type"], shown[1]["delayed"]) == ("tamper_started", True)
    await far.hass.config_entries.async_unload(entry.entry_id)
    assert hass_storage[f"lock_bridge.{entry.entry_id}"]["data"]["untold"] == [waits]


async def test_what_the_journal_has_lost_meanwhile_is_waited_for_no_longer(
    far: Home, house: House, hass_storage: dict[str, Any], shown: list[dict[str, Any]]
) -> None:
    entry = far.entry
    await record(house, Fact(EventType.DOORBELL))
    await far.until_event("doorbell")
    await far.hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"lock_bridge.{entry.entry_id}"]["data"]["untold"] = [house.head]
    await far.hass.config_entries.async_setup(entry.entry_id)
    await record(house, Fact(EventType.TAMPER_STARTED))
    await until(lambda: shown)
    await until(lambda: hass_storage[f"lock_bridge.{entry.entry_id}"]["data"]["untold"] == [])


async def test_while_the_link_is_down_again_alarms_wait_for_it(
    far: Home, house: House, network: FaultProxy, shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms_module, "QUIET_S", 0.3)
    await away(far, network)
    await record(house, Fact(EventType.FORCED_OPEN))
    await network.start()
    await far.until_event("forced_open")
    await away(far, network)
    waiting = far.hass.loop.time() + 0.6
    await until(lambda: far.hass.loop.time() > waiting)
    assert shown == []
    await network.start()
    (said,) = await until(lambda: shown)
    assert (said["event_type"], said["delayed"]) == ("forced_open", True)


@pytest.mark.parametrize(("late_s", "delayed"), [(600.0, False), (0.0, True)])
async def test_an_alarm_that_waited_for_home_assistants_start_is_late_if_it_waited_long(
    far: Home,
    house: House,
    shown: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    late_s: float,
    delayed: bool,
) -> None:
    monkeypatch.setattr(news_module, "LATE_S", late_s)
    await far.hass.config_entries.async_unload(far.entry.entry_id)
    far.hass.set_state(CoreState.starting)
    await far.hass.config_entries.async_setup(far.entry.entry_id)
    await record(house, Fact(EventType.INTRUSION))
    await caught_up(far, house)
    assert shown == []
    far.hass.set_state(CoreState.running)
    far.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    (said,) = await until(lambda: shown)
    assert (said["event_type"], said["delayed"]) == ("intrusion", delayed)


async def test_alarms_of_a_journal_that_began_anew_do_not_mix_with_those_before(
    far: Home, house: House, network: FaultProxy, heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms_module, "QUIET_S", 1.5)
    backup = house.data / "backup.db"
    await house.command("store.backup", file=str(backup))
    await away(far, network)
    await record(house, Fact(EventType.TAMPER_STARTED))
    await network.start()
    await far.until_event("tamper_started")
    await house.stop()
    restore(backup, house.database)
    await house.start()
    await record(house, Fact(EventType.TAMPER_STARTED))
    await until(lambda: len([event for event, _ in heard if event.type == "tamper_started"]) == 2)
    first, second = (event for event, _ in heard if event.type == "tamper_started")
    assert alarms_module.times_of(first) == alarms_module.times_of(second) == 1
    await until(lambda: any(event.type == "restored" for event, _ in heard))


@pytest.mark.spec("VER-6")
async def test_neither_an_alert_nor_access_says_what_was_typed_or_which_slot(paired: Home, house: House) -> None:
    await record(
        house,
        Fact(
            EventType.ACCESS_REFUSED,
            OperationSource.KEYPAD,
            user_id="u",
            user_name="Anna",
            credential_type=CredentialType.PIN,
            credential_number=7,
            reason="outside_schedule",
        ),
        Fact(
            EventType.LOCK_JAMMED,
            OperationSource.RFID,
            user_id="u",
            user_name="Anna",
            credential_type=CredentialType.RFID,
            credential_number=7,
        ),
    )
    await until(lambda: paired.state(ALERTS).state != "unknown")
    allowed = {"lock", "lock_name", "user_id", "user_name", "method", "source", "reason", "occurred_at", "delayed"}
    beside = {"event_types", "event_type", "friendly_name", "count"}
    for entity_id in (ACCESS, ALERTS):
        assert set(paired.state(entity_id).attributes) <= allowed | beside
