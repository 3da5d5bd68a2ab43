"""The journal tells what happened, in order, and keeps what matters longest."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import batched
from pathlib import Path
from random import Random

import pytest

from lock_bridge.engine.effects import Record
from lock_bridge.engine.model import Fact, Instant
from lock_bridge.store import RETENTION, Budget, Store
from lock_bridge.store.database import TRIM_AFTER_MS, TRIM_EVERY, Database
from lock_bridge.store.journal import TRIM_STEP
from lock_bridge.wire.model import Event
from lock_bridge.wire.words import EventType, Priority
from tests.store.plain import BOOT_ID, refused

DAY_MS = 86_400_000
SMALL = dict.fromkeys(Priority, Budget(rows=50, age_ms=30 * DAY_MS, floor=5))


def facts(kind: EventType, count: int) -> list[Record]:
    return [Record(Fact(kind, data={"n": number})) for number in range(count)]


def seqs(events: Sequence[Event]) -> list[int]:
    return [event.seq for event in events]


async def kept(store: Store) -> list[int]:
    return seqs(await store.events_after(0, 1_000_000))


async def test_events_are_numbered_in_the_order_of_their_commits(store: Store, path: Path, at: Instant) -> None:
    first = await store.commit("front_door", facts(EventType.DOORBELL, 2), at)
    second = await store.commit(None, facts(EventType.BRIDGE_STARTED, 1), at)
    assert seqs(first + second) == [1, 2, 3]
    assert (store.head, store.oldest) == (3, 1)
    assert await store.events_after(0, 100) == first + second
    assert await store.events_after(1, 1) == first[1:]
    assert await store.events_after(3, 100) == ()
    epoch = store.epoch
    await store.close()
    again = await Store.open(path, boot_id="another boot")
    assert (again.epoch, again.head, again.oldest) == (epoch, 3, 1)
    later = await again.commit(None, facts(EventType.BRIDGE_STARTED, 1), at)
    assert (later[0].seq, later[0].boot_id) == (4, "another boot")
    assert await again.events_after(0, 100) == first + second + later
    await again.close()


async def test_a_reader_is_shown_nothing_that_was_not_told_yet(store: Store, at: Instant) -> None:
    await store.commit(None, facts(EventType.DOORBELL, 3), at)
    store.head = 2
    assert await kept(store) == [1, 2]
    assert seqs(await store.query()) == [2, 1]
    assert seqs(await store.query(before=10)) == [2, 1]


async def test_a_page_is_filtered_by_user_lock_and_kind(store: Store, at: Instant) -> None:
    random = Random(1)
    kinds = (EventType.ACCESS_GRANTED, EventType.UNLOCKED, EventType.DOORBELL)
    told: list[Event] = []
    for _ in range(300):
        fact = Fact(random.choice(kinds), user_id=random.choice([None, "anna", "ben"]))
        told += await store.commit(random.choice([None, "front_door", "back_door"]), [Record(fact)], at)
    for _ in range(300):
        lock_id = random.choice([None, "front_door", "back_door", "none"])
        user_id = random.choice([None, None, "anna", "ben", "nobody"])
        types = tuple(random.choices([*kinds, EventType.RESTORED], k=random.randrange(4)))
        after = random.choice([None, random.randrange(310)])
        before = random.choice([None, random.randrange(310)])
        limit = random.choice([1, 7, 100, 1000])
        expected = [
            event
            for event in told
            if lock_id in (None, event.lock_id)
            and user_id in (None, event.user_id)
            and (not types or event.type in types)
            and (after is None or event.seq > after)
            and (before is None or event.seq < before)
        ]
        if after is None:
            expected.reverse()
        page = await store.query(after=after, before=before, limit=limit, lock_id=lock_id, user_id=user_id, types=types)
        assert list(page) == expected[:limit]


@pytest.mark.spec("S57")
async def test_a_thousand_wrong_tries_do_not_push_out_one_alarm(path: Path, at: Instant) -> None:
    store = await Store.open(path, boot_id=BOOT_ID, retention=SMALL)
    await store.commit("front_door", facts(EventType.LOCK_JAMMED, 1) + facts(EventType.UNLOCKED, 1), at)
    for number in range(1000):
        await store.commit("front_door", [Record(refused(number))], at)
    await store.ping()
    events = await store.events_after(0, 10_000)
    assert [event.type for event in events[:2]] == [EventType.LOCK_JAMMED, EventType.UNLOCKED]
    tries = [event.data["n"] for event in events[2:]]
    assert tries == list(range(1000))[-len(tries) :], "the newest ones are kept, without a hole"
    assert 50 <= len(tries) <= 50 + TRIM_EVERY
    assert store.oldest == events[2].seq
    await store.close()


async def test_oldest_says_from_where_nothing_is_missing(path: Path, at: Instant) -> None:
    store = await Store.open(path, boot_id=BOOT_ID, retention=SMALL)
    for _ in range(20):
        await store.commit(None, facts(EventType.TAMPER_STARTED, 1) + facts(EventType.ACCESS_REFUSED, 49), at)
    await store.ping()
    there = await kept(store)
    assert there[0] == 1, "an alarm outlives what came after it"
    missing = sorted(set(range(1, store.head + 1)) - set(there))
    assert store.oldest == missing[-1] + 1
    oldest, head = store.oldest, store.head
    await store.close()
    again = await Store.open(path, boot_id=BOOT_ID, retention=SMALL)
    assert (again.oldest, again.head) == (oldest, head)
    await again.close()


async def test_a_number_is_never_given_twice_even_when_nearly_all_is_trimmed(path: Path, at: Instant) -> None:
    strict = dict.fromkeys(Priority, Budget(rows=1, age_ms=1, floor=1))
    store = await Store.open(path, boot_id=BOOT_ID, retention=strict)
    await store.commit(None, facts(EventType.DOORBELL, TRIM_EVERY), at)
    await store.ping()
    assert await kept(store) == [TRIM_EVERY]
    await store.close()
    again = await Store.open(path, boot_id=BOOT_ID, retention=strict)
    assert (again.head, again.oldest) == (TRIM_EVERY, TRIM_EVERY)
    assert (await again.commit(None, facts(EventType.DOORBELL, 1), at))[0].seq == TRIM_EVERY + 1
    await again.close()


async def test_events_grow_old_but_a_wrong_clock_does_not_empty_the_journal(path: Path, at: Instant) -> None:
    store = await Store.open(path, boot_id=BOOT_ID, retention=SMALL)
    await store.commit(None, facts(EventType.DOORBELL, 20), at)

    async def look(days: int, *, trusted: bool) -> list[int]:
        later = Instant(at.mono_ms + (days + 1) * TRIM_AFTER_MS, at.wall_ms + days * DAY_MS, trusted)
        await store.commit(None, facts(EventType.UNLOCKED, 1), later)
        await store.ping()
        return [event.seq for event in await store.events_after(0, 100) if event.type is EventType.DOORBELL]

    assert await look(29, trusted=True) == list(range(1, 21))
    assert await look(30, trusted=False) == list(range(1, 21)), "an untrusted clock ages nothing"
    assert await look(31, trusted=True) == list(range(16, 21)), "the newest few stay whatever the calendar says"
    assert store.oldest == 16
    await store.close()


async def test_events_of_an_untrusted_time_go_with_those_around_them(path: Path, at: Instant) -> None:
    tiny = dict.fromkeys(Priority, Budget(rows=50, age_ms=30 * DAY_MS, floor=1))
    store = await Store.open(path, boot_id=BOOT_ID, retention=tiny)
    untrusted = replace(at, wall_ms=0, trusted=False)
    for moment in (untrusted, at, untrusted, replace(at, wall_ms=at.wall_ms + 40 * DAY_MS), untrusted):
        await store.commit(None, facts(EventType.DOORBELL, 1), moment)
    later = Instant(at.mono_ms + 2 * TRIM_AFTER_MS, at.wall_ms + 41 * DAY_MS)
    await store.commit(None, facts(EventType.DOORBELL, 1), later)
    await store.ping()
    assert await kept(store) == [3, 4, 5, 6]
    await store.close()


async def test_a_backlog_is_trimmed_in_steps(path: Path, at: Instant) -> None:
    store = await Store.open(path, boot_id=BOOT_ID)
    await store.commit(None, facts(EventType.DOORBELL, 3 * TRIM_STEP), at)
    await store.close()
    store = await Store.open(path, boot_id=BOOT_ID, retention=SMALL)
    await store.commit(None, facts(EventType.BRIDGE_STARTED, 1), at)
    counts = [len(await kept(store)) for _ in range(5)]
    assert counts == [2 * TRIM_STEP + 1, TRIM_STEP + 1, 51, 51, 51]
    await store.close()


async def test_trouble_with_trimming_does_not_stop_commits(
    path: Path, at: Instant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(path, boot_id=BOOT_ID, retention=SMALL)
    monkeypatch.setattr(
        "lock_bridge.store.journal.TRIM_STEP", "no number"
    )  # the statement fails where a bad page would
    await store.commit(None, facts(EventType.DOORBELL, 300), at)
    await store.commit(None, facts(EventType.DOORBELL, 1), at)
    assert "The journal was not trimmed" in caplog.text
    assert (store.head, store.oldest, store.healthy) == (301, 1, True)
    await store.close()


async def test_the_epoch_is_renewed_on_demand_and_stays(store: Store, path: Path) -> None:
    before = store.epoch
    after = await store.renew_epoch()
    assert len(after) == 16
    assert after == store.epoch != before
    await store.close()
    again = await Store.open(path, boot_id=BOOT_ID)
    assert again.epoch == after
    await again.close()


def test_every_priority_has_a_budget() -> None:
    assert set(RETENTION) == set(Priority)
    with pytest.raises(ValueError, match="at least one"):
        Budget(rows=10, age_ms=1, floor=0)


def test_a_page_and_a_start_take_no_longer_with_a_million_events(path: Path, tmp_path: Path) -> None:
    rows = 100_000  # what is asked for is a matter of indexes; `scripts/bench` takes a million
    generous = dict.fromkeys(Priority, Budget(rows=10_000_000, age_ms=10**15))
    database = Database(path, boot_id=BOOT_ID, retention=generous)
    kinds = (EventType.ACCESS_GRANTED, EventType.UNLOCKED, EventType.LOCKED, EventType.DOOR_OPENED)
    records = (Record(Fact(kinds[n % 4], user_id=f"user-{n % 50}" if n != 777 else "rare")) for n in range(rows))
    for batch in batched(records, 20_000, strict=False):
        database.commit("front_door", batch, Instant(1, 1))
    try:
        for words in (
            {"user_id": "user-3"},
            {"user_id": "rare"},
            {"user_id": "nobody"},
            {"lock_id": "no_door"},
            {"types": (EventType.DOOR_OPENED, EventType.RESTORED)},
            {"types": (EventType.RESTORED,), "lock_id": "no_door"},
            {},
        ):
            for before in (rows, rows // 2):
                page = {"after": None, "before": before, "limit": 100, "lock_id": None, "user_id": None, "types": ()}
                assert fastest(lambda page=page | words: database.query(**page)) < 0.010, words
    finally:
        database.close()
    empty = Database(tmp_path / "empty" / "store.db", boot_id=BOOT_ID)
    empty.close()
    assert opening(path) < opening(empty.path) + 0.050


def fastest(work: object) -> float:
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def opening(path: Path) -> float:
    return fastest(lambda: Database(path, boot_id=BOOT_ID).close())
