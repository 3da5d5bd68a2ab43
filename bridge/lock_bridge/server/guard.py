"""One order for every request: no token in the address, who asks, may it, what does it ask; then a typed answer."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, get_origin, get_type_hints

from aiohttp import web
from multidict import MultiMapping

from lock_bridge.store import ClientRow, StoreError
from lock_bridge.wire.codec import decode, encode
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.messages import MAX_FRAME
from lock_bridge.wire.words import Scope

from . import jsontext, tokens
from .clients import Clients
from .gate import Gate
from .limits import ClientLimit, StrangerLimit
from .routes import Call, Route, status_of

_LOGGER = logging.getLogger(__name__)


class Guard:
    """Answers all requests by the table of routes; what is not in the table isn't there."""

    def __init__(
        self, routes: tuple[Route, ...], clients: Clients, strangers: StrangerLimit, limit: ClientLimit
    ) -> None:
        self._routes = {(route.method, route.path): route for route in routes}
        if len(self._routes) != len(routes):
            raise ValueError("a route is there twice")
        self._clients = clients
        self._strangers = strangers
        self._limit = limit
        self.gate: Gate | None = None
        """Where the connections of the requests come in; set before it opens."""

    def application(self) -> web.Application:
        """The application that serves the routes."""
        app = web.Application(middlewares=[self._handle], client_max_size=MAX_FRAME)
        for route in self._routes.values():
            app.router.add_route(route.method, route.path, _never)
        app.on_response_prepare.append(_headers)
        return app

    @web.middleware
    async def _handle(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        del handler  # the table of routes says who answers
        connection = self.gate.of(request.protocol) if self.gate else None
        client = self._clients.authenticate(request.headers.get("Authorization"))
        if connection:
            connection.begin(paired=client is not None)
        try:
            route = self._admit(request, client)
            call = await _read(route, request, client)
            if connection:
                connection.carry_on()
            answer = await route.handler(call)
            return answer if isinstance(answer, web.StreamResponse) else _json(encode(answer))
        except LockBridgeError as err:
            return _refusal(err)
        except StoreError as err:
            _LOGGER.error("%s %s: %s", request.method, request.path, err)  # noqa: TRY400 - says it all
            return _refusal(LockBridgeError(ErrorCode.STORAGE))
        except web.HTTPException as err:
            return _refusal(LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "http"}), err.status)
        except Exception:
            _LOGGER.exception("%s %s failed", request.method, request.path)
            return _refusal(LockBridgeError(ErrorCode.INTERNAL))
        finally:
            if connection:
                connection.end()

    def _admit(self, request: web.Request, client: ClientRow | None) -> Route:
        address = request.remote or ""
        if client is None and not self._strangers.allow(address):
            raise LockBridgeError(ErrorCode.RATE_LIMITED)
        if tokens.MARK in request.path_qs:
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "url"}, _TOKEN_IN_URL)
        resource = request.match_info.route.resource
        route = self._routes.get((request.method, resource.canonical)) if resource else None
        # A stranger gets the same answer for what is there and for what is not.
        if client is None and (route is None or route.scope is not Scope.PUBLIC):
            raise LockBridgeError(ErrorCode.UNAUTHORIZED)
        if client is not None:
            self._clients.touch(client.id, address)
            if not self._limit.allow(client.id):
                raise LockBridgeError(ErrorCode.RATE_LIMITED)
        if route is None:
            raise web.HTTPNotFound
        if client is not None and route.scope is not Scope.PUBLIC and route.scope not in client.scopes:
            raise LockBridgeError(ErrorCode.FORBIDDEN, {"scope": route.scope})
        return route


async def _read(route: Route, request: web.Request, client: ClientRow | None) -> Call:
    body = None
    if route.body:
        try:
            body = jsontext.loads(await request.read())
        except web.HTTPRequestEntityTooLarge:
            raise LockBridgeError(ErrorCode.TOO_LARGE, {"limit": MAX_FRAME}) from None
        if not route.raw_body:
            body = decode(route.body, body)
    return Call(request, request.remote or "", client, _query(route.query, request.query), body, request.match_info)


def _query(kind: type | None, query: MultiMapping[str]) -> Any:
    hints = get_type_hints(kind) if kind else {}
    given: dict[str, Any] = {}
    for name in query:
        values = query.getall(name)
        hint = hints.get(name)
        if get_origin(hint) is tuple:
            given[name] = values
        elif hint is None or len(values) > 1:
            raise LockBridgeError(ErrorCode.BAD_REQUEST, {"field": name[:40]})
        else:
            whole = hint in (int, int | None) and _WHOLE.fullmatch(values[0])
            given[name] = int(values[0]) if whole else values[0]
    return decode(kind, given) if kind else None


async def _never(_request: web.Request) -> web.StreamResponse:
    raise RuntimeError("the guard answers every request")


async def _headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "lock-bridge"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=jsontext.dumps(value), status=status, content_type="application/json")


def _refusal(error: LockBridgeError, status: int | None = None) -> web.Response:
    response = _json({"error": encode(error.to_json())}, status or status_of(error.code))
    if error.code is ErrorCode.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    elif error.code is ErrorCode.RATE_LIMITED:
        response.headers["Retry-After"] = "60"
    return response


_TOKEN_IN_URL: Final = "A token never goes into an address, where logs keep it. Revoke this one."  # noqa: S105 - a sentence
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
