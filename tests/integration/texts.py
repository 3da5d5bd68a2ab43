"""The texts of the integration, and whether what is shown has its own."""

import json
import string
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from homeassistant.data_entry_flow import FlowResultType

import custom_components.lock_bridge

FOLDER = Path(custom_components.lock_bridge.__file__).parent


@cache
def read(language: str) -> Mapping[str, str]:
    """All texts of a language by their keys."""
    return dict(flat(json.loads((FOLDER / "translations" / f"{language}.json").read_text(encoding="utf-8"))))


def flat(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Keys with dots, in place of a tree."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def placeholders(text: str) -> set[str]:
    """What a text names."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def look_at_texts(result: Any, flow: str = "config") -> None:
    """Raise AssertionError if what a flow shows lacks a text, or a text what it names. `flow`: where its texts are."""
    match result["type"]:
        case FlowResultType.FORM:
            step = f"{flow}.step.{result['step_id']}"
            keys = [f"{step}.title", f"{step}.description"]
            for field in result["data_schema"].schema if result["data_schema"] else ():
                keys += [f"{step}.data.{field}", f"{step}.data_description.{field}"]
            keys += [f"{flow}.error.{error}" for error in (result["errors"] or {}).values()]
        case FlowResultType.MENU:
            step = f"{flow}.step.{result['step_id']}"
            keys = [f"{step}.title", f"{step}.description"]
            keys += [f"{step}.menu_options.{option}" for option in result["menu_options"]]
            # Home Assistant fills in what a form's title names, and shows an error in place of a menu's.
            assert not placeholders(read("en")[f"{step}.title"]), step
        case FlowResultType.SHOW_PROGRESS:
            keys = [f"{flow}.progress.{result['progress_action']}"]
        case FlowResultType.ABORT if result.get("translation_domain") is None:
            keys = [f"{flow}.abort.{result['reason']}"]
        case _:
            keys = []
    given = set(result.get("description_placeholders") or {})
    for key in keys:
        assert key in read("en"), key
        assert placeholders(read("en")[key]) <= given, key
