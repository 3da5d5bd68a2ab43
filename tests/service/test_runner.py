"""The runner carries out what the engine decides: in one order, on disk before it is said."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lock_bridge.engine.effects import Drive, Prompt, Tone
from lock_bridge.engine.inputs import AddUser, Key, KeyDown, RemoteLock, RemoteUnlock, SetPasscode, StartEnrolment
from lock_bridge.engine.model import Instant
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import BoltState, CredentialType, EventType, Part

from .house import Home


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    home = Home(tmp_path)
    await home.open()
    await home.add_anna()
    home.log.clear()
    yield home
    await home.close()


async def test_a_right_code_moves_the_bolt_before_anything_is_written(home: Home) -> None:
    await home.type("482913")
    assert home.log[0] is Drive.RETRACT
    assert home.log.index(Tone.SUCCESS) < home.log.index(EventType.ACCESS_GRANTED)
    assert home.lock.snapshot.bolt is BoltState.UNLOCKED


async def test_the_name_comes_in_the_same_change_as_the_open_bolt(home: Home) -> None:
    await home.type("482913")
    (opened,) = [changes for changes in home.house.changes if changes.get("bolt") == "unlocked"]
    assert opened["changed_by"]["user_name"] == "Anna"


@pytest.mark.spec("VER-10")
async def test_a_wrong_code_is_on_disk_before_the_door_says_so(home: Home) -> None:
    home.house.gate = asyncio.Event()
    typing = asyncio.ensure_future(home.type("999999"))
    await asyncio.sleep(0)
    assert home.log == []
    home.house.gate.set()
    await typing
    assert home.log == [EventType.ACCESS_REFUSED, "count kept", Tone.FAILURE]


async def test_the_bolts_state_is_told_while_its_record_is_still_being_written(home: Home) -> None:
    await home.allow_remote()
    home.log.clear()
    home.house.gate = asyncio.Event()
    opening = asyncio.ensure_future(home.give(RemoteUnlock))
    await asyncio.sleep(0)
    assert home.log == [Drive.RETRACT, "told unlocked"]
    assert not opening.done()
    home.house.gate.set()
    await opening
    assert home.log[-1] is EventType.UNLOCKED


async def test_a_new_user_is_told_only_after_she_is_on_disk(home: Home) -> None:
    home.house.gate = asyncio.Event()
    home.house.changes.clear()
    adding = asyncio.ensure_future(home.give(AddUser, user_id="ben", name="Ben"))
    await asyncio.sleep(0)
    assert home.house.changes == []
    assert home.lock.snapshot.users == 1
    home.house.gate.set()
    await adding
    assert home.lock.snapshot.users == 2


async def test_with_a_full_disk_who_may_open_still_opens_and_her_entry_is_written_later(home: Home) -> None:
    home.house.broken = True
    home.house.events.clear()
    await home.type("482913")
    await home.settle()
    assert home.lock.snapshot.bolt is BoltState.UNLOCKED
    assert Part.STORAGE in home.lock.snapshot.faults
    assert home.house.events == []

    home.house.broken = False
    home.clock.advance(10_000)
    for _ in range(50):
        await home.settle()
        await asyncio.sleep(0.01)
        if Part.STORAGE not in home.lock.snapshot.faults:
            break
    assert [event.type for event in home.house.events][:2] == [EventType.ACCESS_GRANTED, EventType.FAULT_STARTED]
    assert Part.STORAGE not in home.lock.snapshot.faults


async def test_with_a_full_disk_wrong_codes_still_lock_out(home: Home) -> None:
    home.house.broken = True
    for _ in range(5):
        await home.type("999999")
    assert home.lock.snapshot.locked_out
    assert Prompt.LOCKED_OUT in home.log


async def test_with_a_full_disk_a_change_is_refused_and_nothing_of_it_stays(home: Home) -> None:
    home.house.broken = True
    with pytest.raises(LockBridgeError) as refused:
        await home.give(AddUser, user_id="ben", name="Ben")
    assert refused.value.code is ErrorCode.STORAGE
    assert refused.value.can_retry
    assert set(home.lock.state.directory.users) == {"anna"}


@pytest.mark.spec("VER-10")
async def test_a_power_cut_gains_an_attacker_nothing(home: Home) -> None:
    for _ in range(5):
        await home.type("999999")
    home.clock.advance(100_000)
    home.lock.power_cut()
    await home.lock.power_back()
    await home.type("482913")
    assert home.lock.snapshot.locked_out
    home.clock.advance(179_000)
    assert home.lock.snapshot.locked_out
    home.clock.advance(1_000)
    await home.settle()
    assert not home.lock.snapshot.locked_out


async def test_without_power_nothing_is_heard_and_waiting_commands_are_answered(home: Home) -> None:
    home.parts.drive = lambda drive: None  # type: ignore[method-assign]
    await home.allow_remote()
    opening = asyncio.ensure_future(home.give(RemoteUnlock))
    await asyncio.sleep(0)
    home.lock.power_cut()
    with pytest.raises(LockBridgeError):
        await opening
    await home.type("482913")
    with pytest.raises(LockBridgeError):
        await home.give(RemoteLock)


async def test_a_jam_is_answered_with_what_to_do(home: Home) -> None:
    await home.allow_remote()
    home.parts.works = False
    with pytest.raises(LockBridgeError) as refused:
        await home.give(RemoteUnlock)
    assert refused.value.code is ErrorCode.MOTOR_FAULT
    assert home.lock.snapshot.bolt is BoltState.LOCKED


async def test_people_and_lockout_survive_a_restart_of_the_bridge(home: Home) -> None:
    for _ in range(5):
        await home.type("999999")
    state = home.lock.state
    await home.close()
    await home.open()
    assert home.lock.state.directory == state.directory
    assert home.lock.state.lockout == state.lockout
    assert home.lock.snapshot.locked_out


async def test_an_enrolment_goes_to_the_reader_and_its_progress_to_clients(home: Home) -> None:
    answer = await home.give(StartEnrolment, user_id="anna", type=CredentialType.FINGERPRINT)
    await asyncio.sleep(0)
    assert ("enrol", 0, 6) in home.log
    assert answer["steps"] == 6
    assert home.house.changes[-1]["enrolment"]["status"] == "started"


async def test_a_held_set_button_asks_for_pairing(home: Home) -> None:
    home.clock.advance(10_001)  # before that, it may be the beginning of a reset (RST-1)
    home.lock.put(KeyDown(Key.SET))
    home.clock.advance(2_999)
    assert home.house.pairing_asked == 0
    home.clock.advance(1)
    assert home.house.pairing_asked == 1


async def test_the_clock_is_asked_once_for_each_input(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether its calendar can be trusted costs as much as all else that a key takes."""
    asked = 0
    now = home.clock.now

    def counted() -> Instant:
        nonlocal asked
        asked += 1
        return now()

    monkeypatch.setattr(home.clock, "now", counted)
    home.lock.put(KeyDown(Key.BACK))
    assert asked == 1
    await home.type("999999")
    inputs = 2 * len("bb999999o")
    assert asked == 1 + inputs


async def test_people_are_told_only_once_they_are_written(home: Home) -> None:
    home.house.gate = asyncio.Event()
    adding = asyncio.ensure_future(home.give(AddUser, user_id="ben", name="Ben"))
    await asyncio.sleep(0)
    assert "ben" in home.lock.state.directory.users
    assert "ben" not in home.lock.published.directory.users
    home.house.gate.set()
    await adding
    assert "ben" in home.lock.published.directory.users


async def test_who_is_answered_knows_what_came_of_it_also_while_the_lock_has_more_to_do(home: Home) -> None:
    home.house.gate = asyncio.Event()
    adding = asyncio.ensure_future(home.give(AddUser, user_id="ben", name="Ben"))
    await asyncio.sleep(0)
    also = asyncio.ensure_future(home.give(SetPasscode, user_id="ben", passcode="730514"))
    await asyncio.sleep(0)
    home.house.gate.set()
    await adding
    assert home.lock.snapshot.users == 2
    assert "ben" in home.lock.published.directory.users
    await also
