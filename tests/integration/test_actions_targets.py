"""Which locks a call means, and what is said when they cannot all be asked."""

from dataclasses import replace
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.helpers import label_registry as lr
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge.actions.targets import locks_of
from custom_components.lock_bridge.errors import exception_text
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from tests.integration.actions import BACK, add_back_door, ask, order, people
from tests.integration.home import DOOR, LOCK, Home
from tests.integration.house import House


@pytest.fixture
async def two(home: Home, house: House) -> Home:
    """A house with two doors, and an administrator at each."""
    await add_back_door(house)
    await home.pair(house, port=house.port)
    for lock in house.locks:
        await house.add_person("Boss", "193746", lock, role="administrator")
    return home


async def target(home: Home, kind: str) -> dict[str, Any]:
    """A target that means the front door alone."""
    hass, device = home.hass, home.device("front_door")
    match kind:
        case "entity_id":
            return {"entity_id": LOCK}
        case "device_id":
            return {"device_id": device.id}
        case "label_id":
            label = lr.async_get(hass).async_create("Outside")
            er.async_get(hass).async_update_entity(LOCK, labels={label.label_id})
            return {"label_id": label.label_id}
    floor = fr.async_get(hass).async_create("Ground")
    area = ar.async_get(hass).async_create("Hall", floor_id=floor.floor_id)
    dr.async_get(hass).async_update_device(device.id, area_id=area.id)
    return {"area_id": area.id} if kind == "area_id" else {"floor_id": floor.floor_id}


@pytest.mark.parametrize("kind", ["entity_id", "device_id", "label_id", "area_id", "floor_id"])
async def test_a_lock_is_meant_in_each_way_of_home_assistant(two: Home, kind: str) -> None:
    answer = await ask(two, "get_users", at=None, **await target(two, kind))
    assert answer.keys() == {LOCK}


async def test_all_locks_and_groups_of_locks_are_meant(two: Home) -> None:
    assert (await ask(two, "get_users", at="all")).keys() == {LOCK, BACK}
    group = {"doors": {"name": "Doors", "entities": [LOCK, BACK]}}
    assert await async_setup_component(two.hass, "group", {"group": group})
    assert (await ask(two, "get_users", at="group.doors")).keys() == {LOCK, BACK}


@pytest.mark.parametrize(
    ("chosen", "key", "named"),
    [
        ({"entity_id": "lock.nowhere"}, "unknown_target", "lock.nowhere"),
        ({"device_id": "nowhere"}, "unknown_target", "nowhere"),
        ({"area_id": "attic"}, "unknown_target", "attic"),
        ({"label_id": "lost"}, "unknown_target", "lost"),
        ({"floor_id": "cellar"}, "unknown_target", "cellar"),
        ({"entity_id": [LOCK, DOOR]}, "not_a_lock", DOOR),
        ({"entity_id": "none"}, "no_lock", None),
    ],
)
async def test_what_is_no_lock_of_ours_is_named(
    paired: Home, house: House, chosen: dict[str, Any], key: str, named: str | None
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await order(paired, "set_user", at=None, user_name="Anna", **chosen)
    assert refused.value.translation_key == key
    assert (refused.value.translation_placeholders or {}).get("target") == named
    assert await people(house) == {}, "nothing was done at the one that is a lock"


async def test_a_lock_of_another_integration_is_refused(paired: Home) -> None:
    paired.hass.states.async_set("lock.shed", "locked")
    with pytest.raises(ServiceValidationError, match="no lock of Lock Bridge"):
        await order(paired, "delete_all_users", at="lock.shed")


async def test_a_bridge_that_is_not_loaded_is_named(paired: Home) -> None:
    await paired.hass.config_entries.async_unload(paired.entry.entry_id)
    with pytest.raises(ServiceValidationError, match="Front door is not set up now"):
        await order(paired, "delete_all_users")
    await paired.hass.config_entries.async_set_disabled_by(paired.entry.entry_id, ConfigEntryDisabler.USER)
    with pytest.raises(ServiceValidationError, match="Front door is not set up now"):
        await ask(paired, "get_users")


async def test_a_lock_that_the_bridge_no_longer_has_is_named(paired: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    er.async_get(paired.hass).async_update_entity(LOCK, new_unique_id=f"{paired.entry.data['bridge_id']}_gone_lock")
    with pytest.raises(ServiceValidationError, match="no longer at this bridge"):
        await ask(paired, "get_users")


async def test_when_one_lock_fails_the_others_are_done_and_both_is_said(two: Home, house: House) -> None:
    cy = str((await house.command("users.add", lock="front_door", user_name="Cy"))["user_id"])
    with pytest.raises(ServiceValidationError) as failed:
        await order(two, "delete_user", at=[LOCK, BACK], user_id=cy)
    assert str(failed.value) == (
        "Done at Front door, but not at Back door. There is no such person at Back door. "
        "Look under People, or call get_users, for who is there."
    )
    assert set(await people(house, "front_door")) == {"Boss"}


async def test_when_it_fails_everywhere_each_says_why(two: Home, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_args: Any) -> None:
        raise LockBridgeError(ErrorCode.STORAGE)

    monkeypatch.setattr(house.running.bridge.dispatcher, "execute", full)
    with pytest.raises(HomeAssistantError) as failed:
        await order(two, "delete_all_users", at=[LOCK, BACK])
    assert not isinstance(failed.value, ServiceValidationError), "a fault, and no mistake of whoever called"
    assert str(failed.value).startswith("Not done at Back door, Front door. The bridge of Back door cannot write")


async def test_when_one_lock_cannot_be_asked_nothing_is_done_at_the_other(two: Home, house: House) -> None:
    er.async_get(two.hass).async_update_entity(LOCK, disabled_by=er.RegistryEntryDisabler.USER)
    await two.hass.async_block_till_done()
    with pytest.raises(ServiceValidationError, match="not set up now"):
        await order(two, "set_user", at=[BACK, LOCK], user_name="Anna")
    assert set(await people(house, "back_door")) == {"Boss"}


async def test_what_failed_is_told_in_the_language_of_the_house(paired: Home) -> None:
    await paired.hass.config.async_update(language="nb")
    await paired.hass.async_block_till_done()
    busy = HomeAssistantError(
        translation_domain="lock_bridge", translation_key="busy", translation_placeholders={"lock": "Inngang"}
    )
    assert exception_text(paired.hass, busy) != str(busy)
    assert "Inngang" in exception_text(paired.hass, busy)
    assert exception_text(paired.hass, HomeAssistantError("as it is")) == "as it is"


async def test_a_lock_that_goes_while_it_is_asked_is_named(paired: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paired.entry.runtime_data.connection
    (target,) = locks_of(paired.hass, {"entity_id": LOCK})
    monkeypatch.setattr(connection, "_data", replace(connection.data, locks={}))
    with pytest.raises(ServiceValidationError, match="no longer at this bridge"):
        target.check(())
