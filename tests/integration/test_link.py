"""The bridge goes and comes back, the network fails in its ways, and Home Assistant keeps up by itself."""

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

import lock_bridge.server.session
from custom_components.lock_bridge.client import connection as client
from custom_components.lock_bridge.const import DOMAIN
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import ACCESS, CONNECTIVITY, LOCK, OF_THE_LOCK, Home
from tests.integration.house import House, until
from tests.integration.scripted import ScriptedBridge

BACK_WITHIN_S = 2.0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that takes a silent bridge for dead after a second, not forty."""
    monkeypatch.setattr(client, "Timing", functools.partial(client.Timing, dead_s=1.0, command_s=3.0))
    monkeypatch.setattr(client, "CONNECT_S", 1.0)
    monkeypatch.setattr(client, "ANSWER_S", 1.0)


async def test_entities_are_unavailable_without_the_bridge_and_back_with_it(
    paired: Home, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert paired.state(CONNECTIVITY).state == "on"
    await house.stop()
    for entity_id in OF_THE_LOCK:
        await paired.until_state(entity_id, "unavailable")
    assert paired.state(CONNECTIVITY).state == "off"

    await asyncio.sleep(3)  # long enough for the tries to have become rare, if they did
    took = await back(paired, house.start)

    assert took < BACK_WITHIN_S
    said = [record.getMessage() for record in caplog.records if "client.connection" in record.name]
    assert [message.split(" at ")[0] for message in said] == [
        "No link to the bridge",
        "Connected to the bridge",
    ]
    assert all(paired.state(entity_id).state != "unavailable" for entity_id in OF_THE_LOCK)
    assert paired.state(CONNECTIVITY).state == "on"


@pytest.mark.spec("GWY-4")
async def test_what_changed_meanwhile_is_shown_at_once(far: Home, house: House, network: FaultProxy) -> None:
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await house.do("key", "unlock")
    states = follow(far, LOCK)
    await network.start()
    assert (await until(lambda: states))[0] == "unlocked"


async def test_a_network_that_is_cut_is_dialled_anew(far: Home, network: FaultProxy) -> None:
    started = time.monotonic()
    network.cut()
    await far.until_state(LOCK, "unavailable")
    await far.until_state(LOCK, "locked")
    assert time.monotonic() - started < BACK_WITHIN_S


async def test_a_network_that_is_gone_and_returns(far: Home, network: FaultProxy) -> None:
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    await asyncio.sleep(2)
    assert await back(far, network.start) < BACK_WITHIN_S


@pytest.mark.usefixtures("impatient")
async def test_a_half_open_connection_is_noticed(home: Home, house: House, network: FaultProxy) -> None:
    await home.pair(house, port=network.port)
    network.stall()
    await home.until_state(LOCK, "unavailable")
    # Dialled connections are taken, and then nothing is said.
    dialled = network.dialled
    await until(lambda: network.dialled >= dialled + 2)
    assert home.state(LOCK).state == "unavailable"

    async def flow() -> None:
        network.flow()

    assert await back(home, flow) < BACK_WITHIN_S


@pytest.mark.usefixtures("impatient")
async def test_a_stall_shorter_than_death_delays_and_loses_nothing(
    home: Home, house: House, network: FaultProxy
) -> None:
    await home.pair(house, port=network.port)
    network.stall()
    await house.do("ring")
    assert home.told("doorbell") == []
    network.flow()
    assert (await home.until_event("doorbell")).data["replayed"] is False


async def test_availability_is_written_before_events_are_told(far: Home, house: House, network: FaultProxy) -> None:
    order = follow(far, ACCESS)
    far.hass.bus.async_listen("lock_bridge_event", callback(lambda event: order.append(event.data["type"])))
    await network.stop()
    await far.until_state(ACCESS, "unavailable")
    await house.do("ring")
    await network.start()
    await far.until_event("doorbell")
    assert order == ["unavailable", "unknown", "doorbell"]


async def test_a_bridge_away_at_the_start_is_connected_as_soon_as_it_is_there(paired: Home, house: House) -> None:
    entry = paired.entry
    await paired.hass.config_entries.async_unload(entry.entry_id)
    await house.stop()
    await paired.hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cannot_connect"
    assert paired.state(LOCK).state == "unavailable"

    await asyncio.sleep(2)
    assert await back(paired, house.start) < BACK_WITHIN_S
    assert entry.state is ConfigEntryState.LOADED


async def test_somebody_else_in_the_bridges_place_is_not_taken_for_its_return(
    paired: Home, house: House, scripted: ScriptedBridge
) -> None:
    entry = paired.entry
    await paired.hass.config_entries.async_unload(entry.entry_id)
    await house.stop()
    await paired.hass.config_entries.async_setup(entry.entry_id)
    await scripted.move_to(house.port)
    asked = scripted.dialled
    await until(lambda: scripted.dialled >= asked + 2)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert not reauths(paired)

    await scripted.stop()
    await back(paired, house.start)
    assert entry.state is ConfigEntryState.LOADED


async def test_a_new_certificate_met_at_the_start_asks_for_the_code(paired: Home, house: House) -> None:
    entry = paired.entry
    await paired.hass.config_entries.async_unload(entry.entry_id)
    await house.stop()
    (house.data / "identity.pem").unlink()
    await house.start()
    await paired.hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "certificate_changed"
    await until(lambda: reauths(paired))


@pytest.mark.parametrize("end", ["remove", "unload", "again"])
async def test_nobody_knocks_at_a_bridge_that_is_no_longer_wanted(paired: Home, house: House, end: str) -> None:
    entry, entries = paired.entry, paired.hass.config_entries
    await entries.async_unload(entry.entry_id)
    await house.stop()
    await entries.async_setup(entry.entry_id)
    assert len(knocking(paired)) == 1

    match end:
        case "remove":
            await entries.async_remove(entry.entry_id)
        case "unload":
            await entries.async_unload(entry.entry_id)
        case "again":
            await entries.async_reload(entry.entry_id)
            assert len(knocking(paired)) == 1
            await entries.async_unload(entry.entry_id)
    await until(lambda: not knocking(paired))


async def test_a_token_taken_back_ends_the_link_at_once_and_for_good(
    far: Home, house: House, network: FaultProxy, caplog: pytest.LogCaptureFixture
) -> None:
    dialled = network.dialled
    await house.command("clients.revoke", client_id=far.entry.data["client_id"])
    await far.until_state(LOCK, "unavailable", within=1)
    await until(lambda: reauths(far))
    assert network.dialled - dialled <= 1  # the flow looks at the certificate, nobody knocks with a dead token


@pytest.mark.spec("S8")
async def test_a_changed_certificate_ends_the_link_for_good(far: Home, house: House, network: FaultProxy) -> None:
    await house.stop()
    (house.data / "identity.pem").unlink()
    await house.start()
    await until(lambda: reauths(far))
    dialled = network.dialled
    await asyncio.sleep(1.5)
    assert network.dialled == dialled
    assert far.state(LOCK).state == "unavailable"


@pytest.mark.parametrize(("api", "issue"), [(2, "bridge_newer"), (0, "bridge_older")])
async def test_a_bridge_of_another_version_is_a_repair_until_it_fits(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch, api: int, issue: str
) -> None:
    issues = ir.async_get(paired.hass)
    key = (DOMAIN, f"{issue}_{paired.entry.entry_id}")
    with monkeypatch.context() as update:
        update.setattr(lock_bridge.server.session, "API_VERSION", api)
        await house.stop()
        await house.start()
        found = await until(lambda: issues.async_get_issue(*key))
        assert found.translation_placeholders == {"name": "Home"}

        await paired.hass.config_entries.async_reload(paired.entry.entry_id)
        assert paired.entry.state is ConfigEntryState.SETUP_RETRY
        assert paired.entry.error_reason_translation_key == issue

    await until(lambda: paired.entry.state is ConfigEntryState.LOADED)
    assert issues.async_get_issue(*key) is None
    await paired.until_state(LOCK, "locked")


@pytest.mark.spec("GWY-4")
@pytest.mark.parametrize("travel_ms", [800])
async def test_a_command_survives_a_cut_and_is_carried_out_once(far: Home, house: House, network: FaultProxy) -> None:
    unlocking = asyncio.create_task(far.call("unlock"))
    await house.bolt("unlocking")
    before = house.head
    network.cut()
    await unlocking
    await far.until_state(LOCK, "unlocked")
    journal = await house.running.bridge.store.query(after=before)
    assert [event.type for event in journal] == ["unlocked"]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("travel_ms", [500])
async def test_a_command_without_an_answer_says_to_look_at_the_door(
    home: Home, house: House, network: FaultProxy
) -> None:
    await home.pair(house, port=network.port)
    unlocking = asyncio.create_task(home.call("unlock"))
    await house.bolt("unlocking")
    await network.stop()
    with pytest.raises(HomeAssistantError, match="Look at the door") as failed:
        await unlocking
    assert failed.value.translation_key == "no_answer"
    await house.bolt("unlocked")


@pytest.mark.parametrize("travel_ms", [2000])
async def test_a_bridge_that_stops_in_the_middle_of_a_command(paired: Home, house: House) -> None:
    unlocking = asyncio.create_task(paired.call("unlock"))
    await house.bolt("unlocking")
    await house.stop()
    with pytest.raises(HomeAssistantError) as failed:
        async with asyncio.timeout(5):
            await unlocking
    assert failed.value.translation_key in ("not_connected", "no_answer")


async def test_removing_the_bridge_here_removes_this_client_there(
    paired: Home, house: House, hass_storage: dict[str, Any]
) -> None:
    key = f"lock_bridge.{paired.entry.entry_id}"
    await until(lambda: key in hass_storage)
    assert len(await house.clients()) == 1

    await paired.hass.config_entries.async_remove(paired.entry.entry_id)

    assert await house.clients() == []
    assert key not in hass_storage


async def test_a_bridge_that_is_away_can_be_removed_too(paired: Home, house: House) -> None:
    await house.stop()
    async with asyncio.timeout(5):
        await paired.hass.config_entries.async_remove(paired.entry.entry_id)
    assert paired.hass.config_entries.async_entries(DOMAIN) == []


async def test_the_link_ends_with_home_assistant(paired: Home, house: House) -> None:
    await paired.hass.async_stop(force=True)
    (client_there,) = await house.clients()
    assert client_there["connected"] is False


async def back(home: Home, happens: Callable[[], Any]) -> float:
    """Seconds from the end of `happens` until the lock is there again."""
    available: list[float] = []

    @callback
    def look(event: Any) -> None:
        if event.data["entity_id"] == LOCK and event.data["new_state"].state != "unavailable":
            available.append(time.monotonic())

    home.hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    await happens()
    started = time.monotonic()
    await until(lambda: available)
    return available[0] - started


def follow(home: Home, entity_id: str) -> list[str]:
    """Every state of an entity from now on."""
    seen: list[str] = []

    @callback
    def look(event: Any) -> None:
        if event.data["entity_id"] == entity_id:
            seen.append(event.data["new_state"].state)

    home.hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    return seen


def knocking(home: Home) -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if "lock_bridge knocking" in task.get_name()]


def reauths(home: Home) -> list[Any]:
    return home.hass.config_entries.flow.async_progress_by_handler(DOMAIN, match_context={"source": SOURCE_REAUTH})
