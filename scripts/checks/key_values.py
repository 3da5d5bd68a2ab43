"""What an expression can be, read from the code without running it: every string that a key may become.

Follows names, parameters to their callers, functions to what they return, and tables to their values. What it cannot
follow is `Unknown`: whoever asks says so, rather than to pass over a key that has no text.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

type Function = ast.FunctionDef | ast.AsyncFunctionDef

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)


class Unknown(Exception):
    """An expression whose values cannot be read from the code."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module: its path from the package, without suffix."""

    name: str
    tree: ast.Module


@dataclass(slots=True)
class Package:
    """All modules of a package, and which node is inside which."""

    name: str
    modules: list[Module] = field(default_factory=list)
    _parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    _homes: dict[ast.AST, Module] = field(default_factory=dict)

    def add(self, name: str, tree: ast.Module) -> None:
        """Take a module in."""
        module = Module(name, tree)
        self.modules.append(module)
        for node in ast.walk(tree):
            self._homes[node] = module
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node

    def values(self, node: ast.expr) -> frozenset[str]:
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
        for outer in self._outwards(node):
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
        for outer in self._outwards(node):
            if isinstance(outer, _COMPREHENSIONS):
                for generator in outer.generators:
                    if node.id in _names(generator.target):
                        return self._table(generator.iter, seen)
            elif isinstance(outer, _FUNCTIONS):
                function = outer
                if tables := list(_gone_through(outer, node.id)):
                    return set[str]().union(*(self._table(table, seen) for table in tables))
                if bound := list(_assigned(outer, node.id)):
                    return self._any(bound, seen)
                if node.id in {argument.arg for argument in _arguments(outer)}:
                    return self._parameter(outer, node.id, seen)
        if (found := self._definition(self._homes[node], node.id)) is None or function is found:
            raise Unknown(ast.unparse(node))
        if isinstance(found, ast.expr):
            return self._values(found, seen)
        raise Unknown(ast.unparse(node))

    def _parameter(self, function: Function, name: str, seen: frozenset[ast.AST]) -> set[str]:
        """What callers give."""
        plain = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        is_method = isinstance(self._parents[function], ast.ClassDef)
        place = plain.index(name) - is_method if name in plain else None
        given = [
            argument
            for call in self._calls(function)
            for argument in (
                *(keyword.value for keyword in call.keywords if keyword.arg == name),
                *(call.args[place : place + 1] if place is not None else ()),
            )
        ]
        if not given:
            raise Unknown(f"{name} of {function.name}, which nobody calls")
        return self._any(given, seen)

    def _calls(self, function: Function) -> Iterator[ast.Call]:
        """Calls of a function; of a method, those by `self` and `super()`; of `__init__`, those of the class."""
        home = self._parents[function]
        if isinstance(home, ast.ClassDef) and function.name == "__init__":
            yield from self._made(home)
            return
        for node, module in self._homes.items():
            match node:
                case ast.Call(func=ast.Attribute(attr=name, value=whose)) if name == function.name:
                    if isinstance(home, ast.ClassDef):
                        if ast.unparse(whose) in ("self", "cls", "super()") and self._are_one(home, node):
                            yield node
                    elif isinstance(whose, ast.Name) and (other := self._module(module, whose.id)) is not None:
                        yield from [node] if self._definition(other, name) is function else ()
                case ast.Call(func=ast.Name(id=name)) if name == function.name:
                    if self._definition(module, name) is function:
                        yield node

    def _are_one(self, home: ast.ClassDef, inside: ast.AST) -> bool:
        """Whether something inside a class may be of that other class too: parts of one whole have a common base."""
        kind = next(outer for outer in self._outwards(inside) if isinstance(outer, ast.ClassDef))
        return not self._lineage(kind).isdisjoint(self._lineage(home))

    def _lineage(self, kind: ast.ClassDef) -> set[ast.ClassDef]:
        """A class and its bases, as far as they are of the package."""
        found = {kind}
        for base in kind.bases:
            if isinstance(base, ast.Name):
                above = self._definition(self._homes[kind], base.id)
                found |= self._lineage(above) if isinstance(above, ast.ClassDef) else set()
        return found

    def _attribute(self, node: ast.Attribute, seen: frozenset[ast.AST]) -> set[str]:
        if isinstance(node.value, ast.Name):
            module = self._module(self._homes[node], node.value.id)
            if module is not None and isinstance(found := self._definition(module, node.attr), ast.expr):
                return self._values(found, seen)
        values = set[str]()
        fields = [found for kind in self._kinds(node.value) for found in self._fields(kind, node.attr)]
        for value in fields:
            values |= self._values(value, seen) if isinstance(value, ast.expr) else self._returned(value, seen)
        if not fields:
            raise Unknown(ast.unparse(node))
        return values

    def _kinds(self, node: ast.expr) -> Iterator[ast.ClassDef]:
        """The classes that something may be of: `self` of any, a name as its function says."""
        if not isinstance(node, ast.Name):
            return
        if node.id == "self":
            yield from (found for found in self._homes if isinstance(found, ast.ClassDef))
            return
        function = next((outer for outer in self._outwards(node) if isinstance(outer, _FUNCTIONS)), None)
        if function is None:
            return
        module = self._homes[node]
        told = [argument.annotation for argument in _arguments(function) if argument.arg == node.id]
        for value in _assigned(function, node.id):
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
                made = self._definition(module, value.func.id)
                if isinstance(made, ast.ClassDef):
                    yield made
                elif isinstance(made, _FUNCTIONS):
                    module = self._homes[made]
                    told.append(made.returns)
            elif isinstance(value, ast.Attribute):
                told += [
                    statement.annotation
                    for kind in self._kinds(value.value)
                    for statement in kind.body
                    if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == value.attr
                ]
        for annotation in told:
            for name in ast.walk(annotation) if annotation is not None else ():
                if isinstance(name, ast.Name) and isinstance(kind := self._definition(module, name.id), ast.ClassDef):
                    yield kind

    def _fields(self, kind: ast.ClassDef, name: str) -> Iterator[ast.expr | Function]:
        """What a class gives its field of that name: in its body, by a property, in a method, or when it is made."""
        places = [
            statement.target.id
            for statement in kind.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        for statement in kind.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    yield value
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    yield value
                case ast.FunctionDef(name=target) if target == name and _is_property(statement):
                    yield statement
        for node in ast.walk(kind):
            match node:
                case (
                    ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=target)], value=value)
                    | ast.AnnAssign(
                        target=ast.Attribute(value=ast.Name(id="self"), attr=target), value=ast.expr() as value
                    )
                ) if target == name:
                    yield value
        if name in places:
            for call in self._made(kind):
                yield from (keyword.value for keyword in call.keywords if keyword.arg == name)
                yield from call.args[places.index(name) : places.index(name) + 1]

    def _made(self, kind: ast.ClassDef) -> Iterator[ast.Call]:
        for node, module in self._homes.items():
            match node:
                case ast.Call(func=ast.Name(id=name)) if name == kind.name:
                    if self._definition(module, name) is kind:
                        yield node

    def _call(self, call: ast.Call, seen: frozenset[ast.AST]) -> set[str]:
        match call.func:
            case ast.Name(id="str" | "next"):
                return self._any(call.args, seen)
            case ast.Attribute(attr="get", value=table):
                return self._table(table, seen) | self._any(call.args[1:], seen)
            case ast.Name(id=name):
                if isinstance(found := self._definition(self._homes[call], name), _FUNCTIONS):
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
                if isinstance(found := self._definition(self._homes[node], name), ast.expr):
                    return self._table(found, seen)
                return set()
        return set()

    def _definition(self, module: Module, name: str) -> ast.expr | Function | ast.ClassDef | None:
        """What a name is at the top of a module, wherever it comes from."""
        for node in module.tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    return value
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    return value
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if node.name == name:
                    return node
                case ast.ImportFrom(names=aliases):
                    for alias in aliases:
                        if (alias.asname or alias.name) == name and (home := self._imported(module, node)):
                            return self._definition(home, alias.name)
        return None

    def _module(self, module: Module, name: str) -> Module | None:
        """The module of the package that a module knows by that name."""
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return self._at(self._place(module, node), alias.name)
        return None

    def _imported(self, module: Module, node: ast.ImportFrom) -> Module | None:
        """Where `from X import ...` leads to; None: out of the package."""
        place = self._place(module, node)
        return self._at(place) or self._at(place, "__init__")

    def _place(self, module: Module, node: ast.ImportFrom) -> list[str] | None:
        """The path in `from X import ...`; None: out of the package."""
        parts = node.module.split(".") if node.module else []
        if node.level:
            return [*module.name.split("/")[: -node.level], *parts]
        return parts[parts.index(self.name) + 1 :] if self.name in parts else None

    def _at(self, place: list[str] | None, *more: str) -> Module | None:
        name = None if place is None else "/".join([*place, *more])
        return next((module for module in self.modules if module.name == name), None)

    def _outwards(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self._parents.get(node)) is not None:
            yield parent
            node = parent


def read_package(folder: Path) -> Package:
    """All modules under the folder."""
    package = Package(folder.name)
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        package.add(name, ast.parse(path.read_bytes(), filename=str(path)))
    return package


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _arguments(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _gone_through(function: Function, name: str) -> Iterator[ast.expr]:
    """What a function goes through with a name."""
    for node in ast.walk(function):
        if isinstance(node, (ast.For, ast.AsyncFor)) and name in _names(node.target):
            yield node.iter


def _assigned(function: Function, name: str) -> Iterator[ast.expr]:
    """What a function gives one of its names; of a pair, its part."""
    for node in ast.walk(function):
        match node:
            case ast.NamedExpr(target=ast.Name(id=target), value=value) if target == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value
            case ast.Assign(targets=targets, value=value):
                for one in targets:
                    yield from _part(one, value, name)


def _part(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    match target, value:
        case ast.Name(id=found), _ if found == name:
            yield value
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            for one, its in zip(targets, values, strict=True):
                yield from _part(one, its, name)


def _is_property(function: ast.FunctionDef) -> bool:
    return any(isinstance(decorator, ast.Name) and decorator.id == "property" for decorator in function.decorator_list)
