"""What holds for all batteries, whoever measures them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lock_bridge.hardware.ports import PartBack, PartFault, PowerSeen
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_power import (
    Ina219Rig,
    MainsRig,
    Max17048Rig,
    PowerRig,
    SimulatedPowerRig,
    SupplyRig,
    levels,
    until,
)

RIGS = {
    "simulated": SimulatedPowerRig,
    "power_supply": SupplyRig,
    "max17048": Max17048Rig,
    "ina219": Ina219Rig,
}


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PowerRig]:
    rig = RIGS[request.param](tmp_path)
    await rig.start()
    yield rig
    await rig.stop()


@pytest.mark.spec("PWR-1")
async def test_the_level_is_told_at_the_start_and_at_each_change(rig: PowerRig) -> None:
    await until(lambda: levels(rig))
    assert levels(rig) == [PowerSeen(100)]
    await rig.charge(35)
    await until(lambda: levels(rig)[-1] == PowerSeen(35))
    assert rig.reports == [PowerSeen(100), PowerSeen(35)]


@pytest.fixture
async def mains(tmp_path: Path) -> AsyncIterator[MainsRig]:
    rig = MainsRig(tmp_path)
    await rig.start()
    yield rig
    await rig.stop()


@pytest.mark.parametrize("driver", ["mains"])
async def test_without_a_battery_no_level_is_told_and_the_emergency_supply_is(driver: str, mains: MainsRig) -> None:
    assert mains.port.health.words == driver
    await until(lambda: levels(mains))
    await mains.emergency(on=True)
    await until(lambda: len(levels(mains)) == 2)
    assert levels(mains) == [PowerSeen(None), PowerSeen(None, emergency=True)]


@pytest.mark.spec("PWR-1", "CAP-17")
async def test_emergency_power_is_told_when_it_is_plugged_in_and_pulled_out(rig: PowerRig) -> None:
    await until(lambda: levels(rig))
    await rig.emergency(on=True)
    await until(lambda: levels(rig)[-1] == PowerSeen(100, emergency=True))
    await rig.emergency(on=False)
    await until(lambda: levels(rig)[-1] == PowerSeen(100))


@pytest.mark.spec("FLT-1")
async def test_a_gauge_that_goes_away_is_a_fault_once_and_tells_the_level_when_it_is_back(rig: PowerRig) -> None:
    await until(lambda: levels(rig))
    rig.reports.clear()
    await rig.pull()
    (fault,) = rig.reports
    assert isinstance(fault, PartFault)
    assert fault.part is Part.POWER
    assert fault.reason in {Trouble.NO_ANSWER, Trouble.UNPLUGGED, Trouble.MISSING}
    rig.reports.clear()
    await rig.put_back()
    await until(lambda: levels(rig))
    assert rig.reports == [PartBack(Part.POWER), PowerSeen(100)]


async def test_after_its_end_nothing_is_told(rig: PowerRig) -> None:
    await until(lambda: levels(rig))
    await rig.stop()
    rig.reports.clear()
    await rig.emergency(on=True)
    assert rig.reports == []
