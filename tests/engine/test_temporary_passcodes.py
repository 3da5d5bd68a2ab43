"""Temporary passcodes: a visitor's code, for a while or for some entries, that is nobody's key to the menu."""

import pytest

from lock_bridge.engine.effects import CountUse, SaveLockout, Tone
from lock_bridge.engine.inputs import AddTemporaryPasscode, ChangeUser, DeleteUser, Key, SetMode
from lock_bridge.engine.model import Credential
from lock_bridge.engine.passcode import advised_digits
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType, OperatingMode, OperationSource
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import DAY, HOUR, MINUTE, Lock, Motor

VISITOR = "604182"
LONG_VISITOR = "7180339887"


def visitor(lock: Lock, user_id: str = "anna", code: str = VISITOR, **limits: int) -> int:
    """Make a code for a visitor in the app; its number."""
    lock.secrets.add(code)
    number = lock.ok(AddTemporaryPasscode, user_id=user_id, passcode=code, label="Plumber", **limits)["number"]
    lock.listen()
    return int(number)


def uses_left(lock: Lock, number: int) -> int | None:
    """Entries that are left, in memory and on disk."""
    found = lock.state.directory.credentials[CredentialType.PIN, number]
    assert lock.disk.credentials[CredentialType.PIN, number] == found
    return found.uses_left


def comes_in(lock: Lock, code: str = VISITOR) -> bool:
    """Whether a code opens the locked door."""
    lock.listen()
    lock.open_with(code)
    return EventType.ACCESS_GRANTED in lock.events


@pytest.mark.spec("VER-13", "VER-6")
def test_a_temporary_passcode_opens_and_tells_whose_visitor_it_was(lock: Lock) -> None:
    lock.add("Ben", BEN)
    number = visitor(lock, "ben")
    lock.open_with(VISITOR)
    assert lock.is_open
    assert lock.tones == [Tone.SUCCESS]
    granted = lock.fact(EventType.ACCESS_GRANTED)
    assert (granted.user_name, granted.source) == ("Ben", OperationSource.KEYPAD)
    assert (granted.credential_type, granted.credential_number) == (CredentialType.PIN, number)
    assert granted.data == {"label": "Plumber"}
    assert comes_in(lock, BEN)
    assert lock.fact(EventType.ACCESS_GRANTED).data == {}


@pytest.mark.spec("VER-13", "CAP-7")
def test_it_is_beside_the_passcode_of_its_user(lock: Lock) -> None:
    lock.add("Ben", BEN)
    visitor(lock, "ben", uses=9)
    assert comes_in(lock, BEN)
    assert comes_in(lock)


@pytest.mark.spec("VER-13")
@pytest.mark.parametrize("uses", [1, 3])
def test_it_opens_once_or_n_times(lock: Lock, uses: int) -> None:
    number = visitor(lock, uses=uses)
    for left in range(uses - 1, -1, -1):
        assert comes_in(lock)
        assert uses_left(lock, number) == left
    for _ in range(6):
        assert not comes_in(lock)
        assert lock.fact(EventType.ACCESS_REFUSED).reason == "used_up"
        assert lock.of(SaveLockout) == []
    assert uses_left(lock, number) == 0, "it stays listed until it is deleted"


@pytest.mark.spec("VER-13")
def test_one_whose_time_is_over_is_not_made(lock: Lock) -> None:
    ben = lock.add("Ben", BEN)
    late = {"user_id": ben, "passcode": "918273", "valid_until_ms": lock.wall_ms - HOUR}
    assert lock.refused(AddTemporaryPasscode, **late) is ErrorCode.BAD_REQUEST


@pytest.mark.spec("VER-13")
def test_it_opens_from_and_until(lock: Lock) -> None:
    visitor(lock, valid_from_ms=lock.wall_ms + HOUR, valid_until_ms=lock.wall_ms + 2 * HOUR)
    assert not comes_in(lock)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "outside_validity"
    lock.advance(HOUR)
    assert comes_in(lock)
    assert comes_in(lock)
    lock.advance(HOUR)
    assert not comes_in(lock)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "outside_validity"


@pytest.mark.spec("VER-13", "USR-7")
def test_with_a_clock_that_is_not_trusted_a_code_with_times_is_refused_and_one_without_opens(lock: Lock) -> None:
    visitor(lock, valid_until_ms=lock.wall_ms + DAY)
    visitor(lock, code=LONG_VISITOR, uses=1)
    lock.trusted = False
    assert not comes_in(lock)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "clock_untrusted"
    assert comes_in(lock, LONG_VISITOR)


@pytest.mark.spec("VER-13", "BLT-6")
@pytest.mark.parametrize("motor", [Motor.STUCK, Motor.STILL, Motor.DEAD, Motor.DUMB])
def test_an_entry_is_given_back_when_the_door_does_not_open(lock: Lock, motor: Motor) -> None:
    number = visitor(lock, uses=1)
    lock.motor = motor
    assert not comes_in(lock)
    assert uses_left(lock, number) == 1
    lock.motor = Motor.WORKS
    assert comes_in(lock)
    assert uses_left(lock, number) == 0


@pytest.mark.spec("VER-13")
def test_what_is_used_up_stays_so_through_a_power_cut(lock: Lock) -> None:
    visitor(lock, uses=1)
    assert comes_in(lock)
    lock.power_cut()
    lock.settle()
    assert not comes_in(lock)


@pytest.mark.spec("VER-13", "USR-7")
def test_a_visitor_comes_in_only_while_her_host_might(lock: Lock) -> None:
    lock.add("Ben", BEN, valid_until_ms=lock.wall_ms + HOUR, uses_left=5)
    number = visitor(lock, "ben", uses=5)
    assert comes_in(lock)
    assert lock.state.directory.users["ben"].uses_left == 4
    assert uses_left(lock, number) == 4
    (count,) = lock.of(CountUse)
    assert count.user is not None
    assert count.credential is not None
    lock.ok(ChangeUser, user_id="ben", changes={"enabled": False})
    assert not comes_in(lock)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "user_disabled"
    lock.ok(ChangeUser, user_id="ben", changes={"enabled": True})
    lock.advance(HOUR)
    assert not comes_in(lock)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "outside_validity"


@pytest.mark.spec("VER-13", "USR-5")
def test_with_a_user_goes_the_code_of_her_visitor(lock: Lock) -> None:
    lock.add("Ben", BEN)
    visitor(lock, "ben")
    lock.ok(DeleteUser, user_id="ben")
    assert not comes_in(lock)
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "unknown_credential"


@pytest.mark.spec("VER-13", "CAP-18")
def test_runs_and_repeats_are_refused_as_temporary_codes_too(numbered: Lock) -> None:
    for code in ("123456", "987654", "111111"):
        command = numbered.do(AddTemporaryPasscode, user_id="anna", passcode=code)
        assert command.error is ErrorCode.PASSCODE_SIMPLE


@pytest.mark.spec("VER-3", "VER-13")
def test_it_is_found_in_a_scrambled_entry(lock: Lock) -> None:
    visitor(lock)
    assert comes_in(lock, f"90{VISITOR}31")


@pytest.mark.spec("VER-4", "VER-13")
def test_of_her_own_code_and_her_visitors_a_user_is_known_by_her_own(lock: Lock) -> None:
    """Two of equal length of one person are no failure, and nothing is used up for nothing."""
    number = visitor(lock, uses=1)
    lock.open_with(f"{VISITOR}{ANNA}")
    assert lock.fact(EventType.ACCESS_GRANTED).credential_number == 1
    assert uses_left(lock, number) == 1


@pytest.mark.spec("VER-7", "VER-11", "VER-13")
def test_an_administrators_visitor_zeroes_the_count_but_not_the_level(lock: Lock) -> None:
    visitor(lock)
    lock.wrong(5)
    lock.advance(3 * MINUTE)
    lock.wrong(4)
    assert comes_in(lock)
    assert (lock.state.lockout.failures, lock.state.lockout.level) == ((), 1)
    lock.open_with(ANNA)
    assert lock.state.lockout.level == 0


@pytest.mark.spec("VER-13", "MNU-2", "DLM-2")
def test_an_administrators_visitor_does_not_open_the_menu(numbered: Lock) -> None:
    number = visitor(numbered, uses=1)
    numbered.advance(MINUTE)
    numbered.press(Key.SET)
    numbered.enter(VISITOR)
    refused = numbered.fact(EventType.ACCESS_REFUSED)
    assert (refused.reason, refused.credential_number) == ("not_administrator", number)
    assert (numbered.of(SaveLockout), numbered.drives) == ([], [])
    assert uses_left(numbered, number) == 1
    numbered.enter(ANNA)
    assert numbered.fact(EventType.MENU_OPENED).user_name == "Anna"


@pytest.mark.spec("VER-13", "L2S-1", "MNU-2")
def test_nor_does_she_on_l2s(l2s: Lock) -> None:
    visitor(l2s, uses=1)
    l2s.advance(MINUTE)
    l2s.press("back", *"3571", "ok")
    l2s.press(*VISITOR, "ok")
    assert l2s.fact(EventType.ACCESS_REFUSED).reason == "not_administrator"
    assert l2s.drives == []


@pytest.mark.spec("VER-13", "BLT-7")
def test_in_passage_an_entry_is_used_up_as_well(lock: Lock) -> None:
    number = visitor(lock, uses=2)
    lock.set(remote_unlock=True)
    lock.ok(SetMode, mode=OperatingMode.PASSAGE)
    assert comes_in(lock)
    assert uses_left(lock, number) == 1
    assert not lock.state.modes.passage


@pytest.mark.spec("VER-13", "CAP-11")
@pytest.mark.parametrize(("codes", "digits"), [(1, 6), (10, 6), (11, 8), (50, 8)])
def test_with_more_than_ten_codes_at_least_eight_digits_are_proposed(lock: Lock, codes: int, digits: int) -> None:
    """Fingers are no codes."""
    for number in range(2, codes + 1):
        lock.holds(Credential(CredentialType.PIN, number, "anna", mac=bytes([number])))
    for number in range(1, 30):
        lock.holds(Credential(CredentialType.FINGERPRINT, number, "anna", slot=number))
    assert advised_digits(lock.state.directory, lock.profile) == digits
