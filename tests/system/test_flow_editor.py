"""Our actions, triggers and conditions where the owner chooses them, with their names and fields."""

import json

import pytest
from playwright.async_api import Page, expect

from house.dashboard import LOCK
from tests.system.home import Home, picture, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

EDITOR = (1280, 900)
AUTOMATION = "/api/config/automation/config/welcome"


async def test_an_action_is_tried_in_the_developers_tools(home: Home) -> None:
    await home.ensure_paired()
    chosen = {"action": "lock_bridge.get_users", "target": {"entity_id": [LOCK]}, "data": {}}
    page = await home.page(size=EDITOR)
    await page.add_init_script(
        f"localStorage.setItem('panel-dev-action-state-service-data', {json.dumps(json.dumps(chosen))})"
    )
    await page.goto(f"{home.hass.url}/config/tools/action")
    await expect(page.get_by_text("Get people")).to_be_visible()
    await expect(page.get_by_text("Tells who is on a lock")).to_be_visible()
    await page.get_by_role("button", name="Perform action").click()
    response = page.locator("ha-yaml-editor").last
    await expect(response).to_contain_text("user_name: Anna")
    await expect(response).to_contain_text("user_type: programming")
    await picture(page, "flow-action")


async def test_triggers_and_conditions_have_names_and_fields_in_the_editor(home: Home) -> None:
    await home.ensure_paired()
    anna = await home.device_id("Anna")
    automation = {
        "alias": "Welcome Anna",
        "triggers": [
            {
                "trigger": "lock_bridge.entered",
                "target": {"entity_id": LOCK},
                "options": {"person": [anna], "method": ["fingerprint"]},
            }
        ],
        "conditions": [
            {"condition": "lock_bridge.may_enter", "target": {"entity_id": LOCK}, "options": {"person": [anna]}}
        ],
        "actions": [],
    }
    await home.hass.post(AUTOMATION, automation)
    page = await home.page(size=EDITOR)
    await page.goto(f"{home.hass.url}/config/automation/edit/welcome")
    side = page.locator("ha-automation-sidebar")
    await _choose(page, "ha-automation-trigger-row", "Person entered")
    for text in ("Person entered", "Only these people.", "Anna", "Only these ways to open.", "Fingerprint"):
        await expect(side.get_by_text(text).first).to_be_visible()
    await picture(page, "triggers")
    await _choose(page, "ha-automation-condition-row", "Person may enter now")
    for text in ("Person may enter now", "The people to ask about.", "Anna"):
        await expect(side.get_by_text(text).first).to_be_visible()
    await picture(page, "flow-condition")

    await page.get_by_role("button", name="Add trigger").click()
    await page.locator("ha-input-search input").fill("refused")
    await expect(page.get_by_text("Person was refused")).to_be_visible()
    await picture(page, "flow-add-trigger")
    await home.hass.delete(AUTOMATION)


async def _choose(page: Page, row: str, name: str) -> None:
    """Open a row beside the automation. The editor misses clicks while it is drawn; another on an open row shuts it."""

    async def is_open() -> bool:
        if not await page.locator(f"{row} ha-automation-row[selected]").count():
            await page.locator(row).click(position={"x": 120, "y": 24})
        return await page.locator("ha-automation-sidebar").get_by_text(name).first.is_visible()

    await until(is_open)
