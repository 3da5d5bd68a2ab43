"""Where the running bridge's socket is."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .usage import UsageError

ENVIRONMENT: Final = "LOCK_BRIDGE_SOCKET"
PLACES: Final = (Path("/run/lock-bridge/control.sock"), Path("/var/lib/lock-bridge/control.sock"))
CONFIG: Final = Path("/etc/lock-bridge/config.toml")
"""Where the config is when nobody says otherwise."""


def socket_path(
    socket: str | None,
    config: str | None,
    environment: Mapping[str, str] = os.environ,
    places: Sequence[Path] = PLACES,
) -> Path:
    """What was given, else what the config says, else the environment, else the first usual place that is there."""
    if socket:
        return Path(socket)
    if config:
        return _of_config(Path(config))
    if named := environment.get(ENVIRONMENT):
        return Path(named)
    return next((place for place in places if _is_there(place)), places[0])


def _of_config(file: Path) -> Path:
    # Only the two keys that matter, and quickly: a config with a mistake elsewhere still says where its bridge is.
    import tomllib  # only where it is needed

    try:
        bridge: Any = tomllib.loads(file.read_text("utf-8")).get("bridge", {})
        data = Path(bridge.get("data", PLACES[1].parent))
        path = Path(bridge.get("socket", data / PLACES[1].name)).expanduser()
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not what a config should be"
        raise UsageError(f"{file} cannot be used: {reason}. lock-bridge doctor --config {file} says more.") from None
    return file.absolute().parent / path


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return True  # behind a folder that is closed to us: connecting will say so
    except OSError:
        return False
    return True
