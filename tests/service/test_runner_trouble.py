"""When a part, the disk or the power fails at the worst moment the lock goes on, and nothing is written twice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.engine.effects import Drive, DriveBolt, Durable, Prompt, Tone
from lock_bridge.engine.inputs import (
    AddTemporaryPasscode,
    AddUser,
    BoltPosition,
    BoltSeen,
    ChangeUser,
    ClearBluetooth,
    Command,
    EnrolDone,
    Key,
    KeyDown,
    KeyUp,
    MotorOutcome,
    MotorStopped,
    RemoteLock,
    RemoteUnlock,
    SetBluetoothCode,
    SetMode,
    SetPasscode,
    StartEnrolment,
)
from lock_bridge.engine.model import Instant, Modes
from lock_bridge.store import LockData, StoreError
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import BoltState, CredentialType, EnrolmentStatus, EventType, OperatingMode, Part

from .house import Home


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    home = Home(tmp_path)
    await home.open()
    await home.add_anna()
    home.log.clear()
    yield home
    await home.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - the store is a thread, and nobody tells of it
            await asyncio.sleep(0)


async def test_what_could_not_be_written_is_written_once_though_the_door_is_used_meanwhile(home: Home) -> None:
    home.house.broken = True
    await home.type("482913")
    home.house.broken = False
    home.house.events.clear()
    home.house.gate = asyncio.Event()
    home.clock.advance(10_000)
    home.lock.put(KeyDown(Key.DOORBELL))
    home.house.gate.set()
    await until(lambda: Part.STORAGE not in home.lock.snapshot.faults)
    await home.settle()
    kinds = [event.type for event in home.house.events]
    assert kinds.count(EventType.ACCESS_GRANTED) == 1
    assert kinds.count(EventType.DOORBELL) == 1


async def test_what_is_written_late_has_the_time_at_which_it_happened(home: Home) -> None:
    home.house.broken = True
    happened = home.clock.now()
    home.house.events.clear()
    await home.type("482913")
    home.clock.advance(9_000)
    home.house.broken = False
    home.clock.advance(1_000)
    await home.settle()
    granted = next(event for event in home.house.events if event.type is EventType.ACCESS_GRANTED)
    assert (granted.wall_ms, granted.boot_ms) == (happened.wall_ms, happened.mono_ms)


async def test_a_disk_that_takes_nothing_is_logged_once_however_often_somebody_rings(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.house.broken = True
    for _ in range(5):
        home.lock.put(KeyDown(Key.DOORBELL))
    await home.settle()
    assert [record.name for record in caplog.records] == ["lock_bridge.writer"]


async def test_a_driver_that_raises_counts_as_a_dumb_motor_and_the_refusal_is_written(home: Home) -> None:
    def broken(_drive: DriveBolt) -> None:
        raise RuntimeError("a defect")

    await home.allow_remote()
    drive, home.parts.drive = home.parts.drive, broken  # type: ignore[method-assign]
    with pytest.raises(LockBridgeError) as refused:
        await home.give(RemoteUnlock)
    assert refused.value.code is ErrorCode.MOTOR_FAULT
    assert EventType.OPERATION_FAILED in home.log

    home.parts.drive = drive  # type: ignore[method-assign]
    await home.type("482913")
    assert home.lock.snapshot.bolt is BoltState.UNLOCKED


async def test_with_a_sounder_that_raises_a_success_still_sets_the_count_to_zero_on_disk(home: Home) -> None:
    def broken(_sound: Any) -> None:
        raise RuntimeError("a defect")

    home.parts.sound = broken  # type: ignore[method-assign]
    await home.type("999999")
    home.log.clear()
    await home.type("482913")
    assert home.lock.snapshot.bolt is BoltState.UNLOCKED
    assert "count kept" in home.log


async def test_a_store_with_a_defect_refuses_a_change_and_nothing_of_it_stays(home: Home) -> None:
    async def defective(_lock_id: str, _items: Sequence[Durable], _at: Instant) -> None:
        raise OverflowError

    commit, home.house.commit = home.house.commit, defective  # type: ignore[method-assign]
    with pytest.raises(LockBridgeError) as refused:
        await home.give(AddUser, user_id="ben", name="Ben")
    assert refused.value.code is ErrorCode.INTERNAL
    assert set(home.lock.state.directory.users) == {"anna"}
    await home.type("482913")
    assert home.lock.snapshot.bolt is BoltState.UNLOCKED
    home.house.commit = commit  # type: ignore[method-assign]


async def test_a_part_that_cannot_be_stopped_does_not_keep_the_others_from_it(home: Home) -> None:
    stopped = []

    async def stop() -> None:
        stopped.append(True)
        raise RuntimeError("a defect")

    home.parts.stop = stop  # type: ignore[method-assign]
    await home.lock.stop()
    assert stopped


@pytest.mark.spec("VER-10")
async def test_a_power_cut_while_the_disk_is_full_gains_an_attacker_nothing(home: Home) -> None:
    home.house.broken = True
    for _ in range(5):
        await home.type("999999")
    home.lock.power_cut()
    await home.lock.power_back()
    await home.type("482913")
    assert home.lock.snapshot.locked_out
    assert Drive.RETRACT not in home.log


async def test_nothing_is_handled_between_the_powers_return_and_the_reading_of_the_disk(home: Home) -> None:
    reading = asyncio.Event()
    load = home.house.load

    async def slowly(lock_id: str) -> LockData:
        data = await load(lock_id)
        await reading.wait()
        return data

    home.house.load = slowly  # type: ignore[method-assign]
    home.lock.power_cut()
    back = asyncio.ensure_future(home.lock.power_back())
    await asyncio.sleep(0)
    with pytest.raises(LockBridgeError) as refused:
        await home.give(SetPasscode, user_id="anna", passcode="571936")
    assert refused.value.code is ErrorCode.PART_FAULT
    reading.set()
    await back
    await home.give(SetPasscode, user_id="anna", passcode="571936")
    await home.type("571936")
    assert Drive.RETRACT in home.log


async def test_power_that_goes_again_while_the_lock_starts_leaves_it_dead(home: Home) -> None:
    home.lock.power_cut()
    back = asyncio.ensure_future(home.lock.power_back())
    await asyncio.sleep(0)
    home.lock.power_cut()
    await back
    await home.type("482913")
    assert home.log == []
    with pytest.raises(LockBridgeError):
        await home.give(RemoteLock)


async def test_with_an_unreadable_store_the_lock_comes_back_with_what_it_knew(home: Home) -> None:
    async def unreadable(_lock_id: str) -> LockData:
        raise StoreError("The store is damaged.")

    home.house.load = unreadable  # type: ignore[method-assign]
    home.lock.power_cut()
    await home.lock.power_back()
    await home.type("482913")
    assert Drive.RETRACT in home.log


async def test_a_stop_waits_for_the_bolt_on_its_way_so_that_the_journal_says_who_opened(home: Home) -> None:
    drives: list[DriveBolt] = []
    home.parts.drive = drives.append  # type: ignore[method-assign]
    await home.type("482913")
    stopping = asyncio.ensure_future(home.lock.wind_down())
    await asyncio.sleep(0)
    assert not stopping.done()
    with pytest.raises(LockBridgeError) as refused:
        await home.give(RemoteLock)
    assert refused.value.code is ErrorCode.STOPPING

    home.parts.report(BoltSeen(BoltPosition.RETRACTED))
    home.parts.report(MotorStopped(drives[0].run, MotorOutcome.REACHED))
    await stopping
    await home.settle()
    assert EventType.ACCESS_GRANTED in home.log


async def test_a_stop_does_not_wait_long_for_a_motor_that_says_nothing(home: Home) -> None:
    home.parts.drive = lambda drive: None  # type: ignore[method-assign]
    await home.type("482913")
    async with asyncio.timeout(10):
        await home.lock.wind_down()
    assert EventType.ACCESS_GRANTED not in home.log


async def test_modes_and_entries_that_the_disk_did_not_take_are_known_after_a_power_cut(home: Home) -> None:
    """VER-13: a code for one entry opens once, whatever the disk does."""
    await home.give(AddTemporaryPasscode, user_id="anna", passcode="604182", uses=1)
    await home.allow_remote()
    home.house.broken = True
    await home.type("604182")
    await home.give(SetMode, mode=OperatingMode.PASSAGE)
    await home.settle()
    home.lock.power_cut()
    await home.lock.power_back()
    await home.settle()
    assert home.lock.snapshot.mode is OperatingMode.PASSAGE
    (visitor,) = [item for item in home.lock.state.directory.credentials.values() if item.temporary]
    assert visitor.uses_left == 0


@pytest.mark.spec("USR-7", "USR-10")
async def test_an_entry_is_counted_on_the_other_locks_before_the_disk_has_it_and_a_change_after(home: Home) -> None:
    home.clock.advance(1)
    await home.give(AddUser, user_id="ben", name="Ben", uses_left=2)
    await home.give(SetPasscode, user_id="ben", passcode="730514")
    home.house.shared.clear()
    home.house.broken = True
    await home.type("730514")
    assert [(how, user.uses_left) for how, user in home.house.shared] == [("counted", 1)]
    with pytest.raises(LockBridgeError):
        await home.give(ChangeUser, user_id="ben", changes={"name": "Benny"})
    home.house.broken = False
    await home.give(ChangeUser, user_id="ben", changes={"name": "Benny"})
    assert [(how, user.name) for how, user in home.house.shared] == [("counted", "Ben"), ("changed", "Benny")]


@pytest.mark.spec("APP-6", "VER-10")
async def test_a_restart_in_which_the_power_goes_leaves_a_lock_that_comes_back_with_it(home: Home) -> None:
    reading = asyncio.Event()
    load = home.house.load

    async def slowly(lock_id: str) -> LockData:
        data = await load(lock_id)
        await reading.wait()
        return data

    home.house.load = slowly  # type: ignore[method-assign]
    restarting = asyncio.ensure_future(home.lock.restart())
    await asyncio.sleep(0)
    with pytest.raises(LockBridgeError) as refused:
        await home.give(RemoteLock)
    assert refused.value.code is ErrorCode.BUSY
    home.lock.power_cut()
    reading.set()
    await restarting
    await home.type("482913")
    assert Drive.RETRACT not in home.log, "without power nothing is heard"
    await home.lock.power_back()
    await home.settle()
    await home.type("482913")
    assert Drive.RETRACT in home.log


@pytest.mark.spec("APP-6")
async def test_a_restart_answers_who_still_waits_and_a_stop_in_it_starts_nothing(home: Home) -> None:
    await home.allow_remote()
    home.parts.drive = lambda drive: None  # type: ignore[method-assign]
    opening = asyncio.ensure_future(home.give(RemoteUnlock))
    await asyncio.sleep(0)
    restarting = asyncio.ensure_future(home.lock.restart())
    with pytest.raises(LockBridgeError) as refused:
        await opening
    assert refused.value.code is ErrorCode.BUSY
    await restarting
    again = asyncio.ensure_future(home.lock.restart())
    await asyncio.sleep(0)
    await home.lock.stop()
    await again
    with pytest.raises(LockBridgeError) as refused:
        await home.lock.restart()
    assert refused.value.code is ErrorCode.STOPPING


@pytest.mark.parametrize("change", [ClearBluetooth, SetBluetoothCode])
@pytest.mark.spec("DLM-9")
async def test_phones_are_not_said_to_be_gone_while_the_disk_would_bring_them_back(
    home: Home, change: type[Command]
) -> None:
    await home.give(SetBluetoothCode, code="730514")
    home.house.broken = True
    with pytest.raises(LockBridgeError) as refused:
        await home.give(change)
    assert refused.value.code is ErrorCode.STORAGE
    assert home.lock.state.modes.bluetooth_code_mac is not None
    home.house.broken = False
    await home.give(change)
    assert home.lock.state.modes == Modes()


async def test_a_finger_that_the_disk_refuses_is_said_to_be_lost_and_forgotten_by_its_reader(home: Home) -> None:
    finger = CredentialType.FINGERPRINT
    await home.give(StartEnrolment, user_id="anna", type=finger)
    home.house.broken = True
    home.log.clear()
    home.lock.put(EnrolDone(finger, 0))
    await home.settle()
    enrolment = home.lock.snapshot.enrolment
    assert enrolment is not None
    assert (enrolment.status, enrolment.reason) == (EnrolmentStatus.FAILED, "storage")
    assert [entry for entry in home.log if isinstance(entry, Tone | Prompt)] == [Tone.FAILURE, Prompt.STORAGE]
    await until(lambda: home.parts.deleted == {0})
    home.house.broken = False
    home.clock.advance(10_000)
    await home.settle()
    assert home.log[-1] is EventType.FAULT_ENDED
    assert EventType.ENROLMENT_FAILED in home.log


async def test_it_is_said_at_the_door_before_the_next_key_is_heard(home: Home) -> None:
    """Factory reset: the key that comes right after is none of its own any more."""
    home.lock.power_cut()
    await home.lock.power_back()
    home.lock.put(KeyDown(home.profile.reset_key))
    home.lock.put(KeyUp(home.profile.reset_key))
    await home.settle()
    home.house.broken = True
    home.house.gate = asyncio.Event()
    home.log.clear()
    home.lock.put(KeyDown(Key.CONFIRM))
    home.lock.put(KeyDown(Key.DOORBELL))
    home.house.gate.set()
    await home.settle()
    assert [entry for entry in home.log if isinstance(entry, Tone | Prompt)] == [
        Tone.FAILURE,
        Prompt.STORAGE,
        Tone.DOORBELL,
    ]
    assert set(home.lock.state.directory.users) == {"anna"}


async def test_without_power_nothing_is_said_of_what_the_disk_refused(home: Home) -> None:
    await home.give(StartEnrolment, user_id="anna", type=CredentialType.FINGERPRINT)
    home.house.broken = True
    home.house.gate = asyncio.Event()
    home.log.clear()
    home.lock.put(EnrolDone(CredentialType.FINGERPRINT, 0))
    home.lock.power_cut()
    home.house.gate.set()
    await home.settle()
    assert home.log == []
