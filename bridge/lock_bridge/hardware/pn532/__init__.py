"""Card readers with an NXP PN532 on a serial port (its "HSU" mode)."""

from .driver import Pn532Reader, Settings
from .link import Timing

__all__ = ["Pn532Reader", "Settings", "Timing"]
