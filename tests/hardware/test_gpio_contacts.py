"""Contacts and buttons on GPIO lines: cut wires, bounces, lost edges, lines that are not there."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge import profiles
from lock_bridge.config import ConfigError, parse
from lock_bridge.hardware.gpio.watch import CONFIRM_MS, HELD_POLL_MS, POLL_MS
from lock_bridge.hardware.gpio_contacts.about import DRIVER
from lock_bridge.hardware.ports import (
    DoorSeen,
    Handle,
    HandleSeen,
    Key,
    KeyDown,
    KeyUp,
    PartBack,
    PartFault,
    PrivacySeen,
    Reading,
    TamperSeen,
)
from lock_bridge.hardware.trouble import Trouble
from lock_bridge.wire.words import Part
from tests.hardware.contract.rigs_gpio import CONFIG, GpioContactsRig, options

DOOR, TAMPER, LIFTED, PRESSED, KNOB, SET, RESET = "GPIO2", "GPIO3", "GPIO4", "GPIO5", "GPIO7", "GPIO9", "GPIO10"
DEBOUNCE_MS = 20


@pytest.fixture
async def rig() -> GpioContactsRig:
    rig = GpioContactsRig()
    await rig.start()
    rig.heard()
    return rig


async def rig_of(config: dict[str, Any], profile: str = "dl50fvs") -> GpioContactsRig:
    rig = GpioContactsRig(profile, config)
    await rig.start()
    return rig


# What wires say


@pytest.mark.spec("ALM-1")
async def test_a_cut_wire_is_tamper_and_an_open_door(rig: GpioContactsRig) -> None:
    await rig.put(TAMPER, high=None)
    await rig.put(DOOR, high=None)
    assert rig.heard() == [TamperSeen(off=True), DoorSeen(open=True)]
    await rig.stop()


async def test_a_cut_wire_presses_no_button_and_turns_no_knob() -> None:
    rig = GpioContactsRig("dl50fvs")
    for name in ("GPIO7", "GPIO9", "GPIO11", "GPIO12"):
        rig.lines.put(name, None)
    await rig.start()
    assert rig.heard() == [DoorSeen(open=False), TamperSeen(off=False), PrivacySeen(on=False)]
    await rig.stop()


async def test_a_door_contact_that_closes_when_the_door_opens_is_said_in_the_config() -> None:
    rig = GpioContactsRig("dl50fvs", {"door": {"line": DOOR, "active": "low"}})
    rig.lines.put(DOOR, None)
    await rig.start()
    await rig.put(DOOR, high=False)
    assert rig.heard() == [DoorSeen(open=False), DoorSeen(open=True)]
    await rig.stop()


async def test_what_has_no_line_is_never_told() -> None:
    rig = await rig_of({"tamper": TAMPER})
    assert rig.heard() == [TamperSeen(off=False)]
    await rig.unplug()
    assert rig.heard() == [PartFault(Part.TAMPER, Trouble.UNPLUGGED)]
    await rig.stop()


async def test_what_the_model_lacks_is_not_even_taken(caplog: pytest.LogCaptureFixture) -> None:
    rig = await rig_of({"door": DOOR, "peephole": "GPIO8", "buttons": {"reset": RESET}})
    assert rig.lines.taken("GPIO8") is None
    assert rig.lines.taken(RESET) is None
    assert "has no peephole; its line is not read" in caplog.text
    assert "has no reset; its line is not read" in caplog.text
    await rig.stop()


async def test_lines_are_taken_with_pulls_debounce_and_a_name(rig: GpioContactsRig) -> None:
    taken = rig.lines.taken(DOOR)
    assert taken is not None
    assert (taken.consumer, taken.debounce_ms, taken.output) == ("front_door contacts door", DEBOUNCE_MS, False)
    assert (taken.line.pull, taken.line.active_low) == ("up", False)
    button = rig.lines.taken(RESET)
    assert button is not None
    assert (button.line.pull, button.line.active_low) == ("up", True)
    assert rig.port.health.words.startswith("handle: GPIO4, GPIO5, door: GPIO2, tamper: GPIO3")
    await rig.stop()


async def test_after_its_stop_all_lines_are_free(rig: GpioContactsRig) -> None:
    await rig.stop()
    assert all(rig.lines.taken(f"GPIO{number}") is None for number in range(28))
    assert rig.clock.next_due_ms() is None


async def test_they_cannot_be_started_twice(rig: GpioContactsRig) -> None:
    with pytest.raises(RuntimeError):
        await rig.start()
    await rig.stop()


# Bounces and lost edges


async def test_a_door_that_bounces_shut_is_told_once(rig: GpioContactsRig) -> None:
    await rig.door(open=True)
    rig.heard()
    rig.lines.chatter(DOOR, 9)
    await rig.advance(2_000)
    assert rig.heard() == [DoorSeen(open=False)]
    await rig.stop()


async def test_an_edge_that_was_lost_without_a_word_is_found_out_by_reading(rig: GpioContactsRig) -> None:
    rig.lines.deafen(TAMPER)
    rig.lines.put(TAMPER, None)
    await rig.advance(POLL_MS)
    assert rig.heard() == [TamperSeen(off=True)]
    await rig.stop()


async def test_edges_that_the_kernel_had_no_room_for_are_read_at_once(rig: GpioContactsRig) -> None:
    rig.lines.lose(DOOR, 2)
    for high in (True, False, True):
        rig.lines.put(DOOR, high)
        await rig.advance(DEBOUNCE_MS)
    assert rig.heard() == [DoorSeen(open=True)]
    await rig.stop()


async def test_the_lines_are_read_once_more_soon_after_the_last_edge(rig: GpioContactsRig) -> None:
    rig.lines.put(DOOR, True)
    await rig.advance(DEBOUNCE_MS)
    rig.lines.deafen(DOOR)
    rig.lines.put(DOOR, False)
    await rig.advance(CONFIRM_MS)
    assert rig.heard() == [DoorSeen(open=True), DoorSeen(open=False)]
    await rig.stop()


@pytest.mark.spec("DLM-11")
async def test_a_release_that_was_lost_makes_no_long_press_of_a_short_one() -> None:
    rig = await rig_of({"buttons": {"set": SET}})
    await rig.put(SET, high=False)
    rig.lines.deafen(SET)
    rig.lines.put(SET, None)
    await rig.advance(HELD_POLL_MS)
    assert rig.heard() == [KeyDown(Key.SET), KeyUp(Key.SET)]
    await rig.stop()


async def test_a_press_shorter_than_a_look_is_told_whole() -> None:
    rig = await rig_of({"buttons": {"doorbell": "GPIO11"}})
    for high in (False, None):
        rig.lines.put("GPIO11", high)
        await rig.advance(DEBOUNCE_MS)
    assert rig.heard() == [KeyDown(Key.DOORBELL), KeyUp(Key.DOORBELL)]
    await rig.stop()


ACTS = st.one_of(
    st.sampled_from(["high", "low", "cut", "deaf", "hear"]),
    st.tuples(st.just("chatter"), st.integers(1, 9)),
    st.tuples(st.just("lose"), st.integers(1, 4)),
    st.tuples(st.just("wait"), st.integers(0, 400)),
)


async def _follow(role: str, acts: list[object]) -> tuple[list[Reading], bool]:
    """What is told of one line to which all this is done, and whether it is high when all is at rest."""
    buttons = role in ("set", "emergency")
    rig = GpioContactsRig("dl50fvs", {"buttons": {role: DOOR}} if buttons else {role: DOOR})
    await rig.start()
    for act in acts:
        match act:
            case "high" | "low" | "cut":
                rig.lines.put(DOOR, {"high": True, "low": False, "cut": None}[act])
            case "deaf" | "hear":
                rig.lines.deafen(DOOR, act == "deaf")
            case ("chatter", int(times)):
                rig.lines.chatter(DOOR, times)
            case ("lose", int(edges)):
                rig.lines.lose(DOOR, edges)
            case ("wait", int(ms)):
                await rig.advance(ms)
    await rig.advance(POLL_MS + 1_000)
    told, high = rig.heard(), rig.lines.high(DOOR)
    await rig.stop()
    return told, high


@given(st.lists(ACTS, max_size=25))
def test_whatever_bounces_and_whatever_is_lost_a_level_ends_true(acts: list[object]) -> None:
    told, high = asyncio.run(_follow("door", acts))
    assert told[-1] == DoorSeen(open=high)
    assert told == [DoorSeen(open=n % 2 == 1) for n in range(len(told))], "each change once"


@given(st.lists(ACTS, max_size=25))
def test_whatever_bounces_and_whatever_is_lost_a_button_ends_true(acts: list[object]) -> None:
    told, high = asyncio.run(_follow("set", acts))
    at_start = [KeyDown(Key.SET), KeyUp(Key.SET)] * len(told)
    assert told == at_start[: len(told)], "down, up, down, up"
    assert (len(told) % 2 == 1) is not high, "down while the wire is at ground"


# The handle


async def test_a_handle_that_is_lifted_and_pressed_at_once_is_a_fault_until_it_makes_sense(
    rig: GpioContactsRig,
) -> None:
    await rig.put(LIFTED, high=False)
    await rig.put(PRESSED, high=False)
    reports = rig.heard()
    assert reports[:3] == [
        HandleSeen(Handle.LIFTED),
        HandleSeen(Handle.REST),
        PartFault(Part.DOOR, Trouble.STUCK),
    ]
    assert DoorSeen(open=False) in reports[3:], "the door is known all the same"
    await rig.advance(60_000)
    assert rig.heard() == []
    await rig.put(LIFTED, high=None)
    await rig.advance(60_000)
    reports = rig.heard()
    assert reports[0] == PartBack(Part.DOOR)
    assert HandleSeen(Handle.PRESSED) in reports
    await rig.stop()


async def test_a_handle_that_goes_from_one_to_the_other_at_once_is_no_fault(rig: GpioContactsRig) -> None:
    await rig.put(LIFTED, high=False)
    rig.lines.put(PRESSED, False)
    rig.clock.advance(10)
    rig.lines.put(LIFTED, None)
    await rig.advance(500)
    assert rig.heard() == [HandleSeen(Handle.LIFTED), HandleSeen(Handle.PRESSED)]
    await rig.stop()


# Buttons


@pytest.mark.spec("RST-1")
async def test_a_button_that_is_down_at_the_start_is_told() -> None:
    rig = GpioContactsRig("l2s", {"buttons": {"reset": RESET}})
    rig.lines.put(RESET, False)
    await rig.start()
    assert rig.heard() == [KeyDown(Key.RESET)]
    await rig.put(RESET, high=None)
    assert rig.heard() == [KeyUp(Key.RESET)]
    await rig.stop()


@pytest.mark.spec("BLT-10")
async def test_a_loose_wire_does_not_press_the_emergency_button_again_and_again() -> None:
    rig = await rig_of({"buttons": {"emergency": "GPIO12"}})
    await rig.put("GPIO12", high=False)
    assert rig.heard() == [KeyDown(Key.EMERGENCY)]
    for _ in range(3):
        await rig.unplug()
        await rig.plug()
    assert not [reading for reading in rig.heard() if isinstance(reading, KeyDown)]
    await rig.put("GPIO12", high=None)
    await rig.put("GPIO12", high=False)
    assert rig.heard() == [KeyDown(Key.EMERGENCY)], "let go and pressed anew"
    await rig.stop()


@pytest.mark.spec("DLM-11")
async def test_a_button_whose_line_fails_while_it_is_held_is_let_go() -> None:
    rig = await rig_of({"buttons": {"set": SET}})
    await rig.put(SET, high=False)
    await rig.unplug()
    assert rig.heard() == [KeyDown(Key.SET), KeyUp(Key.SET), PartFault(Part.DOOR, Trouble.UNPLUGGED)]
    await rig.stop()


# Lines that fail


@pytest.mark.spec("FLT-1")
async def test_one_line_that_is_not_there_takes_no_other_along() -> None:
    rig = await rig_of({**CONFIG, "knob": "GPIO99"}, "l2s")
    reports = rig.heard()
    assert [reading for reading in reports if isinstance(reading, PartFault)] == [PartFault(Part.DOOR, Trouble.NO_LINE)]
    fault = reports.index(PartFault(Part.DOOR, Trouble.NO_LINE))
    assert DoorSeen(open=False) in reports[fault:], "told after the fault, which made everybody forget it"
    assert TamperSeen(off=False) in reports
    assert not [reading for reading in reports if isinstance(reading, PrivacySeen)]
    assert rig.port.health.trouble is Trouble.NO_LINE
    assert rig.port.health.words == "knob: there is no line GPIO99"
    await rig.door(open=True)
    assert rig.heard() == [DoorSeen(open=True)]
    await rig.stop()


async def test_a_line_that_fails_when_it_is_read_is_a_fault_of_its_part_alone(rig: GpioContactsRig) -> None:
    rig.lines.fail(TAMPER, Trouble.UNPLUGGED)
    await rig.advance(POLL_MS)
    assert rig.heard() == [PartFault(Part.TAMPER, Trouble.UNPLUGGED)]
    rig.lines.fail(TAMPER, None)
    await rig.advance(60_000)
    assert rig.heard() == [PartBack(Part.TAMPER), TamperSeen(off=False)]
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_a_door_contact_that_fails_knows_nothing_of_the_door(rig: GpioContactsRig) -> None:
    rig.lines.fail(DOOR, Trouble.UNPLUGGED)
    await rig.advance(POLL_MS)
    assert rig.heard()[:2] == [DoorSeen(open=None), PartFault(Part.DOOR, Trouble.UNPLUGGED)]
    await rig.stop()


async def test_without_the_library_all_is_a_fault_that_says_so() -> None:
    rig = GpioContactsRig("dl50fvs")
    rig.lines.library = False
    await rig.start()
    assert rig.heard() == [
        PartFault(Part.DOOR, Trouble.LIBRARY_MISSING),
        PartFault(Part.TAMPER, Trouble.LIBRARY_MISSING),
    ]
    await rig.stop()


# What the config may say

LOCK = '[[lock]]\nid = "door"\nprofile = "l2s"\n[lock.simulated]\n[lock.parts]\n'


@pytest.mark.parametrize(
    ("contacts", "where", "told"),
    [
        ('{ driver = "gpio" }', "contacts.driver", "Name at least one of: door, tamper"),
        ('{ driver = "gpio", door = "GPIO2", tamper = "GPIO2" }', "contacts.tamper", "taken by door contacts door"),
        ('{ driver = "gpio", buttons = { bell = "GPIO2" } }', "contacts.buttons.bell", "no such key"),
        ('{ driver = "gpio", buttons = { 1 = "GPIO2" } }', "contacts.buttons.1", "no such key"),
        ('{ driver = "gpio", door = "GPIO2", debounce_ms = 0 }', "contacts.debounce_ms", "from 1 to 200"),
        ('{ driver = "gpio", door = { line = "GPIO2", pull = "sideways" } }', "contacts.door.pull", '"up", "down"'),
    ],
)
def test_a_wrong_config_says_what_is_allowed(contacts: str, where: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(LOCK + f"contacts = {contacts}", profiles.names())
    assert where in str(caught.value)
    assert told in str(caught.value)


def test_they_say_what_they_take_of_the_machine() -> None:
    uses = DRIVER.uses(options({"door": "GPIO2", "buttons": {"set": "GPIO9"}}))
    assert [(use.kind, use.what, use.key, use.output) for use in uses] == [
        ("line", "GPIO2", "door", False),
        ("line", "GPIO9", "buttons.set", False),
    ]
