"""What can go wrong with a part, and what its owner should do about it."""

import errno
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lock_bridge.wire.words import Trouble

__all__ = ["PartError", "Trouble", "advice", "trouble_of"]


class PartError(Exception):
    """A part cannot be worked with. `str()` is for the log; `advice(trouble)` is for the owner."""

    def __init__(self, what: str, trouble: Trouble) -> None:
        super().__init__(what)
        self.trouble = trouble


def trouble_of(error: OSError | PartError) -> Trouble:
    """The reason that `PartFault` gives for an error."""
    if isinstance(error, PartError):
        return error.trouble
    return _BY_ERRNO.get(error.errno or 0, Trouble.UNPLUGGED)


def advice(trouble: str, *, extra: str | None = None) -> str:
    """A sentence with what to do. `extra` is the extra of the distribution that the driver needs."""
    if trouble == Trouble.LIBRARY_MISSING and extra:
        return f"A library is missing. In the clone that the bridge comes from: sudo bridge/install --extras {extra}."
    return _ADVICE.get(trouble, "It does not work; the bridge's log says more.")


_ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        Trouble.MISSING: "The device is not there. Check its cable and the path in the config.",
        Trouble.NO_PERMISSION: "The bridge may not use the device. Add its user to the device's group and restart it.",
        Trouble.IN_USE: "Another program, or another part, uses it already. Stop that, or name another device or line.",
        Trouble.UNPLUGGED: "It has been unplugged. Put its cable back.",
        Trouble.NO_ANSWER: "It does not answer. Check its power, and that its two data wires are not swapped.",
        Trouble.GARBLED: "What comes from it makes no sense. Check the baud rate in the config, then cable and ground.",
        Trouble.WRONG_PASSWORD: "It refuses the password of the config. Write the one that the module was given.",
        Trouble.UNSUPPORTED: "Another kind of device answers there. Check the path and the driver in the config.",
        Trouble.SETTINGS: "Its port cannot be set as the config says. Check the path and the baud rate.",
        Trouble.NO_LINE: "This machine has no such GPIO line. `lock-bridge hardware scan` lists those that it has.",
        Trouble.LIBRARY_MISSING: "A library is missing. `lock-bridge doctor` says how to install it.",
        Trouble.SERVICE_MISSING: "A service of the machine that it needs does not run. `lock-bridge doctor` names it.",
        Trouble.SWITCHED_OFF: "The machine has switched it off (rfkill). Switch it on: rfkill unblock all.",
        Trouble.STUCK: "Its sensors contradict each other. Check their wires and magnets.",
        Trouble.UNDER_VOLTAGE: "Its supply voltage is too low. Use a stronger supply or a shorter cable.",
        Trouble.TEMPLATES_LOST: "It has lost what some people have enrolled. They have to enrol again.",
        Trouble.NOT_WRITTEN: "What happens at the door cannot be written down. Look at the disk.",
        Trouble.INTERNAL: "The bridge's own driver has failed. Restart the bridge, and report it with the log.",
    }
)

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
