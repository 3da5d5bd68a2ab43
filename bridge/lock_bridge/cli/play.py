"""`door play`: a transcript of a manual's procedure, played at the simulated door of the bridge that runs."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from lock_bridge import profiles
from lock_bridge.hardware.simulated.player import Played, play
from lock_bridge.hardware.simulated.transcript import Comment, New, Transcript, TranscriptError, read

from .session import Session
from .usage import UsageError

ANSWER_S: Final = 660.0
"""`wait 10m` takes ten minutes."""

_LARGEST: Final = 256 * 1024


def play_file(session: Session, files: Sequence[str]) -> int:
    """Play it line by line; 1 if a line did not go as it is written."""
    if len(files) != 1:
        raise UsageError("It is written: lock-bridge door play FILE.")
    transcript = _read(Path(files[0]))
    stage = _RunningDoor(session)
    if any(isinstance(line.step, New) for line in transcript.lines) and not session.args.new and stage.is_used:
        raise UsageError(
            "This transcript begins with a new lock, and this one has users. --new makes it new: its users, settings "
            "and paired clients go."
        )
    played = asyncio.run(_play(session, transcript, stage))
    good = bool(played) and played[-1].good
    if session.json:
        session.show({"title": transcript.title, "good": good, "lines": [_plain(item) for item in played]}, ())
    return 0 if good else 1


async def _play(session: Session, transcript: Transcript, stage: _RunningDoor) -> list[Played]:
    played = []
    async for item in play(transcript, stage):
        played.append(item)
        session.tell(_told(item))
        if item.instead is not None:
            session.tell(f"  line {item.line.number}: {item.instead}")
    return played


class _RunningDoor:
    """The door of the running bridge, and the app's commands over its local socket."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = session.lock(session.args.lock)
        self.labels: Mapping[str, str] = _labels(self._lock["profile"])

    @cached_property
    def is_used(self) -> bool:
        """Whether somebody has made this lock his own."""
        return bool(self._session.call("users.list", lock=self._id)["users"])

    async def act(self, words: Sequence[str]) -> Mapping[str, Any]:
        return self._session.call("door", answer_s=ANSWER_S, lock=self._id, words=[*words])

    async def ask(self, command: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._session.call(command, lock=self._id, **args)

    async def snapshot(self) -> Mapping[str, Any]:
        locks = self._session.call("locks.list")["locks"]
        found: Mapping[str, Any] = next(lock for lock in locks if lock["id"] == self._id)
        return found

    async def renew(self) -> None:
        await self.act(["new", "door"])
        if self._session.args.new:
            await self.ask("lock.factory_reset", {})
        # So that it starts as it does when it comes out of its box.
        await self.act(["battery", "out"])
        await self.act(["battery", "in"])
        # Until a press of SET or RESET is one as any other again (RST-1).
        await self.act(["wait", "11s"])

    @property
    def _id(self) -> str:
        return str(self._lock["id"])


def _labels(model: str) -> Mapping[str, str]:
    """What stands on the confirm and back keys; of a model with a file of its own only its words `ok` and `back`."""
    if model not in profiles.names():
        return {}
    profile = profiles.load(model)
    return {profile.confirm_label: "ok", profile.back_label: "back"}


def _read(file: Path) -> Transcript:
    try:
        if file.stat().st_size > _LARGEST:
            raise UsageError(f"{file} is too large for a transcript.")
        return read(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8 text.") from None
    except TranscriptError as error:
        raise UsageError(f"{file}: {error}.") from None


def _told(item: Played) -> str:
    if isinstance(item.line.step, Comment):
        return f"  {item.line.text}"
    return f"{'✓' if item.good else '✗'} {item.line.text}"


def _plain(item: Played) -> dict[str, Any]:
    return {"line": item.line.number, "text": item.line.text, "good": item.good, "instead": item.instead}
