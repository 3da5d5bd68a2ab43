"""Silence: the volume (SND-1, L2S-11) and the one-time mute (DLM-12)."""

from collections.abc import Callable

import pytest

from lock_bridge.engine.effects import Light, Prompt, Sound, Tone
from lock_bridge.engine.inputs import (
    BoltPosition,
    Key,
    KeyDown,
    KeyUp,
    RemoteUnlock,
    SetMute,
    TamperSeen,
    Timer,
)
from lock_bridge.engine.menu_state import Stage
from lock_bridge.engine.model import Credential
from lock_bridge.engine.passcode import passcode_mac
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType
from tests.engine.conftest import ANNA, lock_with_anna
from tests.engine.lock import KEYS, Lock
from tests.engine.menus import open_menu, stage

FINGER, FACE, PALM, PIN = (
    CredentialType.FINGERPRINT,
    CredentialType.FACE,
    CredentialType.PALM_VEIN,
    CredentialType.PIN,
)
VISITOR = "917402"


@pytest.fixture
def muted(palm: Lock) -> Lock:
    """Somebody has woken the keypad and held 0."""
    palm.press("back")
    palm.hold("0", 3_000)
    palm.advance(2_000)
    palm.listen()
    return palm


def sounds(lock: Lock) -> list[Tone]:
    """All tones, those of keys too."""
    return [sound.tone for sound in lock.of(Sound)]


@pytest.mark.spec("DLM-12")
def test_zero_held_for_three_seconds_flashes_twice_and_silences(palm: Lock) -> None:
    palm.press("back")
    palm.give(KeyDown(Key.D0))
    palm.advance(2_999)
    assert not palm.state.modes.mute_once
    palm.listen()
    palm.advance(3_000)
    assert palm.disk.modes.mute_once
    lit = [effect.keys == {"0"} for effect in palm.of(Light)]
    assert lit == [True, False, True, False, False]
    palm.give(KeyUp(Key.D0))


@pytest.mark.spec("DLM-12")
def test_tones_and_prompts_are_silent_then(muted: Lock) -> None:
    muted.wrong(5)
    muted.press(Key.DOORBELL)
    assert (sounds(muted), muted.prompts) == ([], [])
    assert muted.state.locked_out


@pytest.mark.spec("DLM-12", "ALM-1")
def test_the_tamper_tone_still_sounds(muted: Lock) -> None:
    muted.give(TamperSeen(off=True))
    muted.give(TamperSeen(off=False))
    assert sounds(muted) == [Tone.ALARM, Tone.ALARM_END]


@pytest.mark.spec("DLM-12")
def test_the_digit_that_was_held_is_not_typed(muted: Lock) -> None:
    assert muted.state.entry == ""
    muted.open_with(ANNA)
    assert muted.is_open


@pytest.mark.spec("DLM-12", "VER-1")
def test_the_touch_that_wakes_the_keypad_silences_nothing(palm: Lock) -> None:
    palm.hold("0", 4_000)
    assert palm.state.awake
    assert not palm.state.modes.mute_once


@pytest.mark.spec("DLM-12")
def test_a_short_press_or_one_within_a_code_is_a_digit(palm: Lock) -> None:
    palm.press("back")
    palm.hold("0", 2_999)
    assert palm.state.entry == "0"
    palm.hold("0", 4_000)
    assert palm.state.entry == "00"
    palm.press("back")
    palm.give(KeyDown(Key.D0))
    palm.press("7")
    palm.advance(4_000)
    assert palm.state.entry == "07"
    assert not palm.state.modes.mute_once


@pytest.mark.spec("DLM-12")
def test_the_other_models_have_no_such_thing(l2s: Lock) -> None:
    for lock in (l2s, lock_with_anna("dl50fvs")):
        lock.press("back")
        lock.hold("0", 4_000)
        assert not lock.state.modes.mute_once


@pytest.mark.spec("DLM-12")
def test_in_a_menu_zero_is_a_key_as_any_other(palm: Lock) -> None:
    open_menu(palm)
    palm.hold("0", 4_000)
    assert not palm.state.modes.mute_once


@pytest.mark.spec("DLM-12", "DLM-10")
def test_information_that_nobody_would_hear_returns_at_once(muted: Lock) -> None:
    muted.press(Key.SET, *ANNA, "ok", "5")
    assert stage(muted) is Stage.TOP
    assert muted.prompts == []


def by_passcode(lock: Lock) -> None:
    lock.open_with(ANNA)


def by_finger(lock: Lock) -> None:
    lock.finger(3)


def by_face(lock: Lock) -> None:
    lock.near()
    lock.face(4)


def by_palm(lock: Lock) -> None:
    lock.palm(5)


def by_visitors_code(lock: Lock) -> None:
    lock.open_with(VISITOR)


def from_afar(lock: Lock) -> None:
    lock.set(remote_unlock=True)
    lock.ok(RemoteUnlock)


def by_key(lock: Lock) -> None:
    lock.turn_key(BoltPosition.RETRACTED)


def from_inside(lock: Lock) -> None:
    lock.use_inside_handle()


def with_everything(lock: Lock) -> None:
    """Anna's finger, face and palm, and a visitor's passcode of hers."""
    lock.holds(
        Credential(FINGER, 1, "anna", slot=3),
        Credential(FACE, 1, "anna", slot=4),
        Credential(PALM, 1, "anna", slot=5),
        Credential(PIN, 2, "anna", mac=passcode_mac(KEYS.pin, VISITOR), temporary=True),
    )


@pytest.mark.spec("DLM-12")
@pytest.mark.parametrize("way", [by_passcode, by_finger, by_face, by_palm])
def test_the_next_opening_outside_by_somebody_enrolled_ends_it(muted: Lock, way: Callable[[Lock], None]) -> None:
    with_everything(muted)
    way(muted)
    muted.settle()
    assert muted.is_open
    assert not muted.disk.modes.mute_once
    muted.wrong()
    assert Tone.FAILURE in sounds(muted)


@pytest.mark.spec("DLM-12")
@pytest.mark.parametrize("way", [by_visitors_code, from_afar, by_key, from_inside])
def test_a_visitor_the_app_the_key_and_the_inside_do_not_end_it(muted: Lock, way: Callable[[Lock], None]) -> None:
    with_everything(muted)
    way(muted)
    muted.settle()
    assert muted.is_open
    assert muted.disk.modes.mute_once


@pytest.mark.spec("DLM-12")
def test_it_survives_a_power_cut(muted: Lock) -> None:
    muted.power_cut()
    muted.wrong()
    assert sounds(muted) == []


@pytest.mark.spec("L2S-11", "SND-1")
def test_mute_silences_keys_and_verdicts_but_neither_alarms_nor_the_voice(lock: Lock) -> None:
    lock.set(volume="mute")
    lock.listen()
    lock.wrong(5)
    assert sounds(lock) == []
    assert lock.prompts == [Prompt.LOCKED_OUT]
    lock.give(TamperSeen(off=True))
    lock.press(Key.DOORBELL)
    assert sounds(lock) == [Tone.ALARM, Tone.DOORBELL]


@pytest.mark.spec("SND-1")
@pytest.mark.parametrize("volume", ["high", "low"])
def test_tones_and_prompts_carry_the_volume(lock: Lock, volume: str) -> None:
    lock.set(volume=volume)
    lock.listen()
    lock.wrong()
    assert {sound.volume for sound in lock.of(Sound)} == {volume}


def test_the_hold_means_nothing_once_the_key_is_up(palm: Lock) -> None:
    palm.press("back")
    palm.hold("0", 1_000)
    palm.ring(Timer.HOLD)
    assert not palm.state.modes.mute_once


@pytest.mark.spec("DLM-12")
def test_the_app_mutes_once_too_and_can_take_it_back(palm: Lock) -> None:
    palm.ok(SetMute, on=True)
    assert palm.disk.modes.mute_once
    palm.listen()
    palm.wrong()
    assert (sounds(palm), palm.prompts) == ([], [])
    palm.ok(SetMute, on=False)
    assert not palm.disk.modes.mute_once
    palm.listen()
    palm.wrong()
    assert Tone.FAILURE in sounds(palm)


@pytest.mark.spec("DLM-12")
def test_a_mute_from_the_app_ends_as_any_other(palm: Lock) -> None:
    palm.ok(SetMute, on=True)
    palm.ok(SetMute, on=True)
    palm.open_with(ANNA)
    assert not palm.disk.modes.mute_once


def test_a_lock_without_a_one_time_mute_has_none_in_the_app(l2s: Lock) -> None:
    assert l2s.refused(SetMute, on=True) is ErrorCode.NOT_SUPPORTED
    assert not l2s.state.modes.mute_once


def test_a_mute_that_is_not_written_is_not_begun(palm: Lock) -> None:
    palm.disk_refuses = True
    assert palm.refused(SetMute, on=True) is ErrorCode.STORAGE
    assert not palm.state.modes.mute_once
