"""JSON as the bridge takes it from outside: no NaN, no key twice, nothing deep, nothing that cannot be stored."""

import json
import re
from typing import Any, Final

from lock_bridge.wire.errors import ErrorCode, LockBridgeError

MAX_DEPTH: Final = 32
"""Deepest nesting of a body or frame; the wire's own messages need 4."""


def loads(text: str | bytes) -> Any:
    """The JSON value of `text`. Raises `bad_request`, which never quotes the text."""
    try:
        if isinstance(text, bytes):
            text = text.decode()
        if _depth_above(text, MAX_DEPTH):
            raise _bad()
        value = _DECODER.decode(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # a pair is one character, a lone half cannot be encoded
    except ValueError, RecursionError:
        raise _bad() from None
    return value


def dumps(value: Any) -> bytes:
    """The shortest JSON of a value that `wire.codec.encode` made."""
    return _ENCODER.encode(value).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if value in (_INFINITY, -_INFINITY):
        raise ValueError("too large")
    return value


def _refuse(_constant: str) -> Any:
    raise ValueError("not JSON")


def _depth_above(text: str, limit: int) -> bool:
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for match in _STRUCTURE.finditer(text):
        if (sign := match[0]) in "[{":
            depth += 1
            if depth > limit:
                return True
        elif sign in "]}":
            depth -= 1
    return False


def _bad() -> LockBridgeError:
    return LockBridgeError(ErrorCode.BAD_REQUEST, {"field": "json"})


_INFINITY: Final = float("inf")
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
