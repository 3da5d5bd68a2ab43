"""Who changes something at the lock while the disk takes nothing hears so; nothing of it stays, also in no reader."""

import pytest

from lock_bridge.engine.effects import BeginEnrolment, DeleteTemplates, Lamp, Prompt, Tone
from lock_bridge.engine.inputs import CardSeen, DoorSeen, EnrolDone, Key, KeyDown, NotKept, StartEnrolment, Timer
from lock_bridge.engine.menu_state import Stage
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType
from tests.engine.lock import Lock
from tests.engine.menus import code, open_menu, stage

FINGER, FACE, CARD, PIN = (
    CredentialType.FINGERPRINT,
    CredentialType.FACE,
    CredentialType.RFID,
    CredentialType.PIN,
)
NEW = "730514"


def choose(lock: Lock, kind: CredentialType) -> None:
    """Begin to enrol one of a kind for a new user, in the open menu."""
    if lock.profile.menu == "codes":
        lock.press("1", {FINGER: "1", PIN: "2", CARD: "3"}[kind], "ok")
    else:
        lock.press("2", str(lock.profile.enrol_items.index(kind) + 1))
    lock.listen_out()
    lock.listen()


def hears_that_it_is_not_kept(lock: Lock) -> bool:
    """The failure tone and lamp, and why; once."""
    return (lock.tones, lock.prompts, lock.state.indication) == ([Tone.FAILURE], [Prompt.STORAGE], Lamp.RED)


@pytest.mark.spec("L2S-4", "DLM-6")
def test_a_finger_that_cannot_be_kept_is_gone_from_the_reader_too(lock: Lock) -> None:
    people = lock.state.directory
    open_menu(lock)
    choose(lock, FINGER)
    lock.learn(touches=lock.profile.credentials[FINGER].steps)
    lock.listen_out()
    lock.listen()
    lock.disk_refuses = True
    slot = lock.learn()
    assert hears_that_it_is_not_kept(lock)
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({slot}))]
    assert lock.fact(EventType.ENROLMENT_FAILED).reason == "storage"
    running = lock.state.enrolment
    assert running is not None
    assert (running.status, running.reason) == (EnrolmentStatus.FAILED, "storage")
    assert lock.runs(Timer.ENROLMENT) is None
    assert (lock.reader, lock.state.directory) == (set(), people)
    assert stage(lock) is (Stage.TOP if lock.profile.menu == "codes" else Stage.KINDS)

    lock.disk_refuses = False
    lock.press("back")
    lock.press("back")
    open_menu(lock)
    choose(lock, FINGER)
    assert lock.learn() == slot
    assert lock.reader == {slot}


@pytest.mark.spec("APP-2")
def test_nor_does_one_stay_that_was_begun_from_the_app(lock: Lock) -> None:
    lock.disk_refuses = True
    slot = lock.add_finger("anna")
    assert lock.reader == set()
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset({slot}))]
    assert lock.fact(EventType.ENROLMENT_FAILED).reason == "storage"
    lock.disk_refuses = False
    assert lock.add_finger("anna") == slot


@pytest.mark.spec("CAP-15")
def test_nor_a_face(palm: Lock) -> None:
    palm.ok(StartEnrolment, user_id="anna", type=FACE)
    (begun,) = palm.of(BeginEnrolment)
    palm.disk_refuses = True
    palm.learn()
    assert palm.of(DeleteTemplates) == [DeleteTemplates(FACE, frozenset({begun.slot}))]


@pytest.mark.spec("L2S-6")
def test_a_card_that_cannot_be_kept_opens_nothing_and_no_reader_has_to_forget_it(l2s: Lock) -> None:
    open_menu(l2s)
    choose(l2s, CARD)
    l2s.disk_refuses = True
    l2s.card(b"\x04\xa1\xb2\xc3")
    assert hears_that_it_is_not_kept(l2s)
    assert l2s.of(DeleteTemplates) == []
    assert stage(l2s) is Stage.TOP
    assert not l2s.state.directory.count(CARD)


@pytest.mark.spec("L2S-5", "DLM-7")
def test_a_passcode_can_be_confirmed_again_once_the_disk_takes_it(lock: Lock) -> None:
    open_menu(lock)
    choose(lock, PIN)
    lock.press(*NEW, "ok", *NEW)
    lock.listen_out()
    lock.listen()
    lock.disk_refuses = True
    lock.press("ok")
    assert hears_that_it_is_not_kept(lock)
    assert (stage(lock), lock.state.directory.count(PIN)) == (Stage.PASSCODE_AGAIN, 1)
    lock.disk_refuses = False
    lock.press("ok")
    assert lock.state.directory.count(PIN) == 2


@pytest.mark.spec("MNU-1")
def test_the_menu_closes_by_itself_after_it_as_ever(lock: Lock) -> None:
    open_menu(lock)
    choose(lock, PIN)
    lock.disk_refuses = True
    code(lock, NEW)
    lock.listen_out()
    lock.advance(lock.profile.idle_ms)
    assert (stage(lock), lock.state.awake) == (None, False)


@pytest.mark.spec("L2S-8", "L2S-11")
def test_what_is_changed_in_the_menu_of_codes_stays_as_it_was(l2s: Lock) -> None:
    l2s.add("Ben", NEW)
    for keys, waits in ((("4", "3", "ok"), Stage.TOP), (("2", "2", "ok", "2", "ok", "ok"), Stage.CONFIRM)):
        l2s.advance(60_000)
        open_menu(l2s)
        l2s.press(*keys[:-1])
        l2s.listen_out()
        l2s.listen()
        l2s.disk_refuses = True
        l2s.press(keys[-1])
        assert hears_that_it_is_not_kept(l2s)
        assert stage(l2s) is waits
        l2s.disk_refuses = False
    assert l2s.state.settings.volume == "high"
    assert l2s.state.directory.count(PIN) == 2


@pytest.mark.spec("RST-1")
def test_a_reset_that_cannot_be_written_erases_nothing_and_can_be_confirmed_again(lock: Lock) -> None:
    lock.power_cut()
    lock.advance(2_000)
    lock.hold(lock.profile.reset_key, 5_500)
    lock.listen_out()
    lock.listen()
    lock.disk_refuses = True
    lock.press("ok")
    assert hears_that_it_is_not_kept(lock)
    assert "anna" in lock.state.directory.users
    lock.disk_refuses = False
    lock.press("ok")
    assert not lock.state.directory.users


@pytest.mark.spec("DLM-12")
def test_under_the_one_time_mute_only_the_lamp_tells(palm: Lock) -> None:
    open_menu(palm)
    palm.press("back")
    palm.press("back")
    palm.hold("0", 5_000)
    assert palm.state.modes.mute_once
    palm.disk_refuses = True
    palm.listen()
    palm.add_finger("anna")
    assert (palm.tones, palm.prompts, palm.state.indication) == ([], [], Lamp.RED)


def test_of_what_nobody_did_at_the_door_nothing_is_said_there(lock: Lock) -> None:
    for refused in (DoorSeen(open=False), EnrolDone(FINGER, 3), CardSeen(b"card")):
        lock.give(NotKept(refused))
    assert lock.effects == []
    assert "4" not in repr(NotKept(KeyDown(Key.D4)))
