"""Pairing over the wire: who gets a token, how often somebody may guess, and what stays of it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lock_bridge.engine.model import Actor, Instant
from lock_bridge.server.certificate import load_or_make
from lock_bridge.server.pairing import RUN_MS, STARTS, WINDOW_MS
from lock_bridge.server.tries import DAY_MS, PER_DAY, Tries
from lock_bridge.store import StoreFull
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.pairing import ConfirmationFailed, FinishReply, PairingClient, StartReply
from lock_bridge.wire.words import EventType, OperationSource, Scope
from tests.server.world import Visitor, World, certificate_of, until

LOCAL = frozenset(Scope)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


async def open_window(world: World) -> str:
    answer = await world.house.dispatcher.execute("pairing.open", {}, Actor(), LOCAL)
    return str(answer["code"])


async def status(world: World) -> Any:
    return await world.house.dispatcher.execute("pairing.status", {}, Actor(), LOCAL)


async def refused(world: World, visitor: Visitor, code: str, **more: Any) -> str:
    """How a pairing is refused."""
    with pytest.raises(LockBridgeError) as refusal:
        await world.pair(visitor, code, **more)
    return str(refusal.value.code)


async def begin(world: World, visitor: Visitor, code: str) -> tuple[PairingClient, StartReply]:
    client = PairingClient(code, world.fingerprint, "Half a client", ["state"])
    return client, StartReply.from_json(await visitor.ok("POST", "/api/pair/start", client.start().to_json()))


async def finish(visitor: Visitor, client: PairingClient, started: StartReply) -> dict[str, Any]:
    answer = await visitor.ok("POST", "/api/pair/finish", client.on_start_reply(started).to_json())
    return client.on_finish_reply(FinishReply.from_json(answer))


def next_minute(world: World) -> None:
    """Strangers may ask again; a window stays open for five of these."""
    world.clock.advance(60_000)


async def test_the_right_code_gets_a_token_that_opens_what_was_asked_for(world: World) -> None:
    code = await open_window(world)
    grant = await world.pair(world.visitor(), code, scopes=["state", "unlock"])
    assert grant.keys() == {"token", "client_id", "scopes", "device_id"}
    assert grant["device_id"] == world.house.info.id
    client = world.visitor(grant["token"])
    assert (await client.ok("GET", "/api/state"))["locks"][0]["id"] == "front_door"
    assert (await client.ask("GET", "/api/events"))[0] == 403


async def test_whoever_pairs_is_in_the_journal_and_on_disk_before_it_has_its_token(world: World) -> None:
    grant = await world.pair(world.visitor(), await open_window(world))
    opened, paired = await world.house.journal(EventType.PAIRING_OPENED, EventType.CLIENT_PAIRED)
    assert (opened.type, paired.type) == (EventType.PAIRING_OPENED, EventType.CLIENT_PAIRED)
    assert (paired.client_id, paired.client_name) == (grant["client_id"], "Home Assistant")
    assert paired.data == {"scopes": ["events", "state"], "address": "127.0.0.1"}
    await world.reboot()
    assert (await world.visitor(grant["token"]).ask("GET", "/api/state"))[0] == 200


async def test_no_token_is_given_that_could_not_be_written_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    code = await open_window(world)

    async def full(*_: object) -> None:
        raise StoreFull("The disk is full.")

    monkeypatch.setattr(world.store, "add_client", full)
    assert await refused(world, world.visitor(), code) == ErrorCode.STORAGE
    assert (await status(world))["clients"] is None


async def test_pairing_is_closed_until_somebody_at_the_bridge_opens_it(world: World) -> None:
    assert await refused(world, world.visitor(), "12345678") == ErrorCode.PAIRING_CLOSED


async def test_no_client_can_open_pairing_whatever_its_scopes(world: World) -> None:
    client = await world.paired()
    with pytest.raises(LockBridgeError) as refusal:
        await client.command("pairing.open", {})
    assert refusal.value.code == ErrorCode.UNKNOWN_COMMAND
    async with await client.enter() as socket:
        await socket.command("pairing.open")
        assert (await socket.frame("result"))["error"]["code"] == ErrorCode.FORBIDDEN
    assert not (await status(world))["open"]


@pytest.mark.spec("S2")
async def test_a_wrong_code_is_refused_and_recorded_without_the_code(world: World) -> None:
    code = await open_window(world)
    assert await refused(world, world.visitor(), other_than(code)) == ErrorCode.PAIRING_REFUSED
    (failed,) = await world.house.journal(EventType.PAIRING_FAILED)
    assert (failed.reason, failed.data) == ("wrong_code", {"address": "127.0.0.1"})
    assert (await status(world))["starts_left"] == STARTS - 1


@pytest.mark.spec("S2")
async def test_after_three_wrong_codes_the_right_one_comes_too_late(world: World) -> None:
    code, visitor = await open_window(world), world.visitor()
    for _ in range(STARTS):
        assert await refused(world, visitor, other_than(code)) == ErrorCode.PAIRING_REFUSED
    assert await refused(world, visitor, code) == ErrorCode.PAIRING_LIMIT
    assert (await status(world))["starts_left"] == 0


@pytest.mark.spec("S3")
async def test_a_try_that_never_finishes_counts_and_is_recorded(world: World) -> None:
    code, visitor = await open_window(world), world.visitor()
    for begun in range(1, STARTS + 1):
        await begin(world, visitor, other_than(code))
        assert (await status(world))["starts_left"] == STARTS - begun
        world.clock.advance(RUN_MS)
    assert await refused(world, visitor, code) == ErrorCode.PAIRING_LIMIT
    await until(lambda: world.store.head >= 1 + STARTS)
    failed = await world.house.journal(EventType.PAIRING_FAILED)
    assert [event.reason for event in failed] == ["not_finished"] * STARTS


@pytest.mark.spec("S4")
async def test_of_two_who_begin_at_once_one_has_to_wait_and_loses_no_try(world: World) -> None:
    code = await open_window(world)
    first, second = world.visitor(), world.visitor(address="127.0.0.2")
    client, started = await begin(world, first, code)
    for _ in range(4):
        assert await refused(world, second, code) == ErrorCode.BUSY
    assert (await status(world))["starts_left"] == STARTS - 1
    assert (await finish(first, client, started))["client_id"]


@pytest.mark.spec("S4")
async def test_a_flood_of_starts_is_one_start(world: World) -> None:
    code = await open_window(world)
    visitors = [world.visitor(address=f"127.0.0.{n}") for n in range(2, 12)]
    outcomes = await asyncio.gather(*(begin(world, visitor, code) for visitor in visitors), return_exceptions=True)
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1
    assert (await status(world))["starts_left"] == STARTS - 1


@pytest.mark.spec("S5")
async def test_a_code_lets_one_client_in_and_is_dead(world: World) -> None:
    code = await open_window(world)
    await world.pair(world.visitor(), code)
    assert await refused(world, world.visitor(), code) == ErrorCode.PAIRING_CLOSED
    assert world.house.pairing_lamp == [True, False]


@pytest.mark.spec("S5")
async def test_a_code_dies_after_five_minutes(world: World) -> None:
    code = await open_window(world)
    world.clock.advance(WINDOW_MS - 1)
    assert (await status(world))["seconds"] == 1
    world.clock.advance(1)
    assert await refused(world, world.visitor(), code) == ErrorCode.PAIRING_CLOSED
    assert world.house.pairing_lamp == [True, False]


async def test_a_pairing_that_is_under_way_when_the_window_closes_fails(world: World) -> None:
    code, visitor = await open_window(world), world.visitor()
    client, started = await begin(world, visitor, code)
    await world.house.dispatcher.execute("pairing.close", {}, Actor(), LOCAL)
    with pytest.raises(LockBridgeError) as refusal:
        await finish(visitor, client, started)
    assert refusal.value.code == ErrorCode.PAIRING_CLOSED
    await until(lambda: world.store.head >= 2)
    assert [event.reason for event in await world.house.journal(EventType.PAIRING_FAILED)] == ["closed"]


async def test_opening_anew_makes_a_new_code_and_the_old_one_is_dead(world: World) -> None:
    old = await open_window(world)
    await refused(world, world.visitor(), other_than(old))
    new = await open_window(world)
    assert (await status(world))["starts_left"] == STARTS
    assert await refused(world, world.visitor(), old) == ErrorCode.PAIRING_REFUSED
    assert await world.pair(world.visitor(), new)


@pytest.mark.spec("S6")
async def test_a_restart_closes_the_window(world: World) -> None:
    code = await open_window(world)
    await world.reboot()
    assert not (await status(world))["open"]
    assert await refused(world, world.visitor(), code) == ErrorCode.PAIRING_CLOSED


@pytest.mark.spec("S7")
async def test_shares_of_the_wrong_length_cost_nothing_and_weak_ones_a_try(world: World) -> None:
    code, visitor = await open_window(world), world.visitor()
    good = PairingClient(code, world.fingerprint, "Home Assistant", ["state"]).start().to_json()
    short, weak = good | {"ya": "A" * 42}, good | {"ya": "A" * 43}
    with pytest.raises(LockBridgeError) as refusal:
        await visitor.ok("POST", "/api/pair/start", short)
    assert refusal.value.code == ErrorCode.BAD_REQUEST
    assert (await status(world))["starts_left"] == STARTS
    with pytest.raises(LockBridgeError) as refusal:
        await visitor.ok("POST", "/api/pair/start", weak)
    assert refusal.value.code == ErrorCode.PAIRING_REFUSED
    assert (await status(world))["starts_left"] == STARTS - 1


@pytest.mark.parametrize(
    "scopes", [["state", "local"], ["state", "public"], ["state", "everything"], ["unlock"], ["state", "state"], []]
)
async def test_nobody_pairs_for_scopes_that_no_client_can_have(world: World, scopes: list[str]) -> None:
    await open_window(world)
    ya = PairingClient("12345678", world.fingerprint, "Home Assistant", ["state"]).start().to_json()
    with pytest.raises(LockBridgeError) as refusal:
        await world.visitor().ok("POST", "/api/pair/start", ya | {"scopes": scopes})
    assert refusal.value.code == ErrorCode.BAD_REQUEST
    assert (await status(world))["starts_left"] == STARTS


@pytest.mark.spec("S12")
async def test_a_replayed_finish_is_refused_and_disturbs_nobody(world: World) -> None:
    """A pairing that somebody recorded, tag and all."""
    visitor, victim = world.visitor(), world.visitor(address="127.0.0.2")
    code = await open_window(world)
    client, started = await begin(world, visitor, code)
    recorded = client.on_start_reply(started).to_json()
    await visitor.ok("POST", "/api/pair/finish", recorded)

    code = await open_window(world)
    other, other_started = await begin(world, victim, code)
    with pytest.raises(LockBridgeError) as refusal:
        await visitor.ok("POST", "/api/pair/finish", recorded)
    assert refusal.value.code == ErrorCode.PAIRING_REFUSED
    assert (await finish(victim, other, other_started))["client_id"]


@pytest.mark.spec("S12")
async def test_a_replayed_start_and_finish_meet_another_key(world: World) -> None:
    """Even with the same code and the same start, the recorded proof fits no second run."""
    visitor = world.visitor()
    code = await open_window(world)
    client = PairingClient(code, world.fingerprint, "Home Assistant", ["state"])
    start = client.start().to_json()
    started = StartReply.from_json(await visitor.ok("POST", "/api/pair/start", start))
    recorded = client.on_start_reply(started).to_json()
    world.clock.advance(RUN_MS)  # the recorder held the finish back

    await visitor.ok("POST", "/api/pair/start", start)
    with pytest.raises(LockBridgeError) as refusal:
        await visitor.ok("POST", "/api/pair/finish", recorded)
    assert refusal.value.code == ErrorCode.PAIRING_REFUSED
    assert (await status(world))["clients"] is None


@pytest.mark.spec("S12")
async def test_a_finish_is_taken_once(world: World) -> None:
    visitor = world.visitor()
    client, started = await begin(world, visitor, await open_window(world))
    body = client.on_start_reply(started).to_json()
    outcomes = await asyncio.gather(*(visitor.ask("POST", "/api/pair/finish", body) for _ in range(4)))
    assert sorted(status for status, _ in outcomes) == [200, 403, 403, 403]
    assert len(await world.house.journal(EventType.CLIENT_PAIRED)) == 1


@pytest.mark.spec("S1")
async def test_somebody_in_between_with_another_certificate_gets_nothing(world: World, tmp_path: Path) -> None:
    """Everything is passed on word for word, over a certificate that is not the bridge's."""
    forged = load_or_make(tmp_path / "forger", "00c0ffee00c0ffee")
    seen: list[bytes] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_bridge = await world.raw()
        await asyncio.gather(_pump(reader, to_bridge[1], seen), _pump(to_bridge[0], writer, seen))

    meddler = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=forged.context())
    port = meddler.sockets[0].getsockname()[1]
    fingerprint = await certificate_of(port)
    assert fingerprint == forged.sha256 != world.fingerprint

    code = await open_window(world)
    client = PairingClient(code, fingerprint, "Home Assistant", ["state", "unlock"])
    pin = aiohttp.Fingerprint(fingerprint)
    async with aiohttp.ClientSession(f"https://127.0.0.1:{port}") as session:
        async with session.post("/api/pair/start", json=client.start().to_json(), ssl=pin) as response:
            started = StartReply.from_json(await response.json())
        body = client.on_start_reply(started).to_json()
        async with session.post("/api/pair/finish", json=body, ssl=pin) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (403, ErrorCode.PAIRING_REFUSED)
    meddler.close()
    assert b"pair/start" in b"".join(seen)
    assert (await status(world))["clients"] is None
    assert [event.reason for event in await world.house.journal(EventType.PAIRING_FAILED)] == ["wrong_code"]


@pytest.mark.spec("S1")
async def test_a_meddler_who_answers_himself_cannot_prove_the_code(world: World) -> None:
    """The client finds out, whatever it is told."""
    code = await open_window(world)
    client, started = await begin(world, world.visitor(), code)
    client.on_start_reply(started)
    with pytest.raises(ConfirmationFailed):
        client.on_finish_reply(FinishReply(bytes(64), bytes(12), bytes(64)))


async def test_no_more_than_twenty_tries_a_day_however_often_pairing_is_opened(world: World) -> None:
    visitor = world.visitor()
    for _ in range(PER_DAY):
        code = await open_window(world)
        await begin(world, visitor, other_than(code))
        next_minute(world)
    code = await open_window(world)
    with pytest.raises(LockBridgeError) as refusal:
        await world.pair(visitor, code)
    assert (refusal.value.code, refusal.value.detail) == (ErrorCode.PAIRING_LIMIT, {"per": "day"})
    assert (await status(world))["starts_left"] == 0


async def test_a_restart_and_a_calendar_set_back_give_no_new_tries(world: World) -> None:
    await world.store.put_value("pairing.tries", used_up(world).write())
    await world.reboot()
    assert await refused(world, world.visitor(), await open_window(world)) == ErrorCode.PAIRING_LIMIT
    for wall_ms in (0, world.clock.now().wall_ms - 365 * DAY_MS):
        world.clock.set_wall(wall_ms)
        await world.reboot()
        assert await refused(world, world.visitor(), await open_window(world)) == ErrorCode.PAIRING_LIMIT


async def test_the_next_day_gives_new_tries_also_over_a_restart(world: World) -> None:
    await world.store.put_value("pairing.tries", used_up(world).write())
    world.clock.advance(DAY_MS)
    await world.reboot()
    assert await world.pair(world.visitor(), await open_window(world))


async def test_a_calendar_set_forward_gives_no_new_tries(world: World) -> None:
    await world.store.put_value("pairing.tries", used_up(world).write())
    await world.reboot()
    world.clock.set_wall(world.clock.now().wall_ms + 10 * DAY_MS)
    assert await refused(world, world.visitor(), await open_window(world)) == ErrorCode.PAIRING_LIMIT
    world.clock.advance(DAY_MS)
    assert await world.pair(world.visitor(), await open_window(world))


def used_up(world: World) -> Tries:
    return Tries(count=PER_DAY).at(world.clock.now(), world.clock.boot_id)


async def test_tries_that_cannot_be_counted_cannot_be_had(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise StoreFull("The disk is full.")

    code = await open_window(world)
    monkeypatch.setattr(world.store, "put_value", full)
    assert await refused(world, world.visitor(), code) == ErrorCode.STORAGE
    assert (await status(world))["starts_left"] == STARTS - 1


async def test_a_try_is_on_disk_before_it_is_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    code, visitor = await open_window(world), world.visitor()
    put_value, written = world.store.put_value, asyncio.Event()
    may_write = asyncio.Event()

    async def slowly(key: str, value: bytes) -> None:
        written.set()
        await may_write.wait()
        await put_value(key, value)

    monkeypatch.setattr(world.store, "put_value", slowly)
    starting = asyncio.create_task(begin(world, visitor, code))
    await written.wait()
    assert (await world.visitor().ask("GET", "/api/info"))[0] == 200  # others are served meanwhile
    assert not starting.done()
    may_write.set()
    await starting
    assert Tries.read(await world.store.value("pairing.tries")).count == 1


def test_unreadable_tries_count_as_a_day_used_up() -> None:
    tries = Tries.read(b"\xff{")
    assert tries.left == 0
    assert tries.at(Instant(0, 0), "boot").left == 0
    assert tries.at(Instant(0, 0), "boot").at(Instant(DAY_MS, 0), "boot").left == PER_DAY


def test_an_untrusted_calendar_lets_no_day_go_by() -> None:
    used = Tries(count=PER_DAY).at(Instant(0, 10 * DAY_MS, trusted=True), "first")
    assert used.at(Instant(0, 20 * DAY_MS, trusted=False), "second").left == 0
    assert used.at(Instant(0, 20 * DAY_MS, trusted=True), "second").left == PER_DAY


async def test_the_inside_button_opens_pairing(world: World) -> None:
    world.house.on_pairing_asked("front_door")
    await until(lambda: world.house.pairing_lamp == [True])
    (opened,) = await world.house.journal(EventType.PAIRING_OPENED)
    assert (opened.source, opened.lock_id) == (OperationSource.BUTTON, "front_door")
    assert (await status(world))["open"]
    assert world.house.shown_inside is not None
    lock_id, code = world.house.shown_inside
    assert lock_id == "front_door"
    assert await world.pair(world.visitor(), str(code))
    assert world.house.shown_inside is None


async def test_a_code_that_was_asked_for_at_the_machine_is_shown_at_no_door(world: World) -> None:
    await open_window(world)
    assert world.house.pairing_lamp == [True]
    assert world.house.shown_inside is None


async def test_what_the_machine_is_told_is_all_that_a_client_needs(world: World) -> None:
    answer = await world.house.dispatcher.execute("pairing.open", {}, Actor(), LOCAL)
    assert answer == {
        "code": answer["code"],
        "seconds": 300,
        "port": world.server.port,
        "fingerprint": world.server.fingerprint,
    }
    assert len(answer["code"]) == 8
    assert await certificate_of(world.server.port) == world.fingerprint
    grant = await world.pair(world.visitor(), answer["code"])
    told = await status(world)
    assert (told["open"], told["seconds"], told["clients"]["id"]) == (False, 0, grant["client_id"])
    assert json.dumps(told).find(answer["code"]) == -1


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: list[bytes]) -> None:
    while data := await reader.read(65536):
        seen.append(data)
        writer.write(data)
    writer.close()
