"""The simulated bridge's ring and function key, as the door's words and page have them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lock_bridge import config, profiles
from lock_bridge.clock import ManualClock
from lock_bridge.engine.model import Actor
from lock_bridge.panel import view
from lock_bridge.service import Service
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.words import Scope

_CONFIG = """
[bridge]
data = "data"
trust_clock = "always"
[server]
port = 0
zeroconf = false
[[lock]]
id = "front_door"
profile = "l2s"
[lock.simulated]
port = 0
travel_ms = 0
[[lock]]
id = "back_door"
profile = "palm6068"
[lock.simulated]
port = 0
travel_ms = 0
"""


class House:
    """A bridge with two doors, whose time stands still until moved."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.service = Service(config.parse(_CONFIG, profiles.names(), folder=folder), clock=self.clock)

    async def do(self, name: str, **args: Any) -> Any:
        return await self.service.bridge.dispatcher.execute(name, args, Actor(), frozenset(Scope))

    def ring(self, lock: str = "front_door") -> Any:
        """What a door's page shows of the ring."""
        return view.live(self.service.doors[lock], 0)["ring"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.mark.spec("GWY-1", "GWY-3")
async def test_one_bridge_has_one_ring_for_all_its_doors(house: House) -> None:
    shines = {"colour": "white", "rhythm": "slow", "code": None, "held": False}
    assert {**house.ring(), "said": ""} == {**shines, "said": ""}
    assert house.ring("back_door") == house.ring()
    status = await house.do("service.status")
    assert status["ring"] == {"state": "running", "colour": "white", "rhythm": "slow"}


@pytest.mark.spec("GWY-1", "FLT-1")
@pytest.mark.parametrize("lock", ["front_door", "back_door"])
async def test_a_fault_of_any_door_makes_it_flash_red(house: House, lock: str) -> None:
    await house.do("door", lock=lock, words=["unplug", "fingerprint"])
    assert (house.ring()["colour"], house.ring()["rhythm"]) == ("red", "slow")
    await house.do("door", lock=lock, words=["plug", "fingerprint"])
    assert (await house.do("service.status"))["ring"]["state"] == "running"


@pytest.mark.spec("GWY-2")
async def test_the_function_key_is_held_in_words(house: House) -> None:
    seen: list[bool] = []
    house.service.doors["back_door"].subscribe(lambda: seen.append(house.ring("back_door")["held"]))
    await house.do("door", words=["function", "down"])
    house.clock.advance(4_001)
    assert house.service.gateway._opening is not None
    await house.service.gateway._opening
    answer = await house.do("door", words=["function", "up"])

    code = house.ring()["code"]
    assert answer["felt"] == f"The bridge's ring is white, flashing fast. Its display shows {code[:4]} {code[4:]}."
    assert (await house.do("pairing.status"))["open"]
    assert True in seen
    assert seen[-1] is False
    assert code not in str(await house.do("service.status"))


@pytest.mark.parametrize("words", [["function"], ["function", "hold"], ["function", "hold", "x"], ["function", "eat"]])
async def test_what_makes_no_sense_is_refused(house: House, words: list[str]) -> None:
    with pytest.raises(LockBridgeError, match=r"It is written: function hold 5s \| down \| up\."):
        await house.do("door", words=words)
