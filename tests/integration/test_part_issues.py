"""A part of a lock that fails, is exchanged or forgets: the owner is told what to do, until it is done."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.lock_bridge.const import DOMAIN
from custom_components.lock_bridge.part_issues import FAULT_KEYS
from custom_components.lock_bridge.wire.words import Trouble
from tests.integration.enrolments import THUMB, add_anna, hers, learning_house
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until

FAULT = "binary_sensor.front_door_fault"
TAMPER = "binary_sensor.front_door_tamper"
ALERT = "event.front_door_alert"
STRANGER = "Stranger right thumb"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = await learning_house(tmp_path)
    yield house
    await house.stop()


@pytest.mark.spec("FLT-1")
async def test_a_part_that_does_not_answer_is_a_problem_with_a_hint_until_it_does(paired: Home, house: House) -> None:
    await house.do("unplug", "fingerprint")
    await paired.until_state(FAULT, "on")
    assert paired.state(FAULT).attributes["parts"] == ["fingerprint"]
    issue = await _issue(paired)
    assert (issue.translation_key, issue.is_fixable) == ("part_no_answer", False)
    assert issue.translation_placeholders == {"lock": "Front door", "part": "fingerprint reader"}

    await house.do("plug", "fingerprint")
    await paired.until_state(FAULT, "off")
    await until(lambda: not _issues(paired))


def test_every_trouble_has_a_hint_of_its_own() -> None:
    assert FAULT_KEYS.keys() == set(Trouble)
    assert len(set(FAULT_KEYS.values())) == len(Trouble)


async def test_the_hint_goes_with_the_bridge_and_comes_back_with_it(paired: Home, house: House) -> None:
    await house.do("unplug", "face")
    issue = await _issue(paired)
    await paired.hass.config_entries.async_unload(paired.entry.entry_id)
    assert _issues(paired) == []
    await paired.hass.config_entries.async_setup(paired.entry.entry_id)
    assert (await _issue(paired)).issue_id == issue.issue_id


@pytest.mark.spec("FLT-1", "USR-9", "S61")
async def test_an_exchanged_reader_opens_nothing_until_an_administrator_trusts_it(paired: Home, house: House) -> None:
    anna = await add_anna(house)
    await house.command("credentials.enrol", lock="front_door", user_id=anna, type="fingerprint")
    for _ in range(6):
        await house.do("touch", THUMB)
    await until(lambda: "fingerprint" in hers(house, anna))
    await house.do("exchange", "fingerprint")
    await paired.until_state(TAMPER, "on")
    issue = await _issue(paired)
    assert (issue.translation_key, issue.is_fixable) == ("part_replaced", True)

    await house.do("touch", STRANGER)
    await house.do("touch", THUMB)
    assert paired.state(LOCK).state == "locked"

    assert await async_setup_component(paired.hass, "repairs", {})
    form = await _repairs(paired).async_init(DOMAIN, context={"issue_id": issue.issue_id})
    assert form["description_placeholders"] == {"lock": "Front door", "part": "fingerprint reader"}
    told = async_capture_events(paired.hass, EVENT_STATE_CHANGED)
    done = await _repairs(paired).async_configure(form["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await paired.until_state(TAMPER, "off")

    # What was enrolled in it was a stranger's; whoever used the old one has to enrol again, and is named.
    issue = await _issue(paired)
    assert issue.translation_key == "part_templates_lost"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["people"] == "- Anna: Finger 1"
    await until(lambda: "credential_lost" in {_alert(event) for event in told})
    await house.do("touch", STRANGER)
    assert paired.state(LOCK).state == "locked"


async def test_a_bridge_that_cannot_be_asked_leaves_the_question_open(paired: Home, house: House) -> None:
    await house.do("exchange", "fingerprint")
    issue = await _issue(paired)
    assert await async_setup_component(paired.hass, "repairs", {})
    form = await _repairs(paired).async_init(DOMAIN, context={"issue_id": issue.issue_id})
    await house.stop()
    again = await _repairs(paired).async_configure(form["flow_id"], {})
    assert (again["type"], again["errors"]) == (FlowResultType.FORM, {"base": "not_trusted"})
    assert again["description_placeholders"]["error"]
    assert [issue.translation_key for issue in _issues(paired)] == ["part_replaced"]


def _alert(event: Event[Any]) -> str | None:
    return event.data["new_state"].attributes["event_type"] if event.data["entity_id"] == ALERT else None


def _issues(home: Home) -> list[ir.IssueEntry]:
    return [issue for (domain, _), issue in ir.async_get(home.hass).issues.items() if domain == DOMAIN]


async def _issue(home: Home) -> ir.IssueEntry:
    (issue,) = await until(lambda: _issues(home))
    return issue


def _repairs(home: Home) -> Any:
    manager = repairs_flow_manager(home.hass)
    assert manager is not None
    return manager
