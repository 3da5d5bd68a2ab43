"""Plays a transcript at a door: does what its lines say, waits for what they promise, and tells what came instead."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lock_bridge.wire.errors import LockBridgeError

from .app_words import AppStep
from .expectations import Moment, holds, told
from .transcript import Act, Comment, Expect, Line, New, Transcript

GLANCE_MS: Final = 100
NEVER_MS: Final = 500
"""How long something that must not come is waited for."""

_VARIABLE: Final = re.compile(r"\{([a-z]+)\}")


class Stage(Protocol):
    """A door with somebody before it, and the app behind it."""

    labels: Mapping[str, str]
    """What stands on keys, where that is not their name: `√` is `ok`."""

    async def act(self, words: Sequence[str]) -> Mapping[str, Any]:
        """Do something at the door; what is to be seen and heard. Raises `LockBridgeError`."""

    async def ask(self, command: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give a command of the wire about this lock. Raises `LockBridgeError`."""

    async def snapshot(self) -> Mapping[str, Any]:
        """The lock as the app sees it."""

    async def renew(self) -> None:
        """Make the lock as new, on a new door."""


@dataclass(frozen=True, slots=True)
class Played:
    """How a line went; `instead` says what there was in place of what it promised."""

    line: Line
    instead: str | None = None

    @property
    def good(self) -> bool:
        """Whether it went as it is written."""
        return self.instead is None


async def play(transcript: Transcript, stage: Stage) -> AsyncIterator[Played]:
    """Play line by line, up to the first that does not go as it is written."""
    player = _Player(stage, transcript.lines)
    for place, line in enumerate(transcript.lines):
        instead = await player.do(place, line)
        yield Played(line, instead)
        if instead is not None:
            return


class _Player:
    def __init__(self, stage: Stage, lines: Sequence[Line]) -> None:
        self._stage = stage
        self._lines = lines
        self._known: dict[str, str] = {}
        self._mark = 0
        self._head = 0
        self._felt: str | None = None
        self._used: set[int] = set()
        self._used_events: set[int] = set()

    async def do(self, place: int, line: Line) -> str | None:
        match line.step:
            case Comment():
                return None
            case New():
                await self._begin(place)
                await self._stage.renew()
                return None
            case Act() as act:
                return await self._act(place, act)
            case AppStep() as step:
                await self._begin(place)
                return await self._ask(step)
            case Expect() as expect:
                return await self._expect(expect)

    async def _act(self, place: int, act: Act) -> str | None:
        if not act.is_waiting:
            await self._begin(place)
        try:
            words = [_VARIABLE.sub(lambda found: self._known[found[1]], word) for word in act.words]
            seen = await self._stage.act(words)
        except KeyError as error:
            return f"nobody has said what {{{error.args[0]}}} is"
        except LockBridgeError as error:
            return str(error)
        if not act.is_waiting:
            self._felt = seen.get("felt")
        return None

    async def _begin(self, place: int) -> None:
        """What comes from now on comes of what is done now."""
        self._mark = (await self._look(0))["seq"]
        self._felt = None
        self._used.clear()
        self._used_events.clear()
        if self._asks_for_events(place):
            self._head = (await self._stage.ask("journal.query", {"limit": 1}))["head"]

    def _asks_for_events(self, place: int) -> bool:
        for line in self._lines[place + 1 :]:
            match line.step:
                case Expect(what="event"):
                    return True
                case Act(is_waiting=False) | AppStep() | New():
                    return False
        return False

    async def _ask(self, step: AppStep) -> str | None:
        args = dict(step.args)
        try:
            if step.user is not None:
                args["user_id"] = await self._user(step.user)
            answer = await self._stage.ask(step.command, args)
        except LockBridgeError as error:
            return None if error.code == step.refused else f"refused: {error.code} ({error})"
        if step.refused is not None:
            return "it was not refused"
        if step.binds is not None:
            self._known[step.binds] = str(answer[step.binds])
        return None

    async def _user(self, name: str) -> str:
        users = (await self._stage.ask("users.list", {}))["users"]
        for user in users:
            if user["name"] == name:
                return str(user["id"])
        return name  # an id that nobody has: the bridge will say so

    async def _expect(self, expect: Expect) -> str | None:
        gone_ms = 0
        while True:
            moment = await self._moment(expect)
            if holds(expect, moment, self._used, self._used_events):
                return "it came all the same" if expect.never else None
            if gone_ms >= (NEVER_MS if expect.never else expect.within_ms):
                return None if expect.never else told(expect, moment)
            await self._stage.act(["wait", f"{GLANCE_MS}ms"])
            gone_ms += GLANCE_MS

    async def _moment(self, expect: Expect) -> Moment:
        look = await self._look(self._mark)
        lock: Mapping[str, Any] = {}
        events: Sequence[Mapping[str, Any]] = ()
        if expect.what in ("door", "app-sees"):
            lock = await self._stage.snapshot()
        elif expect.what == "event":
            events = (await self._stage.ask("journal.query", {"after": self._head, "limit": 200}))["events"]
        return Moment(look, self._felt, lock, events, self._stage.labels)

    async def _look(self, since: int) -> Mapping[str, Any]:
        return await self._stage.act(["state", str(since)])
