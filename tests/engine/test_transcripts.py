"""The manuals' procedures, line by line, at a lock of their model. Each file is prose that a person can follow."""

from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.hardware.simulated.player import play
from lock_bridge.hardware.simulated.transcript import Transcript, read
from tests.engine.stage import RunningLock

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*/*.txt"))


@pytest.fixture(params=FILES, ids=[f"{file.parent.name}-{file.stem}" for file in FILES])
def transcript(request: pytest.FixtureRequest) -> tuple[str, Transcript]:
    """A model and one of its procedures."""
    return request.param.parent.name, read(request.param.read_text(encoding="utf-8"))


async def test_a_person_with_the_manual_in_hand_meets_nothing_that_is_different(
    transcript: tuple[str, Transcript], tmp_path: Path
) -> None:
    profile, procedure = transcript
    async with RunningLock(profile, tmp_path) as stage:
        async for played in play(procedure, stage):
            assert played.instead is None, f"line {played.line.number}: {played.line.text}"


def test_each_model_has_its_own_transcripts() -> None:
    assert {file.parent.name for file in FILES} == set(profiles.names())
