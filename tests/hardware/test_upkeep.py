"""A part is served again after whatever has happened to it, and everything else goes on meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from lock_bridge.hardware.ports import PartBack, PartFault, Reading
from lock_bridge.hardware.trouble import PartError
from lock_bridge.hardware.upkeep import Upkeep
from lock_bridge.wire.words import Part, Trouble

FAULT, BACK = PartFault(Part.CARD, Trouble.INTERNAL), PartBack(Part.CARD)


class Watched:
    """A part whose sessions end as they are told to; the last one is served until it is stopped."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = list(ends)
        self.sessions = 0
        self.slept: list[float] = []
        self.reports: asyncio.Queue[Reading] = asyncio.Queue()
        self.upkeep = Upkeep((Part.CARD,), "front card", self.session, sleep=self.sleep)

    async def session(self) -> None:
        self.sessions += 1
        if not self.ends:
            self.upkeep.served()
            await asyncio.Event().wait()
        elif (end := self.ends.pop(0)) is not None:
            raise end

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def reported(self, *expected: Reading) -> None:
        async with asyncio.timeout(10):
            assert [await self.reports.get() for _ in expected] == list(expected)


@pytest.fixture
async def watch() -> AsyncIterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def build(*ends: Exception | None) -> Watched:
        made.append(Watched(*ends))
        made[-1].upkeep.start(made[-1].reports.put_nowait)
        return made[-1]

    yield build
    for each in made:
        await each.upkeep.stop()


@pytest.mark.spec("FLT-1")
async def test_a_defect_of_a_driver_is_told_and_the_part_is_tried_again_later(
    watch: Callable[..., Watched], caplog: pytest.LogCaptureFixture
) -> None:
    part = watch(LookupError("one that nobody thought of"))
    await part.reported(FAULT, BACK)
    assert part.upkeep.health.state == "served"
    assert part.slept[0] >= 0.75 * 30.0
    assert "one that nobody thought of" in caplog.text


async def test_a_session_that_returns_at_once_keeps_nobody_else_from_working(watch: Callable[..., Watched]) -> None:
    part = watch(*[None] * 1_000)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 0 < part.sessions < 10


async def test_a_fault_is_told_once_however_often_it_is_tried(watch: Callable[..., Watched]) -> None:
    away = [PartError("not there", Trouble.MISSING) for _ in range(5)]
    part = watch(*away)
    await part.reported(PartFault(Part.CARD, Trouble.MISSING), BACK)
    assert part.reports.empty()
    assert len(part.slept) == 5
    assert max(part.slept) <= 1.25 * 30.0


async def test_it_can_be_stopped_while_it_fails_again_and_again(watch: Callable[..., Watched]) -> None:
    part = watch(*[LookupError() for _ in range(100_000)])
    await part.reported(FAULT)
    async with asyncio.timeout(10):
        await part.upkeep.stop()
    sessions = part.sessions
    await asyncio.sleep(0)
    assert part.sessions == sessions
