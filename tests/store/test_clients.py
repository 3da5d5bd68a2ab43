"""Paired clients are kept with the hash of their token, and forgotten for good."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from lock_bridge.engine.effects import Record
from lock_bridge.engine.model import Fact, Instant
from lock_bridge.store import ClientRow, Store, StoreConflict
from lock_bridge.wire.words import EventType, Scope
from tests.store.plain import BOOT_ID, refused

TOKEN = b"the token itself"
HOME = ClientRow(
    id="c1",
    name="Home Assistant",
    scopes=frozenset({Scope.STATE, Scope.LOCK, Scope.UNLOCK}),
    token_hash=hashlib.sha256(TOKEN).digest(),
    created_ms=1000,
)
PAIRED = Fact(EventType.CLIENT_PAIRED, client_id="c1", client_name="Home Assistant")
REVOKED = Fact(EventType.CLIENT_REVOKED, client_id="c1", client_name="Home Assistant")


async def test_a_client_is_there_again_with_the_journals_word_on_it(store: Store, path: Path, at: Instant) -> None:
    other = replace(HOME, id="c2", token_hash=b"2" * 32, created_ms=500, last_used_ms=7, last_address="::1")
    events = await store.add_client(HOME, [PAIRED], at)
    assert [(event.seq, event.type, event.client_id) for event in events] == [(1, EventType.CLIENT_PAIRED, "c1")]
    assert store.head == 1
    await store.add_client(other, [], at)
    await store.close()
    again = await Store.open(path, boot_id=BOOT_ID)
    assert await again.clients() == (other, HOME)
    await again.close()


async def test_a_revoked_client_is_gone_and_is_revoked_once(store: Store, at: Instant) -> None:
    await store.add_client(HOME, [PAIRED], at)
    await store.touch_client("c1", 2000, "127.0.0.1")
    assert [event.type for event in await store.remove_client("c1", [REVOKED], at)] == [EventType.CLIENT_REVOKED]
    assert await store.remove_client("c1", [REVOKED], at) == ()
    assert await store.clients() == ()
    assert store.head == 2


async def test_a_client_paired_anew_was_never_there_before(store: Store, at: Instant) -> None:
    await store.add_client(HOME, [PAIRED], at)
    await store.touch_client("c1", 2000, "127.0.0.1")
    await store.remove_client("c1", [REVOKED], at)
    await store.add_client(HOME, [PAIRED], at)
    assert await store.clients() == (HOME,)


async def test_a_second_client_of_the_same_id_or_token_is_refused_whole(store: Store, at: Instant) -> None:
    await store.add_client(HOME, [PAIRED], at)
    for same in (replace(HOME, token_hash=b"x" * 32), replace(HOME, id="c2")):
        with pytest.raises(StoreConflict):
            await store.add_client(same, [PAIRED], at)
    assert await store.clients() == (HOME,)
    assert store.head == 1
    assert store.healthy


async def test_when_a_client_was_last_there_is_written_with_the_next_commit(
    store: Store, path: Path, at: Instant
) -> None:
    await store.add_client(HOME, [PAIRED], at)
    await store.touch_client("c1", 2000, "192.0.2.1")
    await store.touch_client("c1", 3000, "192.0.2.2")
    await store.touch_client("unknown", 3000, None)
    used = replace(HOME, last_used_ms=3000, last_address="192.0.2.2")
    await store.commit(None, [Record(refused(1))], at)
    assert await store._thread.put(store._database.clients) == (used,)
    await store.touch_client("c1", 4000, None)
    assert await store.clients() == (replace(used, last_used_ms=4000, last_address=None),)
    await store.touch_client("c1", 5000, None)
    await store.close()
    again = await Store.open(path, boot_id=BOOT_ID)
    assert await again.clients() == (replace(used, last_used_ms=5000, last_address=None),)
    await again.close()


async def test_no_token_and_no_hash_is_shown(store: Store, path: Path, at: Instant) -> None:
    await store.add_client(HOME, [PAIRED], at)
    assert HOME.token_hash.hex() not in repr(HOME)
    assert repr(HOME.token_hash)[2:-1] not in repr(HOME)
    assert TOKEN not in await asyncio.to_thread(path.with_name("store.db-wal").read_bytes)
    await store.close()
    assert TOKEN not in await asyncio.to_thread(path.read_bytes)
