"""What happens at the door, told once and in order; and old news that never passes for fresh."""

import asyncio
import random
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.news import event_id
from lock_bridge.engine.model import Fact
from lock_bridge.store import restore
from lock_bridge.wire.words import EventType
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import ACCESS, DOORBELL, LOCK, Home
from tests.integration.house import House, until

TWENTY = 20
CODE = "270413"


@pytest.fixture
async def fired(hass: HomeAssistant) -> list[Event[dict[str, Any]]]:
    """What a real automation on the `access` entity has done."""
    done: list[Event[dict[str, Any]]] = []

    @callback
    def note(event: Event[dict[str, Any]]) -> None:
        done.append(event)

    hass.bus.async_listen("somebody_at_the_door", note)
    automation = {
        "alias": "Somebody at the door",
        "triggers": [
            {"trigger": "state", "entity_id": ACCESS, "not_from": ["unavailable"], "not_to": ["unavailable"]},
        ],
        "actions": [
            {"event": "somebody_at_the_door", "event_data": {"who": "{{ trigger.to_state.attributes.user_name }}"}}
        ],
    }
    received = {
        "alias": "Somebody at the door, the new way",
        "triggers": [
            {
                "trigger": "event.received",
                "target": {"entity_id": ACCESS},
                "options": {"event_type": ["granted", "refused"]},
            }
        ],
        "actions": [{"event": "somebody_at_the_door", "event_data": {"who": "received"}}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation, received]})
    return done


@pytest.mark.spec("VER-6")
async def test_a_passcode_at_the_door_is_told_with_the_person(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", CODE)
    await house.enter(CODE)

    granted = (await paired.until_event("access_granted")).data
    device = paired.device("front_door")
    assert {**granted, "occurred_at": ""} == {
        "id": event_id(house.running.bridge.store.epoch, house.head),
        "replayed": False,
        "type": "access_granted",
        "priority": "info",
        "source": "keypad",
        "method": "pin",
        "user_id": anna,
        "user_name": "Anna",
        "occurred_at": "",
        "device_id": device.id,
        "entity_id": LOCK,
        "lock": "front_door",
        "name": "Front door",
    }
    assert abs(dt_util.parse_datetime(granted["occurred_at"]) - dt_util.utcnow()) < timedelta(seconds=30)

    attributes = dict(paired.state(ACCESS).attributes)
    assert {name: attributes[name] for name in ("event_type", "user_id", "user_name", "method", "source", "lock")} == {
        "event_type": "granted",
        "user_id": anna,
        "user_name": "Anna",
        "method": "pin",
        "source": "keypad",
        "lock": "front_door",
    }


@pytest.mark.spec("VER-6")
async def test_a_wrong_passcode_is_told_without_a_digit_of_it(paired: Home, house: House) -> None:
    await house.add_person("Anna", CODE)
    await house.enter("918273")

    refused = await paired.until_event("access_refused")
    assert refused.data["reason"] == "unknown_credential"
    attributes = dict(paired.state(ACCESS).attributes)
    assert (attributes["event_type"], attributes["reason"]) == ("refused", "unknown_credential")
    assert "user_name" not in attributes
    assert "918273" not in str(refused.data) + str(attributes)


@pytest.mark.spec("ALM-6")
async def test_the_doorbell_rings(paired: Home, house: House) -> None:
    await house.do("ring")
    await paired.until_event("doorbell")
    state = paired.state(DOORBELL)
    assert state.attributes["event_type"] == "ring"
    assert state.attributes["device_class"] == "doorbell"


async def test_a_door_used_live_starts_the_automation(paired: Home, house: House, fired: list[Any]) -> None:
    await house.add_person("Anna", CODE)
    await house.enter(CODE)
    await until(lambda: len(fired) == 2)
    assert {event.data["who"] for event in fired} == {"Anna", "received"}


async def test_what_the_states_say_themselves_is_not_said_twice(paired: Home, house: House) -> None:
    await paired.call("unlock")
    await house.do("open")
    await house.do("close")
    await paired.call("lock")
    await house.do("ring")
    await paired.until_event("doorbell")
    kinds = {event.data["type"] for event in paired.events}
    assert not kinds & {"locked", "unlocked", "door_opened", "door_closed"}


@pytest.mark.spec("GWY-4")
async def test_home_assistant_off_while_the_door_is_used_twenty_times(
    paired: Home, house: House, fired: list[Any]
) -> None:
    entry = paired.entry
    await house.add_person("Anna", CODE)
    await house.enter(CODE)
    await until(lambda: len(fired) == 2)
    last_access = paired.state(ACCESS).state
    paired.events.clear()

    await paired.hass.config_entries.async_unload(entry.entry_id)
    before, used = house.head, await use(house, TWENTY)
    await paired.hass.config_entries.async_setup(entry.entry_id)

    await all_told(paired, house, before, used)
    assert len(fired) == 2
    assert paired.state(ACCESS).state == last_access

    await house.enter(CODE)
    await until(lambda: len(fired) == 4)
    assert paired.events[-1].data["replayed"] is False


@pytest.mark.spec("GWY-4")
async def test_the_network_cut_while_the_door_is_used_twenty_times(
    far: Home, house: House, network: FaultProxy, fired: list[Any]
) -> None:
    await house.add_person("Anna", CODE)
    await house.enter(CODE)
    await until(lambda: len(fired) == 2)
    far.events.clear()

    await network.stop()
    await far.until_state(LOCK, "unavailable")
    before, used = house.head, await use(house, TWENTY)
    await network.start()

    await all_told(far, house, before, used)
    assert len(fired) == 2
    await house.enter(CODE)
    await until(lambda: len(fired) == 4)


@pytest.mark.spec("GWY-4")
async def test_the_bridge_restarts_in_between(paired: Home, house: House, network: FaultProxy) -> None:
    await house.add_person("Anna", CODE)
    await house.enter(CODE)
    await paired.until_event("access_granted")
    before = house.head
    await house.stop()
    await house.start()

    await paired.until_event("bridge_started")
    told = sequences(house, [event for event in paired.events if event.data["replayed"]])
    assert told == list(range(before + 1, house.head + 1))


@pytest.mark.spec("GWY-4")
async def test_cuts_at_any_moment_lose_nothing_and_say_nothing_twice(
    far: Home, house: House, network: FaultProxy
) -> None:
    await house.add_person("Anna", CODE)
    await until(lambda: far.entry.runtime_data.connection.cursor.seq == house.head)
    before = house.head
    far.events.clear()
    for turn in range(12):
        await house.enter(CODE)
        network.cut()
        if turn % 3 == 0:
            await house.lock_from_inside()
        await house.do("ring")
    await house.do("tamper", "on")
    await far.until_event("tamper_started")

    told = sequences(house, far.events)
    assert told == sorted(set(told))
    journal = await house.running.bridge.store.query(after=before, limit=1000)
    silent = {"locked", "unlocked"}
    assert [s for s in told if s > before] == [e.seq for e in journal if e.type not in silent or e.seq in told]


SEEDS = [
    *range(3),
    *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 200)),
]


@pytest.mark.spec("GWY-4")
@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_goes_wrong_in_whatever_order_everything_is_told_once(
    far: Home, house: House, network: FaultProxy, fired: list[Any], seed: int
) -> None:
    """Cuts, stalls, restarts of the bridge and of Home Assistant: what is told is the journal, in order."""
    chance = random.Random(seed)
    entry, entries = far.entry, far.hass.config_entries
    await house.add_person("Anna", CODE)
    await far.until_event("credential_added")
    before = house.head
    far.events.clear()

    async def reload() -> None:
        await entries.async_reload(entry.entry_id)

    async def restart() -> None:
        await house.stop()
        await house.start()

    async def stall() -> None:
        network.stall()
        await house.do("ring")
        network.flow()

    async def cut() -> None:
        network.cut()

    async def cut_a_little_later() -> None:
        asyncio.get_running_loop().call_later(chance.random() / 50, network.cut)

    async def away() -> None:
        await network.stop()
        await house.do("ring")
        await network.start()

    async def nothing() -> None:
        """Just go on."""

    faults = [reload, restart, stall, cut, cut_a_little_later, away, nothing, nothing]
    for _ in range(25):
        for _ in range(chance.randrange(3)):
            await chance.choice([lambda: house.enter(CODE), lambda: house.enter("918273"), lambda: house.do("ring")])()
        await chance.choice(faults)()
        if house.running.bridge.runner("front_door").snapshot.locked_out:
            await house.command("lockout.end", lock="front_door")

    await until(lambda: entry.state is ConfigEntryState.LOADED and entry.runtime_data.available)
    await house.do("tamper", "on")
    await far.until_event("tamper_started")

    journal = {event.seq: event for event in await house.running.bridge.store.query(after=before, limit=1000)}
    told = sequences(house, far.events)
    assert told == sorted(set(told))
    silent = {EventType.LOCKED, EventType.UNLOCKED, EventType.DOOR_OPENED, EventType.DOOR_CLOSED}
    assert set(told) >= {seq for seq, event in journal.items() if event.type not in silent}
    assert set(told) <= set(journal)
    live = [event for event in far.events if not event.data["replayed"] and event.data["type"].startswith("access")]
    await until(lambda: len(fired) == 2 * len(live))


async def test_a_long_absence_is_caught_up_in_order(far: Home, house: House, network: FaultProxy) -> None:
    """More than the bridge sends without being told that it arrived."""
    await network.stop()
    before = house.head
    for _ in range(12):
        await house.running.bridge.record(*(Fact(EventType.DOORBELL) for _ in range(100)), lock_id="front_door")
    await network.start()

    await far.until_event("doorbell", count=1200)
    assert sequences(house, far.told("doorbell")) == list(range(before + 1, before + 1201))
    assert far.hass.states.get(DOORBELL).state == "unknown"


async def test_a_first_meeting_begins_with_what_comes(house: House, home: Home) -> None:
    for _ in range(5):
        await house.do("ring")
    await home.pair(house, port=house.port)
    await house.do("ring")
    await home.until_event("doorbell")
    assert [event.data["replayed"] for event in home.told("doorbell")] == [False]


async def test_home_assistant_killed_before_it_wrote_down_how_far_it_was(
    paired: Home, house: House, fired: list[Any], hass_storage: dict[str, Any]
) -> None:
    """The events of that second are told again: with the same id, and as old news."""
    entry = paired.entry
    key = f"lock_bridge.{entry.entry_id}"
    await house.add_person("Anna", CODE)
    await until(lambda: key in hass_storage)
    await paired.hass.config_entries.async_unload(entry.entry_id)
    await paired.hass.config_entries.async_setup(entry.entry_id)
    saved = dict(hass_storage[key]["data"])
    await house.enter(CODE)
    await until(lambda: len(fired) == 2)
    await paired.hass.config_entries.async_unload(entry.entry_id)
    hass_storage[key]["data"] = saved
    await paired.hass.config_entries.async_setup(entry.entry_id)

    await paired.until_event("access_granted", count=2)
    first, again = paired.told("access_granted")
    assert first.data["id"] == again.data["id"]
    assert (first.data["replayed"], again.data["replayed"]) == (False, True)
    assert len(fired) == 2


async def test_while_home_assistant_starts_events_wait_and_are_old_news_then(
    paired: Home, house: House, fired: list[Any]
) -> None:
    entry = paired.entry
    await house.add_person("Anna", CODE)
    await paired.until_event("credential_added")
    await paired.hass.config_entries.async_unload(entry.entry_id)
    paired.events.clear()
    paired.hass.set_state(CoreState.starting)
    await house.enter(CODE)
    await paired.hass.config_entries.async_setup(entry.entry_id)
    await house.do("ring")
    await until(lambda: entry.runtime_data.connection.cursor.seq == house.head)
    assert paired.events == []

    paired.hass.set_state(CoreState.running)
    paired.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await paired.until_event("doorbell")
    assert [(event.data["type"], event.data["replayed"]) for event in paired.events] == [
        ("access_granted", True),
        ("doorbell", True),
    ]
    assert fired == []


async def test_a_bridge_restored_from_a_backup_says_so_and_goes_on(paired: Home, house: House) -> None:
    await house.do("ring")
    await paired.until_event("doorbell")
    backup = house.data / "backup.db"
    await house.command("store.backup", file=str(backup))
    await house.do("ring")
    await paired.until_event("doorbell", count=2)
    await house.stop()
    restore(backup, house.database)
    paired.events.clear()
    await house.start()

    await paired.until_event("bridge_started")
    assert [event.data["type"] for event in paired.events][:1] == ["restored"]
    await house.do("ring")
    await paired.until_event("doorbell")
    assert [event.data["replayed"] for event in paired.told("doorbell")] == [False]
    assert paired.told("events_lost") == []


async def test_events_that_the_bridge_no_longer_has_are_said_to_be_lost(
    far: Home, house: House, network: FaultProxy
) -> None:
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    first = house.head + 1
    for _ in range(6):
        await house.do("ring")
    await house.stop()
    with sqlite3.connect(house.database) as database:
        database.execute("DELETE FROM event WHERE seq IN (?, ?, ?)", (first, first + 1, first + 3))
    database.close()
    await house.start()
    far.events.clear()
    await network.start()

    lost = await far.until_event("events_lost")
    assert lost.data["data"] == {"count": 3}
    assert lost.data["device_id"] == far.device(None).id
    assert sequences(house, far.told("doorbell")) == [first + 2, first + 4, first + 5]


async def test_what_happened_at_a_lock_that_is_gone_is_told_of_the_bridge(
    far: Home, house: House, network: FaultProxy
) -> None:
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await house.do("ring")
    await house.stop()
    house.locks = {"shed": ("Shed", "l2s")}
    await house.start()
    await network.start()
    told = (await far.until_event("doorbell")).data
    assert (told["lock"], told["device_id"]) == ("front_door", far.device(None).id)
    assert "entity_id" not in told
    assert "name" not in told


async def test_a_lock_entity_that_is_switched_off_is_not_named(paired: Home, house: House) -> None:
    er.async_get(paired.hass).async_remove(LOCK)
    await house.do("ring")
    told = (await paired.until_event("doorbell")).data
    assert "entity_id" not in told
    assert told["device_id"] == paired.device("front_door").id


async def test_a_journal_that_ends_before_what_was_read_of_it_goes_on_at_its_end(
    paired: Home, house: House, hass_storage: dict[str, Any]
) -> None:
    """The bridge's disk was put back by other means than its own restore, so its epoch is the same."""
    entry = paired.entry
    for says in (["restored", "doorbell"], ["doorbell"]):  # the bridge says so once
        await paired.hass.config_entries.async_unload(entry.entry_id)
        hass_storage[f"lock_bridge.{entry.entry_id}"]["data"]["seq"] += 1000
        paired.events.clear()
        await paired.hass.config_entries.async_setup(entry.entry_id)
        await house.do("ring")
        assert (await paired.until_event("doorbell")).data["replayed"] is False
        assert [event.data["type"] for event in paired.events] == says


async def test_a_bridge_that_does_not_know_the_time_is_not_believed(
    far: Home, house: House, network: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await network.stop()
    house.clock.trusts = False
    await house.do("ring")
    before = dt_util.utcnow()
    await network.start()

    event = await far.until_event("doorbell")
    assert event.data["replayed"] is True
    assert "occurred_at" not in event.data
    assert event.time_fired >= before


async def use(house: House, times: int) -> list[str]:
    """Anna comes home, again and again: the types of what the journal has of it."""
    before = house.head
    for _ in range(times):
        await house.enter(CODE)
        await house.bolt("unlocked")
        await house.lock_from_inside()
    journal = await house.running.bridge.store.query(after=before, limit=1000)
    kinds = [str(event.type) for event in journal]
    assert kinds.count("access_granted") == times
    return kinds


async def all_told(home: Home, house: House, before: int, kinds: list[str]) -> None:
    """Each event of the outage is told once, in order, marked, with the time at which it happened."""
    await until(lambda: len(home.events) >= len(kinds))
    told = home.events[: len(kinds)]
    assert [event.data["type"] for event in told] == kinds
    assert sequences(house, told) == list(range(before + 1, before + 1 + len(kinds)))
    assert all(event.data["replayed"] for event in told)
    journal = await house.running.bridge.store.query(after=before, limit=len(kinds))
    assert [round(event.time_fired_timestamp * 1000) for event in told] == [event.wall_ms for event in journal]
    assert len({event.data["id"] for event in home.events}) == len(home.events)
    assert home.entry.state is ConfigEntryState.LOADED


def sequences(house: House, events: list[Event[dict[str, Any]]]) -> list[int]:
    """The events' numbers in the bridge's journal, which Home Assistant tells nobody."""
    epoch = house.running.bridge.store.epoch
    numbers = {event_id(epoch, seq): seq for seq in range(1, house.head + 1)}
    return [numbers[event.data["id"]] for event in events]
