"""Credentials from the app: duress and temporary passcodes, Bluetooth keys, labels, owners, and clearing."""

from typing import Any

import pytest

from lock_bridge.engine.effects import Answer, DeleteTemplates, DropUser
from lock_bridge.engine.inputs import (
    AddBluetoothKey,
    AddTemporaryPasscode,
    ChangeCredential,
    ChangeUser,
    ClearCredentials,
    DeleteCredential,
    SetPasscode,
    StartEnrolment,
)
from lock_bridge.engine.model import Credential, User
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType, Role
from tests.engine.conftest import ANNA, BEN, lock_with_anna
from tests.engine.lock import HOUR, Lock
from tests.engine.menus import code, open_menu

PIN, FINGER, RFID, BLE = CredentialType.PIN, CredentialType.FINGERPRINT, CredentialType.RFID, CredentialType.BLE
DURESS = "604182"
VISITOR = "271845"
KEY_ID = b"key 0001"


def detail(lock: Lock) -> dict[str, Any]:
    """What the last refusal says of its limit."""
    return dict([answer for answer in lock.of(Answer) if answer.error is not None][-1].detail)


def temporary(lock: Lock, user_id: str = "anna", code: str = VISITOR, **limits: Any) -> Credential:
    """Give a visitor a code."""
    lock.secrets.add(code)
    number = lock.ok(AddTemporaryPasscode, user_id=user_id, passcode=code, **limits)["number"]
    return lock.disk.credentials[PIN, number]


def names(lock: Lock) -> set[str]:
    """Who is on the lock."""
    return {user.name for user in lock.disk.users.values()}


@pytest.fixture
def phones(palm: Lock) -> Lock:
    """A lock with its Bluetooth on."""
    palm.set(bluetooth=True)
    palm.listen()
    return palm


@pytest.mark.spec("VER-12", "CAP-7", "APP-2")
def test_a_duress_passcode_is_beside_the_own_one_and_each_takes_its_own_place(lock: Lock) -> None:
    """Of APP-2 the passcode and the duress passcode."""
    assert lock.ok(SetPasscode, user_id="anna", passcode=DURESS, duress=True) == {"number": 2}
    assert lock.ok(SetPasscode, user_id="anna", passcode="938251", duress=True) == {"number": 2}
    assert lock.ok(SetPasscode, user_id="anna", passcode="350917") == {"number": 1}
    own, duress = lock.state.directory.of_user("anna", PIN)
    assert (own.duress, duress.duress) == (False, True)
    lock.open_with(ANNA)
    lock.open_with(DURESS)
    assert not lock.is_open
    lock.open_with("350917")
    assert lock.is_open


def test_a_passcode_that_takes_anothers_place_is_a_change_and_says_no_digit(lock: Lock) -> None:
    lock.ok(SetPasscode, user_id="anna", passcode=BEN)
    changed = lock.fact(EventType.CREDENTIAL_CHANGED)
    assert (changed.user_name, changed.credential_number, dict(changed.data)) == ("Anna", 1, {"changed": ["passcode"]})


@pytest.mark.spec("VER-12")
def test_what_is_done_to_a_duress_passcode_says_so_in_the_journal(lock: Lock) -> None:
    lock.ok(SetPasscode, user_id="anna", passcode=DURESS, duress=True)
    lock.ok(SetPasscode, user_id="anna", passcode="938251", duress=True)
    lock.ok(DeleteCredential, type=PIN, number=2)
    lock.ok(SetPasscode, user_id="anna", passcode="350917")
    told = [(fact.type, fact.credential_number, dict(fact.data)) for fact in lock.facts]
    assert told == [
        (EventType.CREDENTIAL_ADDED, 2, {"duress": True}),
        (EventType.CREDENTIAL_CHANGED, 2, {"changed": ["passcode"], "duress": True}),
        (EventType.CREDENTIAL_DELETED, 2, {"duress": True}),
        (EventType.CREDENTIAL_CHANGED, 1, {"changed": ["passcode"]}),
    ]


def test_the_duress_passcode_cannot_be_the_own_one(lock: Lock) -> None:
    assert lock.refused(SetPasscode, user_id="anna", passcode=ANNA, duress=True) is ErrorCode.DUPLICATE
    assert lock.refused(SetPasscode, user_id="anna", passcode=ANNA + "1", duress=True) is ErrorCode.PASSCODE_CONTAINS


@pytest.mark.spec("CAP-11", "CAP-12", "CAP-18", "CAP-20", "VER-13")
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("12345", ErrorCode.PASSCODE_LENGTH),
        ("59203174658", ErrorCode.PASSCODE_LENGTH),
        ("592O31", ErrorCode.PASSCODE_LENGTH),
        ("234567", ErrorCode.PASSCODE_SIMPLE),
        ("777777", ErrorCode.PASSCODE_SIMPLE),
        (ANNA, ErrorCode.DUPLICATE),
        ("5" + ANNA, ErrorCode.PASSCODE_CONTAINS),
    ],
)
def test_a_temporary_passcode_keeps_the_rules_of_all_passcodes(palm: Lock, code: str, error: ErrorCode) -> None:
    assert palm.refused(AddTemporaryPasscode, user_id="anna", passcode=code) is error
    assert palm.facts == []


@pytest.mark.spec("CAP-20", "VER-13", "VER-14")
@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"label": "x" * 65}, "label"),
        ({"label": "two\nlines"}, "label"),
        ({"valid_from_ms": -1}, "valid_from_ms"),
        ({"valid_until_ms": 10**15}, "valid_until_ms"),
        ({"valid_from_ms": 5, "valid_until_ms": 5}, "valid_until_ms"),
        ({"uses": 0}, "uses"),
        ({"uses": 100_001}, "uses"),
    ],
)
def test_limits_that_cannot_be_are_refused_by_their_name(phones: Lock, limits: dict[str, Any], field: str) -> None:
    lock = phones
    assert lock.refused(AddTemporaryPasscode, user_id="anna", passcode=VISITOR, **limits) is ErrorCode.BAD_REQUEST
    assert detail(lock) == {"field": field}
    assert lock.refused(AddBluetoothKey, user_id="anna", key_id=KEY_ID, **limits) is ErrorCode.BAD_REQUEST
    assert detail(lock) == {"field": field}


def test_a_visitor_is_somebodys(phones: Lock) -> None:
    assert phones.refused(AddTemporaryPasscode, user_id="ghost", passcode=VISITOR) is ErrorCode.UNKNOWN_USER
    assert phones.refused(AddBluetoothKey, user_id="ghost", key_id=KEY_ID) is ErrorCode.UNKNOWN_USER


@pytest.mark.spec("VER-13")
def test_a_temporary_passcode_without_an_end_opens_once(lock: Lock) -> None:
    assert temporary(lock).uses_left == 1
    assert temporary(lock, code="604183", valid_until_ms=lock.wall_ms + HOUR).uses_left is None
    assert temporary(lock, code="604184", valid_until_ms=lock.wall_ms + HOUR, uses=3).uses_left == 3


@pytest.mark.spec("CAP-2", "CAP-20", "CAP-21", "VER-13")
def test_where_all_numbers_are_taken_a_code_that_is_used_up_gives_its_own(lock: Lock) -> None:
    """CAP-2: temporary ones are counted in."""
    temporary(lock)
    lock.holds(*(Credential(PIN, number, "anna", mac=bytes([number]) * 32) for number in range(3, 51)))
    assert lock.refused(AddTemporaryPasscode, user_id="anna", passcode="604183") is ErrorCode.NO_SLOT_LEFT
    assert detail(lock) == {"limit": 50}
    lock.open_with(VISITOR)
    lock.listen()
    assert temporary(lock, code="604183").number == 2
    assert lock.events == [EventType.CREDENTIAL_DELETED, EventType.CREDENTIAL_ADDED]
    assert lock.refused(SetPasscode, user_id="anna", passcode="604185", duress=True) is ErrorCode.NO_SLOT_LEFT


@pytest.mark.spec("USR-8")
def test_whoever_had_only_a_code_that_is_used_up_goes_with_it_but_not_for_a_code_of_her_own(l2s: Lock) -> None:
    used = {"temporary": True, "uses_left": 0}
    for digits in ("604183", "604184"):
        l2s.holds(User("keypad", "Passcode 2", made_at_lock=True))
        l2s.holds(Credential(PIN, 2, "keypad", mac=b"used" * 8, **used))
        l2s.holds(*(Credential(PIN, number, "anna", mac=bytes([number]) * 32) for number in range(3, 51)))
        l2s.listen()
        owner = "keypad" if digits == "604183" else "anna"
        assert temporary(l2s, owner, digits).number == 2
        assert l2s.of(DropUser) == ([] if owner == "keypad" else [DropUser("keypad")])
        l2s.ok(DeleteCredential, type=PIN, number=2)


@pytest.mark.spec("VER-14", "APP-3")
def test_a_bluetooth_key_is_kept_by_its_id_with_its_limits(phones: Lock) -> None:
    """Of APP-3 the Bluetooth key."""
    limits = {"valid_from_ms": 5, "valid_until_ms": phones.wall_ms + HOUR, "uses": 4}
    assert phones.ok(AddBluetoothKey, user_id="anna", key_id=KEY_ID, label=" Cleaner ", **limits) == {"number": 1}
    key = phones.disk.credentials[BLE, 1]
    assert (key.mac, key.label, key.valid_from_ms, key.valid_until_ms) == (KEY_ID, "Cleaner", 5, phones.wall_ms + HOUR)
    assert (key.uses_left, key.counter, key.temporary) == (4, 0, False)
    assert phones.refused(AddBluetoothKey, user_id="anna", key_id=KEY_ID) is ErrorCode.DUPLICATE


@pytest.mark.spec("VER-14")
def test_a_bluetooth_key_is_not_made_where_nobody_could_use_it(palm: Lock, l2s: Lock) -> None:
    assert palm.refused(AddBluetoothKey, user_id="anna", key_id=KEY_ID) is ErrorCode.BLUETOOTH_OFF
    assert l2s.refused(AddBluetoothKey, user_id="anna", key_id=KEY_ID) is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("CAP-20", "CAP-21")
def test_a_lock_holds_fifty_bluetooth_keys_and_one_that_is_used_up_makes_room(phones: Lock) -> None:
    phones.holds(*(Credential(BLE, number, "anna", mac=bytes([number]) * 8) for number in range(1, 51)))
    assert phones.refused(AddBluetoothKey, user_id="anna", key_id=KEY_ID) is ErrorCode.NO_SLOT_LEFT
    phones.holds(Credential(BLE, 33, "anna", mac=bytes([33]) * 8, uses_left=0))
    assert phones.ok(AddBluetoothKey, user_id="anna", key_id=KEY_ID) == {"number": 33}


@pytest.mark.spec("USR-3", "VER-13", "VER-14")
def test_what_was_given_to_visitors_does_not_make_up_for_an_administrators_own(phones: Lock) -> None:
    temporary(phones, valid_until_ms=phones.wall_ms + HOUR)
    phones.ok(AddBluetoothKey, user_id="anna", key_id=KEY_ID)
    assert phones.refused(DeleteCredential, type=PIN, number=1) is ErrorCode.LAST_ADMINISTRATOR
    phones.add_finger("anna")
    phones.ok(DeleteCredential, type=PIN, number=1)


def test_a_credential_gets_a_label(lock: Lock) -> None:
    lock.ok(ChangeCredential, type=PIN, number=1, changes={"label": " the long one "})
    assert lock.disk.credentials[PIN, 1].label == "the long one"
    changed = lock.fact(EventType.CREDENTIAL_CHANGED)
    assert (changed.credential_number, dict(changed.data)) == (1, {"changed": ["label"]})
    lock.listen()
    lock.ok(ChangeCredential, type=PIN, number=1, changes={"label": "the long one"})
    assert lock.facts == []
    lock.ok(ChangeCredential, type=PIN, number=1, changes={"label": ""})
    lock.open_with(ANNA)
    assert lock.is_open


@pytest.mark.spec("VER-12")
def test_a_finger_may_be_marked_as_duress_and_no_other_credential(lock: Lock) -> None:
    slot = lock.add_finger("anna")
    lock.ok(ChangeCredential, type=FINGER, number=1, changes={"duress": True})
    lock.listen()
    lock.finger(slot)
    lock.settle()
    assert lock.is_open
    assert lock.fact(EventType.DURESS).user_name == "Anna"
    assert lock.refused(ChangeCredential, type=PIN, number=1, changes={"duress": True}) is ErrorCode.NOT_SUPPORTED


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"label": 5}, ErrorCode.BAD_REQUEST),
        ({"label": "x" * 65}, ErrorCode.BAD_REQUEST),
        ({"duress": "yes"}, ErrorCode.BAD_REQUEST),
        ({"number": 3}, ErrorCode.BAD_REQUEST),
        ({"label": "good", "mac": "00"}, ErrorCode.BAD_REQUEST),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(lock: Lock, changes: dict[str, Any], error: ErrorCode) -> None:
    lock.add_finger("anna")
    assert lock.refused(ChangeCredential, type=FINGER, number=1, changes=changes) is error
    assert lock.refused(ChangeCredential, type=FINGER, number=9, changes={}) is ErrorCode.UNKNOWN_CREDENTIAL


@pytest.mark.spec("USR-8")
def test_on_l2s_the_app_groups_credentials_under_a_person(l2s: Lock) -> None:
    """What was enrolled at the keypad is a user's of its own until then; she goes when nothing is hers any more."""
    l2s.holds(User("keypad", "Card 1", made_at_lock=True), Credential(RFID, 1, "keypad", mac=b"c" * 32))
    l2s.add("Ben")
    l2s.listen()
    l2s.ok(ChangeCredential, type=RFID, number=1, changes={"user_id": "ben"})
    assert l2s.state.directory.of_user("ben")[0].type is RFID
    assert names(l2s) == {"Anna", "Ben"}
    assert l2s.fact(EventType.CREDENTIAL_CHANGED).user_name == "Ben"
    refused = {"type": RFID, "number": 1}
    for owner in ("ghost", 7):
        assert l2s.refused(ChangeCredential, **refused, changes={"user_id": owner}) is ErrorCode.UNKNOWN_USER


@pytest.mark.spec("USR-8")
def test_who_was_made_at_the_keypad_and_is_being_enrolled_is_not_enrolled_when_she_goes(l2s: Lock) -> None:
    l2s.holds(User("keypad", "Card 1", made_at_lock=True), Credential(RFID, 1, "keypad", mac=b"c" * 32))
    for end in (
        lambda: l2s.ok(ChangeCredential, type=RFID, number=1, changes={"user_id": "anna"}),
        lambda: l2s.ok(DeleteCredential, type=RFID, number=1),
    ):
        l2s.holds(User("keypad", "Card 1", made_at_lock=True), Credential(RFID, 1, "keypad", mac=b"c" * 32))
        l2s.ok(StartEnrolment, user_id="keypad", type=FINGER)
        end()
        assert l2s.state.enrolment is not None
        assert l2s.state.enrolment.status is EnrolmentStatus.CANCELLED
        assert names(l2s) == {"Anna"}
        l2s.advance(0)


@pytest.mark.spec("USR-8")
def test_who_was_made_at_the_keypad_stays_once_the_app_has_named_her(l2s: Lock) -> None:
    l2s.holds(User("keypad", "Card 1", made_at_lock=True), Credential(RFID, 1, "keypad", mac=b"c" * 32))
    l2s.ok(ChangeUser, user_id="keypad", changes={"role": "user"})
    assert l2s.disk.users["keypad"].made_at_lock
    l2s.ok(ChangeUser, user_id="keypad", changes={"name": "Cara"})
    l2s.ok(DeleteCredential, type=RFID, number=1)
    assert names(l2s) == {"Anna", "Cara"}


def test_where_users_are_numbered_a_credential_stays_its_users(palm: Lock) -> None:
    palm.add("Ben")
    assert palm.refused(ChangeCredential, type=PIN, number=1, changes={"user_id": "ben"}) is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("USR-3", "USR-8")
def test_the_last_administrators_credential_cannot_be_given_to_a_user(l2s: Lock) -> None:
    l2s.add("Ben")
    change = {"type": PIN, "number": 1, "changes": {"user_id": "ben"}}
    assert l2s.refused(ChangeCredential, **change) is ErrorCode.LAST_ADMINISTRATOR
    l2s.ok(ChangeUser, user_id="ben", changes={"role": Role.ADMINISTRATOR})
    l2s.ok(ChangeCredential, **change)


def test_all_of_a_user_of_a_kind_or_of_a_users_kind_is_cleared_at_once(lock: Lock) -> None:
    lock.add("Ben", BEN)
    slots = {lock.add_finger("ben"), lock.add_finger("ben")}
    hers = lock.add_finger("anna")
    lock.listen()
    assert lock.ok(ClearCredentials, user_id="ben", type=FINGER) == {"deleted": 2}
    assert lock.of(DeleteTemplates) == [DeleteTemplates(FINGER, frozenset(slots))]
    assert lock.events == [EventType.CREDENTIAL_DELETED] * 2
    assert {item.type for item in lock.disk.credentials.values()} == {PIN, FINGER}
    assert lock.ok(ClearCredentials, user_id="ben") == {"deleted": 1}
    assert lock.ok(ClearCredentials, user_id="ben") == {"deleted": 0}
    assert lock.ok(ClearCredentials, type=FINGER) == {"deleted": 1}
    assert lock.reader == set(), hers
    assert lock.state.directory.credentials.keys() == {(PIN, 1)}
    assert lock.disk.users.keys() == {"anna", "ben"}


@pytest.mark.spec("USR-3")
def test_clearing_leaves_an_administrator_a_credential_or_clears_nothing(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.add_finger("ben")
    assert lock.refused(ClearCredentials, type=PIN) is ErrorCode.LAST_ADMINISTRATOR
    assert lock.refused(ClearCredentials, user_id="anna") is ErrorCode.LAST_ADMINISTRATOR
    lock.add_finger("anna")
    assert lock.ok(ClearCredentials, type=PIN) == {"deleted": 2}


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ({}, ErrorCode.BAD_REQUEST),
        ({"user_id": "ghost"}, ErrorCode.UNKNOWN_USER),
        ({"type": CredentialType.PALM_VEIN}, ErrorCode.NOT_SUPPORTED),
    ],
)
def test_what_is_cleared_has_to_be_named_and_there(l2s: Lock, what: dict[str, Any], error: ErrorCode) -> None:
    assert l2s.refused(ClearCredentials, **what) is error


@pytest.mark.spec("CAP-7", "CAP-21")
def test_of_a_code_that_is_part_of_a_longer_one_only_the_longer_ones_user_comes_in_with_that(lock: Lock) -> None:
    """The shorter one cannot be refused, for of the longer one only a MAC is kept; no harm is done (VER-4)."""
    lock.add("Ben", "77" + BEN)
    lock.add("Cara", BEN)
    lock.listen()
    lock.open_with("77" + BEN)
    assert lock.fact(EventType.ACCESS_GRANTED).user_name == "Ben"


@pytest.mark.spec("CAP-7")
@pytest.mark.parametrize("profile", ["dl50fvs", "palm6068"])
def test_who_gets_a_passcode_in_the_app_while_she_types_one_at_the_keypad_has_one(profile: str) -> None:
    lock = lock_with_anna(profile)
    open_menu(lock)
    lock.press("2", str(lock.profile.enrol_items.index(FINGER) + 1))
    lock.learn()
    (new,) = lock.disk.users.keys() - {"anna"}
    lock.listen_out()
    lock.press("back", str(lock.profile.enrol_items.index(PIN) + 1))
    lock.ok(SetPasscode, user_id=new, passcode=BEN)
    code(lock, "350917")
    assert [item.number for item in lock.state.directory.of_user(new, PIN)] == [2]
    lock.press("back", "back", "back")
    lock.advance(60_000)
    lock.open_with(BEN)
    assert not lock.is_open
    lock.open_with("350917")
    assert lock.is_open
