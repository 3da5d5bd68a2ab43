"""Under Configure, as the owner sees it: who lives here, and when each may enter."""

import pytest
from playwright.async_api import expect

from tests.system.dialog import Dialog
from tests.system.home import Home, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

DORA = "Dora"


async def test_a_person_is_added_limited_switched_off_and_deleted(home: Home) -> None:
    await home.ensure_paired()
    dialog = await Dialog.configure(home)
    await dialog.titled("What would you like to do?", "What you change here counts at the door at once.")
    await dialog.picture("flow-menu")

    await dialog.choose("People")
    await dialog.titled("People", "001 Anna · administrator ·", "002 Ben · user ·")
    await dialog.picture("people")
    await _add(dialog)
    await _edit(dialog)
    await _limit(dialog)
    await _weekly(dialog)

    (dora,) = [user for user in await _users(home) if user["name"] == DORA]
    assert dora["schedule"] == [
        {"days": [0, 1, 2, 3, 4], "start": "08:00", "end": "17:00"},
        {"days": [5], "start": "22:00", "end": "02:30"},
    ]
    assert dora["uses_left"] == 20
    await _delete(dialog)
    await until(lambda: _gone(home))


async def _add(dialog: Dialog) -> None:
    await dialog.pick("Add a person")
    await dialog.submit()
    await dialog.titled("Add a person", "As it is to be shown in Home Assistant")
    await dialog.fill("Name", DORA)
    await dialog.pick("Ordinary user")
    await dialog.picture("flow-add-person")
    await dialog.submit()
    await dialog.titled("Person", DORA, "Ordinary user", ": nothing yet")
    await dialog.picture("flow-person-new")


async def _edit(dialog: Dialog) -> None:
    await dialog.choose("Name, role")
    await dialog.titled(DORA, "This counts for all of this person's locks.")
    await dialog.switch("May enter")
    await dialog.picture("flow-edit")
    await dialog.submit()
    await dialog.titled("Person", "Switched off: nothing opens a door")
    await dialog.picture("flow-person-off")
    await dialog.choose("Name, role")
    await dialog.titled(DORA)
    await dialog.switch("May enter")
    await dialog.submit()
    await dialog.titled("Person")
    await expect(dialog.menu).not_to_contain_text("Switched off")


async def _limit(dialog: Dialog) -> None:
    await dialog.choose("From when")
    await dialog.titled("When may Dora enter?", "The times are those of your home (Europe/Oslo).")
    await dialog.pick("From one day to another")
    await dialog.day_of_next_month("From", 5)
    await dialog.time("From", 8, 0)
    await dialog.day_of_next_month("Until", 4)
    await dialog.time("Until", 18, 30)
    await dialog.picture("flow-validity")
    await dialog.submit()
    await expect(dialog.errors.first).to_contain_text("Its end has to come after its beginning")
    await dialog.picture("flow-validity-refused")
    await dialog.day_of_next_month("Until", 20)
    await dialog.fill("Entries left", "20")
    await dialog.submit()
    await dialog.titled("Person", "From 5 ", "20 entries left")


async def _weekly(dialog: Dialog) -> None:
    await dialog.choose("Weekly schedule")
    await dialog.titled("Weekly schedule", "At any time, on every day: there is no weekly schedule.")
    await dialog.picture("flow-schedule-none")
    await dialog.choose("Add days and hours")
    await dialog.titled("Add days and hours", "Dora may enter on these days, between these times.")
    await dialog.submit()
    await expect(dialog.errors.first).to_contain_text("Choose at least one day.")
    await dialog.tick("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    await dialog.time("From", 8, 0)
    await dialog.time("To", 17, 0)
    await dialog.picture("flow-schedule-add")
    await dialog.submit()
    await dialog.titled("Weekly schedule", "Monday to Friday: 08:00 to 17:00")
    await dialog.choose("Add days and hours")
    await dialog.titled("Add days and hours")
    await dialog.tick("Saturday")
    await dialog.time("From", 22, 0)
    await dialog.time("To", 2, 30)
    await dialog.submit()
    await dialog.titled("Weekly schedule", "Saturday: 22:00 to 02:30 on the next day")
    await dialog.picture("flow-schedule")
    await dialog.choose("Take some of them away")
    await dialog.titled("Take days and hours away")
    await dialog.picture("flow-schedule-remove")
    await dialog.submit()
    await dialog.titled("Weekly schedule", "Monday to Friday")
    await dialog.choose("Back")
    await dialog.titled("Person", "Weekly: Monday to Friday: 08:00 to 17:00; Saturday: 22:00 to 02:30 on the next day")
    await dialog.picture("flow-person-limited")


async def _delete(dialog: Dialog) -> None:
    await dialog.choose("Delete")
    await dialog.titled("Delete Dora?", "This cannot be undone.")
    await dialog.picture("flow-delete")
    await dialog.submit()
    await dialog.titled("People", "Dora was deleted.")
    await dialog.picture("flow-people-deleted")


async def _users(home: Home) -> list[dict[str, object]]:
    users: list[dict[str, object]] = (await home.bridge.command("users", "--lock", "front_door"))["users"]
    return users


async def _gone(home: Home) -> bool:
    return DORA not in {user["name"] for user in await _users(home)}
