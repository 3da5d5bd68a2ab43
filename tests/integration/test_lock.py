"""The lock in Home Assistant."""

import pytest

from tests.integration.home import LOCK, Home
from tests.integration.house import House


@pytest.mark.spec("VER-16")
async def test_home_assistant_unlocks_and_locks_the_door(paired: Home, house: House) -> None:
    assert paired.state(LOCK).state == "locked"

    await paired.call("unlock")
    assert house.door.look()["bolt"] == "retracted"
    await paired.until_state(LOCK, "unlocked")

    await paired.call("lock")
    assert house.door.look()["bolt"] == "thrown"
    await paired.until_state(LOCK, "locked")
