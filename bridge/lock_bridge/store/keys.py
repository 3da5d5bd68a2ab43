"""The device key: without it nobody can try passcodes against a stolen store."""

import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from .errors import KeyFileError
from .files import keep_private, make_folder, new_file, sidecar, sync_file, sync_folder

_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """One key for each use, derived from the 32 random bytes of the key file."""

    pin_key: bytes = field(repr=False)
    card_key: bytes = field(repr=False)
    check: str
    """Says whether two keys are the same, and nothing about either."""
    ble_key: bytes = field(default=b"", repr=False)
    identity_key: bytes = field(default=b"", repr=False)
    """For what stands on a lock that has nothing printed on it."""

    @classmethod
    def load_or_create(cls, path: Path, *, create: bool = True) -> Self:
        """Read the key file, or make one with mode 0600. Raises `KeyFileError`."""
        try:
            if not path.exists():
                if not create:
                    raise KeyFileError(
                        f"The device key {path} is missing, but the store was made with it. Put it back from your own "
                        "copy: without it no passcode or card can be checked."
                    )
                _make(path)
            keep_private(path)
            secret = path.read_bytes()
        except OSError as error:
            raise KeyFileError(f"The device key {path} cannot be read or made: {error.strerror}.") from None
        if len(secret) != _SIZE:
            raise KeyFileError(
                f"The device key {path} is damaged: it is not {_SIZE} bytes. Put it back from your own copy."
            )
        return cls(
            _derived(secret, "passcode"),
            _derived(secret, "card"),
            _derived(secret, "check")[:8].hex(),
            _derived(secret, "bluetooth"),
            _derived(secret, "identity"),
        )


def _make(path: Path) -> None:
    make_folder(path.parent)
    made = sidecar(path, ".new")
    new_file(made)
    made.write_bytes(os.urandom(_SIZE))
    sync_file(made)
    # A link, unlike a rename, never takes the place of a key that somebody else has just made.
    os.link(made, path)
    made.unlink()
    sync_folder(path.parent)


def _derived(secret: bytes, use: str) -> bytes:
    # HKDF-SHA256 (RFC 5869) for one block; by hand, for the library that has it takes 16 MiB of a small computer.
    pseudorandom = hmac.digest(bytes(_SIZE), secret, "sha256")
    return hmac.digest(pseudorandom, f"lock-bridge {use} 1".encode() + b"\x01", "sha256")
