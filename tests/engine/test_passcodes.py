"""Passcodes: scrambled entries, codes of several users in one, and which codes may be set."""

import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge import profiles
from lock_bridge.engine import passcode
from lock_bridge.engine.directory import Directory
from lock_bridge.engine.inputs import DeleteCredential, SetPasscode
from lock_bridge.engine.model import Credential
from lock_bridge.engine.passcode import NoMatch, is_simple, match, passcode_mac
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import CredentialType, EventType
from tests.engine.conftest import ANNA, BEN
from tests.engine.lock import ACTOR, KEYS, Lock

PIN = CredentialType.PIN
PROFILE = profiles.load("l2s")

digits = st.text("0123456789", min_size=0, max_size=20)
codes = st.text("0123456789", min_size=6, max_size=10)


def enrolled(*codes: str, duress: tuple[str, ...] = (), of: dict[str, str] | None = None) -> Directory:
    """Each code that of a user of her own, unless `of` says whose it is."""
    return Directory.of(
        (),
        [
            Credential(
                PIN, number, (of or {}).get(code, f"user {number}"), passcode_mac(KEYS.pin, code), duress=code in duress
            )
            for number, code in enumerate(codes, 1)
        ],
    )


def found(directory: Directory, entry: str) -> int | NoMatch:
    """The number of the credential that an entry is taken for."""
    credential = match(directory, KEYS.pin, entry, PROFILE)
    return credential.number if isinstance(credential, Credential) else credential


@pytest.mark.spec("VER-3")
@pytest.mark.parametrize("entry", ["17" + ANNA, ANNA + "90", "555" + ANNA + "555", "4" + ANNA + "3"])
def test_any_digits_may_stand_before_and_after_the_right_code(lock: Lock, entry: str) -> None:
    lock.open_with(entry)
    assert lock.is_open


@pytest.mark.spec("VER-3")
@pytest.mark.parametrize("entry", ["48291", "482914", "4829013", "319284"])
def test_an_entry_without_the_code_in_one_piece_does_not_open(lock: Lock, entry: str) -> None:
    lock.open_with(entry)
    assert not lock.is_open


@pytest.mark.spec("VER-3")
@given(code=codes, before=digits, after=digits)
def test_a_code_is_found_wherever_it_stands(code: str, before: str, after: str) -> None:
    entry = (before + code + after)[:20]
    assert found(enrolled(code), entry) == (1 if code in entry else NoMatch.UNKNOWN)


@pytest.mark.spec("VER-3")
@given(code=codes, entry=digits)
def test_an_entry_is_right_exactly_if_the_code_is_in_it(code: str, entry: str) -> None:
    assert (found(enrolled(code), entry) == 1) is (code in entry)


@pytest.mark.spec("VER-4")
def test_of_two_users_codes_in_one_entry_the_longer_one_wins(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.listen()
    lock.open_with(ANNA + BEN)
    assert lock.fact(EventType.ACCESS_GRANTED).user_name == "Ben"
    lock.listen()
    lock.open_with(BEN + ANNA)
    assert lock.fact(EventType.ACCESS_GRANTED).user_name == "Ben"


@pytest.mark.spec("VER-4", "S35")
def test_two_users_codes_of_equal_length_in_one_entry_are_a_failure_that_counts(lock: Lock) -> None:
    lock.add("Ben", "730514")
    lock.listen()
    lock.open_with(ANNA + "730514")
    assert not lock.is_open
    refusal = lock.fact(EventType.ACCESS_REFUSED)
    assert refusal.reason == "ambiguous_passcode"
    assert refusal.user_id is None
    assert sum(weight for _, weight in lock.state.lockout.failures) == 2


@pytest.mark.spec("VER-4")
def test_two_codes_of_one_user_in_one_entry_are_no_matter() -> None:
    directory = enrolled(ANNA, "730514", of={ANNA: "anna", "730514": "anna"})
    assert found(directory, "730514" + ANNA) == 1


@pytest.mark.spec("VER-4")
def test_one_code_twice_in_an_entry_is_that_code() -> None:
    assert found(enrolled(ANNA), ANNA + ANNA) == 1


@pytest.mark.spec("VER-4")
def test_a_longer_code_settles_what_two_shorter_ones_leave_open() -> None:
    assert found(enrolled(ANNA, "730514", "26041987"), ANNA + "730514" + "26041987") == 3


@pytest.mark.spec("VER-4", "S36")
def test_a_duress_code_anywhere_in_the_entry_wins_over_longer_ones() -> None:
    directory = enrolled(ANNA, BEN, duress=(ANNA,))
    assert found(directory, ANNA + BEN) == found(directory, BEN + ANNA) == 1


@pytest.mark.spec("VER-4", "S36")
def test_of_two_duress_codes_one_is_taken_for_nobody_is_kept_waiting() -> None:
    assert found(enrolled(ANNA, "730514", duress=(ANNA, "730514")), ANNA + "730514") in (1, 2)


def test_the_work_for_an_entry_depends_on_its_length_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """security.md 2.6: all runs of digits are looked up, found or not, however many users there are."""
    looked_up, digest = [], hmac.digest

    def counted(key: bytes, message: bytes, name: str) -> bytes:
        looked_up.append(message)
        return digest(key, message, name)

    monkeypatch.setattr(passcode.hmac, "digest", counted)
    many = Directory.of((), [Credential(PIN, n, f"user {n}", n.to_bytes(32)) for n in range(1000)])
    work = []
    for directory in (Directory(), enrolled(ANNA), enrolled("00000000000000"[:10], ANNA), many):
        looked_up.clear()
        match(directory, KEYS.pin, ANNA + "0" * 14, PROFILE)
        work.append(len(looked_up))
    assert work == [65, 65, 65, 65]


@pytest.mark.spec("CAP-11")
@pytest.mark.parametrize(
    ("code", "good"), [("59203", False), ("592031", True), ("5920317465", True), ("59203174658", False)]
)
def test_a_passcode_has_six_to_ten_digits(lock: Lock, code: str, *, good: bool) -> None:
    lock.add("Ben")
    if good:
        lock.ok(SetPasscode, user_id="ben", passcode=code)
        lock.open_with(code)
        assert lock.is_open
    else:
        assert lock.refused(SetPasscode, user_id="ben", passcode=code) is ErrorCode.PASSCODE_LENGTH
        (answer,) = [answer for answer in lock.effects if getattr(answer, "error", None)]
        assert answer.detail == {"min": 6, "max": 10}


@pytest.mark.spec("CAP-11")
@pytest.mark.parametrize("code", ["", "59203a", "592 031", "-592031", "٥٩٢٠٣١", "592031\n", "\ud8005920"])
def test_a_passcode_is_of_digits_alone(lock: Lock, code: str) -> None:
    lock.add("Ben")
    assert lock.refused(SetPasscode, user_id="ben", passcode=code) is ErrorCode.PASSCODE_LENGTH


@pytest.mark.spec("CAP-18")
@pytest.mark.parametrize("code", ["123456", "0123456789", "987654", "9876543210", "111111", "0000000000", "345678"])
def test_runs_and_repeats_are_simple(code: str) -> None:
    assert is_simple(code)


@pytest.mark.spec("CAP-18")
@pytest.mark.parametrize("code", ["890123", "210987", "121212", "112233", "123457", "1234566", "135790", "1111112"])
def test_what_is_not_a_run_or_repeat_as_a_whole_is_not_simple(code: str) -> None:
    assert not is_simple(code)


@pytest.mark.spec("CAP-12")
def test_palm6068_never_takes_a_simple_passcode(palm: Lock) -> None:
    palm.add("Ben")
    assert palm.refused(SetPasscode, user_id="ben", passcode="123456") is ErrorCode.PASSCODE_SIMPLE
    assert "refuse_simple_passcodes" not in palm.profile.settings


@pytest.mark.spec("CAP-12")
def test_l2s_takes_simple_passcodes_until_a_setting_refuses_them(l2s: Lock) -> None:
    l2s.add("Ben", "123456")
    l2s.open_with("123456")
    assert l2s.is_open
    l2s.set(refuse_simple_passcodes=True)
    l2s.add("Cara")
    assert l2s.refused(SetPasscode, user_id="cara", passcode="654321") is ErrorCode.PASSCODE_SIMPLE


@pytest.mark.spec("L2S-7")
def test_a_code_that_another_user_has_cannot_be_set(lock: Lock) -> None:
    """Of L2S-7 what is done from the app."""
    lock.add("Ben")
    assert lock.refused(SetPasscode, user_id="ben", passcode=ANNA) is ErrorCode.DUPLICATE


def test_a_code_that_contains_another_one_cannot_be_set(lock: Lock) -> None:
    """security.md 2.6: whoever types the longer one would type the shorter one too."""
    lock.add("Ben")
    assert lock.refused(SetPasscode, user_id="ben", passcode="7" + ANNA + "0") is ErrorCode.PASSCODE_CONTAINS


def test_a_users_own_code_may_be_within_her_new_one(lock: Lock) -> None:
    lock.ok(SetPasscode, user_id="anna", passcode=ANNA + "77")
    lock.open_with(ANNA + "77")
    assert lock.is_open


@pytest.mark.spec("CAP-7")
def test_a_new_passcode_takes_the_place_and_the_number_of_the_old_one(lock: Lock) -> None:
    lock.add("Ben", BEN)
    assert lock.ok(SetPasscode, user_id="anna", passcode="260419") == {"number": 1}
    lock.open_with(ANNA)
    assert not lock.is_open
    lock.open_with("260419")
    assert lock.is_open
    assert lock.state.directory.count(PIN) == 2


def test_the_same_passcode_may_be_set_again(lock: Lock) -> None:
    lock.ok(SetPasscode, user_id="anna", passcode=ANNA)
    lock.open_with(ANNA)
    assert lock.is_open


def test_a_passcode_needs_a_user_and_a_lock_that_takes_passcodes(lock: Lock) -> None:
    assert lock.refused(SetPasscode, user_id="ghost", passcode=BEN) is ErrorCode.UNKNOWN_USER
    without = Lock(replace(lock.profile, credentials={}))
    without.add("Anna")
    assert without.refused(SetPasscode, user_id="anna", passcode=BEN) is ErrorCode.NOT_SUPPORTED


@pytest.mark.spec("CAP-2", "CAP-20", "CAP-21")
def test_a_lock_holds_fifty_passcodes_and_a_freed_number_is_given_again(l2s: Lock) -> None:
    for number in range(2, 51):
        l2s.add(f"U{number}", f"{number:02}8273{number:02}")
    l2s.add("Late")
    assert l2s.refused(SetPasscode, user_id="late", passcode="5902817") is ErrorCode.NO_SLOT_LEFT
    assert l2s.ok(SetPasscode, user_id="u7", passcode="5902817") == {"number": 7}

    l2s.ok(DeleteCredential, type=PIN, number=30)
    l2s.ok(DeleteCredential, type=PIN, number=20)
    assert l2s.ok(SetPasscode, user_id="late", passcode="5902818") == {"number": 20}


@pytest.mark.spec("S21")
def test_a_passcode_is_kept_as_a_keyed_mac_and_never_told(lock: Lock) -> None:
    (credential,) = lock.disk.credentials.values()
    assert credential.mac == hmac.digest(KEYS.pin, b"pin\0" + ANNA.encode(), "sha256")
    command = SetPasscode(command_id="c", actor=ACTOR, user_id="anna", passcode=BEN)
    for told in (repr(command), repr(credential), repr(lock.state), repr(lock.setup), repr(lock.disk)):
        assert BEN not in told
        assert ANNA not in told
        assert repr(credential.mac) not in told
        assert repr(KEYS.pin) not in told
        assert repr(KEYS.card) not in told
