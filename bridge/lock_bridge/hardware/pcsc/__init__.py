"""Card readers of the machine's smart card service (PC/SC): ACR122U, ACR1252U, uTrust and their like."""

from .driver import PcscReader
from .settings import Settings

__all__ = ["PcscReader", "Settings"]
