"""The whole service in one process, with simulated doors, and commands for it as a client gives them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lock_bridge import config, profiles
from lock_bridge.engine.model import Actor
from lock_bridge.service import Service
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.model import LockSnapshot
from lock_bridge.wire.words import Scope

_BRIDGE = """
[bridge]
data = "data"
trust_clock = "always"
[server]
port = 0
zeroconf = false
"""
_LOCK = """
[[lock]]
id = "{id}"
profile = "{profile}"
serial = "Q06824751"
[lock.simulated]
port = 0
travel_ms = 0
time_scale = {scale}
people = [{{ name = "Anna", fingers = ["right thumb"], cards = ["04A1B2C3"] }}, {{ name = "Ben" }}]
"""

PATIENCE_S = 20
HOME_ASSISTANT = Actor("c1", "Home Assistant")


class House:
    """A service; its first lock is the front door."""

    def __init__(self, folder: Path, *locks: str, scale: int = 1000) -> None:
        ids = ("front_door", "back_door", "shed")
        text = _BRIDGE + "".join(
            _LOCK.format(id=lock_id, profile=profile, scale=scale) for lock_id, profile in zip(ids, locks, strict=False)
        )
        self.service = Service(config.parse(text, profiles.names(), folder=folder))

    async def do(self, name: str, **args: Any) -> Any:
        """Give a command."""
        return await self.service.bridge.dispatcher.execute(name, args, HOME_ASSISTANT, frozenset(Scope))

    async def ask(self, name: str, **args: Any) -> Any:
        """Give a command to the front door."""
        return await self.do(name, lock="front_door", **args)

    async def refused(self, name: str, **args: Any) -> LockBridgeError:
        """Give a command to the front door that is refused; why."""
        try:
            await self.ask(name, **args)
        except LockBridgeError as error:
            return error
        raise AssertionError(f"{name} was carried out")

    async def at_door(self, *words: str, lock: str = "front_door") -> Any:
        """Do something at a door."""
        return await self.do("door", lock=lock, words=list(words))

    async def types(self, digits: str, lock: str = "front_door") -> Any:
        """Wake the keypad, type, confirm."""
        return await self.at_door("press", "back", "back", *digits, "ok", lock=lock)

    def lock(self, lock_id: str = "front_door") -> LockSnapshot:
        """A lock as clients see it."""
        return self.service.bridge.runner(lock_id).snapshot

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():  # noqa: ASYNC110 - whatever it is, it has no bell of its own
                await asyncio.sleep(0.005)

    async def users(self, lock: str = "front_door") -> dict[str, Any]:
        """Users of a lock by name."""
        return {user["name"]: user for user in (await self.do("users.list", lock=lock))["users"]}

    async def events(self, *types: str, **query: Any) -> list[Any]:
        """The journal, oldest first."""
        told = await self.do("journal.query", types=list(types), limit=1000, **query)
        return list(reversed(told["events"]))

    async def add_anna(self, passcode: str | None = "482913", lock: str = "front_door") -> str:
        """An administrator, with a passcode if wanted; her id."""
        added = await self.do("users.add", lock=lock, user_name="Anna", role="administrator")
        if passcode is not None:
            await self.do("credentials.set_passcode", lock=lock, user_id=added["user_id"], passcode=passcode)
        return str(added["user_id"])
