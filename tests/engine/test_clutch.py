"""A lock whose handle throws and draws the bolt, and whose motor only couples the handle (`l2s`)."""

import pytest

from lock_bridge.engine.effects import Drive, Prompt
from lock_bridge.engine.inputs import (
    BoltPosition,
    Handle,
    InsideHandleUsed,
    PartBack,
    PartFault,
    RemoteLock,
    RemoteUnlock,
    Timer,
)
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, EventType, OperationSource, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import COUPLING_MS, Lock, Motor

THROWN, BETWEEN, RETRACTED = BoltPosition.THROWN, BoltPosition.BETWEEN, BoltPosition.RETRACTED
LIFTED, PRESSED, REST = Handle.LIFTED, Handle.PRESSED, Handle.REST


def sources(lock: Lock) -> list[tuple[EventType, OperationSource | None]]:
    return [(fact.type, fact.source) for fact in lock.facts]


@pytest.fixture
def l2s(l2s: Lock) -> Lock:
    """Anna's lock, at rest."""
    l2s.settle()
    l2s.listen()
    return l2s


@pytest.mark.spec("BLT-13")
def test_a_right_code_couples_the_handle_and_five_seconds_later_it_is_uncoupled(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    assert l2s.is_open
    assert l2s.coupled
    assert l2s.drives == [Drive.COUPLE]
    l2s.advance(4_999)
    assert l2s.drives == [Drive.COUPLE]
    l2s.advance(1)
    l2s.settle()
    assert l2s.drives == [Drive.COUPLE, Drive.UNCOUPLE]
    assert not l2s.coupled


@pytest.mark.spec("BLT-13")
def test_nobody_having_pressed_the_handle_the_lock_is_locked_again_by_itself(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.advance(5_000)
    assert l2s.state.bolt is BoltState.LOCKING
    l2s.settle()
    assert l2s.state.bolt is BoltState.LOCKED
    assert sources(l2s) == [
        (EventType.ACCESS_GRANTED, OperationSource.KEYPAD),
        (EventType.LOCKED, OperationSource.AUTO),
    ]


@pytest.mark.spec("BLT-13")
def test_pressing_the_coupled_handle_opens_and_uncoupling_it_locks_nothing(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.set_handle(PRESSED)
    l2s.set_door(is_open=True)
    l2s.set_handle(REST)
    l2s.advance(5_000)
    assert l2s.is_open, "the state does not flicker while the clutch turns"
    l2s.settle()
    assert l2s.is_open
    assert EventType.UNLOCKED not in l2s.events


@pytest.mark.spec("BLT-13")
def test_lifting_the_handle_throws_the_bolt_and_locks(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.set_handle(PRESSED)
    l2s.set_handle(REST)
    l2s.advance(10_000)
    l2s.listen()
    l2s.set_handle(LIFTED)
    assert l2s.state.bolt is BoltState.LOCKED
    l2s.set_handle(REST)
    assert sources(l2s) == [(EventType.LOCKED, OperationSource.OUTSIDE_HANDLE)]


@pytest.mark.spec("BLT-13")
def test_a_bolt_thrown_while_the_handle_is_coupled_is_locked_only_when_it_is_uncoupled(l2s: Lock) -> None:
    """Locked means uncoupled and thrown; who threw it has locked."""
    l2s.open_with(ANNA)
    l2s.set_handle(PRESSED)
    l2s.set_handle(REST)
    l2s.set_handle(LIFTED)
    l2s.set_handle(REST)
    assert l2s.is_open
    l2s.listen()
    l2s.advance(5_000)
    l2s.settle()
    assert l2s.state.bolt is BoltState.LOCKED
    assert sources(l2s) == [(EventType.LOCKED, OperationSource.OUTSIDE_HANDLE)]


@pytest.mark.spec("BLT-13")
def test_a_bolt_thrown_and_drawn_again_while_coupled_was_thrown_by_nobody(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    for handle in (PRESSED, REST, LIFTED, REST, PRESSED, REST):
        l2s.set_handle(handle)
    l2s.advance(10_000)
    assert l2s.is_open
    l2s.listen()
    l2s.set_handle(LIFTED)
    assert sources(l2s) == [(EventType.LOCKED, OperationSource.OUTSIDE_HANDLE)]


@pytest.mark.spec("BLT-13")
@pytest.mark.parametrize("reached", [RETRACTED, BETWEEN])
def test_a_handle_that_was_lifted_without_throwing_the_bolt_has_jammed(l2s: Lock, reached: BoltPosition) -> None:
    l2s.open_with(ANNA)
    l2s.set_handle(PRESSED)
    l2s.set_handle(REST)
    l2s.advance(10_000)
    l2s.listen()
    l2s.turn_handle(LIFTED)
    l2s.move(reached)
    l2s.set_handle(REST)
    assert l2s.state.bolt is BoltState.JAMMED
    assert sources(l2s) == [(EventType.LOCK_JAMMED, OperationSource.OUTSIDE_HANDLE)]
    assert l2s.prompts == [Prompt.JAMMED]

    l2s.turn_handle(LIFTED)
    l2s.move(BETWEEN)
    assert l2s.state.bolt is BoltState.JAMMED
    l2s.move(THROWN)
    l2s.turn_handle(REST)
    assert l2s.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-13", "BLT-6")
def test_a_jam_outlasts_the_uncoupling_and_ends_with_the_next_opening(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.set_handle(PRESSED)
    l2s.set_handle(REST)
    l2s.motor = Motor.STUCK
    l2s.set_handle(LIFTED)
    l2s.set_handle(REST)
    l2s.motor = Motor.WORKS
    l2s.advance(10_000)
    assert not l2s.coupled
    assert l2s.state.bolt is BoltState.JAMMED
    l2s.open_with(ANNA)
    assert l2s.is_open


@pytest.mark.spec("BLT-6")
def test_a_jam_outlasts_an_opening_that_fails(l2s: Lock) -> None:
    l2s.turn_key(RETRACTED)
    l2s.turn_handle(LIFTED)
    l2s.move(BETWEEN)
    l2s.turn_handle(REST)
    assert l2s.state.bolt is BoltState.JAMMED
    l2s.motor = Motor.STILL
    l2s.open_with(ANNA)
    assert l2s.state.bolt is BoltState.JAMMED


def test_a_lifted_handle_tells_nothing_while_the_bolts_sensors_are_silent(l2s: Lock) -> None:
    l2s.give(PartFault(Part.BOLT, "no_answer"))
    l2s.turn_handle(LIFTED)
    l2s.set_handle(REST)
    assert l2s.state.bolt is BoltState.UNKNOWN
    assert EventType.LOCK_JAMMED not in l2s.events


def test_on_a_lock_without_a_clutch_the_outside_handle_means_nothing(palm: Lock) -> None:
    palm.move(RETRACTED)
    palm.listen()
    palm.turn_handle(LIFTED)
    palm.set_handle(REST)
    assert palm.effects == []


@pytest.mark.spec("BLT-13")
def test_no_command_throws_the_bolt(l2s: Lock) -> None:
    l2s.turn_key(RETRACTED)
    l2s.listen()
    assert l2s.refused(RemoteLock) is ErrorCode.BOLT_BY_HAND
    assert l2s.drives == []
    assert l2s.prompts == [Prompt.LIFT_HANDLE]
    assert l2s.is_open


@pytest.mark.spec("BLT-13")
def test_a_command_to_lock_uncouples_the_handle(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.listen()
    l2s.ok(RemoteLock)
    assert not l2s.coupled
    assert l2s.state.bolt is BoltState.LOCKED
    assert sources(l2s) == [(EventType.LOCKED, OperationSource.REMOTE)]
    l2s.advance(10_000)
    assert l2s.drives == [Drive.UNCOUPLE]


@pytest.mark.spec("BLT-13")
def test_a_command_to_lock_a_drawn_bolt_uncouples_and_asks_for_the_hand(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.set_handle(PRESSED)
    l2s.set_handle(REST)
    assert l2s.refused(RemoteLock) is ErrorCode.BOLT_BY_HAND
    assert not l2s.coupled
    assert l2s.is_open


def test_locking_what_is_locked_is_answered(l2s: Lock) -> None:
    l2s.ok(RemoteLock)
    assert (l2s.drives, l2s.facts) == ([], [])


@pytest.mark.spec("BLT-13")
def test_whoever_verifies_again_has_another_five_seconds(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.advance(4_000)
    l2s.open_with(ANNA)
    assert l2s.events.count(EventType.ACCESS_GRANTED) == 2
    assert l2s.drives == [Drive.COUPLE]
    assert l2s.runs(Timer.UNCOUPLE) == 5_000


def test_a_code_while_the_handle_is_being_uncoupled_couples_it_again(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.advance(5_000)
    l2s.open_with(ANNA)
    assert l2s.is_open
    assert l2s.coupled


@pytest.mark.spec("BLT-14")
@pytest.mark.parametrize("handle", [LIFTED, PRESSED])
def test_a_right_code_while_the_handle_is_not_at_rest_does_not_open_and_does_not_count(
    l2s: Lock, handle: Handle
) -> None:
    l2s.wrong(4)
    l2s.set_handle(handle)
    l2s.listen()
    for _ in range(3):
        l2s.open_with(ANNA)
    assert l2s.drives == []
    assert {(fact.reason, fact.user_name) for fact in l2s.facts} == {("handle_not_at_rest", "Anna")}
    assert len(l2s.state.lockout.failures) == 4
    l2s.set_handle(REST)
    l2s.open_with(ANNA)
    assert l2s.is_open


@pytest.mark.spec("BLT-13")
def test_after_a_start_the_handle_is_uncoupled_before_anybody_says_locked(l2s: Lock) -> None:
    """The clutch has no sensor: after a restart in the five seconds it is still coupled."""
    l2s.open_with(ANNA)
    l2s.listen()
    l2s.restart()
    assert l2s.coupled
    assert l2s.state.bolt is BoltState.UNKNOWN
    assert l2s.drives == [Drive.UNCOUPLE]
    l2s.settle()
    assert not l2s.coupled
    assert l2s.state.bolt is BoltState.LOCKED
    assert l2s.facts == []


def test_after_a_start_with_a_drawn_bolt_it_is_unlocked(l2s: Lock) -> None:
    l2s.turn_key(RETRACTED)
    l2s.restart()
    l2s.settle()
    assert l2s.is_open


@pytest.mark.spec("BLT-6", "FLT-1")
def test_a_clutch_that_cannot_be_uncoupled_is_a_fault_and_not_locked(l2s: Lock) -> None:
    l2s.motor = Motor.STILL
    l2s.restart()
    l2s.settle()
    assert l2s.state.bolt is BoltState.UNKNOWN
    assert l2s.state.faults == {Part.MOTOR}
    assert EventType.OPERATION_FAILED not in l2s.events
    l2s.motor = Motor.WORKS
    l2s.give(PartBack(Part.MOTOR))
    l2s.settle()
    assert l2s.state.bolt is BoltState.LOCKED
    assert l2s.state.faults == frozenset()


def test_a_motor_that_is_back_has_nothing_to_make_safe_where_it_drives_the_bolt(palm: Lock) -> None:
    palm.give(PartFault(Part.MOTOR, "no_answer"))
    palm.give(PartBack(Part.MOTOR))
    assert palm.drives == []


@pytest.mark.spec("BLT-6")
def test_a_handle_that_does_not_couple_is_a_fault_and_no_entry(l2s: Lock) -> None:
    l2s.motor = Motor.STILL
    l2s.open_with(ANNA)
    assert l2s.drives == [Drive.COUPLE, Drive.COUPLE]
    assert l2s.state.bolt is BoltState.LOCKED
    assert l2s.events == [EventType.FAULT_STARTED, EventType.OPERATION_FAILED]
    assert l2s.fact(EventType.OPERATION_FAILED).user_name == "Anna"


@pytest.mark.spec("BLT-6")
def test_a_handle_that_got_stuck_half_coupled_is_uncoupled_and_the_fault_stays(l2s: Lock) -> None:
    l2s.motor = Motor.STUCK
    l2s.enter(ANNA)
    l2s.advance(300)
    l2s.motor = Motor.WORKS
    l2s.settle()
    assert l2s.drives == [Drive.COUPLE, Drive.COUPLE, Drive.UNCOUPLE]
    assert l2s.state.bolt is BoltState.LOCKED
    assert l2s.state.faults == {Part.MOTOR}
    l2s.open_with(ANNA)
    assert l2s.state.faults == frozenset()


@pytest.mark.spec("FLT-1")
def test_a_handle_that_stays_coupled_after_a_full_locking_run_is_the_fault_clutch(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.motor = Motor.STUCK
    l2s.advance(5_000)
    l2s.settle()
    assert l2s.state.bolt is not BoltState.LOCKED
    assert l2s.state.faults == {Part.CLUTCH}


@pytest.mark.spec("BLT-6")
def test_a_clutch_of_which_nothing_is_heard_is_stopped_and_then_uncoupled(l2s: Lock) -> None:
    l2s.motor = Motor.DUMB
    l2s.enter(ANNA)
    l2s.motor = Motor.WORKS
    l2s.settle()
    assert l2s.drives == [Drive.COUPLE, Drive.UNCOUPLE]
    assert l2s.state.bolt is BoltState.LOCKED
    assert l2s.state.faults == {Part.MOTOR}


@pytest.mark.spec("FLT-1")
def test_a_start_without_the_bolts_sensors_uncouples_the_handle_too(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.state = l2s.disk.state(l2s.profile)
    l2s.listen()
    l2s.give(PartFault(Part.BOLT, "no_answer"))
    l2s.settle()
    assert not l2s.coupled
    assert l2s.state.bolt is BoltState.UNKNOWN


@pytest.mark.spec("FLT-1")
def test_sensors_that_fail_while_somebody_opens_do_not_uncouple_the_handle(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.give(PartFault(Part.BOLT, "no_answer"))
    l2s.settle()
    assert l2s.coupled


@pytest.mark.spec("FLT-1")
def test_a_handle_that_fell_silent_while_it_was_lifted_keeps_nobody_out(l2s: Lock) -> None:
    l2s.set_handle(LIFTED)
    l2s.give(PartFault(Part.DOOR, "no_answer"))
    l2s.open_with(ANNA)
    assert l2s.is_open


@pytest.mark.spec("BLT-6")
def test_a_handle_that_stays_coupled_by_a_fault_is_not_called_locked(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.motor = Motor.STILL
    l2s.advance(10_000)
    assert l2s.coupled
    assert l2s.is_open
    failed = l2s.fact(EventType.OPERATION_FAILED)
    assert (failed.source, dict(failed.data)) == (OperationSource.AUTO, {"operation": "lock"})


@pytest.mark.spec("FLT-1")
def test_a_handle_that_stays_coupled_though_the_motor_turns_is_a_fault_of_the_clutch(l2s: Lock) -> None:
    """Still unlocked after a full locking run; the next command uncouples it."""
    l2s.open_with(ANNA)
    l2s.motor = Motor.STUCK
    l2s.advance(10_000)
    assert l2s.state.bolt is BoltState.UNKNOWN
    assert l2s.state.faults == {Part.CLUTCH}
    l2s.motor = Motor.WORKS
    l2s.ok(RemoteLock)
    assert l2s.state.bolt is BoltState.LOCKED
    assert not l2s.coupled
    assert l2s.state.faults == frozenset()


@pytest.mark.spec("BLT-4")
def test_the_countdown_uncouples_a_handle_that_stayed_coupled(l2s: Lock) -> None:
    l2s.set(countdown_locking=True, countdown_delay_s=10)
    l2s.open_with(ANNA)
    l2s.motor = Motor.STILL
    l2s.advance(9_000)
    assert l2s.coupled
    l2s.motor = Motor.WORKS
    l2s.turn_key(RETRACTED)
    l2s.listen()
    l2s.advance(10_000)
    l2s.settle()
    assert l2s.drives == [Drive.UNCOUPLE]
    assert not l2s.coupled


@pytest.mark.spec("BLT-4", "BLT-13")
def test_where_no_command_throws_the_bolt_the_countdown_does_nothing(l2s: Lock) -> None:
    l2s.set(countdown_locking=True)
    l2s.turn_key(RETRACTED)
    l2s.listen()
    l2s.advance(60_000)
    assert l2s.effects == []
    assert l2s.is_open


@pytest.mark.spec("VER-15")
def test_the_key_opens_a_clutch_lock_and_is_recorded_once(l2s: Lock) -> None:
    l2s.turn_key(RETRACTED)
    assert sources(l2s) == [(EventType.UNLOCKED, OperationSource.MECHANICAL_KEY)]


@pytest.mark.spec("BLT-11")
def test_a_bolt_thrown_without_the_outside_handle_was_thrown_from_inside(l2s: Lock) -> None:
    l2s.give(InsideHandleUsed())
    l2s.turn_key(RETRACTED)
    l2s.turn_key(THROWN)
    assert sources(l2s) == [
        (EventType.OPENED_FROM_INSIDE, OperationSource.INSIDE_HANDLE),
        (EventType.LOCKED, OperationSource.INSIDE_HANDLE),
    ]


def test_a_bolt_found_half_way_is_jammed_and_its_handle_uncoupled(l2s: Lock) -> None:
    l2s.move(BETWEEN)
    l2s.restart()
    l2s.settle()
    assert l2s.state.bolt is BoltState.JAMMED
    assert not l2s.coupled


@pytest.mark.spec("S25")
def test_lock_and_unlock_that_cross_leave_the_handle_uncoupled(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    unlock = l2s.ask(RemoteUnlock)
    l2s.advance(COUPLING_MS // 2)
    l2s.ok(RemoteLock)
    answer = l2s.answer(unlock)
    assert answer is not None
    assert answer.error is ErrorCode.SUPERSEDED
    assert not l2s.coupled
    assert l2s.state.bolt is BoltState.LOCKED


def test_an_uncoupling_timer_that_comes_late_does_not_turn_around_a_handle_that_is_being_coupled(l2s: Lock) -> None:
    l2s.enter(ANNA)
    l2s.ring(Timer.UNCOUPLE)
    l2s.settle()
    assert l2s.drives == [Drive.COUPLE]
    assert l2s.coupled


@pytest.mark.spec("BLT-13")
def test_a_handle_pressed_at_the_last_moment_before_it_is_uncoupled_has_opened(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    l2s.advance(5_000)
    assert l2s.state.bolt is BoltState.LOCKING
    l2s.set_handle(PRESSED)
    l2s.settle()
    assert l2s.is_open


@pytest.mark.spec("BLT-13")
def test_a_command_to_lock_that_comes_while_the_handle_is_uncoupled_by_itself_has_locked(l2s: Lock) -> None:
    l2s.open_with(ANNA)
    for handle in (PRESSED, REST, LIFTED, REST):
        l2s.set_handle(handle)
    l2s.listen()
    l2s.advance(5_000)
    l2s.ok(RemoteLock)
    assert (EventType.LOCKED, OperationSource.REMOTE) in sources(l2s)
    assert l2s.state.thrown_by is None


def test_an_uncoupling_timer_that_comes_for_nothing_changes_nothing(l2s: Lock) -> None:
    l2s.ring(Timer.UNCOUPLE)
    assert l2s.effects == []
