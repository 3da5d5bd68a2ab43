"""The simulated door: parts for the service, words for people, and what can be seen and heard there."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from lock_bridge.clock import Clock
from lock_bridge.engine.profile import Profile

from .assembly import Assembly
from .config import SimulatedConfig
from .senses import lights
from .words import Words

_NUMBER: Final = re.compile(r"[0-9]{1,12}")

SETTLE_S: Final = 2.0
"""How long an answer waits for the lock to have dealt with what was done."""


class SimulatedDoor(Assembly):
    """A driver like any other, with a front and a rear that people can use."""

    def __init__(
        self, config: SimulatedConfig, clock: Clock, profile: Profile, *, state_file: Path | None = None
    ) -> None:
        super().__init__(config, clock, profile, state_file=state_file)
        self.settled: Callable[[], Awaitable[None]] | None = None
        """Returns when the lock has dealt with all reports so far; `do` waits for it before it looks."""
        self._words = Words(self)
        self._looked = 0

    @property
    def verbs(self) -> tuple[str, ...]:
        """What can be done here, each as it is written."""
        return self._words.usages

    async def do(self, words: Sequence[str]) -> dict[str, Any]:
        """Do something at the door (docs/simulator.md); answers `look`, what was heard meanwhile and, if so, `felt`.

        Raises `bad_request`, saying what is allowed; what was given is not repeated, as it may hold a code.
        """
        match [*words]:
            case ["state"]:
                since = None
            case ["state", number] if _NUMBER.fullmatch(number):
                words, since = ["state"], int(number)
            case _:
                since = self.site.senses.seq
        felt = await self.act(words)
        if self.settled is not None:
            with contextlib.suppress(TimeoutError):  # what can be seen then is the answer all the same
                await asyncio.wait_for(self.settled(), SETTLE_S)
        seen = self.look(since=since)
        return seen if felt is None else seen | {"felt": felt}

    async def act(self, words: Sequence[str]) -> str | None:
        """As `do`, but answers at once, and only what was felt."""
        try:
            return await self._words.obey(words)
        finally:
            # What people have done is on disk before they are answered.
            self.save()

    def look(self, *, since: int | None = None) -> dict[str, Any]:
        """What a person at the door sees and hears: sounds and lights after `since`, or since the last look."""
        senses, world = self.site.senses, self.world
        if since is None:
            since, self._looked = self._looked, senses.seq
        return {
            "lights": lights(senses.light),
            "shown": senses.shown(since),
            "heard": senses.heard(since),
            "seq": senses.seq,
            "alarm": senses.alarm,
            "bolt": world.position.value,
            "door": "open" if world.door_open else "closed",
            "handle": world.handle.value,
            "screen": senses.view.value if self.profile.rear_screen else None,
            "inside": senses.code,
        }
