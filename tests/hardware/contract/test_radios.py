"""What holds for all radios, whoever makes them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lock_bridge.engine import bluetooth
from lock_bridge.engine.effects import PhoneTold
from lock_bridge.engine.passcode import Keys
from lock_bridge.hardware.ports import PartBack, PartFault, PhoneActs, PhonePairs, RadioSeen, Reading
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.contract.rigs_radios import (
    DONE_WORD,
    NOBODY,
    OFF,
    ON,
    PATIENCE_MS,
    BluezRadiosRig,
    RadiosRig,
    SimulatedRadiosRig,
)

RIGS: dict[str, type[SimulatedRadiosRig | BluezRadiosRig]] = {
    "simulated": SimulatedRadiosRig,
    "bluez": BluezRadiosRig,
}

KEYS = Keys(pin=b"p" * 32, card=b"c" * 32, ble=b"b" * 32)
KEY_ID = b"12345678"
KEY = bluetooth.key_text(KEYS, KEY_ID)
CODE = "024751"


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RadiosRig]:
    """A lock with Bluetooth on, that says done to everybody."""
    made: RadiosRig = RIGS[request.param](tmp_path)
    await made.open()
    yield made
    await made.close()


async def begin(rig: RadiosRig) -> None:
    rig.port.switch(ON)
    await rig.start()
    await rig.found()
    await rig.settle()
    rig.heard()


def asked(reports: list[Reading]) -> PhonePairs | PhoneActs:
    """What was asked for among reports, which is one thing."""
    (request,) = [report for report in reports if isinstance(report, (PhonePairs, PhoneActs))]
    return request


async def test_the_radios_are_told_of_at_the_start(rig: RadiosRig) -> None:
    rig.port.switch(ON)
    await rig.start()
    await rig.found()
    seen = [report for report in rig.heard() if isinstance(report, RadioSeen)]
    assert seen
    assert not seen[-1].bluetooth_connected


@pytest.mark.spec("DLM-9")
async def test_a_phone_gives_the_pairing_code_and_hears_what_the_lock_says(rig: RadiosRig) -> None:
    await begin(rig)
    assert await rig.pair("Cara", CODE) == DONE_WORD
    given = asked(rig.heard())
    assert isinstance(given, PhonePairs)
    assert given.code == CODE
    assert given.phone.startswith("Cara")
    rig.answer = lambda _given: "pairing_code"
    assert await rig.pair("Cara", "000000") == "pairing_code"


@pytest.mark.spec("VER-14")
@pytest.mark.parametrize("operation", ["unlock", "lock"])
async def test_a_phone_proves_its_key_for_the_locks_challenge(rig: RadiosRig, operation: str) -> None:
    await begin(rig)
    assert await rig.act("Cara", operation, KEY) == DONE_WORD
    given = asked(rig.heard())
    assert isinstance(given, PhoneActs)
    assert (given.operation, given.key_id) == (operation, KEY_ID)
    _, key = bluetooth.read_key(KEY)
    assert given.proof == bluetooth.proof(key, given.challenge, operation, given.counter)


@pytest.mark.spec("VER-14")
async def test_no_challenge_comes_twice_and_the_same_phone_is_known_again(rig: RadiosRig) -> None:
    await begin(rig)
    requests = []
    for _ in range(3):
        assert await rig.act("Cara", "unlock", KEY) == DONE_WORD
        requests.append(asked(rig.heard()))
    acts = [request for request in requests if isinstance(request, PhoneActs)]
    assert len({request.challenge for request in acts}) == 3
    assert len({request.phone for request in acts}) == 1
    assert min(len(request.challenge) for request in acts) >= 16


@pytest.mark.spec("VER-14")
@pytest.mark.parametrize("word", ["outside_validity", "used_up", "privacy_on", "jammed"])
async def test_a_phone_is_told_why_not(rig: RadiosRig, word: str) -> None:
    await begin(rig)
    rig.answer = lambda _given: word
    assert await rig.act("Cara", "unlock", KEY) == word


@pytest.mark.spec("PWR-3", "APP-1")
async def test_a_phone_is_connected_while_it_asks_and_not_when_it_has_gone(rig: RadiosRig) -> None:
    await begin(rig)
    await rig.act("Cara", "unlock", KEY)
    await rig.settle()
    seen = [report.bluetooth_connected for report in rig.heard() if isinstance(report, RadioSeen)]
    assert seen == [True, False]


async def test_a_phone_that_the_lock_does_not_answer_waits_for_so_long_and_no_longer(rig: RadiosRig) -> None:
    await begin(rig)
    rig.answer = None
    waiting = asyncio.ensure_future(rig.act("Cara", "unlock", KEY))
    await rig.asked()
    await rig.settle()
    assert not waiting.done()
    await rig.advance(PATIENCE_MS)
    assert await waiting == NOBODY


@pytest.mark.spec("PWR-3")
async def test_while_bluetooth_is_off_nobody_gets_in(rig: RadiosRig) -> None:
    rig.port.switch(OFF)
    await rig.start()
    assert await rig.act("Cara", "unlock", KEY) == NOBODY
    rig.port.switch(ON)
    await rig.found()
    assert await rig.act("Cara", "unlock", KEY) == DONE_WORD
    rig.heard()
    rig.port.switch(OFF)
    await rig.lost()
    assert await rig.act("Cara", "unlock", KEY) == NOBODY
    await rig.settle()
    assert not any(isinstance(report, PhoneActs) for report in rig.heard())


@pytest.mark.spec("PWR-3")
async def test_a_phone_that_is_waiting_is_cut_off_when_bluetooth_is_switched_off(rig: RadiosRig) -> None:
    await begin(rig)
    rig.answer = None
    waiting = asyncio.ensure_future(rig.act("Cara", "unlock", KEY))
    await rig.asked()
    rig.port.switch(OFF)
    assert await waiting == NOBODY


@pytest.mark.spec("FLT-1")
async def test_an_adapter_that_is_pulled_says_so_once_and_serves_again_when_it_is_back(rig: RadiosRig) -> None:
    await begin(rig)
    await rig.unplug()
    await rig.advance(60_000)
    await rig.settle()
    (fault,) = [report for report in rig.heard() if isinstance(report, PartFault)]
    assert fault.part is Part.BLUETOOTH
    assert fault.reason in set(Trouble)
    assert await rig.act("Cara", "unlock", KEY) == NOBODY
    await rig.plug()
    reports = rig.heard()
    back = reports.index(PartBack(Part.BLUETOOTH))
    assert any(isinstance(report, RadioSeen) for report in reports[back:]), "levels are told anew at each return"
    assert await rig.act("Cara", "unlock", KEY) == DONE_WORD


async def test_what_is_told_to_a_phone_that_does_not_wait_is_told_to_nobody(rig: RadiosRig) -> None:
    await begin(rig)
    rig.answer = None
    waiting = asyncio.ensure_future(rig.act("Cara", "unlock", KEY))
    request = await rig.asked()
    rig.port.tell_phone(PhoneTold("somebody else", "used_up"))
    rig.port.tell_phone(PhoneTold(request.phone, "privacy_on"))
    rig.port.tell_phone(PhoneTold(request.phone))
    assert await waiting == "privacy_on"


async def test_after_its_stop_nothing_is_told_and_it_can_be_started_again(rig: RadiosRig) -> None:
    await begin(rig)
    await rig.port.stop()
    await rig.lost()
    rig.heard()
    assert await rig.act("Cara", "unlock", KEY) == NOBODY
    assert rig.heard() == []
    await rig.start()
    await rig.found()
    assert await rig.act("Cara", "unlock", KEY) == DONE_WORD


async def test_no_code_and_no_proof_is_in_a_representation(rig: RadiosRig) -> None:
    await begin(rig)
    await rig.pair("Cara", CODE)
    pairs = asked(rig.heard())
    await rig.act("Cara", "unlock", KEY)
    acts = asked(rig.heard())
    assert isinstance(acts, PhoneActs)
    shown = repr((pairs, acts, rig.port))
    assert CODE not in shown
    assert repr(acts.proof) not in shown
