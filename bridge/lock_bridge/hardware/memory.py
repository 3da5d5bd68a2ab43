"""What a driver remembers over restarts: who its module is, how long its bolt travels."""

from typing import Final, Protocol

IDENTITY: Final = "identity"
"""The key under which a driver keeps who its module is; a text that says nothing: it was known, and is not any more."""


class PartMemory(Protocol):
    """A few short texts of one part. None of them is a secret, a template or a picture."""

    def get(self, key: str) -> str | None:
        """What was kept last; None: nothing yet."""

    def put(self, key: str, value: str) -> None:
        """Keep it from now on, also over a restart; written soon, without waiting."""

    def forget(self, key: str) -> None:
        """Keep it no longer."""


class Forgetful:
    """A memory that lasts as long as the process: for tests, and for parts that are only being tried."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._kept.get(key)

    def put(self, key: str, value: str) -> None:
        self._kept[key] = value

    def forget(self, key: str) -> None:
        self._kept.pop(key, None)
