"""The journal over the wire: nothing lost, nothing twice, in order, and gaps said out loud."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lock_bridge.engine.effects import Record
from lock_bridge.engine.model import Fact
from lock_bridge.store import RETENTION, Budget, Store, StoreError
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.messages import MAX_BATCH, WINDOW, Ack
from lock_bridge.wire.words import BoltState, EventType, Priority
from tests.server.world import Socket, World, until


def seqs(frames: Iterable[dict[str, Any]]) -> list[int]:
    return [event["seq"] for frame in frames if frame["type"] == "events" for event in frame["events"]]


async def test_the_welcome_says_how_the_bridge_is_and_how_far_the_journal_goes(world: World) -> None:
    client = await world.paired()
    await world.house.ring(3)
    async with await client.enter() as socket:
        now = world.clock.now()
        assert socket.gaps == []
        assert socket.welcome == {
            "type": "welcome",
            "bridge": {"id": world.house.info.id, "name": "Home", "version": "0.1.0", "api": 1},
            "client_id": client.client_id,
            "scopes": sorted(["state", "events", "lock", "unlock", "users", "credentials", "settings", "clients"]),
            "epoch": world.store.epoch,
            "oldest": 1,
            "head": 3,
            "time_ms": now.mono_ms,
            "wall_ms": now.wall_ms,
            "time_trusted": True,
            "locks": [socket.welcome["locks"][0]],
            "status": None,
            "people": 0,
        }
        assert socket.welcome["locks"][0]["bolt"] == "unknown"


async def test_a_new_client_begins_at_the_head(world: World) -> None:
    client = await world.paired()
    await world.house.ring(3)
    async with await client.enter() as socket:
        await world.house.ring()
        frame = await socket.frame()
        assert (frame["type"], frame["live"], seqs([frame])) == ("events", True, [4])
        assert frame["events"][0]["type"] == "doorbell"
        assert frame["events"][0]["lock_id"] == "front_door"


async def test_a_client_that_was_away_is_told_what_it_missed_and_then_what_happens(world: World) -> None:
    client = await world.paired()
    await world.house.ring(250)
    async with await client.enter(world.store.epoch, 20) as socket:
        frames = await socket.events(250)
        assert seqs(frames) == list(range(21, 251))
        assert {frame["live"] for frame in frames} == {False}
        assert max(len(frame["events"]) for frame in frames) == MAX_BATCH
        await world.house.ring()
        (live,) = await socket.events(251)
        assert (live["live"], seqs([live])) == (True, [251])


async def test_state_changes_come_beside_the_events_and_say_how_old_they_are(world: World) -> None:
    client = await world.paired()
    async with await client.enter() as socket:
        await world.house.ring()
        world.house.set_bolt(BoltState.UNLOCKED)
        await socket.frame("events")
        assert await socket.frame() == {
            "type": "state",
            "lock": "front_door",
            "as_of": 1,
            "changes": {"bolt": "unlocked"},
        }


async def test_no_more_is_under_way_than_the_window_and_an_ack_lets_more_come(world: World) -> None:
    client = await world.paired()
    await world.house.ring(WINDOW + 120)
    async with await client.enter(world.store.epoch, 0) as socket:
        got: list[int] = []
        while len(got) < WINDOW:
            got += seqs([await socket.frame()])
        assert got == list(range(1, WINDOW + 1))
        await socket.settled()  # nothing else has come before the answer to this ping
        await socket.send(Ack(seq=50))
        assert seqs([await socket.frame()]) == list(range(WINDOW + 1, WINDOW + 51))
        await socket.settled()
        await socket.send(Ack(seq=WINDOW))
        assert (await socket.events(WINDOW + 120))[-1]["events"][-1]["seq"] == WINDOW + 120


async def test_a_client_that_acks_nothing_gets_the_window_also_of_what_happens_live(world: World) -> None:
    client = await world.paired()
    async with await client.enter() as socket:
        for _ in range(6):
            await world.house.ring(100)
        got = [seqs([await socket.frame()]) for _ in range(5)]
        assert sum(map(len, got)) == WINDOW
        await socket.settled()
        world.clock.advance(15_000)
        assert (await socket.frame("tick"))["head"] == 600  # so the client sees that it lacks something
        await socket.send(Ack(seq=WINDOW))
        assert seqs(await socket.events(600)) == list(range(501, 601))


@pytest.mark.parametrize("seq", [4, 2**62])
async def test_an_ack_of_what_was_never_sent_is_a_mistake(world: World, seq: int) -> None:
    client = await world.paired()
    await world.house.ring(3)
    async with await client.enter() as socket:
        await socket.send(Ack(seq=3))
        await socket.settled()
        await socket.send(Ack(seq=seq))
        assert await socket.ended() == (ErrorCode.BAD_REQUEST, 1008)


async def test_what_happens_during_the_catching_up_comes_after_it_and_is_live(world: World) -> None:
    client = await world.paired()
    await world.house.ring(WINDOW + 50)
    async with await client.enter(world.store.epoch, 0) as socket:
        for _ in range(3):
            await world.house.ring()
        frames = await socket.events(WINDOW + 53)
        assert seqs(frames) == list(range(1, WINDOW + 54))
        for frame in frames:
            assert all((event["seq"] > WINDOW + 50) is frame["live"] for event in frame["events"])


async def test_an_event_committed_but_not_told_yet_when_a_client_arrives_comes_once(world: World) -> None:
    client = await world.paired()
    committed = await world.store.commit(None, [Record(Fact(EventType.DOORBELL))], world.clock.now())
    async with await client.enter(world.store.epoch, 0) as socket:
        await world.house.publish(committed)
        await world.house.ring()
        assert seqs(await socket.events(2)) == [1, 2]


async def test_events_that_are_told_out_of_order_come_in_order(world: World) -> None:
    client = await world.paired()
    async with await client.enter() as socket:
        first, second = [
            await world.store.commit(None, [Record(Fact(EventType.DOORBELL))], world.clock.now()) for _ in "ab"
        ]
        await world.house.publish(second)
        await world.house.publish(first)
        await world.house.ring()
        assert seqs(await socket.events(3)) == [1, 2, 3]
        await socket.settled()


async def test_a_client_hears_of_what_was_trimmed_while_it_was_away_and_gets_what_was_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lock_bridge.store.thread.BUSY", 1)  # the journal is trimmed at every chance
    client = await world.paired()
    epoch, path = world.store.epoch, world.folder / "store.db"
    await world.store.close()
    # A small budget for what anybody at the door can repeat, and a large one for alarms.
    budgets = dict(RETENTION) | {Priority.DEBUG: Budget(rows=20, age_ms=10**12, floor=5)}
    world.house.store = await Store.open(path, boot_id=world.clock.boot_id, retention=budgets)
    for _ in range(6):
        await world.house.record(Fact(EventType.TAMPER_STARTED))
        await world.house.record(*[Fact(EventType.ACCESS_REFUSED)] * 40)
        world.clock.advance(24 * 3_600_000)
        await world.store.ping()  # trimming is done after a commit
    async with await client.enter(epoch, 0) as socket:
        frames = await socket.events(world.store.head)
        told, gaps = seqs(frames), [frame for frame in frames if frame["type"] == "gap"]
        assert {event.seq for event in await world.house.journal(EventType.TAMPER_STARTED)} <= set(told)
        assert told == sorted(set(told))
        assert len(gaps) > 1
        covered = set(told)
        for gap in gaps:
            assert gap["epoch"] == epoch
            covered |= set(range(gap["first"], gap["last"] + 1))
        assert covered == set(range(1, world.store.head + 1))
        assert not set(told) & {seq for gap in gaps for seq in range(gap["first"], gap["last"] + 1)}


@pytest.mark.spec("S58")
async def test_after_a_restore_a_client_goes_on_with_the_event_that_says_so(world: World) -> None:
    client = await world.paired()
    await world.house.ring(5)
    old = world.store.epoch
    await world.store.renew_epoch()
    await world.house.record(Fact(EventType.RESTORED))
    await world.house.ring(2)
    async with await client.enter(old, 9) as socket:
        assert socket.gaps == [{"type": "gap", "epoch": world.store.epoch, "first": 1, "last": 5}]
        assert socket.welcome["epoch"] == world.store.epoch != old
        frames = await socket.events(8)
        assert seqs(frames) == [6, 7, 8]
        assert frames[0]["events"][0]["type"] == EventType.RESTORED


async def test_a_new_journal_is_told_from_its_beginning_to_a_client_of_another(world: World) -> None:
    client = await world.paired()
    await world.house.ring(3)
    async with await client.enter("another-epoch", 70) as socket:
        assert socket.gaps == [{"type": "gap", "epoch": world.store.epoch, "first": 1, "last": 0}]
        assert seqs(await socket.events(3)) == [1, 2, 3]


@pytest.mark.spec("S58")
async def test_a_file_that_was_put_back_by_hand_is_found_out_and_everybody_is_told(world: World) -> None:
    """The numbers that a client knows are beyond the journal's end."""
    one, two = await world.paired(), await world.paired()
    await world.house.ring(5)
    old = world.store.epoch
    other = await two.enter(old, 5)
    async with await one.enter(old, 9) as socket:
        new = world.store.epoch
        assert new != old
        assert socket.gaps == [{"type": "gap", "epoch": new, "first": 1, "last": 5}]
        (restored,) = (await socket.events(6))[0]["events"]
        assert (restored["type"], restored["reason"]) == (EventType.RESTORED, "rolled_back")
    assert (await other.ended())[0] == ErrorCode.STOPPING
    async with await two.enter(old, 5) as socket:
        assert seqs(await socket.events(6)) == [6]


async def test_a_client_that_makes_numbers_up_disturbs_the_others_once_at_most(world: World) -> None:
    liar, honest = await world.paired(), await world.paired()
    await world.house.ring()
    async with await liar.enter(world.store.epoch, 10**6):
        pass
    epoch = world.store.epoch
    async with await honest.enter(epoch, world.store.head) as socket:
        async with await liar.enter(epoch, 10**6) as lying:
            head = world.store.head
            assert lying.gaps == [{"type": "gap", "epoch": epoch, "first": head + 1, "last": head}]
        assert world.store.epoch == epoch
        await world.house.ring()
        assert seqs(await socket.events(world.store.head)) == [world.store.head]


async def test_a_journal_that_cannot_be_read_ends_the_connection_with_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise StoreError("The disk does not do what it should.")

    client = await world.paired()
    await world.house.ring(3)
    monkeypatch.setattr(world.store, "events_after", fails)
    async with await client.enter(world.store.epoch, 0) as socket:
        assert await socket.ended() == (ErrorCode.STORAGE, 1013)


async def test_two_clients_keep_their_own_places(world: World) -> None:
    one, two = await world.paired(), await world.paired()
    await world.house.ring(10)
    epoch = world.store.epoch
    async with await one.enter(epoch, 2) as first, await two.enter(epoch, 7) as second:
        await world.house.ring()
        assert seqs(await first.events(11)) == list(range(3, 12))
        assert seqs(await second.events(11)) == list(range(8, 12))


@pytest.mark.spec("S59")
async def test_events_come_in_the_order_in_which_they_were_committed(world: World) -> None:
    """Eight writers at once."""
    client = await world.paired()
    async with await client.enter(world.store.epoch, 0) as socket:
        await asyncio.gather(*(world.house.ring() for _ in range(64)))
        assert seqs(await socket.events(64)) == list(range(1, 65))
    assert [event.seq for event in await world.house.journal()] == list(range(1, 65))


# What a day may bring: rings in bursts, and connections that break at any moment and come back with what they know.
steps = st.lists(
    st.one_of(
        st.tuples(st.just("ring"), st.integers(1, 260)),
        st.tuples(st.just("cut"), st.integers(0, 3)),
        st.tuples(st.just("read"), st.integers(1, 4)),
        st.tuples(st.just("ack"), st.just(0)),
        st.tuples(st.just("reboot"), st.just(0)),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_breaks_each_event_comes_once_and_in_order(tmp_path_factory: Any, day: list[tuple[str, int]]) -> None:
    """F6, F7."""
    asyncio.run(_live_through(World(tmp_path_factory.mktemp("day")), day))


async def _live_through(world: World, day: list[tuple[str, int]]) -> None:
    await world.open()
    reader = Reader(world, str((await world.paired()).token))
    try:
        for what, much in day:
            match what:
                case "ring":
                    await world.house.ring(much)
                case "cut":
                    await reader.cut(much)
                case "read":
                    await reader.read(much)
                case "ack":
                    await reader.ack()
                case "reboot":
                    await reader.hang_up()
                    await world.reboot()
        await reader.hang_up()
        while reader.last < world.store.head:
            await reader.read(1)
        assert reader.told == list(range(1, world.store.head + 1))
        await reader.hang_up()
    finally:
        await world.close()


class Reader:
    """A client that comes back with what it knows."""

    def __init__(self, world: World, token: str) -> None:
        self.told: list[int] = []
        self._world = world
        self._token = token
        self._socket: Socket | None = None

    @property
    def last(self) -> int:
        return self.told[-1] if self.told else 0

    async def read(self, frames: int) -> None:
        for _ in range(frames):
            if self._socket is None:
                self._socket = await self._world.visitor(self._token).enter(self._world.store.epoch, self.last)
            if self.last < self._world.store.head:
                self.told += seqs([await self._socket.frame("events")])
                await self.ack()

    async def ack(self) -> None:
        if self._socket and self.told:
            await self._socket.send(Ack(seq=self.last))

    async def cut(self, after: int) -> None:
        """The network breaks, after a few steps of the event loop."""
        if self._socket:
            for _ in range(after):
                await asyncio.sleep(0)
            connection = self._socket.ws._response.connection
            if connection and connection.transport:
                connection.transport.abort()
            await self.hang_up()

    async def hang_up(self) -> None:
        if self._socket:
            await self._socket.close()
        self._socket = None


async def test_ten_thousand_events_after_an_outage_come_in_order(world: World) -> None:
    client = await world.paired()
    for _ in range(20):
        await world.house.ring(500)
    async with await client.enter(world.store.epoch, 0) as socket:
        assert seqs(await socket.events(10_000)) == list(range(1, 10_001))


async def test_a_client_that_leaves_in_the_middle_of_catching_up_leaves_nothing_behind(world: World) -> None:
    client = await world.paired()
    await world.house.ring(WINDOW * 2)
    socket = await client.enter(world.store.epoch, 0)
    await socket.frame("events")
    await socket.close()
    await until(lambda: not world.server._hub._sessions)
    assert not world.server._hub._welcomed
    assert len(asyncio.all_tasks()) < 8


async def test_what_the_disk_took_late_is_told_as_old_news(world: World) -> None:
    client = await world.paired()
    async with await client.enter() as socket:
        now = world.clock.now()
        then = replace(now, mono_ms=now.mono_ms - 61_000)
        late = await world.store.commit("front_door", [Record(Fact(EventType.DOORBELL))], then)
        await world.house.publish(late)
        await world.house.ring()
        assert [(await socket.frame("events"))["live"] for _ in range(2)] == [False, True]
