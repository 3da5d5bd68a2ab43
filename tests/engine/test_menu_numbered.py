"""The menu of numbered items (DLM), key by key, on both models that have it."""

import pytest

from lock_bridge.engine.effects import ClosePairing, Hush, Prompt, Say, Sound, StartTimer, Tone
from lock_bridge.engine.inputs import (
    AddUser,
    DeleteUser,
    EnrolFailed,
    EnrolRetry,
    EnrolStep,
    Key,
    PhonePairs,
    SetBluetoothCode,
    SpeechEnded,
    StartEnrolment,
)
from lock_bridge.engine.menu_state import Stage
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Role
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import IDENTITY, Lock
from tests.engine.menus import ask_for_menu, blinked, code, menu, open_menu, stage

FACE, PALM = CredentialType.FACE, CredentialType.PALM_VEIN
FINGER, PIN, RFID = CredentialType.FINGERPRINT, CredentialType.PIN, CredentialType.RFID
CARD = b"card"
ALL_DIGITS = "1234567890"


@pytest.fixture
def opened(numbered: Lock) -> Lock:
    """Anna, number 001, has opened the menu with her passcode."""
    open_menu(numbered)
    return numbered


def key_for(lock: Lock, kind: CredentialType) -> str:
    """The key of a kind under "new administrator" and "new user"."""
    return str(lock.profile.enrol_items.index(kind) + 1)


def item(lock: Lock, name: str) -> str:
    """The key of an item of the menu."""
    return str(lock.profile.menu_items.index(name) + 1)


def numbers(lock: Lock) -> list[int]:
    """The numbers of the users on the lock."""
    return sorted(user.number for user in lock.state.directory.users.values() if user.number is not None)


def role_of(lock: Lock, number: int) -> Role:
    """The role of the user with a number."""
    (role,) = [user.role for user in lock.state.directory.users.values() if user.number == number]
    return role


def new_user(lock: Lock, digits: str, *, admin: bool = False) -> None:
    """Make a user with a passcode, and come back to the top of the menu."""
    lock.press("1" if admin else "2", key_for(lock, PIN))
    code(lock, digits)
    lock.press("back")
    assert stage(lock) is Stage.TOP


# Opening it


@pytest.mark.spec("DLM-2")
def test_set_asks_an_administrator_to_verify(numbered: Lock) -> None:
    numbered.press(Key.SET)
    assert (stage(numbered), numbered.prompts) == (Stage.VERIFY, [Prompt.VERIFY_ADMINISTRATOR])
    assert numbered.events == []
    numbered.press(*ANNA, "ok")
    assert stage(numbered) is Stage.TOP
    told = numbered.fact(EventType.MENU_OPENED)
    assert (told.user_name, told.credential_type) == ("Anna", PIN)
    assert numbered.drives == []
    assert numbered.tones == [Tone.SUCCESS]


@pytest.mark.spec("DLM-2")
def test_any_credential_of_an_administrator_opens_the_menu(numbered: Lock) -> None:
    numbered.add_finger("anna")
    kinds = [kind for kind in (FACE, PALM, RFID) if numbered.profile.limits(kind) is not None]
    open_menu(numbered)
    numbered.press("1", key_for(numbered, FACE))
    slots = {FACE: numbered.learn()}
    for kind in kinds[1:]:
        numbered.press(key_for(numbered, kind))
        if kind is RFID:
            numbered.card(CARD)
        else:
            slots[kind] = numbered.learn()
    numbered.press("back", "back")
    for verify in (
        lambda: numbered.finger(0),
        lambda: numbered.face(slots[FACE]),
        lambda: numbered.palm(slots[PALM]) if PALM in slots else numbered.card(CARD),
    ):
        numbered.press(Key.SET)
        verify()
        assert stage(numbered) is Stage.TOP
        numbered.press("back")
    assert numbered.drives == []


@pytest.mark.spec("DLM-2", "MNU-2", "USR-1")
def test_a_mere_user_is_refused_at_the_menu_uncounted_and_a_wrong_code_counts(numbered: Lock) -> None:
    numbered.add("Ben", BEN)
    numbered.listen()
    numbered.press(Key.SET, *BEN, "ok")
    assert stage(numbered) is Stage.VERIFY
    assert numbered.state.lockout.failures == ()
    assert numbered.prompts[-1] is Prompt.NOT_ADMINISTRATOR
    numbered.press(*"999999", "ok")
    assert len(numbered.state.lockout.failures) == 1
    numbered.press(*ANNA, "ok")
    assert stage(numbered) is Stage.TOP
    assert numbered.state.lockout.failures == ()


@pytest.mark.spec("VER-8", "MNU-2")
def test_while_locked_out_the_menu_does_not_open(numbered: Lock) -> None:
    numbered.wrong(5)
    numbered.press(Key.SET, *ANNA, "ok")
    assert stage(numbered) is Stage.VERIFY
    assert numbered.prompts[-1] is Prompt.LOCKED_OUT


@pytest.mark.spec("VER-2", "VER-3")
def test_a_scrambled_passcode_opens_the_menu_and_back_leaves_it(numbered: Lock) -> None:
    numbered.press(Key.SET, *("77" + ANNA + "31"), "ok")
    assert stage(numbered) is Stage.TOP
    numbered.press("back")
    assert (stage(numbered), numbered.state.awake) == (None, False)
    numbered.press(Key.SET, "back")
    assert stage(numbered) is None


@pytest.mark.spec("DLM-2")
def test_set_pressed_again_changes_nothing(opened: Lock) -> None:
    opened.press("2", Key.SET)
    assert stage(opened) is Stage.KINDS


@pytest.mark.spec("BLT-9")
def test_privacy_keeps_nobody_inside_from_the_menu(numbered: Lock) -> None:
    numbered.turn_knob(on=True)
    open_menu(numbered)


# New administrators and users


@pytest.mark.spec("USR-2", "DLM-3", "DLM-4")
@pytest.mark.parametrize(("key", "role"), [("1", Role.ADMINISTRATOR), ("2", Role.USER)])
def test_a_new_ones_number_blinks_digit_by_digit(opened: Lock, key: str, role: Role) -> None:
    opened.press(key)
    assert opened.prompts == [Prompt.CHOOSE_CREDENTIAL]
    assert blinked(opened) == "002"
    opened.press(key_for(opened, PIN))
    code(opened, BEN)
    assert numbers(opened) == [1, 2]
    assert role_of(opened, 2) is role


@pytest.mark.spec("USR-2")
def test_each_digit_lights_for_six_tenths_of_a_second(opened: Lock) -> None:
    opened.press("2")
    lit = []
    for _ in range(24):
        lit.append("".join(sorted(opened.lights.keys)))
        opened.advance(100)
    one = ["0"] * 6 + [""] * 2
    assert lit == one + one + ["2"] * 6 + [""] * 2
    assert "back" in opened.lights.keys


@pytest.mark.spec("USR-2", "CAP-21")
def test_the_lowest_free_number_is_given_and_cannot_be_typed_over(opened: Lock) -> None:
    new_user(opened, BEN)
    new_user(opened, "620395")
    opened.press("3", "2", "ok")
    opened.press("2")
    opened.listen()
    opened.press("0", "0", "9")
    assert blinked(opened) == ""
    opened.press(key_for(opened, PIN))
    code(opened, "917402")
    assert numbers(opened) == [1, 2, 3]


@pytest.mark.spec("DLM-7", "USR-1")
def test_a_new_user_opens_the_door_and_not_the_menu(opened: Lock) -> None:
    new_user(opened, BEN)
    assert opened.fact(EventType.USER_ADDED).source is OperationSource.KEYPAD
    opened.press("back")
    opened.open_with(BEN)
    assert opened.is_open
    opened.press(Key.SET, *BEN, "ok")
    assert stage(opened) is Stage.VERIFY


@pytest.mark.spec("MNU-1", "USR-2")
def test_a_user_of_whom_nothing_was_enrolled_is_not_kept(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN), *BEN, "ok", "back", "back", "back")
    assert stage(opened) is Stage.TOP
    opened.press("2", key_for(opened, FINGER))
    opened.learn(touches=5)
    opened.press("back")
    assert numbers(opened) == [1]
    assert opened.reader == set()


@pytest.mark.spec("CAP-10", "CAP-20")
def test_with_fifty_users_there_is_no_room_for_another(opened: Lock) -> None:
    for number in range(2, 51):
        opened.add(f"U{number}")
    opened.listen()
    opened.press("2")
    assert (opened.prompts, opened.tones) == ([Prompt.NO_ROOM], [Tone.FAILURE])
    assert stage(opened) is Stage.TOP


def test_a_number_that_the_app_gave_away_meanwhile_is_replaced_by_the_next_and_shown(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN), *BEN, "ok")
    opened.ok(AddUser, user_id="zoe", name="Zoe", role=Role.USER)
    opened.press(*BEN)
    opened.listen()
    opened.press("ok")
    assert blinked(opened) == "003"
    assert numbers(opened) == [1, 2, 3]


@pytest.mark.spec("CAP-10", "CAP-20")
def test_the_last_place_that_the_app_took_meanwhile_is_gone(opened: Lock) -> None:
    for number in range(2, 50):
        opened.add(f"U{number}")
    opened.press("2", key_for(opened, PIN), *BEN, "ok")
    opened.add("Zoe")
    opened.press(*BEN, "ok")
    assert (opened.prompts[-1], stage(opened)) == (Prompt.NO_ROOM, Stage.KINDS)
    opened.press(key_for(opened, FINGER))
    assert (opened.prompts[-1], stage(opened)) == (Prompt.NO_ROOM, Stage.KINDS)


# Passcodes


@pytest.mark.spec("DLM-7")
def test_the_confirm_key_lights_from_the_sixth_digit_on(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN))
    opened.advance(3_000)
    for place, digit in enumerate(BEN):
        assert ("ok" in opened.lights.keys) is (place >= 6)
        opened.press(digit)
    opened.press("ok")
    assert "ok" not in opened.lights.keys
    assert opened.prompts[-1] is Prompt.ENTER_AGAIN


@pytest.mark.spec("DLM-7", "CAP-11")
def test_before_it_lights_the_confirm_key_does_nothing(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN))
    opened.listen()
    opened.press(*"48291", "ok")
    assert opened.tones == []
    assert (stage(opened), menu(opened).typed) == (Stage.PASSCODE, "48291")


@pytest.mark.spec("DLM-7")
def test_the_same_again_and_it_is_kept_with_a_success_beep(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN))
    opened.listen()
    code(opened, BEN)
    assert opened.tones == [Tone.SUCCESS]
    assert (stage(opened), opened.prompts[-1]) == (Stage.KINDS, Prompt.ENROLLED)


@pytest.mark.spec("DLM-7")
def test_two_that_differ_fail_and_the_first_entry_begins_anew(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN), *BEN, "ok", *"730514", "ok")
    assert (opened.tones, stage(opened)) == ([Tone.FAILURE], Stage.PASSCODE)
    assert opened.prompts[-1] is Prompt.CODES_DIFFER
    code(opened, "730514")
    assert numbers(opened) == [1, 2]


@pytest.mark.spec("CAP-12", "CAP-18")
@pytest.mark.parametrize("digits", ["123456", "987654", "000000"])
def test_runs_and_repeats_are_refused(opened: Lock, digits: str) -> None:
    opened.press("2", key_for(opened, PIN), *digits, "ok")
    assert (opened.prompts[-1], stage(opened)) == (Prompt.PASSCODE_SIMPLE, Stage.PASSCODE)
    code(opened, BEN)
    assert numbers(opened) == [1, 2]


@pytest.mark.spec("CAP-20")
@pytest.mark.parametrize(("digits", "said"), [(ANNA, Prompt.EXISTS_ALREADY), (ANNA + "77", Prompt.PASSCODE_CONTAINS)])
def test_a_code_that_exists_or_contains_one_is_refused(opened: Lock, digits: str, said: Prompt) -> None:
    opened.press("2", key_for(opened, PIN), *digits, "ok")
    assert (opened.prompts[-1], opened.tones, stage(opened)) == (said, [Tone.FAILURE], Stage.PASSCODE)


@pytest.mark.spec("CAP-11")
def test_the_eleventh_digit_fails_and_drops_the_entry(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN), *"48291374650")
    assert (opened.tones, opened.prompts[-1]) == ([Tone.FAILURE], Prompt.PASSCODE_LENGTH)
    assert menu(opened).typed == ""


@pytest.mark.spec("VER-2", "DLM-7")
def test_back_drops_digits_then_goes_back_a_step_at_a_time(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN), *BEN, "ok", "7", "back")
    assert stage(opened) is Stage.PASSCODE_AGAIN
    opened.press("back")
    assert stage(opened) is Stage.PASSCODE
    opened.press("back")
    assert stage(opened) is Stage.KINDS
    opened.press("back")
    assert stage(opened) is Stage.TOP


@pytest.mark.spec("CAP-7", "CAP-20")
def test_a_user_has_one_passcode(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN))
    code(opened, BEN)
    opened.press(key_for(opened, PIN))
    assert (opened.prompts[-1], stage(opened)) == (Prompt.USER_FULL, Stage.KINDS)


@pytest.mark.spec("CAP-11")
def test_with_more_than_ten_codes_a_longer_one_is_proposed(opened: Lock) -> None:
    for number in range(2, 12):
        new_user(opened, f"{number:02}9306")
    opened.press("2", key_for(opened, PIN))
    assert opened.prompts[-1] is Prompt.ENTER_LONG_PASSCODE


# Fingers, faces, palms, cards


@pytest.mark.spec("DLM-6", "CAP-14")
def test_digit_after_digit_lights_for_the_touches_of_a_finger(opened: Lock) -> None:
    opened.press("2", key_for(opened, FINGER))
    opened.advance(3_000)
    assert opened.prompts[-1] is Prompt.TOUCH_FINGER
    for touch in range(1, 7):
        assert opened.lights.keys == {str(touch), "back"}
        opened.give(EnrolStep(FINGER, touch))
    opened.listen()
    opened.learn()
    assert opened.tones == [Tone.SUCCESS]
    assert numbers(opened) == [1, 2]


@pytest.mark.spec("DLM-6", "CAP-6", "CAP-20")
def test_one_adds_the_next_finger_of_the_same_user_and_back_goes_back(opened: Lock) -> None:
    opened.press("2", key_for(opened, FINGER))
    opened.learn()
    for _ in range(4):
        assert opened.lights.keys == {"1", "back"}
        opened.press("1")
        opened.learn()
    assert numbers(opened) == [1, 2]
    assert opened.state.directory.count(FINGER) == 5
    opened.press("1")
    assert (opened.prompts[-1], stage(opened)) == (Prompt.USER_FULL, Stage.ENROLLED)
    opened.press("back")
    assert stage(opened) is Stage.KINDS
    opened.press(key_for(opened, PIN))
    code(opened, BEN)
    assert numbers(opened) == [1, 2]


@pytest.mark.spec("DLM-6", "L2S-7")
def test_a_finger_that_is_known_is_refused_and_the_voice_says_so(opened: Lock) -> None:
    opened.press("2", key_for(opened, FINGER))
    opened.give(EnrolFailed(FINGER, "duplicate"))
    assert (opened.prompts[-1], opened.tones, stage(opened)) == (Prompt.EXISTS_ALREADY, [Tone.FAILURE], Stage.KINDS)
    assert numbers(opened) == [1]


@pytest.mark.spec("DLM-5", "CAP-15")
def test_a_face_is_asked_for_in_five_poses(opened: Lock) -> None:
    opened.press("2", key_for(opened, FACE))
    opened.learn()
    assert [prompt for prompt in opened.prompts if "face" in prompt or "operation" in prompt] == [
        Prompt.FACE_STRAIGHT,
        Prompt.FACE_UP,
        Prompt.FACE_DOWN,
        Prompt.FACE_LEFT,
        Prompt.FACE_RIGHT,
        Prompt.OPERATION_SUCCESSFUL,
    ]
    assert stage(opened) is Stage.KINDS
    assert numbers(opened) == [1, 2]


@pytest.mark.spec("DLM-5")
@pytest.mark.parametrize("why", ["covered", "moved", "too_far"])
def test_a_face_that_is_covered_moves_or_is_too_far_away_fails_and_nothing_is_stored(opened: Lock, why: str) -> None:
    opened.press("2", key_for(opened, FACE))
    opened.learn(touches=2)
    opened.give(EnrolRetry(FACE, why))
    opened.advance(1_000)
    assert stage(opened) is Stage.KINDS
    assert Tone.FAILURE in opened.tones
    assert (numbers(opened), opened.state.directory.count(FACE)) == ([1], 0)


@pytest.mark.spec("DLM-14", "CAP-9")
def test_a_palm_is_taken_under_the_red_light(palm: Lock) -> None:
    open_menu(palm)
    palm.press("2", key_for(palm, PALM))
    assert Prompt.SHOW_PALM in palm.prompts
    assert "palm" in palm.lights.lamps
    palm.learn()
    assert "palm" not in palm.lights.lamps
    assert palm.tones == [Tone.SUCCESS]
    palm.press(key_for(palm, PALM))
    palm.learn()
    palm.press(key_for(palm, PALM))
    assert palm.prompts[-1] is Prompt.USER_FULL
    assert palm.state.directory.count(PALM) == 2


@pytest.mark.spec("DLM-14")
def test_a_palm_out_of_reach_is_asked_closer_and_after_twenty_seconds_it_fails(palm: Lock) -> None:
    open_menu(palm)
    palm.press("2", key_for(palm, PALM))
    palm.give(EnrolRetry(PALM, "too_far"))
    assert palm.prompts[-1] is Prompt.PALM_CLOSER
    assert stage(palm) is Stage.ENROLLING
    palm.advance(19_999)
    assert stage(palm) is Stage.ENROLLING
    palm.advance(2)
    assert (stage(palm), numbers(palm)) == (Stage.KINDS, [1])
    assert "palm" not in palm.lights.lamps


@pytest.mark.spec("DLM-3")
def test_a_card_is_enrolled_under_four(dl50: Lock) -> None:
    open_menu(dl50)
    dl50.press("2", "4")
    assert dl50.prompts[-1] is Prompt.HOLD_CARD
    dl50.card(CARD)
    assert (stage(dl50), dl50.state.directory.count(RFID)) == (Stage.KINDS, 1)


@pytest.mark.spec("DLM-3", "DLM-4")
@pytest.mark.parametrize(
    ("profile", "kinds"), [("dl50fvs", [FACE, FINGER, PIN, RFID]), ("palm6068", [FACE, PALM, FINGER, PIN])]
)
def test_each_kind_lies_on_the_key_of_the_manual(profile: str, kinds: list[CredentialType]) -> None:
    for place, kind in enumerate(kinds, start=1):
        lock = Lock(profile)
        lock.add("Anna", ANNA, admin=True)
        open_menu(lock)
        lock.press("2", str(place))
        assert menu(lock).kind is kind
        assert stage(lock) is (Stage.PASSCODE if kind is PIN else Stage.ENROLLING)
        lock.press("9")
        assert stage(lock) is (Stage.PASSCODE if kind is PIN else Stage.ENROLLING)


@pytest.mark.spec("MNU-1")
def test_back_ends_an_enrolment_at_a_reader(opened: Lock) -> None:
    opened.press("2", key_for(opened, FINGER))
    opened.learn(touches=4)
    opened.press("back")
    assert stage(opened) is Stage.KINDS
    opened.advance(1_000)
    opened.press(key_for(opened, FINGER))
    opened.learn()
    assert numbers(opened) == [1, 2]


@pytest.mark.spec("DLM-6")
def test_who_leaves_an_enrolment_hears_a_key_and_not_that_something_has_failed(opened: Lock) -> None:
    for kind in [kind for kind in opened.profile.enrol_items if kind is not PIN]:
        opened.press("2", key_for(opened, kind))
        opened.listen()
        opened.press("back")
        assert [sound.tone for sound in opened.of(Sound)] == [Tone.KEY]
        assert (opened.prompts, stage(opened)) == ([], Stage.KINDS)
        assert opened.fact(EventType.ENROLMENT_FAILED).reason == "cancelled"
        opened.press("back")
        opened.advance(1_000)


def test_an_enrolment_is_not_begun_while_the_reader_still_ends_another(opened: Lock) -> None:
    opened.reader_answers = False
    opened.press("2", key_for(opened, FINGER), "back", key_for(opened, FINGER))
    assert (opened.prompts[-1], stage(opened)) == (Prompt.NOT_POSSIBLE, Stage.KINDS)


def test_who_is_deleted_in_the_app_meanwhile_gets_nothing_more(opened: Lock) -> None:
    opened.press("2", key_for(opened, PIN))
    code(opened, BEN)
    (user_id,) = [user.id for user in opened.state.directory.users.values() if user.number == 2]
    opened.ok(DeleteUser, user_id=user_id)
    opened.press(key_for(opened, FINGER))
    assert (opened.prompts[-1], stage(opened)) == (Prompt.UNKNOWN_NUMBER, Stage.KINDS)


def test_an_administrator_who_is_deleted_in_the_app_is_out_of_the_menu(numbered: Lock) -> None:
    numbered.add("Cleo", BEN, admin=True)
    open_menu(numbered, BEN)
    numbered.press("2", key_for(numbered, FINGER))
    numbered.ok(DeleteUser, user_id="cleo")
    assert (stage(numbered), numbered.state.awake) == (None, False)
    assert numbered.prompts[-1] is Prompt.MENU_CLOSED
    assert numbered.state.enrolment is not None
    assert not numbered.state.enrolment.active


# Deleting


@pytest.mark.spec("DLM-8", "USR-5")
def test_a_user_is_deleted_by_her_number(opened: Lock) -> None:
    new_user(opened, BEN)
    new_user(opened, "620395")
    opened.press("3")
    assert opened.prompts[-1] is Prompt.ENTER_NUMBER
    opened.listen()
    opened.press(*"002", "ok")
    assert (numbers(opened), stage(opened)) == ([1, 3], Stage.TOP)
    assert (opened.tones, opened.prompts) == ([Tone.SUCCESS], [Prompt.DONE])
    assert opened.fact(EventType.USER_DELETED).source is OperationSource.KEYPAD
    opened.press("3", "3", "ok")
    assert numbers(opened) == [1]


@pytest.mark.spec("USR-4")
def test_an_unknown_number_runs_through_all_digits_with_the_failure_beep(opened: Lock) -> None:
    opened.press("3", "9", "ok")
    opened.listen()
    opened.press("9", "9", "9", "ok")
    assert opened.tones == [Tone.FAILURE]
    assert opened.prompts == [Prompt.UNKNOWN_NUMBER]
    assert blinked(opened) == ALL_DIGITS
    assert stage(opened) is Stage.NUMBER


@pytest.mark.spec("USR-4")
def test_after_it_another_number_may_be_typed_or_back_returns(opened: Lock) -> None:
    new_user(opened, BEN)
    opened.press("3", "9", "ok", "2", "ok")
    assert numbers(opened) == [1]
    opened.press("3", "9", "ok", "back")
    assert stage(opened) is Stage.TOP


@pytest.mark.spec("USR-3")
def test_the_last_administrator_cannot_be_deleted(opened: Lock) -> None:
    new_user(opened, BEN)
    opened.press("3")
    opened.listen()
    opened.press("1", "ok")
    assert (opened.tones, opened.prompts) == ([Tone.FAILURE], [Prompt.LAST_ADMINISTRATOR])
    assert blinked(opened) == ALL_DIGITS
    assert (numbers(opened), stage(opened)) == ([1, 2], Stage.NUMBER)


@pytest.mark.spec("USR-3")
def test_an_administrator_who_deletes_herself_is_out_of_the_menu(numbered: Lock) -> None:
    numbered.add("Cleo", BEN, admin=True)
    open_menu(numbered, BEN)
    numbered.press("3", "2", "ok")
    assert numbers(numbered) == [1]
    assert stage(numbered) is None


@pytest.mark.spec("DLM-8", "VER-2")
def test_back_drops_a_number_and_then_returns(opened: Lock) -> None:
    opened.press("3", "ok", *"0019", "back")
    assert (stage(opened), menu(opened).typed) == (Stage.NUMBER, "")
    opened.press("back")
    assert stage(opened) is Stage.TOP


# The other items


@pytest.mark.spec("BLT-12", "DLM-3", "DLM-4")
def test_the_doors_direction(opened: Lock) -> None:
    opened.press("4")
    assert opened.prompts == [Prompt.PRESS_DIRECTION]
    assert opened.lights.keys == {"1", "2", "back"}
    opened.press("3", "ok", "2")
    assert opened.state.settings.door_direction == "left"
    assert (stage(opened), opened.prompts[-1]) == (Stage.TOP, Prompt.DONE)
    assert opened.fact(EventType.SETTING_CHANGED).user_name == "Anna"
    opened.press("4", "1")
    assert opened.state.settings.door_direction == "right"
    opened.press("4", "back")
    assert stage(opened) is Stage.TOP


@pytest.mark.spec("DLM-9")
def test_clearing_the_bluetooth_pairing_drops_phones_and_the_custom_code(dl50: Lock) -> None:
    dl50.set(bluetooth=True)
    dl50.ok(SetBluetoothCode, code="620395")
    dl50.give(PhonePairs("phone", "620395"))
    open_menu(dl50)
    dl50.press("5")
    assert (dl50.prompts, dl50.lights.keys) == ([Prompt.CLEAR_BLUETOOTH], {"ok", "back"})
    dl50.press("back")
    assert (stage(dl50), dl50.state.modes.phones) == (Stage.TOP, ("phone",))
    dl50.press("5", "ok")
    assert dl50.state.modes.phones == ()
    assert dl50.state.modes.bluetooth_code_mac is None
    assert dl50.fact(EventType.BLUETOOTH_CLEARED).user_name == "Anna"
    assert (stage(dl50), dl50.prompts[-1]) == (Stage.TOP, Prompt.DONE)


@pytest.mark.spec("DLM-10", "SND-2")
def test_system_information_is_read_in_english_and_returns_by_itself(opened: Lock) -> None:
    opened.set(language="it")
    opened.press(item(opened, "system_information"))
    (said,) = [say for say in opened.of(Say) if say.prompt is Prompt.SYSTEM_INFORMATION]
    assert said.language == "en"
    assert said.values == {
        "serial": IDENTITY.serial,
        "version": IDENTITY.version,
        "code": IDENTITY.verification_code,
    }
    assert (stage(opened), opened.lights.keys) == (Stage.INFORMATION, {"back"})
    opened.listen_out()
    assert stage(opened) is Stage.TOP


@pytest.mark.spec("DLM-10")
def test_back_returns_earlier_and_other_keys_do_nothing(opened: Lock) -> None:
    opened.press(item(opened, "system_information"), "1", "ok")
    assert stage(opened) is Stage.INFORMATION
    assert opened.of(Hush) == []
    opened.press("back")
    assert stage(opened) is Stage.TOP
    assert len(opened.of(Hush)) == 1
    opened.give(SpeechEnded())
    assert stage(opened) is Stage.TOP


@pytest.mark.spec("DLM-3", "DLM-4")
def test_keys_that_are_no_item_do_nothing(opened: Lock) -> None:
    opened.press("0", "7", "8", "9", "ok", Key.LEAVE)
    assert stage(opened) is Stage.TOP
    assert [type(effect) for effect in opened.effects] == [StartTimer] * 6


# Around it


def test_readers_open_nothing_while_the_menu_is_open(opened: Lock) -> None:
    opened.finger(None)
    opened.finger(0)
    assert opened.facts == []


def test_the_rear_works_while_the_menu_is_open(opened: Lock) -> None:
    opened.press(Key.DOORBELL, Key.LOCK)
    assert EventType.DOORBELL in opened.events
    assert stage(opened) is Stage.TOP


@pytest.mark.spec("DLM-11")
def test_holding_set_leaves_the_menu_for_pairing_mode(opened: Lock) -> None:
    opened.press("2", key_for(opened, FINGER))
    opened.hold(Key.SET, 3_000)
    assert stage(opened) is None
    assert opened.state.enrolment is not None
    assert not opened.state.enrolment.active
    assert opened.of(ClosePairing) == []


def test_an_enrolment_of_the_app_keeps_the_menu_from_beginning_one(numbered: Lock) -> None:
    ask_for_menu(numbered)
    numbered.press("back")
    numbered.ok(StartEnrolment, user_id="anna", type=FINGER)
    open_menu(numbered)
    numbered.press("2", key_for(numbered, FINGER))
    assert (numbered.prompts[-1], stage(numbered)) == (Prompt.NOT_POSSIBLE, Stage.KINDS)
    numbered.learn()
    assert numbered.state.directory.count(FINGER) == 1
