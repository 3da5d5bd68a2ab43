"""Verification: passcode, finger and card; who is told of it, in which order, and what is refused."""

import pytest

from lock_bridge.engine.effects import (
    DriveBolt,
    Light,
    Prompt,
    Record,
    SaveLockout,
    Say,
    Sound,
    Tone,
)
from lock_bridge.engine.inputs import (
    BiometricSeen,
    BoltPosition,
    CardSeen,
    DeleteCredential,
    DeleteUser,
    Input,
    Key,
    KeyDown,
    PartBack,
    PartReplaced,
    PowerSeen,
    RemoteUnlock,
)
from lock_bridge.engine.machine import step
from lock_bridge.wire.words import CredentialType, EventType, OperationSource, Part
from tests.engine.conftest import ANNA, BEN, lock_with_anna
from tests.engine.lock import Lock

CARD = bytes.fromhex("04A1B2C3")


def wrong_tries(lock: Lock) -> list[Input]:
    """A wrong try of each kind that the model takes; the code's digits are typed already."""
    lock.press("back", *"999999")
    tries: list[Input] = [
        KeyDown(Key.CONFIRM),
        BiometricSeen(CredentialType.FINGERPRINT, None),
        BiometricSeen(CredentialType.FINGERPRINT, 49),
    ]
    return [*tries, CardSeen(b"unknown")] if lock.profile.limits(CredentialType.RFID) else tries


@pytest.mark.spec("VER-6")
def test_a_right_code_opens_beeps_and_records_who_by_what_and_which(lock: Lock) -> None:
    lock.open_with(ANNA)
    assert lock.is_open
    assert lock.tones == [Tone.SUCCESS]
    granted = lock.fact(EventType.ACCESS_GRANTED)
    assert (granted.user_id, granted.user_name) == ("anna", "Anna")
    assert granted.source is OperationSource.KEYPAD
    assert (granted.credential_type, granted.credential_number) == (CredentialType.PIN, 1)
    assert lock.state.changed_by is not None
    assert lock.state.changed_by.user is not None
    assert lock.state.changed_by.user.name == "Anna"


@pytest.mark.spec("VER-5", "VER-6")
def test_a_known_finger_opens_without_waking_the_keypad(lock: Lock) -> None:
    slot = lock.add_finger("anna")
    lock.listen()
    lock.finger(slot)
    lock.settle()
    assert lock.is_open
    granted = lock.fact(EventType.ACCESS_GRANTED)
    assert granted.source is OperationSource.BIOMETRIC
    assert (granted.credential_type, granted.credential_number) == (CredentialType.FINGERPRINT, 1)
    assert not lock.state.awake


@pytest.mark.spec("VER-5", "VER-6")
@pytest.mark.parametrize("profile", ["dl50fvs", "l2s"])
def test_a_known_card_opens_without_waking_the_keypad(profile: str) -> None:
    lock = lock_with_anna(profile)
    lock.add_card("anna", CARD)
    lock.advance(60_000)
    lock.listen()
    lock.card(CARD)
    lock.settle()
    assert lock.is_open
    granted = lock.fact(EventType.ACCESS_GRANTED)
    assert granted.source is OperationSource.RFID
    assert (granted.credential_type, granted.credential_number) == (CredentialType.RFID, 1)
    assert not lock.state.awake


@pytest.mark.spec("VER-2")
@pytest.mark.parametrize("digits", range(1, 6))
def test_fewer_than_six_digits_are_a_failure_that_counts(lock: Lock, digits: int) -> None:
    lock.enter(ANNA[:digits])
    assert lock.fact(EventType.ACCESS_REFUSED).reason == "unknown_credential"
    assert [weight for _, weight in lock.state.lockout.failures] == [1]
    assert not lock.is_open


def test_a_kind_that_a_model_does_not_have_is_not_looked_at(lock: Lock) -> None:
    """Whatever a reader might say that is not there."""
    for kind in (CredentialType.FACE, CredentialType.PALM_VEIN, CredentialType.FINGERPRINT):
        if lock.profile.limits(kind) is None:
            lock.give(BiometricSeen(kind, 0))
            lock.give(BiometricSeen(kind, None))
    assert lock.effects == []


@pytest.mark.spec("VER-6")
def test_a_failure_beeps_and_records_by_what_and_nobody(lock: Lock) -> None:
    for given in wrong_tries(lock):
        lock.listen()
        lock.give(given)
        assert lock.tones == [Tone.FAILURE]
        refused = lock.fact(EventType.ACCESS_REFUSED)
        assert refused.reason == "unknown_credential"
        assert refused.source is not None
        assert refused.credential_type is not None
        assert (refused.user_id, refused.credential_number, dict(refused.data)) == (None, None, {})


@pytest.mark.spec("S28")
def test_a_wrong_try_is_on_disk_before_anything_is_seen_or_heard_of_it(lock: Lock) -> None:
    """Architecture, rule 5."""
    for given in wrong_tries(lock):
        effects = step(lock.state, given, lock.now, lock.setup).effects
        shown = [place for place, effect in enumerate(effects) if isinstance(effect, Sound | Light | Say)]
        kept = [place for place, effect in enumerate(effects) if isinstance(effect, SaveLockout | Record)]
        assert len(kept) == 2
        assert max(kept) < min(shown)


def test_a_right_try_moves_the_bolt_before_anything_else(lock: Lock) -> None:
    """Architecture, rule 5: also where a failure is to be forgiven, or a lockout has just ended."""
    slot = lock.add_finger("anna")
    lock.wrong()
    lock.press("back", *ANNA)
    for given in (KeyDown(Key.CONFIRM), BiometricSeen(CredentialType.FINGERPRINT, slot)):
        effects = step(lock.state, given, lock.now, lock.setup).effects
        assert isinstance(effects[0], DriveBolt)
        assert any(isinstance(effect, SaveLockout) for effect in effects)


def test_the_entry_is_recorded_in_the_step_that_tells_the_open_bolt(numbered: Lock) -> None:
    numbered.enter(ANNA)
    numbered.advance(899)
    assert EventType.ACCESS_GRANTED not in numbered.events
    assert not numbered.is_open
    numbered.advance(1)
    assert EventType.ACCESS_GRANTED in numbered.events
    assert numbered.is_open


@pytest.mark.spec("VER-6")
def test_whoever_verifies_at_an_open_lock_is_recorded_too(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.open_with(ANNA)
    lock.listen()
    lock.open_with(BEN)
    assert lock.fact(EventType.ACCESS_GRANTED).user_name == "Ben"
    assert lock.drives == []


def test_two_who_verify_while_the_bolt_moves_are_both_recorded(lock: Lock) -> None:
    lock.add("Ben", BEN)
    slot = lock.add_finger("ben")
    lock.listen()
    lock.enter(ANNA)
    lock.finger(slot)
    lock.settle()
    assert [fact.user_name for fact in lock.facts if fact.type is EventType.ACCESS_GRANTED] == ["Anna", "Ben"]
    assert len(lock.drives) == 1


@pytest.mark.spec("INI-1")
@pytest.mark.parametrize("profile", ["palm6068", "dl50fvs", "l2s"])
def test_with_nothing_enrolled_every_verification_is_refused_uncounted(profile: str) -> None:
    lock = Lock(profile)
    lock.add("Anna", admin=True)
    lock.listen()
    lock.wrong(6)
    for _ in range(6):
        lock.finger(0)
    assert {fact.reason for fact in lock.facts} == {"no_credential"}
    assert {fact.credential_type for fact in lock.facts} == {CredentialType.PIN, CredentialType.FINGERPRINT}
    assert set(lock.tones) == {Tone.FAILURE}
    assert (lock.of(SaveLockout), lock.drives, lock.state.locked_out) == ([], [], False)


@pytest.mark.spec("INI-1")
@pytest.mark.parametrize("profile", ["palm6068", "dl50fvs", "l2s"])
def test_with_nothing_enrolled_key_inside_handle_and_app_still_work(profile: str) -> None:
    lock = Lock(profile)
    lock.turn_key(BoltPosition.RETRACTED)
    assert lock.is_open
    lock.turn_key(BoltPosition.THROWN)
    lock.use_inside_handle()
    assert lock.is_open
    lock.set_door(is_open=False)
    lock.turn_key(BoltPosition.THROWN)
    lock.set(remote_unlock=True)
    lock.ok(RemoteUnlock)
    assert lock.is_open


@pytest.mark.spec("CAP-3")
def test_a_model_without_cards_does_not_look_at_them(palm: Lock) -> None:
    palm.card(CARD)
    assert palm.effects == []


def test_a_card_is_no_passcode_and_a_passcode_no_card(l2s: Lock) -> None:
    l2s.card(ANNA.encode())
    assert not l2s.is_open
    assert l2s.events == [EventType.ACCESS_REFUSED]


@pytest.mark.spec("S44")
def test_a_finger_whose_user_is_deleted_while_it_lies_on_the_reader_does_not_open(lock: Lock) -> None:
    lock.add("Ben")
    slot = lock.add_finger("ben")
    lock.ok(DeleteUser, user_id="ben")
    lock.finger(slot)
    lock.settle()
    assert not lock.is_open
    assert lock.facts[-1].user_id is None


def test_a_deleted_code_does_not_open(lock: Lock) -> None:
    lock.add("Ben", BEN)
    lock.ok(DeleteCredential, type=CredentialType.PIN, number=2)
    lock.open_with(BEN)
    assert not lock.is_open


def test_a_reader_that_was_exchanged_is_not_believed_until_it_is_trusted(lock: Lock) -> None:
    slot = lock.add_finger("anna")
    lock.give(PartReplaced(Part.FINGERPRINT))
    lock.give(PartReplaced(Part.FINGERPRINT))
    started = lock.fact(EventType.TAMPER_STARTED)
    assert (started.reason, dict(started.data)) == ("part_replaced", {"part": "fingerprint"})
    lock.finger(slot)
    lock.settle()
    assert not lock.is_open

    lock.give(PartBack(Part.FINGERPRINT))
    assert dict(lock.fact(EventType.TAMPER_ENDED).data) == {"part": "fingerprint"}
    lock.finger(slot)
    lock.settle()
    assert lock.is_open


def test_a_card_reader_that_was_exchanged_is_not_believed_either(l2s: Lock) -> None:
    l2s.add_card("anna", CARD)
    l2s.give(PartReplaced(Part.CARD))
    l2s.card(CARD)
    l2s.settle()
    assert not l2s.is_open


@pytest.mark.spec("ALM-3")
@pytest.mark.parametrize(
    ("profile", "prompt"),
    [("palm6068", Prompt.CHARGE_BATTERY), ("dl50fvs", Prompt.CHARGE_BATTERY), ("l2s", Prompt.REPLACE_BATTERIES)],
)
@pytest.mark.parametrize("percent", [19, 9])
def test_at_each_use_a_low_battery_is_spoken_of(profile: str, prompt: Prompt, percent: int) -> None:
    lock = Lock(profile)
    lock.add("Anna", ANNA, admin=True)
    lock.listen()
    lock.open_with(ANNA)
    assert lock.prompts == []
    lock.give(PowerSeen(percent))
    lock.open_with(ANNA)
    lock.open_with(ANNA)
    assert lock.prompts == [prompt, prompt]
