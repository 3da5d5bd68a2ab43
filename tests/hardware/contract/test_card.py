"""What holds for every card reader, whoever makes it."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lock_bridge.hardware.ports import CardSeen, PartBack, PartFault, PartReplaced, Reading
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_card import CardRig, Pn532CardRig, SimulatedCardRig
from tests.hardware.contract.rigs_pcsc import PcscCardRig

RIGS = {"simulated": SimulatedCardRig, "pn532": Pn532CardRig, "pcsc": PcscCardRig}
ANNA, BERT = bytes.fromhex("04A1B2C3D4E580"), bytes.fromhex("DEADBEEF")
BACK = PartBack(Part.CARD)
REPLACED = PartReplaced(Part.CARD)


@pytest.fixture
async def made(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[CardRig]:
    rig: CardRig = RIGS[request.param](tmp_path)
    try:
        await rig.prepare()
        yield rig
    finally:
        await rig.close()


@pytest.fixture
def rig(made: CardRig) -> CardRig:
    return made


@pytest.fixture
def attached(made: CardRig) -> CardRig:
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every reader; where a test says `attached`, all but the simulated one."""
    names = [name for name in RIGS if "attached" not in metafunc.fixturenames or name != "simulated"]
    if "made" in metafunc.fixturenames:
        metafunc.parametrize("made", names, indirect=True)


async def fault(rig: CardRig) -> Trouble:
    report = await rig.report()
    assert isinstance(report, PartFault)
    assert report.part is Part.CARD
    return Trouble(report.reason)


@pytest.mark.spec("VER-5")
async def test_a_card_is_told_once_each_time_that_it_comes(rig: CardRig) -> None:
    await rig.start()
    for _ in range(2):
        await rig.present(ANNA)
        await rig.reported(CardSeen(ANNA))
        await rig.quiet()
        await rig.remove()
        await rig.quiet()


@pytest.mark.parametrize("uid", ["DEADBEEF", "04A1B2C3D4E580", "04A1B2C3D4E5F6A7B8C9"])
async def test_numbers_of_four_seven_and_ten_bytes_are_told_as_they_are(rig: CardRig, uid: str) -> None:
    await rig.start()
    await rig.present(bytes.fromhex(uid))
    await rig.reported(CardSeen(bytes.fromhex(uid)))


async def test_one_card_after_the_other_is_told(rig: CardRig) -> None:
    await rig.start()
    for uid in (ANNA, BERT, ANNA):
        await rig.present(uid)
        await rig.reported(CardSeen(uid))
        await rig.remove()
    await rig.quiet()


@pytest.mark.spec("FLT-1")
async def test_one_that_is_unplugged_says_so_once_and_reads_again_when_it_is_back(rig: CardRig) -> None:
    await rig.start()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    await rig.remove()
    await rig.unplug()
    assert await fault(rig) in set(Trouble)
    await rig.quiet()
    await rig.plug()
    await rig.reported(BACK)
    await rig.present(BERT)
    await rig.reported(CardSeen(BERT))


@pytest.mark.spec("FLT-1")
async def test_one_that_is_away_at_the_start_is_served_as_soon_as_it_is_there(rig: CardRig) -> None:
    await rig.unplug()
    await rig.start()
    assert await fault(rig) in set(Trouble)
    await rig.quiet()
    await rig.plug()
    await rig.reported(BACK)
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))


async def test_after_a_stop_nothing_is_told_and_after_a_start_all_is_as_ever(rig: CardRig) -> None:
    await rig.start()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    await rig.remove()
    await rig.stop()
    await rig.stop()
    assert rig.reports.empty()
    await rig.start()
    await rig.present(BERT)
    await rig.reported(CardSeen(BERT))


@pytest.mark.spec("FLT-1")
async def test_another_reader_is_reported_and_not_believed_until_somebody_trusts_it(attached: CardRig) -> None:
    await attached.start()
    await attached.present(ANNA)
    await attached.reported(CardSeen(ANNA))
    await attached.remove()
    await attached.exchange()
    await comes_to(attached, REPLACED)
    await attached.present(ANNA)
    await attached.quiet()
    attached.port.trust()  # type: ignore[attr-defined]
    await attached.reported(BACK, CardSeen(ANNA))
    await attached.quiet()


@pytest.mark.spec("FLT-1")
async def test_the_former_reader_is_believed_again_by_itself(attached: CardRig) -> None:
    await attached.start()
    await attached.present(ANNA)
    await attached.reported(CardSeen(ANNA))
    await attached.remove()
    await attached.exchange()
    await comes_to(attached, REPLACED)
    await attached.put_back()
    await comes_to(attached, BACK)
    await attached.present(BERT)
    await attached.reported(CardSeen(BERT))


async def comes_to(rig: CardRig, expected: Reading) -> None:
    """This is reported; it may have been away for a moment before."""
    report = await rig.report()
    if isinstance(report, PartFault):
        report = await rig.report()
    assert report == expected


async def test_no_log_has_a_card_number_in_it(rig: CardRig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await rig.start()
    await rig.present(BERT)
    report = await rig.report()
    assert report == CardSeen(BERT)
    await rig.remove()
    await rig.unplug()
    await fault(rig)
    await rig.stop()
    written = (caplog.text + repr(report) + repr(rig.port)).lower()
    for spelling in (BERT.hex(), BERT.hex(" "), BERT.hex(":"), repr(BERT)[2:-1], "222, 173", "0xde, 0xad"):
        assert spelling.lower() not in written
