"""The tables of docs/protocol.md, made of what both ends import. `python -m checks.protocol` writes them anew."""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

from checks.spec import ROOT
from lock_bridge.server import commands, gate, hub, limits, pairing, session, tries
from lock_bridge.server.rest import Rest
from lock_bridge.server.routes import status_of
from lock_bridge.wire import messages, model
from lock_bridge.wire.commands import COMMANDS
from lock_bridge.wire.errors import ErrorCode, LockBridgeError
from lock_bridge.wire.words import (
    PRIORITY,
    BoltState,
    CredentialType,
    DoorState,
    EnrolmentStatus,
    EventType,
    OperatingMode,
    OperationSource,
    Part,
    Refusal,
    Role,
)

DOCUMENT: Final = ROOT / "docs" / "protocol.md"

type Row = tuple[str, ...]


def render(text: str) -> str:
    """The document with its tables as they should be. Raises `ValueError` for a table that nobody makes."""

    def table(match: re.Match[str]) -> str:
        name = match[1]
        if name not in TABLES:
            raise ValueError(f"docs/protocol.md: nobody makes the table {name!r}")
        return f"<!-- table: {name} -->\n\n{TABLES[name]()}\n\n<!-- end -->"

    return _PLACE.sub(table, text)


def missing(text: str) -> set[str]:
    """Tables that the document does not show."""
    return set(TABLES) - {match[1] for match in _PLACE.finditer(text)}


def main() -> int:
    """Write the tables; with --check only say whether they are up to date."""
    text = DOCUMENT.read_text(encoding="utf-8")
    made = render(text)
    if "--check" in sys.argv:
        if made != text:
            print("docs/protocol.md is out of date: PYTHONPATH=scripts python -m checks.protocol")
        return int(made != text)
    DOCUMENT.write_text(made, encoding="utf-8")
    return 0


def _routes() -> str:
    none = cast("Any", None)
    routes = Rest(none, none, none, none).routes(none)
    rows = [(f"`{route.method} {route.path}`", f"`{route.scope}`", f"{route.summary}.") for route in routes]
    return _table(("Route", "Scope", "What"), rows)


def _commands() -> str:
    rows = [(f"`{kind.name}`", f"`{kind.scope}`", _fields(kind), _doc(kind)) for kind in COMMANDS.values()]
    return _table(("Command", "Scope", "Arguments", "What"), rows)


def _messages(kinds: Mapping[str, type]) -> Callable[[], str]:
    return lambda: _table(
        ("Frame", "Fields", "What"), [(f"`{name}`", _fields(kind), _doc(kind)) for name, kind in kinds.items()]
    )


def _model() -> str:
    kinds = (
        model.BridgeInfo,
        model.LockSnapshot,
        model.Capabilities,
        model.CredentialCapability,
        model.ChangedBy,
        model.Enrolment,
        model.Event,
        model.UserInfo,
        model.CredentialInfo,
        model.ScheduleWindow,
        model.ClientInfo,
    )
    return _table(("Value", "Fields", "What"), [(f"`{kind.__name__}`", _fields(kind), _doc(kind)) for kind in kinds])


def _words() -> str:
    kinds: tuple[type[StrEnum], ...] = (
        BoltState,
        DoorState,
        OperatingMode,
        OperationSource,
        CredentialType,
        Role,
        EnrolmentStatus,
        Part,
        Refusal,
    )
    rows = [(f"`{kind.__name__}`", ", ".join(f"`{member}`" for member in kind), _doc(kind)) for kind in kinds]
    return _table(("Word", "Values", "What"), rows)


def _events() -> str:
    by_priority: dict[str, list[str]] = {}
    for kind in EventType:
        by_priority.setdefault(str(PRIORITY[kind]), []).append(f"`{kind}`")
    return _table(("Priority", "Types"), [(f"`{name}`", ", ".join(kinds)) for name, kinds in by_priority.items()])


def _errors() -> str:
    rows = []
    for code in ErrorCode:
        error = LockBridgeError(code)
        rows.append((f"`{code}`", str(status_of(code)), "yes" if error.can_retry else "no", str(error)))
    return _table(("Code", "HTTP", "Retry", "Sentence"), rows)


def _close_codes() -> str:
    rows = [(str(int(close)), f"`{code}`") for code, close in session.CLOSE_CODES.items()]
    return _table(("Close code", "Failure"), [*rows, ("1008", "every other"), ("1009", "none: a frame too large")])


def _limits() -> str:
    rows = [
        ("Body or frame", f"{messages.MAX_FRAME // 1024} KiB", "413 `too_large`, or close code 1009"),
        ("Age of a command", _time(messages.MAX_AGE_MS), "`too_old`"),
        ("Commands of a client under way", str(commands.AT_ONCE), "`busy`"),
        (
            "Commands over a WebSocket",
            f"{session.COMMANDS_AT_ONCE}, then {session.COMMANDS_PER_S} a second",
            "read more slowly",
        ),
        (
            "REST requests of a client",
            f"{limits.REQUESTS_AT_ONCE}, then {limits.REQUESTS_PER_S} a second",
            "429 `rate_limited`",
        ),
        ("An id acts once, and is answered alike, for", _time(commands.KEPT_MS), "afterwards it is a new command"),
        ("Ids kept for a client", f"{commands.IDS_KEPT:,}", "429 `rate_limited`"),
        ("Answers kept for a client", str(commands.ANSWERS_KEPT), "`too_old`: it was carried out, its answer is gone"),
        ("WebSockets", str(hub.SOCKETS), "429 `rate_limited`"),
        ("WebSockets of one client", str(hub.SOCKETS_PER_CLIENT), "its oldest is closed"),
        ("Waiting for `hello`", _time(session.HELLO_MS), "cut off"),
        ("Silence of a client", _time(session.SILENT_MS), "cut off"),
        ("Waiting for a client that does not read", f"{session.UNSENT_BYTES // 1024} KiB", "cut off"),
        ("Events in a frame", str(messages.MAX_BATCH), ""),
        ("Users in a frame", str(messages.MAX_PEOPLE), ""),
        ("Events under way without an `ack`", str(messages.WINDOW), "no more come until the next"),
        ("Requests of strangers from one address", f"{limits.UNKNOWN_PER_ADDRESS} a minute", "429 `rate_limited`"),
        ("Requests of all strangers", f"{limits.UNKNOWN_OVERALL} a minute", "429 `rate_limited`"),
        ("TLS handshakes at once", str(gate.HANDSHAKES), "the oldest of the address with most is dropped"),
        ("Connections of strangers", str(gate.STRANGERS), "the oldest of the address with most is dropped"),
        ("Connections", str(gate.CONNECTIONS), "dropped"),
        ("Handshake; head of a request", _time(gate.HEAD_MS), "dropped"),
        ("Body; a stranger's whole request", _time(gate.REQUEST_MS), "dropped"),
        ("Idle connection of a client, of a stranger", f"{_time(gate.IDLE_MS)}, {_time(gate.HEAD_MS)}", "closed"),
        ("Pairing window", _time(pairing.WINDOW_MS), "`pairing_closed`"),
        ("Pairings begun in a window", str(pairing.STARTS), "`pairing_limit`, `per: window`"),
        ("Pairings begun in a day", str(tries.PER_DAY), "`pairing_limit`, `per: day`"),
        ("From start to finish of a pairing", _time(pairing.RUN_MS), "`pairing_refused`"),
    ]
    return _table(("What", "Limit", "Beyond it"), rows)


def _fields(kind: type) -> str:
    hints = get_type_hints(kind)
    told = []
    for field in fields(kind):
        optional = field.default is not MISSING or field.default_factory is not MISSING
        told.append(f"`{field.name}`{'?' if optional else ''}: {_type(hints[field.name])}")
    return ", ".join(told) or "none"


def _type(hint: Any) -> str:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return "any"
    if origin in (Union, UnionType):
        return " or ".join("null" if arg is NoneType else _type(arg) for arg in args)
    if origin in (tuple, frozenset):
        return f"list of {_type(args[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "object" if args[1] is Any else f"object of {_type(args[1])}"
    return {str: "text", int: "int", bool: "bool", float: "number"}.get(hint, f"`{getattr(hint, '__name__', hint)}`")


def _doc(kind: type) -> str:
    return re.sub(r"\s+", " ", inspect.getdoc(kind) or "")


def _time(ms: int) -> str:
    return f"{ms // 60_000} min" if ms % 60_000 == 0 else f"{ms // 1000} s"


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "routes": _routes,
    "commands": _commands,
    "from client": _messages(messages.FROM_CLIENT),
    "from bridge": _messages(messages.FROM_BRIDGE),
    "values": _model,
    "words": _words,
    "events": _events,
    "errors": _errors,
    "close codes": _close_codes,
    "limits": _limits,
}

_PLACE: Final = re.compile(r"<!-- table: ([a-z ]+) -->.*?<!-- end -->", re.DOTALL)

if __name__ == "__main__":
    sys.exit(main())
