"""Who lives in the development house: Anna, an administrator, and Ben."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from .bridge import Bridge
from .processes import Failed


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a passcode, and a finger that the door is to know."""

    name: str
    passcode: str
    finger: str
    administrator: bool = False


PEOPLE: Final = (
    Person("Anna", "482913", "right thumb", administrator=True),
    Person("Ben", "730164", "right thumb"),
)

_ENROL_S: Final = 30


async def move_in(bridge: Bridge) -> None:
    """Give each their passcode and finger, the way their owners would; who lives there already is left alone."""
    known = {user["name"] for user in (await bridge.command("user", "list", "--lock", "front_door"))["users"]}
    for person in PEOPLE:
        if person.name not in known:
            await _move_in(bridge, person)


async def _move_in(bridge: Bridge, person: Person) -> None:
    words = ["--role", "administrator"] if person.administrator else []
    user = await bridge.command("user", "add", person.name, *words, "--lock", "front_door")
    await bridge.command("credential", "passcode", user["user_id"], "--lock", "front_door", typed=person.passcode)
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
