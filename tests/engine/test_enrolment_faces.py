"""Enrolment of faces and palms, step by step, and what holds for each kind: limits, retries, readers, slots."""

from dataclasses import replace
from typing import Any

import pytest

from lock_bridge import profiles
from lock_bridge.engine.effects import Answer, BeginEnrolment, DeleteTemplates, EndEnrolment, Prompt, Tone
from lock_bridge.engine.inputs import (
    AddUser,
    CancelEnrolment,
    DeleteCredential,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    Inventory,
    PartBack,
    PartFault,
    PartReplaced,
    StartEnrolment,
    Timer,
)
from lock_bridge.engine.model import Credential
from lock_bridge.engine.state import Enrolling
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType, Part
from tests.engine.conftest import ANNA, lock_with_anna
from tests.engine.lock import Lock
from tests.engine.menus import open_menu

PIN, FINGER, RFID = CredentialType.PIN, CredentialType.FINGERPRINT, CredentialType.RFID
FACE, PALM = CredentialType.FACE, CredentialType.PALM_VEIN
POSES = [Prompt.FACE_STRAIGHT, Prompt.FACE_UP, Prompt.FACE_DOWN, Prompt.FACE_LEFT, Prompt.FACE_RIGHT]
WITH_FACES = ["dl50fvs", "palm6068"]


def running(lock: Lock) -> Enrolling:
    """The enrolment, under way or over."""
    assert lock.state.enrolment is not None
    return lock.state.enrolment


def begin(lock: Lock, kind: CredentialType, user_id: str = "anna") -> dict[str, Any]:
    """Start to learn, and forget what was heard of it."""
    answer = dict(lock.ok(StartEnrolment, user_id=user_id, type=kind))
    lock.listen()
    return answer


@pytest.mark.spec("APP-2", "CAP-15", "DLM-5")
@pytest.mark.parametrize("profile", WITH_FACES)
def test_a_face_is_learnt_in_five_poses_in_their_order_and_then_opens(profile: str) -> None:
    """Of APP-2 the face, followed step by step."""
    lock = lock_with_anna(profile)
    answer = lock.ok(StartEnrolment, user_id="anna", type=FACE)
    assert (answer["steps"], answer["number"]) == (5, 1)
    assert lock.of(BeginEnrolment) == [BeginEnrolment(FACE, 0, 5)]
    wanted = [running(lock).wanted]
    for pose in range(1, 6):
        lock.give(EnrolStep(FACE, pose))
        wanted.append(running(lock).wanted)
        assert (running(lock).status, running(lock).done) == (EnrolmentStatus.STEP, pose)
    assert wanted == ["straight", "up", "down", "left", "right", None]
    assert lock.prompts == POSES
    lock.give(EnrolDone(FACE, 0))
    assert running(lock).status is EnrolmentStatus.DONE
    assert lock.prompts == [*POSES, Prompt.OPERATION_SUCCESSFUL]
    assert lock.tones == [Tone.SUCCESS]
    assert lock.disk.credentials[FACE, 1] == Credential(FACE, 1, "anna", slot=0)
    lock.advance(60_000)
    lock.near()
    lock.face(0)
    lock.settle()
    assert lock.is_open


@pytest.mark.spec("DLM-5")
@pytest.mark.parametrize("profile", WITH_FACES)
@pytest.mark.parametrize("reason", ["covered", "moved", "too_far"])
def test_a_face_that_is_covered_moving_or_too_far_fails_and_nothing_is_stored(profile: str, reason: str) -> None:
    lock = lock_with_anna(profile)
    begin(lock, FACE)
    lock.give(EnrolStep(FACE, 1))
    lock.listen()
    lock.give(EnrolRetry(FACE, reason))
    assert (running(lock).status, running(lock).reason) == (EnrolmentStatus.FAILED, reason)
    assert running(lock).wanted is None
    assert lock.of(EndEnrolment) == [EndEnrolment(FACE)]
    assert lock.tones == [Tone.FAILURE]
    assert lock.prompts[0] is Prompt.ENROLMENT_FAILED
    assert (Prompt.FACE_HOLD_STILL in lock.prompts) is (reason == "moved")
    assert lock.fact(EventType.ENROLMENT_FAILED).reason == reason
    assert lock.disk.credentials.keys() == {(PIN, 1)}
    lock.advance(0)
    begin(lock, FACE)


def test_a_pose_that_was_not_made_out_is_asked_for_again(palm: Lock) -> None:
    begin(palm, FACE)
    palm.give(EnrolStep(FACE, 1))
    palm.give(EnrolStep(FACE, 2))
    palm.listen()
    palm.give(EnrolRetry(FACE, "messy"))
    assert (running(palm).status, running(palm).wanted) == (EnrolmentStatus.STEP_RETRY, "down")
    assert palm.prompts == [Prompt.FACE_DOWN]


@pytest.mark.spec("APP-2", "DLM-14")
def test_a_palm_is_asked_for_seen_and_then_opens(palm: Lock) -> None:
    """Of APP-2 the palm vein."""
    assert palm.ok(StartEnrolment, user_id="anna", type=PALM)["steps"] == 1
    assert palm.prompts == [Prompt.SHOW_PALM]
    assert running(palm).wanted == "palm"
    palm.give(EnrolStep(PALM, 1))
    palm.give(EnrolDone(PALM, 0))
    assert running(palm).status is EnrolmentStatus.DONE
    assert palm.tones == [Tone.SUCCESS]
    palm.advance(60_000)
    palm.palm(0)
    palm.settle()
    assert palm.is_open


@pytest.mark.spec("DLM-14")
def test_a_palm_out_of_reach_gives_a_prompt_and_no_failure_and_no_more_time(palm: Lock) -> None:
    begin(palm, PALM)
    palm.advance(15_000)
    palm.give(EnrolRetry(PALM, "too_far"))
    assert (running(palm).status, running(palm).wanted) == (EnrolmentStatus.STEP_RETRY, "palm")
    assert palm.prompts == [Prompt.PALM_CLOSER]
    assert palm.tones == []
    palm.give(EnrolRetry(PALM, "messy"))
    assert palm.prompts == [Prompt.PALM_CLOSER, Prompt.SHOW_PALM]
    palm.advance(4_999)
    assert running(palm).active
    palm.advance(1)
    assert running(palm).status is EnrolmentStatus.TIMEOUT
    assert palm.of(EndEnrolment) == [EndEnrolment(PALM)]
    assert palm.disk.credentials.keys() == {(PIN, 1)}


def test_a_reader_of_palms_that_wants_two_looks_is_shown_the_palm_twice() -> None:
    base = profiles.load("palm6068")
    limits = {**base.credentials, PALM: replace(base.credentials[PALM], steps=2)}
    lock = Lock(replace(base, credentials=limits))
    lock.add("Anna", ANNA, admin=True)
    begin(lock, PALM)
    lock.give(EnrolStep(PALM, 1))
    assert lock.prompts == [Prompt.SHOW_PALM]
    assert running(lock).wanted == "palm"


@pytest.mark.spec("CAP-8", "CAP-9", "CAP-6", "CAP-20")
@pytest.mark.parametrize(
    ("profile", "kind", "most"),
    [
        ("dl50fvs", FACE, 1),
        ("palm6068", FACE, 3),
        ("palm6068", PALM, 2),
        ("dl50fvs", FINGER, 5),
        ("palm6068", FINGER, 5),
    ],
)
def test_a_user_has_at_most_so_many(profile: str, kind: CredentialType, most: int) -> None:
    lock = lock_with_anna(profile)
    lock.add("Ben")
    lock.holds(*(Credential(kind, number, "anna", slot=number) for number in range(1, most + 1)))
    assert lock.refused(StartEnrolment, user_id="anna", type=kind) is ErrorCode.NO_SLOT_LEFT
    assert lock.of(Answer)[-1].detail == {"limit": most, "per_user": True}
    begin(lock, kind, "ben")


@pytest.mark.spec("CAP-1", "CAP-3", "CAP-4", "CAP-5", "CAP-20", "CAP-21")
@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        *[(profile, FINGER) for profile in ("l2s", "dl50fvs", "palm6068")],
        *[(profile, FACE) for profile in WITH_FACES],
        ("palm6068", PALM),
        ("l2s", RFID),
        ("dl50fvs", RFID),
    ],
)
def test_a_lock_holds_fifty_and_a_freed_number_is_the_next(profile: str, kind: CredentialType) -> None:
    lock = lock_with_anna(profile)
    per_user = lock.profile.credentials[kind].per_user or 50
    owners = [lock.add(f"U{number}") for number in range(min(50 // per_user, 49))]
    for number in range(1, 51):
        owner = owners[(number - 1) // per_user] if number <= len(owners) * per_user else "anna"
        if kind is RFID:
            lock.holds(Credential(kind, number, owner, mac=bytes([number]) * 32))
        else:
            lock.holds(Credential(kind, number, owner, slot=number - 1))
    lock.listen()
    before = len(lock.effects)
    assert lock.refused(StartEnrolment, user_id="anna", type=kind) is ErrorCode.NO_SLOT_LEFT
    assert [type(effect) for effect in lock.effects[before:]] == [Answer], "nothing was said or done"
    assert lock.of(Answer)[-1].detail == {"limit": 50}
    lock.ok(DeleteCredential, type=kind, number=17)
    assert begin(lock, kind, owners[16 // per_user])["number"] == 17
    assert running(lock).slot == (None if kind is RFID else 16)


@pytest.mark.spec("CAP-3", "CAP-4", "CAP-5")
@pytest.mark.parametrize(("profile", "kind"), [("palm6068", RFID), ("l2s", FACE), ("l2s", PALM), ("dl50fvs", PALM)])
def test_what_a_model_has_no_reader_for_is_not_supported(profile: str, kind: CredentialType) -> None:
    lock = lock_with_anna(profile)
    assert lock.refused(StartEnrolment, user_id="anna", type=kind) is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("VER-12")
def test_a_finger_is_enrolled_for_duress_and_a_face_cannot_be(palm: Lock) -> None:
    palm.ok(StartEnrolment, user_id="anna", type=FINGER, duress=True)
    palm.learn()
    assert palm.disk.credentials[FINGER, 1].duress
    for kind in (FACE, PALM):
        assert palm.refused(StartEnrolment, user_id="anna", type=kind, duress=True) is ErrorCode.NOT_SUPPORTED


@pytest.mark.parametrize("kind", [FINGER, FACE, PALM])
@pytest.mark.parametrize("reason", ["duplicate", "timeout", "cancelled", "mismatch", "fault"])
def test_what_a_reader_gives_up_leaves_nothing_and_says_why(palm: Lock, kind: CredentialType, reason: str) -> None:
    begin(palm, kind)
    palm.give(EnrolFailed(kind, reason))
    assert running(palm).reason == reason
    assert not running(palm).active
    assert palm.prompts == [Prompt.EXISTS_ALREADY if reason == "duplicate" else Prompt.ENROLMENT_FAILED]
    assert palm.disk.credentials.keys() == {(PIN, 1)}
    begin(palm, kind)


@pytest.mark.parametrize("mine", [FINGER, FACE, PALM])
def test_what_another_reader_reports_is_not_taken_for_this_ones(palm: Lock, mine: CredentialType) -> None:
    begin(palm, mine)
    (other,) = {FINGER, FACE, PALM} - {mine, FACE if mine is not FACE else PALM}
    before = running(palm)
    for given in (EnrolStep(other, 1), EnrolRetry(other, "moved"), EnrolFailed(other, "timeout")):
        palm.give(given)
    assert running(palm) == before
    palm.give(EnrolDone(other, 7))
    assert running(palm) == before
    assert palm.of(DeleteTemplates) == [DeleteTemplates(other, frozenset({7}))]


@pytest.mark.parametrize("kind", [FACE, PALM])
def test_a_cancel_over_the_wire_ends_it_in_the_reader_and_its_last_word_belongs_to_it(
    palm: Lock, kind: CredentialType
) -> None:
    palm.reader_answers = False
    begin(palm, kind)
    palm.ok(CancelEnrolment)
    assert palm.of(EndEnrolment) == [EndEnrolment(kind)]
    assert palm.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.BUSY
    palm.give(EnrolFailed(FINGER, "cancelled"))
    assert palm.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.BUSY, "that was another reader"
    palm.give(EnrolFailed(kind, "cancelled"))
    begin(palm, FINGER)


def test_somebody_in_the_menu_is_not_disturbed(palm: Lock) -> None:
    open_menu(palm)
    assert palm.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.MENU_OPEN
    palm.press("2", "3")
    assert running(palm).at_keypad
    assert palm.refused(CancelEnrolment) is ErrorCode.MENU_OPEN
    assert running(palm).active
    assert palm.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.MENU_OPEN


@pytest.mark.spec("USR-2", "MNU-1", "CAP-21")
def test_who_is_new_at_the_keypad_is_kept_with_her_first_credential_under_a_number_that_is_free_then(
    palm: Lock,
) -> None:
    open_menu(palm)
    palm.press("2", "3")
    assert palm.disk.users.keys() == {"anna"}
    palm.add("Ben")
    assert palm.disk.users["ben"].number == 2, "it was not hers yet"
    palm.learn()
    (new,) = [user for user in palm.disk.users.values() if user.id not in ("anna", "ben")]
    assert (new.number, new.name, new.made_at_lock) == (3, "User 003", False)
    added = palm.fact(EventType.CREDENTIAL_ADDED)
    assert (added.user_name, added.data["by_user_name"]) == ("User 003", "Anna")


@pytest.mark.spec("CAP-10", "CAP-20")
def test_who_is_new_at_the_keypad_is_not_kept_when_the_app_has_filled_the_lock_meanwhile(palm: Lock) -> None:
    for number in range(2, 50):
        palm.add(f"U{number}")
    open_menu(palm)
    palm.press("2", "3")
    palm.ok(AddUser, user_id="late", name="Late")
    palm.listen()
    slot = palm.learn()
    assert slot is not None
    assert (running(palm).status, running(palm).reason) == (EnrolmentStatus.FAILED, "no_slot_left")
    assert palm.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({slot}))]
    assert len(palm.disk.users) == 50
    assert palm.fact(EventType.ENROLMENT_FAILED).user_id is None


@pytest.mark.spec("USR-8")
def test_on_l2s_who_is_new_at_the_keypad_is_named_by_what_was_enrolled(l2s: Lock) -> None:
    l2s.set(language="nb")
    open_menu(l2s)
    l2s.press("1", "1", "ok")
    l2s.learn()
    (new,) = [user for user in l2s.disk.users.values() if user.id != "anna"]
    assert (new.name, new.number, new.made_at_lock) == ("Fingeravtrykk 1", None, True)
    assert EventType.USER_ADDED not in l2s.events
    assert l2s.fact(EventType.CREDENTIAL_ADDED).user_name == "Fingeravtrykk 1"


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize(
    ("kind", "part"), [(FINGER, Part.FINGERPRINT), (FACE, Part.FACE), (PALM, Part.PALM_VEIN), (FINGER, Part.LINK)]
)
def test_a_reader_that_falls_silent_ends_its_enrolment_and_forgets_what_it_had_lost(
    palm: Lock, kind: CredentialType, part: Part
) -> None:
    palm.holds(Credential(kind, 1, "anna", slot=0))
    palm.give(Inventory(kind, frozenset()))
    assert palm.state.lost == {(kind, 0)}
    begin(palm, kind)
    palm.give(PartFault(part, "no_answer"))
    assert (running(palm).status, running(palm).reason) == (EnrolmentStatus.FAILED, "fault")
    assert palm.state.lost == frozenset()
    assert palm.refused(StartEnrolment, user_id="anna", type=kind) is ErrorCode.PART_FAULT
    palm.give(PartBack(part))
    palm.give(Inventory(kind, frozenset({0})))
    begin(palm, kind)


def test_another_readers_silence_ends_nothing(palm: Lock) -> None:
    begin(palm, FACE)
    palm.give(PartFault(Part.PALM_VEIN, "no_answer"))
    assert running(palm).active


@pytest.mark.spec("FLT-1")
def test_each_reader_says_by_itself_what_it_has_lost(palm: Lock) -> None:
    palm.holds(*(Credential(kind, 1, "anna", slot=0) for kind in (FINGER, FACE, PALM)))
    for kind in (FACE, PALM):
        palm.give(Inventory(kind, frozenset()))
    assert palm.state.lost == {(FACE, 0), (PALM, 0)}
    assert palm.state.faults == {Part.FACE, Part.PALM_VEIN}
    palm.ok(DeleteCredential, type=FACE, number=1)
    assert palm.state.faults == {Part.PALM_VEIN}
    palm.give(Inventory(PALM, frozenset({0, 4})))
    assert palm.of(DeleteTemplates)[-1] == DeleteTemplates(PALM, frozenset({4}))
    assert palm.state.faults == frozenset()
    assert palm.state.lost == frozenset()


@pytest.mark.parametrize(("kind", "part"), [(FACE, Part.FACE), (PALM, Part.PALM_VEIN)])
def test_what_a_reader_learns_that_was_exchanged_on_the_way_is_not_kept(
    palm: Lock, kind: CredentialType, part: Part
) -> None:
    begin(palm, kind)
    palm.give(PartReplaced(part))
    palm.give(EnrolDone(kind, 0))
    assert running(palm).status is EnrolmentStatus.FAILED
    assert palm.disk.credentials.keys() == {(PIN, 1)}
    assert palm.of(DeleteTemplates) == [DeleteTemplates(kind, frozenset({0}))]


def test_nor_is_a_card(l2s: Lock) -> None:
    begin(l2s, RFID)
    l2s.give(PartReplaced(Part.CARD))
    l2s.card(b"card")
    assert running(l2s).status is EnrolmentStatus.FAILED
    assert l2s.disk.credentials.keys() == {(PIN, 1)}


@pytest.mark.spec("S45", "MNU-1")
@pytest.mark.parametrize("kind", [FINGER, FACE, PALM])
def test_a_power_cut_in_the_middle_leaves_nothing_in_store_or_reader(palm: Lock, kind: CredentialType) -> None:
    """Of MNU-1: nothing half enrolled stays, whichever way it was begun."""
    begin(palm, kind)
    palm.give(EnrolStep(kind, 1))
    palm.power_cut()
    assert palm.state.enrolment is None
    assert palm.runs(Timer.ENROLMENT) is None
    palm.give(Inventory(kind, frozenset({0})))
    assert palm.of(DeleteTemplates)[-1] == DeleteTemplates(kind, frozenset({0}))
    assert palm.disk.credentials.keys() == {(PIN, 1)}
