"""The bridge's refusals and the client's troubles as Home Assistant's exceptions, in the user's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_cached_translations

from .client import ClientError, LinkLost, NoAnswer
from .const import DOMAIN
from .wire.errors import ErrorCode, LockBridgeError

FOR_THE_USER: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.FORBIDDEN: "not_allowed",
    ErrorCode.REMOTE_UNLOCK_OFF: "remote_unlock_off",
    ErrorCode.BLUETOOTH_ON: "bluetooth_on",
    ErrorCode.DOOR_OPEN: "door_open",
    ErrorCode.HANDLE_NOT_AT_REST: "handle_not_at_rest",
    ErrorCode.BOLT_BY_HAND: "bolt_by_hand",
    ErrorCode.PRIVACY_ON: "privacy_on",
    ErrorCode.PASSAGE_ON: "passage_on",
    ErrorCode.ON_ANOTHER_LOCK: "on_another_lock",
    ErrorCode.BLUETOOTH_CODE: "bluetooth_code",
    ErrorCode.BLUETOOTH_OFF: "bluetooth_off",
    ErrorCode.MENU_OPEN: "menu_open",
    ErrorCode.NOT_SUPPORTED: "not_supported",
    ErrorCode.UNKNOWN_LOCK: "unknown_lock",
    ErrorCode.UNKNOWN_USER: "unknown_user",
    ErrorCode.UNKNOWN_CREDENTIAL: "unknown_credential",
    ErrorCode.UNKNOWN_CLIENT: "unknown_client",
    ErrorCode.DUPLICATE: "duplicate",
    ErrorCode.NO_SLOT_LEFT: "no_slot_left",
    ErrorCode.PASSCODE_LENGTH: "passcode_length",
    ErrorCode.PASSCODE_SIMPLE: "passcode_simple",
    ErrorCode.PASSCODE_CONTAINS: "passcode_contains",
    ErrorCode.LAST_ADMINISTRATOR: "last_administrator",
    ErrorCode.LAST_USER: "last_user",
    ErrorCode.ADMINISTRATOR_UNLIMITED: "administrator_unlimited",
    ErrorCode.ENROLMENT_RUNNING: "enrolment_running",
    ErrorCode.NO_ENROLMENT: "no_enrolment",
    ErrorCode.BAD_REQUEST: "bad_request",
    ErrorCode.TOO_LARGE: "too_large",
}
"""What somebody has to do or to set before it can work: no fault, so it is not logged as one."""

FAULTS: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.DOOR_UNKNOWN: "door_unknown",
    ErrorCode.JAMMED: "jammed",
    ErrorCode.MOTOR_FAULT: "motor_fault",
    ErrorCode.PART_FAULT: "part_fault",
    ErrorCode.SUPERSEDED: "superseded",
    ErrorCode.BUSY: "busy",
    ErrorCode.RATE_LIMITED: "busy",
    ErrorCode.STORAGE: "storage",
    ErrorCode.STOPPING: "not_connected",
    ErrorCode.NO_ANSWER: "no_answer",
    ErrorCode.TOO_OLD: "too_old",
    ErrorCode.INTERNAL: "internal",
    ErrorCode.UNKNOWN_COMMAND: "bridge_older",
    ErrorCode.VERSION_UNSUPPORTED: "bridge_older",
    ErrorCode.UNAUTHORIZED: "unauthorized",
}

ABOUT_FIELDS: Final[Mapping[str, str]] = {
    "name": "invalid_name",
    "user_name": "invalid_name",
    "label": "invalid_name",
    "valid_from_ms": "invalid_period",
    "valid_until_ms": "invalid_period",
    "uses": "invalid_uses",
    "uses_left": "invalid_uses",
    "schedule": "invalid_schedule",
}
"""What is wrong with a field that the bridge does not take."""

NOT_MOVING: Final[Mapping[str, str]] = {"no_answer": "no_answer_to_change", "part_fault": "reader_fault"}
"""What is said instead where the bolt was not asked to move."""

NO_ROOM: Final = "no_room"
"""No slot is left, and the bridge did not say how many there are."""
NO_ROOM_FOR_PERSON: Final = "no_slot_left_for_person"

OTHER: Final = "refused"
NOT_CONNECTED: Final = "not_connected"
NO_ANSWER: Final = "no_answer"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is said of an error: the key of its text, what the text names, and whether somebody can do something."""

    key: str
    placeholders: dict[str, str] = field(default_factory=dict)
    kind: type[HomeAssistantError] = HomeAssistantError


def trouble(error: ClientError | LockBridgeError, *, lock: str, moves: bool = True) -> Trouble:
    """What to say of `error` at a lock of that name; `moves`: the bolt was asked to move.

    Its keys are those of `exceptions`, and forms have the same.
    """
    named = {"lock": lock}
    if not isinstance(error, LockBridgeError):
        # With the answer lost, what was asked may have been done or not: only the door itself can tell.
        key = NO_ANSWER if isinstance(error, (NoAnswer, LinkLost)) else NOT_CONNECTED
        return Trouble(_moved(key, moves), named)
    code, detail = error.code, error.detail
    if code == ErrorCode.BAD_REQUEST:
        return _bad_request(str(detail.get("field", "")), named)
    if code == ErrorCode.NO_SLOT_LEFT:
        return Trouble(_no_slot_left(detail), {**named, **_limits(detail, "limit")}, ServiceValidationError)
    if code == ErrorCode.PASSCODE_LENGTH:
        return Trouble("passcode_length", {**named, **_limits(detail, "min", "max")}, ServiceValidationError)
    if code in FOR_THE_USER:
        return Trouble(FOR_THE_USER[ErrorCode(code)], named, ServiceValidationError)
    if code in FAULTS:
        return Trouble(_moved(FAULTS[ErrorCode(code)], moves), named)
    return Trouble(OTHER, {**named, "error": str(error)})


def as_home_assistant_error(
    error: ClientError | LockBridgeError, *, lock: str, moves: bool = True
) -> HomeAssistantError:
    """The exception to raise in place of `error`; `moves`: the bolt was asked to move."""
    said = trouble(error, lock=lock, moves=moves)
    return said.kind(
        translation_domain=DOMAIN, translation_key=said.key, translation_placeholders=dict(said.placeholders)
    )


@callback
def exception_text(hass: HomeAssistant, error: HomeAssistantError) -> str:
    """What an exception says in the language of the house; in English while another language is still being loaded."""
    key = f"component.{error.translation_domain}.exceptions.{error.translation_key}.message"
    texts = async_get_cached_translations(hass, hass.config.language, "exceptions")
    return texts[key].format(**(error.translation_placeholders or {})) if key in texts else str(error)


def _bad_request(name: str, named: dict[str, str]) -> Trouble:
    # A field of a command is named with it: `AddUser.user_name`.
    short = name.rpartition(".")[2]
    if key := ABOUT_FIELDS.get(short):
        return Trouble(key, named, ServiceValidationError)
    return Trouble("bad_request", {**named, "field": short or "?"}, ServiceValidationError)


def _no_slot_left(detail: Mapping[str, Any]) -> str:
    if "limit" not in detail:
        return NO_ROOM
    return NO_ROOM_FOR_PERSON if detail.get("per_user") else FOR_THE_USER[ErrorCode.NO_SLOT_LEFT]


def _limits(detail: Mapping[str, Any], *names: str) -> dict[str, str]:
    return {name: str(detail.get(name, "?")) for name in names}


def _moved(key: str, moves: bool) -> str:
    return key if moves else NOT_MOVING.get(key, key)
