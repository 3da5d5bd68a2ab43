"""JSON Schema of the wire's dataclasses, from their type hints: what `wire.codec` reads and writes."""

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

REFERENCE = "#/components/schemas/"


class Schemas:
    """Schemas by the names of their classes; a class is described once and then referred to."""

    def __init__(self) -> None:
        self.by_name: dict[str, Any] = {}

    def of(self, hint: Any) -> dict[str, Any]:
        """The schema of a type. Raises `TypeError` for what doesn't go over the wire."""
        origin, args = get_origin(hint), get_args(hint)
        if hint is Any:
            return {}
        if origin in (Union, UnionType):
            return {"anyOf": [{"type": "null"} if arg is NoneType else self.of(arg) for arg in args]}
        if origin in (tuple, frozenset):
            return {"type": "array", "items": self.of(args[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(args[1])}
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return self._named(hint, {"type": "string", "enum": [str(member) for member in hint]})
        if isinstance(hint, type) and is_dataclass(hint):
            return self._dataclass(hint)
        if hint in _PLAIN:
            return dict(_PLAIN[hint])
        raise TypeError(f"{hint} does not go over the wire")

    def object_of(self, kind: type) -> dict[str, Any]:
        """The schema of a dataclass itself, not a reference to it."""
        hints = get_type_hints(kind)
        needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
        schema: dict[str, Any] = {
            "type": "object",
            "description": inspect.getdoc(kind) or "",
            "properties": {field.name: self.of(hints[field.name]) for field in fields(kind)},
            "additionalProperties": False,
        }
        return schema | ({"required": needed} if needed else {})

    def _dataclass(self, kind: type) -> dict[str, Any]:
        if kind.__name__ not in self.by_name:
            self.by_name[kind.__name__] = {}  # so that a class within itself ends
            self.by_name[kind.__name__] = self.object_of(kind)
        return {"$ref": REFERENCE + kind.__name__}

    def _named(self, kind: type, schema: dict[str, Any]) -> dict[str, Any]:
        self.by_name.setdefault(kind.__name__, {**schema, "description": inspect.getdoc(kind) or ""})
        return {"$ref": REFERENCE + kind.__name__}


_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number"},
}
