"""Faces: looked for when somebody comes near or touches the keypad, under infrared light, and only then."""

import pytest

from lock_bridge.engine.effects import Lamp, Look, SaveLockout, Tone
from lock_bridge.engine.inputs import (
    CancelEnrolment,
    Key,
    PartBack,
    PartFault,
    PartReplaced,
    SetMode,
    StartEnrolment,
    Timer,
)
from lock_bridge.engine.model import Credential, User
from lock_bridge.wire.words import CredentialType, EventType, OperatingMode, OperationSource, Part
from tests.engine.conftest import ANNA, BEN, lock_with_anna
from tests.engine.lock import MINUTE, Lock

FACE = CredentialType.FACE
ANNAS_FACE, BENS_FACE, STRANGER = 0, 1, None


@pytest.fixture(params=["palm6068", "dl50fvs"])
def house(request: pytest.FixtureRequest) -> Lock:
    """Anna and Ben have shown the lock their faces."""
    lock = lock_with_anna(request.param)
    lock.add("Ben", BEN)
    lock.holds(Credential(FACE, 1, "anna", slot=ANNAS_FACE), Credential(FACE, 2, "ben", slot=BENS_FACE))
    lock.advance(MINUTE)
    lock.listen()
    return lock


def looks(lock: Lock) -> list[bool]:
    """When the reader was told to look, and to look no longer."""
    assert {look.type for look in lock.of(Look)} <= {FACE}
    return [look.on for look in lock.of(Look)]


def is_lit(lock: Lock) -> bool:
    """Whether the infrared light blinks."""
    return Lamp.INFRARED in lock.lights.lamps


@pytest.mark.spec("VER-5")
def test_who_comes_near_is_looked_for_and_while_that_goes_on_the_infrared_light_blinks(house: Lock) -> None:
    house.near()
    assert looks(house) == [True]
    assert is_lit(house)
    house.advance(house.profile.look_ms - 1)
    assert is_lit(house)
    house.advance(1)
    assert looks(house) == [True, False]
    assert not is_lit(house)
    assert house.facts == []


@pytest.mark.spec("VER-5", "VER-6")
def test_a_known_face_opens_without_waking_the_keypad_and_ends_the_look(house: Lock) -> None:
    house.near()
    house.face(BENS_FACE)
    assert looks(house) == [True, False]
    house.settle()
    assert house.is_open
    assert house.tones == [Tone.SUCCESS]
    granted = house.fact(EventType.ACCESS_GRANTED)
    assert (granted.user_name, granted.source) == ("Ben", OperationSource.BIOMETRIC)
    assert (granted.credential_type, granted.credential_number) == (FACE, 2)
    assert not house.state.awake
    assert not is_lit(house)
    assert house.runs(Timer.LOOK) is None


@pytest.mark.spec("VER-5", "VER-6", "VER-7")
def test_an_unknown_face_is_a_failure_and_each_look_ends_with_one(house: Lock) -> None:
    for look in range(1, 6):
        house.near()
        house.face(STRANGER)
        house.face(STRANGER)
        house.face(ANNAS_FACE)
        house.near(near=False)
        assert house.events.count(EventType.ACCESS_REFUSED) == look
    assert house.state.locked_out
    assert not house.is_open
    started = house.fact(EventType.LOCKOUT_STARTED)
    assert started.source is OperationSource.BIOMETRIC


@pytest.mark.spec("VER-5")
def test_who_only_passes_by_is_no_failure(house: Lock) -> None:
    for _ in range(10):
        house.near()
        house.near(near=False)
        house.advance(MINUTE)
    assert house.facts == []
    assert house.of(SaveLockout) == []


@pytest.mark.spec("VER-5")
def test_a_face_that_nobody_looks_for_is_not_seen(house: Lock) -> None:
    house.face(ANNAS_FACE)
    house.face(STRANGER)
    assert house.effects == []


@pytest.mark.spec("VER-5", "APP-5")
def test_manual_means_that_a_touch_of_the_keypad_begins_the_look_and_coming_near_does_not(house: Lock) -> None:
    house.set(face_recognition="manual")
    house.near()
    assert looks(house) == []
    house.press("1")
    assert looks(house) == [True]
    assert is_lit(house)
    house.face(ANNAS_FACE)
    house.settle()
    assert house.is_open


@pytest.mark.spec("VER-5")
def test_automatic_means_that_a_touch_begins_none(house: Lock) -> None:
    house.press("1")
    assert house.state.awake
    assert looks(house) == []


@pytest.mark.spec("VER-5")
def test_digits_after_the_touch_that_wakes_begin_no_new_look(house: Lock) -> None:
    """A visitor with a code would lock herself out by typing it."""
    house.set(face_recognition="manual")
    house.press("1")
    house.face(STRANGER)
    house.press(*BEN)
    assert looks(house) == [True, False]
    house.press("ok")
    house.settle()
    assert house.is_open


@pytest.mark.spec("VER-5")
def test_while_she_stays_near_one_look_is_enough(house: Lock) -> None:
    house.near()
    house.advance(1_000)
    house.near()
    assert looks(house) == [True]
    assert house.runs(Timer.LOOK) == house.profile.look_ms - 1_000
    house.face(STRANGER)
    house.near()
    assert looks(house) == [True, False]
    house.near(near=False)
    house.near()
    assert looks(house) == [True, False, True]


@pytest.mark.spec("VER-5")
def test_a_touch_during_a_look_makes_it_last_longer(house: Lock) -> None:
    house.near()
    house.set(face_recognition="manual")
    house.advance(4_000)
    house.press("1")
    assert looks(house) == [True]
    assert house.runs(Timer.LOOK) == house.profile.look_ms


@pytest.mark.spec("VER-5")
def test_a_model_without_a_camera_looks_for_nobody(l2s: Lock) -> None:
    l2s.near()
    l2s.press("1")
    l2s.face(0)
    assert l2s.of(Look) == []
    assert l2s.facts == []


@pytest.mark.spec("INI-1")
@pytest.mark.parametrize("profile", ["palm6068", "dl50fvs"])
def test_with_nothing_enrolled_nobody_is_looked_for(profile: str) -> None:
    lock = Lock(profile)
    lock.near()
    lock.face(STRANGER)
    assert lock.of(Look) == []
    assert lock.facts == []


@pytest.mark.spec("VER-8")
def test_in_a_lockout_nobody_is_looked_for_and_its_beginning_ends_a_look(house: Lock) -> None:
    house.near()
    house.wrong(5)
    assert looks(house) == [True, False]
    assert not is_lit(house)
    house.near(near=False)
    house.near()
    house.face(ANNAS_FACE)
    assert looks(house) == [True, False]
    assert not house.is_open
    house.advance(3 * MINUTE)
    house.near(near=False)
    house.near()
    house.face(ANNAS_FACE)
    house.settle()
    assert house.is_open


@pytest.mark.spec("BLT-7", "VER-5")
def test_in_passage_nobody_is_looked_for_in_passing(house: Lock) -> None:
    """Each who lives there would end it by going in; a touch or a code ends it on purpose."""
    house.set(remote_unlock=True)
    house.ok(SetMode, mode=OperatingMode.PASSAGE)
    house.listen()
    house.near()
    assert looks(house) == []
    house.set(face_recognition="manual")
    house.press("1")
    house.face(ANNAS_FACE)
    assert not house.state.modes.passage


@pytest.mark.spec("VER-5", "DLM-2")
@pytest.mark.parametrize("how", ["automatic", "manual"])
def test_a_menu_that_waits_for_an_administrator_looks_for_her(house: Lock, how: str) -> None:
    house.set(face_recognition=how)
    house.press(Key.SET)
    assert looks(house) == [True]
    house.advance(house.profile.look_ms + 1_000)
    assert looks(house) == [True], "as long as the menu waits"
    house.face(ANNAS_FACE)
    assert looks(house) == [True, False]
    assert house.fact(EventType.MENU_OPENED).user_name == "Anna"
    assert house.drives == []


@pytest.mark.spec("MNU-2")
def test_a_face_at_the_menu_that_is_no_administrators_opens_nothing(house: Lock) -> None:
    house.press(Key.SET)
    house.face(BENS_FACE)
    refused = house.fact(EventType.ACCESS_REFUSED)
    assert (refused.reason, refused.user_name) == ("not_administrator", "Ben")
    assert (house.drives, house.of(SaveLockout)) == ([], [])


@pytest.mark.spec("MNU-1", "VER-5")
def test_with_the_menu_that_waited_ends_its_look(house: Lock) -> None:
    house.press(Key.SET)
    house.press("back")
    assert house.state.menu is None
    assert looks(house) == [True, False]
    assert not is_lit(house)


@pytest.mark.spec("DLM-2")
def test_in_the_open_menu_a_face_opens_no_door(house: Lock) -> None:
    house.near()
    house.press(Key.SET)
    house.enter(ANNA)
    assert house.state.menu is not None
    assert looks(house)[-1] is False
    house.listen()
    house.near(near=False)
    house.near()
    house.face(ANNAS_FACE)
    assert (looks(house), house.drives) == ([], [])


def test_while_somebody_is_enrolled_nobody_is_looked_for(house: Lock) -> None:
    house.near()
    house.ok(StartEnrolment, user_id="ben", type=CredentialType.FINGERPRINT)
    assert looks(house) == [True, False]
    house.near(near=False)
    house.near()
    assert looks(house) == [True, False]
    house.ok(CancelEnrolment)
    house.near(near=False)
    house.near()
    assert looks(house) == [True, False, True]


@pytest.mark.spec("FLT-1")
def test_a_camera_that_no_longer_answers_looks_no_more_until_it_is_back_and_sees_somebody(house: Lock) -> None:
    house.near()
    house.give(PartFault(Part.FACE, "no_answer"))
    assert looks(house) == [True, False]
    assert not is_lit(house)
    house.open_with(ANNA)
    assert house.is_open
    house.give(PartBack(Part.FACE))
    house.near()
    assert looks(house) == [True, False, True]


def test_a_camera_that_was_exchanged_is_not_believed(house: Lock) -> None:
    house.give(PartReplaced(Part.FACE))
    house.near()
    house.face(ANNAS_FACE)
    assert house.fact(EventType.ACCESS_REFUSED).reason == "unknown_credential"
    assert not house.is_open


def test_a_look_that_has_ended_does_not_end_again(house: Lock) -> None:
    house.ring(Timer.LOOK)
    assert house.effects == []


@pytest.mark.spec("USR-6", "USR-7")
def test_outside_her_limits_a_face_is_refused_like_all_she_has(house: Lock) -> None:
    number = house.state.directory.users["ben"].number
    house.holds(User("ben", "Ben", number=number, valid_until_ms=house.wall_ms))
    house.near()
    house.face(BENS_FACE)
    assert house.fact(EventType.ACCESS_REFUSED).reason == "outside_validity"
    assert house.of(SaveLockout) == []
    assert not house.is_open


def test_a_power_cut_ends_the_look_and_she_who_still_stands_there_is_looked_for_again(house: Lock) -> None:
    house.near()
    house.power_cut()
    assert not is_lit(house)
    house.listen()
    house.near()
    assert looks(house) == [True]
