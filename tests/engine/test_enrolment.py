"""Enrolment over the wire: fingers step by step, cards, limits, and readers that lose, forget or fail."""

import pytest

from lock_bridge.engine.effects import BeginEnrolment, DeleteTemplates, EndEnrolment, Prompt, Tone, TrustModule
from lock_bridge.engine.inputs import (
    BiometricSeen,
    CancelEnrolment,
    DeleteCredential,
    DeleteUser,
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
    TrustPart,
)
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType, Part
from tests.engine.conftest import ANNA
from tests.engine.lock import MINUTE, Lock

FINGER, RFID, PIN = CredentialType.FINGERPRINT, CredentialType.RFID, CredentialType.PIN
CARD = bytes.fromhex("04A1B2C3")


def begin(lock: Lock, kind: CredentialType = FINGER, user_id: str = "anna") -> None:
    """Start to learn, and forget what was heard of it."""
    lock.ok(StartEnrolment, user_id=user_id, type=kind)
    lock.listen()


def status(lock: Lock) -> EnrolmentStatus:
    """Where the enrolment stands."""
    assert lock.state.enrolment is not None
    return lock.state.enrolment.status


def fault_parts(lock: Lock) -> set[Part]:
    return set(lock.state.faults)


@pytest.mark.spec("APP-2", "CAP-14")
@pytest.mark.parametrize(("profile", "touches"), [("palm6068", 6), ("l2s", 5)])
def test_a_finger_is_learnt_touch_by_touch_and_then_opens(profile: str, touches: int) -> None:
    """Of APP-2 the fingerprint's steps."""
    lock = Lock(profile)
    lock.add("Anna", admin=True)
    lock.listen()
    answer = lock.ok(StartEnrolment, user_id="anna", type=FINGER)
    assert (answer["steps"], answer["number"]) == (touches, 1)
    assert lock.of(BeginEnrolment) == [BeginEnrolment(FINGER, 0, touches)]
    assert lock.prompts == [Prompt.TOUCH_FINGER]
    assert status(lock) is EnrolmentStatus.STARTED

    for touch in range(1, touches + 1):
        lock.listen()
        lock.give(EnrolStep(CredentialType.FINGERPRINT, touch))
        assert status(lock) is EnrolmentStatus.STEP
        assert lock.state.enrolment is not None
        assert lock.state.enrolment.done == touch
        assert lock.prompts == ([Prompt.TOUCH_AGAIN] if touch < touches else [])
    assert lock.disk.credentials == {}

    lock.give(EnrolDone(CredentialType.FINGERPRINT, 0))
    assert status(lock) is EnrolmentStatus.DONE
    assert lock.tones == [Tone.SUCCESS]
    assert lock.prompts == [Prompt.ENROLLED]
    added = lock.fact(EventType.CREDENTIAL_ADDED)
    assert (added.user_name, added.credential_type, added.credential_number) == ("Anna", FINGER, 1)
    assert added.client_id == "c1"
    lock.finger(0)
    lock.settle()
    assert lock.is_open


@pytest.mark.parametrize(
    ("reason", "prompt"), [("messy", Prompt.TOUCH_AGAIN), ("short", Prompt.TOUCH_AGAIN), ("lift", Prompt.LIFT_FINGER)]
)
def test_a_touch_that_does_not_count_is_asked_for_again(lock: Lock, reason: str, prompt: Prompt) -> None:
    begin(lock)
    lock.give(EnrolStep(CredentialType.FINGERPRINT, 1))
    lock.listen()
    lock.give(EnrolRetry(CredentialType.FINGERPRINT, reason))
    assert status(lock) is EnrolmentStatus.STEP_RETRY
    assert lock.state.enrolment is not None
    assert (lock.state.enrolment.done, lock.state.enrolment.reason) == (1, reason)
    assert lock.prompts == [prompt]


@pytest.mark.spec("L2S-7")
@pytest.mark.parametrize(
    ("reason", "expected", "prompt"),
    [
        ("duplicate", EnrolmentStatus.DUPLICATE, Prompt.EXISTS_ALREADY),
        ("timeout", EnrolmentStatus.TIMEOUT, Prompt.ENROLMENT_FAILED),
        ("cancelled", EnrolmentStatus.CANCELLED, Prompt.ENROLMENT_FAILED),
        ("mismatch", EnrolmentStatus.FAILED, Prompt.ENROLMENT_FAILED),
        ("fault", EnrolmentStatus.FAILED, Prompt.ENROLMENT_FAILED),
    ],
)
def test_an_enrolment_that_the_reader_gives_up_leaves_nothing(
    lock: Lock, reason: str, expected: EnrolmentStatus, prompt: Prompt
) -> None:
    """Of L2S-7: a known finger cannot be enrolled again, from the app."""
    begin(lock)
    lock.give(EnrolStep(CredentialType.FINGERPRINT, 1))
    lock.listen()
    lock.give(EnrolFailed(CredentialType.FINGERPRINT, reason))
    assert status(lock) is expected
    assert lock.tones == [Tone.FAILURE]
    assert lock.prompts == [prompt]
    failed = lock.fact(EventType.ENROLMENT_FAILED)
    assert (failed.reason, failed.user_name, failed.credential_type) == (reason, "Anna", FINGER)
    assert lock.disk.credentials.keys() == {(PIN, 1)}
    assert lock.runs(Timer.ENROLMENT) is None
    begin(lock)


@pytest.mark.spec("APP-2")
def test_the_next_card_at_the_reader_is_learnt_and_then_opens(l2s: Lock) -> None:
    """Of APP-2 the card."""
    assert l2s.ok(StartEnrolment, user_id="anna", type=RFID)["steps"] == 1
    assert l2s.prompts == [Prompt.HOLD_CARD]
    l2s.card(CARD)
    assert status(l2s) is EnrolmentStatus.DONE
    assert l2s.drives == []
    assert CARD.hex() not in repr(l2s.disk).lower()
    l2s.card(CARD)
    l2s.settle()
    assert l2s.is_open


@pytest.mark.spec("L2S-7")
def test_a_card_that_is_enrolled_already_is_refused(l2s: Lock) -> None:
    """Of L2S-7 the card, enrolled from the app."""
    l2s.add_card("anna", CARD)
    l2s.add("Ben")
    begin(l2s, RFID, "ben")
    l2s.card(CARD)
    assert status(l2s) is EnrolmentStatus.DUPLICATE
    assert l2s.prompts == [Prompt.EXISTS_ALREADY]
    assert l2s.drives == []
    assert l2s.state.directory.of_user("ben") == ()


@pytest.mark.spec("VER-8")
def test_a_card_is_learnt_during_a_lockout_too_for_it_is_no_verification(l2s: Lock) -> None:
    l2s.wrong(5)
    begin(l2s, RFID)
    l2s.card(CARD)
    assert status(l2s) is EnrolmentStatus.DONE


def test_codes_and_fingers_open_while_a_card_is_waited_for(l2s: Lock) -> None:
    slot = l2s.add_finger("anna")
    begin(l2s, RFID)
    l2s.finger(slot)
    l2s.settle()
    assert l2s.is_open
    l2s.open_with(ANNA)
    assert len([kind for kind in l2s.events if kind is EventType.ACCESS_GRANTED]) == 2
    assert status(l2s) is EnrolmentStatus.STARTED


def test_touches_of_a_finger_do_not_count_for_a_card(l2s: Lock) -> None:
    begin(l2s, RFID)
    for given in (
        EnrolStep(CredentialType.FINGERPRINT, 1),
        EnrolRetry(CredentialType.FINGERPRINT, "lift"),
        EnrolFailed(CredentialType.FINGERPRINT, "timeout"),
    ):
        l2s.give(given)
    assert status(l2s) is EnrolmentStatus.STARTED
    assert l2s.effects == []


@pytest.mark.spec("CAP-6", "CAP-20")
def test_a_user_of_palm6068_has_at_most_five_fingers(palm: Lock) -> None:
    for _ in range(5):
        palm.add_finger("anna")
    palm.listen()
    assert palm.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.NO_SLOT_LEFT
    (answer,) = [effect for effect in palm.effects if hasattr(effect, "detail")]
    assert answer.detail == {"limit": 5, "per_user": True}


@pytest.mark.spec("CAP-1", "CAP-3", "CAP-20", "CAP-21")
@pytest.mark.parametrize("kind", [FINGER, RFID])
def test_a_lock_holds_fifty_fingers_and_fifty_cards(l2s: Lock, kind: CredentialType) -> None:
    for number in range(50):
        if kind is RFID:
            l2s.add_card("anna", bytes([number]))
        else:
            l2s.add_finger("anna")
    l2s.listen()
    assert l2s.refused(StartEnrolment, user_id="anna", type=kind) is ErrorCode.NO_SLOT_LEFT
    assert l2s.prompts == []
    l2s.ok(DeleteCredential, type=kind, number=17)
    assert l2s.ok(StartEnrolment, user_id="anna", type=kind)["number"] == 17


def test_a_freed_slot_of_the_reader_is_used_again(lock: Lock) -> None:
    slots = [lock.add_finger("anna") for _ in range(3)]
    assert slots == [0, 1, 2]
    lock.ok(DeleteCredential, type=FINGER, number=2)
    assert lock.add_finger("anna") == 1


@pytest.mark.spec("CAP-20", "CAP-3")
def test_what_the_lock_cannot_learn_is_refused(palm: Lock, l2s: Lock) -> None:
    assert palm.refused(StartEnrolment, user_id="anna", type=RFID) is ErrorCode.NOT_SUPPORTED
    assert palm.refused(StartEnrolment, user_id="anna", type=PIN) is ErrorCode.NOT_SUPPORTED
    assert l2s.refused(StartEnrolment, user_id="anna", type=CredentialType.FACE) is ErrorCode.NOT_SUPPORTED
    assert l2s.refused(StartEnrolment, user_id="ghost", type=FINGER) is ErrorCode.UNKNOWN_USER


def test_one_enrolment_runs_at_a_time(lock: Lock) -> None:
    begin(lock)
    assert lock.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.ENROLMENT_RUNNING
    assert status(lock) is EnrolmentStatus.STARTED


def test_an_enrolment_can_be_cancelled_and_nothing_of_it_stays(lock: Lock) -> None:
    begin(lock)
    lock.give(EnrolStep(CredentialType.FINGERPRINT, 1))
    lock.ok(CancelEnrolment)
    lock.advance(0)
    assert lock.of(EndEnrolment) == [EndEnrolment(FINGER)]
    assert status(lock) is EnrolmentStatus.CANCELLED
    assert lock.events == [EventType.ENROLMENT_FAILED]
    assert lock.disk.credentials.keys() == {(PIN, 1)}
    assert lock.refused(CancelEnrolment) is ErrorCode.NO_ENROLMENT


def test_without_an_enrolment_there_is_nothing_to_cancel(lock: Lock) -> None:
    assert lock.refused(CancelEnrolment) is ErrorCode.NO_ENROLMENT


def test_a_card_is_not_waited_for_after_a_cancel(l2s: Lock) -> None:
    begin(l2s, RFID)
    l2s.ok(CancelEnrolment)
    assert l2s.of(EndEnrolment) == []
    l2s.card(CARD)
    assert l2s.disk.credentials.keys() == {(PIN, 1)}
    assert l2s.facts[-1].reason == "unknown_credential"


@pytest.mark.parametrize(
    "touch", [None, EnrolStep(CredentialType.FINGERPRINT, 1), EnrolRetry(CredentialType.FINGERPRINT, "short")]
)
def test_an_enrolment_waits_a_minute_for_each_touch(lock: Lock, touch: EnrolStep | EnrolRetry | None) -> None:
    begin(lock)
    if touch is not None:
        lock.advance(50_000)
        lock.give(touch)
    lock.advance(MINUTE - 1)
    assert lock.of(EndEnrolment) == []
    lock.advance(1)
    assert len(lock.of(EndEnrolment)) == 1
    assert status(lock) is EnrolmentStatus.TIMEOUT


def test_the_readers_late_end_is_not_taken_for_that_of_the_next_enrolment(lock: Lock) -> None:
    lock.reader_answers = False
    begin(lock)
    lock.ok(CancelEnrolment)
    assert lock.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.BUSY
    lock.give(EnrolFailed(CredentialType.FINGERPRINT, "cancelled"))
    begin(lock)
    assert status(lock) is EnrolmentStatus.STARTED


def test_a_reader_that_never_says_that_it_has_ended_is_waited_for_ten_seconds(lock: Lock) -> None:
    lock.reader_answers = False
    begin(lock)
    lock.ok(CancelEnrolment)
    lock.advance(9_999)
    assert lock.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.BUSY
    lock.advance(1)
    begin(lock)


def test_a_finger_that_was_stored_in_the_moment_of_the_cancel_is_forgotten(lock: Lock) -> None:
    lock.reader_answers = False
    begin(lock)
    lock.ok(CancelEnrolment)
    lock.reader.add(0)
    lock.give(EnrolDone(CredentialType.FINGERPRINT, 0))
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({0}))]
    assert lock.disk.credentials.keys() == {(PIN, 1)}
    begin(lock)


def test_a_reader_that_repeats_itself_does_not_lose_a_finger(lock: Lock) -> None:
    slot = lock.add_finger("anna")
    lock.listen()
    lock.give(EnrolDone(CredentialType.FINGERPRINT, slot))
    lock.give(EnrolStep(CredentialType.FINGERPRINT, 3))
    lock.ring(Timer.ENROLMENT)
    assert lock.effects == []


def test_a_finger_stored_in_another_slot_than_asked_for_is_forgotten(lock: Lock) -> None:
    begin(lock)
    lock.give(EnrolDone(CredentialType.FINGERPRINT, 7))
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({7}))]
    assert status(lock) is EnrolmentStatus.STARTED


def test_deleting_the_user_ends_her_enrolment(lock: Lock) -> None:
    lock.add("Ben")
    begin(lock, user_id="ben")
    lock.ok(DeleteUser, user_id="ben")
    assert lock.events == [EventType.USER_DELETED, EventType.ENROLMENT_FAILED]
    assert {fact.user_name for fact in lock.facts} == {"Ben"}
    assert status(lock) is EnrolmentStatus.CANCELLED


def test_deleting_somebody_else_does_not(lock: Lock) -> None:
    lock.add("Ben")
    begin(lock)
    lock.ok(DeleteUser, user_id="ben")
    assert status(lock) is EnrolmentStatus.STARTED


@pytest.mark.spec("FLT-1")
@pytest.mark.parametrize(("kind", "part"), [(FINGER, Part.FINGERPRINT), (RFID, Part.CARD)])
def test_a_reader_that_falls_silent_ends_its_enrolment(l2s: Lock, kind: CredentialType, part: Part) -> None:
    begin(l2s, kind)
    l2s.give(PartFault(part, "no_answer"))
    assert status(l2s) is EnrolmentStatus.FAILED
    assert l2s.events == [EventType.FAULT_STARTED, EventType.ENROLMENT_FAILED]
    assert l2s.refused(StartEnrolment, user_id="anna", type=kind) is ErrorCode.PART_FAULT
    l2s.give(PartBack(part))
    begin(l2s, kind)


@pytest.mark.spec("FLT-1")
def test_the_other_reader_goes_on(l2s: Lock) -> None:
    begin(l2s, RFID)
    l2s.give(PartFault(Part.FINGERPRINT, "no_answer"))
    l2s.card(CARD)
    assert status(l2s) is EnrolmentStatus.DONE


def test_nothing_is_learnt_by_a_reader_that_is_not_trusted(lock: Lock) -> None:
    lock.give(PartReplaced(Part.FINGERPRINT))
    assert lock.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.PART_FAULT


def test_a_reader_that_is_not_trusted_keeps_what_it_holds(lock: Lock) -> None:
    lock.add_finger("anna")
    lock.listen()
    lock.give(PartReplaced(Part.FINGERPRINT))
    lock.give(Inventory(FINGER, frozenset({7, 8})))
    assert lock.of(DeleteTemplates) == []
    assert fault_parts(lock) == set()


@pytest.mark.spec("FLT-1")
def test_whoever_is_in_a_module_that_is_met_for_the_first_time_is_nobody_of_the_house(lock: Lock) -> None:
    slot = lock.add_finger("anna")
    lock.listen()
    lock.give(Inventory(FINGER, frozenset({slot, 9}), first=True))
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({slot, 9}))]
    assert lock.state.fault_reasons[Part.FINGERPRINT] == "templates_lost"
    # Before it is deleted as well, the stranger who has her slot does not pass for her.
    lock.give(BiometricSeen(FINGER, slot))
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "unknown_credential"


@pytest.mark.spec("S45")
def test_a_finger_whose_deletion_the_power_cut_short_is_forgotten_at_the_next_start(lock: Lock) -> None:
    lock.add("Ben")
    slot = lock.add_finger("ben")
    lock.ok(DeleteUser, user_id="ben")
    lock.reader.add(slot)
    lock.listen()
    lock.power_cut()
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({slot}))]
    assert lock.reader == set()


@pytest.mark.spec("S45", "MNU-1")
def test_a_finger_that_was_half_enrolled_in_a_power_cut_is_forgotten(lock: Lock) -> None:
    """Of MNU-1: nothing half enrolled stays."""
    begin(lock)
    lock.reader.add(0)
    lock.power_cut()
    assert lock.reader == set()
    assert lock.state.enrolment is None


def test_the_slot_that_is_being_learnt_is_no_orphan(lock: Lock) -> None:
    lock.add_finger("anna")
    begin(lock)
    lock.give(Inventory(FINGER, frozenset({0, 1, 5})))
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({5}))]


@pytest.mark.spec("FLT-1")
def test_a_reader_that_has_lost_fingers_says_so_until_they_are_deleted(lock: Lock) -> None:
    for _ in range(3):
        lock.add_finger("anna")
    lock.listen()
    lock.give(Inventory(FINGER, frozenset({1})))
    started = lock.fact(EventType.FAULT_STARTED)
    assert (started.reason, dict(started.data)) == ("templates_lost", {"part": "fingerprint"})
    lock.ok(DeleteCredential, type=FINGER, number=1)
    assert fault_parts(lock) == {Part.FINGERPRINT}
    lock.ok(DeleteCredential, type=FINGER, number=3)
    assert fault_parts(lock) == set()


@pytest.mark.spec("FLT-1", "USR-9")
def test_whoever_the_reader_no_longer_knows_hears_of_it_by_name_once(lock: Lock) -> None:
    for _ in range(3):
        lock.add_finger("anna")
    lock.listen()
    lock.give(Inventory(FINGER, frozenset({1})))
    told = [fact for fact in lock.facts if fact.type is EventType.CREDENTIAL_LOST]
    assert [(fact.user_id, fact.user_name, fact.credential_type, fact.credential_number) for fact in told] == [
        ("anna", lock.state.directory.users["anna"].name, FINGER, 1),
        ("anna", lock.state.directory.users["anna"].name, FINGER, 3),
    ]
    lock.give(Inventory(FINGER, frozenset({1})))
    assert lock.events.count(EventType.CREDENTIAL_LOST) == 2


def test_an_exchanged_reader_is_trusted_once_an_administrator_says_so_and_it_is_back_empty(lock: Lock) -> None:
    lock.add_finger("anna")
    lock.give(PartReplaced(Part.FINGERPRINT))
    lock.listen()
    assert lock.ok(TrustPart, part=Part.FINGERPRINT) == {"trusted": True}
    assert lock.of(TrustModule) == [TrustModule(Part.FINGERPRINT)]
    trusted = lock.fact(EventType.PART_TRUSTED)
    assert (trusted.client_id, dict(trusted.data)) == ("c1", {"part": "fingerprint"})
    assert Part.FINGERPRINT in lock.state.untrusted  # not before its driver has emptied it
    lock.give(PartBack(Part.FINGERPRINT))
    lock.give(Inventory(FINGER, frozenset()))
    assert lock.state.untrusted == frozenset()
    assert lock.events[-3:] == [EventType.TAMPER_ENDED, EventType.CREDENTIAL_LOST, EventType.FAULT_STARTED]
    assert lock.ok(TrustPart, part=Part.FINGERPRINT) == {"trusted": False}
    assert len(lock.of(TrustModule)) == 1


def test_a_lost_finger_can_be_enrolled_anew_at_once(lock: Lock) -> None:
    lock.add_finger("anna")
    lock.give(Inventory(FINGER, frozenset()))
    begin(lock)
    assert lock.state.enrolment is not None
    assert lock.state.enrolment.slot == 1


def test_a_reader_that_lost_fingers_and_then_its_cable_is_not_asked_to_learn(lock: Lock) -> None:
    lock.add_finger("anna")
    lock.give(Inventory(FINGER, frozenset()))
    lock.give(PartFault(Part.FINGERPRINT, "no_answer"))
    assert lock.refused(StartEnrolment, user_id="anna", type=FINGER) is ErrorCode.PART_FAULT


def test_fingers_that_are_found_again_end_the_fault(lock: Lock) -> None:
    lock.add_finger("anna")
    lock.give(Inventory(FINGER, frozenset()))
    lock.give(Inventory(FINGER, frozenset({0})))
    assert fault_parts(lock) == set()
    assert lock.events[-1] is EventType.FAULT_ENDED


def test_an_enrolment_that_is_named_is_cancelled_and_no_other(lock: Lock) -> None:
    first = lock.ok(StartEnrolment, user_id="anna", type=FINGER)["enrolment"]
    lock.ok(CancelEnrolment, enrolment=first)
    lock.advance(1)
    second = lock.ok(StartEnrolment, user_id="anna", type=FINGER)["enrolment"]
    assert second != first
    assert lock.refused(CancelEnrolment, enrolment=first) is ErrorCode.NO_ENROLMENT
    assert lock.state.enrolment is not None
    assert lock.state.enrolment.active
    lock.ok(CancelEnrolment, enrolment=second)
    assert lock.refused(CancelEnrolment, enrolment=second) is ErrorCode.NO_ENROLMENT
