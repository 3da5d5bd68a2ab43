"""Fingers and cards at the simulated readers."""

import asyncio
from pathlib import Path

import pytest

from lock_bridge.hardware.ports import (
    BiometricSeen,
    CardSeen,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    Inventory,
    PartBack,
    PartFault,
    PortBusy,
)
from lock_bridge.hardware.simulated.reader import PATIENCE_MS
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware.simulated_rig import Rig

THUMB = 'touch "Anna right thumb"'
OTHER = 'touch "Bjørn right index"'


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.start()
    return rig


async def learn(rig: Rig, slot: int = 3, finger: str = THUMB, steps: int = 6) -> None:
    await rig.door.fingerprint.enrol(slot, steps)
    await rig.do(f"{finger} x{steps}")
    rig.heard()


@pytest.mark.spec("CAP-14", "DLM-6")
async def test_a_finger_is_learnt_by_six_touches_and_known_from_then_on(rig: Rig) -> None:
    assert await rig.reports_of(THUMB) == [BiometricSeen(CredentialType.FINGERPRINT, None)]
    await rig.door.fingerprint.enrol(3, 6)
    assert await rig.reports_of(f"{THUMB} x6") == [
        *(EnrolStep(CredentialType.FINGERPRINT, done) for done in range(1, 7)),
        EnrolDone(CredentialType.FINGERPRINT, 3),
    ]
    assert await rig.reports_of(THUMB) == [BiometricSeen(CredentialType.FINGERPRINT, 3)]
    assert await rig.reports_of('touch "Anna left thumb"') == [BiometricSeen(CredentialType.FINGERPRINT, None)]


async def test_the_name_of_a_finger_may_be_said_in_several_words_and_any_case(rig: Rig) -> None:
    await learn(rig)
    assert await rig.reports_of("touch anna Right  THUMB x2") == [
        BiometricSeen(CredentialType.FINGERPRINT, 3),
        BiometricSeen(CredentialType.FINGERPRINT, 3),
    ]


async def test_a_finger_that_stays_counts_once(rig: Rig) -> None:
    await learn(rig)
    assert await rig.reports_of(f"{THUMB} hold 30s") == [BiometricSeen(CredentialType.FINGERPRINT, 3)]


@pytest.mark.spec("L2S-4")
async def test_while_learning_a_finger_that_stays_is_asked_to_be_lifted(rig: Rig) -> None:
    await rig.door.fingerprint.enrol(0, 2)
    assert await rig.reports_of(f"{THUMB} hold 5s") == [
        EnrolStep(CredentialType.FINGERPRINT, 1),
        EnrolRetry(CredentialType.FINGERPRINT, "lift"),
    ]
    assert await rig.reports_of(THUMB) == [
        EnrolStep(CredentialType.FINGERPRINT, 2),
        EnrolDone(CredentialType.FINGERPRINT, 0),
    ]


async def test_a_finger_that_lay_there_before_learning_began_must_be_lifted_first(rig: Rig) -> None:
    touching = asyncio.ensure_future(rig.door.do(["touch", "Anna right thumb", "hold", "3s"]))
    await asyncio.sleep(0)
    rig.heard()
    await rig.door.fingerprint.enrol(0, 2)
    rig.clock.advance(3_000)
    await touching
    assert rig.heard() == []
    assert await rig.reports_of(THUMB) == [EnrolStep(CredentialType.FINGERPRINT, 1)]


async def test_smeared_and_short_touches_do_not_count(rig: Rig) -> None:
    await rig.door.fingerprint.enrol(0, 2)
    assert await rig.reports_of(f"{THUMB} badly") == [EnrolRetry(CredentialType.FINGERPRINT, "messy")]
    assert await rig.reports_of(f"{THUMB} briefly") == [EnrolRetry(CredentialType.FINGERPRINT, "short")]
    assert await rig.reports_of(f"{THUMB} x2") == [
        EnrolStep(CredentialType.FINGERPRINT, 1),
        EnrolStep(CredentialType.FINGERPRINT, 2),
        EnrolDone(CredentialType.FINGERPRINT, 0),
    ]
    assert await rig.reports_of(f"{THUMB} badly") == [BiometricSeen(CredentialType.FINGERPRINT, None)]
    assert await rig.reports_of(f"{THUMB} briefly") == []


@pytest.mark.spec("L2S-7", "DLM-6")
async def test_a_known_finger_is_refused(rig: Rig) -> None:
    await learn(rig)
    await rig.door.fingerprint.enrol(4, 6)
    assert await rig.reports_of(THUMB) == [EnrolFailed(CredentialType.FINGERPRINT, "duplicate")]
    assert rig.door.world.templates == {3: "Anna right thumb"}


async def test_touches_of_two_fingers_do_not_make_one_template(rig: Rig) -> None:
    await rig.door.fingerprint.enrol(0, 2)
    await rig.do(THUMB)
    assert await rig.reports_of(OTHER) == [
        EnrolStep(CredentialType.FINGERPRINT, 2),
        EnrolFailed(CredentialType.FINGERPRINT, "mismatch"),
    ]
    assert rig.door.world.templates == {}


async def test_the_module_waits_for_the_next_touch_but_not_for_ever(rig: Rig) -> None:
    await rig.door.fingerprint.enrol(0, 3)
    rig.clock.advance(PATIENCE_MS - 1)
    assert await rig.reports_of(THUMB) == [EnrolStep(CredentialType.FINGERPRINT, 1)]
    rig.clock.advance(PATIENCE_MS)
    assert rig.heard() == [EnrolFailed(CredentialType.FINGERPRINT, "timeout")]
    assert await rig.reports_of(THUMB) == [BiometricSeen(CredentialType.FINGERPRINT, None)]


async def test_a_cancelled_enrolment_leaves_nothing(rig: Rig) -> None:
    await rig.door.fingerprint.cancel()
    assert rig.heard() == []
    await rig.door.fingerprint.enrol(0, 3)
    await rig.do(THUMB)
    rig.heard()
    await rig.door.fingerprint.cancel()
    assert rig.heard() == [EnrolFailed(CredentialType.FINGERPRINT, "cancelled")]
    assert rig.door.world.templates == {}


async def test_a_reader_that_learns_is_busy(rig: Rig) -> None:
    await rig.door.fingerprint.enrol(0, 3)
    with pytest.raises(PortBusy):
        await rig.door.fingerprint.enrol(1, 3)


async def test_a_second_finger_finds_the_sensor_taken(rig: Rig) -> None:
    touching = asyncio.ensure_future(rig.door.do(["touch", "Anna right thumb", "hold", "3s"]))
    await asyncio.sleep(0)
    rig.heard()
    answer = await rig.door.do(["touch", "Bjørn right index"])
    assert answer["felt"] == "Another finger is on the sensor."
    assert rig.heard() == []
    rig.clock.advance(3_000)
    await touching


async def test_deleted_templates_are_forgotten(rig: Rig) -> None:
    await learn(rig)
    await rig.door.fingerprint.delete({3, 9})
    assert await rig.reports_of(THUMB) == [BiometricSeen(CredentialType.FINGERPRINT, None)]


@pytest.mark.spec("FLT-1")
async def test_what_is_deleted_while_the_reader_is_away_is_gone_on_its_return(rig: Rig) -> None:
    await learn(rig)
    assert await rig.reports_of("unplug fingerprint") == [PartFault(Part.FINGERPRINT, "no_answer")]
    await rig.door.fingerprint.delete({3})
    assert rig.door.world.templates == {3: "Anna right thumb"}
    empty = Inventory(CredentialType.FINGERPRINT, frozenset())
    assert await rig.reports_of("plug fingerprint") == [PartBack(Part.FINGERPRINT), empty]


@pytest.mark.spec("FLT-1")
async def test_a_reader_that_is_pulled_while_it_learns_gives_up(rig: Rig) -> None:
    await rig.door.fingerprint.enrol(0, 3)
    assert await rig.reports_of("unplug fingerprint") == [
        EnrolFailed(CredentialType.FINGERPRINT, "fault"),
        PartFault(Part.FINGERPRINT, "no_answer"),
    ]
    assert await rig.reports_of(THUMB) == []
    await rig.door.fingerprint.enrol(0, 3)
    assert rig.heard() == [EnrolFailed(CredentialType.FINGERPRINT, "fault")]


async def test_a_power_cut_while_learning_leaves_nothing_and_says_nothing(rig: Rig) -> None:
    await rig.door.fingerprint.enrol(0, 2)
    await rig.do(THUMB)
    assert await rig.reports_of("power off") == []
    rig.clock.advance(2 * PATIENCE_MS)
    back = await rig.reports_of("power on")
    assert Inventory(CredentialType.FINGERPRINT, frozenset()) in back
    assert await rig.reports_of(THUMB) == [BiometricSeen(CredentialType.FINGERPRINT, None)]


async def test_templates_outlast_the_service_from_the_moment_that_they_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "door.json"
    rig = Rig(file=file)
    kept: list[object] = []

    def report(reading: object) -> None:
        if isinstance(reading, EnrolDone):
            kept.append(Rig(file=file).door.world.templates)

    await rig.door.fingerprint.start(report)
    await rig.door.fingerprint.enrol(5, 2)
    await rig.do(f"{THUMB} x2")
    assert kept == [{5: "Anna right thumb"}]
    again = Rig(file=file)
    assert Inventory(CredentialType.FINGERPRINT, frozenset({5})) in await again.start()
    assert await again.reports_of(THUMB) == [BiometricSeen(CredentialType.FINGERPRINT, 5)]


async def test_cards_are_read_by_number_or_by_whose_they_are() -> None:
    rig = Rig("l2s")
    await rig.start()
    assert await rig.reports_of("card 04a1b2c3") == [CardSeen(bytes.fromhex("04A1B2C3"))]
    assert await rig.reports_of("card Anna") == [CardSeen(bytes.fromhex("04A1B2C3"))]
    assert await rig.reports_of("card anna 2") == [CardSeen(bytes.fromhex("04D4E5F6"))]
    assert await rig.reports_of("card 04112233445566") == [CardSeen(bytes.fromhex("04112233445566"))]
    await rig.do("unplug card")
    assert await rig.reports_of("card Anna") == []


@pytest.mark.spec("CAP-3")
async def test_a_lock_that_takes_no_cards_has_no_reader_for_them(rig: Rig) -> None:
    with pytest.raises(LockBridgeError):
        await rig.do("card Anna")
    assert Part.CARD not in rig.door.parts
