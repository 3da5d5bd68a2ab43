"""Which keys light when: those that can be pressed (VER-1, BLT-2, DLM, L2S)."""

import pytest

from lock_bridge.engine.effects import Lamp, Light
from lock_bridge.engine.inputs import EnrolStep, Key, KeyDown, PowerSeen
from lock_bridge.engine.menu_state import Stage
from lock_bridge.wire.words import CredentialType
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import Lock
from tests.engine.menus import ask_for_menu, open_menu, stage

DIGITS = set("0123456789")
ENTRY = DIGITS | {"ok", "back"}


@pytest.mark.spec("DLM-2", "L2S-1")
def test_while_an_administrator_is_to_verify_the_keys_of_a_passcode_light(lock: Lock) -> None:
    ask_for_menu(lock)
    assert lock.lights.keys == ENTRY


@pytest.mark.spec("DLM-2", "DLM-3", "DLM-4")
def test_then_the_keys_of_the_menu_light(numbered: Lock) -> None:
    open_menu(numbered)
    items = {"dl50fvs": "123456", "palm6068": "12345"}[numbered.profile.id]
    assert numbered.lights.keys == {*items, "back"}
    numbered.press("2")
    numbered.advance(3_000)
    assert numbered.lights.keys == {*"1234", "back"}


@pytest.mark.spec("DLM-8")
def test_for_a_number_digits_light_and_confirm_once_one_is_typed(numbered: Lock) -> None:
    open_menu(numbered)
    numbered.press("3")
    assert numbered.lights.keys == DIGITS | {"back"}
    numbered.press("0")
    assert numbered.lights.keys == ENTRY
    numbered.press("0", "1")
    assert numbered.lights.keys == {"ok", "back"}


def test_in_the_menu_of_short_codes_all_keys_light(l2s: Lock) -> None:
    open_menu(l2s)
    for keys in ("12", "ok", ANNA[:3]):
        assert l2s.lights.keys == ENTRY
        l2s.press(*([keys] if keys == "ok" else keys))


def test_a_key_ends_a_show_and_counts(numbered: Lock) -> None:
    open_menu(numbered)
    numbered.press("2")
    numbered.advance(700)
    assert numbered.lights.keys == frozenset()
    numbered.press("back")
    assert stage(numbered) is Stage.TOP
    lit = numbered.lights
    numbered.listen()
    numbered.advance(3_000)
    assert numbered.lights == lit
    assert numbered.of(Light) == []


def test_a_show_goes_on_while_other_things_happen(numbered: Lock) -> None:
    open_menu(numbered)
    numbered.press("2")
    numbered.give(KeyDown(Key.DOORBELL))
    assert numbered.lights.keys == {"0"}


@pytest.mark.spec("DLM-14")
def test_the_palms_light_is_on_only_while_one_is_wanted(palm: Lock) -> None:
    open_menu(palm)
    palm.press("1", "2")
    assert Lamp.PALM in palm.lights.lamps
    palm.press("back")
    assert Lamp.PALM not in palm.lights.lamps


def test_no_other_enrolment_lights_it(palm: Lock) -> None:
    open_menu(palm)
    palm.press("1", "3")
    palm.give(EnrolStep(CredentialType.FINGERPRINT, 1))
    assert palm.lights.lamps <= {Lamp.GREEN}


@pytest.mark.spec("VER-5")
def test_the_infrared_light_is_on_while_a_face_is_looked_for(palm: Lock) -> None:
    palm.near()
    assert Lamp.INFRARED in palm.lights.lamps
    palm.advance(palm.profile.look_ms)
    assert Lamp.INFRARED not in palm.lights.lamps


@pytest.mark.spec("ALM-3")
def test_a_low_battery_is_shown_while_the_keypad_is_awake(lock: Lock) -> None:
    lock.give(PowerSeen(15))
    assert Lamp.BATTERY not in lock.lights.lamps
    lock.press("back")
    assert (Lamp.BATTERY in lock.lights.lamps) is (lock.profile.battery_kind == "pack")


@pytest.mark.spec("BLT-2")
def test_opened_from_inside_the_confirm_key_lights_alone_and_locks(numbered: Lock) -> None:
    numbered.use_inside_handle()
    numbered.set_door(is_open=False)
    assert numbered.lights.keys == {"ok"}
    numbered.press("ok")
    numbered.settle()
    assert not numbered.is_open
    assert (numbered.lights.keys, numbered.state.awake) == (frozenset(), False)


@pytest.mark.spec("BLT-2", "VER-1")
def test_there_a_digit_only_wakes_and_a_typed_code_is_still_a_code(numbered: Lock) -> None:
    numbered.use_inside_handle()
    numbered.set_door(is_open=False)
    numbered.press("4")
    assert numbered.lights.keys >= ENTRY
    numbered.press(*BEN, "ok")
    numbered.settle()
    assert numbered.is_open
    numbered.press("ok")
    numbered.settle()
    assert not numbered.is_open


@pytest.mark.spec("BLT-8", "VER-1")
def test_the_leaving_key_lights_with_the_others_and_its_first_touch_only_wakes(numbered: Lock) -> None:
    numbered.press(Key.LEAVE)
    assert numbered.lights.keys == ENTRY | {"leave"}
    assert not numbered.state.modes.leaving_home
    numbered.press(Key.LEAVE)
    assert numbered.state.modes.leaving_home


@pytest.mark.spec("BLT-8")
def test_while_somebody_verifies_for_the_menu_the_leaving_key_is_dark_and_does_nothing(numbered: Lock) -> None:
    numbered.press(Key.SET, Key.LEAVE)
    assert not numbered.state.modes.leaving_home
    assert stage(numbered) is Stage.VERIFY


@pytest.mark.spec("BLT-10")
def test_the_emergency_button_opens_from_within_the_menu(dl50: Lock) -> None:
    open_menu(dl50)
    dl50.press(Key.EMERGENCY)
    dl50.settle()
    assert dl50.is_open
    assert stage(dl50) is Stage.TOP


@pytest.mark.spec("DLM-13")
def test_the_home_key_works_while_the_keypad_sleeps(numbered: Lock) -> None:
    numbered.press(Key.HOME)
    assert numbered.state.screen.value == "outside"
    assert not numbered.state.awake
