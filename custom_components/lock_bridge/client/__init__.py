"""The client of a lock bridge: knows the wire and aiohttp, and nothing of Home Assistant."""

from .connection import Connection, LinkState, Timing
from .errors import CannotConnect, CertificateChanged, ClientError, LinkLost, NoAnswer, NotABridge
from .pairing import Pairing, is_bridge, look_up, pair
from .snapshot import BridgeData, Cursor
from .transport import Address, Transport

__all__ = [
    "Address",
    "BridgeData",
    "CannotConnect",
    "CertificateChanged",
    "ClientError",
    "Connection",
    "Cursor",
    "LinkLost",
    "LinkState",
    "NoAnswer",
    "NotABridge",
    "Pairing",
    "Timing",
    "Transport",
    "is_bridge",
    "look_up",
    "pair",
]
