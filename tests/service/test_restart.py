"""A restart from the app loses nothing: neither who opens just now, nor what waits for the disk (APP-6)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from lock_bridge.engine.effects import DriveBolt, SaveUser
from lock_bridge.engine.inputs import (
    AddUser,
    BoltPosition,
    BoltSeen,
    MotorOutcome,
    MotorStopped,
    SetPasscode,
    UserShared,
)
from lock_bridge.store import LockData
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import EventType

from .house import Home


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    home = Home(tmp_path)
    await home.open()
    await home.add_anna()
    home.log.clear()
    yield home
    await home.close()


@pytest.mark.spec("APP-6", "VER-6")
async def test_who_is_opening_when_the_lock_is_restarted_stands_in_the_journal(home: Home) -> None:
    runs: list[DriveBolt] = []
    home.parts.drive = runs.append  # type: ignore[method-assign]
    await home.type("482913")
    restarting = asyncio.ensure_future(home.lock.restart())
    await asyncio.sleep(0)
    with pytest.raises(LockBridgeError) as refused:
        await home.lock.restart()
    assert refused.value.code is ErrorCode.BUSY
    home.parts.report(BoltSeen(BoltPosition.RETRACTED))
    home.parts.report(MotorStopped(runs[0].run, MotorOutcome.REACHED))
    await restarting
    assert EventType.ACCESS_GRANTED in home.log


@pytest.mark.spec("APP-6", "PWR-2")
async def test_a_power_cut_while_a_restart_waits_for_the_bolt_leaves_a_lock_without_power(home: Home) -> None:
    home.parts.drive = lambda drive: None  # type: ignore[method-assign]
    await home.type("482913")
    restarting = asyncio.ensure_future(home.lock.restart())
    await asyncio.sleep(0)
    home.lock.power_cut()
    await restarting
    with pytest.raises(LockBridgeError) as refused:
        await home.give(AddUser, user_id="ben", name="Ben")
    assert refused.value.code is ErrorCode.PART_FAULT
    await home.lock.power_back()
    await home.settle()
    await home.give(AddUser, user_id="ben", name="Ben")


@pytest.mark.parametrize("how", ["restart", "power cut"])
@pytest.mark.spec("VER-10")
async def test_what_waits_for_the_disk_is_written_though_the_lock_began_anew(home: Home, how: str) -> None:
    home.house.broken = True
    await home.type("999999")
    if how == "restart":
        await home.lock.restart()
    else:
        home.lock.power_cut()
        await home.lock.power_back()
    await home.settle()
    home.house.broken = False
    home.clock.advance(10_000)
    await home.settle()
    assert EventType.ACCESS_REFUSED in home.log


@pytest.mark.spec("USR-10")
async def test_what_another_lock_changes_of_her_while_this_one_starts_from_disk_holds(home: Home) -> None:
    """She is disabled after the disk has been read, and before the lock has begun anew."""
    load, told = home.house.load, list[LockData]()
    away = replace(home.lock.state.directory.users["anna"], enabled=False)

    async def slowly(lock_id: str) -> LockData:
        data = await load(lock_id)
        if not told:
            await home.house.store.commit(lock_id, [SaveUser(away)], home.clock.now())
            home.lock.put(UserShared(away))
        told.append(data)
        return data

    home.house.load = slowly  # type: ignore[method-assign]
    await home.lock.restart()
    await home.settle()
    assert not home.lock.state.directory.users["anna"].enabled


@pytest.mark.spec("USR-10", "USR-7")
async def test_an_entry_that_waits_for_the_disk_takes_back_nothing_that_another_lock_changed(home: Home) -> None:
    """Counted here while the disk was full; disabled over there once it was not."""
    await home.give(AddUser, user_id="ben", name="Ben", uses_left=2)
    await home.give(SetPasscode, user_id="ben", passcode="730514")
    home.house.broken = True
    await home.type("730514")
    away = replace(home.lock.state.directory.users["ben"], enabled=False)
    await home.house.store.commit("back_door", [SaveUser(away)], home.clock.now())
    home.lock.put(UserShared(away))
    await home.lock.restart()
    await home.settle()
    assert home.lock.state.directory.users["ben"] == away
    home.house.broken = False
    home.clock.advance(10_000)
    await home.settle()
    assert (await home.house.store.load("front_door")).users == tuple(home.lock.state.directory.users.values())
