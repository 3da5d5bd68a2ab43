"""The menu of short codes (L2S), key by key."""

import pytest

from lock_bridge.engine.effects import EndEnrolment, Prompt, Sound, Tone
from lock_bridge.engine.inputs import DeleteCredential, EnrolFailed, EnrolRetry, EnrolStep, Key
from lock_bridge.engine.menu_state import Stage
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Role
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import Lock
from tests.engine.menus import blinked, code, menu, open_menu, stage

FINGER, PIN, RFID = CredentialType.FINGERPRINT, CredentialType.PIN, CredentialType.RFID
CARD, OTHER_CARD = b"card", b"other card"


@pytest.fixture
def new() -> Lock:
    """A lock in its initial state: nothing is enrolled."""
    lock = Lock("l2s")
    lock.listen()
    return lock


@pytest.fixture
def opened(l2s: Lock) -> Lock:
    """Anna has opened the menu with her passcode."""
    open_menu(l2s)
    return l2s


def enrolled(lock: Lock, kind: CredentialType) -> list[int]:
    """The numbers of what is enrolled of a kind."""
    return sorted(number for found, number in lock.state.directory.credentials if found is kind)


def role_of(lock: Lock, kind: CredentialType, number: int) -> Role:
    """The role of whoever has a credential."""
    directory = lock.state.directory
    return directory.users[directory.credentials[kind, number].user_id].role


# Opening it


@pytest.mark.spec("L2S-1")
def test_in_the_initial_state_the_code_opens_the_menu_and_a_short_code_may_follow_at_once(new: Lock) -> None:
    new.enter("3571")
    assert new.prompts == [Prompt.MENU]
    opened = new.fact(EventType.MENU_OPENED)
    assert (opened.source, opened.user_id) == (OperationSource.KEYPAD, None)
    new.press(*"12", "ok")
    code(new, ANNA)
    assert enrolled(new, PIN) == [1]


@pytest.mark.spec("L2S-1")
def test_otherwise_an_administrator_verifies_first(l2s: Lock) -> None:
    l2s.enter("3571")
    assert (stage(l2s), l2s.prompts) == (Stage.VERIFY, [Prompt.VERIFY_ADMINISTRATOR])
    assert l2s.events == []
    l2s.press(*"12", "ok")
    assert stage(l2s) is Stage.VERIFY
    l2s.press(*ANNA, "ok")
    assert stage(l2s) is Stage.TOP
    assert l2s.fact(EventType.MENU_OPENED).user_name == "Anna"
    assert l2s.drives == []


@pytest.mark.spec("L2S-1")
def test_a_finger_or_a_card_of_an_administrator_opens_the_menu_too(l2s: Lock) -> None:
    slot = l2s.add_finger("anna")
    l2s.add_card("anna", CARD)
    for verify in (lambda: l2s.finger(slot), lambda: l2s.card(CARD)):
        l2s.enter("3571")
        verify()
        assert stage(l2s) is Stage.TOP
        l2s.press("back")
    assert l2s.drives == []


@pytest.mark.spec("L2S-1")
def test_the_code_opens_the_menu_only_when_typed_for_itself(l2s: Lock) -> None:
    l2s.enter("03571")
    assert stage(l2s) is None
    assert l2s.events == [EventType.ACCESS_REFUSED]


@pytest.mark.spec("L2S-1")
def test_the_other_models_have_no_such_code(numbered: Lock) -> None:
    numbered.enter("3571")
    assert stage(numbered) is None
    assert numbered.events == [EventType.ACCESS_REFUSED]


@pytest.mark.spec("MNU-2", "USR-1")
def test_a_wrong_verification_at_the_menu_counts(l2s: Lock) -> None:
    l2s.enter("3571")
    l2s.press(*"999999", "ok")
    assert len(l2s.state.lockout.failures) == 1
    for _ in range(4):
        l2s.press(*"999999", "ok")
    assert l2s.state.locked_out
    l2s.press(*ANNA, "ok")
    assert stage(l2s) is Stage.VERIFY


@pytest.mark.spec("MNU-2", "USR-1")
def test_a_right_one_of_a_mere_user_is_refused_and_does_not_count(l2s: Lock) -> None:
    l2s.add("Ben", BEN)
    l2s.listen()
    l2s.enter("3571")
    l2s.press(*BEN, "ok")
    assert stage(l2s) is Stage.VERIFY
    assert l2s.fact(EventType.ACCESS_REFUSED).reason == "not_administrator"
    assert Prompt.NOT_ADMINISTRATOR in l2s.prompts
    assert l2s.state.lockout.failures == ()
    assert l2s.drives == []


@pytest.mark.spec("L2S-3", "VER-2")
def test_the_star_drops_what_was_typed_for_the_verification_and_then_leaves(l2s: Lock) -> None:
    l2s.enter("3571")
    l2s.press("9", "9", "back")
    assert stage(l2s) is Stage.VERIFY
    l2s.press("back")
    assert (stage(l2s), l2s.state.awake) == (None, False)
    assert l2s.prompts[-1] is Prompt.MENU_CLOSED


# Short codes


@pytest.mark.spec("L2S-3")
def test_after_each_success_the_menu_is_open_again_until_the_star_leaves(opened: Lock) -> None:
    opened.press(*"12", "ok")
    code(opened, BEN)
    opened.press(*"41", "ok", *"12", "ok")
    code(opened, "620395")
    assert enrolled(opened, PIN) == [1, 2, 3]
    opened.press("back")
    assert stage(opened) is None
    assert opened.lights.keys == frozenset()


@pytest.mark.spec("L2S-2")
@pytest.mark.parametrize("wrong", ["1", "14", "51", "44", "10", "110", "3571", "99999"])
def test_what_is_no_short_code_fails_and_the_menu_stays(opened: Lock, wrong: str) -> None:
    opened.press(*wrong, "ok")
    assert opened.tones == [Tone.FAILURE]
    assert stage(opened) is Stage.TOP
    opened.press(*"42", "ok")
    assert opened.state.settings.volume == "low"


@pytest.mark.spec("L2S-2", "VER-2")
def test_in_the_menu_too_the_star_drops_what_was_typed_and_confirming_nothing_does_nothing(opened: Lock) -> None:
    opened.press("ok", "4", "back", "ok")
    assert (opened.tones, stage(opened)) == ([], Stage.TOP)
    opened.press(*"4", "back", *"43", "ok")
    assert opened.state.settings.volume == "mute"


@pytest.mark.spec("CAP-13", "VER-2")
def test_an_overlong_short_code_fails_and_is_dropped(opened: Lock) -> None:
    opened.press(*("1" * 20))
    assert opened.tones == []
    opened.press("1")
    assert opened.tones == [Tone.FAILURE]
    opened.press(*"42", "ok")
    assert opened.state.settings.volume == "low"


@pytest.mark.spec("L2S-2", "SND-1")
@pytest.mark.parametrize(("short", "volume"), [("41", "high"), ("42", "low"), ("43", "mute")])
def test_the_volume(opened: Lock, short: str, volume: str) -> None:
    opened.set(volume="low" if volume == "high" else "high")
    opened.listen()
    opened.press(*short, "ok")
    assert opened.disk.settings is not None
    assert opened.disk.settings.volume == volume
    changed = opened.fact(EventType.SETTING_CHANGED)
    assert (changed.data["value"], changed.user_name, changed.source) == (volume, "Anna", OperationSource.KEYPAD)
    assert opened.prompts == [Prompt.DONE]
    assert stage(opened) is Stage.TOP


# Adding


@pytest.mark.spec("L2S-4", "L2S-2", "CAP-14")
def test_a_fingerprint_takes_five_touches_each_asked_for_and_counted(opened: Lock) -> None:
    opened.press(*"11", "ok")
    assert (stage(opened), opened.prompts) == (Stage.ENROLLING, [Prompt.TOUCH_FINGER])
    assert opened.lights.keys == {"back"}
    for touch in range(1, 5):
        opened.listen()
        opened.give(EnrolStep(FINGER, touch))
        assert opened.lights.keys == {str(touch), "back"}
        assert opened.prompts == [Prompt.TOUCH_AGAIN]
    opened.learn()
    assert enrolled(opened, FINGER) == [1]
    assert Tone.SUCCESS in opened.tones
    opened.listen()
    assert stage(opened) is Stage.TOP


@pytest.mark.spec("L2S-4", "CAP-21")
def test_the_new_number_blinks_at_the_end(opened: Lock) -> None:
    for number in ("1", "2"):
        opened.press(*"11", "ok")
        opened.learn()
        opened.listen()
        assert blinked(opened) == number[1:]
    assert enrolled(opened, FINGER) == [1, 2]


@pytest.mark.spec("L2S-4", "L2S-5", "L2S-6")
@pytest.mark.parametrize("short", ["11", "12", "13"])
def test_whatever_is_added_its_number_blinks(opened: Lock, short: str) -> None:
    opened.press(*short, "ok")
    if short == "11":
        opened.learn(touches=4)
    opened.listen()
    match short:
        case "11":
            opened.learn()
        case "12":
            code(opened, BEN)
        case _:
            opened.card(CARD)
    assert blinked(opened) == ("2" if short == "12" else "1")


@pytest.mark.spec("L2S-4")
def test_a_touch_that_does_not_count_leaves_the_count_as_it_is(opened: Lock) -> None:
    opened.press(*"11", "ok")
    opened.learn(touches=2)
    opened.give(EnrolRetry(FINGER, "lift"))
    assert opened.lights.keys == {"2", "back"}
    assert opened.prompts[-1] is Prompt.LIFT_FINGER


@pytest.mark.spec("L2S-5", "L2S-2")
def test_a_passcode_is_typed_twice(opened: Lock) -> None:
    opened.press(*"12", "ok")
    assert opened.prompts == [Prompt.ENTER_PASSCODE]
    opened.press(*BEN, "ok")
    assert opened.prompts[1:] == [Prompt.ENTER_AGAIN]
    assert enrolled(opened, PIN) == [1]
    opened.press(*BEN, "ok")
    assert enrolled(opened, PIN) == [1, 2]
    assert opened.tones == [Tone.SUCCESS]
    opened.press("back")
    opened.open_with(BEN)
    assert opened.is_open


@pytest.mark.spec("L2S-5")
def test_two_that_differ_fail_and_the_menu_is_back(opened: Lock) -> None:
    opened.press(*"12", "ok", *BEN, "ok", *"730514", "ok")
    assert (opened.tones, stage(opened)) == ([Tone.FAILURE], Stage.TOP)
    assert opened.prompts[-1] is Prompt.CODES_DIFFER
    assert enrolled(opened, PIN) == [1]
    assert menu(opened).first == ""


@pytest.mark.spec("CAP-11", "CAP-20")
@pytest.mark.parametrize(("digits", "said"), [("12", Prompt.PASSCODE_LENGTH), (ANNA, Prompt.EXISTS_ALREADY)])
def test_a_code_that_breaks_a_rule_is_refused_with_that_rule(opened: Lock, digits: str, said: Prompt) -> None:
    opened.press(*"12", "ok", *digits, "ok")
    assert (opened.tones, opened.prompts[-1], stage(opened)) == ([Tone.FAILURE], said, Stage.TOP)
    assert enrolled(opened, PIN) == [1]


@pytest.mark.spec("CAP-12", "CAP-18")
def test_runs_and_repeats_are_let_in_until_the_setting_refuses_them(opened: Lock) -> None:
    opened.press(*"12", "ok")
    code(opened, "123456")
    assert enrolled(opened, PIN) == [1, 2]
    opened.set(refuse_simple_passcodes=True)
    opened.press(*"12", "ok", *"777777", "ok")
    assert opened.prompts[-1] is Prompt.PASSCODE_SIMPLE
    assert enrolled(opened, PIN) == [1, 2]


@pytest.mark.spec("CAP-11")
def test_the_eleventh_digit_fails_and_the_code_may_be_typed_anew(opened: Lock) -> None:
    opened.press(*"12", "ok", *"48291374650")
    assert (opened.tones, opened.prompts[-1]) == ([Tone.FAILURE], Prompt.PASSCODE_LENGTH)
    code(opened, BEN)
    assert enrolled(opened, PIN) == [1, 2]


@pytest.mark.spec("VER-2", "L2S-5")
def test_the_star_drops_digits_of_a_new_code_and_then_goes_back_to_the_menu(opened: Lock) -> None:
    opened.press(*"12", "ok", *BEN, "ok", *"73", "back")
    assert stage(opened) is Stage.PASSCODE_AGAIN
    opened.press("back")
    assert stage(opened) is Stage.TOP
    opened.press(*"12", "ok", "ok")
    assert stage(opened) is Stage.PASSCODE


@pytest.mark.spec("L2S-6", "L2S-2")
def test_a_card_is_held_to_the_reader(opened: Lock) -> None:
    opened.press(*"13", "ok")
    assert opened.prompts == [Prompt.HOLD_CARD]
    opened.card(CARD)
    assert (enrolled(opened, RFID), stage(opened)) == ([1], Stage.TOP)
    opened.press("back")
    opened.card(CARD)
    opened.settle()
    assert opened.is_open


@pytest.mark.spec("L2S-7")
def test_nothing_can_be_enrolled_a_second_time(opened: Lock) -> None:
    opened.press(*"13", "ok")
    opened.card(CARD)
    for short, again in (
        ("13", lambda: opened.card(CARD)),
        ("12", lambda: opened.press(*ANNA, "ok")),
        ("11", lambda: opened.give(EnrolFailed(FINGER, "duplicate"))),
    ):
        opened.press(*short, "ok")
        again()
        assert opened.prompts[-1] is Prompt.EXISTS_ALREADY
        assert stage(opened) is Stage.TOP
    assert len(opened.state.directory.credentials) == 2


@pytest.mark.spec("USR-8")
def test_what_the_initial_menu_enrols_is_an_administrators_and_later_ones_are_users(new: Lock) -> None:
    new.enter("3571")
    new.press(*"12", "ok")
    code(new, ANNA)
    new.press(*"13", "ok")
    new.card(CARD)
    new.press("back")
    open_menu(new)
    new.press(*"13", "ok")
    new.card(OTHER_CARD)
    roles = [role_of(new, PIN, 1), role_of(new, RFID, 1), role_of(new, RFID, 2)]
    assert roles == [Role.ADMINISTRATOR, Role.ADMINISTRATOR, Role.USER]
    assert all(user.number is None for user in new.state.directory.users.values())


@pytest.mark.spec("CAP-2", "CAP-20")
def test_with_fifty_passcodes_there_is_no_room_for_another(opened: Lock) -> None:
    for number in range(2, 51):
        opened.add(f"U{number}", f"{number:02}9306")
    opened.press(*"12", "ok", *"620395", "ok")
    assert (opened.prompts[-1], stage(opened)) == (Prompt.NO_ROOM, Stage.TOP)


@pytest.mark.spec("CAP-11")
def test_with_more_than_ten_codes_a_longer_one_is_proposed(opened: Lock) -> None:
    for number in range(2, 12):
        opened.press(*"12", "ok")
        assert opened.prompts[-1] is Prompt.ENTER_PASSCODE
        code(opened, f"{number:02}9306")
    opened.press(*"12", "ok")
    assert opened.prompts[-1] is Prompt.ENTER_LONG_PASSCODE


@pytest.mark.spec("MNU-1")
def test_the_star_ends_an_enrolment_and_other_keys_do_not(opened: Lock) -> None:
    opened.press(*"11", "ok")
    opened.learn(touches=3)
    opened.press("5", "ok")
    assert stage(opened) is Stage.ENROLLING
    opened.listen()
    opened.press("back")
    assert [sound.tone for sound in opened.of(Sound)] == [Tone.KEY]
    assert opened.prompts == []
    assert stage(opened) is Stage.TOP
    assert len(opened.of(EndEnrolment)) == 1
    assert enrolled(opened, FINGER) == []


def test_a_reader_that_fails_leaves_the_menu_open(opened: Lock) -> None:
    opened.press(*"11", "ok")
    opened.give(EnrolFailed(FINGER, "fault"))
    assert (stage(opened), enrolled(opened, FINGER)) == (Stage.TOP, [])


# Deleting


@pytest.mark.spec("L2S-8", "L2S-2")
def test_deleting_shows_the_number_and_asks_for_the_hash(opened: Lock) -> None:
    opened.press(*"13", "ok")
    opened.card(CARD)
    opened.press(*"23", "ok")
    assert opened.prompts[-1] is Prompt.ENTER_NUMBER
    opened.advance(3_000)
    opened.listen()
    opened.press("0", "1", "ok")
    assert (stage(opened), opened.prompts) == (Stage.CONFIRM, [Prompt.CONFIRM])
    assert blinked(opened) == "1"
    assert enrolled(opened, RFID) == [1]
    opened.press("ok")
    assert (enrolled(opened, RFID), stage(opened)) == ([], Stage.TOP)
    assert opened.fact(EventType.CREDENTIAL_DELETED).source is OperationSource.KEYPAD


@pytest.mark.spec("L2S-8")
@pytest.mark.parametrize("other", ["back", "1", "0"])
def test_any_other_key_deletes_nothing(opened: Lock, other: str) -> None:
    opened.press(*"13", "ok")
    opened.card(CARD)
    opened.press(*"23", "ok", "1", "ok", other)
    assert (enrolled(opened, RFID), stage(opened)) == ([1], Stage.TOP)
    opened.press("ok")
    assert enrolled(opened, RFID) == [1]


@pytest.mark.spec("L2S-8")
@pytest.mark.parametrize(("short", "kind"), [("21", FINGER), ("22", PIN), ("23", RFID)])
def test_each_kind_is_deleted_by_its_own_code(l2s: Lock, short: str, kind: CredentialType) -> None:
    l2s.add("Ben", BEN)
    l2s.add_finger("ben")
    l2s.add_card("ben", CARD)
    open_menu(l2s)
    number = "2" if kind is PIN else "1"
    before = len(l2s.state.directory.credentials)
    l2s.press(*short, "ok", number, "ok", "ok")
    assert int(number) not in enrolled(l2s, kind)
    assert len(l2s.state.directory.credentials) == before - 1


@pytest.mark.spec("USR-4")
def test_an_unknown_number_fails_and_the_menu_is_back(opened: Lock) -> None:
    opened.press(*"22", "ok", "9", "ok")
    assert (opened.tones, stage(opened)) == ([Tone.FAILURE], Stage.TOP)
    assert opened.prompts[-1] is Prompt.UNKNOWN_NUMBER
    assert enrolled(opened, PIN) == [1]


@pytest.mark.spec("L2S-8")
def test_the_credential_that_opened_the_menu_cannot_be_deleted(opened: Lock) -> None:
    opened.press(*"22", "ok", "1", "ok")
    assert (opened.tones, stage(opened)) == ([Tone.FAILURE], Stage.TOP)
    assert opened.prompts[-1] is Prompt.NOT_POSSIBLE
    opened.press("ok")
    assert enrolled(opened, PIN) == [1]


@pytest.mark.spec("L2S-8", "USR-8")
def test_in_the_initial_menu_all_can_be_deleted(new: Lock) -> None:
    new.enter("3571")
    new.press(*"12", "ok")
    code(new, ANNA)
    new.press(*"22", "ok", "1", "ok", "ok")
    assert new.state.directory.credentials == {}
    assert new.state.directory.users == {}


def test_the_star_drops_a_number_and_then_goes_back_to_the_menu(opened: Lock) -> None:
    opened.press(*"22", "ok", "ok", "1", "back")
    assert stage(opened) is Stage.NUMBER
    opened.press("back")
    assert stage(opened) is Stage.TOP
    opened.press(*"22", "ok", *"1234")
    assert opened.tones == [Tone.FAILURE]
    assert stage(opened) is Stage.NUMBER


def test_what_the_app_has_deleted_meanwhile_is_not_there_any_more(opened: Lock) -> None:
    opened.add("Ben", BEN)
    opened.press(*"22", "ok", "2", "ok")
    opened.ok(DeleteCredential, type=PIN, number=2)
    opened.press("ok")
    assert (opened.prompts[-1], stage(opened)) == (Prompt.UNKNOWN_NUMBER, Stage.TOP)


# Clearing and initialising


@pytest.mark.spec("L2S-9", "L2S-2")
def test_a_kind_is_cleared_after_the_hash(l2s: Lock) -> None:
    l2s.add_finger("anna")
    l2s.add_finger("anna")
    open_menu(l2s)
    l2s.press(*"31", "ok")
    assert (l2s.prompts, enrolled(l2s, FINGER)) == ([Prompt.CONFIRM], [1, 2])
    l2s.press("5")
    assert enrolled(l2s, FINGER) == [1, 2]
    l2s.press(*"31", "ok", "ok")
    assert (enrolled(l2s, FINGER), stage(l2s)) == ([], Stage.TOP)


@pytest.mark.spec("L2S-9")
def test_the_kind_that_opened_the_menu_cannot_be_cleared(opened: Lock) -> None:
    opened.add("Ben", BEN)
    opened.listen()
    opened.press(*"32", "ok")
    assert (opened.tones, stage(opened)) == ([Tone.FAILURE], Stage.TOP)
    opened.press("ok")
    assert enrolled(opened, PIN) == [1, 2]
    opened.press(*"33", "ok", "ok")
    assert Tone.SUCCESS in opened.tones


@pytest.mark.spec("L2S-9", "USR-8")
def test_in_the_initial_menu_any_kind_can_be_cleared(new: Lock) -> None:
    new.enter("3571")
    new.press(*"12", "ok")
    code(new, ANNA)
    new.press(*"32", "ok", "ok")
    assert new.state.directory.credentials == {}


@pytest.mark.spec("L2S-10", "L2S-2")
def test_initialising_takes_all_credentials_and_leaves_volume_and_people_of_the_app(l2s: Lock) -> None:
    l2s.add_finger("anna")
    open_menu(l2s)
    l2s.press(*"42", "ok", *"3570", "ok")
    assert l2s.prompts[-1] is Prompt.CONFIRM
    l2s.press("7")
    assert len(l2s.state.directory.credentials) == 2
    l2s.press(*"3570", "ok", "ok")
    assert l2s.state.directory.credentials == {}
    assert l2s.reader == set()
    assert l2s.state.settings.volume == "low"
    assert not l2s.state.locked_out


@pytest.mark.spec("L2S-10", "USR-8")
def test_after_initialising_the_menu_is_that_of_the_initial_state(opened: Lock) -> None:
    opened.press(*"3570", "ok", "ok", *"12", "ok")
    code(opened, BEN)
    assert role_of(opened, PIN, 1) is Role.ADMINISTRATOR
    opened.press("back")
    open_menu(opened, BEN)


# Around it


@pytest.mark.spec("L2S-1", "MNU-2")
def test_who_takes_the_lock_into_use_by_the_app_ends_a_strangers_initial_menu(new: Lock) -> None:
    new.enter("3571")
    new.press(*"12", "ok", *BEN, "ok", *BEN)
    new.add("Anna", ANNA, admin=True)
    assert (stage(new), new.state.awake) == (None, False)
    new.press("back", "ok", "ok")
    assert enrolled(new, PIN) == [1]


def test_readers_open_nothing_while_the_menu_is_open(opened: Lock) -> None:
    opened.finger(None)
    opened.card(CARD)
    assert opened.facts == []
    assert stage(opened) is Stage.TOP


def test_the_doorbell_rings_from_the_menu_too(opened: Lock) -> None:
    opened.press(Key.DOORBELL)
    assert opened.events == [EventType.DOORBELL]
    assert stage(opened) is Stage.TOP
