"""Copies of the store: looked at before they count, named so that a wrong clock does no harm, and put back whole."""

import logging
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lock_bridge.clock import SystemClock
from lock_bridge.engine.model import Fact
from lock_bridge.wire.words import EventType

from . import journal, rows
from .connection import check, check_pages, connect_read_only
from .database import new_epoch
from .errors import StoreDamaged, StoreError
from .files import FileLock, make_folder, new_file, put_in_place, sidecar, sync_folder
from .schema import MIGRATIONS, check_header, migrate, version_of
from .transactions import transaction, translating

_LOG = logging.getLogger(__name__)

KEEP: Final = 7


def verify(path: Path) -> int:
    """Look at every page and row of a backup, changing nothing. Its size in bytes. Raises `StoreError`."""
    if not path.is_file():
        raise StoreError(f"There is no backup {path}.")
    check_header(path)
    with translating(f"looking at {path.name}"):
        connection = connect_read_only(path)
        try:
            if version_of(connection) == len(MIGRATIONS):
                check(connection, everything=True)
            else:
                check_pages(connection, thoroughly=True)
        finally:
            connection.close()
    return path.stat().st_size


def restore(backup: Path, path: Path) -> None:
    """Put a backup in the store's place while the bridge is stopped. Raises `StoreError`; then everything is as it was.

    What was there is kept beside it as `….before-restore-N`. The epoch is renewed, for numbers that the journal gave
    since the backup will be given again, and the journal says that it was restored.
    """
    make_folder(path.parent)
    lock = FileLock(path)
    try:
        verify(backup)
        made = sidecar(path, ".restored")
        with translating(f"restoring {backup.name}"):
            _copy(backup, made)
        _keep_old(path)
        put_in_place(made, path)
    except OSError as error:
        raise StoreError(f"The backup was not restored: {error.strerror}.") from None
    finally:
        lock.release()


def next_backup(folder: Path, wall_ms: int) -> Path:
    """Where the next backup goes. Numbered, for dates come in the wrong order when the clock was wrong."""
    number = max((number for number, _ in _backups(folder)), default=0) + 1
    day = datetime.fromtimestamp(wall_ms / 1000, UTC)
    return folder / f"lock-bridge-{number:06}-{day:%Y%m%d}.db"


def prune_backups(folder: Path, keep: int = KEEP) -> tuple[Path, ...]:
    """Delete all but the last `keep` backups; other files are left alone. What was deleted, oldest first."""
    if keep < 1:
        raise ValueError("at least one backup is kept")
    gone = tuple(path for _, path in _backups(folder)[:-keep])
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


_NAME: Final = re.compile(r"lock-bridge-(\d{6,})-\d{8}\.db")


def _backups(folder: Path) -> list[tuple[int, Path]]:
    if not folder.is_dir():
        return []
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in found if match)


def _copy(backup: Path, made: Path) -> None:
    new_file(made)
    source = connect_read_only(backup)
    try:
        source.execute("VACUUM INTO ?", (str(made),))
    finally:
        source.close()
    clock = SystemClock(trusted=lambda: False)
    copy = sqlite3.connect(made, isolation_level=None)
    try:
        migrate(copy, version_of(copy))
        check(copy, everything=True)
        with transaction(copy):
            rows.write(copy, "meta", "epoch", new_epoch())
            _, head = journal.ends(copy)
            journal.append(copy, head + 1, clock.boot_id, None, Fact(EventType.RESTORED), clock.now())
    finally:
        copy.close()


def _keep_old(path: Path) -> None:
    logs = [sidecar(path, suffix) for suffix in ("-wal", "-journal")]
    old = [part for part in (path, *logs) if part.exists()]
    if not old:
        return
    number = 1
    while sidecar(path, f".before-restore-{number}").exists():
        number += 1
    kept = sidecar(path, f".before-restore-{number}")
    for part in old:
        sidecar(kept, part.name.removeprefix(path.name)).hardlink_to(part)
    sync_folder(path.parent)
    folded = _fold(path)
    # A log that is still there belongs to a file too damaged to take it in. It must not be played into the new one.
    for log in logs:
        log.unlink(missing_ok=True)
        if folded:
            sidecar(kept, log.name.removeprefix(path.name)).unlink(missing_ok=True)
    sync_folder(path.parent)


def _fold(path: Path) -> bool:
    # Opened and closed, the old store has its log folded in: it is one file then, and the exchange one rename.
    try:
        check_header(path)
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        finally:
            connection.close()
    except sqlite3.Error, StoreDamaged, FileNotFoundError:
        _LOG.warning("The old store cannot be read; it is kept as it is")
        return False
    return not sidecar(path, "-wal").exists()
