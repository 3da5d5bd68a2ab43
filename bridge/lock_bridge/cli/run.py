"""`run`: the bridge itself."""

import asyncio
import errno
import logging
from pathlib import Path

from lock_bridge import logs, profiles
from lock_bridge.config import Config, ConfigError, load

from .session import Session
from .usage import UsageError

_LOG = logging.getLogger(__name__)


def run(session: Session) -> int:
    """Read the config, then serve until told to stop."""
    args = session.args
    try:
        config = load(Path(args.config), profiles.names())
        if args.time_scale is not None:
            config = config.with_time_scale(args.time_scale)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    except ValueError as error:
        raise UsageError(f"--time-scale: {error}") from None
    logs.set_up(args.log_format, getattr(logging, args.log_level.upper()))
    return _serve(config)


def _serve(config: Config) -> int:
    # Only now, so that a config with a mistake is told at once.
    from lock_bridge import service
    from lock_bridge.engine.profile import ProfileError
    from lock_bridge.server.certificate import IdentityDamaged
    from lock_bridge.server.control import ControlSocketError
    from lock_bridge.store import StoreError

    try:
        return asyncio.run(service.run(config))
    except (StoreError, ControlSocketError, IdentityDamaged, ProfileError) as error:
        _LOG.critical("The bridge cannot start: %s", error)
    except OSError as error:
        _LOG.critical("The bridge cannot start: %s", _sentence(error, config))
    return 1


def _sentence(error: OSError, config: Config) -> str:
    if error.errno == errno.EADDRINUSE:
        ports = ", ".join(str(lock.simulated.port) for lock in config.locks if lock.simulated)
        pages = f" or a door's page ({ports})" if ports else ""
        return (
            f"A port is in use by another program: the server's ({config.server.port}){pages}. "
            "Stop that program, or name another port in the config. lock-bridge doctor says which."
        )
    # asyncio tries all that the host stands for, and then has no number for what it did not find.
    if error.errno == errno.EADDRNOTAVAIL or "could not bind on any address" in str(error):
        return f"This machine has no address {config.server.host} (server.host)."
    if error.errno in (errno.EACCES, errno.EPERM):
        where = error.filename or f"port {config.server.port}"
        return f"No permission for {where}. Run it as the user to whom {config.bridge.data} belongs."
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}. lock-bridge doctor looks for the cause."
