"""The emergency unlock button on the rear opens in every mode and state that has power."""

from dataclasses import replace

import pytest

from lock_bridge import profiles
from lock_bridge.engine.effects import Drive
from lock_bridge.engine.inputs import Handle, Key, PartFault, RemoteLock
from lock_bridge.engine.state import OutsideLock
from lock_bridge.wire.words import BoltState, EventType, OperatingMode, OperationSource, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import Lock, Motor


def press(lock: Lock) -> None:
    lock.press(Key.EMERGENCY)
    lock.settle()


@pytest.mark.spec("BLT-10")
def test_it_opens_and_says_what_did(dl50: Lock) -> None:
    press(dl50)
    assert dl50.is_open
    unlocked = dl50.fact(EventType.UNLOCKED)
    assert (unlocked.source, unlocked.user_id) == (OperationSource.EMERGENCY_BUTTON, None)


@pytest.mark.spec("BLT-10")
def test_it_opens_in_a_lockout(dl50: Lock) -> None:
    dl50.wrong(5)
    assert dl50.state.locked_out
    press(dl50)
    assert dl50.is_open
    assert dl50.state.locked_out


@pytest.mark.spec("BLT-10")
def test_it_opens_in_privacy(dl50: Lock) -> None:
    dl50.turn_knob(on=True)
    press(dl50)
    assert dl50.is_open


@pytest.mark.spec("BLT-10")
def test_it_opens_where_nobody_is_enrolled() -> None:
    lock = Lock("dl50fvs")
    press(lock)
    assert lock.is_open


@pytest.mark.spec("BLT-10")
def test_it_opens_while_somebody_is_in_the_menu(dl50: Lock) -> None:
    dl50.press(Key.SET)
    dl50.enter(ANNA)
    assert dl50.state.menu is not None
    press(dl50)
    assert dl50.is_open


@pytest.mark.spec("BLT-10")
@pytest.mark.parametrize("part", [Part.LINK, Part.KEYPAD, Part.DOOR, Part.BOLT, Part.STORAGE])
def test_it_opens_whatever_else_fails(dl50: Lock, part: Part) -> None:
    dl50.give(PartFault(part, "no_answer"))
    press(dl50)
    assert dl50.drives == [Drive.RETRACT]


@pytest.mark.spec("BLT-10", "BLT-6")
def test_it_is_tried_twice_though_nobody_knows_whether_the_door_is_closed(dl50: Lock) -> None:
    dl50.give(PartFault(Part.DOOR, "no_answer"))
    dl50.motor = Motor.STILL
    press(dl50)
    assert dl50.drives == [Drive.RETRACT, Drive.RETRACT]


@pytest.mark.spec("BLT-10")
def test_it_turns_around_a_bolt_on_its_way_out(dl50: Lock) -> None:
    dl50.open_with(ANNA)
    dl50.ask(RemoteLock)
    dl50.advance(300)
    press(dl50)
    assert dl50.is_open


@pytest.mark.spec("BLT-10", "BLT-6")
def test_it_frees_a_jammed_bolt(dl50: Lock) -> None:
    dl50.motor = Motor.STUCK
    dl50.open_with(ANNA)
    assert dl50.state.bolt is BoltState.JAMMED
    dl50.motor = Motor.WORKS
    press(dl50)
    assert dl50.is_open


@pytest.mark.spec("BLT-10", "BLT-7")
def test_in_passage_it_moves_nothing_and_ends_nothing(dl50: Lock) -> None:
    dl50.set(remote_unlock=True)
    dl50.set_mode(OperatingMode.PASSAGE)
    dl50.listen()
    press(dl50)
    assert dl50.drives == []
    assert dl50.state.mode is OperatingMode.PASSAGE


@pytest.mark.spec("BLT-10", "BLT-2")
def test_afterwards_the_door_can_be_locked_from_outside(dl50: Lock) -> None:
    press(dl50)
    assert dl50.state.outside_lock is OutsideLock.OFFERED


@pytest.mark.spec("BLT-10")
def test_models_without_it_do_not_hear_it(palm: Lock, l2s: Lock) -> None:
    for lock in (palm, l2s):
        press(lock)
        assert lock.drives == []


def test_on_a_clutch_lock_it_couples_though_somebody_holds_the_handle() -> None:
    """No model of today; a profile alone can make one."""
    profile = profiles.load("l2s")
    lock = Lock(replace(profile, keys=profile.keys | {Key.EMERGENCY}))
    lock.settle()
    lock.set_handle(Handle.LIFTED)
    press(lock)
    assert lock.coupled
