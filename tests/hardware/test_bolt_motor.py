"""A motor moves the bolt as far as its sensors say, and never for long; what they say is not believed blindly."""

import contextlib
import logging

import pytest

from lock_bridge.engine.effects import Drive
from lock_bridge.hardware.bolt_motor.about import DRIVER
from lock_bridge.hardware.gpio.believed import CLEAR_MS
from lock_bridge.hardware.ports import (
    BoltPosition,
    BoltSeen,
    Health,
    MotorOutcome,
    MotorStopped,
    PartBack,
    PartFault,
    Reading,
)
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.wire.words import Part
from tests.hardware.motor_rig import CLUTCH, CONFIG, LIMIT_MS, REST_MS, MotorRig, options, positions, read_options

THROWN, BETWEEN, RETRACTED = BoltPosition.THROWN, BoltPosition.BETWEEN, BoltPosition.RETRACTED
REACHED, STALLED = MotorOutcome.REACHED, MotorOutcome.STALLED
NO_MOTION, FAULT = MotorOutcome.NO_MOTION, MotorOutcome.FAULT
STUCK = PartFault(Part.BOLT, Trouble.STUCK)
THERE_AND_BACK = (Drive.RETRACT, Drive.THROW)


@pytest.fixture
async def rig() -> MotorRig:
    rig = MotorRig()
    await rig.start()
    rig.heard()
    return rig


async def practise(rig: MotorRig, times: int = 3) -> None:
    """Let the bolt be timed, both ways."""
    for drive in THERE_AND_BACK * times:
        assert await rig.run(drive) is REACHED
        rig.heard()


# Driving.


async def test_it_is_braked_and_let_go_when_the_bolt_is_there(rig: MotorRig) -> None:
    assert await rig.run(Drive.RETRACT) is REACHED
    drive, brake = rig.spells()
    assert (drive.way, brake.way) == (-1, 0)
    assert 800 < drive.ms < 1_100
    assert brake.ms == REST_MS
    assert rig.lines.driven_since()[-3:] == [("GPIO17", False), ("GPIO27", False), ("GPIO22", False)]
    assert rig.load == [True, False]
    await rig.stop()


async def test_a_bridge_that_is_not_to_brake_is_only_switched_off() -> None:
    rig = MotorRig(CONFIG | {"brake_ms": 0})
    await rig.start()
    rig.heard()
    assert await rig.run(Drive.RETRACT) is REACHED
    assert [spell.way for spell in rig.spells()] == [-1]
    await rig.stop()


async def test_a_bridge_without_an_enable_is_driven_by_its_inputs_alone() -> None:
    rig = MotorRig({key: line for key, line in CONFIG.items() if key != "enable"})
    await rig.start()
    rig.heard()
    assert await rig.run(Drive.RETRACT) is REACHED
    await rig.stop()


async def test_inputs_that_are_active_when_low_are_driven_so() -> None:
    rig = MotorRig(CONFIG | {"enable": {"line": "GPIO22", "active": "low"}})
    await rig.start()
    assert rig.lines.high("GPIO22")
    rig.drive(Drive.RETRACT)
    assert not rig.lines.high("GPIO22")
    await rig.stop()
    assert ("GPIO22", True) in rig.lines.driven_since()[-6:], "off before it is let go"


@pytest.mark.spec("BLT-12")
async def test_in_a_left_opening_door_it_turns_the_other_way(rig: MotorRig) -> None:
    rig.plant.turned = True
    assert await rig.run(Drive.RETRACT, reversed=True) is REACHED
    rig.heard()
    assert await rig.run(Drive.THROW, reversed=True) is REACHED
    await rig.stop()


@pytest.mark.spec("BLT-12")
async def test_told_the_wrong_side_it_gives_up_at_the_other_end(rig: MotorRig) -> None:
    rig.plant.turned = True
    assert await rig.run(Drive.RETRACT) is NO_MOTION, "it is at that end already"
    rig.plant.at = 0.5
    rig.plant.feel()
    await rig.advance(500)
    rig.heard()
    assert await rig.run(Drive.RETRACT) is STALLED
    assert rig.spells()[-2].ms < LIMIT_MS / 2, "and does not push there until its limit"
    assert positions(rig.heard()) == [THROWN]
    await rig.stop()


async def test_a_bolt_that_is_turned_round_on_its_way_rests_in_between(rig: MotorRig) -> None:
    rig.drive(Drive.RETRACT)
    await rig.advance(400)
    back = rig.drive(Drive.THROW)
    await rig.advance(LIMIT_MS)
    assert [item for item in rig.heard() if isinstance(item, MotorStopped)] == [MotorStopped(back, REACHED)]
    ways = [(spell.way, spell.ms) for spell in rig.spells()]
    assert ways[0] == (-1, 400)
    assert ways[1] == (0, REST_MS)
    assert ways[2][0] == 1
    await rig.stop()


async def test_a_bolt_that_is_turned_round_while_it_brakes_rests_the_whole_time(rig: MotorRig) -> None:
    rig.drive(Drive.RETRACT)
    await rig.advance(400)
    rig.port.halt()
    await rig.advance(REST_MS // 2)
    back = rig.drive(Drive.THROW)
    await rig.advance(LIMIT_MS)
    assert [item for item in rig.heard() if isinstance(item, MotorStopped)] == [MotorStopped(back, REACHED)]
    assert [spell.way for spell in rig.spells()[:3]] == [-1, 0, 1]
    assert rig.spells()[1].ms == REST_MS
    await rig.stop()


async def test_however_often_it_is_told_something_else_it_brakes_no_longer(rig: MotorRig) -> None:
    rig.drive(Drive.RETRACT)
    await rig.advance(400)
    for drive in THERE_AND_BACK * 4:
        rig.drive(drive)
        await rig.advance(10)
    await rig.advance(LIMIT_MS)
    assert [(spell.way, spell.ms) for spell in rig.spells()[:2]] == [(-1, 400), (0, REST_MS)]
    await rig.stop()


# Never for long.


@pytest.mark.spec("BLT-6")
@pytest.mark.parametrize(("ordered", "own", "longest"), [(700, 3_000, 700), (3_000, 500, 500), (60_000, 3_000, 3_000)])
async def test_it_is_never_driven_longer_than_its_order_nor_than_its_own_limit(
    ordered: int, own: int, longest: int
) -> None:
    rig = MotorRig(CONFIG | {"limit_ms": own})
    rig.plant.speed = 0.2
    await rig.start()
    rig.heard()
    run = rig.drive(Drive.RETRACT, limit_ms=ordered)
    await rig.advance(10_000)
    assert rig.heard() == [BoltSeen(BETWEEN), MotorStopped(run, STALLED)]
    assert rig.spells()[0].ms == longest
    assert [spell.way for spell in rig.spells()] == [-1, 0]
    await rig.stop()


async def test_its_off_is_due_before_it_is_on(rig: MotorRig) -> None:
    due_when_on: list[int | None] = []
    rig.lines.listen(lambda name, high: due_when_on.append(rig.clock.next_due_ms()) if high else None)
    rig.drive(Drive.RETRACT, limit_ms=1)
    assert due_when_on[0] == 1
    await rig.stop()


@pytest.mark.spec("BLT-6")
async def test_a_bolt_that_was_timed_is_given_up_long_before_the_limit() -> None:
    rig = MotorRig()
    rig.plant.speed = 3.0
    await rig.start()
    rig.heard()
    await practise(rig)
    rig.plant.jam = (0.5, -1)
    assert await rig.run(Drive.RETRACT) is STALLED
    assert rig.spells()[-2].ms < LIMIT_MS / 2
    assert positions(rig.heard()) == [BETWEEN]
    await rig.stop()


@pytest.mark.spec("BLT-6")
async def test_a_bolt_that_does_not_leave_its_end_is_given_up_soon(rig: MotorRig) -> None:
    rig.plant.seized = True
    assert await rig.run(Drive.RETRACT) is NO_MOTION
    assert rig.spells()[0].ms == 1_000
    assert positions(rig.heard()) == []
    rig.plant.seized = False
    await practise(rig)
    rig.plant.dead = True
    assert await rig.run(Drive.RETRACT) is NO_MOTION
    assert rig.spells()[-2].ms < 900, "sooner once it was timed"
    await rig.stop()


async def test_a_stiff_bolt_and_a_weak_battery_are_given_their_time(rig: MotorRig) -> None:
    await practise(rig)
    rig.plant.friction, rig.plant.battery = 0.3, 0.9
    assert await rig.run(Drive.RETRACT) is REACHED
    assert rig.plant.least_voltage < 0.95
    await rig.stop()


# What the sensors say.


async def test_the_bolt_is_where_the_sensors_say_after_a_start() -> None:
    for at, position in ((1.0, THROWN), (0.0, RETRACTED), (0.5, BETWEEN)):
        rig = MotorRig()
        rig.plant.at = at
        rig.plant.feel()
        await rig.advance(10)
        await rig.start()
        assert rig.heard() == [BoltSeen(position)]
        await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_both_ends_at_once_are_a_fault_until_they_make_sense_for_a_while(rig: MotorRig) -> None:
    rig.plant.retracted.stuck = True
    rig.plant.feel()
    await rig.advance(100)
    assert rig.heard() == [STUCK]
    assert rig.port.health.trouble is Trouble.STUCK
    rig.plant.retracted.stuck = None
    rig.plant.feel()
    await rig.advance(CLEAR_MS - 100)
    assert rig.heard() == []
    await rig.advance(200)
    assert rig.heard() == [PartBack(Part.BOLT), BoltSeen(THROWN)]
    assert rig.port.health.state == "served"
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_with_sensors_that_contradict_each_other_it_still_moves_by_time_and_says_that_it_cannot_tell(
    rig: MotorRig,
) -> None:
    await practise(rig)
    rig.plant.thrown.stuck = rig.plant.retracted.stuck = True
    rig.plant.feel()
    await rig.advance(100)
    rig.heard()
    run = rig.drive(Drive.RETRACT)
    await rig.advance(LIMIT_MS)
    assert rig.heard() == [MotorStopped(run, FAULT)]
    assert rig.plant.at < 0.05
    assert 1_000 < rig.spells()[-2].ms < 1_500, "a little longer than it takes"
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_a_sensor_that_sticks_is_found_out_when_the_bolt_arrives_at_the_other(rig: MotorRig) -> None:
    rig.plant.thrown.stuck, rig.plant.speed = True, 2.0
    run = rig.drive(Drive.RETRACT)
    await rig.advance(LIMIT_MS)
    assert rig.heard() == [STUCK, MotorStopped(run, FAULT)]
    await rig.stop()


async def test_two_switches_of_which_one_is_slow_do_not_contradict_each_other(rig: MotorRig) -> None:
    rig.lines.put("GPIO6", high=False)
    await rig.advance(40)
    rig.lines.put("GPIO5", high=True)
    await rig.advance(200)
    assert rig.heard() == [BoltSeen(RETRACTED)]
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_an_end_that_is_reached_too_early_is_a_fault_until_a_run_goes_as_it_should(rig: MotorRig) -> None:
    await practise(rig)
    rig.drive(Drive.RETRACT)
    await rig.advance(200)
    rig.plant.retracted.stuck = True  # somebody holds a magnet to it
    await rig.advance(LIMIT_MS)
    assert rig.heard() == [BoltSeen(BETWEEN), STUCK, MotorStopped(1 + 6, FAULT)]
    assert await rig.run(Drive.RETRACT) is FAULT, "there, says a sensor that is not believed"
    rig.plant.retracted.stuck = None
    rig.plant.at = 0.0
    rig.plant.feel()
    await rig.advance(10_000)
    rig.heard()
    assert rig.port.health.trouble is Trouble.STUCK
    assert await rig.run(Drive.THROW) is REACHED
    assert rig.heard() == [PartBack(Part.BOLT), BoltSeen(THROWN), MotorStopped(9, REACHED)]
    await rig.stop()


async def test_a_bolt_that_has_become_faster_is_believed_after_some_runs(rig: MotorRig) -> None:
    await practise(rig)
    rig.plant.speed, rig.plant.friction = 5.0, 0.1
    outcomes = []
    for drive in THERE_AND_BACK * 4:
        outcomes.append(await rig.run(drive))
        rig.heard()
    assert outcomes[:4] == [FAULT] * 4
    assert outcomes[-2:] == [REACHED] * 2
    await rig.stop()


async def test_faster_than_anything_travels_is_never_believed() -> None:
    rig = MotorRig(CONFIG | {"min_travel_ms": 400})
    rig.plant.speed = 4.0
    await rig.start()
    rig.heard()
    for drive in THERE_AND_BACK * 3:
        assert await rig.run(drive) is FAULT
        rig.heard()
    await rig.stop()


async def test_a_door_that_slams_does_not_move_the_bolt(rig: MotorRig) -> None:
    rig.lines.put("GPIO5", high=True)
    await rig.advance(40)
    rig.lines.put("GPIO5", high=False)
    await rig.advance(3_000)
    assert rig.heard() == []
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_a_sensor_that_flickers_is_a_fault_and_does_not_fill_the_journal(rig: MotorRig) -> None:
    for _ in range(100):
        rig.lines.put("GPIO5", high=True)
        await rig.advance(30)
        rig.lines.put("GPIO5", high=False)
        await rig.advance(30)
    assert rig.heard() == [STUCK]
    await rig.advance(CLEAR_MS + 100)
    assert rig.heard() == [PartBack(Part.BOLT), BoltSeen(THROWN)]
    await rig.stop()


@pytest.mark.spec("VER-15")
async def test_a_key_turned_while_the_motor_runs_ends_the_run_where_the_key_has_put_the_bolt(rig: MotorRig) -> None:
    run = rig.drive(Drive.RETRACT)
    await rig.advance(400)
    rig.plant.turn(1.0)
    rig.plant.dead = True  # the hand is stronger
    await rig.advance(LIMIT_MS)
    reports = rig.heard()
    assert reports == [BoltSeen(BETWEEN), BoltSeen(THROWN), MotorStopped(run, STALLED)]
    assert rig.spells()[0].ms < 1_200
    await rig.stop()


async def test_an_edge_that_was_lost_is_found_out_before_the_bolt_is_pushed_for_long(rig: MotorRig) -> None:
    rig.lines.deafen("GPIO6")
    rig.lines.deafen("GPIO5")
    assert await rig.run(Drive.RETRACT) is REACHED
    assert rig.spells()[0].ms < 1_150
    rig.heard()
    rig.plant.turn(1.0)
    await rig.advance(3_000)
    assert positions(rig.heard())[-1] is THROWN
    await rig.stop()


@pytest.mark.parametrize("role", ["GPIO5", "GPIO6"])
async def test_a_sensor_without_its_wire_never_says_that_the_bolt_is_there(rig: MotorRig, role: str) -> None:
    sensor = rig.plant.thrown if role == "GPIO5" else rig.plant.retracted
    sensor.cut = True
    rig.plant.feel()
    await rig.advance(200)
    rig.heard()
    await rig.run(Drive.RETRACT)
    first = positions(rig.heard())
    await rig.run(Drive.THROW)
    told = {*first, *positions(rig.heard())}
    assert (THROWN if role == "GPIO5" else RETRACTED) not in told
    await rig.stop()


# The lines.


@pytest.mark.spec("FLT-1")
async def test_a_failure_while_it_is_switched_off_lets_go_of_the_lines_at_once(rig: MotorRig) -> None:
    run = rig.drive(Drive.RETRACT)
    await rig.advance(300)
    rig.lines.fail("GPIO5")
    rig.lines.lose("GPIO6", 0)
    rig.port.halt()
    await rig.advance(REST_MS)
    assert not any(rig.lines.high(line) for line in ("GPIO17", "GPIO27", "GPIO22"))
    reports = rig.heard()
    assert MotorStopped(run, FAULT) in reports
    assert PartFault(Part.MOTOR, Trouble.UNPLUGGED) in reports
    assert rig.load == [True, False]
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_lines_that_somebody_else_has_are_a_fault_until_they_are_free() -> None:
    rig = MotorRig()
    rig.lines.foreign.add("GPIO27")
    await rig.start()
    assert rig.heard() == [PartFault(Part.MOTOR, Trouble.IN_USE), PartFault(Part.BOLT, Trouble.IN_USE)]
    rig.lines.foreign.clear()
    await rig.advance(2_000)
    assert rig.heard() == [PartBack(Part.MOTOR), PartBack(Part.BOLT), BoltSeen(THROWN)]
    await rig.stop()


async def test_all_its_lines_are_free_after_its_stop(rig: MotorRig) -> None:
    rig.drive(Drive.RETRACT)
    await rig.advance(100)
    await rig.stop()
    assert all(rig.lines.taken(line) is None for line in ("GPIO17", "GPIO27", "GPIO22", "GPIO5", "GPIO6"))
    assert rig.lines.driven_since(100) == [
        ("GPIO27", False),
        ("GPIO22", False),
        ("GPIO17", None),
        ("GPIO27", None),
        ("GPIO22", None),
    ]


async def test_a_listener_that_fails_leaves_the_motor_its_end(rig: MotorRig) -> None:
    def fail(_reading: Reading) -> None:
        raise RuntimeError("a defect of whoever listens")

    rig.drive(Drive.RETRACT)
    rig.on_report = fail
    for _ in range(LIMIT_MS // 10):
        with contextlib.suppress(RuntimeError):
            await rig.advance(10)
    assert rig.plant.pushes == 0
    assert rig.spells()[0].ms < 1_100
    rig.on_report = lambda _reading: None
    rig.heard()
    assert await rig.run(Drive.THROW) is REACHED
    await rig.stop()


async def test_a_service_that_is_cancelled_lets_go_of_the_motor(rig: MotorRig) -> None:
    rig.drive(Drive.RETRACT)
    await rig.advance(100)
    task = rig.port._wired.upkeep._task
    assert task is not None
    task.cancel()
    await rig.turn()
    assert rig.plant.pushes == 0
    assert rig.lines.taken("GPIO17") is None


async def test_who_dies_on_the_way_knows_nothing_until_the_sensors_are_read(rig: MotorRig) -> None:
    rig.drive(Drive.RETRACT)
    await rig.advance(400)
    await rig.die()
    assert rig.plant.pushes == 0
    rig.heard()
    await rig.advance(1_000)
    assert rig.heard() == []
    await rig.start()
    assert rig.heard() == [BoltSeen(BETWEEN)]
    assert await rig.run(Drive.RETRACT) is REACHED
    await rig.stop()


# Learning.


async def test_how_long_it_takes_is_remembered_and_told(rig: MotorRig) -> None:
    assert rig.port.health == Health("served", words="GPIO17, GPIO27, GPIO22, GPIO5, GPIO6; not timed yet")
    await practise(rig)
    assert rig.port.health == Health("served", words="throws in 1.00 s, retracts in 1.00 s")
    await rig.die()
    await rig.start()
    assert rig.port.health.words == "throws in 1.00 s, retracts in 1.00 s"
    await rig.stop()


async def test_what_is_known_already_is_not_written_for_every_opening(rig: MotorRig) -> None:
    await practise(rig, 9)
    written: list[str] = []
    keep = rig.memory.put
    rig.memory.put = lambda key, value: (written.append(key), keep(key, value))[1]  # type: ignore[method-assign]
    await practise(rig, 5)
    assert written == [], "a memory card wears out"
    rig.plant.speed = 1.0
    await practise(rig, 5)
    assert set(written) == {"throw", "retract"}
    await rig.stop()


async def test_a_bolt_that_becomes_slow_is_told_of(rig: MotorRig, caplog: pytest.LogCaptureFixture) -> None:
    await practise(rig, 9)
    rig.plant.speed = 0.8
    with caplog.at_level(logging.WARNING):
        await practise(rig, 9)
    assert [record.message for record in caplog.records] == [
        "front_door bolt retracts in 1.52 s (1.00 s when it was new). Look at grease, screws and battery",
        "front_door bolt throws in 1.52 s (1.00 s when it was new). Look at grease, screws and battery",
    ]
    assert "1.00 s when it was new" in rig.port.health.words
    await rig.stop()


# The clutch.


@pytest.fixture
async def clutch() -> MotorRig:
    rig = MotorRig(CLUTCH, profile="l2s")
    rig.lines.put("GPIO13", high=False)
    rig.lines.put("GPIO19", high=True)
    await rig.start()
    rig.heard()
    return rig


@pytest.mark.spec("BLT-13")
async def test_a_clutch_that_sticks_has_stalled(clutch: MotorRig) -> None:
    assert await clutch.run(Drive.COUPLE) is REACHED
    clutch.heard()
    clutch.plant.jam = (0.5, -1)
    assert await clutch.run(Drive.UNCOUPLE) is STALLED
    clutch.heard()
    clutch.plant.jam = None
    assert await clutch.run(Drive.UNCOUPLE) is REACHED
    await clutch.stop()


@pytest.mark.spec("BLT-13")
async def test_without_a_sensor_at_its_coupled_end_it_is_coupled_by_time_and_uncoupled_by_its_sensor() -> None:
    config = {key: line for key, line in CLUTCH.items() if key not in ("coupled", "retracted")} | {"couple_ms": 200}
    rig = MotorRig(config, profile="l2s")
    rig.lines.put("GPIO13", high=True)
    await rig.start()
    assert rig.heard() == [BoltSeen(RETRACTED)], "where only the thrown bolt has a sensor, all else is not locked"
    assert await rig.run(Drive.COUPLE) is REACHED
    assert rig.spells()[0].ms == 200
    rig.heard()
    rig.plant.seized = True
    assert await rig.run(Drive.UNCOUPLE) is STALLED
    rig.heard()
    rig.plant.seized = False
    assert await rig.run(Drive.UNCOUPLE) is REACHED
    rig.heard()
    rig.plant.seized = True
    assert await rig.run(Drive.COUPLE) is NO_MOTION
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_a_clutch_at_both_its_ends_is_a_fault_of_the_motor(clutch: MotorRig) -> None:
    clutch.plant.thrown.stuck = True
    clutch.plant.feel()
    await clutch.advance(100)
    assert clutch.heard() == [PartFault(Part.MOTOR, Trouble.STUCK)]
    clutch.plant.thrown.stuck = None
    clutch.plant.feel()
    await clutch.advance(CLEAR_MS + 100)
    assert clutch.heard() == [PartBack(Part.MOTOR)]
    await clutch.stop()


# The config.


def test_the_config_says_what_it_uses() -> None:
    read = options(DRIVER, {**CONFIG, "in2": {"line": "pinctrl-rp1:27", "active": "low"}})
    assert [(use.what, use.key, use.pin, use.output, use.active_low) for use in DRIVER.uses(read)] == [
        ("GPIO17", "in1", "IN1", True, False),
        ("pinctrl-rp1:27", "in2", "IN2", True, True),
        ("GPIO22", "enable", "EN", True, False),
        ("GPIO5", "thrown", "bolt thrown", False, False),
        ("GPIO6", "retracted", "bolt retracted", False, False),
    ]
    assert all(line.active_low and line.pull == "up" for line in read.sensors.values()), "switches to ground"


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"in1": "A", "in2": "B", "thrown": "C"}, "retracted"),
        ({"in1": "A", "thrown": "C", "retracted": "D"}, "in2"),
        ({"kind": "clutch", "in1": "A", "in2": "B", "thrown": "C", "coupled": "D"}, "uncoupled"),
        (CONFIG | {"limit_ms": 60_000}, "limit_ms"),
        (CONFIG | {"coupled": "GPIO9"}, "coupled"),
        (CONFIG | {"couple_ms": 100}, "couple_ms"),
    ],
)
def test_what_is_missing_or_not_allowed_is_named(config: dict[str, object], key: str) -> None:
    _, problems = read_options(DRIVER, config)
    assert len(problems) == 1
    assert problems[0].startswith(f"{key}:")


def test_a_motor_of_the_wrong_kind_is_refused_with_what_to_write() -> None:
    rig = MotorRig()
    rig.profile = "l2s"
    with pytest.raises(PartError, match='moves a clutch: write kind = "clutch"') as caught:
        rig._new()
    assert caught.value.trouble is Trouble.SETTINGS
