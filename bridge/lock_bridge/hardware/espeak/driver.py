"""The port `Sounder` on a machine with a loudspeaker."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lock_bridge import prompts
from lock_bridge.engine.effects import Say, Sound, Tone
from lock_bridge.hardware.ports import Report, SpeechEnded

from . import tones
from .program import Program, ProgramMissing

_LOG = logging.getLogger(__name__)

VOICES: Final[Mapping[str, str]] = {"en": "en-gb", "nb": "nb", "sv": "sv", "it": "it", "nl": "nl"}
"""espeak-ng's voices for the languages of SND-2."""

AMPLITUDES: Final[Mapping[str, int]] = {"high": 140, "low": 50, "mute": 50}
"""Of espeak-ng's 0 to 200. Mute silences tones, never prompts (L2S-11)."""

_TONES_MAX: Final = 4
"""Tones that may wait for the loudspeaker; a fast typist's key tones are worth nothing later."""

_SLOWEST: Final = 4
"""Characters a second, far below any rate: a voice that takes longer hangs."""
_START_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`rate` is in words a minute; `device` is ALSA's name of the loudspeaker for tones, None the default one."""

    rate: int = 150
    device: str | None = None


class EspeakSounder:
    """Prompts one after another, tones beside them; an alarm cuts the voice and goes on until its end.

    What is not installed is silent, and that is said in the log: the lock works without a voice.
    """

    def __init__(self, settings: Settings | None = None, *, voice: str = "espeak-ng", player: str = "aplay") -> None:
        self._settings = settings or Settings()
        self._voice = Program(voice)
        self._player = Program(player)
        self._report: Report | None = None
        self._prompts: deque[Say] = deque()
        self._tones: deque[Sound] = deque(maxlen=_TONES_MAX)
        self._speaking: asyncio.Task[None] | None = None
        self._playing: asyncio.Task[None] | None = None
        self._alarm: Sound | None = None
        self._complained: set[str] = set()

    async def start(self, report: Report) -> None:
        """Serve, and say what is missing."""
        self._report = report
        for program, lacking in ((self._voice, "prompts are not spoken"), (self._player, "tones are not heard")):
            if not program.is_installed:
                self._complain(program.name, "%s is not installed: %s", program.name, lacking)

    async def stop(self) -> None:
        """Fall silent now."""
        self._report = None
        self._alarm = None
        self._prompts.clear()
        self._tones.clear()
        for task in (self._speaking, self._playing):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._speaking = self._playing = None

    def sound(self, sound: Sound) -> None:
        """Play a tone; an alarm goes on until its end is asked for."""
        if self._report is None:
            return
        match sound.tone:
            case Tone.ALARM:
                self._alarm = sound
                self._prompts.clear()
                self._voice.cut()
                self._tones.clear()
                self._player.cut()
            case Tone.ALARM_END:
                if self._alarm is not None:
                    self._alarm = None
                    self._player.cut()
                return
            case tone if tones.has(tone) and sound.volume != "mute":
                self._tones.append(sound)
            case _:
                return
        if self._playing is None:
            self._playing = _begin(self._play())

    def say(self, say: Say) -> None:
        """Speak a prompt after those before it; during an alarm nobody would understand it."""
        if self._report is None:
            return
        if self._alarm is None:
            self._prompts.append(say)
        if self._speaking is None:
            self._speaking = _begin(self._speak())

    def hush(self) -> None:
        """Stop speaking now."""
        self._prompts.clear()
        if self._speaking is not None:
            self._voice.cut()

    async def _speak(self) -> None:
        try:
            while self._prompts:
                await self._say(self._prompts.popleft())
        finally:
            self._speaking = None
            if self._report is not None:
                self._report(SpeechEnded())

    async def _say(self, say: Say) -> None:
        language = prompts.spoken_in(say.language)
        text = prompts.text(say.prompt, language, say.values)
        # Through the standard input: whoever lists this machine's processes must not read what is spoken.
        options = (
            *("-v", VOICES[language]),
            *("-s", str(self._settings.rate)),
            *("-a", str(AMPLITUDES.get(say.volume, AMPLITUDES["high"]))),
            "--stdin",
        )
        await self._run(self._voice, options, text.encode(), at_most_s=_START_S + len(text) / _SLOWEST)

    async def _play(self) -> None:
        try:
            while (sound := self._alarm or (self._tones.popleft() if self._tones else None)) is not None:
                options = ("-q", "-t", "wav", *(("-D", self._settings.device) if self._settings.device else ()), "-")
                fed = tones.wav(sound.tone, sound.volume)
                heard = await self._run(self._player, options, fed, at_most_s=_START_S)
                if sound is self._alarm and not heard:
                    await asyncio.sleep(_START_S)  # an alarm that cannot be played is tried again, but not all the time
        finally:
            self._playing = None

    async def _run(self, program: Program, options: tuple[str, ...], fed: bytes, *, at_most_s: float) -> bool:
        """Whether it was heard, as far as can be known."""
        try:
            trouble = await program.run(options, fed, at_most_s=at_most_s)
        except ProgramMissing:
            trouble = "it is not installed"
        except TimeoutError:
            trouble = "it took too long"
        if trouble is not None:
            self._complain(program.name, "%s cannot be heard: %s", program.name, trouble)
            return False
        self._complained.discard(program.name)
        return True

    def _complain(self, about: str, *words: Any) -> None:
        # Once until it works again: whoever stands at the door could fill the log otherwise.
        if about not in self._complained:
            self._complained.add(about)
            _LOG.warning(*words)


def _begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)
