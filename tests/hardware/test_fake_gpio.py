"""The GPIO chips that the tests are made with behave as the kernel's do; tests/vm shows the same with real ones."""

from collections.abc import Callable

import pytest

from lock_bridge.clock import ManualClock
from lock_bridge.hardware.gpio.lines import Edge, Inputs, Line
from lock_bridge.hardware.trouble import PartError, Trouble
from tests.hardware.emulators.gpio import Driven, FakeLines

BUTTON = {"button": Line("GPIO5", active_low=True, pull="up")}


class World:
    """A clock, a chip, and what is told of the button."""

    def __init__(self) -> None:
        self.clock = ManualClock(mono_ms=0)
        self.lines = FakeLines(self.clock)
        self.edges: list[Edge] = []
        self.lost = 0

    def button(self, *, debounce_ms: int = 20) -> Inputs:
        return self.lines.inputs("test", BUTTON, debounce_ms=debounce_ms, edge=self.edges.append, lost=self._lost)

    def _lost(self) -> None:
        self.lost += 1


@pytest.fixture
def world() -> World:
    return World()


def trouble(call: Callable[[], object]) -> Trouble:
    with pytest.raises(PartError) as caught:
        call()
    return caught.value.trouble


def test_a_line_is_found_by_its_name_and_by_its_chip_and_offset(world: World) -> None:
    world.lines.outputs("test", {"in1": Line("GPIO17"), "in2": Line("pinctrl-rp1:18")}).set({"in1": True, "in2": True})
    assert world.lines.high("GPIO17")
    assert world.lines.high("GPIO18")


def test_outputs_are_inactive_at_first_and_at_the_end(world: World) -> None:
    motor = world.lines.outputs("test", {"in1": Line("GPIO17"), "off": Line("GPIO18", active_low=True)})
    world.clock.advance(5)
    motor.set({"in1": True, "off": True})
    world.clock.advance(5)
    motor.close()
    assert world.lines.driven == [
        Driven(0, "GPIO17", high=False),
        Driven(0, "GPIO18", high=True),
        Driven(5, "GPIO17", high=True),
        Driven(5, "GPIO18", high=False),
        Driven(10, "GPIO17", high=False),
        Driven(10, "GPIO18", high=True),
        Driven(10, "GPIO17", high=None),
        Driven(10, "GPIO18", high=None),
    ]


def test_an_edge_comes_when_the_wire_has_been_quiet_for_the_debounce_time(world: World) -> None:
    button = world.button()
    world.lines.chatter("GPIO5", 7, every_ms=3)
    assert world.edges == []
    world.clock.advance(6 * 3 + 19)
    assert world.edges == []
    assert button.levels() == {"button": False}
    world.clock.advance(1)
    assert world.edges == [Edge("button", active=True, at_ns=38_000_000)]
    assert button.levels() == {"button": True}


def test_a_contact_that_bounces_back_to_where_it_was_makes_no_edge(world: World) -> None:
    world.button()
    world.lines.chatter("GPIO5", 6)
    world.clock.advance(100)
    assert world.edges == []


def test_without_debounce_every_change_is_an_edge(world: World) -> None:
    world.button(debounce_ms=0)
    world.lines.chatter("GPIO5", 3)
    world.clock.advance(100)
    assert [edge.active for edge in world.edges] == [True, False, True]


def test_a_cut_wire_is_where_its_pull_takes_it(world: World) -> None:
    world.lines.put("GPIO5", high=False)
    button = world.button()
    assert button.levels() == {"button": True}
    world.lines.put("GPIO5", None)
    world.clock.advance(20)
    assert button.levels() == {"button": False}


def test_lost_edges_are_told_with_the_next_one(world: World) -> None:
    world.button()
    world.lines.lose("GPIO5", 1)
    for high in (False, True):
        world.lines.put("GPIO5", high)
        world.clock.advance(20)
    assert (world.lost, [edge.active for edge in world.edges]) == (1, [False])


def test_a_deaf_line_tells_nothing_and_can_still_be_read(world: World) -> None:
    button = world.button()
    world.lines.deafen("GPIO5")
    world.lines.put("GPIO5", high=False)
    world.clock.advance(20)
    assert (world.edges, world.lost) == ([], 0)
    assert button.levels() == {"button": True}


def test_a_chip_that_goes_away_takes_its_lines_along(world: World) -> None:
    button = world.button()
    motor = world.lines.outputs("test", {"in1": Line("GPIO17")})
    motor.set({"in1": True})
    world.lines.unplug()
    world.clock.advance(0)
    assert world.lost == 1
    assert not world.lines.high("GPIO17")
    assert trouble(button.levels) is Trouble.UNPLUGGED
    assert trouble(lambda: motor.set({"in1": True})) is Trouble.UNPLUGGED
    assert trouble(world.button) is Trouble.NO_LINE
    world.lines.plug()
    assert trouble(button.levels) is Trouble.UNPLUGGED
    again = world.button()
    button.close()
    motor.close()
    assert again.levels() == {"button": False}


def test_what_cannot_be_taken_says_why(world: World) -> None:
    world.button()
    world.lines.foreign.add("GPIO6")
    bare = FakeLines(world.clock, {"bare": ["A"]}, pulls=False)
    same = {"one": Line("GPIO9"), "two": Line("pinctrl-rp1:9")}
    assert trouble(world.button) is Trouble.IN_USE
    assert trouble(lambda: world.lines.outputs("test", {"a": Line("GPIO6")})) is Trouble.IN_USE
    assert trouble(lambda: world.lines.outputs("test", same)) is Trouble.IN_USE
    assert trouble(lambda: world.lines.outputs("test", {"a": Line("GPIO99")})) is Trouble.NO_LINE
    assert trouble(lambda: bare.outputs("test", {"a": Line("A", pull="up")})) is Trouble.SETTINGS
    world.lines.denied = True
    assert trouble(lambda: world.lines.outputs("test", {"a": Line("GPIO7")})) is Trouble.NO_PERMISSION
    world.lines.library = False
    assert trouble(lambda: world.lines.outputs("test", {"a": Line("GPIO7")})) is Trouble.LIBRARY_MISSING


def test_all_lines_are_taken_or_none(world: World) -> None:
    trouble(lambda: world.lines.outputs("test", {"a": Line("GPIO7"), "b": Line("GPIO99")}))
    assert world.lines.taken("GPIO7") is None


@pytest.mark.parametrize("keeps", [True, False])
def test_what_was_driven_when_the_process_died_stays_so_on_some_kernels(keeps: bool) -> None:
    lines = FakeLines(ManualClock(), keeps_outputs=keeps)
    lines.outputs("test", {"in1": Line("GPIO17")}).set({"in1": True})
    lines.crash()
    assert lines.high("GPIO17") is keeps
    lines.outputs("test again", {"in1": Line("GPIO17")})
    assert not lines.high("GPIO17")
