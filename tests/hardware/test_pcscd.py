"""The virtual readers and cards are seen by plain pyscard, so that the driver is not tested against itself alone."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hardware.contract.rigs_pcsc import OTHER, needs_pcscd
from tests.hardware.emulators.pcscd import ACR122U, CONTACTLESS, Pcscd, VirtualCard

UID = bytes.fromhex("04A1B2C3D4E580")


@pytest.fixture
async def pcscd(tmp_path: Path) -> AsyncIterator[Pcscd]:
    needs_pcscd()
    pcscd = Pcscd(tmp_path)
    await pcscd.open()
    yield pcscd
    await pcscd.close()


READERS = """
from smartcard.System import readers
for reader in readers():
    print(reader)
"""
CARD = """
import time
from smartcard.CardRequest import CardRequest
from smartcard.Exceptions import CardConnectionException
for _ in range(50):
    service = CardRequest(timeout=20).waitforcard()
    try:
        service.connection.connect()
        break
    except CardConnectionException:  # pcscd has not seen yet that the one before has gone
        time.sleep(0.1)
data, first, second = service.connection.transmit([0xFF, 0xCA, 0, 0, 0])
print(bytes(service.connection.getATR()).hex())
print(bytes([*data, first, second]).hex())
"""


async def pyscard(program: str) -> list[str]:
    """The lines that a program with pyscard writes. It remembers one pcscd for as long as its process lasts."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    async with asyncio.timeout(30):
        written, _ = await process.communicate()
    assert process.returncode == 0
    return written.decode().splitlines()


async def test_pyscard_sees_the_readers_under_their_names(pcscd: Pcscd) -> None:
    await pcscd.start(ACR122U, OTHER)
    names = {name[: -len(" 00 00")] for name in await pyscard(READERS)}
    assert names == {ACR122U, OTHER}
    await pcscd.stop()
    await pcscd.start(OTHER)
    names = {name[: -len(" 00 00")] for name in await pyscard(READERS)}
    assert names == {OTHER}


async def test_pyscard_reads_the_number_of_a_card_that_lies_there(pcscd: Pcscd) -> None:
    await pcscd.start(ACR122U)
    card = VirtualCard(UID)
    await pcscd.lay(card, ACR122U)
    assert await pyscard(CARD) == [CONTACTLESS.hex(), UID.hex() + "9000"]
    await card.leave()
    other = VirtualCard(None)
    await pcscd.lay(other, ACR122U)
    assert await pyscard(CARD) == [CONTACTLESS.hex(), "6a81"]
    await other.leave()
