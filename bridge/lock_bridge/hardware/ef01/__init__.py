"""Fingerprint sensors of the EF 01 family on a serial port: R502, R503, ZFM-20/60, AS608, R307 and their like."""

from .commands import Colour, Effect, Glow, Product
from .driver import Ef01Reader, Settings
from .link import Timing
from .module import Identity

__all__ = ["Colour", "Ef01Reader", "Effect", "Glow", "Identity", "Product", "Settings", "Timing"]
