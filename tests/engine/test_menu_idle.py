"""A menu left alone: when the idle time runs, and what goes with it (MNU-1, CAP-16)."""

import pytest

from lock_bridge.engine.effects import Prompt
from lock_bridge.engine.inputs import EnrolStep, Key, KeyDown, PairingChanged, PartFault, SpeechEnded, Timer
from lock_bridge.engine.menu_state import Stage
from lock_bridge.wire.words import CredentialType, Part
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import MINUTE, PROMPT_MS, Lock
from tests.engine.menus import ask_for_menu, open_menu, stage

FINGER = CredentialType.FINGERPRINT


def begin_passcode(lock: Lock) -> None:
    """A new passcode is asked for, and the voice is done."""
    if lock.profile.menu == "codes":
        lock.press(*"12", "ok")
    else:
        lock.press("2", str(lock.profile.enrol_items.index(CredentialType.PIN) + 1))
    lock.listen_out()


def begin_finger(lock: Lock) -> None:
    """A finger is asked for, and the voice is done."""
    if lock.profile.menu == "codes":
        lock.press(*"11", "ok")
    else:
        lock.press("2", str(lock.profile.enrol_items.index(FINGER) + 1))
    lock.listen_out()


@pytest.mark.spec("MNU-1", "CAP-16")
def test_a_menu_left_alone_ends_when_the_keypad_sleeps(lock: Lock) -> None:
    open_menu(lock)
    lock.advance(19_999 - PROMPT_MS)
    lock.press("0")
    lock.advance(19_999)
    assert stage(lock) is Stage.TOP
    lock.advance(1)
    assert (stage(lock), lock.state.awake) == (None, False)
    assert lock.prompts[-1] is Prompt.MENU_CLOSED


@pytest.mark.spec("MNU-1")
def test_what_was_half_entered_is_gone(lock: Lock) -> None:
    open_menu(lock)
    begin_passcode(lock)
    lock.press(*BEN, "ok", *BEN)
    lock.listen_out()
    lock.advance(20_000)
    assert stage(lock) is None
    lock.press("back", "ok")
    assert len(lock.state.directory.credentials) == 1
    open_menu(lock)
    assert stage(lock) is Stage.TOP


@pytest.mark.spec("MNU-1")
def test_somebody_who_only_asked_for_the_menu_has_as_long(lock: Lock) -> None:
    ask_for_menu(lock)
    lock.press(*ANNA[:4])
    lock.listen_out()
    lock.advance(20_000)
    assert (stage(lock), lock.state.entry) == (None, "")
    assert Prompt.MENU_CLOSED not in lock.prompts


@pytest.mark.spec("MNU-1")
def test_the_idle_time_does_not_run_while_the_voice_speaks(lock: Lock) -> None:
    ask_for_menu(lock)
    assert lock.state.speaking
    lock.listen_out()
    assert lock.runs(Timer.KEYPAD_IDLE) == 20_000


@pytest.mark.spec("MNU-1")
def test_a_voice_that_never_ends_keeps_the_menu_open_for_a_minute_at_most(lock: Lock) -> None:
    ask_for_menu(lock)
    lock._coming.clear()
    lock.advance(MINUTE - 1)
    assert stage(lock) is Stage.VERIFY
    lock.advance(1)
    assert stage(lock) is None


@pytest.mark.spec("MNU-1")
def test_it_does_not_run_during_an_enrolment_step(lock: Lock) -> None:
    open_menu(lock)
    begin_finger(lock)
    lock.advance(50_000)
    assert stage(lock) is Stage.ENROLLING
    lock.give(EnrolStep(FINGER, 1))
    lock.advance(50_000)
    assert stage(lock) is Stage.ENROLLING
    lock.learn()
    lock.listen_out()
    assert lock.runs(Timer.KEYPAD_IDLE) == 20_000


@pytest.mark.spec("MNU-1")
def test_a_finger_that_never_comes_ends_the_enrolment_and_then_the_menu(lock: Lock) -> None:
    open_menu(lock)
    begin_finger(lock)
    lock.advance(2 * MINUTE)
    assert stage(lock) is None
    assert len(lock.state.directory.users) == 1
    assert lock.reader == set()


@pytest.mark.spec("MNU-1", "DLM-10")
def test_it_does_not_run_while_information_is_read(numbered: Lock) -> None:
    open_menu(numbered)
    numbered._coming.clear()
    numbered.press(str(len(numbered.profile.menu_items)))
    numbered._coming.clear()
    numbered.advance(30_000)
    assert stage(numbered) is Stage.INFORMATION
    numbered.give(SpeechEnded())
    assert numbered.runs(Timer.KEYPAD_IDLE) == 20_000


@pytest.mark.spec("MNU-1")
def test_it_does_not_run_in_pairing_mode(lock: Lock) -> None:
    lock.press("back")
    lock.give(PairingChanged(open=True))
    lock.advance(2 * MINUTE)
    assert lock.state.awake
    lock.give(PairingChanged(open=False))
    lock.advance(20_000)
    assert not lock.state.awake


@pytest.mark.spec("MNU-1")
def test_a_power_cut_leaves_nothing_of_a_menu(lock: Lock) -> None:
    open_menu(lock)
    begin_finger(lock)
    lock.learn(touches=4)
    lock.power_cut()
    assert (stage(lock), len(lock.state.directory.users)) == (None, 1)
    assert lock.state.enrolment is None


@pytest.mark.spec("FLT-1", "MNU-1")
@pytest.mark.parametrize("part", [Part.KEYPAD, Part.LINK])
def test_with_the_keypad_its_menu_goes(lock: Lock, part: Part) -> None:
    open_menu(lock)
    begin_finger(lock)
    lock.give(PartFault(part, "no_answer"))
    assert (stage(lock), lock.lights.keys) == (None, frozenset())
    assert lock.state.enrolment is not None
    assert not lock.state.enrolment.active


def test_the_press_of_set_counts_as_a_touch(numbered: Lock) -> None:
    numbered.press("back")
    numbered.advance(15_000)
    numbered.give(KeyDown(Key.SET))
    assert numbered.runs(Timer.KEYPAD_IDLE) == 20_000
