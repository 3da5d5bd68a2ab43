"""Under Configure, as the owner sees it: passcodes, visitors' passcodes and keys, and what somebody has."""

import re

import pytest
from playwright.async_api import expect

from house.dashboard import LOCK
from tests.system.dialog import Dialog
from tests.system.home import Home

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

EMIL = "Emil"
TYPED = "85204713"
FOR_DURESS = "60917358"


@pytest.mark.spec("CAP-7", "CAP-11", "VER-12", "VER-13", "VER-14")
async def test_passcodes_and_visitors_codes_are_given_named_and_taken_away(home: Home) -> None:
    await home.ensure_paired()
    await home.bridge.command("user", "add", EMIL, "--lock", "front_door")
    dialog = await Dialog.people(home)
    await dialog.pick(EMIL)
    await dialog.submit()
    await dialog.titled("Person", EMIL)

    await _passcode(home, dialog)
    await _duress(dialog)
    visitors = await _visitor(dialog)
    await _opens(home, visitors)
    await _key(home, dialog)
    await _list(dialog)
    await _all_gone(dialog)
    await dialog.choose("Done")
    await dialog.titled("Success")
    await dialog.submit()
    await expect(dialog.title).to_have_count(0)
    await home.bridge.command("user", "delete", EMIL, "--lock", "front_door")


async def _passcode(home: Home, dialog: Dialog) -> None:
    await dialog.choose("Passcode")
    await dialog.titled("A new passcode for Emil", "leave the field empty: then the bridge makes one")
    await dialog.fill("Passcode", "123456")
    await dialog.picture("flow-passcode")
    await dialog.submit()
    await expect(dialog.errors.first).to_contain_text("Front door takes no passcode that is easy to guess.")
    await expect(dialog.field("Passcode")).to_have_value("123456")
    await dialog.picture("flow-passcode-simple")
    await dialog.fill("Passcode", TYPED)
    await dialog.submit()
    await dialog.titled("Person", "The passcode is set. It holds from now on.", "1 passcode")
    await dialog.picture("flow-passcode-set")

    await dialog.choose("Passcode")
    await dialog.titled("Passcode", "Nobody can read it again, not even here")
    await dialog.picture("flow-passcode-there")
    await dialog.choose("Give a new one in its place")
    await dialog.titled("A new passcode for Emil")
    await dialog.submit()
    await dialog.titled("Emil's new passcode", "This is shown now and never again")
    made = await _shown(dialog, "Passcode")
    await dialog.picture("flow-passcode-made")
    await _opens(home, made)
    await dialog.submit()
    await dialog.titled("Person")


async def _duress(dialog: Dialog) -> None:
    await dialog.choose("Duress passcode")
    await dialog.titled("A duress passcode for Emil", "a silent alarm is raised")
    await dialog.fill("Duress passcode", FOR_DURESS)
    await dialog.picture("flow-duress")
    await dialog.submit()
    await dialog.titled("Person", "A passcode or finger for duress at Front door")


async def _visitor(dialog: Dialog) -> str:
    await dialog.choose("Passcode for a visitor")
    await dialog.titled("A passcode for a visitor", "It belongs to Emil")
    await dialog.fill("Name of the visitor", "Plumber")
    await dialog.fill("How many times", "2")
    await dialog.picture("flow-visitor")
    await dialog.submit()
    await dialog.titled("The visitor's passcode", "Plumber")
    made = await _shown(dialog, "Passcode")
    await dialog.picture("visitor")
    await dialog.submit()
    await dialog.titled("Person", "1 visitor's passcode")
    return made


async def _key(home: Home, dialog: Dialog) -> None:
    await dialog.choose("Bluetooth key for a visitor")
    await dialog.titled("A Bluetooth key for a visitor")
    await dialog.fill("Name of the visitor", "Guest")
    await dialog.submit()
    await expect(dialog.errors.first).to_contain_text("Bluetooth is off at Front door.")
    await expect(dialog.field("Name of the visitor")).to_have_value("Guest")
    await dialog.picture("flow-key-refused")
    await home.bridge.command("settings", "bluetooth=on")
    await dialog.submit()
    await dialog.titled("The visitor's Bluetooth key", "Guest")
    await home.bridge.command("settings", "bluetooth=off")
    await _shown(dialog, "Key")
    await dialog.picture("flow-key")
    await dialog.submit()
    await dialog.titled("Person", "1 Bluetooth key")
    await dialog.picture("person")


async def _list(dialog: Dialog) -> None:
    await dialog.choose("Everything this person opens the door with")
    await dialog.titled("What Emil has at Front door", "Plumber · for a visitor", "raises a silent alarm")
    await dialog.picture("flow-credentials")
    await dialog.pick("Plumber")
    await dialog.submit()
    await expect(dialog.title).to_contain_text("Plumber")
    await dialog.fill("Name for it", "Painter")
    await dialog.picture("flow-credential")
    await dialog.submit()
    await dialog.titled("What Emil has at Front door", "Painter · for a visitor")
    await dialog.pick("Painter")
    await dialog.submit()
    await expect(dialog.title).to_contain_text("Painter")
    await dialog.switch("Delete it")
    await dialog.submit()
    await dialog.titled("Delete it?", "At once it no longer opens Front door.")
    await dialog.picture("flow-credential-delete")
    await dialog.submit()
    await dialog.titled("What Emil has at Front door", "It is deleted.")


async def _all_gone(dialog: Dialog) -> None:
    await dialog.pick("Delete all of it")
    await dialog.submit()
    await dialog.titled("Delete everything that Emil has at Front door?", "Bluetooth key")
    await dialog.picture("flow-credentials-delete")
    await dialog.submit()
    await dialog.titled("Person", "3 were deleted.", "nothing yet")


async def _shown(dialog: Dialog, label: str) -> str:
    """What is shown this once: in its field, in the message, and to a camera."""
    made = await dialog.field(label).input_value()
    assert re.fullmatch(r"\d{4,10}" if label == "Passcode" else r"\S{8,}", made)
    await expect(dialog.field("Message to hand on")).to_have_value(re.compile(re.escape(made)))
    await expect(dialog.form.locator("ha-qr-code canvas")).to_be_visible()
    return made


async def _opens(home: Home, passcode: str) -> None:
    await home.lock_up()
    await home.until_state(LOCK, "locked")
    await home.bridge.at_door("press", "0", *passcode, "ok")
    await home.until_bolt("retracted")
