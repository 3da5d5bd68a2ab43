"""Under Configure, as the owner sees it: a finger, face and palm are learnt at the door, step by step."""

import pytest
from playwright.async_api import expect

from tests.system.dialog import Dialog
from tests.system.home import Home, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

FREDA = "Freda"
FINGER = "Anna left index"
"""Nobody else at this door has it."""


@pytest.mark.spec("APP-2")
async def test_what_a_person_opens_with_is_learnt_with_its_steps_on_the_screen(home: Home) -> None:
    await home.ensure_paired()
    await home.bridge.command("user", "add", FREDA, "--lock", "front_door")
    dialog = await Dialog.people(home)
    await dialog.pick(FREDA)
    await dialog.submit()
    await dialog.titled("Person", FREDA)

    await dialog.choose("Add a finger")
    await _a_finger(home, dialog)
    await _the_same_finger(home, dialog)
    await _a_palm(home, dialog)
    await _nothing(home, dialog)
    await home.bridge.command("user", "delete", FREDA, "--lock", "front_door")


async def _a_finger(home: Home, dialog: Dialog) -> None:
    at_door = home.bridge.at_door
    await dialog.titled("What is Front door to learn?", "Freda has to stand at Front door now.")
    await dialog.pick("A finger")
    await dialog.picture("flow-enrol")
    await dialog.submit()
    await dialog.titled("At the door", "Put the finger on the reader", "0 of 6 done.")
    await dialog.picture("flow-enrolling-first")
    await at_door("touch", FINGER)
    await dialog.titled("At the door", "Put the same finger on again", "1 of 6 done.")
    await at_door("touch", FINGER, "briefly")
    await dialog.titled("At the door", "That was too short.", "1 of 6 done.")
    await dialog.picture("flow-enrolling-again")
    for done in range(2, 5):
        await at_door("touch", FINGER)
        await dialog.titled("At the door", f"{done} of 6 done.")
    await expect(dialog.progress).to_contain_text("67%")
    await dialog.picture("enrolment")
    await at_door("touch", FINGER)
    await at_door("touch", FINGER)
    await dialog.titled("That worked", "Front door knows it from now on")
    await dialog.fill("Name for it", "left index")
    await dialog.switch("Another one")
    await dialog.picture("flow-enrolled")
    await dialog.submit()


async def _the_same_finger(home: Home, dialog: Dialog) -> None:
    await dialog.titled("What is Front door to learn?", "is learnt.")
    await dialog.pick("A finger")
    await dialog.submit()
    await dialog.titled("At the door", "Put the finger on the reader")
    await home.bridge.at_door("touch", "Ben right thumb")
    await dialog.titled("That did not work", "Nothing was kept at Front door.")
    await expect(dialog.errors.first).to_contain_text("The lock knows it already")
    await dialog.picture("flow-enrolled-already")
    await dialog.pick("Learn something else")
    await dialog.submit()


async def _a_palm(home: Home, dialog: Dialog) -> None:
    await dialog.titled("What is Front door to learn?")
    await dialog.pick("A palm")
    await dialog.submit()
    await dialog.titled("At the door", "Hold the palm flat to the red light")
    await dialog.picture("flow-enrolling-palm")
    await home.bridge.at_door("palm", "Ben left")
    await dialog.titled("That worked")
    await dialog.submit()
    await dialog.titled("Person", "1 finger, 1 palm")


async def _nothing(home: Home, dialog: Dialog) -> None:
    """The dialog is closed: the door goes on as ever."""
    await dialog.choose("Add a finger")
    await dialog.pick("A face")
    await dialog.submit()
    await dialog.titled("At the door", "Look straight into the lens")
    await dialog.picture("flow-enrolling-face")
    assert await _status(home) == "started"
    await dialog.close()

    async def cancelled() -> bool:
        return await _status(home) == "cancelled"

    await until(cancelled)


async def _status(home: Home) -> str:
    (lock,) = (await home.bridge.command("status"))["locks"]
    return str(lock["enrolment"]["status"])
