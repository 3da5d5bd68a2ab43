"""What drivers remember of their parts is there after a restart; what cannot be read is not taken for nothing."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lock_bridge.hardware.memory import IDENTITY
from lock_bridge.part_memory import PartMemories
from lock_bridge.store import Store

LOCKS: Any = [SimpleNamespace(id="front", parts={"fingerprint": None, "bolt": None})]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "store.db", boot_id="boot")
    yield store
    await store.close()


async def loaded(store: Store) -> PartMemories:
    memories = PartMemories(store)
    await memories.load(LOCKS)
    return memories


async def after_a_restart(store: Store, port: str) -> Mapping[str, str]:
    return (await loaded(store)).kept(f"part.front.{port}")


async def test_each_part_finds_its_own_last_words_after_a_restart(store: Store) -> None:
    memories = await loaded(store)
    finger, bolt = memories.of("front", "fingerprint"), memories.of("front", "bolt")
    assert finger.get(IDENTITY) is None
    for text in ("one", "two", "three"):
        finger.put(IDENTITY, text)
    bolt.put("throw", "900")
    bolt.put("retract", "800")
    bolt.forget("throw")
    await memories.stop()
    assert await after_a_restart(store, "fingerprint") == {IDENTITY: "three"}
    assert await after_a_restart(store, "bolt") == {"retract": "800"}


@pytest.mark.parametrize("row", [b"", b"\xff", b"[]", b'{"identity": 5}', b'{"identity": "R5'])
async def test_of_a_row_that_cannot_be_read_it_is_known_that_there_was_a_module(store: Store, row: bytes) -> None:
    await store.put_value("part.front.fingerprint", row)
    assert await after_a_restart(store, "fingerprint") == {IDENTITY: ""}
    assert await after_a_restart(store, "bolt") == {}
