"""Locking from outside: opened from inside, the confirm key on the front lights, and locks."""

import pytest

from lock_bridge.engine.effects import Drive, Prompt, Sound, Tone
from lock_bridge.engine.inputs import InsideHandleUsed, Key, PartFault, RemoteUnlock, Timer
from lock_bridge.engine.state import OutsideLock
from lock_bridge.wire.words import BoltState, EventType, OperatingMode, OperationSource, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import MINUTE, Lock, Motor

CONFIRM = frozenset({"ok"})


@pytest.fixture
def outside(driven: Lock) -> Lock:
    """Somebody has opened from inside, and stands outside at the open door."""
    driven.use_inside_handle()
    driven.listen()
    return driven


@pytest.mark.spec("BLT-2")
def test_opened_from_inside_the_confirm_key_lights_and_locks(outside: Lock) -> None:
    assert outside.lights.keys == CONFIRM
    outside.set_door(is_open=False)
    assert outside.lights.keys == CONFIRM
    outside.press("ok")
    outside.settle()
    assert outside.state.bolt is BoltState.LOCKED
    locked = outside.fact(EventType.LOCKED)
    assert (locked.source, locked.user_id) == (OperationSource.KEYPAD, None)
    assert outside.tones == [Tone.SUCCESS]
    assert outside.lights.keys == frozenset()


@pytest.mark.spec("BLT-2", "BLT-5")
def test_pressed_with_the_door_open_it_is_kept_and_carried_out_when_the_door_closes(outside: Lock) -> None:
    outside.press("ok")
    assert outside.drives == []
    assert [sound.tone for sound in outside.of(Sound)] == [Tone.KEY]
    outside.advance(MINUTE - 1)
    outside.set_door(is_open=False)
    outside.settle()
    assert outside.state.bolt is BoltState.LOCKED
    assert outside.fact(EventType.LOCKED).source is OperationSource.KEYPAD
    assert outside.runs(Timer.OUTSIDE_LOCK) is None


@pytest.mark.spec("BLT-2")
def test_kept_it_is_dropped_after_a_minute_and_says_so(outside: Lock) -> None:
    outside.press("ok")
    outside.advance(MINUTE)
    assert outside.tones == [Tone.FAILURE]
    outside.set_door(is_open=False)
    assert outside.drives == []
    assert outside.is_open


@pytest.mark.spec("BLT-2")
def test_dropped_with_the_door_still_open_it_is_offered_again(outside: Lock) -> None:
    outside.press("ok")
    outside.advance(MINUTE)
    assert outside.lights.keys >= CONFIRM
    outside.set_door(is_open=False)
    outside.press("ok")
    outside.settle()
    assert outside.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-2")
def test_the_light_stays_while_the_door_is_open_and_a_minute_longer(outside: Lock) -> None:
    outside.advance(10 * MINUTE)
    assert outside.lights.keys == CONFIRM
    outside.set_door(is_open=False)
    outside.advance(MINUTE - 1)
    assert outside.lights.keys == CONFIRM
    outside.advance(1)
    assert outside.lights.keys == frozenset()
    assert Tone.FAILURE not in outside.tones
    outside.press("ok")
    assert outside.drives == []


@pytest.mark.spec("BLT-2")
def test_a_handle_that_was_pressed_and_no_door_opened_lights_it_for_a_minute(driven: Lock) -> None:
    driven.give(InsideHandleUsed())
    assert driven.lights.keys == CONFIRM
    driven.advance(MINUTE)
    assert driven.lights.keys == frozenset()


@pytest.mark.spec("BLT-2")
def test_awake_it_is_the_same_while_nothing_is_typed(outside: Lock) -> None:
    assert not outside.state.awake
    outside.set_door(is_open=False)
    outside.press("back", "ok")
    outside.settle()
    assert outside.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-2", "VER-2")
def test_with_a_code_typed_the_confirm_key_is_for_the_code(outside: Lock) -> None:
    outside.set_door(is_open=False)
    outside.open_with(ANNA)
    assert outside.is_open
    assert outside.drives == []


@pytest.mark.spec("BLT-2")
@pytest.mark.parametrize("kept", [False, True])
def test_whoever_is_let_in_meanwhile_is_not_locked_in(outside: Lock, *, kept: bool) -> None:
    if kept:
        outside.press("ok")
    outside.open_with(ANNA)
    assert outside.state.outside_lock is OutsideLock.NO
    outside.set_door(is_open=False)
    assert outside.drives == []
    assert outside.is_open


@pytest.mark.spec("BLT-2")
def test_opened_from_outside_nothing_is_offered(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    for opens in (lambda: driven.open_with(ANNA), lambda: driven.ok(RemoteUnlock)):
        opens()
        driven.set_door(is_open=True)
        assert driven.state.outside_lock is OutsideLock.NO
        driven.set_door(is_open=False)
        driven.press(Key.LOCK)
        driven.settle()


@pytest.mark.spec("BLT-2")
def test_l2s_offers_nothing(l2s: Lock) -> None:
    l2s.use_inside_handle()
    assert l2s.lights.keys == frozenset()
    assert l2s.state.outside_lock is OutsideLock.NO


@pytest.mark.spec("BLT-2", "BLT-7")
def test_in_passage_nothing_is_offered_and_what_was_offered_is_gone(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.give(InsideHandleUsed())
    driven.set_mode(OperatingMode.PASSAGE)
    assert driven.state.outside_lock is OutsideLock.NO
    driven.use_inside_handle()
    assert driven.state.outside_lock is OutsideLock.NO


@pytest.mark.spec("BLT-2")
def test_the_handle_pressed_while_it_is_kept_changes_nothing(outside: Lock) -> None:
    outside.press("ok")
    outside.give(InsideHandleUsed())
    outside.set_door(is_open=False)
    outside.settle()
    assert outside.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-2", "BLT-6")
def test_a_bolt_that_does_not_move_leaves_the_light_for_another_try(outside: Lock) -> None:
    outside.set_door(is_open=False)
    outside.motor = Motor.STILL
    outside.press("ok")
    outside.settle()
    assert outside.fact(EventType.OPERATION_FAILED).source is OperationSource.KEYPAD
    outside.motor = Motor.WORKS
    outside.press("ok")
    outside.settle()
    assert outside.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-2", "BLT-5")
def test_with_the_door_contact_silent_it_says_that_the_door_is_not_known_to_be_closed(outside: Lock) -> None:
    outside.give(PartFault(Part.DOOR, "no_answer"))
    outside.listen()
    outside.press("ok")
    assert outside.drives == []
    assert outside.tones == [Tone.FAILURE]
    assert outside.prompts == [Prompt.CLOSE_DOOR]


@pytest.mark.spec("BLT-2", "BLT-5", "BLT-11")
def test_a_door_that_opens_again_on_the_way_is_locked_at_its_next_closing(outside: Lock) -> None:
    outside.press("ok")
    outside.set_door(is_open=False)
    outside.advance(300)
    outside.set_door(is_open=True)
    outside.settle()
    assert outside.is_open
    outside.set_door(is_open=False)
    outside.settle()
    assert outside.state.bolt is BoltState.LOCKED
    assert outside.drives == [Drive.THROW, Drive.RETRACT, Drive.THROW]


@pytest.mark.spec("BLT-2")
def test_another_way_of_locking_takes_the_light_away(outside: Lock) -> None:
    outside.set_door(is_open=False)
    outside.press(Key.LOCK)
    outside.settle()
    assert outside.lights.keys == frozenset()
    assert outside.runs(Timer.OUTSIDE_LOCK) is None


@pytest.mark.spec("BLT-2", "VER-8")
def test_a_lockout_keeps_nobody_from_locking(outside: Lock) -> None:
    outside.set_door(is_open=False)
    outside.wrong(5)
    assert outside.state.locked_out
    outside.press("ok")
    outside.settle()
    assert outside.state.bolt is BoltState.LOCKED
