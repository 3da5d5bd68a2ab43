"""What an expression can be, read from the code without running it: every string that a key may become.

Follows names, parameters to their callers, functions to what they return, and tables to their values. What it cannot
follow is `Unknown`: whoever asks says so, rather than to pass over a key that has no text.
"""

import ast
from collections.abc import Iterable, Iterator
from itertools import product

from checks.package import FUNCTIONS, Function, Package, arguments, assigned

_COMPREHENSIONS = (ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)


class Unknown(Exception):
    """An expression whose values cannot be read from the code."""


class Values:
    """What expressions of a package can be."""

    def __init__(self, package: Package) -> None:
        self._package = package

    def of(self, node: ast.expr) -> frozenset[str]:
        """Every string that the expression may be. Raises Unknown."""
        return frozenset(self._values(node, frozenset()))

    def _values(self, node: ast.expr, seen: frozenset[ast.AST]) -> set[str]:
        if node in seen:
            return set()
        seen |= {node}
        match node:
            case ast.Constant(value=text):
                return {text} if isinstance(text, str) else set()
            case ast.JoinedStr(values=parts):
                texts = [self._values(part, seen) for part in parts]
                return {"".join(chosen) for chosen in product(*texts)}
            case ast.IfExp(body=body, orelse=orelse):
                return self._any([body, orelse], seen)
            case ast.BoolOp(values=options):
                return self._any(options, seen)
            case (
                ast.NamedExpr(value=value)
                | ast.Await(value=value)
                | ast.FormattedValue(value=value)
                | ast.GeneratorExp(elt=value)
            ):
                return self._values(value, seen)
        return self._found_elsewhere(node, seen)

    def _found_elsewhere(self, node: ast.expr, seen: frozenset[ast.AST]) -> set[str]:
        match node:
            case ast.Name() | ast.Attribute() if (held := self._held(node, seen)) is not None:
                return held
            case ast.Name():
                return self._name(node, seen)
            case ast.Attribute():
                return self._attribute(node, seen)
            case ast.Subscript(value=table):
                return self._table(table, seen)
            case ast.Call():
                return self._call(node, seen)
        raise Unknown(ast.unparse(node))

    def _any(self, nodes: Iterable[ast.expr], seen: frozenset[ast.AST]) -> set[str]:
        return set[str]().union(*(self._values(node, seen) for node in nodes))

    def _held(self, node: ast.expr, seen: frozenset[ast.AST]) -> set[str] | None:
        """What `x` can be where it is reached only `if x in (...)`; None: nobody has asked."""
        inner: ast.AST = node
        for outer in self._package.outwards(node):
            if isinstance(outer, (ast.If, ast.IfExp)):
                body = outer.body if isinstance(outer.body, list) else [outer.body]
                asked = outer.test.values if isinstance(outer.test, ast.BoolOp) else [outer.test]
                if inner in body and not (isinstance(outer.test, ast.BoolOp) and isinstance(outer.test.op, ast.Or)):
                    for test in asked:
                        match test:
                            case ast.Compare(left=left, ops=[ast.In()], comparators=[table]):
                                if ast.dump(left) == ast.dump(node):
                                    return self._table(table, seen)
            inner = outer
        return None

    def _name(self, node: ast.Name, seen: frozenset[ast.AST]) -> set[str]:
        function: Function | None = None
        for outer in self._package.outwards(node):
            if isinstance(outer, _COMPREHENSIONS):
                for generator in outer.generators:
                    if node.id in _names(generator.target):
                        return self._table(generator.iter, seen)
            elif isinstance(outer, FUNCTIONS):
                function = outer
                if tables := list(_gone_through(outer, node.id)):
                    return set[str]().union(*(self._table(table, seen) for table in tables))
                if bound := list(assigned(outer, node.id)):
                    return self._any(bound, seen)
                if node.id in {argument.arg for argument in arguments(outer)}:
                    return self._parameter(outer, node.id, seen)
        if (found := self._package.definition(self._package.home(node), node.id)) is None or function is found:
            raise Unknown(ast.unparse(node))
        if isinstance(found, ast.expr):
            return self._values(found, seen)
        raise Unknown(ast.unparse(node))

    def _parameter(self, function: Function, name: str, seen: frozenset[ast.AST]) -> set[str]:
        """What callers give."""
        plain = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        is_method = isinstance(self._package.parent(function), ast.ClassDef)
        place = plain.index(name) - is_method if name in plain else None
        given = [
            argument
            for call in self._package.calls(function)
            for argument in (
                *(keyword.value for keyword in call.keywords if keyword.arg == name),
                *(call.args[place : place + 1] if place is not None else ()),
            )
        ]
        if not given:
            raise Unknown(f"{name} of {function.name}, which nobody calls")
        return self._any(given, seen)

    def _attribute(self, node: ast.Attribute, seen: frozenset[ast.AST]) -> set[str]:
        if isinstance(node.value, ast.Name):
            module = self._package.module(self._package.home(node), node.value.id)
            if module is not None and isinstance(found := self._package.definition(module, node.attr), ast.expr):
                return self._values(found, seen)
        values = set[str]()
        fields = [found for kind in self._package.kinds(node.value) for found in self._package.fields(kind, node.attr)]
        for value in fields:
            values |= self._values(value, seen) if isinstance(value, ast.expr) else self._returned(value, seen)
        if not fields:
            raise Unknown(ast.unparse(node))
        return values

    def _call(self, call: ast.Call, seen: frozenset[ast.AST]) -> set[str]:
        match call.func:
            case ast.Name(id="str" | "next"):
                return self._any(call.args, seen)
            case ast.Attribute(attr="get", value=table):
                return self._table(table, seen) | self._any(call.args[1:], seen)
            case ast.Name(id=name):
                if isinstance(found := self._package.definition(self._package.home(call), name), FUNCTIONS):
                    return self._returned(found, seen)
        raise Unknown(ast.unparse(call))

    def _returned(self, function: Function, seen: frozenset[ast.AST]) -> set[str]:
        if function in seen:
            return set()
        values = set[str]()
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                values |= self._values(node.value, seen | {function})
        return values

    def _table(self, node: ast.expr, seen: frozenset[ast.AST]) -> set[str]:
        """Strings that a mapping, or a sequence of anything, holds as values."""
        if node in seen:
            return set()
        seen |= {node}
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.Dict(values=values):
                return set[str]().union(*(self._table(value, seen) for value in values))
            case ast.IfExp(body=body, orelse=orelse):
                return self._table(body, seen) | self._table(orelse, seen)
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                return set[str]().union(*(self._table(element, seen) for element in elements))
            case ast.Call(args=[inner]) | ast.Call(func=ast.Attribute(value=inner), args=[]):
                return self._table(inner, seen)
            case ast.Name(id=name):
                if isinstance(found := self._package.definition(self._package.home(node), name), ast.expr):
                    return self._table(found, seen)
                return set()
        return set()


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _gone_through(function: Function, name: str) -> Iterator[ast.expr]:
    """What a function goes through with a name."""
    for node in ast.walk(function):
        if isinstance(node, (ast.For, ast.AsyncFor)) and name in _names(node.target):
            yield node.iter
