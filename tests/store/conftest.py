"""A data folder, a store in it, and a moment in time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lock_bridge.engine.model import Instant
from lock_bridge.store import Store
from tests.store.plain import BOOT_ID


@pytest.fixture
def at() -> Instant:
    return Instant(mono_ms=1_000_000, wall_ms=1_780_000_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    store = await Store.open(path, boot_id=BOOT_ID)
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def _tidied_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal is trimmed after each piece of work, not only when it is quiet."""
    monkeypatch.setattr("lock_bridge.store.thread.BUSY", 1)
