"""The room that speaks with clients: HTTPS, WebSocket, pairing, tokens, discovery. See docs/protocol.md."""

from .contract import BridgeLike, Listener, ServerSettings
from .pairing import PairingWindow
from .server import Server

__all__ = ["BridgeLike", "Listener", "PairingWindow", "Server", "ServerSettings"]
