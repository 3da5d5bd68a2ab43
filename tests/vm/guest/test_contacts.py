"""Contacts and buttons on lines of a real kernel."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from lock_bridge.hardware.ports import DoorSeen, Key, KeyDown, KeyUp, PartBack, PartFault, Reading, TamperSeen
from lock_bridge.wire.words import Part
from tests.vm.parts.built import built
from tests.vm.parts.gpio_sim import SimChip
from tests.vm.parts.waiting import until

CONFIG = {
    "door": {"line": "DOOR", "pull": "as_is"},
    "tamper": {"line": "TAMPER", "pull": "as_is"},
    "buttons": {"doorbell": {"line": "BELL", "pull": "as_is"}},
}


@pytest.fixture
async def heard(chip: SimChip) -> AsyncIterator[list[Reading]]:
    """What a door that is shut, with a lock on it, reports."""
    chip.put("BELL", high=True)
    contacts: Any = built("gpio", "contacts", CONFIG, profile="palm6068")
    heard: list[Reading] = []
    await contacts.start(heard.append)
    await until(lambda: {DoorSeen(open=False), TamperSeen(off=False)} <= set(heard))
    heard.clear()
    yield heard
    await contacts.stop()


async def test_the_door_opens_and_closes(chip: SimChip, heard: list[Reading]) -> None:
    chip.put("DOOR", high=True)
    await until(lambda: heard == [DoorSeen(open=True)])
    chip.put("DOOR", high=False)
    await until(lambda: heard == [DoorSeen(open=True), DoorSeen(open=False)])


@pytest.mark.spec("ALM-1")
async def test_a_cut_wire_is_a_lock_forced_off(chip: SimChip, heard: list[Reading]) -> None:
    chip.put("TAMPER", high=True)
    await until(lambda: heard == [TamperSeen(off=True)])


async def test_the_doorbell_is_a_key(chip: SimChip, heard: list[Reading]) -> None:
    chip.put("BELL", high=False)
    await until(lambda: heard == [KeyDown(Key.DOORBELL)])
    chip.put("BELL", high=True)
    await until(lambda: heard == [KeyDown(Key.DOORBELL), KeyUp(Key.DOORBELL)])


@pytest.mark.spec("FLT-1")
async def test_contacts_whose_chip_goes_away_are_told_and_read_again_when_it_is_back(
    chip: SimChip, heard: list[Reading]
) -> None:
    chip.unplug()
    await until(lambda: {fault.part for fault in heard if isinstance(fault, PartFault)} == {Part.DOOR, Part.TAMPER})
    heard.clear()
    chip.plug()
    chip.put("DOOR", high=True)
    chip.put("BELL", high=True)
    await until(lambda: {PartBack(Part.DOOR), PartBack(Part.TAMPER)} <= set(heard))
    await until(lambda: DoorSeen(open=True) in heard)
