"""From bytes of an input device to keys: nothing is told that was not pressed, and nothing stays down for ever."""

from collections import Counter

import pytest
from evdev import ecodes
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.engine.lights import FRONT
from lock_bridge.hardware.evdev_keypad.about import LIGHTS, STANDARD, STANDARD_SHIFTED
from lock_bridge.hardware.evdev_keypad.codes import CODES
from lock_bridge.hardware.evdev_keypad.states import EVENT, TYPED, KeyStates
from lock_bridge.hardware.ports import Key, KeyDown, KeyUp
from tests.hardware.emulators.keypad import REPORT, event, spoken

KP1, KP2, ENTER, SHIFT = ecodes.KEY_KP1, ecodes.KEY_KP2, ecodes.KEY_KPENTER, ecodes.KEY_LEFTSHIFT
SET = ecodes.KEY_F1
PLAIN: dict[int, Key | None] = {**STANDARD, SET: Key.SET}
CODE_OF_PAD = (KP1, KP2, ENTER, ecodes.KEY_1, ecodes.KEY_3, SHIFT, SET, ecodes.KEY_A)

type Told = list[KeyDown | KeyUp]


def states() -> KeyStates:
    made = KeyStates(PLAIN, STANDARD_SHIFTED)
    assert made.begin((), tell_rear=True) == []
    return made


def told(made: KeyStates, *data: bytes) -> Told:
    return [reading for piece in data for reading in made.feed(piece, lambda: ())]


def tapped(*codes: int) -> bytes:
    return b"".join(spoken(code, 1) + spoken(code, 0) for code in codes)


def keys_of(readings: Told) -> list[Key]:
    return [reading.key for reading in readings if isinstance(reading, KeyDown)]


def test_the_names_of_keys_are_those_of_linux() -> None:
    assert {name: ecodes.ecodes[name] for name in CODES} == dict(CODES)


def test_whatever_key_can_light_may_have_its_light_wired() -> None:
    assert {key.value for key in FRONT} <= set(LIGHTS)


@pytest.mark.parametrize("prefix", ["KEY_", "KEY_KP", "KEY_NUMERIC_"])
def test_digits_of_the_row_of_the_pad_and_of_telephones_are_digits(prefix: str) -> None:
    codes = [ecodes.ecodes[f"{prefix}{digit}"] for digit in range(10)]
    assert "".join(keys_of(told(states(), tapped(*codes)))) == "0123456789"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("KEY_ENTER", Key.CONFIRM),
        ("KEY_KPENTER", Key.CONFIRM),
        ("KEY_NUMERIC_POUND", Key.CONFIRM),
        ("KEY_ESC", Key.BACK),
        ("KEY_BACKSPACE", Key.BACK),
        ("KEY_KPASTERISK", Key.BACK),
        ("KEY_NUMERIC_STAR", Key.BACK),
    ],
)
def test_hash_and_enter_confirm_star_and_escape_go_back(name: str, key: Key) -> None:
    assert told(states(), tapped(ecodes.ecodes[name])) == [KeyDown(key), KeyUp(key)]


def test_a_keypad_that_types_hash_and_star_with_shift_types_no_digit() -> None:
    made = states()
    row = [ecodes.ecodes[f"KEY_{digit}"] for digit in range(10)]
    assert keys_of(told(made, spoken(SHIFT, 1), tapped(*row), spoken(SHIFT, 0))) == [Key.CONFIRM, Key.BACK]
    assert keys_of(told(made, tapped(ecodes.KEY_3))) == [Key.D3], "without it they are what they are"


def test_a_key_comes_up_as_what_it_went_down_though_shift_came_up_before() -> None:
    data = spoken(SHIFT, 1) + spoken(ecodes.KEY_3, 1) + spoken(SHIFT, 0) + spoken(ecodes.KEY_3, 0)
    assert told(states(), data) == [KeyDown(Key.CONFIRM), KeyUp(Key.CONFIRM)]


def test_a_key_that_is_held_is_one_press_however_often_it_repeats() -> None:
    assert told(states(), spoken(KP1, 1), spoken(KP1, 2) * 40, spoken(KP1, 0)) == [KeyDown(Key.D1), KeyUp(Key.D1)]


def test_a_key_that_goes_down_twice_comes_up_once_and_one_that_only_repeats_was_not_pressed() -> None:
    assert told(states(), spoken(KP1, 1) * 2, spoken(KP1, 0) * 2) == [KeyDown(Key.D1), KeyUp(Key.D1)]
    assert told(states(), spoken(KP1, 2), spoken(KP1, 0)) == []


def test_two_keys_that_mean_the_same_are_one_while_both_are_down() -> None:
    data = spoken(KP1, 1) + spoken(ecodes.KEY_1, 1) + spoken(ecodes.KEY_1, 0) + spoken(KP1, 0)
    assert told(states(), data) == [KeyDown(Key.D1), KeyUp(Key.D1)]


def test_what_is_no_key_says_nothing() -> None:
    noise = event(ecodes.EV_REL, ecodes.REL_X, 1) + event(ecodes.EV_LED, 0, 1) + event(ecodes.EV_KEY, 700, 1) + REPORT
    assert told(states(), noise) == []


def test_a_set_button_that_went_down_unseen_is_told_after_the_overrun_and_a_digit_is_not() -> None:
    made = states()
    lost = event(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0)
    assert made.feed(lost, lambda: (SET, KP2)) == [KeyDown(Key.SET)]
    assert told(made, spoken(KP2, 0), spoken(SET, 0)) == [KeyUp(Key.SET)]


def test_a_key_that_came_up_unseen_comes_up_after_the_overrun() -> None:
    made = states()
    told(made, spoken(KP1, 1))
    lost = event(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0)
    assert made.feed(lost, lambda: ()) == [KeyUp(Key.D1)]


class Kernel:
    """A keypad's queue in the kernel, with fingers on one side and a driver on the other."""

    def __init__(self) -> None:
        self.down: set[int] = set()
        self.pressed: Counter[int] = Counter()
        self._queue = b""
        self._lost = False
        self._given = 0

    def move(self, code: int) -> None:
        """The finger goes down, or comes up."""
        self.down ^= {code}
        value = int(code in self.down)
        self.pressed[code] += value
        if not self._lost:
            self._queue += spoken(code, value)

    def overrun(self) -> None:
        self._lost = True

    def room(self) -> None:
        if self._lost:
            self._lost = False
            self._queue += event(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0) + REPORT

    def read(self, size: int) -> bytes:
        data, self._queue = self._queue[:size], self._queue[size:]
        self._given += len(data)
        return data

    def active(self) -> set[int]:
        """Which keys are down; what was not read is forgotten, but for an event that was read in part."""
        begun = -self._given % EVENT.size
        self._queue = self._queue[:begun]
        return self.down


MOVES = st.one_of(
    st.sampled_from(CODE_OF_PAD),
    st.sampled_from(["overrun", "room"]),
    st.integers(1, 200).map(lambda size: ("read", size)),
)


@given(st.lists(MOVES, max_size=60))
def test_however_it_is_cut_and_whatever_is_lost_no_digit_is_made_up_and_no_key_stays_down(moves: list[object]) -> None:
    kernel, made, readings = Kernel(), states(), list[KeyDown | KeyUp]()
    for move in moves:
        match move:
            case int(code):
                kernel.move(code)
            case "overrun":
                kernel.overrun()
            case "room":
                kernel.room()
            case ("read", int(size)):
                readings += made.feed(kernel.read(size), kernel.active)
    kernel.room()
    for code in tuple(kernel.down):
        kernel.move(code)
    while data := kernel.read(100):
        readings += made.feed(data, kernel.active)

    possible = Counter[Key]()
    for code, times in kernel.pressed.items():
        for key in {PLAIN.get(code), STANDARD_SHIFTED.get(code)} - {None}:
            possible[key] += times  # type: ignore[index]
    downs = Counter(keys_of(readings))
    assert downs <= possible, "nothing that nobody pressed"
    for key in downs:
        mine = [reading for reading in readings if reading.key is key]
        assert mine == [KeyDown(key), KeyUp(key)] * downs[key], "down, up, down, up"


@given(st.lists(st.sampled_from([KP1, KP2, ENTER, SET]), max_size=30), st.data())
def test_where_nothing_is_lost_all_is_told_as_it_was_pressed_however_it_is_cut(
    codes: list[int], data: st.DataObject
) -> None:
    stream, down, expected = b"", set[int](), list[KeyDown | KeyUp]()
    for code in codes:
        down ^= {code}
        key = PLAIN[code]
        assert key is not None
        stream += spoken(code, int(code in down))
        expected.append(KeyDown(key) if code in down else KeyUp(key))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert told(states(), *pieces) == expected


@given(st.binary(max_size=400), st.sets(st.sampled_from(CODE_OF_PAD)))
def test_noise_leaves_nothing_down_when_the_keypad_goes(noise: bytes, active: set[int]) -> None:
    made = states()
    readings: Told = made.feed(noise, lambda: active)
    readings += made.end()
    assert Counter(keys_of(readings)) == Counter(reading.key for reading in readings if isinstance(reading, KeyUp))


def test_what_is_typed_is_never_kept() -> None:
    made = states()
    told(made, tapped(KP1, KP2, KP1))
    assert TYPED.isdisjoint(made._down.values())
    assert not made._rest
