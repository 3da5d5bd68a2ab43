"""The server: puts this room together, starts it and stops it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from lock_bridge.engine.model import Actor
from lock_bridge.wire.codec import encode
from lock_bridge.wire.commands import ClosePairing, Leave, ListClients, OpenPairing, PairingStatus, RevokeClient
from lock_bridge.wire.errors import LockBridgeError
from lock_bridge.wire.words import OperationSource

from . import jsontext, openapi
from .background import Background
from .certificate import load_or_make
from .clients import Clients
from .commands import Commands
from .contract import BridgeLike, ServerSettings
from .discovery import Discovery
from .gate import Gate
from .guard import Guard
from .hub import Hub
from .limits import ClientLimit, StrangerLimit
from .pairing import Pairing, PairingWindow
from .rest import Rest
from .routes import Call, Route

_LOGGER = logging.getLogger(__name__)

_HTTP_LOGGER = logging.getLogger(f"{__name__}.http")
_HTTP_LOGGER.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))
"""aiohttp logs what it cannot parse, with the text, as errors. Anybody can send such text, and a token may be in it."""

GOODBYE_S: Final = 0.6
"""So long connections have to end in peace when the server stops."""


class Server:
    """HTTPS and WebSocket for paired clients, and the pairing of new ones."""

    def __init__(self, bridge: BridgeLike, config: ServerSettings, data_dir: Path) -> None:
        self._bridge = bridge
        self._config = config
        self._data_dir = data_dir
        self._background = Background()
        self._clients = Clients(bridge, self._background)
        self._commands = Commands(bridge.clock, bridge.dispatcher, self._background)
        self._pairing = Pairing(bridge, self._clients, self._background)
        self._hub = Hub(bridge, self._commands, self._clients.knows)
        self._on_change: list[Callable[[], None]] = []
        self._hub.on_change = self._pairing.on_change = self._changed
        self._clients.is_connected, self._clients.on_revoked = self._hub.is_connected, self._hub.revoked
        self.routes: tuple[Route, ...] = Rest(bridge, self._commands, self._hub, self._pairing).routes(self._openapi)
        self._guard = Guard(self.routes, self._clients, StrangerLimit(bridge.clock), ClientLimit(bridge.clock))
        self._gate: Gate | None = None
        self._runner: web.AppRunner | None = None
        self._discovery: Discovery | None = None
        self._unlisten: Callable[[], None] | None = None
        self.port = config.port
        """Where it listens, once it has started."""
        self.fingerprint = ""
        """SHA-256 of the certificate in hex, once it has started."""
        self._register()

    async def start(self) -> None:
        """Serve. Raises `OSError` (such as an address that is taken), `IdentityDamaged`, `StoreError`."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        _LOGGER.info("Serving at https://%s:%s, certificate %s", self._config.host, self.port, self.fingerprint)

    async def stop(self) -> None:
        """Say goodbye to clients and to the network; takes about a second at most."""
        if self._gate:
            await self._gate.close()
        self._pairing.close()
        self._hub.goodbye()
        if self._unlisten:
            self._unlisten()
            self._unlisten = None
        await asyncio.gather(self._end_connections(), self._end_discovery(), self._clients.flush())
        await self._background.stop()

    @property
    def connected(self) -> bool:
        """Whether any client has a live connection."""
        return self._hub.connected

    @property
    def pairing_open(self) -> bool:
        """Whether the pairing window is open."""
        return self._pairing.seconds > 0

    @property
    def clients(self) -> int:
        """How many clients are paired."""
        return self._clients.count

    @property
    def clients_connected(self) -> int:
        """How many of them have a live connection."""
        return self._hub.clients

    def on_change(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` from now on when a client comes or goes, or the pairing window opens or closes.

        Call the answer to end it.
        """
        self._on_change.append(changed)
        return lambda: self._on_change.remove(changed)

    async def open_pairing(self, source: OperationSource | None = None) -> PairingWindow:
        """Open the pairing window; the code is only for a person at the bridge. Raises `storage`."""
        return await self._pairing.open(source)

    def _changed(self) -> None:
        for changed in tuple(self._on_change):
            changed()

    async def _start(self) -> None:
        bridge, config = self._bridge, self._config
        identity = load_or_make(self._data_dir, bridge.info.id)
        self.fingerprint = identity.fingerprint
        await self._clients.load()
        await self._pairing.load(identity.sha256)
        self._runner = web.AppRunner(
            self._guard.application(),
            access_log=None,
            logger=_HTTP_LOGGER,
            handle_signals=False,
            keepalive_timeout=3600,  # the gate's own clock closes what is idle
            lingering_time=0,
            shutdown_timeout=GOODBYE_S / 2,
        )
        await self._runner.setup()
        if (make := self._runner.server) is None:
            raise RuntimeError("the application has not been set up")
        self._guard.gate = self._gate = Gate(bridge.clock, identity.context(), make)
        self._unlisten = self._hub.start()
        bridge.on_pairing_asked = self._pairing_asked
        bridge.on_pairing_left = lambda _lock_id: self._pairing.close()
        bridge.on_clients_gone = self._clients.forget_all
        self.port = await self._gate.open(config.host, config.port)
        if config.zeroconf:
            self._discovery = Discovery(bridge.info, config.host, self.port, config.interfaces)
            self._background.start(self._discovery.start())

    async def _end_connections(self) -> None:
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._hub.wait_empty()
        except TimeoutError:
            _LOGGER.debug("Not every client has taken its leave in time")
        if self._gate:
            await self._gate.stop()
        if self._runner:
            await self._runner.cleanup()

    async def _end_discovery(self) -> None:
        if self._discovery:
            await self._discovery.stop()

    async def _openapi(self, _call: Call) -> web.Response:
        return web.Response(
            body=jsontext.dumps(openapi.document(self._bridge.info, self.routes)), content_type="application/json"
        )

    def _register(self) -> None:
        dispatcher = self._bridge.dispatcher
        dispatcher.register(ListClients, self._list_clients)
        dispatcher.register(RevokeClient, self._revoke)
        dispatcher.register(Leave, self._leave)
        dispatcher.register(OpenPairing, self._open_pairing)
        dispatcher.register(ClosePairing, self._close_pairing)
        dispatcher.register(PairingStatus, self._pairing_status)

    async def _list_clients(self, _command: ListClients, _actor: Actor) -> Mapping[str, Any]:
        return {"clients": encode(self._clients.infos())}

    async def _revoke(self, command: RevokeClient, actor: Actor) -> Mapping[str, Any]:
        await self._clients.revoke(command.client_id, actor)
        return {}

    async def _leave(self, _command: Leave, actor: Actor) -> Mapping[str, Any]:
        await self._clients.revoke(actor.client_id, actor)
        return {}

    def _pairing_asked(self, lock_id: str) -> None:
        self._background.start(self._open_for(lock_id))

    async def _open_for(self, lock_id: str) -> None:
        try:
            await self._pairing.open(OperationSource.BUTTON, lock_id)
        except LockBridgeError as err:
            _LOGGER.warning("Pairing was asked for at %s and could not be opened: %s", lock_id, err)

    async def _open_pairing(self, _command: OpenPairing, _actor: Actor) -> Mapping[str, Any]:
        window = await self._pairing.open()
        return {"code": window.code, "seconds": window.seconds, "port": self.port, "fingerprint": self.fingerprint}

    async def _close_pairing(self, _command: ClosePairing, _actor: Actor) -> Mapping[str, Any]:
        self._pairing.close()
        return {}

    async def _pairing_status(self, _command: PairingStatus, _actor: Actor) -> Mapping[str, Any]:
        seconds = self._pairing.seconds
        infos = self._clients.infos()
        return {
            "open": seconds > 0,
            "seconds": seconds,
            "starts_left": self._pairing.starts_left,
            "clients": encode(infos[-1]) if infos else None,
        }
