"""Who came in last is known from the start, and stays right whatever order it is told in."""

from datetime import timedelta

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.hub import Hub
from custom_components.lock_bridge.last_entries import happened_at
from lock_bridge.engine.model import Fact
from lock_bridge.wire.words import CredentialType, EventType, OperationSource
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

ANNA, BO = "270413", "918273"


def hub(home: Home) -> Hub:
    found = home.entry.runtime_data
    assert isinstance(found, Hub)
    return found


async def comes_in(house: House, code: str) -> None:
    await house.enter(code)
    await house.bolt("unlocked")
    await house.lock_from_inside()


@pytest.mark.spec("APP-4")
async def test_what_the_journal_has_from_before_is_known_soon_after_setting_up(home: Home, house: House) -> None:
    anna = await house.add_person("Anna", ANNA)
    bo = await house.add_person("Bo", BO)
    for code in (BO, ANNA, ANNA):
        await comes_in(house, code)
    entries = await house.running.bridge.store.query(types=(EventType.ACCESS_GRANTED,), limit=10)

    await home.pair(house, port=house.port)
    last = hub(home).last_entries
    await until(lambda: last.of_lock("front_door"))
    of_lock, of_anna, of_bo = last.of_lock("front_door"), last.of_person(anna), last.of_person(bo)
    assert of_lock == of_anna
    assert of_anna is not None
    assert of_bo is not None
    assert (of_anna.seq, of_bo.seq) == (max(e.seq for e in entries), min(e.seq for e in entries))


@pytest.mark.spec("APP-4")
async def test_an_entry_is_told_to_those_who_wait_for_it_and_to_nobody_else(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", ANNA)
    last, told = hub(paired).last_entries, []
    stop = last.on_person(anna, lambda: told.append("Anna"))
    last.on_person("somebody", lambda: told.append("somebody"))
    last.on_lock("front_door", lambda: told.append("front door"))
    await house.enter(ANNA)
    await until(lambda: len(told) == 2)
    assert sorted(told) == ["Anna", "front door"]

    stop()
    await house.lock_from_inside()
    await house.enter(ANNA)
    await until(lambda: len(told) == 3)
    assert told[-1] == "front door"


@pytest.mark.spec("APP-4")
async def test_an_entry_of_an_outage_counts_with_its_own_time(far: Home, house: House, network: FaultProxy) -> None:
    anna = await house.add_person("Anna", ANNA)
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    house.clock.set_back(timedelta(hours=2))
    await house.enter(ANNA)
    await house.bolt("unlocked")
    house.clock.set_back(timedelta(0))
    await network.start()

    last = hub(far).last_entries
    event = await until(lambda: last.of_person(anna))
    at = happened_at(event)
    assert at is not None
    assert abs(dt_util.utcnow() - timedelta(hours=2) - at) < timedelta(seconds=30)


async def test_what_is_read_late_does_not_hide_what_was_told_meanwhile(
    far: Home, house: House, network: FaultProxy
) -> None:
    """The journal is read while the door is in use: its answer is older than what has come since."""
    anna = await house.add_person("Anna", ANNA)
    await comes_in(house, ANNA)
    last = hub(far).last_entries
    first = await until(lambda: last.of_person(anna))
    old = await hub(far).connection.command(
        "journal.query", lock="front_door", types=[EventType.ACCESS_GRANTED], limit=1000
    )
    await comes_in(house, ANNA)
    newer = await until(lambda: (event := last.of_person(anna)) is not None and event.seq > first.seq and event)
    last._take_all(old)
    assert last.of_person(anna) == newer
    assert last.of_lock("front_door") == newer


async def test_with_the_bridges_clock_unset_home_assistant_knows_when_somebody_came(paired: Home, house: House) -> None:
    anna = await house.add_person("Anna", ANNA)
    house.clock.trusts = False
    await house.enter(ANNA)
    event = await until(lambda: hub(paired).last_entries.of_person(anna))
    at = happened_at(event)
    assert at is not None
    assert abs(dt_util.utcnow() - at) < timedelta(seconds=30)


async def test_a_read_that_fails_is_tried_again_when_the_bridge_is_back(
    far: Home, house: House, network: FaultProxy
) -> None:
    anna = await house.add_person("Anna", ANNA)
    await far.hass.config_entries.async_unload(far.entry.entry_id)
    await comes_in(house, ANNA)
    await house.running.bridge.record(
        *(
            Fact(
                EventType.ACCESS_GRANTED,
                source=OperationSource.KEYPAD,
                user_id="bo",
                user_name="Bo",
                credential_type=CredentialType.PIN,
            )
            for _ in range(5)
        ),
        lock_id="front_door",
    )
    await far.hass.config_entries.async_setup(far.entry.entry_id)
    network.cut()
    last = hub(far).last_entries
    await until(lambda: last.of_person(anna))
    assert far.entry.state is ConfigEntryState.LOADED
    of_lock = last.of_lock("front_door")
    assert of_lock is not None
    assert of_lock.user_name == "Bo"
