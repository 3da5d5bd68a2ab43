"""A store on a disk that fails; run under the shim by the test. Prints one JSON line.

trouble.py FOLDER CALLS ERRNO TRIES
"""

import asyncio
import ctypes
import errno
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from lock_bridge.engine.effects import Durable
from lock_bridge.store import Store, StoreError, StoreFull
from tests.store.plain import BOOT_ID, LOCKS, Plain
from tests.store.workload import RETENTION, commit_number, instant

_SHIM = ctypes.CDLL(None)
_SHIM.lb_fault.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
_SHIM.lb_fault_hits.restype = ctypes.c_long


class Door:
    """The store and what it should hold."""

    def __init__(self, path: Path, calls: int, error: int) -> None:
        self.path, self.calls, self.error = path, calls, error
        self.plain, self.number, self.head = Plain(), 0, 0
        self.seen: Counter[str] = Counter()
        self.store: Store

    async def open(self) -> None:
        self.store = await Store.open(self.path, boot_id=BOOT_ID, retention=RETENTION)

    async def commit_while_failing(self, skip: int, count: int) -> None:
        lock_id, items = self._next()
        _SHIM.lb_fault(self.calls, self.error, skip, count)
        try:
            await self.store.commit(lock_id, items, instant(self.number))
        except StoreError as error:
            self.seen["refused"] += 1
            self.seen["said full"] += isinstance(error, StoreFull)
            assert (self.store.healthy, self.store.last_error) == (False, str(error))  # noqa: PT017
            await self.agrees()
            if count < 0:
                await self._refuses_still()
        else:
            # An error that did no harm to this commit, such as one of a checkpoint, is not told.
            self.seen["done"] += 1
            self._did(lock_id, items)
        hits = _SHIM.lb_fault_hits()
        _SHIM.lb_fault(0, 0, 0, 0)
        self.seen["failed calls"] += hits > 0

    async def _refuses_still(self) -> None:
        try:
            await self.store.ping()
        except StoreError:
            assert not self.store.healthy
        await self.agrees()

    async def commit(self) -> None:
        lock_id, items = self._next()
        await self.store.commit(lock_id, items, instant(self.number))
        self._did(lock_id, items)
        assert self.store.healthy
        assert self.store.last_error is None

    async def heals(self) -> None:
        await self.store.ping()
        assert self.store.healthy

    async def agrees(self) -> None:
        for lock_id in LOCKS:
            assert await self.store.load(lock_id) == self.plain.load(lock_id)
        assert self.store.head == self.head
        events = await self.store.events_after(0, 10_000)
        assert (events[-1].seq if events else 0) == self.head

    def _next(self) -> tuple[str, Sequence[Durable]]:
        self.number += 1
        return commit_number(self.number, self.plain)

    def _did(self, lock_id: str, items: Sequence[Durable]) -> None:
        self.plain = self.plain.after(lock_id, items)
        self.head += sum(type(item).__name__ == "Record" for item in items)


async def main(folder: str, calls: str, error: str, tries: str) -> None:
    door = Door(Path(folder) / "store.db", int(calls), getattr(errno, error))
    random = Random(3)
    calls_of_a_commit = 2 if calls == "2" else 25
    await door.open()
    for number in range(int(tries)):
        await door.commit_while_failing(random.randrange(calls_of_a_commit), random.choice([1, 1, 2, -1]))
        if number % 3 == 0:
            await door.heals()
        await door.commit()
        if number % 20 == 19:
            await door.agrees()
            await door.store.close()
            await door.open()
        await door.agrees()
    await door.store.check()
    await door.store.close()
    sys.stdout.write(json.dumps(door.seen))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
