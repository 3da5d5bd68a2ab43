"""Something that answers over TLS where a bridge is looked for, in ways in which no bridge answers."""

import asyncio
import json
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from custom_components.lock_bridge.wire.cpace import TAG_LENGTH
from custom_components.lock_bridge.wire.pairing import (
    NONCE_LENGTH,
    ConfirmationFailed,
    FinishReply,
    FinishRequest,
    PairingServer,
    StartRequest,
)
from lock_bridge.server.certificate import load_or_make

INFO: dict[str, Any] = {"id": "0011223344556677", "name": "Home", "version": "1", "api": 1}


class ScriptedBridge:
    """Answers what the test says. With `pass_on_to` it is the man in the middle, with a certificate of his own."""

    def __init__(self) -> None:
        self.port = 0
        self.info: str | None = json.dumps(INFO)
        """The text at /api/info; None: no answer at all."""
        self.start_answer = "{}"
        self.socket: Callable[[web.WebSocketResponse], Awaitable[None]] | None = None
        """Serves /api/ws."""
        self.socket_status = 404
        """Answers /api/ws where nothing serves it."""
        self.fingerprint = b""
        self.tokens: list[str] = []
        """What was shown to it by those who took it for their bridge."""
        self.dialled = 0
        self._cut: str | None = None
        self._refusal: tuple[int, Any] | None = None
        self._pairs: tuple[str, Mapping[str, Any]] | None = None
        self._handshake: PairingServer | None = None
        self._target: int | None = None
        self._runner: web.AppRunner | None = None
        self._files = tempfile.TemporaryDirectory()
        other, own = self._identity("other"), self._identity("own")
        self._contexts = [own, other]
        self._greeted = 0
        self._change_after: int | None = None
        self._never = asyncio.Event()

    async def start(self) -> None:
        app = web.Application(middlewares=[self._cut_short])
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
            self._runner = None
        self._files.cleanup()

    async def move_to(self, port: int) -> None:
        """Answer at another port."""
        assert self._runner is not None
        await self._runner.cleanup()
        self.port = port
        await self.start()

    def refuse(self, status: int, code: str) -> None:
        """Refuse every pairing so."""
        self.answer_pairing(status, {"error": {"code": code, "message": "So it is.", "can_retry": True, "detail": {}}})

    def answer_pairing(self, status: int, answer: Any) -> None:
        """Answer every pairing so."""
        self._refusal = (status, answer)

    def pair_by(self, code: str, grant: Mapping[str, Any]) -> None:
        """Pair with whoever brings this code; with a wrong one in mind, go on nevertheless."""
        self._pairs = (code, grant)

    def pass_on_to(self, port: int) -> None:
        """Pass everything on to a real bridge."""
        self._target = port

    def change_certificate_after(self, connections: int) -> None:
        """Show another certificate after that many more connections."""
        self._greeted = 0
        self._change_after = connections

    def hang_up_at(self, path: str) -> None:
        """Begin to answer there, and hang up in the middle of a word."""
        self._cut = path

    @web.middleware
    async def _cut_short(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if (shown := request.headers.get("Authorization")) is not None:
            self.tokens.append(shown.removeprefix("Bearer "))
        answer = await handler(request)
        if request.path != self._cut:
            return answer
        assert isinstance(answer, web.Response)
        assert isinstance(answer.body, bytes)
        cut = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(answer.body))})
        await cut.prepare(request)
        await cut.write(answer.body[: len(answer.body) // 2])
        assert request.transport is not None
        request.transport.abort()
        return cut

    def _identity(self, name: str) -> ssl.SSLContext:
        identity = load_or_make(Path(self._files.name) / name, name)
        self.fingerprint = identity.sha256
        return identity.context()

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        self._greeted += 1
        self.dialled += 1
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
            status, answer = self._refusal
            return web.json_response(answer, status=status)
        if self._pairs is not None:
            return web.json_response(self._pair_really(request.match_info["step"], await request.json()))
        return web.Response(text=self.start_answer, content_type="application/json")

    def _pair_really(self, step: str, body: Any) -> Any:
        assert self._pairs is not None
        code, grant = self._pairs
        if step == "start":
            self._handshake = PairingServer(code, self.fingerprint, INFO["id"])
            return self._handshake.on_start(StartRequest.from_json(body)).to_json()
        assert self._handshake is not None
        try:
            self._handshake.verify(FinishRequest.from_json(body))
        except ConfirmationFailed:
            # An impostor does not stop there: he shows a proof that is none.
            return FinishReply(bytes(TAG_LENGTH), bytes(NONCE_LENGTH), bytes(64)).to_json()
        return self._handshake.seal(grant).to_json()

    async def _ws(self, request: web.Request) -> web.StreamResponse:
        if self.socket is None:
            return web.Response(status=self.socket_status)
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
