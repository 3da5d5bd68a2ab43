"""Pairing mode: the button inside, the lights, its end (DLM-11, L2S-12), and the app's wish (APP-6)."""

from dataclasses import replace

import pytest

from lock_bridge.engine.effects import ClosePairing, Lamp, OpenPairing, Prompt, Say
from lock_bridge.engine.inputs import AskPairing, Key, KeyDown, PairingChanged, Timer
from lock_bridge.wire.words import CredentialType
from tests.engine.conftest import ANNA
from tests.engine.lock import Lock
from tests.engine.menus import open_menu, stage

BUTTON = {"l2s": Key.RESET, "dl50fvs": Key.SET, "palm6068": Key.SET}


@pytest.fixture
def pairing(lock: Lock) -> Lock:
    """The button inside has been held, and the bridge has opened its window."""
    lock.hold(BUTTON[lock.profile.id], 3_000)
    assert len(lock.of(OpenPairing)) == 1
    lock.give(PairingChanged(open=True))
    lock.listen()
    return lock


@pytest.mark.spec("DLM-11", "L2S-12")
def test_held_until_the_voice_says_so(lock: Lock) -> None:
    lock.give(KeyDown(BUTTON[lock.profile.id]))
    lock.advance(2_999)
    assert lock.prompts == []
    lock.advance(1)
    assert lock.prompts == [Prompt.JOIN_GATEWAY if lock.profile.id == "l2s" else Prompt.PAIRING_OPEN]
    lock.advance(5_000)
    assert len(lock.of(OpenPairing)) == 1


@pytest.mark.spec("DLM-11", "L2S-12")
def test_the_lamp_and_the_digit_flash(pairing: Lock) -> None:
    assert Lamp.PAIRING in pairing.lights.lamps
    assert pairing.lights.flashing == {"l2s": {"5"}, "palm6068": {"0"}, "dl50fvs": set()}[pairing.profile.id]
    pairing.give(PairingChanged(open=False))
    assert (Lamp.PAIRING in pairing.lights.lamps, pairing.lights.flashing) == (False, frozenset())


@pytest.mark.spec("L2S-12")
def test_the_star_leaves(pairing: Lock) -> None:
    assert "back" in pairing.lights.keys
    pairing.press("1", "back")
    assert pairing.of(ClosePairing) == []
    pairing.press("back")
    assert len(pairing.of(ClosePairing)) == 1
    pairing.give(PairingChanged(open=False))
    assert pairing.runs(Timer.PAIRING) is None


@pytest.mark.spec("DLM-11", "L2S-12")
def test_nobody_outside_ends_a_window_that_was_opened_elsewhere(lock: Lock) -> None:
    lock.give(PairingChanged(open=True))
    assert Lamp.PAIRING in lock.lights.lamps
    lock.press("back", "back")
    lock.advance(180_000)
    assert lock.of(ClosePairing) == []
    lock.give(PairingChanged(open=False))
    lock.hold(BUTTON[lock.profile.id], 3_000)
    lock.give(PairingChanged(open=True))
    lock.press("back")
    assert len(lock.of(ClosePairing)) == 1


@pytest.mark.spec("DLM-11", "L2S-12")
def test_nor_one_that_somebody_opens_after_the_locks_own(pairing: Lock) -> None:
    pairing.give(PairingChanged(open=False))
    pairing.give(PairingChanged(open=True))
    pairing.press("back", "back")
    assert pairing.of(ClosePairing) == []


@pytest.mark.spec("DLM-11", "L2S-12")
def test_nor_when_the_lock_has_asked_for_one_in_vain(lock: Lock) -> None:
    lock.hold(BUTTON[lock.profile.id], 3_000)
    lock.advance(180_000)
    lock.give(PairingChanged(open=True))
    lock.press("back", "back")
    lock.ring(Timer.PAIRING)
    assert lock.of(ClosePairing) == []


@pytest.mark.spec("DLM-11", "L2S-12")
def test_it_ends_by_itself_after_three_minutes(pairing: Lock) -> None:
    pairing.advance(179_999)
    assert pairing.of(ClosePairing) == []
    assert pairing.state.awake
    pairing.advance(1)
    assert len(pairing.of(ClosePairing)) == 1


@pytest.mark.spec("DLM-11", "L2S-12")
def test_asked_for_anew_it_ends_three_minutes_after_that(pairing: Lock) -> None:
    """The bridge ends the window that is open before it opens the next one."""
    pairing.advance(60_000)
    pairing.hold(BUTTON[pairing.profile.id], 3_000)
    pairing.give(PairingChanged(open=False))
    pairing.give(PairingChanged(open=True))
    pairing.advance(179_999)
    assert pairing.of(ClosePairing) == []
    pairing.advance(1)
    assert len(pairing.of(ClosePairing)) == 1


@pytest.mark.spec("DLM-11")
def test_a_window_that_somebody_else_opens_afterwards_is_not_ended_by_the_lock(pairing: Lock) -> None:
    pairing.advance(60_000)
    pairing.give(PairingChanged(open=False))
    pairing.give(PairingChanged(open=True))
    pairing.advance(180_000)
    assert pairing.of(ClosePairing) == []


@pytest.mark.spec("DLM-11", "L2S-12")
@pytest.mark.parametrize("same_boot", [True, False])
def test_a_lock_that_starts_anew_leaves_no_window_open_that_it_does_not_show(pairing: Lock, *, same_boot: bool) -> None:
    if same_boot:
        pairing.restart()
    else:
        pairing.power_cut()
    assert not pairing.state.pairing
    assert len(pairing.of(ClosePairing)) == 1


@pytest.mark.spec("DLM-11")
def test_a_window_that_was_closed_before_is_not_closed_again(pairing: Lock) -> None:
    pairing.give(PairingChanged(open=False))
    pairing.advance(180_000)
    pairing.ring(Timer.PAIRING)
    assert pairing.of(ClosePairing) == []


def test_the_door_opens_in_pairing_mode_as_ever(pairing: Lock) -> None:
    pairing.open_with(ANNA)
    assert pairing.is_open


@pytest.mark.spec("DLM-11", "DLM-2")
def test_a_short_press_is_for_the_menu_and_a_long_one_is_not(numbered: Lock) -> None:
    numbered.hold(Key.SET, 2_999)
    assert stage(numbered) is not None
    assert numbered.of(OpenPairing) == []
    numbered.press("back")
    numbered.hold(Key.SET, 3_000)
    assert stage(numbered) is None
    assert len(numbered.of(OpenPairing)) == 1


@pytest.mark.spec("DLM-11")
def test_the_menu_that_was_open_is_left_for_it(numbered: Lock) -> None:
    open_menu(numbered)
    numbered.press("2", str(numbered.profile.enrol_items.index(CredentialType.FINGERPRINT) + 1))
    numbered.hold(Key.SET, 3_000)
    assert stage(numbered) is None
    assert numbered.state.enrolment is not None
    assert not numbered.state.enrolment.active


@pytest.mark.spec("APP-6")
def test_the_app_asks_for_it_too(lock: Lock) -> None:
    lock.ok(AskPairing)
    assert len(lock.of(OpenPairing)) == 1
    assert lock.of(Say) == []
    lock.give(PairingChanged(open=True))
    lock.advance(180_000)
    assert len(lock.of(ClosePairing)) == 1


def test_a_press_that_was_interrupted_asks_for_nothing(lock: Lock) -> None:
    lock.hold(BUTTON[lock.profile.id], 1_000)
    lock.ring(Timer.HOLD)
    assert lock.of(OpenPairing) == []


def test_a_model_without_such_a_button_has_set_for_the_menu_alone() -> None:
    lock = Lock(replace(Lock("palm6068").profile, pairing_key=None))
    lock.add("Anna", ANNA, admin=True)
    lock.hold(Key.SET, 5_000)
    assert (lock.of(OpenPairing), stage(lock)) == ([], None)
    open_menu(lock)
