"""Whatever the bridge may refuse has words of its own, which say what to do."""

import re

import pytest
from homeassistant.exceptions import ServiceValidationError

from custom_components.lock_bridge import errors
from custom_components.lock_bridge.client import CannotConnect, LinkLost, NoAnswer
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from tests.integration.texts import read

OF_PAIRING = {ErrorCode.PAIRING_CLOSED, ErrorCode.PAIRING_LIMIT, ErrorCode.PAIRING_REFUSED}
DETAILS = (
    {},
    {"limit": 50},
    {"limit": 5, "per_user": True},
    {"min": 6, "max": 10},
    {"field": "AddUser.user_name"},
    {"field": "label"},
    {"field": "valid_until_ms"},
    {"field": "uses_left"},
    {"field": "uses"},
    {"field": "schedule", "why": "no window starts at 24:00"},
    {"field": "SetSettings.changes"},
    {"field": 17},
)


@pytest.mark.parametrize("code", sorted(set(ErrorCode) - OF_PAIRING))
def test_every_refusal_of_a_paired_bridge_has_its_own_words(code: ErrorCode) -> None:
    for moves in (True, False):
        assert errors.trouble(LockBridgeError(code), lock="Front door", moves=moves).key != errors.OTHER


@pytest.mark.parametrize("code", ErrorCode)
@pytest.mark.parametrize("moves", [True, False])
def test_all_that_is_said_is_filled_in_and_says_what_to_do(code: ErrorCode, moves: bool) -> None:
    for detail in DETAILS:
        error = errors.as_home_assistant_error(LockBridgeError(code, detail), lock="Front door", moves=moves)
        text = read("en")[f"exceptions.{error.translation_key}.message"]
        said = text.format(**(error.translation_placeholders or {}))
        assert "Front door" in said or error.translation_key in ("bridge_older", "unauthorized")
        assert len(re.split(r"[.:] ", said)) > 1 or error.translation_key in TELLS_ENOUGH


TELLS_ENOUGH = {"not_supported", "bluetooth_code", "bolt_by_hand", "superseded", "refused"}
"""Nothing can be done about it, or the one sentence says it."""


@pytest.mark.parametrize(
    ("detail", "key", "named"),
    [
        ({"limit": 50}, "no_slot_left", {"limit": "50"}),
        ({"limit": 5, "per_user": True}, "no_slot_left_for_person", {"limit": "5"}),
        ({}, "no_room", {}),
    ],
)
def test_where_there_is_no_room_the_limit_is_named_if_it_is_known(
    detail: dict[str, object], key: str, named: dict[str, str]
) -> None:
    said = errors.trouble(LockBridgeError(ErrorCode.NO_SLOT_LEFT, detail), lock="Front door")
    assert said.key == key
    assert {name: value for name, value in said.placeholders.items() if name in named} == named
    assert said.kind is ServiceValidationError


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("AddUser.user_name", "invalid_name"),
        ("name", "invalid_name"),
        ("label", "invalid_name"),
        ("valid_from_ms", "invalid_period"),
        ("uses", "invalid_uses"),
        ("AddUser.schedule", "invalid_schedule"),
        ("seconds", "bad_request"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_of_that_field(field: str, key: str) -> None:
    assert errors.trouble(LockBridgeError(ErrorCode.BAD_REQUEST, {"field": field}), lock="Front door").key == key


def test_an_answer_that_did_not_come_is_told_by_what_was_asked() -> None:
    for error in (LinkLost(), NoAnswer(), LockBridgeError(ErrorCode.NO_ANSWER)):
        assert errors.trouble(error, lock="Front door").key == "no_answer"
        assert errors.trouble(error, lock="Front door", moves=False).key == "no_answer_to_change"
    assert errors.trouble(CannotConnect(), lock="Front door", moves=False).key == "not_connected"
    assert errors.trouble(LockBridgeError(ErrorCode.PART_FAULT), lock="Front door", moves=False).key == "reader_fault"
