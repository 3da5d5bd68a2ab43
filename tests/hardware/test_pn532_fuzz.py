"""Nobody is let in by noise: a stranger's card before a line that damages what it says, again and again."""

import random

import pytest

from lock_bridge.hardware.pn532 import commands
from lock_bridge.hardware.pn532.frames import FrameParser, Kind
from tests.hardware.emulators.pn532 import ACK, LIST, answer

EVE = bytes.fromhex("0BADCAFE")
SHORT, LONG = 20_000, 10_000_000


def damaged(generator: random.Random, data: bytearray) -> None:
    """One to four things happen to these bytes."""
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(len(data) + 1)
        match generator.randrange(6):
            case 0 | 1 if place < len(data):
                data[place] ^= 1 << generator.randrange(8)
            case 2 if place < len(data):
                data[place] = generator.randrange(256)
            case 3:
                del data[place : place + generator.randint(1, 3)]
            case 4:
                data[place:place] = generator.randbytes(generator.randint(1, 6))
            case _:
                data[place:place] = data[place : place + generator.randint(1, 8)]


def let_in(generator: random.Random, enrolled: frozenset[bytes], frames: int) -> tuple[int, int]:
    """How many of so many damaged answers were taken for cards, and how many of those were enrolled ones."""
    parser = FrameParser()
    look = commands.look()
    said = answer(LIST, b"\x01\x01\x00\x04\x08\x04" + EVE)
    taken = entered = 0
    for _ in range(frames):
        data = bytearray(ACK + said)
        damaged(generator, data)
        before = parser.counters.disturbances
        found = parser.feed(bytes(data)) + parser.silence()
        if parser.counters.disturbances != before or [frame.kind for frame in found] != [Kind.ACK, Kind.ANSWER]:
            continue  # the driver asks again
        cards = look.answer(found[1].data) or ()
        taken += bool(cards)
        entered += bool(enrolled.intersection(cards))
    return taken, entered


def enrolled(generator: random.Random, count: int) -> frozenset[bytes]:
    return frozenset(generator.randbytes(size) for size in (4, 7) for _ in range(count))


@pytest.mark.parametrize("frames", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_a_damaged_answer_is_never_taken_for_an_enrolled_card(frames: int) -> None:
    generator = random.Random(20_261_122)
    taken, entered = let_in(generator, enrolled(generator, 200), frames)
    assert entered == 0
    assert 0 < taken < frames / 3, "some damage does no harm, as to a zero before the frame"


def test_a_line_of_mere_noise_has_no_card_in_it() -> None:
    generator = random.Random(7)
    parser = FrameParser()
    for _ in range(2_000):
        for frame in parser.feed(generator.randbytes(200)):
            assert frame.kind is not Kind.ANSWER or not commands.look().answer(frame.data)
