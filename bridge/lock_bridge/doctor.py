"""Looks at everything that has to be right for the bridge to run, and says of each what it found and what to do."""

import os
import shutil
import socket
import sqlite3
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .config import Config
from .doctor_finding import Finding, Status
from .doctor_machine import Machine, user_name
from .doctor_parts import locks, parts, ring
from .store import StoreError, verify
from .store.connection import SAFE_WAL, connect
from .store.transactions import translating
from .timesync import ClockTrust

_PYTHON: Final = (3, 14)
_NEEDED_BYTES: Final = 20 * 1024 * 1024
_WANTED_BYTES: Final = 200 * 1024 * 1024
_OLD_BACKUP_S: Final = 3 * 24 * 3600


def examine(config: Config, file: Path, status: Status) -> Iterator[Finding]:
    """Everything, in the order in which it is needed."""
    yield from machine()
    yield from config_file(config, file)
    yield from data_folder(config)
    yield from key_file(config)
    yield from store(config, status)
    yield from backups(config)
    yield from disk(config)
    yield from clock(config, status)
    yield from ports(config, status)
    yield from attached(config, status)
    yield from locks(status, config)


def machine() -> Iterator[Finding]:
    """Python and SQLite."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= _PYTHON:
        yield Finding("ok", "python", f"Python {version}")
    else:
        yield Finding("wrong", "python", f"Python {version} is too old. Install Lock Bridge with Python 3.14.")
    if sqlite3.sqlite_version_info >= SAFE_WAL:
        yield Finding("ok", "sqlite", f"SQLite {sqlite3.sqlite_version}")
    else:
        needed = ".".join(map(str, SAFE_WAL))
        text = f"SQLite {sqlite3.sqlite_version} may lose data in its fast mode, so a slower one is used."
        yield Finding("note", "sqlite", f"{text} Update it to {needed}.")


def config_file(config: Config, file: Path) -> Iterator[Finding]:
    """Whether secrets in the config are for their owner alone."""
    has_password = any(part.has_secret for lock in config.locks for part in lock.parts.values())
    if has_password and _mode(file) & 0o004:
        yield Finding("wrong", "config", f"{file} holds a module's password and anybody may read it: chmod o-r {file}")
    else:
        count = len(config.locks)
        yield Finding("ok", "config", f"{file}: {count} lock{'' if count == 1 else 's'}")


def data_folder(config: Config) -> Iterator[Finding]:
    """The folder and all in it belong to one user, and are closed to all others."""
    folder = config.bridge.data
    if not folder.exists():
        yield Finding("note", "data", f"{folder} is not there yet: the first start makes it.")
        return
    if not folder.is_dir():
        yield Finding("wrong", "data", f"{folder} is no folder. Name another one as bridge.data.")
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield Finding(
            "wrong", "data", f"{folder} is closed to you. Run this with sudo, or as the user who runs the bridge."
        )
        return
    owner = folder.stat().st_uid
    wrong = False
    if _mode(folder) & 0o077:
        wrong = True
        yield Finding("wrong", "data", f"{folder} is open to others (mode {_mode(folder):o}): chmod 700 {folder}")
    for path in sorted(folder.rglob("*")):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue  # one that the running bridge has just done with
        if found.st_uid != owner:
            wrong = True
            yield Finding(
                "wrong",
                "data",
                f"{path} does not belong to {user_name(owner)}, as its folder does: chown {user_name(owner)} {path}",
            )
        elif stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
            wrong = True
            yield Finding(
                "wrong", "data", f"{path} is open to others (mode {stat.S_IMODE(found.st_mode):o}): chmod 600 {path}"
            )
    if not wrong:
        yield Finding("ok", "data", f"{folder} belongs to {user_name(owner)} alone")


def key_file(config: Config) -> Iterator[Finding]:
    """The key is there if the store is: without it no passcode can be checked."""
    key, database = config.bridge.key_file, config.bridge.database
    if not _exists(database):
        return
    if not _exists(key):
        text = f"{key} is missing. Put it back from your own copy: without it no passcode or card can be checked."
        yield Finding("wrong", "key", text)
    elif (size := key.stat().st_size) != 32:
        yield Finding("wrong", "key", f"{key} is damaged ({size} bytes, not 32). Put it back from your own copy.")
    else:
        yield Finding("ok", "key", f"{key} is there. Keep a copy of it elsewhere: backups do not hold it.")


def store(config: Config, status: Status) -> Iterator[Finding]:
    """The running bridge's word on its store, or every page and row of a copy of it."""
    if status is not None:
        said = status["store"]
        if said["healthy"]:
            yield Finding("ok", "store", f"The store works; its journal has come to number {said['head']}")
        else:
            yield Finding("wrong", "store", f"The store does not work: {said['error']}")
        return
    database = config.bridge.database
    if not _exists(database):
        return
    try:
        size = _verify_copy(database)
    except (StoreError, sqlite3.Error, OSError) as error:
        text = (
            str(error) if isinstance(error, StoreError) else f"{database} cannot be looked at ({type(error).__name__})."
        )
        yield Finding("wrong", "store", text)
    else:
        yield Finding("ok", "store", f"{database} is whole ({size / 1024:.0f} KB)")


def backups(config: Config) -> Iterator[Finding]:
    """The newest copy and its age."""
    folder = config.bridge.backups
    try:
        newest = max((path.stat().st_mtime for path in folder.glob("*.db")), default=None)
    except OSError:
        return
    if newest is None:
        if _exists(config.bridge.database):
            yield Finding("note", "backup", f"There is no backup in {folder} yet. lock-bridge backup writes one.")
    elif time.time() - newest > _OLD_BACKUP_S:
        days = round((time.time() - newest) / 86_400)
        yield Finding(
            "note", "backup", f"The newest backup in {folder} is {days} days old. lock-bridge backup writes one."
        )
    else:
        yield Finding("ok", "backup", f"{folder} holds a backup of the last days")


def disk(config: Config) -> Iterator[Finding]:
    """Room for the journal and its backups."""
    folder = config.bridge.data
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    megabytes = free // (1024 * 1024)
    if free < _NEEDED_BYTES:
        yield Finding(
            "wrong", "disk", f"Only {megabytes} MB are free at {folder}: soon nothing can be written. Free some space."
        )
    elif free < _WANTED_BYTES:
        yield Finding("note", "disk", f"{megabytes} MB are free at {folder}. Free some space before it gets less.")
    else:
        yield Finding("ok", "disk", f"{megabytes} MB are free at {folder}")


def clock(config: Config, status: Status) -> Iterator[Finding]:
    """Whether the calendar can be believed; the running bridge also knows the time that it has seen."""
    reason = ClockTrust(config.bridge.trust_clock).reason
    trusted = status["clock"]["trusted"] if status is not None else reason.trusted
    text = reason.sentence
    if reason.trusted and not trusted:
        text = "The bridge does not believe the clock, for it was later once. Set the clock."
    # The door works all the same; but those whose time is limited are not let in.
    yield Finding("ok" if trusted else "note", "clock", text)


def ports(config: Config, status: Status) -> Iterator[Finding]:
    """Whether the network's ports are served by us, or free for us."""
    if status is not None:
        yield Finding("ok", "server", f"The bridge {status['version']} runs, with port {status['server']['port']}")
        return
    yield Finding("note", "server", "No bridge runs (systemctl start lock-bridge, or lock-bridge run --config FILE).")
    wanted = [(config.server.host, config.server.port, "server.port")]
    wanted += [
        ("127.0.0.1", lock.simulated.port, f"{lock.id}: simulated.port") for lock in config.locks if lock.simulated
    ]
    for host, port, key in wanted:
        if port and (problem := _cannot_bind(host, port)):
            yield Finding("wrong", "server", f"{key}: {host} port {port} cannot be used: {problem}")


def attached(config: Config, status: Status) -> Iterator[Finding]:
    """The parts that the config names, and the bridge's own ring."""
    machine = Machine()
    yield from ring(config, status, machine)
    for lock in config.locks:
        yield from parts(config, lock, status, machine)


def _verify_copy(database: Path) -> int:
    # A copy, for opening the store itself would leave files of ours beside it, and change it if it was left in a hurry.
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal", "-journal"):
            part = database.with_name(database.name + suffix)
            if part.exists():
                shutil.copyfile(part, Path(folder) / part.name)
        copy = Path(folder) / database.name
        with translating(f"looking at {database.name}"):
            connect(copy).close()  # takes the log in
        return verify(copy)


def _cannot_bind(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return "ports below 1024 are for root. Choose a higher one."
        except OSError as error:
            return f"{error.strerror}. Stop the program that uses it (ss -ltnp), or choose another one."
    return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
