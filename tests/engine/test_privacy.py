"""Privacy: the knob blocks the outside. The anti-peephole button, and which of several modes is reported."""

from dataclasses import replace

import pytest

from lock_bridge.engine.effects import Drive, Prompt
from lock_bridge.engine.inputs import (
    BoltPosition,
    DoorSeen,
    Handle,
    InsideHandleUsed,
    Key,
    PartFault,
    PeepholeSeen,
    PrivacySeen,
    RemoteUnlock,
    SetMode,
)
from lock_bridge.engine.model import Modes
from lock_bridge.engine.state import LockState
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, EventType, OperatingMode, Part
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import Lock

PRIVACY, PASSAGE, NORMAL = OperatingMode.PRIVACY, OperatingMode.PASSAGE, OperatingMode.NORMAL
LEAVING_HOME = OperatingMode.LEAVING_HOME


def modes_told(lock: Lock) -> list[str]:
    return [fact.data["mode"] for fact in lock.facts if fact.type is EventType.MODE_CHANGED]


@pytest.mark.spec("BLT-9")
def test_the_knob_is_the_mode_and_told(lock: Lock) -> None:
    lock.turn_knob(on=True)
    assert lock.state.mode is PRIVACY
    lock.turn_knob(on=True)
    lock.turn_knob(on=False)
    assert lock.state.mode is NORMAL
    assert modes_told(lock) == ["privacy", "normal"]


@pytest.mark.spec("BLT-9")
def test_a_verification_outside_is_refused_uncounted_but_an_administrators(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.turn_knob(on=True)
    lock.listen()
    for _ in range(6):
        lock.open_with(BEN)
    assert lock.drives == []
    assert {fact.reason for fact in lock.facts} == {"privacy_on"}
    assert not lock.state.locked_out
    assert lock.state.lockout.failures == ()
    lock.open_with(ANNA)
    assert lock.is_open
    assert lock.state.mode is PRIVACY


@pytest.mark.spec("BLT-9", "VER-15")
def test_the_mechanical_key_opens_all_the_same(lock: Lock) -> None:
    lock.turn_knob(on=True)
    lock.turn_key(BoltPosition.RETRACTED)
    assert lock.is_open


@pytest.mark.spec("BLT-9")
def test_the_owner_opens_from_afar_all_the_same(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.turn_knob(on=True)
    lock.ok(RemoteUnlock)
    assert lock.is_open


@pytest.mark.spec("BLT-9")
def test_the_app_cannot_turn_the_knob(lock: Lock) -> None:
    assert lock.refused(SetMode, mode=PRIVACY) is ErrorCode.NOT_SUPPORTED
    assert lock.state.mode is NORMAL


@pytest.mark.spec("BLT-9")
def test_how_the_knob_is_found_at_the_start_is_no_event(lock: Lock) -> None:
    lock.turn_knob(on=True)
    lock.listen()
    lock.power_cut()
    assert lock.state.mode is PRIVACY
    assert lock.facts == []


@pytest.mark.spec("BLT-9")
def test_contacts_that_fall_silent_let_nobody_in(lock: Lock) -> None:
    lock.turn_knob(on=True)
    lock.give(PartFault(Part.DOOR, "no_answer"))
    assert lock.state.mode is PRIVACY


@pytest.mark.spec("BLT-15")
def test_switched_on_during_passage_it_ends_passage_and_locks(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.set_mode(PASSAGE)
    lock.listen()
    lock.turn_knob(on=True)
    lock.settle()
    assert lock.state.bolt is BoltState.LOCKED
    assert not lock.state.modes.passage
    assert modes_told(lock) == ["privacy"]
    assert lock.prompts == [Prompt.PASSAGE_ENDED]
    lock.turn_knob(on=False)
    assert lock.state.mode is NORMAL


@pytest.mark.spec("BLT-15", "BLT-5")
def test_switched_on_during_passage_with_the_door_open_it_locks_when_the_door_closes(driven: Lock) -> None:
    driven.set(remote_unlock=True)
    driven.set_mode(PASSAGE)
    driven.set_door(is_open=True)
    driven.turn_knob(on=True)
    assert driven.state.mode is PRIVACY
    assert not driven.state.modes.passage
    assert driven.is_open
    driven.set_door(is_open=False)
    driven.settle()
    assert driven.state.bolt is BoltState.LOCKED


@pytest.mark.spec("BLT-15", "BLT-13")
def test_switched_on_during_passage_with_the_door_open_it_uncouples_the_handle(l2s: Lock) -> None:
    l2s.set(remote_unlock=True)
    l2s.set_mode(PASSAGE)
    l2s.set_handle(Handle.PRESSED)
    l2s.set_door(is_open=True)
    l2s.turn_knob(on=True)
    assert not l2s.state.modes.passage
    l2s.settle()
    assert not l2s.coupled


@pytest.mark.spec("BLT-15")
def test_switched_on_while_there_was_no_power_it_ends_passage_too(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.set_mode(PASSAGE)
    lock.knob = True
    lock.listen()
    lock.power_cut()
    lock.settle()
    assert lock.state.bolt is BoltState.LOCKED
    assert modes_told(lock) == ["privacy"]


@pytest.mark.spec("BLT-15", "BLT-7")
def test_passage_does_not_begin_while_somebody_wants_privacy(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.turn_knob(on=True)
    lock.listen()
    assert lock.refused(SetMode, mode=PASSAGE) is ErrorCode.PRIVACY_ON
    assert lock.fact(EventType.OPERATION_FAILED).reason == "privacy_on"
    assert lock.state.mode is PRIVACY
    assert lock.drives == []


@pytest.mark.spec("BLT-15")
@pytest.mark.parametrize("profile", ["l2s", "dl50fvs", "palm6068"])
def test_privacy_is_reported_before_passage_before_leaving_home_before_normal(profile: str) -> None:
    both = Modes(passage=True, leaving_home=True)
    assert Lock(profile).state.mode is NORMAL
    assert LockState(modes=both, privacy=True).mode is PRIVACY
    assert LockState(modes=both, privacy=False).mode is PASSAGE
    assert LockState(modes=Modes(leaving_home=True), privacy=True).mode is PRIVACY
    assert LockState(modes=Modes(leaving_home=True)).mode is LEAVING_HOME


@pytest.mark.spec("BLT-15")
def test_each_model_reports_the_first_of_its_modes_that_is_on(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    reported = [lock.state.mode]
    if Key.LEAVE in lock.profile.keys:
        lock.set_mode(LEAVING_HOME)
        reported.append(lock.state.mode)
    lock.set_mode(PASSAGE)
    reported.append(lock.state.mode)
    lock.turn_knob(on=True)
    reported.append(lock.state.mode)
    first = [NORMAL] if lock.profile.id == "l2s" else [NORMAL, LEAVING_HOME]
    assert reported == [*first, PASSAGE, PRIVACY]


def test_a_model_without_a_knob_has_no_privacy(lock: Lock) -> None:
    plain = Lock(replace(lock.profile, privacy=None))
    plain.give(PrivacySeen(True))
    assert plain.state.mode is NORMAL


@pytest.mark.spec("BLT-9")
def test_the_anti_peephole_button_is_state_and_a_dead_handle_opens_nothing(l2s: Lock) -> None:
    assert l2s.state.inside_handle_on is None
    l2s.give(PeepholeSeen(False))
    assert l2s.state.inside_handle_on is False
    l2s.give(InsideHandleUsed())
    assert l2s.facts == []
    l2s.give(PeepholeSeen(True))
    assert l2s.state.inside_handle_on is True
    l2s.give(InsideHandleUsed())
    assert l2s.events == [EventType.OPENED_FROM_INSIDE]


@pytest.mark.spec("BLT-9")
def test_models_without_that_button_do_not_know_it(driven: Lock) -> None:
    driven.give(PeepholeSeen(False))
    assert driven.state.inside_handle_on is None


@pytest.mark.spec("BLT-9", "BLT-5")
def test_the_knob_throws_no_bolt_by_itself(lock: Lock) -> None:
    lock.open_with(ANNA)
    lock.advance(10_000)
    lock.move(BoltPosition.RETRACTED)
    lock.give(DoorSeen(False))
    lock.listen()
    lock.turn_knob(on=True)
    assert Drive.THROW not in lock.drives
    assert lock.is_open
