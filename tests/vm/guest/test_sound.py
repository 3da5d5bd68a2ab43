"""What the loudspeaker plays, recorded at the other end of a loopback sound card of a real kernel."""

import asyncio
import math
import wave
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.engine.effects import Prompt, Say, Sound, Tone
from lock_bridge.hardware.ports import SpeechEnded
from lock_bridge.hardware.speaker import tones
from tests.vm.parts.built import built
from tests.vm.parts.waiting import until

LOUDSPEAKER, MICROPHONE = "plughw:Door,0,0", "hw:Door,1,0"
SAMPLE = 2
_FAINT = 300
_WINDOW = 882
"""40 ms."""


class Recording:
    """All that has been played since it began."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def seconds(self) -> float:
        """How long there was anything to hear."""
        return sum(abs(sample) > _FAINT for sample in self._samples()) / tones.RATE

    def loudest(self, hertz: float) -> float:
        """How loud a note was, where it was loudest: from 0 to 1."""
        samples = self._samples()
        windows = (samples[start : start + _WINDOW] for start in range(0, len(samples) - _WINDOW, _WINDOW // 2))
        return max((_strength(window, hertz) for window in windows if max(window) > _FAINT), default=0.0)

    def _samples(self) -> array[int]:
        heard = self._file.read_bytes()
        return array("h", heard[: len(heard) // SAMPLE * SAMPLE])


def _strength(window: array[int], hertz: float) -> float:
    """Of a note in a short piece, after Goertzel."""
    turn = 2 * math.pi * hertz / tones.RATE
    one = two = 0.0
    for sample in window:
        one, two = sample + 2 * math.cos(turn) * one - two, one
    power = one * one + two * two - 2 * math.cos(turn) * one * two
    return 2 * math.sqrt(max(power, 0.0)) / len(window) / 32_767


@pytest.fixture
async def recording(tmp_path: Path) -> AsyncIterator[Recording]:
    file = tmp_path / "heard.raw"
    format_ = ("-f", "S16_LE", "-c", "1", "-r", str(tones.RATE), "-t", "raw")
    # With room for seconds: what is not fetched in time is lost.
    patient = ("-B", "8000000", "-D", MICROPHONE)
    process = await asyncio.create_subprocess_exec("arecord", "-q", *patient, *format_, str(file))
    await until(lambda: file.exists() and file.stat().st_size)
    yield Recording(file)
    process.terminate()
    await process.wait()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a recording of one's own."""
    folder = tmp_path / "prompts"
    (folder / "en").mkdir(parents=True)
    with wave.open(str(folder / "en" / f"{Prompt.TOUCH_FINGER.value}.wav"), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(SAMPLE)
        made.setframerate(tones.RATE)
        made.writeframes(frames(tones.wav(Tone.DOORBELL, "high")))
    return folder


@pytest.fixture
async def speaker(own: Path) -> AsyncIterator[Any]:
    """One that keeps what it reports in `heard`."""
    speaker = built("speaker", "sounder", {"device": LOUDSPEAKER, "prompts": str(own)}, profile="palm6068")
    speaker.heard = []
    await speaker.start(speaker.heard.append)
    assert speaker.health.state == "served"
    yield speaker
    await speaker.stop()


def frames(sound: bytes) -> bytes:
    """The samples of a WAV file."""
    return sound[44:]


async def heard(condition: Callable[[], object], again: Callable[[], None]) -> None:
    """Asked for until it has been heard: on a busy machine the programs may take longer than they are given."""
    for _ in range(6):
        again()
        with suppress(TimeoutError):
            await until(condition, within=20)
            return
    pytest.fail("nothing of it is heard")


async def test_a_tone_is_heard_and_no_other(recording: Recording, speaker: Any) -> None:
    await heard(
        lambda: recording.loudest(1_319) > 0.3 and recording.loudest(1_976) > 0.3,
        lambda: speaker.sound(Sound(Tone.SUCCESS)),
    )
    assert recording.loudest(440) < 0.1, "that would be the failure tone"


async def test_a_recording_of_ones_own_is_heard_in_place_of_the_made_voice(recording: Recording, speaker: Any) -> None:
    await heard(
        lambda: recording.loudest(1_319) > 0.3 and recording.loudest(1_047) > 0.3,
        lambda: speaker.say(Say(Prompt.TOUCH_FINGER)),
    )
    await until(lambda: SpeechEnded() in speaker.heard)


async def test_a_prompt_is_spoken_and_its_end_is_told(recording: Recording, speaker: Any) -> None:
    await heard(lambda: recording.seconds > 0.3, lambda: speaker.say(Say(Prompt.LIFT_FINGER)))
    await until(lambda: SpeechEnded() in speaker.heard)
