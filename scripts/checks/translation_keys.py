"""What the integration's code says about translation keys, as far as it can be read without running it."""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from homeassistant.const import Platform

from checks.key_values import Unknown, Values
from checks.package import Module, read_package

WORD = re.compile(r"[a-z0-9][a-z0-9_]*")
FIX_FLOW = "fix_flow"
SHOWS = (
    "async_show_form",
    "async_show_menu",
    "async_show_progress",
    "async_abort",
    "async_update_reload_and_abort",
)
OF_FLOWS = {"step_id": "step", "progress_action": "progress", "reason": "abort"}
"""What is said to Home Assistant by which argument."""
PART = re.compile(r"[a-z0-9_]+")


@dataclass(slots=True)
class Code:
    """Keys with the place of their first use, and the words that occur as a string, an enum's value or a YAML key."""

    exceptions: dict[str, str] = field(default_factory=dict)
    issues: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    flows: dict[tuple[str, str], dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """By flow and kind of text: `("options", "step")`. What its forms show, and how it ends."""
    perhaps: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """The same for what a field holds, which knows more than a form may ever show."""
    unclear: list[str] = field(default_factory=list)
    """Keys that cannot be read from the code, with their place."""
    entities: dict[tuple[str, str], str] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    patterns: set[re.Pattern[str]] = field(default_factory=set)
    """Words that are put together: `f"enrol_{kind}"` has a group for what is filled in."""

    def knows(self, key: str) -> bool:
        """Whether the key is a word, or can be put together of words."""
        if key in self.words:
            return True
        made = (pattern.fullmatch(key) for pattern in self.patterns)
        return any(all(map(self.knows, found.groups())) for found in made if found)


def read_code(integration: Path) -> Code:
    """All modules of the integration, and services.yaml, triggers.yaml and conditions.yaml beside them."""
    code = Code()
    package = read_package(integration)
    values = Values(package)
    for module in package.modules:
        code.words.update(_words(module.tree))
        code.patterns.update(_patterns(module.tree))
        reader = _Reader(code, values, module)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                reader.call(node)
            elif isinstance(node, ast.Assign):
                reader.assignment(node)
            elif isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("async_step_"):
                code.words.add(node.name.removeprefix("async_step_"))
    for name in ("services.yaml", "triggers.yaml", "conditions.yaml"):
        if (integration / name).exists():
            text = (integration / name).read_text(encoding="utf-8")
            code.words.update(re.findall(r"^\s*(?:- )?\"?([a-z0-9_]+)\"?:", text, re.MULTILINE))
            code.words.update(re.findall(r"(?:translation_key: |- )\"?([a-z0-9_]+)\"?\s*$", text, re.MULTILINE))
            if name == "services.yaml":
                for service in re.findall(r"^([a-z0-9_]+):", text, re.MULTILINE):
                    code.services.setdefault(service, name)
    return code


class _Reader:
    """Reads one module."""

    def __init__(self, code: Code, values: Values, module: Module) -> None:
        self._code = code
        self._values = values
        self._file = f"{module.name}.py"
        self._platform = module.name if module.name in Platform else None
        self._flow = FIX_FLOW if module.name == "repairs" else module.name.split("/")[0]
        if self._flow not in (FIX_FLOW, "options"):
            self._flow = "config"

    def call(self, call: ast.Call) -> None:
        """What a call names as a translation key, a step, a reason to end, a progress or errors."""
        called = ast.unparse(call.func).rsplit(".", maxsplit=1)[-1]
        given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        if (key := given.get("translation_key")) is not None:
            if called == "async_create_issue":
                self._note(self._code.issues, key)
            elif "translation_domain" in given:
                self._note(self._code.exceptions, key)
            elif called.endswith("EntityDescription") and self._platform and (text := _text(key)):
                self._code.entities.setdefault((self._platform, text), self._place(key))
        elif called.endswith("EntityDescription") and "device_class" not in given and (name := _text(given.get("key"))):
            self._code.words.add(name)
        if called == "AbortFlow" and call.args:
            self._of_flow("abort", call.args[0])
        for name, kind in OF_FLOWS.items():
            if called in SHOWS and (value := given.get(name)) is not None:
                self._of_flow(kind, value)
        if isinstance(errors := given.get("errors"), ast.Dict):
            self._errors(errors)

    def assignment(self, node: ast.Assign) -> None:
        """Errors of a form, and entities' own keys."""
        for target in node.targets:
            match target:
                case ast.Subscript(value=ast.Name(id="errors") | ast.Attribute(attr="errors")):
                    self._of_flow("error", node.value)
                case ast.Name(id="errors") if isinstance(node.value, ast.Dict):
                    self._errors(node.value)
                case ast.Name(id="_attr_translation_key") | ast.Attribute(attr="_attr_translation_key"):
                    if self._platform and (key := _text(node.value)):
                        self._code.entities.setdefault((self._platform, key), self._place(node))

    def _errors(self, errors: ast.Dict) -> None:
        for value in errors.values:
            self._of_flow("error", value)

    def _of_flow(self, kind: str, value: ast.expr) -> None:
        of_a_field = value.args[0] if isinstance(value, ast.Call) and ast.unparse(value.func) == "str" else value
        if isinstance(of_a_field, ast.Attribute):
            held: dict[str, str] = {}
            self._note(held, of_a_field)
            self._code.perhaps[self._flow, kind].update(held)
        else:
            self._note(self._code.flows[self._flow, kind], value)

    def _note(self, keys: dict[str, str], value: ast.expr) -> None:
        try:
            for key in sorted(self._values.of(value)):
                keys.setdefault(key, self._place(value))
        except Unknown as unknown:
            self._code.unclear.append(f"{self._place(value)}: it cannot be read from the code what {unknown} may be")

    def _place(self, node: ast.expr | ast.stmt) -> str:
        return f"{self._file}:{node.lineno}"


def _words(tree: ast.AST) -> Iterator[str]:
    """Strings that could be a key; constants of Home Assistant by their value."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if WORD.fullmatch(text):
                yield text
            case ast.ImportFrom(module=str(module), names=names, level=0) if module.startswith("homeassistant"):
                imported = importlib.import_module(module)
                for alias in names:
                    value = getattr(imported, alias.name, None)
                    if isinstance(value, str) and alias.name.isupper():
                        yield str(value)
            case ast.Attribute(attr=name) if name.isupper():
                yield name.lower()


def _patterns(tree: ast.AST) -> Iterator[re.Pattern[str]]:
    """Strings with something filled in that could be a key; none that begins with what is filled in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and WORD.fullmatch(_text(node.values[0]) or ""):
            texts = [_text(part) for part in node.values]
            if all(text is None or PART.fullmatch(text) for text in texts):
                yield re.compile("".join("(.+)" if text is None else text for text in texts))


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
