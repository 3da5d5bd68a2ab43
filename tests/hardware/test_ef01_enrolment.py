"""Fingers are learnt, touch by touch, and nothing half learnt stays in the sensor."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from lock_bridge.hardware.ef01 import Effect
from lock_bridge.hardware.ports import (
    BiometricSeen,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    PartReplaced,
    PortBusy,
)
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware.ef01_rig import BACK, FAST, IMPATIENT, Rig, fault, inventory
from tests.hardware.emulators.ef01 import (
    COMBINE,
    DELETE,
    EXTRACT,
    GET_IMAGE,
    MATCH,
    READ_INDEX,
    SEARCH,
    SOFT_RESET,
    STORE,
    Fault,
    Sensor,
    damaged,
    instead,
    late,
    noisy,
    silent,
    split,
)

CANCELLED = EnrolFailed(CredentialType.FINGERPRINT, "cancelled")


class Build(Protocol):
    def __call__(self, sensor: Sensor | None = None, **settings: object) -> Rig: ...


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    rigs: list[Rig] = []

    def make(sensor: Sensor | None = None, **settings: object) -> Rig:
        rigs.append(Rig(tmp_path, sensor or Sensor(templates={0: frozenset({"Bert"})}), **settings))  # type: ignore[arg-type]
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.close()


def module(buffers: int, **features: object) -> Sensor:
    """Bert is in slot 0; a module with two buffers is one of the old kind."""
    kind = {"model": "R503"} if buffers > 2 else {"model": None, "ring": False}
    return Sensor(buffers=buffers, templates={0: frozenset({"Bert"})}, **kind, **features)  # type: ignore[arg-type]


async def touches(rig: Rig, finger: str, steps: range) -> None:
    for step in steps:
        assert await rig.touch(finger) == EnrolStep(CredentialType.FINGERPRINT, step)


@pytest.mark.spec("CAP-14")
@pytest.mark.parametrize("steps", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("buffers", [2, 6])
async def test_a_finger_is_learnt_with_as_many_touches_as_asked(build: Build, buffers: int, steps: int) -> None:
    rig = build(module(buffers))
    await rig.start()
    await rig.reader.enrol(4, steps)
    await touches(rig, "Anna", range(1, steps + 1))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))
    assert rig.sensor.templates == {0: {"Bert"}, 4: {"Anna"}}
    await rig.opens_for("Anna", 4)


async def test_the_buffers_of_a_later_module_are_all_filled(build: Build) -> None:
    rig = build(module(6))
    await rig.start()
    await rig.reader.enrol(4, 6)
    await touches(rig, "Anna", range(1, 7))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))
    assert set(rig.sensor.files) == set(range(1, 7))
    assert MATCH not in rig.cable.heard


async def test_with_two_buffers_the_further_touches_are_compared(build: Build) -> None:
    rig = build(module(2))
    await rig.start()
    await rig.reader.enrol(4, 5)
    await touches(rig, "Anna", range(1, 6))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))
    assert rig.cable.heard.count(MATCH) == 3


async def test_how_many_touches_are_combined_can_be_set(build: Build) -> None:
    rig = build(module(6), buffers=2)
    await rig.start()
    await rig.reader.enrol(4, 3)
    await touches(rig, "Anna", range(1, 4))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))
    assert rig.cable.heard.count(MATCH) == 1


@pytest.mark.parametrize("answer", [instead(0xFC), silent(carried_out=False)], ids=["refused", "silent"])
async def test_a_later_module_that_cannot_start_anew_compares_instead(build: Build, answer: Fault) -> None:
    rig = build(module(6), timing=IMPATIENT)
    await rig.start()
    rig.cable.spoil(SOFT_RESET, answer)
    await rig.reader.enrol(4, 3)
    await touches(rig, "Anna", range(1, 4))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))
    assert rig.cable.heard.count(MATCH) == 1


async def test_a_finger_must_be_lifted_between_touches(build: Build) -> None:
    rig = build()
    await rig.start()
    rig.sensor.press("Anna")
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, None))
    await rig.reader.enrol(4, 2)
    await rig.is_quiet()
    await rig.lift()
    rig.sensor.press("Anna")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 1))
    await rig.is_quiet()
    await rig.lift()
    rig.sensor.press("Anna")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 2), EnrolDone(CredentialType.FINGERPRINT, 4))
    await rig.is_quiet()
    await rig.lift()
    await rig.opens_for("Anna", 4)


async def test_the_finger_of_the_last_touch_opens_only_when_it_comes_again(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    rig.sensor.press("Anna")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 2), EnrolDone(CredentialType.FINGERPRINT, 4))
    await rig.is_quiet()
    await rig.lift()
    await rig.opens_for("Anna", 4)


async def test_a_finger_that_lies_there_is_no_touch_though_it_is_looked_at_just_now(build: Build) -> None:
    rig = build()
    await rig.start()
    rig.sensor.press("Bert")
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, 0))
    enrolling: list[asyncio.Task[None]] = []
    rig.cable.spoil(GET_IMAGE, Fault(then=lambda: enrolling.append(asyncio.ensure_future(rig.reader.enrol(4, 2)))))
    await rig.is_quiet()
    await asyncio.wait_for(enrolling[0], 5)
    await rig.lift()
    await touches(rig, "Anna", range(1, 3))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))


async def test_a_finger_that_comes_while_an_enrolment_is_asked_for_is_its_first_touch(build: Build) -> None:
    rig = build()
    await rig.start()
    enrolling: list[asyncio.Task[None]] = []
    rig.cable.spoil(SEARCH, Fault(then=lambda: enrolling.append(asyncio.ensure_future(rig.reader.enrol(4, 2)))))
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    await asyncio.wait_for(enrolling[0], 5)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 2)
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))


async def test_who_does_not_lift_the_finger_is_asked_to_once(build: Build) -> None:
    rig = build(timing=replace(FAST, lift=0.02))
    await rig.start()
    await rig.reader.enrol(4, 2)
    rig.sensor.press("Anna")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 1), EnrolRetry(CredentialType.FINGERPRINT, "lift"))
    await asyncio.sleep(0.05)
    await rig.is_quiet()
    await rig.lift()
    rig.sensor.press("Anna")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 2), EnrolDone(CredentialType.FINGERPRINT, 4))


@pytest.mark.parametrize(("quality", "reason"), [("messy", "messy"), ("short", "short")])
async def test_a_touch_that_cannot_be_read_is_asked_for_again(build: Build, quality: str, reason: str) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 3)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    assert await rig.touch("Anna", quality) == EnrolRetry(CredentialType.FINGERPRINT, reason)
    assert await rig.touch("Anna", quality) == EnrolRetry(CredentialType.FINGERPRINT, reason)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 3)
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))
    assert rig.sensor.templates[4] == {"Anna"}


async def test_a_finger_that_is_coming_down_is_waited_for(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 2)
    rig.sensor.press("Anna", "landing")
    await rig.is_quiet()
    rig.sensor.press("Anna")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 1))


async def test_a_touch_like_the_one_before_counts_where_the_module_says_so(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    rig.cable.spoil(EXTRACT, instead(0x28, carried_out=True))
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 2)
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))


@pytest.mark.spec("DLM-6", "L2S-7")
@pytest.mark.parametrize("buffers", [2, 6])
async def test_a_finger_that_is_known_is_refused_at_its_first_touch(build: Build, buffers: int) -> None:
    rig = build(module(buffers))
    await rig.start()
    await rig.reader.enrol(4, 5)
    assert await rig.touch("Bert") == EnrolFailed(CredentialType.FINGERPRINT, "duplicate")
    assert STORE not in rig.cable.heard
    assert rig.sensor.templates == {0: {"Bert"}}
    await rig.opens_for("Bert", 0)


@pytest.mark.parametrize("buffers", [2, 6])
async def test_two_fingers_make_no_template(build: Build, buffers: int) -> None:
    rig = build(module(buffers))
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    assert await rig.touch("Eve") == EnrolFailed(CredentialType.FINGERPRINT, "mismatch")
    assert rig.sensor.templates == {0: {"Bert"}}
    await rig.opens_for("Eve", None)


async def test_another_finger_among_later_touches_is_sent_away_thrice(build: Build) -> None:
    rig = build(module(2))
    await rig.start()
    await rig.reader.enrol(4, 4)
    await touches(rig, "Anna", range(1, 3))
    assert await rig.touch("Eve") == EnrolRetry(CredentialType.FINGERPRINT, "mismatch")
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 3)
    assert await rig.touch("Eve") == EnrolRetry(CredentialType.FINGERPRINT, "mismatch")
    assert await rig.touch("Eve") == EnrolRetry(CredentialType.FINGERPRINT, "mismatch")
    assert await rig.touch("Eve") == EnrolFailed(CredentialType.FINGERPRINT, "mismatch")
    assert rig.sensor.templates == {0: {"Bert"}}


async def test_another_finger_that_a_module_notices_itself_is_sent_away(build: Build) -> None:
    rig = build(module(6))
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    rig.cable.spoil(EXTRACT, instead(0x08))
    assert await rig.touch("Eve") == EnrolRetry(CredentialType.FINGERPRINT, "mismatch")
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 2)
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))


async def test_touches_of_a_broken_off_enrolment_get_into_no_later_template(build: Build) -> None:
    rig = build(module(6))
    await rig.start()
    await rig.reader.enrol(4, 5)
    await touches(rig, "Anna", range(1, 5))
    await rig.reader.cancel()
    await rig.reported(CANCELLED)
    await rig.reader.enrol(5, 2)
    await touches(rig, "Carla", range(1, 3))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 5))
    assert rig.sensor.templates == {0: {"Bert"}, 5: {"Carla"}}


async def test_nobody_who_touches_ends_the_enrolment(build: Build) -> None:
    rig = build(timing=replace(FAST, touch=0.05))
    await rig.start()
    await rig.reader.enrol(4, 5)
    await rig.reported(EnrolFailed(CredentialType.FINGERPRINT, "timeout"))
    rig.sensor.press("Anna")
    assert await rig.report() == BiometricSeen(CredentialType.FINGERPRINT, None)


async def test_a_finger_that_stays_ends_the_enrolment(build: Build) -> None:
    rig = build(timing=replace(FAST, touch=0.05))
    await rig.start()
    rig.sensor.press("Bert")
    await rig.reported(BiometricSeen(CredentialType.FINGERPRINT, 0))
    await rig.reader.enrol(4, 5)
    await rig.reported(EnrolFailed(CredentialType.FINGERPRINT, "timeout"))


async def test_one_enrolment_at_a_time(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 5)
    with pytest.raises(PortBusy):
        await rig.reader.enrol(5, 5)
    await rig.reader.cancel()
    await rig.reader.enrol(5, 5)
    cancelling = asyncio.ensure_future(rig.reader.cancel())
    await asyncio.sleep(0)
    await asyncio.wait_for(rig.reader.enrol(6, 2), 5)
    await cancelling
    await rig.reported(CANCELLED, CANCELLED)
    await touches(rig, "Anna", range(1, 3))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 6))


@pytest.mark.parametrize(("slot", "steps"), [(-1, 5), (4, 1), (4, 7), (4, 0)])
async def test_nonsense_is_refused(build: Build, slot: int, steps: int) -> None:
    rig = build()
    await rig.start()
    with pytest.raises(ValueError, match="steps"):
        await rig.reader.enrol(slot, steps)


@pytest.mark.parametrize("slot", [0, 200, 70000], ids=["occupied", "beyond", "far beyond"])
async def test_a_slot_that_is_not_free_is_left_as_it_is(build: Build, slot: int) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(slot, 2)
    await rig.reported(EnrolFailed(CredentialType.FINGERPRINT, "fault"))
    assert rig.sensor.templates == {0: {"Bert"}}


async def test_a_slot_can_be_used_again_right_after_it_was_forgotten(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.delete({0})
    await rig.reader.enrol(0, 2)
    await touches(rig, "Bert", range(1, 3))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 0))


async def test_without_a_sensor_an_enrolment_fails_at_once(build: Build) -> None:
    rig = build()
    await rig.reader.start(rig.reports.put_nowait)
    await rig.reported(fault("missing"))
    await rig.reader.enrol(4, 5)
    await rig.reported(EnrolFailed(CredentialType.FINGERPRINT, "fault"))
    await rig.reader.cancel()
    assert rig.reports.empty()


@pytest.mark.parametrize("done", [0, 1, 2, 4])
@pytest.mark.parametrize("buffers", [2, 6])
async def test_a_cancelled_enrolment_leaves_nothing(build: Build, buffers: int, done: int) -> None:
    rig = build(module(buffers))
    await rig.start()
    await rig.reader.enrol(4, 5)
    await touches(rig, "Anna", range(1, done + 1))
    await asyncio.wait_for(rig.reader.cancel(), 5)
    await rig.reported(CANCELLED)
    assert rig.sensor.templates == {0: {"Bert"}}
    await rig.opens_for("Anna", None)
    await rig.reader.cancel()
    assert rig.reports.empty()


async def test_an_enrolment_that_is_cancelled_while_it_is_stored_leaves_nothing(build: Build) -> None:
    rig = build()
    await rig.start()
    cancelling: list[asyncio.Task[None]] = []
    rig.cable.spoil(STORE, Fault(then=lambda: cancelling.append(asyncio.ensure_future(rig.reader.cancel()))))
    await rig.reader.enrol(4, 2)
    await touches(rig, "Anna", range(1, 3))
    await rig.reported(CANCELLED)
    await asyncio.wait_for(cancelling[0], 5)
    assert rig.sensor.templates == {0: {"Bert"}}


async def test_a_reader_that_is_stopped_while_it_learns_leaves_nothing(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    await asyncio.wait_for(rig.reader.stop(), 2)
    await rig.reported(CANCELLED)
    assert rig.sensor.templates == {0: {"Bert"}}
    assert rig.sensor.rings[-1][0] == Effect.OFF


PULLED_AT = {
    "image": GET_IMAGE,
    "features": EXTRACT,
    "search": SEARCH,
    "template": COMBINE,
    "store": STORE,
    "check": READ_INDEX,
}


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("moment", PULLED_AT)
@pytest.mark.parametrize("buffers", [2, 6])
async def test_a_cable_pulled_while_learning_leaves_nothing(
    build: Build, buffers: int, moment: str, carried_out: bool
) -> None:
    rig = build(module(buffers))
    await rig.start()
    await rig.reader.enrol(4, 2)
    await rig.looks()
    pull = Fault(lambda _: [], carried_out=carried_out, then=rig.cable.unplug)
    if moment == "search":
        rig.cable.spoil(SEARCH, pull)
        rig.sensor.press("Anna")
    else:
        assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
        rig.cable.spoil(PULLED_AT[moment], pull)
        rig.sensor.press("Anna")
        if moment in {"store", "check"}:
            await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 2))
    await rig.reported(EnrolFailed(CredentialType.FINGERPRINT, "fault"), fault("unplugged"))
    rig.sensor.lift()
    rig.cable.plug(rig.sensor)
    await rig.reported(BACK, inventory(0))
    assert rig.sensor.templates == {0: {"Bert"}}
    await rig.looks()
    await rig.opens_for("Anna", None)


async def test_a_slot_in_doubt_is_not_touched_in_another_module(build: Build) -> None:
    rig = build(module(6))
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    rig.cable.spoil(STORE, Fault(lambda _: [], then=rig.cable.unplug))
    rig.sensor.press("Anna")
    await rig.reported(
        EnrolStep(CredentialType.FINGERPRINT, 2), EnrolFailed(CredentialType.FINGERPRINT, "fault"), fault("unplugged")
    )
    other = Sensor(serial="2", templates={0: frozenset({"Bert"}), 4: frozenset({"Dora"})})
    rig.cable.plug(other)
    await rig.reported(PartReplaced(Part.FINGERPRINT))
    assert DELETE not in rig.cable.heard
    rig.cable.unplug()
    await rig.reported(fault("unplugged"))
    rig.sensor.lift()
    rig.cable.plug(rig.sensor)
    await rig.reported(BACK, inventory(0))
    assert rig.sensor.templates == {0: {"Bert"}}


@pytest.mark.parametrize("code", [EXTRACT, GET_IMAGE, SEARCH, STORE])
async def test_a_module_that_restarts_while_learning_ends_it_and_serves_on(build: Build, code: int) -> None:
    rig = build(module(6))
    await rig.start()
    await rig.reader.enrol(4, 2)
    await rig.looks()
    restart = Fault(lambda _: [], then=rig.cable.restart)
    if code == SEARCH:
        rig.cable.spoil(code, restart)
        rig.sensor.press("Anna")
    else:
        assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
        rig.cable.spoil(code, restart)
        rig.sensor.press("Anna")
        if code == STORE:
            await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 2))
    await rig.reported(EnrolFailed(CredentialType.FINGERPRINT, "fault"))
    await rig.lift()
    await rig.opens_for("Bert", 0)
    assert rig.sensor.templates == {0: {"Bert"}}


@pytest.mark.parametrize(
    "oddity",
    [
        split(1),
        noisy(before=b"\x13\xef\x02"),
        noisy(after=b"\xef\x01\xff"),
        damaged(-1),
        damaged(9),
        silent(),
        silent(carried_out=False),
        late(0.25),
        instead(0x01),
    ],
    ids=[
        "byte by byte",
        "after noise",
        "before noise",
        "wrong sum",
        "wrong status",
        "never",
        "not done",
        "late",
        "refused",
    ],
)
@pytest.mark.parametrize("code", [GET_IMAGE, EXTRACT, SEARCH, STORE])
async def test_a_finger_is_learnt_however_an_answer_comes(build: Build, code: int, oddity: Fault) -> None:
    rig = build(timing=IMPATIENT)
    await rig.start()
    await rig.reader.enrol(4, 2)
    await rig.looks()
    rig.cable.spoil(code, oddity)
    await touches(rig, "Anna", range(1, 3))
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))
    assert rig.sensor.templates == {0: {"Bert"}, 4: {"Anna"}}


@pytest.mark.parametrize("status", [0x0B, 0x18, 0x1F])
async def test_a_template_that_cannot_be_stored_is_a_fault_and_leaves_nothing(build: Build, status: int) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    rig.cable.spoil(STORE, instead(status, carried_out=True))
    rig.sensor.press("Anna")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 2), EnrolFailed(CredentialType.FINGERPRINT, "fault"))
    await rig.lift()
    assert rig.sensor.templates == {0: {"Bert"}}


async def test_a_module_that_claims_to_have_stored_is_not_taken_at_its_word(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    rig.cable.spoil(STORE, instead(0x00))
    rig.sensor.press("Anna")
    await rig.reported(EnrolStep(CredentialType.FINGERPRINT, 2), EnrolFailed(CredentialType.FINGERPRINT, "fault"))


async def test_while_it_learns_slots_can_be_forgotten(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 2)
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 1)
    await asyncio.wait_for(rig.reader.delete({0}), 5)
    assert rig.sensor.templates == {}
    assert await rig.touch("Anna") == EnrolStep(CredentialType.FINGERPRINT, 2)
    await rig.reported(EnrolDone(CredentialType.FINGERPRINT, 4))


async def test_the_ring_leads_through_the_touches(build: Build) -> None:
    rig = build()
    await rig.start()
    await rig.reader.enrol(4, 2)
    await rig.looks()
    assert rig.sensor.rings[-1][0] == Effect.BREATHE
    assert await rig.touch("Anna", "messy") == EnrolRetry(CredentialType.FINGERPRINT, "messy")
    await rig.reader.cancel()
    await rig.reported(CANCELLED)
