"""The lockout: five failures, three minutes, all kinds together, and what it does not touch."""

import pytest

from lock_bridge.engine.effects import Prompt, SaveLockout, Tone
from lock_bridge.engine.inputs import BoltPosition, ChangeSettings, EndLockout, RemoteUnlock, Timer
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import EventType, OperationSource
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import DAY, HOUR, MINUTE, Lock


@pytest.mark.spec("VER-7", "ALM-2", "S28")
def test_five_wrong_passcodes_lock_the_keypad_for_three_minutes(lock: Lock) -> None:
    lock.wrong(4)
    assert not lock.state.locked_out
    lock.wrong()
    assert lock.state.locked_out
    started = lock.fact(EventType.LOCKOUT_STARTED)
    assert (started.source, dict(started.data)) == (OperationSource.KEYPAD, {"seconds": 180})
    assert lock.prompts == [Prompt.LOCKED_OUT]

    lock.advance(3 * MINUTE - 1)
    lock.open_with(ANNA)
    assert not lock.is_open
    lock.advance(1)
    assert lock.fact(EventType.LOCKOUT_ENDED).reason == "time"
    lock.open_with(ANNA)
    assert lock.is_open


@pytest.mark.spec("VER-7")
def test_after_a_lockout_the_count_is_zero(lock: Lock) -> None:
    lock.wrong(5)
    lock.advance(3 * MINUTE)
    lock.wrong(4)
    assert not lock.state.locked_out


@pytest.mark.spec("VER-7")
def test_all_kinds_of_credential_count_together(l2s: Lock) -> None:
    l2s.wrong(2)
    l2s.finger(None)
    l2s.card(b"unknown")
    assert not l2s.state.locked_out
    l2s.finger(None)
    assert l2s.state.locked_out


@pytest.mark.spec("VER-7")
def test_a_success_sets_the_count_to_zero(lock: Lock) -> None:
    lock.wrong(4)
    lock.open_with(ANNA)
    lock.wrong(4)
    assert not lock.state.locked_out
    lock.wrong()
    assert lock.state.locked_out


@pytest.mark.spec("VER-7")
def test_on_l2s_five_failures_in_a_row_count_however_far_apart(l2s: Lock) -> None:
    for _ in range(5):
        l2s.wrong()
        l2s.advance(100 * DAY)
    assert EventType.LOCKOUT_STARTED in l2s.events


@pytest.mark.spec("VER-7")
@pytest.mark.parametrize(("seconds", "locks"), [(300, True), (301, False)])
def test_on_numbered_models_the_fifth_counts_within_three_hundred_seconds_of_the_first(
    numbered: Lock, seconds: int, *, locks: bool
) -> None:
    numbered.wrong(4)
    numbered.advance(seconds * 1000)
    numbered.wrong()
    assert numbered.state.locked_out is locks


@pytest.mark.spec("VER-7")
def test_on_numbered_models_the_window_glides(numbered: Lock) -> None:
    numbered.wrong()
    numbered.advance(200_000)
    numbered.wrong(3)
    numbered.advance(150_000)
    numbered.wrong()
    assert not numbered.state.locked_out
    numbered.wrong()
    assert numbered.state.locked_out


@pytest.mark.spec("VER-8")
def test_while_locked_out_a_right_code_is_refused_and_that_is_said(lock: Lock) -> None:
    slot = lock.add_finger("anna")
    lock.wrong(5)
    lock.listen()
    lock.open_with(ANNA)
    lock.finger(slot)
    assert not lock.is_open
    assert lock.drives == []
    assert lock.tones == [Tone.FAILURE, Tone.FAILURE]
    assert lock.prompts == [Prompt.LOCKED_OUT, Prompt.LOCKED_OUT]


@pytest.mark.spec("VER-8")
def test_tries_while_locked_out_leave_no_event_and_do_not_prolong_it(lock: Lock) -> None:
    lock.wrong(5)
    lock.listen()
    for _ in range(17):
        lock.advance(10_000)
        lock.wrong()
        lock.finger(None)
        lock.enter(ANNA)
    assert lock.facts == []
    assert lock.of(SaveLockout) == []
    lock.advance(10_000)
    assert lock.events == [EventType.LOCKOUT_ENDED]


@pytest.mark.spec("VER-8")
def test_while_locked_out_key_inside_handle_and_remote_opening_still_work(numbered: Lock) -> None:
    numbered.set(remote_unlock=True)
    numbered.wrong(5)
    numbered.turn_key(BoltPosition.RETRACTED)
    assert numbered.is_open
    numbered.turn_key(BoltPosition.THROWN)
    numbered.use_inside_handle()
    assert numbered.is_open
    numbered.set_door(is_open=False)
    numbered.turn_key(BoltPosition.THROWN)
    numbered.ok(RemoteUnlock)
    assert numbered.is_open
    assert numbered.state.locked_out


@pytest.mark.spec("VER-9")
def test_with_the_lockout_switched_off_nobody_is_locked_out(numbered: Lock) -> None:
    numbered.set(lockout_enabled=False)
    numbered.wrong(50)
    assert not numbered.state.locked_out
    assert len(numbered.state.lockout.failures) == 5
    numbered.open_with(ANNA)
    assert numbered.is_open


@pytest.mark.spec("VER-9")
def test_switching_the_lockout_off_ends_one_under_way(numbered: Lock) -> None:
    numbered.wrong(5)
    numbered.listen()
    numbered.set(lockout_enabled=False)
    assert not numbered.state.locked_out
    ended = numbered.fact(EventType.LOCKOUT_ENDED)
    assert (ended.reason, ended.client_name) == ("switched_off", "Home Assistant")
    assert numbered.runs(Timer.LOCKOUT) is None
    numbered.open_with(ANNA)
    assert numbered.is_open


@pytest.mark.spec("VER-9")
def test_switched_on_again_after_many_failures_the_next_one_locks(numbered: Lock) -> None:
    numbered.set(lockout_enabled=False)
    numbered.wrong(8)
    numbered.set(lockout_enabled=True)
    assert not numbered.state.locked_out
    numbered.wrong()
    assert numbered.state.locked_out


@pytest.mark.spec("VER-9")
def test_on_l2s_the_lockout_cannot_be_switched_off(l2s: Lock) -> None:
    assert l2s.refused(ChangeSettings, changes={"lockout_enabled": False}) is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("VER-9", "VER-11")
def test_a_lockout_is_ended_from_the_app_and_the_next_is_as_the_first(lock: Lock) -> None:
    for _ in range(3):
        lock.wrong(5)
        lock.advance(HOUR)
    lock.wrong(5)
    lock.listen()
    assert lock.ok(EndLockout) == {"ended": True}
    ended = lock.fact(EventType.LOCKOUT_ENDED)
    assert (ended.reason, ended.source, ended.client_id) == ("remote", OperationSource.REMOTE, "c1")
    assert lock.runs(Timer.LOCKOUT) is None
    lock.advance(10 * MINUTE)
    assert lock.events == [EventType.LOCKOUT_ENDED]

    lock.listen()
    lock.wrong(5)
    assert lock.fact(EventType.LOCKOUT_STARTED).data["seconds"] == 180


@pytest.mark.spec("VER-9")
def test_ending_a_lockout_that_is_none_forgives_the_failures_without_an_event(lock: Lock) -> None:
    lock.wrong(4)
    lock.listen()
    assert lock.ok(EndLockout) == {"ended": False}
    assert lock.facts == []
    lock.wrong(4)
    assert not lock.state.locked_out


@pytest.mark.spec("S31")
@pytest.mark.parametrize("jump", [365 * DAY, -365 * DAY])
def test_a_calendar_that_jumps_changes_nothing_in_a_lockout(lock: Lock, jump: int) -> None:
    lock.wrong(5)
    lock.advance(MINUTE)
    lock.jump(jump)
    lock.open_with(ANNA)
    assert not lock.is_open
    lock.advance(2 * MINUTE - 1)
    assert lock.state.locked_out
    lock.advance(1)
    assert not lock.state.locked_out


def test_a_code_in_the_very_moment_of_the_lockouts_end_is_looked_at(lock: Lock) -> None:
    """Its timer is due in the same moment, but comes after the key."""
    lock.wrong(5)
    lock.press(*ANNA)
    lock.listen()
    lock.mono_ms += 3 * MINUTE
    lock.press("ok")
    lock.settle()
    assert lock.is_open
    assert lock.events == [EventType.LOCKOUT_ENDED, EventType.ACCESS_GRANTED]


def test_a_timer_that_comes_too_early_or_for_nothing_changes_nothing(lock: Lock) -> None:
    lock.ring(Timer.LOCKOUT)
    assert lock.effects == []
    lock.wrong(5)
    lock.advance(MINUTE)
    lock.ring(Timer.LOCKOUT)
    assert lock.state.locked_out
    assert lock.runs(Timer.LOCKOUT) == 2 * MINUTE


@pytest.mark.spec("VER-7")
def test_a_right_code_that_is_refused_neither_counts_nor_forgives(lock: Lock) -> None:
    lock.add("Ben", BEN, enabled=False)
    lock.wrong(4)
    for _ in range(3):
        lock.enter(BEN)
    assert not lock.state.locked_out
    lock.wrong()
    assert lock.state.locked_out
