"""The examples of docs/automations.md, in a real Home Assistant."""

import re

import pytest

from house.dashboard import LOCK
from house.people import PEOPLE
from tests.system.automations import EXAMPLES
from tests.system.home import Home, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

BEN = PEOPLE[1]


async def test_home_assistant_takes_every_example_as_it_is_written(home: Home) -> None:
    assert len(EXAMPLES) == 9
    wanted = {str(example["alias"]): "on" for example in EXAMPLES}

    async def on() -> bool:
        states = [state for state in await home.hass.get("/api/states") if state["entity_id"].startswith("automation.")]
        return wanted.items() <= {state["attributes"]["friendly_name"]: state["state"] for state in states}.items()

    await until(on)


async def test_the_example_says_who_came_home_and_who_is_at_the_door(home: Home) -> None:
    await home.ensure_paired()
    await home.lock_up()
    await home.bridge.at_door("press", "0", BEN.passcode, "ok")
    await home.bridge.at_door("ring")
    await home.bridge.at_door("tamper", "on")
    await home.bridge.at_door("tamper", "off")

    said = ("Ben came home$", "Somebody is at the door$", "Look at the front door: tamper alarm$")
    await until(lambda: _noted(home, *map(re.compile, said)))


async def test_the_example_says_what_was_missed(home: Home) -> None:
    await home.ensure_paired()
    await home.network.stop()
    await home.until_state(LOCK, "unavailable")
    await home.bridge.at_door("tamper", "on")
    await home.bridge.at_door("tamper", "off")
    await home.network.start()

    await until(lambda: _noted(home, re.compile(r"tamper started at \d{4}-\d\d-\d\dT")))


async def _noted(home: Home, *wanted: re.Pattern[str]) -> bool:
    async with home.hass.socket() as socket:
        notes = [note["message"] for note in await socket.call("persistent_notification/get")]
    return all(any(pattern.match(note) for note in notes) for pattern in wanted)
