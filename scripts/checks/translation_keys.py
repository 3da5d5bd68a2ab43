"""What the integration's code says about translation keys, as far as it can be read without running it."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from homeassistant.const import Platform

WORD = re.compile(r"[a-z0-9][a-z0-9_]*")
PART = re.compile(r"[a-z0-9_]+")


@dataclass(slots=True)
class Code:
    """Keys with the place of their first use, and the words that occur as a string, an enum's value or a YAML key."""

    exceptions: dict[str, str] = field(default_factory=dict)
    issues: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    aborts: dict[str, str] = field(default_factory=dict)
    form_errors: dict[str, str] = field(default_factory=dict)
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
    for path in sorted(integration.rglob("*.py")):
        tree = ast.parse(path.read_bytes(), filename=str(path))
        code.words.update(_words(tree))
        code.patterns.update(_patterns(tree))
        relative = path.relative_to(integration).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                _read_call(node, f"{relative}:{node.lineno}", path.stem, code)
            elif isinstance(node, ast.Assign):
                _read_assignment(node, f"{relative}:{node.lineno}", path.stem, code)
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


def _read_call(call: ast.Call, place: str, module: str, code: Code) -> None:
    called = ast.unparse(call.func).rsplit(".", maxsplit=1)[-1]
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    key = _text(given.get("translation_key"))
    if key is not None:
        if called == "async_create_issue":
            code.issues.setdefault(key, place)
        elif "translation_domain" in given:
            code.exceptions.setdefault(key, place)
        elif called.endswith("EntityDescription") and module in Platform:
            code.entities.setdefault((module, key), place)
    elif called.endswith("EntityDescription") and "device_class" not in given and (name := _text(given.get("key"))):
        code.words.add(name)
    if called in ("async_show_form", "async_show_menu", "async_show_progress") and (
        step := _text(given.get("step_id"))
    ):
        code.steps.setdefault(step, place)
    if called == "async_abort" and (reason := _text(given.get("reason"))):
        code.aborts.setdefault(reason, place)
    if called == "AbortFlow" and call.args and (reason := _text(call.args[0])):
        code.aborts.setdefault(reason, place)
    if isinstance(errors := given.get("errors"), ast.Dict):
        _read_errors(errors.values, place, code)


def _read_assignment(node: ast.Assign, place: str, module: str, code: Code) -> None:
    for target in node.targets:
        match target:
            case ast.Subscript(value=ast.Name(id="errors")):
                _read_errors([node.value], place, code)
            case ast.Name(id="errors") if isinstance(node.value, ast.Dict):
                _read_errors(node.value.values, place, code)
            case ast.Name(id="_attr_translation_key") | ast.Attribute(attr="_attr_translation_key"):
                if module in Platform and (key := _text(node.value)):
                    code.entities.setdefault((module, key), place)


def _read_errors(values: list[ast.expr], place: str, code: Code) -> None:
    for value in values:
        if error := _text(value):
            code.form_errors.setdefault(error, place)


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
