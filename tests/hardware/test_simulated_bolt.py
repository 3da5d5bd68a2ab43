"""The bolt takes its time, gets stuck, and never says that it is somewhere where it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.engine.effects import Drive
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, Handle, HandleSeen, MotorOutcome, MotorStopped, PartFault
from lock_bridge.wire.words import Part
from tests.hardware.simulated_rig import LIMIT_MS, Rig, positions

THROWN, BETWEEN, RETRACTED = BoltPosition.THROWN, BoltPosition.BETWEEN, BoltPosition.RETRACTED


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.start()
    return rig


async def test_a_new_door_is_closed_and_locked(rig: Rig) -> None:
    look = rig.door.look()
    assert (look["bolt"], look["door"], look["handle"]) == ("thrown", "closed", "rest")


async def test_the_bolt_takes_its_time_and_says_where_it_is(rig: Rig) -> None:
    run = rig.drive(Drive.RETRACT)
    assert rig.heard() == [BoltSeen(BETWEEN)]
    rig.clock.advance(899)
    assert rig.heard() == []
    assert rig.door.look()["bolt"] == "between"
    rig.clock.advance(1)
    assert rig.heard() == [BoltSeen(RETRACTED), MotorStopped(run, MotorOutcome.REACHED)]


async def test_a_bolt_without_a_way_is_there_within_the_call() -> None:
    rig = Rig(travel_ms=0)
    await rig.start()
    run = rig.drive(Drive.RETRACT)
    assert rig.heard() == [BoltSeen(RETRACTED), MotorStopped(run, MotorOutcome.REACHED)]
    assert rig.clock.next_due_ms() is None


async def test_a_bolt_that_is_there_already_has_arrived_at_once(rig: Rig) -> None:
    run = rig.drive(Drive.THROW)
    assert rig.heard() == [MotorStopped(run, MotorOutcome.REACHED)]


@pytest.mark.spec("BLT-6")
async def test_a_stalled_bolt_stops_half_way_and_can_go_back(rig: Rig) -> None:
    await rig.do("stall on")
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.STALLED
    assert rig.door.look()["bolt"] == "between"
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.STALLED, "a second try gets no further"
    assert rig.outcome_of(Drive.THROW) is MotorOutcome.REACHED, "the way back is free"
    await rig.do("stall off")
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.REACHED


@pytest.mark.spec("BLT-6")
async def test_a_dead_motor_moves_nothing(rig: Rig) -> None:
    await rig.do("motor off")
    rig.heard()
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.NO_MOTION
    assert rig.door.look()["bolt"] == "thrown"


@pytest.mark.spec("BLT-6")
async def test_the_motor_never_runs_longer_than_its_limit() -> None:
    rig = Rig(travel_ms=10_000)
    await rig.start()
    run = rig.drive(Drive.RETRACT, limit_ms=2_000)
    rig.clock.advance(2_000)
    assert rig.heard() == [BoltSeen(BETWEEN), MotorStopped(run, MotorOutcome.STALLED)]
    stopped_at = rig.door.world.bolt
    rig.clock.advance(60_000)
    assert rig.door.world.bolt == stopped_at == pytest.approx(0.8)


async def test_a_new_run_ends_the_one_before_in_silence(rig: Rig) -> None:
    rig.drive(Drive.RETRACT)
    rig.clock.advance(300)
    back = rig.drive(Drive.THROW)
    rig.clock.advance(LIMIT_MS)
    assert rig.heard() == [BoltSeen(BETWEEN), BoltSeen(THROWN), MotorStopped(back, MotorOutcome.REACHED)]


async def test_a_run_that_is_taken_over_the_moment_it_arrives_has_no_end_of_its_own(rig: Rig) -> None:
    ends: list[int] = []

    def report(reading: object) -> None:
        if reading == BoltSeen(RETRACTED):
            rig.drive(Drive.THROW)
        elif isinstance(reading, MotorStopped):
            ends.append(reading.run)

    await rig.door.bolt.start(report)
    rig.drive(Drive.RETRACT)
    rig.clock.advance(2 * LIMIT_MS)
    assert ends == [2]
    assert rig.door.look()["bolt"] == "thrown"


async def test_the_way_back_is_as_long_as_the_way_that_was_made(rig: Rig) -> None:
    rig.drive(Drive.RETRACT)
    rig.clock.advance(300)
    rig.drive(Drive.THROW)
    rig.clock.advance(299)
    assert rig.door.look()["bolt"] == "between"
    rig.clock.advance(1)
    assert rig.door.look()["bolt"] == "thrown"


async def test_a_halted_motor_has_stalled_where_it_was(rig: Rig) -> None:
    run = rig.drive(Drive.RETRACT)
    rig.clock.advance(450)
    rig.door.bolt.halt()
    assert rig.heard() == [BoltSeen(BETWEEN), MotorStopped(run, MotorOutcome.STALLED)]
    assert rig.door.world.bolt == pytest.approx(0.5)
    rig.door.bolt.halt()
    assert rig.heard() == []


@pytest.mark.spec("BLT-12")
async def test_a_motor_that_is_told_the_wrong_side_turns_the_wrong_way(rig: Rig) -> None:
    await rig.do("hinge left")
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.NO_MOTION, "it is at that end already"
    assert rig.outcome_of(Drive.THROW) is MotorOutcome.STALLED
    assert rig.door.look()["bolt"] == "retracted"
    assert rig.outcome_of(Drive.THROW, reversed=True) is MotorOutcome.REACHED
    assert rig.door.look()["bolt"] == "thrown"


@pytest.mark.spec("VER-15")
async def test_the_key_moves_the_bolt_without_any_command(rig: Rig) -> None:
    assert await rig.reports_of("key unlock") == [BoltSeen(RETRACTED)]
    assert await rig.reports_of("key lock") == [BoltSeen(THROWN)]


async def test_the_key_does_not_get_past_a_strike_plate_either(rig: Rig) -> None:
    await rig.do("stall on")
    assert (await rig.do("key unlock"))["felt"] == "The key stops half way: the bolt is stuck."
    assert rig.door.look()["bolt"] == "between"


async def test_a_key_turned_while_the_motor_runs_ends_the_run(rig: Rig) -> None:
    run = rig.drive(Drive.RETRACT)
    rig.clock.advance(100)
    rig.heard()
    await rig.do("key lock")
    assert rig.heard() == [BoltSeen(THROWN), MotorStopped(run, MotorOutcome.STALLED)]


@pytest.mark.spec("FLT-1")
async def test_a_motor_without_its_cable_answers_with_a_fault(rig: Rig) -> None:
    assert await rig.reports_of("unplug motor") == [PartFault(Part.MOTOR, "no_answer")]
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.FAULT
    assert rig.door.look()["bolt"] == "thrown"


@pytest.mark.spec("FLT-1")
async def test_a_cable_pulled_on_the_way_leaves_the_bolt_there(rig: Rig) -> None:
    run = rig.drive(Drive.RETRACT)
    rig.clock.advance(450)
    rig.heard()
    await rig.do("unplug motor")
    assert rig.heard() == [MotorStopped(run, MotorOutcome.FAULT), PartFault(Part.MOTOR, "no_answer")]
    assert rig.door.look()["bolt"] == "between"


@pytest.mark.spec("FLT-1")
async def test_without_its_switches_the_bolt_moves_but_nobody_can_say_so(rig: Rig) -> None:
    await rig.do("unplug bolt")
    rig.heard()
    assert rig.outcome_of(Drive.RETRACT) is MotorOutcome.FAULT
    assert rig.door.look()["bolt"] == "retracted"
    assert positions(await rig.reports_of("plug bolt")) == [RETRACTED]


@pytest.mark.spec("BLT-13")
async def test_the_clutch_only_couples_the_handle() -> None:
    rig = Rig("l2s")
    await rig.start()
    assert (await rig.do("handle"))["felt"] == "The handle turns freely."
    assert (await rig.do("open"))["felt"] == "The bolt holds: the door does not give."
    assert rig.outcome_of(Drive.COUPLE) is MotorOutcome.REACHED
    assert rig.door.look()["bolt"] == "thrown", "the motor moves no bolt"
    assert (await rig.do("open"))["felt"] == "The door opens."
    assert rig.door.look()["bolt"] == "retracted"


@pytest.mark.spec("BLT-13")
async def test_lifting_the_handle_throws_the_bolt() -> None:
    rig = Rig("l2s")
    await rig.start()
    await rig.do("key unlock")
    assert await rig.reports_of("handle lift") == [HandleSeen(Handle.LIFTED), BoltSeen(THROWN)]
    assert await rig.reports_of("handle rest") == [HandleSeen(Handle.REST)]


@pytest.mark.spec("BLT-13")
async def test_a_handle_lifted_against_the_strike_plate_throws_the_bolt_only_partly() -> None:
    rig = Rig("l2s")
    await rig.start()
    await rig.do("key unlock")
    await rig.do("stall on")
    assert await rig.reports_of("handle lift") == [HandleSeen(Handle.LIFTED), BoltSeen(BETWEEN)]


@pytest.mark.spec("BLT-13")
async def test_uncoupled_the_latch_holds_although_the_bolt_is_back() -> None:
    rig = Rig("l2s")
    await rig.start()
    await rig.do("handle inside")
    await rig.do("close")
    assert rig.door.look()["bolt"] == "retracted"
    assert (await rig.do("open"))["felt"] == "The latch holds: the outside handle turns freely."
    await rig.do("key unlock")
    assert (await rig.do("open"))["felt"] == "The door opens.", "the key holds the latch back"


async def test_a_motor_lock_has_no_clutch_and_a_clutch_lock_no_motor_for_the_bolt(rig: Rig) -> None:
    assert rig.outcome_of(Drive.COUPLE) is MotorOutcome.FAULT
    clutch = Rig("l2s")
    await clutch.start()
    assert clutch.outcome_of(Drive.THROW) is MotorOutcome.FAULT


_ACTS = st.one_of(
    st.sampled_from([Drive.THROW, Drive.RETRACT]),
    st.integers(0, 4_000),
    st.sampled_from(
        ["halt", "stall on", "stall off", "motor on", "motor off", "key lock", "key unlock", "handle inside"]
    ),
)


@given(travel_ms=st.sampled_from([0, 1, 250, 900, 5_000]), acts=st.lists(_ACTS, max_size=30))
async def test_whatever_happens_the_bolt_says_what_is_true_and_each_run_ends_once(
    travel_ms: int, acts: list[Drive | int | str]
) -> None:
    rig = Rig(travel_ms=travel_ms)
    await rig.start()
    truth: list[BoltPosition] = []
    ends: list[int] = []

    def report(reading: object) -> None:
        if isinstance(reading, BoltSeen):
            assert reading.position is rig.door.world.position
            assert reading.position not in truth[-1:], "the same is not told twice"
            truth.append(reading.position)
        elif isinstance(reading, MotorStopped):
            ends.append(reading.run)
            if reading.outcome is MotorOutcome.REACHED:
                assert rig.door.world.position is goals[reading.run]

    goals: dict[int, BoltPosition] = {}
    superseded = set[int]()
    running: int | None = None
    await rig.door.bolt.start(report)
    for act in [*acts, 60_000]:
        if isinstance(act, Drive):
            if running is not None and running not in ends:
                superseded.add(running)
            running = len(goals) + 1
            goals[running] = BoltPosition.THROWN if act is Drive.THROW else BoltPosition.RETRACTED
            assert rig.drive(act) == running
        elif isinstance(act, int):
            rig.clock.advance(act)
        elif act == "halt":
            rig.door.bolt.halt()
        else:
            await rig.door.act(act.split())
    assert sorted(ends) == sorted(goals.keys() - superseded)
    assert truth[-1] is rig.door.world.position
