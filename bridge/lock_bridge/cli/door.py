"""`door`: doing something at a simulated door, and telling what is to be seen and heard there."""

from collections.abc import Iterator
from typing import Any, Final

from .output import words
from .session import Session

ANSWER_S: Final = 660.0
"""`door wait 10m` takes ten minutes."""


def door(session: Session) -> int | None:
    """Do it, and answer what can be seen; or play a file of it."""
    if session.args.words[0] == "play":
        from .play import play_file  # brings the engine along, which nothing else here needs

        return play_file(session, session.args.words[1:])
    lock = session.lock(session.args.lock)["id"] if session.args.lock else None
    seen = session.call("door", answer_s=ANSWER_S, lock=lock, words=session.args.words)
    session.show(seen, _told(seen))
    return None


def _told(seen: dict[str, Any]) -> Iterator[str]:
    lights = seen["lights"]
    if seen.get("felt"):
        yield seen["felt"]
    for sound in seen["heard"]:
        yield _sound(sound)
    yield f"Keys lit: {' '.join(lights['keys']) or 'none'}. Lamps: {', '.join(map(words, lights['lamps'])) or 'none'}."
    if lights.get("flashing"):
        yield f"Keys flashing: {' '.join(lights['flashing'])}."
    if seen.get("screen") not in (None, "off"):
        yield f"The screen inside shows: {seen['screen']}."
    handle = "at rest" if seen["handle"] == "rest" else seen["handle"]
    yield f"Bolt {seen['bolt']}, door {seen['door']}, handle {handle}.{' The alarm sounds.' if seen['alarm'] else ''}"


def _sound(sound: dict[str, Any]) -> str:
    if sound["kind"] == "hush":
        return "The voice breaks off."
    return f'A voice: "{sound["text"]}"' if sound.get("text") else f"A tone: {words(sound['what'])}"
