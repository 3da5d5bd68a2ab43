"""Frames are found however they are cut and glued, and nothing else is taken for one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.hardware.efaa.frames import Frame, FrameParser, FrameType, build
from tests.hardware.emulators import efaa as real

KINDS = {
    FrameType.REPLY: 1_100,
    FrameType.NOTE: 64,
    FrameType.IMAGE: 4_096,
    FrameType.LOG: 1_024,
    FrameType.DATA: 4_096,
}
FRAMES = st.tuples(st.sampled_from(FrameType), st.binary(min_size=1, max_size=64)).map(
    lambda part: (Frame(*part), build(*part))
)

# Noise of the mean kind: pieces of frames, headers, wrong sizes, single bytes that begin something.
NOISE = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([b"\xef", b"\xaa", b"\xef\xaa", b"\xef\xaa\x00", b"\xef\xaa\x00\xff\xff", b"\xef\xef\xaa\x01"]),
    st.binary(max_size=40).map(lambda rest: b"\xef\xaa\x00\x00\x20" + rest),
    st.tuples(FRAMES, st.integers(0, 80)).map(lambda pick: pick[0][1][: pick[1]]),
    st.tuples(FRAMES, st.integers(0, 80), st.integers(1, 255)).map(lambda pick: flipped(pick[0][1], pick[1], pick[2])),
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
    while place < len(data) - 6:
        kind, size = data[place + 2], int.from_bytes(data[place + 3 : place + 5])
        whole = data[place : place + 6 + size]
        if kind in KINDS and 1 <= size <= KINDS[FrameType(kind)] and whole == real.frame(kind, whole[5:-1]):
            found.append(Frame(FrameType(kind), whole[5:-1]))
            place += len(whole)
        else:
            place += 1
    return found


@given(data=st.binary(max_size=300), kind=st.integers(0, 255))
def test_frames_are_built_as_the_protocol_draws_them(data: bytes, kind: int) -> None:
    assert build(kind, data) == real.frame(kind, data)


@given(frames=st.lists(FRAMES, max_size=6), places=st.lists(st.integers(0, 5000), max_size=30))
def test_all_frames_are_found_however_they_are_cut_and_glued(
    frames: list[tuple[Frame, bytes]], places: list[int]
) -> None:
    found, parser = parse(*cut(b"".join(data for _, data in frames), places))
    assert found == [frame for frame, _ in frames]
    assert not parser.pending
    assert parser.counters.disturbances == 0


def test_every_cut_of_a_reply_gives_the_same_reply() -> None:
    stream = b"\x81" + real.reply(0x12, 0, b"\x00\x03") + b"\xef"
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            found, parser = parse(stream[:first], stream[first:second], stream[second:])
            assert found == [Frame(FrameType.REPLY, b"\x12\x00\x00\x03")]
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
def test_noise_neither_makes_a_frame_nor_hides_one(stream: bytes) -> None:
    found, parser = parse(stream)
    assert found + parser.silence() == frames_in(stream)


@given(frame=FRAMES, place=st.integers(0, 80), bits=st.integers(1, 255))
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
        assert len(parser._held) <= 4_096 + 5


@pytest.mark.parametrize("size", [0, 1_101, 5_000, 0xFFFF])
def test_a_lying_size_is_not_waited_for(size: int) -> None:
    good = real.reply(0x12, 8)
    found, parser = parse(b"\xef\xaa\x00" + size.to_bytes(2), good)
    assert found == [Frame(FrameType.REPLY, b"\x12\x08")]
    assert parser.counters.wrong_length == 1


def test_a_size_that_is_too_great_by_little_ends_with_the_silence() -> None:
    good = real.reply(0x12, 8)
    found, parser = parse(good[:3] + b"\x00\x40" + good[5:], good)
    assert found == []
    assert parser.silence() == [Frame(FrameType.REPLY, b"\x12\x08")]
    assert not parser.pending


@pytest.mark.parametrize(
    ("data", "counter"),
    [
        (b"\xef\xaa\x12\x00\x01\x00\x13", "wrong_type"),
        (b"\xef\xaa\x00\x00\x00\x00", "wrong_length"),
        (b"\xef\xaa\x00\x00\x02\x12\x08\x19", "wrong_sum"),
    ],
)
def test_each_kind_of_wrong_frame_is_counted(data: bytes, counter: str) -> None:
    found, parser = parse(data)
    assert found == []
    assert getattr(parser.counters, counter) == 1
    assert parser.counters.disturbances > 0


def test_what_a_frame_carries_is_not_in_its_text() -> None:
    assert "5EC2E7" not in repr(Frame(FrameType.NOTE, bytes.fromhex("5EC2E7"))).upper()
    assert "\\x" not in repr(Frame(FrameType.NOTE, bytes.fromhex("5EC2E7")))
