"""The guide's examples of actions, run as they are printed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge.actions import ACTIONS
from tests.integration.actions import Phone, add_phone, people
from tests.integration.home import Home
from tests.integration.house import House

GUIDE = (Path(__file__).parents[2] / "docs/actions.md").read_text(encoding="utf-8")
PRINTED = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
SOMEBODY = "4f1c2a7d9b3e4c50a1d2e3f405162738"


async def run(home: Home, house: House, text: str) -> tuple[str, Phone]:
    """Run an example as a script, with the id of somebody of this house in place of that in print."""
    await house.add_person("Boss", "193746", role="administrator")
    anna = await house.add_person("Anna", "582047")
    await house.command("settings.set", lock="front_door", changes={"bluetooth": True})
    phone = await add_phone(home.hass, Phone())
    sequence: list[dict[str, Any]] = yaml.safe_load(text.replace(SOMEBODY, anna))["actions"]
    assert await async_setup_component(home.hass, "script", {"script": {"example": {"sequence": sequence}}})
    await home.hass.services.async_call("script", "example", blocking=True)
    return anna, phone


def printed(action: str, with_: str = "") -> str:
    """The example of an action."""
    return next(text for text in PRINTED if f"lock_bridge.{action}\n" in text and with_ in text)


def test_the_guide_names_every_action_with_all_that_it_takes() -> None:
    rows = re.findall(r"^\| (\[?`.*) \|$", GUIDE, re.MULTILINE)
    for action in ACTIONS:
        (row,) = (row for row in rows if f"`{action.name}`" in row.split(" | ")[0])
        fields = {str(field) for field in action.fields} - {"person", "user_id"}
        if " | the same | " not in row:
            assert fields <= set(re.findall(r"`(\w+)(?:: pin)?`", row)), action.name


@pytest.mark.parametrize("text", PRINTED, ids=lambda text: re.findall(r"lock_bridge\.(\w+)", text)[0])
async def test_an_example_of_the_guide_runs(paired: Home, house: House, text: str) -> None:
    await run(paired, house, text)
    assert paired.hass.states.get("script.example").attributes["last_triggered"] is not None  # type: ignore[union-attr]


async def test_the_cleaner_comes_on_two_mornings(paired: Home, house: House) -> None:
    await run(paired, house, printed("set_user", "Cleaner"))
    cleaner = (await people(house))["Cleaner"]
    assert cleaner["schedule"] == [{"days": [0, 3], "start": "08:00", "end": "12:00"}]


async def test_who_is_away_may_not_enter(paired: Home, house: House) -> None:
    await run(paired, house, printed("set_user", "active: false"))
    assert (await people(house))["Anna"]["enabled"] is False


async def test_who_is_deleted_is_gone(paired: Home, house: House) -> None:
    await run(paired, house, printed("delete_user"))
    assert set(await people(house)) == {"Boss"}


async def test_a_passcode_is_taken_from_whose_it_is(paired: Home, house: House) -> None:
    await run(paired, house, printed("delete_credential"))
    there = await people(house)
    assert (there["Boss"]["credentials"], there["Anna"]["credentials"]) == ({"pin": [1]}, {})


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("set_credential", r"Your passcode for Front door: [0-9]+\."),
        ("create_temporary_passcode", r"Hello Plumber, [0-9]+ opens Front door until \S+ \S+\."),
        ("create_bluetooth_key", r"Your Bluetooth key for Front door: \S+"),
    ],
)
async def test_what_is_made_is_sent(paired: Home, house: House, action: str, says: str) -> None:
    _, phone = await run(paired, house, printed(action))
    assert re.fullmatch(says, phone.got[0])


def test_every_action_that_needs_more_than_a_lock_has_an_example() -> None:
    shown = set(re.findall(r"lock_bridge\.(\w+)$", "".join(PRINTED), re.MULTILINE))
    assert {action.name for action in ACTIONS} - shown == {"delete_all_users", "delete_all_credentials"}
