"""The routes of REST: what is asked once. Whatever is a command goes the way of commands."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from lock_bridge.engine.model import Actor
from lock_bridge.key_page import document
from lock_bridge.wire.commands import COMMANDS, Leave, ListClients, QueryJournal, RevokeClient
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import CommandFrame, Result
from lock_bridge.wire.model import BridgeInfo
from lock_bridge.wire.words import Scope

from . import answers
from .commands import Commands, execute
from .contract import BridgeLike
from .hub import Hub
from .pairing import Pairing
from .routes import Call, Handler, Route


class Rest:
    """Handlers, and the table of routes that names them."""

    def __init__(self, bridge: BridgeLike, commands: Commands, hub: Hub, pairing: Pairing) -> None:
        self._bridge = bridge
        self._commands = commands
        self._hub = hub
        self._pairing = pairing
        self._key_page = document()

    def routes(self, openapi: Handler) -> tuple[Route, ...]:
        """All routes of the server."""
        return (
            Route(
                method="GET",
                path="/api/info",
                scope=Scope.PUBLIC,
                handler=self._info,
                summary="Which bridge this is",
                answer=BridgeInfo,
            ),
            Route(
                method="GET",
                path="/api/openapi.json",
                scope=Scope.PUBLIC,
                handler=openapi,
                summary="This document",
                answer=None,
            ),
            Route(
                method="GET",
                path="/key/",
                scope=Scope.PUBLIC,
                handler=self._visitors_page,
                summary="The page with which visitors' phones use their Bluetooth keys; it holds none",
                answer=None,
                media="text/html",
            ),
            Route(
                method="POST",
                path="/api/pair/start",
                scope=Scope.PUBLIC,
                handler=self._pair_start,
                summary="Begin to pair; possible only while somebody at the bridge has opened pairing",
                body=answers.PairStart,
                raw_body=True,
                answer=answers.PairStarted,
                errors=(
                    ErrorCode.PAIRING_CLOSED,
                    ErrorCode.PAIRING_REFUSED,
                    ErrorCode.PAIRING_LIMIT,
                    ErrorCode.BUSY,
                    ErrorCode.STORAGE,
                ),
            ),
            Route(
                method="POST",
                path="/api/pair/finish",
                scope=Scope.PUBLIC,
                handler=self._pair_finish,
                summary="Prove the code, and get a token",
                body=answers.PairFinish,
                raw_body=True,
                answer=answers.PairFinished,
                errors=(ErrorCode.PAIRING_CLOSED, ErrorCode.PAIRING_REFUSED, ErrorCode.STORAGE),
            ),
            Route(
                method="GET",
                path="/api/state",
                scope=Scope.STATE,
                handler=self._state,
                summary="All locks as they are now",
                answer=answers.StateAnswer,
            ),
            Route(
                method="GET",
                path="/api/events",
                scope=QueryJournal.scope,
                handler=self._events,
                summary="A page of the journal",
                query=answers.EventsQuery,
                answer=answers.EventsAnswer,
                errors=(ErrorCode.STORAGE,),
            ),
            Route(
                method="GET",
                path="/api/clients",
                scope=ListClients.scope,
                handler=self._list_clients,
                summary="All paired clients",
                answer=answers.ClientsAnswer,
            ),
            Route(
                method="DELETE",
                path="/api/clients/me",
                scope=Leave.scope,
                handler=self._leave,
                summary="Take back the token that this request shows; every client may",
                answer=answers.Done,
                errors=(ErrorCode.STORAGE,),
            ),
            Route(
                method="DELETE",
                path="/api/clients/{id}",
                scope=RevokeClient.scope,
                handler=self._revoke,
                summary="Take back a client's token; its connections end at once",
                answer=answers.Done,
                errors=(ErrorCode.UNKNOWN_CLIENT, ErrorCode.STORAGE),
            ),
            Route(
                method="POST",
                path="/api/commands/{name}",
                scope=Scope.STATE,
                handler=self._command,
                summary="A command, as over the WebSocket; needs the command's own scope too",
                body=answers.CommandBody,
                answer=answers.CommandAnswer,
                errors=(ErrorCode.TOO_OLD, ErrorCode.BUSY, ErrorCode.NO_ANSWER, ErrorCode.STORAGE),
            ),
            Route(
                method="GET",
                path="/api/ws",
                scope=Scope.STATE,
                handler=self._websocket,
                summary="The WebSocket",
                answer=None,
                errors=(ErrorCode.STOPPING,),
            ),
        )

    async def _info(self, _call: Call) -> BridgeInfo:
        return self._bridge.info

    async def _pair_start(self, call: Call) -> Mapping[str, Any]:
        return await self._pairing.start(call.body, call.address)

    async def _visitors_page(self, _call: Call) -> web.StreamResponse:
        headers = {
            "Content-Security-Policy": self._key_page.policy,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Referrer-Policy": "no-referrer",
        }
        return web.Response(body=self._key_page.html, content_type="text/html", charset="utf-8", headers=headers)

    async def _pair_finish(self, call: Call) -> Mapping[str, Any]:
        return await self._pairing.finish(call.body)

    async def _state(self, _call: Call) -> answers.StateAnswer:
        store, now = self._bridge.store, self._bridge.clock.now()
        return answers.StateAnswer(
            bridge=self._bridge.info,
            epoch=store.epoch,
            oldest=store.oldest,
            head=store.head,
            time_ms=now.mono_ms,
            wall_ms=now.wall_ms,
            time_trusted=now.trusted,
            locks=self._bridge.locks(),
        )

    async def _events(self, call: Call) -> Mapping[str, Any]:
        query: answers.EventsQuery = call.query
        args = {
            "after": query.after,
            "before": query.before,
            "limit": query.limit,
            "lock": query.lock,
            "user_id": query.user,
            "types": list(query.type),
        }
        return await self._execute(call, QueryJournal.name, args)

    async def _list_clients(self, call: Call) -> Mapping[str, Any]:
        return await self._execute(call, ListClients.name, {})

    async def _leave(self, call: Call) -> Mapping[str, Any]:
        return await self._execute(call, Leave.name, {})

    async def _revoke(self, call: Call) -> Mapping[str, Any]:
        return await self._execute(call, RevokeClient.name, {"client_id": call.path["id"]})

    async def _command(self, call: Call) -> answers.CommandAnswer:
        body: answers.CommandBody = call.body
        name = call.path["name"]
        kind = COMMANDS.get(name)
        if kind is None or kind.scope is Scope.LOCAL:
            raise LockBridgeError(ErrorCode.UNKNOWN_COMMAND, {"command": name[:64]})
        frame = CommandFrame(id=body.id, name=name, sent_ms=body.sent_ms, args=body.args)
        answered: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._commands.submit(
            call.caller, frame, lambda result: None if answered.done() else answered.set_result(result)
        )
        result = await answered
        if result.error is not None:
            raise LockBridgeError.from_json(result.error)
        return answers.CommandAnswer(id=result.id, data=result.data)

    async def _websocket(self, call: Call) -> web.StreamResponse:
        return await self._hub.serve(call.request, call.caller)

    async def _execute(self, call: Call, name: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        caller = call.caller
        return await execute(self._bridge.dispatcher, name, args, Actor(caller.id, caller.name), caller.scopes)
