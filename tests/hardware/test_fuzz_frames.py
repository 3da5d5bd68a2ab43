"""Bytes of all kinds, by the million: frames that are whole, damaged, glued, cut, and noise.

A parser never fails, never hangs, holds no more than one frame, and finds no frame that is not there byte by byte, as
the emulator writes it. Through the drivers, nobody is let in by noise. `scripts/test --long` feeds ten million frames,
each other run some ten thousand.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.hardware.ef01 import frames as ef01_frames
from lock_bridge.hardware.efaa import frames as efaa_frames
from lock_bridge.hardware.pn532 import frames as pn532_frames
from lock_bridge.hardware.ports import BiometricSeen, CardSeen, Reading
from lock_bridge.wire.words import CredentialType
from tests.hardware.contract.rigs_card import IMPATIENT as PN532_IMPATIENT
from tests.hardware.contract.rigs_card import Pn532CardRig
from tests.hardware.ef01_rig import IMPATIENT as EF01_IMPATIENT
from tests.hardware.ef01_rig import Rig as Ef01Rig
from tests.hardware.ef01_rig import inventory as fingers
from tests.hardware.efaa_rig import FACE
from tests.hardware.efaa_rig import IMPATIENT as EFAA_IMPATIENT
from tests.hardware.efaa_rig import Rig as EfaaRig
from tests.hardware.efaa_rig import inventory as faces
from tests.hardware.emulators import ef01, efaa, pn532

IN_EVERY_RUN = 20_000
IN_A_LONG_RUN = 3_400_000
"""For each of three families: more than ten million together."""

STRANGER = bytes.fromhex("0BADCAFE")

GLUED = 40
"""Frames in one stream, at most."""


@dataclass(frozen=True)
class Family:
    """Modules that speak alike."""

    parser: Callable[[], Any]
    valid: Callable[[random.Random], bytes]
    """A whole frame as a module sends it."""
    written: Callable[[Any], bytes]
    """What the parser has found, written anew by the emulator."""
    longest: int


def _ef01(dice: random.Random) -> bytes:
    kind = dice.choice([0x07, 0x07, 0x07, 0x02, 0x08])
    return ef01.frame(kind, dice.randbytes(dice.choice([1, 1, 3, 5, 17, 33, 51, 64])))


def _efaa(dice: random.Random) -> bytes:
    if dice.random() < 0.4:
        return efaa.face_note(dice.choice([0, 1, 6, 10, 0x80]))
    code = dice.choice([0x10, 0x11, 0x12, 0x22, 0x24, 0x26, 0x30])
    return efaa.reply(code, dice.choice([0, 0, 1, 8, 13]), dice.randbytes(dice.choice([0, 0, 1, 3, 36, 201])))


def _pn532(dice: random.Random) -> bytes:
    if dice.random() < 0.3:
        return dice.choice([pn532.ACK, pn532.NACK, pn532.SYNTAX_ERROR])
    return pn532.answer(dice.choice([0x02, 0x4A, 0x14]), dice.randbytes(dice.choice([0, 1, 5, 12, 20, 255])))


def _pn532_written(frame: Any) -> bytes:
    match frame.kind:
        case pn532_frames.Kind.ACK:
            return pn532.ACK[1:-1]
        case pn532_frames.Kind.NACK:
            return pn532.NACK[1:-1]
        case pn532_frames.Kind.ERROR:
            return pn532.SYNTAX_ERROR[1:-1]
        case pn532_frames.Kind.ECHO:
            return pn532.frame(b"\xd4" + frame.data)[1:-1]
        case _:
            return pn532.frame(b"\xd5" + frame.data)[1:-1]


FAMILIES = {
    "ef01": Family(
        ef01_frames.FrameParser, _ef01, lambda frame: ef01.frame(frame.type, frame.payload), longest=9 + 258
    ),
    "efaa": Family(efaa_frames.FrameParser, _efaa, lambda frame: efaa.frame(frame.type, frame.data), longest=6 + 4_096),
    "pn532": Family(pn532_frames.FrameParser, _pn532, _pn532_written, longest=7 + 265 + 2),
}


def damaged(frame: bytes, dice: random.Random) -> bytes:
    """What may become of a frame on its way."""
    data = bytearray(frame)
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        place = dice.randrange(len(data)) if data else 0
        match dice.randrange(8):
            case 0 | 1 | 2 if data:
                data[place] ^= 1 << dice.randrange(8)
            case 3 if data:
                del data[place : place + dice.randrange(1, 4)]
            case 4:
                data[place:place] = dice.randbytes(dice.randrange(1, 4))
            case 5:
                del data[place:]
            case 6 if len(data) > 9:
                # Somewhere there is a length.
                data[dice.randrange(2, 9)] = dice.choice([0x00, 0x01, 0x7F, 0xFF])
            case _:
                data += frame[: dice.randrange(len(frame) + 1)]
    return bytes(data)


def streams(family: Family, seed: int, count: int) -> Iterator[tuple[list[bytes], int]]:
    """So many frames in streams, each cut into pieces, and how many frames it was made of."""
    dice = random.Random(seed)
    sent = 0
    while sent < count:
        whole = [family.valid(dice) for _ in range(500)]
        broken = [damaged(frame, dice) for frame in whole for _ in range(4)]
        noise = [dice.randbytes(dice.randrange(1, 12)) for _ in range(100)]
        pool = whole * 3 + broken + noise
        for _ in range(200):
            size = dice.randrange(1, GLUED)
            stream = b"".join(dice.choices(pool, k=size))
            cuts = sorted(dice.choices(range(len(stream) + 1), k=dice.randrange(6)))
            yield [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)], size
            sent += size
            if sent >= count:
                return


def feed(family: Family, seed: int, count: int) -> tuple[int, int, float]:
    """Feed so many frames; how many were sent and found, and in how many seconds."""
    parser, sent, found = family.parser(), 0, 0
    began = time.perf_counter()
    for pieces, size in streams(family, seed, count):
        frames = []
        for piece in pieces:
            frames += parser.feed(piece)
            assert len(parser._held) <= family.longest
        frames += parser.silence()
        assert not parser.pending
        stream = b"\x00" + b"".join(pieces)
        for frame in frames:
            assert family.written(frame) in stream, f"seed {seed}, after {sent} frames: one that was never there"
        sent += size
        found += len(frames)
    return sent, found, time.perf_counter() - began


@pytest.mark.parametrize("name", FAMILIES)
def test_a_parser_finds_what_is_there_and_nothing_else(name: str) -> None:
    sent, found, _ = feed(FAMILIES[name], 1, IN_EVERY_RUN)
    assert sent >= IN_EVERY_RUN
    assert sent * 0.3 < found < sent


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_parser_finds_nothing_else_among_millions_of_frames(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    sent, found, seconds = feed(FAMILIES[name], 2, IN_A_LONG_RUN)
    told = f"{name}: {sent} frames fed, {found} whole ones found, {seconds:.0f} s, {sent / seconds:.0f} frames a second"
    print(told)  # noqa: T201 - for whoever runs it with -s
    record_property("fuzz", told)
    assert sent >= IN_A_LONG_RUN


def junk(dice: random.Random, whole: bytes) -> bytes:
    """Anything but the whole frame that would let somebody in: no two of these add up to it either."""
    half = len(whole) // 2
    return dice.choice(
        [
            dice.randbytes(dice.randrange(1, 24)),
            whole[: dice.randrange(1, half)],
            whole[dice.randrange(half + 1, len(whole)) :],
            flipped(whole, dice.randrange(len(whole)), 1 << dice.randrange(8)),
            whole[:half] + dice.randbytes(2) + whole[half:-1],
        ]
    )


def flipped(data: bytes, place: int, bits: int) -> bytes:
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


def rounds() -> int:
    from tests.conftest import long_run

    return 2_000 if long_run() else 40


def let_in(reports: asyncio.Queue[Reading]) -> list[Reading]:
    """Who has been let in by now, other than the stranger who is there."""
    found: list[Reading] = []
    while not reports.empty():
        match reports.get_nowait():
            case BiometricSeen(slot=int()) as seen:
                found.append(seen)
            case CardSeen(uid) as seen if uid != STRANGER:
                found.append(seen)
    return found


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2))
async def test_no_finger_is_seen_where_there_is_only_noise(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    rig = Ef01Rig(tmp_path, ef01.Sensor(templates={3: frozenset({"Anna"})}), timing=EF01_IMPATIENT)
    await rig.start(fingers(3))
    match = ef01.frame(ef01.ANSWER, b"\x00\x00\x03\x00\x78")
    try:
        for _ in range(rounds()):
            rig.sensor.press("Eve") if dice.random() < 0.7 else rig.sensor.lift()
            for _ in range(dice.randrange(1, 6)):
                rig.cable.send(junk(dice, match))
            await asyncio.sleep(0.002)
            assert let_in(rig.reports) == []
        assert rig.cable.heard.count(ef01.GET_IMAGE) > 0
        rig.sensor.lift()
        await rig.looks(4)
        rig.sensor.press("Anna")
        async with asyncio.timeout(20):
            while await rig.reports.get() != BiometricSeen(CredentialType.FINGERPRINT, 3):
                pass
    finally:
        await rig.close()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2))
async def test_no_face_is_seen_where_there_is_only_noise(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    rig = EfaaRig(tmp_path, timing=EFAA_IMPATIENT)
    rig.enrolled("Anna", 3)
    await rig.start(faces(3))
    match = efaa.reply(efaa.VERIFY, efaa.OK, rig.module.record(0))
    try:
        for _ in range(rounds()):
            rig.face.look(False)
            rig.face.look(True)
            rig.show("Eve") if dice.random() < 0.7 else rig.go()
            if dice.random() < 0.5:
                rig.cable.spoil(efaa.VERIFY, efaa.noisy(before=junk(dice, match), after=junk(dice, match)))
            for _ in range(dice.randrange(1, 6)):
                rig.cable.send(junk(dice, match))
            await asyncio.sleep(0.002)
            assert let_in(rig.reports) == []
        assert rig.cable.heard.count(efaa.VERIFY) > 0
        rig.cable.mend()
        rig.show("Anna")
        rig.face.look(False)
        rig.face.look(True)
        async with asyncio.timeout(20):
            while await rig.reports.get() != BiometricSeen(FACE, 3):
                pass
    finally:
        await rig.close()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2))
async def test_no_card_is_read_where_there_is_only_noise(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    rig = Pn532CardRig(tmp_path, timing=PN532_IMPATIENT)
    await rig.prepare()
    await rig.start()
    await rig.looks()
    uid = bytes.fromhex("04A1B2C3")
    # Without its first and last byte, which a reader does not need: no flip of them would hurt it.
    read = pn532.answer(pn532.LIST, b"\x01\x01\x00\x04\x08\x04" + uid)[1:-1]
    try:
        for _ in range(rounds()):
            rig.cable.present(*([pn532.Card(STRANGER)] if dice.random() < 0.7 else []))
            for _ in range(dice.randrange(1, 6)):
                rig.cable.send(junk(dice, read))
            await asyncio.sleep(0.002)
            assert let_in(rig.reports) == []
        assert rig.cable.heard.count(pn532.LIST) > 0
        rig.cable.present()
        await rig.present(uid)
        async with asyncio.timeout(20):
            while await rig.reports.get() != CardSeen(uid):
                pass
    finally:
        await rig.close()
