"""What holds for all bolts, whatever moves them."""

from collections.abc import Callable

import pytest

from lock_bridge.engine.effects import Drive
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, MotorOutcome, MotorStopped, PartBack, PartFault, Reading
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_bolt import BoltRig, MotorBoltRig, SimulatedBoltRig, StrikeBoltRig

RIGS: dict[str, Callable[[str], BoltRig]] = {
    "simulated": SimulatedBoltRig,
    "motor": MotorBoltRig,
    "strike": StrikeBoltRig,
}
THROWN, RETRACTED = BoltPosition.THROWN, BoltPosition.RETRACTED
OVER_MS = 4_000
"""By then every run has ended."""


@pytest.fixture(params=RIGS)
def make(request: pytest.FixtureRequest) -> Callable[[str], BoltRig]:
    return RIGS[request.param]


@pytest.fixture
async def rig(make: Callable[[str], BoltRig]) -> BoltRig:
    rig = make("palm6068")
    await rig.start()
    return rig


@pytest.fixture
async def clutch(make: Callable[[str], BoltRig]) -> BoltRig:
    rig = make("l2s")
    await rig.start()
    rig.heard()
    return rig


def ends(reports: list[Reading]) -> list[MotorStopped]:
    return [item for item in reports if isinstance(item, MotorStopped)]


def positions(reports: list[Reading]) -> list[BoltPosition]:
    return [item.position for item in reports if isinstance(item, BoltSeen)]


async def outcome(rig: BoltRig, drive: Drive) -> MotorOutcome:
    """Drive and wait; there is one end, and it is this run's."""
    rig.heard()
    run = rig.drive(drive)
    await rig.advance(OVER_MS)
    reports = rig.heard()
    assert [end.run for end in ends(reports)] == [run]
    return ends(reports)[0].outcome


async def test_where_the_bolt_is_is_told_at_the_start(rig: BoltRig) -> None:
    assert rig.heard() == [BoltSeen(THROWN)]
    await rig.stop()


@pytest.mark.spec("BLT-1")
async def test_it_is_retracted_and_thrown_and_says_so_before_the_run_is_over(rig: BoltRig) -> None:
    for drive, position in ((Drive.RETRACT, RETRACTED), (Drive.THROW, THROWN)):
        rig.heard()
        run = rig.drive(drive)
        await rig.advance(OVER_MS)
        reports = rig.heard()
        assert reports[-2:] == [BoltSeen(position), MotorStopped(run, MotorOutcome.REACHED)]
        assert len(ends(reports)) == 1
    await rig.stop()


async def test_a_bolt_that_is_there_already_has_arrived_at_once_and_nothing_drives_it(rig: BoltRig) -> None:
    rig.heard()
    run = rig.drive(Drive.THROW)
    assert rig.heard() == [MotorStopped(run, MotorOutcome.REACHED)]
    assert not rig.drives
    await rig.stop()


async def test_a_new_run_ends_the_one_before_in_silence(rig: BoltRig) -> None:
    rig.drive(Drive.RETRACT)
    await rig.advance(10)
    back = rig.drive(Drive.THROW)
    await rig.advance(OVER_MS)
    reports = rig.heard()
    assert ends(reports) == [MotorStopped(back, MotorOutcome.REACHED)]
    assert positions(reports)[-1] is THROWN
    await rig.stop()


async def test_a_run_that_is_halted_has_stalled_and_what_is_not_running_is_not_halted(rig: BoltRig) -> None:
    run = rig.drive(Drive.RETRACT)
    await rig.advance(10)
    rig.port.halt()
    assert not rig.drives
    await rig.advance(OVER_MS)
    assert ends(rig.heard()) == [MotorStopped(run, MotorOutcome.STALLED)]
    rig.port.halt()
    await rig.advance(OVER_MS)
    assert ends(rig.heard()) == []
    await rig.stop()


@pytest.mark.spec("BLT-6")
async def test_a_dead_motor_moves_nothing_and_is_not_driven_for_long(rig: BoltRig) -> None:
    rig.break_motor()
    rig.heard()
    run = rig.drive(Drive.RETRACT)
    await rig.advance(OVER_MS)
    reports = rig.heard()
    assert ends(reports) == [MotorStopped(run, MotorOutcome.NO_MOTION)]
    assert RETRACTED not in positions(reports)
    assert not rig.drives
    await rig.stop()


@pytest.mark.spec("VER-15")
async def test_hands_move_it_without_any_command(rig: BoltRig) -> None:
    rig.heard()
    for thrown in (False, True):
        rig.by_hand(thrown=thrown)
        await rig.advance(1_000)
    assert [position for position in positions(rig.heard()) if position is not BoltPosition.BETWEEN] == [
        RETRACTED,
        THROWN,
    ]
    await rig.stop()


async def test_what_it_cannot_do_it_answers_with_a_fault_at_once(rig: BoltRig, clutch: BoltRig) -> None:
    rig.heard()
    for lock, drive in ((rig, Drive.COUPLE), (rig, Drive.UNCOUPLE), (clutch, Drive.THROW), (clutch, Drive.RETRACT)):
        run = lock.drive(drive)
        assert lock.heard() == [MotorStopped(run, MotorOutcome.FAULT)]
        assert not lock.drives
        await lock.advance(OVER_MS)
        assert lock.heard() == []
    await rig.stop()
    await clutch.stop()


@pytest.mark.spec("BLT-13")
async def test_a_clutch_couples_and_uncouples_and_the_bolt_stays_where_it_is(clutch: BoltRig) -> None:
    for drive in (Drive.COUPLE, Drive.UNCOUPLE, Drive.UNCOUPLE):
        run = clutch.drive(drive)
        await clutch.advance(OVER_MS)
        assert clutch.heard() == [MotorStopped(run, MotorOutcome.REACHED)]
    await clutch.stop()


@pytest.mark.spec("BLT-13")
async def test_hands_move_the_bolt_of_a_clutch_lock(clutch: BoltRig) -> None:
    clutch.by_hand(thrown=False)
    await clutch.advance(1_000)
    clutch.by_hand(thrown=True)
    await clutch.advance(1_000)
    assert [position for position in positions(clutch.heard()) if position is not BoltPosition.BETWEEN] == [
        RETRACTED,
        THROWN,
    ]
    await clutch.stop()


@pytest.mark.spec("FLT-1")
async def test_a_bolt_that_goes_away_is_a_fault_and_tells_where_it_is_when_it_is_back(rig: BoltRig) -> None:
    rig.heard()
    rig.unplug()
    await rig.advance(5)
    faults = [item for item in rig.heard() if isinstance(item, PartFault)]
    assert {fault.part for fault in faults} == {Part.MOTOR, Part.BOLT}
    assert {fault.reason for fault in faults} <= set(Trouble)
    await rig.advance(60_000)
    assert rig.heard() == [], "told once, however long it is away"
    assert await outcome(rig, Drive.RETRACT) is MotorOutcome.FAULT
    rig.by_hand(thrown=False)
    rig.plug()
    await rig.advance(60_000)
    reports = rig.heard()
    for part in (Part.MOTOR, Part.BOLT):
        assert reports.count(PartBack(part)) == 1
    assert reports.index(PartBack(Part.BOLT)) < reports.index(BoltSeen(RETRACTED))
    assert await outcome(rig, Drive.THROW) in (MotorOutcome.REACHED, MotorOutcome.NO_MOTION), "a latch needs a hand"
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_a_run_that_loses_its_motor_ends_once_with_a_fault(rig: BoltRig) -> None:
    run = rig.drive(Drive.RETRACT)
    await rig.advance(10)
    rig.unplug()
    await rig.advance(OVER_MS)
    assert ends(rig.heard()) == [MotorStopped(run, MotorOutcome.FAULT)]
    assert not rig.drives
    await rig.stop()


async def test_after_its_stop_nothing_is_driven_nor_told_and_it_can_be_started_again(rig: BoltRig) -> None:
    rig.drive(Drive.RETRACT)
    await rig.advance(10)
    await rig.stop()
    assert not rig.drives
    rig.heard()
    await rig.advance(OVER_MS)
    rig.by_hand(thrown=False)
    await rig.advance(OVER_MS)
    assert rig.heard() == []
    await rig.start()
    assert positions(rig.heard()) == [RETRACTED]
    await rig.stop()


async def test_a_run_that_is_taken_over_as_the_bolt_arrives_has_no_end_of_its_own(
    make: Callable[[str], BoltRig],
) -> None:
    rig = make("palm6068")
    heard: list[Reading] = []
    runs: list[int] = []

    def report(reading: Reading) -> None:
        heard.append(reading)
        if reading == BoltSeen(RETRACTED):
            runs.append(rig.drive(Drive.THROW))

    await rig.port.start(report)
    rig.drive(Drive.RETRACT)
    await rig.advance(2 * OVER_MS)
    assert [end.run for end in ends(heard)] == runs
    assert positions(heard)[-1] is THROWN
    assert not rig.drives
    await rig.stop()
