"""What holds for all contacts, whoever makes them."""

from collections.abc import Callable

import pytest

from lock_bridge.hardware.ports import (
    DoorSeen,
    Handle,
    HandleSeen,
    InsideHandleUsed,
    PartBack,
    PartFault,
    PeepholeSeen,
    PrivacySeen,
    Reading,
    TamperSeen,
)
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_gpio import GpioContactsRig
from tests.hardware.contract.rigs_simulated_parts import SimulatedContactsRig

type Rig = SimulatedContactsRig | GpioContactsRig

RIGS: dict[str, Callable[[str], Rig]] = {"simulated": SimulatedContactsRig, "gpio": GpioContactsRig}
LEVELS = (
    DoorSeen(open=False),
    TamperSeen(off=False),
    HandleSeen(Handle.REST),
    PrivacySeen(on=False),
    PeepholeSeen(on=False),
)
"""Of an L2S that stands still."""


@pytest.fixture(params=RIGS)
def make(request: pytest.FixtureRequest) -> Callable[[str], Rig]:
    return RIGS[request.param]


@pytest.fixture
async def rig(make: Callable[[str], Rig]) -> Rig:
    rig = make("l2s")
    await rig.peephole(on=False)
    await rig.start()
    return rig


async def told(rig: Rig, kind: type[Reading]) -> list[Reading]:
    """What was reported of this kind since last asked."""
    await rig.settle()
    return [reading for reading in rig.heard() if isinstance(reading, kind)]


async def test_all_levels_are_told_at_the_start(rig: Rig) -> None:
    reports = rig.heard()
    assert set(reports) == set(LEVELS)
    assert len(reports) == len(LEVELS), "each once"
    await rig.stop()


async def test_the_door_is_told_each_time_that_it_opens_and_closes(rig: Rig) -> None:
    rig.heard()
    await rig.door(open=True)
    await rig.door(open=False)
    assert await told(rig, DoorSeen) == [DoorSeen(open=True), DoorSeen(open=False)]
    await rig.stop()


@pytest.mark.spec("ALM-1")
async def test_a_lock_forced_off_is_told_and_that_it_is_back(rig: Rig) -> None:
    rig.heard()
    await rig.tamper(off=True)
    await rig.tamper(off=False)
    assert await told(rig, TamperSeen) == [TamperSeen(off=True), TamperSeen(off=False)]
    await rig.stop()


@pytest.mark.spec("BLT-9")
async def test_knob_and_peephole_button_are_told(rig: Rig) -> None:
    rig.heard()
    await rig.knob(on=True)
    assert PrivacySeen(on=True) in await told(rig, PrivacySeen)
    await rig.peephole(on=True)
    assert PeepholeSeen(on=True) in await told(rig, PeepholeSeen)
    await rig.stop()


@pytest.mark.spec("BLT-13", "BLT-14")
async def test_the_outside_handle_is_told_as_it_stands(rig: Rig) -> None:
    rig.heard()
    for handle in (Handle.LIFTED, Handle.REST, Handle.PRESSED, Handle.REST):
        await rig.handle(handle)
        assert (await told(rig, HandleSeen))[-1] == HandleSeen(handle)
    await rig.stop()


@pytest.mark.spec("BLT-11")
async def test_the_inside_handle_is_told_once_when_it_is_used(rig: Rig) -> None:
    await rig.peephole(on=True)
    rig.heard()
    await rig.use_inside_handle()
    assert await told(rig, InsideHandleUsed) == [InsideHandleUsed()]
    await rig.stop()


@pytest.mark.spec("FLT-1")
async def test_contacts_that_go_away_are_a_fault_and_tell_their_levels_when_they_are_back(rig: Rig) -> None:
    rig.heard()
    await rig.unplug()
    faults = {fault.part: fault.reason for fault in await told(rig, PartFault) if isinstance(fault, PartFault)}
    assert faults.keys() == {Part.DOOR, Part.TAMPER}
    assert set(faults.values()) <= set(Trouble)
    await rig.advance(60_000)
    assert rig.heard() == [], "told once, however long they are away"
    await rig.door(open=True)
    assert rig.heard() == []
    await rig.plug()
    reports = rig.heard()
    for part, level in ((Part.DOOR, DoorSeen(open=True)), (Part.TAMPER, TamperSeen(off=False))):
        assert reports.count(PartBack(part)) == 1
        last = len(reports) - 1 - reports[::-1].index(level)
        assert reports.index(PartBack(part)) < last, "the level is told after the return"
    await rig.stop()


async def test_each_faults_part_is_told_only_once(rig: Rig) -> None:
    rig.heard()
    await rig.unplug()
    faults = [fault.part for fault in await told(rig, PartFault) if isinstance(fault, PartFault)]
    assert sorted(faults) == sorted(set(faults))
    await rig.stop()


async def test_what_the_model_has_no_sensor_for_is_not_told(make: Callable[[str], Rig]) -> None:
    rig = make("dl50fvs")
    await rig.start()
    kinds = {type(reading) for reading in rig.heard()}
    assert kinds == {DoorSeen, TamperSeen, PrivacySeen}
    await rig.stop()


async def test_after_their_stop_nothing_is_told_and_they_can_be_started_again(rig: Rig) -> None:
    await rig.stop()
    rig.heard()
    await rig.door(open=True)
    await rig.tamper(off=True)
    assert rig.heard() == []
    await rig.start()
    await rig.settle()
    reports = rig.heard()
    assert DoorSeen(open=True) in reports
    assert TamperSeen(off=True) in reports
    await rig.stop()
