"""A visitor's phone at the lock itself: what the radio's end and the engine keep out together."""

import pytest

from lock_bridge.ble import codec
from lock_bridge.ble.codec import Answer, Fault, Hello, Phone
from lock_bridge.ble.visitor import Exchange
from lock_bridge.engine import bluetooth
from lock_bridge.engine.inputs import PhoneActs
from lock_bridge.hardware.bluez.service import phone_id
from tests.engine.conftest import ANNA
from tests.hardware.key_lock import KeyLock

CARA = Phone("Cara's phone", b"c" * 16)
THIEF = Phone("Cara's phone", b"t" * 16)
"""It calls itself as hers does."""


@pytest.fixture
def door() -> KeyLock:
    return KeyLock()


@pytest.mark.spec("VER-14", "DLM-9")
@pytest.mark.parametrize("profile", ["palm6068", "dl50fvs"])
def test_a_visitor_pairs_opens_and_locks(profile: str) -> None:
    door = KeyLock(profile)
    assert door.act("A", CARA, "unlock", 1) == Answer(word="unknown_credential"), "her phone is not known yet"
    assert door.pair("A", CARA, "024752") == Answer(word="pairing_code")
    assert door.pair("A", CARA) == Answer()
    assert door.act("A", CARA, "unlock", 2) == Answer()
    assert door.lock.is_open
    assert door.act("A", CARA, "lock", 3) == Answer()
    assert not door.lock.is_open
    assert door.lock.state.modes.phones == (phone_id(CARA),)


@pytest.mark.spec("VER-14")
def test_a_counter_that_was_heard_is_never_heard_again(door: KeyLock) -> None:
    door.pair("A", CARA)
    assert door.act("A", CARA, "unlock", 500) == Answer()
    assert door.act("A", CARA, "unlock", 500) == Answer(word="unknown_credential")
    assert door.act("B", CARA, "unlock", 499) == Answer(word="unknown_credential")
    assert door.act("B", CARA, "unlock", 501) == Answer()


@pytest.mark.spec("VER-14")
def test_a_key_on_a_phone_that_only_has_the_right_name_opens_nothing(door: KeyLock) -> None:
    door.pair("A", CARA)
    assert door.act("B", THIEF, "unlock", 1) == Answer(word="unknown_credential")
    assert not door.lock.is_open


@pytest.mark.spec("VER-14")
def test_a_proof_for_another_connections_challenge_opens_nothing(door: KeyLock) -> None:
    """Somebody between phone and lock hands the phone a challenge of his own, and its proof to the lock."""
    door.pair("A", CARA)
    asks = Exchange(door.service.hello("thief", 185))
    hello = Hello.unpack(Hello(7, 185, b"n" * 16, asks._public).pack())
    phone = Exchange(hello.pack())
    key_id, key = bluetooth.read_key(door.key)
    proof = bluetooth.proof(key, phone._channel.challenge, "unlock", 9)
    forwarded = codec.Act(CARA, "unlock", key_id, 9, proof)
    assert door.ask("thief", lambda own: own._frames(forwarded)) == Answer(word="unknown_credential")
    assert not door.lock.is_open
    (*_, given) = door.heard
    assert isinstance(given, PhoneActs)
    assert given.challenge != phone._channel.challenge


@pytest.mark.spec("VER-7", "VER-14")
def test_nobody_locks_out_the_house_from_the_street(door: KeyLock) -> None:
    for number in range(50):
        door.act(f"stranger {number}", Phone("stranger", number.to_bytes(16)), "unlock", 1)
        door.clock.advance(400)
    assert not door.lock.state.locked_out
    door.lock.open_with(ANNA)
    assert door.lock.is_open
    assert [type(given) for given in door.heard].count(PhoneActs) == 4


@pytest.mark.spec("VER-14", "VER-8")
def test_in_a_lockout_a_visitor_is_told_so(door: KeyLock) -> None:
    door.pair("A", CARA)
    door.lock.wrong(5)
    assert door.act("A", CARA, "unlock", 1) == Answer(word="locked_out")


def test_a_lock_that_has_stopped_thinking_is_said_to_have(door: KeyLock) -> None:
    door.silent = True
    answers: list[bytes] = []
    assert door.act("A", CARA, "unlock", 1) is None
    door.send = lambda _peer, frame: answers.append(frame)
    door.clock.advance(20_000)
    (frame,) = answers
    assert frame[3:] == codec.plain_answer(Fault.NO_ANSWER)
