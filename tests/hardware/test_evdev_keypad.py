"""The keypad that is an input device of Linux: how it is found, what is wrong with it, what it keeps to itself."""

import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from evdev import ecodes, eventio

from lock_bridge import profiles
from lock_bridge.config import ConfigError, parse
from lock_bridge.engine.effects import Lamp, Light
from lock_bridge.hardware.evdev_keypad.about import DRIVER
from lock_bridge.hardware.evdev_keypad.device import find, open_device
from lock_bridge.hardware.evdev_keypad.driver import BLINK_MS, FLASH_MS
from lock_bridge.hardware.ports import Key, KeyDown, KeyUp, PartBack, PartFault
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.wire.words import Part
from tests.hardware.contract.rigs_input import CONFIG, KEYS, LIGHTS, InputKeypadRig, options, until
from tests.hardware.emulators.keypad import NUMBERS, PAD, PATH, FakeKeypad, spoken


@pytest.fixture
async def rig() -> InputKeypadRig:
    rig = InputKeypadRig()
    await rig.start()
    return rig


def test_a_client_of_others_reads_what_the_emulated_keypad_says() -> None:
    pad = FakeKeypad()
    opened = pad.open(PATH)
    reader = eventio.EventIO()
    reader.fd = opened.fd  # type: ignore[attr-defined]
    pad.press(NUMBERS[4])
    pad.repeat(NUMBERS[4])
    pad.release(NUMBERS[4])
    events = [(event.type, event.code, event.value) for event in reader.read() if event.type != ecodes.EV_MSC]
    report = (ecodes.EV_SYN, ecodes.SYN_REPORT, 0)
    key = ecodes.EV_KEY, ecodes.KEY_KP4
    assert events == [(*key, 1), report, (*key, 2), report, (*key, 0), report]
    opened.close()


async def test_its_digits_get_to_nobody_else(rig: InputKeypadRig) -> None:
    assert rig.pad.served is not None
    assert rig.pad.served.grabbed
    assert rig.port.health.words == f"keys: Pad at {PATH}, lights: {', '.join(sorted_lines())}"
    await rig.stop()
    assert rig.pad.served is None


def sorted_lines() -> list[str]:
    """The lines in the order of the lights' names."""
    return [line.name for line in options(CONFIG).lights.values()]


async def test_one_that_another_program_has_grabbed_is_in_use_until_it_lets_go() -> None:
    rig = InputKeypadRig()
    rig.pad.grabbed_by_another = True
    await rig.start()
    assert rig.heard() == [PartFault(Part.KEYPAD, Trouble.IN_USE)]
    rig.pad.grabbed_by_another = False
    await rig.plug()
    assert rig.heard() == [PartBack(Part.KEYPAD)]
    await rig.stop()


@pytest.mark.parametrize("trouble", [Trouble.NO_PERMISSION, Trouble.MISSING, Trouble.UNSUPPORTED])
async def test_one_that_cannot_be_opened_says_why(trouble: Trouble) -> None:
    rig = InputKeypadRig()
    rig.pad.trouble = trouble
    await rig.start()
    assert rig.heard() == [PartFault(Part.KEYPAD, trouble)]
    assert rig.port.health.trouble is trouble
    await rig.stop()


@pytest.mark.parametrize("lacking", [NUMBERS[7], ecodes.KEY_KPENTER, ecodes.KEY_KPASTERISK])
async def test_a_device_that_passcodes_cannot_be_typed_on_is_no_keypad(lacking: int) -> None:
    rig = InputKeypadRig()
    rig.pad.codes = frozenset(PAD) - {lacking}
    await rig.start()
    assert rig.heard() == [PartFault(Part.KEYPAD, Trouble.UNSUPPORTED)]
    assert "name them in `keys`" in rig.port.health.words
    assert rig.pad.served is None, "it is not held"
    await rig.stop()


async def test_pulled_out_it_is_unplugged_and_not_missing(rig: InputKeypadRig) -> None:
    await rig.unplug()
    assert rig.heard() == [PartFault(Part.KEYPAD, Trouble.UNPLUGGED)]
    await rig.stop()


@pytest.mark.spec("DLM-11")
async def test_a_set_button_that_is_pulled_out_while_it_is_held_opens_no_pairing(rig: InputKeypadRig) -> None:
    await rig.press(Key.SET)
    await rig.unplug()
    assert rig.heard() == [KeyDown(Key.SET), KeyUp(Key.SET), PartFault(Part.KEYPAD, Trouble.UNPLUGGED)]
    await rig.plug()
    assert rig.heard() == [PartBack(Part.KEYPAD)], "still held, but not pressed anew"
    await rig.release(Key.SET)
    await rig.press(Key.SET)
    assert rig.heard() == [KeyDown(Key.SET)]
    await rig.stop()


async def test_after_an_overrun_of_the_kernel_no_key_stays_down(rig: InputKeypadRig) -> None:
    await rig.press(Key.D1)
    rig.pad.overrun()
    await rig.release(Key.D1)
    await rig.press(Key.D2)
    await rig.release(Key.D2)
    await rig.press(Key.SET)
    rig.pad.room()
    await rig.settle()
    assert rig.heard() == [KeyDown(Key.D1), KeyUp(Key.D1), KeyDown(Key.SET)]
    await rig.stop()


async def test_one_that_goes_in_the_middle_of_an_overrun_is_unplugged(rig: InputKeypadRig) -> None:
    await rig.press(Key.D1)
    rig.pad.overrun()
    rig.pad.room()
    rig.pad.unplug()
    await until(lambda: rig.port.health.state == "trouble")
    assert rig.heard() == [KeyDown(Key.D1), KeyUp(Key.D1), PartFault(Part.KEYPAD, Trouble.UNPLUGGED)]
    await rig.stop()


async def test_it_is_never_waited_for_longer_than_ten_seconds(rig: InputKeypadRig) -> None:
    await rig.unplug()
    for _ in range(8):
        await until(lambda: rig.clock.next_due_ms() is not None)
        wait_ms = rig.clock.next_due_ms()
        assert wait_ms is not None
        assert wait_ms <= 12_500, "jitter included"
        rig.clock.advance(wait_ms)
    await rig.stop()


async def test_digits_are_in_no_log(rig: InputKeypadRig, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for digit in (Key.D8, Key.D3, Key.D8):
            await rig.press(digit)
            await rig.release(digit)
        rig.pad.overrun()
        rig.pad.room()
        await rig.settle()
        await rig.unplug()
        await rig.stop()
    words = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("lock_bridge"))
    assert words
    assert not any(sign in words for sign in ("KEY_", "'8'", "'3'", "D8", str(KEYS[Key.D8])))


async def test_it_cannot_be_started_twice(rig: InputKeypadRig) -> None:
    with pytest.raises(RuntimeError):
        await rig.start()
    await rig.stop()


async def test_a_key_is_told_within_milliseconds(rig: InputKeypadRig) -> None:
    told: list[float] = []
    await rig.stop()
    await rig.port.start(lambda reading: told.append(time.perf_counter()) if isinstance(reading, KeyDown) else None)
    await until(lambda: rig.port.health.state == "served")
    delays = []
    for _ in range(50):
        before = time.perf_counter()
        threading.Thread(target=rig.pad.write, args=(spoken(NUMBERS[5], 1) + spoken(NUMBERS[5], 0),)).start()
        count = len(delays)
        await until(lambda count=count: len(told) > count)  # type: ignore[misc]
        delays.append(told[-1] - before)
    assert sorted(delays)[25] < 0.005, "the middle one: a busy machine delays some"
    await rig.port.stop()


# Lights


@pytest.mark.spec("VER-5")
async def test_the_infrared_light_blinks_and_the_pairing_lamp_flashes(rig: InputKeypadRig) -> None:
    rig.port.light(Light(lamps=frozenset({Lamp.PAIRING, Lamp.INFRARED, Lamp.GREEN}), flashing=frozenset("0")))
    for lamp, period in ((("pairing", "0"), FLASH_MS), (("infrared",), BLINK_MS)):
        rig.lines.driven.clear()
        start = rig.clock.now().mono_ms
        rig.port.light(Light())
        rig.port.light(Light(lamps=frozenset({Lamp.PAIRING, Lamp.INFRARED, Lamp.GREEN}), flashing=frozenset("0")))
        rig.clock.advance(4 * period + 1)
        for name in lamp:
            beats = [(entry.at_ms - start, entry.high) for entry in rig.lines.driven if entry.name == LIGHTS[name]]
            assert beats[beats[0] == (0, False) :] == [(n * period, n % 2 == 0) for n in range(5)]
        assert [entry.high for entry in rig.lines.driven if entry.name == LIGHTS["green"]] == [False, True], "steady"
    await rig.stop()


async def test_what_flashes_keeps_its_beat_when_other_lights_change(rig: InputKeypadRig) -> None:
    rig.port.light(Light(flashing=frozenset("5")))
    rig.clock.advance(FLASH_MS - 10)
    rig.port.light(Light(frozenset("1"), flashing=frozenset("5")))
    assert rig.shining() == {"1", "5"}
    rig.clock.advance(10)
    assert rig.shining() == {"1"}
    rig.clock.advance(FLASH_MS - 5)
    assert rig.shining() == {"1"}, "one beat, not two"
    await rig.stop()


async def test_nothing_ticks_while_nothing_flashes(rig: InputKeypadRig) -> None:
    rig.port.light(Light(frozenset("1"), flashing=frozenset("5")))
    rig.port.light(Light(frozenset("1")))
    assert rig.clock.next_due_ms() is None
    await rig.stop()


@pytest.mark.spec("VER-1")
async def test_one_backlight_serves_all_keys() -> None:
    rig = InputKeypadRig({**CONFIG, "lights": {"backlight": {"line": "GPIO20", "active": "low"}, "red": "GPIO13"}})
    rig.lines.put("GPIO20", high=True)
    await rig.start()
    assert rig.lines.high("GPIO20"), "dark"
    rig.port.light(Light(frozenset("123")))
    assert not rig.lines.high("GPIO20")
    rig.port.light(Light(lamps=frozenset({Lamp.RED})))
    assert rig.lines.high("GPIO20")
    assert rig.lines.high("GPIO13")
    rig.port.light(Light(flashing=frozenset("5")))
    assert not rig.lines.high("GPIO20")
    rig.clock.advance(FLASH_MS)
    assert rig.lines.high("GPIO20")
    await rig.stop()


async def test_lights_without_a_line_take_no_key_with_them() -> None:
    rig = InputKeypadRig({**CONFIG, "lights": {"green": "GPIO99"}})
    await rig.start()
    assert rig.heard() == [PartFault(Part.KEYPAD, Trouble.NO_LINE)]
    assert rig.port.health.words == "lights: there is no line GPIO99"
    rig.port.light(Light(frozenset("1"), frozenset({Lamp.GREEN})))
    await rig.press(Key.D1)
    assert rig.heard() == [KeyDown(Key.D1)]
    await rig.release(Key.D1)
    rig.heard()
    rig.pad.unplug()
    await until(lambda: rig.pad.served is None)
    rig.pad.plug()
    await until(lambda: rig.clock.next_due_ms() is not None)
    rig.clock.advance(1_000)
    await until(lambda: rig.pad.served is not None)
    await rig.press(Key.D2)
    assert rig.heard() == [KeyDown(Key.D2)], "its lights are still missing"
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_lights_whose_chip_goes_are_as_they_should_be_when_it_is_back(rig: InputKeypadRig) -> None:
    rig.port.light(Light(frozenset("1")))
    rig.lines.unplug()
    rig.port.light(Light(frozenset("12")))
    await rig.settle()
    assert rig.heard() == [PartFault(Part.KEYPAD, Trouble.UNPLUGGED)]
    rig.lines.plug()
    rig.port.light(Light(frozenset("2")))
    await rig.advance(60_000)
    assert rig.heard() == [PartBack(Part.KEYPAD)]
    assert rig.shining() == {"2"}
    await rig.stop()


async def test_without_wired_lights_it_is_dark_and_has_no_line() -> None:
    rig = InputKeypadRig({"device": PATH, "keys": {"set": ["KEY_F1"]}})
    await rig.start()
    rig.port.light(Light(frozenset("1")))
    assert rig.lines.driven == []
    assert rig.port.health.words == f"Pad at {PATH}"
    await rig.stop()


# How it is found


def sysfs(root: Path, *devices: tuple[str, set[int]]) -> Path:
    """/sys/class/input with these devices, by name and keys."""
    word = os.sysconf("SC_LONG_BIT")
    for number, (name, codes) in enumerate(devices):
        folder = root / f"event{number}" / "device"
        (folder / "capabilities").mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        bits = sum(1 << code for code in codes)
        words = []
        while bits:
            words.append(f"{bits & ((1 << word) - 1):x}")
            bits >>= word
        (folder / "capabilities" / "key").write_text(" ".join(reversed(words)) or "0")
    return root


def test_it_is_found_by_name_among_siblings_that_are_no_keypads(tmp_path: Path) -> None:
    root = sysfs(tmp_path, ("Lid Switch", set()), ("Pad", {ecodes.KEY_VOLUMEUP, ecodes.BTN_LEFT}), ("Pad", set(PAD)))
    assert find("Pad", sysfs=root, devices=Path("/dev/input")) == "/dev/input/event2"
    telephone = {ecodes.ecodes[f"KEY_NUMERIC_{digit}"] for digit in range(10)}
    root = sysfs(tmp_path / "phone", ("Pad", telephone))
    assert find("Pad", sysfs=root) == "/dev/input/event0"


def test_a_name_that_nobody_has_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PartError) as caught:
        find("Pad", sysfs=sysfs(tmp_path, ("Mouse", {ecodes.BTN_LEFT})))
    assert caught.value.trouble is Trouble.MISSING


def test_a_name_that_two_have_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(PartError, match=r"/dev/input/event0, /dev/input/event1; name one by its path"):
        find("Pad", sysfs=sysfs(tmp_path, ("Pad", set(PAD)), ("Pad", set(PAD))))


@pytest.mark.parametrize(
    ("path", "trouble"),
    [
        ("/dev/null", Trouble.UNSUPPORTED),
        ("/dev", Trouble.UNSUPPORTED),
        (__file__, Trouble.UNSUPPORTED),
        ("/dev/input/event9999", Trouble.MISSING),
    ],
)
def test_what_is_no_input_device_is_told_apart_from_what_is_not_there(path: str, trouble: Trouble) -> None:
    with pytest.raises(PartError) as caught:
        open_device(path)
    assert caught.value.trouble is trouble
    assert path in str(caught.value)


# What the config may say

LOCK = '[[lock]]\nid = "door"\nprofile = "l2s"\n[lock.simulated]\n[lock.parts]\nkeypad = '


def problems(keypad: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(LOCK + keypad, profiles.names())
    return str(caught.value)


def read(keypad: str) -> Any:
    return parse(LOCK + keypad, profiles.names()).locks[0].parts["keypad"]


def test_the_config_names_it_by_path_or_name() -> None:
    assert read('{ driver = "input", device = "/dev/input/by-id/x" }').options.device == "/dev/input/by-id/x"
    assert read('{ driver = "input", name = "USB Keypad" }').options.name == "USB Keypad"
    assert "one too many" in problems('{ driver = "input", name = "x", device = "/dev/x" }')
    assert "device: is missing" in problems('{ driver = "input" }')
    assert "Allowed is a path" in problems('{ driver = "input", device = "event3" }')


def test_the_config_gives_keys_other_meanings() -> None:
    plain = read('{ driver = "input", name = "x", keys = { doorbell = ["KEY_F1", "464"], nothing = ["KEY_ESC"] } }')
    assert plain.options.plain[ecodes.KEY_F1] is Key.DOORBELL
    assert plain.options.plain[464] is Key.DOORBELL
    assert plain.options.plain[ecodes.KEY_ESC] is None
    assert plain.options.plain[ecodes.KEY_BACKSPACE] is Key.BACK
    shifted = read('{ driver = "input", name = "x", keys = { leave = ["shift+KEY_2"] } }')
    assert shifted.options.shifted[ecodes.KEY_2] is Key.LEAVE
    assert shifted.options.plain[ecodes.KEY_2] is Key.D2


@pytest.mark.parametrize(
    ("keypad", "where", "told"),
    [
        ('keys = { set = ["KEY_F0"] }', "keypad.keys.set[0]", 'Did you mean "KEY_F'),
        ('keys = { set = ["0"] }', "keypad.keys.set[0]", "by its number"),
        ('keys = { set = ["768"] }', "keypad.keys.set[0]", "by its number"),
        ('keys = { set = "KEY_F1" }', "keypad.keys.set", "a text is not allowed here"),
        ('keys = { set = ["KEY_F1"], leave = ["KEY_F1"] }', "keypad.keys.leave[0]", '"KEY_F1" is set already'),
        ('keys = { bell = ["KEY_F1"] }', "keypad.keys.bell", "no such key"),
        ('lights = { gren = "GPIO4" }', "keypad.lights.gren", 'Did you mean "green"?'),
        ('lights = { green = "GPIO4", red = "GPIO4" }', "keypad.lights", "taken by door keypad lights."),
    ],
)
def test_a_wrong_config_says_what_is_allowed(keypad: str, where: str, told: str) -> None:
    words = problems(f'{{ driver = "input", name = "x", {keypad} }}')
    assert where in words
    assert told in words


def test_it_says_what_it_takes_of_the_machine() -> None:
    uses = DRIVER.uses(options({"device": PATH, "lights": {"green": "GPIO4"}}))
    assert [(use.kind, use.what, use.key, use.output) for use in uses] == [
        ("input", PATH, "device", False),
        ("line", "GPIO4", "lights.green", True),
    ]
