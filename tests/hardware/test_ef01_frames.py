"""Frames are found however they are cut and glued, and nothing else is taken for one."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lock_bridge.hardware.ef01.frames import Frame, FrameParser, FrameType, build
from tests.hardware.emulators import ef01 as real

ANSWERS = st.tuples(st.just(FrameType.ANSWER), st.binary(min_size=1, max_size=64))
DATA = st.tuples(st.sampled_from([FrameType.DATA, FrameType.END]), st.binary(min_size=1, max_size=256))
FRAMES = st.one_of(ANSWERS, DATA).map(lambda part: (Frame(*part), build(part[1], kind=part[0])))
HEADER = bytes.fromhex("EF01 FFFFFFFF")

# Noise of the mean kind: pieces of frames, headers, wrong lengths, single bytes that begin something.
NOISE = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([b"\xef", b"\xef\x01", b"\x55", b"\x00", HEADER, HEADER + b"\x07", HEADER + b"\x07\xff\xff"]),
    st.binary(max_size=40).map(lambda rest: HEADER + b"\x07\x00\x20" + rest),
    st.tuples(FRAMES, st.integers(0, 200)).map(lambda pick: pick[0][1][: pick[1]]),
    st.tuples(FRAMES, st.integers(0, 400), st.integers(1, 255)).map(lambda pick: flipped(pick[0][1], pick[1], pick[2])),
)
STREAMS = st.lists(st.one_of(NOISE, FRAMES.map(lambda pair: pair[1])), max_size=12).map(b"".join)


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
    while place < len(data) - 9:
        kind, length = data[place + 6], int.from_bytes(data[place + 7 : place + 9])
        longest = {0x07: 66, 0x02: 258, 0x08: 258}.get(kind, 0)
        whole = data[place : place + 9 + length]
        if 3 <= length <= longest and whole == real.frame(kind, whole[9:-2]):
            found.append(Frame(FrameType(kind), whole[9:-2]))
            place += len(whole)
        else:
            place += 1
    return found


@given(payload=st.binary(max_size=300), kind=st.sampled_from(FrameType), address=st.integers(0, 2**32 - 1))
def test_frames_are_built_as_the_manual_draws_them(payload: bytes, kind: FrameType, address: int) -> None:
    assert build(payload, kind=kind, address=address) == real.frame(kind, payload, address)


def test_the_manuals_own_examples() -> None:
    assert build(b"\x01") == bytes.fromhex("EF01 FFFFFFFF 01 0003 01 0005")
    assert build(bytes.fromhex("35 01 50 06 00"))[-2:] == bytes.fromhex("0094")
    frames, _ = parse(bytes.fromhex("EF01 FFFFFFFF 07 0003 00 000A"))
    assert frames == [Frame(FrameType.ANSWER, b"\x00")]


@given(frames=st.lists(FRAMES, max_size=6), places=st.lists(st.integers(0, 5000), max_size=30))
def test_all_frames_are_found_however_they_are_cut_and_glued(
    frames: list[tuple[Frame, bytes]], places: list[int]
) -> None:
    stream = b"".join(data for _, data in frames)
    found, parser = parse(*cut(stream, places))
    assert found == [frame for frame, _ in frames]
    assert not parser.pending
    assert parser.counters.disturbances == 0


def test_every_cut_of_an_answer_gives_the_same_answer() -> None:
    stream = b"\x81" + build(b"\x00\x00\x03\x00\x78", kind=FrameType.ANSWER) + b"\xef"
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            found, parser = parse(stream[:first], stream[first:second], stream[second:])
            assert found == [Frame(FrameType.ANSWER, b"\x00\x00\x03\x00\x78")]
            assert parser.counters.noise == 1


@given(stream=STREAMS, places=st.lists(st.integers(0, 5000), max_size=30))
def test_what_is_found_in_noise_does_not_depend_on_the_cuts(stream: bytes, places: list[int]) -> None:
    whole, one = parse(stream)
    pieces, many = parse(*cut(stream, places))
    assert pieces == whole
    assert one.counters == many.counters
    assert one.silence() == many.silence()
    assert one.counters == many.counters
    assert not one.pending


@given(stream=STREAMS)
@example(stream=HEADER + b"\x07\x00\x42" + build(b"\x00", kind=FrameType.ANSWER))
def test_noise_neither_makes_a_frame_nor_hides_one(stream: bytes) -> None:
    found, parser = parse(stream)
    assert found + parser.silence() == frames_in(stream)


@given(frame=FRAMES, place=st.integers(0, 400), bits=st.integers(1, 255))
def test_a_damaged_byte_makes_a_frame_worthless(frame: tuple[Frame, bytes], place: int, bits: int) -> None:
    found, parser = parse(flipped(frame[1], place, bits))
    found += parser.silence()
    assert frame[0] not in found
    assert parser.counters.noise > 0


@given(stream=STREAMS)
def test_no_more_than_the_longest_frame_is_ever_held(stream: bytes) -> None:
    parser = FrameParser()
    for byte in stream:
        parser.feed(bytes([byte]))
        assert len(parser._held) < 9 + 258


@pytest.mark.parametrize("length", [0, 1, 2, 67, 300, 0xFFFF])
def test_a_lying_length_is_not_waited_for(length: int) -> None:
    good = build(b"\x09\x00\x00\x00\x00", kind=FrameType.ANSWER)
    found, parser = parse(HEADER + b"\x07" + length.to_bytes(2), good)
    assert found == [Frame(FrameType.ANSWER, b"\x09\x00\x00\x00\x00")]
    assert parser.counters.wrong_length == 1


def test_a_length_that_is_too_great_by_little_ends_with_the_silence() -> None:
    good = build(b"\x00", kind=FrameType.ANSWER)
    found, parser = parse(good[:7] + b"\x00\x20" + good[9:], good)
    assert found == []
    assert parser.silence() == [Frame(FrameType.ANSWER, b"\x00")]
    assert not parser.pending


@pytest.mark.parametrize(
    ("data", "counter"),
    [
        (bytes.fromhex("EF01 FFFFFFFE 07 0003 00 000A"), "wrong_address"),
        (bytes.fromhex("EF01 FFFFFFFF 01 0003 00 0004"), "wrong_type"),
        (bytes.fromhex("EF01 FFFFFFFF 09 0003 00 000C"), "wrong_type"),
        (bytes.fromhex("EF01 FFFFFFFF 07 0002 0009"), "wrong_length"),
        (bytes.fromhex("EF01 FFFFFFFF 07 0003 00 000B"), "wrong_sum"),
    ],
)
def test_each_kind_of_wrong_frame_is_counted(data: bytes, counter: str) -> None:
    found, parser = parse(data)
    assert found == []
    assert getattr(parser.counters, counter) == 1
    assert parser.counters.disturbances > 0


@pytest.mark.parametrize(
    ("data", "restarts"),
    [
        (b"\x55", 1),
        (b"\x00\x55", 1),
        (b"\x00\x00\x55\x55", 2),
        (b"\xa7\x55", 0),
        (build(b"\x00\x55", kind=FrameType.ANSWER), 0),
        (build(b"\x00", kind=FrameType.ANSWER) + b"\x55", 1),
        (flipped(build(b"\x00\x55", kind=FrameType.ANSWER), -1, 1), 0),
    ],
)
def test_only_a_ready_byte_that_stands_alone_tells_of_a_restart(data: bytes, restarts: int) -> None:
    _, parser = parse(data)
    parser.silence()
    assert parser.counters.restarts == restarts


def test_after_a_silence_a_ready_byte_counts_again() -> None:
    _, parser = parse(b"\xa7\xef")
    parser.silence()
    parser.feed(b"\x55")
    assert parser.counters.restarts == 1


def test_another_address_can_be_listened_for() -> None:
    parser = FrameParser(address=0x01020304)
    mine = build(b"\x00", kind=FrameType.ANSWER, address=0x01020304)
    other = build(b"\x00", kind=FrameType.ANSWER)
    assert parser.feed(other + mine) == [Frame(FrameType.ANSWER, b"\x00")]


def test_what_a_frame_carries_is_not_in_its_text() -> None:
    assert "5EC2E7" not in repr(Frame(FrameType.DATA, bytes.fromhex("5EC2E7"))).upper()
    assert "\\x" not in repr(Frame(FrameType.DATA, bytes.fromhex("5EC2E7")))
