"""The rules of the rooms: what a package may import, and what the pure engine may do at all."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.files import tracked

# Standard modules that neither do I/O, nor wait, nor know the time, nor throw dice.
PURE = frozenset(
    "__future__ abc array base64 binascii bisect calendar collections contextlib copy dataclasses datetime decimal "
    "enum fractions functools hashlib heapq hmac itertools json math operator re statistics string struct types typing "
    "unicodedata zoneinfo".split()
)
IMPURE_CALLS = frozenset(
    "open print input exec eval datetime.now datetime.utcnow datetime.today date.today datetime.datetime.now "
    "datetime.datetime.utcnow datetime.date.today".split()
)


@dataclass(frozen=True, slots=True)
class Room:
    """A package and the rule for it: what it may never import, or all that it may."""

    folder: str
    package: str
    never: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    pure: bool = False


ROOMS = (
    Room(
        "bridge/lock_bridge/engine",
        "lock_bridge.engine",
        only=PURE | {"lock_bridge.engine", "lock_bridge.wire.words", "lock_bridge.wire.errors"},
        pure=True,
    ),
    Room(
        "custom_components/lock_bridge/wire",
        "custom_components.lock_bridge.wire",
        never=frozenset({"aiohttp", "homeassistant", "lock_bridge", "asyncio", "sqlite3"}),
    ),
    Room("custom_components/lock_bridge", "custom_components.lock_bridge", never=frozenset({"lock_bridge"})),
    Room("bridge/lock_bridge", "lock_bridge", never=frozenset({"homeassistant", "custom_components"})),
    Room(
        "bridge/lock_bridge/store",
        "lock_bridge.store",
        never=frozenset({"lock_bridge.hardware", "lock_bridge.server", "lock_bridge.service", "aiohttp"}),
    ),
    Room(
        "bridge/lock_bridge/hardware",
        "lock_bridge.hardware",
        never=frozenset({"lock_bridge.store", "lock_bridge.server", "lock_bridge.service", "sqlite3"}),
    ),
)


def problems(root: Path) -> Iterator[str]:
    """Imports and calls against the rules."""
    for room in ROOMS:
        folder = root / room.folder
        for path in tracked(root, f"{room.folder}/*.py"):
            tree = ast.parse(path.read_bytes(), filename=str(path))
            where = path.relative_to(root)
            package = ".".join((room.package, *path.relative_to(folder).parent.parts))
            for line, module in _imported(tree, package):
                if any(_within(module, other) for other in room.never):
                    yield f"{where}:{line}: {room.package} must not import {module}"
                elif room.only is not None and not any(_within(module, other) for other in room.only):
                    yield f"{where}:{line}: {room.package} may not import {module}"
            if room.pure:
                yield from (f"{where}:{line}: the engine is pure, but {what}" for line, what in _impure(tree))


def _imported(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of every module that is imported, those under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                parts = package.split(".")[: 1 - level or None] if level else []
                base = ".".join([*parts, *([module] if module else [])])
                # `from a.b import c` may name a module or what is in it: the longer name lies within the shorter.
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in names)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _impure(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                yield node.lineno, "waits"
            case ast.Call(func=ast.Name() | ast.Attribute() as function) if ast.unparse(function) in IMPURE_CALLS:
                yield node.lineno, f"calls {ast.unparse(function)}"
            case ast.Global(names=names):
                yield node.lineno, f"changes the global {', '.join(names)}"
