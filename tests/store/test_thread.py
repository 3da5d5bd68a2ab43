"""The store's thread: one thing after the other, and tidying up when nobody wants anything."""

import asyncio
from collections.abc import Callable

import pytest

from lock_bridge.store import StoreError
from lock_bridge.store.thread import WorkThread

PATIENCE_S = 20


class Tidier:
    """Counts how often it was tidied up, and after what."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.tidied: list[int] = []

    def piece(self, number: int) -> Callable[[], None]:
        return lambda: self.done.append(number)

    def tidy(self) -> None:
        self.tidied.append(len(self.done))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - a thread, and nobody tells of it
            await asyncio.sleep(0.005)


async def test_nobody_who_wants_something_soon_waits_for_tidying_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lock_bridge.store.thread.QUIET_S", 1.0)
    monkeypatch.setattr("lock_bridge.store.thread.BUSY", 64)
    thread, tidier = WorkThread("test"), Tidier()
    thread.afterwards = tidier.tidy
    for number in range(5):
        await thread.put(tidier.piece(number))
    assert (tidier.done, tidier.tidied) == ([0, 1, 2, 3, 4], [])
    await until(lambda: tidier.tidied == [5])
    await thread.put(tidier.piece(5))
    await until(lambda: tidier.tidied == [5, 6])
    thread.end()


async def test_where_it_is_never_quiet_it_is_tidied_up_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lock_bridge.store.thread.QUIET_S", 60.0)
    monkeypatch.setattr("lock_bridge.store.thread.BUSY", 4)
    thread, tidier = WorkThread("test"), Tidier()
    thread.afterwards = tidier.tidy
    for number in range(10):
        await thread.put(tidier.piece(number))
    assert tidier.tidied == [4, 8]
    thread.end()


async def test_after_its_end_nothing_is_taken() -> None:
    thread = WorkThread("test")
    thread.end()
    with pytest.raises(StoreError, match="closed"):
        thread.put(lambda: None)
