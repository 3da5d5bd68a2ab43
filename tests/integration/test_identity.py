"""A bridge that is no longer the one that was paired: a question, a repair, and never trust without the code."""

from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.repairs import FlowType, repairs_flow_manager
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge.const import DOMAIN
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home, suggested
from tests.integration.house import House, until
from tests.integration.test_config_flow_again import announcement, discover, reauth_form, reconfigure


async def test_a_bridge_with_a_new_certificate_is_asked_about(paired: Home, house: House) -> None:
    await house.stop()
    (house.data / "identity.pem").unlink()
    await house.start()
    form = await reauth_form(paired)
    assert form["step_id"] == "certificate_changed"
    assert paired.state(LOCK).state == "unavailable"
    assert suggested(form, "may_unlock") is True
    shown = form["description_placeholders"]
    assert shown["paired"].replace(" ", "") == paired.entry.data["fingerprint"]
    window = await house.command("pairing.open")
    assert shown["shown"].replace(" ", "") == window["fingerprint"]

    result = await paired.submit(form, may_unlock=False, may_manage=False, code=window["code"])

    assert result["reason"] == "reauth_successful"
    assert paired.entry.data["fingerprint"] == house.running.server.fingerprint
    await paired.until_state(LOCK, "locked")
    (client,) = await house.clients()
    assert client["scopes"] == ["events", "lock", "state"]


async def test_another_bridge_in_its_place_is_never_taken_for_it(paired: Home, house: House, tmp_path: Path) -> None:
    before = dict(paired.entry.data)
    await house.stop()
    other = House(tmp_path / "other", name="Cabin")
    other.port = house.port
    await other.start()
    try:
        form = await reauth_form(paired)
        assert form["step_id"] == "certificate_changed"
        menu = await paired.submit(form, may_unlock=True, code=await other.open_pairing())
        assert menu["step_id"] == "another_bridge"
        result = await paired.submit(menu, next_step_id="keep")
        assert result["reason"] == "wrong_bridge"
        assert paired.entry.data == before
        assert await other.clients() == []
    finally:
        await other.stop()


async def test_a_bridge_set_up_from_scratch_takes_the_place_of_the_former_one(
    paired: Home, house: House, tmp_path: Path
) -> None:
    entities, devices = er.async_get(paired.hass), dr.async_get(paired.hass)
    entities.async_update_entity(LOCK, new_entity_id="lock.by_the_stairs", name="Stairs")
    area = devices.async_update_device(paired.device("front_door").id, area_id="hall")
    assert area is not None
    before = len(dr.async_entries_for_config_entry(devices, paired.entry.entry_id))
    await house.stop()
    other = await _from_scratch(tmp_path, house)
    try:
        form = await reauth_form(paired)
        menu = await paired.submit(form, may_unlock=True, code=await other.open_pairing())
        assert menu["type"] is FlowResultType.MENU
        result = await paired.submit(menu, next_step_id="replace")

        assert result["reason"] == "reauth_successful"
        assert paired.entry.unique_id == other.bridge_id
        await paired.until_state("lock.by_the_stairs", "locked")
        assert paired.device("front_door").area_id == "hall"
        # Nothing of the former one is left beside it.
        left = er.async_entries_for_config_entry(entities, paired.entry.entry_id)
        assert all(entity.unique_id.startswith(other.bridge_id) for entity in left)
        assert len(dr.async_entries_for_config_entry(devices, paired.entry.entry_id)) == before
        assert len(await other.clients()) == 1
    finally:
        await paired.hass.config_entries.async_unload(paired.entry.entry_id)
        await other.stop()


async def test_a_new_bridge_takes_the_place_of_one_that_is_still_there(
    paired: Home, house: House, tmp_path: Path
) -> None:
    """The new computer is set up beside the old one, with the same doors."""
    former = house.bridge_id
    other = House(tmp_path / "other")
    await other.start()
    try:
        form = await reconfigure(paired, "address")
        form = await paired.submit(form, host="127.0.0.1", port=other.port)
        menu = await paired.submit(form, may_unlock=True, code=await other.open_pairing())
        result = await paired.submit(menu, next_step_id="replace")
        assert result["reason"] == "reconfigure_successful"
        assert paired.entry.unique_id == other.bridge_id != former
        await paired.hass.async_block_till_done()
        await paired.until_state(LOCK, "locked")
        await until(lambda: other.running.bridge.runner("front_door").state.settings.remote_unlock)
        await paired.call("unlock")
        await other.bolt("unlocked")
        assert house.running.bridge.runner("front_door").snapshot.bolt == "locked"
        assert await house.clients() == []
        assert paired.hass.config_entries.flow.async_progress() == []
    finally:
        await paired.hass.config_entries.async_unload(paired.entry.entry_id)
        await other.stop()


async def test_a_question_that_nobody_answers_leaves_no_client_behind(
    paired: Home, house: House, tmp_path: Path
) -> None:
    before = dict(paired.entry.data)
    await house.stop()
    other = await _from_scratch(tmp_path, house)
    try:
        form = await reauth_form(paired)
        menu = await paired.submit(form, may_unlock=True, code=await other.open_pairing())
        assert len(await other.clients()) == 1
        paired.hass.config_entries.flow.async_abort(menu["flow_id"])
        await paired.hass.async_block_till_done()
        assert await other.clients() == []
        assert paired.entry.data == before
    finally:
        await other.stop()


async def test_a_bridge_that_has_an_entry_of_its_own_takes_nobodys_place(
    paired: Home, house: House, tmp_path: Path
) -> None:
    other = House(tmp_path / "other", name="Cabin")
    await other.start()
    try:
        form = await paired.begin(port=other.port)
        await paired.submit(form, may_unlock=False, code=await other.open_pairing())
        home, cabin = paired.hass.config_entries.async_entries(DOMAIN)
        context = {"source": SOURCE_RECONFIGURE, "entry_id": home.entry_id}
        menu = await paired.hass.config_entries.flow.async_init(DOMAIN, context=context)
        form = await paired.submit(menu, next_step_id="address")
        form = await paired.submit(form, host="127.0.0.1", port=other.port)
        assert form["step_id"] == "certificate_changed"
        result = await paired.submit(form, may_unlock=True, code=await other.open_pairing())
        assert result["reason"] == "wrong_bridge"
        assert [client["id"] for client in await other.clients()] == [cabin.data["client_id"]]
    finally:
        await paired.hass.config_entries.async_remove(cabin.entry_id)
        await other.stop()


async def test_a_bridge_installed_anew_elsewhere_is_asked_about_when_it_is_moved(
    far: Home, house: House, network: FaultProxy
) -> None:
    old = far.entry.data["fingerprint"]
    await network.stop()
    await house.stop()
    (house.data / "identity.pem").unlink()
    await house.start()

    form = await reconfigure(far, "address")
    form = await far.submit(form, host="127.0.0.1", port=house.port)
    assert form["step_id"] == "certificate_changed"
    assert form["description_placeholders"]["paired"].split() == [old[at : at + 4] for at in range(0, 64, 4)]
    form = await far.submit(form, may_unlock=True, code="12345678")
    assert form["errors"] == {"base": "pairing_closed"}
    assert far.entry.data["port"] == network.port
    result = await far.submit(form, may_unlock=True, code=await house.open_pairing())

    assert result["reason"] == "reconfigure_successful"
    assert far.entry.data["port"] == house.port
    await far.until_state(LOCK, "locked")
    assert len(await house.clients()) == 1


async def test_a_new_certificate_is_asked_about_also_when_only_the_rights_were_to_be_changed(
    paired: Home, house: House
) -> None:
    form = await reconfigure(paired, "pair_again")
    await house.stop()
    (house.data / "identity.pem").unlink()
    await house.start()
    code = await house.open_pairing()

    form = await paired.submit(form, may_unlock=False, code=code)
    assert form["step_id"] == "certificate_changed"
    assert suggested(form, "code") == code
    assert suggested(form, "may_unlock") is False

    result = await paired.submit(form, may_unlock=False, code=code)
    assert result["reason"] == "reconfigure_successful"


async def test_the_repair_leads_to_the_question_and_goes_when_it_is_answered(paired: Home, house: House) -> None:
    await _changed(paired, house)
    issue = await _issue(paired)
    assert issue.is_fixable
    assert issue.translation_placeholders == {"name": "Home"}

    form = await _fix(paired, issue)
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == {"name": "Home", "address": f"127.0.0.1:{house.port}"}
    led = await _repairs(paired).async_configure(form["flow_id"], {})
    assert led["type"] is FlowResultType.ABORT
    assert led["reason"] == "pair_again"
    kind, flow_id = led["next_flow"]
    assert kind is FlowType.CONFIG_FLOW
    assert await _issue(paired) == issue

    question = await paired.hass.config_entries.flow.async_configure(flow_id)
    assert question["step_id"] == "certificate_changed"
    await paired.submit(question, may_unlock=True, code=await house.open_pairing())
    await paired.until_state(LOCK, "locked")
    assert _issues(paired) == []


async def test_the_repair_begins_the_question_anew_after_it_was_closed(paired: Home, house: House) -> None:
    await _changed(paired, house)
    issue = await _issue(paired)
    (waiting,) = paired.hass.config_entries.flow.async_progress()
    paired.hass.config_entries.flow.async_abort(waiting["flow_id"])

    led = await _repairs(paired).async_configure((await _fix(paired, issue))["flow_id"], {})
    question = await paired.hass.config_entries.flow.async_configure(led["next_flow"][1])
    assert question["step_id"] == "certificate_changed"


async def test_a_bridge_that_is_itself_again_needs_no_code(paired: Home, house: House) -> None:
    """Its address belonged to another device for a while."""
    kept = (house.data / "identity.pem").read_bytes()
    await _changed(paired, house)
    issue = await _issue(paired)
    await house.stop()
    (house.data / "identity.pem").write_bytes(kept)
    await house.start()

    done = await _repairs(paired).async_configure((await _fix(paired, issue))["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await paired.until_state(LOCK, "locked")
    await paired.hass.async_block_till_done()
    assert _issues(paired) == []
    assert paired.hass.config_entries.flow.async_progress() == []


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_bridge_that_is_announced_as_itself_again_is_asked_nothing(
    paired: Home, house: House, restarted: bool
) -> None:
    kept = (house.data / "identity.pem").read_bytes()
    await _changed(paired, house)
    await _issue(paired)
    if restarted:
        await paired.hass.config_entries.async_reload(paired.entry.entry_id)
        assert paired.entry.state is ConfigEntryState.SETUP_ERROR
        assert paired.entry.error_reason_translation_key == "certificate_changed"
    assert (await discover(paired.hass, announcement(house.bridge_id, house.port)))["reason"] == "already_configured"
    assert len(_issues(paired)) == 1
    await house.stop()
    (house.data / "identity.pem").write_bytes(kept)
    await house.start()

    assert (await discover(paired.hass, announcement(house.bridge_id, house.port)))["reason"] == "already_configured"
    await paired.until_state(LOCK, "locked")
    await paired.hass.async_block_till_done()
    assert _issues(paired) == []
    assert paired.hass.config_entries.flow.async_progress() == []


async def test_the_repair_goes_with_the_bridge(paired: Home, house: House) -> None:
    await _changed(paired, house)
    await _issue(paired)
    await paired.hass.config_entries.async_remove(paired.entry.entry_id)
    assert _issues(paired) == []


async def _changed(home: Home, house: House) -> None:
    """The bridge comes back with another certificate, and Home Assistant has noticed."""
    assert await async_setup_component(home.hass, "repairs", {})
    await house.stop()
    (house.data / "identity.pem").unlink()
    await house.start()
    flows = home.hass.config_entries.flow
    await until(lambda: flows.async_progress_by_handler(DOMAIN, match_context={"source": SOURCE_REAUTH}))


async def _from_scratch(folder: Path, former: House) -> House:
    other = House(folder / "other")
    other.port = former.port
    await other.start()
    return other


def _issues(home: Home) -> list[ir.IssueEntry]:
    return [issue for (domain, _), issue in ir.async_get(home.hass).issues.items() if domain == DOMAIN]


async def _issue(home: Home) -> ir.IssueEntry:
    (issue,) = await until(lambda: _issues(home))
    return issue


def _repairs(home: Home) -> Any:
    manager = repairs_flow_manager(home.hass)
    assert manager is not None
    return manager


async def _fix(home: Home, issue: ir.IssueEntry) -> Any:
    return await _repairs(home).async_init(DOMAIN, context={"issue_id": issue.issue_id})
