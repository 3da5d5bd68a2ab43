"""Keeps the simulated world in a small file, as the real one keeps itself: a power cut does not close a door."""

import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Final

from .world import World

_LOGGER = logging.getLogger(__name__)

_VERSION: Final = 1


class Memory:
    """A file that holds one world; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._failed = False

    def load(self) -> World | None:
        """The world as it was kept; None if there is none. A damaged file is put aside, and said."""
        if self._path is None:
            return None
        try:
            return _read(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            aside = self._path.with_suffix(".damaged")
            _LOGGER.warning("The simulated door in %s cannot be read (%s). It starts as new.", self._path, error)
            with contextlib.suppress(OSError):
                self._path.replace(aside)
                _LOGGER.warning("What was there is in %s.", aside)
            return None

    def save(self, world: World, *, durable: bool = False) -> None:
        """Replace the file in one go; `durable`: power may fail after it. A failure is logged, once."""
        if self._path is None:
            return
        data = json.dumps({"version": _VERSION, **world.to_json()}).encode()
        try:
            self._replace(self._path, data, durable=durable)
        except OSError as error:
            if not self._failed:
                _LOGGER.warning("The simulated door cannot be kept in %s: %s", self._path, error)
            self._failed = True
        else:
            self._failed = False

    @staticmethod
    def _replace(path: Path, data: bytes, *, durable: bool) -> None:
        new = path.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        new.replace(path)
        if durable:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _read(text: bytes) -> World:
    data = json.loads(text)
    if not isinstance(data, dict) or data.pop("version", None) != _VERSION:
        raise ValueError("not a door of this version")
    return World.from_json(data)
