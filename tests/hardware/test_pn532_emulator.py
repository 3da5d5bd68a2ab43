"""The emulator answers a client that this project did not write, so that the driver is not tested against itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nfc.clf
import pytest
from nfc.clf import pn532, transport

from tests.hardware.emulators.pn532 import FIRMWARE, LIST, Cable, Card, Chip, damaged, instead, lost, noisy

TYPE_A = nfc.clf.RemoteTarget("106A")
MIFARE = Card(bytes.fromhex("DE AD BE EF"))
NTAG = Card(bytes.fromhex("04 A1 B2 C3 D4 E5 80"), b"\x44\x00", 0x00)
TRIPLE = Card(bytes.fromhex("04 00 FF 03 FD D5 4B 01 02 03"), b"\x84\x00", 0x20, bytes.fromhex("06 75 77 81 02 80"))


@pytest.fixture
async def cable(tmp_path: Path) -> AsyncIterator[Cable]:
    cable = Cable(tmp_path / "card")
    cable.plug(Chip())
    yield cable
    cable.unplug()


class Patient(transport.TTY):  # type: ignore[misc]
    """nfcpy's port, with more time for a busy machine."""

    def read(self, timeout: int) -> bytearray:
        return super().read(10 * timeout)  # type: ignore[no-any-return]


def connected(cable: Cable) -> Any:
    return pn532.init(Patient(str(cable.path)))


async def test_nfcpy_knows_it_and_its_version(cable: Cable) -> None:
    device = await asyncio.to_thread(connected, cable)
    assert device.chipset_name == "PN532v1.6"
    assert cable.chip is not None
    assert cable.chip.ready
    assert cable.chip.rate > 115_200, "it agreed upon a higher rate"
    await asyncio.to_thread(device.close)
    assert cable.chip.rate == 115_200
    assert not cable.chip.field


async def test_nfcpys_diagnosis_of_the_line_passes_with_frames_of_all_sizes(cable: Cable) -> None:
    device = await asyncio.to_thread(connected, cable)
    for size in (1, 250, 251, 252, 253, 254, 255, 260):
        data = bytearray(b"\x00\xff\x00\xff\xd5\x4b" * 50)[:size]
        answer = await asyncio.to_thread(device.chipset.command, 0x00, b"\x00" + data, 1.0)
        assert answer == b"\x00" + data
    assert await asyncio.to_thread(device.chipset.diagnose, "line", bytearray(range(100)))


async def test_nfcpy_reads_and_writes_registers(cable: Cable) -> None:
    device = await asyncio.to_thread(connected, cable)
    await asyncio.to_thread(device.chipset.write_register, ("CIU_TxMode", 0x80), ("CIU_RxMode", 0x85))
    assert await asyncio.to_thread(device.chipset.read_register, "CIU_TxMode", "CIU_RxMode") == [0x80, 0x85]


@pytest.mark.parametrize(
    "card", [MIFARE, NTAG, TRIPLE], ids=["4 bytes", "7 bytes", "10 bytes, a frame's start among them"]
)
async def test_nfcpy_senses_a_card_with_each_size_of_number(cable: Cable, card: Card) -> None:
    device = await asyncio.to_thread(connected, cable)
    assert await asyncio.to_thread(device.sense_tta, TYPE_A) is None
    cable.present(card)
    found = await asyncio.to_thread(device.sense_tta, TYPE_A)
    assert found.sdd_res == card.uid
    assert found.sel_res == bytes([card.sel_res])
    cable.present()
    assert await asyncio.to_thread(device.sense_tta, TYPE_A) is None


async def test_what_is_damaged_on_the_way_fails_for_nfcpy_too(cable: Cable) -> None:
    device = await asyncio.to_thread(connected, cable)
    cable.present(MIFARE)
    for fault in (damaged(), lost(), instead(b""), noisy(b"\x12\x34\x56")):
        cable.spoil(LIST, fault)
        with pytest.raises(OSError, match=r"Input/output error|timed out"):
            await asyncio.to_thread(device.sense_tta, TYPE_A)
    found = await asyncio.to_thread(device.sense_tta, TYPE_A)
    assert found.sdd_res == MIFARE.uid


async def test_nfcpy_refuses_another_chip(cable: Cable) -> None:
    cable.exchange(Chip(firmware=bytes.fromhex("33 02 07 07")))
    with pytest.raises(OSError, match="No such device"):
        await asyncio.to_thread(connected, cable)
    assert cable.heard == [FIRMWARE]
