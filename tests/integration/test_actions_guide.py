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

GUIDE = (Path(__file__).parents[2] / "docs/home-assistant.md").read_text(encoding="utf-8")
PRINTED = [text for text in re.findall(r"```yaml\n(actions:.*?)```", GUIDE, re.DOTALL) if "lock_bridge." in text]


async def run(home: Home, text: str, **instead: str) -> None:
    """Run an example as a script, with the ids of this house in place of those in print."""
    for printed, ours in instead.items():
        text = re.sub(rf"{printed}: .*", f"{printed}: {ours}", text)
    sequence: list[dict[str, Any]] = yaml.safe_load(text)["actions"]
    assert await async_setup_component(home.hass, "script", {"script": {"example": {"sequence": sequence}}})
    await home.hass.services.async_call("script", "example", blocking=True)


def test_the_guide_names_every_action() -> None:
    (section,) = re.findall(r"^## Actions\n(.*?)^## ", GUIDE, re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)))) >= {
        action.name for action in ACTIONS
    }


@pytest.mark.parametrize("text", PRINTED, ids=lambda text: re.findall(r"lock_bridge\.(\w+)", text)[0])
async def test_an_example_of_the_guide_works(paired: Home, house: House, text: str) -> None:
    boss = await house.add_person("Boss", "193746", role="administrator")
    phone = await add_phone(paired.hass, Phone())
    await run(paired, text, user_id=boss)
    if "set_user" in text:
        cleaner = (await people(house))["Cleaner"]
        assert cleaner["schedule"] == [{"days": [0, 3], "start": "08:00", "end": "12:00"}]
    else:
        assert re.fullmatch(r"Hello Plumber, [0-9]+ opens Front door until \S+ \S+\.", phone.got[0])


def test_there_are_examples() -> None:
    assert len(PRINTED) >= 2
