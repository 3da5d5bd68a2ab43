"""What nobody should send: nonsense from readers, people in each other's way, clients at once, calendars that jump."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lock_bridge import profiles
from lock_bridge.engine.effects import BeginEnrolment, DeleteTemplates, DriveBolt, EndEnrolment
from lock_bridge.engine.inputs import (
    AddUser,
    BiometricSeen,
    BoltPosition,
    BoltSeen,
    CancelEnrolment,
    CardSeen,
    DoorSeen,
    EnrolDone,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    Handle,
    HandleSeen,
    Input,
    InsideHandleUsed,
    Inventory,
    Key,
    KeyDown,
    KeyUp,
    MotorOutcome,
    MotorStopped,
    NearSeen,
    PairingChanged,
    PartBack,
    PartFault,
    PartReplaced,
    PeepholeSeen,
    PhoneActs,
    PhonePairs,
    PowerSeen,
    PrivacySeen,
    RadioSeen,
    SpeechEnded,
    StartEnrolment,
    TamperSeen,
    Timer,
    TimerDue,
)
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType, Part, Refusal
from tests.engine.conftest import ANNA, BEN, lock_with_anna
from tests.engine.lock import DAY, MINUTE, Lock

FINGER, FACE, PALM, CARD = (
    CredentialType.FINGERPRINT,
    CredentialType.FACE,
    CredentialType.PALM_VEIN,
    CredentialType.RFID,
)
YEARS = 40 * 365 * DAY
MODELS = pytest.mark.parametrize("model", profiles.names())

numbers = st.one_of(st.integers(-2, 60), st.sampled_from([-(2**63), 2**63, 10**30]))
kinds = st.sampled_from(CredentialType)
biometric = st.sampled_from([FINGER, FACE, PALM])
words = st.text(max_size=20)
blobs = st.binary(max_size=40)
DOOR_KEYS = [key for key in Key if key not in (Key.LOCK, Key.EMERGENCY, Key.SET, Key.RESET)]
"""What is pressed inside may open."""
nonsense: st.SearchStrategy[Input] = st.one_of(
    st.builds(BiometricSeen, biometric, st.none() | numbers.filter(lambda slot: slot != 0)),
    st.builds(CardSeen, blobs),
    st.builds(EnrolStep, kinds, numbers),
    st.builds(EnrolRetry, kinds, words),
    st.builds(EnrolDone, biometric, numbers),
    st.builds(EnrolFailed, kinds, words),
    st.builds(Inventory, biometric, st.frozensets(numbers, max_size=4)),
    st.builds(MotorStopped, numbers, st.sampled_from(MotorOutcome)),
    st.builds(DoorSeen, st.none() | st.booleans()),
    st.builds(HandleSeen, st.sampled_from(Handle)),
    st.builds(NearSeen, st.booleans()),
    st.builds(PrivacySeen, st.booleans()),
    st.builds(PeepholeSeen, st.booleans()),
    st.builds(RadioSeen, st.none() | numbers, st.booleans()),
    st.builds(PhonePairs, words, words),
    st.builds(PhoneActs, words, blobs, words, blobs, numbers, blobs),
    st.builds(SpeechEnded),
    st.builds(TamperSeen, st.booleans()),
    st.builds(PowerSeen, st.none() | numbers, st.booleans()),
    st.builds(PartFault, st.sampled_from(Part), words),
    st.builds(PartBack, st.sampled_from(Part)),
    st.builds(PartReplaced, st.sampled_from(Part)),
    st.builds(PairingChanged, st.booleans()),
    st.builds(TimerDue, st.sampled_from(Timer)),
    st.builds(KeyDown, st.sampled_from(DOOR_KEYS)),
    st.builds(KeyUp, st.sampled_from(Key)),
)


@MODELS
@settings(max_examples=60)
@given(data=st.data())
def test_nonsense_from_parts_opens_to_nobody_and_breaks_nothing(model: str, data: st.DataObject) -> None:
    lock = lock_with_anna(model)
    lock.add_finger("anna")
    lock.listen()
    before = (dict(lock.disk.users), dict(lock.disk.credentials), lock.disk.settings)
    for given_ in data.draw(st.lists(nonsense, max_size=30)):
        lock.give(given_)
    assert EventType.ACCESS_GRANTED not in lock.events
    assert not any(isinstance(effect, DriveBolt) and effect.drive.value == "retract" for effect in lock.effects)
    assert (lock.disk.users, lock.disk.credentials, lock.disk.settings) == before
    lock.power_cut()
    lock.advance(11_000)
    lock.turn_knob(on=False)
    lock.reader = {0}
    lock.give(Inventory(FINGER, frozenset({0})))
    lock.advance(DAY)
    lock.open_with(ANNA)
    assert EventType.ACCESS_GRANTED in lock.events, "and Anna comes in as ever"


@MODELS
@pytest.mark.parametrize("slot", [-1, 1, 47, 10**30])
def test_a_slot_that_nobody_has_is_a_strangers_finger(model: str, slot: int) -> None:
    lock = lock_with_anna(model)
    lock.add_finger("anna")
    lock.listen()
    lock.finger(slot)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == Refusal.UNKNOWN_CREDENTIAL
    assert len(lock.state.lockout.failures) == 1


@pytest.mark.parametrize("kind", [CredentialType.PIN, CARD, CredentialType.BLE])
def test_a_reader_of_fingers_cannot_say_that_it_saw_a_passcode(palm: Lock, kind: CredentialType) -> None:
    before = palm.state
    palm.give(EnrolStep(kind, 1))
    palm.give(EnrolFailed(kind, "timeout"))
    assert palm.state == before


@MODELS
def test_the_end_of_a_run_that_nobody_began_is_not_heard(model: str) -> None:
    lock = lock_with_anna(model)
    before = lock.state
    for run in (-1, 0, 99):
        lock.give(MotorStopped(run, MotorOutcome.REACHED))
    assert lock.state == before
    assert lock.effects == []


@pytest.mark.spec("CAP-20")
@MODELS
def test_of_two_clients_that_enrol_at_once_the_second_is_told_and_the_first_goes_on(model: str) -> None:
    lock = lock_with_anna(model)
    lock.add("Ben", BEN)
    lock.ok(StartEnrolment, user_id="anna", type=FINGER)
    lock.learn(touches=2)
    before = lock.state.enrolment
    for user_id in ("anna", "ben"):
        assert lock.refused(StartEnrolment, user_id=user_id, type=FINGER) is ErrorCode.ENROLMENT_RUNNING
    assert lock.state.enrolment == before
    lock.learn()
    owner = [item.user_id for item in lock.state.directory.of_user("anna", FINGER)]
    assert owner == ["anna"]


def test_a_card_beside_a_finger_that_is_enrolled_is_a_verification_as_ever() -> None:
    lock = lock_with_anna("dl50fvs")
    lock.add_card("anna", b"\x04\xa1\xb2\xc3")
    lock.add("Ben", BEN)
    lock.ok(StartEnrolment, user_id="ben", type=FINGER)
    lock.learn(touches=2)
    lock.listen()
    lock.card(b"\x04\xa1\xb2\xc3")
    lock.settle()
    assert lock.fact(EventType.ACCESS_GRANTED).user_id == "anna"
    lock.learn()
    assert [item.user_id for item in lock.state.directory.credentials.values() if item.type is FINGER] == ["ben"]


@MODELS
def test_a_touch_of_anothers_finger_is_no_step_of_an_enrolment(model: str) -> None:
    lock = lock_with_anna(model)
    slot = lock.add_finger("anna")
    lock.add("Ben", BEN)
    lock.ok(StartEnrolment, user_id="ben", type=FINGER)
    lock.learn(touches=2)
    running = lock.state.enrolment
    assert running is not None
    lock.finger(slot)
    lock.finger(None)
    after = lock.state.enrolment
    assert after is not None
    assert (after.done, after.user_id, after.active) == (running.done, "ben", True)


@MODELS
@pytest.mark.parametrize("wrong", [1, 7, -1])
def test_a_template_in_another_slot_than_was_asked_for_is_nobodys_and_goes(model: str, wrong: int) -> None:
    lock = lock_with_anna(model)
    lock.ok(StartEnrolment, user_id="anna", type=FINGER)
    lock.listen()
    lock.give(EnrolDone(FINGER, wrong))
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({wrong}))]
    assert not lock.state.directory.of_user("anna", FINGER)


def test_a_template_that_comes_after_the_enrolment_was_cancelled_goes_too(palm: Lock) -> None:
    palm.reader_answers = False
    palm.ok(StartEnrolment, user_id="anna", type=FINGER)
    begun = palm.of(BeginEnrolment)[-1]
    palm.ok(CancelEnrolment)
    assert palm.of(EndEnrolment)
    palm.listen()
    palm.give(EnrolDone(FINGER, begun.slot))
    assert palm.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({begun.slot}))]
    assert not palm.state.directory.of_user("anna", FINGER)


@pytest.mark.spec("FLT-1")
@MODELS
def test_a_slot_that_the_reader_has_lost_is_said_opens_nothing_and_can_be_enrolled_again(model: str) -> None:
    lock = lock_with_anna(model)
    slot = lock.add_finger("anna")
    lock.listen()
    lock.reader = set()
    lock.give(Inventory(FINGER, frozenset()))
    fault = lock.fact(EventType.FAULT_STARTED)
    assert (fault.data["part"], fault.reason) == (Part.FINGERPRINT, "templates_lost")
    assert lock.state.directory.of_user("anna", FINGER), "it stays listed: who it was is still known"
    # The reader cannot match what it has lost; if it says so all the same, it has it again.
    lock.reader = {slot}
    lock.give(Inventory(FINGER, frozenset({slot})))
    assert EventType.FAULT_ENDED in lock.events
    lock.finger(slot)
    lock.settle()
    assert lock.fact(EventType.ACCESS_GRANTED).user_id == "anna"


@MODELS
def test_a_new_finger_is_not_put_where_a_lost_one_was(model: str) -> None:
    lock = lock_with_anna(model)
    slot = lock.add_finger("anna")
    lock.reader = set()
    lock.give(Inventory(FINGER, frozenset()))
    lock.add("Ben", BEN)
    lock.ok(StartEnrolment, user_id="ben", type=FINGER)
    assert lock.of(BeginEnrolment)[-1].slot != slot


@pytest.mark.spec("S31", "USR-6")
@MODELS
@pytest.mark.parametrize("years", [-YEARS, YEARS])
def test_a_calendar_that_jumps_by_years_moves_only_what_has_a_date(model: str, years: int) -> None:
    lock = lock_with_anna(model)
    lock.add("Ben", BEN, valid_from_ms=lock.wall_ms - DAY, valid_until_ms=lock.wall_ms + DAY)
    lock.set(countdown_locking=True, countdown_delay_s=30)
    lock.wrong(5)
    left = lock.runs(Timer.LOCKOUT)
    lock.jump(years)
    assert lock.runs(Timer.LOCKOUT) == left
    lock.advance(left or 0)
    assert not lock.state.locked_out
    lock.listen()
    lock.enter(BEN)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == Refusal.OUTSIDE_VALIDITY
    lock.listen()
    lock.open_with(ANNA)
    assert lock.is_open
    assert (lock.runs(Timer.COUNTDOWN) or 0) <= MINUTE
    lock.jump(-years)
    lock.listen()
    lock.open_with(BEN)
    assert lock.fact(EventType.ACCESS_GRANTED).user_id == "ben", "back in her time she enters as before"


@pytest.mark.spec("S51")
def test_what_was_used_up_is_not_given_back_by_a_calendar_that_goes_back(palm: Lock) -> None:
    palm.add("Ben", BEN, uses_left=1, valid_until_ms=palm.wall_ms + DAY)
    palm.open_with(BEN)
    palm.jump(-YEARS)
    palm.power_cut()
    palm.advance(11_000)
    palm.listen()
    palm.enter(BEN)
    assert palm.fact(EventType.ACCESS_REFUSED).reason == Refusal.USED_UP


@pytest.mark.spec("S60")
@MODELS
def test_a_tamper_switch_that_is_open_at_the_start_sounds_the_alarm(model: str) -> None:
    lock = lock_with_anna(model)
    lock.power_cut()
    lock.listen()
    lock.give(TamperSeen(off=True))
    assert EventType.TAMPER_STARTED in lock.events


@pytest.mark.spec("S62")
@MODELS
def test_a_motor_that_dies_on_its_way_leaves_no_bolt_that_is_said_to_be_locked(model: str) -> None:
    lock = lock_with_anna(model)
    lock.open_with(ANNA)
    lock.advance(30_000)
    lock.set_door(is_open=False)
    lock.give(BoltSeen(BoltPosition.BETWEEN))
    lock.bolt = BoltPosition.BETWEEN
    lock.power_cut()
    lock.settle()
    assert lock.state.bolt.value in ("jammed", "unlocked", "unknown")


@pytest.mark.spec("S40")
@MODELS
def test_a_key_that_is_stuck_or_bounces_locks_nobody_out(model: str) -> None:
    lock = lock_with_anna(model)
    lock.press("back")
    for _ in range(1_000):
        lock.give(KeyDown(Key.D5))
    for _ in range(100):
        lock.give(KeyUp(Key.D5))
        lock.give(KeyDown(Key.CONFIRM)) if lock.state.entry == "" else lock.press("back")
    assert not lock.state.locked_out
    lock.advance(MINUTE)
    lock.open_with(ANNA)
    assert lock.is_open


@pytest.mark.spec("CAP-20")
@MODELS
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"valid_from_ms": -1}, "valid_from_ms"),
        ({"valid_until_ms": 10**18}, "valid_until_ms"),
        ({"valid_from_ms": 5, "valid_until_ms": 5}, "valid_until_ms"),
        ({"uses_left": -1}, "uses_left"),
        ({"uses_left": 10**9}, "uses_left"),
    ],
)
def test_a_refusal_names_what_was_wrong_and_changes_nothing(model: str, values: dict[str, object], field: str) -> None:
    lock = lock_with_anna(model)
    before = replace(lock.disk, journal=[])
    answer = lock.do(AddUser, **{"user_id": "ben", "name": "Ben"} | values)
    assert (answer.error, answer.detail) == (ErrorCode.BAD_REQUEST, {"field": field})
    assert replace(lock.disk, journal=[]) == before


def test_an_enrolment_that_fails_with_a_word_nobody_knows_has_failed(palm: Lock) -> None:
    palm.ok(StartEnrolment, user_id="anna", type=FINGER)
    palm.give(EnrolFailed(FINGER, "meteor"))
    assert palm.state.enrolment is not None
    assert palm.state.enrolment.status is EnrolmentStatus.FAILED


@pytest.mark.spec("S55")
@pytest.mark.parametrize("wall_ms", [1_835_395_200_000, 2_147_483_648_000, 4_107_542_400_000])
def test_a_leap_day_the_end_of_32_bits_and_the_year_2100_are_days_as_others(palm: Lock, wall_ms: int) -> None:
    palm.jump(wall_ms - palm.wall_ms)
    palm.add("Ben", BEN, valid_from_ms=wall_ms - DAY, valid_until_ms=wall_ms + DAY)
    palm.open_with(BEN)
    assert EventType.ACCESS_GRANTED in palm.events
    palm.advance(2 * DAY)
    palm.listen()
    palm.enter(BEN)
    assert palm.fact(EventType.ACCESS_REFUSED).reason == Refusal.OUTSIDE_VALIDITY


def test_the_inside_handle_works_whatever_the_parts_have_said(palm: Lock) -> None:
    palm.give(PartFault(Part.LINK, "no_answer"))
    palm.give(InsideHandleUsed())
    palm.move(BoltPosition.RETRACTED)
    assert palm.is_open
