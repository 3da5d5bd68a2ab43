"""Spoken prompts as WAV files: one's own recordings, those made before, or made now by espeak-ng."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from lock_bridge import prompts
from lock_bridge.engine.effects import Prompt, Say

from .program import Program

_LOG: Final = logging.getLogger(__name__)

VOICES: Final[Mapping[str, str]] = {"en": "en-gb", "nb": "nb", "sv": "sv", "it": "it", "nl": "nl"}
"""espeak-ng's voices for the languages of SND-2."""

AMPLITUDES: Final[Mapping[str, int]] = {"high": 140, "low": 50, "mute": 50}
"""Of espeak-ng's 0 to 200. Mute silences tones, never prompts (L2S-11)."""

_SLOWEST: Final = 20
"""Characters a second: a voice that takes longer to make them hangs."""
_START_S: Final = 5.0
_OWN_MAX: Final = 4_000_000
"""Bytes of a recording; longer ones are no prompts."""


class Voice:
    """Finds or makes what is to be played. What carries values, such as a serial number, is never kept."""

    def __init__(self, program: Program, *, rate: int, cache: Path, own: Path | None) -> None:
        """`rate` in words a minute; `own` holds `<language>/<prompt>.wav` that somebody has recorded."""
        self._program = program
        self._rate = rate
        self._cache = cache / "prompts"
        self._own = own

    async def wav(self, say: Say) -> bytes:
        """What is to be played. Raises `ProgramMissing`, `ProgramFailed`, `TimeoutError` where it cannot be made."""
        language = prompts.spoken_in(say.language)
        text = prompts.text(say.prompt, language, say.values)
        amplitude = AMPLITUDES.get(say.volume, AMPLITUDES["high"])
        if say.values:
            return await self._made(text, language, amplitude)
        for known in (self._recording(say.prompt, language), self._kept(text, language, amplitude)):
            if known is not None and (sound := await asyncio.to_thread(_read, known)) is not None:
                return sound
        sound = await self._made(text, language, amplitude)
        if sound:  # else it was cut
            await asyncio.to_thread(_keep, self._kept(text, language, amplitude), sound)
        return sound

    async def prepare(self, told: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Make all prompts of all languages that are not there yet; how many there are now. Raises as `wav`.

        `told` hears after each how many are there, and of how many.
        """
        wanted = tuple(_all())
        for count, say in enumerate(wanted, start=1):
            await self.wav(say)
            told(count, len(wanted))
        return len(wanted)

    def cut(self) -> None:
        """Stop making what is being made."""
        self._program.cut()

    def _recording(self, prompt: Prompt, language: str) -> Path | None:
        return None if self._own is None else self._own / language / f"{prompt.value}.wav"

    def _kept(self, text: str, language: str, amplitude: int) -> Path:
        # A prompt whose text is another one in a newer version is another file.
        name = hashlib.sha256(f"{VOICES[language]}\0{self._rate}\0{amplitude}\0{text}".encode()).hexdigest()[:24]
        return self._cache / language / f"{name}.wav"

    async def _made(self, text: str, language: str, amplitude: int) -> bytes:
        # Through the standard input: whoever lists this machine's processes must not read what is spoken.
        options = ("-v", VOICES[language], "-s", str(self._rate), "-a", str(amplitude), "--stdin", "--stdout")
        return await self._program.run(options, text.encode(), at_most_s=_START_S + len(text) / _SLOWEST)


def _all() -> Iterator[Say]:
    for language in prompts.LANGUAGES:
        for prompt in Prompt:
            if "{" not in prompts.text(prompt, language):
                for volume in ("high", "low"):
                    yield Say(prompt, language, volume)


def _read(file: Path) -> bytes | None:
    try:
        sound = file.read_bytes()
    except OSError:
        return None
    return sound if sound[:4] == b"RIFF" and sound[8:12] == b"WAVE" and len(sound) <= _OWN_MAX else None


def _keep(file: Path, sound: bytes) -> None:
    new = file.with_suffix(".new")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Like all of the bridge's data, whatever the umask of whoever makes it by hand.
        new.touch(mode=0o600)
        new.chmod(0o600)
        new.write_bytes(sound)
        new.replace(file)
    except OSError as error:
        _LOG.warning("A spoken prompt cannot be kept in %s: %s", file.parent, error.strerror)
        with suppress(OSError):
            new.unlink()
