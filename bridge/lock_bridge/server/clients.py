"""The paired clients: who shows which token, who may do what, and how a token is taken back."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from lock_bridge.engine.model import Actor, Fact
from lock_bridge.store import ClientRow, StoreError
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.model import ClientInfo
from lock_bridge.wire.words import EventType

from . import tokens
from .background import Background
from .contract import BridgeLike

_LOGGER = logging.getLogger(__name__)

TOUCH_MS: Final = 60_000
"""When a client was last seen is written down at most this often."""


class Clients:
    """All clients, in memory: checking a token costs no disk. What changes them is on disk before it is said."""

    def __init__(self, bridge: BridgeLike, background: Background) -> None:
        self._bridge = bridge
        self._background = background
        self._changing = asyncio.Lock()
        self._rows: dict[str, ClientRow] = {}
        self._blocked: set[str] = set()
        self._touched: set[str] = set()
        self._flush_due = False
        self.is_connected: Callable[[str], bool] = lambda _client_id: False
        """Says whether a client has a live connection; set by the hub."""
        self.on_revoked: Callable[[str], None] = lambda _client_id: None
        """Ends the connections of a client; set by the hub."""

    async def load(self) -> None:
        """Read them from the store."""
        self._rows = {row.id: row for row in await self._bridge.store.clients()}

    @property
    def count(self) -> int:
        """How many are paired."""
        return len(self._rows)

    def authenticate(self, authorization: str | None) -> ClientRow | None:
        """The client whose token the header shows. Takes as long for an unknown client as for a wrong secret."""
        if (shown := tokens.read(authorization)) is None:
            return None
        row = None if shown.client_id in self._blocked else self._rows.get(shown.client_id)
        return row if tokens.same(shown, row.token_hash if row else None) else None

    def knows(self, client_id: str) -> bool:
        """Whether the client is paired, and not revoked."""
        return client_id in self._rows and client_id not in self._blocked

    def touch(self, client_id: str, address: str) -> None:
        """A client was seen; written down by and by."""
        if (row := self._rows.get(client_id)) is None:
            return
        self._rows[client_id] = replace(row, last_used_ms=self._bridge.clock.now().wall_ms, last_address=address)
        self._touched.add(client_id)
        if not self._flush_due:
            self._flush_due = True
            self._bridge.clock.call_later(TOUCH_MS, self._background.starter(self.flush))

    async def flush(self) -> None:
        """Write down when clients were last seen."""
        touched, self._touched, self._flush_due = self._touched, set(), False
        for client_id in touched:
            if (row := self._rows.get(client_id)) and row.last_used_ms is not None and row.last_address is not None:
                try:
                    await self._bridge.store.touch_client(client_id, row.last_used_ms, row.last_address)
                except StoreError as err:
                    _LOGGER.warning("When a client was last seen could not be written down: %s", err)
                    return

    async def add(self, row: ClientRow, fact: Fact) -> None:
        """Let a client in, for good once this returns. Raises `storage`."""
        try:
            events = await self._bridge.store.add_client(row, (fact,), self._bridge.clock.now())
        except StoreError as err:
            _LOGGER.error("A client could not be paired: %s", err)  # noqa: TRY400 - says it all
            raise LockBridgeError(ErrorCode.STORAGE) from err
        self._rows[row.id] = row
        await self._bridge.publish(events)

    async def revoke(self, client_id: str, actor: Actor) -> None:
        """Take a client's token back. Raises `unknown_client`, or `storage`.

        The client is out at once, even when the disk refuses; then it is out until the bridge starts anew, and stays in
        the list to be revoked again.
        """
        async with self._changing:
            if (row := self._rows.get(client_id)) is None:
                raise LockBridgeError(ErrorCode.UNKNOWN_CLIENT)
            self._blocked.add(client_id)
            leaving = client_id == actor.client_id
            try:
                if not leaving:
                    self.on_revoked(client_id)
                await self._remove(row, actor)
            finally:
                if leaving:  # last, so that it still gets its answer
                    self.on_revoked(client_id)

    def forget_all(self) -> None:
        """RST-1: a factory reset has taken all of them from the store. Whoever asked for it still gets the answer."""
        gone = tuple(self._rows)
        self._rows.clear()
        self._touched.clear()
        self._blocked.clear()
        for client_id in gone:
            self.on_revoked(client_id)

    def infos(self) -> tuple[ClientInfo, ...]:
        """What may be told of each, oldest first."""
        rows = sorted(self._rows.values(), key=lambda row: (row.created_ms, row.id))
        return tuple(self._info(row) for row in rows)

    async def _remove(self, row: ClientRow, actor: Actor) -> None:
        by = {"by": actor.name, "by_id": actor.client_id}
        fact = Fact(EventType.CLIENT_REVOKED, client_id=row.id, client_name=row.name, data=by)
        try:
            events = await self._bridge.store.remove_client(row.id, (fact,), self._bridge.clock.now())
        except StoreError as err:
            _LOGGER.error("Client %s is revoked only until the next start: %s", row.id, err)  # noqa: TRY400 - says it all
            raise LockBridgeError(ErrorCode.STORAGE) from err
        self._rows.pop(row.id, None)
        self._touched.discard(row.id)
        self._blocked.discard(row.id)
        await self._bridge.publish(events)

    def _info(self, row: ClientRow) -> ClientInfo:
        return ClientInfo(
            id=row.id,
            name=row.name,
            scopes=tuple(sorted(row.scopes)),
            created_ms=row.created_ms,
            last_used_ms=row.last_used_ms,
            last_address=row.last_address,
            connected=self.is_connected(row.id),
        )
