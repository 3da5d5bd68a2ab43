"""What drivers remember over restarts, in the store: one small row for each part."""

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Final

from .config import LockConfig
from .hardware.memory import IDENTITY
from .store import Store, StoreError

_LOG: Final = logging.getLogger(__name__)


class PartMemories:
    """The memories of all parts of all locks. Written one after another; the last word wins."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, dict[str, str]] = {}
        self._changed: set[str] = set()
        self._writing: asyncio.Task[None] | None = None

    async def load(self, locks: Iterable[LockConfig]) -> None:
        """Read what is there. Of a row that cannot be read nothing is known, but that there was something."""
        for lock in locks:
            for port in lock.parts:
                row = _row(lock.id, port)
                self._kept[row] = _parsed(await self._store.value(row))

    def of(self, lock: str, port: str) -> StoredMemory:
        """The memory of one part."""
        return StoredMemory(self, _row(lock, port))

    async def stop(self) -> None:
        """Have all written."""
        if self._writing is not None:
            await self._writing

    def kept(self, row: str) -> Mapping[str, str]:
        """What a row holds."""
        return self._kept.get(row, {})

    def change(self, row: str, key: str, value: str | None) -> None:
        """Keep a value, or forget it with None."""
        kept = self._kept.setdefault(row, {})
        if kept.get(key) == value:
            return
        if value is None:
            del kept[key]
        else:
            kept[key] = value
        self._changed.add(row)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="part memory")

    async def _write(self) -> None:
        try:
            while self._changed:
                row = self._changed.pop()
                try:
                    await self._store.put_value(row, json.dumps(self._kept[row], sort_keys=True).encode())
                except StoreError:
                    _LOG.warning("What the part %s remembers could not be written", row)
        finally:
            self._writing = None


class StoredMemory:
    """`PartMemory` in the store."""

    def __init__(self, memories: PartMemories, row: str) -> None:
        self._memories = memories
        self._row = row

    def get(self, key: str) -> str | None:
        return self._memories.kept(self._row).get(key)

    def put(self, key: str, value: str) -> None:
        self._memories.change(self._row, key, value)

    def forget(self, key: str) -> None:
        self._memories.change(self._row, key, None)


def _row(lock: str, port: str) -> str:
    return f"part.{lock}.{port}"


def _parsed(raw: bytes | None) -> dict[str, str]:
    if raw is None:
        return {}
    try:
        data = json.loads(raw)
    except ValueError:
        data = None
    if isinstance(data, dict) and all(isinstance(value, str) for value in data.values()):
        return data
    # Not as if there had never been a module: whoever answers next would pass for it.
    return {IDENTITY: ""}
