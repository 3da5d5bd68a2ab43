"""The code of a package as trees, and what is what in it: where a name is from, who calls whom, what a class holds."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

type Function = ast.FunctionDef | ast.AsyncFunctionDef

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


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

    def home(self, node: ast.AST) -> Module:
        """The module that something is in."""
        return self._homes[node]

    def parent(self, node: ast.AST) -> ast.AST:
        """What something is directly inside of."""
        return self._parents[node]

    def outwards(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self._parents.get(node)) is not None:
            yield parent
            node = parent

    def definition(self, module: Module, name: str) -> ast.expr | Function | ast.ClassDef | None:
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
                            return self.definition(home, alias.name)
        return None

    def module(self, module: Module, name: str) -> Module | None:
        """The module of the package that a module knows by that name."""
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return self._at(self._place(module, node), alias.name)
        return None

    def calls(self, function: Function) -> Iterator[ast.Call]:
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
                    elif isinstance(whose, ast.Name) and (other := self.module(module, whose.id)) is not None:
                        yield from [node] if self.definition(other, name) is function else ()
                case ast.Call(func=ast.Name(id=name)) if name == function.name:
                    if self.definition(module, name) is function:
                        yield node

    def kinds(self, node: ast.expr) -> Iterator[ast.ClassDef]:
        """The classes that something may be of: `self` of any, a name as its function says."""
        if not isinstance(node, ast.Name):
            return
        if node.id == "self":
            yield from (found for found in self._homes if isinstance(found, ast.ClassDef))
            return
        function = next((outer for outer in self.outwards(node) if isinstance(outer, FUNCTIONS)), None)
        if function is None:
            return
        module = self._homes[node]
        told = [argument.annotation for argument in arguments(function) if argument.arg == node.id]
        for value in assigned(function, node.id):
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
                made = self.definition(module, value.func.id)
                if isinstance(made, ast.ClassDef):
                    yield made
                elif isinstance(made, FUNCTIONS):
                    module = self._homes[made]
                    told.append(made.returns)
            elif isinstance(value, ast.Attribute):
                told += [
                    statement.annotation
                    for kind in self.kinds(value.value)
                    for statement in kind.body
                    if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == value.attr
                ]
        for annotation in told:
            for name in ast.walk(annotation) if annotation is not None else ():
                if isinstance(name, ast.Name) and isinstance(kind := self.definition(module, name.id), ast.ClassDef):
                    yield kind

    def fields(self, kind: ast.ClassDef, name: str) -> Iterator[ast.expr | Function]:
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
                    if self.definition(module, name) is kind:
                        yield node

    def _are_one(self, home: ast.ClassDef, inside: ast.AST) -> bool:
        """Whether something inside a class may be of that other class too: parts of one whole have a common base."""
        kind = next(outer for outer in self.outwards(inside) if isinstance(outer, ast.ClassDef))
        return not self._lineage(kind).isdisjoint(self._lineage(home))

    def _lineage(self, kind: ast.ClassDef) -> set[ast.ClassDef]:
        """A class and its bases, as far as they are of the package."""
        found = {kind}
        for base in kind.bases:
            if isinstance(base, ast.Name):
                above = self.definition(self._homes[kind], base.id)
                found |= self._lineage(above) if isinstance(above, ast.ClassDef) else set()
        return found

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


def read_package(folder: Path) -> Package:
    """All modules under the folder."""
    package = Package(folder.name)
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        package.add(name, ast.parse(path.read_bytes(), filename=str(path)))
    return package


def arguments(function: Function) -> list[ast.arg]:
    """What a function takes, but for `*args` and `**kwargs`."""
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def assigned(function: Function, name: str) -> Iterator[ast.expr]:
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
