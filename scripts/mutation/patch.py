"""Puts a mutant in the place of a loaded module: whoever has imported its functions has the mutant's from then on."""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from types import CodeType, FunctionType, ModuleType
from typing import Any


def apply(module: ModuleType, original: CodeType, mutant: CodeType) -> bool:
    """Change the module; False if the mutant differs in something that cannot be changed in place."""
    changed = False
    before, functions = dict(_codes(original)), dict(_functions(module))
    for name, code in _codes(mutant):
        if name in functions and code != before.get(name):
            functions[name].__code__ = code
            changed = True
    return changed or _apply_values(module, mutant, functions)


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """The code of each function and method, by its qualified name; what is within one belongs to it."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            generic = constant.co_name.startswith("<generic parameters of")
            if constant.co_name == "__annotate__":
                continue
            if constant.co_flags & _IN_FUNCTION == _IN_FUNCTION and not generic:
                yield constant.co_qualname, constant
            else:
                yield from _codes(constant)


_IN_FUNCTION = 0x0003
"""CO_OPTIMIZED and CO_NEWLOCALS: a function's body, and no class's."""


def _functions(owner: ModuleType | type) -> Iterator[tuple[str, FunctionType]]:
    """The functions and methods that are the module's own."""
    module = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
    for value in list(vars(owner).values()):
        if isinstance(value, type) and value.__module__ == module:
            yield from _functions(value)
        else:
            yield from ((name, function) for name, function in _unwrapped(value) if function.__module__ == module)


def _unwrapped(value: Any) -> Iterator[tuple[str, FunctionType]]:
    match value:
        case FunctionType():
            yield value.__qualname__, getattr(value, "__wrapped__", value)
        case staticmethod() | classmethod():
            yield from _unwrapped(value.__func__)
        case property():
            for part in (value.fget, value.fset):
                yield from _unwrapped(part)
        case _ if hasattr(value, "__wrapped__"):
            yield from _unwrapped(value.__wrapped__)


def _apply_values(module: ModuleType, mutant: CodeType, functions: dict[str, FunctionType]) -> bool:
    """Constants of the module, and defaults of its functions."""
    fresh = ModuleType(module.__name__)
    fresh.__package__, fresh.__file__ = module.__package__, module.__file__
    exec(mutant, fresh.__dict__)  # noqa: S102 - the project's own code, with one defect
    changed = False
    for name, value in vars(fresh).items():
        old = getattr(module, name, None)
        if name.startswith("__") or not isinstance(value, _PLAIN) or value == old:
            continue
        for user in [module, *sys.modules.values()]:
            if getattr(user, "__name__", "").startswith(module.__name__.partition(".")[0]) and name in vars(user):
                setattr(user, name, value)
        changed = True
    for name, function in _functions(fresh):
        live = functions.get(name)
        if live is not None and function.__defaults__ != live.__defaults__:
            live.__defaults__, changed = function.__defaults__, True
        if live is not None and function.__kwdefaults__ != live.__kwdefaults__:
            live.__kwdefaults__, changed = function.__kwdefaults__, True
    return changed


_PLAIN = (int, str, bytes, tuple, frozenset, range, date, timedelta)
