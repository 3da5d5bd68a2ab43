"""The bridge itself, as the owner sees it: a code for the lock, what may be changed, and another one in its place."""

import pytest
from playwright.async_api import Page, expect

from house.dashboard import LOCK
from tests.system.dialog import Dialog
from tests.system.home import INTEGRATION, Home, open_menu, picture, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

CODE = "7391"


async def test_a_code_before_home_assistant_moves_the_lock(home: Home) -> None:
    await home.ensure_paired()
    dialog = await Dialog.configure(home)
    await dialog.choose("A code before")
    await dialog.titled("A code before Home Assistant moves the lock", "This is not a passcode of the door")
    await dialog.fill("Code", "12")
    await dialog.submit()
    await expect(dialog.errors.first).to_contain_text("The code has four to eight digits.")
    await expect(dialog.field("Code")).to_have_value("12")
    await dialog.fill("Code", CODE)
    await dialog.picture("flow-lock-code")
    await dialog.submit()
    await dialog.titled("Success")
    await dialog.submit()

    async def asks_for_it() -> bool:
        state = await home.state(LOCK)
        return state["state"] != "unavailable" and state["attributes"].get("code_format") is not None

    await until(asks_for_it)
    await dialog.reopen()
    await dialog.choose("A code before")
    await dialog.switch("Ask for no code any more")
    await dialog.submit()
    await dialog.titled("Success")

    async def asks_no_longer() -> bool:
        state = await home.state(LOCK)
        return state["state"] != "unavailable" and state["attributes"].get("code_format") is None

    await until(asks_no_longer)


async def test_what_home_assistant_may_do_is_changed_under_reconfigure(home: Home) -> None:
    await home.ensure_paired()
    page = await home.page()
    await page.goto(f"{home.hass.url}{INTEGRATION}")
    row = page.locator("ha-config-entry-row")
    await open_menu(row.locator("ha-row-item > ha-dropdown"))
    await row.get_by_role("menuitem", name="Reconfigure").click()
    dialog = Dialog(page)
    await dialog.titled("Change the bridge", "What do you want to change at Hall bridge?")
    await dialog.picture("flow-reconfigure")
    await dialog.choose("The bridge has another address")
    await dialog.titled("Where is the bridge now?")
    await expect(dialog.field("Address")).to_have_value("127.0.0.1")
    await expect(dialog.field("Port")).to_have_value(str(home.network.port))
    await dialog.picture("flow-reconfigure-address")
    await dialog.close()


async def test_access_that_was_taken_back_is_given_again(home: Home) -> None:
    await home.ensure_paired()
    (client,) = (await home.bridge.command("clients"))["clients"]
    await home.bridge.command("revoke", client["id"])
    page = await home.page()
    await page.goto(f"{home.hass.url}{INTEGRATION}")
    await page.get_by_role("button", name="Reconfigure").click()
    dialog = Dialog(page)
    await dialog.titled("Pair with Hall bridge again", "its access was taken back there")
    await dialog.picture("flow-reauth")
    await _pair(home, dialog)


async def test_a_bridge_with_another_certificate_is_looked_at_before_it_is_trusted(home: Home) -> None:
    await home.ensure_paired()
    await home.bridge.stop()
    (home.bridge.folder / "data" / "identity.pem").unlink()
    await home.bridge.start()
    page = await home.page(size=(1280, 1000))
    await page.goto(f"{home.hass.url}/config/repairs")
    await page.get_by_text("Hall bridge is not the bridge that was paired").click()
    dialog = Dialog(page)
    await dialog.titled("Hall bridge is not the bridge that was paired", "The door itself works as ever.")
    await dialog.picture("flow-repair")
    await dialog.submit()
    await dialog.titled("Is this Hall bridge, installed anew?", "Shown now")
    await dialog.picture("flow-certificate")
    await _pair(home, dialog)


async def test_a_person_goes_with_her_device_but_not_the_last_administrator(home: Home) -> None:
    await home.ensure_paired()
    await home.bridge.command("user", "add", "Gerda", "--lock", "front_door")
    page = await home.device("Anna")
    await _delete_device(page)
    refusal = page.locator("ha-dialog", has_text="administrator").last
    await expect(refusal).to_contain_text("Anna was not deleted: no other administrator would be left")
    await picture(page, "flow-device-refused")
    await _delete_device(await home.device("Gerda"))

    async def gone() -> bool:
        users = (await home.bridge.command("users", "--lock", "front_door"))["users"]
        return "Gerda" not in {user["name"] for user in users}

    await until(gone)


async def _pair(home: Home, dialog: Dialog) -> None:
    await expect(dialog.form.get_by_role("switch").first).to_be_checked()
    await dialog.fill("Pairing code", await home.bridge.pairing_code())
    await dialog.submit()
    await expect(dialog.title).to_have_text("Lock Bridge")
    await expect(dialog.page.locator("step-flow-abort")).to_contain_text("Re-authentication was successful")
    await home.until_state(LOCK, "locked", "unlocked")


async def _delete_device(page: Page) -> None:
    # While not all is known that can be done with the device, the first of it stands alone and there is no menu.
    menu = page.locator("ha-device-info-card ha-dropdown")
    await open_menu(menu)
    await menu.get_by_role("menuitem", name="Delete").click()
    await page.locator("dialog-box ha-button[slot=primaryAction]").click()
