"""What can go wrong with a module, and how it is said in `PartFault`."""

import errno
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Trouble(StrEnum):
    """The reasons that `PartFault` gives."""

    MISSING = "missing"
    NO_PERMISSION = "no_permission"
    IN_USE = "in_use"
    UNPLUGGED = "unplugged"
    NO_ANSWER = "no_answer"
    GARBLED = "garbled"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason, not a password
    UNSUPPORTED = "unsupported"
    SETTINGS = "settings"
    INTERNAL = "internal"


class ModuleError(Exception):
    """The module cannot be worked with."""

    trouble: Trouble = Trouble.NO_ANSWER

    def __init__(self, what: str, trouble: Trouble | None = None) -> None:
        super().__init__(what)
        if trouble is not None:
            self.trouble = trouble


class UnpluggedError(ModuleError):
    """The port went away."""

    trouble = Trouble.UNPLUGGED


class DoubtError(ModuleError):
    """What was asked may or may not have been done; after a new greeting it can be asked again."""


class NoAnswerError(DoubtError):
    """The module did not answer in time."""

    trouble = Trouble.NO_ANSWER


class DisturbedError(DoubtError):
    """There was something on the line that does not belong there, so that an answer may not be what it seems."""

    trouble = Trouble.GARBLED


class RestartedError(DoubtError):
    """The module has started anew: its buffers are empty, and it may be another one."""

    trouble = Trouble.NO_ANSWER


def trouble_of(error: OSError | ModuleError) -> Trouble:
    """The reason to report for an error."""
    if isinstance(error, ModuleError):
        return error.trouble
    return _BY_ERRNO.get(error.errno or 0, Trouble.UNPLUGGED)


_BY_ERRNO: Final[Mapping[int, Trouble]] = MappingProxyType(
    {
        errno.ENOENT: Trouble.MISSING,
        errno.ENODEV: Trouble.MISSING,
        errno.ENXIO: Trouble.MISSING,
        errno.EACCES: Trouble.NO_PERMISSION,
        errno.EPERM: Trouble.NO_PERMISSION,
        errno.EBUSY: Trouble.IN_USE,
        errno.ENOTTY: Trouble.SETTINGS,
        errno.EINVAL: Trouble.SETTINGS,
        errno.EISDIR: Trouble.SETTINGS,
    }
)
