"""One SQLite file: users, credentials, settings, clients and the journal of what happened."""

from .backup import KEEP, next_backup, prune_backups, restore, verify
from .errors import (
    KeyFileError,
    StoreBusy,
    StoreConflict,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreVersionError,
)
from .files import sidecar
from .journal import RETENTION, Budget
from .keys import DeviceKeys
from .rows import ClientRow, LockData
from .store import KEY_FILE, STORE_FILE, Store, open_store

__all__ = [
    "KEEP",
    "KEY_FILE",
    "RETENTION",
    "STORE_FILE",
    "Budget",
    "ClientRow",
    "DeviceKeys",
    "KeyFileError",
    "LockData",
    "Store",
    "StoreBusy",
    "StoreConflict",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreVersionError",
    "next_backup",
    "open_store",
    "prune_backups",
    "restore",
    "sidecar",
    "verify",
]
