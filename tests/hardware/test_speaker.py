"""The voice of a lock on a machine with a loudspeaker: `espeak-ng` and `aplay`, and what happens without them."""

import asyncio
import io
import os
import shutil
import stat
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from lock_bridge import profiles, prompts
from lock_bridge.clock import ManualClock
from lock_bridge.config import ConfigError, parse
from lock_bridge.engine.effects import Prompt, Say, Sound, Tone
from lock_bridge.hardware.build import build
from lock_bridge.hardware.ports import PartBack, PartFault, Reading, SpeechEnded
from lock_bridge.hardware.speaker import tones
from lock_bridge.hardware.speaker.driver import Settings, Speaker
from lock_bridge.hardware.speaker.program import Program
from lock_bridge.hardware.speaker.voice import VOICES, Voice
from lock_bridge.wire.words import Part, Trouble
from tests.hardware.machine import machine

WAIT_S = 20


class Loudspeaker:
    """Fake programs that note how they were called and what they were fed, and a sounder that uses them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reports: list[Reading] = []
        self.own = folder / "own"
        settings = Settings(rate=170, prompts=self.own)
        voice, player = str(folder / "espeak-ng"), str(folder / "aplay")
        self.sounder = Speaker(settings, folder / "cache", voice=voice, player=player)
        self.install("espeak-ng")
        self.install("aplay")

    def install(self, name: str, then: str = "exit 0") -> None:
        """A program that writes its arguments and its input into a file of its own, then does `then`.

        The voice gives its input, after what a WAV file begins with, as the sound.
        """
        script = self.folder / name
        gives = 'printf "RIFF0000WAVE" && tail -n +2 "$n"\n' if name == "espeak-ng" else ""
        script.write_text(
            f'#!/bin/sh\nn=$(mktemp "{self.folder}/{name}.XXXXXX")\n{{ echo "$*"; cat; }} > "$n"\n{gives}{then}\n'
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)

    def heard(self) -> list[str]:
        """The prompts that were played, in their order."""
        played = (sound for _, sound in self.calls("aplay"))
        prompt = b"RIFF0000WAVE"
        return [sound.removeprefix(prompt).decode() for sound in played if sound.startswith(prompt)]

    def calls(self, name: str) -> list[tuple[str, bytes]]:
        """Arguments and input of each run, in their order."""
        files = sorted(self.folder.glob(f"{name}.*"), key=lambda file: file.stat().st_mtime_ns)
        found = [file.read_bytes().partition(b"\n") for file in files]
        return [(arguments.decode(), fed) for arguments, _, fed in found]

    async def all_said(self, times: int = 1) -> None:
        await until(lambda: self.reports.count(SpeechEnded()) >= times)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(0.01)


@pytest.fixture
async def speaker(tmp_path: Path) -> AsyncIterator[Loudspeaker]:
    speaker = Loudspeaker(tmp_path)
    await speaker.sounder.start(speaker.reports.append)
    yield speaker
    await speaker.sounder.stop()


@pytest.mark.spec("SND-2")
@pytest.mark.parametrize("language", prompts.LANGUAGES)
async def test_prompts_are_spoken_in_the_locks_language(speaker: Loudspeaker, language: str) -> None:
    speaker.sounder.say(Say(Prompt.JAMMED, language))
    await speaker.all_said()
    assert speaker.heard() == [prompts.text(Prompt.JAMMED, language)]
    [(arguments, fed)] = speaker.calls("espeak-ng")
    assert f"-v {VOICES[language]} -s 170" in arguments
    assert fed.decode() == prompts.text(Prompt.JAMMED, language)


async def test_prompts_that_are_kept_are_for_the_bridge_alone_whatever_the_umask(speaker: Loudspeaker) -> None:
    before = os.umask(0o022)
    try:
        speaker.sounder.say(Say(Prompt.JAMMED))
        await speaker.all_said()
    finally:
        os.umask(before)
    (kept,) = (speaker.folder / "cache").rglob("*.wav")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_what_is_spoken_is_not_among_the_arguments_that_everybody_can_list(speaker: Loudspeaker) -> None:
    speaker.sounder.say(Say(Prompt.JAMMED))
    await speaker.all_said()
    assert "bolt" not in speaker.calls("espeak-ng")[0][0]


@pytest.mark.spec("MNU-1")
async def test_prompts_follow_each_other_and_their_end_is_told_once(speaker: Loudspeaker) -> None:
    speaker.install("aplay", "sleep 0.1")
    speaker.sounder.say(Say(Prompt.ENROLLED))
    speaker.sounder.say(Say(Prompt.JAMMED))
    assert speaker.reports == []
    await speaker.all_said()
    assert speaker.heard() == [prompts.text(Prompt.ENROLLED), prompts.text(Prompt.JAMMED)]
    assert speaker.reports == [SpeechEnded()]


@pytest.mark.spec("ALM-1")
async def test_an_alarm_cuts_the_voice_and_sounds_until_its_end(speaker: Loudspeaker) -> None:
    speaker.install("espeak-ng", "exec sleep 60")
    speaker.install("aplay", "sleep 0.05")
    speaker.sounder.say(Say(Prompt.ENROLLED))
    speaker.sounder.say(Say(Prompt.JAMMED))
    await until(lambda: bool(speaker.calls("espeak-ng")))
    speaker.sounder.sound(Sound(Tone.ALARM, "mute"))
    await speaker.all_said()
    await until(lambda: len(speaker.calls("aplay")) >= 3)
    assert len(speaker.calls("espeak-ng")) == 1, "the prompt that waited is not spoken into the alarm"
    assert speaker.heard() == []
    speaker.sounder.sound(Sound(Tone.ALARM_END))
    await until(lambda: speaker.sounder._playing is None)
    alarm = tones.wav(Tone.ALARM, "mute")
    assert all(alarm.startswith(fed) for _, fed in speaker.calls("aplay")), "whole, but for what was cut off"


async def test_an_alarm_cuts_a_voice_that_has_only_just_begun(speaker: Loudspeaker) -> None:
    speaker.install("espeak-ng", "exec sleep 60")
    speaker.sounder.say(Say(Prompt.ENROLLED))
    await asyncio.sleep(0)
    speaker.sounder.sound(Sound(Tone.ALARM))
    await speaker.all_said()


@pytest.mark.spec("DLM-10")
async def test_a_voice_that_is_hushed_breaks_off_and_the_next_prompt_is_spoken_whole(speaker: Loudspeaker) -> None:
    speaker.sounder.hush()
    speaker.install("espeak-ng", "exec sleep 60")
    speaker.sounder.say(Say(Prompt.ENROLLED))
    speaker.sounder.say(Say(Prompt.JAMMED))
    await until(lambda: bool(speaker.calls("espeak-ng")))
    speaker.sounder.hush()
    await speaker.all_said()
    speaker.install("espeak-ng")
    speaker.sounder.say(Say(Prompt.CLOSE_DOOR))
    await speaker.all_said(2)
    assert speaker.heard() == [prompts.text(Prompt.CLOSE_DOOR)]


@pytest.mark.spec("L2S-11")
async def test_mute_silences_tones_but_neither_prompts_nor_alarms(speaker: Loudspeaker) -> None:
    speaker.sounder.sound(Sound(Tone.KEY, "mute"))
    speaker.sounder.say(Say(Prompt.ENROLLED, volume="mute"))
    await speaker.all_said()
    assert speaker.heard() == [prompts.text(Prompt.ENROLLED)]
    assert len(speaker.calls("aplay")) == 1
    speaker.sounder.sound(Sound(Tone.ALARM, "mute"))
    await until(lambda: len(speaker.calls("aplay")) > 1)


@pytest.mark.spec("SND-1")
async def test_low_is_less_loud_than_high(speaker: Loudspeaker) -> None:
    for volume in ("high", "low"):
        speaker.sounder.say(Say(Prompt.ENROLLED, volume=volume))
    await speaker.all_said()
    amplitudes = [int(arguments.split("-a ")[1].split()[0]) for arguments, _ in speaker.calls("espeak-ng")]
    assert amplitudes[0] > amplitudes[1] > 0
    assert _peak(tones.wav(Tone.SUCCESS, "high")) > _peak(tones.wav(Tone.SUCCESS, "low")) > 0


@pytest.mark.parametrize("tone", [tone for tone in Tone if tone is not Tone.ALARM_END])
def test_every_tone_is_a_short_sound_of_its_own(tone: Tone) -> None:
    with wave.open(io.BytesIO(tones.wav(tone, "high"))) as sound:
        assert 0.02 <= sound.getnframes() / sound.getframerate() <= 1.5
    assert all(
        tones.wav(tone, "high") != tones.wav(other, "high") for other in Tone if other not in (tone, Tone.ALARM_END)
    )


async def test_a_fast_typist_does_not_fill_the_loudspeaker(speaker: Loudspeaker) -> None:
    for _ in range(200):
        speaker.sounder.sound(Sound(Tone.KEY))
    await until(lambda: speaker.sounder._playing is None)
    assert len(speaker.calls("aplay")) <= 5


@pytest.mark.spec("FLT-1")
async def test_without_its_programs_the_lock_is_silent_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reports: list[Reading] = []
    missing = {"voice": "espeak-ng-that-is-not-there", "player": "aplay-that-is-not-there"}
    sounder = Speaker(Settings(), tmp_path, **missing)
    await sounder.start(reports.append)
    for _ in range(3):
        sounder.say(Say(Prompt.ENROLLED))
        sounder.sound(Sound(Tone.SUCCESS))
        await until(lambda: sounder._speaking is None and sounder._playing is None)
    await sounder.stop()
    assert reports == [PartFault(Part.SOUNDER, Trouble.SERVICE_MISSING), *[SpeechEnded()] * 3]
    assert caplog.text.count("espeak-ng-that-is-not-there is not installed") == 1
    assert caplog.text.count("aplay-that-is-not-there is not installed") == 1


@pytest.mark.spec("FLT-1")
async def test_a_loudspeaker_that_is_pulled_out_is_a_fault_until_it_is_heard_again(
    speaker: Loudspeaker, caplog: pytest.LogCaptureFixture
) -> None:
    speaker.install("aplay", "echo no loudspeaker >&2; exit 1")
    for times in (1, 2):
        speaker.sounder.say(Say(Prompt.ENROLLED))
        await speaker.all_said(times)
    assert speaker.reports == [PartFault(Part.SOUNDER, Trouble.MISSING), SpeechEnded(), SpeechEnded()]
    assert caplog.text.count("exit code 1: no loudspeaker") == 1
    assert speaker.sounder.health.trouble is Trouble.MISSING
    speaker.install("aplay")
    speaker.sounder.say(Say(Prompt.ENROLLED))
    await speaker.all_said(3)
    assert speaker.reports[3:] == [PartBack(Part.SOUNDER), SpeechEnded()]
    assert speaker.sounder.health.state == "served"


async def test_a_prompt_is_made_once_and_from_then_on_only_played(speaker: Loudspeaker) -> None:
    for times in (1, 2, 3):
        speaker.sounder.say(Say(Prompt.ENROLLED))
        await speaker.all_said(times)
    assert len(speaker.calls("espeak-ng")) == 1
    assert speaker.heard() == [prompts.text(Prompt.ENROLLED)] * 3


@pytest.mark.spec("DLM-10")
async def test_what_carries_a_code_is_kept_nowhere(speaker: Loudspeaker) -> None:
    speaker.sounder.say(
        Say(Prompt.SYSTEM_INFORMATION, "en", "high", {"serial": "E1", "version": "1", "code": "QWERTZ"})
    )
    await speaker.all_said()
    assert "Q W E R T Z" in speaker.heard()[0]
    assert not list((speaker.folder / "cache").rglob("*.wav"))


async def test_a_recording_of_ones_own_is_played_in_place_of_the_voice(speaker: Loudspeaker) -> None:
    recording = speaker.own / "nb" / "jammed.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"RIFF0000WAVEher er min egen")
    speaker.sounder.say(Say(Prompt.JAMMED, "nb"))
    speaker.sounder.say(Say(Prompt.JAMMED, "sv"))
    await speaker.all_said()
    assert speaker.heard() == ["her er min egen", prompts.text(Prompt.JAMMED, "sv")]


async def test_a_kept_prompt_that_is_damaged_is_made_anew(speaker: Loudspeaker) -> None:
    speaker.sounder.say(Say(Prompt.ENROLLED))
    await speaker.all_said()
    (kept,) = (speaker.folder / "cache").rglob("*.wav")
    kept.write_bytes(b"half of")
    speaker.sounder.say(Say(Prompt.ENROLLED))
    await speaker.all_said(2)
    assert speaker.heard() == [prompts.text(Prompt.ENROLLED)] * 2


@pytest.mark.spec("SND-2")
async def test_all_prompts_of_all_languages_can_be_made_before_they_are_needed(speaker: Loudspeaker) -> None:
    voice = Voice(Program(str(speaker.folder / "espeak-ng")), rate=170, cache=speaker.folder / "cache", own=None)
    count = await voice.prepare()
    assert count == 2 * sum(
        "{" not in prompts.text(prompt, language) for prompt in Prompt for language in prompts.LANGUAGES
    )
    made = len(speaker.calls("espeak-ng"))
    speaker.sounder.say(Say(Prompt.JAMMED, "it", "low"))
    await speaker.all_said()
    assert len(speaker.calls("espeak-ng")) == made


async def test_a_cut_while_a_prompt_is_looked_for_is_not_lost(speaker: Loudspeaker) -> None:
    speaker.sounder.say(Say(Prompt.ENROLLED))
    await speaker.all_said()
    speaker.sounder.say(Say(Prompt.ENROLLED))
    await asyncio.sleep(0)
    speaker.sounder.hush()
    await speaker.all_said(2)
    assert len(speaker.heard()) == 1


async def test_a_voice_that_hangs_is_ended(speaker: Loudspeaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lock_bridge.hardware.speaker.voice._START_S", 0.2)
    monkeypatch.setattr("lock_bridge.hardware.speaker.voice._SLOWEST", 1_000)
    speaker.install("espeak-ng", "trap '' TERM; while :; do sleep 0.1; done")
    speaker.sounder.say(Say(Prompt.ENROLLED))
    await speaker.all_said()


async def test_a_stop_silences_at_once_and_says_nothing_more(speaker: Loudspeaker) -> None:
    speaker.install("espeak-ng", "exec sleep 60")
    speaker.sounder.say(Say(Prompt.ENROLLED))
    await until(lambda: bool(speaker.calls("espeak-ng")))
    async with asyncio.timeout(WAIT_S):
        await speaker.sounder.stop()
    speaker.sounder.say(Say(Prompt.ENROLLED))
    speaker.sounder.sound(Sound(Tone.KEY))
    await asyncio.sleep(0)
    assert speaker.reports == []


def test_a_config_names_it_for_the_sounder_alone(tmp_path: Path) -> None:
    lock = '[[lock]]\nid = "front_door"\nprofile = "palm6068"\n[lock.simulated]\nport = 0\n'
    options = 'driver = "speaker"\nrate = 120\ndevice = "plughw:1"\n'
    config = parse(f"{lock}[lock.parts.sounder]\n{options}", profiles.names()).locks[0]
    built = build(config, profiles.load("palm6068"), ManualClock(), machine(tmp_path))
    assert isinstance(built.ports.sounder, Speaker)
    assert built.ports.keypad is (built.door and built.door.keypad)
    with pytest.raises(ConfigError, match="rate"):
        parse(f"{lock}[lock.parts.sounder]\n{options.replace('120', '12')}", profiles.names())
    with pytest.raises(ConfigError, match="driver"):
        parse(f"{lock}[lock.parts.keypad]\n{options}", profiles.names())


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here")
@pytest.mark.spec("SND-2")
@pytest.mark.parametrize("language", prompts.LANGUAGES)
async def test_the_real_espeak_has_a_voice_for_each_language(language: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *("espeak-ng", "-v", VOICES[language], "-s", "150", "-a", "140", "--stdin", "--stdout"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WAIT_S):
        spoken, _ = await process.communicate(prompts.text(Prompt.JAMMED, language).encode())
    assert process.returncode == 0
    assert len(spoken) > 22_050, "half a second of sound at least"


def _peak(sound: bytes) -> int:
    with wave.open(io.BytesIO(sound)) as opened:
        frames = opened.readframes(opened.getnframes())
    return max(
        abs(int.from_bytes(frames[place : place + 2], "little", signed=True)) for place in range(0, len(frames), 2)
    )
