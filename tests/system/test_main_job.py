"""The main job, as its users see it: pair, open from the dashboard, open at the door, read who it was."""

import pytest
from playwright.async_api import Locator, Page, expect

from house.dashboard import LOCK
from house.people import PEOPLE
from tests.system.automations import ACCESS
from tests.system.home import Home, picture, type_at_door, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]
"""All of it runs in one event loop, for the processes live as long as the tests."""

ANNA, BEN = PEOPLE
DOORBELL = "event.front_door_doorbell"


async def test_home_assistant_is_paired_in_its_own_dialog(home: Home) -> None:
    await home.unpair()
    await home.lock_up()
    page = await home.page()
    await page.goto(f"{home.hass.url}/config/integrations/dashboard/add?domain=lock_bridge")
    await page.get_by_role("button", name="OK", exact=True).click()
    form, submit = page.locator("step-flow-form"), page.get_by_role("button", name="Submit")

    await expect(page.get_by_text("Where is the bridge?")).to_be_visible()
    await form.locator("input[name=host]").fill("127.0.0.1")
    await form.locator("input[type=number]").fill(str(home.network.port))
    await submit.click()

    code = form.locator("input[name=code]")
    await expect(page.get_by_text("Pair with Hall bridge")).to_be_visible()
    await code.fill("2460 8135")
    await picture(page, "pairing")
    await submit.click()
    await expect(form.get_by_text("Pairing is not open")).to_be_visible()
    await picture(page, "pairing-closed")

    shown = await home.bridge.pairing_code()
    await code.fill(f"{(int(shown) + 1) % 10**8:08}")
    await submit.click()
    await expect(form.get_by_text("The code is not the one that the bridge shows")).to_be_visible()
    await picture(page, "pairing-wrong-code")

    may_open, may_manage = form.get_by_role("switch").first, form.get_by_role("switch").last
    await expect(may_manage).to_be_checked()
    await expect(may_open).not_to_be_checked()
    await form.locator("ha-switch").first.click()
    await expect(may_open).to_be_checked()
    await code.fill(f"{shown[:4]} {shown[4:]}")
    await submit.click()
    await expect(page.get_by_text("Name and assign")).to_be_visible()
    await picture(page, "pairing-done")

    await home.until_state(LOCK, "locked")
    (client,) = (await home.bridge.command("clients"))["clients"]
    assert {"unlock", "users", "credentials", "settings"} <= set(client["scopes"])


@pytest.mark.spec("VER-16", "APP-1")
async def test_the_dashboard_unlocks_and_the_doors_bolt_moves(home: Home) -> None:
    dashboard, door = await home.dashboard(), await home.door()
    await home.lock_up()
    await expect(_facts(door)).to_contain_text("Bolt thrown")

    await dashboard.get_by_role("button", name="Unlock", exact=True).click()
    await expect(_facts(door)).to_contain_text("Bolt drawn back")
    await expect(_tile(dashboard)).to_contain_text("Unlocked")
    await expect(_tile(dashboard)).to_contain_text("Home Assistant")

    await dashboard.get_by_role("button", name="Lock", exact=True).click()
    await expect(_facts(door)).to_contain_text("Bolt thrown")
    await expect(_tile(dashboard)).to_contain_text("Locked")


@pytest.mark.spec("VER-1", "VER-3")
async def test_a_passcode_typed_at_the_door_puts_a_name_into_the_logbook(home: Home) -> None:
    dashboard, door = await home.dashboard(), await home.door()
    await home.lock_up()
    await type_at_door(door, f"77{ANNA.passcode}31")

    await expect(_facts(door)).to_contain_text("Bolt drawn back")
    await expect(_tile(dashboard)).to_contain_text("Anna")
    await expect(dashboard.locator("hui-logbook-card")).to_contain_text("opened by Anna with passcode")
    state = await home.state(LOCK)
    assert state["state"] == "unlocked"
    assert state["attributes"]["changed_by"] == "Anna · passcode"


async def test_a_wrong_passcode_shows_at_the_door_and_in_the_access_event(home: Home) -> None:
    await home.ensure_paired()
    door = await home.door()
    before = await home.state(ACCESS)
    await type_at_door(door, "9999991")

    await expect(door.locator("#heard")).to_contain_text("Failure tone")
    event = await _next(home, ACCESS, before)
    assert event["attributes"]["event_type"] == "refused"
    assert event["attributes"]["reason"] == "unknown_credential"
    assert "user_name" not in event["attributes"]
    assert "999999" not in str(event)


async def test_the_doorbell_rings_in_home_assistant(home: Home) -> None:
    await home.ensure_paired()
    door = await home.door()
    before, rang = await home.state(DOORBELL), await home.state("counter.rang")
    await door.get_by_role("button", name="Doorbell").click()

    assert (await _next(home, DOORBELL, before))["attributes"]["event_type"] == "ring"
    await home.until_state("counter.rang", str(int(rang["state"]) + 1))


async def _next(home: Home, entity_id: str, before: dict[str, object]) -> dict[str, dict[str, object]]:
    async def changed() -> dict[str, dict[str, object]] | None:
        state = await home.state(entity_id)
        return state if state["state"] != before["state"] else None

    state = await until(changed)
    assert state is not None
    return state


def _facts(door: Page) -> Locator:
    return door.get_by_role("list", name="The door now")


def _tile(dashboard: Page) -> Locator:
    return dashboard.locator("hui-tile-card").first
