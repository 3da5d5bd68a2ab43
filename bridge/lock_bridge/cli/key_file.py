"""What a visitor's machine keeps: who it is to locks, and how often each key was shown. No key is in it."""

import json
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from lock_bridge.ble.codec import NAME_MAX, SECRET_BYTES, Phone, is_name

from .usage import UsageError

_KEYS_MAX: Final = 200


def default_path() -> Path:
    """Where it is unless another place is named."""
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "lock-bridge" / "key.json"


class KeyFile:
    """For this user alone (0600): whoever has it may say that he is this machine."""

    def __init__(self, path: Path, phone: Phone, counters: Mapping[str, int]) -> None:
        self.phone = phone
        self._path = path
        self._counters = dict(counters)

    @classmethod
    def load(cls, path: str | None) -> KeyFile:
        """What was kept, or a new one. Raises `UsageError`."""
        at = Path(path) if path else default_path()
        try:
            kept = json.loads(at.read_bytes())
            return cls(at, _phone(kept["phone"]), _counters(kept["counters"]))
        except FileNotFoundError:
            file = cls(at, Phone(_machine(), secrets.token_bytes(SECRET_BYTES)), {})
            file._save()
            return file
        except OSError as error:
            raise UsageError(f"{at} cannot be read: {error.strerror}.") from None
        except ValueError, KeyError, TypeError, AttributeError:
            raise UsageError(f"{at} is damaged. Remove it, and pair with the lock again.") from None

    def rename(self, name: str) -> None:
        """Be called so from now on."""
        if name != self.phone.name:
            self.phone = Phone(name, self.phone.secret)
            self._save()

    def counter(self, key_id: bytes) -> int:
        """The last that this key was shown with; 0: none."""
        return self._counters.get(key_id.hex(), 0)

    def keep_counter(self, key_id: bytes, counter: int) -> None:
        """Keep it on disk before it is used. Raises `UsageError`."""
        self._counters.pop(key_id.hex(), None)
        self._counters[key_id.hex()] = counter
        while len(self._counters) > _KEYS_MAX:
            del self._counters[next(iter(self._counters))]
        self._save()

    def _save(self) -> None:
        phone = {"name": self.phone.name, "secret": self.phone.secret.hex()}
        text = json.dumps({"phone": phone, "counters": self._counters}, ensure_ascii=False, indent=1)
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as writing:
                writing.write(text.encode())
                writing.flush()
                os.fsync(writing.fileno())
            new.rename(self._path)
        except OSError as error:
            raise UsageError(f"{self._path} cannot be written: {error.strerror}.") from None


def _machine() -> str:
    """What this machine is called, as far as a lock will have it."""
    name = socket.gethostname()[:NAME_MAX]
    return name if is_name(name) else "Visitor"


def _phone(kept: Any) -> Phone:
    phone = Phone(str(kept["name"]), bytes.fromhex(kept["secret"]))
    if not is_name(phone.name) or len(phone.secret) != SECRET_BYTES:
        raise ValueError("not a phone")
    return phone


def _counters(kept: Any) -> dict[str, int]:
    if not all(isinstance(counter, int) and counter > 0 for counter in kept.values()):
        raise ValueError("not counters")
    return dict(kept)
