"""The screen on the rear: a code to scan while pairing, the outside at a doorbell and at the home key."""

from dataclasses import replace

import pytest

from lock_bridge.engine.effects import Screen, Tone, View
from lock_bridge.engine.inputs import Key, PairingChanged, PowerSeen, Timer
from tests.engine.lock import Lock

HALF_A_MINUTE = 30_000


def views(lock: Lock) -> list[View]:
    return [effect.view for effect in lock.of(Screen)]


@pytest.mark.spec("DLM-13")
@pytest.mark.parametrize("key", [Key.DOORBELL, Key.HOME])
def test_a_doorbell_and_the_home_key_show_the_outside_for_half_a_minute(driven: Lock, key: Key) -> None:
    driven.press(key)
    driven.advance(HALF_A_MINUTE - 1)
    assert driven.state.screen is View.OUTSIDE
    driven.advance(1)
    assert driven.state.screen is View.OFF
    assert views(driven) == [View.OUTSIDE, View.OFF]


@pytest.mark.spec("DLM-13")
def test_pressed_again_it_is_shown_for_another_half_minute(driven: Lock) -> None:
    driven.press(Key.DOORBELL)
    driven.advance(20_000)
    driven.press(Key.HOME)
    driven.advance(20_000)
    assert views(driven) == [View.OUTSIDE]
    driven.advance(10_000)
    assert views(driven) == [View.OUTSIDE, View.OFF]


@pytest.mark.spec("DLM-13")
def test_in_pairing_mode_it_shows_the_code_and_nothing_else(driven: Lock) -> None:
    driven.press(Key.HOME)
    driven.give(PairingChanged(True))
    assert driven.state.screen is View.PAIRING
    assert driven.runs(Timer.SCREEN) is None
    for key in (Key.DOORBELL, Key.HOME):
        driven.press(key)
        assert driven.state.screen is View.PAIRING
    assert Tone.FAILURE not in driven.tones
    driven.advance(HALF_A_MINUTE)
    driven.ring(Timer.SCREEN)
    assert driven.state.screen is View.PAIRING
    driven.give(PairingChanged(False))
    assert views(driven) == [View.OUTSIDE, View.PAIRING, View.OFF]


@pytest.mark.spec("DLM-13")
def test_l2s_has_no_screen(l2s: Lock) -> None:
    l2s.press(Key.DOORBELL)
    l2s.give(PairingChanged(True))
    l2s.restart()
    assert views(l2s) == []
    assert l2s.state.screen is View.OFF


@pytest.mark.spec("ALM-4", "DCM-2", "DLM-13")
def test_below_twenty_percent_there_is_no_outside_to_show(driven: Lock) -> None:
    driven.give(PowerSeen(19))
    driven.press(Key.DOORBELL)
    assert Tone.FAILURE not in driven.tones
    driven.press(Key.HOME)
    assert driven.tones[-1] is Tone.FAILURE
    assert views(driven) == []
    driven.give(PowerSeen(20))
    driven.press(Key.HOME)
    assert views(driven) == [View.OUTSIDE]


@pytest.mark.spec("ALM-4", "DLM-13")
def test_a_battery_that_falls_below_it_meanwhile_takes_the_picture_away(driven: Lock) -> None:
    driven.press(Key.HOME)
    driven.give(PowerSeen(20))
    assert driven.state.screen is View.OUTSIDE
    driven.give(PowerSeen(19))
    assert driven.state.screen is View.OFF
    assert driven.runs(Timer.SCREEN) is None


@pytest.mark.spec("ALM-4")
def test_a_code_to_scan_needs_no_camera(driven: Lock) -> None:
    driven.give(PairingChanged(True))
    driven.give(PowerSeen(5))
    assert driven.state.screen is View.PAIRING


def test_a_screen_without_a_camera_shows_codes_alone(driven: Lock) -> None:
    blind = Lock(replace(driven.profile, camera=False))
    blind.press(Key.HOME)
    assert blind.tones == [Tone.FAILURE]
    blind.give(PairingChanged(True))
    assert blind.state.screen is View.PAIRING


@pytest.mark.spec("DLM-13")
def test_after_a_start_it_is_dark(driven: Lock) -> None:
    driven.press(Key.HOME)
    driven.listen()
    driven.restart()
    assert views(driven) == [View.OFF]
