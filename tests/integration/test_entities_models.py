"""Which entities there are: only what a model has, and only what Home Assistant has been allowed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EntityCategory, Platform
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_registry import RegistryEntry
from syrupy.assertion import SnapshotAssertion

from custom_components.lock_bridge import PLATFORMS
from custom_components.lock_bridge.wire.words import OperatingMode
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until
from tests.integration.texts import FOLDER

OURS = frozenset(PLATFORMS) - {Platform.EVENT}
"""Events have tests of their own, and so have people."""


@pytest.fixture
async def house_with(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """A bridge with one lock of a model."""
    house = House(tmp_path / "bridge")
    house.locks = {"front_door": ("Front door", request.param)}
    await house.start()
    yield house
    await house.stop()


@pytest.mark.spec("PWR-1")
@pytest.mark.parametrize("house_with", ["l2s", "dl50fvs", "palm6068"], indirect=True)
async def test_a_model_has_these_entities(home: Home, house_with: House, snapshot: SnapshotAssertion) -> None:
    await home.pair(house_with, port=house_with.port)
    assert [told(entry) for entry in entries(home)] == snapshot


async def test_nothing_that_moves_the_bolt_has_a_switch_that_an_assistant_or_an_area_would_turn(paired: Home) -> None:
    """Passage opens the door: `switch everything in the hall on` must not."""
    switches = [entry for entry in entries(paired) if entry.domain in ("switch", "select", "button", "number")]
    assert len(switches) > 15
    assert {entry.entity_category for entry in switches} == {EntityCategory.CONFIG}
    door = {entry.unique_id for entry in entries(paired) if entry.entity_category is None}
    of_the_lock = f"{paired.entry.runtime_data.bridge_id}_front_door_"
    assert {key.removeprefix(of_the_lock) for key in door} == {
        "lock", "door", "door_ajar", "tamper", "jam", "locked_out", "last_access", "lockout_ends"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("unlock", "manage", "platforms"),
    [
        (True, True, {"switch", "number", "select", "button"}),
        (True, False, {"switch", "select"}),
        (False, True, {"switch", "number", "select", "button"}),
        (False, False, set()),
    ],
)
async def test_what_writes_is_there_only_where_it_is_allowed(
    home: Home, house: House, unlock: bool, manage: bool, platforms: set[str]
) -> None:
    await home.pair(house, port=house.port, may_unlock=unlock, may_manage=manage)
    there = {entry.translation_key or entry.original_device_class: entry for entry in entries(home)}
    writing = {entry.domain for entry in there.values()} & {"switch", "number", "select", "button"}
    assert writing == platforms
    opening = {"passage", "leaving_home", "remote_unlock", "operating_mode"}
    assert opening & there.keys() == (opening if unlock else set())
    managing = {"countdown_locking", "volume", "countdown_delay_s", "end_lockout", "factory_reset", "clear_bluetooth"}
    assert managing & there.keys() == (managing if manage else set())
    assert home.state(LOCK).state == "locked"


@pytest.mark.spec("BLT-15")
async def test_the_mode_is_shown_also_where_home_assistant_may_not_change_it(home: Home, house: House) -> None:
    """A sensor says it then; a select does where Home Assistant may, so nothing is said twice."""
    mode = "sensor.front_door_operating_mode"
    await home.pair(house, port=house.port, may_unlock=False)
    assert (await home.until_state(mode, "normal")).attributes["options"] == [str(mode) for mode in OperatingMode]
    await house.do("knob", "on")
    await home.until_state(mode, "privacy")
    assert home.hass.states.get("select.front_door_operating_mode") is None

    form = await home.hass.config_entries.flow.async_init(
        "lock_bridge", context={"source": "reconfigure", "entry_id": home.entry.entry_id}
    )
    form = await home.submit(form, next_step_id="pair_again")
    await home.submit(form, may_unlock=True, may_manage=True, code=await house.open_pairing())
    await home.hass.async_block_till_done()
    assert home.state("select.front_door_operating_mode").state == "privacy"
    assert home.hass.states.get(mode) is None


async def test_what_is_no_longer_allowed_goes_with_the_next_pairing(paired: Home, house: House) -> None:
    before = {entry.entity_id for entry in entries(paired)}
    form = await paired.hass.config_entries.flow.async_init(
        "lock_bridge", context={"source": "reconfigure", "entry_id": paired.entry.entry_id}
    )
    form = await paired.submit(form, next_step_id="pair_again")
    code = await house.open_pairing()
    await paired.submit(form, may_unlock=False, may_manage=False, code=code)
    await paired.hass.async_block_till_done()
    gone = before - {entry.entity_id for entry in entries(paired)}
    assert {entity_id.partition(".")[0] for entity_id in gone} == {"switch", "number", "select", "button"}
    assert not {entry.domain for entry in entries(paired)} & {"switch", "number", "select", "button"}


@pytest.mark.parametrize("model", ["l2s", "dl50fvs"])
async def test_a_lock_that_is_replaced_by_another_model_has_its_entities_at_once(
    paired: Home, house: House, model: str
) -> None:
    """The bridge starts anew with another model behind the same door; nobody touches Home Assistant."""
    before = {told(entry) for entry in entries(paired)}
    await house.stop()
    await paired.until_state(LOCK, "unavailable")
    house.locks = {"front_door": ("Front door", model)}
    await house.start()
    loaded = ConfigEntryState.LOADED
    await until(lambda: paired.entry.state is loaded and {told(entry) for entry in entries(paired)} != before)
    assert paired.device("front_door").model_id == model
    await paired.hass.async_block_till_done()
    await paired.until_state(LOCK, "locked", "unlocked", "jammed")
    at_once = {told(entry) for entry in entries(paired)}
    await paired.hass.config_entries.async_reload(paired.entry.entry_id)
    await paired.hass.async_block_till_done()
    assert at_once == {told(entry) for entry in entries(paired)}


async def test_each_entity_has_a_name_of_its_own_and_a_picture(paired: Home) -> None:
    texts = json.loads((FOLDER / "translations/en.json").read_text(encoding="utf-8"))["entity"]
    icons = json.loads((FOLDER / "icons.json").read_text(encoding="utf-8"))["entity"]
    for entry in entries(paired):
        if entry.unique_id.endswith("_lock"):
            continue  # named after the device
        key, platform = entry.translation_key, entry.domain
        assert key is None or texts[platform][key]["name"], entry.entity_id
        assert key or entry.original_device_class, f"{entry.entity_id} has no name"
        assert key in icons.get(platform, {}) or entry.original_device_class, f"{entry.entity_id} has no icon"


async def test_each_word_that_a_select_or_sensor_shows_has_its_text(paired: Home) -> None:
    texts = json.loads((FOLDER / "translations/en.json").read_text(encoding="utf-8"))["entity"]
    chosen = [entry for entry in entries(paired) if "options" in (entry.capabilities or {})]
    assert {"operating_mode", "volume", "language", "door_direction", "power_source"} <= {
        entry.translation_key for entry in chosen
    }
    for entry in chosen:
        assert entry.translation_key is not None
        words = texts[entry.domain][entry.translation_key]["state"]
        assert words.keys() == set((entry.capabilities or {})["options"]), entry.entity_id


def entries(home: Home) -> list[RegistryEntry]:
    """Entities of locks and of the bridge, in the registry."""
    registry = er.async_get(home.hass)
    found = er.async_entries_for_config_entry(registry, home.entry.entry_id)
    of_a_person = f"{home.entry.runtime_data.person_key('')}"
    ours = [entry for entry in found if entry.domain in OURS and not entry.unique_id.startswith(of_a_person)]
    return sorted(ours, key=lambda entry: entry.entity_id)


def told(entry: RegistryEntry) -> str:
    """An entity in a line: its id, class and category, and whether it is off from the beginning."""
    facts = (entry.original_device_class, entry.entity_category, "disabled" if entry.disabled_by else None)
    return " ".join((entry.entity_id, *(str(fact) for fact in facts if fact)))
