"""Palm veins: a palm that is shown opens, counts and is refused like any credential."""

import pytest

from lock_bridge.engine.effects import Lamp, SaveLockout, Tone
from lock_bridge.engine.inputs import ChangeUser, Key, PartBack, PartReplaced
from lock_bridge.engine.model import Credential
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Part
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import MINUTE, Lock

PALM = CredentialType.PALM_VEIN
ANNAS_PALM, BENS_PALM, STRANGER = 0, 1, None


@pytest.fixture
def house(palm: Lock) -> Lock:
    """Anna and Ben have shown the lock a palm each."""
    palm.add("Ben", BEN)
    palm.holds(Credential(PALM, 1, "anna", slot=ANNAS_PALM), Credential(PALM, 2, "ben", slot=BENS_PALM))
    palm.advance(MINUTE)
    palm.listen()
    return palm


@pytest.mark.spec("VER-5", "VER-6")
def test_a_known_palm_opens_without_waking_the_keypad(house: Lock) -> None:
    house.palm(BENS_PALM)
    house.settle()
    assert house.is_open
    assert house.tones == [Tone.SUCCESS]
    granted = house.fact(EventType.ACCESS_GRANTED)
    assert (granted.user_name, granted.source) == ("Ben", OperationSource.BIOMETRIC)
    assert (granted.credential_type, granted.credential_number) == (PALM, 2)
    assert not house.state.awake


@pytest.mark.spec("VER-6", "VER-7")
def test_unknown_palms_count_together_with_all_else(house: Lock) -> None:
    house.palm(STRANGER)
    house.palm(49)
    house.wrong(2)
    house.finger(None)
    assert house.state.locked_out
    reasons = {fact.reason for fact in house.facts if fact.type is EventType.ACCESS_REFUSED}
    assert reasons == {"unknown_credential"}
    house.palm(ANNAS_PALM)
    assert not house.is_open


def test_a_palms_slot_is_no_fingers_slot(house: Lock) -> None:
    house.finger(ANNAS_PALM)
    assert house.fact(EventType.ACCESS_REFUSED).credential_type is CredentialType.FINGERPRINT
    assert not house.is_open


@pytest.mark.spec("USR-7")
def test_a_disabled_users_palm_is_refused_uncounted(house: Lock) -> None:
    house.ok(ChangeUser, user_id="ben", changes={"enabled": False})
    house.palm(BENS_PALM)
    assert house.fact(EventType.ACCESS_REFUSED).reason == "user_disabled"
    assert house.of(SaveLockout) == []


@pytest.mark.spec("DLM-2", "MNU-2")
def test_an_administrators_palm_opens_the_menu_and_a_users_does_not(house: Lock) -> None:
    house.press(Key.SET)
    house.palm(BENS_PALM)
    assert house.fact(EventType.ACCESS_REFUSED).reason == "not_administrator"
    house.palm(ANNAS_PALM)
    assert house.fact(EventType.MENU_OPENED).user_name == "Anna"
    assert house.drives == []
    house.listen()
    house.palm(ANNAS_PALM)
    assert house.effects == [], "in the menu a palm is no verification"


@pytest.mark.spec("CAP-5")
def test_a_model_without_a_palm_reader_sees_no_palms(l2s: Lock, dl50: Lock) -> None:
    for lock in (l2s, dl50):
        lock.palm(ANNAS_PALM)
        lock.palm(STRANGER)
        assert lock.effects == []


@pytest.mark.spec("DLM-14")
def test_at_the_door_a_palm_needs_no_red_light(house: Lock) -> None:
    """It is lit while a palm is to be enrolled."""
    house.palm(ANNAS_PALM)
    house.settle()
    assert Lamp.PALM not in house.lights.lamps
    assert house.is_open


def test_a_palm_reader_that_was_exchanged_is_not_believed(house: Lock) -> None:
    house.give(PartReplaced(Part.PALM_VEIN))
    house.palm(ANNAS_PALM)
    assert not house.is_open
    house.give(PartBack(Part.PALM_VEIN))
    house.palm(ANNAS_PALM)
    house.settle()
    assert house.is_open


@pytest.mark.spec("INI-1")
def test_with_nothing_enrolled_a_palm_is_refused_uncounted() -> None:
    lock = Lock("palm6068")
    for _ in range(6):
        lock.palm(STRANGER)
    assert [fact.reason for fact in lock.facts] == ["no_credential"] * 6
    assert lock.of(SaveLockout)[1:] == []
    assert not lock.state.locked_out


@pytest.mark.spec("VER-11")
def test_an_administrators_palm_sets_the_level_of_the_lockout_to_the_start(house: Lock) -> None:
    house.wrong(5)
    house.advance(3 * MINUTE)
    house.palm(BENS_PALM)
    assert house.state.lockout.level == 1
    house.palm(ANNAS_PALM)
    assert house.state.lockout.level == 0
    house.open_with(ANNA)
