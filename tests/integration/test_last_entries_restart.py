"""Who came in last is the same after a restart of Home Assistant as before it, at each moment."""

from typing import Any

import pytest
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, callback

from custom_components.lock_bridge import last_entries
from tests.integration.home import Home
from tests.integration.house import House, until

ANNA, BO, ANNA_AT_THE_SHED = "270413", "918273", "605914"
LAST, ACCESS = "sensor.anna_last_entry", "sensor.front_door_last_access"


@pytest.fixture
async def anna(home: Home, house: House) -> str:
    """She may enter by the front door and by the back door, which comes first when the journal is read."""
    await house.stop()
    house.locks = {"back_door": ("Back door", "palm6068"), "front_door": ("Front door", "palm6068")}
    await house.start()
    anna = await house.add_person("Anna", ANNA)
    await house.command("users.add", lock="back_door", user_id=anna)
    await house.command("credentials.set_passcode", lock="back_door", user_id=anna, passcode=ANNA_AT_THE_SHED)
    return anna


async def comes_in_at_the_back(house: House) -> None:
    door = house.running.doors["back_door"]
    await door.do(["press", "ok"])
    await door.do(["press", ANNA_AT_THE_SHED, "ok"])
    await until(lambda: house.running.bridge.runner("back_door").snapshot.bolt == "unlocked")


async def comes_in_at_the_front(house: House, code: str = ANNA) -> None:
    await house.enter(code)
    await house.bolt("unlocked")
    await house.lock_from_inside()


async def restart(home: Home) -> list[Any]:
    """What her last entry shows on the way, from the moment at which it shows something again."""
    shown: list[Any] = []

    @callback
    def look(event: Event[Any]) -> None:
        if event.data["entity_id"] == LAST and (now := event.data["new_state"]) and now.state != "unavailable":
            shown.append((now.state, now.attributes.get("lock")))

    stop = home.hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await until(lambda: home.entry.runtime_data.last_entries.of_lock("front_door"))
    await home.hass.async_block_till_done()
    stop()
    return shown


@pytest.mark.usefixtures("anna")
async def test_over_a_restart_no_older_entry_is_shown_while_the_locks_are_read_one_by_one(
    home: Home, house: House
) -> None:
    await comes_in_at_the_back(house)
    await home.pair(house, port=house.port)
    await until(lambda: home.hass.states.get(LAST))
    await comes_in_at_the_front(house)
    before = await until(lambda: (s := home.state(LAST)).attributes.get("lock") == "front_door" and s)
    assert await restart(home) == [(before.state, "front_door")]


@pytest.mark.usefixtures("anna")
async def test_an_entry_from_before_what_is_read_is_not_taken_for_newer_than_one_that_is_known(
    home: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the front door so many have come since that hers is no longer read; at the back door, where she was before."""
    await house.add_person("Bo", BO)
    await comes_in_at_the_back(house)
    await comes_in_at_the_front(house)
    await home.pair(house, port=house.port)
    await until(lambda: home.hass.states.get(LAST) and home.state(LAST).attributes.get("lock") == "front_door")
    before = home.state(LAST)
    await comes_in_at_the_front(house, BO)
    await until(lambda: home.state(ACCESS).attributes.get("user_name") == "Bo")
    monkeypatch.setattr(last_entries, "READ", 1)
    assert await restart(home) == [(before.state, "front_door")]


async def test_when_somebody_came_while_the_bridges_clock_was_unset_is_still_known_after_a_restart(
    paired: Home, house: House
) -> None:
    await house.add_person("Anna", ANNA)
    await until(lambda: paired.hass.states.get(LAST))
    house.clock.trusts = False
    await house.enter(ANNA)
    hers = await until(lambda: (s := paired.state(LAST)).state != "unknown" and s)
    at_the_door = paired.state(ACCESS)
    assert await restart(paired) == [(hers.state, "front_door")]
    assert (paired.state(ACCESS).state, at_the_door.state) == (at_the_door.state, hers.state)


async def test_in_a_journal_that_begins_anew_numbers_say_nothing_and_what_comes_now_is_the_newer_one(
    paired: Home, house: House
) -> None:
    """A restored backup: what is read of it may be from before or after what was known; that is for its time to say."""
    anna = await house.add_person("Anna", ANNA)
    await comes_in_at_the_front(house)
    known = paired.entry.runtime_data.last_entries
    hers = await until(lambda: known.entry_of_person(anna))
    read, told = (last_entries.Entry("another", hers.event, told=now) for now in (False, True))
    assert read.is_newer(hers.epoch, hers.event.seq) is None
    assert told.is_newer(hers.epoch, hers.event.seq) is True
    assert hers.is_newer(hers.epoch, hers.event.seq) is False
