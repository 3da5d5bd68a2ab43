"""Entries that are counted: one-time and limited-use users, spent at the door and given back when it stays shut."""

import pytest

from lock_bridge.engine.effects import CountUse, SaveLockout
from lock_bridge.engine.entitlement import give_back, refusal, spend
from lock_bridge.engine.inputs import BoltPosition, ChangeUser, DeleteUser, Key, KeyDown
from lock_bridge.engine.machine import step
from lock_bridge.engine.model import Credential, Instant, User, Window
from lock_bridge.engine.state import Cause
from lock_bridge.engine.turn import Turn
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Refusal, Role
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import Lock, Motor


def uses_left(lock: Lock) -> int | None:
    """How many entries Ben has left, in memory and on disk."""
    assert lock.disk.users["ben"].uses_left == lock.state.directory.users["ben"].uses_left
    return lock.state.directory.users["ben"].uses_left


def come_and_go(lock: Lock, code: str = BEN) -> bool:
    """Enter and let the door lock again; whether it opened."""
    lock.listen()
    lock.open_with(code)
    opened = lock.is_open
    lock.coupled = False
    lock.turn_key(BoltPosition.THROWN)
    lock.advance(10_000)
    return opened


@pytest.mark.spec("USR-7")
def test_a_user_for_one_entry_opens_once(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=1)
    lock.listen()
    lock.open_with(BEN)
    assert lock.is_open
    assert uses_left(lock) == 0
    lock.listen()
    lock.open_with(BEN)
    refused = lock.fact(EventType.ACCESS_REFUSED)
    assert (refused.reason, refused.user_name) == ("used_up", "Ben")
    assert (lock.drives, lock.of(SaveLockout)) == ([], [])


@pytest.mark.spec("USR-7")
def test_a_user_for_three_entries_opens_three_times_by_whatever(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=3)
    slot = lock.add_finger("ben")
    assert come_and_go(lock)
    assert uses_left(lock) == 2
    lock.finger(slot)
    lock.settle()
    assert uses_left(lock) == 1
    assert come_and_go(lock)
    assert not come_and_go(lock)
    lock.listen()
    lock.finger(slot)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "used_up"


@pytest.mark.spec("USR-7")
def test_entries_that_are_left_survive_a_power_cut(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=2)
    come_and_go(lock)
    lock.power_cut()
    lock.settle()
    assert come_and_go(lock)
    assert not come_and_go(lock)


@pytest.mark.spec("USR-7")
def test_who_has_no_limit_writes_no_count(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.open_with(BEN)
    assert lock.is_open
    assert lock.of(CountUse) == []


@pytest.mark.spec("USR-7")
def test_the_app_gives_more_entries_and_takes_the_limit_away(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=1)
    assert come_and_go(lock)
    assert not come_and_go(lock)
    lock.ok(ChangeUser, user_id="ben", changes={"uses_left": 1})
    assert come_and_go(lock)
    assert not come_and_go(lock)
    lock.ok(ChangeUser, user_id="ben", changes={"uses_left": None})
    assert come_and_go(lock)
    assert come_and_go(lock)


@pytest.mark.spec("USR-7")
def test_two_entries_at_once_use_up_two(lock: Lock) -> None:
    """The second finds the bolt on its way, and is an entry all the same."""
    lock.add("Ben", BEN, uses_left=2)
    lock.enter(BEN)
    lock.enter(BEN)
    lock.enter(BEN)
    lock.settle()
    assert uses_left(lock) == 0
    assert lock.events.count(EventType.ACCESS_GRANTED) == 2
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "used_up"


@pytest.mark.spec("BLT-6", "USR-7")
@pytest.mark.parametrize("motor", [Motor.STUCK, Motor.STILL, Motor.DEAD, Motor.DUMB])
def test_an_entry_is_given_back_when_the_door_does_not_open(lock: Lock, motor: Motor) -> None:
    lock.add("Ben", BEN, uses_left=1)
    lock.motor = motor
    lock.listen()
    lock.open_with(BEN)
    assert EventType.ACCESS_GRANTED not in lock.events
    assert uses_left(lock) == 1
    lock.motor = Motor.WORKS
    lock.open_with(BEN)
    assert lock.is_open
    assert uses_left(lock) == 0


@pytest.mark.spec("VER-7", "USR-7")
def test_who_has_used_up_her_entries_looks_like_any_failure_and_counts_as_none(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=1)
    come_and_go(lock)
    lock.wrong(4)
    for _ in range(3):
        lock.enter(BEN)
    assert not lock.state.locked_out
    lock.wrong()
    assert lock.state.locked_out


# The order of the reasons

NOW = Instant(1_000, 1_780_000_000_000)
NEVER = (Window(frozenset({0}), 0, 1),)
CODE = Credential(CredentialType.PIN, 1, "ben", mac=b"m")


@pytest.mark.spec("USR-6", "USR-7")
def test_of_several_reasons_the_first_one_is_told() -> None:
    """Each line takes away the reason of the line before."""
    limits = {"uses_left": 0, "valid_until_ms": NOW.wall_ms, "schedule": NEVER}
    untrusted = Instant(NOW.mono_ms, NOW.wall_ms, trusted=False)
    utc = Lock("l2s").setup.zone
    ben = User("ben", "Ben", enabled=False, **limits)
    assert refusal(ben, CODE, untrusted, utc) is Refusal.USER_DISABLED
    ben = User("ben", "Ben", **limits)
    assert refusal(ben, CODE, untrusted, utc) is Refusal.USED_UP
    ben = User("ben", "Ben", valid_until_ms=NOW.wall_ms, schedule=NEVER, uses_left=1)
    assert refusal(ben, CODE, untrusted, utc) is Refusal.CLOCK_UNTRUSTED
    assert refusal(ben, CODE, NOW, utc) is Refusal.OUTSIDE_VALIDITY
    ben = User("ben", "Ben", schedule=NEVER, uses_left=1)
    assert refusal(ben, CODE, untrusted, utc) is Refusal.CLOCK_UNTRUSTED
    assert refusal(ben, CODE, NOW, utc) is Refusal.OUTSIDE_SCHEDULE
    ben = User("ben", "Ben", uses_left=1)
    assert refusal(ben, CODE, untrusted, utc) is None


@pytest.mark.spec("USR-6", "USR-7")
def test_nothing_but_being_disabled_keeps_an_administrator_out() -> None:
    """Such limits cannot be set on an administrator; if they were there all the same, they are not looked at."""
    utc = Lock("l2s").setup.zone
    anna = User("anna", "Anna", Role.ADMINISTRATOR, valid_until_ms=0, schedule=NEVER, uses_left=0)
    code = Credential(CredentialType.PIN, 1, "anna", mac=b"m")
    assert refusal(anna, code, Instant(0, 0, trusted=False), utc) is None


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"uses_left": 0}, Refusal.USED_UP),
        ({"valid_from_ms": NOW.wall_ms + 1}, Refusal.OUTSIDE_VALIDITY),
        ({"valid_until_ms": NOW.wall_ms}, Refusal.OUTSIDE_VALIDITY),
        ({"valid_from_ms": NOW.wall_ms, "valid_until_ms": NOW.wall_ms + 1, "uses_left": 1}, None),
    ],
)
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.spec("VER-13", "VER-14")
def test_what_a_visitor_was_given_keeps_its_own_limits_whoever_gave_it(
    role: Role, limits: dict[str, int], why: Refusal | None
) -> None:
    utc = Lock("l2s").setup.zone
    code = Credential(CredentialType.PIN, 1, "ben", mac=b"m", temporary=True, **limits)
    assert refusal(User("ben", "Ben", role), code, NOW, utc) is why


# What has changed between the entry and its end


def paid_for(lock: Lock) -> tuple[Turn, Cause]:
    """Ben, who has 2 entries left, with a visitor's code for 3: the step in which she opens."""
    visitor = Credential(CredentialType.PIN, 9, "ben", mac=b"v", temporary=True, uses_left=3)
    lock.add("Ben", BEN, uses_left=2)
    lock.holds(visitor)
    turn = Turn(lock.state, lock.setup, lock.now)
    cause = Cause(OperationSource.KEYPAD, lock.state.directory.users["ben"], visitor)
    spend(turn, cause)
    return turn, cause


def left(turn: Turn) -> tuple[int | None, int | None]:
    """Entries that Ben and the visitor have left."""
    directory = turn.state.directory
    return directory.users["ben"].uses_left, directory.credentials[CredentialType.PIN, 9].uses_left


def test_what_was_spent_is_given_back(palm: Lock) -> None:
    turn, cause = paid_for(palm)
    assert left(turn) == (1, 2)
    give_back(turn, cause)
    assert left(turn) == (2, 3)
    assert [type(effect) for effect in turn.effects] == [CountUse, CountUse]


def test_what_is_not_limited_any_more_is_given_nothing_back(palm: Lock) -> None:
    turn, cause = paid_for(palm)
    directory = turn.state.directory.with_user(User("ben", "Ben"))
    turn.set(directory=directory.with_credential(Credential(CredentialType.PIN, 9, "ben", mac=b"v", temporary=True)))
    give_back(turn, cause)
    assert left(turn) == (None, None)


def test_what_is_gone_or_another_by_now_is_given_nothing_back(palm: Lock) -> None:
    turn, cause = paid_for(palm)
    other = Credential(CredentialType.PIN, 9, "ben", mac=b"w", temporary=True, uses_left=1)
    turn.set(directory=turn.state.directory.with_credential(other))
    give_back(turn, cause)
    assert left(turn) == (2, 1)
    turn.set(directory=turn.state.directory.without_user("ben"))
    before = list(turn.effects)
    give_back(turn, cause)
    assert turn.effects == before


def test_a_cause_without_anybody_uses_nothing_up(palm: Lock) -> None:
    turn = Turn(palm.state, palm.setup, palm.now)
    spend(turn, Cause(OperationSource.EMERGENCY_BUTTON))
    assert turn.effects == []


def test_a_user_who_is_deleted_while_the_bolt_moves_is_not_brought_back(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=1)
    lock.motor = Motor.STILL
    lock.enter(BEN)
    lock.ok(DeleteUser, user_id="ben")
    lock.settle()
    assert "ben" not in lock.disk.users


def test_the_count_comes_after_the_motor_and_before_the_tone(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=1)
    lock.press("back", *BEN)
    effects = step(lock.state, KeyDown(Key.CONFIRM), lock.now, lock.setup).effects
    kinds = [type(effect).__name__ for effect in effects]
    assert kinds.index("DriveBolt") < kinds.index("CountUse") < kinds.index("Sound")


@pytest.mark.spec("USR-7")
def test_other_people_are_not_counted(lock: Lock) -> None:
    lock.add("Ben", BEN, uses_left=1)
    lock.open_with(ANNA)
    lock.open_with(ANNA)
    assert uses_left(lock) == 1
