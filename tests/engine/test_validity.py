"""Who may enter when: validity periods, an untrusted calendar, disabled users."""

import pytest

from lock_bridge.engine.effects import Light, SaveLockout, Say, Sound, Tone
from lock_bridge.engine.inputs import AddUser, ChangeUser
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, Role
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import DAY, HOUR, Lock

CARD = b"\x04\xa1\xb2\xc3"


def refusal(lock: Lock) -> str | None:
    """Why the last verification was refused, told with whom and by what."""
    fact = lock.fact(EventType.ACCESS_REFUSED)
    assert fact.user_name == "Ben"
    assert fact.credential_type is CredentialType.PIN
    assert fact.credential_number == 2
    return fact.reason


def add_ben(lock: Lock, from_ms: int | None, until_ms: int | None) -> None:
    """Ben, whose period is told from now."""
    now = lock.wall_ms
    limits = [None if ms is None else now + ms for ms in (from_ms, until_ms)]
    lock.add("Ben", BEN, valid_from_ms=limits[0], valid_until_ms=limits[1])
    lock.listen()


@pytest.mark.spec("USR-6")
@pytest.mark.parametrize(
    ("from_ms", "until_ms", "good"),
    [
        (None, None, True),
        (-HOUR, HOUR, True),
        (0, None, True),
        (None, 1, True),
        (1, None, False),
        (None, 0, False),
        (DAY, 2 * DAY, False),
        (-2 * DAY, -DAY, False),
    ],
)
def test_a_credential_opens_only_within_its_users_period(
    lock: Lock, from_ms: int | None, until_ms: int | None, *, good: bool
) -> None:
    add_ben(lock, from_ms, until_ms)
    lock.open_with(BEN)
    assert lock.is_open is good
    if not good:
        assert refusal(lock) == "outside_validity"


@pytest.mark.spec("USR-6")
def test_the_period_begins_and_ends_by_itself(lock: Lock) -> None:
    add_ben(lock, HOUR, 2 * HOUR)
    lock.enter(BEN)
    assert refusal(lock) == "outside_validity"
    lock.advance(HOUR)
    lock.listen()
    lock.enter(BEN)
    assert lock.tones == [Tone.SUCCESS]
    lock.settle()
    lock.advance(HOUR)
    lock.listen()
    lock.enter(BEN)
    assert refusal(lock) == "outside_validity"


@pytest.mark.spec("USR-6")
def test_outside_her_period_every_credential_of_a_user_is_refused(l2s: Lock) -> None:
    add_ben(l2s, None, HOUR)
    slot = l2s.add_finger("ben")
    l2s.add_card("ben", CARD)
    l2s.advance(HOUR)
    l2s.listen()
    l2s.enter(BEN)
    l2s.finger(slot)
    l2s.card(CARD)
    assert [fact.reason for fact in l2s.facts] == ["outside_validity"] * 3
    assert l2s.drives == []


@pytest.mark.spec("USR-6")
def test_such_a_refusal_does_not_count_towards_the_lockout(lock: Lock) -> None:
    add_ben(lock, DAY, None)
    for _ in range(20):
        lock.enter(BEN)
    assert lock.of(SaveLockout) == []
    assert not lock.state.locked_out


@pytest.mark.spec("USR-6", "S37")
@pytest.mark.parametrize("reason", ["early", "late", "disabled", "clock"])
def test_at_the_door_such_a_refusal_looks_and_sounds_as_any_failure(lock: Lock, reason: str) -> None:
    limits = {"early": (DAY, None), "late": (None, -DAY)}.get(reason, (None, DAY))
    add_ben(lock, *limits)
    lock.trusted = reason != "clock"
    if reason == "disabled":
        lock.ok(ChangeUser, user_id="ben", changes={"enabled": False})

    def shown(code: str) -> list[object]:
        lock.advance(60_000)
        lock.press("back", *code)
        lock.listen()
        lock.press("ok")
        seen = [effect for effect in lock.effects if isinstance(effect, Sound | Light | Say)]
        assert lock.events == [EventType.ACCESS_REFUSED], "one write each: the same delay"
        return seen

    assert shown(BEN) == shown("9999999")


@pytest.mark.spec("USR-6")
def test_with_a_calendar_of_1970_whoever_has_a_period_is_refused_and_all_others_open(lock: Lock) -> None:
    """A period cannot be judged by a clock that is not trusted; the reason says so."""
    add_ben(lock, -DAY, DAY)
    lock.trusted = False
    lock.jump(-lock.wall_ms)
    lock.open_with(BEN)
    assert refusal(lock) == "clock_untrusted"
    assert not lock.is_open
    lock.open_with(ANNA)
    assert lock.is_open


@pytest.mark.spec("USR-6")
def test_administrators_have_no_period(lock: Lock) -> None:
    values = {"user_id": "cara", "name": "Cara", "role": Role.ADMINISTRATOR}
    assert lock.refused(AddUser, **values, valid_until_ms=lock.wall_ms) is ErrorCode.ADMINISTRATOR_UNLIMITED
    assert lock.refused(AddUser, **values, valid_from_ms=lock.wall_ms) is ErrorCode.ADMINISTRATOR_UNLIMITED
    changes = {"valid_until_ms": lock.wall_ms}
    assert lock.refused(ChangeUser, user_id="anna", changes=changes) is ErrorCode.ADMINISTRATOR_UNLIMITED


@pytest.mark.spec("USR-6")
def test_a_user_with_a_period_becomes_administrator_only_without_it(lock: Lock) -> None:
    add_ben(lock, None, DAY)
    promoted = {"role": "administrator"}
    assert lock.refused(ChangeUser, user_id="ben", changes=promoted) is ErrorCode.ADMINISTRATOR_UNLIMITED
    lock.ok(ChangeUser, user_id="ben", changes={**promoted, "valid_until_ms": None})
    assert lock.state.directory.users["ben"].role is Role.ADMINISTRATOR


def test_a_period_that_ends_before_it_begins_is_refused(lock: Lock) -> None:
    lock.add("Ben", BEN)
    changes = {"valid_from_ms": lock.wall_ms + 1, "valid_until_ms": lock.wall_ms + 1}
    assert lock.refused(ChangeUser, user_id="ben", changes=changes) is ErrorCode.BAD_REQUEST


@pytest.mark.spec("USR-7")
def test_a_disabled_user_is_refused_and_enabled_again_she_opens(lock: Lock) -> None:
    """Of USR-7 the disabling of a user."""
    lock.add("Ben", BEN)
    lock.ok(ChangeUser, user_id="ben", changes={"enabled": False})
    lock.listen()
    lock.open_with(BEN)
    assert refusal(lock) == "user_disabled"
    assert not lock.is_open
    assert lock.of(SaveLockout) == []
    lock.ok(ChangeUser, user_id="ben", changes={"enabled": True})
    lock.open_with(BEN)
    assert lock.is_open


@pytest.mark.spec("USR-7")
def test_the_last_administrator_cannot_be_disabled(lock: Lock) -> None:
    """Of USR-7 the disabling of a user."""
    disable = {"enabled": False}
    assert lock.refused(ChangeUser, user_id="anna", changes=disable) is ErrorCode.LAST_ADMINISTRATOR
    lock.add("Cara", "260419", admin=True)
    lock.ok(ChangeUser, user_id="anna", changes=disable)
    assert lock.refused(ChangeUser, user_id="cara", changes=disable) is ErrorCode.LAST_ADMINISTRATOR
