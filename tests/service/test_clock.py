"""The clock of a simulated lock, whose pace can be changed while it runs."""

from itertools import pairwise

import pytest

from lock_bridge.clock import ManualClock, ScaledClock


@pytest.fixture
def machine() -> ManualClock:
    return ManualClock()


def test_time_runs_as_fast_as_it_is_told_to(machine: ManualClock) -> None:
    clock = ScaledClock(machine, 10)
    before = clock.now()
    machine.advance(1_500)
    now = clock.now()
    assert now.mono_ms - before.mono_ms == now.wall_ms - before.wall_ms == 15_000


def test_a_change_of_pace_makes_no_jump_and_time_goes_on_from_there(machine: ManualClock) -> None:
    clock = ScaledClock(machine)
    seen = [clock.now()]
    for scale in (60, 0.5, 1, 1_000, 1):
        clock.scale = scale
        assert clock.now() == seen[-1], "the change itself takes no time"
        machine.advance(200)
        seen.append(clock.now())
    gone = [after.mono_ms - before.mono_ms for before, after in pairwise(seen)]
    assert gone == [12_000, 100, 200, 200_000, 200]
    assert seen[-1].wall_ms - seen[0].wall_ms == sum(gone)


@pytest.mark.parametrize(("scale", "due_in_ms"), [(10, 500), (0.5, 10_000), (1, 5_000)])
def test_a_call_that_is_due_already_follows_a_change_of_pace(
    machine: ManualClock, scale: float, due_in_ms: int
) -> None:
    clock = ScaledClock(machine)
    called_at: list[int] = []
    start = clock.now().mono_ms
    clock.call_later(10_000, lambda: called_at.append(clock.now().mono_ms - start))
    machine.advance(5_000)
    clock.scale = scale
    machine.advance(due_in_ms - 1)
    assert called_at == []
    machine.advance(1)
    assert called_at == [10_000]
    clock.scale = 3
    machine.advance(20_000)
    assert called_at == [10_000], "a call is made once"


def test_a_cancelled_call_stays_so_when_the_pace_changes(machine: ManualClock) -> None:
    clock = ScaledClock(machine, 2)
    called: list[str] = []
    clock.call_later(1_000, lambda: called.append("cancelled")).cancel()
    clock.scale = 100
    machine.advance(5_000)
    assert called == []


def test_at_the_machines_own_pace_it_is_the_machines_clock(machine: ManualClock) -> None:
    clock = ScaledClock(machine)
    machine.advance(1_234)
    machine.set_wall(1_900_000_000_000)
    machine.trusted = False
    assert clock.now() == machine.now()
    assert clock.boot_id == machine.boot_id, "a restart of the service is no power cut"
    assert ScaledClock(machine, 2).boot_id != machine.boot_id


@pytest.mark.parametrize("scale", [0, -1, float("inf"), float("nan")])
def test_time_neither_stands_still_nor_runs_backwards(machine: ManualClock, scale: float) -> None:
    clock = ScaledClock(machine, 5)
    with pytest.raises(ValueError, match="time"):
        clock.scale = scale
    assert clock.scale == 5
