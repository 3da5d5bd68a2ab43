"""Frozen dataclasses to JSON and back, by their type hints: one small helper in place of hand-written pairs."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from .errors import ErrorCode, LockBridgeError

type Json = dict[str, Any]
type _Reader = Callable[[Any, str, bool], Any]

LONGEST_TEXT: Final = 4096
"""Of one text that a client is told, in letters."""

DEEPEST: Final = 16
"""So many objects and lists within each other where anything may stand."""


def encode(value: Any) -> Any:
    """Plain JSON values of a dataclass (fields that are None are kept, so that a change to None can be said)."""
    if isinstance(value, (str, int, float, NoneType)):
        return str(value) if isinstance(value, StrEnum) else value
    if is_dataclass(value) and not isinstance(value, type):
        return {name: encode(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(encode(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    raise TypeError(f"{type(value).__name__} does not go over the wire")


def decode[T](kind: type[T], data: Any, *, strict: bool = True) -> T:
    """A `kind` made of JSON. Raises `bad_request` naming the field, never its value.

    `strict` is for the bridge, which refuses what it doesn't know. A client is lenient: fields and enum values of
    a newer bridge are left out or kept as plain strings.
    """
    hint: Any = kind
    result: T = _reader(hint)(data, kind.__name__, strict)
    return result


def changed[T](value: T, changes: Mapping[str, Any], *, strict: bool = False) -> T:
    """`value`, a dataclass, with some of its fields read from JSON. Raises `bad_request` naming the field."""
    kind: Any = type(value)
    readers, where = _fields(kind), kind.__name__
    read = {name: readers[name](part, f"{where}.{name}", strict) for name, part in changes.items() if name in readers}
    dataclass: Any = value
    result: T = replace(dataclass, **read)
    return result


@cache
def _fields(kind: type) -> dict[str, _Reader]:
    # Type hints are resolved once for each class; a message then costs a dictionary look-up a field.
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _reader(hint: Any) -> _Reader:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return _any
    if origin in (Union, UnionType):
        return _optional(hint, args)
    if origin in (tuple, frozenset):
        item = _reader(args[0])
        return lambda data, where, strict: origin(item(part, where, strict) for part in _is(data, list, where))
    if origin in (dict, Mapping):
        item = _reader(args[1])
        return lambda data, where, strict: {
            _is(key, str, where): item(part, where, strict) for key, part in _is(data, dict, where).items()
        }
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    if hint is str:
        return _text
    if hint in (int, float, bool):
        return lambda data, where, _strict: _is(data, hint, where)
    raise TypeError(f"{hint} does not go over the wire")


def _optional(hint: Any, args: tuple[Any, ...]) -> _Reader:
    inner = [arg for arg in args if arg is not NoneType]
    if len(inner) != 1 or len(args) != 2:
        raise TypeError(f"{hint} does not go over the wire")
    reader = _reader(inner[0])
    return lambda data, where, strict: None if data is None else reader(data, where, strict)


def _enum(kind: type[StrEnum]) -> _Reader:
    values = {str(member): member for member in kind}

    def read(data: Any, where: str, strict: bool) -> Any:
        text = _is(data, str, where)
        if strict and text not in values:
            raise _bad(where)
        return values.get(text, text)

    return read


def _dataclass(kind: type) -> _Reader:
    readers = _fields(kind)
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}

    def read(data: Any, where: str, strict: bool) -> Any:
        given = _is(data, dict, where)
        if strict and (extra := next((name for name in given if name not in readers), None)) is not None:
            raise _bad(f"{where}.{str(extra)[:40]}")
        if missing := next((name for name in required if name not in given), None):
            raise _bad(f"{where}.{missing}")
        return kind(
            **{name: readers[name](part, f"{where}.{name}", strict) for name, part in given.items() if name in readers}
        )

    return read


def _is(data: Any, kind: type, where: str) -> Any:
    if kind is float and type(data) is int:
        return float(data)
    too_large = type(data) is int and abs(data) >= 2**63
    if type(data) is not kind or too_large or not _storable(data):
        raise _bad(where)
    return data


def _storable(data: Any) -> bool:
    # Lone surrogates come through JSON, but neither UTF-8 nor the store can hold them.
    try:
        return not isinstance(data, str) or data.encode() is not None
    except UnicodeEncodeError:
        return False


def _text(data: Any, where: str, strict: bool) -> Any:
    # The bridge takes no frame that is large, and looks at each of its fields; what a client is told, it shows.
    if not strict and isinstance(data, str) and len(data) > LONGEST_TEXT:
        raise _bad(where)
    return _is(data, str, where)


def _any(data: Any, where: str, strict: bool) -> Any:
    """Whatever JSON there is, as far as everybody behind can hold it: the store, a database, another's JSON."""
    level, depth = [data], 0
    while level:
        if depth > DEEPEST:
            raise _bad(where)
        depth += 1
        deeper: list[Any] = []
        for item in level:
            match item:
                case dict():
                    deeper += item
                    deeper += item.values()
                case list():
                    deeper += item
                case int() if abs(item) >= 2**63:
                    raise _bad(where)
                case float() if not isfinite(item):
                    raise _bad(where)
                case str():
                    _text(item, where, strict)
        level = deeper
    return data


def _bad(where: str) -> LockBridgeError:
    return LockBridgeError(ErrorCode.BAD_REQUEST, {"field": where})
