"""Faces and palms are learnt, look by look, and nothing half learnt stays in the module."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.hardware.ports import (
    BiometricSeen,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    PortBusy,
)
from tests.hardware.efaa_rig import FACE, FAST, IMPATIENT, PALM, Rig, back, fault, inventory
from tests.hardware.emulators.efaa import (
    CLOSE,
    COVERED,
    ENROL_ITG,
    ENROL_SINGLE,
    FAR,
    FORGET_POSES,
    FULL,
    RESET,
    USER_INFO,
    VERIFY,
    Fault,
    Module,
    instead,
    noisy,
    reply,
    silent,
)

type Build = Callable[..., Rig]

POSES = (0x01, 0x10, 0x08, 0x04, 0x02)


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    rigs: list[Rig] = []

    def make(module: Module | None = None, *kinds: Any, **options: Any) -> Rig:
        rigs.append(Rig(tmp_path, module, *kinds, **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.close()


async def poses(rig: Rig, who: str, steps: range) -> None:
    for step in steps:
        rig.show(who, pose=POSES[step - 1])
        await rig.reported(EnrolStep(FACE, step))


def whom(rig: Rig) -> set[str]:
    return {user.who for user in rig.module.users.values()}


async def ended(rig: Rig) -> EnrolDone | EnrolFailed:
    """How the enrolment ends."""
    while not isinstance(report := await rig.report(), EnrolDone | EnrolFailed):
        assert not isinstance(report, BiometricSeen), "while it learns nobody is seen"
    return report


@pytest.mark.spec("DLM-5", "CAP-15")
async def test_a_face_is_learnt_from_five_sides_in_their_order(build: Build) -> None:
    rig = build()
    await rig.start(inventory())
    await rig.face.enrol(4, 5)
    for step, pose in enumerate(POSES, 1):
        rig.show("Anna", pose=POSES[step % 5])
        await asyncio.sleep(0.01)
        assert rig.reports.empty(), "she looks the wrong way"
        rig.show("Anna", pose=pose)
        await rig.reported(EnrolStep(FACE, step))
    await rig.reported(EnrolDone(FACE, 4))
    await rig.finds("Anna", 4)


@pytest.mark.parametrize("dialect", ["ai10", "fp00x"])
async def test_a_module_that_learns_from_one_look_is_done_after_it(build: Build, dialect: str) -> None:
    rig = build(Module(dialect))
    await rig.start(inventory())
    await rig.face.enrol(4, 5)
    rig.show("Anna")
    await rig.reported(EnrolStep(FACE, 1), EnrolDone(FACE, 4))
    await rig.finds("Anna", 4)


@pytest.mark.spec("DLM-14")
@pytest.mark.parametrize("dialect", ["ai10", "fp00x"])
async def test_a_palm_is_learnt_from_one_look(build: Build, dialect: str) -> None:
    rig = build(Module(dialect), PALM)
    await rig.start(inventory(kind=PALM))
    await rig.palm.enrol(4, 1)
    rig.show("Anna", palm=True)
    await rig.reported(EnrolStep(PALM, 1), EnrolDone(PALM, 4))


async def test_a_palm_that_was_held_there_to_be_learnt_opens_only_when_it_comes_again(build: Build) -> None:
    rig = build(Module("ai10"), PALM)
    await rig.start(inventory(kind=PALM))
    await rig.palm.enrol(4, 1)
    rig.show("Anna", palm=True)
    await rig.reported(EnrolStep(PALM, 1), EnrolDone(PALM, 4))
    await rig.is_quiet()
    rig.go()
    await rig.looks(3)
    rig.show("Anna", palm=True)
    await rig.reported(BiometricSeen(PALM, 4))


async def test_a_face_before_it_where_a_palm_is_wanted_is_not_learnt(build: Build) -> None:
    rig = build(Module("ai10"), PALM)
    await rig.start(inventory(kind=PALM))
    await rig.palm.enrol(4, 1)
    rig.show("Anna")
    await rig.cable.hears(ENROL_SINGLE, 2)
    rig.show("Anna", palm=True)
    assert await ended(rig) == EnrolDone(PALM, 4)
    assert [user.palm for user in rig.module.users.values()] == [True]


@pytest.mark.parametrize(
    ("dialect", "kind", "palm"),
    [("hlk_fm22x", FACE, False), ("ai10", FACE, False), ("ai10", PALM, True), ("fp00x", PALM, True)],
)
async def test_who_is_known_already_is_refused(build: Build, dialect: str, kind: Any, palm: bool) -> None:
    rig = build(Module(dialect), kind)
    await rig.start(inventory(kind=kind))
    reader = rig.readers[kind]
    await reader.enrol(2, 1)
    rig.show("Bert", palm=palm)
    assert await ended(rig) == EnrolDone(kind, 2)
    await reader.enrol(4, 5 if kind is FACE else 1)
    assert await ended(rig) == EnrolFailed(kind, "duplicate")
    assert len(rig.module.users) == 1


@pytest.mark.spec("DLM-5")
@pytest.mark.parametrize(("state", "reason"), [(COVERED, "covered"), (FAR, "too_far"), (CLOSE, "too_far")])
async def test_a_face_that_stays_covered_or_is_not_at_arms_length_is_told(
    build: Build, state: int, reason: str
) -> None:
    rig = build(timing=replace(FAST, pose=200))
    await rig.start(inventory())
    await rig.face.enrol(4, 5)
    rig.show("Anna", state=state)
    await rig.reported(EnrolRetry(FACE, reason))
    await asyncio.wait_for(rig.face.cancel(), 5)
    assert whom(rig) == set()


async def test_a_face_that_comes_closer_is_not_blamed_for_having_been_far_away(build: Build) -> None:
    rig = build(timing=replace(FAST, bother=30.0))
    await rig.start(inventory())
    await rig.face.enrol(4, 5)
    rig.show("Anna", state=FAR)
    await asyncio.sleep(0.03)
    await poses(rig, "Anna", range(1, 6))
    await rig.reported(EnrolDone(FACE, 4))


@pytest.mark.spec("DLM-14")
async def test_a_palm_out_of_reach_is_asked_to_come_closer_and_does_not_fail(build: Build) -> None:
    rig = build(Module("ai10"), PALM, timing=replace(FAST, palm=200))
    await rig.start(inventory(kind=PALM))
    await rig.palm.enrol(4, 1)
    rig.show("Anna", palm=True, state=FAR)
    await rig.reported(EnrolRetry(PALM, "too_far"))
    rig.show("Anna", palm=True)
    assert await ended(rig) == EnrolDone(PALM, 4)


@pytest.mark.parametrize(("dialect", "kind"), [("hlk_fm22x", FACE), ("ai10", FACE), ("ai10", PALM), ("fp00x", PALM)])
async def test_nobody_who_comes_ends_the_enrolment(build: Build, dialect: str, kind: Any) -> None:
    rig = build(Module(dialect), kind, timing=replace(FAST, pose=3, palm=3))
    await rig.start(inventory(kind=kind))
    await rig.readers[kind].enrol(4, 5)
    assert await ended(rig) == EnrolFailed(kind, "timeout")
    assert rig.module.users == {}


async def test_a_picture_of_a_face_is_not_learnt(build: Build) -> None:
    rig = build()
    await rig.start(inventory())
    await rig.face.enrol(4, 5)
    rig.show("Anna", alive=False)
    assert await ended(rig) == EnrolFailed(FACE, "fault")
    assert rig.module.users == {}


async def test_a_module_that_is_full_says_so(build: Build) -> None:
    rig = build(Module(capacity=0))
    await rig.start(inventory())
    rig.cable.spoil(ENROL_ITG, instead(reply(ENROL_ITG, FULL)))
    await rig.face.enrol(4, 5)
    assert await ended(rig) == EnrolFailed(FACE, "no_slot_left")


async def test_a_slot_that_is_not_free_is_left_as_it_is(build: Build) -> None:
    rig = build()
    rig.enrolled("Bert", 2)
    await rig.start(inventory(2))
    await rig.face.enrol(2, 5)
    assert await ended(rig) == EnrolFailed(FACE, "fault")
    assert whom(rig) == {"Bert"}


async def test_a_slot_can_be_used_again_right_after_it_was_forgotten(build: Build) -> None:
    rig = build()
    rig.enrolled("Bert", 2)
    await rig.start(inventory(2))
    await rig.face.delete({2})
    await rig.face.enrol(2, 5)
    await poses(rig, "Bert", range(1, 6))
    await rig.reported(EnrolDone(FACE, 2))


async def test_one_enrolment_at_a_time(build: Build) -> None:
    rig = build(Module("ai10"), FACE, PALM)
    await rig.start(inventory(), inventory(kind=PALM))
    await rig.face.enrol(4, 5)
    with pytest.raises(PortBusy):
        await rig.palm.enrol(5, 1)
    await asyncio.wait_for(rig.palm.cancel(), 1)
    cancelling = asyncio.ensure_future(rig.face.cancel())
    await asyncio.sleep(0)
    await asyncio.wait_for(rig.palm.enrol(6, 1), 5)
    await cancelling
    await rig.reported(EnrolFailed(FACE, "cancelled"))
    rig.show("Anna", palm=True)
    assert await ended(rig) == EnrolDone(PALM, 6)


@pytest.mark.parametrize("done", [0, 1, 4])
async def test_a_cancelled_enrolment_leaves_nothing(build: Build, done: int) -> None:
    rig = build()
    await rig.start(inventory())
    await rig.face.enrol(4, 5)
    await poses(rig, "Anna", range(1, done + 1))
    await asyncio.wait_for(rig.face.cancel(), 5)
    assert await ended(rig) == EnrolFailed(FACE, "cancelled")
    assert FORGET_POSES in rig.cable.heard
    assert rig.module.users == {}
    assert rig.module.poses == 0
    await rig.finds("Anna", None)
    await rig.face.cancel()
    assert rig.reports.empty()


async def test_an_enrolment_that_is_cancelled_while_it_is_stored_leaves_nothing(build: Build) -> None:
    rig = build(Module("ai10"), PALM)
    await rig.start(inventory(kind=PALM))
    cancelling: list[asyncio.Task[None]] = []
    rig.cable.spoil(ENROL_SINGLE, Fault(then=lambda: cancelling.append(asyncio.ensure_future(rig.palm.cancel()))))
    await rig.palm.enrol(4, 1)
    rig.show("Anna", palm=True)
    assert await ended(rig) == EnrolFailed(PALM, "cancelled")
    await asyncio.wait_for(cancelling[0], 5)
    assert rig.module.users == {}


async def test_a_reader_that_is_stopped_while_it_learns_leaves_nothing(build: Build) -> None:
    rig = build()
    await rig.start(inventory())
    await rig.face.enrol(4, 5)
    await poses(rig, "Anna", range(1, 3))
    await asyncio.wait_for(rig.face.stop(), 3)
    assert await ended(rig) == EnrolFailed(FACE, "cancelled")
    assert rig.module.users == {}


MISHAPS: dict[str, Callable[[Rig], Fault]] = {
    "the cable is pulled before": lambda rig: Fault(lambda _: [], carried_out=False, then=rig.cable.unplug),
    "the cable is pulled after": lambda rig: Fault(lambda _: [], then=rig.cable.unplug),
    "the module restarts before": lambda rig: Fault(lambda _: [], carried_out=False, then=rig.cable.restart),
    "the module restarts after": lambda rig: Fault(lambda _: [], then=rig.cable.restart),
    "no reply comes": lambda _rig: silent(),
    "there is noise before the reply": lambda _rig: noisy(before=b"\x81\x13"),
    "there is noise after the reply": lambda _rig: noisy(after=b"\x81\x13"),
}


@pytest.mark.spec("USR-9")
@pytest.mark.parametrize("mishap", MISHAPS)
@pytest.mark.parametrize("dialect", ["ai10", "fp00x"])
async def test_whatever_happens_as_a_palm_is_stored_nothing_half_learnt_stays(
    build: Build, dialect: str, mishap: str
) -> None:
    rig = build(Module(dialect), PALM, timing=replace(IMPATIENT, palm=10))
    await rig.start(inventory(kind=PALM))
    rig.cable.spoil(ENROL_SINGLE if dialect == "ai10" else ENROL_ITG, MISHAPS[mishap](rig))
    await rig.palm.enrol(4, 1)
    rig.show("Anna", palm=True)
    outcome = await ended(rig)
    if not rig.cable.there:
        await rig.reported(fault("unplugged", PALM))
        rig.go()
        rig.cable.plug(rig.module)
        await rig.reported(back(PALM), inventory(kind=PALM))
    assert outcome == EnrolFailed(PALM, "fault")
    rig.go()
    await rig.looks(3)
    assert rig.module.users == {}
    assert rig.reports.empty()
    rig.show("Anna", palm=True)
    await rig.palm.enrol(4, 1)
    assert await ended(rig) == EnrolDone(PALM, 4)


@pytest.mark.spec("USR-9")
@pytest.mark.parametrize("dialect", ["ai10", "fp00x"])
async def test_a_palm_that_was_being_stored_when_the_bridge_died_is_deleted_at_its_next_start(
    build: Build, dialect: str
) -> None:
    rig = build(Module(dialect), PALM)
    await rig.start(inventory(kind=PALM))
    kept: list[str] = []
    command = ENROL_SINGLE if dialect == "ai10" else ENROL_ITG
    rig.cable.spoil(command, Fault(then=lambda: kept.append(rig.memory.get("identity") or "")))
    await rig.palm.enrol(4, 1)
    rig.show("Anna", palm=True)
    assert await ended(rig) == EnrolDone(PALM, 4)
    rig.go()
    await rig.close()
    rig.memory.put("identity", kept[0])
    rig = build(rig.module, PALM, memory=rig.memory)
    await rig.start(inventory(kind=PALM))
    assert rig.module.users == {}


async def test_a_name_that_the_module_has_garbled_is_not_kept(build: Build) -> None:
    rig = build(Module("ai10"), PALM, timing=IMPATIENT)
    await rig.start(inventory(kind=PALM))
    rig.cable.spoil(USER_INFO, instead(reply(USER_INFO, 0, (1001).to_bytes(2) + b"lb:palm".ljust(33, b"\0"))))
    await rig.palm.enrol(4, 1)
    rig.show("Anna", palm=True)
    assert await ended(rig) == EnrolFailed(PALM, "fault")
    assert rig.module.users == {}


async def test_without_a_module_an_enrolment_fails_at_once(build: Build) -> None:
    rig = build()
    await rig.listen()
    await rig.reported(fault("missing"))
    await rig.face.enrol(4, 5)
    await rig.reported(EnrolFailed(FACE, "fault"))
    await rig.face.cancel()
    assert rig.reports.empty()


async def test_a_look_under_way_makes_room_for_an_enrolment(build: Build) -> None:
    rig = build(watch=False, scale=1.0)
    await rig.start(inventory())
    rig.face.look(True)
    await rig.looks(1)
    await rig.face.enrol(4, 5)
    await rig.cable.hears(ENROL_ITG)
    assert rig.cable.heard.index(ENROL_ITG) > rig.cable.heard.index(VERIFY)
    assert RESET in rig.cable.heard[rig.cable.heard.index(VERIFY) :]
    await poses(rig, "Anna", range(1, 6))
    await rig.reported(EnrolDone(FACE, 4))


async def test_slots_are_forgotten_after_an_enrolment_under_way(build: Build) -> None:
    rig = build()
    rig.enrolled("Bert", 2)
    await rig.start(inventory(2))
    await rig.face.enrol(4, 5)
    await poses(rig, "Anna", range(1, 3))
    deleting = asyncio.ensure_future(rig.face.delete({2}))
    await poses(rig, "Anna", range(3, 6))
    await rig.reported(EnrolDone(FACE, 4))
    await asyncio.wait_for(deleting, 5)
    assert whom(rig) == {"Anna"}


@pytest.mark.parametrize(("slot", "steps"), [(-1, 5), (4, 0)])
async def test_nonsense_is_refused(build: Build, slot: int, steps: int) -> None:
    rig = build()
    await rig.start(inventory())
    with pytest.raises(ValueError, match="step"):
        await rig.face.enrol(slot, steps)
