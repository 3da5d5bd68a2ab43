"""Battery gauges on an I2C bus of a real kernel."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from lock_bridge.hardware.ports import PartBack, PartFault, PowerSeen, Reading
from lock_bridge.wire.words import Part, Trouble
from tests.vm.parts.built import built
from tests.vm.parts.i2c import INA219, NOBODY, bus, max17048, tell
from tests.vm.parts.waiting import until


def reports(driver: str, **config: Any) -> AbstractAsyncContextManager[list[Reading]]:
    """What a driver on that bus reports."""

    @asynccontextmanager
    async def serving() -> AsyncIterator[list[Reading]]:
        port = built(driver, "power", {"bus": bus(), "interval_s": 1, **config}, profile="palm6068")
        heard: list[Reading] = []
        await port.start(heard.append)
        yield heard
        await port.stop()

    return serving()


async def test_a_max17048_tells_how_full_the_battery_is_and_each_change() -> None:
    max17048(percent=42)
    async with reports("max17048") as heard:
        await until(lambda: heard == [PowerSeen(42)])
        max17048(percent=17)
        await until(lambda: heard == [PowerSeen(42), PowerSeen(17)])


@pytest.mark.spec("FLT-1")
async def test_another_chip_at_its_address_is_not_believed() -> None:
    max17048(percent=42, version=0x4711)
    async with reports("max17048") as heard:
        await until(lambda: heard == [PartFault(Part.POWER, Trouble.UNSUPPORTED)])


async def test_an_ina219_tells_it_by_the_voltage() -> None:
    tell(INA219, 0x02, (4_200 // 4) << 3)
    async with reports("ina219") as heard:
        await until(lambda: heard == [PowerSeen(100)])
        tell(INA219, 0x02, (3_000 // 4) << 3)
        await until(lambda: PowerSeen(0) in heard)


@pytest.mark.spec("FLT-1")
async def test_an_address_at_which_nobody_answers_is_a_fault_and_no_battery() -> None:
    async with reports("ina219", address=NOBODY) as heard:
        await until(lambda: heard == [PartFault(Part.POWER, Trouble.NO_ANSWER)])
        assert PartBack(Part.POWER) not in heard
