"""The bridge's refusals and the client's troubles as Home Assistant's exceptions, in the user's language."""

from typing import Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .client import ClientError, LinkLost, NoAnswer
from .const import DOMAIN
from .wire.errors import ErrorCode, LockBridgeError

FOR_THE_USER: Final = {
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
}
"""What somebody has to do or to set before it can work: no fault, so it is not logged as one."""

FAULTS: Final = {
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
}

OTHER: Final = "refused"
NOT_CONNECTED: Final = "not_connected"
NO_ANSWER: Final = "no_answer"


def as_home_assistant_error(error: ClientError | LockBridgeError, *, lock: str) -> HomeAssistantError:
    """The exception to raise in place of `error`."""
    kind = HomeAssistantError
    placeholders = {"lock": lock}
    if isinstance(error, LockBridgeError):
        code = error.code
        if code in FOR_THE_USER:
            key, kind = FOR_THE_USER[ErrorCode(code)], ServiceValidationError
        elif code in FAULTS:
            key = FAULTS[ErrorCode(code)]
        else:
            key, placeholders = OTHER, {**placeholders, "error": str(error)}
    else:
        # With the answer lost, the lock may have moved or not: only the door itself can tell.
        key = NO_ANSWER if isinstance(error, (NoAnswer, LinkLost)) else NOT_CONNECTED
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)
