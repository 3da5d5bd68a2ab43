"""The journal, in pages (APP-4)."""

from collections.abc import Mapping
from typing import Any, Final

from lock_bridge.bridge import Bridge
from lock_bridge.engine.model import Actor
from lock_bridge.store import Store
from lock_bridge.wire import commands
from lock_bridge.wire.codec import encode
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import EventType

_MAX_PAGE: Final = 1000


def serve(bridge: Bridge) -> None:
    """Put it into the bridge's table."""
    bridge.dispatcher.register(commands.QueryJournal, _Journal(bridge.store).query)


class _Journal:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def query(self, wish: commands.QueryJournal, _actor: Actor) -> Mapping[str, Any]:
        if not 1 <= wish.limit <= _MAX_PAGE:
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "limit", "min": 1, "max": _MAX_PAGE})
        types = tuple(_event_type(name) for name in wish.types)
        store = self._store
        events = await store.query(
            after=wish.after,
            before=wish.before,
            limit=wish.limit,
            lock_id=wish.lock,
            user_id=wish.user_id,
            types=types,
        )
        return {"epoch": store.epoch, "oldest": store.oldest, "head": store.head, "events": encode(events)}


def _event_type(name: str) -> EventType:
    try:
        return EventType(name)
    except ValueError:
        raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "types"}) from None
