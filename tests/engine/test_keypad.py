"""The keypad: asleep and awake, digits, confirm, back, and entries that are too short or too long."""

import pytest

from lock_bridge.engine.effects import Lamp, OpenPairing, Prompt, SaveLockout, Sound, Tone
from lock_bridge.engine.inputs import Key, KeyDown, KeyUp, PairingChanged, Timer
from lock_bridge.wire.words import EventType
from tests.engine.conftest import ANNA, BEN, lock_with_anna
from tests.engine.lock import Lock


def front(lock: Lock) -> set[str]:
    """The keys of a model's front that light."""
    return {*"0123456789", "ok", "back"} | ({"leave"} if lock.profile.menu == "numbered" else set())


@pytest.mark.spec("VER-1")
def test_a_touch_wakes_the_keypad_and_its_keys_light(lock: Lock) -> None:
    assert lock.lights.keys == frozenset()
    lock.press("5")
    assert lock.lights.keys == front(lock)


@pytest.mark.spec("VER-1")
def test_the_digit_that_wakes_the_keypad_does_not_count(lock: Lock) -> None:
    lock.press(*ANNA, "ok")
    lock.settle()
    assert not lock.is_open
    lock.open_with(ANNA)
    assert lock.is_open


@pytest.mark.spec("VER-1")
@pytest.mark.parametrize("key", ["ok", "back", "0"])
def test_any_key_of_the_front_wakes_it_and_does_nothing_else(lock: Lock, key: str) -> None:
    lock.press(key)
    assert lock.state.awake
    assert lock.facts == []
    assert [sound.tone for sound in lock.of(Sound)] == [Tone.KEY]


@pytest.mark.spec("CAP-16")
def test_the_keypad_sleeps_after_twenty_seconds_without_a_touch(lock: Lock) -> None:
    lock.press("back")
    lock.advance(19_999)
    assert lock.lights.keys == front(lock)
    lock.advance(1)
    assert lock.lights.keys == frozenset()


@pytest.mark.spec("CAP-16")
def test_each_touch_keeps_it_awake_for_another_twenty_seconds(lock: Lock) -> None:
    for key in ("back", "1", "back", "ok", "2"):
        lock.press(key)
        lock.advance(19_000)
    assert lock.state.awake
    lock.advance(1_000)
    assert not lock.state.awake


@pytest.mark.spec("S38")
def test_a_half_typed_code_is_forgotten_when_the_keypad_sleeps(lock: Lock) -> None:
    lock.press("back", *ANNA[:5])
    lock.advance(20_000)
    lock.press("back", ANNA[5], "ok")
    lock.settle()
    assert not lock.is_open


@pytest.mark.spec("VER-2")
def test_digits_and_the_confirm_key_open(lock: Lock) -> None:
    lock.press("back", *ANNA)
    assert lock.drives == []
    lock.press("ok")
    lock.settle()
    assert lock.is_open


@pytest.mark.spec("VER-2")
def test_the_back_key_drops_what_was_typed(lock: Lock) -> None:
    lock.press("back", *ANNA[:3], "back", *ANNA[3:], "ok")
    lock.settle()
    assert not lock.is_open
    lock.press("9", "9", "back", *ANNA, "ok")
    lock.settle()
    assert lock.is_open


@pytest.mark.spec("VER-2")
def test_confirm_with_nothing_typed_does_nothing(lock: Lock) -> None:
    lock.press("back")
    lock.listen()
    lock.press("ok", "ok", "ok", "ok", "ok", "ok")
    assert (lock.facts, lock.of(Sound), lock.of(SaveLockout)) == ([], [], [])
    lock.press("1", "back", "ok")
    assert lock.facts == []


@pytest.mark.spec("VER-2")
@pytest.mark.parametrize("entry", ["1", "12345", ANNA[:5]])
def test_fewer_than_six_digits_are_a_failure_that_counts(lock: Lock, entry: str) -> None:
    lock.enter(entry)
    assert lock.tones == [Tone.FAILURE]
    assert lock.events == [EventType.ACCESS_REFUSED]
    assert len(lock.state.lockout.failures) == 1


@pytest.mark.spec("VER-2", "CAP-13", "S34")
def test_the_twenty_first_digit_fails_drops_the_entry_and_does_not_count(lock: Lock) -> None:
    lock.press("back", *(ANNA + "0" * 14))
    assert lock.tones == []
    lock.press("0")
    assert lock.tones == [Tone.FAILURE]
    assert (lock.facts, lock.of(SaveLockout)) == ([], [])
    lock.press("ok")
    lock.settle()
    assert not lock.is_open


@pytest.mark.spec("CAP-13")
def test_twenty_digits_with_the_right_code_among_them_open(lock: Lock) -> None:
    lock.open_with("0" * 7 + ANNA + "0" * 7)
    assert lock.is_open


def test_after_a_code_the_next_one_starts_from_nothing(lock: Lock) -> None:
    lock.enter(ANNA[:3])
    lock.enter(ANNA[3:])
    lock.settle()
    assert not lock.is_open


def test_keys_that_the_model_lacks_do_nothing(l2s: Lock) -> None:
    l2s.press(Key.LOCK, Key.SET)
    assert l2s.effects == []


def test_keys_of_the_rear_and_the_doorbell_work_while_the_keypad_sleeps(palm: Lock) -> None:
    palm.press(Key.DOORBELL)
    assert palm.tones == [Tone.DOORBELL]
    assert not palm.state.awake


@pytest.mark.spec("DLM-11", "L2S-12")
@pytest.mark.parametrize(
    ("profile", "key", "said"),
    [
        ("palm6068", Key.SET, Prompt.PAIRING_OPEN),
        ("dl50fvs", Key.SET, Prompt.PAIRING_OPEN),
        ("l2s", Key.RESET, Prompt.JOIN_GATEWAY),
    ],
)
def test_the_rear_button_held_for_three_seconds_asks_for_pairing(profile: str, key: Key, said: Prompt) -> None:
    lock = lock_with_anna(profile)
    lock.give(KeyDown(key))
    lock.advance(2_999)
    assert lock.of(OpenPairing) == []
    lock.advance(1)
    assert len(lock.of(OpenPairing)) == 1
    assert lock.prompts == [said]
    lock.advance(10_000)
    assert len(lock.of(OpenPairing)) == 1


def test_a_short_press_does_not_ask_for_pairing(palm: Lock) -> None:
    palm.give(KeyDown(Key.SET))
    palm.advance(2_000)
    palm.give(KeyUp(Key.D1))
    assert palm.runs(Timer.HOLD) == 1_000
    palm.give(KeyUp(Key.SET))
    assert palm.runs(Timer.HOLD) is None
    palm.ring(Timer.HOLD)
    assert palm.of(OpenPairing) == []


def test_the_pairing_lamp_is_lit_while_pairing_is_open(lock: Lock) -> None:
    lock.give(PairingChanged(open=True))
    assert Lamp.PAIRING in lock.lights.lamps
    lock.give(PairingChanged(open=False))
    assert Lamp.PAIRING not in lock.lights.lamps


@pytest.mark.spec("VER-6")
def test_a_light_shows_the_verdict_for_two_seconds(lock: Lock) -> None:
    lock.wrong()
    assert lock.lights.lamps == {Lamp.RED}
    lock.advance(1_999)
    assert lock.lights.lamps == {Lamp.RED}
    lock.advance(1)
    assert lock.lights.lamps == frozenset()
    lock.enter(ANNA)
    assert lock.lights.lamps == {Lamp.GREEN}


@pytest.mark.spec("S21")
@pytest.mark.parametrize("confirm", [True, False])
def test_nothing_that_the_lock_keeps_or_does_depends_on_which_wrong_digits_were_typed(
    palm: Lock, *, confirm: bool
) -> None:
    told = []
    for code in ("7305148", "2960371"):
        lock = Lock("palm6068")
        lock.add("Anna", ANNA, admin=True)
        lock.press("back", *code, *(["ok"] if confirm else []))
        told.append((repr(lock.state), [repr(effect) for effect in lock.effects], repr(KeyDown(Key.D1))))
    assert told[0] == told[1]
    assert BEN not in told[0][0]
    assert "1" not in told[0][2]
