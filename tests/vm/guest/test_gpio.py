"""GPIO lines of a real kernel: what the chips in memory, which all other tests use, only play."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from lock_bridge.hardware.driver import Use
from lock_bridge.hardware.gpio.kernel import KernelLines
from lock_bridge.hardware.gpio.lines import Edge, Line, Outputs
from lock_bridge.hardware.gpio.release import release
from lock_bridge.hardware.trouble import PartError, Trouble
from tests.vm.parts.gpio_sim import SimChip
from tests.vm.parts.waiting import until

_HOLDER = """
import sys, time
from lock_bridge.hardware.gpio.kernel import KernelLines
from lock_bridge.hardware.gpio.lines import Line
outputs = KernelLines().outputs("another door", {"relay": Line("RELAY")})
outputs.set({"relay": True})
print("driven", flush=True)
time.sleep(600)
"""


class Watched(KernelLines):
    """Sees what RELAY is while somebody has taken it."""

    def __init__(self, chip: SimChip) -> None:
        super().__init__()
        self.chip = chip
        self.high_while_held: list[bool] = []

    def outputs(self, consumer: str, lines: Mapping[str, Line]) -> Outputs:
        outputs = super().outputs(consumer, lines)
        self.high_while_held.append(self.chip.high("RELAY"))
        return outputs


RELAY = Use("line", "RELAY", "relay", "relay IN", output=True)


@pytest.fixture
def holder(chip: SimChip) -> Iterator[subprocess.Popen[str]]:
    """Another process, which drives RELAY."""
    process = subprocess.Popen([sys.executable, "-c", _HOLDER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "driven\n"
    with process:
        yield process
        process.kill()


async def test_a_line_is_found_by_its_name_or_by_its_chip_and_driven(chip: SimChip) -> None:
    outputs = KernelLines().outputs(
        "front_door bolt", {"one": Line("IN1"), "two": Line("pinctrl-guest:1", active_low=True)}
    )
    assert (chip.high("IN1"), chip.high("IN2")) == (False, True), "none is active at first"
    outputs.set({"one": True, "two": True})
    assert (chip.high("IN1"), chip.high("IN2")) == (True, False)
    (seen,) = KernelLines().survey()
    assert (seen.path, seen.label) == (chip.device, chip.label)
    assert {line.name: line.consumer for line in seen.lines if line.output} == dict.fromkeys(
        ("IN1", "IN2"), "front_door bolt"
    )
    outputs.close()
    assert not any(line.consumer for line in KernelLines().survey()[0].lines)


async def test_levels_at_the_start_are_those_of_the_wires(chip: SimChip) -> None:
    chip.put("DOOR", high=True)
    inputs = KernelLines().inputs(
        "contacts",
        {"door": Line("DOOR"), "tamper": Line("TAMPER"), "bell": Line("BELL", active_low=True)},
        debounce_ms=10,
    )
    assert inputs.levels() == {"door": True, "tamper": False, "bell": True}
    inputs.close()


async def test_a_pull_resistor_that_is_asked_for_is_there(chip: SimChip) -> None:
    inputs = KernelLines().inputs("contacts", {"door": Line("DOOR", pull="up")}, debounce_ms=10)
    assert inputs.levels() == {"door": True}, "nothing is wired"
    inputs.close()


async def test_a_contact_that_bounces_is_one_edge_of_the_kernels_time(chip: SimChip) -> None:
    edges: list[Edge] = []
    inputs = KernelLines().inputs("contacts", {"door": Line("DOOR")}, debounce_ms=100, edge=edges.append)
    for _ in range(6):
        chip.put("DOOR", high=True)
        chip.put("DOOR", high=False)
    chip.put("DOOR", high=True)
    await until(lambda: edges)
    chip.put("DOOR", high=False)
    await until(lambda: len(edges) == 2)
    assert [(edge.role, edge.active) for edge in edges] == [("door", True), ("door", False)]
    assert edges[0].at_ns < edges[1].at_ns
    inputs.close()


async def test_edges_that_found_no_room_are_noticed_and_the_level_is_still_right(chip: SimChip) -> None:
    edges: list[Edge] = []
    lost: list[None] = []
    inputs = KernelLines().inputs(
        "contacts", {"bell": Line("BELL")}, debounce_ms=0, edge=edges.append, lost=lambda: lost.append(None)
    )
    for count in range(601):  # the loop does not run meanwhile
        chip.put("BELL", high=count % 2 == 0)
    await until(lambda: edges and edges[-1].active and len(edges) >= 256)
    assert lost
    assert len(edges) < 601
    assert inputs.levels() == {"bell": True}
    inputs.close()


async def test_a_line_that_another_process_has_is_refused_and_its_holder_named(
    chip: SimChip, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(PartError, match="RELAY is used by another door") as refused:
        KernelLines().outputs("front_door bolt", {"relay": Line("RELAY"), "one": Line("IN1")})
    assert refused.value.trouble is Trouble.IN_USE
    KernelLines().outputs("front_door bolt", {"one": Line("IN1")}).close()  # either all lines or none


async def test_the_kernel_lets_go_of_the_line_of_a_process_that_dies(
    chip: SimChip, holder: subprocess.Popen[str]
) -> None:
    assert chip.high("RELAY")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    await until(lambda: not chip.high("RELAY"))


async def test_what_a_dead_bridge_left_on_is_made_safe_and_what_a_running_one_drives_is_left_alone(
    chip: SimChip, holder: subprocess.Popen[str]
) -> None:
    failed = release([RELAY, Use("line", "IN1", "in1", "IN1", output=True)], KernelLines())
    assert failed.keys() == {"RELAY"}
    assert failed["RELAY"].trouble is Trouble.IN_USE
    assert chip.high("RELAY")
    holder.kill()
    holder.wait()
    # As on a Raspberry Pi, where a line stays as it was.
    chip.put("RELAY", high=True)
    chip.put("IN1", high=True)
    lines = Watched(chip)
    assert release([RELAY], lines) == {}
    assert lines.high_while_held == [False]


async def test_a_chip_that_goes_away_while_it_is_used_is_noticed_by_all_who_use_it(chip: SimChip) -> None:
    lost: list[None] = []
    lines = KernelLines()
    outputs = lines.outputs("front_door bolt", {"one": Line("IN1")})
    inputs = lines.inputs(
        "contacts", {"door": Line("DOOR")}, debounce_ms=10, edge=lambda _edge: None, lost=lambda: lost.append(None)
    )
    chip.unplug()
    for call in (inputs.levels, lambda: outputs.set({"one": True})):
        with pytest.raises(PartError) as gone:
            call()
        assert gone.value.trouble is Trouble.UNPLUGGED
    await until(lambda: lost)
    inputs.close()
    outputs.close()
    with pytest.raises(PartError) as missing:
        lines.outputs("front_door bolt", {"one": Line("IN1")})
    assert missing.value.trouble is Trouble.NO_LINE
    chip.plug()
    lines.outputs("front_door bolt", {"one": Line("IN1")}).close()
