"""A bolt that a motor moves: its states, jams, faults, and commands that cross."""

import pytest

from lock_bridge.engine.effects import Drive, DriveBolt, Prompt, StopBolt, Tone
from lock_bridge.engine.inputs import (
    BoltPosition,
    BoltSeen,
    ChangeSettings,
    MotorOutcome,
    MotorStopped,
    PartBack,
    PartFault,
    RemoteLock,
    RemoteUnlock,
    Timer,
)
from lock_bridge.engine.state import LockState
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, CredentialType, EventType, OperationSource, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import TRAVEL_MS, Lock, Motor

THROWN, BETWEEN, RETRACTED = BoltPosition.THROWN, BoltPosition.BETWEEN, BoltPosition.RETRACTED


@pytest.mark.spec("BLT-1")
def test_before_its_first_reading_the_bolt_is_unknown() -> None:
    assert LockState().bolt is BoltState.UNKNOWN


@pytest.mark.spec("BLT-1")
@pytest.mark.parametrize(
    ("found", "state"),
    [(THROWN, BoltState.LOCKED), (RETRACTED, BoltState.UNLOCKED), (BoltPosition.UNKNOWN, BoltState.UNKNOWN)],
)
def test_after_a_start_the_bolt_is_what_its_sensors_say_and_that_is_no_event(
    found: BoltPosition, state: BoltState
) -> None:
    lock = Lock(bolt=found)
    assert lock.state.bolt is state
    assert lock.facts == []


@pytest.mark.spec("BLT-1", "BLT-6")
def test_a_bolt_found_half_way_at_the_start_is_jammed(driven: Lock) -> None:
    driven.enter(ANNA)
    driven.advance(TRAVEL_MS // 2)
    driven.listen()
    driven.power_cut()
    assert driven.state.bolt is BoltState.JAMMED
    assert driven.events == [EventType.LOCK_JAMMED]
    driven.open_with(ANNA)
    assert driven.is_open


@pytest.mark.spec("BLT-1")
def test_the_bolt_goes_through_unlocking_and_locking(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    seen = [driven.state.bolt]
    for command in (RemoteUnlock, RemoteLock):
        driven.ask(command)
        seen.append(driven.state.bolt)
        driven.advance(TRAVEL_MS // 2)
        assert driven.state.bolt is seen[-1]
        driven.settle()
        seen.append(driven.state.bolt)
    assert seen == ["locked", "unlocking", "unlocked", "locking", "locked"]


@pytest.mark.spec("BLT-6")
def test_a_motor_that_does_not_move_is_a_fault_and_no_entry(driven: Lock) -> None:
    driven.motor = Motor.STILL
    driven.wrong(4)
    driven.listen()
    driven.open_with(ANNA)
    assert driven.state.bolt is BoltState.LOCKED
    assert EventType.ACCESS_GRANTED not in driven.events
    failed = driven.fact(EventType.OPERATION_FAILED)
    assert (failed.user_name, failed.credential_type) == ("Anna", CredentialType.PIN)
    assert (failed.reason, dict(failed.data)) == ("motor_fault", {"operation": "unlock"})
    fault = driven.fact(EventType.FAULT_STARTED)
    assert (fault.reason, dict(fault.data)) == ("no_motion", {"part": "motor"})
    assert driven.tones == [Tone.SUCCESS, Tone.FAILURE]


@pytest.mark.spec("BLT-6", "VER-7")
def test_such_a_verification_counts_as_right(driven: Lock) -> None:
    driven.motor = Motor.STILL
    driven.wrong(4)
    driven.open_with(ANNA)
    driven.wrong(4)
    assert not driven.state.locked_out


@pytest.mark.spec("BLT-6")
@pytest.mark.parametrize("motor", [Motor.STILL, Motor.STUCK])
def test_the_engine_tries_again_once_and_then_stops(driven: Lock, motor: Motor) -> None:
    driven.motor = motor
    driven.open_with(ANNA)
    assert driven.drives == [Drive.RETRACT, Drive.RETRACT]
    driven.advance(60_000)
    assert len(driven.drives) == 2


@pytest.mark.spec("BLT-6")
def test_a_second_try_that_works_is_a_success(driven: Lock) -> None:
    driven.motor = Motor.STILL
    driven.enter(ANNA)
    driven.motor = Motor.WORKS
    driven.settle()
    assert driven.drives == [Drive.RETRACT, Drive.RETRACT]
    assert driven.is_open
    assert driven.events == [EventType.ACCESS_GRANTED]


@pytest.mark.spec("BLT-1", "BLT-6")
def test_a_bolt_that_gets_half_way_is_jammed_until_the_next_success(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.motor = Motor.STUCK
    driven.listen()
    assert driven.refused(RemoteUnlock) is ErrorCode.JAMMED
    assert driven.state.bolt is BoltState.JAMMED
    assert driven.events == [EventType.LOCK_JAMMED]
    jam = driven.fact(EventType.LOCK_JAMMED)
    assert (jam.source, jam.client_name) == (OperationSource.REMOTE, "Home Assistant")
    assert driven.prompts == [Prompt.JAMMED]
    assert driven.tones == [Tone.FAILURE]

    driven.advance(60_000)
    assert driven.refused(RemoteLock) is ErrorCode.JAMMED
    assert driven.state.bolt is BoltState.JAMMED
    driven.motor = Motor.WORKS
    driven.ok(RemoteUnlock)
    assert driven.is_open


@pytest.mark.spec("BLT-6")
def test_all_who_waited_for_a_jammed_bolt_are_in_the_journal(driven: Lock) -> None:
    slot = driven.add_finger("anna")
    driven.listen()
    driven.motor = Motor.STUCK
    driven.enter(ANNA)
    driven.finger(slot)
    driven.settle()
    assert [(fact.type, fact.credential_type) for fact in driven.facts] == [
        (EventType.LOCK_JAMMED, CredentialType.PIN),
        (EventType.OPERATION_FAILED, CredentialType.FINGERPRINT),
    ]


@pytest.mark.spec("BLT-6")
def test_a_bolt_that_left_its_end_and_was_never_seen_again_is_jammed(driven: Lock) -> None:
    driven.motor = Motor.STILL
    driven.enter(ANNA)
    driven.give(BoltSeen(BoltPosition.UNKNOWN))
    driven.settle()
    assert driven.state.bolt is BoltState.JAMMED


@pytest.mark.spec("BLT-6")
def test_the_motor_is_never_driven_longer_than_three_seconds(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.ok(RemoteLock)
    assert {drive.limit_ms for drive in driven.of(DriveBolt)} == {3_000}


@pytest.mark.spec("BLT-6")
def test_a_motor_of_which_nothing_is_heard_is_stopped_and_given_up(driven: Lock) -> None:
    driven.motor = Motor.DUMB
    driven.enter(ANNA)
    driven.advance(3_999)
    assert driven.of(StopBolt) == []
    driven.advance(1)
    assert len(driven.of(StopBolt)) == 1
    assert driven.drives == [Drive.RETRACT]
    assert driven.fact(EventType.FAULT_STARTED).reason == "no_answer"
    driven.listen()
    driven.give(MotorStopped(1, MotorOutcome.REACHED))
    driven.ring(Timer.MOTOR)
    assert driven.effects == []


@pytest.mark.spec("BLT-6")
def test_a_motor_that_said_nothing_but_did_its_work_has_opened(driven: Lock) -> None:
    driven.motor = Motor.DUMB
    driven.enter(ANNA)
    driven.move(RETRACTED)
    driven.settle()
    assert driven.is_open
    assert driven.fact(EventType.ACCESS_GRANTED).user_name == "Anna"


@pytest.mark.spec("FLT-1")
def test_a_driver_that_does_not_answer_is_not_asked_twice(driven: Lock) -> None:
    driven.motor = Motor.DEAD
    driven.open_with(ANNA)
    assert driven.drives == [Drive.RETRACT]
    assert driven.fact(EventType.FAULT_STARTED).reason == "no_answer"


@pytest.mark.spec("FLT-1")
def test_still_unlocked_after_a_full_locking_run_is_a_fault_of_the_clutch(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.listen()
    driven.motor = Motor.SLIPS
    assert driven.refused(RemoteLock) is ErrorCode.MOTOR_FAULT
    assert dict(driven.fact(EventType.FAULT_STARTED).data) == {"part": "clutch"}
    assert driven.is_open
    driven.motor = Motor.WORKS
    driven.ok(RemoteLock)
    assert dict(driven.fact(EventType.FAULT_ENDED).data) == {"part": "clutch"}


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize("motor", [Motor.STILL, Motor.SLIPS])
def test_an_opening_run_that_moves_nothing_is_a_fault_of_the_motor(driven: Lock, motor: Motor) -> None:
    driven.motor = motor
    driven.open_with(ANNA)
    assert driven.state.faults == {Part.MOTOR}


@pytest.mark.spec("FLT-1")
def test_a_locking_run_in_which_the_motor_does_not_turn_is_no_fault_of_the_clutch(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.motor = Motor.STILL
    assert driven.refused(RemoteLock) is ErrorCode.MOTOR_FAULT
    assert driven.state.faults == {Part.MOTOR}


def test_who_locked_last_is_known(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.ok(RemoteLock)
    assert driven.state.changed_by is not None
    assert driven.state.changed_by.source is OperationSource.REMOTE


@pytest.mark.spec("FLT-1")
def test_a_motors_fault_is_told_once_and_ends_with_the_next_success(driven: Lock) -> None:
    driven.motor = Motor.STILL
    driven.open_with(ANNA)
    driven.open_with(ANNA)
    assert driven.events.count(EventType.FAULT_STARTED) == 1
    assert driven.state.faults == {Part.MOTOR}
    driven.motor = Motor.WORKS
    driven.open_with(ANNA)
    assert driven.events.count(EventType.FAULT_ENDED) == 1
    assert driven.state.faults == frozenset()


@pytest.mark.spec("FLT-1")
def test_without_its_sensors_the_bolt_is_unknown_and_the_fault_is_theirs(driven: Lock) -> None:
    driven.give(PartFault(Part.BOLT, "no_answer"))
    assert driven.state.bolt is BoltState.UNKNOWN
    driven.listen()
    driven.motor = Motor.STILL
    driven.open_with(ANNA)
    assert driven.state.bolt is BoltState.UNKNOWN
    assert driven.state.faults == {Part.BOLT}
    assert driven.fact(EventType.OPERATION_FAILED).reason == "part_fault"
    driven.give(PartBack(Part.BOLT))
    driven.move(RETRACTED)
    assert driven.is_open
    assert EventType.UNLOCKED not in driven.events


@pytest.mark.spec("FLT-1")
def test_sensors_lost_on_the_way_do_not_make_it_a_jam(driven: Lock) -> None:
    driven.motor = Motor.STUCK
    driven.enter(ANNA)
    driven.advance(100)
    driven.give(PartFault(Part.BOLT, "no_answer"))
    assert driven.state.bolt is BoltState.UNLOCKING
    driven.settle()
    assert driven.state.bolt is BoltState.UNKNOWN
    assert EventType.LOCK_JAMMED not in driven.events


@pytest.mark.spec("S25")
def test_lock_and_unlock_that_cross_end_in_what_was_asked_last(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.open_with(ANNA)
    for first, last, end in (
        (RemoteLock, RemoteUnlock, BoltState.UNLOCKED),
        (RemoteUnlock, RemoteLock, BoltState.LOCKED),
        (RemoteLock, RemoteUnlock, BoltState.UNLOCKED),
    ):
        overtaken = driven.ask(first)
        driven.advance(100)
        latest = driven.ask(last)
        driven.settle()
        answers = driven.answer(overtaken), driven.answer(latest)
        assert answers[1] is not None
        assert answers[1].error is None
        if answers[0] is not None and answers[0].error is not None:
            assert answers[0].error is ErrorCode.SUPERSEDED
        assert driven.state.bolt is end


@pytest.mark.spec("S25")
def test_an_opening_that_was_overtaken_is_recorded_as_failed(driven: Lock) -> None:
    driven.enter(ANNA)
    driven.advance(100)
    driven.ok(RemoteLock)
    failed = driven.fact(EventType.OPERATION_FAILED)
    assert (failed.user_name, failed.reason, dict(failed.data)) == ("Anna", "superseded", {"operation": "unlock"})
    assert EventType.ACCESS_GRANTED not in driven.events
    assert driven.state.bolt is BoltState.LOCKED


def test_the_end_of_a_run_that_was_overtaken_is_not_that_of_the_next(driven: Lock) -> None:
    driven.enter(ANNA)
    driven.advance(100)
    driven.ask(RemoteLock)
    driven.give(MotorStopped(1, MotorOutcome.STALLED))
    assert driven.drives == [Drive.RETRACT, Drive.THROW]
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED


def test_a_user_at_the_door_opens_a_bolt_that_is_just_being_thrown(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.ask(RemoteLock)
    driven.advance(100)
    driven.open_with(ANNA)
    assert driven.is_open


@pytest.mark.spec("BLT-12")
def test_the_doors_direction_turns_the_motors_sense(driven: Lock) -> None:
    """Of BLT-12 the setting."""
    driven.open_with(ANNA)
    driven.set(door_direction="left")
    driven.ok(RemoteLock)
    assert [drive.reversed for drive in driven.of(DriveBolt)] == [False, True]


@pytest.mark.spec("BLT-12")
def test_a_clutch_has_no_direction_to_set(l2s: Lock) -> None:
    assert l2s.refused(ChangeSettings, changes={"door_direction": "left"}) is ErrorCode.NOT_SUPPORTED
