"""A reader of the real smart card service, which comes and goes, and cards of all kinds before it."""

import asyncio
import importlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.hardware.pcsc import service as service_module
from lock_bridge.hardware.pcsc.service import CardGone, Service
from lock_bridge.hardware.pcsc.watch import choose
from lock_bridge.hardware.ports import CardSeen, PartBack, PartFault, PartReplaced
from lock_bridge.hardware.trouble import PartError
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_pcsc import OTHER, PcscCardRig
from tests.hardware.emulators.pcscd import ACR122U, VirtualCard

ANNA, BERT = bytes.fromhex("04A1B2C3D4E580"), bytes.fromhex("DEADBEEF")
BACK = PartBack(Part.CARD)
GET_UID, BUZZER_OFF = bytes.fromhex("FFCA000000"), bytes.fromhex("FF00520000")


def fault(trouble: Trouble) -> PartFault:
    return PartFault(Part.CARD, trouble)


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    rigs: list[PcscCardRig] = []

    async def make(**settings: Any) -> PcscCardRig:
        rigs.append(PcscCardRig(tmp_path, **settings))
        await rigs[-1].prepare()
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.close()


@pytest.fixture
async def rig(build: Callable[..., Any]) -> PcscCardRig:
    made: PcscCardRig = await build()
    return made


async def test_it_says_which_reader_it_has_found(rig: PcscCardRig) -> None:
    await rig.start()
    await rig.until(lambda: rig.port.health.state == "served")
    assert rig.port.health.words == ACR122U
    assert rig.memory.get("identity") == ACR122U


@pytest.mark.spec("FLT-1")
async def test_without_the_service_that_is_said_and_it_is_used_as_soon_as_it_runs(rig: PcscCardRig) -> None:
    await rig.pcscd.stop()
    await rig.start()
    await rig.reported(fault(Trouble.SERVICE_MISSING))
    assert "pcscd" in rig.port.health.words
    await rig.quiet()
    await rig.pcscd.start(ACR122U)
    await rig.reported(BACK)
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_service_that_starts_anew_is_used_again(rig: PcscCardRig, how: str) -> None:
    await rig.start()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    assert rig.card is not None
    await rig.card.leave()
    await getattr(rig.pcscd, how)()
    await rig.reported(fault(Trouble.SERVICE_MISSING))
    await rig.pcscd.start(ACR122U)
    await rig.reported(BACK)
    await rig.present(BERT)
    await rig.reported(CardSeen(BERT))


async def test_without_a_reader_that_is_said(rig: PcscCardRig) -> None:
    await rig.restart_service()
    await rig.start()
    await rig.reported(fault(Trouble.MISSING))
    assert "sees no reader" in rig.port.health.words


async def test_of_two_readers_the_one_is_used_that_the_config_names(build: Callable[..., Any]) -> None:
    rig = await build(reader="utrust")
    await rig.restart_service(OTHER, ACR122U)
    await rig.start()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    assert rig.port.health.words == OTHER
    elsewhere = VirtualCard(BERT)
    await rig.pcscd.lay(elsewhere, ACR122U)
    await rig.remove()
    await elsewhere.leave()
    await rig.quiet()


async def test_of_two_readers_none_is_guessed(rig: PcscCardRig) -> None:
    await rig.restart_service(OTHER, ACR122U)
    await rig.start()
    await rig.reported(fault(Trouble.MISSING))
    assert 'name it with "reader"' in rig.port.health.words
    assert ACR122U in rig.port.health.words


async def test_a_card_without_a_number_is_no_card(rig: PcscCardRig) -> None:
    await rig.start()
    await rig.present(None)
    await rig.until(lambda: rig.card is not None and GET_UID in rig.card.heard)
    await rig.card.leave()  # type: ignore[union-attr]
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    await rig.quiet()


@pytest.mark.parametrize("uid", ["0102", "0102030405060708090A0B", ""])
async def test_a_number_of_a_size_that_no_card_has_is_no_card(rig: PcscCardRig, uid: str) -> None:
    await rig.start()
    await rig.present(bytes.fromhex(uid))
    await rig.until(lambda: rig.card is not None and GET_UID in rig.card.heard)
    await rig.card.leave()  # type: ignore[union-attr]
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))


async def test_a_card_at_the_edge_of_the_field_is_told_once(build: Callable[..., Any]) -> None:
    rig = await build(edge_ms=60_000)
    await rig.start()
    for _ in range(2):
        await rig.present(ANNA)
        await rig.settle()
        await rig.remove()
    await rig.present(BERT)
    await rig.reported(CardSeen(ANNA), CardSeen(BERT))


async def test_the_buzzer_of_an_acr122u_is_switched_off_once_with_the_first_card(build: Callable[..., Any]) -> None:
    rig = await build(buzzer=False)
    await rig.start()
    first = VirtualCard(ANNA, answers={BUZZER_OFF: b"\x90\x00"})
    await rig.lay(first)
    await rig.reported(CardSeen(ANNA))
    assert first.heard == [BUZZER_OFF, GET_UID]
    await rig.remove()
    second = VirtualCard(BERT)
    await rig.lay(second)
    await rig.reported(CardSeen(BERT))
    assert second.heard == [GET_UID]


async def test_a_reader_that_is_no_acr122u_is_left_as_it_is(build: Callable[..., Any]) -> None:
    rig = await build(buzzer=False)
    await rig.restart_service(OTHER)
    await rig.start()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    assert rig.card.heard == [GET_UID]


async def test_a_card_that_another_program_has_to_itself_for_a_moment_is_read_then(rig: PcscCardRig) -> None:
    await rig.start()
    await rig.until(lambda: rig.port.health.state == "served")
    taken, freed = threading.Event(), threading.Event()
    greedy = threading.Thread(target=keep_exclusively, args=(taken, freed))
    greedy.start()
    await rig.present(ANNA)
    await asyncio.to_thread(taken.wait, 10)
    freed.set()
    await asyncio.to_thread(greedy.join, 10)
    await rig.reported(CardSeen(ANNA))
    await rig.quiet()


def keep_exclusively(taken: threading.Event, freed: threading.Event) -> None:
    """Take the card as soon as it is there, as quickly as the driver may."""
    scard = importlib.import_module("smartcard.scard")
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    _, names = scard.SCardListReaders(context, [])
    deadline = time.monotonic() + 10
    code, card = 1, 0
    while code and time.monotonic() < deadline:
        code, card, _ = scard.SCardConnect(context, min(names), scard.SCARD_SHARE_EXCLUSIVE, 3)
    taken.set()
    freed.wait(10)
    if not code:
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    scard.SCardReleaseContext(context)


@pytest.mark.spec("FLT-1")
async def test_another_reader_is_noticed_after_a_restart_of_the_bridge_too(rig: PcscCardRig) -> None:
    await rig.start()
    await rig.until(lambda: rig.port.health.state == "served")
    await rig.stop()
    await rig.exchange()
    await rig.restart_bridge()
    await rig.reported(PartReplaced(Part.CARD))
    assert rig.port.health.words == OTHER
    await rig.present(ANNA)
    await rig.quiet()
    rig.port.trust()
    await rig.reported(BACK, CardSeen(ANNA))


async def test_a_stop_does_not_hold_up_the_loop_and_leaves_no_thread(rig: PcscCardRig) -> None:
    await rig.start()
    await rig.until(lambda: rig.port.health.state == "served")
    async with asyncio.timeout(5):
        await rig.stop()
    await rig.until(lambda: "card" not in {thread.name for thread in threading.enumerate()})


@pytest.mark.parametrize(
    ("names", "wanted", "chosen"),
    [
        (["ACS ACR122U PICC Interface 00 00"], None, "ACS ACR122U PICC Interface 00 00"),
        (["Virtual PCD 00 01", "Virtual PCD 00 00"], None, "Virtual PCD 00 00"),
        (
            ["ACS ACR1252 [ACR1252 Reader SAM] 00 01", "ACS ACR1252 [ACR1252 Reader PICC] 00 00"],
            "acr1252",
            "ACS ACR1252 [ACR1252 Reader PICC] 00 00",
        ),
        (["Only a SAM 00 00"], None, "Only a SAM 00 00"),
        (["One 00 00", "Two 01 00"], "TWO", "Two 01 00"),
    ],
)
def test_the_reader_is_chosen_by_a_part_of_its_name(names: list[str], wanted: str | None, chosen: str) -> None:
    assert choose(names, wanted) == chosen


@pytest.mark.parametrize(
    ("names", "wanted", "words"),
    [
        ([], None, "sees no reader"),
        (["One 00 00"], "two", 'called "two"; there is: One'),
        (["One 00 00", "Two 01 00"], None, "there is: One; Two"),
    ],
)
def test_a_reader_that_cannot_be_told_is_not_guessed(names: list[str], wanted: str | None, words: str) -> None:
    with pytest.raises(PartError, match=words) as refused:
        choose(names, wanted)
    assert refused.value.trouble is Trouble.MISSING


class Refusing:
    """The service's library where nothing works any more."""

    def __init__(self, code: int) -> None:
        self.code = code

    def __getattr__(self, name: str) -> Any:
        if name == "SCardEstablishContext":
            return lambda *_: (0, 1)
        if name.startswith("SCARD_"):
            return 1
        return lambda *_: (self.code, [], 0) if name == "SCardConnect" else (self.code, [])


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (0x8010_001D, Trouble.SERVICE_MISSING),
        (0x8010_0013, Trouble.SERVICE_MISSING),
        (0x8010_0009, Trouble.UNPLUGGED),
        (0x8010_0017, Trouble.UNPLUGGED),
        (0x8010_006A, Trouble.NO_PERMISSION),
        (0x8010_000B, Trouble.IN_USE),
        (-0x7FEF_FFE3, Trouble.SERVICE_MISSING),
    ],
)
def test_what_the_service_refuses_is_said_in_the_bridges_own_words(
    monkeypatch: pytest.MonkeyPatch, code: int, trouble: Trouble
) -> None:
    monkeypatch.setattr(service_module.importlib, "import_module", lambda _: Refusing(code))
    with pytest.raises(PartError) as refused:
        Service().readers()
    assert refused.value.trouble is trouble
    assert Service().serial("reader") is None
    assert Service().ask_reader("reader", b"") is None


def test_a_card_that_left_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module.importlib, "import_module", lambda _: Refusing(0x8010_0069))
    with pytest.raises(CardGone):
        Service().ask_card("reader", b"")
