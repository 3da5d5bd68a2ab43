"""Commands under way: sent, and not answered yet."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from custom_components.lock_bridge.wire.commands import AllowRemoteUnlock, EndLockout, Lock, SetSettings, Unlock
from custom_components.lock_bridge.wire.messages import MAX_AGE_MS, CommandFrame, Result

from .errors import LinkLost, refusal

REPEATABLE: Final = frozenset(kind.name for kind in (Lock, Unlock, EndLockout, SetSettings, AllowRemoteUnlock))
"""What changes nothing when done twice. The bridge knows the ids of what it has done, but not after a restart."""


class Commands:
    """The commands of one connection, by id."""

    def __init__(self) -> None:
        # Answers wait in `Result`, whose repr keeps back what is in it: asyncio shows futures when it debugs.
        self._waiting: dict[str, tuple[CommandFrame, asyncio.Future[Result]]] = {}

    def begin(self, name: str, args: Mapping[str, Any], sent_ms: int) -> tuple[CommandFrame, asyncio.Future[Result]]:
        """A new command, and where its answer will be."""
        frame = CommandFrame(id=str(uuid.uuid4()), name=name, sent_ms=sent_ms, args=args)
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[frame.id] = (frame, answer)
        return frame, answer

    def forget(self, command_id: str) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(command_id, None)

    def answer(self, result: Result) -> None:
        """The bridge has answered."""
        _frame, answer = self._waiting.pop(result.id, (None, None))
        if answer is None or answer.done():
            return
        if result.error is None:
            answer.set_result(result)
        else:
            answer.set_exception(refusal(result.error))

    def lose(self, now_ms: int) -> None:
        """There is no link: what must not be done twice ends here, the rest waits for its return while it may."""
        for frame, answer in tuple(self._waiting.values()):
            if frame.name not in REPEATABLE or not _is_young(frame, now_ms):
                self._end(frame, answer)

    def lose_all(self) -> None:
        """The bridge will not answer any of them."""
        for frame, answer in tuple(self._waiting.values()):
            self._end(frame, answer)

    def repeat(self, now_ms: int) -> Iterator[CommandFrame]:
        """What the new link has to say again, with the ids and times of the first saying."""
        self.lose(now_ms)
        return iter([frame for frame, _answer in self._waiting.values()])

    def _end(self, frame: CommandFrame, answer: asyncio.Future[Result]) -> None:
        self.forget(frame.id)
        if not answer.done():
            answer.set_exception(LinkLost("the connection ended before the bridge answered"))


def _is_young(frame: CommandFrame, now_ms: int) -> bool:
    # Too old is refused over there; from a future far off means that the bridge's machine has started anew.
    return abs(now_ms - frame.sent_ms) < MAX_AGE_MS
