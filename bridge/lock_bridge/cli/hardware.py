"""`hardware test` and `hardware render`: the attached parts of a config, tried and made ready without the bridge."""

import asyncio
import contextlib
import logging
import os
import pwd
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from lock_bridge import profiles
from lock_bridge.clock import SystemClock
from lock_bridge.config import Config, ConfigError, LockConfig, load
from lock_bridge.engine.profile import Profile
from lock_bridge.hardware.gpio.kernel import KernelLines
from lock_bridge.hardware.ports import KeyDown, Reading
from lock_bridge.hardware.trial import Moved, Trial, Tried
from lock_bridge.hardware.trial_words import told
from lock_bridge.hardware.trouble import PartError, Trouble, advice
from lock_bridge.wire.errors import LockBridgeError

from .connection import Connection, Unreachable
from .output import say_error, say_json, words
from .session import Session
from .usage import UsageError

_SIGNS: Final = {True: "OK   ", False: "WRONG", None: "-    "}
_STOP: Final = "Stop the bridge first: sudo systemctl stop lock-bridge"


@runtime_checkable
class Prepares(Protocol):
    """A part that can make ready what it would else make while somebody waits."""

    async def prepare(self, told: Any) -> int:
        """Make all of it; `told` hears how far it is."""


def test(session: Session) -> int:
    """Try each part and say how it is; 1 when something is wrong."""
    args = session.args
    config = read(args.file)
    locks = chosen(config, args.lock)
    if args.only is not None and not any(args.only in lock.parts for lock in locks):
        known = ", ".join(dict.fromkeys(port for lock in locks for port in lock.parts))
        raise UsageError(f"The config names no part {args.only}. There are: {known}.")
    if _runs(config.bridge.socket):
        return _refused(session, f"The bridge runs, and its parts cannot be shared. {_STOP}")
    _quiet()
    _become_owner(session, config.bridge.data)
    with _cache(config.bridge.data) as cache:
        tried = [asyncio.run(_Visit(session, lock, cache).pay()) for lock in locks]
    wrong = sum(visit.wrong for visit in tried)
    last = "Nothing is wrong." if not wrong else f"{wrong} thing{'' if wrong == 1 else 's'} to put right."
    session.show({"ok": not wrong, "locks": [visit.data for visit in tried]}, [last])
    return 1 if wrong else 0


def render(session: Session) -> int:
    """Make all spoken prompts of the config's loudspeakers now."""
    config = read(session.args.file)
    locks = chosen(config, None)
    if not config.bridge.data.is_dir():
        raise UsageError(f"{config.bridge.data} is not there yet. Start the bridge once, for its folder to be made.")
    _quiet()
    _become_owner(session, config.bridge.data)
    made = asyncio.run(_render(session, locks, config.bridge.data / "cache"))
    if not made:
        session.show({"prompts": 0}, ["No part of this config speaks with a voice that is made here."])
        return 0
    wrong = [text for _, text in made if text is not None]
    total = sum(count for count, _ in made)
    session.show({"prompts": total, "errors": wrong}, wrong or [f"All {total} prompts are there."])
    return 1 if wrong else 0


def read(file: str) -> Config:
    """The config. Raises `UsageError`."""
    try:
        return load(Path(file), profiles.names())
    except ConfigError as error:
        raise UsageError(str(error)) from None


def chosen(config: Config, wanted: str | None) -> Sequence[LockConfig]:
    """The lock of that id or name, or all. Raises `UsageError`."""
    if wanted is None:
        return config.locks
    found = [lock for lock in config.locks if wanted in (lock.id, lock.name)]
    if not found:
        known = ", ".join(f"{lock.id} ({lock.name})" for lock in config.locks)
        raise UsageError(f"There is no such lock. There are: {known}.")
    return found


def model(lock: LockConfig) -> Profile:
    """The profile of a lock's model."""
    return lock.own_profile or profiles.load(lock.profile)


class _Visit:
    """One lock, tried from first to last."""

    def __init__(self, session: Session, lock: LockConfig, cache: Path) -> None:
        self._session = session
        self._lock = lock
        args = session.args
        self._guided = not session.json and sys.stdin.isatty() and sys.stdout.isatty()
        self._moves = args.move
        self._fresh = _Fresh(model(lock))
        self._trial = Trial(lock, model(lock), clock=SystemClock(), lines=KernelLines(), cache=cache, only=args.only)
        self.data: dict[str, Any] = {}
        self.wrong = 0

    async def pay(self) -> _Visit:
        """Start, look, move, guide, stop."""
        trial, tell = self._trial, self._session.tell
        tell(f"{self._lock.name}:")
        try:
            await trial.start()
            results = trial.results()
            self._say(results)
            moved: list[Moved] = []
            for port in trial.attached if self._moves else ():
                for each in await trial.move(port):
                    moved.append(each)
                    tell(f"{_SIGNS[each.ok]}  {each.port}: {each.text}")
            if self._guided and any(each.ok for each in results):
                await self._guide()
                later = trial.results()
                self._say([now for before, now in zip(results, later, strict=True) if now.ok is not before.ok])
                results = later
        finally:
            await trial.stop()
        self.wrong = sum(each.ok is False for each in results) + sum(not each.ok for each in moved)
        self.data = {
            "lock": self._lock.id,
            "parts": [_json(each) for each in results],
            "moved": [{"port": each.port, "ok": each.ok, "text": each.text} for each in moved],
        }
        return self

    def _say(self, results: Sequence[Tried]) -> None:
        for each in results:
            self._session.tell(f"{_SIGNS[each.ok]}  {words(each.port)}: {each.text}")
            for text in each.levels if each.ok else ():
                self._session.tell(f"         {text}")
        if any(each.trouble == Trouble.IN_USE for each in results):
            self._session.tell(f"       Does another bridge run? {_STOP}")

    async def _guide(self) -> None:
        tell, loop = self._session.tell, asyncio.get_running_loop()
        tell("")
        tell("Now try each part: press each key (not a passcode of yours), touch the glass, hold a card to the reader,")
        tell("open and close the door, move handle and knob. What is seen is told here. Enter ends it.")
        ended = asyncio.Event()
        self._trial.listener = self._hear
        self._trial.show(True)
        loop.add_reader(sys.stdin.fileno(), ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(sys.stdin.fileno())
            sys.stdin.readline()
            self._trial.show(False)
            self._trial.listener = lambda _port, _reading: None

    def _hear(self, port: str, reading: Reading) -> None:
        text = told(reading)
        if isinstance(reading, KeyDown):
            text = self._fresh.told(reading)
        if text is not None:
            self._session.tell(f"  {words(port)}: {text}")


@dataclass
class _Fresh:
    """Each key is told once: what somebody types is not to be read from the screen."""

    profile: Profile
    seen: set[str] = field(default_factory=set)

    def told(self, reading: KeyDown) -> str | None:
        if reading.key in self.seen:
            return None
        self.seen.add(reading.key)
        left = sorted(self.profile.keys - self.seen)
        return f"{told(reading)}{f'; not yet pressed: {" ".join(left)}' if left else '; all keys work'}"


async def _render(session: Session, locks: Sequence[LockConfig], cache: Path) -> list[tuple[int, str | None]]:
    made: list[tuple[int, str | None]] = []
    for lock in locks:
        trial = Trial(lock, model(lock), clock=SystemClock(), lines=KernelLines(), cache=cache, only="sounder")
        for port in trial.attached:
            if isinstance(part := trial.part(port), Prepares):
                try:
                    made.append((await part.prepare(_Progress(session)), None))
                except PartError as error:
                    made.append((0, f"{lock.name}: {advice(error.trouble)} ({error})"))
    return made


class _Progress:
    """Tells every tenth part of the way."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told = 0

    def __call__(self, done: int, of: int) -> None:
        tenths = 10 * done // of
        if tenths > self._told:
            self._told = tenths
            self._session.tell(f"{done} of {of} prompts")


def _json(tried: Tried) -> dict[str, Any]:
    return {
        "port": tried.port,
        "driver": tried.driver,
        "ok": tried.ok,
        "trouble": tried.trouble,
        "text": tried.text,
        "levels": list(tried.levels),
    }


def _runs(socket: Path) -> bool:
    try:
        with Connection(socket) as bridge:
            bridge.call("service.status", answer_s=5.0)
    except Unreachable as error:
        return error.running
    except LockBridgeError:
        return True
    return True


def _refused(session: Session, text: str) -> int:
    if session.json:
        say_json({"error": {"code": "failed", "message": text}})
    else:
        say_error(text)
    return 1


def _quiet() -> None:
    # What drivers say to the log is said here in sentences.
    logging.getLogger().addHandler(logging.NullHandler())


@contextlib.contextmanager
def _cache(data: Path) -> Iterator[Path]:
    if os.access(data, os.W_OK):
        yield data / "cache"
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _become_owner(session: Session, data: Path) -> None:
    """Root may use everything: what is tried is whether the bridge's own user may. What is made belongs to it, too."""
    try:
        owner = data.stat().st_uid
        account = pwd.getpwuid(owner)
    except OSError, KeyError:
        return
    if os.geteuid() == 0 and owner != 0:
        session.tell(f"As the bridge's user {account.pw_name}.")
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(owner)
