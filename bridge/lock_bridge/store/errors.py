"""What can go wrong with the store. Each message says what to do; none holds a stored value."""

import sqlite3


class StoreError(Exception):
    """The store did not do it; nothing has changed."""


class StoreDamaged(StoreError):
    """What is on the disk is not what was written. Nothing of it is believed; a backup has to be restored."""


class StoreVersionError(StoreError):
    """The store was written by a newer Lock Bridge."""


class StoreFull(StoreError):
    """The disk is full. Works again when there is space."""


class StoreBusy(StoreError):
    """Another process holds the store, or its thread does not answer."""


class StoreConflict(StoreError):
    """The change contradicts what is stored: something is taken already, or the user is not on the lock."""


class KeyFileError(StoreError):
    """The device key is missing, damaged or another one than the store's credentials were made with."""


# SQLITE_ERROR stands for SQL that makes no sense; ours does, in a file that has our tables.
_DAMAGE = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_ERROR,
)

RESTORE_HINT = "Stop the bridge and restore a backup: lock-bridge restore FILE"


def translated(error: sqlite3.Error, doing: str) -> StoreError:
    """The error of ours for one of SQLite's. Its own text is left out, for it may quote what is stored."""
    # Python raises errors of its own without a code, such as one for text that is no UTF-8.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"The disk is full ({doing}). Free some space.")
    if code in _DAMAGE:
        return StoreDamaged(f"The store is damaged ({doing}: {name}). {RESTORE_HINT}")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"Another process uses the store ({doing}). Stop it first.")
    if code == sqlite3.SQLITE_CONSTRAINT:
        return StoreConflict(f"The change contradicts what is stored ({name}).")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return StoreError(f"The store cannot be written ({doing}: {name}). Check the data folder and its permissions.")
    return StoreError(f"The disk does not do what it should ({doing}: {name}). Check it, or replace the card.")
