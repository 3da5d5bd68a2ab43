"""How the file is opened: durable at each commit, for one process, and never believed unseen."""

import logging
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from .errors import RESTORE_HINT, StoreDamaged
from .journal import ends, read_newest
from .rows import Tables, read
from .schema import STATE_TABLES

_LOG = logging.getLogger(__name__)

SAFE_WAL: Final = (3, 51, 3)
"""Versions before may lose what is in the write-ahead log when it starts over (the WAL-reset bug)."""

SYNCHRONOUS: Final = "FULL"

CHECK_ALL_BYTES: Final = 16 * 1024 * 1024
"""Files up to this size, which the journal's budgets keep to, are checked page by page at each start."""

_CHECK_EVENTS: Final = 256
_CHECKPOINT_PAGES: Final = 200
_BUSY_S: Final = 1.0


def connect(path: Path) -> sqlite3.Connection:
    """Open the store's one connection. Raises `sqlite3.Error`."""
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        _harden(connection)
        for pragma in ("locking_mode = EXCLUSIVE", "mmap_size = 0", "temp_store = MEMORY", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if sqlite3.sqlite_version_info >= SAFE_WAL and _journal_mode(connection, "WAL"):
            connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        else:
            _LOG.error(
                "SQLite %s has no safe write-ahead log here (%s is needed, on a local disk): "
                "using the slower rollback journal. Update SQLite.",
                sqlite3.sqlite_version,
                ".".join(map(str, SAFE_WAL)),
            )
            _journal_mode(connection, "DELETE")
            connection.execute("PRAGMA synchronous = EXTRA")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a backup without changing a byte of it. Raises `sqlite3.Error`."""
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True, isolation_level=None
    )
    _harden(connection)
    return connection


def check(connection: sqlite3.Connection, *, everything: bool) -> Tables:
    """Compare what is there with what was written; the rows that were looked at in full. Raises `StoreDamaged`.

    Users, credentials and whatever else decides who may enter are always looked at in full, row by row. The journal is
    so only if `everything` is asked for. Else its pages are checked while the file is small, and beyond that its newest
    events alone: a start takes no longer with a million.
    """
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    if everything or pages * page_size <= CHECK_ALL_BYTES:
        check_pages(connection, thoroughly=everything)
    tables = {}
    for table in STATE_TABLES:
        _expect_ok(connection, f"PRAGMA integrity_check('{table}')")
        tables[table] = tuple(read(connection, table))
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreDamaged(f"The store is damaged: it refers to what is not there. {RESTORE_HINT}")
    newest, given = ends(connection)
    if newest != given:
        raise StoreDamaged(f"The store is damaged: the journal's end is missing. {RESTORE_HINT}")
    read_newest(connection, given if everything else _CHECK_EVENTS)
    return tables


def check_pages(connection: sqlite3.Connection, *, thoroughly: bool) -> None:
    """Let SQLite look at every page. Raises `StoreDamaged`."""
    # The quick way leaves out comparing each index with its table.
    _expect_ok(connection, "PRAGMA integrity_check(1)" if thoroughly else "PRAGMA quick_check(1)")


def _harden(connection: sqlite3.Connection) -> None:
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA, False)
    for pragma in ("cell_size_check = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _journal_mode(connection: sqlite3.Connection, mode: str) -> bool:
    (now,) = connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()
    return bool(now.upper() == mode)


def _expect_ok(connection: sqlite3.Connection, pragma: str) -> None:
    (answer,) = connection.execute(pragma).fetchone()
    if answer != "ok":
        _LOG.error("%s: %s", pragma, answer)
        raise StoreDamaged(f"The store is damaged. {RESTORE_HINT}")
