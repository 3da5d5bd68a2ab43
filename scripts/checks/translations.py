"""Every text is there in every language, with the same placeholders, and code and texts know of the same keys."""

import json
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from checks.translation_keys import Code, read_code

INTEGRATION = Path("custom_components/lock_bridge")
ENGLISH = "en.json"
PLACEHOLDER = re.compile(r"{(\w*)}")

# Keys that Home Assistant itself gives: those of every event entity, and of the helpers that every config flow has.
GIVEN_BY_HOME_ASSISTANT = {
    "state_attributes": {"event_type"},
    "abort": {
        "already_configured",
        "already_in_progress",
        "no_devices_found",
        "reauth_successful",
        "reconfigure_successful",
        "unique_id_mismatch",
        "unknown",
    },
}


def problems(root: Path) -> Iterator[str]:
    """What is missing, left over or different."""
    folder = root / INTEGRATION / "translations"
    languages = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    if ENGLISH not in languages:
        yield f"{INTEGRATION}/translations/{ENGLISH} is missing"
        return
    english = _texts(languages[ENGLISH])
    yield from _broken(english)
    for name, language in languages.items():
        yield from (f"translations/{name}: {problem}" for problem in _differences(english, _texts(language)))
    code = read_code(root / INTEGRATION)
    yield from _without_text(languages[ENGLISH], code)
    yield from _without_code(languages[ENGLISH], code)
    yield from _icons(root / INTEGRATION / "icons.json", languages[ENGLISH])


def _texts(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Every text by its path."""
    texts: dict[tuple[str, ...], str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            texts |= _texts(value, (*path, key))
        else:
            texts[*path, key] = value
    return texts


def _broken(english: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    for path, text in english.items():
        if not isinstance(text, str) or not text.strip():
            yield f"translations/{ENGLISH}: {'.'.join(path)} is empty or no text"
        elif text.startswith("[%key:"):
            yield f"translations/{ENGLISH}: {'.'.join(path)} is a reference, which only core's own build resolves"


def _differences(english: Mapping[tuple[str, ...], str], other: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    yield from (f"{'.'.join(path)} is missing" for path in english if path not in other)
    yield from (f"{'.'.join(path)} is not in {ENGLISH}" for path in other if path not in english)
    for path, text in other.items():
        if path in english and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(english[path])):
            yield f"{'.'.join(path)} has other placeholders than in {ENGLISH}"


def _without_text(english: Mapping[str, Any], code: Code) -> Iterator[str]:
    """Keys that the code uses, and no text is there for."""
    yield from code.unclear
    sections = {
        "exceptions": code.exceptions,
        "issues": code.issues,
        "services": code.services,
    }
    for section, keys in sections.items():
        missing = keys.keys() - english.get(section, {}).keys()
        yield from (f"{keys[key]}: {section}.{key} has no text" for key in sorted(missing))
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path, flow in _flows(english):
        for kind, texts in flow.items():
            known[path[-1], kind].update(texts)
    for (name, kind), keys in code.flows.items():
        missing = keys.keys() - known[name, kind] - GIVEN_BY_HOME_ASSISTANT.get(kind, set())
        yield from (f"{keys[key]}: {name}.{kind}.{key} has no text" for key in sorted(missing))
    for (platform, key), place in sorted(code.entities.items()):
        if key not in english.get("entity", {}).get(platform, {}):
            yield f"{place}: entity.{platform}.{key} has no text"


def _without_code(english: Mapping[str, Any], code: Code) -> Iterator[str]:
    """Texts whose key the code doesn't use; of other keys than those that it names as such, no line has the word."""
    for path, key in _keys(english):
        if key not in _used(path, code) and key not in GIVEN_BY_HOME_ASSISTANT.get(path[-2], set()):
            yield f"translations/{ENGLISH}: {'.'.join(path)} is used nowhere"


def _used(path: tuple[str, ...], code: Code) -> Container[str]:
    match path:
        case ("exceptions", _):
            return code.exceptions
        case ("issues", _):
            return code.issues
        case ("services", _):
            return code.services
        case (*_, flow, ("step" | "abort" | "error" | "progress") as kind, _):
            return code.flows[flow, kind].keys() | code.perhaps[flow, kind]
    return _Known(code)


class _Known:
    """Every word of the code, and what can be put together of them."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._code.knows(key)


def _keys(english: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path and name of every key that is ours to choose, and not a word of Home Assistant's format."""
    for path, flow in _flows(english):
        yield from _flow_keys(path, flow)
    for platform, entities in english.get("entity", {}).items():
        for key, entity in entities.items():
            yield from _entity_keys(("entity", platform, key), entity)
    for section in ("exceptions", "issues"):
        yield from _under((section,), english.get(section, {}))
    for kind, part in (
        ("services", "fields"),
        ("triggers", "fields"),
        ("conditions", "fields"),
        ("selector", "options"),
    ):
        for key, content in english.get(kind, {}).items():
            yield (kind, key), key
            yield from _under((kind, key, part), content.get(part, {}))


def _flow_keys(path: tuple[str, ...], flow: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for kind in ("step", "error", "abort", "progress"):
        yield from _under((*path, kind), flow.get(kind, {}))
    for step, content in flow.get("step", {}).items():
        for part in ("data", "menu_options", "sections"):
            yield from _under((*path, "step", step, part), content.get(part, {}))


def _entity_keys(path: tuple[str, ...], entity: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    yield path, path[-1]
    yield from _under((*path, "state"), entity.get("state", {}))
    for attribute, content in entity.get("state_attributes", {}).items():
        yield (*path, "state_attributes", attribute), attribute
        yield from _under((*path, "state_attributes", attribute, "state"), content.get("state", {}))


def _under(path: tuple[str, ...], keys: Iterable[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    yield from (((*path, key), key) for key in keys)


def _flows(english: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for name in ("config", "options"):
        if name in english:
            yield (name,), english[name]
    for name, flow in english.get("config_subentries", {}).items():
        yield ("config_subentries", name), flow
    for name, issue in english.get("issues", {}).items():
        if "fix_flow" in issue:
            yield ("issues", name, "fix_flow"), issue["fix_flow"]


def _icons(path: Path, english: Mapping[str, Any]) -> Iterator[str]:
    """Icons of what has no text, and actions, triggers and conditions without an icon."""
    if not path.exists():
        return
    icons = json.loads(path.read_text(encoding="utf-8"))
    for platform, entities in icons.get("entity", {}).items():
        for key in sorted(entities.keys() - english.get("entity", {}).get(platform, {}).keys()):
            yield f"icons.json: entity.{platform}.{key} has no text"
    for kind in ("services", "triggers", "conditions"):
        there, said = icons.get(kind, {}).keys(), english.get(kind, {}).keys()
        yield from (f"icons.json: {kind}.{key} has no text" for key in sorted(there - said))
        yield from (f"icons.json: {kind}.{key} has no icon" for key in sorted(said - there))
