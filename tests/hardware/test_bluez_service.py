"""The lock's end of the Bluetooth key, against phones that keep to the protocol, and against those that do not."""

import random
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.ble import codec
from lock_bridge.ble.codec import FRAME_MIN, Answer, Fault, Hello, Malformed, Phone
from lock_bridge.ble.visitor import Exchange, next_counter
from lock_bridge.clock import ManualClock
from lock_bridge.engine import bluetooth
from lock_bridge.engine.effects import PhoneTold
from lock_bridge.engine.passcode import Keys
from lock_bridge.hardware.bluez.service import (
    ANSWER_MS,
    CHALLENGE_MS,
    IDLE_MS,
    LATE_MS,
    NONSENSE_MAX,
    PEERS_MAX,
    KeyService,
    TooMany,
    phone_id,
)
from lock_bridge.hardware.ports import PhoneActs, PhonePairs

KEYS = Keys(pin=b"p" * 32, card=b"c" * 32, ble=b"b" * 32)
KEY_ID = b"12345678"
KEY = bluetooth.key_text(KEYS, KEY_ID)
CARA = Phone("Cara's phone", b"c" * 16)
DAN = Phone("Dan's phone", b"d" * 16)
MINUTE = 60_000


@dataclass
class Door:
    """The service with the connections that it has, and what it tells the engine."""

    clock: ManualClock = field(default_factory=ManualClock)
    heard: list[PhonePairs | PhoneActs] = field(default_factory=list)
    told: dict[str, list[bytes]] = field(default_factory=dict)
    hung_up: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(7)
        self.service = KeyService(
            self.clock,
            report=self.heard.append,
            send=lambda peer, frame: self.told.setdefault(peer, []).append(frame),
            hang_up=self.hung_up.append,
            random=self.random.randbytes,
        )

    def connect(self, peer: str = "A", mtu: int = 23) -> Visitor:
        return Visitor(self, peer, mtu)

    def one(self) -> PhonePairs | PhoneActs:
        """What the engine has been given, which is one thing."""
        (given,) = self.heard
        self.heard.clear()
        return given


class Visitor:
    """A phone, one connection of it, and one exchange over that."""

    def __init__(self, door: Door, peer: str, mtu: int) -> None:
        self.door = door
        self.peer = peer
        self.hello = door.service.hello(peer, mtu)
        self.exchange = Exchange(self.hello, random=door.random.randbytes)

    def write(self, *frames: bytes) -> None:
        for frame in frames:
            self.door.service.take(self.peer, frame)

    def frames(self, phone: Phone = CARA, operation: codec.Operation = "unlock", counter: int = 1) -> list[bytes]:
        return list(self.exchange.act(phone, operation, KEY, counter))

    def unlock(self, phone: Phone = CARA, counter: int = 1) -> None:
        self.write(*self.frames(phone, counter=counter))

    def pair(self, code: str = "045678", phone: Phone = CARA) -> None:
        self.write(*self.exchange.pair(phone, code))

    @property
    def answers(self) -> list[Answer]:
        """All answers that this exchange has got."""
        found = []
        for frame in self.door.told.pop(self.peer, []):
            try:
                answer = self.exchange.take(frame)
            except Malformed:
                continue
            if answer is not None:
                found.append(answer)
                self.exchange._assembly = codec.Assembly()
        return found


@pytest.fixture
def door() -> Door:
    return Door()


# What goes right


@pytest.mark.spec("DLM-9")
@pytest.mark.parametrize("mtu", [23, 64, 185, 517])
def test_a_phone_gives_the_pairing_code_over_connections_of_any_kind(door: Door, mtu: int) -> None:
    visitor = door.connect(mtu=mtu)
    visitor.pair("024751")
    assert door.one() == PhonePairs(phone_id(CARA), "024751")
    door.service.told(PhoneTold(phone_id(CARA)))
    assert visitor.answers == [Answer()]
    assert max(map(len, door.told.get("A", [b""]))) <= max(FRAME_MIN, mtu - 3)


@pytest.mark.spec("VER-14")
@pytest.mark.parametrize("operation", ["unlock", "lock"])
def test_a_phone_shows_that_it_has_the_key_without_telling_it(door: Door, operation: codec.Operation) -> None:
    visitor = door.connect()
    frames = visitor.frames(operation=operation, counter=41)
    visitor.write(*frames)
    given = door.one()
    assert isinstance(given, PhoneActs)
    assert (given.phone, given.key_id, given.operation, given.counter) == (phone_id(CARA), KEY_ID, operation, 41)
    _, key = bluetooth.read_key(KEY)
    assert given.proof == bluetooth.proof(key, given.challenge, operation, 41)
    air = visitor.hello + b"".join(frames)
    for told in (key, KEY_ID, CARA.name.encode(), CARA.secret, given.proof):
        assert told not in air, "whoever listens learns nothing of who comes and goes"


@pytest.mark.spec("VER-14")
@pytest.mark.parametrize("word", ["outside_validity", "unknown_credential", "privacy_on", "locked_out", "door_open"])
def test_the_phone_is_told_why_not(door: Door, word: str) -> None:
    visitor = door.connect()
    visitor.unlock()
    door.service.told(PhoneTold(phone_id(CARA), word))
    assert visitor.answers == [Answer(word=word)]


def test_all_answers_are_of_one_length_for_whoever_listens(door: Door) -> None:
    lengths = set()
    for number, word in enumerate([None, "used_up", "unknown_credential"]):
        visitor = door.connect(str(number))
        visitor.unlock()
        door.service.told(PhoneTold(phone_id(CARA), word))
        lengths.add(sum(map(len, door.told[str(number)])))
    assert len(lengths) == 1


def test_two_phones_at_once_get_each_its_own_answer(door: Door) -> None:
    cara, dan = door.connect("A"), door.connect("B")
    cara.unlock(CARA)
    dan.unlock(DAN)
    door.service.told(PhoneTold(phone_id(DAN), "used_up"))
    door.service.told(PhoneTold(phone_id(CARA)))
    air = {peer: list(frames) for peer, frames in door.told.items()}
    assert (cara.answers, dan.answers) == ([Answer()], [Answer(word="used_up")])
    # BlueZ notifies everybody: what is for another is passed over.
    assert [cara.exchange.take(frame) for frame in air["B"]] == [None] * len(air["B"])


def test_a_long_hello_is_read_in_pieces_of_one_challenge(door: Door) -> None:
    whole = door.service.hello("A", 23)
    assert [door.service.hello("A", 23, at) for at in (22, 44)] == [whole[22:], whole[44:]]
    assert door.service.hello("A", 23) != whole
    assert door.service.hello("B", 23, 22) == b""


def test_a_phone_is_known_by_its_secret_and_not_by_its_name_alone() -> None:
    assert phone_id(CARA) == phone_id(Phone("Cara's phone", b"c" * 16))
    assert phone_id(CARA) != phone_id(Phone("Cara's phone", b"e" * 16))
    longest = phone_id(Phone("x" * codec.NAME_MAX, b"x" * 16))
    assert len(longest) <= 64
    assert longest.isprintable()


def test_a_counter_goes_by_the_calendar_and_never_back() -> None:
    assert next_counter(0, 1_780_000_000_000) == 1_780_000_000_000
    assert next_counter(1_780_000_000_000, 1_000) == 1_780_000_000_001


# What is refused before the lock looks at it


@pytest.mark.spec("VER-14")
def test_a_recorded_unlock_opens_nothing_a_second_time(door: Door) -> None:
    visitor = door.connect()
    recorded = visitor.frames()
    visitor.write(*recorded)
    door.one()
    door.service.told(PhoneTold(phone_id(CARA)))
    assert visitor.answers == [Answer()]
    visitor.write(*recorded)
    assert visitor.answers == [Answer(fault=Fault.EXPIRED)]
    door.connect("A").write(*recorded)
    door.connect("B").write(*recorded)
    assert door.heard == []


@pytest.mark.spec("VER-14")
def test_a_request_for_another_connections_challenge_is_not_even_read(door: Door) -> None:
    victim, thief = door.connect("A"), door.connect("B")
    stolen = victim.frames()
    session = Hello.unpack(thief.hello).session.to_bytes(2)
    thief.write(*stolen)
    thief.hello = door.service.hello("B")
    thief.exchange = Exchange(thief.hello)
    session = Hello.unpack(thief.hello).session.to_bytes(2)
    thief.write(*(session + frame[2:] for frame in stolen))
    assert thief.answers == [Answer(fault=Fault.MALFORMED)]
    assert door.heard == []


@pytest.mark.spec("VER-14")
def test_a_proof_made_for_another_challenge_does_not_fit_the_one_that_the_lock_is_told_of(door: Door) -> None:
    victim, thief = door.connect("A"), door.connect("B")
    victim.unlock()
    old = door.one()
    assert isinstance(old, PhoneActs)
    hello, own = Hello.unpack(thief.hello), thief.exchange
    act = codec.Act(DAN, "unlock", KEY_ID, old.counter, old.proof)
    thief.write(*codec.frames(hello.session, codec.seal_request(own._channel, own._public, act), hello.frame))
    given = door.one()
    assert isinstance(given, PhoneActs)
    _, key = bluetooth.read_key(KEY)
    assert given.challenge != old.challenge
    assert given.proof != bluetooth.proof(key, given.challenge, "unlock", given.counter)


def test_a_challenge_is_good_for_a_few_seconds(door: Door) -> None:
    visitor = door.connect()
    frames = visitor.frames()
    visitor.write(frames[0])
    door.clock.advance(CHALLENGE_MS + 1)
    visitor.write(*frames[1:])
    assert door.heard == []
    late = door.connect("B")
    late_frames = late.frames()
    door.clock.advance(CHALLENGE_MS + 1)
    late.write(*late_frames)
    assert late.answers == [Answer(fault=Fault.EXPIRED)], "once, and not for each frame"
    assert door.heard == []


def test_a_new_connection_needs_a_new_challenge(door: Door) -> None:
    visitor = door.connect()
    frames = visitor.frames()
    door.service.gone("A")
    visitor.write(*frames)
    assert door.heard == []


def test_a_message_without_an_end_is_cut_off(door: Door) -> None:
    visitor = door.connect()
    session = Hello.unpack(visitor.hello).session
    visitor.write(*codec.frames(session, bytes(2_000), FRAME_MIN))
    assert visitor.answers == [Answer(fault=Fault.TOO_LONG)]
    visitor = door.connect()
    visitor.write(Hello.unpack(visitor.hello).session.to_bytes(2) + b"\x80" + bytes(480))
    assert visitor.answers == [Answer(fault=Fault.TOO_LONG)]
    assert door.heard == []


def test_a_request_of_another_version_is_told_so(door: Door) -> None:
    visitor = door.connect()
    visitor.write(*codec.frames(Hello.unpack(visitor.hello).session, b"\x02" + bytes(60), FRAME_MIN))
    assert visitor.answers == [Answer(fault=Fault.VERSION)]
    with pytest.raises(Malformed) as told:
        Exchange(b"\x02" + visitor.hello[1:])
    assert told.value.fault is Fault.VERSION


def test_a_key_of_small_order_is_no_key(door: Door) -> None:
    visitor = door.connect()
    message = b"\x01" + bytes(32) + bytes(100)
    visitor.write(*codec.frames(Hello.unpack(visitor.hello).session, message, FRAME_MIN))
    assert visitor.answers == [Answer(fault=Fault.MALFORMED)]
    with pytest.raises(Malformed):
        Exchange(visitor.hello[:-32] + bytes(32))


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * 41, "\u202e"])
def test_a_name_that_nobody_can_be_called_by_is_not_passed_on(door: Door, name: str) -> None:
    visitor = door.connect()
    hello, own = Hello.unpack(visitor.hello), visitor.exchange
    with pytest.raises(Malformed):
        own.pair(Phone(name, b"x" * 16), "123456")
    sealed = codec.AESGCM(own._channel.request).encrypt(bytes(12), codec.Pair(Phone(name, b"x" * 16), "1").pack(), None)
    visitor.write(*codec.frames(hello.session, b"\x01" + own._public + sealed, FRAME_MIN))
    assert visitor.answers == [Answer(fault=Fault.MALFORMED)]
    assert door.heard == []


@given(st.data())
def test_no_damage_to_a_request_ever_reaches_the_lock(data: st.DataObject) -> None:
    door = Door()
    visitor = door.connect(mtu=data.draw(st.sampled_from([23, 60, 517])))
    frames = visitor.frames()
    place = data.draw(st.integers(0, sum(map(len, frames)) - 1))
    flip = data.draw(st.integers(1, 255))
    for number, frame in enumerate(frames):
        if place < len(frame):
            damaged = frame[:place] + bytes([frame[place] ^ flip]) + frame[place + 1 :]
            frames[number] = damaged
            break
        place -= len(frame)
    visitor.write(*frames)
    assert door.heard == []


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.binary(max_size=60)), max_size=120))
def test_noise_is_never_taken_for_a_visitor(noise: list[tuple[str, bytes]]) -> None:
    door = Door()
    for peer in "ABC":
        door.connect(peer)
    for peer, frame in noise:
        door.service.take(peer, frame)
        # The session is no secret: with the right one in front it is still noise.
        current = door.service._peers.get(peer)
        if current is not None and current.offer is not None:
            door.service.take(peer, current.offer.hello.session.to_bytes(2) + frame)
    assert door.heard == []


@given(st.binary(max_size=320), st.integers(FRAME_MIN, 244), st.integers(0, 0xFFFF))
def test_a_message_comes_out_of_its_frames_as_it_went_in(message: bytes, size: int, session: int) -> None:
    assembly = codec.Assembly()
    *begun, last = codec.frames(session, message, size)
    assert all(len(frame) <= size and codec.session_of(frame) == session for frame in (*begun, last))
    assert [assembly.take(frame) for frame in begun] == [None] * len(begun)
    assert assembly.take(last) == message


@given(st.binary(max_size=80))
def test_no_hello_and_no_answer_of_strangers_breaks_the_phone(raw: bytes) -> None:
    exchange = Exchange(Door().connect().hello)
    for read in (Hello.unpack, Exchange, exchange.take, lambda raw: exchange.take(raw[:2] + b"\x80" + raw[2:])):
        with suppress(Malformed):
            read(raw)


@given(st.text(min_size=1, max_size=codec.NAME_MAX).filter(codec.is_name), st.integers(0, (1 << 64) - 1))
def test_what_is_asked_for_is_what_is_heard(name: str, counter: int) -> None:
    door = Door()
    door.connect(mtu=100).unlock(Phone(name, b"s" * 16), counter)
    given = door.one()
    assert isinstance(given, PhoneActs)
    assert (given.phone, given.counter) == (phone_id(Phone(name, b"s" * 16)), counter)


# Too much


@pytest.mark.spec("VER-7")
def test_wrong_keys_from_the_street_are_slowed_down_before_they_lock_the_keypad(door: Door) -> None:
    counted = 0
    for number in range(60):
        visitor = door.connect(f"stranger {number}")
        visitor.unlock(Phone("stranger", number.to_bytes(16)))
        while door.heard:
            counted += 1
            door.service.told(PhoneTold(door.one().phone, "unknown_credential"))
        door.clock.advance(500)
    assert counted == 4, "a fifth wrong try would lock out everybody"
    slow = door.connect("one more")
    slow.pair()
    (answer,) = slow.answers
    assert answer.fault is Fault.SLOW_DOWN
    assert 25 <= answer.seconds <= 60
    door.clock.advance(answer.seconds * 1000)
    door.connect("one more").pair()
    assert isinstance(door.one(), PhonePairs)


def test_one_phone_asks_a_few_times_at_once_and_then_every_ten_seconds(door: Door) -> None:
    def asks() -> list[Answer]:
        visitor = door.connect()
        visitor.unlock()
        for request in door.heard:
            door.service.told(PhoneTold(request.phone))
        door.heard.clear()
        return visitor.answers

    assert [asks() for _ in range(6)] == [[Answer()]] * 6
    assert asks() == [Answer(fault=Fault.SLOW_DOWN, seconds=10)]
    door.service.gone("A")
    assert asks() == [Answer(fault=Fault.SLOW_DOWN, seconds=10)], "a new connection of the same phone changes nothing"
    door.clock.advance(10_000)
    assert asks() == [Answer()]


def test_a_crowd_of_phones_asks_no_faster_than_a_door_can_open(door: Door) -> None:
    reached = 0
    for number in range(100):
        door.connect(f"phone {number}", mtu=200).unlock(Phone("phone", number.to_bytes(16)))
        reached += len(door.heard)
        for request in door.heard:
            door.service.told(PhoneTold(request.phone))
        door.heard.clear()
        door.clock.advance(600)
    assert reached <= 12 + 60_000 // 3_000


def test_challenges_are_not_handed_out_without_end(door: Door) -> None:
    for _ in range(40):
        door.service.hello("A")
    with pytest.raises(TooMany):
        door.service.hello("A")
    door.clock.advance(500)
    assert door.service.hello("A")


def test_a_connection_with_nothing_but_nonsense_is_cut(door: Door) -> None:
    for number in range(NONSENSE_MAX):
        door.service.take("A", number.to_bytes(2))
    assert door.hung_up == ["A"]
    assert not door.service.connected


def test_a_phone_that_never_says_anything_makes_room(door: Door) -> None:
    door.connect()
    assert door.service.connected
    door.clock.advance(IDLE_MS)
    assert door.hung_up == ["A"]
    assert not door.service.connected


def test_a_phone_that_only_asks_for_challenges_makes_room_as_well(door: Door) -> None:
    for _ in range(4):
        door.connect()
        door.clock.advance(IDLE_MS // 4)
    assert door.hung_up == ["A"]


def test_silent_phones_keep_nobody_out(door: Door) -> None:
    for number in range(PEERS_MAX):
        door.connect(f"silent {number}")
    cara = door.connect("cara")
    assert door.hung_up == ["silent 0"]
    cara.unlock()
    for number in range(PEERS_MAX):
        door.connect(f"more {number}")
    assert "cara" not in door.hung_up, "she is being answered"


# One answer for each request


@pytest.mark.spec("VER-14")
def test_a_phone_that_waits_asks_for_nothing_else(door: Door) -> None:
    first = door.connect()
    first.unlock()
    again = door.connect()
    again.unlock(counter=2)
    assert again.answers == [Answer(fault=Fault.BUSY)]
    elsewhere = door.connect("B")
    elsewhere.unlock(counter=2)
    assert elsewhere.answers == [Answer(fault=Fault.BUSY)], "nor over another connection: it could not be told which"
    assert len(door.heard) == 1
    door.service.told(PhoneTold(phone_id(CARA)))
    assert first.answers == [Answer()]
    assert (again.answers, elsewhere.answers) == ([], [])


def test_an_answer_that_is_given_twice_is_told_once(door: Door) -> None:
    visitor = door.connect()
    visitor.unlock()
    door.service.told(PhoneTold(phone_id(CARA)))
    door.service.told(PhoneTold(phone_id(CARA), "jammed"))
    door.service.told(PhoneTold("nobody", "jammed"))
    assert visitor.answers == [Answer()]


def test_a_lock_that_does_not_answer_is_not_waited_for_for_ever(door: Door) -> None:
    visitor = door.connect()
    visitor.unlock()
    door.clock.advance(ANSWER_MS - 1)
    assert visitor.answers == []
    door.clock.advance(1)
    assert visitor.answers == [Answer(fault=Fault.NO_ANSWER)]


def test_a_late_answer_is_not_taken_for_that_to_the_next_request(door: Door) -> None:
    door.connect().unlock()
    door.clock.advance(ANSWER_MS)
    early = door.connect()
    early.unlock(counter=2)
    assert early.answers == [Answer(fault=Fault.BUSY)]
    door.service.told(PhoneTold(phone_id(CARA)))  # the first one, at last
    second = door.connect()
    second.unlock(counter=3)
    assert second.answers == []
    door.service.told(PhoneTold(phone_id(CARA), "used_up"))
    assert second.answers == [Answer(word="used_up")]


def test_a_lock_that_never_answers_lets_the_phone_ask_again_after_a_minute(door: Door) -> None:
    door.connect().unlock()
    door.clock.advance(LATE_MS)
    door.heard.clear()
    door.connect().unlock(counter=2)
    assert len(door.heard) == 1


def test_who_has_gone_is_told_nothing_and_neither_is_who_comes_in_her_place(door: Door) -> None:
    door.connect().unlock()
    door.service.gone("A")
    door.told.clear()
    door.connect()
    door.service.told(PhoneTold(phone_id(CARA)))
    assert door.told == {}


@pytest.mark.spec("PWR-3")
def test_when_bluetooth_is_switched_off_everybody_is_cut_off(door: Door) -> None:
    cara, dan = door.connect("A"), door.connect("B")
    cara.unlock()
    frames = dan.frames(DAN)
    door.heard.clear()
    door.service.end()
    assert sorted(door.hung_up) == ["A", "B"]
    assert not door.service.connected
    dan.write(*frames)
    assert door.heard == []
    door.service.told(PhoneTold(phone_id(CARA)))
    assert cara.answers == []


def test_no_key_no_code_and_no_proof_is_in_what_is_printed(door: Door) -> None:
    visitor = door.connect()
    visitor.pair("731905")
    request = codec.Act(CARA, "unlock", KEY_ID, 1, b"the proof of the key, 32 bytes..")
    shown = repr(door.heard) + repr(request) + repr(codec.Pair(CARA, "731905")) + repr(visitor.exchange._channel)
    shown += repr(door.service._peers)
    for secret in ("731905", repr(request.proof), repr(CARA.secret), repr(visitor.exchange._channel.request)):
        assert secret not in shown
