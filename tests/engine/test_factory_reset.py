"""Factory reset: by the button inside as the power comes back, and from the app (RST-1, APP-6)."""

import pytest

from lock_bridge.engine.effects import (
    ClosePairing,
    DeleteTemplates,
    EraseLock,
    Look,
    OpenPairing,
    Prompt,
    Radio,
    RevokeClients,
    Tone,
)
from lock_bridge.engine.inputs import Key, KeyDown, KeyUp, PairingChanged, ResetLock, Timer
from lock_bridge.engine.model import LockoutRecord, Modes, Settings
from lock_bridge.engine.settings import default_settings
from lock_bridge.wire.words import CredentialType, EventType, OperatingMode, OperationSource
from tests.engine.conftest import ANNA
from tests.engine.lock import IDENTITY, Lock
from tests.engine.menus import open_menu, stage

CHOICE = {"ok", "back"}


def button(lock: Lock) -> Key:
    """SET, or RESET on the lock without users."""
    return lock.profile.reset_key


def power_cut_with_the_button_held(lock: Lock) -> None:
    """The battery goes back in while the button is down."""
    lock.power_cut()
    lock.listen_out()
    lock.listen()
    lock.mono_ms = 5_900
    lock.give(KeyDown(button(lock)))


def ask(lock: Lock) -> None:
    """Up to the voice's question."""
    power_cut_with_the_button_held(lock)
    lock.advance(4_000)
    lock.give(KeyUp(button(lock)))
    assert lock.prompts == [Prompt.FACTORY_RESET]


def is_new(lock: Lock) -> bool:
    """Whether nothing of anybody is left, in memory and on disk."""
    disk = lock.disk
    return (
        (disk.users, disk.credentials, disk.settings, disk.modes) == ({}, {}, None, Modes())
        and not lock.state.directory.users
        and lock.state.settings == default_settings(lock.profile.simple_passcodes)
        and lock.state.lockout == LockoutRecord(boot_id=lock.state.lockout.boot_id)
    )


@pytest.mark.spec("RST-1")
def test_held_while_the_power_comes_back_and_confirmed_it_erases_all(lock: Lock) -> None:
    lock.add_finger("anna")
    lock.set(language="nl", remote_unlock=True)
    ask(lock)
    assert lock.lights.keys == CHOICE
    lock.press("ok")
    assert is_new(lock)
    assert lock.reader == set()
    assert (lock.prompts[-1], lock.tones) == (Prompt.RESET_DONE, [Tone.SUCCESS])
    assert len(lock.of(RevokeClients)) == 1
    assert lock.fact(EventType.FACTORY_RESET).source is OperationSource.BUTTON


@pytest.mark.spec("RST-1")
def test_the_journal_and_what_stands_on_the_lock_stay(lock: Lock) -> None:
    before = len(lock.disk.journal)
    ask(lock)
    lock.press("ok")
    assert len(lock.disk.journal) > before
    assert lock.setup.identity == IDENTITY


@pytest.mark.spec("RST-1")
def test_pressed_after_the_power_is_back_it_is_to_be_held_five_seconds(lock: Lock) -> None:
    lock.power_cut()
    lock.advance(4_000)
    lock.listen()
    lock.give(KeyDown(button(lock)))
    lock.advance(4_999)
    assert lock.effects[1:] == []
    lock.advance(1)
    lock.give(KeyUp(button(lock)))
    assert lock.prompts == [Prompt.FACTORY_RESET]
    assert lock.of(OpenPairing) == []
    lock.press("ok")
    assert is_new(lock)


@pytest.mark.spec("RST-1")
def test_let_go_too_soon_nothing_is_asked(lock: Lock) -> None:
    lock.power_cut()
    lock.advance(4_000)
    lock.hold(button(lock), 4_999)
    lock.advance(10_000)
    assert Prompt.FACTORY_RESET not in lock.prompts
    assert lock.state.reset is None
    assert not is_new(lock)


@pytest.mark.spec("RST-1", "DLM-2")
def test_a_short_press_soon_after_the_power_is_back_is_still_for_the_menu(numbered: Lock) -> None:
    numbered.power_cut()
    numbered.advance(4_000)
    open_menu(numbered)


@pytest.mark.spec("RST-1")
def test_later_than_ten_seconds_after_the_power_it_is_a_button_as_ever(lock: Lock) -> None:
    lock.power_cut()
    lock.advance(10_001)
    lock.listen()
    lock.hold(button(lock), 5_000)
    assert len(lock.of(OpenPairing)) == 1
    assert Prompt.FACTORY_RESET not in lock.prompts


@pytest.mark.spec("RST-1")
def test_a_restart_of_the_service_is_no_return_of_the_power(lock: Lock) -> None:
    lock.restart()
    lock.give(KeyDown(button(lock)))
    lock.advance(5_000)
    lock.give(KeyUp(button(lock)))
    assert Prompt.FACTORY_RESET not in lock.prompts


@pytest.mark.spec("RST-1")
def test_without_the_confirm_key_nothing_is_reset_after_twenty_seconds(lock: Lock) -> None:
    ask(lock)
    lock.advance(19_999)
    assert lock.lights.keys == CHOICE
    lock.advance(1)
    assert (lock.lights.keys, lock.tones) == (frozenset(), [Tone.FAILURE])
    lock.press("ok")
    assert not is_new(lock)
    assert lock.of(EraseLock) == []


@pytest.mark.spec("RST-1")
def test_with_the_back_key_nothing_is_reset(lock: Lock) -> None:
    ask(lock)
    lock.press("5", "back")
    assert lock.lights.keys == frozenset()
    lock.press("ok")
    lock.advance(30_000)
    assert not is_new(lock)
    assert lock.tones == []


@pytest.mark.spec("RST-1")
def test_the_question_closes_a_menu_and_ends_what_the_lights_show(numbered: Lock) -> None:
    power_cut_with_the_button_held(numbered)
    numbered.press("back")
    numbered.give(KeyUp(button(numbered)))
    assert (numbered.lights.keys, stage(numbered)) == (CHOICE, None)


@pytest.mark.spec("RST-1")
def test_at_a_new_lock_the_question_takes_the_place_of_the_first_start() -> None:
    lock = Lock("palm6068")
    power_cut_with_the_button_held(lock)
    lock.give(KeyUp(button(lock)))
    assert (lock.lights.keys, stage(lock)) == (CHOICE, None)
    lock.press("ok")
    assert is_new(lock)


@pytest.mark.spec("RST-1", "DLM-1")
def test_after_it_the_lock_is_as_new(numbered: Lock) -> None:
    ask(numbered)
    numbered.press("ok")
    numbered.press("5")
    assert numbered.prompts[-1] is Prompt.CHOOSE_DIRECTION
    numbered.press("ok", "1", "ok", *ANNA, "ok", *ANNA, "ok")
    assert [user.number for user in numbered.state.directory.users.values()] == [1]


@pytest.mark.spec("RST-1", "L2S-1")
def test_after_it_the_lock_of_short_codes_is_in_its_initial_state(l2s: Lock) -> None:
    ask(l2s)
    l2s.press("ok")
    l2s.enter("3571")
    assert l2s.prompts[-1] is Prompt.MENU


@pytest.mark.spec("RST-1", "VER-10")
def test_a_lockout_goes_with_it_and_a_restart_after_it_is_no_power_cut(lock: Lock) -> None:
    lock.wrong(5)
    ask(lock)
    lock.press("ok")
    assert (lock.state.locked_out, lock.runs(Timer.LOCKOUT)) == (False, None)
    lock.restart()
    assert lock.state.powered_on_mono_ms is None


@pytest.mark.spec("RST-1", "BLT-7")
def test_passage_ends_with_it(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.set_mode(OperatingMode.PASSAGE)
    lock.ok(ResetLock)
    lock.settle()
    assert lock.state.mode is OperatingMode.NORMAL
    if lock.profile.bolt_kind == "clutch":
        assert lock.state.coupled is False


@pytest.mark.spec("APP-6", "RST-1")
def test_the_app_resets_a_lock_as_well(lock: Lock) -> None:
    lock.add_finger("anna")
    lock.listen()
    lock.ok(ResetLock)
    assert is_new(lock)
    told = lock.fact(EventType.FACTORY_RESET)
    assert (told.source, told.client_name) == (OperationSource.REMOTE, "Home Assistant")
    kinds = [type(effect).__name__ for effect in lock.effects]
    assert kinds.index("EraseLock") < kinds.index("Answer") < kinds.index("RevokeClients")


@pytest.mark.spec("APP-6")
def test_what_goes_on_ends_with_it(palm: Lock) -> None:
    palm.set(bluetooth=True)
    open_menu(palm)
    palm.press("2", "1")
    palm.learn()
    palm.press("back", "back")
    palm.give(PairingChanged(open=True))
    palm.near()
    palm.listen()
    palm.ok(ResetLock)
    assert palm.of(DeleteTemplates) == [DeleteTemplates(CredentialType.FACE, frozenset({0}))]
    assert palm.of(Look) == [Look(CredentialType.FACE, on=False)]
    assert palm.of(Radio)[-1] == Radio(wifi=Settings().wifi, bluetooth=False)
    assert len(palm.of(ClosePairing)) == 1


@pytest.mark.spec("APP-6", "MNU-1")
def test_an_enrolment_under_way_ends_with_it(numbered: Lock) -> None:
    open_menu(numbered)
    numbered.press("2", str(numbered.profile.enrol_items.index(CredentialType.FINGERPRINT) + 1))
    numbered.learn(touches=3)
    numbered.ok(ResetLock)
    numbered.advance(1_000)
    assert (stage(numbered), is_new(numbered)) == (None, True)
    assert numbered.state.enrolment is not None
    assert not numbered.state.enrolment.active


@pytest.mark.spec("RST-1")
def test_its_timer_means_nothing_once_all_is_over(lock: Lock) -> None:
    before = lock.state
    lock.ring(Timer.RESET)
    assert lock.state == before
    assert lock.effects == []
