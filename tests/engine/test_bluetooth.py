"""Bluetooth: the pairing code, paired phones, and visitors' keys by challenge and response."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.engine.bluetooth import key_text, proof, read_key
from lock_bridge.engine.effects import CountUse, Effect, PhoneTold, Prompt, SaveLockout, SaveModes, Tone
from lock_bridge.engine.inputs import (
    AddBluetoothKey,
    AddUser,
    ChangeUser,
    ClearBluetooth,
    DeleteCredential,
    DeleteUser,
    EndLockout,
    Key,
    PartBack,
    PartReplaced,
    PhoneActs,
    PhonePairs,
    PrivacySeen,
    SetBluetoothCode,
)
from lock_bridge.engine.model import Identity
from lock_bridge.engine.passcode import passcode_mac
from lock_bridge.engine.phones import PHONES_MAX, default_code
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, CredentialType, EventType, OperationSource, Part
from tests.engine.conftest import ANNA, BEN, lock_with_anna
from tests.engine.lock import DAY, HOUR, KEYS, MINUTE, Lock, Motor
from tests.engine.phone import DEFAULT_CODE, Phone, hand_out, key_of

CUSTOM_CODE = "731905"


@pytest.fixture(params=["palm6068", "dl50fvs"])
def house(request: pytest.FixtureRequest) -> Lock:
    """A lock with Bluetooth on, and Ben who has visitors."""
    lock = lock_with_anna(request.param)
    lock.set(bluetooth=True)
    lock.add("Ben", BEN)
    lock.advance(MINUTE)
    lock.listen()
    return lock


@pytest.fixture
def phone(house: Lock) -> Phone:
    """Ben's visitor stands before the door with a paired phone and a key."""
    phone = Phone(house, key=hand_out(house, "ben"))
    assert phone.pair() is None
    house.listen()
    return phone


# The pairing code


@pytest.mark.spec("DLM-9")
@pytest.mark.parametrize(
    ("serial", "code"),
    [("Q06824751", "024751"), ("BE3117045X", "017045"), ("A12", "000012"), ("", "000000"), ("١٢٣٤٥٦", "000000")],
)
def test_the_default_code_is_zero_and_the_last_five_digits_of_the_serial_number(serial: str, code: str) -> None:
    assert default_code(Identity(serial=serial)) == code


@pytest.mark.spec("DLM-9")
def test_a_phone_that_gives_the_default_code_is_paired(house: Lock) -> None:
    assert Phone(house).pair(DEFAULT_CODE) is None
    assert house.state.modes.phones == ("Cara's phone",)
    paired = house.fact(EventType.PHONE_PAIRED)
    assert (paired.source, dict(paired.data)) == (OperationSource.BLE, {"phone": "Cara's phone"})
    assert house.tones == [Tone.SUCCESS]


@pytest.mark.spec("DLM-9", "VER-7")
def test_a_wrong_pairing_code_is_refused_and_counts(house: Lock) -> None:
    phone = Phone(house)
    for _ in range(4):
        assert phone.pair("024752") == "pairing_code"
    assert not house.state.locked_out
    refused = house.facts[-1]
    assert (refused.type, refused.reason) == (EventType.ACCESS_REFUSED, "pairing_code")
    assert (refused.source, refused.credential_type) == (OperationSource.BLE, CredentialType.BLE)
    house.wrong()
    assert house.state.locked_out
    assert house.state.modes.phones == ()


@pytest.mark.spec("DLM-9", "VER-8")
def test_in_a_lockout_no_pairing_code_is_looked_at(house: Lock) -> None:
    house.wrong(5)
    house.listen()
    assert Phone(house).pair(DEFAULT_CODE) == "locked_out"
    assert house.facts == []
    assert house.prompts == [Prompt.LOCKED_OUT]
    house.advance(3 * MINUTE)
    assert Phone(house).pair(DEFAULT_CODE) is None


@pytest.mark.spec("DLM-9")
def test_a_right_pairing_code_forgives_no_failure(house: Lock) -> None:
    house.wrong(4)
    assert Phone(house).pair() is None
    house.wrong()
    assert house.state.locked_out


@pytest.mark.spec("DLM-9")
def test_a_code_of_ones_own_takes_the_place_of_the_default_one(house: Lock) -> None:
    house.ok(SetBluetoothCode, code=CUSTOM_CODE)
    changed = house.fact(EventType.SETTING_CHANGED)
    assert dict(changed.data) == {"setting": "bluetooth_code", "value": "custom"}
    assert changed.client_name == "Home Assistant"
    assert Phone(house).pair(DEFAULT_CODE) == "pairing_code"
    assert Phone(house).pair(CUSTOM_CODE) is None

    house.listen()
    house.ok(SetBluetoothCode, code=None)
    assert dict(house.fact(EventType.SETTING_CHANGED).data) == {"setting": "bluetooth_code", "value": "default"}
    assert Phone(house, "another").pair(CUSTOM_CODE) == "pairing_code"
    assert Phone(house, "another").pair(DEFAULT_CODE) is None
    assert house.state.modes.phones == ("Cara's phone", "another")


@pytest.mark.spec("DLM-9")
def test_no_code_is_kept_and_none_is_told(house: Lock) -> None:
    house.secrets |= {CUSTOM_CODE, "998877"}
    house.ok(SetBluetoothCode, code=CUSTOM_CODE)
    Phone(house).pair("998877")
    Phone(house).pair(CUSTOM_CODE)
    kept = repr(house.disk) + repr(house.state) + repr(house.effects)
    assert CUSTOM_CODE not in kept
    assert "998877" not in kept
    assert house.disk.modes.bluetooth_code_mac not in (None, passcode_mac(KEYS.pin, CUSTOM_CODE))


def test_the_same_code_again_is_no_change(house: Lock) -> None:
    house.ok(SetBluetoothCode, code=CUSTOM_CODE)
    house.listen()
    house.ok(SetBluetoothCode, code=CUSTOM_CODE)
    assert (house.facts, house.of(SaveModes)) == ([], [])


@pytest.mark.spec("DLM-9")
@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"])
def test_a_code_that_is_none_is_refused_and_paired_with_by_nobody(house: Lock, code: str) -> None:
    assert house.refused(SetBluetoothCode, code=code) is ErrorCode.BLUETOOTH_CODE
    assert Phone(house).pair(code) == "pairing_code"


@pytest.mark.spec("DLM-9")
def test_clearing_drops_the_phones_and_brings_the_default_code_back(phone: Phone) -> None:
    house = phone.lock
    house.ok(SetBluetoothCode, code=CUSTOM_CODE)
    house.listen()
    house.ok(ClearBluetooth)
    assert house.fact(EventType.BLUETOOTH_CLEARED).client_name == "Home Assistant"
    assert phone.act() == "unknown_credential"
    assert phone.pair(CUSTOM_CODE) == "pairing_code"
    assert phone.pair(DEFAULT_CODE) is None
    assert phone.act() is None
    assert house.is_open


@pytest.mark.spec("DLM-9")
def test_paired_phones_and_the_code_survive_a_power_cut(phone: Phone) -> None:
    house = phone.lock
    house.ok(SetBluetoothCode, code=CUSTOM_CODE)
    house.power_cut()
    assert phone.act() is None
    assert Phone(house, "another").pair(DEFAULT_CODE) == "pairing_code"
    assert Phone(house, "another").pair(CUSTOM_CODE) is None


@pytest.mark.spec("DLM-9")
def test_the_phone_that_was_paired_first_makes_room_for_one_too_many(house: Lock) -> None:
    assert PHONES_MAX == 20
    phones = [Phone(house, f"phone {number}") for number in range(PHONES_MAX)]
    for phone in phones:
        assert phone.pair() is None
    house.listen()
    assert phones[0].pair() is None
    assert house.facts == [], "she was paired already"
    assert Phone(house, "one more").pair() is None
    assert house.state.modes.phones == (*(f"phone {number}" for number in range(2, 20)), "phone 0", "one more")


@pytest.mark.parametrize("name", ["x", "x" * 64, "Cara's phone (work) α"])
def test_a_phone_is_called_what_it_likes(house: Lock, name: str) -> None:
    assert Phone(house, name).pair() is None
    assert house.state.modes.phones == (name,)


@pytest.mark.parametrize("name", ["", "x" * 65, "two\nlines", "\x00"])
def test_a_phone_with_no_name_to_keep_is_not_paired(house: Lock, name: str) -> None:
    assert Phone(house, name).pair() == "bad_request"
    assert (house.facts, house.of(SaveModes), house.of(SaveLockout)) == ([], [], [])


def test_a_model_without_bluetooth_pairs_nobody(l2s: Lock) -> None:
    assert l2s.refused(SetBluetoothCode, code=CUSTOM_CODE) is ErrorCode.NOT_SUPPORTED
    assert l2s.refused(ClearBluetooth) is ErrorCode.NOT_SUPPORTED
    l2s.listen()
    assert Phone(l2s).pair() == "bluetooth_off"
    assert (l2s.facts, l2s.of(SaveLockout)) == ([], [])


# The key


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=32, max_size=32))
def test_what_a_visitor_is_handed_can_be_read_again(key_id: bytes, secret: bytes) -> None:
    text = key_text(replace(KEYS, ble=secret), key_id)
    assert [len(group) for group in text.split("-")] == [4] * 10
    read_id, key = read_key(f"  {text.lower().replace('-', ' ')}\n")
    assert read_id == key_id
    assert len(key) == 16
    assert secret not in (key, key_id)


def test_each_key_is_another_and_so_is_each_bridges() -> None:
    other = replace(KEYS, ble=b"o" * 32)
    made = {key_text(KEYS, b"key 0001"), key_text(KEYS, b"key 0002"), key_text(other, b"key 0001")}
    assert len({read_key(text)[1] for text in made}) == 3


@pytest.mark.parametrize("text", ["", "ABCD", "é" * 40, "1" * 40, "A" * 40, "A" * 48])
def test_what_is_no_key_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="no Bluetooth key"):
        read_key(text)


def test_nearly_all_slips_of_the_pen_are_found() -> None:
    text = key_text(KEYS, b"key 0001")
    slips = [text[:place] + sign + text[place + 1 :] for place in range(49) for sign in "AQ7" if text[place] != "-"]
    slips = [slip for slip in slips if slip != text]
    found = 0
    for slip in slips:
        try:
            read_key(slip)
        except ValueError:
            found += 1
    assert found >= 0.95 * len(slips)


def test_a_proof_is_for_one_challenge_one_operation_and_one_counter() -> None:
    _, key = read_key(key_text(KEYS, b"key 0001"))
    proofs = {
        proof(secret, challenge, operation, counter)
        for secret in (key, bytes(16))
        for challenge in (b"one", b"two")
        for operation in ("unlock", "lock")
        for counter in (1, 2)
    }
    assert len(proofs) == 16


@pytest.mark.spec("VER-14", "VER-6")
def test_a_visitors_key_opens_and_tells_whose_visitor_it_was(phone: Phone) -> None:
    house = phone.lock
    assert phone.act() is None
    assert house.is_open
    assert house.tones == [Tone.SUCCESS]
    granted = house.fact(EventType.ACCESS_GRANTED)
    assert (granted.user_name, granted.source) == ("Ben", OperationSource.BLE)
    assert (granted.credential_type, granted.credential_number) == (CredentialType.BLE, 1)


@pytest.mark.spec("VER-14")
def test_a_visitors_key_locks(phone: Phone) -> None:
    house = phone.lock
    phone.act()
    house.listen()
    assert phone.act("lock") is None
    assert house.state.bolt is BoltState.LOCKED
    locked = house.fact(EventType.LOCKED)
    assert (locked.user_name, locked.source) == ("Ben", OperationSource.BLE)
    assert house.of(CountUse)


@pytest.mark.spec("VER-14", "BLT-5")
def test_against_an_open_door_a_key_does_not_lock_and_the_phone_is_told_why(phone: Phone) -> None:
    phone.act()
    phone.lock.set_door(is_open=True)
    assert phone.act("lock") == "door_open"
    assert phone.lock.is_open


@pytest.mark.spec("VER-14", "BLT-6")
def test_the_phone_is_told_how_the_opening_ended(phone: Phone) -> None:
    phone.lock.motor = Motor.STILL
    assert phone.act() == "motor_fault"
    phone.lock.motor = Motor.STUCK
    assert phone.act() == "jammed"
    phone.lock.motor = Motor.WORKS
    assert phone.act() is None


@pytest.mark.spec("VER-14")
def test_a_key_has_a_validity(house: Lock) -> None:
    now = house.wall_ms
    phone = Phone(house, key=hand_out(house, "ben", valid_from_ms=now + HOUR, valid_until_ms=now + 2 * HOUR))
    phone.pair()
    assert phone.act() == "outside_validity"
    house.advance(HOUR)
    house.trusted = False
    assert phone.act() == "clock_untrusted"
    house.trusted = True
    assert phone.act() is None
    house.advance(HOUR)
    house.listen()
    assert phone.act() == "outside_validity"
    assert house.fact(EventType.ACCESS_REFUSED).reason == "outside_validity"
    assert house.of(SaveLockout) == []


@pytest.mark.spec("VER-14")
def test_a_key_for_two_entries_opens_twice_and_locks_as_often_as_wanted(house: Lock) -> None:
    phone = Phone(house, key=hand_out(house, "ben", uses=2))
    phone.pair()
    assert phone.act() is None
    assert phone.act("lock") is None
    assert phone.act("lock") is None
    assert phone.act() is None
    assert phone.act("lock") is None
    assert phone.act() == "used_up"
    assert house.state.bolt is BoltState.LOCKED
    assert phone.act("lock") is None


@pytest.mark.spec("VER-14")
def test_a_revoked_key_opens_no_more(phone: Phone) -> None:
    phone.lock.ok(DeleteCredential, type=CredentialType.BLE, number=1)
    assert phone.act() == "unknown_credential"
    assert phone.act("lock") == "unknown_credential"
    assert not phone.lock.is_open


@pytest.mark.spec("VER-14", "USR-5")
def test_with_a_user_go_the_keys_of_her_visitors(phone: Phone) -> None:
    phone.lock.ok(DeleteUser, user_id="ben")
    assert phone.act() == "unknown_credential"


@pytest.mark.spec("VER-14", "USR-7")
def test_a_disabled_users_visitors_stay_outside(phone: Phone) -> None:
    phone.lock.ok(ChangeUser, user_id="ben", changes={"enabled": False})
    assert phone.act() == "user_disabled"


@pytest.mark.spec("VER-14")
def test_with_the_setting_bluetooth_off_no_key_is_looked_at(phone: Phone) -> None:
    house = phone.lock
    house.set(bluetooth=False)
    house.listen()
    for _ in range(6):
        assert phone.act() == "bluetooth_off"
        assert phone.act("lock") == "bluetooth_off"
        assert phone.pair() == "bluetooth_off"
        assert phone.pair("000000") == "bluetooth_off"
    assert {fact.reason for fact in house.facts} == {"bluetooth_off"}
    assert (house.of(SaveLockout), house.of(CountUse), house.drives) == ([], [], [])
    assert house.refused(AddBluetoothKey, user_id="ben", key_id=b"key 0002") is ErrorCode.BLUETOOTH_OFF
    house.set(bluetooth=True)
    assert phone.act() is None


@pytest.mark.spec("VER-14", "DLM-9")
def test_a_phone_must_be_paired_before_its_key_is_believed(house: Lock) -> None:
    phone = Phone(house, key=hand_out(house, "ben"))
    assert phone.act() == "unknown_credential"
    assert house.fact(EventType.ACCESS_REFUSED).user_id is None
    phone.pair()
    assert phone.act() is None


@pytest.mark.spec("VER-14", "VER-7")
def test_wrong_proofs_count_and_five_lock_out(phone: Phone) -> None:
    house = phone.lock
    phone.key = key_text(replace(KEYS, ble=b"x" * 32), b"key 0001")
    for _ in range(5):
        assert phone.act() == "unknown_credential"
    assert house.state.locked_out
    assert house.fact(EventType.LOCKOUT_STARTED).source is OperationSource.BLE
    assert key_of(house) == 0, "who has not proven the key moves no counter"


def tampered(acts: PhoneActs) -> dict[str, PhoneActs]:
    """What somebody makes of what she has heard."""
    return {
        "the same again": acts,
        "another challenge": replace(acts, challenge=b"another"),
        "another operation": replace(acts, operation="lock", counter=acts.counter + 1),
        "an operation that is none": replace(acts, operation="open", counter=acts.counter + 1),
        "no letters": replace(acts, operation="\ud800", counter=acts.counter + 1),
        "a higher counter": replace(acts, counter=acts.counter + 1),
        "a negative counter": replace(acts, counter=-1),
        "a huge counter": replace(acts, counter=1 << 80),
        "the last counter": replace(acts, counter=1 << 63),
        "no proof": replace(acts, proof=b"", counter=acts.counter + 1),
        "another key": replace(acts, key_id=b"key 0002"),
        "no key": replace(acts, key_id=b""),
        "a passcode's place": replace(acts, key_id=passcode_mac(KEYS.pin, ANNA), counter=acts.counter + 1),
        "another phone": replace(acts, phone="Mallory's phone", counter=acts.counter + 1),
    }


@pytest.mark.spec("VER-14", "VER-7")
@pytest.mark.parametrize("trick", sorted(tampered(PhoneActs("", b"", "", b"", 0, b""))))
def test_who_has_listened_in_does_not_open_and_is_counted(phone: Phone, trick: str) -> None:
    house = phone.lock
    phone.act()
    phone.act("lock")
    house.listen()
    heard = next(acts for acts in phone.shown if acts.operation == "unlock")
    assert Phone(house, "Mallory's phone").send(tampered(heard)[trick]) == "unknown_credential"
    assert house.drives == []
    assert house.fact(EventType.ACCESS_REFUSED).user_id is None
    assert len(house.state.lockout.failures) == 1
    assert phone.act() is None


@pytest.mark.spec("VER-14")
def test_a_recording_is_worth_nothing_after_a_power_cut_either(phone: Phone) -> None:
    phone.act()
    phone.lock.power_cut()
    phone.lock.settle()
    assert phone.send(phone.shown[0]) == "unknown_credential"
    assert phone.act() is None


def test_a_key_that_skips_numbers_is_believed_with_the_next_higher_one(phone: Phone) -> None:
    """As after tries that never reached the lock."""
    phone.counter = 41
    assert phone.act() is None
    assert key_of(phone.lock) == 42
    phone.counter = (1 << 63) - 2
    assert phone.act() is None
    assert phone.act() == "unknown_credential", "there is none higher"


@pytest.mark.spec("VER-8", "VER-14")
def test_in_a_lockout_no_key_is_looked_at(phone: Phone) -> None:
    house = phone.lock
    house.wrong(5)
    house.listen()
    assert phone.act() == "locked_out"
    assert phone.act("lock") == "locked_out"
    assert (house.facts, house.drives) == ([], [])
    assert house.prompts == [Prompt.LOCKED_OUT] * 2
    house.ok(EndLockout)
    assert phone.act() is None


@pytest.mark.spec("VER-7", "VER-11", "VER-14")
def test_a_visitors_opening_zeroes_the_count_but_not_the_level(phone: Phone) -> None:
    """Also a visitor of an administrator's."""
    house = phone.lock
    anna = Phone(house, "another", key=hand_out(house, "anna", b"key 0002"))
    anna.pair()
    house.wrong(5)
    house.advance(HOUR)
    house.wrong(4)
    assert anna.act() is None
    assert (house.state.lockout.failures, house.state.lockout.level) == ((), 1)
    assert anna.act("lock") is None


@pytest.mark.spec("VER-14")
def test_locking_forgives_no_failure(phone: Phone) -> None:
    house = phone.lock
    house.wrong(4)
    phone.act("lock")
    house.wrong()
    assert house.state.locked_out


@pytest.mark.spec("VER-14", "BLT-9")
def test_in_privacy_a_key_does_not_open_not_even_an_administrators_visitors(house: Lock) -> None:
    phone = Phone(house, key=hand_out(house, "anna"))
    phone.pair()
    house.give(PrivacySeen(True))
    assert phone.act() == "privacy_on"
    assert not house.is_open
    house.give(PrivacySeen(False))
    assert phone.act() is None


@pytest.mark.spec("DLM-2", "VER-14")
def test_a_key_opens_no_menu_and_no_door_while_somebody_is_at_it(house: Lock) -> None:
    phone = Phone(house, key=hand_out(house, "anna"))
    phone.pair()
    house.press(Key.SET)
    house.listen()
    assert phone.act() == "menu_open"
    house.enter(ANNA)
    assert phone.act() == "menu_open"
    assert (house.events, house.drives) == ([EventType.MENU_OPENED], [])
    assert phone.act("lock") is None
    house.advance(MINUTE)
    assert phone.act() is None


@pytest.mark.spec("INI-1")
def test_with_nothing_enrolled_a_phone_is_refused_uncounted() -> None:
    lock = Lock("palm6068")
    lock.set(bluetooth=True)
    phone = Phone(lock, key=key_text(KEYS, b"key 0001"))
    phone.pair()
    lock.listen()
    for _ in range(6):
        assert phone.act() == "no_credential"
    assert (lock.of(SaveLockout), lock.drives) == ([], [])
    assert [fact.reason for fact in lock.facts] == ["no_credential"] * 6


def test_a_radio_that_was_exchanged_is_not_believed(phone: Phone) -> None:
    house = phone.lock
    house.give(PartReplaced(Part.BLUETOOTH))
    assert phone.act() == "unknown_credential"
    house.give(PartBack(Part.BLUETOOTH))
    assert phone.act() is None


@pytest.mark.spec("VER-14")
def test_the_count_of_a_key_is_on_disk_before_the_phone_is_told(phone: Phone) -> None:
    house = phone.lock
    phone.act()
    house.listen()
    phone.act()
    kinds: list[type[Effect]] = [type(effect) for effect in house.effects]  # type: ignore[misc]
    assert kinds.index(CountUse) < kinds.index(PhoneTold)


def test_wherever_the_power_fails_a_key_that_has_opened_is_never_believed_again(phone: Phone) -> None:
    """The bolt is open already, so that the phone is told in the same step."""
    house = phone.lock
    phone.act()
    counter = phone.counter + 1
    key_id, key = read_key(phone.key)
    acts = PhoneActs(phone.name, key_id, "unlock", b"c", counter, proof(key, b"c", "unlock", counter))
    moments = [
        (any(isinstance(effect, PhoneTold) for effect in done), disk.credentials[CredentialType.BLE, 1].counter)
        for done, disk in house.images(acts)
    ]
    assert {heard for told, heard in moments if told} == {counter}
    assert {heard for _, heard in moments} == {counter - 1, counter}


def test_a_phones_secrets_are_never_told(phone: Phone) -> None:
    phone.act()
    told = repr(phone.shown) + repr(PhonePairs("phone", CUSTOM_CODE))
    assert CUSTOM_CODE not in told
    assert repr(phone.shown[0].proof) not in told
    assert repr(read_key(phone.key)[1]) not in repr(phone.lock.state)


@pytest.mark.spec("VER-14")
def test_a_user_of_the_lock_whose_validity_is_over_has_no_visitors_either(house: Lock) -> None:
    house.ok(AddUser, user_id="dora", name="Dora", valid_until_ms=house.wall_ms + DAY)
    phone = Phone(house, key=hand_out(house, "dora"))
    phone.pair()
    assert phone.act() is None
    phone.act("lock")
    house.advance(DAY)
    assert phone.act() == "outside_validity"
