"""The OpenAPI 3.1 document, made of the table of routes, the commands and the wire's dataclasses."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final, get_origin, get_type_hints

from lock_bridge.wire.commands import COMMANDS, Command
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.model import BridgeInfo
from lock_bridge.wire.words import Scope

from . import answers
from .routes import Route, status_of
from .schema import Schemas

COMMAND_PATH: Final = "/api/commands/{name}"
"""The one route that is described once for each command."""

_ALWAYS: Final = (ErrorCode.BAD_REQUEST, ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL)


def document(info: BridgeInfo, routes: Iterable[Route]) -> dict[str, Any]:
    """The whole document, as JSON values."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if route.path == COMMAND_PATH:
            for kind in COMMANDS.values():
                if kind.scope is not Scope.LOCAL:
                    path = COMMAND_PATH.replace("{name}", kind.name)
                    paths.setdefault(path, {})[route.method.lower()] = _command(route, kind, schemas)
        else:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lock Bridge",
            "version": info.version,
            "description": "HTTPS with TLS 1.3 and a pinned self-signed certificate. docs/protocol.md tells the rest.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "lb1_<id>_<secret>"}},
            "schemas": dict(sorted(schemas.by_name.items())),
        },
    }


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    parts = [part for part in route.path.split("/") if part not in ("", "api")]
    name = "_".join(part.strip("{}").replace(".json", "") for part in parts)
    operation = _frame(f"{route.method.lower()}_{name}", route.summary, route.scope, route, schemas)
    if parameters := [*_path_parameters(route), *_query_parameters(route, schemas)]:
        operation["parameters"] = parameters
    if route.body:
        operation["requestBody"] = _body(schemas.of(route.body))
    return operation


def _command(route: Route, kind: type[Command], schemas: Schemas) -> dict[str, Any]:
    doc = (kind.__doc__ or "").split("\n", maxsplit=1)[0]
    operation = _frame(f"command_{kind.name.replace('.', '_')}", doc, kind.scope, route, schemas)
    body = schemas.object_of(answers.CommandBody)
    args = schemas.object_of(kind)
    body["properties"]["args"] = args
    if "required" in args:
        body["required"] = [*body["required"], "args"]
    operation["requestBody"] = _body(body)
    return operation


def _frame(name: str, summary: str, scope: Scope, route: Route, schemas: Schemas) -> dict[str, Any]:
    public = scope is Scope.PUBLIC
    codes = {*_ALWAYS, *route.errors} | (set() if public else {ErrorCode.UNAUTHORIZED, ErrorCode.FORBIDDEN})
    by_status: dict[int, list[str]] = {}
    for code in sorted(codes):
        by_status.setdefault(status_of(code), []).append(f"`{code}`")
    error = {"application/json": {"schema": schemas.of(answers.ErrorAnswer)}}
    responses: dict[str, Any] = {
        str(status): {"description": ", ".join(names), "content": error} for status, names in sorted(by_status.items())
    }
    if route.path == COMMAND_PATH:
        responses["default"] = {"description": "The lock is not in a state for it", "content": error}
    return {
        "operationId": name,
        "summary": summary,
        "description": "For anybody." if public else f"Needs the scope `{scope}`.",
        "security": [] if public else [{"token": []}],
        "x-scope": str(scope),
        "responses": _success(route, schemas) | responses,
    }


def _success(route: Route, schemas: Schemas) -> dict[str, Any]:
    if route.answer is not None:
        return {"200": {"description": "Done", "content": {"application/json": {"schema": schemas.of(route.answer)}}}}
    if route.path == "/api/ws":
        return {"101": {"description": "From here on frames; see docs/protocol.md"}}
    kind = "object" if route.media == "application/json" else "string"
    return {"200": {"description": "Done", "content": {route.media: {"schema": {"type": kind}}}}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route, schemas: Schemas) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    hints = get_type_hints(route.query)
    parameters = []
    for field in fields(route.query):
        schema = schemas.of(hints[field.name])
        # Left out is how a query says "none".
        plain = next((one for one in schema.get("anyOf", []) if one != {"type": "null"}), schema)
        parameter = {"name": field.name, "in": "query", "required": False, "schema": plain}
        if get_origin(hints[field.name]) is tuple:
            parameter |= {"style": "form", "explode": True}
        parameters.append(parameter)
    return parameters


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}
