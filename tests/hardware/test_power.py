"""Batteries: the sag under load, the computer's own supply, gauges that are something else, and what cells hold."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.config_table import Problems, Table
from lock_bridge.hardware.catalogue import DRIVERS
from lock_bridge.hardware.ports import PartBack, PartFault, PowerSeen
from lock_bridge.hardware.power.curves import CURVES, percent
from lock_bridge.hardware.power.gauges import Ina219, Max17048, Sample, SupplyGauge
from lock_bridge.hardware.trouble import PartError
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_power import Ina219Rig, Max17048Rig, levels, until
from tests.hardware.emulators.i2c import FakeBus, ina219, max17048

DRIVING_MS = 50


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Max17048Rig]:
    rig = Max17048Rig(tmp_path)
    await rig.start()
    await until(lambda: levels(rig))
    yield rig
    await rig.stop()


async def test_the_lowest_voltage_while_the_motor_runs_is_kept_over_a_restart(rig: Max17048Rig, tmp_path: Path) -> None:
    rig.loads.driving(True)
    for millivolts in (3_700, 3_310, 3_600):
        rig.chip.words[0x02] = round(millivolts * 1_000 / 78.125)
        before = rig.looks()
        await until(lambda: rig.clock.next_due_ms() == DRIVING_MS)
        rig.clock.advance(DRIVING_MS)
        await until(lambda seen=before: rig.looks() >= seen + 2)
    rig.loads.driving(False)
    assert rig.port.sag_mv == pytest.approx(3_310, abs=1)
    again = Max17048Rig(tmp_path, memory=rig.memory)
    assert again.port.sag_mv == rig.port.sag_mv


async def test_what_a_battery_says_under_load_is_no_level(rig: Max17048Rig) -> None:
    rig.loads.driving(True)
    rig.chip.words[0x04] = 12 * 256
    before = rig.looks()
    await until(lambda: rig.clock.next_due_ms() == DRIVING_MS)
    rig.clock.advance(DRIVING_MS)
    await until(lambda: rig.looks() > before)
    rig.loads.driving(False)
    rig.chip.words[0x04] = 86 * 256
    await until(lambda: rig.clock.next_due_ms() == 5_000)
    assert levels(rig) == [PowerSeen(100)]
    rig.clock.advance(5_000)
    await until(lambda: levels(rig)[-1] == PowerSeen(86))
    assert levels(rig) == [PowerSeen(100), PowerSeen(86)]


@pytest.mark.spec("FLT-1")
async def test_a_weak_supply_of_the_computer_is_a_fault_and_the_level_is_told_all_the_same(rig: Max17048Rig) -> None:
    rig.reports.clear()
    sensor = rig.hwmon / "hwmon0"
    sensor.mkdir()
    (sensor / "name").write_text("rpi_volt\n")
    (sensor / "in0_lcrit_alarm").write_text("1\n")
    await rig.look()
    await until(lambda: levels(rig))
    assert rig.reports == [PartFault(Part.POWER, Trouble.UNDER_VOLTAGE), PowerSeen(100)]
    (sensor / "in0_lcrit_alarm").write_text("0\n")
    rig.reports.clear()
    await rig.look()
    await until(lambda: levels(rig))
    assert rig.reports == [PartBack(Part.POWER), PowerSeen(100)]


async def test_another_sensor_than_the_computers_own_is_no_supply(rig: Max17048Rig) -> None:
    rig.reports.clear()
    sensor = rig.hwmon / "hwmon0"
    sensor.mkdir()
    (sensor / "name").write_text("nvme\n")
    (sensor / "in0_lcrit_alarm").write_text("1\n")
    await rig.look()
    assert rig.reports == []


async def test_what_answers_is_told_in_words(rig: Max17048Rig) -> None:
    assert rig.port.health.words == "MAX17048, version 0x0012, 100 %, 4.00 V"


def test_a_chip_of_another_kind_is_not_believed() -> None:
    stranger = Max17048(1, 0x36, lambda _number: FakeBus({0x36: max17048(version=0x4000)}))
    with pytest.raises(PartError) as told:
        stranger.open()
    assert told.value.trouble is Trouble.UNSUPPORTED
    deaf = Ina219(1, 0x40, CURVES["li_ion"], 1, lambda _number: FakeBus({}))
    with pytest.raises(PartError) as told:
        deaf.open()
    assert told.value.trouble is Trouble.NO_ANSWER


def test_a_pack_is_estimated_by_its_voltage() -> None:
    meter = Ina219(1, 0x40, CURVES["li_ion"], 2, lambda _number: FakeBus({0x40: ina219(millivolts=7_400)}))
    assert meter.open() == "INA219, 2 cells"
    assert meter.sample() == Sample(45, 7_400)
    meter.close()


@given(
    chemistry=st.sampled_from(sorted(CURVES)),
    cells=st.integers(1, 8),
    voltages=st.tuples(st.integers(0, 40_000), st.integers(0, 40_000)),
)
def test_more_voltage_is_never_less_charge(chemistry: str, cells: int, voltages: tuple[int, int]) -> None:
    low, high = sorted(voltages)
    curve = CURVES[chemistry]
    assert 0 <= percent(low, curve, cells) <= percent(high, curve, cells) <= 100


def test_the_only_battery_is_taken_and_of_two_one_has_to_be_named(tmp_path: Path) -> None:
    for name, kind in (("AC", "Mains"), ("BAT0", "Battery")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(kind)
    (tmp_path / "BAT0" / "capacity").write_text("57")
    (tmp_path / "AC" / "online").write_text("1")
    gauge = SupplyGauge(tmp_path, None, "AC")
    assert gauge.open() == "BAT0"
    assert gauge.sample() == Sample(57, None, emergency=True)
    (tmp_path / "BAT1").mkdir()
    (tmp_path / "BAT1" / "type").write_text("Battery")
    assert _trouble(gauge) is Trouble.SETTINGS
    assert _trouble(SupplyGauge(tmp_path, "BAT7", None)) is Trouble.MISSING
    assert _trouble(SupplyGauge(tmp_path, "AC", None)) is Trouble.UNSUPPORTED
    assert _trouble(SupplyGauge(tmp_path, "BAT0", "UPS")) is Trouble.MISSING


def test_a_battery_that_is_out_has_no_level(tmp_path: Path) -> None:
    battery = tmp_path / "BAT0"
    battery.mkdir()
    for name, text in (("type", "Battery"), ("capacity", "57"), ("present", "0")):
        (battery / name).write_text(text)
    gauge = SupplyGauge(tmp_path, None, None)
    gauge.open()
    assert gauge.sample() == Sample(None)
    (battery / "present").write_text("1")
    (battery / "capacity").write_text("nonsense")
    assert gauge.sample() == Sample(None)


@pytest.mark.parametrize(
    ("driver", "options", "wrong"),
    [
        ("power_supply", {"battery": "../../etc"}, "battery"),
        ("max17048", {"address": 0x37}, "address"),
        ("ina219", {"chemistry": "coal"}, "chemistry"),
        ("ina219", {"cells": 0}, "cells"),
        ("mains", {"interval_s": 0}, "interval_s"),
    ],
)
def test_a_wrong_option_is_named(driver: str, options: dict[str, object], wrong: str) -> None:
    problems = Problems()
    DRIVERS[driver].read(Table(problems, options), "power")
    assert [problem.path for problem in problems.located("")] == [wrong]


async def test_it_ends_at_once(tmp_path: Path) -> None:
    rig = Ina219Rig(tmp_path)
    await rig.start()
    await until(lambda: levels(rig))
    async with asyncio.timeout(5):
        await rig.stop()


def _trouble(gauge: SupplyGauge) -> Trouble:
    with pytest.raises(PartError) as told:
        gauge.open()
    return told.value.trouble
