"""GPIO lines of the kernel: which are taken, how, and what becomes of them; libgpiod is played here."""

import asyncio
import errno
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import gpiod
import pytest

from lock_bridge.hardware.gpio.kernel import KernelLines
from lock_bridge.hardware.gpio.lines import Edge, Line
from lock_bridge.hardware.trouble import PartError, Trouble

ACTIVE, INACTIVE = gpiod.line.Value.ACTIVE, gpiod.line.Value.INACTIVE
RISING, FALLING = gpiod.EdgeEvent.Type.RISING_EDGE, gpiod.EdgeEvent.Type.FALLING_EDGE


@dataclass
class Request:
    """What the kernel gives for lines of one chip."""

    chip: Chip
    consumer: str
    config: Mapping[int, gpiod.LineSettings]
    values: dict[int, gpiod.line.Value] = field(default_factory=dict)
    events: deque[SimpleNamespace | OSError] = field(default_factory=deque)
    released: bool = False
    broken: int = 0

    def __post_init__(self) -> None:
        self.fd, self._wake = os.pipe()

    def set_values(self, values: Mapping[int, gpiod.line.Value]) -> None:
        self._check()
        self.values |= values
        self.chip.log.append(dict(values))

    def get_values(self, offsets: list[int]) -> list[gpiod.line.Value]:
        self._check()
        return [self.values.get(offset, INACTIVE) for offset in offsets]

    def happens(self, *events: SimpleNamespace | OSError) -> None:
        self.events.extend(events)
        os.write(self._wake, b"!")

    def read_edge_events(self) -> list[SimpleNamespace]:
        os.read(self.fd, 1)
        events, self.events = [*self.events], deque()
        for event in events:
            if isinstance(event, OSError):
                raise event
        return events  # type: ignore[return-value]

    def release(self) -> None:
        assert not self.released
        self.released = True
        self.chip.log.append("released")
        os.close(self.fd)
        os.close(self._wake)

    def _check(self) -> None:
        if self.broken:
            raise OSError(self.broken, os.strerror(self.broken))


@dataclass
class Chip:
    label: str
    names: list[str]
    fails: int = 0
    refuses: int = 0
    users: dict[int, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    log: list[object] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.log.append("closed")

    def __hash__(self) -> int:
        return id(self)

    def get_info(self) -> SimpleNamespace:
        return SimpleNamespace(label=self.label, num_lines=len(self.names))

    def get_line_info(self, offset: int) -> SimpleNamespace:
        user = self.users.get(offset)
        return SimpleNamespace(
            name=self.names[offset], used=user is not None, consumer=user, direction=gpiod.line.Direction.INPUT
        )

    def request_lines(self, *, consumer: str, config: Mapping[int, Any], event_buffer_size: int) -> Request:
        assert event_buffer_size > 0
        if self.refuses:
            raise OSError(self.refuses, os.strerror(self.refuses))
        request = Request(self, consumer, config)
        self.requests.append(request)
        return request


class Machine:
    """A machine's chips, by their device, and the bridge's view of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chips: dict[str, Chip] = {}
        self.lines = KernelLines(folder, library=lambda: self._library)
        self._library = SimpleNamespace(
            line=gpiod.line, LineSettings=gpiod.LineSettings, EdgeEvent=gpiod.EdgeEvent, Chip=self._open
        )

    def add(self, device: str, label: str, *names: str) -> Chip:
        path = self.folder / device
        path.touch()
        chip = self.chips[str(path)] = Chip(label, [*names])
        return chip

    def trouble(self, call: Callable[[], object]) -> tuple[Trouble, str]:
        with pytest.raises(PartError) as caught:
            call()
        return caught.value.trouble, str(caught.value)

    def _open(self, path: str) -> Chip:
        chip = self.chips[path]
        if chip.fails:
            raise OSError(chip.fails, os.strerror(chip.fails))
        return chip


@pytest.fixture
def pi(tmp_path: Path) -> Iterator[Machine]:
    """A Pi 5, whose header is not its first chip and has a link as well."""
    machine = Machine(tmp_path)
    machine.add("gpiochip0", "gpio-brcmstb@107d508500", "-", "", "2")
    machine.add("gpiochip10", "expander", "GPIO40", "GPIO41")
    machine.add("gpiochip4", "pinctrl-rp1", *(f"GPIO{number}" for number in range(28)))
    (tmp_path / "gpiochip9").symlink_to(tmp_path / "gpiochip4")
    yield machine
    for chip in machine.chips.values():
        for request in chip.requests:
            if not request.released:
                request.release()


def header(pi: Machine) -> Chip:
    return next(chip for chip in pi.chips.values() if chip.label == "pinctrl-rp1")


MOTOR = {"in1": Line("GPIO17"), "in2": Line("pinctrl-rp1:18", active_low=True, pull="down")}
SWITCH = {"thrown": Line("GPIO5", active_low=True, pull="up"), "retracted": Line("GPIO6")}


def event(offset: int, number: int, kind: gpiod.EdgeEvent.Type = RISING, at_ns: int = 7) -> SimpleNamespace:
    return SimpleNamespace(line_offset=offset, line_seqno=number, event_type=kind, timestamp_ns=at_ns)


def test_lines_are_found_on_whatever_chip_they_are(pi: Machine) -> None:
    pi.lines.outputs("front_door bolt", MOTOR)
    (request,) = header(pi).requests
    assert request.consumer == "front_door bolt"
    assert {offset: (cfg.active_low, cfg.bias) for offset, cfg in request.config.items()} == {
        17: (False, gpiod.line.Bias.AS_IS),
        18: (True, gpiod.line.Bias.PULL_DOWN),
    }
    assert {cfg.direction for cfg in request.config.values()} == {gpiod.line.Direction.OUTPUT}
    assert {cfg.output_value for cfg in request.config.values()} == {INACTIVE}, "nothing moves when they are taken"


def test_each_chip_is_asked_once(pi: Machine) -> None:
    outputs = pi.lines.outputs("test", MOTOR | {"lamp": Line("GPIO41")})
    expander = pi.chips[str(pi.folder / "gpiochip10")]
    assert [len(chip.requests) for chip in (header(pi), expander)] == [1, 1]
    outputs.set({"in1": True, "in2": False, "lamp": True})
    assert header(pi).requests[0].values == {17: ACTIVE, 18: INACTIVE}
    assert expander.requests[0].values == {1: ACTIVE}


def test_a_name_of_kernel_that_is_too_long_is_cut(pi: Machine) -> None:
    pi.lines.outputs("ø" * 30, MOTOR)
    assert header(pi).requests[0].consumer == "ø" * 15


def test_a_number_is_a_name_and_never_an_offset(pi: Machine) -> None:
    assert pi.trouble(lambda: pi.lines.outputs("test", {"a": Line("17")}))[0] is Trouble.NO_LINE
    pi.lines.outputs("test", {"a": Line("2")})
    assert pi.chips[str(pi.folder / "gpiochip0")].requests[0].config.keys() == {2}


def test_a_name_that_two_lines_have_is_refused_and_both_are_named(pi: Machine) -> None:
    pi.add("gpiochip11", "usb-board", "GPIO17")
    trouble, words = pi.trouble(lambda: pi.lines.outputs("test", MOTOR))
    assert trouble is Trouble.NO_LINE
    assert words == "more than one line is GPIO17: pinctrl-rp1:17, usb-board:0"
    pi.lines.outputs("test", {"a": Line("usb-board:0")})


@pytest.mark.parametrize("name", ["GPIO99", "pinctrl-rp1:28", "pinctrl-bcm2835:17"])
def test_a_line_that_is_not_there_takes_none(pi: Machine, name: str) -> None:
    assert pi.trouble(lambda: pi.lines.outputs("test", MOTOR | {"b": Line(name)}))[0] is Trouble.NO_LINE
    assert header(pi).requests == []


def test_one_line_for_two_things_is_refused(pi: Machine) -> None:
    twice = {"a": Line("GPIO17"), "b": Line("pinctrl-rp1:17")}
    assert pi.trouble(lambda: pi.lines.outputs("test", twice))[0] is Trouble.IN_USE


def test_who_uses_a_line_already_is_named(pi: Machine) -> None:
    header(pi).refuses = errno.EBUSY
    header(pi).users = {17: "gpio-keys", 3: "i2c"}
    assert pi.trouble(lambda: pi.lines.outputs("test", MOTOR)) == (Trouble.IN_USE, "GPIO17 is used by gpio-keys")


def test_lines_that_were_taken_are_given_back_when_another_chip_refuses(pi: Machine) -> None:
    pi.chips[str(pi.folder / "gpiochip10")].refuses = errno.EBUSY
    assert pi.trouble(lambda: pi.lines.outputs("test", MOTOR | {"l": Line("GPIO41")}))[0] is Trouble.IN_USE
    assert [request.released for request in header(pi).requests] == [True]


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (errno.EINVAL, Trouble.SETTINGS),
        (errno.EOPNOTSUPP, Trouble.SETTINGS),
        (524, Trouble.SETTINGS),
        (errno.ENXIO, Trouble.SETTINGS),
        (errno.ENODEV, Trouble.UNPLUGGED),
        (errno.EPERM, Trouble.NO_PERMISSION),
    ],
)
def test_what_the_kernel_refuses_is_said(pi: Machine, code: int, trouble: Trouble) -> None:
    header(pi).refuses = code
    told, words = pi.trouble(lambda: pi.lines.inputs("test", SWITCH, debounce_ms=5))
    assert told is trouble
    assert "GPIO5" in words


def test_chips_that_are_closed_to_the_user_are_said_to_be_so(pi: Machine) -> None:
    for chip in pi.chips.values():
        chip.fails = errno.EACCES
    assert pi.trouble(lambda: pi.lines.outputs("test", MOTOR))[0] is Trouble.NO_PERMISSION


def test_a_chip_that_goes_while_lines_are_looked_for_is_passed_over(pi: Machine) -> None:
    pi.chips[str(pi.folder / "gpiochip0")].fails = errno.ENODEV
    pi.lines.outputs("test", MOTOR)


def test_outputs_are_made_inactive_before_they_are_let_go(pi: Machine) -> None:
    outputs = pi.lines.outputs("test", MOTOR)
    outputs.set({"in1": True})
    outputs.close()
    assert header(pi).log == ["closed", {17: ACTIVE}, {17: INACTIVE, 18: INACTIVE}, "released"]
    outputs.close()
    assert pi.trouble(lambda: outputs.set({"in1": True}))[0] is Trouble.INTERNAL


def test_letting_go_of_a_chip_that_is_gone_is_quiet(pi: Machine) -> None:
    outputs = pi.lines.outputs("test", MOTOR)
    header(pi).requests[0].broken = errno.ENODEV
    assert pi.trouble(lambda: outputs.set({"in1": True}))[0] is Trouble.UNPLUGGED
    outputs.close()
    assert header(pi).log[-1] == "released"


async def test_inputs_are_debounced_by_the_kernel_and_timed_by_its_clock(pi: Machine) -> None:
    pi.lines.inputs("test", SWITCH, debounce_ms=20, edge=lambda _edge: None)
    config = header(pi).requests[0].config
    assert {cfg.debounce_period.total_seconds() for cfg in config.values()} == {0.02}
    assert {cfg.event_clock for cfg in config.values()} == {gpiod.line.Clock.MONOTONIC}
    assert {cfg.edge_detection for cfg in config.values()} == {gpiod.line.Edge.BOTH}
    assert (config[5].active_low, config[5].bias) == (True, gpiod.line.Bias.PULL_UP)


def test_levels_can_be_read_without_waiting_for_edges(pi: Machine) -> None:
    inputs = pi.lines.inputs("test", SWITCH, debounce_ms=20)
    (request,) = header(pi).requests
    assert {cfg.edge_detection for cfg in request.config.values()} == {gpiod.line.Edge.NONE}
    request.values[5] = ACTIVE
    assert inputs.levels() == {"thrown": True, "retracted": False}
    request.broken = errno.EIO
    assert pi.trouble(inputs.levels)[0] is Trouble.UNPLUGGED
    inputs.close()
    assert request.released


class Listener:
    """Hears edges on the event loop."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Edge | str] = asyncio.Queue()

    def lost(self) -> None:
        self.heard.put_nowait("lost")

    async def next(self) -> Edge | str:
        async with asyncio.timeout(10):
            return await self.heard.get()


async def test_edges_come_by_role_in_their_order(pi: Machine) -> None:
    listener = Listener()
    inputs = pi.lines.inputs("test", SWITCH, debounce_ms=5, edge=listener.heard.put_nowait, lost=listener.lost)
    header(pi).requests[0].happens(event(5, 1), event(6, 1, at_ns=8), event(5, 2, FALLING, 9))
    assert [await listener.next() for _ in range(3)] == [
        Edge("thrown", active=True, at_ns=7),
        Edge("retracted", active=True, at_ns=8),
        Edge("thrown", active=False, at_ns=9),
    ]
    inputs.close()


async def test_edges_that_found_no_room_are_told_of(pi: Machine) -> None:
    listener = Listener()
    inputs = pi.lines.inputs("test", SWITCH, debounce_ms=5, edge=listener.heard.put_nowait, lost=listener.lost)
    header(pi).requests[0].happens(event(5, 3), event(5, 4, FALLING))
    assert await listener.next() == "lost"
    assert isinstance(await listener.next(), Edge)
    assert isinstance(await listener.next(), Edge)
    inputs.close()


async def test_a_chip_that_goes_away_is_told_of_once(pi: Machine) -> None:
    listener = Listener()
    inputs = pi.lines.inputs("test", SWITCH, debounce_ms=5, edge=listener.heard.put_nowait, lost=listener.lost)
    header(pi).requests[0].happens(OSError(errno.ENODEV, "No such device"))
    header(pi).requests[0].broken = errno.ENODEV
    assert await listener.next() == "lost"
    assert pi.trouble(inputs.levels)[0] is Trouble.UNPLUGGED
    inputs.close()
    assert listener.heard.empty()


async def test_after_the_lines_are_given_back_nothing_is_heard(pi: Machine) -> None:
    heard = asyncio.Queue[Edge]()

    def edge(edge: Edge) -> None:
        heard.put_nowait(edge)
        inputs.close()

    inputs = pi.lines.inputs("test", SWITCH, debounce_ms=5, edge=edge)
    header(pi).requests[0].happens(event(5, 1), event(5, 2, FALLING))
    async with asyncio.timeout(10):
        assert (await heard.get()).role == "thrown"
    assert heard.empty()


def test_the_machine_can_be_looked_over(pi: Machine) -> None:
    header(pi).users = {2: "i2c", 3: ""}
    pi.chips[str(pi.folder / "gpiochip0")].fails = errno.EACCES
    denied, rp1, expander = pi.lines.survey()
    assert denied.denied
    assert (rp1.label, len(rp1.lines), rp1.lines[17].name) == ("pinctrl-rp1", 28, "GPIO17")
    assert [line.consumer for line in rp1.lines[1:4]] == [None, "i2c", "the kernel"]
    assert expander.label == "expander"


def test_a_missing_library_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gpiod", None)
    with pytest.raises(PartError) as caught:
        KernelLines().outputs("test", MOTOR)
    assert caught.value.trouble is Trouble.LIBRARY_MISSING
