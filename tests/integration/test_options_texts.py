"""What Configure shows has its text, and no text is there that it does not show."""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest

from checks.key_values import Unknown, Values
from checks.package import read_package
from custom_components.lock_bridge import errors
from custom_components.lock_bridge.client import ClientError, LinkLost, NoAnswer
from custom_components.lock_bridge.errors import trouble
from custom_components.lock_bridge.options.base import GONE
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from tests.integration.texts import FOLDER, placeholders, read

NOT_MOVING: Final = {
    *(ErrorCode(code) for code in ErrorCode if code.startswith("pairing_")),
    ErrorCode.REMOTE_UNLOCK_OFF,
    ErrorCode.BLUETOOTH_ON,
    ErrorCode.DOOR_OPEN,
    ErrorCode.DOOR_UNKNOWN,
    ErrorCode.HANDLE_NOT_AT_REST,
    ErrorCode.BOLT_BY_HAND,
    ErrorCode.PASSAGE_ON,
    ErrorCode.JAMMED,
    ErrorCode.MOTOR_FAULT,
    ErrorCode.SUPERSEDED,
    ErrorCode.UNKNOWN_CLIENT,
}
"""Refusals of what Configure never asks: pairing, and moving the bolt."""


def test_a_menu_and_a_progress_are_called_by_a_name_without_placeholders() -> None:
    """Home Assistant fills in what their titles name nowhere but in a form, and shows an error in its place."""
    menus = {key.split(".")[2] for key in read("en") if re.match(r"options\.step\.\w+\.menu_options", key)}
    assert menus
    for step in menus | {"enrolling"}:
        assert placeholders(read("en")[f"options.step.{step}.title"]) == set()


@pytest.mark.parametrize("code", [code for code in ErrorCode if code not in {*NOT_MOVING, *GONE}])
def test_each_refusal_has_its_text_which_names_only_what_it_is_given(code: ErrorCode) -> None:
    for detail in ({}, {"limit": 5}, {"limit": 5, "per_user": True}, {"min": 6, "max": 10}, {"field": "x"}):
        said = trouble(LockBridgeError(code, detail), lock="Front door", moves=False)
        assert placeholders(read("en")[f"options.error.{said.key}"]) <= said.placeholders.keys()


@pytest.mark.parametrize("field", sorted(errors.ABOUT_FIELDS))
def test_each_value_that_is_not_taken_has_its_text(field: str) -> None:
    error = LockBridgeError(ErrorCode.BAD_REQUEST, {"field": f"AddUser.{field}"})
    assert f"options.error.{trouble(error, lock='Front door', moves=False).key}" in read("en")


@pytest.mark.parametrize("kind", [ClientError, LinkLost, NoAnswer])
def test_each_trouble_on_the_way_has_its_text(kind: type[ClientError]) -> None:
    assert f"options.error.{trouble(kind('...'), lock='Front door', moves=False).key}" in read("en")


def test_what_a_newer_bridge_refuses_is_shown_with_its_own_sentence() -> None:
    said = trouble(LockBridgeError("roof_open", message="The roof is open."), lock="Front door", moves=False)
    assert "The roof is open." in read("en")[f"options.error.{said.key}"].format(**said.placeholders)


def test_each_sentence_is_said_somewhere() -> None:
    said = {key.removeprefix("common.people_") for key in read("en") if key.startswith("common.people_")}
    words = re.compile("|".join(f"(?:{pattern})(?:_one|_many)?" for pattern in patterns()))
    assert [key for key in sorted({*said, "no_nonsense"}) if not words.fullmatch(key)] == ["no_nonsense"]


def test_each_sentence_that_is_said_is_there() -> None:
    said = dict(sentences())
    assert {"nobody", "person_gone", "uses_one", "uses_many", "window_next_day"} <= said.keys()
    assert {key: place for key, place in said.items() if f"common.people_{key}" not in read("en")} == {}


@pytest.mark.parametrize("key", ["day", "month"])
def test_every_day_and_month_has_a_name(key: str) -> None:
    numbers = range(7) if key == "day" else range(1, 13)
    assert all(read("en")[f"common.people_{key}_{number}"] for number in numbers)


def sentences() -> Iterator[tuple[str, str]]:
    """What is said by which key, and where; but for keys with a word of the bridge in them, which may be a new one."""
    package = read_package(FOLDER)
    values = Values(package)
    for module in package.modules:
        for node in ast.walk(module.tree):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called not in ("say", "say_count", "Gone"):
                continue
            assert isinstance(node, ast.Call)
            with suppress(Unknown):
                for key in values.of(node.args[0 if called == "Gone" else 1]):
                    for ending in ("_one", "_many") if called == "say_count" else ("",):
                        yield f"{key}{ending}", f"{module.name}:{node.lineno}"


def patterns() -> Iterator[str]:
    """The strings of the code, as patterns of what they may become; none that begins with what is filled in."""
    for path in (FOLDER / "options").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            if isinstance(texts[0], str) and texts[0].strip():
                yield "".join(re.escape(str(text)) if text is not None else ".+" for text in texts)
