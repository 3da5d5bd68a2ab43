"""The played module answers what makers have published, so that the driver is not tried on itself alone.

No client of this protocol is on a package index; these are from its makers' own texts and libraries.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import serialx

from lock_bridge.hardware.efaa import DIALECTS, commands
from lock_bridge.hardware.efaa.commands import Command, Match, Result
from lock_bridge.hardware.efaa.dialects import FACE, PALM
from lock_bridge.hardware.efaa.frames import Frame, FrameParser, FrameType, build
from tests.hardware.emulators.efaa import READY, Cable, Module, Shown, face_note, frame, reply


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


PUBLISHED = {
    "status": "EF AA 11 00 00 11",
    "reset": "EF AA 10 00 00 10",
    "identify for 10 s": "EF AA 12 00 02 00 0A 1A",
    "all ids": "EF AA 24 00 01 00 25",
    "how many palms": "EF AA 24 00 01 02 27",
    "delete all of FP00x": "EF AA 21 00 05 00 00 00 00 00 24",
}

OURS: dict[str, Command[object]] = {
    "status": commands.get_status(),
    "reset": commands.reset(),
    "identify for 10 s": commands.verify(10),
    "all ids": DIALECTS["ai10"].list_ids(),
    "how many palms": DIALECTS["fp00x"].count_palms(),
    "delete all of FP00x": DIALECTS["fp00x"].delete_all(),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_commands_are_the_ones_that_makers_publish(name: str) -> None:
    command = OURS[name]
    assert build(command.code, command.data) == hexed(PUBLISHED[name])


def test_an_enrolment_is_laid_out_as_makers_publish_it() -> None:
    name = b"Anna".ljust(32, b"\0")
    face, palm = (DIALECTS["fp00x"].enrol(kind, "Anna", 0, 10) for kind in (FACE, PALM))
    assert face.data == b"\0" + name + hexed("00 01 00 0A 00 00 00")
    assert palm.data == b"\0" + name + hexed("FD 01 00 0A 00 00 00")
    assert DIALECTS["ai10"].enrol(FACE, "Anna", 0, 10).data == b"\0" + name + hexed("00 0A")
    assert len(face.data) == 40


def test_users_are_deleted_as_makers_publish_it() -> None:
    fp00x, ai10 = DIALECTS["fp00x"], DIALECTS["ai10"]
    assert build(fp00x.delete(FACE, 3).code, fp00x.delete(FACE, 3).data)[:-1] == hexed("EF AA 20 00 03 00 03 00")
    assert build(fp00x.delete(PALM, 501).code, fp00x.delete(PALM, 501).data)[:-1] == hexed("EF AA 80 00 03 01 F5 01")
    assert build(ai10.delete(PALM, 1001).code, ai10.delete(PALM, 1001).data)[:-1] == hexed("EF AA 20 00 02 03 E9")


def test_the_published_frames_are_read_as_they_are_meant() -> None:
    parser = FrameParser()
    assert parser.feed(hexed("EF AA 00 00 05 13 00 00 03 1F 0A")) == [Frame(FrameType.REPLY, hexed("13 00 00 03 1F"))]
    assert parser.feed(hexed("EF AA 01 00 01 00 00")) == [Frame(FrameType.NOTE, b"\0")]
    assert hexed("EF AA 01 00 01 00 00") == READY
    assert reply(0x13, 0, hexed("00 03 1F")) == hexed("EF AA 00 00 05 13 00 00 03 1F 0A")


def test_what_is_seen_is_told_with_the_low_byte_first() -> None:
    (note,) = FrameParser().feed(face_note(0x80))
    assert len(note.data) == 17
    assert commands.sighting(note.data) == 0x80
    assert commands.sighting(note.data[:-1]) is None
    assert commands.sighting(b"\x04" + note.data[1:]) is None


def test_the_long_list_of_an_fm225_is_read_to_its_count() -> None:
    data = hexed("24 00 02 00 00 00 07").ljust(203, b"\xa5")
    answer = DIALECTS["hlk_fm22x"].list_ids().answer(data)
    assert answer is not None
    assert answer.value == (0, 7)
    assert DIALECTS["hlk_fm22x"].list_ids().answer(hexed("24 00 02 00 00 00")) is None


@pytest.mark.parametrize("padding", [b"\0" * 8, b"\xff\xfe", b"\x01", b"   \0"])
def test_a_text_ends_where_its_padding_begins(padding: bytes) -> None:
    assert commands.text(b"FM225_V1.12" + padding) == "FM225_V1.12"


@pytest.mark.parametrize(
    ("dialect", "user", "unlock", "kind"),
    [
        ("ai10", 1000, None, FACE),
        ("ai10", 1001, None, PALM),
        ("fp00x", 500, 0xC8, FACE),
        ("fp00x", 500, 0xCC, FACE),
        ("fp00x", 501, 0xFA, PALM),
        ("fp00x", 501, 0xC8, None),
        ("fp00x", 3, 0xFA, None),
        ("hlk_fm22x", 9, 1, FACE),
    ],
)
def test_what_was_found_is_told_by_number_and_by_how_it_opens(
    dialect: str, user: int, unlock: int | None, kind: object
) -> None:
    assert DIALECTS[dialect].kind_of(Match(user, "x", unlock)) is kind


class Client:
    """Writes bytes to the port and reads frames, knowing nothing of the driver."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def frame(self) -> bytes:
        """The next whole frame."""
        async with asyncio.timeout(10):
            head = await self.reader.readexactly(5)
            assert head[:2] == b"\xef\xaa"
            return head + await self.reader.readexactly(int.from_bytes(head[3:5]) + 1)

    async def reply(self) -> bytes:
        """The next reply, whatever notes come before it."""
        while (heard := await self.frame())[2] != 0:
            pass
        return heard

    async def ask(self, command: str) -> bytes:
        self.writer.write(hexed(command))
        return await self.reply()


@pytest.fixture
async def cable(tmp_path: Path) -> AsyncIterator[Cable]:
    cable = Cable(tmp_path / "face")
    yield cable
    cable.unplug()


@asynccontextmanager
async def client(cable: Cable, module: Module) -> AsyncIterator[Client]:
    """Somebody listens as the module gets power."""
    cable.plug(module)
    reader, writer = await serialx.open_serial_connection(str(cable.path), baudrate=115200)
    cable.restart()
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_played_module_answers_what_makers_publish(cable: Cable) -> None:
    module = Module("fp00x")
    module.enrol("Anna", "anna")
    module.enrol("Anna", "anna", palm=True)
    async with client(cable, module) as maker:
        assert await maker.frame() == READY
        assert await maker.ask(PUBLISHED["status"]) == frame(0, hexed("11 00 00"))
        assert await maker.ask(PUBLISHED["all ids"]) == frame(0, hexed("24 00 00 01 00 01"))
        assert await maker.ask(PUBLISHED["how many palms"]) == frame(0, hexed("24 00 00 01"))
        module.shown = Shown("Anna", palm=True)
        found = await maker.ask(PUBLISHED["identify for 10 s"])
        assert found[5:9] == hexed("12 00 01 F5")
        assert found[42] == 0xFA
        assert await maker.ask(PUBLISHED["delete all of FP00x"]) == frame(0, hexed("21 00"))
        assert await maker.ask(PUBLISHED["identify for 10 s"]) == frame(0, hexed("12 08"))
        module.shown = None
        assert await maker.ask(PUBLISHED["identify for 10 s"]) == frame(0, bytes([0x12, Result.TIMEOUT]))


async def test_the_played_module_does_one_task_at_a_time(cable: Cable) -> None:
    cable.scale = 1.0
    async with client(cable, Module()) as maker:
        maker.writer.write(hexed(PUBLISHED["identify for 10 s"]))
        while (await maker.frame())[5] != 1:
            pass
        assert (await maker.ask(PUBLISHED["status"]))[5:8] == hexed("11 00 01")
        assert (await maker.ask("EF AA 24 00 00 24"))[5:7] == hexed("24 01")
        assert (await maker.ask(PUBLISHED["reset"]))[5:7] == hexed("10 00")
        assert (await maker.reply())[5:7] == hexed("12 02")
        assert len(await maker.ask("EF AA 24 00 00 24")) == 203 + 6
