"""Small defects, one at a time, that a module might have had: the mutants that its tests have to notice."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one defect in it."""

    module: str
    line: int
    lines: frozenset[int]
    """Where whoever runs what was changed comes by."""
    at_import: bool
    """It is no part of a function's body, and so runs once, when the module is loaded."""
    what: str
    code: CodeType = field(repr=False)


def mutants(source: str, module: str, filename: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source, filename)
    for place in _places(tree):
        for change in place.changes():
            before = place.get()
            after = ast.copy_location(change, before)
            place.set(ast.fix_missing_locations(after))
            try:
                code = compile(tree, filename, "exec")
            finally:
                place.set(before)
            what = f"{_text(before)}  ->  {_text(after)}"
            yield Mutant(module, before.lineno, place.lines, place.at_import, what, code)


type _Change = Callable[[Any], Iterator[ast.AST]]


@dataclass(slots=True)
class _Place:
    """Where in the tree something can be put in the place of something else."""

    parent: ast.AST
    name: str
    index: int | None
    rules: tuple[_Change, ...]
    lines: frozenset[int]
    at_import: bool

    def get(self) -> Any:
        value = getattr(self.parent, self.name)
        return value if self.index is None else value[self.index]

    def set(self, node: Any) -> None:
        if self.index is None:
            setattr(self.parent, self.name, node)
        else:
            getattr(self.parent, self.name)[self.index] = node

    def changes(self) -> Iterator[Any]:
        for rule in self.rules:
            yield from rule(self.get())


def _places(parent: ast.AST, lines: frozenset[int] = frozenset(), *, at_import: bool = True) -> Iterator[_Place]:
    for name, value in ast.iter_fields(parent):
        if (type(parent), name) in _LEFT_OUT:
            continue
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or isinstance(node, ast.Raise) or _is_field(parent, node):
                continue
            within = _lines(node) if isinstance(node, ast.stmt | ast.match_case) else lines
            loaded = at_import and not (isinstance(parent, ast.FunctionDef) and name == "body")
            rules = _RULES.get(type(node), ())
            if (type(parent), name) in _TESTS:
                rules = (*rules, _negated)
            if rules:
                yield _Place(parent, name, index, rules, within, loaded)
            yield from _places(node, within, at_import=loaded)


def _lines(node: ast.stmt | ast.match_case) -> frozenset[int]:
    """A statement's lines without those of the statements in it."""
    if isinstance(node, ast.match_case):
        return frozenset(range(node.pattern.lineno, node.body[0].lineno + 1))
    inner = getattr(node, "body", None) or getattr(node, "cases", None)
    if not inner:
        return frozenset(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    first = inner[0].pattern if isinstance(inner[0], ast.match_case) else inner[0]
    return frozenset(range(node.lineno, max(node.lineno + 1, first.lineno)))


def _is_field(parent: ast.AST, node: ast.AST) -> bool:
    """Whether it is data of a class: nothing that is decided at run time."""
    return isinstance(parent, ast.ClassDef) and isinstance(node, ast.Assign | ast.AnnAssign)


_LEFT_OUT: Final = frozenset(
    {
        (ast.AnnAssign, "annotation"),
        (ast.arg, "annotation"),
        (ast.FunctionDef, "returns"),
        (ast.FunctionDef, "decorator_list"),
        (ast.ClassDef, "decorator_list"),
        (ast.TypeAlias, "value"),
        (ast.match_case, "pattern"),
        (ast.JoinedStr, "values"),
    }
)

_TESTS: Final = frozenset(
    {(ast.If, "test"), (ast.While, "test"), (ast.IfExp, "test"), (ast.match_case, "guard"), (ast.comprehension, "ifs")}
)

_COMPARISONS: Final[Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}

_OPERATORS: Final[Mapping[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}

_NAMES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for at, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            yield ast.Compare(node.left, [*node.ops[:at], other(), *node.ops[at + 1 :]], node.comparators)


def _both_or_either(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _sign(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield node.operand


def _operator(node: ast.BinOp) -> Iterator[ast.AST]:
    if other := _OPERATORS.get(type(node.op)):
        yield ast.BinOp(node.left, other(), node.right)


def _assigned(node: ast.AugAssign) -> Iterator[ast.AST]:
    if other := _OPERATORS.get(type(node.op)):
        yield ast.AugAssign(node.target, other(), node.value)


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)


def _name(node: ast.Name) -> Iterator[ast.AST]:
    if node.id in _NAMES:
        yield ast.Name(_NAMES[node.id], ast.Load())


def _returned(node: ast.Return) -> Iterator[ast.AST]:
    # None instead of False is no defect that anybody could notice; True instead of it is one, and made elsewhere.
    if node.value is not None and not (
        isinstance(node.value, ast.Constant) and node.value.value in (None, True, False)
    ):
        yield ast.Return(ast.Constant(None))


def _done(node: ast.Expr) -> Iterator[ast.AST]:
    if isinstance(node.value, ast.Call | ast.Await):
        yield ast.Pass()


def _left_early(node: ast.Continue | ast.Break) -> Iterator[ast.AST]:
    yield ast.Break() if isinstance(node, ast.Continue) else ast.Continue()


def _negated(node: ast.expr) -> Iterator[ast.AST]:
    # A comparison's own mutants, and those of `not`, say it already.
    if not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)


_RULES: Final[Mapping[type[ast.AST], tuple[_Change, ...]]] = {
    ast.Compare: (_compare,),
    ast.BoolOp: (_both_or_either,),
    ast.UnaryOp: (_sign,),
    ast.BinOp: (_operator,),
    ast.AugAssign: (_assigned,),
    ast.Constant: (_constant,),
    ast.Name: (_name,),
    ast.Return: (_returned,),
    ast.Expr: (_done,),
    ast.Continue: (_left_early,),
    ast.Break: (_left_early,),
}


def _text(node: ast.AST) -> str:
    first, *more = ast.unparse(node).splitlines()
    return f"{first} ..." if more else first
