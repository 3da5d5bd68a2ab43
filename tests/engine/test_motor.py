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
def test_a_bolt_found_half_way_at_the_start_is_jammed(palm: Lock) -> None:
    palm.enter(ANNA)
    palm.advance(TRAVEL_MS // 2)
    palm.listen()
    palm.power_cut()
    assert palm.state.bolt is BoltState.JAMMED
    assert palm.events == [EventType.LOCK_JAMMED]
    palm.open_with(ANNA)
    assert palm.is_open


@pytest.mark.spec("BLT-1")
def test_the_bolt_goes_through_unlocking_and_locking(palm: Lock) -> None:
    palm.set(remote_unlock=True)
    seen = [palm.state.bolt]
    for command in (RemoteUnlock, RemoteLock):
        palm.ask(command)
        seen.append(palm.state.bolt)
        palm.advance(TRAVEL_MS // 2)
        assert palm.state.bolt is seen[-1]
        palm.settle()
        seen.append(palm.state.bolt)
    assert seen == ["locked", "unlocking", "unlocked", "locking", "locked"]


@pytest.mark.spec("BLT-6")
def test_a_motor_that_does_not_move_is_a_fault_and_no_entry(palm: Lock) -> None:
    palm.motor = Motor.STILL
    palm.wrong(4)
    palm.listen()
    palm.open_with(ANNA)
    assert palm.state.bolt is BoltState.LOCKED
    assert EventType.ACCESS_GRANTED not in palm.events
    failed = palm.fact(EventType.OPERATION_FAILED)
    assert (failed.user_name, failed.credential_type) == ("Anna", CredentialType.PIN)
    assert (failed.reason, dict(failed.data)) == ("motor_fault", {"operation": "unlock"})
    fault = palm.fact(EventType.FAULT_STARTED)
    assert (fault.reason, dict(fault.data)) == ("no_motion", {"part": "motor"})
    assert palm.tones == [Tone.SUCCESS, Tone.FAILURE]


@pytest.mark.spec("BLT-6", "VER-7")
def test_such_a_verification_counts_as_right(palm: Lock) -> None:
    palm.motor = Motor.STILL
    palm.wrong(4)
    palm.open_with(ANNA)
    palm.wrong(4)
    assert not palm.state.locked_out


@pytest.mark.spec("BLT-6")
@pytest.mark.parametrize("motor", [Motor.STILL, Motor.STUCK])
def test_the_engine_tries_again_once_and_then_stops(palm: Lock, motor: Motor) -> None:
    palm.motor = motor
    palm.open_with(ANNA)
    assert palm.drives == [Drive.RETRACT, Drive.RETRACT]
    palm.advance(60_000)
    assert len(palm.drives) == 2


@pytest.mark.spec("BLT-6")
def test_a_second_try_that_works_is_a_success(palm: Lock) -> None:
    palm.motor = Motor.STILL
    palm.enter(ANNA)
    palm.motor = Motor.WORKS
    palm.settle()
    assert palm.drives == [Drive.RETRACT, Drive.RETRACT]
    assert palm.is_open
    assert palm.events == [EventType.ACCESS_GRANTED]


@pytest.mark.spec("BLT-1", "BLT-6")
def test_a_bolt_that_gets_half_way_is_jammed_until_the_next_success(palm: Lock) -> None:
    palm.set(remote_unlock=True)
    palm.motor = Motor.STUCK
    palm.listen()
    assert palm.refused(RemoteUnlock) is ErrorCode.JAMMED
    assert palm.state.bolt is BoltState.JAMMED
    assert palm.events == [EventType.LOCK_JAMMED]
    jam = palm.fact(EventType.LOCK_JAMMED)
    assert (jam.source, jam.client_name) == (OperationSource.REMOTE, "Home Assistant")
    assert palm.prompts == [Prompt.JAMMED]
    assert palm.tones == [Tone.FAILURE]

    palm.advance(60_000)
    assert palm.refused(RemoteLock) is ErrorCode.JAMMED
    assert palm.state.bolt is BoltState.JAMMED
    palm.motor = Motor.WORKS
    palm.ok(RemoteUnlock)
    assert palm.is_open


@pytest.mark.spec("BLT-6")
def test_all_who_waited_for_a_jammed_bolt_are_in_the_journal(palm: Lock) -> None:
    slot = palm.add_finger("anna")
    palm.listen()
    palm.motor = Motor.STUCK
    palm.enter(ANNA)
    palm.finger(slot)
    palm.settle()
    assert [(fact.type, fact.credential_type) for fact in palm.facts] == [
        (EventType.LOCK_JAMMED, CredentialType.PIN),
        (EventType.OPERATION_FAILED, CredentialType.FINGERPRINT),
    ]


@pytest.mark.spec("BLT-6")
def test_a_bolt_that_left_its_end_and_was_never_seen_again_is_jammed(palm: Lock) -> None:
    palm.motor = Motor.STILL
    palm.enter(ANNA)
    palm.give(BoltSeen(BoltPosition.UNKNOWN))
    palm.settle()
    assert palm.state.bolt is BoltState.JAMMED


@pytest.mark.spec("BLT-6")
def test_the_motor_is_never_driven_longer_than_three_seconds(palm: Lock) -> None:
    palm.open_with(ANNA)
    palm.ok(RemoteLock)
    assert {drive.limit_ms for drive in palm.of(DriveBolt)} == {3_000}


@pytest.mark.spec("BLT-6")
def test_a_motor_of_which_nothing_is_heard_is_stopped_and_given_up(palm: Lock) -> None:
    palm.motor = Motor.DUMB
    palm.enter(ANNA)
    palm.advance(3_999)
    assert palm.of(StopBolt) == []
    palm.advance(1)
    assert len(palm.of(StopBolt)) == 1
    assert palm.drives == [Drive.RETRACT]
    assert palm.fact(EventType.FAULT_STARTED).reason == "no_answer"
    palm.listen()
    palm.give(MotorStopped(1, MotorOutcome.REACHED))
    palm.ring(Timer.MOTOR)
    assert palm.effects == []


@pytest.mark.spec("BLT-6")
def test_a_motor_that_said_nothing_but_did_its_work_has_opened(palm: Lock) -> None:
    palm.motor = Motor.DUMB
    palm.enter(ANNA)
    palm.move(RETRACTED)
    palm.settle()
    assert palm.is_open
    assert palm.fact(EventType.ACCESS_GRANTED).user_name == "Anna"


@pytest.mark.spec("FLT-1")
def test_a_driver_that_does_not_answer_is_not_asked_twice(palm: Lock) -> None:
    palm.motor = Motor.DEAD
    palm.open_with(ANNA)
    assert palm.drives == [Drive.RETRACT]
    assert palm.fact(EventType.FAULT_STARTED).reason == "no_answer"


@pytest.mark.spec("FLT-1")
def test_still_unlocked_after_a_full_locking_run_is_a_fault_of_the_clutch(palm: Lock) -> None:
    palm.open_with(ANNA)
    palm.listen()
    palm.motor = Motor.SLIPS
    assert palm.refused(RemoteLock) is ErrorCode.MOTOR_FAULT
    assert dict(palm.fact(EventType.FAULT_STARTED).data) == {"part": "clutch"}
    assert palm.is_open
    palm.motor = Motor.WORKS
    palm.ok(RemoteLock)
    assert dict(palm.fact(EventType.FAULT_ENDED).data) == {"part": "clutch"}


@pytest.mark.spec("FLT-1")
def test_a_motors_fault_is_told_once_and_ends_with_the_next_success(palm: Lock) -> None:
    palm.motor = Motor.STILL
    palm.open_with(ANNA)
    palm.open_with(ANNA)
    assert palm.events.count(EventType.FAULT_STARTED) == 1
    assert palm.state.faults == {Part.MOTOR}
    palm.motor = Motor.WORKS
    palm.open_with(ANNA)
    assert palm.events.count(EventType.FAULT_ENDED) == 1
    assert palm.state.faults == frozenset()


@pytest.mark.spec("FLT-1")
def test_without_its_sensors_the_bolt_is_unknown_and_the_fault_is_theirs(palm: Lock) -> None:
    palm.give(PartFault(Part.BOLT, "no_answer"))
    assert palm.state.bolt is BoltState.UNKNOWN
    palm.listen()
    palm.motor = Motor.STILL
    palm.open_with(ANNA)
    assert palm.state.bolt is BoltState.UNKNOWN
    assert palm.state.faults == {Part.BOLT}
    assert palm.fact(EventType.OPERATION_FAILED).reason == "part_fault"
    palm.give(PartBack(Part.BOLT))
    palm.move(RETRACTED)
    assert palm.is_open
    assert EventType.UNLOCKED not in palm.events


@pytest.mark.spec("FLT-1")
def test_sensors_lost_on_the_way_do_not_make_it_a_jam(palm: Lock) -> None:
    palm.motor = Motor.STUCK
    palm.enter(ANNA)
    palm.advance(100)
    palm.give(PartFault(Part.BOLT, "no_answer"))
    assert palm.state.bolt is BoltState.UNLOCKING
    palm.settle()
    assert palm.state.bolt is BoltState.UNKNOWN
    assert EventType.LOCK_JAMMED not in palm.events


@pytest.mark.spec("S25")
def test_lock_and_unlock_that_cross_end_in_what_was_asked_last(palm: Lock) -> None:
    palm.set(remote_unlock=True)
    palm.open_with(ANNA)
    for first, last, end in (
        (RemoteLock, RemoteUnlock, BoltState.UNLOCKED),
        (RemoteUnlock, RemoteLock, BoltState.LOCKED),
        (RemoteLock, RemoteUnlock, BoltState.UNLOCKED),
    ):
        overtaken = palm.ask(first)
        palm.advance(100)
        latest = palm.ask(last)
        palm.settle()
        answers = palm.answer(overtaken), palm.answer(latest)
        assert answers[1] is not None
        assert answers[1].error is None
        if answers[0] is not None and answers[0].error is not None:
            assert answers[0].error is ErrorCode.SUPERSEDED
        assert palm.state.bolt is end


@pytest.mark.spec("S25")
def test_an_opening_that_was_overtaken_is_recorded_as_failed(palm: Lock) -> None:
    palm.enter(ANNA)
    palm.advance(100)
    palm.ok(RemoteLock)
    failed = palm.fact(EventType.OPERATION_FAILED)
    assert (failed.user_name, failed.reason, dict(failed.data)) == ("Anna", "superseded", {"operation": "unlock"})
    assert EventType.ACCESS_GRANTED not in palm.events
    assert palm.state.bolt is BoltState.LOCKED


def test_the_end_of_a_run_that_was_overtaken_is_not_that_of_the_next(palm: Lock) -> None:
    palm.enter(ANNA)
    palm.advance(100)
    palm.ask(RemoteLock)
    palm.give(MotorStopped(1, MotorOutcome.STALLED))
    assert palm.drives == [Drive.RETRACT, Drive.THROW]
    palm.settle()
    assert palm.state.bolt is BoltState.LOCKED


def test_a_user_at_the_door_opens_a_bolt_that_is_just_being_thrown(palm: Lock) -> None:
    palm.open_with(ANNA)
    palm.ask(RemoteLock)
    palm.advance(100)
    palm.open_with(ANNA)
    assert palm.is_open


@pytest.mark.spec("BLT-12")
def test_the_doors_direction_turns_the_motors_sense(palm: Lock) -> None:
    """Of BLT-12 the setting."""
    palm.open_with(ANNA)
    palm.set(door_direction="left")
    palm.ok(RemoteLock)
    assert [drive.reversed for drive in palm.of(DriveBolt)] == [False, True]


@pytest.mark.spec("BLT-12")
def test_a_clutch_has_no_direction_to_set(l2s: Lock) -> None:
    assert l2s.refused(ChangeSettings, changes={"door_direction": "left"}) is ErrorCode.NOT_SUPPORTED
