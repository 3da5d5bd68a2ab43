"""Verification for the menu: who is right opens it, who is wrong is counted, who is no administrator is neither."""

import pytest

from lock_bridge.engine.effects import Prompt, SaveLockout, Tone
from lock_bridge.engine.inputs import Handle, Key, PrivacySeen
from lock_bridge.wire.words import EventType
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import HOUR, MINUTE, Lock

CARD = b"\x04\xa1\xb2\xc3"


def ask_for_menu(lock: Lock) -> None:
    """What brings the lock to ask who is there (L2S-1, DLM-2)."""
    if lock.profile.menu == "codes":
        lock.enter("3571")
    else:
        lock.press(Key.SET)
    lock.listen()


@pytest.fixture
def house(lock: Lock) -> Lock:
    """Ben lives there; somebody wants into the menu."""
    lock.add("Ben", BEN)
    lock.advance(MINUTE)
    ask_for_menu(lock)
    return lock


@pytest.mark.spec("DLM-2", "L2S-1", "USR-1")
def test_an_administrators_passcode_opens_the_menu_and_not_the_door(house: Lock) -> None:
    house.press(*ANNA, "ok")
    opened = house.fact(EventType.MENU_OPENED)
    assert (opened.user_name, opened.credential_number) == ("Anna", 1)
    assert house.tones == [Tone.SUCCESS]
    assert (house.drives, house.is_open) == ([], False)


@pytest.mark.spec("DLM-2", "L2S-1")
def test_so_does_her_finger(house: Lock) -> None:
    house.press("back")
    slot = house.add_finger("anna")
    house.advance(MINUTE)
    ask_for_menu(house)
    house.finger(slot)
    assert house.fact(EventType.MENU_OPENED).user_name == "Anna"
    assert house.drives == []
    house.listen()
    house.finger(slot)
    house.finger(None)
    assert house.effects == [], "in the menu a finger is no verification"


@pytest.mark.spec("DLM-2", "L2S-1")
@pytest.mark.parametrize("profile", ["l2s", "dl50fvs"])
def test_and_her_card(profile: str) -> None:
    lock = Lock(profile)
    lock.add("Anna", ANNA, admin=True)
    lock.add_card("anna", CARD)
    lock.advance(MINUTE)
    ask_for_menu(lock)
    lock.card(CARD)
    assert lock.fact(EventType.MENU_OPENED).user_name == "Anna"
    assert lock.drives == []
    lock.listen()
    lock.card(CARD)
    lock.card(b"unknown")
    assert lock.effects == []


@pytest.mark.spec("MNU-2", "VER-7")
def test_a_wrong_verification_at_the_menu_counts_towards_the_lockout(house: Lock) -> None:
    house.wrong(3)
    house.finger(None)
    assert not house.state.locked_out
    assert {fact.reason for fact in house.facts} == {"unknown_credential"}
    house.wrong()
    assert house.state.locked_out
    ask_for_menu(house)
    house.enter(ANNA)
    assert EventType.MENU_OPENED not in house.events


@pytest.mark.spec("MNU-2", "USR-1")
def test_a_right_verification_of_a_user_at_the_menu_is_refused_and_does_not_count(house: Lock) -> None:
    for _ in range(6):
        house.press(*BEN, "ok")
    refused = house.facts
    assert {(fact.type, fact.reason, fact.user_name) for fact in refused} == {
        (EventType.ACCESS_REFUSED, "not_administrator", "Ben")
    }
    assert len(refused) == 6
    assert set(house.tones) == {Tone.FAILURE}
    assert Prompt.NOT_ADMINISTRATOR in house.prompts
    assert (house.of(SaveLockout), house.drives) == ([], [])
    house.press(*ANNA, "ok")
    assert EventType.MENU_OPENED in house.events


@pytest.mark.spec("VER-7", "VER-11", "MNU-2")
def test_an_administrators_success_at_the_menu_zeroes_count_and_level(house: Lock) -> None:
    house.wrong(5)
    house.advance(HOUR)
    house.wrong(4)
    house.press("back")
    house.advance(MINUTE)
    ask_for_menu(house)
    house.press(*ANNA, "ok")
    assert EventType.MENU_OPENED in house.events
    assert (house.state.lockout.failures, house.state.lockout.level) == ((), 0)


@pytest.mark.spec("BLT-9")
def test_privacy_is_for_the_door_and_a_user_at_the_menu_is_told_that_she_is_no_administrator(house: Lock) -> None:
    house.give(PrivacySeen(True))
    house.listen()
    house.press(*BEN, "ok")
    assert house.fact(EventType.ACCESS_REFUSED).reason == "not_administrator"
    house.press(*ANNA, "ok")
    assert EventType.MENU_OPENED in house.events


@pytest.mark.spec("L2S-1", "BLT-14")
def test_a_hand_on_the_handle_keeps_nobody_out_of_the_menu(l2s: Lock) -> None:
    l2s.turn_handle(Handle.LIFTED)
    ask_for_menu(l2s)
    l2s.press(*ANNA, "ok")
    assert EventType.MENU_OPENED in l2s.events
