"""Privacy: the knob inside keeps everybody out but administrators and the mechanical key."""

import pytest

from lock_bridge.engine.effects import SaveLockout, Sound, Tone
from lock_bridge.engine.inputs import (
    AddTemporaryPasscode,
    BoltPosition,
    ChangeUser,
    Handle,
    PrivacySeen,
    RemoteUnlock,
    SetMode,
)
from lock_bridge.wire.words import EventType, OperatingMode
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import Lock

VISITOR = "604182"


@pytest.fixture
def house(lock: Lock) -> Lock:
    """Ben lives there; somebody inside has turned the knob."""
    lock.add("Ben", BEN)
    lock.give(PrivacySeen(True))
    lock.listen()
    return lock


@pytest.mark.spec("BLT-9")
def test_in_privacy_a_user_is_refused_uncounted_by_whatever_she_shows(house: Lock) -> None:
    slot = house.add_finger("ben")
    house.listen()
    for _ in range(3):
        house.enter(BEN)
        house.finger(slot)
    assert {(fact.reason, fact.user_name) for fact in house.facts} == {("privacy_on", "Ben")}
    assert len(house.facts) == 6
    assert (house.drives, house.of(SaveLockout)) == ([], [])
    assert not house.state.locked_out


@pytest.mark.spec("BLT-9")
def test_that_looks_and_sounds_as_any_failure(house: Lock) -> None:
    house.enter(BEN)
    assert [effect.tone for effect in house.of(Sound)][-1] is Tone.FAILURE
    assert house.prompts == []


@pytest.mark.spec("BLT-9")
def test_in_privacy_an_administrator_opens(house: Lock) -> None:
    slot = house.add_finger("anna")
    house.listen()
    house.open_with(ANNA)
    assert house.is_open
    house.finger(slot)
    house.settle()
    assert house.events.count(EventType.ACCESS_GRANTED) == 2


@pytest.mark.spec("BLT-9", "VER-13")
def test_an_administrators_visitor_is_none(house: Lock) -> None:
    house.ok(AddTemporaryPasscode, user_id="anna", passcode=VISITOR, uses=1)
    house.listen()
    house.open_with(VISITOR)
    assert house.fact(EventType.ACCESS_REFUSED).reason == "privacy_on"
    assert not house.is_open
    house.give(PrivacySeen(False))
    house.open_with(VISITOR)
    assert house.is_open, "nothing was used up by it"


@pytest.mark.spec("BLT-9", "VER-15")
def test_in_privacy_the_mechanical_key_and_the_owners_app_open(house: Lock) -> None:
    house.turn_key(BoltPosition.RETRACTED)
    assert house.is_open
    house.turn_key(BoltPosition.THROWN)
    house.set(remote_unlock=True)
    house.ok(RemoteUnlock)
    assert house.is_open


@pytest.mark.spec("BLT-9")
def test_when_privacy_is_over_all_is_as_before(house: Lock) -> None:
    house.give(PrivacySeen(False))
    house.open_with(BEN)
    assert house.is_open


@pytest.mark.spec("BLT-9", "VER-7")
def test_in_privacy_wrong_codes_count_as_ever(house: Lock) -> None:
    house.wrong(4)
    house.enter(BEN)
    assert not house.state.locked_out
    house.wrong()
    assert house.state.locked_out


@pytest.mark.spec("BLT-9", "USR-7")
def test_what_she_herself_lacks_is_told_before_that_somebody_has_turned_the_knob(house: Lock) -> None:
    house.ok(ChangeUser, user_id="ben", changes={"enabled": False})
    house.listen()
    house.enter(BEN)
    assert house.fact(EventType.ACCESS_REFUSED).reason == "user_disabled"


@pytest.mark.spec("BLT-9", "BLT-14")
def test_on_l2s_privacy_is_told_before_the_hand_on_the_handle(l2s: Lock) -> None:
    l2s.add("Ben", BEN)
    l2s.give(PrivacySeen(True))
    l2s.turn_handle(Handle.PRESSED)
    l2s.listen()
    l2s.enter(BEN)
    l2s.enter(ANNA)
    assert [fact.reason for fact in l2s.facts] == ["privacy_on", "handle_not_at_rest"]


@pytest.mark.spec("BLT-9", "BLT-15")
def test_privacy_after_passage_keeps_out_whoever_might_have_walked_in(house: Lock) -> None:
    house.give(PrivacySeen(False))
    house.set(remote_unlock=True)
    house.ok(SetMode, mode=OperatingMode.PASSAGE)
    house.give(PrivacySeen(True))
    house.settle()
    assert not house.state.modes.passage
    house.listen()
    house.open_with(BEN)
    assert house.fact(EventType.ACCESS_REFUSED).reason == "privacy_on"
