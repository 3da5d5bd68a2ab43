"""What holds for all voices, whoever speaks."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lock_bridge import profiles
from lock_bridge.clock import ManualClock
from lock_bridge.engine.effects import Prompt, Say, Sound, Tone
from lock_bridge.hardware.ports import Reading, SpeechEnded
from lock_bridge.hardware.simulated import SimulatedConfig, SimulatedDoor
from lock_bridge.hardware.speaker.driver import Settings, Speaker


class SimulatedVoice:
    """The door page's voice: it speaks as long as the text takes."""

    def __init__(self, _folder: Path) -> None:
        self.clock = ManualClock()
        self.door = SimulatedDoor(SimulatedConfig(), self.clock, profiles.load("palm6068"))
        self.port = self.door.sounder

    async def time(self) -> None:
        """Let it speak."""
        self.clock.advance(200)


class LoudspeakerVoice:
    """espeak-ng and aplay, played: the second takes its time."""

    def __init__(self, folder: Path) -> None:
        for name, does in (("espeak-ng", 'printf "RIFF0000WAVE"'), ("aplay", "sleep 0.05")):
            script = folder / name
            script.write_text(f"#!/bin/sh\ncat >/dev/null\n{does}\n")
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
        self.port = Speaker(Settings(), folder / "cache", voice=str(folder / "espeak-ng"), player=str(folder / "aplay"))

    async def time(self) -> None:
        """Let it speak."""
        await asyncio.sleep(0.02)


RIGS: dict[str, Any] = {"simulated": SimulatedVoice, "speaker": LoudspeakerVoice}


@pytest.fixture
def reports() -> list[Reading]:
    return []


@pytest.fixture(params=RIGS)
async def voice(request: pytest.FixtureRequest, tmp_path: Path, reports: list[Reading]) -> AsyncIterator[Any]:
    made = RIGS[request.param](tmp_path)
    await made.port.start(reports.append)
    yield made
    await made.port.stop()


async def ended(voice: Any, reports: list[Reading], times: int = 1) -> None:
    async with asyncio.timeout(20):
        while reports.count(SpeechEnded()) < times:
            await voice.time()


@pytest.mark.spec("MNU-1")
async def test_the_end_of_all_that_it_was_told_to_say_is_told_once(voice: Any, reports: list[Reading]) -> None:
    voice.port.say(Say(Prompt.ENROLLED))
    voice.port.say(Say(Prompt.CLOSE_DOOR))
    assert reports == []
    await ended(voice, reports)
    for _ in range(3):
        await voice.time()
    assert reports == [SpeechEnded()]


@pytest.mark.spec("DLM-10")
async def test_who_has_heard_enough_ends_it(voice: Any, reports: list[Reading]) -> None:
    voice.port.hush()
    assert reports == []
    voice.port.say(Say(Prompt.ENROLLED))
    voice.port.say(Say(Prompt.CLOSE_DOOR))
    voice.port.hush()
    await ended(voice, reports)
    assert reports == [SpeechEnded()]


@pytest.mark.spec("ALM-1")
async def test_an_alarm_cuts_it_and_it_speaks_again_after_its_end(voice: Any, reports: list[Reading]) -> None:
    voice.port.say(Say(Prompt.ENROLLED))
    voice.port.sound(Sound(Tone.ALARM))
    await ended(voice, reports)
    voice.port.sound(Sound(Tone.ALARM_END))
    voice.port.say(Say(Prompt.CLOSE_DOOR))
    await ended(voice, reports, 2)
    assert reports == [SpeechEnded()] * 2


async def test_a_tone_ends_no_speech_and_tells_of_none(voice: Any, reports: list[Reading]) -> None:
    for tone in Tone:
        voice.port.sound(Sound(tone))
    for _ in range(3):
        await voice.time()
    assert reports == []


async def test_after_its_end_it_is_silent_and_says_nothing(voice: Any, reports: list[Reading]) -> None:
    voice.port.say(Say(Prompt.ENROLLED))
    await voice.port.stop()
    reports.clear()
    voice.port.sound(Sound(Tone.SUCCESS))
    voice.port.hush()
    for _ in range(3):
        await voice.time()
    assert reports == []
