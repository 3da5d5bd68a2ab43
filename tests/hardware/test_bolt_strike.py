"""A strike lets the door go for a while and holds it again; locked is what latch and keeper say, not the relay."""

import pytest

from lock_bridge.engine.effects import Drive
from lock_bridge.hardware.bolt_strike.about import DRIVER
from lock_bridge.hardware.ports import BoltPosition, BoltSeen, MotorOutcome, MotorStopped, PartBack, PartFault
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.wire.words import Part
from tests.hardware.motor_rig import options, read_options
from tests.hardware.strike_rig import CONFIG, StrikeRig

THROWN, BETWEEN, RETRACTED = BoltPosition.THROWN, BoltPosition.BETWEEN, BoltPosition.RETRACTED
REACHED, STALLED = MotorOutcome.REACHED, MotorOutcome.STALLED
NO_MOTION, FAULT = MotorOutcome.NO_MOTION, MotorOutcome.FAULT

ALONE = {"relay": "GPIO17", "latch": "GPIO5"}
"""A strike without a monitor of its keeper."""


async def started(config: dict[str, object] | None = None, profile: str = "palm6068") -> StrikeRig:
    rig = StrikeRig(config, profile=profile)
    await rig.start()
    return rig


async def test_the_door_is_free_for_as_long_as_the_strike_allows_and_then_held() -> None:
    rig = await started(CONFIG | {"hold_ms": 5_000})
    assert await rig.run(Drive.RETRACT) is REACHED
    assert rig.heard() == [BoltSeen(THROWN), BoltSeen(RETRACTED), MotorStopped(1, REACHED)]
    await rig.advance(5_000 - 1_101)
    assert rig.energised
    await rig.advance(1)
    assert not rig.energised
    await rig.advance(200)
    assert rig.heard() == [BoltSeen(THROWN)]
    assert rig.load == [True, False]
    await rig.stop()


async def test_opening_once_more_does_not_heat_the_coil_for_longer() -> None:
    rig = await started(CONFIG | {"hold_ms": 5_000})
    for _ in range(4):
        await rig.run(Drive.RETRACT)
        rig.heard()
    await rig.advance(5_000 - 4 * 1_100)
    assert not rig.energised
    await rig.stop()


async def test_the_end_of_its_time_is_due_before_there_is_current() -> None:
    rig = await started(CONFIG | {"hold_ms": 60})
    due: list[int | None] = []
    rig.lines.listen(lambda _name, high: due.append(rig.clock.next_due_ms()) if high else None)
    rig.drive(Drive.RETRACT)
    assert due[0] is not None
    assert due[0] <= 60
    await rig.stop()


async def test_a_strike_made_for_it_is_free_until_it_is_locked() -> None:
    rig = await started(CONFIG | {"hold_ms": 0})
    assert await rig.run(Drive.RETRACT) is REACHED
    await rig.advance(3_600_000)
    assert rig.energised
    rig.heard()
    assert await rig.run(Drive.THROW) is REACHED
    assert not rig.energised
    await rig.stop()


async def test_who_goes_in_and_lets_the_door_fall_shut_is_told_as_it_is() -> None:
    rig = await started(CONFIG | {"hold_ms": 5_000})
    await rig.run(Drive.RETRACT)
    rig.heard()
    rig.latch(lies=False)
    await rig.advance(5_000)
    assert rig.heard() == [], "free, or with its latch out: unlocked is unlocked"
    rig.latch(lies=True)
    await rig.advance(200)
    assert rig.heard() == [BoltSeen(THROWN)]
    await rig.stop()


@pytest.mark.spec("BLT-6")
async def test_a_strike_that_does_not_let_go_gets_no_current_for_nothing() -> None:
    rig = await started()
    rig.dead = True
    rig.heard()
    assert await rig.run(Drive.RETRACT) is NO_MOTION
    assert rig.heard() == [MotorStopped(1, NO_MOTION)]
    assert not rig.energised
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_a_door_that_is_leant_on_is_not_locked_until_the_strike_holds() -> None:
    rig = await started()
    await rig.run(Drive.RETRACT)
    rig.preloaded = True
    rig.heard()
    assert await rig.run(Drive.THROW) is NO_MOTION
    assert rig.heard() == [BoltSeen(BETWEEN), MotorStopped(2, NO_MOTION)]
    rig.preloaded = False
    rig._keeper()
    await rig.advance(200)
    assert rig.heard() == [BoltSeen(THROWN)]
    await rig.stop()


async def test_a_door_that_is_not_shut_is_not_locked() -> None:
    rig = await started(ALONE)
    await rig.run(Drive.RETRACT)
    rig.latch(lies=False)
    await rig.advance(100)
    rig.heard()
    assert await rig.run(Drive.THROW) is NO_MOTION
    assert THROWN not in [item.position for item in rig.heard() if isinstance(item, BoltSeen)]
    await rig.stop()


async def test_locking_waits_for_the_latch() -> None:
    rig = await started(ALONE)
    await rig.run(Drive.RETRACT)
    rig.latch(lies=False)
    await rig.advance(100)
    rig.heard()
    run = rig.drive(Drive.THROW)
    await rig.advance(300)
    rig.latch(lies=True)
    await rig.advance(100)
    assert rig.heard() == [BoltSeen(THROWN), MotorStopped(run, REACHED)]
    await rig.stop()


async def test_without_a_monitor_of_the_keeper_the_relay_alone_lets_the_door_go() -> None:
    rig = await started(ALONE)
    rig.heard()
    run = rig.drive(Drive.RETRACT)
    assert rig.heard() == [BoltSeen(RETRACTED), MotorStopped(run, REACHED)]
    run = rig.drive(Drive.THROW)
    assert rig.heard() == [BoltSeen(THROWN), MotorStopped(run, REACHED)]
    await rig.stop()


async def test_a_strike_that_fails_secure_holds_the_door_after_a_restart() -> None:
    rig = await started()
    await rig.run(Drive.RETRACT)
    await rig.restart()
    assert not rig.energised
    assert rig.heard() == [BoltSeen(THROWN)]
    await rig.stop()


async def test_a_strike_that_fails_safe_lets_the_door_go_without_current() -> None:
    rig = await started(CONFIG | {"fail": "safe"})
    await rig.advance(200)
    assert rig.energised
    assert rig.heard()[-1] == BoltSeen(THROWN)
    assert await rig.run(Drive.RETRACT) is REACHED
    assert not rig.energised
    rig.heard()
    await rig.restart()
    assert not rig.energised, "as it was left"
    assert rig.heard() == [BoltSeen(RETRACTED)]
    assert await rig.run(Drive.THROW) is REACHED
    rig.heard()
    await rig.restart()
    await rig.advance(200)
    assert rig.energised
    assert rig.heard()[-1] == BoltSeen(THROWN)
    assert rig.load == [], "what holds all day tells the battery's gauge nothing"
    await rig.stop()
    assert not rig.energised


async def test_a_strike_that_fails_safe_can_hold_by_itself_too() -> None:
    rig = await started(CONFIG | {"fail": "safe", "hold_ms": 5_000})
    await rig.advance(200)
    await rig.run(Drive.RETRACT)
    await rig.advance(4_000)
    assert rig.energised
    await rig.stop()


@pytest.mark.spec("BLT-13")
async def test_for_a_model_with_a_clutch_it_lets_the_handle_open_and_the_latch_is_the_bolt() -> None:
    rig = await started(profile="l2s")
    assert await rig.run(Drive.COUPLE) is REACHED
    assert rig.energised
    rig.heard()
    rig.latch(lies=False)
    await rig.advance(200)
    rig.latch(lies=True)
    await rig.advance(200)
    assert rig.heard() == [BoltSeen(RETRACTED), BoltSeen(THROWN)]
    assert await rig.run(Drive.UNCOUPLE) is REACHED
    assert not rig.energised
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_a_strike_that_stays_free_has_not_uncoupled_and_the_door_is_not_locked() -> None:
    rig = await started(profile="l2s")
    await rig.run(Drive.COUPLE)
    rig.preloaded = True
    rig.heard()
    assert await rig.run(Drive.UNCOUPLE) is STALLED
    assert rig.heard() == [MotorStopped(2, STALLED), BoltSeen(BETWEEN)]
    await rig.stop()


async def test_a_strike_that_cannot_be_free_for_as_long_as_the_model_couples_is_refused() -> None:
    with pytest.raises(PartError, match="hold_ms must be 0 or at least 5500 for l2s") as caught:
        StrikeRig(CONFIG | {"hold_ms": 3_000}, profile="l2s")
    assert caught.value.trouble is Trouble.SETTINGS


@pytest.mark.spec("FLT-1")
async def test_a_latch_monitor_that_flickers_is_a_fault() -> None:
    rig = await started()
    rig.heard()
    for _ in range(40):
        rig.latch(lies=False)
        await rig.advance(30)
        rig.latch(lies=True)
        await rig.advance(30)
    assert rig.heard() == [PartFault(Part.BOLT, Trouble.STUCK)]
    assert rig.port.health.trouble is Trouble.STUCK
    assert await rig.run(Drive.RETRACT) is FAULT
    await rig.advance(4_000)
    assert PartBack(Part.BOLT) in rig.heard()
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_a_failure_of_the_relays_line_ends_the_run_and_the_current() -> None:
    rig = await started(CONFIG | {"hold_ms": 5_000})
    await rig.run(Drive.RETRACT)
    rig.heard()
    rig.lines.fail("GPIO17")
    rig.drive(Drive.THROW)
    await rig.advance(10)
    assert rig.heard() == [
        MotorStopped(2, FAULT),
        PartFault(Part.MOTOR, Trouble.UNPLUGGED),
        PartFault(Part.BOLT, Trouble.UNPLUGGED),
    ]
    assert not rig.energised
    assert rig.load == [True, False]
    rig.lines.fail("GPIO17", None)
    await rig.advance(2_000)
    assert rig.heard()[-1] == BoltSeen(THROWN)
    await rig.stop()


def test_the_config_says_what_it_uses() -> None:
    read = options(DRIVER, {**CONFIG, "relay": {"line": "GPIO17", "active": "low"}})
    assert [(use.what, use.key, use.pin, use.output, use.active_low) for use in DRIVER.uses(read)] == [
        ("GPIO17", "relay", "relay IN", True, True),
        ("GPIO5", "latch", "latch monitor", False, False),
        ("GPIO6", "keeper", "keeper monitor", False, False),
    ]
    assert read.hold_ms == 10_000
    assert options(DRIVER, {**CONFIG, "fail": "safe"}).hold_ms == 0


@pytest.mark.parametrize(
    ("config", "key"),
    [({"relay": "A"}, "latch"), ({"latch": "A"}, "relay"), (CONFIG | {"fail": "open"}, "fail")],
)
def test_what_is_missing_or_not_allowed_is_named(config: dict[str, object], key: str) -> None:
    _, problems = read_options(DRIVER, config)
    assert [problem.partition(":")[0] for problem in problems] == [key]
