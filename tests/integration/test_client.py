"""The client alone, before a bridge that says what no bridge says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from custom_components.lock_bridge.client import (
    Address,
    CannotConnect,
    CertificateChanged,
    Connection,
    Cursor,
    LinkLost,
    LinkState,
    NoAnswer,
    NotABridge,
    Timing,
    Transport,
)
from custom_components.lock_bridge.client import connection as connection_module
from custom_components.lock_bridge.client.commands import Commands
from custom_components.lock_bridge.client.pace import Pace
from custom_components.lock_bridge.wire.codec import encode
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from custom_components.lock_bridge.wire.messages import (
    MAX_AGE_MS,
    Events,
    FromBridge,
    Gap,
    People,
    Result,
    State,
    Status,
    Tick,
    Welcome,
    to_frame,
)
from custom_components.lock_bridge.wire.model import (
    BridgeInfo,
    BridgeStatus,
    Capabilities,
    Event,
    LockSnapshot,
    UserInfo,
)
from custom_components.lock_bridge.wire.words import (
    API_VERSION,
    BoltState,
    EventType,
    Priority,
    Refusal,
    RingState,
    Scope,
)
from tests.integration.house import until
from tests.integration.scripted import ScriptedBridge

type Serve = Callable[[web.WebSocketResponse], Awaitable[None]]

LOCK = LockSnapshot(
    id="front_door",
    name="Front door",
    profile="palm6068",
    model="",
    serial="",
    capabilities=Capabilities(users=0, credentials={}, settings=(), door_contact=True, doorbell=True),
    bolt=BoltState.LOCKED,
)
SCOPES = (Scope.STATE, Scope.EVENTS, Scope.LOCK, Scope.UNLOCK)


def welcome(
    *, head: int = 10, epoch: str = "one", api: int = API_VERSION, time_ms: int = 1_000_000, **more: Any
) -> str:
    greeting = Welcome(
        bridge=BridgeInfo(id="0011223344556677", name="Home", version="1", api=api),
        client_id="c",
        scopes=SCOPES,
        epoch=epoch,
        oldest=1,
        head=head,
        time_ms=time_ms,
        wall_ms=0,
        time_trusted=False,
        locks=(LOCK,),
    )
    return text(greeting, **more)


def text(message: FromBridge, **more: Any) -> str:
    return json.dumps({**to_frame(message), **more})


def event(seq: int, kind: str = EventType.DOORBELL) -> Event:
    return Event(
        seq=seq,
        type=kind,  # type: ignore[arg-type]
        priority=Priority.INFO,
        wall_ms=0,
        time_trusted=True,
        boot_id="b",
        boot_ms=0,
        lock_id="front_door",
    )


def user(user_id: str, name: str, refused: Refusal | None = None) -> UserInfo:
    return UserInfo(
        id=user_id,
        name=name,
        role="user",
        number=1,
        enabled=True,
        valid_from_ms=None,
        valid_until_ms=None,
        credentials={},
        locks=("front_door",),
        may_enter=refused is None,
        refused=refused,
    )


class Client:
    """A connection, and what it told."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.events: list[tuple[int, bool]] = []
        self.kinds: list[str] = []
        self.states: list[frozenset[str]] = []
        self.people: list[tuple[str, frozenset[str]]] = []
        self.statuses = 0
        self.gaps: list[Gap] = []
        self.links: list[LinkState] = []
        connection.on_event.add(self._happened)
        connection.on_state.add(lambda _lock, changed: self.states.append(changed))
        connection.on_people.add(lambda lock, changed: self.people.append((lock, changed)))
        connection.on_status.add(self._status_changed)
        connection.on_gap.add(self.gaps.append)
        connection.on_link.add(lambda: self.links.append(connection.state))
        self.task: asyncio.Task[None] | None = None

    def _happened(self, happened: Event, _cursor: Cursor, replayed: bool) -> None:
        self.events.append((happened.seq, replayed))
        self.kinds.append(happened.type)

    def _status_changed(self) -> None:
        self.statuses += 1

    def run(self) -> asyncio.Task[None]:
        self.task = asyncio.create_task(self.connection.run())
        return self.task


@pytest.fixture
async def dial(scripted: ScriptedBridge) -> AsyncIterator[Callable[..., Client]]:
    """Makes clients of the scripted bridge."""
    clients: list[Client] = []
    async with aiohttp.ClientSession() as session:

        def make(cursor: Cursor | None = None, **timing: float) -> Client:
            transport = Transport(session, Address("127.0.0.1", scripted.port), scripted.fingerprint)
            pace = Pace(lambda _low, _high: 0.1)
            client = Client(Connection(transport, "token", cursor, timing=Timing(**timing), pace=pace))
            clients.append(client)
            return client

        yield make
        for client in clients:
            if client.task is not None:
                client.task.cancel()
                await asyncio.gather(client.task, return_exceptions=True)
            await client.connection.close()


def script(*frames: str, stay: bool = True, got: list[Any] | None = None) -> Serve:
    """Say these after the hello; then listen until the client goes, or hang up."""

    async def serve(ws: web.WebSocketResponse) -> None:
        hello = await ws.receive_json()
        if got is not None:
            got.append(hello)
        for frame in frames:
            await ws.send_str(frame)
        if stay:
            async for message in ws:
                if got is not None:
                    got.append(json.loads(message.data))

    return serve


type Dial = Callable[..., Client]


async def test_a_new_client_begins_at_the_head(scripted: ScriptedBridge, dial: Dial) -> None:
    got: list[Any] = []
    scripted.socket = script(welcome(head=10), got=got)
    client = dial()
    data = await client.connection.connect()
    assert (data.info.name, data.scopes, data.locks["front_door"]) == ("Home", frozenset(SCOPES), LOCK)
    assert client.connection.cursor == Cursor(epoch="one", seq=10)
    await until(lambda: got)
    assert got[0] == {"type": "hello", "api": API_VERSION, "epoch": None, "last_seq": None}


async def test_events_are_told_once_in_order_and_acknowledged(scripted: ScriptedBridge, dial: Dial) -> None:
    got: list[Any] = []
    scripted.socket = script(
        welcome(head=12),
        text(Events(live=False, events=(event(10), event(11), event(12)))),
        text(Events(live=True, events=(event(12), event(13)))),
        got=got,
    )
    client = dial(Cursor(epoch="one", seq=10))
    client.run()
    await until(lambda: len(got) == 3)
    assert client.events == [(11, True), (12, True), (13, False)]
    assert got[0]["last_seq"] == 10
    assert [ack["seq"] for ack in got[1:]] == [12, 13]


async def test_what_a_newer_bridge_says_beyond_is_passed_over(scripted: ScriptedBridge, dial: Dial) -> None:
    scripted.socket = script(
        welcome(head=0, of_tomorrow=1),
        json.dumps({"type": "weather", "sun": True}),
        text(Events(live=True, events=(event(1, "earthquake"),))),
        text(State(lock="front_door", as_of=1, changes={"bolt": "floating", "colour": "red"})),
        text(State(lock="cellar", as_of=1, changes={"bolt": "locked"})),
        text(State(lock="front_door", as_of=1, changes={"colour": "blue"})),
    )
    client = dial()
    client.run()
    await until(lambda: client.states)
    assert client.kinds == ["earthquake"]
    assert client.states == [frozenset({"bolt"})]
    assert client.connection.data is not None
    assert client.connection.data.locks["front_door"].bolt == "floating"


async def test_a_state_older_than_the_welcome_is_dropped(scripted: ScriptedBridge, dial: Dial) -> None:
    scripted.socket = script(
        welcome(head=10),
        text(State(lock="front_door", as_of=9, changes={"battery": 1})),
        text(State(lock="front_door", as_of=10, changes={"door": "open"})),
    )
    client = dial()
    client.run()
    await until(lambda: client.states)
    assert client.states == [frozenset({"door"})]


async def test_a_gap_is_told_when_there_is_a_state_to_go_with_it(scripted: ScriptedBridge, dial: Dial) -> None:
    scripted.socket = script(
        text(Gap(epoch="one", first=4, last=7)),
        welcome(head=9),
        text(Events(live=False, events=(event(8),))),
        text(Gap(epoch="one", first=9, last=9)),
        text(Events(live=True, events=(event(10),))),
    )
    client = dial(Cursor(epoch="one", seq=3))
    client.run()
    await until(lambda: len(client.events) == 2)
    assert client.links[0] is LinkState.READY
    assert [(gap.first, gap.last) for gap in client.gaps] == [(4, 7), (9, 9)]
    assert client.events == [(8, True), (10, False)]


async def test_another_journal_is_no_gap_of_ours(scripted: ScriptedBridge, dial: Dial) -> None:
    scripted.socket = script(
        text(Gap(epoch="two", first=1, last=4)),
        welcome(head=5, epoch="two"),
        text(Events(live=False, events=(event(5),))),
    )
    client = dial(Cursor(epoch="one", seq=900))
    client.run()
    await until(lambda: client.events)
    assert client.gaps == []
    assert client.events == [(5, True)]
    assert client.connection.cursor == Cursor(epoch="two", seq=5)


NONSENSE = {
    "not JSON": "{",
    "no object": "[]",
    "no type": "{}",
    "a field that is wrong": json.dumps(
        {"type": "tick", "head": "x", "time_ms": 1, "wall_ms": 1, "time_trusted": True}
    ),
    "a state that no lock has": text(State(lock="front_door", as_of=10, changes={"battery": "full"})),
    "a second welcome": welcome(),
}


@pytest.mark.parametrize("frame", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_ends_the_link_and_a_new_one_is_made(scripted: ScriptedBridge, dial: Dial, frame: str) -> None:
    scripted.socket = script(welcome(), frame)
    client = dial()
    client.run()
    await until(lambda: isinstance(client.connection.problem, NotABridge))
    scripted.socket = script(welcome())
    await until(lambda: client.connection.ready)
    assert client.links == [LinkState.READY, LinkState.WAITING, LinkState.READY]


async def test_bytes_end_the_link_too(scripted: ScriptedBridge, dial: Dial) -> None:
    async def serve(ws: web.WebSocketResponse) -> None:
        await ws.receive_json()
        await ws.send_bytes(b"\x00")
        await ws.receive()

    scripted.socket = serve
    with pytest.raises(LinkLost):
        await dial().connection.connect()


async def test_events_that_a_tick_knows_of_and_nobody_sent_are_asked_for(scripted: ScriptedBridge, dial: Dial) -> None:
    got: list[Any] = []
    tick = text(Tick(head=12, time_ms=1_000_000, wall_ms=0, time_trusted=False))
    scripted.socket = script(welcome(head=11), tick, tick, got=got)
    client = dial()
    client.run()
    await until(lambda: isinstance(client.connection.problem, LinkLost))
    scripted.socket = script(welcome(head=12), text(Events(live=False, events=(event(12),))), got=got)
    await until(lambda: client.events)
    assert [hello["last_seq"] for hello in got if hello["type"] == "hello"] == [None, 11]


async def test_one_tick_ahead_of_its_event_is_no_loss(scripted: ScriptedBridge, dial: Dial) -> None:
    tick = text(Tick(head=12, time_ms=1_000_000, wall_ms=0, time_trusted=False))
    late = text(Events(live=True, events=(event(12),)))
    more = text(Events(live=True, events=(event(13),)))
    scripted.socket = script(welcome(head=11), tick, late, tick, more)
    client = dial()
    client.run()
    await until(lambda: len(client.events) == 2)
    assert client.links == [LinkState.READY]


async def test_silence_is_death(scripted: ScriptedBridge, dial: Dial) -> None:
    scripted.socket = script(welcome())
    client = dial(dead_s=0.2)
    client.run()
    await until(lambda: isinstance(client.connection.problem, NoAnswer))


async def test_no_welcome_is_no_answer(scripted: ScriptedBridge, dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "ANSWER_S", 0.2)
    scripted.socket = script()
    with pytest.raises(NoAnswer):
        await dial().connection.connect()


@pytest.mark.parametrize(
    ("status", "error", "for_good"),
    [
        (401, ErrorCode.UNAUTHORIZED, True),
        (403, ErrorCode.FORBIDDEN, True),
        (429, ErrorCode.RATE_LIMITED, False),
        (503, ErrorCode.STOPPING, False),
    ],
)
async def test_who_is_turned_away_at_the_door_comes_again_if_that_can_help(
    scripted: ScriptedBridge, dial: Dial, status: int, error: ErrorCode, for_good: bool
) -> None:
    scripted.socket_status = status
    client = dial()
    running = client.run()
    await until(lambda: client.connection.problem)
    assert isinstance(client.connection.problem, LockBridgeError)
    assert client.connection.problem.code == error
    if for_good:
        await asyncio.wait_for(running, 5)
        assert client.links == [LinkState.REFUSED]
    else:
        scripted.socket = script(welcome())
        await until(lambda: client.connection.ready)


async def test_a_web_server_is_not_a_bridge(scripted: ScriptedBridge, dial: Dial) -> None:
    with pytest.raises(NotABridge):
        await dial().connection.connect()


@pytest.mark.parametrize("api", [API_VERSION + 1, API_VERSION - 1])
async def test_another_version_is_said_with_its_number(scripted: ScriptedBridge, dial: Dial, api: int) -> None:
    scripted.socket = script(welcome(api=api))
    with pytest.raises(LockBridgeError) as refused:
        await dial().connection.connect()
    assert (refused.value.code, refused.value.detail) == (ErrorCode.VERSION_UNSUPPORTED, {"api": api})


@pytest.mark.spec("S8")
async def test_another_certificate_gets_no_token(scripted: ScriptedBridge, dial: Dial) -> None:
    got: list[Any] = []
    scripted.socket = script(welcome(), got=got)
    scripted.change_certificate_after(0)
    client = dial()
    await asyncio.wait_for(client.run(), 5)
    assert isinstance(client.connection.problem, CertificateChanged)
    assert client.links == [LinkState.REFUSED]
    assert got == []


async def test_who_hangs_up_while_dialling_is_not_called_back(scripted: ScriptedBridge, dial: Dial) -> None:
    greeted, go_on = asyncio.Event(), asyncio.Event()

    async def serve(ws: web.WebSocketResponse) -> None:
        await ws.receive_json()
        greeted.set()
        await go_on.wait()
        await ws.send_str(welcome())
        await ws.receive()

    scripted.socket = serve
    client = dial()
    running = client.run()
    await greeted.wait()
    await client.connection.close()
    go_on.set()
    await asyncio.wait_for(running, 5)
    assert client.connection.state is LinkState.CLOSED
    assert client.links == []


async def test_who_hangs_up_is_not_called_back(scripted: ScriptedBridge, dial: Dial) -> None:
    scripted.socket = script(welcome())
    client = dial()
    running = client.run()
    await until(lambda: client.connection.ready)
    await client.connection.close()
    await asyncio.wait_for(running, 5)
    assert client.connection.state is LinkState.CLOSED


async def test_nothing_is_known_before_the_first_meeting(dial: Dial) -> None:
    with pytest.raises(CannotConnect):
        _ = dial().connection.data


async def test_a_catching_up_that_takes_long_is_no_loss(scripted: ScriptedBridge, dial: Dial) -> None:
    tick = text(Tick(head=20, time_ms=1_000_000, wall_ms=0, time_trusted=False))
    frames = [frame for seq in range(11, 21) for frame in (tick, text(Events(live=False, events=(event(seq),))))]
    scripted.socket = script(welcome(head=20), *frames)
    client = dial(Cursor(epoch="one", seq=10))
    client.run()
    await until(lambda: len(client.events) == 10)
    assert client.links == [LinkState.READY]


@pytest.mark.spec("S24")
async def test_nothing_is_kept_for_later_without_a_link(scripted: ScriptedBridge, dial: Dial) -> None:
    with pytest.raises(CannotConnect):
        await dial().connection.command("unlock", lock="front_door")


async def test_a_command_says_when_it_was_given_by_the_bridges_clock(scripted: ScriptedBridge, dial: Dial) -> None:
    got: list[Any] = []
    scripted.socket = script(welcome(time_ms=5_000_000), got=got)
    client = dial(command_s=0.2)
    client.run()
    await until(lambda: client.connection.ready)
    with pytest.raises(NoAnswer):
        await client.connection.command("unlock", lock="front_door")
    command = got[-1]
    assert (command["name"], command["args"]) == ("unlock", {"lock": "front_door"})
    assert 0 <= command["sent_ms"] - 5_000_000 < 5_000


async def test_a_refusal_of_tomorrow_keeps_its_sentence(scripted: ScriptedBridge, dial: Dial) -> None:
    async def serve(ws: web.WebSocketResponse) -> None:
        await ws.receive_json()
        await ws.send_str(welcome())
        command = await ws.receive_json()
        error = {"code": "moon_phase", "message": "Not at full moon.", "can_retry": True, "detail": {}}
        await ws.send_json({"type": "result", "id": "nobody's", "data": {}, "error": None})
        await ws.send_json({"type": "result", "id": command["id"], "data": {}, "error": error})
        await ws.receive()

    scripted.socket = serve
    client = dial()
    client.run()
    await until(lambda: client.connection.ready)
    with pytest.raises(LockBridgeError, match="Not at full moon"):
        await client.connection.command("unlock", lock="front_door")


@pytest.mark.parametrize(
    ("name", "again"), [("unlock", True), ("users.add", False)], ids=["what may be done twice", "what may not"]
)
async def test_after_a_cut_only_what_may_be_done_twice_is_said_again(
    scripted: ScriptedBridge, dial: Dial, name: str, again: bool
) -> None:
    said: list[Any] = []

    async def take_and_hang_up(ws: web.WebSocketResponse) -> None:
        await ws.receive_json()
        await ws.send_str(welcome())
        said.append(await ws.receive_json())

    async def answer(ws: web.WebSocketResponse) -> None:
        await ws.receive_json()
        await ws.send_str(welcome())
        said.append(await ws.receive_json())
        await ws.send_json({"type": "result", "id": said[-1]["id"], "data": {"done": True}, "error": None})
        await ws.receive()

    scripted.socket = take_and_hang_up
    client = dial()
    client.run()
    await until(lambda: client.connection.ready)
    command = asyncio.create_task(client.connection.command(name))
    await until(lambda: said)
    scripted.socket = answer
    if again:
        assert await command == {"done": True}
        assert said[0] == said[1]
    else:
        with pytest.raises(LinkLost):
            await command


async def test_who_asks_at_the_moment_at_which_the_link_is_there_is_answered(
    scripted: ScriptedBridge, dial: Dial
) -> None:
    """What is asked then is not of the old link, so it is neither given up nor said twice."""
    said: list[Any] = []

    async def answer(ws: web.WebSocketResponse) -> None:
        await ws.receive_json()
        await ws.send_str(welcome())
        while True:
            said.append(await ws.receive_json())
            await ws.send_json({"type": "result", "id": said[-1]["id"], "data": {}, "error": None})

    scripted.socket = answer
    client = dial()
    asked: list[asyncio.Task[Any]] = []

    def ask() -> None:
        loop = asyncio.get_running_loop()
        commands = (client.connection.command(name) for name in ("users.list", "lock"))
        asked.extend(asyncio.Task(command, loop=loop, eager_start=True) for command in commands)

    client.connection.on_link.add(ask)
    client.run()
    await until(lambda: len(asked) == 2)
    assert await asyncio.gather(*asked) == [{}, {}]
    assert [frame["name"] for frame in said] == ["users.list", "lock"]


@pytest.mark.parametrize("moved_ms", [2 * MAX_AGE_MS, -60_000], ids=["too late", "a bridge that started anew"])
async def test_a_command_is_not_said_again_when_its_time_is_over(
    scripted: ScriptedBridge, dial: Dial, moved_ms: int
) -> None:
    said: list[Any] = []

    async def take_and_hang_up(ws: web.WebSocketResponse) -> None:
        await ws.receive_json()
        await ws.send_str(welcome(time_ms=1_000_000))
        said.append(await ws.receive_json())

    scripted.socket = take_and_hang_up
    client = dial()
    client.run()
    await until(lambda: client.connection.ready)
    command = asyncio.create_task(client.connection.command("unlock", lock="front_door"))
    await until(lambda: said)
    scripted.socket = script(welcome(time_ms=1_000_000 + moved_ms), got=said)
    with pytest.raises(LinkLost):
        await command
    assert [frame["type"] for frame in said] == ["command", "hello"]


async def test_a_listener_that_fails_harms_nobody_else(
    scripted: ScriptedBridge, dial: Dial, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: Any) -> None:
        raise RuntimeError("of the listener")

    scripted.socket = script(welcome(head=0), text(Events(live=True, events=(event(1), event(2)))))
    client = dial()
    client.connection.on_event.add(fail)
    told: list[int] = []
    stop = client.connection.on_event.add(lambda happened, *_: told.append(happened.seq))
    client.run()
    await until(lambda: len(told) == 2)
    assert client.connection.ready
    stop()
    stop()
    assert "of the listener" in caplog.text


ANNA, BEN = user("a", "Anna"), user("b", "Ben", Refusal.NO_CREDENTIAL)


async def test_everybody_is_known_as_soon_as_the_bridge_has_greeted(scripted: ScriptedBridge, dial: Dial) -> None:
    everybody = (People(lock="front_door", users=(BEN,)), People(lock="front_door", users=(ANNA,)))
    scripted.socket = script(welcome(people=2), *map(text, everybody))
    client = dial()
    data = await client.connection.connect()
    assert [*data.people["front_door"].values()] == [BEN, ANNA]
    assert data.user("b") == {"front_door": BEN}
    assert data.user("ghost") == {}
    assert client.people == [], "it was told of nobody: the whole is new"


@pytest.mark.parametrize("instead", [text(Tick(head=1, time_ms=1, wall_ms=1, time_trusted=True)), '{"type": "news"}'])
async def test_a_bridge_that_announces_people_and_does_not_send_them_is_none(
    scripted: ScriptedBridge, dial: Dial, instead: str
) -> None:
    scripted.socket = script(welcome(people=2), text(People(lock="front_door", users=(ANNA,))), instead)
    with pytest.raises(NotABridge):
        await dial().connection.connect()


async def test_a_greeting_that_ends_before_all_people_have_come_is_a_lost_link(
    scripted: ScriptedBridge, dial: Dial
) -> None:
    scripted.socket = script(welcome(people=2), text(People(lock="front_door", users=(ANNA,))), stay=False)
    with pytest.raises(LinkLost):
        await dial().connection.connect()


async def test_people_who_never_come_are_not_waited_for_for_ever(
    scripted: ScriptedBridge, dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.socket = script(welcome(people=1))
    monkeypatch.setattr(connection_module, "ANSWER_S", 0.05)
    with pytest.raises(NoAnswer):
        await dial().connection.connect()


async def test_who_comes_changes_and_goes_is_told_and_who_is_as_before_is_not(
    scripted: ScriptedBridge, dial: Dial
) -> None:
    scripted.socket = script(
        welcome(people=1),
        text(People(lock="front_door", users=(ANNA, BEN))),
        text(People(lock="front_door", users=(ANNA, user("b", "Ben"), user("c", "Cara")))),
        text(People(lock="front_door", users=(ANNA,))),
        text(People(lock="front_door", gone=("c", "ghost"))),
    )
    client = dial()
    await client.connection.connect()
    client.run()
    await until(lambda: len(client.people) == 2)
    assert client.people == [("front_door", frozenset({"b", "c"})), ("front_door", frozenset({"c"}))]
    assert client.connection.data.people["front_door"] == {"a": ANNA, "b": user("b", "Ben")}


async def test_people_of_a_lock_that_is_not_known_are_passed_over(scripted: ScriptedBridge, dial: Dial) -> None:
    scripted.socket = script(
        welcome(),
        text(People(lock="shed", users=(ANNA,))),
        text(People(lock="front_door", users=(BEN,))),
    )
    client = dial()
    await client.connection.connect()
    client.run()
    await until(lambda: client.people)
    assert client.people == [("front_door", frozenset({"b"}))]
    assert client.connection.data.people.keys() == {"front_door"}


async def test_who_is_there_after_an_outage_is_what_the_new_greeting_says(scripted: ScriptedBridge, dial: Dial) -> None:
    scripted.socket = script(welcome(people=1), text(People(lock="front_door", users=(ANNA, BEN))), stay=False)
    client = dial()
    await client.connection.connect()
    scripted.socket = script(welcome(people=1), text(People(lock="front_door", users=(ANNA,))))
    client.run()
    await until(lambda: client.connection.data.people["front_door"].keys() == {"a"})


async def test_how_the_bridge_is_comes_with_the_greeting_and_when_it_changes(
    scripted: ScriptedBridge, dial: Dial
) -> None:
    at_first = BridgeStatus(
        ring=RingState.CONNECTED, clients=1, clients_connected=1, store_bytes=1, disk_free_bytes=16 * 1024 * 1024
    )
    later = replace(at_first, ring=RingState.FAULT, store_healthy=False)
    scripted.socket = script(welcome(status=encode(at_first)), text(Status(status=later)))
    client = dial()
    data = await client.connection.connect()
    assert data.status == at_first
    client.run()
    await until(lambda: client.statuses)
    assert (client.connection.data.status, client.statuses) == (later, 1)


async def test_a_bridge_that_tells_nothing_of_people_or_itself_has_neither(
    scripted: ScriptedBridge, dial: Dial
) -> None:
    scripted.socket = script(welcome())
    data = await dial().connection.connect()
    assert (data.status, dict(data.people["front_door"])) == (None, {})


async def test_a_command_and_its_answer_show_nothing_of_what_is_in_them() -> None:
    """Asyncio writes futures into its log when it debugs, and a passcode may be in one."""
    waiting = Commands()
    frame, answer = waiting.begin("credentials.set_passcode", {"passcode": "270413"}, 0)
    waiting.answer(Result(id=frame.id, data={"passcode": "640372"}))
    assert (await answer).data == {"passcode": "640372"}
    assert not any(code in repr(thing) for code in ("270413", "640372") for thing in (frame, answer, waiting._waiting))


@pytest.mark.parametrize("host", ["a" * 64 + ".local", "a" * 300, "bridge..local", ".local", "..", ""])
def test_a_name_that_no_name_server_takes_leads_nowhere(host: str) -> None:
    """Whoever looks it up would stumble over it, each in another way."""
    with pytest.raises(CannotConnect):
        Address(host, 8643).url("/")


@pytest.mark.parametrize("host", ["192.0.2.7", "::1", "bridge.local", "bridge.local.", "a" * 63 + ".local"])
def test_an_address_is_one(host: str) -> None:
    assert Address(host, 8643).url("/").port == 8643
