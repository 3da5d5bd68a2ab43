"""Whatever happens at a door: its motor is never driven for long, and the bolt never said to be where none saw it."""

import asyncio
from collections import Counter
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lock_bridge.engine.effects import Drive
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, MotorOutcome, MotorStopped, PartBack, PartFault, Reading
from lock_bridge.wire.words import Part
from tests.conftest import long_run
from tests.hardware.motor_rig import CONFIG, MotorRig
from tests.hardware.plant import STEP_MS, Sensor

FIGURES: Final = Counter[str]()
"""What the plant has been through, for whoever wants to know how much that was."""

LINES: Final = ("GPIO17", "GPIO27", "GPIO22", "GPIO5", "GPIO6")
DEBOUNCE_MS: Final = 5

TRUTH: Final = {
    (True, False): BoltPosition.RETRACTED,
    (False, True): BoltPosition.THROWN,
    (False, False): BoltPosition.BETWEEN,
}
"""Where the bolt is when its sensors, retracted and thrown, are active or not."""


class Door(RuleBasedStateMachine):
    """A door at which everything goes wrong, and somebody who knows how it ought to be."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.open: set[int] = set()
        """Runs that have to end."""
        self.goals: dict[int, Drive] = {}
        self.orders: list[tuple[int, int]] = []
        """When the motor was asked for, and for how long at most."""
        self.told: BoltPosition | None = None
        self.ill: set[Part] = set()
        self.pounce: Drive | None = None
        """What to ask for within the report of a position."""
        self.checked = 0

    @initialize(
        speed=st.sampled_from([0.3, 1.25, 4.0]),
        friction=st.sampled_from([0.1, 0.3]),
        brake_ms=st.sampled_from([0, 80]),
        own_ms=st.sampled_from([800, 3_000]),
        at=st.sampled_from([0.0, 0.5, 1.0]),
        zone=st.sampled_from([0.02, 0.05, 0.3]),
    )
    def build(self, speed: float, friction: float, brake_ms: int, own_ms: int, at: float, zone: float) -> None:
        FIGURES["doors"] += 1
        self.own_ms, self.brake_ms = own_ms, brake_ms
        self.rest_ms = brake_ms or 50
        self.rig = MotorRig(CONFIG | {"brake_ms": brake_ms, "limit_ms": own_ms})
        plant = self.plant = self.rig.plant
        plant.speed, plant.friction, plant.at = speed, friction, at
        plant.thrown.zone = plant.retracted.zone = zone
        plant.feel()
        self.wait(10)
        self.rig.on_report = self.hear
        self.runner.run(self.rig.start())

    # What the engine does.

    @rule(
        drive=st.sampled_from([Drive.THROW, Drive.RETRACT, Drive.RETRACT, Drive.COUPLE]),
        limit_ms=st.sampled_from([30, 700, 3_000, 3_000, 3_000]),
        turned=st.sampled_from([False, False, False, True]),
    )
    def drive(self, drive: Drive, limit_ms: int, turned: bool) -> None:
        self.order(drive, limit_ms, turned=turned)

    @rule(drive=st.sampled_from([Drive.THROW, Drive.RETRACT]), ms=st.sampled_from([200, 800, 4_000, 4_000]))
    def drive_a_while(self, drive: Drive, ms: int) -> None:
        self.order(drive, 3_000)
        self.wait(ms)

    @rule(drive=st.sampled_from([Drive.THROW, Drive.RETRACT]), where=st.floats(0.0, 1.0))
    def get_stuck_on_the_way(self, drive: Drive, where: float) -> None:
        self.plant.jam = (where, 1 if drive is Drive.THROW else -1)
        for _ in range(2):
            self.order(drive, 3_000)
            self.wait(4_000)
        self.plant.jam = None

    @rule(drive=st.sampled_from([Drive.THROW, Drive.RETRACT]), ms=st.sampled_from([10, 200]))
    def hold_a_magnet_to_the_goal(self, drive: Drive, ms: int) -> None:
        self.there_and_back()
        self.there_and_back()
        self.order(Drive.RETRACT if drive is Drive.THROW else Drive.THROW, 3_000)
        self.wait(4_000)
        self.order(drive, 3_000)
        self.wait(ms)
        sensor = self.plant.thrown if drive is Drive.THROW else self.plant.retracted
        sensor.stuck = True
        self.feel()
        self.wait(1_000)
        sensor.stuck = None
        self.feel()
        self.wait(5_000)

    @rule()
    def there_and_back(self) -> None:
        for drive in (Drive.RETRACT, Drive.THROW) * 2:
            self.order(drive, 3_000)
            self.wait(4_000)

    @rule()
    def halt(self) -> None:
        self.rig.port.halt()
        assert self.plant.pushes == 0, "halted is halted"

    @rule(drive=st.sampled_from([Drive.THROW, Drive.RETRACT]))
    def take_over_at_the_next_report(self, drive: Drive) -> None:
        self.pounce = drive

    @rule(ms=st.sampled_from([1, 7, 40, 90, 400, 1_500, 6_000]))
    def wait(self, ms: int) -> None:
        FIGURES["seconds"] += ms / 1_000
        self.runner.run(self.rig.advance(ms))

    # What the door does.

    @rule(at=st.floats(0.0, 1.0), way=st.sampled_from([1, -1]))
    def jam(self, at: float, way: int) -> None:
        self.plant.jam = (at, way)

    @rule(what=st.sampled_from(["dead", "slips", "seized", "turned"]), so=st.booleans())
    def break_or_mend(self, what: str, so: bool) -> None:
        setattr(self.plant, what, so)

    @rule(battery=st.sampled_from([0.35, 0.7, 1.0]), resistance=st.sampled_from([0.05, 0.5]))
    def battery(self, battery: float, resistance: float) -> None:
        self.plant.battery, self.plant.resistance = battery, resistance

    @rule(to=st.sampled_from([0.0, 0.5, 1.0]))
    def turn_the_key(self, to: float) -> None:
        self.plant.turn(to)

    @rule(
        which=st.sampled_from(["thrown", "retracted"]),
        how=st.sampled_from(["sticks on", "sticks off", "cut", "flickers", "deaf"]),
    )
    def spoil_a_sensor(self, which: str, how: str) -> None:
        sensor: Sensor = getattr(self.plant, which)
        sensor.stuck = {"sticks on": True, "sticks off": False}.get(how)
        sensor.cut, sensor.flickers = how == "cut", how == "flickers"
        self.rig.lines.deafen(sensor.wire, how == "deaf")
        self.feel()

    @rule()
    def mend_the_sensors(self) -> None:
        for sensor in (self.plant.thrown, self.plant.retracted):
            sensor.stuck, sensor.cut, sensor.flickers = None, False, False
            self.rig.lines.deafen(sensor.wire, False)
        self.feel()

    @rule()
    def mend_everything(self) -> None:
        self.mend_the_sensors()
        self.plant.jam, self.plant.battery, self.plant.resistance = None, 1.0, 0.1
        self.plant.dead = self.plant.slips = self.plant.seized = self.plant.turned = False
        for line in LINES:
            self.rig.lines.fail(line, None)
        self.rig.lines.plug()

    # What the machine does.

    @rule(line=st.sampled_from([*LINES, None]), ms=st.sampled_from([1, 1_000, 30_000]))
    def lines_fail_for_a_while(self, line: str | None, ms: int) -> None:
        FIGURES["failures of lines"] += 1
        if line is not None:
            self.rig.lines.fail(line)
        else:
            self.rig.lines.unplug()
            assert self.plant.pushes == 0
        self.wait(ms)
        self.rig.lines.plug()
        for line in LINES:
            self.rig.lines.fail(line, None)

    @rule(ms=st.sampled_from([500, 5_000]), to=st.sampled_from([None, 0.0, 0.5, 1.0]))
    def the_process_dies_and_another_is_started(self, ms: int, to: float | None) -> None:
        FIGURES["deaths"] += 1
        self.runner.run(self.rig.die())
        self.forget()
        assert self.plant.pushes == 0
        self.start_again(ms, to)

    @rule(to=st.sampled_from([None, 0.0, 0.5, 1.0]))
    def it_is_stopped_and_started_again(self, to: float | None) -> None:
        self.runner.run(self.rig.stop())
        self.forget()
        assert not any(self.rig.lines.high(line) for line in ("GPIO17", "GPIO27", "GPIO22"))
        assert all(self.rig.lines.taken(line) is None for line in LINES)
        self.start_again(500, to)

    def start_again(self, ms: int, to: float | None) -> None:
        if to is not None:
            self.plant.turn(to)
        self.wait(ms)
        assert self.rig.heard() == [], "what does not run says nothing"
        self.runner.run(self.rig.start())
        first = self.rig.heard()[:1]
        assert first, "where the bolt is, or why that is not known, is told at once"
        assert isinstance(first[0], BoltSeen | PartFault)

    # What has to hold.

    def order(self, drive: Drive, limit_ms: int, *, turned: bool = False) -> None:
        FIGURES["runs"] += 1
        number = self.rig.runs + 1
        self.orders.append((self.now(), min(limit_ms, self.own_ms)))
        self.open = {number}  # one that was under way ends in silence
        self.goals[number] = drive
        assert self.rig.drive(drive, limit_ms=limit_ms, reversed=turned) == number

    def hear(self, reading: Reading) -> None:
        FIGURES["reports"] += 1
        match reading:
            case BoltSeen(position):
                assert Part.BOLT not in self.ill, "sensors that are at fault say nothing"
                assert position is not self.told, "the same is not told twice"
                self.told = position
                self.must_have_seen(position)
                if self.pounce is not None:
                    drive, self.pounce = self.pounce, None
                    self.order(drive, 3_000)
            case MotorStopped(run, outcome):
                FIGURES[outcome.value] += 1
                assert run in self.open, "each run ends once, and one that was taken over not at all"
                self.open.discard(run)
                assert self.plant.pushes == 0, "it has ended when the motor rests"
                if outcome is MotorOutcome.REACHED:
                    goal = BoltPosition.THROWN if self.goals[run] is Drive.THROW else BoltPosition.RETRACTED
                    assert self.told is goal
                    self.must_have_seen(goal)
            case PartFault(part):
                FIGURES["faults"] += 1
                self.ill.add(part)
                if part is Part.BOLT:
                    self.told = None
            case PartBack(part):
                assert part in self.ill
                self.ill.discard(part)
                self.told = None
            case _:
                raise AssertionError(reading)

    def must_have_seen(self, position: BoltPosition) -> None:
        """The bolt is not said to be at an end whose sensor has not said so a moment ago."""
        sensors = {BoltPosition.THROWN: self.plant.thrown, BoltPosition.RETRACTED: self.plant.retracted}
        if (sensor := sensors.get(position)) is not None and not sensor.active:
            assert self.now() - sensor.active_at_ms <= DEBOUNCE_MS + STEP_MS

    @invariant()
    def the_motor_was_never_driven_wrongly(self) -> None:
        spells = self.rig.spells()[max(0, self.checked - 1) :]
        for before, spell in zip([None, *spells], spells, strict=False):
            if spell.way:
                limit = [limit for at, limit in self.orders if at <= spell.began_ms][-1]
                assert spell.ms <= limit, "never longer than the limit"
                FIGURES["longest ms"] = max(FIGURES["longest ms"], spell.ms)
                if before is not None and before.way == -spell.way:
                    assert spell.began_ms - before.ended_ms >= self.rest_ms, "never round without a rest"
            else:
                assert self.brake_ms, "both inputs only where that brakes"
                assert spell.ms <= self.brake_ms
                if before is not None and all(at != spell.began_ms for at, _ in self.orders):
                    assert before.way != 0
                    assert before.ended_ms == spell.began_ms, "and only a motor that turned"
        self.checked = max(0, len(self.rig.spells()) - 2)

    @invariant()
    def without_a_run_the_motor_is_off(self) -> None:
        if not self.open:
            assert self.plant.pushes == 0
        on = any(self.rig.lines.high(line) for line in (self.plant.in1, self.plant.in2))
        assert not on or self.rig.load[-1], "the battery's gauge knows that it turns"

    def feel(self) -> None:
        self.plant.feel()
        self.plant.wake()

    def forget(self) -> None:
        """Nobody is there who could say how it went."""
        self.open, self.told, self.ill, self.pounce = set(), None, set(), None
        self.rig.heard()

    def now(self) -> int:
        return self.rig.clock.now().mono_ms

    def teardown(self) -> None:
        if hasattr(self, "rig"):
            self.pounce = None
            self.wait(5_000)
            assert self.open == set(), "every run has come to its end"
            self.mend_everything()
            self.wait(40_000)
            self.all_is_well()
            self.runner.run(self.rig.stop())
        self.runner.close()

    def all_is_well(self) -> None:
        """Mended, it says what is true; and it works, at the latest when it has shown a few times that it does."""
        near = (self.plant.retracted.active, self.plant.thrown.active)
        assert self.ill == set() or self.rig.port._position.belief.doubted
        if not self.ill:
            assert self.told is TRUTH[near]
        if self.plant.speed > 1 and self.own_ms == 3_000:
            for drive in (Drive.RETRACT, Drive.THROW) * 4:
                self.order(drive, 3_000)
                self.wait(4_000)
            FIGURES["doors that worked in the end"] += 1
            assert self.ill == set()
            assert self.told is BoltPosition.THROWN
            assert self.plant.thrown.active


@pytest.mark.timeout(3_600)
def test_whatever_happens_the_motor_rests_in_time_and_the_bolt_is_where_it_was_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    examples, steps = (1_000, 50) if long_run() else (25, 25)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Door,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    if long_run():
        with capsys.disabled():
            print("\nplant:", ", ".join(f"{count:.0f} {name}" for name, count in FIGURES.items()))  # noqa: T201
