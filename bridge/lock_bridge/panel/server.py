"""Serves the door's page on a loopback port, and the door itself over a WebSocket, in docs/simulator.md's words."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Final

from aiohttp import WSCloseCode, web
from yarl import URL

from lock_bridge.hardware.simulated import SimulatedDoor

from .visitor import MESSAGE_MAX, Visitor

_LOG = logging.getLogger(__name__)

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_VISITORS_MAX: Final = 16

_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""No other page may frame, read or feed this one, and nothing is loaded from anywhere else."""


class Panel:
    """One simulated door as a page. Only this machine's own browsers get in, and only from the page itself."""

    def __init__(self, door: SimulatedDoor, name: str, port: int, *, host: str = "127.0.0.1") -> None:
        if host not in _LOOPBACK:
            raise ValueError("the door's page is for this machine alone")
        self._door = door
        self._name = name
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._visitors: set[Visitor] = set()

    @property
    def port(self) -> int:
        """The port that is served, also where any free one was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Where the page is."""
        return str(URL.build(scheme="http", host=self._host, port=self._port, path="/"))

    async def start(self) -> None:
        """Serve. Raises `OSError` when the port is taken."""
        app = web.Application(middlewares=[_of_this_machine])
        app.on_response_prepare.append(_protect)
        for path, content, kind in _page():
            app.router.add_get(path, _serve(content, kind))
        app.router.add_get("/live", self._live)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._port = runner.addresses[0][1]
        _LOG.info("%s: simulated door at %s", self._name, self.url)

    async def stop(self) -> None:
        """Send visitors away and close the port."""
        for visitor in tuple(self._visitors):
            await visitor.send_away(WSCloseCode.GOING_AWAY)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if not _from_this_page(request):
            raise web.HTTPForbidden(text="Only the door's own page may use the door.")
        if len(self._visitors) >= _VISITORS_MAX:
            raise web.HTTPServiceUnavailable(text="Too many pages are open at this door.")
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=MESSAGE_MAX, compress=False)
        await socket.prepare(request)
        visitor = Visitor(socket, self._door, self._name)
        self._visitors.add(visitor)
        try:
            await visitor.stay()
        finally:
            self._visitors.discard(visitor)
        return socket


type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _of_this_machine(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse names that are not this machine's: another page's name may lead to 127.0.0.1 too (DNS rebinding)."""
    if _host_of(f"//{request.headers.get('Host', '')}") not in _LOOPBACK:
        raise web.HTTPForbidden(text="The door's page is for this machine alone: use 127.0.0.1 or localhost.")
    return await handler(request)


async def _protect(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _from_this_page(request: web.Request) -> bool:
    """Browsers let any page open a WebSocket anywhere, but say which page it is."""
    origin = request.headers.get("Origin", "")
    return _host_of(origin) in _LOOPBACK and origin == f"http://{request.headers.get('Host', '')}"


def _host_of(url: str) -> str | None:
    try:
        return URL(url).host
    except ValueError:
        return None


def _page() -> list[tuple[str, bytes, str]]:
    """The page's files: path, content, type. The page itself is at the root."""
    found = []
    for item in files(__package__).joinpath("page").iterdir():
        suffix = item.name[item.name.rfind(".") :]
        if suffix in _TYPES:
            path = "/" if item.name == "index.html" else f"/{item.name}"
            found.append((path, item.read_bytes(), _TYPES[suffix]))
    return found


def _serve(content: bytes, kind: str) -> _Handler:
    headers: Mapping[str, str] = {"Content-Type": f"{kind}; charset=utf-8"}

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=content, headers=headers)

    return serve
