"""The whole service in one process: every command served, and pairing asked for at the door."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.wire.commands import COMMANDS
from lock_bridge.wire.errors import ErrorCode, LockBridgeError

from .running import House


@pytest.fixture(params=profiles.names())
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, request.param)
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.fixture(params=profiles.names())
async def slow_house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Where three minutes of pairing mode take long enough to look at it."""
    house = House(tmp_path, request.param, scale=20)
    await house.service.start()
    yield house
    await house.service.stop()


async def test_every_command_of_the_wire_is_served(house: House) -> None:
    assert house.service.bridge.dispatcher.kinds == frozenset(COMMANDS.values())


@pytest.mark.spec("DLM-11", "L2S-12")
async def test_a_held_button_opens_pairing_and_shows_the_code_inside_only(slow_house: House) -> None:
    house = slow_house
    button = profiles.load(house.lock().profile).pairing_key
    assert button is not None
    await house.at_door("wait", "11s")  # before that, it may be the beginning of a reset (RST-1)
    shown = asyncio.Event()
    door = house.service.doors["front_door"]
    door.subscribe(lambda: shown.set() if door.look()["inside"] else None)
    await house.at_door("hold", button.value, "3s")
    async with asyncio.timeout(10):
        await shown.wait()
    seen = await house.at_door("state")
    assert len(seen["inside"]) == 8
    assert "pairing" in seen["lights"]["lamps"]
    assert (await house.do("pairing.status"))["open"]
    assert seen["inside"] not in str(seen["heard"])
    events = (await house.do("journal.query", types=["pairing_opened"]))["events"]
    assert [event["lock_id"] for event in events] == ["front_door"]
    assert seen["inside"] not in str(events)

    await house.do("pairing.close")
    assert (await house.at_door("state"))["inside"] is None


@pytest.mark.spec("L2S-12")
async def test_the_back_key_leaves_pairing_mode_at_the_bridge_too(tmp_path: Path) -> None:
    house = House(tmp_path, "l2s", scale=20)
    await house.service.start()
    try:
        await house.at_door("wait", "11s")
        await house.at_door("hold", "reset", "3s")
        await house.until(lambda: house.service.server.pairing_open)
        await house.at_door("press", "back")
        await house.until(lambda: not house.service.server.pairing_open)
        assert (await house.at_door("state"))["inside"] is None
    finally:
        await house.service.stop()


@pytest.mark.spec("DLM-11", "L2S-12")
async def test_a_lock_that_starts_anew_ends_the_pairing_that_it_asked_for_and_no_other(tmp_path: Path) -> None:
    house = House(tmp_path, "l2s", "l2s", scale=20)
    await house.service.start()
    try:
        await house.do("pairing.open")
        await house.ask("lock.restart")
        assert house.service.server.pairing_open
        assert "pairing" in (await house.at_door("state"))["lights"]["lamps"]

        await house.do("pairing.close")
        await house.ask("lock.pairing")
        await house.until(lambda: house.service.server.pairing_open)
        await house.do("lock.restart", lock="back_door")
        assert house.service.server.pairing_open
        await house.ask("lock.restart")
        await house.until(lambda: not house.service.server.pairing_open)
        assert (await house.at_door("state"))["inside"] is None
    finally:
        await house.service.stop()


async def test_pairing_opened_at_the_machine_shows_nothing_at_the_door(house: House) -> None:
    answer = await house.do("pairing.open")
    assert len(answer["code"]) == 8
    assert (await house.at_door("state"))["inside"] is None


@pytest.mark.spec("PWR-2", "VER-10")
async def test_a_lock_without_power_is_dead_and_comes_back_with_all_it_knew(slow_house: House) -> None:
    house = slow_house  # five failures must come within five minutes (VER-7)
    user = await house.do("users.add", lock="front_door", user_name="Anna", role="administrator")
    await house.do("credentials.set_passcode", lock="front_door", user_id=user["user_id"], passcode="482913")
    for _ in range(5):
        await house.at_door("press", "back", "back", *"999999", "ok")
    assert house.service.bridge.locks()[0].locked_out
    await house.at_door("power", "off")
    assert (await house.at_door("press", "1"))["lights"]["keys"] == []
    with pytest.raises(LockBridgeError) as refused:
        await house.do("lock", lock="front_door")
    assert refused.value.can_retry
    await house.at_door("power", "on")
    lock = house.service.bridge.locks()[0]
    assert lock.locked_out
    assert lock.bolt == "locked"
    assert (await house.do("users.list", lock="front_door"))["users"][0]["name"] == "Anna"


async def test_what_is_given_wrongly_is_refused_with_its_field(house: House) -> None:
    for name, args, field in (
        ("users.add", {"lock": "front_door"}, "AddUser.user_name"),
        ("users.add", {"lock": "front_door", "user_name": "Ann", "role": "king"}, "AddUser.role"),
        ("users.add", {"lock": "front_door", "user_name": "\n"}, "name"),
        ("settings.set", {"lock": "front_door", "changes": {"countdown_delay_s": 4}}, "countdown_delay_s"),
        ("journal.query", {"limit": 0}, "limit"),
        ("journal.query", {"types": ["nonsense"]}, "types"),
    ):
        with pytest.raises(LockBridgeError) as refused:
            await house.do(name, **args)
        assert (refused.value.code, refused.value.detail["field"]) == (ErrorCode.BAD_REQUEST, field)


@pytest.mark.spec("CAP-11", "CAP-12")
async def test_a_passcode_made_by_the_bridge_opens_and_keeps_the_rules(house: House) -> None:
    user = await house.do("users.add", lock="front_door", user_name="Anna", role="administrator")
    made = await house.do("credentials.set_passcode", lock="front_door", user_id=user["user_id"])
    assert len(made["passcode"]) == 6
    await house.at_door("press", "back", *made["passcode"], "ok")
    (event,) = (await house.do("journal.query", types=["access_granted"]))["events"]
    assert event["user_name"] == "Anna"
    assert made["passcode"] not in str(await house.do("journal.query", limit=1000))
