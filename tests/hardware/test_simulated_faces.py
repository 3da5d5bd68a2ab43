"""Somebody before the lens of the simulated door, and palms before its palm reader."""

import pytest

from lock_bridge.engine.effects import Lamp, Light
from lock_bridge.hardware.ports import (
    BiometricSeen,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    NearSeen,
    PartBack,
    PartFault,
)
from lock_bridge.hardware.simulated.reader import PATIENCE_MS
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.words import CredentialType, Part
from tests.hardware.simulated_rig import Rig

FACE, PALM = CredentialType.FACE, CredentialType.PALM_VEIN
POSES = ("", " up", " down", " left", " right")


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.start()
    return rig


async def learn_face(rig: Rig, who: str, slot: int = 1) -> None:
    await rig.door.face.enrol(slot, 5)
    for pose in POSES:
        await rig.do(f"face {who}{pose}")
    await rig.do("away")
    assert EnrolDone(FACE, slot) in rig.heard()


def look(rig: Rig) -> list[object]:
    rig.heard()
    rig.door.face.look(on=True)
    seen: list[object] = [*rig.heard()]
    return seen


@pytest.mark.spec("VER-5")
async def test_it_is_noticed_that_somebody_comes_near_and_goes_away_again(rig: Rig) -> None:
    assert await rig.reports_of("near Anna") == [NearSeen(near=True)]
    assert await rig.reports_of("near Bjørn") == [], "somebody was there already"
    assert await rig.reports_of("away") == [NearSeen(near=False)]
    assert await rig.reports_of("away") == []


@pytest.mark.spec("VER-5")
async def test_a_face_is_found_only_while_it_is_looked_for(rig: Rig) -> None:
    await learn_face(rig, "Anna")
    assert await rig.reports_of("face Anna") == [NearSeen(near=True)]
    assert look(rig) == [BiometricSeen(FACE, 1)]
    assert await rig.reports_of("face Anna") == [BiometricSeen(FACE, 1)]
    rig.door.face.look(on=False)
    assert await rig.reports_of("face Anna") == []


async def test_who_is_near_but_looks_elsewhere_has_no_face_to_find(rig: Rig) -> None:
    await learn_face(rig, "Anna")
    await rig.do("near Anna")
    assert look(rig) == []
    assert await rig.reports_of("face Anna") == [BiometricSeen(FACE, 1)]


async def test_one_look_finds_a_face_that_stays_only_once(rig: Rig) -> None:
    await learn_face(rig, "Anna")
    await rig.do("face Anna")
    assert look(rig) == [BiometricSeen(FACE, 1)]
    assert look(rig) == []
    rig.door.face.look(on=False)
    assert look(rig) == [BiometricSeen(FACE, 1)], "a new look finds it anew"


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("Bjørn", [BiometricSeen(FACE, None)]),
        ("Anna covered", [BiometricSeen(FACE, None)]),
        ("Anna moving", [BiometricSeen(FACE, None)]),
        ("Anna far", []),
    ],
)
async def test_a_face_that_cannot_be_made_out_is_nobodys(rig: Rig, words: str, seen: list[BiometricSeen]) -> None:
    await learn_face(rig, "Anna")
    await rig.do(f"face {words}")
    assert look(rig) == seen


async def test_another_face_means_that_the_first_person_has_gone(rig: Rig) -> None:
    await rig.do("face Anna")
    assert await rig.reports_of("face Bjørn") == [NearSeen(near=False), NearSeen(near=True)]


@pytest.mark.spec("CAP-15", "DLM-5")
async def test_a_face_is_learnt_in_five_poses_in_their_order(rig: Rig) -> None:
    await rig.door.face.enrol(4, 5)
    assert await rig.reports_of("face Anna up") == [NearSeen(near=True)], "straight ahead comes first"
    assert await rig.reports_of("face Anna") == [EnrolStep(FACE, 1)]
    assert await rig.reports_of("face Anna") == [], "the same pose again is no new one"
    assert await rig.reports_of("face Anna right") == []
    for done, pose in enumerate(("up", "down", "left"), start=2):
        assert await rig.reports_of(f"face Anna {pose}") == [EnrolStep(FACE, done)]
    assert await rig.reports_of("face Anna right") == [EnrolStep(FACE, 5), EnrolDone(FACE, 4)]
    assert rig.door.world.faces == {4: "Anna"}


async def test_a_face_that_is_there_when_learning_begins_is_the_first_pose(rig: Rig) -> None:
    await rig.do("face Anna")
    rig.heard()
    await rig.door.face.enrol(0, 5)
    assert rig.heard() == [EnrolStep(FACE, 1)]


async def test_a_face_that_was_spoilt_before_learning_began_spoils_nothing(rig: Rig) -> None:
    await rig.do("face Anna moving")
    rig.heard()
    await rig.door.face.enrol(0, 5)
    assert rig.heard() == []


@pytest.mark.spec("DLM-5")
@pytest.mark.parametrize(("how", "reason"), [("covered", "covered"), ("moving", "moved"), ("far", "too_far")])
async def test_a_spoilt_pose_says_what_was_wrong(rig: Rig, how: str, reason: str) -> None:
    await rig.door.face.enrol(0, 5)
    assert EnrolRetry(FACE, reason) in await rig.reports_of(f"face Anna {how}")


async def test_a_known_face_is_refused_and_two_people_make_no_template(rig: Rig) -> None:
    await learn_face(rig, "Anna")
    await rig.door.face.enrol(2, 5)
    assert EnrolFailed(FACE, "duplicate") in await rig.reports_of("face Anna")
    await rig.do("away")
    await rig.door.face.enrol(2, 2)
    await rig.do("face Bjørn")
    assert EnrolFailed(FACE, "mismatch") in await rig.reports_of("face Stranger up")
    assert rig.door.world.faces == {1: "Anna"}


async def test_nobody_looks_into_the_lens_for_a_minute(rig: Rig) -> None:
    await rig.door.face.enrol(0, 5)
    rig.clock.advance(PATIENCE_MS)
    assert rig.heard()[-1] == EnrolFailed(FACE, "timeout")


@pytest.mark.spec("FLT-1")
async def test_a_lens_without_its_cable_sees_nothing_and_looks_anew_only_when_told(rig: Rig) -> None:
    await learn_face(rig, "Anna")
    rig.door.face.look(on=True)
    assert await rig.reports_of("unplug face") == [PartFault(Part.FACE, "no_answer")]
    assert await rig.reports_of("face Anna") == []
    back = await rig.reports_of("plug face")
    assert back[0] == PartBack(Part.FACE)
    assert NearSeen(near=True) in back
    assert not [item for item in back if isinstance(item, BiometricSeen)]


async def show_palm_light(rig: Rig, *, on: bool) -> None:
    rig.door.keypad.light(Light(lamps=frozenset({Lamp.PALM} if on else ())))


@pytest.mark.spec("DLM-14")
async def test_a_palm_is_learnt_under_the_red_light_only(rig: Rig) -> None:
    await rig.door.palm_vein.enrol(2, 1)
    assert await rig.reports_of('palm "Anna right"') == []
    await show_palm_light(rig, on=True)
    assert await rig.reports_of('palm "Anna right"') == [EnrolStep(PALM, 1), EnrolDone(PALM, 2)]
    await show_palm_light(rig, on=False)
    assert await rig.reports_of('palm "Anna right"') == [BiometricSeen(PALM, 2)]
    assert await rig.reports_of("palm anna LEFT") == [BiometricSeen(PALM, None)]


@pytest.mark.spec("DLM-14")
async def test_a_palm_out_of_reach_is_a_matter_for_a_prompt_while_learning_and_else_nothing(rig: Rig) -> None:
    assert await rig.reports_of('palm "Anna right" far') == []
    await rig.door.palm_vein.enrol(2, 1)
    await show_palm_light(rig, on=True)
    assert await rig.reports_of('palm "Anna right" far') == [EnrolRetry(PALM, "too_far")]
    assert await rig.reports_of('palm "Anna right"') == [EnrolStep(PALM, 1), EnrolDone(PALM, 2)]


async def test_unknown_people_and_palms_are_answered_with_those_that_there_are(rig: Rig) -> None:
    with pytest.raises(LockBridgeError, match="Anna, Bjørn, Stranger"):
        await rig.do("near Nobody")
    with pytest.raises(LockBridgeError, match="Anna right, Anna left, Bjørn right"):
        await rig.do("palm Nobody")


@pytest.mark.spec("CAP-4", "CAP-5")
async def test_models_have_the_readers_that_their_manuals_name() -> None:
    kinds = {name: {part.value for part in Rig(name).door.parts} for name in ("l2s", "dl50fvs", "palm6068")}
    readers = {"fingerprint", "card", "face", "palm_vein", "bluetooth"}
    assert kinds["l2s"] & readers == {"fingerprint", "card"}
    assert kinds["dl50fvs"] & readers == {"fingerprint", "card", "face", "bluetooth"}
    assert kinds["palm6068"] & readers == {"fingerprint", "face", "palm_vein", "bluetooth"}
