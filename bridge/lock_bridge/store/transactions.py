"""All of it or nothing, and SQLite's errors in our words."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import RESTORE_HINT, StoreDamaged, translated

_LOG = logging.getLogger(__name__)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What is done within is on disk at the end, or was never done."""
    if connection.in_transaction:
        # A rollback that the disk refused; nothing can be done before it is made up for.
        connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


@contextmanager
def translating(doing: str) -> Iterator[None]:
    """Raise `StoreError` for what SQLite raises."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a mistake of ours, not the disk's
    except sqlite3.Error as error:
        raise translated(error, doing) from None
    except UnicodeDecodeError:
        # Also how Python says that SQLite's own message about a bad schema is no text.
        raise StoreDamaged(f"The store is damaged ({doing}: no text). {RESTORE_HINT}") from None


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            _LOG.warning(
                "The disk refused a rollback too (%s)", getattr(error, "sqlite_errorname", type(error).__name__)
            )
