"""Commands of clients: not too old, each id once, not too many at a time; the same whichever way they come."""

import hashlib
import json
import logging
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lock_bridge.clock import Clock, Handle
from lock_bridge.dispatch import Dispatcher
from lock_bridge.engine.model import Actor
from lock_bridge.store import ClientRow, StoreError
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import MAX_AGE_MS, CommandFrame, Result

from .background import Background

_LOGGER = logging.getLogger(__name__)

KEPT_MS: Final = 10 * 60_000
"""So long an id acts once, and its answer is given again."""

ANSWERS_KEPT: Final = 256
"""Answers kept for a client; of older ones it is only known that they were given."""

IDS_KEPT: Final = 20_000
"""Ids kept for a client; beyond these, it has to wait."""

AT_ONCE: Final = 16
"""Commands of one client under way."""

type Answered = Callable[[Result], None]


class Commands:
    """Carries out commands. An answer comes in the same step of the event loop in which the command ends."""

    def __init__(self, clock: Clock, dispatcher: Dispatcher, background: Background) -> None:
        self._clock = clock
        self._dispatcher = dispatcher
        self._background = background
        self._clients: dict[str, _Kept] = {}
        self._sweep: Handle | None = None

    def submit(self, client: ClientRow, frame: CommandFrame, answered: Answered) -> None:
        """Carry out a command, or join the one of the same id, or give its answer again."""
        now = self._clock.now().mono_ms
        kept = self._clients.setdefault(client.id, _Kept())
        kept.drop_old(now)
        try:
            if (known := kept.by_id.get(frame.id)) is not None:
                known.join(_digest(frame), answered)
                return
            self._check(kept, frame, now)
        except LockBridgeError as err:
            answered(Result(id=frame.id, error=err.to_json()))
            return
        entry = _Entry(frame.id, _digest(frame), now + KEPT_MS, [answered])
        kept.by_id[frame.id] = entry
        kept.running += 1
        self._sweep = self._sweep or self._clock.call_later(KEPT_MS, self._drop_old)
        self._background.start(self._carry_out(client, frame, kept, entry))

    def forget(self, client_id: str) -> None:
        """A client is gone, and what was kept for it."""
        self._clients.pop(client_id, None)

    def _check(self, kept: _Kept, frame: CommandFrame, now: int) -> None:
        if not _ID.fullmatch(frame.id):
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "CommandFrame.id"})
        if abs(now - frame.sent_ms) > MAX_AGE_MS:
            raise LockBridgeError(ErrorCode.TOO_OLD, {"limit_ms": MAX_AGE_MS})
        if kept.running >= AT_ONCE:
            raise LockBridgeError(ErrorCode.BUSY, {"limit": AT_ONCE})
        if len(kept.by_id) >= IDS_KEPT:
            raise LockBridgeError(ErrorCode.RATE_LIMITED)

    async def _carry_out(self, client: ClientRow, frame: CommandFrame, kept: _Kept, entry: _Entry) -> None:
        try:
            actor = Actor(client.id, client.name)
            data = await execute(self._dispatcher, frame.name, frame.args, actor, client.scopes)
            result = Result(id=frame.id, data=data)
        except LockBridgeError as err:
            result = Result(id=frame.id, error=err.to_json())
        kept.running -= 1
        kept.answers.append(entry)
        for answered in entry.finish(result):
            answered(result)
        if len(kept.answers) > ANSWERS_KEPT:
            kept.answers.popleft().result = None

    def _drop_old(self) -> None:
        now = self._clock.now().mono_ms
        for client_id, kept in list(self._clients.items()):
            kept.drop_old(now)
            if not kept.by_id:
                del self._clients[client_id]
        due = [next(iter(kept.by_id.values())).until_ms for kept in self._clients.values()]
        self._sweep = self._clock.call_later(max(1, min(due) - now), self._drop_old) if due else None


async def execute(
    dispatcher: Dispatcher, name: str, args: Mapping[str, Any], actor: Actor, scopes: frozenset[Any]
) -> Mapping[str, Any]:
    """Carry out a command; whatever goes wrong is a typed error."""
    try:
        return await dispatcher.execute(name, args, actor, scopes)
    except StoreError as err:
        _LOGGER.error("%s of client %s: %s", name, actor.client_id, err)  # noqa: TRY400 - says it all
        raise LockBridgeError(ErrorCode.STORAGE) from err
    except LockBridgeError:
        raise
    except Exception:
        _LOGGER.exception("%s of client %s failed", name, actor.client_id)
        raise LockBridgeError(ErrorCode.INTERNAL) from None


@dataclass(slots=True, eq=False)
class _Entry:
    id: str
    digest: bytes
    until_ms: int
    waiting: list[Answered] | None
    result: Result | None = field(default=None, repr=False)

    def join(self, digest: bytes, answered: Answered) -> None:
        """The same command came again."""
        if digest != self.digest:
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "CommandFrame.id"}, "This id was another command's.")
        if self.waiting is not None:
            self.waiting.append(answered)
        elif self.result is not None:
            answered(self.result)
        else:
            raise LockBridgeError(ErrorCode.TOO_OLD, message="This was carried out; its answer is no longer kept.")

    def finish(self, result: Result) -> list[Answered]:
        self.result = result
        waiting, self.waiting = self.waiting or [], None
        return waiting


@dataclass(slots=True, eq=False)
class _Kept:
    by_id: OrderedDict[str, _Entry] = field(default_factory=OrderedDict)
    answers: deque[_Entry] = field(default_factory=deque)
    running: int = 0

    def drop_old(self, now: int) -> None:
        while self.by_id and (entry := next(iter(self.by_id.values()))).until_ms <= now and entry.waiting is None:
            del self.by_id[entry.id]
            entry.result = None


def _digest(frame: CommandFrame) -> bytes:
    # Keyed, for the arguments may hold a passcode, and this is kept longer than they are.
    text = json.dumps([frame.name, frame.args], sort_keys=True).encode()
    return hashlib.blake2b(text, key=_KEY, digest_size=16).digest()


_ID: Final = re.compile(r"[0-9a-fA-F-]{32,36}")
_KEY: Final = secrets.token_bytes(32)
