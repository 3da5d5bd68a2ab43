"""Something that answers over TLS where a bridge is looked for, in ways in which no bridge answers."""

import asyncio
import json
import ssl
import tempfile
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from lock_bridge.server.certificate import load_or_make

INFO = {"id": "0011223344556677", "name": "Home", "version": "1", "api": 1}


class ScriptedBridge:
    """Answers what the test says. With `pass_on_to` it is the man in the middle, with a certificate of his own."""

    def __init__(self) -> None:
        self.port = 0
        self.info: str | None = json.dumps(INFO)
        """The text at /api/info; None: no answer at all."""
        self.start_answer = "{}"
        self.socket: Any = None
        """Serves /api/ws, if the test wants one: takes the web.WebSocketResponse."""
        self._refusal: tuple[int, str] | None = None
        self._target: int | None = None
        self._runner: web.AppRunner | None = None
        self._files = tempfile.TemporaryDirectory()
        self._contexts = [self._identity("one"), self._identity("two")]
        self._greeted = 0
        self._change_after: int | None = None
        self._never = asyncio.Event()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("GET", "/api/info", self._info)
        app.router.add_route("POST", "/api/pair/{step}", self._pair)
        app.router.add_route("GET", "/api/ws", self._ws)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        context = self._contexts[0]
        context.sni_callback = self._choose
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=context)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._never.set()
        if self._runner is not None:
            await self._runner.cleanup()
        self._files.cleanup()

    def refuse(self, status: int, code: str) -> None:
        """Refuse every pairing so."""
        self._refusal = (status, code)

    def pass_on_to(self, port: int) -> None:
        """Pass everything on to a real bridge."""
        self._target = port

    def change_certificate_after(self, connections: int) -> None:
        """Show another certificate after that many more connections."""
        self._greeted = 0
        self._change_after = connections

    def _identity(self, name: str) -> ssl.SSLContext:
        return load_or_make(Path(self._files.name) / name, name).context()

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        self._greeted += 1
        if self._change_after is not None and self._greeted > self._change_after:
            connection.context = self._contexts[1]

    async def _info(self, request: web.Request) -> web.Response:
        if self._target is not None:
            return await self._pass_on(request)
        if self.info is None:
            await self._never.wait()
        return web.Response(text=self.info, content_type="application/json")

    async def _pair(self, request: web.Request) -> web.Response:
        if self._target is not None:
            return await self._pass_on(request)
        if self._refusal is not None:
            status, code = self._refusal
            error = {"code": code, "message": "So it is.", "can_retry": True, "detail": {}}
            return web.json_response({"error": error}, status=status)
        return web.Response(text=self.start_answer, content_type="application/json")

    async def _ws(self, request: web.Request) -> web.StreamResponse:
        if self.socket is None:
            raise web.HTTPNotFound
        ws = web.WebSocketResponse(timeout=0.1)
        await ws.prepare(request)
        await self.socket(ws)
        return ws

    async def _pass_on(self, request: web.Request) -> web.Response:
        url = f"https://127.0.0.1:{self._target}{request.path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, url, data=await request.read(), headers=_JSON, ssl=False) as answer,
        ):
            return web.Response(body=await answer.read(), status=answer.status, content_type="application/json")


_JSON = {"Content-Type": "application/json"}
