"""Users: numbers, roles, names, and who cannot go."""

from typing import Any

import pytest

from lock_bridge.engine.effects import DeleteTemplates, DropUser, Record, SaveUser
from lock_bridge.engine.inputs import AddUser, ChangeUser, ClearUsers, DeleteCredential, DeleteUser, StartEnrolment
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EnrolmentStatus, EventType, OperationSource, Role
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import Lock

PIN = CredentialType.PIN


def number_of(lock: Lock, user_id: str) -> int | None:
    """A user's number on the lock."""
    return lock.disk.users[user_id].number


@pytest.mark.spec("USR-2", "CAP-21")
def test_a_new_user_takes_the_lowest_free_number(palm: Lock) -> None:
    """Of USR-2 the number; its blinking is the menu's."""
    assert number_of(palm, "anna") == 1
    assert palm.ok(AddUser, user_id="ben", name="Ben") == {"user_id": "ben", "number": 2}
    palm.add("Cara")
    palm.ok(DeleteUser, user_id="ben")
    palm.add("Dora")
    palm.add("Emil")
    assert [number_of(palm, user) for user in ("anna", "dora", "cara", "emil")] == [1, 2, 3, 4]


@pytest.mark.spec("USR-8")
def test_on_l2s_persons_have_no_number_and_credentials_are_named_by_kind_and_number(l2s: Lock) -> None:
    """Of USR-8 the persons of the app."""
    assert l2s.ok(AddUser, user_id="ben", name="Ben") == {"user_id": "ben", "number": None}
    l2s.add_finger("ben")
    l2s.add_card("ben", b"card")
    kinds = [(credential.type, credential.number) for credential in l2s.state.directory.of_user("ben")]
    assert kinds == [(CredentialType.FINGERPRINT, 1), (CredentialType.RFID, 1)]


@pytest.mark.spec("CAP-10", "CAP-20")
def test_palm6068_has_fifty_users_and_l2s_knows_no_limit(palm: Lock, l2s: Lock) -> None:
    for number in range(2, 51):
        palm.add(f"U{number}")
        l2s.add(f"U{number}")
    command = {"user_id": "late", "name": "Late"}
    assert palm.refused(AddUser, **command) is ErrorCode.NO_SLOT_LEFT
    assert palm.of(SaveUser)[-1].user.number == 50
    l2s.ok(AddUser, **command)


def test_what_is_told_of_a_new_user(lock: Lock) -> None:
    lock.add("Ben", admin=True)
    added = lock.fact(EventType.USER_ADDED)
    assert (added.user_id, added.user_name, added.source) == ("ben", "Ben", OperationSource.REMOTE)
    assert (added.client_id, added.client_name) == ("c1", "Home Assistant")
    assert lock.disk.users["ben"].role is Role.ADMINISTRATOR


def test_a_user_is_put_on_a_lock_once(lock: Lock) -> None:
    assert lock.refused(AddUser, user_id="anna", name="Anna") is ErrorCode.DUPLICATE


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "two\nlines", "tab\tbed", "\x00", "\u202eevil"])
def test_a_name_is_one_printable_line_of_at_most_64_letters(lock: Lock, name: str) -> None:
    assert lock.refused(AddUser, user_id="ben", name=name) is ErrorCode.BAD_REQUEST
    assert lock.refused(ChangeUser, user_id="anna", changes={"name": name}) is ErrorCode.BAD_REQUEST


def test_spaces_around_a_name_are_taken_off(lock: Lock) -> None:
    lock.add("Åse-Marie O'Neill")
    lock.ok(AddUser, user_id="ben", name=" Ben ")
    lock.ok(ChangeUser, user_id="anna", changes={"name": " Anna B. "})
    assert {lock.disk.users[user].name for user in ("ben", "anna")} == {"Ben", "Anna B."}


def test_a_change_tells_what_is_other_than_before(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.listen()
    lock.ok(ChangeUser, user_id="ben", changes={"name": "Benny", "enabled": True, "valid_until_ms": lock.wall_ms + 1})
    changed = lock.fact(EventType.USER_CHANGED)
    assert changed.user_name == "Benny"
    assert dict(changed.data) == {"changed": ["name", "valid_until_ms"]}


def test_a_change_that_changes_nothing_is_no_event(lock: Lock) -> None:
    lock.ok(ChangeUser, user_id="anna", changes={"name": "Anna", "enabled": True})
    lock.ok(ChangeUser, user_id="anna", changes={})
    assert lock.facts == []


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 5},
        {"role": "guest"},
        {"role": None},
        {"enabled": 1},
        {"valid_from_ms": "now"},
        {"valid_until_ms": 1.5},
        {"number": 7},
        {"name": "Ben", "id": "anna"},
    ],
)
def test_changes_of_what_a_user_does_not_have_are_refused_as_a_whole(lock: Lock, changes: dict[str, Any]) -> None:
    assert lock.refused(ChangeUser, user_id="anna", changes=changes) is ErrorCode.BAD_REQUEST


def test_who_is_not_there_can_neither_be_changed_nor_deleted(lock: Lock) -> None:
    assert lock.refused(ChangeUser, user_id="ghost", changes={"name": "Boo"}) is ErrorCode.UNKNOWN_USER
    assert lock.refused(DeleteUser, user_id="ghost") is ErrorCode.UNKNOWN_USER


@pytest.mark.spec("USR-3", "S48")
def test_the_last_administrator_can_neither_be_deleted_nor_become_a_user(lock: Lock) -> None:
    lock.add("Ben", BEN)
    assert lock.refused(DeleteUser, user_id="anna") is ErrorCode.LAST_ADMINISTRATOR
    assert lock.refused(ChangeUser, user_id="anna", changes={"role": "user"}) is ErrorCode.LAST_ADMINISTRATOR
    lock.add("Cara", "260419", admin=True)
    lock.ok(DeleteUser, user_id="anna")
    assert lock.refused(DeleteUser, user_id="cara") is ErrorCode.LAST_ADMINISTRATOR


@pytest.mark.spec("USR-3", "S48")
def test_a_disabled_administrator_is_none_to_rely_on(lock: Lock) -> None:
    lock.add("Cara", "260419", admin=True)
    lock.ok(ChangeUser, user_id="cara", changes={"enabled": False})
    assert lock.refused(DeleteUser, user_id="anna") is ErrorCode.LAST_ADMINISTRATOR
    lock.ok(DeleteUser, user_id="cara")


@pytest.mark.spec("USR-7")
@pytest.mark.parametrize("profile", ["palm6068", "l2s"])
def test_the_first_administrator_cannot_be_disabled_from_the_start(profile: str) -> None:
    """Of USR-7 the disabling of a user."""
    lock = Lock(profile)
    disabled: dict[str, Any] = {"role": Role.ADMINISTRATOR, "enabled": False}
    assert lock.refused(AddUser, user_id="anna", name="Anna", **disabled) is ErrorCode.LAST_ADMINISTRATOR
    lock.add("Ben")
    assert lock.refused(ChangeUser, user_id="ben", changes=disabled) is ErrorCode.LAST_ADMINISTRATOR


@pytest.mark.spec("USR-3")
def test_where_users_are_numbered_the_last_one_of_any_role_cannot_be_deleted() -> None:
    palm, l2s = Lock("palm6068"), Lock("l2s")
    for lock in (palm, l2s):
        lock.add("Ben")
        lock.add("Cara")
        lock.ok(DeleteUser, user_id="ben")
    assert palm.refused(DeleteUser, user_id="cara") is ErrorCode.LAST_USER
    l2s.ok(DeleteUser, user_id="cara")


@pytest.mark.spec("USR-3")
def test_the_last_administrators_last_credential_cannot_be_deleted_from_the_app(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.add("Cara", admin=True)
    assert lock.refused(DeleteCredential, type=PIN, number=1) is ErrorCode.LAST_ADMINISTRATOR
    lock.add_finger("cara")
    lock.ok(DeleteCredential, type=PIN, number=1)
    assert lock.refused(DeleteCredential, type=CredentialType.FINGERPRINT, number=1) is ErrorCode.LAST_ADMINISTRATOR
    lock.ok(DeleteCredential, type=PIN, number=2)


@pytest.mark.spec("USR-3", "USR-8")
def test_on_l2s_an_administrator_without_a_credential_cannot_stand_in(l2s: Lock) -> None:
    """Where the lock knows no users, an administrator is one only by what she can open the menu with."""
    l2s.add("Cara", admin=True)
    assert l2s.refused(DeleteUser, user_id="anna") is ErrorCode.LAST_ADMINISTRATOR
    assert l2s.refused(ChangeUser, user_id="anna", changes={"role": "user"}) is ErrorCode.LAST_ADMINISTRATOR
    l2s.add_card("cara", b"card")
    l2s.ok(DeleteUser, user_id="anna")


@pytest.mark.spec("USR-5")
def test_with_a_user_all_her_credentials_go_from_lock_and_reader(l2s: Lock) -> None:
    l2s.add("Ben", BEN)
    slots = {l2s.add_finger("ben"), l2s.add_finger("ben")}
    l2s.add_card("ben", b"card")
    hers = l2s.add_finger("anna")
    l2s.ok(DeleteUser, user_id="ben")
    assert l2s.state.directory.of_user("ben") == ()
    assert l2s.of(DeleteTemplates)[-1] == DeleteTemplates(CredentialType.FINGERPRINT, frozenset(slots))
    assert l2s.reader == {hers}
    l2s.listen()
    l2s.open_with(BEN)
    l2s.card(b"card")
    for slot in slots:
        l2s.finger(slot)
    assert not l2s.is_open
    assert {fact.reason for fact in l2s.facts} == {"unknown_credential"}


def test_a_user_without_fingers_costs_the_reader_nothing(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.ok(DeleteUser, user_id="ben")
    assert lock.of(DeleteTemplates) == []
    assert lock.fact(EventType.USER_DELETED).user_name == "Ben"


@pytest.mark.spec("CAP-21")
def test_a_deleted_credential_frees_its_number(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.add("Cara", "260419")
    lock.ok(DeleteCredential, type=PIN, number=2)
    deleted = lock.fact(EventType.CREDENTIAL_DELETED)
    assert (deleted.user_name, deleted.credential_type, deleted.credential_number) == ("Ben", PIN, 2)
    lock.add("Dora", "9471306")
    assert lock.state.directory.of_user("dora")[0].number == 2


def test_a_credential_that_is_not_there_cannot_be_deleted(lock: Lock) -> None:
    assert lock.refused(DeleteCredential, type=PIN, number=9) is ErrorCode.UNKNOWN_CREDENTIAL


@pytest.mark.spec("USR-1")
def test_administrators_and_users_both_open_the_door(lock: Lock) -> None:
    """Of USR-1 the door; the menu is not there yet."""
    lock.add("Ben", BEN)
    lock.open_with(BEN)
    assert lock.is_open
    lock.power_cut()
    lock.open_with(ANNA)
    assert lock.is_open


def test_all_who_are_no_administrators_go_at_once_with_what_readers_hold_of_them(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.add("Cara")
    lock.add("Dora", "260419", admin=True)
    slots = {lock.add_finger("ben"), lock.add_finger("cara")}
    lock.listen()
    assert lock.ok(ClearUsers) == {"deleted": 2}
    assert set(lock.disk.users) == set(lock.state.directory.users) == {"anna", "dora"}
    assert {item.user_id for item in lock.disk.credentials.values()} == {"anna", "dora"}
    told = [(fact.type, fact.user_id, fact.client_name) for fact in lock.facts]
    assert told == [(EventType.USER_DELETED, user, "Home Assistant") for user in ("ben", "cara")]
    assert {slot for effect in lock.of(DeleteTemplates) for slot in effect.slots} >= slots
    writes = [isinstance(effect, (DropUser, Record)) for effect in lock.effects]
    assert writes.index(False) >= 4, "all of it is written before a reader forgets anything"
    lock.finger(min(slots))
    assert not lock.is_open


def test_with_nobody_but_administrators_there_is_nobody_to_clear(lock: Lock) -> None:
    lock.listen()
    assert lock.ok(ClearUsers) == {"deleted": 0}
    assert (lock.facts, set(lock.disk.users)) == ([], {"anna"})


def test_an_enrolment_of_somebody_who_is_cleared_ends_with_her(palm: Lock) -> None:
    palm.add("Ben", BEN)
    palm.ok(StartEnrolment, user_id="ben", type=CredentialType.FINGERPRINT)
    palm.ok(ClearUsers)
    assert palm.state.enrolment is not None
    assert palm.state.enrolment.status is EnrolmentStatus.CANCELLED


@pytest.mark.spec("USR-3")
def test_where_the_lock_numbers_its_users_the_last_of_them_all_stays() -> None:
    lock = Lock("palm6068")
    lock.add("Ben", BEN)
    lock.add("Cara")
    assert lock.refused(ClearUsers) is ErrorCode.LAST_USER
    assert set(lock.disk.users) == {"ben", "cara"}


def test_a_disk_that_takes_nothing_leaves_everybody(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.add("Cara")
    lock.disk_refuses = True
    assert lock.refused(ClearUsers) is ErrorCode.STORAGE
    lock.disk_refuses = False
    assert set(lock.state.directory.users) == {"anna", "ben", "cara"}
    lock.open_with(BEN)
    assert lock.is_open
