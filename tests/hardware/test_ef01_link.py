"""An answer counts only for the command that it belongs to, and only when its frame is whole."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.hardware.doubt import NoAnswerError, RestartedError
from lock_bridge.hardware.ef01 import Colour, Effect, Glow, commands
from lock_bridge.hardware.ef01.commands import Answer, Command, Found, Parameters, Status
from lock_bridge.hardware.ef01.frames import FrameParser, FrameType, build
from lock_bridge.hardware.ef01.link import Link
from lock_bridge.hardware.ports import BiometricSeen
from lock_bridge.hardware.serial_port import UnpluggedError
from lock_bridge.hardware.trouble import PartError, Trouble
from tests.hardware.ef01_rig import FAST, IMPATIENT, Rig
from tests.hardware.emulators.ef01 import EXTRACT, GET_IMAGE, SEARCH, Fault, Sensor, frame
from tests.hardware.test_ef01_frames import STREAMS, cut, flipped

ALL: dict[str, tuple[Command[object], bytes]] = {
    "get_image": (commands.get_image(), b"\x00"),
    "extract": (commands.extract(3), b"\x00"),
    "match": (commands.match(), b"\x00\x00\x62"),
    "search": (commands.search(1, 200), b"\x00\x00\x03\x00\x78"),
    "combine": (commands.combine(), b"\x00"),
    "store": (commands.store(4), b"\x00"),
    "delete": (commands.delete(4, 2), b"\x00"),
    "index": (commands.read_index(0), b"\x00" + bytes(32)),
    "password": (commands.verify_password(7), b"\x00"),
    "parameters": (commands.read_parameters(), b"\x00" + bytes(4) + b"\x00\xc8" + bytes(10)),
    "product": (commands.read_product(), b"\x00" + bytes(46)),
    "soft reset": (commands.soft_reset(), b"\x00"),
    "ring": (commands.ring(Glow(Effect.ON, Colour.RED)), b"\x00"),
}
"""Each command, and a right answer to it."""


def answer(payload: bytes) -> bytes:
    return frame(0x07, payload)


class Wire(asyncio.Transport):
    """Takes what is sent, and answers by `replies`."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.replies: Callable[[bytes], None] = lambda _payload: None
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data)[9:-2])
        self.replies(self.sent[-1])

    def abort(self) -> None:
        self.closed = True


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    link = Link(FAST, lambda: None)
    link.connection_made(Wire())
    yield link
    link.connection_lost(None)


def wire(link: Link) -> Wire:
    assert isinstance(link._transport, Wire)
    return link._transport


async def asked[T](link: Link, command: Command[T]) -> asyncio.Task[Answer[T]]:
    """The command is sent, and its answer awaited."""
    task = asyncio.ensure_future(link.ask(command))
    await asyncio.sleep(0)
    return task


async def outcome[T](task: asyncio.Task[Answer[T]]) -> Answer[T] | None:
    """What came of it by now."""
    await asyncio.sleep(0)
    if task.done():
        return task.result()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return None


@pytest.mark.parametrize("name", ALL)
async def test_each_command_takes_its_own_answer(link: Link, name: str) -> None:
    command, right = ALL[name]
    task = await asked(link, command)
    link.data_received(answer(right))
    assert (await task).ok


@pytest.mark.parametrize("name", ALL)
async def test_each_command_leaves_answers_of_other_lengths(link: Link, name: str) -> None:
    command, right = ALL[name]
    for _, other in ALL.values():
        if len(other) != len(right):
            task = await asked(link, command)
            link.data_received(answer(other))
            assert await outcome(task) is None


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("status", [0x01, 0x02, 0x09, 0x21, 0x99])
async def test_a_refusal_is_an_answer_except_to_the_fence(link: Link, name: str, status: int) -> None:
    task = await asked(link, ALL[name][0])
    link.data_received(answer(bytes([status])))
    assert await outcome(task) == (None if name == "parameters" else Answer(status))


def test_the_fences_answer_has_a_length_of_its_own() -> None:
    others = {len(right) for name, (_, right) in ALL.items() if name != "parameters"}
    assert len(ALL["parameters"][1]) not in others


async def test_what_is_found_is_read(link: Link) -> None:
    task = await asked(link, commands.search(1, 200))
    link.data_received(answer(b"\x00\x01\x02\x00\x78"))
    assert await task == Answer(Status.OK, Found(slot=0x0102, score=0x78))


@given(stream=STREAMS, places=st.lists(st.integers(0, 3000), max_size=20))
async def test_a_search_finds_what_a_whole_frame_says_and_nothing_else(stream: bytes, places: list[int]) -> None:
    link = Link(FAST, lambda: None)
    link.connection_made(Wire())
    command = commands.search(1, 200)
    task = await asked(link, command)
    with suppress(RestartedError):
        for chunk in cut(stream, places):
            link.data_received(chunk)
        link.silent()
        heard = FrameParser()
        frames = heard.feed(stream) + heard.silence()
        fitting = (command.answer(found.payload) for found in frames if found.type is FrameType.ANSWER)
        assert await outcome(task) == next((found for found in fitting if found is not None), None)
    link.connection_lost(None)


@given(late=st.lists(st.sampled_from(sorted(ALL)), max_size=6), noise=st.binary(max_size=5))
async def test_behind_the_fence_no_late_answer_is_left(late: list[str], noise: bytes) -> None:
    """Whatever was on its way, in whatever order, the next search gets its own answer."""
    link = Link(FAST, lambda: None)
    transport = Wire()
    link.connection_made(transport)
    pending = [answer(ALL[name][1]) for name in late if name != "parameters"]

    def reply(payload: bytes) -> None:
        """A module that answers in order: what is late comes first."""
        while pending:
            link.data_received(pending.pop(0))
        if payload[0] == commands.Code.READ_PARAMETERS:
            link.data_received(noise.replace(b"\x55", b"") + answer(ALL["parameters"][1]))
        elif payload[0] == commands.Code.VERIFY_PASSWORD:
            link.data_received(answer(b"\x00"))
        else:
            link.data_received(answer(b"\x09" + bytes(4)))

    transport.replies = reply
    assert await link.resynchronise(0) == Parameters(0, 200, 0, 0)
    assert await link.ask(commands.search(1, 200)) == Answer(Status.NOT_FOUND)
    link.connection_lost(None)


async def test_a_wrong_password_is_told_from_silence(link: Link) -> None:
    wire(link).replies = lambda payload: link.data_received(answer(b"\x13" if payload[0] == 0x13 else b"\x21"))
    with pytest.raises(PartError) as refused:
        await link.resynchronise(7)
    assert refused.value.trouble is Trouble.WRONG_PASSWORD


async def test_a_silent_module_is_greeted_twice() -> None:
    link = Link(IMPATIENT, lambda: None)
    link.connection_made(Wire())
    with pytest.raises(PartError) as silent:
        await link.resynchronise(7)
    assert silent.value.trouble is Trouble.NO_ANSWER
    assert len(wire(link).sent) == 2
    assert link.counters.unanswered == 2


async def test_no_answer_is_said_after_the_time_for_one() -> None:
    link = Link(IMPATIENT, lambda: None)
    link.connection_made(Wire())
    with pytest.raises(NoAnswerError, match="SEARCH"):
        await link.ask(commands.search(1, 200))
    link.data_received(answer(b"\x00\x00\x03\x00\x78"))
    assert link.counters.unexpected == 1


async def test_one_command_at_a_time(link: Link) -> None:
    task = await asked(link, commands.get_image())
    with pytest.raises(RuntimeError):
        await link.ask(commands.get_image())
    link.data_received(answer(b"\x02"))
    assert await task == Answer(Status.NO_FINGER)


async def test_a_restart_ends_the_command_under_way(link: Link) -> None:
    task = await asked(link, commands.search(1, 200))
    link.data_received(b"\x00\x55")
    with pytest.raises(RestartedError):
        await task


async def test_a_port_that_goes_away_ends_the_command_under_way_and_all_after_it(link: Link) -> None:
    task = await asked(link, commands.search(1, 200))
    link.connection_lost(OSError(5, "device disconnected"))
    with pytest.raises(UnpluggedError):
        await task
    with pytest.raises(UnpluggedError):
        await link.ask(commands.get_image())


async def test_a_frame_that_stops_half_way_is_given_up(link: Link) -> None:
    task = await asked(link, commands.get_image())
    link.data_received(build(b"\x00", kind=FrameType.ANSWER)[:7] + b"\x00\x40" + answer(b"\x02"))
    assert await task == Answer(Status.NO_FINGER)
    assert link.counters.disturbances > 0


@pytest.mark.parametrize("seed", range(4))
async def test_nobody_is_let_in_by_noise(tmp_path: Path, seed: int) -> None:
    """A strange finger lies on the glass of a door that Anna's opens, while the line does whatever lines do."""
    dice = random.Random(seed)
    rig = Rig(tmp_path, Sensor(templates={3: frozenset({"Anna"})}), timing=IMPATIENT)
    match_of_anna = answer(b"\x00\x00\x03\x00\x78")

    def junk() -> bytes:
        """Anything but the whole match of Anna: no two of these add up to it."""
        return dice.choice(
            [
                dice.randbytes(dice.randrange(12)),
                match_of_anna[: dice.randrange(12)],
                match_of_anna[dice.randrange(13, len(match_of_anna)) :],
                flipped(match_of_anna, dice.randrange(len(match_of_anna)), 1 << dice.randrange(8)),
                b"\xef\x01\xff\xff\xff\xff\x07\x00\x07\x00",
                b"\x00\x55",
            ]
        )

    def spoilt(whole: bytes) -> list[tuple[float, bytes]]:
        data = bytearray(whole)
        if data and dice.random() < 0.5:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        parts = [junk(), bytes(data), junk()]
        dice.shuffle(parts)
        return [(dice.choice([0, 0, 0.002]), part) for part in parts if dice.random() < 0.9]

    def unasked(whole: bytes) -> list[tuple[float, bytes]]:
        return [(0, match_of_anna + whole)]

    async def look_at(finger: str) -> int | None:
        rig.sensor.press(finger)
        while not isinstance(seen := await rig.report(), BiometricSeen):
            pass
        await rig.lift()
        return seen.slot

    await rig.start()
    for _ in range(25):
        rig.cable.spoil(dice.choice([SEARCH, EXTRACT, GET_IMAGE]), Fault(spoilt, carried_out=dice.random() < 0.8))
        if dice.random() < 0.2:
            rig.cable.spoil(dice.choice([EXTRACT, GET_IMAGE]), Fault(unasked))
        if dice.random() < 0.5:
            rig.cable.send(junk())
        assert await look_at("Eve") is None
    assert rig.cable.heard.count(SEARCH) >= 25
    assert await look_at("Anna") == 3
    await rig.close()
