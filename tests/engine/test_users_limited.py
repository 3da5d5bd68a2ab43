"""What limits a user, as the app sets it: times, schedules, entries; and users who are on several locks."""

from dataclasses import replace
from typing import Any

import pytest

from lock_bridge.engine.effects import Answer
from lock_bridge.engine.inputs import AddUser, ChangeUser, DeleteUser, StartEnrolment, UserShared, UsesShared
from lock_bridge.engine.model import Window
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, Role
from tests.engine.conftest import BEN
from tests.engine.lock import HOUR, Lock

NIGHTS = (Window(frozenset({4, 5}), 22 * 60, 6 * 60),)
NIGHTS_TOLD = [{"days": [4, 5], "start": "22:00", "end": "06:00"}]


@pytest.mark.spec("APP-2", "USR-7")
def test_a_user_comes_with_all_that_limits_her_and_it_can_be_changed(lock: Lock) -> None:
    """Of APP-2: add a user with name, role and validity; of USR-7 the schedule and the entries."""
    lock.ok(AddUser, user_id="ben", name="Ben", valid_from_ms=5, valid_until_ms=9, schedule=NIGHTS, uses_left=3)
    ben = lock.disk.users["ben"]
    assert (ben.valid_from_ms, ben.valid_until_ms, ben.schedule, ben.uses_left) == (5, 9, NIGHTS, 3)
    lock.listen()
    lock.ok(ChangeUser, user_id="ben", changes={"schedule": [], "uses_left": None, "valid_from_ms": 5})
    ben = lock.disk.users["ben"]
    assert (ben.schedule, ben.uses_left) == ((), None)
    assert dict(lock.fact(EventType.USER_CHANGED).data) == {"changed": ["schedule", "uses_left"]}
    lock.ok(ChangeUser, user_id="ben", changes={"schedule": NIGHTS_TOLD})
    assert lock.disk.users["ben"].schedule == NIGHTS


@pytest.mark.spec("USR-6", "USR-7")
@pytest.mark.parametrize(
    "limits", [{"valid_from_ms": 5}, {"valid_until_ms": 5}, {"uses_left": 1}, {"schedule": NIGHTS_TOLD}]
)
def test_an_administrator_has_no_limits_and_who_has_some_becomes_none(lock: Lock, limits: dict[str, Any]) -> None:
    assert lock.refused(ChangeUser, user_id="anna", changes=limits) is ErrorCode.ADMINISTRATOR_UNLIMITED
    lock.add("Ben", BEN)
    lock.ok(ChangeUser, user_id="ben", changes=limits)
    promote = {"role": "administrator"}
    assert lock.refused(ChangeUser, user_id="ben", changes=promote) is ErrorCode.ADMINISTRATOR_UNLIMITED
    nothing: dict[str, Any] = {"valid_from_ms": None, "valid_until_ms": None, "uses_left": None, "schedule": []}
    lock.ok(ChangeUser, user_id="ben", changes=promote | nothing)
    assert lock.disk.users["ben"].role is Role.ADMINISTRATOR


@pytest.mark.spec("USR-6", "USR-7", "CAP-20")
@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"valid_from_ms": -1}, "valid_from_ms"),
        ({"valid_from_ms": True}, "valid_from_ms"),
        ({"valid_until_ms": 253_402_300_800_000}, "valid_until_ms"),
        ({"valid_from_ms": 9, "valid_until_ms": 9}, "valid_until_ms"),
        ({"uses_left": 0}, "uses_left"),
        ({"uses_left": 1.0}, "uses_left"),
        ({"schedule": "always"}, "schedule"),
        ({"schedule": [{"days": [7], "start": "08:00", "end": "09:00"}]}, "schedule"),
        ({"schedule": NIGHTS_TOLD * 29}, "schedule"),
        ({"role": []}, "role"),
    ],
)
def test_what_cannot_be_a_limit_is_refused_by_its_name(lock: Lock, limits: dict[str, Any], field: str) -> None:
    lock.add("Ben")
    assert lock.refused(ChangeUser, user_id="ben", changes=limits) is ErrorCode.BAD_REQUEST
    assert lock.of(Answer)[-1].detail == {"field": field}
    added = {name: value for name, value in limits.items() if name.startswith("valid") and type(value) is int}
    if added:
        assert lock.refused(AddUser, user_id="cara", name="Cara", **added) is ErrorCode.BAD_REQUEST
    if field == "uses_left":
        assert lock.refused(AddUser, user_id="cara", name="Cara", uses_left=-1) is ErrorCode.BAD_REQUEST
        assert lock.of(Answer)[-1].detail == {"field": field}


@pytest.mark.spec("USR-7")
def test_who_has_used_up_her_entries_can_still_be_changed_and_put_on_another_lock(lock: Lock) -> None:
    lock.ok(AddUser, user_id="ben", name="Ben", uses_left=0)
    lock.ok(ChangeUser, user_id="ben", changes={"name": "Benny"})
    assert lock.disk.users["ben"].uses_left == 0
    lock.ok(ChangeUser, user_id="ben", changes={"uses_left": 2})


@pytest.mark.spec("USR-10")
def test_what_another_lock_has_changed_holds_here_and_her_number_stays(palm: Lock) -> None:
    palm.add("Ben", BEN)
    mine = palm.disk.users["ben"]
    there = replace(mine, number=17, name="Benny", enabled=False, uses_left=2)
    palm.disk.users["ben"] = replace(there, number=mine.number)  # by the other lock, on the bridge's one disk
    palm.listen()
    palm.give(UserShared(there))
    assert palm.state.directory.users["ben"] == replace(there, number=2)
    assert palm.effects == []
    palm.open_with(BEN)
    assert palm.fact(EventType.ACCESS_REFUSED).reason == "user_disabled"


@pytest.mark.spec("USR-7", "USR-10")
def test_an_entry_at_another_lock_is_one_less_here_and_changes_nothing_else_of_her(palm: Lock) -> None:
    palm.add("Ben", BEN)
    palm.ok(ChangeUser, user_id="ben", changes={"uses_left": 2, "name": "Benny"})
    mine = palm.disk.users["ben"]
    palm.disk.users["ben"] = replace(mine, uses_left=0)  # by the other lock, on the bridge's one disk
    palm.listen()
    palm.give(UsesShared("ben", 0))
    assert palm.state.directory.users["ben"] == replace(mine, uses_left=0)
    assert palm.effects == []
    palm.open_with(BEN)
    assert palm.fact(EventType.ACCESS_REFUSED).reason == "used_up"


@pytest.mark.spec("USR-10")
def test_who_is_not_on_this_lock_is_none_of_its_business(palm: Lock) -> None:
    palm.give(UserShared(replace(palm.disk.users["anna"], id="ben", name="Ben")))
    palm.give(UsesShared("ben", 1))
    assert palm.state.directory.users.keys() == {"anna"}


@pytest.mark.spec("APP-2", "CAP-21", "USR-5")
def test_a_user_who_goes_leaves_nothing_behind_and_her_number_to_the_next(palm: Lock) -> None:
    """Of APP-2 the deletion."""
    palm.add("Ben", BEN)
    palm.add("Cara")
    palm.ok(StartEnrolment, user_id="ben", type=CredentialType.FACE)
    palm.ok(DeleteUser, user_id="ben")
    assert palm.fact(EventType.ENROLMENT_FAILED).user_name == "Ben"
    assert palm.ok(AddUser, user_id="dora", name="Dora", valid_until_ms=palm.wall_ms + HOUR)["number"] == 2
    assert palm.state.directory.of_user("ben") == ()


@pytest.mark.spec("CAP-20", "USR-7")
def test_who_has_used_up_her_entries_can_be_given_no_period_that_ends_before_it_begins(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=1)
    lock.open_with(BEN)
    assert lock.state.directory.users["ben"].uses_left == 0
    backwards = {"valid_from_ms": 9, "valid_until_ms": 5}
    assert lock.refused(ChangeUser, user_id="ben", changes=backwards) is ErrorCode.BAD_REQUEST
    lock.ok(ChangeUser, user_id="ben", changes={"name": "Benedikt"})
    assert lock.state.directory.users["ben"].uses_left == 0, "nor are they given back by the way"
