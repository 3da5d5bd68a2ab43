"""Doors that learn: what the tests of enrolment share."""

from pathlib import Path

from lock_bridge.wire.model import Enrolment
from tests.integration.house import House

THUMB = "Anna right thumb"
INDEX = "Anna left index"
SPEED = "20"


async def learning_house(folder: Path) -> House:
    """A front door with face, palm and finger, and a back door with cards; at both, time goes faster."""
    house = House(folder)
    house.people = '{ name = "Anna", fingers = ["right thumb", "left index"], cards = ["04A1B2C3"] }, { name = "Ben" }'
    house.locks["back_door"] = ("Back door", "dl50fvs")
    await house.start()
    for door in house.running.doors.values():
        await door.do(["speed", SPEED])
    return house


async def add_anna(house: House) -> str:
    """Anna is an administrator at the front door, with a passcode; Ben is there too. Her id."""
    anna = await house.add_person("Anna", "135792", role="administrator")
    await house.command("users.add", lock="front_door", user_name="Ben")
    return anna


def running(house: House) -> Enrolment:
    """The enrolment at the front door, or the last one there."""
    there = house.running.bridge.runner("front_door").snapshot.enrolment
    assert there is not None
    return there


def status(house: House) -> str | None:
    """Where it stands, if there has been one."""
    there = house.running.bridge.runner("front_door").snapshot.enrolment
    return None if there is None else there.status


def hers(house: House, anna: str, lock: str = "front_door") -> dict[str, tuple[int, ...]]:
    """Numbers of what Anna has at a door."""
    directory = house.running.bridge.runner(lock).state.directory
    found: dict[str, tuple[int, ...]] = {}
    for item in directory.of_user(anna):
        found[item.type] = (*found.get(item.type, ()), item.number)
    return found
