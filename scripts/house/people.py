"""Who lives in the development house: Anna, an administrator, and Ben; and who comes now and then."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from .bridge import Bridge
from .processes import Failed


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a passcode, and perhaps a finger that the door is to know."""

    name: str
    passcode: str
    finger: str = ""
    administrator: bool = False


PEOPLE: Final = (
    Person("Anna", "482913", "right thumb", administrator=True),
    Person("Ben", "730164", "right thumb"),
)

CLARA: Final = Person("Clara", "615203")

_ENROL_S: Final = 30


async def move_in(bridge: Bridge) -> None:
    """Give each their passcode and finger, the way their owners would; who lives there already is left alone."""
    known = {user["name"] for user in (await bridge.command("user", "list", "--lock", "front_door"))["users"]}
    for person in PEOPLE:
        if person.name not in known:
            await _move_in(bridge, person)


async def nobody_lives_there(bridge: Bridge) -> bool:
    """Whether the house is new; whoever was deleted in another one stays away."""
    return not (await bridge.command("users", "--lock", "front_door"))["users"]


async def expect_others(bridge: Bridge, *, days: str = "tue,fri") -> None:
    """Clara cleans on some mornings of the week, and Anna expects a plumber, who has a passcode for three days.

    Who is expected already is left alone.
    """
    if any(user["name"] == CLARA.name for user in (await bridge.command("users", "--lock", "front_door"))["users"]):
        return
    await _move_in(bridge, CLARA)
    users = (await bridge.command("users", "--lock", "front_door"))["users"]
    ids = {user["name"]: user["id"] for user in users}
    clara, anna = ids[CLARA.name], ids[PEOPLE[0].name]
    await bridge.command("user", "change", clara, "--schedule", f"{days} 09:00-12:00", "--lock", "front_door")
    await bridge.command("credential", "temporary", anna, "--label", "Plumber", "--for", "3d", "--lock", "front_door")


async def _move_in(bridge: Bridge, person: Person) -> None:
    words = ["--role", "administrator"] if person.administrator else []
    user = await bridge.command("user", "add", person.name, *words, "--lock", "front_door")
    await bridge.command("credential", "passcode", user["user_id"], "--lock", "front_door", typed=person.passcode)
    if person.finger:
        await enrol_finger(bridge, user["user_id"], f"{person.name} {person.finger}")


async def enrol_finger(bridge: Bridge, user_id: str, finger: str) -> None:
    """Let the door learn a finger. Raises `Failed` where it does not."""
    await bridge.command("credential", "enrol", user_id, "fingerprint", "--no-wait", "--lock", "front_door")
    async with asyncio.timeout(_ENROL_S):
        while (now := await _enrolment(bridge))["status"] not in ("done", "failed", "timeout", "duplicate"):
            await bridge.at_door("touch", finger)
    if now["status"] != "done":
        raise Failed(f"The door did not learn {finger}: {now['status']}")


async def _enrolment(bridge: Bridge) -> dict[str, Any]:
    answer = await bridge.command("status")
    enrolment: dict[str, Any] = answer["locks"][0]["enrolment"]
    return enrolment
