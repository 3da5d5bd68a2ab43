"""The port `Sounder` on a machine with a loudspeaker."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lock_bridge.engine.effects import Say, Sound, Tone
from lock_bridge.hardware.ports import Health, PartBack, PartFault, Report, SpeechEnded
from lock_bridge.hardware.trouble import PartError, Trouble
from lock_bridge.wire.words import Part

from . import tones
from .program import Program, ProgramFailed, ProgramMissing
from .voice import Voice

_LOG = logging.getLogger(__name__)

_TONES_MAX: Final = 4
"""Tones that may wait for the loudspeaker; a fast typist's key tones are worth nothing later."""

_LONGEST_S: Final = 60.0
"""Longer no prompt takes to be played."""
_TONE_S: Final = 5.0
_RETRY_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`rate` is in words a minute; `device` is ALSA's name of the loudspeaker, None the default one.

    `prompts` is a folder with recordings of one's own, `<language>/<prompt>.wav`; what it lacks is made.
    """

    rate: int = 150
    device: str | None = None
    prompts: Path | None = None


class Speaker:
    """Prompts one after another, tones beside them; an alarm cuts the voice and goes on until its end.

    What cannot be heard is told as a fault, once until it can again: the lock works without a voice.
    """

    def __init__(self, settings: Settings, cache: Path, *, voice: str = "espeak-ng", player: str = "aplay") -> None:
        """`cache` keeps the prompts that have been made."""
        self._settings = settings
        self._maker = Program(voice)
        self._voice = Voice(self._maker, rate=settings.rate, cache=cache, own=settings.prompts)
        self._prompt_player = Program(player)
        self._tone_player = Program(player)
        self._report: Report | None = None
        self._prompts: deque[Say] = deque()
        self._tones: deque[Sound] = deque(maxlen=_TONES_MAX)
        self._speaking: asyncio.Task[None] | None = None
        self._playing: asyncio.Task[None] | None = None
        self._alarm: Sound | None = None
        self._cuts = 0
        """How often the voice was cut: what was being made ready then is not played."""
        self._ill: dict[str, Trouble] = {}
        self._health = Health("starting")

    @property
    def health(self) -> Health:
        """See `Attached`."""
        return self._health

    async def start(self, report: Report) -> None:
        """Serve, and say what is missing."""
        self._report = report
        self._ill.clear()
        words = f"loudspeaker {self._settings.device or 'of the machine'}"
        self._health = Health("served", words=words)
        for program in (self._tone_player, self._maker):
            if not program.is_installed:
                self._failed(program.name, Trouble.SERVICE_MISSING, f"{program.name} is not installed")

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
                self._cut_voice()
                self._tones.clear()
                self._tone_player.cut()
            case Tone.ALARM_END:
                if self._alarm is not None:
                    self._alarm = None
                    self._tone_player.cut()
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
            self._cut_voice()

    async def prepare(self, told: Callable[[int, int], None]) -> int:
        """Make all prompts now, so that nobody waits for one later; how many there are. Raises `PartError`."""
        try:
            return await self._voice.prepare(told)
        except (ProgramMissing, ProgramFailed, TimeoutError) as error:
            raise PartError(f"{self._maker.name}: {_why(error)}", _trouble(error)) from None

    def _cut_voice(self) -> None:
        self._cuts += 1
        self._voice.cut()
        self._prompt_player.cut()

    async def _speak(self) -> None:
        try:
            while self._prompts:
                await self._say(self._prompts.popleft())
        finally:
            self._speaking = None
            if self._report is not None:
                self._report(SpeechEnded())

    async def _say(self, say: Say) -> None:
        cuts = self._cuts
        try:
            wav = await self._voice.wav(say)
        except (ProgramMissing, ProgramFailed, TimeoutError) as error:
            self._failed(self._maker.name, _trouble(error), f"{self._maker.name}: {_why(error)}")
            return
        self._works(self._maker.name)
        if cuts == self._cuts:
            await self._run(self._prompt_player, wav, _LONGEST_S)

    async def _play(self) -> None:
        try:
            while (sound := self._alarm or (self._tones.popleft() if self._tones else None)) is not None:
                heard = await self._run(self._tone_player, tones.wav(sound.tone, sound.volume), _TONE_S)
                if sound is self._alarm and not heard:
                    await asyncio.sleep(_RETRY_S)  # an alarm that cannot be played is tried again, but not all the time
        finally:
            self._playing = None

    async def _run(self, player: Program, wav: bytes, at_most_s: float) -> bool:
        """Whether it was heard, as far as can be known."""
        options = ("-q", "-t", "wav", *(("-D", self._settings.device) if self._settings.device else ()), "-")
        try:
            await player.run(options, wav, at_most_s=at_most_s)
        except (ProgramMissing, ProgramFailed, TimeoutError) as error:
            self._failed(player.name, _trouble(error), f"{player.name}: {_why(error)}")
            return False
        self._works(player.name)
        return True

    def _failed(self, about: str, trouble: Trouble, words: str) -> None:
        # Once until it works again: whoever stands at the door could fill the log otherwise.
        first = not self._ill
        if about not in self._ill:
            self._ill[about] = trouble
            _LOG.warning("The loudspeaker cannot be heard: %s", words)
        self._health = Health("trouble", next(iter(self._ill.values())), words)
        if first and self._report is not None:
            self._report(PartFault(Part.SOUNDER, trouble))

    def _works(self, about: str) -> None:
        if self._ill.pop(about, None) is not None and not self._ill:
            self._health = Health("served", words=f"loudspeaker {self._settings.device or 'of the machine'}")
            if self._report is not None:
                self._report(PartBack(Part.SOUNDER))


def _trouble(error: Exception) -> Trouble:
    match error:
        case ProgramMissing():
            return Trouble.SERVICE_MISSING
        case TimeoutError():
            return Trouble.NO_ANSWER
        case _:
            return Trouble.MISSING


def _why(error: Exception) -> str:
    return "it took too long" if isinstance(error, TimeoutError) else str(error)


def _begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)
