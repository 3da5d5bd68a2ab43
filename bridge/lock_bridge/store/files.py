"""Files that must be there after a power cut, for the owner's eyes only."""

import contextlib
import fcntl
import logging
import os
import time
from pathlib import Path

from .errors import StoreBusy, StoreError

_LOG = logging.getLogger(__name__)

_LOCK_WAIT_S = 2.0  # a service that was just told to stop may still be closing its store


def sidecar(path: Path, suffix: str) -> Path:
    """A file beside another one, named after it."""
    return path.with_name(path.name + suffix)


def sync_file(path: Path) -> None:
    """Have a file's content on the disk."""
    _sync(path, os.O_RDWR)


def sync_folder(path: Path) -> None:
    """Have a folder's names on the disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def new_file(path: Path) -> None:
    """Make an empty file with mode 0600, in place of what an interrupted run may have left there."""
    for left_over in (path, sidecar(path, "-journal"), sidecar(path, "-wal")):
        left_over.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def discard(path: Path) -> None:
    """Delete an unfinished file; one that is not there, or cannot be, is no matter."""
    with contextlib.suppress(OSError):
        path.unlink()


def put_in_place(made: Path, path: Path) -> None:
    """Give a finished file its name, over an older one: after a power cut there is the one or the other."""
    sync_file(made)
    made.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a data folder with mode 0700; one that is there and open to others is left as it is, with a warning."""
    if not path.exists():
        path.mkdir(parents=True, mode=0o700)
    elif path.stat().st_mode & 0o022:
        _LOG.warning("Others can write in %s and so replace what is kept there: chmod 700 %s", path, path)


def keep_private(path: Path) -> None:
    """Take a file's rights from group and others, with a warning when they had any."""
    if path.stat().st_mode & 0o077:
        _LOG.warning("%s was open to others; its mode is 0600 from now on", path)
        path.chmod(0o600)


class FileLock:
    """One process at a time for a store; ends with the process, however it ends. Raises `StoreBusy`."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(sidecar(path, ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(0.02)
                    continue
                self.release()
                raise StoreBusy(f"Another process uses {path}. Stop the bridge first.") from None
            except OSError as error:
                self.release()
                raise StoreError(
                    f"{path} cannot be locked ({error.strerror}). Put the data folder on a local disk."
                ) from None
            return

    def release(self) -> None:
        """Let others in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _sync(path: Path, flags: int) -> None:
    file = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
