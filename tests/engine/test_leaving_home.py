"""Leaving-home mode: the last one out arms the lock, and whoever opens from inside then should not be there."""

from dataclasses import replace

import pytest

from lock_bridge import profiles
from lock_bridge.engine.effects import Drive, Lamp, Prompt, Tone
from lock_bridge.engine.inputs import (
    BoltPosition,
    Handle,
    InsideHandleUsed,
    Key,
    PartFault,
    PrivacySeen,
    RemoteLock,
    RemoteUnlock,
    SetMode,
    TamperSeen,
)
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, EventType, OperatingMode, OperationSource, Part
from tests.engine.conftest import ANNA, lock_with_anna
from tests.engine.lock import MINUTE, Lock, Motor

LEAVING_HOME, NORMAL, PASSAGE = OperatingMode.LEAVING_HOME, OperatingMode.NORMAL, OperatingMode.PASSAGE
PRIVACY = OperatingMode.PRIVACY
RETRACTED, THROWN = BoltPosition.RETRACTED, BoltPosition.THROWN


def leave(lock: Lock) -> None:
    """Wake the keypad, and press the key."""
    if not lock.state.awake:
        lock.press("back")
    lock.press(Key.LEAVE)


@pytest.fixture
def armed(driven: Lock) -> Lock:
    """A locked door with nobody at home."""
    leave(driven)
    assert driven.state.mode is LEAVING_HOME
    driven.advance(MINUTE)
    driven.listen()
    return driven


@pytest.mark.spec("BLT-8")
def test_pressed_locked_it_arms_at_once(driven: Lock) -> None:
    leave(driven)
    assert driven.state.mode is LEAVING_HOME
    assert driven.drives == []
    changed = driven.fact(EventType.MODE_CHANGED)
    assert (dict(changed.data), changed.source) == ({"mode": "leaving_home"}, OperationSource.KEYPAD)
    assert driven.prompts == [Prompt.LEAVING_HOME]


@pytest.mark.spec("BLT-8", "VER-1")
def test_the_touch_that_wakes_the_keypad_arms_nothing(driven: Lock) -> None:
    driven.press(Key.LEAVE)
    assert driven.state.mode is NORMAL
    driven.press(Key.LEAVE)
    assert driven.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8", "BLT-5")
def test_pressed_with_the_door_open_it_locks_when_the_door_closes_and_arms(driven: Lock) -> None:
    driven.use_inside_handle()
    driven.listen()
    leave(driven)
    assert driven.prompts == [Prompt.LEAVING_HOME, Prompt.CLOSE_DOOR]
    driven.advance(5 * MINUTE)
    assert driven.state.mode is NORMAL
    assert driven.drives == []
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED
    assert driven.fact(EventType.LOCKED).source is OperationSource.KEYPAD
    assert driven.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8")
def test_pressed_unlocked_with_the_door_closed_it_locks_at_once(driven: Lock) -> None:
    driven.open_with(ANNA)
    leave(driven)
    assert driven.state.mode is NORMAL
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED
    assert driven.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8")
def test_whatever_throws_the_bolt_first_arms_it(driven: Lock) -> None:
    driven.use_inside_handle()
    leave(driven)
    driven.turn_key(THROWN)
    assert driven.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8", "BLT-15")
@pytest.mark.parametrize("after_ms", [0, 450, 899, 1_500])
def test_a_knob_turned_and_turned_back_meanwhile_takes_nothing_of_it_away(driven: Lock, after_ms: int) -> None:
    driven.open_with(ANNA)
    leave(driven)
    driven.advance(after_ms)
    driven.give(PrivacySeen(on=True))
    driven.give(PrivacySeen(on=False))
    driven.settle()
    assert driven.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8", "BLT-6")
def test_what_does_not_lock_is_not_armed(driven: Lock) -> None:
    driven.use_inside_handle()
    leave(driven)
    driven.motor = Motor.STILL
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.state.mode is NORMAL
    assert driven.tones[-1] is Tone.FAILURE
    driven.motor = Motor.WORKS
    driven.set_door(is_open=True)
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8")
def test_whoever_comes_back_before_the_door_has_closed_does_not_leave(driven: Lock) -> None:
    driven.use_inside_handle()
    leave(driven)
    driven.open_with(ANNA)
    assert (driven.state.leaving, driven.state.leaving_by) == (False, None)
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.is_open
    assert driven.state.mode is NORMAL


@pytest.mark.spec("BLT-8")
def test_it_is_refused_in_passage(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE)
    driven.listen()
    leave(driven)
    assert driven.tones == [Tone.FAILURE]
    assert Lamp.RED in driven.lights.lamps
    assert driven.refused(SetMode, mode=LEAVING_HOME) is ErrorCode.PASSAGE_ON
    driven.set_mode(NORMAL)
    assert driven.state.mode is NORMAL
    assert not driven.state.modes.leaving_home


@pytest.mark.spec("BLT-8")
def test_pressed_again_it_says_so_again_and_is_told_once(armed: Lock) -> None:
    leave(armed)
    assert armed.prompts == [Prompt.LEAVING_HOME]
    assert EventType.MODE_CHANGED not in armed.events


@pytest.mark.spec("BLT-8")
def test_the_app_can_arm_it_and_end_it(driven: Lock) -> None:
    driven.set_mode(LEAVING_HOME)
    assert driven.state.mode is LEAVING_HOME
    driven.set_mode(NORMAL)
    assert driven.state.mode is NORMAL
    assert [(fact.data["mode"], fact.client_name) for fact in driven.facts] == [
        ("leaving_home", "Home Assistant"),
        ("normal", "Home Assistant"),
    ]
    assert driven.state.bolt is BoltState.LOCKED
    assert driven.drives == []


@pytest.mark.spec("BLT-8")
def test_ending_it_moves_no_bolt(armed: Lock) -> None:
    armed.set(remote_unlock=True)
    armed.ok(RemoteUnlock)
    armed.listen()
    armed.set_mode(NORMAL)
    assert armed.drives == []
    assert armed.is_open


@pytest.mark.spec("BLT-8")
def test_armed_by_the_app_with_the_door_open_it_says_who_when_it_is(driven: Lock) -> None:
    driven.use_inside_handle()
    driven.set_mode(LEAVING_HOME)
    assert driven.state.mode is NORMAL
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.fact(EventType.MODE_CHANGED).client_name == "Home Assistant"


@pytest.mark.spec("BLT-8")
def test_the_app_can_take_back_what_still_waits_for_the_door(driven: Lock) -> None:
    driven.use_inside_handle()
    leave(driven)
    driven.set_mode(NORMAL)
    assert (driven.state.leaving, driven.state.leaving_by) == (False, None)
    driven.set_door(is_open=False)
    assert driven.state.motion is None
    assert driven.is_open


@pytest.mark.spec("BLT-8")
def test_l2s_has_no_such_mode(l2s: Lock) -> None:
    assert l2s.refused(SetMode, mode=LEAVING_HOME) is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("BLT-8")
@pytest.mark.parametrize("then", [True, False])
def test_opening_from_inside_while_armed_is_an_intrusion(armed: Lock, *, then: bool) -> None:
    armed.give(InsideHandleUsed())
    if then:
        armed.move(RETRACTED)
        armed.set_door(is_open=True)
    assert armed.events.count(EventType.INTRUSION) == 1
    assert armed.fact(EventType.INTRUSION).source is OperationSource.INSIDE_HANDLE
    assert armed.tones == [Tone.ALARM]
    armed.advance(MINUTE - 1)
    assert armed.tones == [Tone.ALARM]
    armed.advance(1)
    assert armed.tones == [Tone.ALARM, Tone.ALARM_END]
    assert armed.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8", "BLT-10")
def test_the_emergency_button_while_armed_is_an_intrusion_and_opens() -> None:
    dl50 = lock_with_anna("dl50fvs")
    leave(dl50)
    dl50.press(Key.EMERGENCY)
    dl50.settle()
    assert dl50.is_open
    assert dl50.fact(EventType.INTRUSION).source is OperationSource.EMERGENCY_BUTTON
    dl50.set_door(is_open=True)
    assert dl50.events.count(EventType.INTRUSION) == 1


@pytest.mark.spec("BLT-8")
def test_each_opening_is_told_once(armed: Lock) -> None:
    armed.use_inside_handle()
    armed.give(InsideHandleUsed())
    assert armed.events.count(EventType.INTRUSION) == 1
    armed.set_door(is_open=False)
    armed.use_inside_handle()
    assert armed.events.count(EventType.INTRUSION) == 2


@pytest.mark.spec("BLT-8")
def test_a_door_left_unlocked_by_an_intruder_tells_each_time_that_it_opens(armed: Lock) -> None:
    armed.use_inside_handle()
    armed.set_door(is_open=False)
    armed.advance(MINUTE)
    armed.set_door(is_open=True)
    assert armed.events.count(EventType.INTRUSION) == 2


@pytest.mark.spec("BLT-8")
def test_once_locked_again_the_next_opening_is_told_though_the_door_never_closed_between(armed: Lock) -> None:
    armed.give(InsideHandleUsed())
    armed.turn_key(RETRACTED)
    armed.turn_key(THROWN)
    armed.give(InsideHandleUsed())
    assert armed.events.count(EventType.INTRUSION) == 2


@pytest.mark.spec("BLT-8")
@pytest.mark.parametrize("how", ["key", "app"])
def test_opening_from_outside_is_no_intrusion_and_ends_nothing(armed: Lock, how: str) -> None:
    armed.set(remote_unlock=True)
    if how == "key":
        armed.turn_key(RETRACTED)
    else:
        armed.ok(RemoteUnlock)
    armed.set_door(is_open=True)
    assert EventType.INTRUSION not in armed.events
    assert armed.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8")
def test_a_right_verification_outside_ends_it_and_the_alarm(armed: Lock) -> None:
    armed.use_inside_handle()
    armed.open_with(ANNA)
    assert armed.state.mode is NORMAL
    changed = armed.fact(EventType.MODE_CHANGED)
    assert (dict(changed.data), changed.user_name) == ({"mode": "normal"}, "Anna")
    assert [tone for tone in armed.tones if tone is not Tone.SUCCESS] == [Tone.ALARM, Tone.ALARM_END]
    armed.advance(MINUTE)
    assert armed.tones.count(Tone.ALARM_END) == 1
    armed.give(InsideHandleUsed())
    assert armed.events.count(EventType.INTRUSION) == 1


@pytest.mark.spec("BLT-8")
def test_a_wrong_verification_ends_nothing(armed: Lock) -> None:
    armed.wrong(4)
    assert armed.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8")
def test_locking_leaves_it_armed(armed: Lock) -> None:
    armed.set(remote_unlock=True)
    armed.ok(RemoteUnlock)
    armed.ok(RemoteLock)
    assert armed.state.mode is LEAVING_HOME


@pytest.mark.spec("BLT-8", "ALM-1")
def test_putting_the_lock_back_on_the_door_does_not_silence_an_intrusion(armed: Lock) -> None:
    armed.give(InsideHandleUsed())
    armed.give(TamperSeen(off=True))
    armed.give(TamperSeen(off=False))
    assert Tone.ALARM_END not in armed.tones
    armed.set_mode(NORMAL)
    assert armed.tones[-1] is Tone.ALARM_END


@pytest.mark.spec("BLT-8")
@pytest.mark.parametrize("cut", ["power_cut", "restart"])
def test_it_outlasts_every_start(armed: Lock, cut: str) -> None:
    getattr(armed, cut)()
    assert armed.state.mode is LEAVING_HOME
    armed.use_inside_handle()
    assert EventType.INTRUSION in armed.events


@pytest.mark.spec("BLT-8", "BLT-15")
def test_in_passage_nobody_is_an_intruder_and_afterwards_it_is_armed_again(armed: Lock) -> None:
    armed.set(remote_unlock=True)
    armed.set_mode(PASSAGE, 60)
    assert armed.state.mode is PASSAGE
    armed.use_inside_handle()
    armed.set_door(is_open=False)
    assert EventType.INTRUSION not in armed.events
    armed.advance(MINUTE)
    armed.settle()
    assert armed.state.mode is LEAVING_HOME
    armed.use_inside_handle()
    assert EventType.INTRUSION in armed.events


@pytest.mark.spec("BLT-8", "BLT-9", "BLT-15")
def test_a_knob_turned_by_an_intruder_hides_no_intrusion(armed: Lock) -> None:
    armed.turn_knob(on=True)
    assert armed.state.mode is PRIVACY
    armed.use_inside_handle()
    assert EventType.INTRUSION in armed.events


@pytest.mark.spec("BLT-8")
def test_normal_from_the_app_ends_passage_and_what_was_armed_below_it_with_one_event(armed: Lock) -> None:
    armed.set(remote_unlock=True)
    armed.set_mode(PASSAGE)
    armed.listen()
    armed.set_mode(NORMAL)
    assert armed.state.mode is NORMAL
    assert dict(armed.fact(EventType.MODE_CHANGED).data) == {"mode": "normal"}


@pytest.mark.spec("BLT-8", "BLT-5")
def test_with_the_door_contact_silent_it_waits(driven: Lock) -> None:
    driven.use_inside_handle()
    driven.give(PartFault(Part.DOOR, "no_answer"))
    driven.listen()
    leave(driven)
    assert driven.drives == []
    assert driven.prompts == [Prompt.LEAVING_HOME, Prompt.CLOSE_DOOR]
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.state.mode is LEAVING_HOME


def test_a_clutch_lock_with_such_a_key_arms_once_a_hand_has_thrown_its_bolt() -> None:
    """No model of today; a profile alone can make one."""
    profile = profiles.load("l2s")
    lock = Lock(replace(profile, keys=profile.keys | {Key.LEAVE}))
    lock.add("Anna", ANNA, admin=True)
    lock.open_with(ANNA)
    lock.set_handle(Handle.PRESSED)
    lock.set_handle(Handle.REST)
    leave(lock)
    lock.settle()
    assert lock.drives[-1] is Drive.UNCOUPLE
    assert lock.prompts[-1] is Prompt.LIFT_HANDLE
    assert lock.state.mode is NORMAL
    lock.set_handle(Handle.LIFTED)
    assert lock.state.mode is LEAVING_HOME
