"""Locking: by button, by countdown, from afar, and never against an open door."""

from dataclasses import replace

import pytest

from lock_bridge.engine.effects import Drive, Prompt, Tone
from lock_bridge.engine.inputs import (
    BoltPosition,
    DoorSeen,
    Key,
    MotorOutcome,
    MotorStopped,
    PartFault,
    RemoteLock,
    RemoteUnlock,
    Timer,
)
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, DoorState, EventType, OperationSource, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import Lock, Motor

DELAY = 30_000


@pytest.fixture
def counting(driven: Lock) -> Lock:
    """A lock with countdown locking on; the door is closed, the bolt thrown."""
    driven.set(countdown_locking=True)
    driven.listen()
    return driven


@pytest.mark.spec("BLT-3")
def test_the_button_on_the_rear_locks_a_closed_door(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.press(Key.LOCK)
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED
    assert driven.fact(EventType.LOCKED).source is OperationSource.BUTTON


@pytest.mark.spec("BLT-3", "BLT-5")
def test_the_button_does_nothing_to_an_open_door_but_say_so(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.set_door(is_open=True)
    driven.listen()
    driven.press(Key.LOCK)
    assert (driven.drives, driven.facts) == ([], [])
    assert (driven.tones, driven.prompts) == ([Tone.FAILURE], [Prompt.CLOSE_DOOR])


@pytest.mark.spec("BLT-5")
def test_a_command_to_lock_an_open_door_is_refused(lock: Lock) -> None:
    lock.open_with(ANNA)
    lock.set_door(is_open=True)
    lock.listen()
    assert lock.refused(RemoteLock) is ErrorCode.DOOR_OPEN
    failed = lock.fact(EventType.OPERATION_FAILED)
    assert (failed.reason, failed.client_id, dict(failed.data)) == ("door_open", "c1", {"operation": "lock"})
    assert Drive.THROW not in lock.drives


@pytest.mark.spec("BLT-5")
def test_while_the_door_contact_is_silent_the_bolt_is_not_thrown(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.give(PartFault(Part.DOOR, "no_answer"))
    assert driven.state.door is DoorState.UNKNOWN
    assert driven.refused(RemoteLock) is ErrorCode.DOOR_UNKNOWN
    driven.give(DoorSeen(False))
    driven.ok(RemoteLock)


@pytest.mark.spec("BLT-5")
def test_a_bolt_on_its_way_out_is_drawn_back_when_the_door_opens(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.listen()
    command = driven.ask(RemoteLock)
    driven.advance(300)
    driven.set_door(is_open=True)
    assert driven.drives == [Drive.THROW, Drive.RETRACT]
    answer = driven.answer(command)
    assert answer is not None
    assert answer.error is ErrorCode.DOOR_OPEN
    driven.settle()
    assert driven.is_open
    assert driven.bolt is BoltPosition.RETRACTED
    assert driven.events == [EventType.OPERATION_FAILED, EventType.DOOR_OPENED]


@pytest.mark.spec("BLT-5", "BLT-6")
def test_a_bolt_that_cannot_be_drawn_back_from_an_open_door_is_jammed(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.ask(RemoteLock)
    driven.advance(300)
    driven.motor = Motor.STUCK
    driven.set_door(is_open=True)
    driven.settle()
    assert driven.state.bolt is BoltState.JAMMED
    assert driven.fact(EventType.LOCK_JAMMED).source is OperationSource.AUTO


@pytest.mark.spec("BLT-5", "BLT-6")
def test_the_second_try_is_not_made_when_the_door_contact_fell_silent(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.motor = Motor.STILL
    driven.listen()
    driven.ask(RemoteLock)
    driven.give(PartFault(Part.DOOR, "no_answer"))
    driven.settle()
    assert driven.drives == [Drive.THROW]


def test_locking_what_is_locked_moves_nothing_and_is_no_event(driven: Lock) -> None:
    driven.ok(RemoteLock)
    driven.press(Key.LOCK)
    assert (driven.drives, driven.facts) == ([], [])


@pytest.mark.spec("BLT-4")
def test_countdown_locking_is_off_at_first(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.set_door(is_open=True)
    driven.set_door(is_open=False)
    driven.advance(1_000_000)
    assert driven.is_open
    assert driven.state.settings.countdown_delay_s == 30


@pytest.mark.spec("BLT-4")
def test_the_lock_locks_by_itself_thirty_seconds_after_the_door_has_closed(counting: Lock) -> None:
    counting.open_with(ANNA)
    counting.set_door(is_open=True)
    counting.advance(100_000)
    assert counting.is_open
    counting.set_door(is_open=False)
    counting.advance(DELAY - 1)
    assert counting.is_open
    counting.advance(1)
    counting.settle()
    assert counting.state.bolt is BoltState.LOCKED
    assert counting.fact(EventType.LOCKED).source is OperationSource.AUTO


@pytest.mark.spec("BLT-4")
def test_the_countdown_starts_anew_when_the_door_opens(counting: Lock) -> None:
    counting.open_with(ANNA)
    counting.set_door(is_open=True)
    counting.set_door(is_open=False)
    counting.advance(DELAY - 1_000)
    counting.set_door(is_open=True)
    counting.set_door(is_open=False)
    counting.advance(DELAY - 1)
    assert counting.is_open
    counting.advance(1)
    counting.settle()
    assert counting.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-4")
def test_a_door_that_was_unlocked_and_never_opened_is_locked_again(counting: Lock) -> None:
    """Decided here: safer than to wait for a closing that never comes."""
    counting.open_with(ANNA)
    counting.advance(DELAY)
    counting.settle()
    assert counting.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-4")
def test_whoever_verifies_again_starts_the_countdown_anew(counting: Lock) -> None:
    counting.set(remote_unlock=True)
    counting.open_with(ANNA)
    for again in (lambda: counting.open_with(ANNA), lambda: counting.ok(RemoteUnlock)):
        counting.advance(DELAY - 5_000)
        again()
        assert counting.is_open
    assert counting.runs(Timer.COUNTDOWN) == DELAY


@pytest.mark.spec("BLT-5")
def test_a_countdown_waits_for_an_open_door_without_a_word(counting: Lock) -> None:
    counting.open_with(ANNA)
    counting.set_door(is_open=True)
    counting.listen()
    counting.ring(Timer.COUNTDOWN)
    assert counting.effects == []


@pytest.mark.spec("BLT-5")
def test_a_countdown_that_the_door_overtakes_begins_again_at_its_closing(counting: Lock) -> None:
    counting.open_with(ANNA)
    counting.advance(DELAY + 100)
    assert counting.state.bolt is BoltState.LOCKING
    counting.listen()
    counting.set_door(is_open=True)
    counting.settle()
    assert counting.events == [EventType.DOOR_OPENED]
    counting.set_door(is_open=False)
    counting.advance(DELAY)
    counting.settle()
    assert counting.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-4")
def test_the_delay_can_be_set_and_counts_at_once(counting: Lock) -> None:
    counting.open_with(ANNA)
    counting.set(countdown_delay_s=5)
    counting.advance(4_999)
    assert counting.is_open
    counting.advance(1)
    counting.settle()
    assert counting.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-4")
def test_switched_on_it_counts_for_a_door_that_is_unlocked_and_switched_off_it_stops(driven: Lock) -> None:
    driven.open_with(ANNA)
    driven.set(countdown_locking=True)
    assert driven.runs(Timer.COUNTDOWN) == DELAY
    driven.set(countdown_locking=False)
    assert driven.runs(Timer.COUNTDOWN) is None


@pytest.mark.spec("BLT-4")
def test_after_a_power_cut_an_unlocked_door_is_locked_by_the_countdown(counting: Lock) -> None:
    counting.open_with(ANNA)
    counting.power_cut()
    counting.advance(DELAY)
    counting.settle()
    assert counting.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-4", "VER-15")
def test_after_the_key_has_opened_the_countdown_locks(counting: Lock) -> None:
    counting.turn_key(BoltPosition.RETRACTED)
    counting.advance(DELAY)
    counting.settle()
    assert counting.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-6")
def test_a_countdown_whose_motor_fails_is_recorded(counting: Lock) -> None:
    counting.open_with(ANNA)
    counting.motor = Motor.STILL
    counting.listen()
    counting.advance(DELAY)
    counting.settle()
    failed = counting.fact(EventType.OPERATION_FAILED)
    assert (failed.source, failed.reason) == (OperationSource.AUTO, "motor_fault")
    assert counting.is_open


def test_a_lock_without_a_door_contact_locks_whatever_the_door_does() -> None:
    lock = Lock(replace(Lock().profile, door_contact=False), bolt=BoltPosition.RETRACTED)
    lock.give(DoorSeen(None))
    lock.set(countdown_locking=True)
    lock.advance(DELAY)
    lock.settle()
    assert lock.state.bolt is BoltState.LOCKED
    lock.give(MotorStopped(99, MotorOutcome.STALLED))
    assert lock.state.bolt is BoltState.LOCKED


def test_the_door_is_told_when_it_opens_and_closes_but_not_when_it_is_first_seen(driven: Lock) -> None:
    assert driven.state.door is DoorState.CLOSED
    driven.open_with(ANNA)
    driven.listen()
    driven.set_door(is_open=True)
    driven.set_door(is_open=True)
    driven.set_door(is_open=False)
    assert driven.events == [EventType.DOOR_OPENED, EventType.DOOR_CLOSED]
    driven.listen()
    driven.power_cut()
    assert driven.events == []
