"""Whether a user may enter now with something of her own, and until when that can be relied on (USR-6, USR-7)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.engine import entitlement
from lock_bridge.engine.model import Credential, Instant, User, Window
from lock_bridge.wire.words import CredentialType, Refusal, Role

OSLO = ZoneInfo("Europe/Oslo")
MONDAY_NOON = int(datetime(2026, 6, 1, 12, tzinfo=OSLO).timestamp() * 1000)
MINUTE = 60_000
HOUR = 60 * MINUTE
FINGER = Credential(CredentialType.FINGERPRINT, 1, "ben", slot=1)
VISITORS = (
    Credential(CredentialType.PIN, 1, "ben", temporary=True),
    Credential(CredentialType.BLE, 1, "ben"),
)


def at(wall_ms: int = MONDAY_NOON, *, trusted: bool = True) -> Instant:
    return Instant(0, wall_ms, trusted)


def weekly(start: int, end: int) -> tuple[Window, ...]:
    return (Window(frozenset(range(7)), start, end),)


def test_who_has_nothing_of_her_own_may_not_enter_whatever_her_visitors_have() -> None:
    assert entitlement.standing(User("ben", "Ben"), (), at(), UTC) is Refusal.NO_CREDENTIAL
    assert entitlement.standing(User("ben", "Ben", enabled=False), VISITORS, at(), UTC) is Refusal.NO_CREDENTIAL
    assert entitlement.changes_at_ms(User("ben", "Ben", valid_until_ms=MONDAY_NOON + 1), VISITORS, at()) is None


def test_one_that_opens_is_enough() -> None:
    spent = Credential(CredentialType.RFID, 1, "ben", uses_left=0)
    assert entitlement.standing(User("ben", "Ben"), (spent, FINGER, *VISITORS), at(), UTC) is None
    assert entitlement.standing(User("ben", "Ben"), (spent,), at(), UTC) is Refusal.USED_UP


def test_of_several_reasons_the_nearest_to_opening_is_told() -> None:
    spent = Credential(CredentialType.RFID, 1, "ben", uses_left=0)
    late = Credential(CredentialType.FACE, 1, "ben", valid_until_ms=MONDAY_NOON)
    assert entitlement.standing(User("ben", "Ben"), (spent, late), at(), UTC) is Refusal.OUTSIDE_VALIDITY
    assert entitlement.standing(User("ben", "Ben"), (late, spent), at(trusted=False), UTC) is Refusal.CLOCK_UNTRUSTED


@pytest.mark.parametrize(
    ("user", "trusted", "why"),
    [
        (User("ben", "Ben"), False, None),
        (User("ben", "Ben", enabled=False, uses_left=0), True, Refusal.USER_DISABLED),
        (User("ben", "Ben", uses_left=0, valid_until_ms=1), True, Refusal.USED_UP),
        (User("ben", "Ben", valid_until_ms=MONDAY_NOON + 1), False, Refusal.CLOCK_UNTRUSTED),
        (User("ben", "Ben", valid_from_ms=MONDAY_NOON + 1), True, Refusal.OUTSIDE_VALIDITY),
        (User("ben", "Ben", schedule=weekly(12 * 60, 13 * 60)), True, None),
        (User("ben", "Ben", schedule=weekly(11 * 60, 12 * 60)), True, Refusal.OUTSIDE_SCHEDULE),
        (User("ben", "Ben", Role.ADMINISTRATOR, uses_left=0, schedule=weekly(0, 1)), False, None),
    ],
)
def test_the_reason_is_that_of_the_door(user: User, trusted: bool, why: Refusal | None) -> None:
    assert entitlement.standing(user, (FINGER,), at(trusted=trusted), OSLO) is why
    assert entitlement.refusal(user, FINGER, at(trusted=trusted), OSLO) is why


def test_time_changes_nothing_for_whom_it_does_not_limit() -> None:
    for user in (User("ben", "Ben", uses_left=3), User("anna", "Anna", Role.ADMINISTRATOR, valid_until_ms=1)):
        assert entitlement.changes_at_ms(user, (FINGER,), at()) is None
    assert entitlement.changes_at_ms(User("anna", "Anna", Role.ADMINISTRATOR), (FINGER,), at()) is None


def test_the_next_edge_is_waited_for_and_the_next_minute_at_most() -> None:
    ben = User("ben", "Ben", valid_from_ms=MONDAY_NOON - HOUR, valid_until_ms=MONDAY_NOON + 20_500)
    assert entitlement.changes_at_ms(ben, (FINGER,), at()) == MONDAY_NOON + 20_500
    assert entitlement.changes_at_ms(ben, (FINGER,), at(MONDAY_NOON + 20_500)) == MONDAY_NOON + MINUTE
    scheduled = User("ben", "Ben", schedule=weekly(0, 60))
    assert entitlement.changes_at_ms(scheduled, (FINGER,), at(MONDAY_NOON + 1)) == MONDAY_NOON + MINUTE
    limited = Credential(CredentialType.RFID, 2, "anna", valid_from_ms=MONDAY_NOON + 7)
    anna = User("anna", "Anna", Role.ADMINISTRATOR)
    assert entitlement.changes_at_ms(anna, (FINGER, limited), at()) == MONDAY_NOON + 7


times = st.none() | st.integers(MONDAY_NOON - 3 * MINUTE, MONDAY_NOON + 3 * MINUTE)
windows = st.builds(Window, st.frozensets(st.integers(0, 6), min_size=1), st.integers(715, 725), st.integers(715, 725))
users = st.builds(
    User,
    st.just("ben"),
    st.just("Ben"),
    st.sampled_from(Role),
    enabled=st.booleans(),
    valid_from_ms=times,
    valid_until_ms=times,
    schedule=st.lists(windows, max_size=2).map(tuple),
    uses_left=st.sampled_from([None, 0, 1]),
)
credentials = st.builds(
    Credential,
    st.sampled_from(CredentialType),
    st.integers(1, 3),
    st.just("ben"),
    temporary=st.booleans(),
    valid_from_ms=times,
    valid_until_ms=times,
    uses_left=st.sampled_from([None, 0, 1]),
)
belongings = st.lists(credentials, max_size=4).map(tuple)


@pytest.mark.spec("USR-6", "USR-7")
@given(user=users, hers=belongings, wall_ms=st.integers(MONDAY_NOON - 4 * MINUTE, MONDAY_NOON + 4 * MINUTE))
def test_she_may_enter_exactly_if_something_of_her_own_would_open(
    user: User, hers: tuple[Credential, ...], wall_ms: int
) -> None:
    own = [item for item in hers if item.type is not CredentialType.BLE and not item.temporary]
    at_door = [entitlement.refusal(user, item, at(wall_ms), OSLO) for item in own]
    told = entitlement.standing(user, hers, at(wall_ms), OSLO)
    assert (told is None) is (None in at_door)
    assert told in (at_door or [Refusal.NO_CREDENTIAL])


@pytest.mark.spec("USR-7")
@given(user=users, hers=belongings, wall_ms=st.integers(MONDAY_NOON - 4 * MINUTE, MONDAY_NOON + 4 * MINUTE))
def test_until_the_moment_that_is_named_time_changes_nothing(
    user: User, hers: tuple[Credential, ...], wall_ms: int
) -> None:
    told = entitlement.standing(user, hers, at(wall_ms), OSLO)
    until = entitlement.changes_at_ms(user, hers, at(wall_ms))
    if until is None:
        for later in (HOUR, 24 * HOUR, 365 * 24 * HOUR):
            assert entitlement.standing(user, hers, at(wall_ms + later), OSLO) is told
            assert entitlement.standing(user, hers, at(wall_ms, trusted=False), OSLO) is told
    else:
        assert wall_ms < until <= wall_ms + MINUTE
        for moment in (until - 1, (wall_ms + until) // 2):
            assert entitlement.standing(user, hers, at(moment), OSLO) is told
