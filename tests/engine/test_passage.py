"""Passage: the lock stays unlocked until a right verification, a lock command or the end of the while."""

import pytest

from lock_bridge.engine.effects import Drive, Prompt
from lock_bridge.engine.inputs import (
    BoltPosition,
    BoltSeen,
    DoorSeen,
    Handle,
    InsideHandleUsed,
    Key,
    PartBack,
    PartFault,
    RemoteLock,
    RemoteUnlock,
    SetMode,
    Timer,
)
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, EventType, OperatingMode, OperationSource, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import HOUR, MINUTE, Lock, Motor

PASSAGE, NORMAL = OperatingMode.PASSAGE, OperatingMode.NORMAL
THROWN, RETRACTED = BoltPosition.THROWN, BoltPosition.RETRACTED


def modes_told(lock: Lock) -> list[tuple[str, OperationSource | None]]:
    return [(fact.data["mode"], fact.source) for fact in lock.facts if fact.type is EventType.MODE_CHANGED]


@pytest.fixture
def passage(lock: Lock) -> Lock:
    """A lock held open for good."""
    lock.set(remote_unlock=True)
    lock.set_mode(PASSAGE)
    lock.listen()
    return lock


@pytest.fixture
def for_a_minute(lock: Lock) -> Lock:
    """A lock held open for a minute."""
    lock.set(remote_unlock=True)
    lock.set_mode(PASSAGE, 60)
    lock.listen()
    return lock


@pytest.mark.spec("BLT-7")
def test_switched_on_from_the_app_it_opens_and_stays_open(lock: Lock) -> None:
    lock.set(remote_unlock=True, countdown_locking=True, countdown_delay_s=5)
    lock.listen()
    lock.set_mode(PASSAGE)
    assert lock.state.mode is PASSAGE
    assert [(fact.type, fact.client_name) for fact in lock.facts] == [
        (EventType.MODE_CHANGED, "Home Assistant"),
        (EventType.UNLOCKED, "Home Assistant"),
    ]
    assert dict(lock.fact(EventType.MODE_CHANGED).data) == {"mode": "passage"}
    for _ in range(3):
        lock.set_door(is_open=True)
        lock.set_door(is_open=False)
        lock.advance(HOUR)
    assert lock.is_open
    assert lock.state.mode is PASSAGE
    assert set(lock.drives) <= {Drive.RETRACT, Drive.COUPLE}


@pytest.mark.spec("BLT-7", "BLT-13")
def test_the_handle_of_a_clutch_lock_stays_coupled_and_works_as_often_as_anybody_likes(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.open_with(ANNA)
    l2s.advance(1_000)
    l2s.set_mode(PASSAGE)
    l2s.advance(HOUR)
    assert l2s.coupled
    for _ in range(2):
        l2s.set_handle(Handle.LIFTED)
        l2s.set_handle(Handle.REST)
        assert l2s.is_open
        l2s.set_handle(Handle.PRESSED)
        assert l2s.bolt is RETRACTED
        l2s.set_handle(Handle.REST)
    l2s.ok(RemoteUnlock)
    assert l2s.runs(Timer.UNCOUPLE) is None
    l2s.advance(HOUR)
    l2s.ring(Timer.UNCOUPLE)
    l2s.settle()
    assert l2s.coupled
    assert l2s.state.mode is PASSAGE


@pytest.mark.spec("BLT-7")
def test_a_right_verification_outside_ends_it_and_is_an_entry(passage: Lock) -> None:
    passage.set(countdown_locking=True)
    passage.listen()
    passage.open_with(ANNA)
    assert passage.state.mode is NORMAL
    assert passage.runs(Timer.PASSAGE) is None
    assert passage.is_open
    assert modes_told(passage) == [("normal", OperationSource.KEYPAD)]
    assert passage.fact(EventType.MODE_CHANGED).user_name == "Anna"
    assert passage.fact(EventType.ACCESS_GRANTED).user_name == "Anna"
    assert passage.prompts == [Prompt.PASSAGE_ENDED]
    assert passage.runs(Timer.COUNTDOWN) == 30_000


@pytest.mark.spec("BLT-7", "BLT-13")
def test_after_it_the_handle_is_uncoupled_as_after_any_opening(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_mode(PASSAGE)
    l2s.open_with(ANNA)
    assert l2s.runs(Timer.UNCOUPLE) == 5_000
    l2s.advance(5_000)
    l2s.settle()
    assert l2s.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-7")
def test_a_right_verification_ends_the_time_of_a_while_with_it(for_a_minute: Lock) -> None:
    for_a_minute.open_with(ANNA)
    assert for_a_minute.runs(Timer.PASSAGE) is None
    if for_a_minute.profile.bolt_kind == "motor":
        for_a_minute.advance(2 * MINUTE)
        assert for_a_minute.is_open


@pytest.mark.spec("BLT-7")
def test_a_wrong_verification_ends_nothing(passage: Lock) -> None:
    passage.wrong(2)
    assert passage.state.mode is PASSAGE
    assert passage.is_open


@pytest.mark.spec("BLT-7")
def test_nobody_who_only_goes_through_ends_it(passage: Lock) -> None:
    passage.set(remote_unlock=True)
    passage.give(InsideHandleUsed())
    passage.set_door(is_open=True)
    passage.set_door(is_open=False)
    passage.ok(RemoteUnlock)
    assert passage.state.mode is PASSAGE


@pytest.mark.spec("BLT-7", "BLT-4")
def test_countdown_locking_rests_meanwhile(passage: Lock) -> None:
    passage.set(countdown_locking=True, countdown_delay_s=5)
    assert passage.runs(Timer.COUNTDOWN) is None
    passage.listen()
    passage.ring(Timer.COUNTDOWN)
    assert passage.effects == []


@pytest.mark.spec("BLT-7")
def test_for_a_while_it_ends_by_itself_and_locks(for_a_minute: Lock) -> None:
    for_a_minute.advance(MINUTE - 2_000)
    assert for_a_minute.state.mode is PASSAGE
    for_a_minute.advance(2_000)
    for_a_minute.settle()
    assert for_a_minute.state.mode is NORMAL
    assert for_a_minute.state.bolt is BoltState.LOCKED
    assert modes_told(for_a_minute) == [("normal", OperationSource.AUTO)]
    assert for_a_minute.fact(EventType.LOCKED).source is OperationSource.AUTO
    assert for_a_minute.prompts == [Prompt.PASSAGE_ENDED]


@pytest.mark.spec("BLT-7")
def test_how_long_the_while_is_stands_in_the_journal(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.set_mode(PASSAGE, 60)
    assert dict(lock.fact(EventType.MODE_CHANGED).data) == {"mode": "passage", "seconds": 60}


@pytest.mark.spec("BLT-7", "BLT-5")
def test_over_with_the_door_open_it_locks_as_soon_as_the_door_closes(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE, 60)
    driven.set_door(is_open=True)
    driven.advance(HOUR)
    assert driven.state.mode is NORMAL
    assert driven.is_open
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED
    driven.open_with(ANNA)
    driven.set_door(is_open=True)
    driven.set_door(is_open=False)
    assert driven.is_open, "that was for the once"


@pytest.mark.spec("BLT-7", "BLT-13")
def test_over_with_the_door_open_the_handle_is_uncoupled_at_once(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_mode(PASSAGE, 60)
    l2s.set_handle(Handle.PRESSED)
    l2s.set_door(is_open=True)
    l2s.set_handle(Handle.REST)
    l2s.advance(HOUR)
    assert not l2s.coupled
    assert l2s.is_open


@pytest.mark.spec("BLT-7", "BLT-6")
def test_locking_that_fails_after_it_is_tried_again_at_the_next_closing(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE, 60)
    driven.motor = Motor.STILL
    driven.advance(2 * MINUTE)
    assert driven.is_open
    driven.motor = Motor.WORKS
    driven.set_door(is_open=True)
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-7")
@pytest.mark.parametrize("how", ["code", "app"])
def test_whoever_opens_before_the_door_has_closed_is_not_locked_out_behind_himself(driven: Lock, how: str) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE, 60)
    driven.set_door(is_open=True)
    driven.advance(2 * MINUTE)
    if how == "code":
        driven.open_with(ANNA)
    else:
        driven.ok(RemoteUnlock)
    driven.set_door(is_open=False)
    assert driven.state.motion is None
    assert driven.is_open


@pytest.mark.spec("BLT-7")
def test_a_while_can_be_made_longer_or_for_good(for_a_minute: Lock) -> None:
    for_a_minute.advance(30_000)
    for_a_minute.set_mode(PASSAGE, 120)
    for_a_minute.advance(119_000)
    assert for_a_minute.state.mode is PASSAGE
    for_a_minute.set_mode(PASSAGE)
    assert for_a_minute.runs(Timer.PASSAGE) is None
    for_a_minute.advance(HOUR)
    assert for_a_minute.state.mode is PASSAGE
    assert [dict(fact.data) for fact in for_a_minute.facts if fact.type is EventType.MODE_CHANGED] == [
        {"mode": "passage", "seconds": 120},
        {"mode": "passage"},
    ]


def test_switched_on_twice_it_is_told_once(passage: Lock) -> None:
    passage.set_mode(PASSAGE)
    assert EventType.MODE_CHANGED not in passage.events
    assert passage.state.mode is PASSAGE


@pytest.mark.spec("BLT-7")
@pytest.mark.parametrize("seconds", [0, -1, 30 * 86_400 + 1])
def test_a_while_is_from_a_second_to_thirty_days(lock: Lock, seconds: int) -> None:
    lock.set(remote_unlock=True)
    assert lock.refused(SetMode, mode=PASSAGE, seconds=seconds) is ErrorCode.BAD_REQUEST
    assert lock.refused(SetMode, mode=NORMAL, seconds=5) is ErrorCode.BAD_REQUEST
    assert lock.state.mode is NORMAL


def test_the_shortest_and_the_longest_while_are_taken(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.set_mode(PASSAGE, 30 * 86_400)
    assert lock.runs(Timer.PASSAGE) is not None
    lock.set_mode(PASSAGE, 1)
    lock.advance(1_000)
    assert lock.state.mode is NORMAL


def test_a_timer_that_rings_too_early_is_set_again(for_a_minute: Lock) -> None:
    for_a_minute.ring(Timer.PASSAGE)
    assert for_a_minute.state.mode is PASSAGE
    for_a_minute.advance(MINUTE)
    assert for_a_minute.state.mode is NORMAL
    for_a_minute.settle()
    for_a_minute.listen()
    for_a_minute.ring(Timer.PASSAGE)
    assert for_a_minute.effects == []


@pytest.mark.spec("BLT-7", "VER-16")
def test_it_opens_so_it_is_refused_where_opening_from_afar_is(lock: Lock) -> None:
    assert lock.refused(SetMode, mode=PASSAGE) is ErrorCode.REMOTE_UNLOCK_OFF
    assert lock.fact(EventType.OPERATION_FAILED).reason == "remote_unlock_off"
    assert lock.drives == []
    assert lock.state.mode is NORMAL


@pytest.mark.spec("BLT-7", "VER-16")
def test_palm6068_refuses_it_while_its_bluetooth_is_on(palm: Lock) -> None:
    palm.set(remote_unlock=True, bluetooth=True)
    assert palm.refused(SetMode, mode=PASSAGE) is ErrorCode.BLUETOOTH_ON


@pytest.mark.spec("BLT-7", "BLT-14")
def test_it_does_not_begin_while_somebody_holds_the_handle(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_handle(Handle.LIFTED)
    assert l2s.refused(SetMode, mode=PASSAGE) is ErrorCode.HANDLE_NOT_AT_REST
    assert l2s.state.mode is NORMAL


@pytest.mark.spec("BLT-7", "BLT-6")
@pytest.mark.parametrize("motor", [Motor.STILL, Motor.STUCK, Motor.DEAD])
def test_a_lock_that_does_not_open_is_not_held_open(lock: Lock, motor: Motor) -> None:
    lock.set(remote_unlock=True)
    lock.motor = motor
    lock.listen()
    answer = lock.do(SetMode, mode=PASSAGE)
    assert answer.error in (ErrorCode.MOTOR_FAULT, ErrorCode.JAMMED)
    assert lock.state.mode is NORMAL
    assert [mode for mode, _ in modes_told(lock)] == ["passage", "normal"]
    assert Prompt.PASSAGE_ENDED not in lock.prompts


@pytest.mark.spec("BLT-7")
def test_a_command_to_lock_ends_it_and_locks(passage: Lock) -> None:
    passage.ok(RemoteLock)
    assert passage.state.mode is NORMAL
    assert passage.state.bolt is BoltState.LOCKED
    assert modes_told(passage) == [("normal", OperationSource.REMOTE)]


@pytest.mark.spec("BLT-7", "BLT-6")
def test_a_command_to_lock_ends_it_though_the_motor_does_not_move(passage: Lock) -> None:
    passage.motor = Motor.STILL
    assert passage.do(RemoteLock).error is ErrorCode.MOTOR_FAULT
    assert passage.state.mode is NORMAL


@pytest.mark.spec("BLT-7", "BLT-13")
def test_a_command_to_lock_ends_it_though_the_bolt_is_for_a_hand_to_throw(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_mode(PASSAGE)
    l2s.set_handle(Handle.PRESSED)
    l2s.set_handle(Handle.REST)
    answer = l2s.do(RemoteLock)
    assert answer.error is ErrorCode.BOLT_BY_HAND
    assert l2s.state.mode is NORMAL
    assert not l2s.coupled


@pytest.mark.spec("BLT-7", "BLT-5")
def test_a_command_to_lock_an_open_door_is_refused_and_ends_nothing(passage: Lock) -> None:
    passage.set_door(is_open=True)
    assert passage.refused(RemoteLock) is ErrorCode.DOOR_OPEN
    assert passage.state.mode is PASSAGE


@pytest.mark.spec("BLT-7")
def test_a_command_to_lock_while_it_still_opens_is_what_counts(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    overtaken = lock.ask(SetMode, mode=PASSAGE)
    lock.advance(50)
    lock.ok(RemoteLock)
    answer = lock.answer(overtaken)
    assert answer is not None
    assert answer.error is ErrorCode.SUPERSEDED
    assert lock.state.mode is NORMAL
    assert lock.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-7", "BLT-3")
def test_the_lock_button_ends_it_and_locks(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE)
    driven.press(Key.LOCK)
    driven.settle()
    assert driven.state.mode is NORMAL
    assert driven.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-7", "VER-15")
def test_the_mechanical_key_that_locks_ends_it(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE)
    driven.listen()
    driven.turn_key(THROWN)
    assert driven.state.mode is NORMAL
    assert driven.state.bolt is BoltState.LOCKED
    assert modes_told(driven) == [("normal", OperationSource.MECHANICAL_KEY)]
    assert driven.prompts == [Prompt.PASSAGE_ENDED]


@pytest.mark.spec("BLT-7")
def test_back_to_normal_from_the_app_it_locks_a_closed_door(passage: Lock) -> None:
    passage.set_mode(NORMAL)
    assert passage.state.mode is NORMAL
    assert passage.state.bolt is BoltState.LOCKED
    assert modes_told(passage) == [("normal", OperationSource.REMOTE)]
    assert passage.fact(EventType.LOCKED).client_name == "Home Assistant"


@pytest.mark.spec("BLT-7", "BLT-4", "BLT-5")
def test_back_to_normal_with_the_door_open_the_countdown_locks_if_it_is_on(driven: Lock) -> None:
    driven.set(remote_unlock=True, countdown_locking=True)
    driven.set_mode(PASSAGE)
    driven.set_door(is_open=True)
    driven.set_mode(NORMAL)
    assert driven.is_open
    driven.set_door(is_open=False)
    driven.advance(30_000)
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-7", "BLT-13")
def test_back_to_normal_uncouples_the_handle_of_an_open_door_too(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_mode(PASSAGE)
    l2s.set_handle(Handle.PRESSED)
    l2s.set_handle(Handle.REST)
    l2s.set_door(is_open=True)
    l2s.listen()
    l2s.set_mode(NORMAL)
    assert not l2s.coupled
    assert l2s.prompts == [Prompt.PASSAGE_ENDED, Prompt.LIFT_HANDLE]


def test_normal_when_it_is_normal_changes_nothing(lock: Lock) -> None:
    lock.set_mode(NORMAL)
    assert (lock.facts, lock.drives) == ([], [])


@pytest.mark.spec("BLT-7")
@pytest.mark.parametrize("cut", ["power_cut", "restart"])
def test_for_good_it_outlasts_every_start(passage: Lock, cut: str) -> None:
    if passage.profile.bolt_kind == "clutch":
        passage.set_handle(Handle.PRESSED)
        passage.set_handle(Handle.REST)
    getattr(passage, cut)()
    passage.settle()
    assert passage.state.mode is PASSAGE
    assert passage.is_open
    passage.advance(HOUR)
    assert passage.state.mode is PASSAGE
    if passage.profile.bolt_kind == "clutch":
        assert passage.coupled


@pytest.mark.spec("BLT-7", "BLT-13")
def test_after_a_power_cut_the_handle_is_coupled_again_though_the_bolt_is_thrown(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_mode(PASSAGE)
    l2s.listen()
    l2s.power_cut()
    l2s.settle()
    assert l2s.drives == [Drive.COUPLE]
    assert l2s.is_open
    assert l2s.facts == []


@pytest.mark.spec("BLT-7", "BLT-6")
def test_a_handle_that_cannot_be_coupled_again_ends_it(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_mode(PASSAGE)
    l2s.motor = Motor.STILL
    l2s.listen()
    l2s.power_cut()
    l2s.settle()
    assert l2s.state.mode is NORMAL
    assert not l2s.coupled
    assert modes_told(l2s) == [("normal", OperationSource.AUTO)]


@pytest.mark.spec("BLT-7", "FLT-1")
def test_a_motor_that_is_back_leaves_the_handle_coupled(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_mode(PASSAGE)
    l2s.listen()
    l2s.give(PartFault(Part.MOTOR, "no_answer"))
    l2s.give(PartBack(Part.MOTOR))
    assert l2s.drives == []
    assert l2s.coupled


@pytest.mark.spec("BLT-7", "S63")
def test_a_bolt_that_was_thrown_while_there_was_no_power_is_not_drawn_by_itself(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE)
    driven.bolt = THROWN
    driven.listen()
    driven.power_cut()
    assert driven.drives == []
    assert driven.state.bolt is BoltState.LOCKED
    assert driven.state.mode is NORMAL
    assert modes_told(driven) == [("normal", OperationSource.UNKNOWN)]
    assert driven.prompts == []


def test_a_bolt_found_thrown_after_its_sensors_failed_accuses_nobody(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE)
    driven.listen()
    driven.give(PartFault(Part.BOLT, "no_answer"))
    driven.give(PartBack(Part.BOLT))
    driven.give(BoltSeen(THROWN))
    assert modes_told(driven) == [("normal", OperationSource.UNKNOWN)]


@pytest.mark.spec("BLT-7")
def test_for_a_while_it_outlasts_a_restart_of_the_service_but_no_power_cut(for_a_minute: Lock) -> None:
    if for_a_minute.profile.bolt_kind == "motor":
        assert for_a_minute.bolt is RETRACTED
    for_a_minute.restart(off_ms=30_000)
    for_a_minute.settle()
    assert for_a_minute.state.mode is PASSAGE
    left = for_a_minute.runs(Timer.PASSAGE)
    assert left is not None
    assert left <= 30_000
    for_a_minute.listen()
    for_a_minute.power_cut()
    assert for_a_minute.state.mode is NORMAL
    assert for_a_minute.prompts == [], "nobody is there to hear it"
    for_a_minute.settle()
    assert for_a_minute.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-7")
def test_a_clock_that_has_fallen_back_in_the_same_boot_makes_no_while_longer_than_it_was(for_a_minute: Lock) -> None:
    for_a_minute.advance(30_000)
    for_a_minute.restart(off_ms=-HOUR)
    assert for_a_minute.runs(Timer.PASSAGE) == MINUTE
    for_a_minute.advance(MINUTE)
    for_a_minute.settle()
    assert for_a_minute.state.mode is NORMAL


@pytest.mark.spec("BLT-7")
def test_a_while_that_ran_out_while_the_service_was_down_ends_at_its_start(for_a_minute: Lock) -> None:
    for_a_minute.restart(off_ms=HOUR)
    for_a_minute.advance(0)
    for_a_minute.settle()
    assert for_a_minute.state.mode is NORMAL
    assert for_a_minute.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-7", "BLT-5")
def test_that_it_is_still_to_be_locked_outlasts_a_power_cut(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE, 60)
    driven.set_door(is_open=True)
    driven.advance(2 * MINUTE)
    driven.power_cut()
    assert driven.is_open
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED
    assert not driven.state.modes.lock_when_closed


@pytest.mark.spec("BLT-7", "BLT-5")
def test_a_silent_door_contact_keeps_the_bolt_back_when_the_while_is_over(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE, 60)
    driven.give(PartFault(Part.DOOR, "no_answer"))
    driven.advance(2 * MINUTE)
    assert driven.is_open
    driven.give(DoorSeen(False))
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-7", "MNU-2")
def test_an_administrator_who_opens_the_menu_does_not_end_it(numbered: Lock) -> None:
    numbered.set(remote_unlock=True)
    numbered.set_mode(PASSAGE)
    numbered.press(Key.SET)
    numbered.enter(ANNA)
    assert numbered.state.menu is not None
    assert numbered.state.mode is PASSAGE
