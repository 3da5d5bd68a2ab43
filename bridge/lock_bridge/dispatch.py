"""Commands find their handlers here, whichever way they came: read strictly, and with the scope checked."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from .engine.model import Actor
from .wire.codec import decode
from .wire.commands import COMMANDS, Command
from .wire.errors import ErrorCode, LockBridgeError
from .wire.words import Scope

type Handler[C] = Callable[[C, Actor], Awaitable[Mapping[str, Any]]]


class Dispatcher:
    """A table of handlers; each room registers its own."""

    def __init__(self) -> None:
        self._handlers: dict[type, Handler[Any]] = {}

    def register[C: Command](self, kind: type[C], handler: Handler[C]) -> None:
        """Let `handler` serve commands of `kind`. Raises `ValueError` for a second one."""
        if kind in self._handlers:
            raise ValueError(f"{kind.__name__} has a handler already")
        self._handlers[kind] = handler

    @property
    def kinds(self) -> frozenset[type]:
        """Commands that are served."""
        return frozenset(self._handlers)

    async def execute(
        self, name: str, args: Mapping[str, Any], actor: Actor, scopes: Collection[Scope]
    ) -> Mapping[str, Any]:
        """Carry out a command. Raises `unknown_command`, `forbidden`, `bad_request`, or the handler's own error."""
        kind = COMMANDS.get(name)
        if kind is None or kind not in self._handlers:
            raise LockBridgeError(ErrorCode.UNKNOWN_COMMAND, {"command": name[:64]})
        if kind.scope not in scopes:
            raise LockBridgeError(ErrorCode.FORBIDDEN, {"command": name, "scope": kind.scope})
        return await self._handlers[kind](decode(kind, dict(args)), actor)
