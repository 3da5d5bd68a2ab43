"""Cards before a PN532, and a chip that comes and goes, as a real serial port shows them."""

import asyncio
import fcntl
import logging
import os
import random
import termios
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.hardware.ports import CardSeen, PartBack, PartFault, PartReplaced, Reading
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_card import FAST, IMPATIENT, Pn532CardRig
from tests.hardware.emulators.pn532 import (
    ACK,
    FIRMWARE,
    LIST,
    PARAMETERS,
    RF,
    SAM,
    SYNTAX_ERROR,
    Card,
    Chip,
    Fault,
    answer,
    damaged,
    frame,
    instead,
    late,
    lost,
    noisy,
    phone,
    refused,
    silent,
    split,
    wrong_length,
)

ANNA, BERT, EVE = bytes.fromhex("04A1B2C3D4E580"), bytes.fromhex("DEADBEEF"), bytes.fromhex("0BADCAFE")
BACK = PartBack(Part.CARD)


def fault(trouble: Trouble) -> PartFault:
    return PartFault(Part.CARD, trouble)


def listed(*uids: bytes) -> bytes:
    """The frame that tells of these cards."""
    told = b"".join(bytes([n, 0, 4, 8, len(uid)]) + uid for n, uid in enumerate(uids, 1))
    return answer(LIST, bytes([len(uids)]) + told)


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Callable[..., Pn532CardRig]]:
    rigs: list[Pn532CardRig] = []

    def make(**settings: Any) -> Pn532CardRig:
        rigs.append(Pn532CardRig(tmp_path, **settings))
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.close()


@pytest.fixture
async def rig(build: Callable[..., Pn532CardRig]) -> Pn532CardRig:
    return build()


async def test_the_chip_is_woken_and_set_up_before_the_first_look(rig: Pn532CardRig) -> None:
    await rig.start()
    await rig.looks()
    assert rig.cable.heard[:6] == [FIRMWARE, SAM, PARAMETERS, RF, RF, LIST]
    assert rig.chip.tries == 2, "else it would look until there is a card"
    assert not rig.chip.protocol
    assert rig.port.health.state == "served"
    assert rig.port.health.words == "PN532 firmware 1.6, support 07"


async def test_the_field_is_off_between_looks_and_after_the_end(rig: Pn532CardRig) -> None:
    await rig.start()
    await rig.looks()
    looks = [code for code in rig.cable.heard[5:] if code in {LIST, RF}]
    assert looks[:6] == [LIST, RF] * 3
    await rig.stop()
    assert not rig.chip.field


async def test_two_cards_at_once_are_both_told_and_each_once(rig: Pn532CardRig) -> None:
    await rig.start()
    rig.cable.present(Card(ANNA), Card(BERT))
    await rig.reported(CardSeen(ANNA), CardSeen(BERT))
    await rig.quiet()
    rig.cable.present(Card(BERT), Card(EVE))
    await rig.reported(CardSeen(EVE))
    await rig.quiet()


async def test_a_card_at_the_edge_of_the_field_is_told_once(rig: Pn532CardRig) -> None:
    await rig.start()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    for _ in range(5):
        rig.cable.spoil(LIST, instead(listed()), instead(listed()), Fault())
    await rig.looks(15)
    assert rig.reports.empty()


async def test_a_phone_with_a_new_number_at_each_look_is_told_once(
    rig: Pn532CardRig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await rig.start()
    rig.cable.present(phone())
    report = await rig.report()
    assert isinstance(report, CardSeen)
    assert report.uid[0] == 0x08
    await rig.quiet()
    await rig.remove()
    rig.cable.present(phone())
    await rig.report()
    assert caplog.text.count("hides its number") == 1


async def test_a_card_with_a_protocol_is_read_by_a_chip_that_goes_on_to_it(rig: Pn532CardRig) -> None:
    await rig.start()
    await rig.looks()
    rig.chip.protocol = True  # as after a start that nobody has noticed
    rig.cable.present(Card(ANNA, sel_res=0x20, ats=bytes.fromhex("06 75 77 81 02 80")), Card(BERT))
    await rig.reported(CardSeen(ANNA), CardSeen(BERT))


SHAKY: list[tuple[str, Fault]] = [
    ("piece by piece", split()),
    ("in two pieces", split(7)),
    ("after zeros", noisy(bytes(5))),
    ("late", late(0.05)),
]


@pytest.mark.parametrize("spoilt", [made for _, made in SHAKY], ids=[name for name, _ in SHAKY])
async def test_an_answer_may_come_as_it_likes(rig: Pn532CardRig, spoilt: Fault) -> None:
    rig.cable.spoil(FIRMWARE, spoilt)
    rig.cable.spoil(LIST, *(spoilt,) * 4)
    await rig.start()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    await rig.quiet()


BROKEN: list[tuple[str, Fault]] = [
    ("command lost", lost()),
    ("command refused", refused()),
    ("command not understood", refused(SYNTAX_ERROR)),
    ("error in place of the answer", instead(SYNTAX_ERROR)),
    ("no answer", silent()),
    ("one bit wrong", damaged()),
    ("wrong length, too short", wrong_length(2)),
    ("wrong length, too long", wrong_length(200)),
    ("answer to something else", instead(answer(FIRMWARE, bytes(4)))),
    ("twice", instead(listed(EVE) + listed(EVE))),
    ("noise before", Fault(arrives=lambda _: [(0.0, b"\x7f\x13" + listed(EVE))])),
    ("noise behind", Fault(arrives=lambda _: [(0.0, listed(EVE) + b"\x7f\x13")])),
    ("own command comes back", instead(frame(b"\xd4\x4a\x02\x00"))),
    ("card that does not add up", instead(answer(LIST, b"\x01\x01\x00\x04\x08\x07\x01\x02\x03\x04"))),
    ("no acknowledgement", instead(listed(EVE), acknowledgement=b"")),
    ("two acknowledgements", instead(listed(EVE), acknowledgement=ACK + ACK)),
    ("acknowledgement after the answer", instead(listed(EVE) + ACK, acknowledgement=b"")),
]


@pytest.mark.parametrize("spoilt", [made for _, made in BROKEN], ids=[name for name, _ in BROKEN])
async def test_what_is_in_doubt_is_asked_again_and_nobody_else_is_taken_for_somebody(
    build: Callable[..., Pn532CardRig], spoilt: Fault
) -> None:
    rig = build(timing=IMPATIENT)
    await rig.start()
    await rig.looks()
    rig.cable.spoil(LIST, spoilt)
    await rig.cable.hears(SAM)
    await rig.quiet()
    assert rig.port.counters is not None
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    assert rig.port.health.state == "served"


async def test_a_late_answer_becomes_no_card(build: Callable[..., Pn532CardRig]) -> None:
    rig = build(timing=IMPATIENT)
    await rig.start()
    await rig.looks()
    rig.cable.spoil(LIST, Fault(arrives=lambda _: [(0.11, listed(EVE))], carried_out=False))
    await rig.cable.hears(LIST, 8)
    await rig.quiet()


async def test_an_answer_that_nobody_asked_for_becomes_no_card(rig: Pn532CardRig) -> None:
    await rig.start()
    await rig.looks()
    rig.cable.exchange(Chip(unanswered=frozenset({LIST})))
    for _ in range(3):
        rig.cable.send(listed(EVE))
        await asyncio.sleep(0)
    rig.cable.exchange(Chip())
    await rig.cable.hears(LIST, 8)
    while not rig.reports.empty():
        assert not isinstance(rig.reports.get_nowait(), CardSeen)


async def test_noise_all_the_time_lets_nobody_in_and_is_told(build: Callable[..., Pn532CardRig]) -> None:
    rig = build(timing=IMPATIENT)
    generator = random.Random(7)
    await rig.start()
    await rig.looks()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    await rig.remove()
    for code in (FIRMWARE, LIST, RF, SAM, PARAMETERS):
        rig.cable.spoil(code, *(noisy(generator.randbytes(9), b"\x01" + generator.randbytes(9)) for _ in range(60)))
    rig.cable.present(Card(EVE))
    await rig.reported(fault(Trouble.GARBLED))
    await rig.quiet()
    assert rig.port.counters is not None
    assert rig.port.counters.noise > 0


@pytest.mark.spec("FLT-1")
async def test_a_chip_that_starts_anew_is_set_up_again_without_a_word(build: Callable[..., Pn532CardRig]) -> None:
    rig = build(timing=IMPATIENT)
    await rig.start()
    await rig.looks()
    rig.cable.restart()
    await rig.cable.hears(SAM)
    await rig.looks()
    await rig.quiet()
    assert rig.cable.aborts >= 2, "what it was doing was ended first"
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))


@pytest.mark.spec("FLT-1")
async def test_a_chip_that_starts_anew_in_mid_look_reads_the_card_that_still_lies_there_no_second_time(
    build: Callable[..., Pn532CardRig],
) -> None:
    rig = build(timing=IMPATIENT)
    await rig.start()
    await rig.present(ANNA)
    await rig.reported(CardSeen(ANNA))
    rig.cable.spoil(LIST, Fault(arrives=lambda _: [], then=rig.cable.restart))
    await rig.cable.hears(SAM)
    await rig.quiet()


@pytest.mark.spec("FLT-1")
async def test_a_silent_chip_is_reported_once_and_tried_ever_less_often(build: Callable[..., Pn532CardRig]) -> None:
    rig = build(timing=IMPATIENT)
    rig.chip.unanswered = frozenset({FIRMWARE})
    await rig.start()
    await rig.reported(fault(Trouble.NO_ANSWER))
    await rig.quiet()
    assert rig.port.health.trouble is Trouble.NO_ANSWER
    first, second, third = rig.slept[:3]
    assert first < second < third
    rig.chip.unanswered = frozenset()
    await rig.reported(BACK)


async def test_a_chip_at_another_rate_is_silent(build: Callable[..., Pn532CardRig]) -> None:
    rig = build(timing=IMPATIENT, baudrate=9600)
    await rig.start()
    await rig.reported(fault(Trouble.NO_ANSWER))


def garble(heard: bytes) -> bytes:
    """What a line at a wrong rate makes of an answer."""
    return bytes(byte ^ 0xA7 for byte in heard) + b"\xf8\x80\xe6"


STRANGERS: list[tuple[str, Callable[[bytes], bytes], Trouble, str]] = [
    ("noise", garble, Trouble.GARBLED, "noise"),
    ("echo", lambda heard: heard, Trouble.GARBLED, "touch each other"),
    ("fingerprint", lambda _: bytes.fromhex("EF01FFFFFFFF0700030100 0B"), Trouble.UNSUPPORTED, "a fingerprint module"),
    ("face", lambda _: bytes.fromhex("EFAA00000101000002"), Trouble.UNSUPPORTED, "a face or palm vein module"),
    ("text", lambda _: b"$GPGGA,,,,,,0,,,,,,,,*66\r\n", Trouble.UNSUPPORTED, "sends text"),
    (
        "PN533",
        lambda heard: ACK + answer(FIRMWARE, bytes.fromhex("33020707")) if b"\xd4\x02" in heard else b"",
        Trouble.UNSUPPORTED,
        "PN533 firmware 2.7",
    ),
    (
        "PN531",
        lambda heard: ACK + answer(FIRMWARE, bytes.fromhex("0402")) if b"\xd4\x02" in heard else b"",
        Trouble.UNSUPPORTED,
        "PN531 firmware 4.2",
    ),
]


@pytest.mark.parametrize(
    ("says", "trouble", "words"), [row[1:] for row in STRANGERS], ids=[row[0] for row in STRANGERS]
)
async def test_something_else_on_the_port_is_called_by_its_name(
    build: Callable[..., Pn532CardRig], says: Callable[[bytes], bytes], trouble: Trouble, words: str
) -> None:
    rig = build(timing=IMPATIENT)
    rig.cable.stranger = says
    await rig.start()
    await rig.reported(fault(trouble))
    assert words in rig.port.health.words
    if trouble is Trouble.UNSUPPORTED:
        assert rig.slept[0] > 20, "nobody but a person can mend that"
    rig.cable.stranger = None
    await rig.reported(BACK)


@pytest.mark.spec("FLT-1")
async def test_another_chip_is_noticed_after_a_restart_of_the_bridge_too(rig: Pn532CardRig) -> None:
    await rig.start()
    await rig.looks()
    assert rig.memory.get("identity") == "PN532 firmware 1.6, support 07"
    await rig.exchange()
    await rig.restart_service()
    await rig.reported(PartReplaced(Part.CARD))
    assert rig.port.health.words == "PN532 firmware 1.4, support 07"
    await rig.present(EVE)
    await rig.quiet()
    rig.port.trust()
    await rig.reported(BACK, CardSeen(EVE))
    await rig.restart_service()
    await rig.reported(CardSeen(EVE))


async def test_another_chip_that_never_missed_an_answer_is_noticed_at_the_next_comparison(rig: Pn532CardRig) -> None:
    await rig.start()
    await rig.looks()
    rig.chip.firmware = bytes.fromhex("32 01 05 07")
    await rig.reported(PartReplaced(Part.CARD))


async def test_trust_without_a_stranger_changes_nothing(rig: Pn532CardRig) -> None:
    await rig.start()
    rig.port.trust()
    await rig.looks()
    rig.port.trust()
    await rig.quiet()


@pytest.mark.parametrize(
    ("prepare", "trouble"),
    [
        (lambda path: path.symlink_to("/dev/null"), Trouble.SETTINGS),
        (lambda path: path.mkdir(), Trouble.SETTINGS),
        (lambda path: None, Trouble.MISSING),
    ],
    ids=["no serial port", "folder", "nothing"],
)
async def test_a_wrong_path_is_told(rig: Pn532CardRig, prepare: Callable[[Path], None], trouble: Trouble) -> None:
    await rig.unplug()
    prepare(rig.cable.path)
    await rig.start()
    await rig.reported(fault(trouble))
    assert rig.port.health.words


async def test_a_port_that_somebody_else_has_is_told_and_taken_when_it_is_free(rig: Pn532CardRig) -> None:
    other = os.open(rig.cable.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.ioctl(other, termios.TIOCEXCL)
    try:
        await rig.start()
        await rig.reported(fault(Trouble.IN_USE))
    finally:
        fcntl.ioctl(other, termios.TIOCNXCL)
        os.close(other)
    await rig.reported(BACK)


async def test_a_card_is_reported_in_the_turn_of_the_loop_that_follows_its_last_byte(rig: Pn532CardRig) -> None:
    loop = asyncio.get_running_loop()
    seen: list[float] = []

    def report(reading: Reading) -> None:
        if isinstance(reading, CardSeen):
            seen.append(loop.time())

    await rig.port.start(report)
    await rig.looks()
    delays = []
    for _ in range(20):
        sent: list[float] = []
        rig.cable.spoil(LIST, Fault(arrives=lambda data, sent=sent: sent.append(loop.time()) or [(0.0, data)]))  # type: ignore[misc,func-returns-value]
        rig.cable.present(Card(ANNA))
        while not seen:
            await rig.looks(1)
        delays.append(seen.pop() - sent.pop())
        await rig.remove()
    assert sorted(delays)[len(delays) // 2] < 0.005


async def test_a_stop_in_mid_look_ends_soon_and_leaves_the_port_free(build: Callable[..., Pn532CardRig]) -> None:
    rig = build(timing=FAST)
    await rig.start()
    await rig.looks()
    rig.cable.spoil(LIST, silent())
    await rig.cable.hears(LIST)
    async with asyncio.timeout(5):
        await rig.stop()
    rig.port = rig._make()
    await rig.start()
    await rig.looks()
    await rig.quiet()
