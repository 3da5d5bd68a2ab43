"""Frames of a PN532 are found however they are cut and glued, and nothing else is taken for one or for a card."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lock_bridge.hardware.card_field import CardField, is_random
from lock_bridge.hardware.pn532 import commands
from lock_bridge.hardware.pn532.frames import ACK, LONGEST, Frame, FrameParser, Kind, build
from tests.hardware.emulators import pn532 as real

ANSWERS = st.one_of(st.binary(min_size=1, max_size=40), st.binary(min_size=240, max_size=LONGEST - 1)).map(
    lambda data: (Frame(Kind.ANSWER, data), real.frame(b"\xd5" + data))
)
BARE = st.sampled_from(
    [(Frame(Kind.ACK), real.ACK), (Frame(Kind.NACK), real.NACK), (Frame(Kind.ERROR), real.SYNTAX_ERROR)]
)
ECHOES = st.binary(min_size=1, max_size=20).map(lambda data: (Frame(Kind.ECHO, data), real.frame(b"\xd4" + data)))
FRAMES = st.one_of(ANSWERS, BARE, ECHOES)

# Noise of the mean kind: starts without a frame, lengths that lie, pieces of frames, flipped bits.
NOISE = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [b"\x00", b"\xff", b"\x00\xff", b"\x00\xff\x00", b"\x00\xff\xff\xff", b"\x00\xff\xff\xff\x01\x09\xf6"]
    ),
    st.binary(max_size=40).map(lambda rest: b"\x00\xff\x20\xe0" + rest),
    st.tuples(FRAMES, st.integers(0, 300)).map(lambda pick: pick[0][1][: pick[1]]),
    st.tuples(FRAMES, st.integers(0, 600), st.integers(1, 255)).map(lambda pick: flipped(pick[0][1], pick[1], pick[2])),
)
STREAMS = st.lists(st.one_of(NOISE, FRAMES.map(lambda pair: pair[1])), max_size=12).map(b"".join)
CUTS = st.lists(st.integers(0, 5_000), max_size=30)

UIDS = st.sampled_from([4, 7, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
TARGETS = st.builds(
    real.Card,
    uid=UIDS,
    sel_res=st.sampled_from([0x00, 0x08, 0x20, 0x28]),
    ats=st.binary(max_size=20).map(lambda rest: bytes([len(rest) + 1]) + rest),
)


def flipped(data: bytes, place: int, bits: int) -> bytes:
    place %= len(data)
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


def parse(*chunks: bytes) -> tuple[list[Frame], FrameParser]:
    parser = FrameParser()
    return [frame for chunk in chunks for frame in parser.feed(chunk)], parser


def frames_in(data: bytes) -> list[Frame]:
    """The frames from left to right, found the slow and simple way: at each place, is there one or not."""
    found = []
    place = 0
    while place < len(data) - 3:
        here = data[place:]
        frame, size = None, 1
        if here.startswith(real.ACK[1:5]):
            frame, size = Frame(Kind.ACK), 4
        elif here.startswith(real.NACK[1:5]):
            frame, size = Frame(Kind.NACK), 4
        elif here.startswith(real.SYNTAX_ERROR[1:7]):
            frame, size = Frame(Kind.ERROR), 6
        elif here.startswith(b"\x00\xff"):
            head, length = (7, int.from_bytes(here[4:6])) if here[2:4] == b"\xff\xff" else (4, here[2])
            body = here[head : head + length]
            kind = {b"\xd5": Kind.ANSWER, b"\xd4": Kind.ECHO}.get(body[:1])
            both = {real.frame(body)[1:-1], long_frame(body)} if kind and 2 <= length <= LONGEST else set()
            if kind is not None and len(body) == length and here[: head + length + 1] in both:
                frame, size = Frame(kind, body[1:]), head + length + 1
        if frame is not None:
            found.append(frame)
        place += size
    return found


def long_frame(body: bytes) -> bytes:
    """With the longer head, which a short frame may have too."""
    size = len(body).to_bytes(2)
    return b"\x00\xff\xff\xff" + size + bytes([-sum(size) & 0xFF]) + body + bytes([-sum(body) & 0xFF])


@given(data=st.binary(max_size=LONGEST - 1))
@example(data=bytes(253))
@example(data=bytes(254))
@example(data=bytes(255))
def test_frames_are_built_as_the_manual_draws_them(data: bytes) -> None:
    assert build(data) == real.frame(b"\xd4" + data)


def test_the_frames_that_everybody_knows() -> None:
    assert build(commands.firmware().payload) == bytes.fromhex("0000FF02FED4022A00")
    assert build(commands.normal_mode().payload) == bytes.fromhex("0000FF05FBD4140100001700")
    assert ACK == real.ACK
    assert parse(bytes.fromhex("0000FF00FF00 0000FF06FAD50332010607E800"))[0] == [
        Frame(Kind.ACK),
        Frame(Kind.ANSWER, bytes.fromhex("0332010607")),
    ]
    with pytest.raises(ValueError, match="too long"):
        build(bytes(LONGEST))


@given(frames=st.lists(FRAMES, max_size=6), places=CUTS)
def test_all_frames_are_found_however_they_are_cut_and_glued(
    frames: list[tuple[Frame, bytes]], places: list[int]
) -> None:
    found, parser = parse(*cut(b"".join(data for _, data in frames), places))
    assert found == [frame for frame, _ in frames]
    assert not parser.pending
    assert parser.counters.noise == 0


@given(stream=STREAMS, places=CUTS)
@example(stream=b"\x00\xff" + real.answer(real.LIST, b"\x00"), places=[])
@example(stream=b"\x00\xff\x00" + real.answer(real.LIST, b"\x00"), places=[3])
def test_what_is_found_in_noise_depends_on_the_bytes_alone(stream: bytes, places: list[int]) -> None:
    at_once, one = parse(stream)
    in_pieces, other = parse(*cut(stream, places))
    assert at_once == in_pieces
    at_once += one.silence()
    in_pieces += other.silence()
    assert at_once == in_pieces
    assert one.counters == other.counters
    assert not one.pending


@given(stream=STREAMS)
def test_nothing_is_found_that_is_not_there_and_nothing_that_is_there_gets_lost(stream: bytes) -> None:
    found, parser = parse(stream)
    found += parser.silence()
    assert found == frames_in(stream)


@given(noise=NOISE, places=CUTS)
def test_after_noise_and_a_silence_the_next_frame_is_found(noise: bytes, places: list[int]) -> None:
    parser = FrameParser()
    for chunk in cut(noise, places):
        parser.feed(chunk)
    parser.silence()
    assert parser.feed(real.answer(real.LIST, b"\x00"))[-1:] == [Frame(Kind.ANSWER, b"\x4b\x00")]


@given(data=st.binary(min_size=2, max_size=60), place=st.integers(0, 500), bits=st.integers(1, 255))
def test_a_frame_with_one_damaged_byte_is_none(data: bytes, place: int, bits: int) -> None:
    sent = real.frame(b"\xd5" + data)
    place = 1 + place % (len(sent) - 2)  # the first zero and the last are no part of it
    found, parser = parse(flipped(sent, place, bits))
    found += parser.silence()
    assert Frame(Kind.ANSWER, data) not in found
    assert all(frame.kind is not Kind.ANSWER or frame.data in data for frame in found), (
        "but what a card has hidden in it"
    )


def test_the_parser_never_holds_more_than_the_longest_frame() -> None:
    parser = FrameParser()
    for _ in range(2_000):
        parser.feed(b"\x00\xff\xff\xff\x01\x09\xf6\xd5" + b"\x55" * 9)
        assert len(parser._held) <= LONGEST + 8


@given(targets=st.lists(TARGETS, max_size=2), protocol=st.booleans())
def test_the_numbers_of_cards_are_read_as_they_are_told(targets: list[real.Card], protocol: bool) -> None:
    chip = real.Chip(cards=targets)
    chip.execute(real.SAM, b"\x01\x00\x00")
    chip.execute(real.PARAMETERS, b"\x10" if protocol else b"\x00")
    chip.execute(real.RF, b"\x05\x00\x00\x01")
    told = chip.execute(real.LIST, b"\x02\x00")
    assert told is not None
    found = commands.look().answer(told)
    assert found in (tuple(target.uid for target in targets), None)
    assert found is not None or protocol, "only where it could be read in two ways"


@given(data=st.binary(max_size=40))
@example(data=b"\x01\x01\x00\x04\x08\x05\x01\x02\x03\x04\x05")
@example(data=b"\x01\x01\x00\x04\x08\x04\x01\x02\x03")
@example(data=b"\x03")
def test_an_answer_that_does_not_add_up_has_no_cards_in_it(data: bytes) -> None:
    found = commands.cards(data)
    if found is not None:
        assert len(found) == data[0] <= 2
        assert all(len(uid) in {4, 7, 10} for uid in found)
        assert sum(map(len, found)) + 5 * len(found) < len(data)


def test_an_answer_to_another_command_is_none() -> None:
    assert commands.look().answer(b"\x03\x01") is None
    assert commands.firmware().answer(b"\x03\x32\x01\x06") is None
    assert commands.field_off().answer(b"\x33\x00") is None


def test_a_card_number_is_in_no_text_of_a_frame() -> None:
    assert repr(Frame(Kind.ANSWER, b"\x4b\x01\xde\xad")) == "Frame(kind=<Kind.ANSWER: 'answer'>)"


def test_a_card_has_left_only_after_some_looks_without_it() -> None:
    seen = CardField(misses=3, longest_ms=2_000)
    card, other = b"\x04abc", b"\x04def"
    assert seen.look([card], 0) == [card]
    assert seen.look([], 100) == seen.look([], 200) == []
    assert seen.look([card, other], 300) == [other]
    for now in (400, 500, 600):
        assert seen.look([other], now) == []
    assert seen.look([other, card, card], 700) == [card], "once"
    assert seen.look([other, card], 2_701) == [other, card], "nobody has looked for too long"
    assert not seen.empty


def test_a_phone_stays_one_card_though_its_number_changes() -> None:
    seen = CardField(misses=2, longest_ms=2_000)
    assert seen.look([b"\x08\x01\x02\x03"], 0) == [b"\x08\x01\x02\x03"]
    assert seen.look([b"\x08\x04\x05\x06"], 100) == []
    assert seen.look([], 200) == seen.look([], 300) == []
    assert seen.empty
    assert seen.look([b"\x08\x07\x08\x09"], 400) == [b"\x08\x07\x08\x09"]
    assert not is_random(b"\x08\x01\x02\x03\x04\x05\x06"), "a longer number is a card's own"
